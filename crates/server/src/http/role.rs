//! Roles.

use std::sync::Arc;

use app::App;
use app::role::{NewRole, RoleView};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{Mask, Permission, RoleId, Scope};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageRoles, CanReadAgents};
use super::error::Answer;
use super::request::{Body, Id};

/// The roles that an agent can have.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RoleList {
    /// The built-in roles, and then those that the workspace made.
    items: Vec<RoleView>,
}

/// A role to be made, or all of what one is to become.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Night shift", "permissions": ["conversation.read", "conversation.reply"], "scope": "team",
    "masks": ["phone"]
}))]
pub(super) struct RoleDraft {
    /// What people call it, at most 60 characters.
    name: String,
    /// What it may do; nothing that the caller may not.
    permissions: Vec<Permission>,
    /// Whose conversations it sees; no more than the caller.
    scope: Scope,
    /// What of a person is hidden from it; at least what is hidden from the caller.
    #[serde(default)]
    masks: Vec<Mask>,
}

impl From<RoleDraft> for NewRole {
    fn from(draft: RoleDraft) -> Self {
        let RoleDraft { name, permissions, scope, masks } = draft;
        Self { name, permissions, scope, masks }
    }
}

/// List roles with what they hold
#[utoipa::path(get, path = "/roles", tag = "agents", security(("session" = ["agent.read"])), responses((status = 200, body = RoleList)))]
pub(super) async fn list(
    caller: Caller<CanReadAgents>,
    State(app): State<Arc<App>>,
) -> Answer<Json<RoleList>> {
    Ok(Json(RoleList { items: app::role::list(&app, &caller).await? }))
}

/// Make a role
#[utoipa::path(post, path = "/roles", tag = "agents", security(("session" = ["role.manage"])), request_body = RoleDraft, responses((status = 201, body = RoleView)))]
pub(super) async fn create(
    caller: Caller<CanManageRoles>,
    State(app): State<Arc<App>>,
    Body(body): Body<RoleDraft>,
) -> Answer<(StatusCode, Json<RoleView>)> {
    Ok((StatusCode::CREATED, Json(app::role::create(&app, &caller, &body.into()).await?)))
}

/// Change a role that the workspace made, at once for all who have it
#[utoipa::path(put, path = "/roles/{id}", tag = "agents", security(("session" = ["role.manage"])), params(("id" = RoleId, Path)), request_body = RoleDraft, responses((status = 200, body = RoleView)))]
pub(super) async fn update(
    caller: Caller<CanManageRoles>,
    State(app): State<Arc<App>>,
    Id(id): Id<RoleId>,
    Body(body): Body<RoleDraft>,
) -> Answer<Json<RoleView>> {
    Ok(Json(app::role::update(&app, &caller, id, &body.into()).await?))
}

/// Remove a role that nobody has
#[utoipa::path(delete, path = "/roles/{id}", tag = "agents", security(("session" = ["role.manage"])), params(("id" = RoleId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageRoles>,
    State(app): State<Arc<App>>,
    Id(id): Id<RoleId>,
) -> Answer<StatusCode> {
    app::role::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
