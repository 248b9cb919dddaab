//! How people sign in to the workspace.

use std::sync::Arc;

use app::App;
use app::sign_in::SignInPolicy;
use axum::Json;
use axum::extract::State;

use super::caller::{Caller, CanManageSignIn};
use super::error::Answer;
use super::request::Body;

/// See what everybody is asked for
#[utoipa::path(get, path = "/sign_in", tag = "sign-in", security(("session" = ["sign_in.manage"])), responses((status = 200, body = SignInPolicy)))]
pub(super) async fn policy(
    caller: Caller<CanManageSignIn>,
    State(app): State<Arc<App>>,
) -> Answer<Json<SignInPolicy>> {
    Ok(Json(app::sign_in::policy(&app, &caller).await?))
}

/// Change what everybody is asked for; ends sessions that do not have it
#[utoipa::path(put, path = "/sign_in", tag = "sign-in", security(("session" = ["sign_in.manage"])), request_body = SignInPolicy, responses((status = 200, body = SignInPolicy)))]
pub(super) async fn change(
    caller: Caller<CanManageSignIn>,
    State(app): State<Arc<App>>,
    Body(body): Body<SignInPolicy>,
) -> Answer<Json<SignInPolicy>> {
    Ok(Json(app::sign_in::change(&app, &caller, body).await?))
}
