//! Whose account somebody has whom a provider vouches for, and the role that their groups give.

use model::{Act, Agent, AgentId, Millis, Provider, ProviderId, Role, RoleSaid, WorkspaceId};
use serde::Serialize;
use serde_json::json;
use store::Tx;
use store::agent::AgentChange;

use super::protocol::Person;
use crate::audit::{self, Actor, Note};
use crate::error::Vouching;
use crate::field::NAME_MAX;
use crate::session::{self, Visit};
use crate::way_in::{self, Taken};
use crate::{App, Caller, Error, Result};

/// A provider of the workspace, and whether it may vouch for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MyProvider {
    /// Its id.
    pub id: ProviderId,
    /// What people call it.
    pub name: String,
    /// Since when it may; `null`: it does not know the caller.
    pub linked_at: Option<Millis>,
}

/// The account of a person, with the role that their groups give now: the one that is known, the one with a verified
/// address where the workspace allows that, or a new one where it allows that.
pub(super) async fn enter(
    app: &App,
    workspace: WorkspaceId,
    provider: Provider,
    person: Person,
    visit: &Visit,
) -> Result<Agent> {
    let (now, fresh, visit) = (app.now(), app.ids.next(), visit.clone());
    let found = app.write(move |tx| {
        Box::pin(async move {
            let said = role_said(tx, workspace, &provider, &person).await?;
            let mut known = store::provider::account(tx, workspace, provider.id, &person.subject).await?;
            if known.is_none() {
                // Somebody may come twice at the same moment: the second waits, and finds what the first has left.
                store::workspace::lock(tx, workspace).await?;
                known = store::provider::account(tx, workspace, provider.id, &person.subject).await?;
            }
            let (agent, made) = match known {
                Some(agent) => (standing(tx, workspace, agent).await?, false),
                None => {
                    let (agent, made) = match by_email(tx, workspace, &provider, &person).await? {
                        Some(agent) => (agent, false),
                        None => (create(tx, workspace, &provider, &person, said, (fresh, now)).await?, true),
                    };
                    let actor = Actor::agent(workspace, agent.id, &visit);
                    link(tx, &actor, provider.id, &person.subject, agent.id, now).await?;
                    (agent, made)
                }
            };
            let Some(role) = said.filter(|role| agent.role != Role::Owner && agent.role != *role) else {
                let told = if made { Some(session::tell(tx, workspace, agent.id, now).await?) } else { None };
                return Ok((agent, told));
            };
            let change = AgentChange { role: Some(role), ..AgentChange::default() };
            store::agent::update(tx, workspace, agent.id, &change).await?;
            let detail = json!({"role": role, "provider": provider.id});
            let note = Note::of(Act::AgentChanged).on(agent.id).with(&detail);
            audit::record(tx, &Actor::system(workspace), note, now).await?;
            let seq = session::tell(tx, workspace, agent.id, now).await?;
            Ok((Agent { role, ..agent }, Some(seq)))
        })
    });
    let (agent, told) = found.await?;
    if let Some(seq) = told {
        app.bell.events(workspace, seq);
    }
    Ok(agent)
}

/// The role that the groups of somebody give now; `None` where they say nothing. Whoever has no group that gives one does
/// not get in; a role that is gone, and an owner's, are none.
async fn role_said(
    tx: &mut Tx,
    workspace: WorkspaceId,
    provider: &Provider,
    person: &Person,
) -> Result<Option<Role>> {
    let role = match provider.role_of(&person.groups) {
        RoleSaid::Nothing => return Ok(None),
        RoleSaid::Role(role) => role,
        RoleSaid::None => return Err(Error::Vouching(Vouching::NoRole)),
    };
    let there = match role {
        Role::Custom(id) => store::role::get(tx, workspace, id).await?.is_some(),
        built_in => built_in != Role::Owner,
    };
    if there { Ok(Some(role)) } else { Err(Error::Vouching(Vouching::NoRole)) }
}

async fn standing(tx: &mut Tx, workspace: WorkspaceId, agent: AgentId) -> Result<Agent> {
    let found = store::agent::get(tx, workspace, agent).await?;
    found.filter(|agent| !agent.disabled).ok_or(Error::Vouching(Vouching::NoAccount))
}

/// The account with the address of somebody, where a verified address is enough. An owner's never is: whoever manages
/// providers would be one else.
async fn by_email(
    tx: &mut Tx,
    workspace: WorkspaceId,
    provider: &Provider,
    person: &Person,
) -> Result<Option<Agent>> {
    let Some(email) = &person.email else { return Ok(None) };
    let Some((of, agent, _)) = store::credential::agent_by_email(tx, email).await? else { return Ok(None) };
    let may = provider.links_by_email && of == workspace && !agent.disabled && agent.role != Role::Owner;
    if may { Ok(Some(agent)) } else { Err(Error::Vouching(Vouching::NoAccount)) }
}

async fn create(
    tx: &mut Tx,
    workspace: WorkspaceId,
    provider: &Provider,
    person: &Person,
    said: Option<Role>,
    (id, now): (AgentId, Millis),
) -> Result<Agent> {
    let role = said.or(provider.default_role);
    let (Some(role), Some(email), true) = (role, &person.email, provider.creates_accounts) else {
        return Err(Error::Vouching(Vouching::NoAccount));
    };
    let mut fields = crate::field::Fields::new();
    let email = fields.email("email", email);
    fields.finish().map_err(|_| Error::Vouching(Vouching::NoAccount))?;
    let called: String =
        person.name.as_deref().unwrap_or_default().chars().filter(|one| !one.is_control()).collect();
    let name = if called.trim().is_empty() { email.as_str() } else { called.trim() };
    let agent = Agent {
        id,
        name: name.chars().take(NAME_MAX).collect(),
        email: email.clone(),
        role,
        locale: model::Locale::default(),
        disabled: false,
        created_at: now,
    };
    match store::agent::insert(tx, workspace, &agent, crate::password::NONE).await {
        // Somebody else was given an account with this address at the same moment.
        Err(store::Error::Unique(_)) => return Err(Error::Vouching(Vouching::NoAccount)),
        other => other?,
    }
    let note = Note::of(Act::AgentCreated).on(id).with(&json!({"role": role, "provider": provider.id}));
    audit::record(tx, &Actor::system(workspace), note, now).await?;
    Ok(agent)
}

/// Notes who somebody is at a provider. Refuses when either is somebody else already: an address that was given to
/// another person there does not bring the account along.
async fn link(
    tx: &mut Tx,
    actor: &Actor,
    provider: ProviderId,
    subject: &str,
    agent: AgentId,
    now: Millis,
) -> Result<()> {
    if !store::provider::link(tx, actor.workspace, provider, subject, agent, now).await? {
        return Err(Error::Vouching(Vouching::SomebodyElse));
    }
    let note =
        Note::of(Act::FactorAdded).on(agent).with(&json!({"factor": "provider", "provider": provider}));
    audit::record(tx, actor, note, now).await
}

/// Lets a provider vouch for the caller.
pub(super) async fn link_to(app: &App, caller: &Caller, provider: Provider, person: Person) -> Result<()> {
    let (workspace, agent, actor, now) = (caller.workspace, caller.agent.id, caller.actor(), app.now());
    let linked = app.write(move |tx| {
        Box::pin(async move {
            if store::provider::account(tx, workspace, provider.id, &person.subject).await? == Some(agent) {
                return Ok(());
            }
            link(tx, &actor, provider.id, &person.subject, agent, now).await
        })
    });
    linked.await
}

/// The workspace's providers, and which may vouch for the caller.
pub async fn mine(app: &App, caller: &Caller) -> Result<Vec<MyProvider>> {
    caller.in_person()?;
    let (workspace, agent) = (caller.workspace, caller.agent.id);
    let read = app.read(move |tx| {
        Box::pin(async move {
            let providers = store::provider::list(tx, workspace).await?;
            Ok((providers, store::provider::accounts_of(tx, workspace, agent).await?))
        })
    });
    let (providers, known) = read.await?;
    let since = |id: ProviderId| known.iter().find(|(one, _)| *one == id).map(|(_, at)| *at);
    let all = providers.into_iter().map(|one| (since(one.id), one));
    let shown = all.filter(|(since, one)| one.enabled || since.is_some());
    Ok(shown.map(|(linked_at, one)| MyProvider { id: one.id, name: one.name, linked_at }).collect())
}

/// Takes from a provider that it may vouch for the caller.
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof, [`Error::NotFound`] when it did not, [`Error::Conflict`] when the caller
/// would have no other way to sign in.
pub async fn unlink(app: &App, caller: &Caller, id: ProviderId) -> Result<()> {
    if mine(app, caller).await?.iter().all(|one| one.id != id || one.linked_at.is_none()) {
        return Err(Error::NotFound);
    }
    caller.proved(app)?;
    let (workspace, agent, now, actor) = (caller.workspace, caller.agent.id, app.now(), caller.actor());
    let unlinked = app.write(move |tx| {
        Box::pin(async move {
            way_in::keep_one(tx, workspace, agent, Taken::Provider(id)).await?;
            if !store::provider::unlink(tx, workspace, id, agent).await? {
                return Err(Error::NotFound);
            }
            let note =
                Note::of(Act::FactorRemoved).on(agent).with(&json!({"factor": "provider", "provider": id}));
            audit::record(tx, &actor, note, now).await
        })
    });
    unlinked.await
}
