//! Whether the process lives and whether it can serve.

use std::sync::Arc;
use std::time::Duration;

use app::App;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::Response;

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
    if matches!(answers, Ok(Ok(_))) && !hub.draining() {
        return Ok("ok");
    }
    Err(Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "the database does not answer or the server stops",
    ))
}

/// Ends each connection with its answer once a stop is under way, so that the next request of a load balancer finds
/// another node and never a connection that closes before its eyes.
pub(super) async fn leave(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let http1 = request.version() <= Version::HTTP_11;
    let mut response = next.run(request).await;
    if http1 && hub.draining() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
