//! Workspaces: the tenants.

use model::{Millis, WorkspaceId};

use crate::{Result, Tx};

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceRow {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
}

/// Makes a workspace.
pub async fn insert(_tx: &mut Tx, _id: WorkspaceId, _name: &str, _now: Millis) -> Result<()> {
    todo!()
}

/// The workspace.
pub async fn get(_tx: &mut Tx, _ws: WorkspaceId) -> Result<Option<WorkspaceRow>> {
    todo!()
}
