//! The record of processing.

use std::sync::Arc;

use app::App;
use app::processing::{Controller, Processing};
use axum::Json;
use axum::extract::State;

use super::caller::{Caller, CanManagePrivacy};
use super::error::Answer;
use super::request::Body;

/// Read the record of processing, written from what is switched on
#[utoipa::path(get, path = "/processing", tag = "privacy", security(("session" = ["privacy.manage"])), responses((status = 200, body = Processing)))]
pub(super) async fn record(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Processing>> {
    Ok(Json(app::processing::record(&app, &caller).await?))
}

/// Say who is responsible
#[utoipa::path(put, path = "/processing/controller", tag = "privacy", security(("session" = ["privacy.manage"])), request_body = Controller, responses((status = 200, body = Controller)))]
pub(super) async fn set_controller(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Body(body): Body<Controller>,
) -> Answer<Json<Controller>> {
    Ok(Json(app::processing::set_controller(&app, &caller, body).await?))
}
