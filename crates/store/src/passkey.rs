//! Passkeys: what agents' devices sign with.

use model::{AgentId, Millis, PasskeyId, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

/// A passkey's columns in the order of [`read`]; the table is `p`.
macro_rules! columns {
    () => {
        "p.id, p.agent_id, p.credential, p.name, p.public_key, p.created_at, p.used_at"
    };
}
pub(crate) use columns;

statements! {
    INSERT = "INSERT INTO passkey
        (id, workspace_id, agent_id, credential, name, public_key, created_at, used_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, NULL) ON CONFLICT DO NOTHING";
    LIST = concat!("SELECT ", columns!(), " FROM passkey p
        WHERE p.workspace_id = $1 AND p.agent_id = $2 ORDER BY p.id");
    RENAME = "UPDATE passkey SET name = $4 WHERE workspace_id = $1 AND agent_id = $2 AND id = $3";
    USED = "UPDATE passkey SET public_key = $3, used_at = $4 WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM passkey WHERE workspace_id = $1 AND agent_id = $2 AND id = $3";
    DELETE_ALL = "DELETE FROM passkey WHERE workspace_id = $1 AND agent_id = $2";
}

/// A passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Its id.
    pub id: PasskeyId,
    /// Whose it is.
    pub agent_id: AgentId,
    /// The id that the device chose, unique everywhere.
    pub credential: Vec<u8>,
    /// What its owner calls it.
    pub name: String,
    /// The public key and its counter, as JSON.
    pub public_key: String,
    /// When it was added.
    pub created_at: Millis,
    /// When it was last used.
    pub used_at: Option<Millis>,
}

pub(crate) fn read(row: &mut Row) -> Result<PasskeyRow> {
    Ok(PasskeyRow {
        id: row.take()?,
        agent_id: row.take()?,
        credential: row.take()?,
        name: row.take()?,
        public_key: row.take()?,
        created_at: row.take()?,
        used_at: row.take()?,
    })
}

/// Adds a passkey. [`crate::Error::Unique`] when any account has it already.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, passkey: &PasskeyRow) -> Result<()> {
    let values = values![
        passkey.id,
        ws,
        passkey.agent_id,
        &passkey.credential,
        &passkey.name,
        &passkey.public_key,
        passkey.created_at
    ];
    tx.insert(INSERT, values, "the passkey").await
}

/// The agent's passkeys, the oldest first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<Vec<PasskeyRow>> {
    tx.query_map(LIST, values![ws, agent], read).await
}

/// Gives a passkey of the agent another name; `false` when there is none.
pub async fn rename(tx: &mut Tx, ws: WorkspaceId, agent: AgentId, id: PasskeyId, name: &str) -> Result<bool> {
    tx.change(RENAME, values![ws, agent, id, name]).await
}

/// Notes that a passkey was used, and its new counter; `false` when there is none.
pub async fn used(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: PasskeyId,
    public_key: &str,
    now: Millis,
) -> Result<bool> {
    tx.change(USED, values![ws, id, public_key, now]).await
}

/// Removes a passkey of the agent; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, agent: AgentId, id: PasskeyId) -> Result<bool> {
    tx.change(DELETE, values![ws, agent, id]).await
}

/// Removes all passkeys of the agent; tells whether there were any.
pub async fn delete_all(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<bool> {
    Ok(tx.execute(DELETE_ALL, values![ws, agent]).await? > 0)
}
