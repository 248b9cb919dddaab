//! What was begun in a browser and is finished there: found by the hash of what only that browser knows, before anybody
//! is known.

use model::{AgentId, Millis, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    PUT = "INSERT INTO ceremony (hash, workspace_id, agent_id, kind, state, tries_left, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    GET = "SELECT workspace_id, agent_id, state, tries_left FROM ceremony
        WHERE hash = $1 AND kind = $2 AND expires_at > $3";
    TRY = "UPDATE ceremony SET tries_left = tries_left - 1
        WHERE hash = $1 AND kind = $2 AND expires_at > $3 AND tries_left > 0";
    TAKE = "DELETE FROM ceremony WHERE hash = $1 AND kind = $2 AND expires_at > $3
        RETURNING workspace_id, agent_id, state, tries_left";
    DELETE_EXPIRED = "DELETE FROM ceremony WHERE expires_at <= $1";
}

/// Something begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    /// Who began it; `None` where nobody is known yet.
    pub who: Option<(WorkspaceId, AgentId)>,
    /// What has to be remembered until it is finished.
    pub state: String,
    /// How often finishing it may be tried yet.
    pub tries_left: i64,
}

fn read(row: &mut Row) -> Result<Ceremony> {
    let (workspace, agent): (Option<WorkspaceId>, Option<AgentId>) = (row.take()?, row.take()?);
    Ok(Ceremony { who: workspace.zip(agent), state: row.take()?, tries_left: row.take()? })
}

/// Begins something of a kind; `hash` is that of what the browser is given.
pub async fn put(tx: &mut Tx, hash: &[u8], kind: &str, begun: &Ceremony, expires_at: Millis) -> Result<()> {
    let (workspace, agent) = begun.who.unzip();
    let values = values![hash, workspace, agent, kind, &begun.state, begun.tries_left, expires_at];
    tx.execute(PUT, values).await?;
    Ok(())
}

/// What was begun, unless its time is over.
pub async fn get(tx: &mut Tx, hash: &[u8], kind: &str, now: Millis) -> Result<Option<Ceremony>> {
    tx.query_opt(GET, values![hash, kind, now]).await?.map(|mut row| read(&mut row)).transpose()
}

/// Uses up one of the tries at finishing it; `false` when there is none left.
pub async fn attempt(tx: &mut Tx, hash: &[u8], kind: &str, now: Millis) -> Result<bool> {
    tx.change(TRY, values![hash, kind, now]).await
}

/// Takes what was begun, so that nobody else can finish it.
pub async fn take(tx: &mut Tx, hash: &[u8], kind: &str, now: Millis) -> Result<Option<Ceremony>> {
    tx.query_opt(TAKE, values![hash, kind, now]).await?.map(|mut row| read(&mut row)).transpose()
}

/// Forgets what nobody finished in time; tells how much.
pub async fn delete_expired(tx: &mut Tx, now: Millis) -> Result<u64> {
    tx.execute(DELETE_EXPIRED, values![now]).await
}
