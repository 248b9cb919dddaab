//! Labels.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{Label, LabelId};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageLabels, CanRead};
use super::error::Answer;
use super::request::{Body, Id};

/// The workspace's labels.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct LabelList {
    /// The labels, by name.
    items: Vec<Label>,
}

/// A label to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "refund", "color": "orange"}))]
pub(super) struct LabelDraft {
    /// Its name, unique in the workspace, at most 40 characters.
    name: String,
    /// One of gray, red, pink, grape, violet, indigo, blue, cyan, teal, green, yellow, orange.
    color: String,
}

/// What to change of a label; absent fields stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"color": "red"}))]
pub(super) struct LabelChange {
    /// Another name.
    name: Option<String>,
    /// Another colour.
    color: Option<String>,
}

/// List labels
#[utoipa::path(get, path = "/labels", tag = "labels", security(("session" = ["conversation.read"])), responses((status = 200, body = LabelList)))]
pub(super) async fn list(caller: Caller<CanRead>, State(app): State<Arc<App>>) -> Answer<Json<LabelList>> {
    Ok(Json(LabelList { items: app::label::list(&app, &caller).await? }))
}

/// Make a label
#[utoipa::path(post, path = "/labels", tag = "labels", security(("session" = ["label.manage"])), request_body = LabelDraft, responses((status = 201, body = Label)))]
pub(super) async fn create(
    caller: Caller<CanManageLabels>,
    State(app): State<Arc<App>>,
    Body(body): Body<LabelDraft>,
) -> Answer<(StatusCode, Json<Label>)> {
    Ok((StatusCode::CREATED, Json(app::label::create(&app, &caller, &body.name, &body.color).await?)))
}

/// Change a label
#[utoipa::path(patch, path = "/labels/{id}", tag = "labels", security(("session" = ["label.manage"])), params(("id" = LabelId, Path)), request_body = LabelChange, responses((status = 200, body = Label)))]
pub(super) async fn update(
    caller: Caller<CanManageLabels>,
    State(app): State<Arc<App>>,
    Id(id): Id<LabelId>,
    Body(body): Body<LabelChange>,
) -> Answer<Json<Label>> {
    Ok(Json(app::label::update(&app, &caller, id, body.name, body.color).await?))
}

/// Remove a label, also from every conversation
#[utoipa::path(delete, path = "/labels/{id}", tag = "labels", security(("session" = ["label.manage"])), params(("id" = LabelId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageLabels>,
    State(app): State<Arc<App>>,
    Id(id): Id<LabelId>,
) -> Answer<StatusCode> {
    app::label::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
