//! The list of routes.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::middleware;
use axum::routing::{get, post, put};

use crate::graph::error::GraphError;
use crate::graph::{account, gate, media, messages, templates};
use crate::{Sim, control, limits, phone};

/// Room for the largest file as base64 in JSON.
const LARGEST_BODY: usize = limits::LARGEST_FILE / 3 * 4 + 1024 * 1024;

/// Everything that is served.
pub(crate) fn all(sim: Sim) -> Router {
    let limit = DefaultBodyLimit::max(LARGEST_BODY);
    Router::new().merge(graph(&sim)).merge(control(sim)).merge(phone()).layer(limit)
}

fn graph(sim: &Sim) -> Router {
    Router::new()
        .route("/{version}/{id}/messages", post(messages::post))
        .route("/{version}/{id}/media", post(media::upload))
        .route("/{version}/{id}/message_templates", get(templates::list))
        .route("/{version}/{id}/phone_numbers", get(account::phone_numbers))
        .route(
            "/{version}/{id}/subscribed_apps",
            get(account::subscribed_apps).post(account::subscribed_apps).delete(account::subscribed_apps),
        )
        .route(
            "/{version}/{id}/block_users",
            get(account::block_users).post(account::block_users).delete(account::block_users),
        )
        .route("/{version}/debug_token", get(account::debug_token))
        .route("/debug_token", get(account::debug_token))
        .route("/{version}/{id}", get(account::object).delete(account::object))
        .route("/whatsapp_business/attachments/", get(media::fetch))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(sim.clone(), gate::authorise))
        .with_state(sim.clone())
}

async fn unknown(axum::extract::State(sim): axum::extract::State<Sim>, uri: Uri) -> GraphError {
    GraphError::new(&sim, 100).details(format!("Unknown path components: {}", uri.path()))
}

fn control(sim: Sim) -> Router {
    Router::new()
        .route("/sim/state", get(control::state))
        .route("/sim/events", get(control::events))
        .route("/sim/customers", post(control::new_customer))
        .route("/sim/customers/{n}/chat", get(control::chat))
        .route("/sim/customers/{n}/messages", post(control::send))
        .route("/sim/customers/{n}/reactions", post(control::react))
        .route("/sim/customers/{n}/edits", post(control::edit))
        .route("/sim/customers/{n}/revocations", post(control::revoke))
        .route("/sim/customers/{n}/number", post(control::change_number))
        .route("/sim/customers/{n}/open", post(control::open))
        .route("/sim/statuses", post(control::status))
        .route("/sim/failures", get(control::failures).put(control::set_failures))
        .route("/sim/faults", post(control::add_fault))
        .route("/sim/violations", get(control::violations).delete(control::clear_violations))
        .route("/sim/requests", get(control::requests))
        .route("/sim/webhook", put(control::set_webhook))
        .route("/sim/webhook/verify", post(control::verify_webhook))
        .route("/sim/clock", post(control::advance))
        .route("/sim/media/{id}", get(control::media))
        .with_state(sim)
}

fn phone() -> Router {
    Router::new()
        .route("/", get(|| async { (StatusCode::SEE_OTHER, [("location", "/phone")]) }))
        .route("/phone", get(phone::page))
        .route("/phone/{file}", get(phone::asset))
}
