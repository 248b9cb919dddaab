//! Who acts.

use std::sync::Arc;

use model::{Agent, AgentId, Masks, Millis, Permission, SessionId, TokenId, WorkspaceId};

use crate::role::Grant;
use crate::session::Visit;
use crate::{App, Error, Result};

/// For how long somebody who proved to be there may change what guards an account.
pub const PROOF_LIFE: Millis = Millis::minutes(10);

/// A signed-in agent, or a program with a token that an agent made. Only [`crate::session`] and
/// [`crate::api_token`] make one.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The workspace that every query is bound to.
    pub workspace: WorkspaceId,
    /// The workspace's name.
    pub workspace_name: String,
    /// The agent, or the colleague as whom somebody sees the workspace.
    pub agent: Agent,
    /// What the agent's role holds and what the agent sees.
    pub grant: Arc<Grant>,
    /// Who it really is, where somebody sees the workspace as a colleague.
    pub viewer: Option<Viewer>,
    /// By what means they are known.
    pub means: Means,
    /// Where the request comes from.
    pub visit: Visit,
}

/// Somebody who sees the workspace as a colleague: they read what the colleague may read, and write nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Who.
    pub id: AgentId,
    /// Their name.
    pub name: String,
}

/// By what means a caller is known.
#[derive(Debug, Clone)]
pub enum Means {
    /// A session's token.
    Session {
        /// The session.
        id: SessionId,
        /// When its owner last proved to be there.
        proved_at: Millis,
    },
    /// A token for programs.
    Token {
        /// The token.
        id: TokenId,
        /// What it may at most.
        permissions: Arc<[Permission]>,
    },
}

impl Caller {
    /// Whether the caller has a right: the agent's role has it, and the token too where one was shown.
    pub fn may(&self, permission: Permission) -> bool {
        let covered = match &self.means {
            Means::Session { .. } => true,
            Means::Token { permissions, .. } => permissions.contains(&permission),
        };
        covered && self.grant.rights.may(permission)
    }

    /// The session that was shown; `None` for programs.
    pub fn session(&self) -> Option<SessionId> {
        match self.means {
            Means::Session { id, .. } => Some(id),
            Means::Token { .. } => None,
        }
    }

    /// The session of somebody who acts in person.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for programs, and for those who see the workspace as a colleague.
    pub fn in_person(&self) -> Result<SessionId> {
        if self.viewer.is_some() { Err(Error::Forbidden) } else { self.session().ok_or(Error::Forbidden) }
    }

    /// The session of somebody who proved just now to be there: what guards an account is changed by nobody who
    /// only found a browser open.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for programs, [`Error::ProofNeeded`] when the last proof is older than [`PROOF_LIFE`].
    pub fn proved(&self, app: &App) -> Result<SessionId> {
        match self.means {
            Means::Session { .. } if self.viewer.is_some() => Err(Error::Forbidden),
            Means::Session { id, proved_at } if app.now() - proved_at < PROOF_LIFE => Ok(id),
            Means::Session { .. } => Err(Error::ProofNeeded),
            Means::Token { .. } => Err(Error::Forbidden),
        }
    }

    /// The conversations that the agent may see.
    pub fn visibility(&self) -> store::Visibility {
        self.grant.visibility.clone()
    }

    /// Refuses whoever does not see every conversation: for what may be of any.
    ///
    /// # Errors
    /// [`Error::Forbidden`] then.
    pub fn sees_all(&self) -> Result<()> {
        if self.grant.visibility.is_everything() { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// Refuses whoever does not see everything of everybody: for what leaves the house whole.
    ///
    /// # Errors
    /// [`Error::Forbidden`] then.
    pub fn sees_whole(&self) -> Result<()> {
        self.sees_all()?;
        if self.masks().is_empty() { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// What of a person is hidden from the agent.
    pub fn masks(&self) -> Masks {
        self.grant.rights.masks.iter().copied().collect()
    }

    /// Whether what belongs to `owner` is the caller's own work. Nothing is of those who only see the workspace as a
    /// colleague.
    pub fn owns(&self, owner: Option<AgentId>) -> bool {
        self.viewer.is_none() && owner == Some(self.agent.id)
    }
}
