//! Intents: what customers may want, what the bot does about it, and what was learned.

use std::sync::Arc;

use app::App;
use app::intent::{IntentEdit, NewIntent};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{
    ConversationId, Intent, IntentAnswer, IntentChange, IntentId, IntentVersion, MessageId, Understood,
    UnderstoodMessage,
};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageKnowledge, CanRead, CanReadKnowledge};
use super::error::Answer;
use super::request::{Body, Id, Params, page_limit};

/// The workspace's intents.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct IntentList {
    /// The intents by name.
    items: Vec<Intent>,
}

/// An intent to be written.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Late parcel", "answer": {"do": "say", "texts": {"en": "It comes within two days."}}}))]
pub(super) struct IntentDraft {
    /// What it is called, at most 80 characters, unique in the workspace.
    name: String,
    /// What belongs to it and what does not, for colleagues.
    #[serde(default)]
    description: String,
    /// What the bot does about it.
    answer: IntentAnswer,
    /// Whether it is recognised.
    #[serde(default = "yes")]
    enabled: bool,
}

fn yes() -> bool {
    true
}

/// What to change of an intent; absent fields stay.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"enabled": false}))]
pub(super) struct IntentPatch {
    /// Another name.
    name: Option<String>,
    /// Another description.
    description: Option<String>,
    /// Another answer.
    answer: Option<IntentAnswer>,
    /// Whether it is recognised.
    enabled: Option<bool>,
}

/// A text of which it is asked what would be understood.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "my parcel is still not here"}))]
pub(super) struct TextToUnderstand {
    /// What a customer might write.
    text: String,
}

/// Whether corrections count at once.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"automatic": false}))]
pub(super) struct LearningPolicy {
    /// Whether corrections count without being accepted.
    automatic: bool,
}

/// Which versions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionsQuery {
    /// Only versions before this one.
    before: Option<i64>,
    /// How many items, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// Versions of what was learned.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct IntentVersionList {
    /// The newest first.
    items: Vec<IntentVersion>,
}

/// The version to be used.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"version": 1}))]
pub(super) struct IntentVersionChoice {
    /// Its number.
    version: i64,
}

/// Two versions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CompareQuery {
    /// The one version.
    before: i64,
    /// The other one.
    after: i64,
}

/// What two versions understand differently.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct IntentChangeList {
    /// The examples; at most 200.
    items: Vec<IntentChange>,
}

/// Which messages of a conversation.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UnderstoodQuery {
    /// Only messages before this one.
    before: Option<MessageId>,
}

/// What is understood of a customer's messages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct UnderstoodList {
    /// The newest last.
    items: Vec<UnderstoodMessage>,
}

/// List intents
#[utoipa::path(get, path = "/intents", tag = "intents", security(("session" = ["knowledge.read"])), responses((status = 200, body = IntentList)))]
pub(super) async fn list(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
) -> Answer<Json<IntentList>> {
    Ok(Json(IntentList { items: app::intent::list(&app, &caller).await? }))
}

/// Write an intent
#[utoipa::path(post, path = "/intents", tag = "intents", security(("session" = ["knowledge.manage"])), request_body = IntentDraft, responses((status = 201, body = Intent)))]
pub(super) async fn create(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<IntentDraft>,
) -> Answer<(StatusCode, Json<Intent>)> {
    let IntentDraft { name, description, answer, enabled } = body;
    let new = NewIntent { name, description, answer, enabled };
    Ok((StatusCode::CREATED, Json(app::intent::create(&app, &caller, new).await?)))
}

/// Change an intent
#[utoipa::path(patch, path = "/intents/{id}", tag = "intents", security(("session" = ["knowledge.manage"])), params(("id" = IntentId, Path)), request_body = IntentPatch, responses((status = 200, body = Intent)))]
pub(super) async fn update(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<IntentId>,
    Body(body): Body<IntentPatch>,
) -> Answer<Json<Intent>> {
    let IntentPatch { name, description, answer, enabled } = body;
    let edit = IntentEdit { name, description, answer, enabled };
    Ok(Json(app::intent::update(&app, &caller, id, edit).await?))
}

/// Remove an intent with its examples
#[utoipa::path(delete, path = "/intents/{id}", tag = "intents", security(("session" = ["knowledge.manage"])), params(("id" = IntentId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<IntentId>,
) -> Answer<StatusCode> {
    app::intent::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say what would be understood of a text
#[utoipa::path(post, path = "/understand", tag = "intents", security(("session" = ["knowledge.read"])), request_body = TextToUnderstand, responses((status = 200, body = Understood)))]
pub(super) async fn understand(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<TextToUnderstand>,
) -> Answer<Json<Understood>> {
    Ok(caller.show(app::intent::recognise::understand(&app, &caller, &body.text).await?))
}

/// Read what is understood of a customer's messages
#[utoipa::path(get, path = "/conversations/{id}/understood", tag = "intents", security(("session" = ["conversation.read"])), params(("id" = ConversationId, Path), UnderstoodQuery), responses((status = 200, body = UnderstoodList)))]
pub(super) async fn messages(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Params(query): Params<UnderstoodQuery>,
) -> Answer<Json<UnderstoodList>> {
    let found = app::intent::recognise::messages(&app, &caller, id, query.before).await?;
    Ok(Json(UnderstoodList { items: caller.show(found).0 }))
}

/// Read whether corrections count at once
#[utoipa::path(get, path = "/learning", tag = "intents", security(("session" = ["knowledge.read"])), responses((status = 200, body = LearningPolicy)))]
pub(super) async fn policy(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
) -> Answer<Json<LearningPolicy>> {
    Ok(Json(LearningPolicy { automatic: app::intent::automatic(&app, &caller).await? }))
}

/// Say whether corrections count at once
#[utoipa::path(put, path = "/learning", tag = "intents", security(("session" = ["knowledge.manage"])), request_body = LearningPolicy, responses((status = 200, body = LearningPolicy)))]
pub(super) async fn set_policy(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<LearningPolicy>,
) -> Answer<Json<LearningPolicy>> {
    app::intent::set_automatic(&app, &caller, body.automatic).await?;
    Ok(Json(body))
}

/// List versions of what was learned
#[utoipa::path(get, path = "/learning/versions", tag = "intents", security(("session" = ["knowledge.read"])), params(VersionsQuery), responses((status = 200, body = IntentVersionList)))]
pub(super) async fn versions(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
    Params(query): Params<VersionsQuery>,
) -> Answer<Json<IntentVersionList>> {
    let limit = page_limit(query.limit)?;
    let items = app::intent::training::versions(&app, &caller, query.before, limit).await?;
    Ok(Json(IntentVersionList { items }))
}

/// Put a version into use
#[utoipa::path(post, path = "/learning/use", tag = "intents", security(("session" = ["knowledge.manage"])), request_body = IntentVersionChoice, responses((status = 204)))]
pub(super) async fn choose(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<IntentVersionChoice>,
) -> Answer<StatusCode> {
    app::intent::training::choose(&app, &caller, body.version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read which examples two versions understand differently
#[utoipa::path(get, path = "/learning/changes", tag = "intents", security(("session" = ["knowledge.manage"])), params(CompareQuery), responses((status = 200, body = IntentChangeList)))]
pub(super) async fn changes(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Params(query): Params<CompareQuery>,
) -> Answer<Json<IntentChangeList>> {
    let items = app::intent::training::compare(&app, &caller, query.before, query.after).await?;
    Ok(Json(IntentChangeList { items: caller.show(items).0 }))
}
