//! Raw deliveries of providers: kept for ever, queued until applied, worked off in order per inbox ("lane") by
//! whoever holds the lane's lease.

use std::collections::HashMap;

use bytes::Bytes;
use model::{ChannelKind, InboundId, InboxId, Millis, WorkspaceId};

use crate::page::Cursor;
use crate::sealed::{Opened, place};
use crate::values::{Row, Value, statements, values};
use crate::{Page, Result, Tx};

/// A parked delivery's columns in the order of [`read_parked`].
macro_rules! columns {
    () => {
        "p.id, p.inbox_id, r.received_at, p.parked_at, p.reason, p.attempts, LENGTH(r.body)"
    };
}

statements! {
    KEEP = "INSERT INTO inbound (id, workspace_id, inbox_id, received_at, dedupe, body)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    QUEUE = "INSERT INTO inbound_queue (id, workspace_id, inbox_id, attempts, next_at)
        VALUES ($1, $2, $3, 0, $4)";
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
    LEASE = "UPDATE lane SET lease_until = $4, fence = fence + 1, claimed_at = $5, owes = $6
        WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3";
    PASS = "UPDATE lane SET claimed_at = $4, owes = $5 WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3";
    OLDEST = "SELECT q.next_at, q.id, r.received_at, q.attempts, LENGTH(r.body)
        FROM inbound_queue q JOIN inbound r ON r.id = q.id
        WHERE q.workspace_id = $1 AND q.inbox_id = $2 ORDER BY q.id LIMIT $3";
    BLAME = "UPDATE inbound_queue SET attempts = attempts + 1 WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    BODIES = "SELECT id, body FROM inbound WHERE workspace_id = $1 AND id IN ({ids}) ORDER BY id";
    HOLD = "UPDATE lane SET fence = fence WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3 AND lease_until > 0";
    UNQUEUE = "DELETE FROM inbound_queue WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    RETRY = "UPDATE inbound_queue SET attempts = attempts + 1, next_at = $4
        WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    PARK = "INSERT INTO inbound_parked (id, workspace_id, inbox_id, parked_at, reason, attempts)
        SELECT id, workspace_id, inbox_id, $4, $5, attempts + 1 FROM inbound_queue
        WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    UNQUEUE_ALL = "DELETE FROM inbound_queue WHERE workspace_id = $1 AND id IN ({ids})";
    RELEASE = "UPDATE lane SET lease_until = 0 WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3";
    VACATE = "UPDATE lane SET lease_until = 1 WHERE lease_until > 1";
    RENEW = "UPDATE lane SET lease_until = $4
        WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3 AND lease_until > 0";
    PARKED = concat!("SELECT ", columns!(), " FROM inbound_parked p JOIN inbound r ON r.id = p.id
        WHERE p.workspace_id = $1 AND (p.parked_at, p.id) < ($2, $3)
        ORDER BY p.parked_at DESC, p.id DESC LIMIT $4");
    PARKED_BODY = concat!("SELECT ", columns!(), ", r.body FROM inbound_parked p JOIN inbound r ON r.id = p.id
        WHERE p.workspace_id = $1 AND p.id = $2");
    REPLAY = "INSERT INTO inbound_queue (id, workspace_id, inbox_id, attempts, next_at)
        SELECT id, workspace_id, inbox_id, 0, $3 FROM inbound_parked WHERE workspace_id = $1 AND id = $2";
    UNPARK = "DELETE FROM inbound_parked WHERE workspace_id = $1 AND id = $2";
    BODY = "SELECT body FROM inbound WHERE workspace_id = $1 AND id = $2";
    NEXT_READY = "SELECT MIN(CASE WHEN l.lease_until > q.next_at THEN l.lease_until ELSE q.next_at END)
        FROM lane l JOIN inbound_queue q
            ON q.id = (SELECT MIN(h.id) FROM inbound_queue h WHERE h.inbox_id = l.inbox_id)";
    BACKLOG = "SELECT COUNT(*) FROM inbound_queue";
}

/// A delivery to be kept.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Its id.
    pub id: InboundId,
    /// The inbox it came for.
    pub inbox: InboxId,
    /// When it came.
    pub received_at: Millis,
    /// What makes it the same as another, such as a hash of the body; unique in the inbox.
    pub dedupe: Vec<u8>,
    /// The body as it came.
    pub body: Bytes,
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

/// What [`claim`] found.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// Lanes under lease.
    pub lanes: Vec<Claim>,
    /// Whether more lanes are ready than were claimed.
    pub more: bool,
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

/// A delivery that was given up until a person replays it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Its id.
    pub id: InboundId,
    /// The inbox it came for.
    pub inbox_id: InboxId,
    /// When it came.
    pub received_at: Millis,
    /// When it was given up.
    pub parked_at: Millis,
    /// Why.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i64,
    /// The body's length in bytes.
    pub size: i64,
}

/// A delivery without its body, when it is ready and what it weighs.
fn read_oldest(row: &mut Row) -> Result<(Millis, Delivery, i64)> {
    let next_at = row.take()?;
    let (id, received_at, attempts) = (row.take()?, row.take()?, row.take()?);
    Ok((next_at, Delivery { id, received_at, body: Vec::new(), attempts }, weight(plain_size(row.take()?))))
}

fn read_parked(row: &mut Row) -> Result<Parked> {
    Ok(Parked {
        id: row.take()?,
        inbox_id: row.take()?,
        received_at: row.take()?,
        parked_at: row.take()?,
        reason: row.take()?,
        attempts: row.take()?,
        size: plain_size(row.take()?),
    })
}

/// Locks the lane until the transaction ends, if `fence` still holds it: nobody can lease it meanwhile.
async fn hold(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, fence: i64) -> Result<bool> {
    tx.change(HOLD, values![ws, inbox, fence]).await
}

/// Keeps and queues a delivery; `false` when the inbox has one with the same `dedupe`.
pub async fn accept(tx: &mut Tx, ws: WorkspaceId, delivery: &NewDelivery) -> Result<bool> {
    let body = seal_body(tx, ws, delivery).await?;
    if !tx.change(KEEP, &keep(ws, delivery, body)).await? {
        return Ok(false);
    }
    crate::fail_point!("sqlite.accept.kept");
    tx.execute(QUEUE, values![delivery.id, ws, delivery.inbox, delivery.received_at]).await?;
    crate::fail_point!("sqlite.accept.queued");
    Ok(true)
}

/// [`accept`] for several; tells of each whether it is new.
pub async fn accept_all(tx: &mut Tx, ws: WorkspaceId, deliveries: &[NewDelivery]) -> Result<Vec<bool>> {
    // In one order for all, so that two that keep the same deliveries do not wait for each other.
    let mut order: Vec<usize> = (0..deliveries.len()).collect();
    order.sort_by_key(|place| (deliveries[*place].inbox, &deliveries[*place].dedupe));
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(order.len());
    for place in &order {
        let body = seal_body(tx, ws, &deliveries[*place]).await?;
        rows.push(keep(ws, &deliveries[*place], body).to_vec());
    }
    let mut fresh = vec![false; deliveries.len()];
    let mut queue = Vec::new();
    for (place, kept) in order.into_iter().zip(tx.execute_each(KEEP, &rows).await?) {
        if kept > 0 {
            let one = &deliveries[place];
            fresh[place] = true;
            queue.push(values![one.id, ws, one.inbox, one.received_at].to_vec());
        }
    }
    crate::fail_point!("postgres.accept.kept");
    tx.execute_each(QUEUE, &queue).await?;
    crate::fail_point!("postgres.accept.queued");
    Ok(fresh)
}

/// The values of `KEEP`.
fn keep(ws: WorkspaceId, new: &NewDelivery, body: Value) -> [Value; 6] {
    let (id, received_at) = (new.id.into(), new.received_at.into());
    [id, ws.into(), new.inbox.into(), received_at, (&new.dedupe).into(), body]
}

/// Where a delivery's sealed body stands.
fn body_place(ws: WorkspaceId, id: InboundId) -> vault::Place<'static> {
    place(ws, "inbound", "body", id.0)
}

/// A body for a statement, sealed with the key of its hour: whose it is, is not known yet.
async fn seal_body(tx: &mut Tx, ws: WorkspaceId, new: &NewDelivery) -> Result<Value> {
    let key = tx.keys()?.of_hour(ws, new.received_at).await?;
    tx.seal_with(&key, body_place(ws, new.id), &new.body)
}

/// The body of a delivery of an older version, sealed: with a key of the hours before all others.
pub(crate) async fn seal_old(tx: &mut Tx, ws: WorkspaceId, id: InboundId, body: &[u8]) -> Result<Value> {
    reseal(tx, ws, id, body, Millis(0)).await
}

/// A body for a statement, sealed with the key of an hour, or with that of a later one which is in use.
pub(crate) async fn reseal(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: InboundId,
    body: &[u8],
    at: Millis,
) -> Result<Value> {
    let key = tx.keys()?.of_hour(ws, at).await?;
    tx.seal_with(&key, body_place(ws, id), body)
}

/// The body in the next column; older ones are plain. `None` when its key was destroyed.
pub(crate) fn open_body(row: &mut Row, ws: WorkspaceId, id: InboundId) -> Result<Option<Vec<u8>>> {
    let body: Bytes = row.take()?;
    if !vault::looks_sealed(&body) {
        return Ok(Some(body.into()));
    }
    Ok(match row.open_bytes(body_place(ws, id), &body)? {
        Opened::Plain(body) => Some(body),
        Opened::Erased | Opened::Absent => None,
    })
}

/// How long a body is, from how long it is sealed.
pub(crate) fn plain_size(sealed: i64) -> i64 {
    (sealed - vault::OVERHEAD as i64).max(0)
}

/// Leases free lanes of any workspace whose oldest delivery is ready, in the order of their workspaces' turns, until
/// a portion of work is together. `turn` numbers the claims of all nodes in ascending order.
///
/// This is deficit round robin: a lane gets a portion a turn and deliveries until the portion is used up. What the
/// last one needed beyond, it owes, and passes as many turns while others wait.
///
/// A lane whose last holder vanished without [`release`] has an attempt added to its oldest delivery. A delivery
/// that was tried before comes alone, so that it cannot take others down with it again.
pub async fn claim(
    tx: &mut Tx,
    now: Millis,
    lease_until: Millis,
    turn: i64,
    portion: i64,
) -> Result<Claimed> {
    loop {
        let claimed = round(tx, now, lease_until, turn, portion).await?;
        // When all pass, the debts of all are smaller and the next round begins.
        if !claimed.lanes.is_empty() || !claimed.more {
            return Ok(claimed);
        }
    }
}

/// One round of turns.
async fn round(tx: &mut Tx, now: Millis, lease_until: Millis, turn: i64, portion: i64) -> Result<Claimed> {
    let ready = in_turn(tx.query_map(BUSY, &[], read_busy).await?, now);
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
        let (items, weight) = oldest(tx, lane, now, portion - debt).await?;
        if !items.is_empty() {
            taken += weight;
            lanes += 1;
            steps.push((lane, items, (weight - (portion - debt)).max(0)));
        }
    }
    // All claims lock lanes in one order, so that none of two waits for the other's.
    steps.sort_by_key(|(lane, ..)| lane.inbox);
    for (lane, items, owes) in steps {
        if items.is_empty() {
            let values = values![lane.workspace, lane.inbox, lane.fence, turn, owes];
            tx.execute(PASS, values).await?;
        } else {
            claimed.lanes.extend(lease(tx, lane, items, lease_until, turn, owes).await?);
        }
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
    lease_until: Millis,
    turn: i64,
    owes: i64,
) -> Result<Option<Claim>> {
    let Busy { workspace, inbox, fence, .. } = *lane;
    // Another node may have been faster with this lane. What was read is true when the fence is still the same:
    // nobody can have taken anything off the queue since.
    if !tx.change(LEASE, values![workspace, inbox, fence, lease_until, turn, owes]).await? {
        return Ok(None);
    }
    crate::fail_point!("lane.leased");
    if lane.lease_until > Millis(0) {
        tx.execute(BLAME, values![workspace, inbox, items[0].id]).await?;
        crate::fail_point!("lane.blamed");
        items[0].attempts += 1;
        items.truncate(1);
    }
    let ids: Vec<InboundId> = items.iter().map(|item| item.id).collect();
    for mut row in tx.query_in(BODIES, values![workspace], &ids).await? {
        let id: InboundId = row.take()?;
        if let Ok(place) = items.binary_search_by_key(&id, |item| item.id) {
            items[place].body = open_body(&mut row, workspace, id)?.unwrap_or_default();
        }
    }
    let account = lane.account.clone();
    Ok(Some(Claim { workspace, inbox, account, fence: fence + 1, items }))
}

/// Takes applied deliveries off the queue; `false` when the lease was lost, and then the caller must give up
/// its transaction. Locks the lane until the transaction ends.
pub async fn done(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    fence: i64,
    ids: &[InboundId],
) -> Result<bool> {
    if !hold(tx, ws, inbox, fence).await? {
        return Ok(false);
    }
    tx.execute_in(UNQUEUE_ALL, values![ws], ids).await?;
    Ok(true)
}

/// Adds an attempt and lets the delivery, and with it its lane, wait; `false` when the lease was lost.
pub async fn retry(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    fence: i64,
    id: InboundId,
    next_at: Millis,
) -> Result<bool> {
    if !hold(tx, ws, inbox, fence).await? {
        return Ok(false);
    }
    tx.execute(RETRY, values![ws, inbox, id, next_at]).await?;
    Ok(true)
}

/// Gives a delivery up so that its lane moves on; `false` when the lease was lost.
pub async fn park(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    fence: i64,
    id: InboundId,
    now: Millis,
    reason: &str,
) -> Result<bool> {
    if !hold(tx, ws, inbox, fence).await? {
        return Ok(false);
    }
    tx.execute(PARK, values![ws, inbox, id, now, reason]).await?;
    crate::fail_point!("lane.parked");
    tx.execute(UNQUEUE, values![ws, inbox, id]).await?;
    Ok(true)
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

/// The deliveries that were given up, the newest first.
pub async fn parked(tx: &mut Tx, ws: WorkspaceId, cursor: Option<&str>, limit: i64) -> Result<Page<Parked>> {
    let from = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let rows = tx.query_map(PARKED, values![ws, from.at, from.id, limit + 1], read_parked).await?;
    Ok(Page::cut(rows, limit, |row| Cursor { at: row.parked_at, id: row.id.0 }))
}

/// A delivery that was given up, with its body.
pub async fn parked_body(tx: &mut Tx, ws: WorkspaceId, id: InboundId) -> Result<Option<(Parked, Vec<u8>)>> {
    let row = tx.query_opt(PARKED_BODY, values![ws, id]).await?;
    row.map(|mut row| Ok((read_parked(&mut row)?, open_body(&mut row, ws, id)?.unwrap_or_default())))
        .transpose()
}

/// Queues a parked delivery again; `false` when there is none. It goes to its old place in the order.
pub async fn replay(tx: &mut Tx, ws: WorkspaceId, id: InboundId, now: Millis) -> Result<bool> {
    if !tx.change(REPLAY, values![ws, id, now]).await? {
        return Ok(false);
    }
    tx.change(UNPARK, values![ws, id]).await
}

/// When the next lane of any workspace can be claimed; may lie in the past.
pub async fn next_ready(tx: &mut Tx) -> Result<Option<Millis>> {
    tx.query_one(NEXT_READY, &[]).await?.take()
}

/// How many deliveries of all workspaces wait.
pub async fn backlog(tx: &mut Tx) -> Result<i64> {
    tx.query_one(BACKLOG, &[]).await?.take()
}

/// The raw bytes of a delivery, parked or not.
pub async fn body(tx: &mut Tx, ws: WorkspaceId, id: InboundId) -> Result<Option<Vec<u8>>> {
    match tx.query_opt(BODY, values![ws, id]).await? {
        Some(mut row) => open_body(&mut row, ws, id),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests;
