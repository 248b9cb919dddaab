//! Privacy notices.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use model::{InboxId, Notice};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManagePrivacy};
use super::error::Answer;
use super::request::Body;

/// The notices of a workspace.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Notices {
    /// The notices, by inbox and language.
    items: Vec<Notice>,
}

/// A notice to be written.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"inbox_id": "ib_0f5s3v9k2m0a1", "language": "en", "text": "We keep what you write to answer you. More: example.com/privacy"}))]
pub(super) struct NoticeText {
    /// The inbox.
    inbox_id: InboxId,
    /// The language, such as `en`.
    language: String,
    /// The text, at most 1,500 characters; empty removes the notice.
    text: String,
}

/// List privacy notices
#[utoipa::path(get, path = "/notices", tag = "privacy", security(("session" = ["privacy.manage"])), responses((status = 200, body = Notices)))]
pub(super) async fn list(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Notices>> {
    Ok(Json(Notices { items: app::notice::list(&app, &caller).await? }))
}

/// Write the notice that an inbox sends to whoever writes to it for the first time
#[utoipa::path(put, path = "/notices", tag = "privacy", security(("session" = ["privacy.manage"])), request_body = NoticeText, responses((status = 200, body = Notices)))]
pub(super) async fn write(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Body(body): Body<NoticeText>,
) -> Answer<Json<Notices>> {
    let NoticeText { inbox_id, language, text } = body;
    Ok(Json(Notices { items: app::notice::write(&app, &caller, inbox_id, &language, &text).await? }))
}
