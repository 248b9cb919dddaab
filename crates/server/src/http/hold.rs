//! Holds on customers' data.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{ContactId, Hold, HoldId};
use serde::Serialize;

use super::caller::{Caller, CanManagePrivacy};
use super::erasure::Reason;
use super::error::Answer;
use super::request::{Body, Id, PageQuery, Params};

/// A page of holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct HoldPage {
    /// The holds, the newest first.
    items: Vec<Hold>,
    /// Where the next page begins.
    next_cursor: Option<String>,
}

/// Hold a customer's data: it is neither erased nor forgotten by age
#[utoipa::path(post, path = "/contacts/{id}/hold", tag = "privacy", security(("session" = ["privacy.manage"])), params(("id" = ContactId, Path)), request_body = Reason, responses((status = 201, body = Hold)))]
pub(super) async fn place(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Id(id): Id<ContactId>,
    Body(body): Body<Reason>,
) -> Answer<(StatusCode, Json<Hold>)> {
    Ok((StatusCode::CREATED, Json(app::hold::place(&app, &caller, id, &body.reason).await?)))
}

/// List holds
#[utoipa::path(get, path = "/holds", tag = "privacy", security(("session" = ["privacy.manage"])), params(PageQuery), responses((status = 200, body = HoldPage)))]
pub(super) async fn list(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Params(query): Params<PageQuery>,
) -> Answer<Json<HoldPage>> {
    let limit = query.limit()?;
    let page = app::hold::list(&app, &caller, query.cursor, limit).await?;
    Ok(Json(HoldPage { items: page.items, next_cursor: page.next_cursor }))
}

/// Lift a hold
#[utoipa::path(post, path = "/holds/{id}/lift", tag = "privacy", security(("session" = ["privacy.manage"])), params(("id" = HoldId, Path)), responses((status = 200, body = Hold)))]
pub(super) async fn lift(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Id(id): Id<HoldId>,
) -> Answer<Json<Hold>> {
    Ok(Json(app::hold::lift(&app, &caller, id).await?))
}
