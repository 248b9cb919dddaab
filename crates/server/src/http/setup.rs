//! The first start: the owner is made in the browser.

use std::sync::Arc;

use app::App;
use app::session::{Me, NewWorkspace};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{Locale, Secret};
use serde::{Deserialize, Serialize};

use super::caller::{Origin, Public};
use super::error::Answer;
use super::request::Body;
use super::session::welcome;

/// Whether the first start is still to come.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SetupState {
    /// Whether there is no agent yet; then the server has printed a link with a one-time token.
    needed: bool,
}

/// The first workspace and its owner.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "mO3…", "workspace_name": "Harbour Hotel", "name": "Ana", "email": "ana@example.com",
    "password": "a long sentence is fine", "locale": "en"
}))]
pub(super) struct Setup {
    /// The token from the link that the server printed.
    token: String,
    /// The workspace's name.
    workspace_name: String,
    /// The owner's name.
    name: String,
    /// The owner's address, used to sign in.
    email: String,
    /// The owner's password, 10 to 256 characters.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
    /// The owner's language.
    #[serde(default)]
    locale: Locale,
}

/// Whether the first start is still to come
#[utoipa::path(get, path = "/setup", tag = "session", security(()), responses((status = 200, body = SetupState)))]
pub(super) async fn state(_: Public, State(app): State<Arc<App>>) -> Answer<Json<SetupState>> {
    Ok(Json(SetupState { needed: app::session::setup_needed(&app).await? }))
}

/// Make the first workspace and sign its owner in
#[utoipa::path(post, path = "/setup", tag = "session", security(()), request_body = Setup, responses((status = 201, body = Me)))]
pub(super) async fn finish(
    _: Public,
    State(app): State<Arc<App>>,
    origin: Origin,
    Body(body): Body<Setup>,
) -> Answer<Response> {
    let Setup { token, workspace_name, name, email, password, locale } = body;
    let new = NewWorkspace { workspace_name, name, email, password, locale };
    let signed_in = app::session::setup(&app, &token, &new, &origin.visit).await?;
    welcome(&app, &origin, &signed_in, StatusCode::CREATED).await
}
