//! Teams.

use std::sync::Arc;

use app::App;
use app::team::Change;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{AgentId, InboxId, Team, TeamId};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageTeams, CanReadAgents};
use super::error::Answer;
use super::request::{Body, Id};

/// The workspace's teams.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TeamList {
    /// The teams, by name.
    items: Vec<Team>,
}

/// A team to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Returns", "member_ids": ["ag_0f5s3v9k2m0a1"], "inbox_ids": []}))]
pub(super) struct TeamDraft {
    /// What people call it, at most 60 characters.
    name: String,
    /// Who is in it.
    #[serde(default)]
    member_ids: Vec<AgentId>,
    /// The inboxes that it serves.
    #[serde(default)]
    inbox_ids: Vec<InboxId>,
}

/// What to change of a team; absent fields stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"member_ids": ["ag_0f5s3v9k2m0a1"]}))]
pub(super) struct TeamChange {
    /// Another name.
    name: Option<String>,
    /// Everybody who is to be in it.
    member_ids: Option<Vec<AgentId>>,
    /// All inboxes that it is to serve.
    inbox_ids: Option<Vec<InboxId>>,
}

/// List teams
#[utoipa::path(get, path = "/teams", tag = "agents", security(("session" = ["agent.read"])), responses((status = 200, body = TeamList)))]
pub(super) async fn list(
    caller: Caller<CanReadAgents>,
    State(app): State<Arc<App>>,
) -> Answer<Json<TeamList>> {
    Ok(Json(TeamList { items: app::team::list(&app, &caller).await? }))
}

/// Make a team
#[utoipa::path(post, path = "/teams", tag = "agents", security(("session" = ["team.manage"])), request_body = TeamDraft, responses((status = 201, body = Team)))]
pub(super) async fn create(
    caller: Caller<CanManageTeams>,
    State(app): State<Arc<App>>,
    Body(body): Body<TeamDraft>,
) -> Answer<(StatusCode, Json<Team>)> {
    let change = Change { name: None, members: Some(body.member_ids), inboxes: Some(body.inbox_ids) };
    Ok((StatusCode::CREATED, Json(app::team::create(&app, &caller, &body.name, change).await?)))
}

/// Change a team, at once for all who are in it
#[utoipa::path(patch, path = "/teams/{id}", tag = "agents", security(("session" = ["team.manage"])), params(("id" = TeamId, Path)), request_body = TeamChange, responses((status = 200, body = Team)))]
pub(super) async fn update(
    caller: Caller<CanManageTeams>,
    State(app): State<Arc<App>>,
    Id(id): Id<TeamId>,
    Body(body): Body<TeamChange>,
) -> Answer<Json<Team>> {
    let change = Change { name: body.name, members: body.member_ids, inboxes: body.inbox_ids };
    Ok(Json(app::team::update(&app, &caller, id, change).await?))
}

/// Remove a team; its open conversations belong to no team then
#[utoipa::path(delete, path = "/teams/{id}", tag = "agents", security(("session" = ["team.manage"])), params(("id" = TeamId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageTeams>,
    State(app): State<Arc<App>>,
    Id(id): Id<TeamId>,
) -> Answer<StatusCode> {
    app::team::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
