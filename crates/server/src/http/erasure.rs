//! The end of a person's data, and the receipts of it.

use std::sync::Arc;

use app::App;
use app::erase::Chains;
use axum::Json;
use axum::extract::State;
use model::{ContactId, ErasureId, Receipt};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManagePrivacy};
use super::error::Answer;
use super::request::{Body, Id, PageQuery, Params};

/// Why something is done that is asked about later.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "asked for by letter of 3 November"}))]
pub(super) struct Reason {
    /// Why, at most 500 characters.
    pub(super) reason: String,
}

/// A page of receipts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ReceiptPage {
    /// The receipts, the newest first.
    items: Vec<Receipt>,
    /// Where the next page begins.
    next_cursor: Option<String>,
}

/// Erase a customer: everything of theirs goes, here and in every copy as soon as no copy of their key is left
#[utoipa::path(post, path = "/contacts/{id}/erase", tag = "privacy", security(("session" = ["privacy.manage"])), params(("id" = ContactId, Path)), request_body = Reason, responses((status = 200, body = Receipt)))]
pub(super) async fn erase(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Id(id): Id<ContactId>,
    Body(body): Body<Reason>,
) -> Answer<Json<Receipt>> {
    Ok(Json(app::erase::erase(&app, &caller, id, &body.reason).await?))
}

/// List receipts of erasures
#[utoipa::path(get, path = "/erasures", tag = "privacy", security(("session" = ["privacy.manage"])), params(PageQuery), responses((status = 200, body = ReceiptPage)))]
pub(super) async fn list(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Params(query): Params<PageQuery>,
) -> Answer<Json<ReceiptPage>> {
    let limit = query.limit()?;
    let page = app::erase::receipts(&app, &caller, query.cursor, limit).await?;
    Ok(Json(ReceiptPage { items: page.items, next_cursor: page.next_cursor }))
}

/// Read one receipt
#[utoipa::path(get, path = "/erasures/{id}", tag = "privacy", security(("session" = ["privacy.manage"])), params(("id" = ErasureId, Path)), responses((status = 200, body = Receipt)))]
pub(super) async fn get(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
    Id(id): Id<ErasureId>,
) -> Answer<Json<Receipt>> {
    Ok(Json(app::erase::receipt(&app, &caller, id).await?))
}

/// Look whether the ledger of consents and the receipts are whole
#[utoipa::path(get, path = "/privacy/chains", tag = "privacy", security(("session" = ["privacy.manage"])), responses((status = 200, body = Chains)))]
pub(super) async fn chains(
    caller: Caller<CanManagePrivacy>,
    State(app): State<Arc<App>>,
) -> Answer<Json<Chains>> {
    Ok(Json(app::erase::chains(&app, &caller).await?))
}
