//! Who may see the metrics: by default nobody; with the configured token whoever has it; and whoever reaches the
//! address that is only for them.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::error::Problem;
use super::headers::protect;
use crate::metrics;
use crate::site::Site;

const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The metrics and nothing else, for an address of their own.
pub fn own_router(site: Site) -> Router {
    Router::new().route("/metrics", get(own)).layer(middleware::from_fn(protect)).with_state(site)
}

async fn own(State(site): State<Site>, headers: HeaderMap) -> Response {
    if site.metrics_token.is_some() && !is_known(&site, &headers) {
        return Problem::no_such_address().into_response();
    }
    show(&site).await
}

/// Beside everything else: only with the token, and as if it were not there without it.
pub(super) async fn guarded(State(site): State<Site>, headers: HeaderMap) -> Response {
    if is_known(&site, &headers) { show(&site).await } else { Problem::no_such_address().into_response() }
}

async fn show(site: &Site) -> Response {
    ([(header::CONTENT_TYPE, KIND)], metrics::text(site).await).into_response()
}

fn is_known(site: &Site, headers: &HeaderMap) -> bool {
    let Some(token) = &site.metrics_token else { return false };
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    given.is_some_and(|given| verify_slices_are_equal(given.as_bytes(), token.expose().as_bytes()).is_ok())
}
