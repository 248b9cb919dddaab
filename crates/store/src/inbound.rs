//! Raw deliveries of providers: kept for ever, queued until applied, given up with a reason when that cannot be.

use std::collections::HashSet;

use bytes::Bytes;
use model::{InboundId, InboxId, Millis, WorkspaceId};

use crate::lane::hold;
use crate::page::Cursor;
use crate::sealed::{Opened, place};
use crate::values::{Row, Value, statements, values};
use crate::{Page, Result, Tx, packed};

/// A parked delivery's columns in the order of [`read_parked`].
macro_rules! columns {
    () => {
        "p.id, p.inbox_id, r.received_at, p.parked_at, p.reason, p.attempts, r.size, LENGTH(r.body)"
    };
}

statements! {
    KEEP = "INSERT INTO inbound (id, workspace_id, inbox_id, received_at, dedupe, body, size)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    QUEUE = "INSERT INTO inbound_queue (id, workspace_id, inbox_id, attempts, next_at)
        VALUES ($1, $2, $3, 0, $4)";
    DELAY = "UPDATE inbound_queue SET next_at = $4 WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    UNQUEUE = "DELETE FROM inbound_queue WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    RETRY = "UPDATE inbound_queue SET attempts = attempts + 1, next_at = $4
        WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    PARK = "INSERT INTO inbound_parked (id, workspace_id, inbox_id, parked_at, reason, attempts)
        SELECT id, workspace_id, inbox_id, $4, $5, attempts + 1 FROM inbound_queue
        WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    WAITING = "SELECT id FROM inbound_queue WHERE workspace_id = $1 AND id IN ({ids})";
    UNQUEUE_ALL = "DELETE FROM inbound_queue WHERE workspace_id = $1 AND id IN ({ids})";
    PARKED = concat!("SELECT ", columns!(), " FROM inbound_parked p JOIN inbound r ON r.id = p.id
        WHERE p.workspace_id = $1 AND (p.parked_at, p.id) < ($2, $3)
        ORDER BY p.parked_at DESC, p.id DESC LIMIT $4");
    PARKED_BODY = concat!("SELECT ", columns!(), ", r.body, r.size FROM inbound_parked p JOIN inbound r ON r.id = p.id
        WHERE p.workspace_id = $1 AND p.id = $2");
    REPLAY = "INSERT INTO inbound_queue (id, workspace_id, inbox_id, attempts, next_at)
        SELECT id, workspace_id, inbox_id, 0, $3 FROM inbound_parked WHERE workspace_id = $1 AND id = $2";
    UNPARK = "DELETE FROM inbound_parked WHERE workspace_id = $1 AND id = $2";
    BODY = "SELECT body, size FROM inbound WHERE workspace_id = $1 AND id = $2";
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

fn read_parked(row: &mut Row) -> Result<Parked> {
    Ok(Parked {
        id: row.take()?,
        inbox_id: row.take()?,
        received_at: row.take()?,
        parked_at: row.take()?,
        reason: row.take()?,
        attempts: row.take()?,
        size: take_size(row)?,
    })
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
fn keep(ws: WorkspaceId, new: &NewDelivery, [body, size]: [Value; 2]) -> [Value; 7] {
    let (id, received_at) = (new.id.into(), new.received_at.into());
    [id, ws.into(), new.inbox.into(), received_at, (&new.dedupe).into(), body, size]
}

/// Where a delivery's sealed body stands. One that is packed has another place, so that it opens as what it is or not
/// at all.
fn body_place(ws: WorkspaceId, id: InboundId, packed: bool) -> vault::Place<'static> {
    place(ws, "inbound", if packed { "body, packed" } else { "body" }, id.0)
}

/// [`seal_body_with`] the key of the delivery's hour: whose it is, is not known yet.
async fn seal_body(tx: &mut Tx, ws: WorkspaceId, new: &NewDelivery) -> Result<[Value; 2]> {
    let key = tx.keys()?.of_hour(ws, new.received_at).await?;
    seal_body_with(tx, &key, ws, new.id, &new.body)
}

/// [`seal_body_with`] a key of the hours before all others: the body of a delivery of an older version.
pub(crate) async fn seal_old(tx: &mut Tx, ws: WorkspaceId, id: InboundId, body: &[u8]) -> Result<[Value; 2]> {
    let key = tx.keys()?.of_hour(ws, Millis(0)).await?;
    seal_body_with(tx, &key, ws, id, body)
}

/// A body for a statement, packed where that makes it shorter, and sealed: the columns `body` and `size`.
pub(crate) fn seal_body_with(
    tx: &Tx,
    key: &vault::Key,
    ws: WorkspaceId,
    id: InboundId,
    body: &[u8],
) -> Result<[Value; 2]> {
    Ok(match packed::pack(body) {
        Some(packed) => [tx.seal_with(key, body_place(ws, id, true), &packed)?, (body.len() as i64).into()],
        None => [tx.seal_with(key, body_place(ws, id, false), body)?, Value::Null],
    })
}

/// A delivery's body, as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// As it came.
    There(Vec<u8>),
    /// Emptied: whoever it told of was erased, or its time was over.
    Emptied,
    /// Sealed with a key that is no more. Nothing that is still needed may ever be so.
    Locked,
}

impl Body {
    /// As it came, where it can be read.
    pub fn plain(self) -> Option<Vec<u8>> {
        match self {
            Self::There(body) => Some(body),
            Self::Emptied | Self::Locked => None,
        }
    }
}

/// The body in the next two columns, `body` and `size`; older ones are plain.
pub(crate) fn open_body(row: &mut Row, ws: WorkspaceId, id: InboundId) -> Result<Body> {
    let (body, size): (Bytes, Option<i64>) = (row.take()?, row.take()?);
    if body.is_empty() {
        return Ok(Body::Emptied);
    }
    if !vault::looks_sealed(&body) {
        return Ok(Body::There(body.into()));
    }
    Ok(match (row.open_bytes(body_place(ws, id, size.is_some()), &body)?, size) {
        (Opened::Plain(packed), Some(size)) => Body::There(packed::unpack(&packed, size)?),
        (Opened::Plain(body), None) => Body::There(body),
        (Opened::Erased | Opened::Absent, _) => Body::Locked,
    })
}

/// How many bytes a body has, from the next two columns: `size` and the length of `body`.
pub(crate) fn take_size(row: &mut Row) -> Result<i64> {
    let (size, sealed): (Option<i64>, i64) = (row.take()?, row.take()?);
    Ok(size.unwrap_or((sealed - vault::OVERHEAD as i64).max(0)))
}

/// Which of these deliveries still wait. Ask in the transaction that holds their lane: what was applied or given up is
/// never to be applied again, even where whoever did it could not hear that it was kept.
pub async fn waiting(tx: &mut Tx, ws: WorkspaceId, ids: &[InboundId]) -> Result<HashSet<InboundId>> {
    tx.query_in(WAITING, values![ws], ids).await?.iter_mut().map(Row::take).collect()
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

/// Lets the delivery, and with it its lane, wait for something that is not its fault; `false` when the lease was lost.
pub async fn delay(
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
    tx.execute(DELAY, values![ws, inbox, id, next_at]).await?;
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

/// The deliveries that were given up, the newest first.
pub async fn parked(tx: &mut Tx, ws: WorkspaceId, cursor: Option<&str>, limit: i64) -> Result<Page<Parked>> {
    let from = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let rows = tx.query_map(PARKED, values![ws, from.at, from.id, limit + 1], read_parked).await?;
    Ok(Page::cut(rows, limit, |row| Cursor { at: row.parked_at, id: row.id.0 }))
}

/// A delivery that was given up, with its body.
pub async fn parked_body(tx: &mut Tx, ws: WorkspaceId, id: InboundId) -> Result<Option<(Parked, Vec<u8>)>> {
    let row = tx.query_opt(PARKED_BODY, values![ws, id]).await?;
    row.map(|mut row| Ok((read_parked(&mut row)?, open_body(&mut row, ws, id)?.plain().unwrap_or_default())))
        .transpose()
}

/// Queues a parked delivery again; `false` when there is none. It goes to its old place in the order.
pub async fn replay(tx: &mut Tx, ws: WorkspaceId, id: InboundId, now: Millis) -> Result<bool> {
    if !tx.change(REPLAY, values![ws, id, now]).await? {
        return Ok(false);
    }
    tx.change(UNPARK, values![ws, id]).await
}

/// How many deliveries of all workspaces wait.
pub async fn backlog(tx: &mut Tx) -> Result<i64> {
    tx.query_one(BACKLOG, &[]).await?.take()
}

/// The raw bytes of a delivery, parked or not.
pub async fn body(tx: &mut Tx, ws: WorkspaceId, id: InboundId) -> Result<Option<Vec<u8>>> {
    match tx.query_opt(BODY, values![ws, id]).await? {
        Some(mut row) => Ok(open_body(&mut row, ws, id)?.plain()),
        None => Ok(None),
    }
}

#[cfg(test)]
mod body_test;
#[cfg(test)]
mod tests;
