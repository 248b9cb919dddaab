//! The log of breaches, and whom each concerns.

use model::{AgentId, Breach, BreachDraft, BreachId, ContactId, InboxId, Millis, WorkspaceId};

use crate::page::{Cursor, Page};
use crate::sealed::{Opened, place, text};
use crate::values::{Row, from_json, statements, to_json, values};
use crate::{Error, Result, Tx};

statements! {
    INSERT = "INSERT INTO breach (id, workspace_id, noticed_at, created_by, changed_at, sealed)
        VALUES ($2, $1, $3, $4, $5, $6)";
    UPDATE = "UPDATE breach SET noticed_at = $3, changed_at = $4, sealed = $5 WHERE workspace_id = $1 AND id = $2";
    GET = "SELECT id, created_by, changed_at, sealed FROM breach WHERE workspace_id = $1 AND id = $2";
    LIST = "SELECT id, created_by, changed_at, sealed FROM breach
        WHERE workspace_id = $1 AND (noticed_at, id) < ($2, $3) ORDER BY noticed_at DESC, id DESC LIMIT $4";
    CONCERNED = "SELECT ct.id FROM contact ct
        WHERE ct.workspace_id = $1 AND ct.id > $2 AND ct.merged_into IS NULL AND EXISTS (
            SELECT 1 FROM conversation c WHERE c.workspace_id = $1 AND c.contact_id = ct.id
            AND c.created_at <= $5 AND (c.inbox_id = $3 OR $3 = 0) AND (c.updated_at >= $4 OR $4 = 0))
        ORDER BY ct.id LIMIT $6";
}

fn noted_place(ws: WorkspaceId, id: BreachId) -> vault::Place<'static> {
    place(ws, "breach", "noted", id.0)
}

fn read(row: &mut Row, ws: WorkspaceId) -> Result<Breach> {
    let (id, created_by, changed_at) = (row.take()?, row.take()?, row.take()?);
    let Opened::Plain(json) = row.open(noted_place(ws, id))? else {
        return Err(Error::Corrupt("a breach without what was noted of it".into()));
    };
    let noted: BreachDraft = from_json(&text(json)?)?;
    Ok(Breach { id, duties: noted.duties(), noted, created_by, changed_at })
}

/// Notes a breach.
pub async fn insert(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: BreachId,
    noted: &BreachDraft,
    by: AgentId,
    now: Millis,
) -> Result<()> {
    let sealed = tx.seal(noted_place(ws, id), to_json(noted)?.as_bytes()).await?;
    tx.execute(INSERT, values![ws, id, noted.noticed_at, by, now, sealed]).await.map(drop)
}

/// Writes what is noted of a breach anew; `false` when there is none.
pub async fn update(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: BreachId,
    noted: &BreachDraft,
    now: Millis,
) -> Result<bool> {
    let sealed = tx.seal(noted_place(ws, id), to_json(noted)?.as_bytes()).await?;
    tx.change(UPDATE, values![ws, id, noted.noticed_at, now, sealed]).await
}

/// A breach.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: BreachId) -> Result<Option<Breach>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row, ws)).transpose()
}

/// Breaches, the last noticed first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId, cursor: Option<&str>, limit: i64) -> Result<Page<Breach>> {
    let from = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let rows = tx.query_map(LIST, values![ws, from.at, from.id, limit + 1], |row| read(row, ws)).await?;
    Ok(Page::cut(rows, limit, |breach| Cursor { at: breach.noted.noticed_at, id: breach.id.0 }))
}

/// Customers after an id whose conversations touch a stretch of time and an inbox, or any.
pub async fn concerned(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: Option<InboxId>,
    from: Option<Millis>,
    until: Millis,
    after: ContactId,
    limit: i64,
) -> Result<Vec<ContactId>> {
    let (inbox, from) = (inbox.map_or(0, |inbox| inbox.0), from.unwrap_or(Millis(0)));
    tx.query_map(CONCERNED, values![ws, after, inbox, from, until, limit], |row| row.take()).await
}
