//! Files of messages, in a form that can do nothing in a browser but be seen, heard or saved.

use std::sync::Arc;

use app::App;
use app::media::link::{self, Followed, Form};
use app::media::{Found, Part};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::MediaId;
use serde::Deserialize;

use super::caller::{Caller, CanRead};
use super::door::Door;
use super::error::{Answer, Problem};
use super::headers::FILE_POLICY;
use super::request::{Id, Params};

/// Files never change under their id; a browser may keep what its user has seen.
const CACHING: &str = "private, max-age=86400, immutable";

/// What is to be done with a file.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wish {
    /// Whether a browser is to save it whatever it is.
    save: Option<bool>,
}

impl Wish {
    fn form(&self) -> Form {
        if self.save == Some(true) { Form::Saved } else { Form::Shown }
    }
}

/// Read a file, or a range of it
#[utoipa::path(get, path = "/media/{id}", tag = "messages", security(("session" = ["conversation.read"])), params(("id" = MediaId, Path), Wish, ("range" = Option<String>, Header, description = "One range of bytes, such as `bytes=0-1023`.")), responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 206, description = "The range.", content_type = "application/octet-stream", body = Vec<u8>), (status = 304, description = "The client has it already."), (status = 307, description = "Where files have an origin of their own: to a link there that holds for a few minutes."), (status = 416, description = "The file is shorter.")))]
pub(super) async fn whole(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    State(door): State<Arc<Door>>,
    Id(id): Id<MediaId>,
    Params(wish): Params<Wish>,
    headers: HeaderMap,
) -> Answer<Response> {
    give(&app, &door, &caller, id, Part::Whole, wish.form(), &headers).await
}

/// Read a small picture of a file
#[utoipa::path(get, path = "/media/{id}/thumbnail", tag = "messages", security(("session" = ["conversation.read"])), params(("id" = MediaId, Path)), responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 304, description = "The client has it already."), (status = 307, description = "Where files have an origin of their own: to a link there that holds for a few minutes.")))]
pub(super) async fn thumbnail(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    State(door): State<Arc<Door>>,
    Id(id): Id<MediaId>,
    headers: HeaderMap,
) -> Answer<Response> {
    give(&app, &door, &caller, id, Part::Thumbnail, Form::Shown, &headers).await
}

/// The file itself, or the way to it where files have an origin of their own.
async fn give(
    app: &App,
    door: &Door,
    caller: &app::Caller,
    id: MediaId,
    part: Part,
    form: Form,
    headers: &HeaderMap,
) -> Answer<Response> {
    let Some(content) = &door.content else {
        let found = app::media::find(app, caller, id, part).await?;
        return answer(app, &found, form, CACHING, headers).await;
    };
    let link = link::make(app, caller, id, part, form).await?;
    let left = (link.renewed_at - app.now()).0.max(0) / 1000;
    let location = (header::LOCATION, format!("{}{}", content.origin, link.path));
    let caching = (header::CACHE_CONTROL, format!("private, max-age={left}"));
    Ok((StatusCode::TEMPORARY_REDIRECT, [location, caching]).into_response())
}

/// The file that a link led to.
pub(super) async fn followed(app: &App, followed: Followed, headers: &HeaderMap) -> Answer<Response> {
    let Followed { found, form, until } = followed;
    let caching = format!("private, max-age={}, immutable", (until - app.now()).0.max(0) / 1000);
    answer(app, &found, form, &caching, headers).await
}

async fn answer(
    app: &App,
    found: &Found,
    form: Form,
    caching: &str,
    headers: &HeaderMap,
) -> Answer<Response> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let begun = Response::builder()
        .header(header::ETAG, &found.etag)
        .header(header::CACHE_CONTROL, caching)
        .header(header::CONTENT_SECURITY_POLICY, FILE_POLICY);
    if text(header::IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == found.etag)) {
        return Ok(finish(begun.status(StatusCode::NOT_MODIFIED), Body::empty()));
    }
    // A range of another version would be a range of another file.
    let same = text(header::IF_RANGE).is_none_or(|tag| tag == found.etag);
    let (status, range) =
        match text(header::RANGE).filter(|_| same).and_then(|range| wanted(range, found.size)) {
            None => (StatusCode::OK, None),
            Some(Wanted::Nothing) => return Ok(too_far(found.size)),
            Some(Wanted::Bytes(first, last)) => (StatusCode::PARTIAL_CONTENT, Some(first..last + 1)),
        };
    let opened = app::media::open(app, found, range.clone()).await?;
    let inline = opened.inline && form == Form::Shown;
    let length = range.as_ref().map_or(found.size, |range| range.end - range.start);
    let mut begun = begun
        .status(status)
        .header(header::CONTENT_TYPE, opened.mime)
        .header(header::CONTENT_LENGTH, length)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_DISPOSITION, disposition(inline, found.name.as_deref()));
    if let Some(range) = range {
        let (first, last) = (range.start, range.end - 1);
        begun = begun.header(header::CONTENT_RANGE, format!("bytes {first}-{last}/{}", found.size));
    }
    Ok(finish(begun, Body::from_stream(opened.stream)))
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// From the first to the last byte, both included.
    Bytes(u64, u64),
    /// Nothing that the file has.
    Nothing,
}

/// Reads a `Range` of one part (RFC 9110, 14.2). `None` where the whole file is the right answer: the header is
/// not readable, in another unit, or asks for several parts.
fn wanted(range: &str, size: u64) -> Option<Wanted> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    if first.is_empty() {
        let suffix: u64 = last.parse().ok()?;
        let nothing = suffix == 0 || size == 0;
        return Some(if nothing {
            Wanted::Nothing
        } else {
            Wanted::Bytes(size.saturating_sub(suffix), size - 1)
        });
    }
    let first: u64 = first.parse().ok()?;
    let last = if last.is_empty() { u64::MAX } else { last.parse().ok()? };
    if last < first {
        return None;
    }
    Some(if first >= size { Wanted::Nothing } else { Wanted::Bytes(first, last.min(size - 1)) })
}

fn finish(begun: axum::http::response::Builder, body: Body) -> Response {
    begun.body(body).unwrap_or_else(|error| Problem::from(app::Error::internal(error)).into_response())
}

fn too_far(size: u64) -> Response {
    let problem = Problem::field("range", "invalid", format!("the file has only {size} bytes"));
    let problem = problem.with_status(StatusCode::RANGE_NOT_SATISFIABLE);
    ([(header::CONTENT_RANGE, format!("bytes */{size}"))], problem).into_response()
}

/// Whether the browser shows or saves the file, and under which name (RFC 6266; the name as in RFC 8187).
fn disposition(inline: bool, name: Option<&str>) -> String {
    let kind = if inline { "inline" } else { "attachment" };
    let Some(name) = name else { return kind.to_owned() };
    let mut text = format!("{kind}; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        assert_eq!(wanted("bytes=0-9", 100), Some(Wanted::Bytes(0, 9)));
        assert_eq!(wanted("bytes=90-", 100), Some(Wanted::Bytes(90, 99)));
        assert_eq!(wanted("bytes=90-1000", 100), Some(Wanted::Bytes(90, 99)));
        assert_eq!(wanted("bytes=-10", 100), Some(Wanted::Bytes(90, 99)));
        assert_eq!(wanted("bytes=-1000", 100), Some(Wanted::Bytes(0, 99)));
        assert_eq!(wanted("bytes=100-", 100), Some(Wanted::Nothing));
        assert_eq!(wanted("bytes=-0", 100), Some(Wanted::Nothing));
        assert_eq!(wanted("bytes=0-", 0), Some(Wanted::Nothing));
        for whole in ["bytes=9-0", "bytes=0-1,5-6", "items=0-1", "bytes=a-b", "bytes", ""] {
            assert_eq!(wanted(whole, 100), None, "{whole:?}");
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_the_header() {
        assert_eq!(disposition(false, None), "attachment");
        let text = disposition(false, Some("账单\"; x=\r\n.pdf"));
        assert_eq!(text, "attachment; filename*=UTF-8''%E8%B4%A6%E5%8D%95%22%3B%20x%3D%0D%0A.pdf");
    }
}
