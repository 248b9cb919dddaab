//! The files' own origin, where one is configured. It answers with files to who holds a link and with nothing else: it has
//! no pages, reads no cookie and sets none, so nothing that a stranger sent can ever stand beside a session.

use std::sync::Arc;

use app::App;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use super::door::Door;
use super::headers::FILE_POLICY;
use super::{admission, door, headers, health, media, pace, trace};
use crate::site::Site;

/// Where the files are; the log and the metrics name it.
pub const ROUTE: &str = "/{workspace}/{file}/{part}/{form}/{until}/{signature}";

/// An origin for files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Such as `https://files.example.net`.
    pub origin: String,
    /// Its host without a port: by it a request is told from one to the console.
    pub host: String,
}

impl Content {
    /// That of an address `scheme://host` with or without a port; `None` when it is something else.
    pub fn at(origin: &str) -> Option<Self> {
        let authority: Authority = origin.split_once("://")?.1.parse().ok()?;
        let host = authority.host().to_lowercase();
        (!host.is_empty() && !authority.as_str().contains('@'))
            .then(|| Self { origin: origin.to_owned(), host })
    }
}

/// What stands at the files' origin, beside the console or whatever else is at the other names.
pub(super) fn beside(console: Router, site: Site) -> Router {
    let Some(host) = site.door.content.as_ref().map(|content| Arc::<str>::from(content.host.as_str())) else {
        return console;
    };
    let files = Router::new()
        .route(ROUTE, get(file))
        .fallback(nothing)
        .method_not_allowed_fallback(nothing)
        .layer(CatchPanicLayer::custom(trace::panicked))
        .layer(middleware::from_fn_with_state(site.clone(), admission::admit))
        .layer(middleware::from_fn_with_state(site.clone(), pace::keep_together))
        .layer(middleware::from_fn(headers::protect))
        .layer(middleware::from_fn_with_state(site.clone(), trace::trace))
        .layer(middleware::from_fn_with_state(site.clone(), door::note_peer))
        .layer(middleware::from_fn_with_state(site.clone(), health::leave))
        .with_state(site);
    Router::new().fallback_service(console).layer(middleware::from_fn_with_state((host, files), choose))
}

/// Lets those answer whose name the request came to.
async fn choose(State((host, files)): State<(Arc<str>, Router)>, request: Request, next: Next) -> Response {
    if named(&request).as_deref() != Some(&*host) {
        return next.run(request).await;
    }
    match files.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// By which name the server was asked: with HTTP/2 it stands in the address.
fn named(request: &Request) -> Option<String> {
    let shown = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let shown = shown.and_then(|host| host.parse::<Authority>().ok());
    let authority = request.uri().authority().cloned().or(shown)?;
    Some(authority.host().to_lowercase())
}

/// A file, to who holds a link to it.
async fn file(
    State(app): State<Arc<App>>,
    State(door): State<Arc<Door>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let followed = match app::media::link::follow(&app, uri.path()).await {
        Ok(followed) => followed,
        Err(app::Error::NotFound) => return nothing().await,
        Err(error) => return super::error::Problem::from(error).into_response(),
    };
    let mut response = media::followed(&app, followed, &headers).await.into_response();
    // The console shows it, and draws the loudness of a sound.
    let others = HeaderValue::from_static("cross-origin");
    response.headers_mut().insert(headers::RESOURCE_POLICY, others);
    if let Some(console) = door.base_url.as_deref().and_then(|base| HeaderValue::from_str(base).ok()) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, console);
    }
    response
}

/// The answer to everything else, whatever is wrong with it.
async fn nothing() -> Response {
    (StatusCode::NOT_FOUND, [(header::CONTENT_SECURITY_POLICY, FILE_POLICY)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_told_by_its_host() {
        let content = Content::at("https://Files.example.net:8443").expect("an origin");
        assert_eq!((content.host.as_str(), content.origin.len()), ("files.example.net", 30));
        for wrong in ["files.example.net", "https://", "https://a@b", "https://a/b"] {
            assert_eq!(Content::at(wrong), None, "{wrong}");
        }
        let asked = |address: &str, host: Option<&str>| {
            let mut request = Request::builder().uri(address);
            if let Some(host) = host {
                request = request.header("host", host);
            }
            named(&request.body(axum::body::Body::empty()).expect("a request"))
        };
        assert_eq!(asked("/x", Some("Files.Example.net:8443")).as_deref(), Some("files.example.net"));
        assert_eq!(asked("https://files.example.net/x", None).as_deref(), Some("files.example.net"));
        assert_eq!(asked("/x", Some("a b")), None);
        assert_eq!(asked("/x", None), None);
    }
}
