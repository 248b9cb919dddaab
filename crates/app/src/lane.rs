//! The lanes of deliveries: an inbox each, held by lease, applied in the order of arrival.
//!
//! A worker holds a portion of work, out of one busy lane or of several small ones. One transaction applies it, gives
//! the lanes back and claims the next portion, so that a portion costs one commit. What fails is tried by itself, with
//! growing waits, and parked in the end, so that its lane moves on. What a worker may have died of is tried with nothing
//! beside it ([`crate::suspect`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use channels::Inbound;
use model::{ChannelKind, InboundId, InboxId, Millis, WorkspaceId};
use store::event::NewChange;
use store::lane::{Claim, Claimed, Delivery, PORTION, Turn, Which};
use store::{Class, Tx};
use tokio::sync::watch;

use crate::receive::{self, Desk, Effects};
use crate::worker::{pause, rest};
use crate::{App, Error, Result};

/// How long a lane is held; a crashed worker's lane is free after it. A transaction that works on it keeps it for as
/// long as it takes.
const LEASE: Millis = Millis::seconds(30);
/// How often a delivery is tried before it is parked for an operator, crashes over it counted.
const MAX_TRIES: i64 = 5;
/// The same for one process when the database would not do it: half an hour.
const MAX_BUSY_TRIES: i64 = 40;
/// The longest wait between two tries.
const LONGEST_WAIT: Millis = Millis::minutes(1);

/// What becomes of the lanes at the end of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// They stay held.
    Hold,
    /// They are given back.
    Release,
    /// They are given back, and the next portion is claimed.
    GoOn,
}

/// A lane with its deliveries read.
struct Lane {
    workspace: WorkspaceId,
    inbox: InboxId,
    fence: i64,
    account: Option<(ChannelKind, String)>,
    items: Vec<(InboundId, std::result::Result<Vec<Inbound>, String>)>,
}

/// Works until told to stop.
pub(crate) async fn serve(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let done = match side_by_side(&app, &mut stopped).await {
            Ok(true) => alone(&app, &mut stopped).await,
            Ok(false) if *stopped.borrow() => return,
            Ok(false) => {
                pause(&mut stopped, app.bell.wait_inbound()).await;
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            rest(&mut stopped, "deliveries", &error).await;
        }
    }
}

/// Works beside others until nothing is to be done; true when a suspect waits to be tried alone.
async fn side_by_side(app: &App, stopped: &mut watch::Receiver<bool>) -> Result<bool> {
    let _beside = app.suspects.beside_others().await;
    let mut held = claim(app, Which::Fresh, app.suspects.most_attempts()).await?;
    while !held.lanes.is_empty() {
        let go_on = !*stopped.borrow() && !held.suspects;
        match work_off(app, &held.lanes, go_on).await {
            Ok(next) => held = Claimed { suspects: held.suspects || next.suspects, ..next },
            Err(error) => hold_on(stopped, &error).await?,
        }
    }
    Ok(held.suspects)
}

/// Tries a suspect with nothing beside it.
async fn alone(app: &App, stopped: &mut watch::Receiver<bool>) -> Result<()> {
    let _alone = app.suspects.alone().await;
    let held = claim(app, Which::Suspect, app.suspects.most_attempts()).await?;
    while let Err(error) = work_off(app, &held.lanes, false).await {
        hold_on(stopped, &error).await?;
    }
    Ok(())
}

/// Waits a moment after a failure. What is held stays held, and the same is tried again: what of it was kept is seen then.
async fn hold_on(stopped: &mut watch::Receiver<bool>, error: &Error) -> Result<()> {
    rest(stopped, "deliveries", error).await;
    if *stopped.borrow() { Err(Error::Unavailable) } else { Ok(()) }
}

/// Leases the next portion of deliveries; empty when none is ready.
pub(crate) async fn claim(app: &App, which: Which, most_attempts: i64) -> Result<Claimed> {
    let turn = turn(app, which, most_attempts);
    let claimed = app.write(move |tx| Box::pin(lease(tx, turn))).await?;
    store::fail_point!("lane.claimed");
    if claimed.more {
        app.bell.inbound_here();
    }
    Ok(claimed)
}

fn turn(app: &App, which: Which, most_attempts: i64) -> Turn {
    let now = app.now();
    Turn { number: app.ids.next_raw(), now, lease_until: now + LEASE, which, most_attempts }
}

async fn lease(tx: &mut Tx, turn: Turn) -> Result<Claimed> {
    Ok(store::lane::claim(tx, turn, PORTION).await?)
}

/// Applies what is held and gives the lanes back; with `go_on` returns what is held next.
pub(crate) async fn work_off(app: &App, held: &[Claim], go_on: bool) -> Result<Claimed> {
    let then = if go_on { Then::GoOn } else { Then::Release };
    let span = tracing::debug_span!("receive", lanes = held.len());
    let error = match tracing::Instrument::instrument(apply(app, held, then), span).await {
        Ok(next) => return Ok(next),
        Err(error) => error,
    };
    tracing::warn!(%error, source = ?std::error::Error::source(&error), "a portion of deliveries failed; each is tried by itself");
    for claim in held {
        each_by_itself(app, claim).await?;
    }
    app.bell.inbound_here();
    Ok(Claimed::default())
}

async fn each_by_itself(app: &App, claim: &Claim) -> Result<()> {
    let Claim { workspace, inbox, fence, .. } = *claim;
    for item in &claim.items {
        let alone = Claim { items: vec![item.clone()], ..claim.clone() };
        let Err(error) = apply(app, &[alone], Then::Hold).await else {
            app.suspects.forget(item.id);
            continue;
        };
        if is_lost(&error) {
            // Another worker has the lane, and everything that follows.
            return Ok(());
        }
        if !put_back(app, claim, item, &error).await? {
            // What stands behind it must wait for it.
            break;
        }
    }
    app.write(move |tx| {
        Box::pin(async move { Ok(store::lane::release(tx, workspace, inbox, fence).await?) })
    })
    .await?;
    Ok(())
}

/// Applies deliveries in one transaction.
async fn apply(app: &App, held: &[Claim], then: Then) -> Result<Claimed> {
    let Some(first) = held.first() else { return Ok(Claimed::default()) };
    let workspace = first.workspace;
    app.node.in_time(&app.db, app.now()).await?;
    let lanes: Vec<Lane> = held.iter().map(read).collect();
    let (ids, now) = (app.ids.clone(), app.now());
    let turn = turn(app, Which::Fresh, app.suspects.most_attempts());
    let applying = app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            let mut effects = Effects::default();
            let mut changed: BTreeMap<WorkspaceId, Vec<NewChange>> = BTreeMap::new();
            for lane in &lanes {
                apply_lane(tx, lane, &ids, now, &mut effects).await?;
                changed.entry(lane.workspace).or_default().append(&mut effects.changes);
                if then != Then::Hold {
                    store::lane::release(tx, lane.workspace, lane.inbox, lane.fence).await?;
                    store::fail_point!("lane.released");
                }
            }
            // Last, and all in one order: each holds its workspace's numbers until the transaction ends.
            let mut told = Vec::new();
            for (workspace, changes) in changed {
                if !changes.is_empty() {
                    told.push((workspace, store::event::append(tx, workspace, &changes, now).await?));
                }
            }
            let next = if then == Then::GoOn { lease(tx, turn).await? } else { Claimed::default() };
            Ok((told, effects, next))
        })
    });
    let (told, effects, next) = applying.await?;
    store::fail_point!("lane.committed");
    for (workspace, seq) in told {
        app.bell.events(workspace, seq);
    }
    if effects.sendings {
        app.bell.outbound();
    }
    if effects.jobs {
        app.bell.jobs();
    }
    if next.more {
        app.bell.inbound_here();
    }
    Ok(next)
}

async fn apply_lane(
    tx: &mut Tx,
    lane: &Lane,
    ids: &model::Ids,
    now: Millis,
    effects: &mut Effects,
) -> Result<()> {
    let Lane { workspace, inbox, fence, .. } = *lane;
    // Whoever holds the lane's row holds the lane until the transaction ends, however long that takes.
    if !store::lane::renew(tx, workspace, inbox, fence, now + LEASE).await? {
        return Err(lost());
    }
    store::fail_point!("lane.renewed");
    // An earlier try may have applied some of them and broken off. A second time would find its messages there, but for
    // those of people who were erased in between: they would be back.
    let held: Vec<InboundId> = lane.items.iter().map(|(id, _)| *id).collect();
    let waiting = store::inbound::waiting(tx, workspace, &held).await?;
    let mut done = Vec::with_capacity(waiting.len());
    for (id, events) in lane.items.iter().filter(|(id, _)| waiting.contains(id)) {
        let trouble = match (&lane.account, events) {
            (None, _) => Some("the inbox was removed".to_owned()),
            (_, Err(reason)) => Some(reason.clone()),
            (Some((kind, address_key)), Ok(events)) => {
                let desk = Desk { workspace, kind: *kind, inbox, address_key, ids, now };
                receive::apply(tx, desk, *id, events, effects).await?
            }
        };
        match trouble {
            None => done.push(*id),
            Some(reason) => {
                if !store::inbound::park(tx, workspace, inbox, fence, *id, now, &reason).await? {
                    return Err(lost());
                }
            }
        }
    }
    if !store::inbound::done(tx, workspace, inbox, fence, &done).await? {
        return Err(lost());
    }
    store::fail_point!("lane.applied");
    Ok(())
}

/// Reads what was delivered.
fn read(claim: &Claim) -> Lane {
    let items = claim.items.iter().map(|item| {
        let events = match &claim.account {
            _ if item.attempts >= MAX_TRIES => Err(format!("{} workers ended over it", item.attempts)),
            Some((kind, _)) => {
                channels::channel(*kind).read(&item.body).map_err(|malformed| malformed.to_string())
            }
            None => Ok(Vec::new()),
        };
        (item.id, events)
    });
    Lane {
        workspace: claim.workspace,
        inbox: claim.inbox,
        fence: claim.fence,
        account: claim.account.clone(),
        items: items.collect(),
    }
}

fn lost() -> Error {
    Error::Conflict { code: "fenced", message: "another worker holds the lane".into() }
}

fn is_lost(error: &Error) -> bool {
    matches!(error, Error::Conflict { code: "fenced", .. })
}

/// A delivery could not be applied: it waits, or is parked after the last try so that its lane moves on. That the
/// database was busy is not told to the next who tries it: it may be nobody's fault.
/// Returns whether the lane may move on.
async fn put_back(app: &App, claim: &Claim, item: &Delivery, error: &Error) -> Result<bool> {
    let Claim { workspace, inbox, fence, .. } = *claim;
    let (id, now) = (item.id, app.now());
    let busy = matches!(error, Error::Unavailable);
    let tries = if busy { app.suspects.was_busy(id) } else { item.attempts + 1 };
    let park = tries >= if busy { MAX_BUSY_TRIES } else { MAX_TRIES };
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    let again = now + wait(tries, app.entropy.as_ref());
    app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            if park {
                let reason = format!("failed {tries} times: {cause}");
                store::inbound::park(tx, workspace, inbox, fence, id, now, &reason).await?;
            } else if busy {
                store::inbound::delay(tx, workspace, inbox, fence, id, again).await?;
            } else {
                store::inbound::retry(tx, workspace, inbox, fence, id, again).await?;
            }
            Ok(())
        })
    })
    .await?;
    if park {
        app.suspects.forget(id);
    }
    Ok(park)
}

/// How long to wait after the n-th try: twice as long each time, up to a limit, and never the same for all who
/// failed together.
fn wait(tries: i64, entropy: &dyn model::Entropy) -> Millis {
    let half = Millis::seconds(1 << tries.clamp(1, 10)).min(LONGEST_WAIT).0 / 2;
    Millis(half + entropy.below(half.cast_unsigned() + 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(u8);

    impl model::Entropy for Always {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }

        fn below(&self, bound: u64) -> u64 {
            if self.0 == 0 { 0 } else { bound - 1 }
        }
    }

    #[test]
    fn waits_double_up_to_a_minute_and_differ() {
        for (tries, longest) in [(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (40, 60)] {
            assert_eq!(wait(tries, &Always(0xff)), Millis::seconds(longest));
            assert_eq!(wait(tries, &Always(0)), Millis(longest * 500));
        }
    }
}
