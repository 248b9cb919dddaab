//! What the knowledge does not have.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{ArticleSuggestion, MessageId, StaleArticle, UnansweredTopic};
use serde::Serialize;

use super::caller::{Caller, CanManageKnowledge};
use super::error::{Answer, Problem};
use super::request::{Id, PageQuery, Params};

/// A page of topics.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct UnansweredPage {
    /// The topics, the largest first.
    items: Vec<UnansweredTopic>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

/// A page of pieces of knowledge that somebody should look at.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct StalePage {
    /// The pieces, the newest first.
    items: Vec<StaleArticle>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

/// How many items a page has: what each shows is put together from several messages.
fn limit(query: &PageQuery) -> Result<i64, Problem> {
    Ok(query.limit()?.min(app::unanswered::MAX_PAGE))
}

/// List what customers asked and the knowledge had no answer to
#[utoipa::path(get, path = "/unanswered", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(PageQuery), responses((status = 200, body = UnansweredPage)))]
pub(super) async fn list(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Params(query): Params<PageQuery>,
) -> Answer<Json<UnansweredPage>> {
    let limit = limit(&query)?;
    let page = app::unanswered::list(&app, &caller, query.cursor, limit).await?;
    Ok(Json(UnansweredPage { items: page.items, next_cursor: page.next_cursor }))
}

/// Begin an article with what was asked and answered; nothing is written
#[utoipa::path(get, path = "/unanswered/{id}/article", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = MessageId, Path)), responses((status = 200, body = ArticleSuggestion)))]
pub(super) async fn article(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<MessageId>,
) -> Answer<Json<ArticleSuggestion>> {
    Ok(Json(app::unanswered::suggestion(&app, &caller, id).await?))
}

/// Put away what was asked; it comes back when more ask again than had before
#[utoipa::path(post, path = "/unanswered/{id}/dismiss", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = MessageId, Path)), responses((status = 204)))]
pub(super) async fn dismiss(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<MessageId>,
) -> Answer<StatusCode> {
    app::unanswered::dismiss(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List articles that somebody should look at
#[utoipa::path(get, path = "/stale_articles", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(PageQuery), responses((status = 200, body = StalePage)))]
pub(super) async fn stale(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Params(query): Params<PageQuery>,
) -> Answer<Json<StalePage>> {
    let limit = limit(&query)?;
    let page = app::unanswered::stale(&app, &caller, query.cursor, limit).await?;
    Ok(Json(StalePage { items: page.items, next_cursor: page.next_cursor }))
}
