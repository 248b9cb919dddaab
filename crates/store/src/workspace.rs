//! Workspaces: the tenants.

use model::{Millis, WorkspaceId};

use crate::values::{statements, values};
use crate::{Result, Tx};

statements! {
    INSERT = "INSERT INTO workspace (id, name, created_at, event_seq) VALUES ($1, $2, $3, 0)";
    GET = "SELECT id, name FROM workspace WHERE id = $1";
    LOCK = "UPDATE workspace SET created_at = created_at WHERE id = $1";
    SIGN_IN = "SELECT second_step_required, providers_only FROM workspace WHERE id = $1";
    SET_SIGN_IN = "UPDATE workspace SET second_step_required = $2, providers_only = $3 WHERE id = $1";
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

/// Keeps others from changing how people sign in, and from adding to the audit, until the transaction ends; `false` when
/// there is no such workspace. Whoever then ends sessions misses none that is about to begin.
pub async fn lock(tx: &mut Tx, ws: WorkspaceId) -> Result<bool> {
    tx.change(LOCK, values![ws]).await
}

/// What everybody is asked for when signing in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignIn {
    /// Whether everybody needs a second step.
    pub second_step_required: bool,
    /// Whether everybody but owners has to come through a provider of identity.
    pub providers_only: bool,
}

/// What everybody is asked for; nothing when there is no such workspace.
pub async fn sign_in(tx: &mut Tx, ws: WorkspaceId) -> Result<SignIn> {
    let row = tx.query_opt(SIGN_IN, values![ws]).await?;
    let read = row.map(|mut row| -> Result<SignIn> {
        Ok(SignIn { second_step_required: row.take()?, providers_only: row.take()? })
    });
    Ok(read.transpose()?.unwrap_or_default())
}

/// Says what everybody is asked for; `false` when there is no such workspace.
pub async fn set_sign_in(tx: &mut Tx, ws: WorkspaceId, asked: SignIn) -> Result<bool> {
    tx.change(SET_SIGN_IN, values![ws, asked.second_step_required, asked.providers_only]).await
}
