//! Tries the bot on questions that people answered, without a word to anybody: on past conversations, before it answers
//! customers (a replay), and on those of the day, as people answer them (a shadow).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use model::{
    Act, ContactId, ConversationId, Direction, InboxId, JobId, Masks, Message, MessageId, Millis, Personal,
    Replay, Trial, TrialDeed, TrialId, TrialSource, Verdict, WorkspaceId,
};
use serde_json::json;
use store::message::Place;
use store::trial::{Filter, Progress, Run, SHADOW};
use store::{Page, Tx, Visibility};

use super::decide::{Heard, words_of};
use super::think::{self, Deed, LINES, Scene, Setting};
use crate::audit::{self, Note};
use crate::language_model::Spender;
use crate::{App, Caller, Error, Result, conversation, jobs, sensitive};

mod report;

pub use report::{Report, Step};

/// How many past conversations may be looked at.
pub const CONVERSATIONS: std::ops::RangeInclusive<i64> = 10..=2000;
/// How many lines of a past conversation are read: its end.
const PAST_LINES: i64 = 200;
/// How many questions of one conversation are tried, the first of those that were read.
const QUESTIONS: usize = 5;
/// How many conversations are looked at between two looks at whether the run goes on.
const PORTION: i64 = 10;
/// How many trials of the day an inbox keeps.
const KEPT: i64 = 2000;

/// A question that a person answered.
#[derive(Debug, PartialEq)]
struct Asked<'a> {
    /// The thread up to the question.
    thread: &'a [Message],
    /// The question, which is the last of it.
    question: MessageId,
    /// The first message of the answer.
    reply: &'a Message,
    /// The whole answer.
    said: String,
}

/// The questions of a thread that people answered: what the customer last wrote before an agent did.
fn asked(thread: &[Message]) -> Vec<Asked<'_>> {
    let talk = |message: &&Message| matches!(message.direction, Direction::In | Direction::Out);
    let mut found = Vec::new();
    for (place, question) in thread.iter().enumerate() {
        if question.direction != Direction::In || question.revoked_at.is_some() {
            continue;
        }
        let answer: Vec<&Message> = thread[place + 1..]
            .iter()
            .filter(talk)
            .take_while(|one| one.direction == Direction::Out)
            .collect();
        let by_people: Vec<&Message> = answer
            .into_iter()
            .filter(|one| one.author.kind == model::AuthorKind::Agent && one.revoked_at.is_none())
            .collect();
        let Some(reply) = by_people.first().copied() else { continue };
        let words: Vec<&str> = by_people.iter().filter_map(|one| words_of(&one.content)).collect();
        found.push(Asked { thread: &thread[..=place], question: question.id, reply, said: words.join("\n") });
    }
    found
}

/// What a trial needs of a conversation beside its thread.
struct Past {
    id: ConversationId,
    thread: Vec<Message>,
    contact: ContactId,
    phone: Option<String>,
}

/// The question that an agent's reply answered: the last one that was there before it. None where the reply was withdrawn.
fn answered(thread: &[Message], reply: MessageId) -> Option<Asked<'_>> {
    thread.iter().find(|one| one.id == reply && one.revoked_at.is_none())?;
    asked(thread).into_iter().rfind(|asked| asked.reply.id <= reply)
}

async fn setting(tx: &mut Tx, workspace: WorkspaceId, inbox: InboxId) -> Result<Option<Setting>> {
    let Some(inbox) = store::inbox::get(tx, workspace, inbox).await? else { return Ok(None) };
    think::setting(tx, workspace, &inbox).await.map(Some)
}

async fn past(tx: &mut Tx, workspace: WorkspaceId, id: ConversationId) -> Result<Option<Past>> {
    let Some(facts) = store::conversation::facts(tx, workspace, id).await? else { return Ok(None) };
    let identity = store::identity::get(tx, workspace, facts.identity_id).await?;
    let thread = store::message::page(tx, workspace, id, Place::Newest, PAST_LINES).await?.items;
    let phone = identity.and_then(|identity| identity.phone);
    Ok(Some(Past { id, thread, contact: facts.contact_id, phone }))
}

/// What the bot would have done with a question.
async fn attempt(
    app: &App,
    workspace: WorkspaceId,
    setting: &Setting,
    past: &Past,
    asked: &Asked<'_>,
) -> Result<Trial> {
    let from = asked.thread.len().saturating_sub(LINES as usize);
    let scene = Scene {
        threshold: model::BotSetting::LEAST,
        memory: model::BotMemory::default(),
        thread: asked.thread[from..].to_vec(),
        tap: None,
        phone: past.phone.clone(),
        // What it would have offered is read here, and not tapped.
        setting: setting.clone().untapped(),
        spender: Spender::Trial(past.contact),
    };
    let mut trial = Trial {
        id: app.ids.next(),
        conversation_id: past.id,
        message_id: asked.question,
        reply_id: asked.reply.id,
        deed: TrialDeed::Other,
        said: None,
        confidence: None,
        reason: None,
        agreement: None,
        verdict: None,
        at: app.now(),
    };
    match think::consider(app, workspace, &scene).await? {
        None => {}
        Some((_, Deed::HandOver { note, .. })) => {
            trial.deed = TrialDeed::HandOver;
            (trial.reason, trial.confidence) = (Some(note.reason), note.confidence);
        }
        Some((_, Deed::Say { said, offered, confidence, .. })) => {
            trial.deed = match (confidence, offered.is_empty()) {
                (Some(_), true) => TrialDeed::Answer,
                (_, false) => TrialDeed::Offer,
                (None, true) => TrialDeed::Other,
            };
            if trial.deed == TrialDeed::Answer {
                let (question, theirs) = (Heard::of(&scene.thread).question(), asked.said.clone());
                let answer = said.text.clone();
                let compare = move || ai::agreement::compare(&question, &answer, &theirs);
                let compared = tokio::task::spawn_blocking(compare).await.map_err(Error::internal)?;
                trial.agreement = Some(compared);
            }
            (trial.confidence, trial.said) = (confidence, Some(said.whole()));
        }
    }
    Ok(trial)
}

/// Begins to try the bot on the newest conversations of an inbox, in place of the trial before.
///
/// # Errors
/// [`Error::NotFound`] when there is no such inbox, [`Error::Invalid`] for too few or too many conversations.
pub async fn replay(app: &App, caller: &Caller, inbox: InboxId, conversations: i64) -> Result<Replay> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let job: JobId = app.ids.next();
    let begun = app.write(move |tx| {
        Box::pin(async move {
            store::inbox::get(tx, workspace, inbox).await?.ok_or(Error::NotFound)?;
            if !CONVERSATIONS.contains(&conversations) {
                return Err(Error::field("conversations", "out_of_range", "choose 10 to 2000 conversations"));
            }
            store::trial::begin(tx, workspace, inbox, job.into(), conversations, now).await?;
            jobs::enqueue_replay(tx, workspace, job, inbox, now).await?;
            let detail = json!({ "conversations": conversations });
            audit::record(tx, &actor, Note::of(Act::BotReplayed).on(inbox).with(&detail), now).await?;
            Ok(Replay { conversations, looked: 0, started_at: now, done_at: None })
        })
    });
    let begun = begun.await?;
    app.bell.jobs();
    Ok(begun)
}

/// The whole of a replay's job. It goes on where the last worker was, and ends when another replay took its place.
pub(crate) async fn run(app: &App, workspace: WorkspaceId, inbox: InboxId, job: JobId) -> Result<()> {
    let run = Run::from(job);
    loop {
        let now = app.now();
        let read = app.read(move |tx| {
            Box::pin(async move {
                let progress = store::trial::replay(tx, workspace, inbox).await?;
                let Some(progress) = progress.filter(|one| one.run == run && one.replay.done_at.is_none())
                else {
                    return Ok(None);
                };
                let Some(setting) = setting(tx, workspace, inbox).await? else { return Ok(None) };
                portion(tx, workspace, inbox, progress, now).await.map(|portion| Some((portion, setting)))
            })
        });
        let Some(((progress, all), setting)) = read.await? else { return Ok(()) };
        let mut trials = Vec::new();
        for past in &all {
            for asked in asked(&past.thread).iter().take(QUESTIONS) {
                trials.push(attempt(app, workspace, &setting, past, asked).await?);
            }
        }
        app.node.in_time(&app.db, app.now()).await?;
        let goes_on = app.write(move |tx| {
            Box::pin(async move {
                // Whoever began another run, or is at this one too, is seen here.
                if !store::trial::advance(tx, workspace, inbox, &progress).await? {
                    return Ok(false);
                }
                for trial in &trials {
                    keep(tx, workspace, inbox, run, trial).await?;
                }
                Ok(progress.replay.done_at.is_none())
            })
        });
        if !goes_on.await? {
            return Ok(());
        }
    }
}

/// The next conversations of a run, and where it is behind them.
async fn portion(
    tx: &mut Tx,
    workspace: WorkspaceId,
    inbox: InboxId,
    mut progress: Progress,
    now: Millis,
) -> Result<(Progress, Vec<Past>)> {
    let filter = store::conversation::Filter { inbox: Some(inbox), ..store::conversation::Filter::default() };
    let limit = PORTION.min(progress.replay.conversations - progress.replay.looked);
    let (everything, place) = (Visibility::everything(), progress.place.as_deref());
    let windows = conversation::windows;
    let page =
        store::conversation::list(tx, workspace, &everything, windows, &filter, place, limit, now).await?;
    let mut all = Vec::new();
    for conversation in &page.items {
        all.extend(past(tx, workspace, conversation.id).await?);
    }
    progress.replay.looked += page.items.len() as i64;
    let ends = page.next_cursor.is_none() || progress.replay.looked >= progress.replay.conversations;
    progress.replay.done_at = ends.then_some(now);
    progress.place = page.next_cursor;
    Ok((progress, all))
}

/// Keeps a trial if its conversation is still there: a customer may have been erased meanwhile. Tells whether it did.
async fn keep(tx: &mut Tx, workspace: WorkspaceId, inbox: InboxId, run: Run, trial: &Trial) -> Result<bool> {
    let there = store::message::reference(tx, workspace, trial.message_id).await?.is_some();
    Ok(there && store::trial::insert(tx, workspace, inbox, run, trial).await?)
}

/// An agent replied: where the bot is a shadow, what it would have said is tried a little later, when the agent's answer is
/// whole.
pub(crate) async fn replied(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &model::Ids,
    inbox: InboxId,
    reply: (ConversationId, MessageId),
    now: Millis,
) -> Result<()> {
    let setting = store::bot::setting(tx, workspace, inbox).await?;
    if setting.is_some_and(|setting| setting.shadow && !setting.enabled) {
        jobs::enqueue_shadow(tx, workspace, ids, reply, now).await?;
    }
    Ok(())
}

/// The whole of a shadow's job: tries the question that an agent's reply answered, unless another reply to it had it tried.
pub(crate) async fn shadow(
    app: &App,
    workspace: WorkspaceId,
    conversation: ConversationId,
    reply: MessageId,
) -> Result<()> {
    let read = app.read(move |tx| {
        Box::pin(async move {
            let Some(facts) = store::conversation::facts(tx, workspace, conversation).await? else {
                return Ok(None);
            };
            let Some(past) = past(tx, workspace, conversation).await? else { return Ok(None) };
            let Some(question) = answered(&past.thread, reply).map(|asked| asked.question) else {
                return Ok(None);
            };
            if store::trial::was_tried(tx, workspace, question, SHADOW).await? {
                return Ok(None);
            }
            let setting = setting(tx, workspace, facts.inbox_id).await?;
            Ok(setting.map(|setting| (facts.inbox_id, past, setting)))
        })
    });
    let Some((inbox, past, setting)) = read.await? else { return Ok(()) };
    let Some(asked) = answered(&past.thread, reply) else { return Ok(()) };
    let trial = attempt(app, workspace, &setting, &past, &asked).await?;
    app.node.in_time(&app.db, app.now()).await?;
    app.write(move |tx| {
        Box::pin(async move {
            if keep(tx, workspace, inbox, SHADOW, &trial).await? {
                store::trial::forget_old(tx, workspace, inbox, KEPT).await?;
            }
            Ok(())
        })
    })
    .await
}

/// The run of a source: of past conversations the newest.
async fn run_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    inbox: InboxId,
    source: TrialSource,
) -> Result<(Option<Run>, Option<Replay>)> {
    store::inbox::get(tx, workspace, inbox).await?.ok_or(Error::NotFound)?;
    match source {
        TrialSource::Shadow => Ok((Some(SHADOW), None)),
        TrialSource::Replay => {
            let progress = store::trial::replay(tx, workspace, inbox).await?;
            Ok((progress.as_ref().map(|one| one.run), progress.map(|one| one.replay)))
        }
    }
}

/// What came of the trials of an inbox.
///
/// # Errors
/// [`Error::NotFound`] when there is no such inbox.
pub async fn report(app: &App, caller: &Caller, inbox: InboxId, source: TrialSource) -> Result<Report> {
    let workspace = caller.workspace;
    app.read(move |tx| {
        Box::pin(async move {
            let (run, replay) = run_of(tx, workspace, inbox, source).await?;
            let counts = match run {
                Some(run) => store::trial::counts(tx, workspace, inbox, run).await?,
                None => Vec::new(),
            };
            Ok(Report::of(replay, &counts))
        })
    })
    .await
}

/// A trial with what was asked and answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The trial.
    pub trial: Trial,
    /// What the customer asked.
    pub question: Message,
    /// The first message that a person answered; `None` when it is gone.
    pub reply: Option<Message>,
}

impl Personal for Told {
    fn mask(&mut self, masks: Masks) {
        self.question.mask(masks);
        self.reply.mask(masks);
    }
}

/// A page of trials, the newest first: those in conversations that the caller may see.
///
/// # Errors
/// [`Error::NotFound`] when there is no such inbox.
pub async fn list(
    app: &App,
    caller: &Caller,
    inbox: InboxId,
    source: TrialSource,
    filter: Filter,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<Told>> {
    let (workspace, visibility) = (caller.workspace, caller.visibility());
    let read = app.read(move |tx| {
        Box::pin(async move {
            let (Some(run), _) = run_of(tx, workspace, inbox, source).await? else {
                return Ok(Page { items: Vec::new(), next_cursor: None });
            };
            let page =
                store::trial::list(tx, workspace, inbox, run, filter, cursor.as_deref(), limit).await?;
            let mut seen = HashMap::new();
            for trial in &page.items {
                let id = trial.conversation_id;
                if let Entry::Vacant(new) = seen.entry(id) {
                    new.insert(store::conversation::visible(tx, workspace, &visibility, id).await?);
                }
            }
            let shown = page.items.into_iter().filter(|trial| seen[&trial.conversation_id]);
            let shown: Vec<Trial> = shown.collect();
            let ids: Vec<MessageId> =
                shown.iter().flat_map(|trial| [trial.message_id, trial.reply_id]).collect();
            let messages = store::message::many(tx, workspace, &ids).await?;
            let message = |id: MessageId| {
                let place = messages.binary_search_by_key(&id, |message| message.id);
                place.ok().map(|place| messages[place].clone())
            };
            let items = shown.into_iter().filter_map(|trial| {
                let (question, reply) = (message(trial.message_id)?, message(trial.reply_id));
                Some(Told { trial, question, reply })
            });
            Ok(Page { items: items.collect(), next_cursor: page.next_cursor })
        })
    });
    let mut page = read.await?;
    let policy = sensitive::policy(app, workspace).await?;
    for told in &mut page.items {
        policy.mask(&mut told.question);
        told.reply.iter_mut().for_each(|reply| policy.mask(reply));
    }
    let mut shown: Vec<ConversationId> = page.items.iter().map(|told| told.trial.conversation_id).collect();
    shown.sort();
    shown.dedup();
    if !shown.is_empty() {
        let note = Note::of(Act::ConversationsListed).showing(shown.len());
        audit::saw(app, caller, note.with(&json!({ "conversations": shown })));
    }
    Ok(page)
}

/// Keeps what somebody makes of what the bot would have said, or takes it back.
///
/// # Errors
/// [`Error::NotFound`] when there is no such trial, or in a conversation that the caller may not see.
pub async fn judge(app: &App, caller: &Caller, id: TrialId, verdict: Option<Verdict>) -> Result<()> {
    let (workspace, visibility) = (caller.workspace, caller.visibility());
    let (now, actor) = (app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            let trial = store::trial::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            if !store::conversation::visible(tx, workspace, &visibility, trial.conversation_id).await? {
                return Err(Error::NotFound);
            }
            store::trial::judge(tx, workspace, id, verdict).await?;
            let note = Note::of(Act::BotJudged).on(id).within(trial.conversation_id);
            audit::record(tx, &actor, note.with(&json!({ "verdict": verdict })), now).await?;
            Ok(())
        })
    })
    .await
}

#[cfg(test)]
mod tests;
