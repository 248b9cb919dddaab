//! This node's part of sending: which inboxes it sends for, and what of theirs may start now.
//!
//! Sending for an inbox is a lane with a lease and a fence in the database, so that one memory ([`Pace`]) knows how
//! fast the inbox sends, however many nodes there are. A node holds a lane while it has something to send and a few
//! seconds longer. Whoever takes a lane that was not given back in peace first keeps a second of silence, and takes
//! over what the last holder left in its hands. A holder whose lease came near its end, because it slept or the
//! database was away, starts no call.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use channels::SendState;
use futures_util::FutureExt;
use model::{FailureCode, InboxId, Millis, WorkspaceId};
use store::Class;
use store::outbound::{OutboundKind, Sending};
use store::send_lane::{self, Waiting};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::Instrument;

use crate::conclude::{self, Concluded, Conclusion};
use crate::pacing::{Pace, WINDOW};
use crate::sending::{self, Moment, Prepared, Ready, Sender, failure};
use crate::worker::{POLL, rest};
use crate::{App, Result, hooks};

/// How long a lane is held without being prolonged; a dead node's lanes are free after it.
const LEASE: Millis = Millis::seconds(15);
/// A lease is prolonged when it is so old.
const RENEW: Duration = Duration::from_secs(4);
/// No call is started when the lease is so old. What is left of it gives calls that are under way time to arrive
/// before the next holder's second of silence begins.
const TRUST: (Duration, Millis) = (Duration::from_secs(10), Millis::seconds(10));
/// A lane without work is given back after so long.
const IDLE: Duration = Duration::from_secs(5);
/// How long the memory of a lane that was given back is worth keeping: nothing older than that matters.
const FORGET: Duration = Duration::from_secs(600);
/// How many calls may be under way at once. One lane may have as many as are left for all the others, so a provider
/// that hangs never takes the last ones.
const MOST_CALLS: usize = 1024;
/// How many sendings of a lane are claimed in one turn.
const BATCH: usize = 256;
/// A turn is for all workspaces, and waits for the database as one of its own.
const EVERYBODY: WorkspaceId = WorkspaceId(0);

/// The lanes that this node holds or held lately.
#[derive(Default)]
pub(crate) struct Outbox {
    lanes: tokio::sync::Mutex<HashMap<InboxId, Known>>,
    calls: AtomicUsize,
}

struct Known {
    workspace: WorkspaceId,
    fence: i64,
    held: bool,
    lane: Arc<Lane>,
}

/// A lane, as the calls made for it see it.
pub(crate) struct Lane {
    pace: Mutex<Pace>,
    lease: Mutex<Lease>,
    calls: AtomicUsize,
}

/// When a lane's lease was last prolonged, and when it last had something to do.
struct Lease {
    renewed: Moment,
    used: Instant,
}

impl Lane {
    fn new(now: Moment) -> Self {
        let lease = Lease { renewed: now, used: now.steady };
        Self { pace: Mutex::new(Pace::new(now.steady)), lease: Mutex::new(lease), calls: AtomicUsize::new(0) }
    }

    /// The pace of the inbox.
    pub(crate) fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease(&self) -> MutexGuard<'_, Lease> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this node surely still holds the lane, on a clock that never jumps and on the one that other nodes
    /// look at.
    pub(crate) fn is_held(&self, wall: Millis, steady: Instant) -> bool {
        let renewed = self.lease().renewed;
        steady < renewed.steady + TRUST.0 && wall < renewed.wall + TRUST.1
    }

    /// The provider wants no call before.
    pub(crate) fn silence(&self, until: Millis, now: Moment) {
        let wait = Duration::from_millis((until - now.wall).0.max(0).cast_unsigned());
        self.pace().silence(now.steady + wait);
    }
}

/// What a turn found.
#[derive(Default)]
pub(crate) struct Turn {
    /// Sendings whose calls are to be made at once.
    ready: Vec<(Arc<Lane>, Ready)>,
    /// Sendings that ended without a call.
    over: Vec<Concluded>,
    /// How many went back to the queue for later.
    put_back: usize,
    /// When something that waits for its pace may start.
    wake: Option<Instant>,
}

/// A lane that a turn looked at.
struct Visit {
    workspace: WorkspaceId,
    inbox: InboxId,
    fence: i64,
    lane: Arc<Lane>,
    worked: bool,
}

/// Takes and prolongs leases and claims what may start now, of all lanes, in one transaction.
async fn turn(app: &App, claiming: bool) -> Result<Turn> {
    let mut lanes = app.outbox.lanes.lock().await;
    let now = Moment { wall: app.now(), steady: Instant::now() };
    let known: HashMap<InboxId, (i64, bool, Arc<Lane>)> =
        lanes.iter().map(|(inbox, known)| (*inbox, (known.fence, known.held, known.lane.clone()))).collect();
    let held: Vec<(WorkspaceId, InboxId, i64, Arc<Lane>)> = lanes
        .iter()
        .filter(|(_, known)| known.held)
        .map(|(inbox, known)| (known.workspace, *inbox, known.fence, known.lane.clone()))
        .collect();
    let mut room = MOST_CALLS.saturating_sub(app.outbox.calls.load(Ordering::Relaxed));
    let (turn, visits, lost, released) = app
        .write_as(Class::Send, EVERYBODY, move |tx| {
            Box::pin(async move {
                let mut turn = Turn::default();
                let (mut visits, mut lost, mut released) = (Vec::new(), Vec::new(), Vec::new());
                let mut seen = HashSet::new();
                if claiming {
                    let mut waiting = send_lane::waiting(tx, now.wall).await?;
                    waiting.extend(send_lane::lapsed(tx, now.wall).await?);
                    for one in waiting {
                        let mine = known.get(&one.inbox);
                        if !seen.insert(one.inbox) || !worth_a_visit(&one, mine, now, &mut turn) {
                            continue;
                        }
                        match visit(tx, one, mine, now, &mut room, &mut turn).await? {
                            Some(visit) => visits.push(visit),
                            None => lost.push(one.inbox),
                        }
                    }
                }
                let visited: HashSet<InboxId> = visits.iter().map(|visit| visit.inbox).collect();
                for (workspace, inbox, fence, lane) in held {
                    if visited.contains(&inbox) || lost.contains(&inbox) {
                        continue;
                    }
                    let (idle, due) = {
                        let lease = lane.lease();
                        (now.steady >= lease.used + IDLE, now.steady >= lease.renewed.steady + RENEW)
                    };
                    let busy = lane.calls.load(Ordering::Relaxed) > 0;
                    if idle && !busy && lane.pace().is_quiet(now.steady) {
                        send_lane::release(tx, workspace, inbox, fence, true).await?;
                        released.push(inbox);
                    } else if due
                        || lane.lease().renewed.wall > now.wall
                        || !lane.is_held(now.wall, now.steady)
                    {
                        if send_lane::hold(tx, workspace, inbox, fence, now.wall + LEASE).await? {
                            visits.push(Visit { workspace, inbox, fence, lane, worked: false });
                        } else {
                            lost.push(inbox);
                        }
                    }
                }
                Ok((turn, visits, lost, released))
            })
        })
        .await?;
    store::fail_point!("outbox.turned");
    for Visit { workspace, inbox, fence, lane, worked } in visits {
        {
            let mut lease = lane.lease();
            lease.renewed = now;
            if worked {
                lease.used = now.steady;
            }
        }
        lanes.insert(inbox, Known { workspace, fence, held: true, lane });
    }
    for inbox in lost.iter().chain(&released) {
        if let Some(known) = lanes.get_mut(inbox) {
            known.held = false;
        }
    }
    lanes.retain(|_, known| known.held || now.steady < known.lane.lease().used + FORGET);
    for (lane, ready) in &turn.ready {
        lane.calls.fetch_add(1, Ordering::Relaxed);
        app.outbox.calls.fetch_add(1, Ordering::Relaxed);
        if ready.is_message() {
            lane.pace().start(1);
        }
    }
    Ok(turn)
}

/// Whether a lane with something to send is ours to look at, and may start something; else notes when it may.
fn worth_a_visit(one: &Waiting, mine: Option<&(i64, bool, Arc<Lane>)>, now: Moment, turn: &mut Turn) -> bool {
    let Some((_, _, lane)) = mine.filter(|(_, held, _)| *held) else { return one.is_free(now.wall) };
    let mut pace = lane.pace();
    let free = pace.room(now.steady) > 0;
    if !free {
        turn.wakes_at(pace.next_room(now.steady), now);
    }
    free
}

impl Turn {
    fn wakes_at(&mut self, at: Instant, now: Moment) {
        if at > now.steady {
            self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
        }
    }
}

/// Takes or prolongs a lane's lease, and claims and prepares what may start now; `None` when another node holds it.
async fn visit(
    tx: &mut store::Tx,
    one: Waiting,
    mine: Option<&(i64, bool, Arc<Lane>)>,
    now: Moment,
    room: &mut usize,
    turn: &mut Turn,
) -> Result<Option<Visit>> {
    let Waiting { workspace, inbox, .. } = one;
    let until = now.wall + LEASE;
    let (fence, lane) = match mine {
        Some((fence, true, lane)) => {
            if !send_lane::hold(tx, workspace, inbox, *fence, until).await? {
                return Ok(None);
            }
            store::fail_point!("outbox.prolonged");
            (*fence, lane.clone())
        }
        _ => {
            let Some(taken) = send_lane::take(tx, workspace, inbox, &one, until).await? else {
                return Ok(None);
            };
            let lane = match mine {
                // Nobody held it in between, so this memory of it is whole.
                Some((fence, _, lane)) if fence + 1 == taken.fence => lane.clone(),
                _ => {
                    let lane = Arc::new(Lane::new(now));
                    if !taken.quiet {
                        lane.pace().silence(now.steady + WINDOW);
                    }
                    lane
                }
            };
            store::fail_point!("outbox.taken");
            lane.silence(taken.silent_until, now);
            if !taken.quiet {
                let orphans = taken_over(tx, workspace, inbox, taken.fence, now).await?;
                turn.over.extend(orphans);
            }
            (taken.fence, lane)
        }
    };
    let row = store::inbox::get(tx, workspace, inbox).await?;
    let sender = row
        .map(|row| Sender { channel: channels::channel(row.kind), account: Arc::new(hooks::account(&row)) });
    if let Some(sender) = &sender {
        lane.pace().keep_to(sender.channel.pacing(&sender.account));
    }
    let share = room.saturating_sub(lane.calls.load(Ordering::Relaxed));
    let places = lane.pace().room(now.steady);
    let limit = places.min(share).min(BATCH);
    let mut worked = false;
    if limit > 0 {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let claimed = store::outbound::claim(tx, workspace, inbox, fence, now.wall, most).await?;
        worked = !claimed.is_empty();
        store::fail_point!("outbox.claimed");
        if claimed.len() == limit {
            // More may wait: for their place if all are taken, else for the next turn.
            let at = if limit < places { now.steady } else { lane.pace().next_room(now.steady) };
            turn.wakes_at(at.max(now.steady + Duration::from_millis(1)), now);
        }
        for one in claimed {
            let sending = one.clone();
            match sending::prepare(tx, sender.as_ref(), &lane, one, now).await? {
                Prepared::Ready(ready) => {
                    *room = room.saturating_sub(1);
                    turn.ready.push((lane.clone(), *ready));
                }
                Prepared::Over(retry @ Conclusion::Retry { .. }) => {
                    turn.put_back += 1;
                    conclude::record_one(tx, &sending, &retry, now.wall).await?;
                }
                Prepared::Over(conclusion) => turn.over.push((sending, conclusion)),
            }
        }
    } else {
        turn.wakes_at(lane.pace().next_room(now.steady), now);
    }
    Ok(Some(Visit { workspace, inbox, fence, lane, worked }))
}

/// What becomes of what a lane's vanished holder left in its hands.
async fn taken_over(
    tx: &mut store::Tx,
    workspace: WorkspaceId,
    inbox: InboxId,
    fence: i64,
    now: Moment,
) -> Result<Vec<Concluded>> {
    let orphans = store::outbound::orphans(tx, workspace, inbox, fence).await?;
    store::fail_point!("outbox.taken_over");
    Ok(orphans
        .into_iter()
        .map(|sending| {
            let conclusion = left(&sending, now.wall);
            (sending, conclusion)
        })
        .collect())
}

/// Reading and reacting twice is harmless; writing twice is not.
fn left(sending: &Sending, now: Millis) -> Conclusion {
    let from = sending::state_of(sending);
    if sending.kind == OutboundKind::Message && matches!(from, SendState::Posting { .. }) {
        return Conclusion::Uncertain(failure(
            FailureCode::Timeout,
            "the server stopped while the message was being handed over",
        ));
    }
    let from = if matches!(from, SendState::Posting { .. }) { SendState::Start } else { from };
    Conclusion::Retry { at: now, counted: false, from, silence: false }
}

/// Makes one sending's calls. A fault of ours in the middle leaves the sending uncertain rather than stuck.
async fn perform(app: &App, lane: &Lane, ready: Ready) -> Concluded {
    let sending = ready.sending.clone();
    let span = tracing::debug_span!("send");
    let calls = std::panic::AssertUnwindSafe(sending::perform(app, lane, ready).instrument(span));
    let concluded = calls.catch_unwind().await;
    lane.calls.fetch_sub(1, Ordering::Relaxed);
    app.outbox.calls.fetch_sub(1, Ordering::Relaxed);
    concluded.unwrap_or_else(|_| {
        let failure = failure(FailureCode::Timeout, "a fault of the server cut the handing over off");
        (sending, Conclusion::Uncertain(failure))
    })
}

/// Sends until told to stop; then finishes what is under way and gives the lanes back.
pub(crate) async fn serve(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let (tell, told) = mpsc::unbounded_channel();
    let concluding = {
        let (app, mut stopped) = (app.clone(), stopped.clone());
        tokio::spawn(async move { conclude::serve(&app, told, &mut stopped).await })
    };
    let mut calls = JoinSet::new();
    while !*stopped.borrow() {
        while calls.try_join_next().is_some() {}
        match turn(&app, true).await {
            Ok(turn) => {
                for concluded in turn.over {
                    let _ = tell.send(concluded);
                }
                for (lane, ready) in turn.ready {
                    let (app, tell) = (app.clone(), tell.clone());
                    calls.spawn(async move {
                        let _ = tell.send(perform(&app, &lane, ready).await);
                    });
                }
                let wake = turn.wake.unwrap_or_else(|| Instant::now() + POLL);
                tokio::select! {
                    _ = stopped.changed() => {}
                    () = app.bell.wait_outbound() => {}
                    () = tokio::time::sleep_until(wake.min(Instant::now() + POLL)) => {}
                }
            }
            Err(error) => rest(&mut stopped, "sending", &error).await,
        }
    }
    while !calls.is_empty() {
        if tokio::time::timeout(RENEW, calls.join_next()).await.is_err()
            && let Err(error) = turn(&app, false).await
        {
            tracing::warn!(%error, "cannot prolong the leases of what is being sent");
        }
    }
    drop(tell);
    let _ = concluding.await;
    store::fail_point!("handover.sent");
    give_back(&app).await;
}

/// Gives all lanes back. One that called in the last second says so.
async fn give_back(app: &App) {
    let mut lanes = app.outbox.lanes.lock().await;
    let now = Instant::now();
    let mut held = Vec::new();
    for (inbox, known) in lanes.iter_mut() {
        if std::mem::take(&mut known.held) {
            held.push((known.workspace, *inbox, known.fence, known.lane.pace().is_quiet(now)));
        }
    }
    let given = app
        .write(move |tx| {
            Box::pin(async move {
                for (workspace, inbox, fence, quiet) in held {
                    send_lane::release(tx, workspace, inbox, fence, quiet).await?;
                }
                store::fail_point!("handover.lanes");
                Ok(())
            })
        })
        .await;
    if let Err(error) = given {
        tracing::warn!(%error, "cannot give back what this node sends for; others take it over when the leases end");
    }
}

/// Sends everything that may be sent without waiting; tells how many were looked at.
pub(crate) async fn settle(app: &App) -> Result<usize> {
    let mut done = 0;
    loop {
        let turn = turn(app, true).await?;
        let found = turn.ready.len() + turn.over.len() + turn.put_back;
        if found == 0 {
            return Ok(done);
        }
        done += found;
        let calls =
            turn.ready.into_iter().map(|(lane, ready)| async move { perform(app, &lane, ready).await });
        let mut concluded = futures_util::future::join_all(calls).await;
        concluded.extend(turn.over);
        // What was sent and is not concluded stays in this node's hands: as in `serve`, it is tried again.
        if let Err((left, _)) = conclude::conclude(app, concluded).await {
            conclude::conclude(app, left).await.map_err(|(_, error)| error)?;
        }
    }
}
