//! Files that agents send.

use std::io;
use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use futures_util::StreamExt;
use model::{MediaId, MediaKind};
use serde::Serialize;

use super::caller::{Caller, CanReply};
use super::error::{Answer, Problem};

/// A file that waits to be sent; forgotten after a day.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Upload {
    /// Its id.
    id: MediaId,
    /// How it will be sent.
    kind: MediaKind,
    /// Its type, as found in its bytes.
    mime: String,
    /// Its size in bytes.
    size: i64,
    /// Its name.
    name: Option<String>,
    /// Width in pixels, for pictures.
    width: Option<i64>,
    /// Height in pixels, for pictures.
    height: Option<i64>,
    /// Length in milliseconds, where known.
    duration_ms: Option<i64>,
}

impl From<app::upload::Upload> for Upload {
    fn from(upload: app::upload::Upload) -> Self {
        let app::upload::Upload { id, kind, mime, size, name, width, height, duration_ms } = upload;
        Self { id, kind, mime, size, name, width, height, duration_ms }
    }
}

/// A form with one file.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form in the API document; the handler streams it")]
pub(super) struct UploadForm {
    /// The file.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
}

/// Hand over a file to be sent
#[utoipa::path(post, path = "/uploads", tag = "messages", security(("session" = ["conversation.reply"])), request_body(content = UploadForm, content_type = "multipart/form-data"), responses((status = 201, body = Upload)))]
pub(super) async fn store(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    form: Result<Multipart, MultipartRejection>,
) -> Answer<(StatusCode, Json<Upload>)> {
    let mut form = form.map_err(|_| no_form())?;
    while let Some(part) = form.next_field().await.map_err(|error| broken(&error))? {
        if part.name() == Some("file") {
            let (name, kind) = (part.file_name().map(str::to_owned), part.content_type().map(str::to_owned));
            let bytes = part.map(|piece| piece.map_err(io::Error::other));
            let upload = app::upload::store(&app, &caller, name, kind, bytes).await?;
            return Ok((StatusCode::CREATED, Json(upload.into())));
        }
    }
    Err(Problem::field("file", "required", "send the file in a form field named file"))
}

pub(super) fn no_form() -> Problem {
    let message = "send a form (multipart/form-data) with the file in a field named file";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported", message)
}

pub(super) fn broken(error: &MultipartError) -> Problem {
    Problem::field("file", "invalid", format!("the form is not readable: {}", error.body_text()))
}
