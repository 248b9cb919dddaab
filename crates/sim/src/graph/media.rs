//! Files: upload, looking up, fetching, deleting.

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::GraphError;
use super::gate;
use crate::connection::Connection;
use crate::customer::File;
use crate::failures::Target;
use crate::violation::Source;
use crate::world::UPLOAD_KEPT;
use crate::{Media, Sim, limits};

/// How long a file's address works: five minutes, in milliseconds.
const ADDRESS_LIVES: i64 = 5 * 60 * 1000;

/// SHA-256 in base64, as webhooks and descriptors write it.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

/// `POST /{pnid}/media`.
pub(crate) async fn upload(
    State(sim): State<Sim>,
    connection: ConnectInfo<Connection>,
    Path((_, id)): Path<(String, String)>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    gate::pass(&sim, connection, Target::Upload, |_| async {
        if id != sim.config().phone_number_id {
            return GraphError::unknown_object(&sim, "POST", &id).into_response();
        }
        let read = match form {
            Ok(form) => read_form(form).await,
            Err(rejection) => Err(format!("the body is not multipart/form-data: {rejection}")),
        };
        let (file, fields) = match read {
            Ok(read) => read,
            Err(reason) => (None, json!({ "unreadable": reason })),
        };
        take_upload(&sim, file, &fields)
    })
    .await
}

async fn read_form(mut form: Multipart) -> Result<(Option<File>, Value), String> {
    let reason = |error: axum::extract::multipart::MultipartError| format!("cannot read the form: {error}");
    let (mut file, mut fields) = (None, json!({}));
    while let Some(field) = form.next_field().await.map_err(reason)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let filename = field.file_name().map(str::to_owned);
            let mime = field.content_type().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(reason)?.to_vec();
            fields["file"] = json!({ "filename": filename, "content_type": mime, "size": bytes.len() });
            file = Some(File { bytes, mime, filename });
        } else {
            fields[&name] = field.text().await.map_err(reason)?.into();
        }
    }
    Ok((file, fields))
}

fn take_upload(sim: &Sim, file: Option<File>, fields: &Value) -> Response {
    let mut wrong = Vec::new();
    if let Some(reason) = fields["unreadable"].as_str() {
        wrong.push(reason.to_owned());
    }
    if fields["messaging_product"] != "whatsapp" {
        wrong.push("/messaging_product: must be whatsapp".to_owned());
    }
    match &file {
        None => wrong.push("/file: is missing".to_owned()),
        Some(file) => {
            // `type` decides; without it the part's own type.
            let mime = fields["type"].as_str().unwrap_or(&file.mime);
            wrong.extend(limits::upload(mime, &file.bytes));
        }
    }
    if let (Some(mut file), []) = (file, wrong.as_slice()) {
        if let Some(mime) = fields["type"].as_str() {
            file.mime = mime.to_owned();
        }
        let expires = sim.now() + UPLOAD_KEPT;
        let media = sim.world().keep_media(file, expires);
        return Json(json!({ "id": media.id })).into_response();
    }
    let details = wrong.join("; ");
    let found = wrong.into_iter().map(|detail| (Source::Limits, detail)).collect();
    sim.violated("POST /media", fields, found);
    GraphError::new(sim, 100).details(details).into_response()
}

/// `GET` and `DELETE /{media-id}`.
pub(crate) fn object(sim: &Sim, method: &Method, id: &str, phone_number_id: Option<&str>) -> Response {
    let unknown = || GraphError::unknown_object(sim, method.as_str(), id).into_response();
    if phone_number_id.is_some_and(|asked| asked != sim.config().phone_number_id) {
        return unknown();
    }
    let Some(media) = sim.kept_media(id) else { return unknown() };
    if method == Method::DELETE {
        sim.world().forget_media(id);
        return Json(json!({ "success": true })).into_response();
    }
    Json(json!({
        "messaging_product": "whatsapp",
        "url": address(sim, &media),
        "mime_type": media.mime,
        "sha256": sha256(&media.bytes),
        "file_size": media.bytes.len(),
        "id": media.id,
    }))
    .into_response()
}

/// The address of a file for the next five minutes.
pub(crate) fn address(sim: &Sim, media: &Media) -> String {
    let until = (sim.now() + ADDRESS_LIVES) / 1000;
    let hash = seal(sim, &media.id, until);
    format!("{}/whatsapp_business/attachments/?mid={}&ext={until}&hash={hash}", sim.graph_url(), media.id)
}

/// Binds an address to its file and its end.
fn seal(sim: &Sim, id: &str, until: i64) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, sim.config().app_secret.as_bytes());
    hex::encode(&aws_lc_rs::hmac::sign(&key, format!("{id} {until}").as_bytes()).as_ref()[..16])
}

/// The query of a file's address.
#[derive(Deserialize)]
pub(crate) struct Address {
    mid: String,
    ext: i64,
    hash: String,
}

/// `GET` on a file's address: the bytes, with the token only. Past its five minutes it is not found.
pub(crate) async fn fetch(
    State(sim): State<Sim>,
    connection: ConnectInfo<Connection>,
    Query(Address { mid, ext, hash }): Query<Address>,
) -> Response {
    gate::pass(&sim, connection, Target::Media, |_| async {
        let genuine = hash == seal(&sim, &mid, ext) && ext * 1000 > sim.now();
        match sim.kept_media(&mid).filter(|_| genuine) {
            Some(media) => bytes(media, HeaderMap::new()),
            None => (StatusCode::NOT_FOUND, "URL signature expired").into_response(),
        }
    })
    .await
}

/// A file as an answer.
pub(crate) fn bytes(media: Media, mut headers: HeaderMap) -> Response {
    if let Ok(mime) = media.mime.parse() {
        headers.insert("content-type", mime);
    }
    (headers, Body::from(media.bytes)).into_response()
}
