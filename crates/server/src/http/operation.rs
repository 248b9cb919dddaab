//! How the work stands, and what calls for an operator.

use std::sync::Arc;

use app::App;
use app::alarm::Alarms;
use app::operate::{GapBody, GapPage, Overview};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::InboundId;

use super::caller::{Caller, CanOperate};
use super::error::Answer;
use super::request::{Id, PageQuery, Params};

/// See what waits in each inbox and since when
#[utoipa::path(get, path = "/operation", tag = "operation", security(("session" = ["operate"])), responses((status = 200, body = Overview)))]
pub(super) async fn overview(
    caller: Caller<CanOperate>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Overview>> {
    Ok(Json(app::operate::overview(&app, &caller).await?))
}

/// List the alarms that stand, and the last that are over
#[utoipa::path(get, path = "/alarms", tag = "operation", security(("session" = ["operate"])), responses((status = 200, body = Alarms)))]
pub(super) async fn alarms(caller: Caller<CanOperate>, State(app): State<Arc<App>>) -> Answer<Json<Alarms>> {
    Ok(Json(app::alarm::list(&app, &caller).await?))
}

/// List deliveries of which something is not shown, the last noticed first
#[utoipa::path(get, path = "/gaps", tag = "operation", security(("session" = ["operate"])), params(PageQuery), responses((status = 200, body = GapPage)))]
pub(super) async fn gaps(
    caller: Caller<CanOperate>,
    State(app): State<Arc<App>>,
    Params(query): Params<PageQuery>,
) -> Answer<Json<GapPage>> {
    let limit = query.limit()?;
    Ok(Json(app::operate::gaps(&app, &caller, query.cursor, limit).await?))
}

/// Read such a delivery with its body
#[utoipa::path(get, path = "/gaps/{id}", tag = "operation", security(("session" = ["operate"])), params(("id" = InboundId, Path)), responses((status = 200, body = GapBody)))]
pub(super) async fn gap(
    caller: Caller<CanOperate>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboundId>,
) -> Answer<Json<GapBody>> {
    Ok(caller.show(app::operate::gap(&app, &caller, id).await?))
}

/// Apply such a delivery again: what is there already is not doubled
#[utoipa::path(post, path = "/gaps/{id}/replay", tag = "operation", security(("session" = ["operate"])), params(("id" = InboundId, Path)), responses((status = 202)))]
pub(super) async fn replay_gap(
    caller: Caller<CanOperate>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboundId>,
) -> Answer<StatusCode> {
    app::operate::replay_gap(&app, &caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Close a gap that was seen to by hand
#[utoipa::path(delete, path = "/gaps/{id}", tag = "operation", security(("session" = ["operate"])), params(("id" = InboundId, Path)), responses((status = 204)))]
pub(super) async fn close_gap(
    caller: Caller<CanOperate>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboundId>,
) -> Answer<StatusCode> {
    app::operate::close_gap(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
