//! What every Graph request passes: the token check, the count, and the faults that meet it.

use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::GraphError;
use crate::Sim;
use crate::connection::Connection;
use crate::failures::{Effect, Target};

/// Refuses a request without the right token (code 190).
pub(crate) async fn authorise(State(sim): State<Sim>, request: Request, next: Next) -> Response {
    sim.count(request.method().as_str(), request.uri().path());
    if bearer(request.headers()) != Some(sim.config().access_token.as_str()) {
        return GraphError::new(&sim, 190).into_response();
    }
    next.run(request).await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Answers with what `work` answers, unless a fault meets the request. `work` is told of an effect that it
/// must bring about itself: [`Effect::FailLater`] or [`Effect::StatusFirst`].
pub(crate) async fn pass<F>(
    sim: &Sim,
    ConnectInfo(connection): ConnectInfo<Connection>,
    target: Target,
    work: impl FnOnce(Option<Effect>) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let latency = sim.failures().get().latency_ms;
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    match sim.failures().take(target) {
        Some(Effect::Refuse { code }) => GraphError::new(sim, code)
            .details(format!("{} (a switch)", super::codes::details(code)))
            .into_response(),
        Some(Effect::ServerError) => {
            let page = "<html><body>Sorry, something went wrong.</body></html>";
            (StatusCode::INTERNAL_SERVER_ERROR, [("content-type", "text/html")], page).into_response()
        }
        Some(Effect::Hang) => {
            sim.until_stopped().await;
            connection.cut()
        }
        Some(Effect::Cut) => connection.cut(),
        Some(Effect::LoseResponse) => {
            let lost = work(None).await;
            tracing::info!(status = %lost.status(), "the response is lost on purpose");
            connection.cut()
        }
        effect => work(effect).await,
    }
}
