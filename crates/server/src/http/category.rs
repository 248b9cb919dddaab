//! Categories of knowledge, and which words mean the same.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{Category, CategoryId, Synonyms};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageKnowledge, CanReadKnowledge};
use super::error::Answer;
use super::request::{Body, Id};

/// The workspace's categories.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CategoryList {
    /// The categories in their order.
    items: Vec<Category>,
}

/// A category to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Orders"}))]
pub(super) struct CategoryDraft {
    /// Its name, at most 80 characters, unique in the workspace.
    name: String,
}

/// What to change of a category; absent fields stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"position": 2}))]
pub(super) struct CategoryChange {
    /// Another name.
    name: Option<String>,
    /// Another place among the others.
    position: Option<i64>,
}

/// List categories
#[utoipa::path(get, path = "/categories", tag = "knowledge", security(("session" = ["knowledge.read"])), responses((status = 200, body = CategoryList)))]
pub(super) async fn list(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
) -> Answer<Json<CategoryList>> {
    Ok(Json(CategoryList { items: app::category::list(&app, &caller).await? }))
}

/// Make a category
#[utoipa::path(post, path = "/categories", tag = "knowledge", security(("session" = ["knowledge.manage"])), request_body = CategoryDraft, responses((status = 201, body = Category)))]
pub(super) async fn create(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<CategoryDraft>,
) -> Answer<(StatusCode, Json<Category>)> {
    Ok((StatusCode::CREATED, Json(app::category::create(&app, &caller, &body.name).await?)))
}

/// Change a category
#[utoipa::path(patch, path = "/categories/{id}", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = CategoryId, Path)), request_body = CategoryChange, responses((status = 200, body = Category)))]
pub(super) async fn update(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<CategoryId>,
    Body(body): Body<CategoryChange>,
) -> Answer<Json<Category>> {
    Ok(Json(app::category::update(&app, &caller, id, body.name, body.position).await?))
}

/// Remove a category
#[utoipa::path(delete, path = "/categories/{id}", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = CategoryId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<CategoryId>,
) -> Answer<StatusCode> {
    app::category::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read which words mean the same
#[utoipa::path(get, path = "/synonyms", tag = "knowledge", security(("session" = ["knowledge.read"])), responses((status = 200, body = Synonyms)))]
pub(super) async fn synonyms(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Synonyms>> {
    Ok(Json(app::category::synonyms(&app, &caller).await?))
}

/// Say which words mean the same
#[utoipa::path(put, path = "/synonyms", tag = "knowledge", security(("session" = ["knowledge.manage"])), request_body = Synonyms, responses((status = 200, body = Synonyms)))]
pub(super) async fn set_synonyms(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<Synonyms>,
) -> Answer<Json<Synonyms>> {
    Ok(Json(app::category::set_synonyms(&app, &caller, body).await?))
}
