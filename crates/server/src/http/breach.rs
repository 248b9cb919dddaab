//! The log of breaches.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Breach, BreachDraft, BreachId};
use serde::Serialize;

use super::caller::{Caller, CanManagePrivacy};
use super::error::Answer;
use super::request::{Body, Id, PageQuery, Params};

/// A page of breaches.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct BreachPage {
    /// The breaches, the last noticed first.
    items: Vec<Breach>,
    /// Where the next page begins.
    next_cursor: Option<String>,
}

/// List breaches
#[utoipa::path(get, path = "/breaches", tag = "privacy", security(("session" = ["privacy.manage"])), params(PageQuery), responses((status = 200, body = BreachPage)))]
pub(super) async fn list(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Params(query): Params<PageQuery>,
) -> Answer<Json<BreachPage>> {
    let limit = query.limit()?;
    let page = app::breach::list(&app, &caller, query.cursor, limit).await?;
    Ok(Json(BreachPage { items: page.items, next_cursor: page.next_cursor }))
}

/// Note a breach: from when it was noticed the clocks run
#[utoipa::path(post, path = "/breaches", tag = "privacy", security(("session" = ["privacy.manage"])), request_body = BreachDraft, responses((status = 201, body = Breach)))]
pub(super) async fn create(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Body(body): Body<BreachDraft>,
) -> Answer<(StatusCode, Json<Breach>)> {
    Ok((StatusCode::CREATED, Json(app::breach::create(&app, &caller, body).await?)))
}

/// Write what is noted of a breach anew
#[utoipa::path(put, path = "/breaches/{id}", tag = "privacy", security(("session" = ["privacy.manage"])), params(("id" = BreachId, Path)), request_body = BreachDraft, responses((status = 200, body = Breach)))]
pub(super) async fn update(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Id(id): Id<BreachId>,
    Body(body): Body<BreachDraft>,
) -> Answer<Json<Breach>> {
    Ok(Json(app::breach::update(&app, &caller, id, body).await?))
}

/// Take out the list of people whom a breach concerns, as CSV
#[utoipa::path(get, path = "/breaches/{id}/concerned", tag = "privacy", security(("session" = ["privacy.manage"])), params(("id" = BreachId, Path)), responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn concerned(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Id(id): Id<BreachId>,
) -> Answer<Response> {
    let csv = app::breach::concerned(&app, &caller, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.csv\"")),
    ];
    Ok((headers, csv).into_response())
}
