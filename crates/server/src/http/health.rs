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
    match reason(&app, &hub).await {
        None => Ok("ok"),
        Some(reason) => {
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", format!("not ready: {reason}")))
        }
    }
}

/// Why the process cannot serve, in a word.
async fn reason(app: &App, hub: &Hub) -> Option<&'static str> {
    if hub.draining() {
        return Some("stopping");
    }
    // Asking commits nothing. A commit that failed is remembered until one succeeds, and the lease of the node's
    // number makes one every few seconds.
    if app.db.stats().failing {
        return Some("disk");
    }
    let answers = tokio::time::timeout(PATIENCE, app::session::setup_needed(app)).await;
    if matches!(answers, Ok(Ok(_))) { None } else { Some("database") }
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
