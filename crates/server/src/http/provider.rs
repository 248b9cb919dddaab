//! Providers of identity: setting them up, and the way there and back.

use std::sync::Arc;

use app::App;
use app::provider::{Begun, Callback, Choice, MyProvider, ProviderDraft, Tested};
use app::second_step::Entry;
use app::session::Me;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Provider, ProviderId};
use serde::Serialize;

use super::caller::{Caller, CanManageSignIn, InPerson, Origin, Public};
use super::cookie;
use super::error::Answer;
use super::request::{Body, Id, whole};
use super::second_step::SecondStepNeeded;
use super::session::cookies;

/// The longest word of a provider about a sign-out, in bytes.
const LONGEST_WORD: usize = 32 << 10;

/// As the protocol wants it of every answer.
const NOT_KEPT: [(HeaderName, HeaderValue); 1] =
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// The workspace's providers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ProviderList {
    /// The providers, the oldest first.
    items: Vec<Provider>,
    /// The address to enter at each as the one to send people back to; `null` until `base_url` is configured.
    callback_url: Option<String>,
    /// The address for a provider to say that somebody has signed out there (back-channel logout), with `{id}` for its id;
    /// `null` until `base_url` is configured.
    sign_out_url: Option<String>,
}

/// The providers that somebody who signs in may choose from.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ProviderChoices {
    /// The providers.
    items: Vec<Choice>,
}

/// The workspace's providers, and which may vouch for the caller.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct MyProviders {
    /// The providers.
    items: Vec<MyProvider>,
}

/// Where the browser goes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Way {
    /// The provider's address for it.
    url: String,
}

/// List providers of identity
#[utoipa::path(get, path = "/providers", tag = "sign-in", security(("session" = ["sign_in.manage"])), responses((status = 200, body = ProviderList)))]
pub(super) async fn list(
    caller: Caller<CanManageSignIn>,
    State(app): State<Arc<App>>,
) -> Answer<Json<ProviderList>> {
    let items = app::provider::list(&app, &caller).await?;
    let (callback_url, sign_out_url) = (app::provider::callback_url(&app), app::provider::sign_out_url(&app));
    Ok(Json(ProviderList { items, callback_url, sign_out_url }))
}

/// Set a provider of identity up
#[utoipa::path(post, path = "/providers", tag = "sign-in", security(("session" = ["sign_in.manage"])), request_body = ProviderDraft, responses((status = 201, body = Provider)))]
pub(super) async fn create(
    caller: Caller<CanManageSignIn>,
    State(app): State<Arc<App>>,
    Body(body): Body<ProviderDraft>,
) -> Answer<(StatusCode, Json<Provider>)> {
    Ok((StatusCode::CREATED, Json(app::provider::create(&app, &caller, &body).await?)))
}

/// Change a provider of identity; switched off, it ends the sessions that began through it
#[utoipa::path(put, path = "/providers/{id}", tag = "sign-in", security(("session" = ["sign_in.manage"])), params(("id" = ProviderId, Path)), request_body = ProviderDraft, responses((status = 200, body = Provider)))]
pub(super) async fn update(
    caller: Caller<CanManageSignIn>,
    State(app): State<Arc<App>>,
    Id(id): Id<ProviderId>,
    Body(body): Body<ProviderDraft>,
) -> Answer<Json<Provider>> {
    Ok(Json(app::provider::update(&app, &caller, id, &body).await?))
}

/// Remove a provider of identity; ends the sessions that began through it
#[utoipa::path(delete, path = "/providers/{id}", tag = "sign-in", security(("session" = ["sign_in.manage"])), params(("id" = ProviderId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageSignIn>,
    State(app): State<Arc<App>>,
    Id(id): Id<ProviderId>,
) -> Answer<StatusCode> {
    app::provider::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Look whether a provider of identity can be used
#[utoipa::path(post, path = "/providers/{id}/test", tag = "sign-in", security(("session" = ["sign_in.manage"])), params(("id" = ProviderId, Path)), responses((status = 200, body = Tested)))]
pub(super) async fn test(
    caller: Caller<CanManageSignIn>,
    State(app): State<Arc<App>>,
    Id(id): Id<ProviderId>,
) -> Answer<Json<Tested>> {
    Ok(Json(app::provider::test(&app, &caller, id).await?))
}

/// List the providers through which one can sign in
#[utoipa::path(get, path = "/session/providers", tag = "session", security(()), responses((status = 200, body = ProviderChoices)))]
pub(super) async fn choices(_: Public, State(app): State<Arc<App>>) -> Answer<Json<ProviderChoices>> {
    Ok(Json(ProviderChoices { items: app::provider::choices(&app).await? }))
}

/// Begin to sign in through a provider
#[utoipa::path(post, path = "/session/providers/{id}", tag = "session", security(()), params(("id" = ProviderId, Path)), responses((status = 200, body = Way)))]
pub(super) async fn begin(
    _: Public,
    State(app): State<Arc<App>>,
    origin: Origin,
    Id(id): Id<ProviderId>,
) -> Answer<Response> {
    Ok(way(app::provider::begin(&app, id, &origin.visit).await?, &origin))
}

/// Sign in with what a provider sent the browser back with
#[utoipa::path(post, path = "/session/provider", tag = "session", security(()), request_body = Callback, responses((status = 200, body = Me), (status = 202, body = SecondStepNeeded, description = "The provider vouches, and a second step is needed.")))]
pub(super) async fn finish(
    _: Public,
    State(app): State<Arc<App>>,
    origin: Origin,
    headers: HeaderMap,
    Body(body): Body<Callback>,
) -> Answer<Response> {
    let shown = cookie::of_provider(&headers);
    Ok(match app::provider::finish(&app, shown, &body, &origin.visit).await? {
        Entry::In(signed_in) => {
            let me = app::session::me(&app, &signed_in.caller).await?;
            let mut lines = cookies(&app, &origin, &signed_in);
            lines.0.push((header::SET_COOKIE, cookie::leave_provider(&origin.peer)));
            (lines, Json(me)).into_response()
        }
        Entry::Step(step) => {
            (StatusCode::ACCEPTED, left(&origin), Json(SecondStepNeeded::from(step))).into_response()
        }
    })
}

/// List the workspace's providers, and which may vouch for one
#[utoipa::path(get, path = "/me/providers", tag = "session", security(("session" = [])), responses((status = 200, body = MyProviders)))]
pub(super) async fn mine(caller: Caller<InPerson>, State(app): State<Arc<App>>) -> Answer<Json<MyProviders>> {
    Ok(Json(MyProviders { items: app::provider::mine(&app, &caller).await? }))
}

/// Begin to let a provider vouch for one
#[utoipa::path(post, path = "/me/providers/{id}", tag = "session", security(("session" = [])), params(("id" = ProviderId, Path)), responses((status = 200, body = Way)))]
pub(super) async fn link(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    origin: Origin,
    Id(id): Id<ProviderId>,
) -> Answer<Response> {
    Ok(way(app::provider::begin_link(&app, &caller, id).await?, &origin))
}

/// Take from a provider that it may vouch for one
#[utoipa::path(delete, path = "/me/providers/{id}", tag = "session", security(("session" = [])), params(("id" = ProviderId, Path)), responses((status = 204)))]
pub(super) async fn unlink(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    Id(id): Id<ProviderId>,
) -> Answer<StatusCode> {
    app::provider::unlink(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begin to show at a provider once more that it is oneself
#[utoipa::path(post, path = "/me/providers/{id}/proof", tag = "session", security(("session" = [])), params(("id" = ProviderId, Path)), responses((status = 200, body = Way)))]
pub(super) async fn prove(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    origin: Origin,
    Id(id): Id<ProviderId>,
) -> Answer<Response> {
    Ok(way(app::provider::begin_proof(&app, &caller, id).await?, &origin))
}

/// Finish what one began at a provider, with what it sent the browser back with
#[utoipa::path(post, path = "/me/provider", tag = "session", security(("session" = [])), request_body = Callback, responses((status = 204)))]
pub(super) async fn finish_mine(
    caller: Caller<InPerson>,
    State(app): State<Arc<App>>,
    origin: Origin,
    headers: HeaderMap,
    Body(body): Body<Callback>,
) -> Answer<(StatusCode, [(HeaderName, HeaderValue); 1])> {
    app::provider::finish_mine(&app, &caller, cookie::of_provider(&headers), &body).await?;
    Ok((StatusCode::NO_CONTENT, left(&origin)))
}

/// The answer to a browser that goes to a provider.
fn way(begun: Begun, origin: &Origin) -> Response {
    let line = cookie::go_to_provider(&begun.token, app::provider::LIFE, &origin.peer);
    ([(header::SET_COOKIE, line)], Json(Way { url: begun.url })).into_response()
}

fn left(origin: &Origin) -> [(HeaderName, HeaderValue); 1] {
    [(header::SET_COOKIE, cookie::leave_provider(&origin.peer))]
}

/// What a provider says when somebody has signed out there.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "the form for the API document; it is read as it comes")]
pub(super) struct SignedOut {
    /// Who it is, signed.
    logout_token: String,
}

/// Take a provider's word that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0)
///
/// The answer is 200 when it counts, and what began through that sign-in has ended then; 400 for everything else.
#[utoipa::path(post, path = "/hooks/providers/{id}/sign-out", tag = "hooks", security(()), params(("id" = String, Path, description = "The provider's id.")), request_body(content = SignedOut, content_type = "application/x-www-form-urlencoded"), responses((status = 200), (status = 400, description = "It does not count.")))]
pub(super) async fn signed_out(
    _: Public,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Request,
) -> Answer<Response> {
    // Nobody learns which providers there are.
    let refused = || (StatusCode::BAD_REQUEST, NOT_KEPT).into_response();
    let body = whole(body.into_body(), LONGEST_WORD).await?;
    let Ok(id) = id.parse() else { return Ok(refused()) };
    let mut words = url::form_urlencoded::parse(&body).filter(|(name, _)| name == "logout_token");
    let (Some((_, word)), None) = (words.next(), words.next()) else { return Ok(refused()) };
    match app::provider::sign_out(&app, id, &word).await {
        Ok(()) => Ok((StatusCode::OK, NOT_KEPT).into_response()),
        Err(app::Error::NotFound | app::Error::Invalid(_)) => Ok(refused()),
        Err(error) => Err(error.into()),
    }
}
