//! Questions that the knowledge has no answer to: noticed behind the conversations and never in their way, sorted by what
//! they say, and made into the beginning of an article.
//!
//! What is noticed follows the workspace's numbered changes, as the index of messages does: a question that the bot handed
//! over because nothing was written about it, and one that an agent answered while the knowledge had nothing likely. Kept
//! are the ids of messages; their words stay where they are, sealed, and go with them.

mod draft;
mod notice;
mod sort;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{
    ArticleId, ArticleSuggestion, Masks, Message, MessageId, Millis, Permission, Personal, StaleArticle,
    StaleReason, UnansweredQuestion, UnansweredTopic, WorkspaceId,
};
use store::Page;
use store::message::Place;
use tokio::sync::watch;

use crate::bot::words_of;
use crate::sensitive::{self, Policy};
use crate::worker::{pause, rest};
use crate::{App, Caller, Error, Result, copilot};

use draft::draft;

/// The most topics on one page.
pub const MAX_PAGE: i64 = 50;
/// How many questions of a topic are read to tell its languages, how many are shown, and how many answers are looked at.
const READ: i64 = 100;
const SHOWN: usize = 3;
const ANSWERED: usize = 20;
/// How many lines after a question are read to see what was answered.
const AFTER: i64 = 20;
/// How much of a question is sorted by and shown, and of an answer shown, in characters.
const QUESTION: usize = 600;
const ANSWER: usize = 3000;
/// How many found a piece of no help before somebody should look at it.
const UNHELPFUL: i64 = 3;
/// After so long what was taken from elsewhere should be read again.
const TAKEN: Millis = Millis::days(90);

/// Notices and sorts until told to stop.
pub(crate) async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    // Whose questions may wait to be sorted: at first anybody's, as another process may have noticed them.
    let mut waiting: Option<BTreeSet<WorkspaceId>> = None;
    while !*stopped.borrow() {
        match round(&app, &mut waiting, false).await {
            Ok(true) => {}
            Ok(false) => pause(&mut stopped, std::future::pending()).await,
            Err(error) => rest(&mut stopped, "questions without an answer", &error).await,
        }
    }
}

/// Notices and sorts until nothing is left. For tests and tools that drive a clock of their own.
///
/// # Errors
/// When the store fails.
pub async fn settle(app: &App) -> Result<()> {
    let mut waiting = None;
    while round(app, &mut waiting, true).await? {}
    Ok(())
}

/// A portion of each workspace that has something new; `false` when that was all. With `now` what was noticed is sorted
/// at once.
async fn round(app: &App, waiting: &mut Option<BTreeSet<WorkspaceId>>, now: bool) -> Result<bool> {
    if waiting.is_none() {
        let all = app.read(|tx| Box::pin(async move { Ok(store::unanswered::looked_through(tx).await?) }));
        *waiting = Some(all.await?.into_iter().collect());
    }
    let behind = app.read(|tx| Box::pin(async move { Ok(store::unanswered::behind(tx).await?) })).await?;
    let mut more = false;
    let waiting = waiting.get_or_insert_default();
    // A workspace that fails keeps no other waiting.
    let mut failed = None;
    for (workspace, seq) in behind {
        match notice::portion(app, workspace, seq).await {
            // What people find wrong is among the questions as well, without being noticed.
            Ok(left) => {
                more |= left;
                waiting.insert(workspace);
            }
            Err(error) => failed = Some(error),
        }
    }
    for workspace in waiting.clone() {
        match sort::waits(app, workspace, now).await {
            Ok(true) => {}
            Ok(false) => drop(waiting.remove(&workspace)),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(more), Err)
}

/// Refuses whoever may not read every conversation: a topic may have questions of any.
pub(crate) fn must_see(caller: &Caller) -> Result<()> {
    caller.sees_all()?;
    if caller.may(Permission::ConversationRead) { Ok(()) } else { Err(Error::Forbidden) }
}

/// The topics that the knowledge has no answer to, the largest first.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation.
pub async fn list(
    app: &App,
    caller: &Caller,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<UnansweredTopic>> {
    must_see(caller)?;
    let (workspace, limit) = (caller.workspace, limit.clamp(1, MAX_PAGE));
    let read = app.read(move |tx| {
        Box::pin(async move {
            let page = store::unanswered::topics(tx, workspace, cursor.as_deref(), limit).await?;
            let mut items = Vec::with_capacity(page.items.len());
            for topic in page.items {
                let all = store::unanswered::of_topic(tx, workspace, topic.id, READ).await?;
                let newest: Vec<MessageId> = all.iter().take(SHOWN).map(|one| one.message).collect();
                let mut messages = store::message::many(tx, workspace, &newest).await?;
                messages.reverse();
                items.push((topic, locales(all.iter().map(|one| one.locale.as_str())), messages));
            }
            Ok((items, page.next_cursor))
        })
    });
    let (read, next_cursor) = read.await?;
    let policy = sensitive::policy(app, workspace).await?;
    let masks = caller.masks();
    let shown = |message: Message| question(&policy, masks, message);
    let items = read.into_iter().map(|(topic, locales, messages)| UnansweredTopic {
        id: topic.id,
        count: topic.count,
        by_bot: topic.by_bot,
        at: topic.at,
        locales,
        examples: messages.into_iter().map(shown).collect(),
    });
    Ok(Page { items: items.collect(), next_cursor })
}

/// A message as a question, as somebody may see it.
pub(crate) fn question(policy: &Policy, masks: Masks, message: Message) -> UnansweredQuestion {
    let mut message = policy.shown(message);
    message.mask(masks);
    UnansweredQuestion {
        message_id: message.id,
        conversation_id: message.conversation_id,
        at: message.at,
        text: words_of(&message.content).unwrap_or_default().chars().take(QUESTION).collect(),
        answer: None,
    }
}

/// The languages that questions are in, the most frequent first.
pub(crate) fn locales<'a>(of_questions: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for locale in of_questions.filter(|locale| !locale.is_empty()) {
        *counts.entry(locale).or_default() += 1;
    }
    let mut locales: Vec<(&str, usize)> = counts.into_iter().collect();
    locales.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    locales.into_iter().map(|(locale, _)| locale.to_owned()).collect()
}

/// The beginning of an article about a topic, made of what customers asked and agents answered. Nothing is written.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation, [`Error::NotFound`] when there is no such topic.
pub async fn suggestion(app: &App, caller: &Caller, topic: MessageId) -> Result<ArticleSuggestion> {
    must_see(caller)?;
    let workspace = caller.workspace;
    let all = app.read(move |tx| {
        Box::pin(async move { Ok(store::unanswered::of_topic(tx, workspace, topic, READ).await?) })
    });
    let all = all.await?;
    if all.is_empty() {
        return Err(Error::NotFound);
    }
    let ids: Vec<MessageId> = all.iter().map(|one| one.message).collect();
    begin(app, workspace, ids, locales(all.iter().map(|one| one.locale.as_str())).into_iter().next()).await
}

/// The beginning of an article that answers some messages, made of what they ask and agents answered, in a language.
pub(crate) async fn begin(
    app: &App,
    workspace: WorkspaceId,
    ids: Vec<MessageId>,
    locale: Option<String>,
) -> Result<ArticleSuggestion> {
    let read = app.read(move |tx| {
        Box::pin(async move {
            let mut messages = store::message::many(tx, workspace, &ids).await?;
            messages.reverse();
            let mut asked = Vec::with_capacity(messages.len());
            for (place, message) in messages.into_iter().enumerate() {
                let answer = if place < ANSWERED {
                    let (id, after) = (message.conversation_id, Place::After(message.id));
                    let thread = store::message::page(tx, workspace, id, after, AFTER).await?.items;
                    copilot::answer(&thread).map(|(answer, _)| answer)
                } else {
                    None
                };
                asked.push((message, answer));
            }
            Ok(asked)
        })
    });
    let asked = read.await?;
    let policy = sensitive::policy(app, workspace).await?;
    let cleared = |text: &str, customer: Option<&str>, most: usize| -> String {
        draft::impersonal(&policy.text(text), customer).chars().take(most).collect()
    };
    let sources: Vec<UnansweredQuestion> = asked
        .into_iter()
        .filter_map(|(message, answer)| {
            let customer = message.author.name.as_deref();
            Some(UnansweredQuestion {
                message_id: message.id,
                conversation_id: message.conversation_id,
                at: message.at,
                text: cleared(words_of(&message.content)?, customer, QUESTION),
                answer: answer.map(|answer| cleared(&answer, customer, ANSWER)),
            })
        })
        .collect();
    let made = tokio::task::spawn_blocking(move || draft(sources, locale.unwrap_or_default()));
    made.await.map_err(Error::internal)
}

/// Puts a topic away; it comes back when more ask again than had before.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation, [`Error::NotFound`] when there is no such topic.
pub async fn dismiss(app: &App, caller: &Caller, topic: MessageId) -> Result<()> {
    must_see(caller)?;
    let workspace = caller.workspace;
    app.write(move |tx| {
        Box::pin(async move {
            match store::unanswered::dismiss(tx, workspace, topic).await? {
                true => Ok(()),
                false => Err(Error::NotFound),
            }
        })
    })
    .await
}

/// Pieces of knowledge that somebody should look at, the newest first.
///
/// # Errors
/// [`store::Error::BadCursor`] for a cursor that is not one of this list's.
pub async fn stale(
    app: &App,
    caller: &Caller,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<StaleArticle>> {
    let (workspace, now, limit) = (caller.workspace, app.now(), limit.clamp(1, MAX_PAGE));
    let before = match cursor {
        None => ArticleId(i64::MAX),
        Some(cursor) => cursor.parse().map_err(|_| store::Error::BadCursor)?,
    };
    let bounds = store::stale::Bounds { review: now, taken: now - TAKEN, unhelpful: UNHELPFUL };
    app.read(move |tx| {
        Box::pin(async move {
            let mut found = store::stale::list(tx, workspace, bounds, before, limit + 1).await?;
            let more = found.len() as i64 > limit;
            found.truncate(usize::try_from(limit).unwrap_or(0));
            let next_cursor = found.last().filter(|_| more).map(|(id, _)| id.to_string());
            let mut items = Vec::with_capacity(found.len());
            for (id, counts) in found {
                let Some(article) = store::article::get(tx, workspace, id).await? else { continue };
                let helpful = article.helpful + counts.helpful;
                let unhelpful = article.unhelpful + counts.unhelpful;
                let reasons = [
                    (article.review_at.is_some_and(|at| at <= bounds.review), StaleReason::Review),
                    (unhelpful >= UNHELPFUL && unhelpful > helpful, StaleReason::Unhelpful),
                    (article.taken_at.is_some_and(|at| at <= bounds.taken), StaleReason::Source),
                ];
                items.push(StaleArticle {
                    reasons: reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, why)| why).collect(),
                    article,
                    unchanged: counts.unchanged,
                    edited: counts.edited,
                    dismissed: counts.dismissed,
                    helpful,
                    unhelpful,
                });
            }
            Ok(Page { items, next_cursor })
        })
    })
    .await
}
