//! Secrets behind one-time codes, and the recovery codes that stand in for them.

use model::{AgentId, Millis, Secret, WorkspaceId};

use crate::sealed::{Opened, place};
use crate::values::{statements, values};
use crate::{Error, Result, Tx};

statements! {
    PUT = "INSERT INTO one_time_code (workspace_id, agent_id, secret, confirmed_at, last_step)
        VALUES ($1, $2, $3, NULL, 0)
        ON CONFLICT (workspace_id, agent_id) DO UPDATE SET secret = excluded.secret, last_step = 0
        WHERE one_time_code.confirmed_at IS NULL";
    GET = "SELECT secret, confirmed_at, last_step FROM one_time_code WHERE workspace_id = $1 AND agent_id = $2";
    CONFIRM = "UPDATE one_time_code SET confirmed_at = $3, last_step = $4
        WHERE workspace_id = $1 AND agent_id = $2 AND confirmed_at IS NULL";
    USE = "UPDATE one_time_code SET last_step = $3
        WHERE workspace_id = $1 AND agent_id = $2 AND confirmed_at IS NOT NULL AND last_step < $3";
    DELETE = "DELETE FROM one_time_code WHERE workspace_id = $1 AND agent_id = $2";
    PUT_RECOVERY = "INSERT INTO recovery_code (workspace_id, agent_id, hash) VALUES ($1, $2, $3)";
    TAKE_RECOVERY = "DELETE FROM recovery_code WHERE workspace_id = $1 AND agent_id = $2 AND hash = $3";
    COUNT_RECOVERY = "SELECT COUNT(*) FROM recovery_code WHERE workspace_id = $1 AND agent_id = $2";
    DELETE_RECOVERY = "DELETE FROM recovery_code WHERE workspace_id = $1 AND agent_id = $2";
}

/// What an agent's codes are made from.
#[derive(Clone, Debug)]
pub struct CodeRow {
    /// The secret.
    pub secret: Secret<Vec<u8>>,
    /// When a first code proved that the agent's device has it.
    pub confirmed_at: Option<Millis>,
    /// The step of the last code that was used.
    pub last_step: i64,
}

/// Keeps a new secret until it is confirmed; `false` when there is a confirmed one, which stays.
pub async fn put(tx: &mut Tx, ws: WorkspaceId, agent: AgentId, secret: &Secret<Vec<u8>>) -> Result<bool> {
    let sealed = tx.seal(place(ws, "one_time_code", "secret", agent.0), secret.expose()).await?;
    tx.change(PUT, values![ws, agent, sealed]).await
}

/// The agent's secret.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<Option<CodeRow>> {
    let Some(mut row) = tx.query_opt(GET, values![ws, agent]).await? else { return Ok(None) };
    let Opened::Plain(secret) = row.open(place(ws, "one_time_code", "secret", agent.0))? else {
        return Err(Error::Keys("the workspace's own key is gone".into()));
    };
    let secret = Secret::new(secret);
    Ok(Some(CodeRow { secret, confirmed_at: row.take()?, last_step: row.take()? }))
}

/// Lets the secret count, with the step of its first code; `false` when there is none to confirm.
pub async fn confirm(tx: &mut Tx, ws: WorkspaceId, agent: AgentId, now: Millis, step: i64) -> Result<bool> {
    tx.change(CONFIRM, values![ws, agent, now, step]).await
}

/// Uses the code of a step up; `false` when it or a later one was used already.
pub async fn spend(tx: &mut Tx, ws: WorkspaceId, agent: AgentId, step: i64) -> Result<bool> {
    tx.change(USE, values![ws, agent, step]).await
}

/// Forgets the agent's secret; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<bool> {
    tx.change(DELETE, values![ws, agent]).await
}

/// Gives the agent new recovery codes, by their hashes, in place of all others.
pub async fn put_recovery(tx: &mut Tx, ws: WorkspaceId, agent: AgentId, hashes: &[Vec<u8>]) -> Result<()> {
    delete_recovery(tx, ws, agent).await?;
    for hash in hashes {
        tx.execute(PUT_RECOVERY, values![ws, agent, hash]).await?;
    }
    Ok(())
}

/// Uses a recovery code up; `false` when the agent has no such code any more.
pub async fn take_recovery(tx: &mut Tx, ws: WorkspaceId, agent: AgentId, hash: &[u8]) -> Result<bool> {
    tx.change(TAKE_RECOVERY, values![ws, agent, hash]).await
}

/// How many recovery codes the agent has left.
pub async fn count_recovery(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<i64> {
    tx.query_one(COUNT_RECOVERY, values![ws, agent]).await?.take()
}

/// Forgets all recovery codes of the agent; tells whether there were any.
pub async fn delete_recovery(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<bool> {
    Ok(tx.execute(DELETE_RECOVERY, values![ws, agent]).await? > 0)
}
