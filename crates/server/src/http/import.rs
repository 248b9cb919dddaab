//! Taking knowledge in.

use std::io;
use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::http::StatusCode;
use futures_util::StreamExt;
use model::{Audience, CategoryId, ColumnRole, Import, ImportChoice, ImportId, ImportItem, ImportVerdict};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageKnowledge};
use super::error::{Answer, Problem};
use super::request::{Body, Id, Params, page_limit};
use super::upload::{UploadForm, broken, no_form};

/// What is to be done with the pieces of a source.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"audience": "public", "publish": false, "archive_gone": false, "locale": "en"}))]
pub(super) struct ImportChoiceDraft {
    /// The language of pieces that do not name their own; recognised from the words when absent.
    locale: Option<String>,
    /// The category of pieces that do not name their own.
    category_id: Option<CategoryId>,
    /// Who may be answered from them.
    audience: Audience,
    /// Whether they are put into use at once; else they are drafts.
    publish: bool,
    /// Whether articles are taken out of use that the source has no more.
    archive_gone: bool,
    /// What each column of a table holds; recognised when empty.
    #[serde(default)]
    columns: Vec<ColumnRole>,
}

impl From<ImportChoiceDraft> for ImportChoice {
    fn from(draft: ImportChoiceDraft) -> Self {
        let ImportChoiceDraft { locale, category_id, audience, publish, archive_gone, columns } = draft;
        Self { locale, category_id, audience, publish, archive_gone, columns }
    }
}

/// Which pieces.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportItemQuery {
    /// Only those that come to this.
    verdict: Option<ImportVerdict>,
    /// Where the page begins: the `next_cursor` of an earlier answer.
    cursor: Option<String>,
    /// How many items, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// A page of pieces that were read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ImportItemPage {
    /// The pieces in their order.
    items: Vec<ImportItem>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

/// Hand over a file with knowledge
///
/// It is read in the background: ask for the import until it is `ready`, look at its items, and apply it.
#[utoipa::path(post, path = "/imports", tag = "knowledge", security(("session" = ["knowledge.manage"])), request_body(content = UploadForm, content_type = "multipart/form-data"), responses((status = 201, body = Import)))]
pub(super) async fn from_file(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    form: Result<Multipart, MultipartRejection>,
) -> Answer<(StatusCode, Json<Import>)> {
    let mut form = form.map_err(|_| no_form())?;
    while let Some(part) = form.next_field().await.map_err(|error| broken(&error))? {
        if part.name() == Some("file") {
            let name = part.file_name().map(str::to_owned);
            let bytes = part.map(|piece| piece.map_err(io::Error::other));
            let import = app::import::from_file(&app, &caller, name, bytes).await?;
            return Ok((StatusCode::CREATED, Json(import)));
        }
    }
    Err(Problem::field("file", "required", "send the file in a form field named file"))
}

/// Read how far an import is
#[utoipa::path(get, path = "/imports/{id}", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = ImportId, Path)), responses((status = 200, body = Import)))]
pub(super) async fn get(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ImportId>,
) -> Answer<Json<Import>> {
    Ok(Json(app::import::get(&app, &caller, id).await?))
}

/// Look at what an import would do
#[utoipa::path(get, path = "/imports/{id}/items", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = ImportId, Path), ImportItemQuery), responses((status = 200, body = ImportItemPage)))]
pub(super) async fn items(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ImportId>,
    Params(query): Params<ImportItemQuery>,
) -> Answer<Json<ImportItemPage>> {
    let ImportItemQuery { verdict, cursor, limit } = query;
    let page = app::import::items(&app, &caller, id, verdict, cursor, page_limit(limit)?).await?;
    Ok(Json(ImportItemPage { items: page.items, next_cursor: page.next_cursor }))
}

/// Say what is to be done with what was read
#[utoipa::path(put, path = "/imports/{id}", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = ImportId, Path)), request_body = ImportChoiceDraft, responses((status = 200, body = Import)))]
pub(super) async fn choose(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ImportId>,
    Body(body): Body<ImportChoiceDraft>,
) -> Answer<Json<Import>> {
    Ok(Json(app::import::choose(&app, &caller, id, body.into()).await?))
}

/// Consent to what an import would do
#[utoipa::path(post, path = "/imports/{id}/apply", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = ImportId, Path)), responses((status = 200, body = Import)))]
pub(super) async fn apply(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ImportId>,
) -> Answer<Json<Import>> {
    Ok(Json(app::import::apply(&app, &caller, id).await?))
}

/// Throw away what was read
#[utoipa::path(delete, path = "/imports/{id}", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = ImportId, Path)), responses((status = 204)))]
pub(super) async fn discard(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ImportId>,
) -> Answer<StatusCode> {
    app::import::discard(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
