//! The way into the event stream.

use app::audit::Note;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::Act;
use serde::Deserialize;

use super::caller::{Caller, CanRead, Origin};
use super::door;
use super::error::{Answer, Problem};
use super::request::Params;
use crate::realtime;
use crate::site::Site;

/// The largest frame that a client may send, in bytes.
const INBOUND_MAX: usize = 4096;

/// Where to go on.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamQuery {
    /// The last number that the client has; without it, only what happens from now on is told.
    since: Option<i64>,
}

/// Open the event stream (WebSocket)
#[utoipa::path(get, path = "/stream", tag = "stream", security(("session" = ["conversation.read"])), params(StreamQuery), responses((status = 101, description = "The protocol is described at the top of this document.")))]
pub(super) async fn open(
    caller: Caller<CanRead>,
    State(site): State<Site>,
    origin: Origin,
    headers: HeaderMap,
    Params(query): Params<StreamQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    // Browsers let any page open a socket anywhere and send the cookie with it.
    if caller.session().is_some() && !door::ours(&headers, &origin.peer) {
        return Err(door::foreign());
    }
    let upgrade = upgrade.map_err(|_| {
        let message = "open this address as a WebSocket (RFC 6455, version 13)";
        Problem::new(StatusCode::UPGRADE_REQUIRED, "unsupported", message)
    })?;
    // The defaults hold 127 KiB for each socket; what clients say has a few dozen bytes.
    let upgrade = upgrade.read_buffer_size(512).write_buffer_size(0);
    let upgrade = upgrade.max_message_size(INBOUND_MAX).max_frame_size(INBOUND_MAX);
    let caller = caller.into_inner();
    app::audit::saw(&site.app, &caller, Note::of(Act::StreamOpened));
    Ok(upgrade.on_upgrade(move |line| realtime::serve(site.hub, line, caller, query.since)))
}
