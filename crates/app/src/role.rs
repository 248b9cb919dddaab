//! Roles: what an agent's role holds, and the roles that a workspace makes for itself.

use std::sync::Arc;

use model::{Act, Agent, CustomRole, EventKind, Mask, Permission, Rights, Role, RoleId, Scope, WorkspaceId};
use serde::Serialize;
use serde_json::{Value, json};
use store::event::NewChange;
use store::{Tx, Visibility};

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result};

/// The most roles that a workspace makes.
const ROLES_MAX: usize = 100;
/// The most characters of a role's name.
const NAME_MAX: usize = 60;

/// What somebody may do and see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What the role holds.
    pub rights: Rights,
    /// Which conversations that shows.
    pub visibility: Visibility,
}

/// What an agent may do and see now.
///
/// # Errors
/// When the store is away.
pub async fn grant(tx: &mut Tx, workspace: WorkspaceId, agent: &Agent) -> Result<Arc<Grant>> {
    let rights = rights(tx, workspace, agent.role).await?;
    let visibility = match rights.scope {
        Scope::All => Visibility::everything(),
        Scope::Own => Visibility::of(agent.id, Vec::new(), Vec::new()),
        Scope::Team => {
            let teams = store::team::of_agent(tx, workspace, agent.id).await?;
            Visibility::of(agent.id, teams, Vec::new())
        }
        Scope::Inbox => {
            let teams = store::team::of_agent(tx, workspace, agent.id).await?;
            let inboxes = store::team::inboxes_of_agent(tx, workspace, agent.id).await?;
            Visibility::of(agent.id, teams, inboxes)
        }
    };
    Ok(Arc::new(Grant { rights, visibility }))
}

/// What a role holds; nothing where there is no such role.
pub(crate) async fn rights(tx: &mut Tx, workspace: WorkspaceId, role: Role) -> Result<Rights> {
    match role {
        Role::Custom(id) => {
            let role = store::role::get(tx, workspace, id).await?;
            Ok(role.map_or_else(Rights::none, |role| role.rights))
        }
        built_in => Ok(built_in.rights().unwrap_or_else(Rights::none)),
    }
}

/// Refuses whoever gives, or takes from somebody, a role that holds more than their own; only owners make and change
/// owners.
///
/// # Errors
/// [`Error::Forbidden`] then, [`Error::Invalid`] when there is no such role.
pub(crate) async fn may_hand_on(tx: &mut Tx, caller: &Caller, role: Role) -> Result<()> {
    if let Role::Custom(id) = role
        && store::role::get(tx, caller.workspace, id).await?.is_none()
    {
        return Err(Error::field("role", "unknown", "choose a role of this workspace"));
    }
    let owner = role == Role::Owner && caller.agent.role != Role::Owner;
    let rights = rights(tx, caller.workspace, role).await?;
    if owner || !caller.grant.rights.covers(&rights) { Err(Error::Forbidden) } else { Ok(()) }
}

/// A role as people who manage roles see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RoleView {
    /// Its id; `null` for the built-in ones.
    pub id: Option<RoleId>,
    /// What an account names it by: a built-in name, or an id.
    pub role: Role,
    /// What people call it; `null` for the built-in ones, which each language names in its own way.
    pub name: Option<String>,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// Whose conversations it sees.
    pub scope: Scope,
    /// What of a person is hidden from it.
    pub masks: Vec<Mask>,
    /// How many accounts have it.
    pub members: i64,
}

/// A role to be made, or what one is to become.
#[derive(Debug, Clone)]
pub struct NewRole {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// Whose conversations it sees.
    pub scope: Scope,
    /// What of a person is hidden from it.
    pub masks: Vec<Mask>,
}

impl NewRole {
    fn checked(&self, fields: &mut Fields) -> (String, Rights) {
        let name = fields.line("name", &self.name, NAME_MAX);
        let permissions = Permission::ALL.into_iter().filter(|one| self.permissions.contains(one)).collect();
        let masks = Mask::ALL.into_iter().filter(|one| self.masks.contains(one)).collect();
        (name, Rights { permissions, scope: self.scope, masks })
    }
}

/// All roles: the built-in ones and then those of the workspace.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<RoleView>> {
    let workspace = caller.workspace;
    let read = app.read(move |tx| {
        Box::pin(async move {
            let custom = store::role::list(tx, workspace).await?;
            Ok((custom, store::agent::list(tx, workspace).await?))
        })
    });
    let (custom, agents) = read.await?;
    let view = |role: Role, name: Option<String>, rights: Rights| RoleView {
        id: if let Role::Custom(id) = role { Some(id) } else { None },
        role,
        name,
        permissions: rights.permissions,
        scope: rights.scope,
        masks: rights.masks,
        members: agents.iter().filter(|agent| agent.role == role).count() as i64,
    };
    let built_in = Role::BUILT_IN.into_iter().filter_map(|role| Some(view(role, None, role.rights()?)));
    let custom = custom.into_iter().map(|role| view(Role::Custom(role.id), Some(role.name), role.rights));
    Ok(built_in.chain(custom).collect())
}

/// Makes a role.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields and a name that is taken, [`Error::Forbidden`] for rights that the caller lacks,
/// [`Error::Conflict`] past 100 roles.
pub async fn create(app: &App, caller: &Caller, new: &NewRole) -> Result<RoleView> {
    let mut fields = Fields::new();
    let (name, rights) = new.checked(&mut fields);
    fields.finish()?;
    if !caller.grant.rights.covers(&rights) {
        return Err(Error::Forbidden);
    }
    let now = app.now();
    let row = CustomRole { id: app.ids.next(), name, rights, created_at: now };
    let (workspace, actor, kept) = (caller.workspace, caller.actor(), row.clone());
    let made = app.write(move |tx| {
        Box::pin(async move {
            if store::role::list(tx, workspace).await?.len() >= ROLES_MAX {
                let message = format!("there are {ROLES_MAX} roles already; remove some that nobody has");
                return Err(Error::Conflict { code: "conflict", message });
            }
            store::role::insert(tx, workspace, &kept).await.map_err(taken)?;
            let note = Note::of(Act::RoleCreated).on(kept.id).with(&told(&kept.rights));
            audit::record(tx, &actor, note, now).await
        })
    });
    made.await?;
    Ok(view(row, 0))
}

/// Changes a role, at once for all who have it.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such role, else as [`create`].
pub async fn update(app: &App, caller: &Caller, id: RoleId, new: &NewRole) -> Result<RoleView> {
    let mut fields = Fields::new();
    let (name, rights) = new.checked(&mut fields);
    let wrong = fields.finish();
    let (workspace, acting, now) = (caller.workspace, caller.clone(), app.now());
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let before = store::role::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            wrong?;
            let held = &acting.grant.rights;
            if !held.covers(&before.rights) || !held.covers(&rights) {
                return Err(Error::Forbidden);
            }
            let row = CustomRole { name, rights, ..before };
            store::role::update(tx, workspace, &row).await.map_err(taken)?;
            let note = Note::of(Act::RoleChanged).on(id).with(&told(&row.rights));
            audit::record(tx, &acting.actor(), note, now).await?;
            let agents = store::agent::list(tx, workspace).await?;
            let holders = agents.into_iter().filter(|agent| agent.role == Role::Custom(id));
            let changes: Vec<NewChange> =
                holders.map(|agent| NewChange::of(EventKind::Agent, agent.id.0)).collect();
            let seq = store::event::append(tx, workspace, &changes, now).await?;
            Ok((view(row, changes.len() as i64), seq))
        })
    });
    let (view, seq) = changed.await?;
    app.bell.events(workspace, seq);
    Ok(view)
}

/// Removes a role that nobody has.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such role, [`Error::Conflict`] when somebody has it or a provider gives it,
/// [`Error::Forbidden`] when it holds more than the caller's.
pub async fn remove(app: &App, caller: &Caller, id: RoleId) -> Result<()> {
    let (workspace, acting, now) = (caller.workspace, caller.clone(), app.now());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            let before = store::role::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            if !acting.grant.rights.covers(&before.rights) {
                return Err(Error::Forbidden);
            }
            if store::role::holders(tx, workspace, Role::Custom(id)).await? > 0 {
                let message = "somebody has this role; give them another one first".to_owned();
                return Err(Error::Conflict { code: "conflict", message });
            }
            let mut providers = store::provider::list(tx, workspace).await?.into_iter();
            if providers.any(|provider| provider.roles().any(|role| role == Role::Custom(id))) {
                let message = "a provider of identity gives this role; change that first".to_owned();
                return Err(Error::Conflict { code: "conflict", message });
            }
            store::role::delete(tx, workspace, id).await?;
            audit::record(tx, &acting.actor(), Note::of(Act::RoleRemoved).on(id), now).await
        })
    });
    removed.await
}

fn view(row: CustomRole, members: i64) -> RoleView {
    let Rights { permissions, scope, masks } = row.rights;
    let (id, role) = (Some(row.id), Role::Custom(row.id));
    RoleView { id, role, name: Some(row.name), permissions, scope, masks, members }
}

fn told(rights: &Rights) -> Value {
    json!({ "permissions": rights.permissions, "scope": rights.scope, "masks": rights.masks })
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique(_) => Error::field("name", "taken", "another role has this name"),
        other => other.into(),
    }
}
