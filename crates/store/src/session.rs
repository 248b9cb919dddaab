//! Signed-in browsers.

use model::{AgentId, Millis, SessionId, WorkspaceId};

use crate::{Result, Tx};

/// A session without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub agent_id: AgentId,
    /// When the token was last replaced.
    pub rotated_at: Millis,
    /// When the agent signed in.
    pub created_at: Millis,
    /// When the browser was last seen.
    pub seen_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    /// What the browser calls itself.
    pub user_agent: String,
    /// The network address last seen.
    pub address: String,
}

/// A session to be made.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub agent_id: AgentId,
    /// The hash of its token.
    pub token_hash: Vec<u8>,
    /// Now.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    /// What the browser calls itself.
    pub user_agent: String,
    /// The network address.
    pub address: String,
}

/// Makes a session.
pub async fn insert(_tx: &mut Tx, _ws: WorkspaceId, _session: &NewSession) -> Result<()> {
    todo!()
}

/// Replaces the token; `false` when `old_hash` is not the current one (another request was faster).
pub async fn rotate(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: SessionId,
    _old_hash: &[u8],
    _new_hash: &[u8],
    _now: Millis,
) -> Result<bool> {
    todo!()
}

/// Notes that the browser was seen.
pub async fn touch(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: SessionId,
    _now: Millis,
    _address: &str,
) -> Result<bool> {
    todo!()
}

/// The agent's sessions that did not run out, the last seen first.
pub async fn list(_tx: &mut Tx, _ws: WorkspaceId, _agent: AgentId, _now: Millis) -> Result<Vec<SessionRow>> {
    todo!()
}

/// Ends one session of the agent; `false` when there is none.
pub async fn delete(_tx: &mut Tx, _ws: WorkspaceId, _agent: AgentId, _id: SessionId) -> Result<bool> {
    todo!()
}

/// Ends all sessions of the agent and tells which.
pub async fn delete_all(_tx: &mut Tx, _ws: WorkspaceId, _agent: AgentId) -> Result<Vec<SessionId>> {
    todo!()
}

/// Forgets sessions of all workspaces that ran out; tells how many.
pub async fn delete_expired(_tx: &mut Tx, _now: Millis) -> Result<u64> {
    todo!()
}
