//! Deliveries that could not be applied.

use std::sync::Arc;

use app::App;
use app::operate::{ParkedBody, ParkedPage, Replayed};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::InboundId;

use super::caller::{Caller, CanOperate};
use super::error::Answer;
use super::request::{Id, PageQuery, Params};

/// List parked deliveries, the last parked first
#[utoipa::path(get, path = "/parked", tag = "operation", security(("session" = ["operate"])), params(PageQuery), responses((status = 200, body = ParkedPage)))]
pub(super) async fn list(
    caller: Caller<CanOperate>,
    State(app): State<Arc<App>>,
    Params(query): Params<PageQuery>,
) -> Answer<Json<ParkedPage>> {
    let limit = query.limit()?;
    Ok(Json(app::operate::list(&app, &caller, query.cursor, limit).await?))
}

/// Read a parked delivery with its body
#[utoipa::path(get, path = "/parked/{id}", tag = "operation", security(("session" = ["operate"])), params(("id" = InboundId, Path)), responses((status = 200, body = ParkedBody)))]
pub(super) async fn get(
    caller: Caller<CanOperate>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboundId>,
) -> Answer<Json<ParkedBody>> {
    Ok(caller.show(app::operate::get(&app, &caller, id).await?))
}

/// Try a parked delivery again
#[utoipa::path(post, path = "/parked/{id}/replay", tag = "operation", security(("session" = ["operate"])), params(("id" = InboundId, Path)), responses((status = 202)))]
pub(super) async fn replay(
    caller: Caller<CanOperate>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboundId>,
) -> Answer<StatusCode> {
    app::operate::replay(&app, &caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Try all parked deliveries again
#[utoipa::path(post, path = "/parked/replay", tag = "operation", security(("session" = ["operate"])), responses((status = 202, body = Replayed)))]
pub(super) async fn replay_all(
    caller: Caller<CanOperate>,
    State(app): State<Arc<App>>,
) -> Answer<(StatusCode, Json<Replayed>)> {
    Ok((StatusCode::ACCEPTED, Json(app::operate::replay_all(&app, &caller).await?)))
}
