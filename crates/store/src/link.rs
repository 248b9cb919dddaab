//! Links that let their holder choose a password, once.

use model::{AgentId, LinkKind, Millis, WorkspaceId};

use crate::values::{statements, values};
use crate::{Result, Tx};

statements! {
    PUT = "INSERT INTO link (hash, workspace_id, agent_id, kind, expires_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace_id, agent_id) DO UPDATE
        SET hash = excluded.hash, kind = excluded.kind, expires_at = excluded.expires_at";
    DELETE = "DELETE FROM link WHERE workspace_id = $1 AND agent_id = $2";
}

/// A link to be made.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// The hash of what its holder shows.
    pub hash: Vec<u8>,
    /// Whose password it lets choose.
    pub agent_id: AgentId,
    /// What it is for.
    pub kind: LinkKind,
    /// When it ends.
    pub expires_at: Millis,
}

/// Makes a link; the agent's earlier one ends.
pub async fn put(tx: &mut Tx, ws: WorkspaceId, link: &NewLink) -> Result<()> {
    tx.execute(PUT, values![&link.hash, ws, link.agent_id, link.kind, link.expires_at]).await?;
    Ok(())
}

/// Takes an agent's link back; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<bool> {
    tx.change(DELETE, values![ws, agent]).await
}
