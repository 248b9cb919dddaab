//! Sensitive content: what is done about it, and seeing what is masked.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use model::{Message, MessageId, SensitiveRule};
use serde::{Deserialize, Serialize};

use super::caller::{Anyone, Caller, CanManageSensitive, CanReveal};
use super::erasure::Reason;
use super::error::Answer;
use super::request::{Body, Id};

/// What is done about each class.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"rules": [{"class": "bank_account", "masked": true, "outbound": "warn"}]}))]
pub(super) struct SensitiveRules {
    /// A rule for each class; when they are changed, classes that are not named stay as they are.
    rules: Vec<SensitiveRule>,
}

/// Read what is done about sensitive content
#[utoipa::path(get, path = "/sensitive", tag = "privacy", security(("session" = [])), responses((status = 200, body = SensitiveRules)))]
pub(super) async fn rules(
    caller: Caller<Anyone>,
    State(app): State<Arc<App>>,
) -> Answer<Json<SensitiveRules>> {
    Ok(Json(SensitiveRules { rules: app::sensitive::rules(&app, &caller).await? }))
}

/// Say what is done about sensitive content
#[utoipa::path(put, path = "/sensitive", tag = "privacy", security(("session" = ["sensitive.manage"])), request_body = SensitiveRules, responses((status = 200, body = SensitiveRules)))]
pub(super) async fn decide(
    caller: Caller<CanManageSensitive>,
    State(app): State<Arc<App>>,
    Body(body): Body<SensitiveRules>,
) -> Answer<Json<SensitiveRules>> {
    Ok(Json(SensitiveRules { rules: app::sensitive::decide(&app, &caller, body.rules).await? }))
}

/// See a message as it was written, saying why
#[utoipa::path(post, path = "/messages/{id}/reveal", tag = "privacy", security(("session" = ["sensitive.reveal"])), params(("id" = MessageId, Path)), request_body = Reason, responses((status = 200, body = Message)))]
pub(super) async fn reveal(
    caller: Caller<CanReveal>,
    State(app): State<Arc<App>>,
    Id(id): Id<MessageId>,
    Body(body): Body<Reason>,
) -> Answer<Json<Message>> {
    Ok(caller.show(app::sensitive::reveal(&app, &caller, id, &body.reason).await?))
}
