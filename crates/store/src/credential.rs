//! The functions that find the workspace instead of taking it: what a caller holds before signing in.

use model::{Agent, InboxId, Millis, WorkspaceId};

use crate::session::SessionRow;
use crate::{Result, Tx};

/// For how long the token before the last rotation still signs in: browsers send requests side by side.
pub const ROTATION_GRACE: Millis = Millis::seconds(60);

/// For how long a setup token can be used.
pub const SETUP_LIFE: Millis = Millis::hours(24);

/// A browser that showed a good token.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Who signed in.
    pub agent: Agent,
    /// The session.
    pub session: SessionRow,
    /// Whether the token was the one before the last rotation.
    pub by_previous: bool,
}

/// The agent of an e-mail address (any case), with the hash of the password. Disabled agents are found too.
pub async fn agent_by_email(_tx: &mut Tx, _email: &str) -> Result<Option<(WorkspaceId, Agent, String)>> {
    todo!()
}

/// The session of a token's hash, unless it ran out or its agent is disabled.
pub async fn session_by_token(_tx: &mut Tx, _hash: &[u8], _now: Millis) -> Result<Option<SignedIn>> {
    todo!()
}

/// The inbox of a webhook address.
pub async fn inbox_by_hook(_tx: &mut Tx, _hook_key: &str) -> Result<Option<(WorkspaceId, InboxId)>> {
    todo!()
}

/// Whether there is any agent at all: whether setup is done.
pub async fn has_agents(_tx: &mut Tx) -> Result<bool> {
    todo!()
}

/// Keeps a setup token's hash in place of any other unused one.
pub async fn put_setup_token(_tx: &mut Tx, _hash: &[u8], _now: Millis) -> Result<()> {
    todo!()
}

/// Uses a setup token up; `false` when it is unknown, used or older than [`SETUP_LIFE`].
pub async fn take_setup_token(_tx: &mut Tx, _hash: &[u8], _now: Millis) -> Result<bool> {
    todo!()
}
