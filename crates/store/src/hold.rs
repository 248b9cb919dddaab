//! Holds: customers whose data has to be kept for now, whoever wants it gone.

use model::{AgentId, ContactId, Hold, HoldId, Millis, WorkspaceId};

use crate::page::{Cursor, Page};
use crate::sealed::place;
use crate::values::{Row, statements, values};
use crate::{Result, Tx, contact};

macro_rules! columns {
    () => {
        "id, contact_id, placed_by, placed_at, lifted_by, lifted_at, sealed"
    };
}

statements! {
    PLACE = "INSERT INTO hold (id, workspace_id, contact_id, placed_by, placed_at, sealed)
        SELECT $2, $1, id, $4, $5, $6 FROM contact WHERE workspace_id = $1 AND id = $3 AND merged_into IS NULL
        ON CONFLICT DO NOTHING";
    LIFT = "UPDATE hold SET lifted_by = $3, lifted_at = $4
        WHERE workspace_id = $1 AND id = $2 AND lifted_at IS NULL";
    STANDS = "SELECT EXISTS (SELECT 1 FROM hold WHERE workspace_id = $1 AND lifted_at IS NULL
        AND (contact_id = $2 OR contact_id IN (SELECT id FROM contact WHERE workspace_id = $1 AND merged_into = $2)))";
    GET = concat!("SELECT ", columns!(), " FROM hold WHERE workspace_id = $1 AND id = $2");
    LIST = concat!("SELECT ", columns!(), " FROM hold WHERE workspace_id = $1 AND (placed_at, id) < ($2, $3)
        ORDER BY placed_at DESC, id DESC LIMIT $4");
    OF_CONTACT = concat!("SELECT ", columns!(), " FROM hold WHERE workspace_id = $1 AND contact_id = $2 ORDER BY id");
}

fn reason_place(ws: WorkspaceId, id: HoldId) -> vault::Place<'static> {
    place(ws, "hold", "reason", id.0)
}

fn read(row: &mut Row, ws: WorkspaceId) -> Result<Hold> {
    let (id, contact_id, placed_by, placed_at) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let (lifted_by, lifted_at) = (row.take()?, row.take()?);
    let reason = row.open(reason_place(ws, id))?.text_or(None)?.unwrap_or_default();
    Ok(Hold { id, contact_id, reason, placed_by, placed_at, lifted_by, lifted_at })
}

/// Holds a customer's data. `false` when there is no such customer, or they are held already.
pub async fn put(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: HoldId,
    contact: ContactId,
    reason: &str,
    by: AgentId,
    now: Millis,
) -> Result<bool> {
    if !contact::lock(tx, ws, contact).await? || stands(tx, ws, contact).await? {
        return Ok(false);
    }
    let sealed = tx.seal(reason_place(ws, id), reason.as_bytes()).await?;
    tx.change(PLACE, values![ws, id, contact, by, now, sealed]).await
}

/// Lifts a hold; `false` when there is none that stands.
pub async fn lift(tx: &mut Tx, ws: WorkspaceId, id: HoldId, by: AgentId, now: Millis) -> Result<bool> {
    tx.change(LIFT, values![ws, id, by, now]).await
}

/// Whether a customer is held, or one who was merged into them.
pub async fn stands(tx: &mut Tx, ws: WorkspaceId, contact: ContactId) -> Result<bool> {
    tx.query_one(STANDS, values![ws, contact]).await?.take()
}

/// A hold.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: HoldId) -> Result<Option<Hold>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row, ws)).transpose()
}

/// All holds, the newest first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId, cursor: Option<&str>, limit: i64) -> Result<Page<Hold>> {
    let from = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let rows = tx.query_map(LIST, values![ws, from.at, from.id, limit + 1], |row| read(row, ws)).await?;
    Ok(Page::cut(rows, limit, |hold| Cursor { at: hold.placed_at, id: hold.id.0 }))
}

/// The holds of one customer, the oldest first.
pub async fn of_contact(tx: &mut Tx, ws: WorkspaceId, contact: ContactId) -> Result<Vec<Hold>> {
    tx.query_map(OF_CONTACT, values![ws, contact], |row| read(row, ws)).await
}
