//! What customers write about: counted by the hour behind the conversations, watched for what is said far more often than
//! usual, and looked ahead from.
//!
//! Kept are numbers by the hour: of everything, of each intent, of how sure that is, of languages, and of words by their keyed hashes, with which nobody reads
//! them. The words themselves are read from the messages when somebody who may see them looks, and go with them.

mod count;
mod drift;
mod outlook;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ai::rising::Hours;
use model::{
    ArticleSuggestion, Direction, IntentId, Message, MessageId, Millis, Surge, SurgeId, TopicCount,
    TopicKind, WorkspaceId, first_at,
};
use store::search::{Token, Wanted};
use store::topic::{Progress, SurgeRow};
use store::{Page, Visibility};
use tokio::sync::watch as flag;
use vault::WordKey;

use crate::bot::{is_courtesy, words_of};
use crate::intent::recognise;
use crate::unanswered::{begin, locales, must_see, question};
use crate::worker::rest;
use crate::{App, Caller, Error, Result, search, sensitive};

pub use drift::{accept, drift};
pub use outlook::outlook;

const HOUR: i64 = 3_600_000;
/// How often it is looked whether there is anything to do.
const POLL: Duration = Duration::from_secs(5);
/// How far behind the present messages are counted: by then what was being written when they were is there.
const BEHIND: Millis = Millis::seconds(30);
/// How often a workspace is watched at most, and how often what is old is forgotten.
const WATCHED: Millis = Millis::seconds(20);
const TIDIED: Millis = Millis::hours(6);
/// The most rises on one page.
pub const MAX_PAGE: i64 = 20;
/// How many messages about something are read, and how many of them are shown.
const READ: i64 = 60;
const SHOWN: usize = 5;
/// How many of the newest messages are looked through for an intent, and are grouped by what they say.
const HEARD: i64 = 300;
const GROUPED: i64 = 600;
/// How much of a message is looked at, in characters.
const LOOKED: usize = 600;
/// The hours that are shown of a series.
const SERIES: i64 = 7 * 24;

/// What a process remembers of when it last did something in a workspace.
#[derive(Debug, Clone, Copy, Default)]
struct Rested {
    watched: Millis,
    tidied: Millis,
}

type Memory = BTreeMap<WorkspaceId, Rested>;

/// Counts and watches until told to stop.
pub(crate) async fn run(app: Arc<App>, mut stopped: flag::Receiver<bool>) {
    let mut memory = Memory::new();
    while !*stopped.borrow() {
        match round(&app, &mut memory).await {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                _ = stopped.changed() => {}
                () = tokio::time::sleep(POLL) => {}
            },
            Err(error) => rest(&mut stopped, "what customers write about", &error).await,
        }
    }
}

/// Counts and watches until nothing is left. For tests and tools that drive a clock of their own.
///
/// # Errors
/// When the store fails.
pub async fn settle(app: &App) -> Result<()> {
    let mut memory = Memory::new();
    while round(app, &mut memory).await? {}
    Ok(())
}

/// A portion of each workspace that has something to be counted, else a look; `false` when none has more to count.
async fn round(app: &App, memory: &mut Memory) -> Result<bool> {
    let now = app.now();
    let until = MessageId(first_at(now - BEHIND));
    let behind = app.read(move |tx| Box::pin(async move { Ok(store::topic::behind(tx, until).await?) }));
    let (mut more, mut failed) = (false, None);
    // A workspace that fails keeps no other waiting.
    for (workspace, progress) in behind.await? {
        let rested = memory.entry(workspace).or_default();
        match one(app, workspace, progress, until, rested).await {
            Ok(any) => more |= any,
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(more), Err)
}

async fn one(
    app: &App,
    workspace: WorkspaceId,
    progress: Option<Progress>,
    until: MessageId,
    rested: &mut Rested,
) -> Result<bool> {
    let now = app.now();
    let Some(progress) = progress else {
        count::begin(app, workspace, now).await?;
        return Ok(true);
    };
    if count::portion(app, workspace, progress, until).await? {
        return Ok(true);
    }
    if now - rested.watched >= WATCHED {
        rested.watched = now;
        watch::look(app, workspace, progress).await?;
        drift::look(app, workspace).await?;
    }
    if now - rested.tidied >= TIDIED {
        rested.tidied = now;
        count::forget(app, workspace, now).await?;
    }
    Ok(false)
}

/// What stands of a text: what a customer wrote, where it says something.
fn said(message: &Message) -> Option<String> {
    if message.direction != Direction::In || message.revoked_at.is_some() {
        return None;
    }
    let words = words_of(&message.content).filter(|words| !is_courtesy(words))?;
    Some(words.chars().take(LOOKED).collect())
}

/// Under which number a word is counted: a keyed hash, the same as in the index of messages.
fn subject(key: &WordKey, word: &str) -> i64 {
    i64::from(search::token(key, &ai::Term::Word(word.to_owned())).0)
}

/// The word of a message that is counted under a number, as it is written there.
fn spelled(key: &WordKey, message: &Message, number: i64) -> Option<String> {
    let text = said(message)?;
    let found = ai::cluster::speaking(&text).into_iter().find(|(word, _)| subject(key, word) == number);
    found.and_then(|(_, place)| text.get(place).map(str::to_owned))
}

/// The newest messages of customers about something, written in a stretch of time.
async fn about(
    app: &App,
    workspace: WorkspaceId,
    (kind, number): (TopicKind, i64),
    from: Millis,
    until: Millis,
) -> Result<Vec<Message>> {
    if kind == TopicKind::Word {
        let keys = search::keys(app, workspace).await?;
        let word = Token(u32::try_from(number).map_err(Error::internal)?);
        let theirs = search::mark(&keys.words, "direction", Direction::In.as_str());
        let tokens = vec![vec![word], vec![theirs]];
        let wanted = Wanted { tokens, from: Some(from), until: Some(until), contact: None };
        let read = app.read(move |tx| {
            Box::pin(async move {
                let (all, end) = (Visibility::everything(), MessageId(i64::MAX));
                let found = store::search::find(tx, workspace, &all, &wanted, end, 4 * READ, READ).await?;
                Ok(store::message::many(tx, workspace, &found.messages).await?)
            })
        });
        let mut messages = read.await?;
        // Two words may share a number.
        messages.retain(|message| spelled(&keys.words, message, number).is_some());
        messages.reverse();
        return Ok(messages);
    }
    let mut messages = newest(app, workspace, from, HEARD).await?;
    messages.retain(|message| message.at < until && said(message).is_some());
    if kind == TopicKind::Intent {
        let texts = messages.iter().filter_map(said).collect();
        let meant = recognise::meant(app, workspace, texts).await?;
        let mut meant = meant.into_iter();
        messages.retain(|_| meant.next().and_then(|meant| meant.intent) == Some(IntentId(number)));
    }
    messages.truncate(usize::try_from(READ).unwrap_or(0));
    Ok(messages)
}

/// The newest messages of customers since a moment, the newest first.
async fn newest(app: &App, workspace: WorkspaceId, from: Millis, most: i64) -> Result<Vec<Message>> {
    let read = app.read(move |tx| {
        Box::pin(async move {
            let ids = store::topic::newest(tx, workspace, MessageId(first_at(from)), most).await?;
            Ok(store::message::many(tx, workspace, &ids).await?)
        })
    });
    let mut messages = read.await?;
    messages.reverse();
    Ok(messages)
}

/// What customers write about far more often than usual, the last noticed first.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation.
pub async fn surges(app: &App, caller: &Caller, cursor: Option<String>, limit: i64) -> Result<Page<Surge>> {
    must_see(caller)?;
    let (workspace, limit) = (caller.workspace, limit.clamp(1, MAX_PAGE));
    let page = app.read(move |tx| {
        Box::pin(async move { Ok(store::topic::list(tx, workspace, cursor.as_deref(), limit).await?) })
    });
    let page = page.await?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(shown(app, caller, row).await?);
    }
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// What customers of a workspace write about far more often than usual at this moment, for other parts of the house that
/// decide by it. No words and nobody's name is in it.
///
/// # Errors
/// When the store is away.
pub async fn lasting(app: &App, workspace: WorkspaceId) -> Result<Vec<SurgeRow>> {
    app.read(move |tx| Box::pin(async move { Ok(store::topic::lasting(tx, workspace).await?) })).await
}

async fn shown(app: &App, caller: &Caller, row: SurgeRow) -> Result<Surge> {
    let workspace = caller.workspace;
    let end = row.ended_at.unwrap_or_else(|| app.now());
    let from = row.began_at - Millis(row.hours * HOUR);
    let messages = about(app, workspace, (row.kind, row.subject), from, Millis(end.0 + 1)).await?;
    let hour = end.0.div_euclid(HOUR);
    let of = (row.kind, row.subject);
    let hours = app.read(move |tx| {
        Box::pin(async move { Ok(store::topic::hours(tx, workspace, of, hour - SERIES + 1, hour).await?) })
    });
    let series = filled(&hours.await?.into_iter().collect(), hour - SERIES + 1, hour);
    let keys = search::keys(app, workspace).await?;
    let policy = sensitive::policy(app, workspace).await?;
    let word = match row.kind {
        TopicKind::Word => {
            // As somebody sees it who may not see everything of it.
            let seen = messages.iter().find_map(|message| {
                let word = spelled(&keys.words, message, row.subject)?;
                let masked = question(&policy, caller.masks(), message.clone()).text;
                masked.contains(&word).then_some(word)
            });
            seen.map(|word| word.to_lowercase())
        }
        TopicKind::All | TopicKind::Intent | TopicKind::Confidence | TopicKind::Language => None,
    };
    let examples = messages.into_iter().take(SHOWN);
    Ok(Surge {
        id: row.id,
        kind: row.kind,
        intent_id: (row.kind == TopicKind::Intent).then_some(IntentId(row.subject)),
        word,
        count: row.count,
        hours: row.hours,
        usual: row.usual as f64 / 100.0,
        began_at: row.began_at,
        ended_at: row.ended_at,
        dismissed: row.dismissed,
        examples: examples.map(|message| question(&policy, caller.masks(), message)).collect(),
        series,
    })
}

/// A series with each of its hours.
fn filled(counts: &Hours, from: i64, to: i64) -> Vec<TopicCount> {
    let of = |hour: i64| TopicCount {
        at: Millis(hour * HOUR),
        count: counts.get(&hour).copied().unwrap_or(0) as f64,
    };
    (from..=to).map(of).collect()
}

/// Puts away what customers write about: nobody is called for it any more.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation, [`Error::NotFound`] when there is no such rise.
pub async fn dismiss(app: &App, caller: &Caller, id: SurgeId) -> Result<()> {
    must_see(caller)?;
    let workspace = caller.workspace;
    let done =
        app.write(move |tx| Box::pin(async move { Ok(store::topic::dismiss(tx, workspace, id).await?) }));
    if done.await? { Ok(()) } else { Err(Error::NotFound) }
}

/// The beginning of an article that answers what a customer asked, and others who asked nearly the same lately. Nothing is
/// written.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation, [`Error::NotFound`] when no customer wrote such a message.
pub async fn article(app: &App, caller: &Caller, id: MessageId) -> Result<ArticleSuggestion> {
    must_see(caller)?;
    let workspace = caller.workspace;
    let read = app
        .read(move |tx| Box::pin(async move { Ok(store::message::many(tx, workspace, &[id]).await?) }))
        .await?;
    let asked = read.into_iter().next().filter(|message| said(message).is_some()).ok_or(Error::NotFound)?;
    let mut messages = newest(app, workspace, asked.at - Millis::days(7), GROUPED).await?;
    if !messages.iter().any(|message| message.id == id) {
        messages.push(asked);
    }
    let grouped = tokio::task::spawn_blocking(move || outlook::groups(messages));
    let groups = grouped.await.map_err(Error::internal)?;
    let group = groups.into_iter().find(|group| group.iter().any(|one| one.id == id));
    let group = group.ok_or(Error::NotFound)?;
    let said: Vec<String> = group.iter().filter_map(said).collect();
    let understood = said.iter().filter_map(|text| ai::language::identify(text, None));
    let locale = locales(understood.map(|guess| guess.language.tag())).into_iter().next();
    let ids = group.iter().map(|one| one.id).take(100).collect();
    begin(app, workspace, ids, locale).await
}
