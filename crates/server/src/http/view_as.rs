//! Seeing the workspace as a colleague.

use std::sync::Arc;

use app::App;
use axum::extract::State;
use axum::http::StatusCode;
use model::AgentId;

use super::caller::{Caller, CanViewAs, Leaving};
use super::error::Answer;
use super::request::Id;

/// See the workspace as a colleague, in this session and reading only
#[utoipa::path(post, path = "/agents/{id}/view", tag = "session", security(("session" = ["view_as"])), params(("id" = AgentId, Path)), responses((status = 204)))]
pub(super) async fn begin(
    caller: Caller<CanViewAs>,
    State(app): State<Arc<App>>,
    Id(id): Id<AgentId>,
) -> Answer<StatusCode> {
    app::view_as::begin(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// See the workspace as oneself again
#[utoipa::path(delete, path = "/session/view", tag = "session", security(("session" = [])), responses((status = 204)))]
pub(super) async fn end(caller: Caller<Leaving>, State(app): State<Arc<App>>) -> Answer<StatusCode> {
    app::view_as::end(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
