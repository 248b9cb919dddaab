//! Everything about a person, to take along.

use std::sync::Arc;

use app::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use model::ContactId;

use super::caller::{Caller, CanExportPeople};
use super::error::Answer;
use super::request::Id;

/// Take everything about a customer out, as a ZIP file with `person.json`, a readable page and all files
#[utoipa::path(get, path = "/contacts/{id}/export", tag = "privacy", security(("session" = ["person.export"])), params(("id" = ContactId, Path)), responses((status = 200, content_type = "application/zip", body = Vec<u8>)))]
pub(super) async fn person(
    caller: Caller<CanExportPeople>,
    State(app): State<Arc<App>>,
    Id(id): Id<ContactId>,
) -> Answer<Response> {
    let export = app::export::person(&app, &caller, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", export.name)),
        (header::CONTENT_SECURITY_POLICY, super::headers::FILE_POLICY.to_owned()),
    ];
    Ok((headers, Body::from_stream(export.stream)).into_response())
}
