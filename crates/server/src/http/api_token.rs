//! Tokens for programs.

use std::sync::Arc;

use app::App;
use app::api_token::{NewToken, TokenView};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{Millis, Permission, TokenId};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageTokens};
use super::error::Answer;
use super::request::{Body, Id};

/// The workspace's tokens.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TokenList {
    /// The tokens, the newest first.
    items: Vec<TokenView>,
}

/// A token to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "nightly report", "permissions": ["conversation.read"], "networks": ["203.0.113.0/24"]
}))]
pub(super) struct TokenDraft {
    /// What it is for.
    name: String,
    /// What it may; nothing that its maker may not.
    permissions: Vec<Permission>,
    /// The addresses or networks (CIDR) it may be used from; empty or absent: from anywhere.
    #[serde(default)]
    networks: Vec<String>,
    /// When it ends; absent: when it is revoked.
    expires_at: Option<Millis>,
}

/// A token that was just made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct MadeToken {
    /// The token as the list shows it.
    token: TokenView,
    /// What the program shows. It is told this once and kept nowhere.
    secret: String,
}

/// List the tokens for programs
#[utoipa::path(get, path = "/tokens", tag = "sign-in", security(("session" = ["token.manage"])), responses((status = 200, body = TokenList)))]
pub(super) async fn list(
    caller: Caller<CanManageTokens>,
    State(app): State<Arc<App>>,
) -> Answer<Json<TokenList>> {
    Ok(Json(TokenList { items: app::api_token::list(&app, &caller).await? }))
}

/// Make a token for a program
#[utoipa::path(post, path = "/tokens", tag = "sign-in", security(("session" = ["token.manage"])), request_body = TokenDraft, responses((status = 201, body = MadeToken)))]
pub(super) async fn create(
    caller: Caller<CanManageTokens>,
    State(app): State<Arc<App>>,
    Body(body): Body<TokenDraft>,
) -> Answer<(StatusCode, Json<MadeToken>)> {
    let TokenDraft { name, permissions, networks, expires_at } = body;
    let new = NewToken { name, permissions, networks, expires_at };
    let (token, secret) = app::api_token::create(&app, &caller, &new).await?;
    Ok((StatusCode::CREATED, Json(MadeToken { token, secret: secret.expose().clone() })))
}

/// Revoke a token
#[utoipa::path(delete, path = "/tokens/{id}", tag = "sign-in", security(("session" = ["token.manage"])), params(("id" = TokenId, Path)), responses((status = 204)))]
pub(super) async fn revoke(
    caller: Caller<CanManageTokens>,
    State(app): State<Arc<App>>,
    Id(id): Id<TokenId>,
) -> Answer<StatusCode> {
    app::api_token::revoke(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
