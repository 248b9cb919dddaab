//! The ways into an account. Nobody gives up the last one: what is left could only be mended by somebody else.

use model::{AgentId, PasskeyId, ProviderId, Role, WorkspaceId};
use store::Tx;

use crate::password::is_usable;
use crate::{Error, Result};

/// What is about to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// A passkey of the agent.
    Passkey(PasskeyId),
    /// Any way through a provider.
    Provider(ProviderId),
}

/// Refuses to take the agent's last way in. Holds the workspace until the end of the transaction, so that of two that are
/// taken at the same moment the second finds out that it is the last.
///
/// # Errors
/// [`Error::Conflict`] when nothing would be left.
pub(crate) async fn keep_one(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agent: AgentId,
    taken: Taken,
) -> Result<()> {
    store::workspace::lock(tx, workspace).await?;
    let known = store::provider::accounts_of(tx, workspace, agent).await?;
    let providers = store::provider::list(tx, workspace).await?;
    let vouched = providers
        .iter()
        .filter(|one| one.enabled && taken != Taken::Provider(one.id))
        .any(|one| known.iter().any(|(known, _)| *known == one.id));
    if vouched {
        return Ok(());
    }
    let only = store::workspace::sign_in(tx, workspace).await?.providers_only;
    let owner = store::agent::get(tx, workspace, agent).await?.is_some_and(|one| one.role == Role::Owner);
    if owner || !only {
        let password = store::agent::password_hash(tx, workspace, agent).await?;
        let passkeys = store::passkey::list(tx, workspace, agent).await?;
        if password.is_some_and(|hash| is_usable(&hash))
            || passkeys.iter().any(|one| taken != Taken::Passkey(one.id))
        {
            return Ok(());
        }
    }
    let message = "this is your only way to sign in; add another first".to_owned();
    Err(Error::Conflict { code: "conflict", message })
}
