//! Saved replies.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{QuickReply, QuickReplyId};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageQuickReplies, CanRead};
use super::error::Answer;
use super::request::{Body, Id};

/// The workspace's saved replies.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct QuickReplyList {
    /// The replies, by shortcut.
    items: Vec<QuickReply>,
}

/// A saved reply to be made.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"shortcut": "hours", "body": "Hello {{contact.name}}, we are open from 9 to 18."}))]
pub(super) struct QuickReplyDraft {
    /// What is typed after `/`: one word of at most 32 characters, unique in the workspace.
    shortcut: String,
    /// The text, at most 4096 characters.
    body: String,
}

/// What to change of a saved reply; absent fields stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"body": "We are open from 9 to 20 now."}))]
pub(super) struct QuickReplyChange {
    /// Another shortcut.
    shortcut: Option<String>,
    /// Another text.
    body: Option<String>,
}

/// List saved replies
#[utoipa::path(get, path = "/quick_replies", tag = "quick replies", security(("session" = ["conversation.read"])), responses((status = 200, body = QuickReplyList)))]
pub(super) async fn list(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
) -> Answer<Json<QuickReplyList>> {
    Ok(Json(QuickReplyList { items: app::quick_reply::list(&app, &caller).await? }))
}

/// Make a saved reply
#[utoipa::path(post, path = "/quick_replies", tag = "quick replies", security(("session" = ["quick_reply.manage"])), request_body = QuickReplyDraft, responses((status = 201, body = QuickReply)))]
pub(super) async fn create(
    caller: Caller<CanManageQuickReplies>,
    State(app): State<Arc<App>>,
    Body(body): Body<QuickReplyDraft>,
) -> Answer<(StatusCode, Json<QuickReply>)> {
    let made = app::quick_reply::create(&app, &caller, &body.shortcut, &body.body).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Change a saved reply
#[utoipa::path(patch, path = "/quick_replies/{id}", tag = "quick replies", security(("session" = ["quick_reply.manage"])), params(("id" = QuickReplyId, Path)), request_body = QuickReplyChange, responses((status = 200, body = QuickReply)))]
pub(super) async fn update(
    caller: Caller<CanManageQuickReplies>,
    State(app): State<Arc<App>>,
    Id(id): Id<QuickReplyId>,
    Body(body): Body<QuickReplyChange>,
) -> Answer<Json<QuickReply>> {
    Ok(Json(app::quick_reply::update(&app, &caller, id, body.shortcut, body.body).await?))
}

/// Remove a saved reply
#[utoipa::path(delete, path = "/quick_replies/{id}", tag = "quick replies", security(("session" = ["quick_reply.manage"])), params(("id" = QuickReplyId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageQuickReplies>,
    State(app): State<Arc<App>>,
    Id(id): Id<QuickReplyId>,
) -> Answer<StatusCode> {
    app::quick_reply::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
