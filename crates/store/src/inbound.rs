//! Raw deliveries of providers: kept for ever, queued until applied, worked off in order per inbox ("lane") by
//! whoever holds the lane's lease.

use bytes::Bytes;
use model::{InboundId, InboxId, Millis, WorkspaceId};

use crate::page::Cursor;
use crate::values::{Row, statements, values};
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
    READY_LANES = "SELECT l.workspace_id, l.inbox_id, l.lease_until FROM lane l
        WHERE l.lease_until <= $1 AND EXISTS (SELECT 1 FROM inbound_queue q
            WHERE q.id = (SELECT MIN(h.id) FROM inbound_queue h WHERE h.inbox_id = l.inbox_id)
            AND q.next_at <= $1)
        ORDER BY l.claimed_at, l.inbox_id LIMIT 8";
    LEASE = "UPDATE lane SET lease_until = $4, fence = fence + 1, claimed_at = $3
        WHERE workspace_id = $1 AND inbox_id = $2 AND lease_until = $5 RETURNING fence";
    BLAME_OLDEST = "UPDATE inbound_queue SET attempts = attempts + 1
        WHERE workspace_id = $1 AND id = (SELECT MIN(h.id) FROM inbound_queue h WHERE h.inbox_id = $2)";
    OLDEST = "SELECT q.next_at, q.id, r.received_at, r.body, q.attempts
        FROM inbound_queue q JOIN inbound r ON r.id = q.id
        WHERE q.workspace_id = $1 AND q.inbox_id = $2 ORDER BY q.id LIMIT $3";
    HOLD = "UPDATE lane SET fence = fence WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3";
    UNQUEUE = "DELETE FROM inbound_queue WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    RETRY = "UPDATE inbound_queue SET attempts = attempts + 1, next_at = $4
        WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    PARK = "INSERT INTO inbound_parked (id, workspace_id, inbox_id, parked_at, reason, attempts)
        SELECT id, workspace_id, inbox_id, $4, $5, attempts + 1 FROM inbound_queue
        WHERE workspace_id = $1 AND inbox_id = $2 AND id = $3";
    RELEASE = "UPDATE lane SET lease_until = 0 WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3";
    VACATE = "UPDATE lane SET lease_until = 1 WHERE lease_until > 1";
    RENEW = "UPDATE lane SET lease_until = $4 WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3";
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

/// A lane under lease with its oldest deliveries.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The inbox, which is the lane.
    pub inbox: InboxId,
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

fn read_delivery(row: &mut Row) -> Result<(Millis, Delivery)> {
    let next_at = row.take()?;
    let (id, received_at, body, attempts) = (row.take()?, row.take()?, row.take()?, row.take()?);
    Ok((next_at, Delivery { id, received_at, body, attempts }))
}

fn read_parked(row: &mut Row) -> Result<Parked> {
    Ok(Parked {
        id: row.take()?,
        inbox_id: row.take()?,
        received_at: row.take()?,
        parked_at: row.take()?,
        reason: row.take()?,
        attempts: row.take()?,
        size: row.take()?,
    })
}

/// Locks the lane until the transaction ends, if `fence` still holds it: nobody can lease it meanwhile.
async fn hold(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, fence: i64) -> Result<bool> {
    tx.change(HOLD, values![ws, inbox, fence]).await
}

/// Keeps and queues a delivery; `false` when the inbox has one with the same `dedupe`.
pub async fn accept(tx: &mut Tx, ws: WorkspaceId, delivery: &NewDelivery) -> Result<bool> {
    let values =
        values![delivery.id, ws, delivery.inbox, delivery.received_at, &delivery.dedupe, &delivery.body];
    if !tx.change(KEEP, values).await? {
        return Ok(false);
    }
    tx.execute(QUEUE, values![delivery.id, ws, delivery.inbox, delivery.received_at]).await?;
    Ok(true)
}

/// Leases a free lane of any workspace whose oldest delivery is ready, the least recently claimed first. A lane
/// whose last holder vanished without [`release`] has an attempt added to its oldest delivery.
pub async fn claim(tx: &mut Tx, now: Millis, lease_until: Millis, limit: i64) -> Result<Option<Claim>> {
    for mut row in tx.query(READY_LANES, values![now]).await? {
        let (workspace, inbox): (WorkspaceId, InboxId) = (row.take()?, row.take()?);
        let old_lease: Millis = row.take()?;
        // Another node may have been faster with this lane; then the next one.
        let leased = tx.query_opt(LEASE, values![workspace, inbox, now, lease_until, old_lease]).await?;
        let Some(mut leased) = leased else { continue };
        let fence = leased.take()?;
        if old_lease > Millis(0) {
            tx.execute(BLAME_OLDEST, values![workspace, inbox]).await?;
        }
        let oldest = tx.query_map(OLDEST, values![workspace, inbox, limit], read_delivery).await?;
        let ready = oldest.into_iter().take_while(|(next_at, _)| *next_at <= now);
        let items: Vec<Delivery> = ready.map(|(_, delivery)| delivery).collect();
        if items.is_empty() {
            release(tx, workspace, inbox, fence).await?;
            continue;
        }
        return Ok(Some(Claim { workspace, inbox, fence, items }));
    }
    Ok(None)
}

/// Takes an applied delivery off the queue; `false` when the lease was lost, and then the caller must give up
/// its transaction. Locks the lane until the transaction ends.
pub async fn done(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, fence: i64, id: InboundId) -> Result<bool> {
    if !hold(tx, ws, inbox, fence).await? {
        return Ok(false);
    }
    tx.execute(UNQUEUE, values![ws, inbox, id]).await?;
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

/// Prolongs the lease; `false` when it was lost.
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
    row.map(|mut row| Ok((read_parked(&mut row)?, row.take()?))).transpose()
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
    tx.query_opt(BODY, values![ws, id]).await?.map(|mut row| row.take()).transpose()
}

#[cfg(test)]
mod tests;
