//! The language model: which one, what for, and what it does for agents.

use std::sync::Arc;

use app::App;
use app::language_model::{Assistance, Change, Chosen, Draft, Tested};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{ConversationId, LanguageModel, MessageId, Secret, Tone};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageInboxes, CanRead, CanReply};
use super::error::Answer;
use super::request::{Body, Id};

/// A choice of a model.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "address": "https://models.example.com/v1", "model": "small-8b", "key": "k3y…", "answers": true, "assists": true,
    "cross_border": false, "tokens_a_day": 2_000_000, "tokens_a_contact": 50_000
}))]
pub(super) struct LanguageModelDraft {
    /// The address that `/chat/completions` is below.
    address: String,
    /// The name of the model there.
    model: String,
    /// What is shown there; absent: what was shown before, if the address stays.
    #[schema(value_type = Option<String>, format = Password)]
    key: Option<Secret<String>>,
    /// Whether the bot words its answers with it.
    answers: bool,
    /// Whether agents may have texts rewritten and translated by it.
    assists: bool,
    /// Whether data that it is given leaves the country.
    cross_border: bool,
    /// How many tokens it may use in a day (UTC) altogether.
    #[schema(minimum = 1000, maximum = 1_000_000_000)]
    tokens_a_day: i64,
    /// How many of them for one customer.
    #[schema(minimum = 1000, maximum = 1_000_000_000)]
    tokens_a_contact: i64,
}

/// A text to rewrite, and how: in a `tone`, or into the language `to`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "we cant do that", "tone": "friendlier"}))]
pub(super) struct Rewriting {
    /// The text, at most 4,000 characters.
    text: String,
    /// How it is to sound.
    tone: Option<Tone>,
    /// The language that it is to be in (BCP 47), in place of a tone.
    to: Option<String>,
}

/// A language to translate into.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "en"}))]
pub(super) struct Translating {
    /// The language (BCP 47).
    to: String,
}

/// What a language model wrote.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Written {
    /// The text.
    text: String,
}

/// Read which language model is used, and how much of it was used today
#[utoipa::path(get, path = "/language_model", tag = "bot", security(("session" = ["inbox.manage"])), responses((status = 200, body = Chosen)))]
pub(super) async fn get(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Chosen>> {
    Ok(Json(app::language_model::get(&app, &caller).await?))
}

/// Say which language model is used and what for; needs a fresh proof. It is used once it was tested
#[utoipa::path(put, path = "/language_model", tag = "bot", security(("session" = ["inbox.manage"])), request_body = LanguageModelDraft, responses((status = 200, body = LanguageModel)))]
pub(super) async fn set(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Body(body): Body<LanguageModelDraft>,
) -> Answer<Json<LanguageModel>> {
    let LanguageModelDraft {
        address,
        model,
        key,
        answers,
        assists,
        cross_border,
        tokens_a_day,
        tokens_a_contact,
    } = body;
    let draft = Draft { address, model, key, answers, assists, cross_border, tokens_a_day, tokens_a_contact };
    Ok(Json(app::language_model::set(&app, &caller, draft).await?))
}

/// Use no language model any more; needs a fresh proof
#[utoipa::path(delete, path = "/language_model", tag = "bot", security(("session" = ["inbox.manage"])), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
) -> Answer<StatusCode> {
    app::language_model::remove(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Look whether the language model works, and what its server understands
#[utoipa::path(post, path = "/language_model/test", tag = "bot", security(("session" = ["inbox.manage"])), responses((status = 200, body = Tested)))]
pub(super) async fn test(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Tested>> {
    Ok(Json(app::language_model::test(&app, &caller).await?))
}

/// Read what a language model may do for agents
#[utoipa::path(get, path = "/language_model/assistance", tag = "bot", security(("session" = ["conversation.read"])), responses((status = 200, body = Assistance)))]
pub(super) async fn assistance(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Assistance>> {
    Ok(Json(app::language_model::assistance(&app, &caller).await?))
}

/// Have a reply that is being written put otherwise, or into another language
#[utoipa::path(post, path = "/conversations/{id}/rewrite", tag = "conversations", security(("session" = ["conversation.reply"])), params(("id" = ConversationId, Path)), request_body = Rewriting, responses((status = 200, body = Written)))]
pub(super) async fn rewrite(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Body(body): Body<Rewriting>,
) -> Answer<Json<Written>> {
    let change = match (body.tone, body.to) {
        (Some(tone), None) => Some(Change::Tone(tone)),
        (None, Some(to)) => Some(Change::Language(to)),
        _ => None,
    };
    Ok(Json(Written {
        text: app::language_model::rewrite(&app, &caller, id, &body.text, change.as_ref()).await?,
    }))
}

/// Have a message translated
#[utoipa::path(post, path = "/messages/{id}/translate", tag = "messages", security(("session" = ["conversation.read"])), params(("id" = MessageId, Path)), request_body = Translating, responses((status = 200, body = Written)))]
pub(super) async fn translate(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Id(id): Id<MessageId>,
    Body(body): Body<Translating>,
) -> Answer<Json<Written>> {
    Ok(Json(Written { text: app::language_model::translate(&app, &caller, id, &body.to).await? }))
}
