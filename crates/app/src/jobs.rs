//! Background work that is not a delivery and not a sending: fetching files, removing files, late amendments, imports of
//! knowledge, the bot, learning.

use std::time::Duration;

use channels::{Answer, Fetch, MediaRef};
use model::{
    ConversationId, Ids, ImportId, InboundId, InboxId, JobId, MediaFailure, MediaId, MediaState, MessageId,
    Millis, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use store::Tx;
use store::event::NewChange;
use store::job::Job;
use store::media::Ready;

use crate::egress::Download;
use crate::person::Scope;
use crate::receive::Source;
use crate::scan::{self, Judged};
use crate::worker::POLL;
use crate::{App, Error, Result, bot, hooks, import, inspect, intent, receive, upload};

/// How long a claimed job is left alone by others, and how often whoever is at it prolongs that.
const LEASE: Millis = Millis::minutes(1);
const RENEW: Duration = Duration::from_secs(20);
/// How often a job that failed is tried to be given back, once a second.
const GIVING_BACK: usize = 30;
/// Waits between tries to fetch a file, and after failures that nobody foresaw. A file of a customer is kept by WhatsApp for seven days.
const FETCH_WAITS: [Millis; 8] = [
    Millis::seconds(1),
    Millis::seconds(5),
    Millis::seconds(30),
    Millis::minutes(5),
    Millis::minutes(30),
    Millis::hours(3),
    Millis::hours(12),
    Millis::hours(24),
];
/// Waits for the message that an amendment is about.
const LATE_WAITS: [Millis; 7] = [
    Millis::seconds(1),
    Millis::seconds(10),
    Millis::minutes(1),
    Millis::minutes(10),
    Millis::hours(1),
    Millis::hours(6),
    Millis::days(1),
];
/// How many imports of one workspace are worked on at once.
const IMPORTS_OF_ONE: i64 = 2;
/// After so many tries in vain of the bot people take over.
const BOT_TRIES: i64 = 3;
/// After so long an agent's answer is held for whole.
const SHADOW_WAIT: Millis = Millis::minutes(2);
/// How many calls one try to fetch a file may make.
const MAX_CALLS: u8 = 6;

/// What a job is to do, as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Work {
    /// Fetch a customer's file.
    Fetch { media: MediaId, inbox: InboxId },
    /// Apply an amendment that came before what it amends.
    Late { delivery: InboundId, place: usize, inbox: InboxId },
    /// Remove what lies at these places of the media store: its rows are gone.
    Remove { places: Vec<String> },
    /// Read or write an import of knowledge.
    Import { import: ImportId },
    /// Let the bot answer a customer's message.
    Bot { conversation: ConversationId, message: MessageId },
    /// Try the bot on past conversations.
    Replay { inbox: InboxId },
    /// Try the bot on what an agent's reply answered.
    Shadow { conversation: ConversationId, reply: MessageId },
    /// Train what the workspace's examples of intents teach.
    Train,
}

pub(crate) async fn enqueue_fetch(tx: &mut Tx, scope: Scope<'_>, media: MediaId) -> Result<()> {
    let work = Work::Fetch { media, inbox: scope.inbox };
    enqueue(tx, scope.workspace, scope.ids, &work, scope.now).await
}

pub(crate) async fn enqueue_late(tx: &mut Tx, scope: Scope<'_>, source: Source) -> Result<()> {
    let work = Work::Late { delivery: source.id, place: source.place, inbox: scope.inbox };
    enqueue(tx, scope.workspace, scope.ids, &work, scope.now + LATE_WAITS[0]).await
}

/// Has files removed from the media store, in the transaction that removes their rows: a process that dies in between
/// leaves nothing behind that nobody knows of.
pub(crate) async fn enqueue_removal(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &Ids,
    places: Vec<String>,
    now: Millis,
) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    enqueue(tx, workspace, ids, &Work::Remove { places }, now).await
}

pub(crate) async fn enqueue_import(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &Ids,
    import: ImportId,
    now: Millis,
) -> Result<()> {
    enqueue(tx, workspace, ids, &Work::Import { import }, now).await
}

pub(crate) async fn enqueue_bot(
    tx: &mut Tx,
    scope: Scope<'_>,
    conversation: ConversationId,
    message: MessageId,
) -> Result<()> {
    enqueue(tx, scope.workspace, scope.ids, &Work::Bot { conversation, message }, scope.now).await
}

/// Has the bot tried on past conversations; the job's id names the run.
pub(crate) async fn enqueue_replay(
    tx: &mut Tx,
    workspace: WorkspaceId,
    job: JobId,
    inbox: InboxId,
    now: Millis,
) -> Result<()> {
    put(tx, workspace, job, &Work::Replay { inbox }, now).await
}

pub(crate) async fn enqueue_shadow(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &Ids,
    (conversation, reply): (ConversationId, MessageId),
    now: Millis,
) -> Result<()> {
    enqueue(tx, workspace, ids, &Work::Shadow { conversation, reply }, now + SHADOW_WAIT).await
}

/// Has what changed in a workspace's intents learned, in the transaction that changes it.
pub(crate) async fn enqueue_training(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &Ids,
    now: Millis,
) -> Result<()> {
    enqueue(tx, workspace, ids, &Work::Train, now).await
}

async fn enqueue(tx: &mut Tx, workspace: WorkspaceId, ids: &Ids, work: &Work, run_at: Millis) -> Result<()> {
    put(tx, workspace, ids.next(), work, run_at).await
}

async fn put(tx: &mut Tx, workspace: WorkspaceId, id: JobId, work: &Work, run_at: Millis) -> Result<()> {
    let payload = serde_json::to_string(work).map_err(Error::internal)?;
    let kind = match work {
        Work::Fetch { .. } => "fetch",
        Work::Late { .. } => "late",
        Work::Remove { .. } => "remove",
        Work::Import { .. } => store::job::IMPORT,
        Work::Bot { .. } => "bot",
        Work::Replay { .. } => "replay",
        Work::Shadow { .. } => "shadow",
        Work::Train => "train",
    };
    store::job::enqueue(tx, workspace, id, kind, &payload, run_at).await?;
    Ok(())
}

/// Claims up to `limit` jobs that are due, and an import when there is a place for one.
pub(crate) async fn claim(app: &App, limit: i64, import: bool) -> Result<Vec<Job>> {
    let (now, lease) = (app.now(), app.now() + LEASE);
    let claimed = app.write(move |tx| {
        Box::pin(async move {
            let mut due = store::job::claim(tx, now, lease, limit).await?;
            if import {
                due.extend(store::job::claim_import(tx, now, lease, IMPORTS_OF_ONE).await?);
            }
            Ok(due)
        })
    });
    claimed.await
}

/// Does one claimed job, and holds its lease meanwhile.
pub(crate) async fn run(app: &App, job: Job) {
    let mut work = std::pin::pin!(perform(app, &job));
    let error = loop {
        tokio::select! {
            done = &mut work => match done {
                Ok(()) => return,
                Err(error) => break error,
            },
            () = tokio::time::sleep(RENEW) => {
                // When the database does not answer, the work may yet be done before the lease runs out.
                if let Ok(false) = hold(app, &job).await {
                    tracing::warn!(job = %job.id, "another worker has this job");
                    return;
                }
            }
        }
    };
    tracing::error!(job = %job.id, %error, "a job failed");
    give_back(app, &job).await;
}

async fn hold(app: &App, job: &Job) -> Result<bool> {
    let (workspace, id, fence, until) = (job.workspace, job.id, job.fence, app.now() + LEASE);
    app.write(move |tx| Box::pin(async move { Ok(store::job::hold(tx, workspace, id, fence, until).await?) }))
        .await
}

/// Lets a job that failed wait for its next try. If the database does not come back for that, its lease runs out.
async fn give_back(app: &App, job: &Job) {
    let (workspace, id, fence) = (job.workspace, job.id, job.fence);
    let wait = FETCH_WAITS[usize::try_from(job.attempts).unwrap_or(0).min(FETCH_WAITS.len() - 1)];
    for _ in 0..GIVING_BACK {
        let at = app.now() + wait;
        let given = app.write(move |tx| {
            Box::pin(async move { Ok(store::job::retry(tx, workspace, id, fence, at).await?) })
        });
        if given.await.is_ok() {
            return;
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What becomes of a job.
enum Outcome {
    Done,
    Again,
    /// A part is done: it goes on behind others that wait.
    Part,
}

async fn perform(app: &App, job: &Job) -> Result<()> {
    let work: Work = serde_json::from_str(&job.payload).map_err(Error::internal)?;
    store::fail_point!("job.claimed");
    let (outcome, waits): (Outcome, &[Millis]) = match &work {
        Work::Fetch { media, inbox } => {
            let last = job.attempts as usize >= FETCH_WAITS.len();
            (fetch(app, job.workspace, *media, *inbox, last).await?, &FETCH_WAITS)
        }
        Work::Late { delivery, place, inbox } => {
            (late(app, job.workspace, *delivery, *place, *inbox).await?, &LATE_WAITS)
        }
        Work::Remove { places } => {
            for place in places {
                app.files.remove(place).await.map_err(Error::internal)?;
            }
            (Outcome::Done, &[])
        }
        Work::Import { import } => {
            let done = import::work(app, job.workspace, *import, job.attempts).await?;
            (if done { Outcome::Done } else { Outcome::Part }, &[])
        }
        Work::Bot { conversation, message } => {
            let last = job.attempts >= BOT_TRIES;
            bot::answer(app, job.workspace, *conversation, *message, last).await?;
            (Outcome::Done, &[])
        }
        Work::Replay { inbox } => {
            bot::trial::run(app, job.workspace, *inbox, job.id).await?;
            (Outcome::Done, &[])
        }
        Work::Shadow { conversation, reply } => {
            bot::trial::shadow(app, job.workspace, *conversation, *reply).await?;
            (Outcome::Done, &[])
        }
        Work::Train => {
            intent::training::train(app, job.workspace).await?;
            (Outcome::Done, &[])
        }
    };
    store::fail_point!("job.performed");
    let (workspace, id, fence, now) = (job.workspace, job.id, job.fence, app.now());
    let wait = waits.get(job.attempts as usize).copied();
    app.write(move |tx| {
        Box::pin(async move {
            match (outcome, wait) {
                (Outcome::Again, Some(wait)) => {
                    store::job::retry(tx, workspace, id, fence, now + wait).await?;
                }
                (Outcome::Part, _) => {
                    store::job::again(tx, workspace, id, fence, now).await?;
                }
                _ => {
                    store::job::done(tx, workspace, id, fence).await?;
                    store::fail_point!("job.done");
                }
            }
            Ok(())
        })
    })
    .await
}

/// Fetches a file of a customer into the media store.
async fn fetch(
    app: &App,
    workspace: WorkspaceId,
    media: MediaId,
    inbox: InboxId,
    last: bool,
) -> Result<Outcome> {
    let found = app
        .read(move |tx| {
            Box::pin(async move {
                let media = store::media::get(tx, workspace, media).await?;
                let inbox = store::inbox::get(tx, workspace, inbox).await?;
                Ok(media.zip(inbox))
            })
        })
        .await?;
    let Some((row, inbox)) = found.filter(|(row, _)| row.media.state == MediaState::Pending) else {
        return Ok(Outcome::Done);
    };
    let Some(reference) = row.source.as_deref().and_then(|json| serde_json::from_str::<MediaRef>(json).ok())
    else {
        finish(app, workspace, media, End::Failed(MediaFailure::NotFound)).await?;
        return Ok(Outcome::Done);
    };
    let (channel, account) = (channels::channel(inbox.kind), hooks::account(&inbox));
    let mut answer: Option<Answer> = None;
    let mut stored = None;
    for call in 0..MAX_CALLS {
        match channel.fetch(&account, &reference, call, answer.as_ref()) {
            Fetch::Call(request) if request.file => {
                match app.egress.download(&request, &app.files, app.settings.max_media).await {
                    Download::Stored(incoming) => {
                        // The channel judges by the first bytes whether this is a file at all.
                        let body = incoming.head.clone();
                        stored = Some(incoming);
                        answer = Some(Answer::Http { status: 200, retry_after: None, body });
                    }
                    Download::TooLarge => {
                        finish(app, workspace, media, End::Failed(MediaFailure::TooLarge)).await?;
                        return Ok(Outcome::Done);
                    }
                    Download::Answer(other) => answer = Some(other),
                }
            }
            Fetch::Call(request) => answer = Some(app.egress.call(&request, &app.files).await),
            Fetch::Done { sha256 } => {
                let Some(incoming) = stored else { break };
                if sha256.is_some_and(|announced| announced != incoming.sha256) {
                    tracing::warn!(%media, "a fetched file is not the one that was announced");
                    return give_up_or_retry(app, workspace, media, MediaFailure::HashMismatch, last).await;
                }
                let unscanned = match scan::judge(app, &incoming).await {
                    Judged::Fine => false,
                    Judged::Unscanned => true,
                    Judged::Waits => {
                        return give_up_or_retry(app, workspace, media, MediaFailure::Unscanned, last).await;
                    }
                    Judged::Threat(threat) => {
                        finish(app, workspace, media, End::Infected(threat)).await?;
                        return Ok(Outcome::Done);
                    }
                };
                let mime = inspect::mime(&incoming.head, Some(&reference.mime));
                store::fail_point!("fetch.arrived");
                let ready = upload::keep(app, workspace, media, &incoming, mime).await?;
                store::fail_point!("fetch.kept");
                finish(app, workspace, media, End::Ready(Ready { unscanned, ..ready })).await?;
                return Ok(Outcome::Done);
            }
            Fetch::Retry(reason) => {
                tracing::info!(%media, reason, "a file cannot be fetched yet");
                return give_up_or_retry(app, workspace, media, MediaFailure::ProviderError, last).await;
            }
            Fetch::Failed(failure, reason) => {
                tracing::warn!(%media, reason, "a file cannot be fetched");
                finish(app, workspace, media, End::Failed(failure)).await?;
                return Ok(Outcome::Done);
            }
        }
    }
    give_up_or_retry(app, workspace, media, MediaFailure::ProviderError, last).await
}

async fn give_up_or_retry(
    app: &App,
    workspace: WorkspaceId,
    media: MediaId,
    failure: MediaFailure,
    last: bool,
) -> Result<Outcome> {
    if !last {
        return Ok(Outcome::Again);
    }
    finish(app, workspace, media, End::Failed(failure)).await?;
    Ok(Outcome::Done)
}

/// What became of a file.
enum End {
    Ready(Ready),
    Failed(MediaFailure),
    Infected(String),
}

async fn finish(app: &App, workspace: WorkspaceId, media: MediaId, end: End) -> Result<()> {
    let (ids, now) = (app.ids.clone(), app.now());
    let seq = app
        .write(move |tx| {
            Box::pin(async move {
                match end {
                    End::Ready(ready) => {
                        if !store::media::ready(tx, workspace, media, &ready).await? {
                            // The message was removed while its file was on the way; the places are this file's alone.
                            let places =
                                std::iter::once(ready.storage_key).chain(ready.thumbnail_key).collect();
                            enqueue_removal(tx, workspace, &ids, places, now).await?;
                        }
                    }
                    End::Failed(failure) => _ = store::media::failed(tx, workspace, media, failure).await?,
                    End::Infected(threat) => {
                        _ = store::media::infected(tx, workspace, media, &threat).await?;
                    }
                }
                store::fail_point!("fetch.recorded");
                let row = store::media::get(tx, workspace, media).await?;
                let Some(message) = row.and_then(|row| row.message_id) else { return Ok(None) };
                let Some(found) = store::message::reference(tx, workspace, message).await? else {
                    return Ok(None);
                };
                let change = NewChange::message(message, found.conversation_id);
                Ok(Some(store::event::append(tx, workspace, &[change], now).await?))
            })
        })
        .await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(())
}

/// Tries an amendment again.
async fn late(
    app: &App,
    workspace: WorkspaceId,
    delivery: InboundId,
    place: usize,
    inbox: InboxId,
) -> Result<Outcome> {
    let (ids, now) = (app.ids.clone(), app.now());
    let (outcome, seq) = app
        .write(move |tx| {
            Box::pin(async move {
                let body = store::inbound::body(tx, workspace, delivery).await?;
                let row = store::inbox::get(tx, workspace, inbox).await?;
                let (Some(body), Some(row)) = (body, row) else { return Ok((Outcome::Done, None)) };
                let events = channels::channel(row.kind).read(&body).unwrap_or_default();
                let Some(inbound) = events.get(place) else { return Ok((Outcome::Done, None)) };
                let scope = Scope { workspace, inbox, ids: &ids, now };
                let mut changes = Vec::new();
                if !receive::amend(tx, scope, &inbound.event, &mut changes).await? {
                    return Ok((Outcome::Again, None));
                }
                let seq = match changes.is_empty() {
                    true => None,
                    false => Some(store::event::append(tx, workspace, &changes, now).await?),
                };
                Ok((Outcome::Done, seq))
            })
        })
        .await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(outcome)
}
