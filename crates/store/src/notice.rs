//! Privacy notices of inboxes, and who was told one.

use model::{ContactId, InboxId, Millis, Notice, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    LIST = "SELECT inbox_id, language, version, text, changed_at FROM notice WHERE workspace_id = $1
        ORDER BY inbox_id, language";
    OF_INBOX = "SELECT inbox_id, language, version, text, changed_at FROM notice
        WHERE workspace_id = $1 AND inbox_id = $2 ORDER BY language";
    PUT = "INSERT INTO notice (workspace_id, inbox_id, language, version, text, changed_at)
        VALUES ($1, $2, $3, 1, $4, $5)
        ON CONFLICT (workspace_id, inbox_id, language) DO UPDATE
        SET version = notice.version + 1, text = excluded.text, changed_at = excluded.changed_at
        WHERE notice.text <> excluded.text";
    DELETE = "DELETE FROM notice WHERE workspace_id = $1 AND inbox_id = $2 AND language = $3";
    TELL = "INSERT INTO notice_sent (workspace_id, inbox_id, contact_id, language, version, at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    TOLD = "SELECT inbox_id, language, version, at FROM notice_sent
        WHERE workspace_id = $1 AND contact_id = $2 ORDER BY inbox_id";
}

/// That a customer was told a notice.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Told {
    /// Through which inbox.
    pub inbox_id: InboxId,
    /// In which language.
    pub language: String,
    /// Which version.
    pub version: i64,
    /// When.
    pub at: Millis,
}

fn read(row: &mut Row) -> Result<Notice> {
    Ok(Notice {
        inbox_id: row.take()?,
        language: row.take()?,
        version: row.take()?,
        text: row.take()?,
        changed_at: row.take()?,
    })
}

/// All notices of a workspace.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<Notice>> {
    tx.query_map(LIST, values![ws], read).await
}

/// The notices of an inbox, by language.
pub async fn of_inbox(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId) -> Result<Vec<Notice>> {
    tx.query_map(OF_INBOX, values![ws, inbox], read).await
}

/// Writes a notice; a changed text is a new version. `false` when it says so already. [`crate::Error::Missing`] when
/// there is no such inbox.
pub async fn put(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    language: &str,
    text: &str,
    now: Millis,
) -> Result<bool> {
    tx.change(PUT, values![ws, inbox, language, text, now]).await
}

/// Removes a notice; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, language: &str) -> Result<bool> {
    tx.change(DELETE, values![ws, inbox, language]).await
}

/// Notes that a customer is told a notice; `false` when they were told one through this inbox before.
pub async fn tell(
    tx: &mut Tx,
    ws: WorkspaceId,
    contact: ContactId,
    notice: &Notice,
    now: Millis,
) -> Result<bool> {
    tx.change(TELL, values![ws, notice.inbox_id, contact, &notice.language, notice.version, now]).await
}

/// What a customer was told.
pub async fn told(tx: &mut Tx, ws: WorkspaceId, contact: ContactId) -> Result<Vec<Told>> {
    let read = |row: &mut Row| {
        Ok(Told { inbox_id: row.take()?, language: row.take()?, version: row.take()?, at: row.take()? })
    };
    tx.query_map(TOLD, values![ws, contact], read).await
}
