//! Colleagues: making, changing and disabling accounts.

use model::{Act, Agent, AgentId, Locale, Role, Secret};
use serde_json::json;
use store::agent::AgentChange;

use crate::attempts::{self, Tried};
use crate::audit::{self, Actor, Note};
use crate::field::{Fields, NAME_MAX};
use crate::session::{self, Me};
use crate::{App, Caller, Error, Result, role};

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAgent {
    /// The name that colleagues see.
    pub name: String,
    /// The address used to sign in.
    pub email: String,
    /// The first password; without one the agent chooses it by a link.
    pub password: Option<Secret<String>>,
    /// What the agent may do.
    pub role: Role,
    /// The interface's language.
    pub locale: Locale,
}

/// What to change of an account; absent fields stay.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Another role.
    pub role: Option<Role>,
    /// Whether signing in is refused; ends the agent's sessions.
    pub disabled: Option<bool>,
}

/// Everybody in the workspace, by name.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Agent>> {
    let workspace = caller.workspace;
    let listed = app.read(move |tx| Box::pin(async move { Ok(store::agent::list(tx, workspace).await?) }));
    listed.await
}

/// Makes an account.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields and for an address that has an account; [`Error::Forbidden`] when
/// somebody who is no owner makes one.
pub async fn create(app: &App, caller: &Caller, new: &NewAgent) -> Result<Agent> {
    let mut fields = Fields::new();
    let name = fields.line("name", &new.name, NAME_MAX);
    let email = fields.email("email", &new.email);
    if let Some(password) = &new.password {
        fields.password("password", password.expose(), &[&caller.workspace_name, &name, &email]);
    }
    fields.finish()?;
    let hash = match &new.password {
        Some(password) => app.passwords.hash(&*app.entropy, password.expose()).await?,
        None => crate::password::NONE.to_owned(),
    };
    let (workspace, now) = (caller.workspace, app.now());
    let id = app.ids.next();
    let (role, locale) = (new.role, new.locale);
    let agent = Agent { id, name, email, role, locale, disabled: false, created_at: now };
    let (row, acting) = (agent.clone(), caller.clone());
    let made = app.write(move |tx| {
        Box::pin(async move {
            role::may_hand_on(tx, &acting, role).await?;
            match store::agent::insert(tx, workspace, &row, &hash).await {
                Err(store::Error::Unique(_)) => {
                    return Err(Error::field(
                        "email",
                        "taken",
                        "somebody signs in with this address already",
                    ));
                }
                other => other?,
            }
            let note = Note::of(Act::AgentCreated).on(id).with(&json!({ "role": role }));
            audit::record(tx, &acting.actor(), note, now).await?;
            session::tell(tx, workspace, id, now).await
        })
    });
    app.bell.events(workspace, made.await?);
    Ok(agent)
}

/// Changes an account.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such agent; [`Error::Forbidden`] when somebody who is no
/// owner changes or makes an owner, and for a role that holds more than the caller's; [`Error::Conflict`] when no owner would be left.
pub async fn update(app: &App, caller: &Caller, id: AgentId, change: &Change) -> Result<Agent> {
    let mut fields = Fields::new();
    let name = change.name.as_deref().map(|name| fields.line("name", name, NAME_MAX));
    fields.finish()?;
    let (acting, workspace, now) = (caller.clone(), caller.workspace, app.now());
    let (role, disabled) = (change.role, change.disabled);
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let before = store::agent::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            role::may_hand_on(tx, &acting, before.role).await?;
            role::may_hand_on(tx, &acting, role.unwrap_or(before.role)).await?;
            let change = AgentChange { name, role, locale: None, disabled };
            store::agent::update(tx, workspace, id, &change).await?;
            if store::agent::owners(tx, workspace).await? == 0 {
                let message = "a workspace needs an owner who can sign in; make another owner first";
                return Err(Error::Conflict { code: "conflict", message: message.to_owned() });
            }
            let after = store::agent::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            let detail = json!({ "role": after.role, "disabled": after.disabled });
            let note = Note::of(Act::AgentChanged).on(id).with(&detail);
            audit::record(tx, &acting.actor(), note, now).await?;
            Ok((after, session::tell(tx, workspace, id, now).await?))
        })
    });
    let (agent, seq) = changed.await?;
    app.bell.events(workspace, seq);
    if agent.disabled {
        session::end_all(app, &caller.actor(), id).await?;
    }
    Ok(agent)
}

/// Looks whether the caller may change how an agent signs in.
pub(crate) async fn touchable(app: &App, caller: &Caller, id: AgentId) -> Result<()> {
    let (workspace, acting) = (caller.workspace, caller.clone());
    app.read(move |tx| {
        Box::pin(async move {
            let found = store::agent::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            role::may_hand_on(tx, &acting, found.role).await
        })
    })
    .await
}

/// Changes the caller's own name or language.
pub async fn update_me(app: &App, caller: &Caller, name: Option<&str>, locale: Option<Locale>) -> Result<Me> {
    let mut fields = Fields::new();
    let name = name.map(|name| fields.line("name", name, NAME_MAX));
    fields.finish()?;
    let (workspace, id, now) = (caller.workspace, caller.agent.id, app.now());
    let actor = caller.actor();
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let change = AgentChange { name, role: None, locale, disabled: None };
            store::agent::update(tx, workspace, id, &change).await?;
            audit::record(tx, &actor, Note::of(Act::AgentChanged).on(id), now).await?;
            session::tell(tx, workspace, id, now).await
        })
    });
    app.bell.events(workspace, changed.await?);
    session::me(app, caller).await
}

/// Changes the caller's own password and ends the caller's other sessions.
///
/// # Errors
/// [`Error::Invalid`] when the present password is wrong or the new one too short.
pub async fn change_password(
    app: &App,
    caller: &Caller,
    current: &str,
    new: &str,
    visit: &session::Visit,
) -> Result<()> {
    let mut fields = Fields::new();
    let about = [&*caller.workspace_name, &caller.agent.name, &caller.agent.email];
    fields.password("new", new, &about);
    fields.finish()?;
    let counted = attempts::count(app, visit, &caller.agent.email, Tried::Password).await?;
    let kept = caller.in_person()?;
    let (workspace, id, now) = (caller.workspace, caller.agent.id, app.now());
    let stored = app
        .read(move |tx| Box::pin(async move { Ok(store::agent::password_hash(tx, workspace, id).await?) }));
    if !app.passwords.verify(current, stored.await?).await? {
        return Err(Error::field("current", "invalid", "this is not your present password"));
    }
    attempts::forgive(app, counted).await?;
    let hash = app.passwords.hash(&*app.entropy, new).await?;
    let actor = caller.actor();
    let changed = app.write(move |tx| {
        Box::pin(async move {
            store::workspace::lock(tx, workspace).await?;
            store::agent::set_password(tx, workspace, id, &hash).await?;
            store::link::delete(tx, workspace, id).await?;
            let mut ended = Vec::new();
            for row in store::session::list(tx, workspace, id, now).await? {
                if row.id != kept && store::session::delete(tx, workspace, id, row.id).await? {
                    ended.push(row.id);
                }
            }
            audit::record(tx, &actor, Note::of(Act::FactorChanged).on(id), now).await?;
            session::Ended::of(tx, workspace, id, ended, now).await
        })
    });
    changed.await?.ring(app, workspace);
    Ok(())
}

/// Sets an agent's password and ends the agent's sessions, asked by the operator of the machine.
///
/// # Errors
/// [`Error::NotFound`] when nobody signs in with that address.
pub async fn reset_password(app: &App, email: &str, new: &Secret<String>) -> Result<Agent> {
    let mut fields = Fields::new();
    let email = fields.email("email", email);
    let wanted = email.clone();
    let found = app.read(move |tx| {
        Box::pin(async move {
            let Some((workspace, agent, _)) = store::credential::agent_by_email(tx, &wanted).await? else {
                return Ok(None);
            };
            let house = store::workspace::get(tx, workspace).await?;
            Ok(Some((workspace, house.map(|house| house.name).unwrap_or_default(), agent)))
        })
    });
    let found = found.await?;
    let (house, name) =
        found.as_ref().map_or(("", ""), |(_, house, agent)| (house.as_str(), agent.name.as_str()));
    fields.password("password", new.expose(), &[house, name, &email]);
    fields.finish()?;
    let (workspace, _, agent) = found.ok_or(Error::NotFound)?;
    let (hash, now) = (app.passwords.hash(&*app.entropy, new.expose()).await?, app.now());
    let id = agent.id;
    let reset = app.write(move |tx| {
        Box::pin(async move {
            store::agent::set_password(tx, workspace, id, &hash).await?;
            let note = Note::of(Act::FactorChanged).on(id);
            audit::record(tx, &Actor::operator(workspace), note, now).await
        })
    });
    reset.await?;
    session::end_all(app, &Actor::operator(workspace), agent.id).await?;
    Ok(agent)
}
