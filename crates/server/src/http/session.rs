//! Signing in and out, and the caller's own account.

use std::sync::Arc;

use app::App;
use app::second_step::Entry;
use app::session::{Me, SessionView, SignedIn};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use model::{Locale, Secret, SessionId};
use serde::{Deserialize, Serialize};

use super::caller::{Anyone, Caller, InPerson, Leaving, Origin, Public};
use super::cookie;
use super::error::Answer;
use super::request::{Body, Id};
use super::second_step::SecondStepNeeded;

/// An answer that takes the session's cookie away.
type WithCookie = (StatusCode, AppendHeaders<Vec<(HeaderName, HeaderValue)>>, ());

/// An address and a password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ana@example.com", "password": "a long sentence is fine"}))]
pub(super) struct Credentials {
    /// The agent's address, in any case.
    email: String,
    /// The agent's password.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
}

/// The caller's signed-in browsers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SessionList {
    /// The sessions, the last used first.
    items: Vec<SessionView>,
}

/// What to change of one's own account; absent fields stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"locale": "zh-CN"}))]
pub(super) struct MeChange {
    /// Another name.
    name: Option<String>,
    /// Another language.
    locale: Option<Locale>,
}

/// A change of one's own password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current": "a long sentence is fine", "new": "another long sentence"}))]
pub(super) struct PasswordChange {
    /// The present password.
    #[schema(value_type = String, format = Password)]
    current: Secret<String>,
    /// The new one, 10 to 256 characters.
    #[schema(value_type = String, format = Password)]
    new: Secret<String>,
}

/// The answer to a browser that has just signed in.
pub(super) async fn welcome(
    app: &App,
    origin: &Origin,
    signed_in: &SignedIn,
    status: StatusCode,
) -> Answer<Response> {
    let me = app::session::me(app, &signed_in.caller).await?;
    Ok((status, cookies(app, origin, signed_in), Json(me)).into_response())
}

/// What a browser keeps of a session that has just begun.
pub(super) fn cookies(
    app: &App,
    origin: &Origin,
    signed_in: &SignedIn,
) -> AppendHeaders<Vec<(HeaderName, HeaderValue)>> {
    let session = cookie::keep(&signed_in.token, app.settings.session_life, &origin.peer);
    let known = signed_in.browser.as_ref().map(|browser| cookie::know(browser, &origin.peer));
    let lines = session.into_iter().chain(known);
    AppendHeaders(lines.map(|line| (header::SET_COOKIE, line)).collect())
}

/// What takes it from the browser again.
fn forgotten(origin: &Origin) -> AppendHeaders<Vec<(HeaderName, HeaderValue)>> {
    let lines = cookie::forget(&origin.peer).into_iter();
    AppendHeaders(lines.map(|line| (header::SET_COOKIE, line)).collect())
}

/// Sign in
#[utoipa::path(post, path = "/session", tag = "session", security(()), request_body = Credentials, responses((status = 200, body = Me), (status = 202, body = SecondStepNeeded, description = "The password is right, and a second step is needed.")))]
pub(super) async fn sign_in(
    _: Public,
    State(app): State<Arc<App>>,
    origin: Origin,
    Body(body): Body<Credentials>,
) -> Answer<Response> {
    match app::session::sign_in(&app, &body.email, body.password.expose(), &origin.visit).await? {
        Entry::In(signed_in) => welcome(&app, &origin, &signed_in, StatusCode::OK).await,
        Entry::Step(step) => Ok((StatusCode::ACCEPTED, Json(SecondStepNeeded::from(step))).into_response()),
    }
}

/// Who is signed in
#[utoipa::path(get, path = "/session", tag = "session", security(("session" = [])), responses((status = 200, body = Me)))]
pub(super) async fn me(caller: Caller<Anyone>, State(app): State<Arc<App>>) -> Answer<Json<Me>> {
    Ok(Json(app::session::me(&app, &caller).await?))
}

/// Sign out
#[utoipa::path(delete, path = "/session", tag = "session", security(("session" = [])), responses((status = 204)))]
pub(super) async fn sign_out(
    caller: Caller<Leaving>,
    State(app): State<Arc<App>>,
    origin: Origin,
) -> Answer<WithCookie> {
    app::session::sign_out(&app, &caller).await?;
    Ok((StatusCode::NO_CONTENT, forgotten(&origin), ()))
}

/// List one's own sessions
#[utoipa::path(get, path = "/sessions", tag = "session", security(("session" = [])), responses((status = 200, body = SessionList)))]
pub(super) async fn list(caller: Caller<InPerson>, State(app): State<Arc<App>>) -> Answer<Json<SessionList>> {
    Ok(Json(SessionList { items: app::session::list(&app, &caller).await? }))
}

/// Sign out everywhere
#[utoipa::path(delete, path = "/sessions", tag = "session", security(("session" = [])), responses((status = 204)))]
pub(super) async fn sign_out_everywhere(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    origin: Origin,
) -> Answer<WithCookie> {
    app::session::sign_out_everywhere(&app, &caller).await?;
    Ok((StatusCode::NO_CONTENT, forgotten(&origin), ()))
}

/// End one of one's own sessions
#[utoipa::path(delete, path = "/sessions/{id}", tag = "session", security(("session" = [])), params(("id" = SessionId, Path)), responses((status = 204)))]
pub(super) async fn revoke(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    Id(id): Id<SessionId>,
) -> Answer<StatusCode> {
    app::session::revoke(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change one's own name or language
#[utoipa::path(patch, path = "/me", tag = "session", security(("session" = [])), request_body = MeChange, responses((status = 200, body = Me)))]
pub(super) async fn change_me(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    Body(body): Body<MeChange>,
) -> Answer<Json<Me>> {
    Ok(Json(app::agent::update_me(&app, &caller, body.name.as_deref(), body.locale).await?))
}

/// Change one's own password; ends one's other sessions
#[utoipa::path(post, path = "/me/password", tag = "session", security(("session" = [])), request_body = PasswordChange, responses((status = 204)))]
pub(super) async fn change_password(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    origin: Origin,
    Body(body): Body<PasswordChange>,
) -> Answer<StatusCode> {
    let (current, new) = (body.current.expose(), body.new.expose());
    app::agent::change_password(&app, &caller, current, new, &origin.visit).await?;
    Ok(StatusCode::NO_CONTENT)
}
