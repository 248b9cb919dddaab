//! Colleagues.

use std::sync::Arc;

use app::App;
use app::agent::{Change, NewAgent};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{Agent, AgentId, Locale, Role, Secret};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageAgents, CanManageAgentsInPerson, CanReadAgents};
use super::error::Answer;
use super::request::{Body, Id};

/// The workspace's agents.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AgentList {
    /// The agents, the oldest first.
    items: Vec<Agent>,
}

/// An account to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Wei", "email": "wei@example.com", "password": "a long sentence is fine", "role": "agent",
    "locale": "zh-CN"
}))]
pub(super) struct AgentDraft {
    /// The name that colleagues see.
    name: String,
    /// The address used to sign in.
    email: String,
    /// The first password, 10 to 256 characters; absent: the agent chooses it by a link.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret<String>>,
    /// What the agent may do.
    role: Role,
    /// The interface's language.
    #[serde(default)]
    locale: Locale,
}

/// What to change of an account; absent fields stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"disabled": true}))]
pub(super) struct AgentChange {
    /// Another name.
    name: Option<String>,
    /// Another role.
    role: Option<Role>,
    /// Whether signing in is refused; ends the agent's sessions.
    disabled: Option<bool>,
}

/// List colleagues
#[utoipa::path(get, path = "/agents", tag = "agents", security(("session" = ["agent.read"])), responses((status = 200, body = AgentList)))]
pub(super) async fn list(
    caller: Caller<CanReadAgents>,
    State(app): State<Arc<App>>,
) -> Answer<Json<AgentList>> {
    Ok(Json(AgentList { items: app::agent::list(&app, &caller).await? }))
}

/// Make an account; only owners make owners
#[utoipa::path(post, path = "/agents", tag = "agents", security(("session" = ["agent.manage"])), request_body = AgentDraft, responses((status = 201, body = Agent)))]
pub(super) async fn create(
    caller: Caller<CanManageAgents>,
    State(app): State<Arc<App>>,
    Body(body): Body<AgentDraft>,
) -> Answer<(StatusCode, Json<Agent>)> {
    let AgentDraft { name, email, password, role, locale } = body;
    let new = NewAgent { name, email, password, role, locale };
    Ok((StatusCode::CREATED, Json(app::agent::create(&app, &caller, &new).await?)))
}

/// Change an account; only owners change owners
#[utoipa::path(patch, path = "/agents/{id}", tag = "agents", security(("session" = ["agent.manage"])), params(("id" = AgentId, Path)), request_body = AgentChange, responses((status = 200, body = Agent)))]
pub(super) async fn update(
    caller: Caller<CanManageAgents>,
    State(app): State<Arc<App>>,
    Id(id): Id<AgentId>,
    Body(body): Body<AgentChange>,
) -> Answer<Json<Agent>> {
    let change = Change { name: body.name, role: body.role, disabled: body.disabled };
    Ok(Json(app::agent::update(&app, &caller, id, &change).await?))
}

/// End all sessions of a colleague
#[utoipa::path(delete, path = "/agents/{id}/sessions", tag = "sign-in", security(("session" = ["agent.manage"])), params(("id" = AgentId, Path)), responses((status = 204)))]
pub(super) async fn end_sessions(
    caller: Caller<CanManageAgentsInPerson>,
    State(app): State<Arc<App>>,
    Id(id): Id<AgentId>,
) -> Answer<StatusCode> {
    app::session::end_of(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
