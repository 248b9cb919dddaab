//! The way from plain HTTP to the public address.

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};

use super::headers::protect;

/// Answers everything with the same path at `base`, which is configured: what the request says about its host is not
/// believed.
pub fn router(base: String) -> Router {
    let lead = move |request: Request| std::future::ready(lead(&base, &request));
    Router::new().fallback(lead).layer(middleware::from_fn(protect))
}

fn lead(base: &str, request: &Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    // Permanent, and a delivery stays a delivery.
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("{base}{path}"))]).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn everything_leads_to_the_configured_address_whatever_host_is_asked_for() {
        let router = router("https://desk.example.com".to_owned());
        for (asked, expected) in [
            ("/inbox/mine?q=a%20b", "https://desk.example.com/inbox/mine?q=a%20b"),
            ("http://evil.example/x", "https://desk.example.com/x"),
            ("//evil.example/x", "https://desk.example.com//evil.example/x"),
        ] {
            let request = Request::post(asked).header("host", "evil.example").body(Body::empty());
            let answer = router.clone().oneshot(request.expect("a request")).await.expect("an answer");
            assert_eq!(answer.status(), 308);
            assert_eq!(answer.headers()["location"], expected);
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        }
    }
}
