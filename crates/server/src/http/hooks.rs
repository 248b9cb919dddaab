//! Where providers deliver. Nothing is read here but what proves that a delivery is genuine; the answer 200 says
//! that its bytes are on disk.

use std::sync::Arc;

use app::App;
use app::receive::Hooked;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use channels::Head;

use super::caller::Public;
use super::error::Answer;
use super::request::whole;
use crate::site::Site;

/// Answer a provider's handshake
#[utoipa::path(get, path = "/hooks/{inbox}", tag = "hooks", security(()), params(("inbox" = String, Path, description = "The random part of the inbox's callback address.")), responses((status = 200, body = String)))]
pub(super) async fn shake_hands(
    _: Public,
    State(app): State<Arc<App>>,
    Path(inbox): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer<Response> {
    take(&app, "GET", &inbox, query.as_deref(), &headers, Bytes::new()).await
}

/// Take a delivery of a provider
#[utoipa::path(post, path = "/hooks/{inbox}", tag = "hooks", security(()), params(("inbox" = String, Path, description = "The random part of the inbox's callback address.")), request_body(content = Vec<u8>, content_type = "application/json", description = "The provider's own document, signed."), responses((status = 200)))]
pub(super) async fn deliver(
    _: Public,
    State(site): State<Site>,
    Path(inbox): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request,
) -> Answer<Response> {
    let body = whole(request.into_body(), site.limits.hook).await?;
    take(&site.app, "POST", &inbox, query.as_deref(), &headers, body).await
}

async fn take(
    app: &App,
    method: &str,
    inbox: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    let header = |name: &str| once(headers, name);
    let head = Head { method, query: query.unwrap_or_default(), header: &header };
    Ok(match app::receive::hook(app, inbox, &head, body).await? {
        Hooked::Accepted => StatusCode::OK.into_response(),
        // As plain text, so that a challenge cannot become a page.
        Hooked::Answer(text) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        Hooked::Rejected => StatusCode::UNAUTHORIZED.into_response(),
    })
}

/// A header that is there exactly once: of two signatures none counts.
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}
