//! Passkeys.

use std::sync::Arc;

use app::App;
use app::passkey::{Begun, PasskeyView};
use app::session::Me;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::PasskeyId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::caller::{Caller, InPerson, Origin, Public};
use super::error::Answer;
use super::request::{Body, Id};
use super::second_step::SignedByPasskey;
use super::session::welcome;

/// What a browser passes on to a device.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PasskeyRequest {
    /// What to show with the device's answer, within five minutes.
    token: String,
    /// The options of `navigator.credentials`, as JSON.
    #[schema(value_type = Object)]
    options: Value,
}

impl From<Begun> for PasskeyRequest {
    fn from(begun: Begun) -> Self {
        Self { token: begun.token.expose().clone(), options: begun.options }
    }
}

/// The caller's passkeys.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PasskeyList {
    /// The passkeys, the oldest first.
    items: Vec<PasskeyView>,
}

/// A passkey that a device made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "mO3…", "name": "my phone", "credential": {}}))]
pub(super) struct NewPasskey {
    /// What beginning was answered with.
    token: String,
    /// What its owner calls it.
    name: String,
    /// The browser's `PublicKeyCredential` as JSON.
    #[schema(value_type = Object)]
    credential: Value,
}

/// Another name for a passkey.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "my phone"}))]
pub(super) struct PasskeyChange {
    /// The name.
    name: String,
}

/// Begin to sign in with a passkey
#[utoipa::path(post, path = "/session/passkey/begin", tag = "session", security(()), responses((status = 200, body = PasskeyRequest)))]
pub(super) async fn begin_signing(
    _: Public,
    State(app): State<Arc<App>>,
    origin: Origin,
) -> Answer<Json<PasskeyRequest>> {
    Ok(Json(app::passkey::begin_signing(&app, &origin.peer.origin, &origin.visit).await?.into()))
}

/// Sign in with a passkey
#[utoipa::path(post, path = "/session/passkey", tag = "session", security(()), request_body = SignedByPasskey, responses((status = 200, body = Me)))]
pub(super) async fn sign_in(
    _: Public,
    State(app): State<Arc<App>>,
    origin: Origin,
    Body(body): Body<SignedByPasskey>,
) -> Answer<Response> {
    let SignedByPasskey { token, credential } = body;
    let signed_in =
        app::passkey::sign_in(&app, &origin.peer.origin, &token, credential, &origin.visit).await?;
    welcome(&app, &origin, &signed_in, StatusCode::OK).await
}

/// List one's own passkeys
#[utoipa::path(get, path = "/me/passkeys", tag = "session", security(("session" = [])), responses((status = 200, body = PasskeyList)))]
pub(super) async fn list(caller: Caller<InPerson>, State(app): State<Arc<App>>) -> Answer<Json<PasskeyList>> {
    Ok(Json(PasskeyList { items: app::passkey::list(&app, &caller).await? }))
}

/// Begin to add a passkey
#[utoipa::path(post, path = "/me/passkeys/begin", tag = "session", security(("session" = [])), responses((status = 200, body = PasskeyRequest)))]
pub(super) async fn begin_adding(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    origin: Origin,
) -> Answer<Json<PasskeyRequest>> {
    Ok(Json(app::passkey::begin_adding(&app, &caller, &origin.peer.origin).await?.into()))
}

/// Add a passkey
#[utoipa::path(post, path = "/me/passkeys", tag = "session", security(("session" = [])), request_body = NewPasskey, responses((status = 201, body = PasskeyView)))]
pub(super) async fn add(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    origin: Origin,
    Body(body): Body<NewPasskey>,
) -> Answer<(StatusCode, Json<PasskeyView>)> {
    let NewPasskey { token, name, credential } = body;
    let added = app::passkey::add(&app, &caller, &origin.peer.origin, &token, &name, credential).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// Give a passkey another name
#[utoipa::path(patch, path = "/me/passkeys/{id}", tag = "session", security(("session" = [])), params(("id" = PasskeyId, Path)), request_body = PasskeyChange, responses((status = 204)))]
pub(super) async fn rename(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    Id(id): Id<PasskeyId>,
    Body(body): Body<PasskeyChange>,
) -> Answer<StatusCode> {
    app::passkey::rename(&app, &caller, id, &body.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a passkey
#[utoipa::path(delete, path = "/me/passkeys/{id}", tag = "session", security(("session" = [])), params(("id" = PasskeyId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    Id(id): Id<PasskeyId>,
) -> Answer<StatusCode> {
    app::passkey::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
