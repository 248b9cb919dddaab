//! The gap monitor: is everything that was accepted also shown?
//!
//! It walks over the raw deliveries a little behind the present, reads each once more and looks whether its
//! messages stand in a conversation of their sender and its reports were applied or kept. It shares nothing with
//! what applied them but the channel's reading, so that a fault there, in the store or by somebody's hand is seen
//! here. One node walks at a time; the place is in the database.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use channels::{Event, Inbound, Sender};
use model::{Direction, GapReason, InboundId, InboxId, Millis, Report, WorkspaceId, first_at};
use store::Tx;
use store::gap::{Settled, Standing};
use store::inbound::Body;
use store::inbox::InboxRow;
use tokio::sync::watch;

use crate::worker::EARLY_REPORT_LIFE;
use crate::{App, Result};

/// How far behind the present the monitor stays: by then a delivery has long been applied.
const BEHIND: Millis = Millis::minutes(1);
/// How many deliveries are looked at in one step.
const STEP: i64 = STEP_LEN as i64;
const STEP_LEN: usize = 256;
/// The pause between two steps. With [`STEP`] it bounds the walk to about 1,200 deliveries a second.
const PACE: Duration = Duration::from_millis(200);
/// How often it is looked whether there is anything to do.
const POLL: Duration = Duration::from_secs(5);
/// From here behind the present on, which takes more than [`STEP`] in [`PACE`] for that long, only every tenth
/// delivery is looked at until the monitor has caught up.
const SAMPLE_FROM: Millis = Millis::minutes(10);
/// How long a walk is held; a crashed node's walk is free after it.
const LEASE: Millis = Millis::minutes(1);

/// Walks until told to stop.
pub(crate) async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut again = InboundId(0);
    while !*stopped.borrow() {
        let pause = match round(&app, &mut again).await {
            Ok(true) => PACE,
            Ok(false) => POLL,
            Err(error) => {
                tracing::warn!(%error, source = ?std::error::Error::source(&error), "the gap monitor goes on in a moment");
                POLL
            }
        };
        tokio::select! {
            _ = stopped.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Looks at everything that is due, without pauses. For tests and tools that drive a clock of their own.
///
/// # Errors
/// When the store is away.
pub async fn audit(app: &App) -> Result<()> {
    let mut again = InboundId(0);
    loop {
        let more = round(app, &mut again).await?;
        if !more && again == InboundId(0) {
            return Ok(());
        }
    }
}

/// One step over what is new and one over what is watched, which goes on after `again`. Returns whether there is
/// more that is new.
async fn round(app: &App, again: &mut InboundId) -> Result<bool> {
    look_again(app, again).await?;
    step(app).await
}

/// Something of a delivery that is not as it must be.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    reason: GapReason,
    detail: String,
}

/// Looks at the next deliveries that were not looked at yet; whether there may be more.
async fn step(app: &App) -> Result<bool> {
    let now = app.now();
    let before = InboundId(first_at(now - BEHIND));
    let due = app.read(move |tx| {
        Box::pin(async move {
            let place = store::gap::place(tx).await?;
            Ok(!store::gap::settled(tx, place, before, 1, false).await?.is_empty())
        })
    });
    // An idle machine writes nothing.
    if !due.await? {
        return Ok(false);
    }
    let claim =
        app.write(move |tx| Box::pin(async move { Ok(store::gap::claim(tx, now, now + LEASE).await?) }));
    let Some((place, fence)) = claim.await? else { return Ok(false) };
    let sample = now - model::made_at(place.0) > SAMPLE_FROM;
    let looked_at = app.read(move |tx| {
        Box::pin(async move {
            let mut settled = store::gap::settled(tx, place, before, STEP, sample).await?;
            if sample && settled.len() < STEP_LEN {
                // Little is left: whole again.
                settled = store::gap::settled(tx, place, before, STEP, false).await?;
            }
            let mut inboxes = Inboxes::default();
            let mut faults = Vec::new();
            for delivery in &settled {
                if let Some(fault) = fault_of(tx, delivery, &mut inboxes, now).await? {
                    faults.push((delivery.workspace, delivery.id, fault));
                }
            }
            Ok((settled.last().map(|last| last.id), settled.len(), faults))
        })
    });
    let (last, count, faults) = looked_at.await?;
    app.write(move |tx| {
        Box::pin(async move {
            if !store::gap::advance(tx, fence, last.unwrap_or(place)).await? {
                return Ok(());
            }
            for (workspace, id, fault) in faults {
                note(tx, workspace, id, &fault, now).await?;
            }
            Ok(())
        })
    })
    .await?;
    Ok(count == STEP_LEN)
}

async fn note(tx: &mut Tx, workspace: WorkspaceId, id: InboundId, fault: &Fault, now: Millis) -> Result<()> {
    if store::gap::open(tx, workspace, id, fault.reason, &fault.detail, now).await? {
        tracing::error!(delivery = %id, reason = fault.reason.as_str(), item = fault.detail, "accepted and not shown");
    }
    Ok(())
}

/// Looks at watched deliveries again: what is whole now is forgotten, and so is what is parked, of which a person
/// knows anyway.
async fn look_again(app: &App, again: &mut InboundId) -> Result<()> {
    let (after, now) = (*again, app.now());
    let looked_at = app.read(move |tx| {
        Box::pin(async move {
            let watched = store::gap::watched(tx, after, STEP).await?;
            let mut inboxes = Inboxes::default();
            let mut found = Vec::new();
            for one in &watched {
                let fault = match one.parked {
                    true => None,
                    false => fault_of(tx, &one.delivery, &mut inboxes, now).await?,
                };
                found.push((one.delivery.workspace, one.delivery.id, fault));
            }
            Ok(found)
        })
    });
    let found = looked_at.await?;
    *again = found.last().filter(|_| found.len() == STEP_LEN).map_or(InboundId(0), |(_, id, _)| *id);
    if found.is_empty() {
        return Ok(());
    }
    app.write(move |tx| {
        Box::pin(async move {
            for (workspace, id, fault) in found {
                match fault {
                    Some(fault) => note(tx, workspace, id, &fault, now).await?,
                    None => drop(store::gap::close(tx, workspace, id).await?),
                }
            }
            Ok(())
        })
    })
    .await
}

/// The inboxes of a step's deliveries.
#[derive(Default)]
struct Inboxes(HashMap<InboxId, Option<InboxRow>>);

impl Inboxes {
    async fn find(&mut self, tx: &mut Tx, workspace: WorkspaceId, id: InboxId) -> Result<Option<&InboxRow>> {
        let found = match self.0.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(store::inbox::get(tx, workspace, id).await?),
        };
        Ok(found.as_ref())
    }
}

/// The first thing of a delivery that is not as it must be.
async fn fault_of(
    tx: &mut Tx,
    delivery: &Settled,
    inboxes: &mut Inboxes,
    now: Millis,
) -> Result<Option<Fault>> {
    // What came for an inbox that was removed since can be neither read nor applied again.
    let Some(inbox) = inboxes.find(tx, delivery.workspace, delivery.inbox).await? else { return Ok(None) };
    let unreadable = |detail: String| Ok(Some(Fault { reason: GapReason::Unreadable, detail }));
    let body = match &delivery.body {
        Body::There(body) => body,
        // Whoever it told of was erased since.
        Body::Emptied => return Ok(None),
        Body::Locked => return unreadable("its key is gone".to_owned()),
    };
    let events = match channels::channel(inbox.kind).read(body) {
        Ok(events) => events,
        Err(malformed) => return unreadable(malformed.to_string()),
    };
    for inbound in &events {
        if let Some(fault) = event_fault(tx, delivery, inbox, inbound, now).await? {
            return Ok(Some(fault));
        }
    }
    Ok(None)
}

async fn event_fault(
    tx: &mut Tx,
    delivery: &Settled,
    row: &InboxRow,
    inbound: &Inbound,
    now: Millis,
) -> Result<Option<Fault>> {
    let workspace = delivery.workspace;
    let inbox = match &inbound.account {
        Some(account) if *account != row.address_key => {
            let found = store::inbox::by_address_key(tx, workspace, row.kind, account).await?;
            // Its number was connected when it was applied, else it would be parked; now nobody knows where.
            let Some(inbox) = found else { return Ok(None) };
            inbox
        }
        _ => row.id,
    };
    let (id, reason) = match &inbound.event {
        Event::Message(message) if message.group.is_none() => {
            let stands = store::gap::stands(tx, workspace, inbox, &message.provider_id).await?;
            let reason = match stands {
                Some(stands) => misplaced(tx, workspace, inbox, &stands, &message.sender).await?,
                // Such a message is parked with that reason.
                None if !message.sender.is_reachable() => None,
                None => Some(GapReason::MessageMissing),
            };
            (&message.provider_id, reason)
        }
        Event::Moved { from, to, notice } if from.is_reachable() || to.is_reachable() => {
            let stands = store::gap::stands(tx, workspace, inbox, &notice.provider_id).await?;
            (&notice.provider_id, stands.is_none().then_some(GapReason::MessageMissing))
        }
        Event::Receipt { provider_id, report, .. } => {
            let reason = match store::gap::stands(tx, workspace, inbox, provider_id).await? {
                // A report about a customer's own message changes nothing.
                Some(stands) if stands.direction == Direction::In => None,
                Some(stands) => stands
                    .status
                    .is_none_or(|status| status < report.state)
                    .then_some(GapReason::StatusBehind),
                None => unkept(tx, delivery, inbox, provider_id, report, now).await?,
            };
            (provider_id, reason)
        }
        _ => return Ok(None),
    };
    Ok(reason.map(|reason| Fault { reason, detail: id.clone() }))
}

/// Whether a message stands in another's conversation. People move from number to number, and numbers from person
/// to person; so only an address that names this sender, was there before the message, and is not the message's own
/// proves it.
async fn misplaced(
    tx: &mut Tx,
    workspace: WorkspaceId,
    inbox: InboxId,
    stands: &Standing,
    sender: &Sender,
) -> Result<Option<GapReason>> {
    if stands.inbox != inbox {
        return Ok(Some(GapReason::OtherInbox));
    }
    let theirs = match (&sender.user_id, &sender.phone) {
        (Some(user), _) if stands.user_id.as_ref() != Some(user) => {
            store::identity::by_user(tx, workspace, inbox, user).await?
        }
        (None, Some(phone)) if stands.phone.as_ref().is_some_and(|known| known != phone) => {
            store::identity::by_phone(tx, workspace, inbox, phone).await?
        }
        _ => None,
    };
    let other = theirs.is_some_and(|row| row.id != stands.identity && row.id.0 < stands.message.0);
    Ok(other.then_some(GapReason::OtherPerson))
}

/// A report about a message that we do not know is kept for a while.
async fn unkept(
    tx: &mut Tx,
    delivery: &Settled,
    inbox: InboxId,
    provider_id: &str,
    report: &Report,
    now: Millis,
) -> Result<Option<GapReason>> {
    if now - delivery.received_at > EARLY_REPORT_LIFE - Millis::hours(1) {
        return Ok(None);
    }
    let kept = store::report::about(tx, delivery.workspace, inbox, provider_id).await?;
    let known = kept.iter().any(|kept| kept.state >= report.state);
    Ok((!known).then_some(GapReason::ReportMissing))
}
