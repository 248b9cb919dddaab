//! Workspaces: the tenants.

use model::{Millis, WorkspaceId};

use crate::values::{statements, values};
use crate::{Result, Tx};

statements! {
    INSERT = "INSERT INTO workspace (id, name, created_at, event_seq) VALUES ($1, $2, $3, 0)";
    GET = "SELECT id, name FROM workspace WHERE id = $1";
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceRow {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
}

/// Makes a workspace.
pub async fn insert(tx: &mut Tx, id: WorkspaceId, name: &str, now: Millis) -> Result<()> {
    tx.execute(INSERT, values![id, name, now]).await?;
    Ok(())
}

/// The workspace.
pub async fn get(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<WorkspaceRow>> {
    let row = tx.query_opt(GET, values![ws]).await?;
    row.map(|mut row| Ok(WorkspaceRow { id: row.take()?, name: row.take()? })).transpose()
}
