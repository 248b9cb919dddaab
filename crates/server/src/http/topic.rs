//! What customers write about: what is said far more often than usual, what is to come, and whether it has moved.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{ArticleSuggestion, Drift, MessageId, Surge, SurgeId, TopicOutlook};
use serde::Serialize;

use super::caller::{Caller, CanManageKnowledge};
use super::error::Answer;
use super::request::{Id, PageQuery, Params};

/// A page of what customers write about far more often than usual.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SurgePage {
    /// The last noticed first.
    items: Vec<Surge>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

/// See what customers wrote lately, and what is expected of the coming days
#[utoipa::path(get, path = "/outlook", tag = "knowledge", security(("session" = ["knowledge.manage"])), responses((status = 200, body = TopicOutlook)))]
pub(super) async fn outlook(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
) -> Answer<Json<TopicOutlook>> {
    Ok(Json(app::topic::outlook(&app, &caller).await?))
}

/// List what customers write about far more often than usual
#[utoipa::path(get, path = "/surges", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(PageQuery), responses((status = 200, body = SurgePage)))]
pub(super) async fn surges(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Params(query): Params<PageQuery>,
) -> Answer<Json<SurgePage>> {
    let limit = query.limit()?.min(app::topic::MAX_PAGE);
    let page = app::topic::surges(&app, &caller, query.cursor, limit).await?;
    Ok(Json(SurgePage { items: page.items, next_cursor: page.next_cursor }))
}

/// Put away what customers write about: nobody is called for it any more
#[utoipa::path(post, path = "/surges/{id}/dismiss", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = SurgeId, Path)), responses((status = 204)))]
pub(super) async fn dismiss(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<SurgeId>,
) -> Answer<StatusCode> {
    app::topic::dismiss(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// See whether what customers write has moved since what is understood of it was held for right
#[utoipa::path(get, path = "/drift", tag = "knowledge", security(("session" = ["knowledge.manage"])), responses((status = 200, body = Drift)))]
pub(super) async fn drift(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Drift>> {
    Ok(Json(app::topic::drift(&app, &caller).await?))
}

/// Hold what is understood for right as it is now: from here on it is compared with the last seven days
#[utoipa::path(post, path = "/drift/accept", tag = "knowledge", security(("session" = ["knowledge.manage"])), responses((status = 204)))]
pub(super) async fn accept_drift(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
) -> Answer<StatusCode> {
    app::topic::accept(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begin an article with what a customer asked, and others who asked nearly the same; nothing is written
#[utoipa::path(get, path = "/asked/{id}/article", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = MessageId, Path)), responses((status = 200, body = ArticleSuggestion)))]
pub(super) async fn article(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<MessageId>,
) -> Answer<Json<ArticleSuggestion>> {
    Ok(Json(app::topic::article(&app, &caller, id).await?))
}
