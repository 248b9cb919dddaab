//! The gap monitor's memory: its place among the deliveries, and the deliveries of which something is not shown.

use model::{
    DeliveryState, Direction, GapReason, IdentityId, InboundId, InboxId, MessageId, Millis, WorkspaceId,
};

use crate::identity::Called;
use crate::inbound::{self, Body};
use crate::page::Cursor;
use crate::values::{Row, statements, values};
use crate::{Page, Result, Tx, identity};

/// A gap's columns in the order of [`read`].
macro_rules! columns {
    () => {
        "g.inbound_id, g.inbox_id, r.received_at, g.noticed_at, g.reason, COALESCE(g.detail, ''), g.replayed_at,
        r.size, LENGTH(r.body)"
    };
}

/// Deliveries behind a place that have left the queue and are not parked. It ends before the oldest one that is
/// still queued, so that nothing is passed over while it waits.
macro_rules! settled {
    ($which:literal) => {
        concat!(
            "SELECT i.workspace_id, i.id, i.inbox_id, i.received_at, i.body, i.size FROM inbound i
            WHERE i.id > $1 AND i.id < $2 AND i.id < COALESCE((SELECT MIN(q.id) FROM inbound_queue q), $2)
            AND NOT EXISTS (SELECT 1 FROM inbound_parked p WHERE p.id = i.id)",
            $which,
            " ORDER BY i.id LIMIT $3"
        )
    };
}

statements! {
    PLACE = "SELECT upto FROM audit";
    CLAIM = "UPDATE audit SET lease_until = $2, fence = fence + 1 WHERE lease_until <= $1 RETURNING upto, fence";
    ADVANCE = "UPDATE audit SET upto = $2, lease_until = 0 WHERE fence = $1";
    VACATE = "UPDATE audit SET lease_until = 0 WHERE lease_until > 0";
    SETTLED = settled!("");
    // All of every tenth millisecond: an id's upper bits are its time.
    SAMPLE = settled!(" AND (i.id / 4194304) % 10 = 0");
    OLDEST_UNSEEN = "SELECT i.id FROM inbound i
        WHERE i.id > (SELECT upto FROM audit) AND NOT EXISTS (SELECT 1 FROM inbound_parked p WHERE p.id = i.id)
        ORDER BY i.id LIMIT 1";
    NEWEST = "SELECT MAX(id) FROM inbound";
    STANDS = "SELECT m.id, m.direction, m.status, c.inbox_id, c.identity_id, d.user_id, d.phone, d.sealed
        FROM message m JOIN conversation c ON c.id = m.conversation_id JOIN identity d ON d.id = c.identity_id
        WHERE m.workspace_id = $1 AND m.inbox_id = $2 AND m.provider_id = $3";
    WATCH = "INSERT INTO gap (inbound_id, workspace_id, inbox_id, noticed_at)
        SELECT id, workspace_id, inbox_id, $3 FROM inbound WHERE workspace_id = $1 AND id = $2
        ON CONFLICT DO NOTHING";
    OPEN = "INSERT INTO gap (inbound_id, workspace_id, inbox_id, noticed_at, reason, detail)
        SELECT id, workspace_id, inbox_id, $3, $4, $5 FROM inbound WHERE workspace_id = $1 AND id = $2
        ON CONFLICT (inbound_id) DO UPDATE SET reason = excluded.reason, detail = excluded.detail
        WHERE gap.reason IS NULL OR gap.reason <> excluded.reason OR gap.detail <> excluded.detail";
    CLOSE = "DELETE FROM gap WHERE workspace_id = $1 AND inbound_id = $2";
    WATCHED = "SELECT g.workspace_id, g.inbound_id, g.inbox_id, r.received_at, r.body, r.size, p.id
        FROM gap g JOIN inbound r ON r.id = g.inbound_id LEFT JOIN inbound_parked p ON p.id = g.inbound_id
        WHERE g.inbound_id > $1 AND NOT EXISTS (SELECT 1 FROM inbound_queue q WHERE q.id = g.inbound_id)
        ORDER BY g.inbound_id LIMIT $2";
    LIST = concat!("SELECT ", columns!(), " FROM gap g JOIN inbound r ON r.id = g.inbound_id
        WHERE g.workspace_id = $1 AND g.reason IS NOT NULL AND (g.noticed_at, g.inbound_id) < ($2, $3)
        ORDER BY g.noticed_at DESC, g.inbound_id DESC LIMIT $4");
    WITH_BODY = concat!("SELECT ", columns!(), ", r.body, r.size FROM gap g JOIN inbound r ON r.id = g.inbound_id
        WHERE g.workspace_id = $1 AND g.inbound_id = $2 AND g.reason IS NOT NULL");
    MARK_REPLAYED = "UPDATE gap SET replayed_at = $3
        WHERE workspace_id = $1 AND inbound_id = $2 AND reason IS NOT NULL";
    REQUEUE = "INSERT INTO inbound_queue (id, workspace_id, inbox_id, attempts, next_at)
        SELECT inbound_id, workspace_id, inbox_id, 0, $3 FROM gap WHERE workspace_id = $1 AND inbound_id = $2
        ON CONFLICT DO NOTHING";
    COUNTS = "SELECT workspace_id, inbox_id, COUNT(*) FROM gap WHERE reason IS NOT NULL
        GROUP BY workspace_id, inbox_id";
    COUNT = "SELECT COUNT(*) FROM gap WHERE workspace_id = $1 AND reason IS NOT NULL";
}

/// A delivery to be looked at.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: InboundId,
    /// The inbox it came for.
    pub inbox: InboxId,
    /// When it came.
    pub received_at: Millis,
    /// What it said.
    pub body: Body,
}

/// A delivery to be looked at again.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The delivery.
    pub delivery: Settled,
    /// Whether it is parked: then a person knows of it anyway.
    pub parked: bool,
}

/// A delivery of which something is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The delivery.
    pub id: InboundId,
    /// The inbox it came for.
    pub inbox_id: InboxId,
    /// When it came.
    pub received_at: Millis,
    /// When the monitor noticed.
    pub noticed_at: Millis,
    /// What is wrong.
    pub reason: GapReason,
    /// Which of its items, by the provider's name.
    pub detail: String,
    /// When a person last put it back into its lane.
    pub replayed_at: Option<Millis>,
    /// The body's length in bytes.
    pub size: i64,
}

/// How a message that a delivery told of stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The message.
    pub message: MessageId,
    /// Who speaks to whom.
    pub direction: Direction,
    /// How far it got, for messages of the business.
    pub status: Option<DeliveryState>,
    /// The inbox of its conversation.
    pub inbox: InboxId,
    /// The customer's address of its conversation.
    pub identity: IdentityId,
    /// The address' id at the provider.
    pub user_id: Option<String>,
    /// The address' number.
    pub phone: Option<String>,
}

fn read_settled(row: &mut Row) -> Result<Settled> {
    let (workspace, id) = (row.take()?, row.take()?);
    Ok(Settled {
        workspace,
        id,
        inbox: row.take()?,
        received_at: row.take()?,
        body: inbound::open_body(row, workspace, id)?,
    })
}

fn read(row: &mut Row) -> Result<Gap> {
    Ok(Gap {
        id: row.take()?,
        inbox_id: row.take()?,
        received_at: row.take()?,
        noticed_at: row.take()?,
        reason: row.take()?,
        detail: row.take()?,
        replayed_at: row.take()?,
        size: inbound::take_size(row)?,
    })
}

/// Up to where all deliveries of all workspaces were looked at.
pub async fn place(tx: &mut Tx) -> Result<InboundId> {
    tx.query_one(PLACE, &[]).await?.take()
}

/// Takes the walk over: the place to go on from, and the proof of holding it; `None` while another holds it.
pub async fn claim(tx: &mut Tx, now: Millis, lease_until: Millis) -> Result<Option<(InboundId, i64)>> {
    let row = tx.query_opt(CLAIM, values![now, lease_until]).await?;
    row.map(|mut row| Ok((row.take()?, row.take()?))).transpose()
}

/// Moves the place on and gives the walk back; `false` when it was lost.
pub async fn advance(tx: &mut Tx, fence: i64, upto: InboundId) -> Result<bool> {
    tx.change(ADVANCE, values![fence, upto]).await
}

/// Ends the walk's lease: whoever held it is known to be gone.
pub async fn vacate(tx: &mut Tx) -> Result<u64> {
    tx.execute(VACATE, values![]).await
}

/// The next deliveries of all workspaces after a place and before another that were applied; with `sample` only
/// every tenth.
pub async fn settled(
    tx: &mut Tx,
    after: InboundId,
    before: InboundId,
    limit: i64,
    sample: bool,
) -> Result<Vec<Settled>> {
    tx.query_map(if sample { SAMPLE } else { SETTLED }, values![after, before, limit], read_settled).await
}

/// The oldest delivery of all workspaces that was not looked at and is not parked.
pub async fn oldest_unseen(tx: &mut Tx) -> Result<Option<InboundId>> {
    tx.query_opt(OLDEST_UNSEEN, &[]).await?.map(|mut row| row.take()).transpose()
}

/// The newest delivery of all workspaces.
pub async fn newest(tx: &mut Tx) -> Result<Option<InboundId>> {
    tx.query_one(NEWEST, &[]).await?.take()
}

/// How the message of a provider's id stands in the inbox.
pub async fn stands(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    provider_id: &str,
) -> Result<Option<Standing>> {
    let row = tx.query_opt(STANDS, values![ws, inbox, provider_id]).await?;
    row.map(|mut row| {
        let (message, direction, status) = (row.take()?, row.take()?, row.take()?);
        let (inbox, identity) = (row.take()?, row.take()?);
        let plain = Called { user_id: row.take()?, phone: row.take()?, ..Called::default() };
        let called = identity::open_called(&mut row, ws, identity, plain)?;
        Ok(Standing {
            message,
            direction,
            status,
            inbox,
            identity,
            user_id: called.user_id,
            phone: called.phone,
        })
    })
    .transpose()
}

/// Has a delivery looked at again once it has left the queue; `false` when it is watched already.
pub async fn watch(tx: &mut Tx, ws: WorkspaceId, id: InboundId, now: Millis) -> Result<bool> {
    tx.change(WATCH, values![ws, id, now]).await
}

/// Notes that something of a delivery is not shown; `false` when that is known.
pub async fn open(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: InboundId,
    reason: GapReason,
    detail: &str,
    now: Millis,
) -> Result<bool> {
    tx.change(OPEN, values![ws, id, now, reason, detail]).await
}

/// Forgets a delivery that was watched: everything of it is shown, or a person has seen to it.
pub async fn close(tx: &mut Tx, ws: WorkspaceId, id: InboundId) -> Result<bool> {
    tx.change(CLOSE, values![ws, id]).await
}

/// Deliveries of all workspaces that are watched and have left the queue, by their ids after one.
pub async fn watched(tx: &mut Tx, after: InboundId, limit: i64) -> Result<Vec<Watched>> {
    tx.query_map(WATCHED, values![after, limit], |row| {
        let delivery = read_settled(row)?;
        Ok(Watched { delivery, parked: row.take::<Option<InboundId>>()?.is_some() })
    })
    .await
}

/// The gaps, the last noticed first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId, cursor: Option<&str>, limit: i64) -> Result<Page<Gap>> {
    let from = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let rows = tx.query_map(LIST, values![ws, from.at, from.id, limit + 1], read).await?;
    Ok(Page::cut(rows, limit, |row| Cursor { at: row.noticed_at, id: row.id.0 }))
}

/// A gap with its delivery's body.
pub async fn with_body(tx: &mut Tx, ws: WorkspaceId, id: InboundId) -> Result<Option<(Gap, Vec<u8>)>> {
    let row = tx.query_opt(WITH_BODY, values![ws, id]).await?;
    row.map(|mut row| {
        Ok((read(&mut row)?, inbound::open_body(&mut row, ws, id)?.plain().unwrap_or_default()))
    })
    .transpose()
}

/// Queues the delivery of a gap again; `false` when there is no such gap. Applying it twice is harmless.
pub async fn replay(tx: &mut Tx, ws: WorkspaceId, id: InboundId, now: Millis) -> Result<bool> {
    if !tx.change(MARK_REPLAYED, values![ws, id, now]).await? {
        return Ok(false);
    }
    tx.execute(REQUEUE, values![ws, id, now]).await?;
    Ok(true)
}

/// How many gaps each inbox of any workspace has; those without are left out.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(WorkspaceId, InboxId, i64)>> {
    tx.query_map(COUNTS, &[], |row| Ok((row.take()?, row.take()?, row.take()?))).await
}

/// How many gaps the workspace has.
pub async fn count(tx: &mut Tx, ws: WorkspaceId) -> Result<i64> {
    tx.query_one(COUNT, values![ws]).await?.take()
}
