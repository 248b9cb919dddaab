//! Teams: who is in them, and the inboxes that they serve. What a team is given, those of its members see whose role
//! shows them their teams'.

use model::{Act, AgentId, EventKind, InboxId, Scope, Team, TeamId};
use serde_json::json;
use store::Tx;
use store::event::NewChange;

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result};

/// The most teams of a workspace.
const TEAMS_MAX: usize = 100;
/// The most characters of a team's name.
const NAME_MAX: usize = 60;

/// What to change of a team; absent fields stay.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<String>,
    /// Everybody who is in it.
    pub members: Option<Vec<AgentId>>,
    /// All inboxes that it serves.
    pub inboxes: Option<Vec<InboxId>>,
}

/// The workspace's teams, by name.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Team>> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { Ok(store::team::list(tx, workspace).await?) })).await
}

/// Whoever says what others see has to see it.
fn may_manage(caller: &Caller) -> Result<()> {
    if caller.grant.rights.scope == Scope::All { Ok(()) } else { Err(Error::Forbidden) }
}

/// Makes a team.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields and a name that is taken, [`Error::Conflict`] past 100 teams,
/// [`Error::Forbidden`] for callers who do not see all conversations.
pub async fn create(app: &App, caller: &Caller, name: &str, change: Change) -> Result<Team> {
    may_manage(caller)?;
    let mut fields = Fields::new();
    let name = fields.line("name", name, NAME_MAX);
    fields.finish()?;
    let (workspace, actor, now) = (caller.workspace, caller.actor(), app.now());
    let id: TeamId = app.ids.next();
    let made = app.write(move |tx| {
        Box::pin(async move {
            if store::team::list(tx, workspace).await?.len() >= TEAMS_MAX {
                let message = format!("there are {TEAMS_MAX} teams already");
                return Err(Error::Conflict { code: "conflict", message });
            }
            store::team::insert(tx, workspace, id, &name, now).await.map_err(taken)?;
            let told = fill(tx, workspace, id, &change).await?;
            let note = Note::of(Act::TeamCreated).on(id).with(&json!({
                "members": change.members, "inboxes": change.inboxes
            }));
            audit::record(tx, &actor, note, now).await?;
            finish(tx, workspace, id, told, now).await
        })
    });
    let (team, seq) = made.await?;
    app.bell.events(workspace, seq);
    Ok(team)
}

/// Changes a team, at once for all who are or were in it.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such team, else as [`create`].
pub async fn update(app: &App, caller: &Caller, id: TeamId, change: Change) -> Result<Team> {
    let allowed = may_manage(caller);
    let (workspace, actor, now) = (caller.workspace, caller.actor(), app.now());
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let teams = store::team::list(tx, workspace).await?;
            let before = teams.into_iter().find(|team| team.id == id).ok_or(Error::NotFound)?;
            allowed?;
            if let Some(name) = &change.name {
                let mut fields = Fields::new();
                let name = fields.line("name", name, NAME_MAX);
                fields.finish()?;
                store::team::rename(tx, workspace, id, &name).await.map_err(taken)?;
            }
            let mut told = fill(tx, workspace, id, &change).await?;
            told.extend(before.member_ids);
            let note = Note::of(Act::TeamChanged).on(id).with(&json!({
                "members": change.members, "inboxes": change.inboxes, "renamed": change.name.is_some()
            }));
            audit::record(tx, &actor, note, now).await?;
            finish(tx, workspace, id, told, now).await
        })
    });
    let (team, seq) = changed.await?;
    app.bell.events(workspace, seq);
    Ok(team)
}

/// Removes a team.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such team, [`Error::Forbidden`] as for [`create`].
pub async fn remove(app: &App, caller: &Caller, id: TeamId) -> Result<()> {
    let allowed = may_manage(caller);
    let (workspace, actor, now) = (caller.workspace, caller.actor(), app.now());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            let teams = store::team::list(tx, workspace).await?;
            let before = teams.into_iter().find(|team| team.id == id).ok_or(Error::NotFound)?;
            allowed?;
            store::team::delete(tx, workspace, id).await?;
            audit::record(tx, &actor, Note::of(Act::TeamRemoved).on(id), now).await?;
            let mut changes = vec![NewChange::deleted(EventKind::Team, id.0)];
            changes.extend(before.member_ids.iter().map(|agent| NewChange::of(EventKind::Agent, agent.0)));
            Ok(store::event::append(tx, workspace, &changes, now).await?)
        })
    });
    app.bell.events(workspace, removed.await?);
    Ok(())
}

/// Sets people and inboxes; tells who has to look again what they see.
async fn fill(
    tx: &mut Tx,
    workspace: model::WorkspaceId,
    id: TeamId,
    change: &Change,
) -> Result<Vec<AgentId>> {
    let mut fields = Fields::new();
    if let Some(members) = &change.members {
        let agents = store::agent::list(tx, workspace).await?;
        if members.iter().any(|member| agents.iter().all(|agent| agent.id != *member)) {
            fields.wrong("member_ids", "unknown", "choose people of this workspace");
        }
    }
    if let Some(inboxes) = &change.inboxes {
        let known = store::inbox::list(tx, workspace).await?;
        if inboxes.iter().any(|inbox| known.iter().all(|one| one.id != *inbox)) {
            fields.wrong("inbox_ids", "unknown", "choose inboxes of this workspace");
        }
    }
    fields.finish()?;
    if let Some(members) = &change.members {
        store::team::set_members(tx, workspace, id, members).await?;
    }
    if let Some(inboxes) = &change.inboxes {
        store::team::set_inboxes(tx, workspace, id, inboxes).await?;
    }
    Ok(change.members.clone().unwrap_or_default())
}

async fn finish(
    tx: &mut Tx,
    workspace: model::WorkspaceId,
    id: TeamId,
    mut told: Vec<AgentId>,
    now: model::Millis,
) -> Result<(Team, i64)> {
    let teams = store::team::list(tx, workspace).await?;
    let team = teams.into_iter().find(|team| team.id == id).ok_or(Error::NotFound)?;
    told.sort_unstable();
    told.dedup();
    let mut changes = vec![NewChange::of(EventKind::Team, id.0)];
    changes.extend(told.iter().map(|agent| NewChange::of(EventKind::Agent, agent.0)));
    Ok((team, store::event::append(tx, workspace, &changes, now).await?))
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique(_) => Error::field("name", "taken", "another team has this name"),
        other => other.into(),
    }
}
