//! Whether the process lives and whether it can serve.

use std::sync::Arc;
use std::time::Duration;

use app::App;
use axum::extract::State;
use axum::http::StatusCode;

use super::caller::Public;
use super::error::{Answer, Problem};
use crate::realtime::Hub;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the process lives; asks nothing of the database
#[utoipa::path(get, path = "/livez", tag = "operation", security(()), responses((status = 200, body = String)))]
pub(super) async fn live(_: Public) -> &'static str {
    "ok"
}

/// Whether the process can serve: the database answers and no stop is under way
#[utoipa::path(get, path = "/readyz", tag = "operation", security(()), responses((status = 200, body = String)))]
pub(super) async fn ready(
    _: Public,
    State(app): State<Arc<App>>,
    State(hub): State<Arc<Hub>>,
) -> Answer<&'static str> {
    let answers = tokio::time::timeout(PATIENCE, app::session::setup_needed(&app)).await;
    if matches!(answers, Ok(Ok(_))) && !hub.stopping() {
        return Ok("ok");
    }
    Err(Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "the database does not answer or the server stops",
    ))
}
