//! One log line for each request, without personal data: the route's pattern instead of the address, and an id
//! that the answer carries too. The metrics count it.

use std::any::Any;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::admission::Kind;
use super::error::Problem;
use super::refused::{self, Asking};
use crate::site::Site;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id and logs how it went.
pub(super) async fn trace(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let id = format!("{:x}", site.app.ids.next_raw());
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let kind = Kind::of(request.method(), &route);
    // Methods that nobody defined would make as many lines in the metrics.
    let known = matches!(request.method().as_str(), "GET" | "HEAD" | "POST" | "PATCH" | "PUT" | "DELETE");
    let operation = format!("{} {route}", if known { request.method().as_str() } else { "?" });
    let asking = Asking::default();
    request.extensions_mut().insert(asking.clone());
    let span = tracing::info_span!("request", %id, method = %request.method(), route);
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status(), began.elapsed());
    let millis = took.as_millis();
    refused::look(&site.app, &asking, &operation, &response);
    site.meters.answered(kind, operation, status.as_u16(), took.as_secs_f64());
    span.in_scope(|| match status.as_u16() {
        500.. if status != StatusCode::SERVICE_UNAVAILABLE => {
            tracing::error!(status = status.as_u16(), millis, "answered");
        }
        503 => tracing::warn!(status = 503, millis, "answered"),
        status => tracing::debug!(status, millis, "answered"),
    });
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// What a client gets when a handler panicked. What it said may hold anything, so only its place is logged, by
/// the panic hook.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    let message = "something went wrong on the server; the operator finds the cause in its log";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).into_response()
}
