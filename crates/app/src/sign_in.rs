//! How people sign in to a workspace: what its administrators may ask of everybody.

use model::{Act, Role};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::workspace::SignIn;

use crate::audit::{self, Note};
use crate::session::Ended;
use crate::{App, Caller, Error, Result};

/// What a workspace asks of everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"second_step_required": true, "providers_only": false}))]
pub struct SignInPolicy {
    /// Whether everybody needs a second step.
    pub second_step_required: bool,
    /// Whether everybody but owners has to sign in through a provider of identity, and neither by a password nor by a
    /// passkey.
    #[serde(default)]
    pub providers_only: bool,
}

/// What the workspace asks.
pub async fn policy(app: &App, caller: &Caller) -> Result<SignInPolicy> {
    let workspace = caller.workspace;
    let read =
        app.read(move |tx| Box::pin(async move { Ok(store::workspace::sign_in(tx, workspace).await?) }));
    let SignIn { second_step_required, providers_only } = read.await?;
    Ok(SignInPolicy { second_step_required, providers_only })
}

/// Changes what the workspace asks. Asking for a second step ends every session that began without one, and asking for
/// providers every session of others than owners that began without one.
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof; [`Error::Conflict`] when the caller's own session has one step only or
/// began without a provider, as it would end with the others.
pub async fn change(app: &App, caller: &Caller, policy: SignInPolicy) -> Result<SignInPolicy> {
    let own = caller.proved(app)?;
    let (workspace, agent, now, actor) = (caller.workspace, caller.agent.clone(), app.now(), caller.actor());
    let SignInPolicy { second_step_required, providers_only } = policy;
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let sessions = store::session::list(tx, workspace, agent.id, now).await?;
            let mine = sessions.iter().find(|session| session.id == own);
            if second_step_required && !mine.is_some_and(|session| session.two_steps) {
                let message = "set up a second step for yourself first, then ask others for one";
                return Err(Error::Conflict { code: "conflict", message: message.to_owned() });
            }
            let vouched = agent.role == Role::Owner || mine.is_some_and(|mine| mine.provider_id.is_some());
            if providers_only && !vouched {
                let message = "sign in through a provider yourself first, then ask others to";
                return Err(Error::Conflict { code: "conflict", message: message.to_owned() });
            }
            if providers_only && !store::provider::list(tx, workspace).await?.iter().any(|one| one.enabled) {
                let message = "set up a provider first; nobody else could sign in";
                return Err(Error::Conflict { code: "conflict", message: message.to_owned() });
            }
            let asked = SignIn { second_step_required, providers_only };
            store::workspace::set_sign_in(tx, workspace, asked).await?;
            let mut ended = Vec::new();
            if second_step_required {
                ended.extend(store::session::delete_of_one_step(tx, workspace).await?);
            }
            if providers_only {
                ended.extend(store::session::delete_without_provider(tx, workspace).await?);
            }
            let detail = json!({
                "second_step_required": second_step_required, "providers_only": providers_only,
                "sessions_ended": ended.len(),
            });
            audit::record(tx, &actor, Note::of(Act::SignInPolicyChanged).with(&detail), now).await?;
            Ended::tell(tx, workspace, ended, now).await
        })
    });
    changed.await?.ring(app, workspace);
    Ok(policy)
}
