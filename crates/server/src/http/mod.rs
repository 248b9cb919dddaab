//! What the server answers over HTTP: the API's operations, which [`routes`] lists, the public pages, the console.

pub mod admission;
pub mod caller;
pub mod content;
pub mod cookie;
pub mod door;
pub mod error;
pub mod headers;
pub mod metrics;
pub mod openapi;
pub mod pace;
pub mod redirect;
pub mod request;
pub mod security_text;

mod agent;
mod api_token;
mod article;
mod audit;
mod bot;
mod bot_trial;
mod breach;
mod category;
mod consent;
mod contact;
mod conversation;
mod copilot;
mod embedding_model;
mod erasure;
mod export;
mod health;
mod help_centre;
mod hold;
mod hooks;
mod hours;
mod import;
mod inbox;
mod intent;
mod intent_example;
mod knowledge_source;
mod label;
mod language_model;
mod link;
mod media;
mod message;
mod notice;
mod operation;
mod parked;
mod passkey;
mod processing;
mod provider;
mod quick_reply;
mod refused;
mod retention;
mod role;
mod routes;
mod search;
mod second_step;
mod sensitive;
mod session;
mod setup;
mod sign_in;
mod stream;
mod team;
mod topic;
mod trace;
mod unanswered;
mod upload;
mod verdict;
mod view_as;
mod web;

use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::site::Site;
use error::Problem;

/// Everything that the server answers.
pub fn router(site: Site) -> Router {
    let (operations, _) = routes::operations();
    let console = operations
        .route("/metrics", get(metrics::guarded))
        .route("/help/{slug}", get(help_centre::usual))
        .route("/help/{slug}/style.css", get(help_centre::style))
        .route("/help/{slug}/{locale}", get(help_centre::front))
        .route("/help/{slug}/{locale}/{article}", get(help_centre::article))
        .route("/help/{slug}/{locale}/{article}/verdict", post(help_centre::rate))
        .route("/.well-known/security.txt", get(security_text::show))
        .fallback(web::serve)
        .method_not_allowed_fallback(wrong_method)
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(trace::panicked))
        .layer(middleware::from_fn_with_state(site.clone(), admission::admit))
        .layer(middleware::from_fn_with_state(site.clone(), pace::keep))
        .layer(middleware::from_fn(headers::protect))
        .layer(middleware::from_fn_with_state(site.clone(), trace::trace))
        .layer(middleware::from_fn_with_state(site.clone(), door::note_peer))
        .layer(middleware::from_fn_with_state(site.clone(), health::leave))
        .with_state(site.clone());
    content::beside(console, site)
}

/// Whether the process lives and is ready: all that a node without the role `web` answers.
pub fn probes(site: Site) -> Router {
    let (operations, _) =
        OpenApiRouter::new().routes(routes!(health::live)).routes(routes!(health::ready)).split_for_parts();
    operations
        .layer(middleware::from_fn(headers::protect))
        .layer(middleware::from_fn_with_state(site.clone(), trace::trace))
        .with_state(site)
}

async fn wrong_method() -> Result<Response, Problem> {
    let message = "this address does not have that method; see /api/docs";
    Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "unsupported", message))
}
