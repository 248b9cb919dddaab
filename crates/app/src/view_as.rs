//! Seeing the workspace as a colleague sees it: bound to a session, reading only, and noted with both names whatever
//! is read.

use std::sync::Arc;

use model::{Act, Agent, AgentId, Permission, Role, WorkspaceId};
use store::Tx;

use crate::audit::{self, Note};
use crate::caller::Viewer;
use crate::role::{self, Grant};
use crate::{App, Caller, Error, Result, session};

/// As whom a session sees the workspace, and what that is.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The person of the session, or the colleague.
    pub agent: Agent,
    /// What that agent may do and see.
    pub grant: Arc<Grant>,
    /// The person of the session, where the agent is a colleague.
    pub viewer: Option<Viewer>,
}

/// What a session's person sees. Where they may not, or no longer, see it as the colleague, they see it as themselves.
pub(crate) async fn seen(
    tx: &mut Tx,
    workspace: WorkspaceId,
    person: &Agent,
    viewing_as: Option<AgentId>,
) -> Result<Seen> {
    let own = role::grant(tx, workspace, person).await?;
    if let Some(id) = viewing_as
        && let Some(colleague) = store::agent::get(tx, workspace, id).await?
    {
        let grant = role::grant(tx, workspace, &colleague).await?;
        if may(person, &own, &colleague, &grant) {
            let viewer = Some(Viewer { id: person.id, name: person.name.clone() });
            return Ok(Seen { agent: colleague, grant, viewer });
        }
    }
    Ok(Seen { agent: person.clone(), grant: own, viewer: None })
}

/// Nobody sees more through a colleague's eyes than through their own; only owners see as owners.
fn may(person: &Agent, own: &Grant, colleague: &Agent, grant: &Grant) -> bool {
    own.rights.may(Permission::ViewAs)
        && own.rights.covers(&grant.rights)
        && !colleague.disabled
        && colleague.id != person.id
        && (colleague.role != Role::Owner || person.role == Role::Owner)
}

/// Lets the caller's session see the workspace as a colleague.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such agent, [`Error::Forbidden`] for programs, for oneself, and for
/// somebody who may more than the caller.
pub async fn begin(app: &App, caller: &Caller, colleague: AgentId) -> Result<()> {
    let session = caller.in_person()?;
    let (workspace, acting, now) = (caller.workspace, caller.clone(), app.now());
    let begun = app.write(move |tx| {
        Box::pin(async move {
            let seen = store::agent::get(tx, workspace, colleague).await?.ok_or(Error::NotFound)?;
            let grant = role::grant(tx, workspace, &seen).await?;
            if !may(&acting.agent, &acting.grant, &seen, &grant) {
                return Err(Error::Forbidden);
            }
            store::session::view_as(tx, workspace, acting.agent.id, session, Some(colleague)).await?;
            audit::record(tx, &acting.actor(), Note::of(Act::ViewAsBegun).on(colleague), now).await?;
            session::tell(tx, workspace, acting.agent.id, now).await
        })
    });
    let seq = begun.await?;
    app.bell.revoked(session);
    app.bell.events(workspace, seq);
    Ok(())
}

/// The caller sees the workspace as themselves again.
///
/// # Errors
/// [`Error::Conflict`] when they do already, [`Error::Forbidden`] for programs.
pub async fn end(app: &App, caller: &Caller) -> Result<()> {
    let session = caller.session().ok_or(Error::Forbidden)?;
    let Some(viewer) = caller.viewer.clone() else {
        let message = "you see the workspace with your own eyes".to_owned();
        return Err(Error::Conflict { code: "conflict", message });
    };
    let (workspace, acting, now) = (caller.workspace, caller.clone(), app.now());
    let ended = app.write(move |tx| {
        Box::pin(async move {
            store::session::view_as(tx, workspace, viewer.id, session, None).await?;
            let note = Note::of(Act::ViewAsEnded).on(acting.agent.id);
            audit::record(tx, &acting.actor(), note, now).await?;
            session::tell(tx, workspace, viewer.id, now).await
        })
    });
    let seq = ended.await?;
    app.bell.revoked(session);
    app.bell.events(workspace, seq);
    Ok(())
}
