//! What knowledge is taken from.

use std::sync::Arc;

use app::App;
use app::knowledge_source::SourceChange;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{Every, Import, KnowledgeSource, SourceId, SourceKind};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageKnowledge};
use super::error::Answer;
use super::import::ImportChoiceDraft;
use super::request::{Body, Id, Params, page_limit};

/// Which sources.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SourceQuery {
    /// Where the page begins: the `next_cursor` of an earlier answer.
    cursor: Option<String>,
    /// How many items, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// A page of sources.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SourcePage {
    /// The sources, the newest first.
    items: Vec<KnowledgeSource>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

/// Pages or a sitemap to take knowledge from.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "sitemap", "addresses": ["https://shop.example/sitemap.xml"]}))]
pub(super) struct SourceDraft {
    /// `pages` or `sitemap`.
    kind: SourceKind,
    /// The pages, at most 100 and all of one site, or the one sitemap.
    addresses: Vec<String>,
}

/// What to change of a source; absent fields stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"every": "week"}))]
pub(super) struct SourceEdit {
    /// How often its pages are looked at again; `never` for a file.
    every: Option<Every>,
    /// What is done with its pieces.
    choice: Option<ImportChoiceDraft>,
}

/// List what knowledge is taken from
#[utoipa::path(get, path = "/knowledge_sources", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(SourceQuery), responses((status = 200, body = SourcePage)))]
pub(super) async fn list(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Params(query): Params<SourceQuery>,
) -> Answer<Json<SourcePage>> {
    let limit = page_limit(query.limit)?;
    let page = app::knowledge_source::list(&app, &caller, query.cursor, limit).await?;
    Ok(Json(SourcePage { items: page.items, next_cursor: page.next_cursor }))
}

/// Name pages or a sitemap to take knowledge from
///
/// They are read in the background: ask for the import until it is `ready`, look at its items, and apply it.
#[utoipa::path(post, path = "/knowledge_sources", tag = "knowledge", security(("session" = ["knowledge.manage"])), request_body = SourceDraft, responses((status = 201, body = Import)))]
pub(super) async fn create(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<SourceDraft>,
) -> Answer<(StatusCode, Json<Import>)> {
    let import = app::import::from_web(&app, &caller, body.kind, &body.addresses).await?;
    Ok((StatusCode::CREATED, Json(import)))
}

/// Read the pages of a source again
#[utoipa::path(post, path = "/knowledge_sources/{id}/fetch", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = SourceId, Path)), responses((status = 200, body = Import)))]
pub(super) async fn fetch(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<SourceId>,
) -> Answer<Json<Import>> {
    Ok(Json(app::knowledge_source::fetch(&app, &caller, id).await?))
}

/// Read a source
#[utoipa::path(get, path = "/knowledge_sources/{id}", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = SourceId, Path)), responses((status = 200, body = KnowledgeSource)))]
pub(super) async fn get(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<SourceId>,
) -> Answer<Json<KnowledgeSource>> {
    Ok(Json(app::knowledge_source::get(&app, &caller, id).await?))
}

/// Change what is done with a source
#[utoipa::path(patch, path = "/knowledge_sources/{id}", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = SourceId, Path)), request_body = SourceEdit, responses((status = 200, body = KnowledgeSource)))]
pub(super) async fn update(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<SourceId>,
    Body(body): Body<SourceEdit>,
) -> Answer<Json<KnowledgeSource>> {
    let change = SourceChange { every: body.every, choice: body.choice.map(Into::into) };
    Ok(Json(app::knowledge_source::update(&app, &caller, id, change).await?))
}

/// Forget a source; its articles stay
#[utoipa::path(delete, path = "/knowledge_sources/{id}", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = SourceId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<SourceId>,
) -> Answer<StatusCode> {
    app::knowledge_source::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
