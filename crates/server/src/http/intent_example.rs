//! Examples of intents, and what agents say that a message means.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{ExampleId, ExampleState, IntentCorrection, IntentExample, IntentId, MessageId};
use serde::{Deserialize, Serialize};
use store::intent_example::Filter;

use super::caller::{Caller, CanManageKnowledge, CanReply};
use super::error::Answer;
use super::request::{Body, Id, Params, page_limit};

/// Which examples.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExamplesQuery {
    /// In this state.
    state: Option<ExampleState>,
    /// Of this intent.
    intent: Option<IntentId>,
    /// Where the page begins: the `next_cursor` of an earlier answer.
    cursor: Option<String>,
    /// How many items, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// A page of examples.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ExampleList {
    /// The newest first.
    items: Vec<IntentExample>,
    /// What to pass to get the next page.
    next_cursor: Option<String>,
}

/// Examples to be written.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"texts": ["where is my parcel", "mi paquete no ha llegado"]}))]
pub(super) struct ExampleDraft {
    /// What customers write, in any language; at most 500 at once, each at most 500 characters.
    texts: Vec<String>,
}

/// How many examples were written or decided.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ExampleCount {
    /// How many.
    count: i64,
}

/// What is decided about examples.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"examples": ["ex_0f5s3v9k2m0a1"], "accept": true}))]
pub(super) struct ExampleDecision {
    /// Which ones; at most 500.
    examples: Vec<ExampleId>,
    /// Whether they count.
    accept: bool,
}

/// What a message means.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"intent_id": "it_0f5s3v9k2m0a1"}))]
pub(super) struct Meaning {
    /// The intent; absent or null for none of them.
    intent_id: Option<IntentId>,
}

/// List examples
#[utoipa::path(get, path = "/examples", tag = "intents", security(("session" = ["knowledge.manage"])), params(ExamplesQuery), responses((status = 200, body = ExampleList)))]
pub(super) async fn list(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Params(query): Params<ExamplesQuery>,
) -> Answer<Json<ExampleList>> {
    let limit = page_limit(query.limit)?;
    let filter = Filter { state: query.state, intent: query.intent };
    let page = app::intent::example::list(&app, &caller, filter, query.cursor, limit).await?;
    let items = caller.show(page.items).0;
    Ok(Json(ExampleList { items, next_cursor: page.next_cursor }))
}

/// Write examples of an intent
#[utoipa::path(post, path = "/intents/{id}/examples", tag = "intents", security(("session" = ["knowledge.manage"])), params(("id" = IntentId, Path)), request_body = ExampleDraft, responses((status = 200, body = ExampleCount)))]
pub(super) async fn write(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<IntentId>,
    Body(body): Body<ExampleDraft>,
) -> Answer<Json<ExampleCount>> {
    let count = app::intent::example::write(&app, &caller, id, &body.texts).await?;
    Ok(Json(ExampleCount { count }))
}

/// Remove an example
#[utoipa::path(delete, path = "/examples/{id}", tag = "intents", security(("session" = ["knowledge.manage"])), params(("id" = ExampleId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ExampleId>,
) -> Answer<StatusCode> {
    app::intent::example::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Accept or refuse examples
#[utoipa::path(post, path = "/examples/decide", tag = "intents", security(("session" = ["knowledge.manage"])), request_body = ExampleDecision, responses((status = 200, body = ExampleCount)))]
pub(super) async fn decide(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<ExampleDecision>,
) -> Answer<Json<ExampleCount>> {
    let count = app::intent::example::decide(&app, &caller, body.examples, body.accept).await?;
    Ok(Json(ExampleCount { count }))
}

/// Say what a customer's message means
#[utoipa::path(put, path = "/messages/{id}/intent", tag = "intents", security(("session" = ["conversation.reply"])), params(("id" = MessageId, Path)), request_body = Meaning, responses((status = 200, body = IntentCorrection)))]
pub(super) async fn correct(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<MessageId>,
    Body(body): Body<Meaning>,
) -> Answer<Json<IntentCorrection>> {
    Ok(Json(app::intent::example::correct(&app, &caller, id, body.intent_id).await?))
}
