//! What a workspace has decided about privacy.

use model::WorkspaceId;

use crate::values::{statements, values};
use crate::{Result, Tx};

statements! {
    GET = "SELECT value FROM privacy_setting WHERE workspace_id = $1 AND name = $2";
    PUT = "INSERT INTO privacy_setting (workspace_id, name, value) VALUES ($1, $2, $3)
        ON CONFLICT (workspace_id, name) DO UPDATE SET value = excluded.value";
}

/// A decision as JSON; `None` where nobody has decided.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, name: &str) -> Result<Option<String>> {
    tx.query_opt(GET, values![ws, name]).await?.map(|mut row| row.take()).transpose()
}

/// Writes a decision.
pub async fn put(tx: &mut Tx, ws: WorkspaceId, name: &str, value: &str) -> Result<()> {
    tx.execute(PUT, values![ws, name, value]).await.map(drop)
}
