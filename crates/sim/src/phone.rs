//! The phone page: static files from `phone/`, embedded.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "phone/"]
struct Files;

/// Own files only, and pictures that are just being chosen.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

pub(crate) async fn page() -> Response {
    serve("index.html")
}

pub(crate) async fn asset(Path(file): Path<String>) -> Response {
    serve(&file)
}

fn serve(name: &str) -> Response {
    let Some(file) = Files::get(name) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        ("content-type", file.metadata.mimetype().to_owned()),
        ("content-security-policy", POLICY.to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        ("cache-control", "no-cache".to_owned()),
    ];
    (headers, file.data).into_response()
}
