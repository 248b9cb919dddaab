//! Workspaces: the tenants.

use model::{Millis, WorkspaceId};

use crate::values::{statements, values};
use crate::{Result, Tx};

statements! {
    INSERT = "INSERT INTO workspace (id, name, created_at, event_seq) VALUES ($1, $2, $3, 0)";
    GET = "SELECT id, name FROM workspace WHERE id = $1";
    SECOND_STEP_REQUIRED = "SELECT second_step_required FROM workspace WHERE id = $1";
    REQUIRE_SECOND_STEP = "UPDATE workspace SET second_step_required = $2 WHERE id = $1";
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

/// Whether everybody needs a second step; `None` when there is no such workspace.
pub async fn second_step_required(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<bool>> {
    tx.query_opt(SECOND_STEP_REQUIRED, values![ws]).await?.map(|mut row| row.take()).transpose()
}

/// Says whether everybody needs a second step; `false` when there is no such workspace.
pub async fn require_second_step(tx: &mut Tx, ws: WorkspaceId, required: bool) -> Result<bool> {
    tx.change(REQUIRE_SECOND_STEP, values![ws, required]).await
}
