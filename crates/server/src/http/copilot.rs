//! What helps an agent with a conversation.

use std::sync::Arc;

use app::App;
use app::copilot::Fate;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{
    ConversationId, MessageId, SimilarConversation, SuggestionKind, SuggestionUse, Suggestions, Summary,
};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanRead, CanReply};
use super::error::Answer;
use super::request::{Body, Id};

/// What an agent did with a suggestion, and whether it helped.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "article", "source": "ar_01hg2tkxk4y7q", "used": "edited"}))]
pub(super) struct SuggestionFate {
    /// Where it came from.
    kind: SuggestionKind,
    /// The id of the article, of the saved reply or of the conversation.
    source: String,
    /// What was done with it; absent leaves what was noted before.
    used: Option<SuggestionUse>,
    /// Whether it helped; absent leaves what was noted before.
    helpful: Option<bool>,
    /// Whether what was said of its helping is taken back.
    #[serde(default)]
    taken_back: bool,
}

/// Solved conversations that are like another one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SimilarList {
    /// The conversations, the most alike first; at most five.
    items: Vec<SimilarConversation>,
}

/// Suggest replies to the customer's last words
#[utoipa::path(get, path = "/conversations/{id}/suggestions", tag = "conversations", security(("session" = ["conversation.reply"])), params(("id" = ConversationId, Path)), responses((status = 200, body = Suggestions)))]
pub(super) async fn suggest(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Answer<Json<Suggestions>> {
    Ok(Json(app::copilot::suggest(&app, &caller, id).await?))
}

/// Say what became of a suggestion for a customer's message
#[utoipa::path(put, path = "/messages/{id}/suggestion", tag = "messages", security(("session" = ["conversation.reply"])), params(("id" = MessageId, Path)), request_body = SuggestionFate, responses((status = 204)))]
pub(super) async fn note(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<MessageId>,
    Body(body): Body<SuggestionFate>,
) -> Answer<StatusCode> {
    let SuggestionFate { kind, source, used, helpful, taken_back } = body;
    app::copilot::note(&app, &caller, id, Fate { kind, source, used, helpful, taken_back }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Find solved conversations in which nearly the same was asked
#[utoipa::path(get, path = "/conversations/{id}/similar", tag = "conversations", security(("session" = ["conversation.read"])), params(("id" = ConversationId, Path)), responses((status = 200, body = SimilarList)))]
pub(super) async fn similar(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Answer<Json<SimilarList>> {
    Ok(Json(SimilarList { items: app::copilot::similar(&app, &caller, id).await? }))
}

/// Sum up a conversation by its own sentences
#[utoipa::path(get, path = "/conversations/{id}/summary", tag = "conversations", security(("session" = ["conversation.read"])), params(("id" = ConversationId, Path)), responses((status = 200, body = Summary)))]
pub(super) async fn summary(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Answer<Json<Summary>> {
    Ok(Json(app::copilot::summary(&app, &caller, id).await?))
}
