//! People who work in a workspace.

use model::{Agent, AgentId, Locale, Role, WorkspaceId};

use crate::{Result, Tx};

/// What to change of an agent; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentChange {
    /// The name that colleagues see.
    pub name: Option<String>,
    /// What the agent may do.
    pub role: Option<Role>,
    /// The interface's language.
    pub locale: Option<Locale>,
    /// Whether signing in is refused.
    pub disabled: Option<bool>,
}

/// Makes an agent; the e-mail address is kept in lower case. [`crate::Error::Unique`] when any agent of any
/// workspace has that address.
pub async fn insert(_tx: &mut Tx, _ws: WorkspaceId, _agent: &Agent, _password_hash: &str) -> Result<()> {
    todo!()
}

/// The agent.
pub async fn get(_tx: &mut Tx, _ws: WorkspaceId, _id: AgentId) -> Result<Option<Agent>> {
    todo!()
}

/// All agents, the oldest first.
pub async fn list(_tx: &mut Tx, _ws: WorkspaceId) -> Result<Vec<Agent>> {
    todo!()
}

/// Changes an agent; `false` when there is none.
pub async fn update(_tx: &mut Tx, _ws: WorkspaceId, _id: AgentId, _change: &AgentChange) -> Result<bool> {
    todo!()
}

/// The hash of the agent's password.
pub async fn password_hash(_tx: &mut Tx, _ws: WorkspaceId, _id: AgentId) -> Result<Option<String>> {
    todo!()
}

/// Sets the hash of the agent's password; `false` when there is no such agent.
pub async fn set_password(_tx: &mut Tx, _ws: WorkspaceId, _id: AgentId, _hash: &str) -> Result<bool> {
    todo!()
}

/// How many owners may sign in.
pub async fn owners(_tx: &mut Tx, _ws: WorkspaceId) -> Result<i64> {
    todo!()
}
