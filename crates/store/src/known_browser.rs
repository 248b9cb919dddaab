//! Browsers that have signed an agent in.

use model::{AgentId, Millis, WorkspaceId};

use crate::values::{statements, values};
use crate::{Result, Tx};

statements! {
    PUT = "INSERT INTO known_browser (hash, workspace_id, agent_id, seen_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (hash) DO UPDATE SET seen_at = excluded.seen_at
        WHERE known_browser.workspace_id = $2 AND known_browser.agent_id = $3";
    DELETE_ALL = "DELETE FROM known_browser WHERE workspace_id = $1 AND agent_id = $2";
}

/// Notes that a browser signed the agent in, by the hash of what it shows; `false` when it is known of somebody else.
pub async fn put(tx: &mut Tx, ws: WorkspaceId, agent: AgentId, hash: &[u8], now: Millis) -> Result<bool> {
    tx.change(PUT, values![hash, ws, agent, now]).await
}

/// Forgets all browsers of the agent; tells whether there were any.
pub async fn delete_all(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<bool> {
    Ok(tx.execute(DELETE_ALL, values![ws, agent]).await? > 0)
}
