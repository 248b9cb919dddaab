//! Links with which somebody chooses a password: invitations and resets.

use std::sync::Arc;

use app::App;
use app::link::HeldLink;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{AgentId, LinkKind, Millis, Secret};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageAgentsInPerson, Origin, Public};
use super::error::Answer;
use super::request::{Body, Id};

/// A link that was just made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct MadeLink {
    /// The address to pass on. It is told this once and kept nowhere.
    url: String,
    /// What it is for.
    kind: LinkKind,
    /// When it ends.
    expires_at: Millis,
}

/// What a link holds behind its `#`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "mO3…"}))]
pub(super) struct LinkToken {
    /// The token.
    token: String,
}

/// A password chosen with a link.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "mO3…", "password": "a long sentence is fine"}))]
pub(super) struct LinkUse {
    /// The link's token.
    token: String,
    /// The password, 10 to 256 characters.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
}

/// Make a link with which a colleague chooses a password; an earlier one ends
#[utoipa::path(post, path = "/agents/{id}/link", tag = "sign-in", security(("session" = ["agent.manage"])), params(("id" = AgentId, Path)), responses((status = 201, body = MadeLink)))]
pub(super) async fn make(
    caller: Caller<CanManageAgentsInPerson>,
    State(app): State<Arc<App>>,
    Id(id): Id<AgentId>,
) -> Answer<(StatusCode, Json<MadeLink>)> {
    let made = app::link::make(&app, &caller, id).await?;
    let shown = MadeLink { url: made.url.expose().clone(), kind: made.kind, expires_at: made.expires_at };
    Ok((StatusCode::CREATED, Json(shown)))
}

/// See what a link is for
#[utoipa::path(post, path = "/links/look", tag = "session", security(()), request_body = LinkToken, responses((status = 200, body = HeldLink)))]
pub(super) async fn look(
    _: Public,
    State(app): State<Arc<App>>,
    origin: Origin,
    Body(body): Body<LinkToken>,
) -> Answer<Json<HeldLink>> {
    Ok(Json(app::link::look(&app, &body.token, &origin.visit).await?))
}

/// Choose a password with a link; ends it and the agent's sessions
#[utoipa::path(post, path = "/links/use", tag = "session", security(()), request_body = LinkUse, responses((status = 204)))]
pub(super) async fn redeem(
    _: Public,
    State(app): State<Arc<App>>,
    origin: Origin,
    Body(body): Body<LinkUse>,
) -> Answer<StatusCode> {
    app::link::redeem(&app, &body.token, &body.password, &origin.visit).await?;
    Ok(StatusCode::NO_CONTENT)
}
