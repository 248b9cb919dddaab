//! The bot: where it answers, and conversations that are handed back to it.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use model::{BotSetting, Conversation, ConversationId, InboxId};

use super::caller::{Caller, CanAssign, CanManageInboxes, CanReadInboxes};
use super::error::Answer;
use super::request::{Body, Id};

/// Read whether the bot answers in an inbox
#[utoipa::path(get, path = "/inboxes/{id}/bot", tag = "inboxes", security(("session" = ["inbox.read"])), params(("id" = InboxId, Path)), responses((status = 200, body = BotSetting)))]
pub(super) async fn setting(
    caller: Caller<CanReadInboxes>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboxId>,
) -> Answer<Json<BotSetting>> {
    Ok(Json(app::bot::setting(&app, &caller, id).await?))
}

/// Say whether the bot answers in an inbox; switched off, its conversations go to the queue
#[utoipa::path(put, path = "/inboxes/{id}/bot", tag = "inboxes", security(("session" = ["inbox.manage"])), params(("id" = InboxId, Path)), request_body = BotSetting, responses((status = 200, body = BotSetting)))]
pub(super) async fn set(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboxId>,
    Body(body): Body<BotSetting>,
) -> Answer<Json<BotSetting>> {
    Ok(Json(app::bot::set(&app, &caller, id, body).await?))
}

/// Hand a conversation back to the bot, which answers what the customer wrote last and nobody answered, or else the next message
#[utoipa::path(post, path = "/conversations/{id}/hand_back", tag = "conversations", security(("session" = ["conversation.assign"])), params(("id" = ConversationId, Path)), responses((status = 200, body = Conversation)))]
pub(super) async fn hand_back(
    caller: Caller<CanAssign>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Answer<Json<Conversation>> {
    Ok(caller.show(app::conversation::hand_back(&app, &caller, id).await?))
}
