//! The workers: each looks at the database, does what is due, and sleeps until the bell or the next due time.

use std::sync::Arc;
use std::time::Duration;

use model::Millis;
use store::Engine;
use store::lane::Which;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::{
    App, Error, Result, alarm, conversation, embedding, erase, gap, indexing, jobs, keys, knowledge_source,
    lane, outbox, retention, topic, unanswered,
};

/// How many workers apply deliveries.
const LANES: usize = 4;
/// How many jobs run at once, and how many imports beside them: those may take long, and nothing waits for them.
const AT_ONCE: i64 = 64;
const IMPORTS: usize = 8;
/// The longest sleep: an event that no bell told of is found after it.
pub(crate) const POLL: Duration = Duration::from_secs(1);
/// How often rows that only time removes are looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(5);
/// How long reports about messages that we do not know are kept.
pub(crate) const EARLY_REPORT_LIFE: Millis = Millis::days(2);
/// How long events are kept for browsers that were away.
const EVENT_LIFE: Millis = Millis::days(7);

/// Which work a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duties {
    /// Applies deliveries.
    pub receive: bool,
    /// Sends replies.
    pub send: bool,
    /// Fetches files, wakes conversations and tidies up.
    pub jobs: bool,
}

impl Duties {
    /// All work.
    pub const ALL: Self = Self { receive: true, send: true, jobs: true };
}

/// Running workers.
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

/// Starts the workers of this node. Any number of nodes may have the same duties: each item is claimed by lease, and
/// tidying up twice does nothing the second time.
pub async fn start(app: &Arc<App>, duties: Duties) -> Result<Workers> {
    if app.db.engine() == Engine::Sqlite {
        recover(app).await?;
    }
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    for _ in 0..if duties.receive { LANES } else { 0 } {
        tasks.spawn(lane::serve(app.clone(), stopped.clone()));
    }
    if duties.send {
        tasks.spawn(outbox::serve(app.clone(), stopped.clone()));
    }
    // Whoever answers searches, with an index of its own.
    tasks.spawn(embedding::run(app.clone(), stopped.clone()));
    if duties.jobs {
        tasks.spawn(work(app.clone(), stopped.clone()));
        tasks.spawn(gap::run(app.clone(), stopped.clone()));
        tasks.spawn(indexing::run(app.clone(), stopped.clone()));
        tasks.spawn(unanswered::run(app.clone(), stopped.clone()));
        tasks.spawn(topic::run(app.clone(), stopped.clone()));
        tasks.spawn(alarm::run(app.clone(), stopped.clone()));
        tasks.spawn(keys::seal_later(app.clone(), stopped.clone()));
        tasks.spawn(retention::run(app.clone(), stopped.clone()));
        tasks.spawn(housekeeping(app.clone(), stopped));
    }
    Ok(Workers { stop, tasks })
}

/// The embedded store belongs to one process: whatever is under lease when it starts was held by one that died.
async fn recover(app: &App) -> Result<()> {
    let freed = app
        .write(|tx| {
            Box::pin(async move {
                store::gap::vacate(tx).await?;
                let lanes = store::lane::vacate(tx).await?;
                store::fail_point!("sqlite.vacated");
                Ok(lanes + store::send_lane::vacate(tx).await? + store::job::vacate(tx).await?)
            })
        })
        .await?;
    if freed > 0 {
        tracing::info!(freed, "took over what the last process held when it ended");
    }
    Ok(())
}

impl Workers {
    /// Lets every worker finish what it holds, and waits for it. A caller that stops waiting cuts the rest off: it is
    /// another worker's when its lease has run out.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Does jobs side by side: one that hangs holds up no other.
async fn work(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let (mut running, mut importing) = (JoinSet::new(), JoinSet::new());
    while !*stopped.borrow() {
        while running.try_join_next().is_some() {}
        while importing.try_join_next().is_some() {}
        let room = AT_ONCE - i64::try_from(running.len()).unwrap_or(AT_ONCE);
        let import = importing.len() < IMPORTS;
        let claimed = if room > 0 || import { jobs::claim(&app, room, import).await } else { Ok(Vec::new()) };
        match claimed {
            Ok(due) if due.is_empty() => {
                tokio::select! {
                    _ = stopped.changed() => {}
                    () = app.bell.wait_jobs(), if room > 0 => {}
                    Some(_) = running.join_next() => {}
                    Some(_) = importing.join_next() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
            }
            Ok(due) => {
                for job in due {
                    let app = app.clone();
                    let span = tracing::debug_span!("job", job = %job.id);
                    let places = if job.kind == store::job::IMPORT { &mut importing } else { &mut running };
                    places.spawn(async move { jobs::run(&app, job).instrument(span).await });
                }
            }
            Err(error) => rest(&mut stopped, "jobs", &error).await,
        }
    }
    while running.join_next().await.is_some() {}
    while importing.join_next().await.is_some() {}
}

async fn housekeeping(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        if let Err(error) = tidy_up(&app).await {
            tracing::error!(%error, "housekeeping failed");
        }
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(HOUSEKEEPING) => {}
        }
    }
}

/// Waits for a bell, at most for the time of a poll.
pub(crate) async fn pause(stopped: &mut watch::Receiver<bool>, bell: impl Future<Output = ()>) {
    tokio::select! {
        _ = stopped.changed() => {}
        () = bell => {}
        () = tokio::time::sleep(POLL) => {}
    }
}

/// Waits a moment after a failure.
pub(crate) async fn rest(stopped: &mut watch::Receiver<bool>, what: &str, error: &Error) {
    tracing::error!(what, %error, source = ?std::error::Error::source(error), "a worker failed and goes on in a moment");
    pause(stopped, std::future::pending()).await;
}

/// Wakes snoozed conversations and removes what only time removes.
async fn tidy_up(app: &App) -> Result<()> {
    conversation::wake(app, 100).await?;
    let now = app.now();
    app.write(move |tx| {
        Box::pin(async move {
            store::report::delete_old(tx, now - EARLY_REPORT_LIFE).await?;
            store::event::prune(tx, now - EVENT_LIFE).await?;
            store::session::delete_expired(tx, now).await?;
            store::ceremony::delete_expired(tx, now).await?;
            store::attempt::delete_recovered(tx, now).await?;
            Ok(())
        })
    })
    .await?;
    erase::go_on(app).await?;
    knowledge_source::read_due(app).await?;
    forget_unused_uploads(app).await
}

/// Removes the uploads that no message used; their bytes go when no other row names them.
async fn forget_unused_uploads(app: &App) -> Result<()> {
    let (before, ids, now) = (app.now() - model::UPLOAD_LIFE, app.ids.clone(), app.now());
    app.write(move |tx| {
        Box::pin(async move {
            for unused in store::media::unused(tx, before, 100).await? {
                let workspace = unused.workspace;
                store::media::delete(tx, workspace, unused.id).await?;
                let mut freed = Vec::new();
                for place in unused.places {
                    if !store::media::key_in_use(tx, workspace, &place).await? {
                        freed.push(place);
                    }
                }
                jobs::enqueue_removal(tx, workspace, &ids, freed, now).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Runs everything that is due until nothing is, without waiting for time to pass. For tests and tools that
/// drive a clock of their own.
pub async fn settle(app: &App) -> Result<()> {
    loop {
        let mut received = 0;
        for which in [Which::Fresh, Which::Suspect] {
            let mut held = lane::claim(app, which, i64::MAX).await?.lanes;
            while !held.is_empty() {
                received += held.len();
                held = lane::work_off(app, &held, true).await?.lanes;
            }
        }
        let sent = outbox::settle(app).await?;
        let due = jobs::claim(app, AT_ONCE, true).await?;
        let done = due.len();
        futures_util::future::join_all(due.into_iter().map(|job| jobs::run(app, job))).await;
        let woken = conversation::wake(app, 100).await?;
        let begun = knowledge_source::read_due(app).await?;
        let embedded = embedding::work_off(app).await?;
        if received + sent + done + woken + begun + embedded == 0 {
            return Ok(());
        }
    }
}
