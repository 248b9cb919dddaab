//! The console, built into the program. Without it, a page that says how to build it.

use std::sync::Arc;

use app::App;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::Entropy;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::door::Door;
use super::error::Problem;
use super::headers::page_policy;

/// What `npm run build` made of `web/console`; read from disk in debug builds.
#[derive(RustEmbed)]
#[folder = "../../web/console/dist"]
#[allow_missing = true]
struct Console;

const INDEX: &str = "index.html";

/// The place in the page where the nonce goes.
const NONCE: &str = "__CSP_NONCE__";

const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
  <head>
    <meta charset=\"utf-8\">
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
    <title>Bellhop</title>
  </head>
  <body>
    <h1>The server runs, the console is not built</h1>
    <p>This program was built without its web interface. Build both with <code>cargo xtask run</code>;
      it needs Node.js.</p>
    <p>The API is ready: see <a href=\"/api/docs\">its description</a>.</p>
  </body>
</html>
";

/// Answers whatever no other route answers: a file of the console, or the console itself, whose own router
/// knows the address. Addresses of the API get the API's refusal.
pub(super) async fn serve(
    State(app): State<Arc<App>>,
    State(door): State<Arc<Door>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    if ["api", "hooks"].contains(&path.split('/').next().unwrap_or_default()) {
        return Problem::no_such_address().into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        let message = "only GET is possible here";
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "unsupported", message).into_response();
    }
    match Console::get(path).filter(|_| path != INDEX && !path.is_empty()) {
        Some(file) => asset(path, &file, &headers),
        // A missing script must not become a page.
        None if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        None => page(&*app.entropy, door.content.as_ref().map(|content| content.origin.as_str())),
    }
}

/// The console's page with a nonce of its own; `files` is the origin from which it loads files.
fn page(entropy: &dyn Entropy, files: Option<&str>) -> Response {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    let nonce = STANDARD.encode(bytes);
    let html = match Console::get(INDEX) {
        Some(file) => String::from_utf8_lossy(&file.data).replace(NONCE, &nonce),
        None => NOT_BUILT.to_owned(),
    };
    let policy = page_policy(Some(&nonce), files);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        // A page that was kept would carry an old nonce.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    let mut response = (headers, html).into_response();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn asset(path: &str, plain: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let (file, encoding) = packed(path, asked);
    let file = file.as_ref().unwrap_or(plain);
    let tag = format!("\"{}\"", hex::encode(&digest(&SHA256, &file.data).as_ref()[..16]));
    let caching = if path.starts_with("assets/") {
        // The names of built files carry the hash of their content.
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut builder = Response::builder()
        .header(header::CONTENT_TYPE, plain.metadata.mimetype())
        .header(header::CACHE_CONTROL, caching)
        .header(header::VARY, "accept-encoding")
        .header(header::ETAG, &tag);
    if let Some(encoding) = encoding {
        builder = builder.header(header::CONTENT_ENCODING, encoding);
    }
    let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let known = known.is_some_and(|tags| tags.split(',').any(|one| one.trim() == tag));
    let built = if known {
        builder.status(StatusCode::NOT_MODIFIED).body(Body::empty())
    } else {
        builder.body(Body::from(file.data.clone().into_owned()))
    };
    built.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The packed form of a file that the browser takes, where the build made one.
fn packed(path: &str, asked: &HeaderMap) -> (Option<EmbeddedFile>, Option<&'static str>) {
    let taken = asked.get(header::ACCEPT_ENCODING).and_then(|taken| taken.to_str().ok()).unwrap_or_default();
    for (name, suffix) in [("br", "br"), ("gzip", "gz")] {
        let takes = taken.split(',').any(|one| {
            let (coding, quality) = one.split_once(';').unwrap_or((one, ""));
            coding.trim() == name
                && !quality.trim().trim_start_matches("q=").starts_with("0.000")
                && quality.trim() != "q=0"
        });
        if takes && let Some(file) = Console::get(&format!("{path}.{suffix}")) {
            return (Some(file), Some(name));
        }
    }
    (None, None)
}
