//! What colleagues say of answers: right, or wrong.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{ArticleId, BotAnswer, ConversationId, JudgedPair, MessageId};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageKnowledge, CanRead, CanReply};
use super::error::Answer;
use super::request::{Body, Id, Params, page_limit};

/// Answers that can be judged.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct BotAnswerList {
    /// The answers, the newest first; at most 100.
    items: Vec<BotAnswer>,
}

/// What somebody says of an answer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"right": false}))]
pub(super) struct AnswerVerdict {
    /// Whether it is right; absent or null takes back what was said.
    right: Option<bool>,
}

/// Which pairs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PairsQuery {
    /// Those that more colleagues found right than wrong; else those that not more did.
    right: bool,
    /// Where to go on.
    cursor: Option<String>,
    /// How many; at most 50.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
}

/// Questions with pieces of knowledge that were judged for them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct JudgedPairList {
    /// The pairs, the newest question first.
    items: Vec<JudgedPair>,
    /// What to pass on to get the next page.
    next_cursor: Option<String>,
}

/// What becomes of a pair.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"message_id": "ms_0f5s3v9k2m0a1", "article_id": "ar_01hg2tkxk4y7q", "accept": true}))]
pub(super) struct PairDecision {
    /// The message that asks.
    message_id: MessageId,
    /// The article.
    article_id: ArticleId,
    /// Whether the question becomes one of the article's; else the pair is put away.
    accept: bool,
}

/// List the bot's answers in a conversation, and what was said of them
#[utoipa::path(get, path = "/conversations/{id}/answers", tag = "bot", security(("session" = ["conversation.read"])), params(("id" = ConversationId, Path)), responses((status = 200, body = BotAnswerList)))]
pub(super) async fn answers(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
) -> Answer<Json<BotAnswerList>> {
    Ok(Json(BotAnswerList { items: app::verdict::answers(&app, &caller, id).await? }))
}

/// Say whether an answer of the bot is right
#[utoipa::path(put, path = "/messages/{id}/verdict", tag = "bot", security(("session" = ["conversation.reply"])), params(("id" = MessageId, Path)), request_body = AnswerVerdict, responses((status = 200, body = BotAnswer)))]
pub(super) async fn judge(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<MessageId>,
    Body(body): Body<AnswerVerdict>,
) -> Answer<Json<BotAnswer>> {
    Ok(Json(app::verdict::judge(&app, &caller, id, body.right).await?))
}

/// List questions with pieces of knowledge that were found right or wrong for them, and wait for a decision
#[utoipa::path(get, path = "/judged", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(PairsQuery), responses((status = 200, body = JudgedPairList)))]
pub(super) async fn list(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Params(query): Params<PairsQuery>,
) -> Answer<Json<JudgedPairList>> {
    let limit = page_limit(query.limit)?;
    let page = app::verdict::waiting(&app, &caller, query.right, query.cursor, limit).await?;
    Ok(Json(JudgedPairList { items: page.items, next_cursor: page.next_cursor }))
}

/// Make a question one of an article's, or put the pair away
#[utoipa::path(post, path = "/judged/decide", tag = "knowledge", security(("session" = ["knowledge.manage"])), request_body = PairDecision, responses((status = 204)))]
pub(super) async fn decide(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<PairDecision>,
) -> Answer<StatusCode> {
    let PairDecision { message_id, article_id, accept } = body;
    app::verdict::decide(&app, &caller, message_id, article_id, accept).await?;
    Ok(StatusCode::NO_CONTENT)
}
