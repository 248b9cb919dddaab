//! The second step: taking it, setting it up, and showing once more that it is oneself.

use std::sync::Arc;

use app::App;
use app::second_step::{Enrolment, Factors, Shown, Step, Ways};
use app::session::Me;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{AgentId, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::caller::{Caller, CanManageAgentsInPerson, InPerson, Origin, Public};
use super::error::Answer;
use super::request::{Body, Id};
use super::session::welcome;

/// A second step that has to be taken.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SecondStepNeeded {
    /// What to show with it, within ten minutes.
    token: String,
    /// By what it can be taken.
    ways: Ways,
}

impl From<Step> for SecondStepNeeded {
    fn from(step: Step) -> Self {
        Self { token: step.token.expose().clone(), ways: step.ways }
    }
}

/// A second step.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "mO3…", "code": "123456"}))]
pub(super) struct SecondStep {
    /// What the first step was answered with.
    token: String,
    /// A one-time code.
    code: Option<String>,
    /// A recovery code, when there is no `code`.
    #[schema(value_type = Option<String>)]
    recovery_code: Option<Secret<String>>,
}

/// What the first step was answered with.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "mO3…"}))]
pub(super) struct StepToken {
    /// The token.
    token: String,
}

/// What an app for one-time codes is given.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CodeSecret {
    /// The secret in base 32, to be typed.
    secret: String,
    /// The same as an address that such apps read.
    url: String,
    /// The address as a picture for cameras: rows of `0` for light and `1` for dark.
    picture: Vec<String>,
}

impl From<Enrolment> for CodeSecret {
    fn from(enrolment: Enrolment) -> Self {
        Self {
            secret: enrolment.secret.expose().clone(),
            url: enrolment.url.expose().clone(),
            picture: enrolment.picture,
        }
    }
}

/// A one-time code.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "123456"}))]
pub(super) struct OneTimeCode {
    /// Its six digits.
    code: String,
}

/// Codes that stand in once each for a lost second step.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RecoveryCodes {
    /// The codes. They are told this once and kept nowhere.
    recovery_codes: Vec<String>,
}

impl From<Vec<Secret<String>>> for RecoveryCodes {
    fn from(codes: Vec<Secret<String>>) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.expose().clone()).collect() }
    }
}

/// What shows that it is oneself: one of the three.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "a long sentence is fine"}))]
pub(super) struct Proof {
    /// The password.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret<String>>,
    /// A one-time code.
    code: Option<String>,
    /// What a passkey signed.
    passkey: Option<SignedByPasskey>,
}

/// What a passkey signed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "mO3…", "credential": {}}))]
pub(super) struct SignedByPasskey {
    /// What beginning was answered with.
    pub(super) token: String,
    /// The browser's `PublicKeyCredential` as JSON.
    #[schema(value_type = Object)]
    pub(super) credential: Value,
}

/// Take the second step
#[utoipa::path(post, path = "/session/second_step", tag = "session", security(()), request_body = SecondStep, responses((status = 200, body = Me)))]
pub(super) async fn take(
    _: Public,
    State(app): State<Arc<App>>,
    origin: Origin,
    Body(body): Body<SecondStep>,
) -> Answer<Response> {
    let shown = match (body.code, body.recovery_code) {
        (Some(code), _) => Shown::Code(code),
        (None, Some(code)) => Shown::Recovery(code),
        (None, None) => return Err(app::Error::field("code", "required", "give a code").into()),
    };
    let signed_in = app::second_step::take(&app, &body.token, &shown, &origin.visit).await?;
    welcome(&app, &origin, &signed_in, StatusCode::OK).await
}

/// Set up one-time codes where the workspace asks for a second step and there is none yet
#[utoipa::path(post, path = "/session/second_step/enrol", tag = "session", security(()), request_body = StepToken, responses((status = 200, body = CodeSecret)))]
pub(super) async fn enrol(
    _: Public,
    State(app): State<Arc<App>>,
    Body(body): Body<StepToken>,
) -> Answer<Json<CodeSecret>> {
    Ok(Json(app::second_step::enrol_at_the_door(&app, &body.token).await?.into()))
}

/// Show once more that it is oneself
#[utoipa::path(post, path = "/session/proof", tag = "session", security(("session" = [])), request_body = Proof, responses((status = 204)))]
pub(super) async fn prove(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    origin: Origin,
    Body(body): Body<Proof>,
) -> Answer<StatusCode> {
    if let Some(SignedByPasskey { token, credential }) = body.passkey {
        app::passkey::prove(&app, &caller, &origin.peer.origin, &token, credential).await?;
    } else {
        let password = body.password.as_ref().map(|password| password.expose().as_str());
        app::second_step::prove(&app, &caller, password, body.code.as_deref()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// See what guards one's own account
#[utoipa::path(get, path = "/me/factors", tag = "session", security(("session" = [])), responses((status = 200, body = Factors)))]
pub(super) async fn factors(caller: Caller<InPerson>, State(app): State<Arc<App>>) -> Answer<Json<Factors>> {
    Ok(Json(app::second_step::factors(&app, &caller).await?))
}

/// Begin to set up one-time codes
#[utoipa::path(post, path = "/me/codes", tag = "session", security(("session" = [])), responses((status = 200, body = CodeSecret)))]
pub(super) async fn begin_codes(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
) -> Answer<Json<CodeSecret>> {
    Ok(Json(app::second_step::begin_codes(&app, &caller).await?.into()))
}

/// Confirm one-time codes with a first one
#[utoipa::path(post, path = "/me/codes/confirm", tag = "session", security(("session" = [])), request_body = OneTimeCode, responses((status = 200, body = RecoveryCodes)))]
pub(super) async fn confirm_codes(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    Body(body): Body<OneTimeCode>,
) -> Answer<Json<RecoveryCodes>> {
    Ok(Json(app::second_step::confirm_codes(&app, &caller, &body.code).await?.into()))
}

/// Remove one's one-time codes
#[utoipa::path(delete, path = "/me/codes", tag = "session", security(("session" = [])), responses((status = 204)))]
pub(super) async fn remove_codes(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
) -> Answer<StatusCode> {
    app::second_step::remove_codes(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get new recovery codes in place of the old ones
#[utoipa::path(post, path = "/me/recovery_codes", tag = "session", security(("session" = [])), responses((status = 200, body = RecoveryCodes)))]
pub(super) async fn recovery_codes(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
) -> Answer<Json<RecoveryCodes>> {
    Ok(Json(app::second_step::new_recovery_codes(&app, &caller).await?.into()))
}

/// Take every second step from an agent who lost them; ends the agent's sessions
#[utoipa::path(delete, path = "/agents/{id}/factors", tag = "sign-in", security(("session" = ["agent.manage"])), params(("id" = AgentId, Path)), responses((status = 204)))]
pub(super) async fn reset(
    caller: Caller<CanManageAgentsInPerson>,
    State(app): State<Arc<App>>,
    Id(id): Id<AgentId>,
) -> Answer<StatusCode> {
    app::second_step::reset(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
