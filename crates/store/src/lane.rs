//! Lanes: an inbox each, whose deliveries are worked off in order by whoever holds the lane's lease.

use std::collections::HashMap;

use model::{ChannelKind, InboundId, InboxId, Millis, WorkspaceId};

use crate::inbound::{Body, open_body, take_size};
use crate::values::{Row, statements, values};
use crate::{Result, Tx};

/// How often a body is read whose key is gone: an erasure that sealed it anew may have destroyed the key between the
/// reading and the opening.
const READS: usize = 2;

statements! {
    /// A lane's row of every inbox with deliveries that wait: steps from one inbox to the next, so that the cost
    /// depends on how many lanes are busy and not on how much waits.
    BUSY = "WITH RECURSIVE busy (inbox_id) AS (
            SELECT MIN(inbox_id) FROM inbound_queue
            UNION ALL SELECT (SELECT MIN(q.inbox_id) FROM inbound_queue q WHERE q.inbox_id > busy.inbox_id)
                FROM busy WHERE busy.inbox_id IS NOT NULL)
        SELECT l.workspace_id, l.inbox_id, l.lease_until, l.fence, l.claimed_at, l.owes,
            (SELECT q.next_at FROM inbound_queue q WHERE q.inbox_id = l.inbox_id ORDER BY q.id LIMIT 1),
            i.kind, i.address_key
        FROM busy JOIN lane l ON l.inbox_id = busy.inbox_id
            LEFT JOIN inbox i ON i.id = l.inbox_id AND i.removed_at IS NULL";
    LEASE = "UPDATE lane SET lease_until = $5, fence = fence + 1, claimed_at = $6, owes = $7
        WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3 AND lease_until = $4";
    PASS = "UPDATE lane SET claimed_at = $4, owes = $5 WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3";
    OLDEST = "SELECT q.next_at, q.id, r.received_at, q.attempts, r.size, LENGTH(r.body)
        FROM inbound_queue q JOIN inbound r ON r.id = q.id
        WHERE q.workspace_id = $1 AND q.inbox_id = $2 ORDER BY q.id LIMIT $3";
    BLAME = "UPDATE inbound_queue SET attempts = attempts + 1 WHERE workspace_id = $1 AND id IN ({ids})";
    FREE = "UPDATE lane SET lease_until = 0, fence = fence + 1
        WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3 AND lease_until = $4";
    BODIES = "SELECT id, body, size FROM inbound WHERE workspace_id = $1 AND id IN ({ids}) ORDER BY id";
    HOLD = "UPDATE lane SET fence = fence WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3 AND lease_until > 0";
    RELEASE = "UPDATE lane SET lease_until = 0 WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3";
    VACATE = "UPDATE lane SET lease_until = 1 WHERE lease_until > 1";
    RENEW = "UPDATE lane SET lease_until = $4
        WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3 AND lease_until > 0";
    NEXT_READY = "SELECT MIN(CASE WHEN l.lease_until > q.next_at THEN l.lease_until ELSE q.next_at END)
        FROM lane l JOIN inbound_queue q
            ON q.id = (SELECT MIN(h.id) FROM inbound_queue h WHERE h.inbox_id = l.inbox_id)";
}

/// What of a lane may be applied at once, in the unit of [`weight`]; what a workspace may take more of than
/// others at a time.
pub const PORTION: i64 = 64 * 1024;
/// How many lanes are claimed together at most: many small ones share a commit.
const LANES_AT_ONCE: usize = 16;
/// How many deliveries of a lane are looked at to fill a portion.
const LONGEST: i64 = 256;

/// The work that a delivery is expected to make: its bytes, and what even an empty one costs.
pub fn weight(size: i64) -> i64 {
    512 + size
}

/// Which deliveries [`claim`] leases.
///
/// A worker that vanishes may have died of what it was applying, and so may all that it shared its process with. What
/// was applied then is suspected, and is tried again where its guilt can show: with nothing else beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that were never tried.
    Fresh,
    /// One that was.
    Suspect,
}

/// Who claims, and when.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Numbers the claims of all nodes in ascending order.
    pub number: i64,
    /// The present moment.
    pub now: Millis,
    /// Until when lanes are leased.
    pub lease_until: Millis,
    /// What is wanted.
    pub which: Which,
    /// What was tried more often than this is left to others.
    pub most_attempts: i64,
}

/// What [`claim`] found.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// Lanes under lease.
    pub lanes: Vec<Claim>,
    /// Whether more lanes are ready than were claimed.
    pub more: bool,
    /// Whether the oldest delivery of a free lane is a suspect that may be tried now.
    pub suspects: bool,
}

/// A lane under lease with its oldest deliveries.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The inbox, which is the lane.
    pub inbox: InboxId,
    /// The inbox's channel and its provider's name; `None` when the inbox was removed.
    pub account: Option<(ChannelKind, String)>,
    /// Proof of holding the lease; a later holder has a greater one.
    pub fence: i64,
    /// The oldest deliveries that are ready, in order.
    pub items: Vec<Delivery>,
}

/// A delivery to be applied.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its id.
    pub id: InboundId,
    /// When it came.
    pub received_at: Millis,
    /// The body as it came.
    pub body: Vec<u8>,
    /// How often it was tried before, crashes counted.
    pub attempts: i64,
}

/// A lane with deliveries that wait.
#[derive(Clone, Debug)]
struct Busy {
    workspace: WorkspaceId,
    inbox: InboxId,
    lease_until: Millis,
    fence: i64,
    claimed_at: i64,
    owes: i64,
    next_at: Option<Millis>,
    account: Option<(ChannelKind, String)>,
}

fn read_busy(row: &mut Row) -> Result<Busy> {
    Ok(Busy {
        workspace: row.take()?,
        inbox: row.take()?,
        lease_until: row.take()?,
        fence: row.take()?,
        claimed_at: row.take()?,
        owes: row.take()?,
        next_at: row.take()?,
        account: row.take::<Option<_>>()?.zip(row.take()?),
    })
}

/// The lanes that can be claimed, in the order of their turns: the workspace that was served least recently comes
/// first, with the lane of its that was; only when every workspace has had one comes the second lane of any.
fn in_turn(lanes: Vec<Busy>, now: Millis) -> Vec<Busy> {
    let mut served: HashMap<WorkspaceId, i64> = HashMap::new();
    for lane in &lanes {
        let last = served.entry(lane.workspace).or_insert(lane.claimed_at);
        *last = lane.claimed_at.max(*last);
    }
    let ready = |lane: &Busy| lane.lease_until <= now && lane.next_at.is_some_and(|at| at <= now);
    let mut lanes: Vec<Busy> = lanes.into_iter().filter(ready).collect();
    lanes.sort_by_key(|lane| (lane.claimed_at, lane.inbox));
    let mut places: HashMap<WorkspaceId, usize> = HashMap::new();
    let mut placed: Vec<_> = lanes
        .into_iter()
        .map(|lane| {
            let place = places.entry(lane.workspace).and_modify(|place| *place += 1).or_insert(0);
            ((*place, served[&lane.workspace], lane.inbox), lane)
        })
        .collect();
    placed.sort_by_key(|(turn, _)| *turn);
    placed.into_iter().map(|(_, lane)| lane).collect()
}

/// A delivery without its body, when it is ready and what it weighs.
fn read_oldest(row: &mut Row) -> Result<(Millis, Delivery, i64)> {
    let next_at = row.take()?;
    let (id, received_at, attempts) = (row.take()?, row.take()?, row.take()?);
    Ok((next_at, Delivery { id, received_at, body: Vec::new(), attempts }, weight(take_size(row)?)))
}

/// Locks the lane until the transaction ends, if `fence` still holds it: nobody can lease it meanwhile.
pub(crate) async fn hold(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, fence: i64) -> Result<bool> {
    tx.change(HOLD, values![ws, inbox, fence]).await
}

/// Leases free lanes of any workspace whose oldest delivery is ready, in the order of their workspaces' turns, until
/// a portion of work is together.
///
/// This is deficit round robin: a lane gets a portion a turn and deliveries until the portion is used up. What the
/// last one needed beyond, it owes, and passes as many turns while others wait.
///
/// A lane whose last holder vanished without [`release`] is taken from it, and what it may have been applying is suspected:
/// each has an attempt added, and is claimed alone from then on.
pub async fn claim(tx: &mut Tx, turn: Turn, portion: i64) -> Result<Claimed> {
    loop {
        let claimed = match turn.which {
            Which::Fresh => round(tx, turn, portion).await?,
            Which::Suspect => suspect(tx, turn).await?,
        };
        // When all pass, the debts of all are smaller and the next round begins.
        if !claimed.lanes.is_empty() || !claimed.more {
            return Ok(claimed);
        }
    }
}

/// The lanes that can be claimed, in turn, after those of vanished holders were taken from them.
async fn ready(tx: &mut Tx, turn: Turn) -> Result<Vec<Busy>> {
    let mut ready = in_turn(tx.query_map(BUSY, &[], read_busy).await?, turn.now);
    // All lock lanes in one order, so that none of two waits for the other's.
    let mut vanished: Vec<usize> =
        (0..ready.len()).filter(|place| ready[*place].lease_until > Millis(0)).collect();
    vanished.sort_by_key(|place| ready[*place].inbox);
    for place in vanished {
        if take_over(tx, &ready[place], turn.now).await? {
            ready[place].fence += 1;
            ready[place].lease_until = Millis(0);
        }
    }
    Ok(ready)
}

/// Takes a lane from its vanished holder and suspects what it held: the oldest alone if that was tried before, else
/// as much as one may hold.
async fn take_over(tx: &mut Tx, lane: &Busy, now: Millis) -> Result<bool> {
    // Another node may have been faster.
    if !tx.change(FREE, values![lane.workspace, lane.inbox, lane.fence, lane.lease_until]).await? {
        return Ok(false);
    }
    let (held, _) = oldest(tx, lane, now, PORTION).await?;
    let ids: Vec<InboundId> = held.iter().map(|item| item.id).collect();
    tx.execute_in(BLAME, values![lane.workspace], &ids).await?;
    crate::fail_point!("lane.blamed");
    Ok(true)
}

/// One round of turns.
async fn round(tx: &mut Tx, turn: Turn, portion: i64) -> Result<Claimed> {
    let ready = ready(tx, turn).await?;
    let others = |lane: &Busy| ready.iter().any(|other| other.workspace != lane.workspace);
    let mut claimed = Claimed::default();
    let (mut steps, mut taken, mut lanes) = (Vec::new(), 0, 0);
    for lane in &ready {
        if taken >= portion || lanes == LANES_AT_ONCE {
            claimed.more = true;
            break;
        }
        let debt = if others(lane) { lane.owes } else { 0 };
        if debt >= portion {
            // Its turn comes again after the others'.
            claimed.more = true;
            steps.push((lane, Vec::new(), debt - portion));
            continue;
        }
        let (items, weight) = oldest(tx, lane, turn.now, portion - debt).await?;
        match items.first() {
            Some(first) if first.attempts > 0 => claimed.suspects |= first.attempts <= turn.most_attempts,
            Some(_) => {
                taken += weight;
                lanes += 1;
                steps.push((lane, items, (weight - (portion - debt)).max(0)));
            }
            None => {}
        }
    }
    // All claims lock lanes in one order, so that none of two waits for the other's.
    steps.sort_by_key(|(lane, ..)| lane.inbox);
    for (lane, items, owes) in steps {
        if items.is_empty() {
            let values = values![lane.workspace, lane.inbox, lane.fence, turn.number, owes];
            tx.execute(PASS, values).await?;
        } else {
            claimed.lanes.extend(lease(tx, lane, items, turn, owes).await?);
        }
    }
    Ok(claimed)
}

/// The suspect whose lane waits for longest, alone.
async fn suspect(tx: &mut Tx, turn: Turn) -> Result<Claimed> {
    let mut claimed = Claimed::default();
    for lane in &ready(tx, turn).await? {
        let (mut items, _) = oldest(tx, lane, turn.now, 1).await?;
        items.truncate(1);
        if !items.first().is_some_and(|first| (1..=turn.most_attempts).contains(&first.attempts)) {
            continue;
        }
        if !claimed.lanes.is_empty() {
            claimed.suspects = true;
            break;
        }
        claimed.lanes.extend(lease(tx, lane, items, turn, lane.owes).await?);
    }
    Ok(claimed)
}

/// A lane's oldest deliveries without their bodies, at least one and for `credit`; tells their weight too.
async fn oldest(tx: &mut Tx, lane: &Busy, now: Millis, credit: i64) -> Result<(Vec<Delivery>, i64)> {
    let (mut items, mut taken): (Vec<Delivery>, i64) = (Vec::new(), 0);
    let waiting = tx.query_map(OLDEST, values![lane.workspace, lane.inbox, LONGEST], read_oldest).await?;
    for (next_at, item, weight) in waiting {
        let alone = item.attempts > 0 || items.last().is_some_and(|last| last.attempts > 0);
        if next_at > now || taken >= credit || (alone && !items.is_empty()) {
            break;
        }
        taken += weight;
        items.push(item);
    }
    Ok((items, taken))
}

async fn lease(
    tx: &mut Tx,
    lane: &Busy,
    mut items: Vec<Delivery>,
    turn: Turn,
    owes: i64,
) -> Result<Option<Claim>> {
    let Busy { workspace, inbox, fence, .. } = *lane;
    // Another node may have been faster with this lane. What was read is true when fence and lease are still the same:
    // nobody can have taken anything off the queue since.
    let seen = lane.lease_until;
    if !tx.change(LEASE, values![workspace, inbox, fence, seen, turn.lease_until, turn.number, owes]).await? {
        return Ok(None);
    }
    crate::fail_point!("lane.leased");
    let mut ids: Vec<InboundId> = items.iter().map(|item| item.id).collect();
    for _ in 0..READS {
        let mut locked = Vec::new();
        for mut row in tx.query_in(BODIES, values![workspace], &ids).await? {
            let id: InboundId = row.take()?;
            match open_body(&mut row, workspace, id)? {
                Body::Locked => locked.push(id),
                body => {
                    if let Ok(place) = items.binary_search_by_key(&id, |item| item.id) {
                        items[place].body = body.plain().unwrap_or_default();
                    }
                }
            }
        }
        if locked.is_empty() {
            break;
        }
        ids = locked;
    }
    let account = lane.account.clone();
    Ok(Some(Claim { workspace, inbox, account, fence: fence + 1, items }))
}

/// Gives the lane back; `false` when the lease was lost.
pub async fn release(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, fence: i64) -> Result<bool> {
    tx.change(RELEASE, values![ws, inbox, fence]).await
}

/// Ends the leases of all lanes: whoever held them is known to be gone without [`release`].
pub async fn vacate(tx: &mut Tx) -> Result<u64> {
    tx.execute(VACATE, values![]).await
}

/// Prolongs the lease and locks the lane until the transaction ends, so that nobody can take it over before; `false`
/// when it was lost.
pub async fn renew(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    fence: i64,
    lease_until: Millis,
) -> Result<bool> {
    tx.change(RENEW, values![ws, inbox, fence, lease_until]).await
}

/// When the next lane of any workspace can be claimed; may lie in the past.
pub async fn next_ready(tx: &mut Tx) -> Result<Option<Millis>> {
    tx.query_one(NEXT_READY, &[]).await?.take()
}

#[cfg(test)]
mod tests;
