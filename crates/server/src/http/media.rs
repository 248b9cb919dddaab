//! Files of messages, in a form that can do nothing in a browser but be seen, heard or saved.

use std::sync::Arc;

use app::App;
use app::media::{Opened, Part};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::MediaId;

use super::caller::{Caller, CanRead};
use super::error::{Answer, Problem};
use super::headers::FILE_POLICY;
use super::request::Id;

/// Files never change under their id; a browser may keep what its user has seen.
const CACHING: &str = "private, max-age=86400, immutable";

/// Read a file, or a range of it
#[utoipa::path(get, path = "/media/{id}", tag = "messages", security(("session" = ["conversation.read"])), params(("id" = MediaId, Path), ("range" = Option<String>, Header, description = "One range of bytes, such as `bytes=0-1023`.")), responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 206, description = "The range.", content_type = "application/octet-stream", body = Vec<u8>), (status = 304, description = "The client has it already."), (status = 416, description = "The file is shorter.")))]
pub(super) async fn whole(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Id(id): Id<MediaId>,
    headers: HeaderMap,
) -> Answer<Response> {
    open(&app, &caller, id, Part::Whole, &headers).await
}

/// Read a small picture of a file
#[utoipa::path(get, path = "/media/{id}/thumbnail", tag = "messages", security(("session" = ["conversation.read"])), params(("id" = MediaId, Path)), responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 304, description = "The client has it already.")))]
pub(super) async fn thumbnail(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Id(id): Id<MediaId>,
    headers: HeaderMap,
) -> Answer<Response> {
    open(&app, &caller, id, Part::Thumbnail, &headers).await
}

async fn open(
    app: &App,
    caller: &app::Caller,
    id: MediaId,
    part: Part,
    headers: &HeaderMap,
) -> Answer<Response> {
    // Looked up before any range is judged: who may not see the file learns nothing of its size.
    let opened = app::media::open(app, caller, id, part, None).await?;
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if text(header::IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == opened.etag)) {
        return Ok(finish(Response::builder().status(StatusCode::NOT_MODIFIED), &opened.etag, Body::empty()));
    }
    // A range of another version would be a range of another file.
    let same = text(header::IF_RANGE).is_none_or(|tag| tag == opened.etag);
    match text(header::RANGE).filter(|_| same).and_then(|range| wanted(range, opened.size)) {
        None => Ok(answer(StatusCode::OK, opened)),
        Some(Wanted::Nothing) => Ok(too_far(opened.size)),
        Some(Wanted::Bytes(first, last)) => {
            let opened = app::media::open(app, caller, id, part, Some((first, Some(last)))).await?;
            Ok(answer(StatusCode::PARTIAL_CONTENT, opened))
        }
    }
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

fn answer(status: StatusCode, opened: Opened) -> Response {
    let Opened { mime, size, range, name, inline, etag, stream } = opened;
    let mut builder = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, mime)
        .header(header::CONTENT_LENGTH, range.end - range.start)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_DISPOSITION, disposition(inline, name.as_deref()));
    if status == StatusCode::PARTIAL_CONTENT {
        let last = range.end.saturating_sub(1);
        builder = builder.header(header::CONTENT_RANGE, format!("bytes {}-{last}/{size}", range.start));
    }
    finish(builder, &etag, Body::from_stream(stream))
}

fn finish(builder: axum::http::response::Builder, etag: &str, body: Body) -> Response {
    let built = builder
        .header(header::ETAG, etag)
        .header(header::CACHE_CONTROL, CACHING)
        .header(header::CONTENT_SECURITY_POLICY, FILE_POLICY)
        .body(body);
    built.unwrap_or_else(|error| Problem::from(app::Error::internal(error)).into_response())
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
