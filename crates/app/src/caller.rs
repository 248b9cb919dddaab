//! Who acts.

use model::{Agent, Permission, SessionId, WorkspaceId};

use crate::session::Visit;

/// A signed-in agent. Only [`crate::session`] makes one.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The workspace that every query is bound to.
    pub workspace: WorkspaceId,
    /// The workspace's name.
    pub workspace_name: String,
    /// The agent.
    pub agent: Agent,
    /// The session that was shown.
    pub session: SessionId,
    /// Where the request comes from.
    pub visit: Visit,
}

impl Caller {
    /// Whether the agent has a right.
    pub fn may(&self, permission: Permission) -> bool {
        self.agent.role.may(permission)
    }

    /// The conversations that the agent may see.
    pub fn visibility(&self) -> store::Visibility {
        store::Visibility::everything()
    }
}
