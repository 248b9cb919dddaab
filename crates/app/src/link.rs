//! Links that let their holder choose a password, once: an administrator passes one on to somebody who is asked in or who
//! forgot theirs.

use model::{Act, AgentId, LinkKind, Millis, Secret, WorkspaceId};
use serde::Serialize;
use store::credential::Held;
use store::link::NewLink;

use crate::attempts::{self, Tried};
use crate::audit::{self, Actor, Note};
use crate::field::Fields;
use crate::session::{self, Visit};
use crate::{App, Caller, Error, Result, token};

/// How long a link can be used.
pub const LIFE: Millis = Millis::minutes(30);

/// A link that was just made; it is told this once and kept nowhere.
#[derive(Debug)]
pub struct Made {
    /// The whole address.
    pub url: Secret<String>,
    /// What it is for.
    pub kind: LinkKind,
    /// When it ends.
    pub expires_at: Millis,
}

/// What its holder is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HeldLink {
    /// What it is for.
    pub kind: LinkKind,
    /// Into which workspace it leads.
    pub workspace_name: String,
    /// Whose password it lets choose.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
}

/// Makes a link for a colleague; an earlier one ends.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such agent, [`Error::Forbidden`] when somebody who is no owner makes one
/// for an owner, [`Error::ProofNeeded`] without a fresh proof, [`Error::Conflict`] when the installation does not know its
/// own address.
pub async fn make(app: &App, caller: &Caller, agent: AgentId) -> Result<Made> {
    caller.proved(app)?;
    crate::agent::touchable(app, caller, agent).await?;
    put(app, &caller.actor(), agent).await
}

/// Makes a link for whoever signs in with an address, asked by the operator of the machine.
///
/// # Errors
/// [`Error::NotFound`] when nobody signs in with it, [`Error::Conflict`] as for [`make`].
pub async fn make_for(app: &App, email: &str) -> Result<Made> {
    let (workspace, agent) = by_email(app, email).await?;
    put(app, &Actor::operator(workspace), agent).await
}

/// Takes every second step from whoever signs in with an address, asked by the operator of the machine.
///
/// # Errors
/// [`Error::NotFound`] when nobody signs in with it.
pub async fn forget_second_steps(app: &App, email: &str) -> Result<()> {
    let (workspace, agent) = by_email(app, email).await?;
    crate::second_step::remove_all(app, &Actor::operator(workspace), agent).await
}

async fn by_email(app: &App, email: &str) -> Result<(WorkspaceId, AgentId)> {
    let email = email.trim().to_lowercase();
    let found =
        app.read(move |tx| Box::pin(async move { Ok(store::credential::agent_by_email(tx, &email).await?) }));
    let (workspace, agent, _) = found.await?.ok_or(Error::NotFound)?;
    Ok((workspace, agent.id))
}

async fn put(app: &App, actor: &Actor, agent: AgentId) -> Result<Made> {
    let base = app.own_address()?;
    let (workspace, actor, now) = (actor.workspace, actor.clone(), app.now());
    let shown = token::fresh(&*app.entropy);
    let (hash, expires_at) = (token::hash(shown.expose()), now + LIFE);
    let made = app.write(move |tx| {
        Box::pin(async move {
            let password = store::agent::password_hash(tx, workspace, agent).await?.ok_or(Error::NotFound)?;
            let usable = crate::password::is_usable(&password);
            let kind = if usable { LinkKind::Reset } else { LinkKind::Invitation };
            store::link::put(tx, workspace, &NewLink { hash, agent_id: agent, kind, expires_at }).await?;
            audit::record(tx, &actor, Note::of(Act::LinkMade).on(agent), now).await?;
            Ok(kind)
        })
    });
    let kind = made.await?;
    // Behind the #, so that it stands in no log and no referrer.
    let url = Secret::new(format!("{base}/welcome#token={}", shown.expose()));
    Ok(Made { url, kind, expires_at })
}

/// The link that somebody shows. It counts as an attempt.
async fn held(app: &App, shown: &str, visit: &Visit) -> Result<Held> {
    attempts::count(app, visit, "", Tried::Link).await?;
    let (hash, now) = (token::hash(shown), app.now());
    let found =
        app.read(move |tx| Box::pin(async move { Ok(store::credential::link(tx, &hash, now).await?) }));
    found.await?.ok_or(Error::NotFound)
}

/// What a link is for.
///
/// # Errors
/// [`Error::NotFound`] for one that is unknown, used, taken back or too old.
pub async fn look(app: &App, shown: &str, visit: &Visit) -> Result<HeldLink> {
    let held = held(app, shown, visit).await?;
    Ok(HeldLink {
        kind: held.kind,
        workspace_name: held.workspace_name,
        name: held.agent.name,
        email: held.agent.email,
    })
}

/// Chooses the password that a link lets choose, and ends the link and every session of the agent. A second step stays
/// what it is.
///
/// # Errors
/// [`Error::NotFound`] for one that is unknown, used, taken back or too old; [`Error::Invalid`] for a bad password.
pub async fn redeem(app: &App, shown: &str, password: &Secret<String>, visit: &Visit) -> Result<()> {
    let held = held(app, shown, visit).await?;
    let mut fields = Fields::new();
    let about = [&*held.workspace_name, &held.agent.name, &held.agent.email];
    fields.password("password", password.expose(), &about);
    fields.finish()?;
    let (hash, now, visit) = (token::hash(shown), app.now(), visit.clone());
    let chosen = app.passwords.hash(&*app.entropy, password.expose()).await?;
    let used = app.write(move |tx| {
        Box::pin(async move {
            let taken = store::credential::take_link(tx, &hash, now).await?;
            let (workspace, agent, _) = taken.ok_or(Error::NotFound)?;
            let found = store::agent::get(tx, workspace, agent).await?;
            if found.is_none_or(|agent| agent.disabled) {
                return Err(Error::NotFound);
            }
            store::agent::set_password(tx, workspace, agent, &chosen).await?;
            store::known_browser::delete_all(tx, workspace, agent).await?;
            let actor = Actor::agent(workspace, agent, &visit);
            audit::record(tx, &actor, Note::of(Act::LinkUsed).on(agent), now).await?;
            Ok((actor, agent))
        })
    });
    let (actor, agent) = used.await?;
    session::end_all(app, &actor, agent).await
}
