//! How people sign in to a workspace: what its administrators may ask of everybody.

use model::Act;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{self, Note};
use crate::{App, Caller, Error, Result, session};

/// What a workspace asks of everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"second_step_required": true}))]
pub struct SignInPolicy {
    /// Whether everybody needs a second step.
    pub second_step_required: bool,
}

/// What the workspace asks.
pub async fn policy(app: &App, caller: &Caller) -> Result<SignInPolicy> {
    let workspace = caller.workspace;
    let read = app.read(move |tx| {
        Box::pin(async move { Ok(store::workspace::second_step_required(tx, workspace).await?) })
    });
    Ok(SignInPolicy { second_step_required: read.await?.unwrap_or_default() })
}

/// Changes what the workspace asks. Asking for a second step ends every session that began without one.
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof; [`Error::Conflict`] when the caller's own session has one step only, as
/// it would end with the others.
pub async fn change(app: &App, caller: &Caller, policy: SignInPolicy) -> Result<SignInPolicy> {
    let own = caller.proved(app)?;
    let (workspace, agent, now, actor) = (caller.workspace, caller.agent.id, app.now(), caller.actor());
    let required = policy.second_step_required;
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let sessions = store::session::list(tx, workspace, agent, now).await?;
            let two_steps = sessions.iter().any(|session| session.id == own && session.two_steps);
            if required && !two_steps {
                let message = "set up a second step for yourself first, then ask others for one";
                return Err(Error::Conflict { code: "conflict", message: message.to_owned() });
            }
            store::workspace::require_second_step(tx, workspace, required).await?;
            let ended =
                if required { store::session::delete_of_one_step(tx, workspace).await? } else { Vec::new() };
            let detail = json!({"second_step_required": required, "sessions_ended": ended.len()});
            audit::record(tx, &actor, Note::of(Act::SignInPolicyChanged).with(&detail), now).await?;
            let mut seq = None;
            for (_, agent) in &ended {
                seq = Some(session::tell(tx, workspace, *agent, now).await?);
            }
            Ok((ended, seq))
        })
    });
    let (ended, seq) = changed.await?;
    for (session, _) in ended {
        app.bell.revoked(session);
    }
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(policy)
}
