//! Headers that protect whoever opens an answer in a browser.

use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::door::Peer;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
pub(super) const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The content security policy of a page; styles that a script adds need the nonce, and files the origin that they
/// have of their own.
pub fn page_policy(nonce: Option<&str>, files: Option<&str>) -> String {
    let style = nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    let files = files.map(|origin| format!(" {origin}")).unwrap_or_default();
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self'{style}; img-src 'self' blob: data:{files}; \
         media-src 'self' blob: data:{files}; connect-src 'self' blob:{files}; frame-ancestors 'none'; \
         base-uri 'none'; object-src 'none'; form-action 'self'"
    )
}

/// What a file that a customer sent may do when it is opened by itself: nothing.
pub const FILE_POLICY: &str = "sandbox; default-src 'none'";

/// For a year a browser comes back by TLS alone, whatever it is told (RFC 6797). Only said on lines that are
/// encrypted, and not of this machine's own names, which belong to other programs as well.
const TRANSPORT: &str = "max-age=31536000";

/// Adds the headers to every answer; what a handler has set stays.
pub async fn protect(request: Request, next: Next) -> Response {
    let safe = request.extensions().get::<Peer>().is_some_and(|peer| peer.encrypted && peer.secure);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::try_from(page_policy(None, None))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if safe {
        absent(headers, header::STRICT_TRANSPORT_SECURITY, TRANSPORT);
    }
    absent(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    absent(headers, header::REFERRER_POLICY, "same-origin");
    absent(headers, header::X_FRAME_OPTIONS, "DENY");
    absent(headers, PERMISSIONS_POLICY, "camera=(), geolocation=(), payment=(), usb=(), microphone=(self)");
    absent(headers, OPENER_POLICY, "same-origin");
    absent(headers, RESOURCE_POLICY, "same-origin");
    // What the API says is about one person at one moment.
    absent(headers, header::CACHE_CONTROL, "no-store");
    response
}

fn absent(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
