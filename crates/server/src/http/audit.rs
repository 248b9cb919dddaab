//! The audit: who did what.

use std::sync::Arc;

use app::App;
use app::audit::Verified;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use model::{Act, AuditEntry, ContactId, Masks, Millis, Personal};
use serde::{Deserialize, Serialize};
use store::audit::Filter;

use super::caller::{Caller, CanReadAudit};
use super::error::{Answer, Problem};
use super::request::{Params, page_limit};

/// Which entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Of somebody: an agent's or a token's id.
    actor: Option<String>,
    /// Of one kind.
    act: Option<Act>,
    /// About one customer.
    contact: Option<ContactId>,
    /// Done at this moment or later, in milliseconds since 1970 UTC.
    from: Option<Millis>,
    /// Done before this moment, in milliseconds since 1970 UTC.
    until: Option<Millis>,
    /// Where the page begins: the `next_cursor` of an earlier answer.
    cursor: Option<String>,
    /// How many, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// Which entries are taken out.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditExportQuery {
    /// Of somebody: an agent's or a token's id.
    actor: Option<String>,
    /// Of one kind.
    act: Option<Act>,
    /// About one customer.
    contact: Option<ContactId>,
    /// Done at this moment or later, in milliseconds since 1970 UTC.
    from: Option<Millis>,
    /// Done before this moment, in milliseconds since 1970 UTC.
    until: Option<Millis>,
}

/// What was noted elsewhere, to be found again.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VerifyQuery {
    /// The number of an entry; needs `hash`.
    seq: Option<i64>,
    /// The hash that it had, in hexadecimal; needs `seq`.
    hash: Option<String>,
}

/// A page of entries.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AuditPage {
    /// The entries, the newest first.
    items: Vec<AuditEntry>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

impl Personal for AuditPage {
    fn mask(&mut self, masks: Masks) {
        self.items.mask(masks);
    }
}

/// List who did what, the newest first
#[utoipa::path(get, path = "/audit", tag = "audit", security(("session" = ["audit.read"])), params(AuditQuery), responses((status = 200, body = AuditPage)))]
pub(super) async fn list(
    caller: Caller<CanReadAudit>,
    State(app): State<Arc<App>>,
    Params(query): Params<AuditQuery>,
) -> Answer<Json<AuditPage>> {
    let AuditQuery { actor, act, contact, from, until, cursor, limit } = query;
    let filter = Filter { actor, act, contact, from, until };
    let page = app::audit::list(&app, &caller, filter, cursor, page_limit(limit)?).await?;
    Ok(caller.show(AuditPage { items: page.items, next_cursor: page.next_cursor }))
}

/// Take the audit out as CSV, the newest entries first
#[utoipa::path(get, path = "/audit/export", tag = "audit", security(("session" = ["audit.read"])), params(AuditExportQuery), responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn export(
    caller: Caller<CanReadAudit>,
    State(app): State<Arc<App>>,
    Params(query): Params<AuditExportQuery>,
) -> Answer<Response> {
    let AuditExportQuery { actor, act, contact, from, until } = query;
    let filter = Filter { actor, act, contact, from, until };
    let rows = app::audit::export(app, caller.into_inner(), filter).await?;
    let body = Body::from_stream(rows.map(|row| row.map_err(std::io::Error::other)));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers
        .insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.csv\""));
    Ok(response)
}

/// Look whether the audit is whole
#[utoipa::path(get, path = "/audit/verification", tag = "audit", security(("session" = ["audit.read"])), params(VerifyQuery), responses((status = 200, body = Verified)))]
pub(super) async fn verify(
    caller: Caller<CanReadAudit>,
    State(app): State<Arc<App>>,
    Params(query): Params<VerifyQuery>,
) -> Answer<Json<Verified>> {
    let noted = match (query.seq, query.hash) {
        (Some(seq), Some(hash)) => Some((seq, hash)),
        (None, None) => None,
        _ => return Err(Problem::field("seq", "invalid", "give a number and its hash, or neither")),
    };
    Ok(Json(app::audit::verify(&app, caller.workspace, noted).await?))
}
