//! The sentence model: which one the knowledge is found by.

use std::sync::Arc;

use app::App;
use app::embedding::{Chosen, Draft, Tested};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{EmbeddingModel, Secret};
use serde::Deserialize;

use super::caller::{Caller, CanManageInboxes};
use super::error::Answer;
use super::request::Body;

/// A choice of a model.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "address": "https://models.example.com/v1", "model": "embed-small", "key": "k3y…", "cross_border": false,
    "tokens_a_day": 2_000_000
}))]
pub(super) struct EmbeddingModelDraft {
    /// The address that `/embeddings` is below.
    address: String,
    /// The name of the model there.
    model: String,
    /// What is shown there; absent: what was shown before, if the address stays.
    #[schema(value_type = Option<String>, format = Password)]
    key: Option<Secret<String>>,
    /// Whether data that it is given leaves the country.
    cross_border: bool,
    /// How many tokens it may use in a day (UTC).
    #[schema(minimum = 1000, maximum = 1_000_000_000)]
    tokens_a_day: i64,
}

/// Read which sentence model the knowledge is found by, and how much of it was used today
#[utoipa::path(get, path = "/embedding_model", tag = "knowledge", security(("session" = ["inbox.manage"])), responses((status = 200, body = Chosen)))]
pub(super) async fn get(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Chosen>> {
    Ok(Json(app::embedding::get(&app, &caller).await?))
}

/// Say which sentence model the knowledge is found by; needs a fresh proof. It is used once it was tested
#[utoipa::path(put, path = "/embedding_model", tag = "knowledge", security(("session" = ["inbox.manage"])), request_body = EmbeddingModelDraft, responses((status = 200, body = EmbeddingModel)))]
pub(super) async fn set(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Body(body): Body<EmbeddingModelDraft>,
) -> Answer<Json<EmbeddingModel>> {
    let EmbeddingModelDraft { address, model, key, cross_border, tokens_a_day } = body;
    let draft = Draft { address, model, key, cross_border, tokens_a_day };
    Ok(Json(app::embedding::set(&app, &caller, draft).await?))
}

/// Use no sentence model any more; needs a fresh proof
#[utoipa::path(delete, path = "/embedding_model", tag = "knowledge", security(("session" = ["inbox.manage"])), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
) -> Answer<StatusCode> {
    app::embedding::remove(&app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Look whether the sentence model works, its dimension and how long it takes
#[utoipa::path(post, path = "/embedding_model/test", tag = "knowledge", security(("session" = ["inbox.manage"])), responses((status = 200, body = Tested)))]
pub(super) async fn test(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Tested>> {
    Ok(Json(app::embedding::test(&app, &caller).await?))
}
