//! Files that agents are about to send.

use std::io;

use bytes::Bytes;
use futures_util::Stream;
use model::{Act, Media, MediaId, MediaKind};
use store::media::{MediaRow, Ready};
use tokio::sync::Semaphore;

use crate::audit::{self, Note};
use crate::files::{BrokenOff, Incoming};
use crate::scrub::{self, Scrubbed};
use crate::{App, Caller, Error, Result, inspect, scan, voice};

/// An uploaded file that waits to be sent.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its id.
    pub id: MediaId,
    /// How it will be sent.
    pub kind: MediaKind,
    /// Its type.
    pub mime: String,
    /// Its size in bytes.
    pub size: i64,
    /// Its name.
    pub name: Option<String>,
    /// Width in pixels, for pictures.
    pub width: Option<i64>,
    /// Height in pixels, for pictures.
    pub height: Option<i64>,
    /// Length in milliseconds, where known.
    pub duration_ms: Option<i64>,
}

/// Takes a file in. A recording in WebM becomes a voice note in Ogg.
pub async fn store(
    app: &App,
    caller: &Caller,
    name: Option<String>,
    declared: Option<String>,
    stream: impl Stream<Item = io::Result<Bytes>> + Send,
) -> Result<Upload> {
    let limit = app.settings.max_upload;
    let incoming = app.files.receive(stream, limit).await.map_err(|error| match BrokenOff::is(&error) {
        true => Error::field("file", "broken", format!("the upload broke off: {error}; send the file again")),
        false => Error::internal(error),
    })?;
    let incoming = incoming.ok_or(Error::TooLarge { limit })?;
    if incoming.size == 0 {
        return Err(Error::field("file", "empty", "the file is empty"));
    }
    let unscanned = scan::admit(app, &incoming).await?;
    let mime = inspect::mime(&incoming.head, declared.as_deref());
    let (incoming, mime) = match mime.as_str() {
        "audio/webm" => (webm_to_ogg(app, incoming).await?, "audio/ogg".to_owned()),
        _ => (incoming, mime),
    };
    let name = name.map(|name| safe_name(&name)).filter(|name| !name.is_empty());
    let id: MediaId = app.ids.next();
    let facts = Ready { unscanned, ..keep(app, caller.workspace, id, &incoming, mime).await? };
    let kind = inspect::kind(&facts.mime);
    let mut media = Media::pending(id, &facts.mime);
    media.name.clone_from(&name);
    let row = MediaRow {
        message_id: None,
        media,
        kind,
        storage_key: None,
        thumbnail_key: None,
        source: None,
        key: None,
        thumbnail_file_key: None,
    };
    let (workspace, agent, now, ready) = (caller.workspace, caller.agent.id, app.now(), facts.clone());
    let actor = caller.actor();
    app.write(move |tx| {
        Box::pin(async move {
            store::media::insert(tx, workspace, &row, now, Some(agent)).await?;
            store::fail_point!("upload.recorded");
            store::media::ready(tx, workspace, id, &ready).await?;
            audit::record(tx, &actor, Note::of(Act::FileUploaded).on(id), now).await?;
            Ok(())
        })
    })
    .await?;
    let Ready { mime, size, width, height, duration_ms, .. } = facts;
    Ok(Upload { id, kind, mime, size, name, width, height, duration_ms })
}

async fn webm_to_ogg(app: &App, incoming: Incoming) -> Result<Incoming> {
    let file = incoming.file.reopen().map_err(Error::internal)?;
    let ogg = tokio::task::spawn_blocking(move || voice::ogg_from_webm(std::io::BufReader::new(file)))
        .await
        .map_err(Error::internal)?
        .ok_or_else(|| {
            Error::Unsupported("the recording holds no Opus sound; record it in another browser or send an OGG, MP3 or M4A file".to_owned())
        })?;
    app.files.receive_bytes(ogg).await.map_err(Error::internal)
}

/// How many pictures of this process are decoded at once: together they bound the memory.
static DECODING: Semaphore = Semaphore::const_new(2);

/// The file without what a camera wrote beside the picture, and its type; a file that is not built as its first bytes
/// say is of no type that a browser would show.
async fn scrubbed(app: &App, incoming: &Incoming, mime: String) -> Result<(Option<Incoming>, String)> {
    if !scrub::concerns(&mime) {
        return Ok((None, mime));
    }
    let file = incoming.file.reopen().map_err(Error::internal)?;
    let clean = app.files.scratch_file().map_err(Error::internal)?;
    let (kind, out) = (mime.clone(), clean.reopen().map_err(Error::internal)?);
    let done = tokio::task::spawn_blocking(move || scrub::scrub(&kind, file, out)).await;
    match done.map_err(Error::internal)? {
        Ok(Scrubbed::Clean) => Ok((None, mime)),
        Ok(Scrubbed::Less) => {
            let file = tokio::fs::File::from_std(clean.reopen().map_err(Error::internal)?);
            let taken = app.files.receive(tokio_util::io::ReaderStream::new(file), u64::MAX).await;
            Ok((taken.map_err(Error::internal)?, mime))
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Ok((None, "application/octet-stream".to_owned()))
        }
        Err(error) => Err(Error::internal(error)),
    }
}

/// Stores a file that has arrived, with what can be found out about it.
pub(crate) async fn keep(
    app: &App,
    workspace: model::WorkspaceId,
    id: MediaId,
    incoming: &Incoming,
    mime: String,
) -> Result<Ready> {
    let (clean, mime) = scrubbed(app, incoming, mime).await?;
    let incoming = clean.as_ref().unwrap_or(incoming);
    let keys = app.db.keys()?.workspace(workspace).await?;
    let key = keys.file_key(id.0, "whole", &incoming.sha256);
    let sealed = app.files.seal(incoming, &key).await.map_err(Error::internal)?;
    let mut ready = Ready {
        size: incoming.size.try_into().unwrap_or(i64::MAX),
        width: None,
        height: None,
        duration_ms: None,
        waveform: None,
        storage_key: app.files.keep(workspace, &sealed).await.map_err(Error::internal)?,
        thumbnail_key: None,
        key: Some(key),
        thumbnail_file_key: None,
        unscanned: false,
        mime,
    };
    let file = incoming.file.reopen().map_err(Error::internal)?;
    if ready.mime.starts_with("image/") {
        let _place = DECODING.acquire().await.map_err(Error::internal)?;
        let picture =
            tokio::task::spawn_blocking(move || inspect::picture(file)).await.map_err(Error::internal)?;
        if let Some(picture) = picture {
            ready.width = Some(picture.width.into());
            ready.height = Some(picture.height.into());
            let small = app.files.receive_bytes(picture.thumbnail).await.map_err(Error::internal)?;
            let key = keys.file_key(id.0, "thumbnail", &small.sha256);
            let small = app.files.seal(&small, &key).await.map_err(Error::internal)?;
            ready.thumbnail_key = Some(app.files.keep(workspace, &small).await.map_err(Error::internal)?);
            ready.thumbnail_file_key = Some(key);
        }
    } else if ready.mime == "audio/ogg" {
        let length = tokio::task::spawn_blocking(move || voice::ogg_duration(std::io::BufReader::new(file)));
        ready.duration_ms = length.await.map_err(Error::internal)?;
    }
    Ok(ready)
}

/// A file name without a path, control characters, what cannot be seen, direction marks or quotes, at most 120
/// characters.
pub fn safe_name(name: &str) -> String {
    clean(name).take(120).collect::<String>().trim().trim_start_matches('.').to_owned()
}

/// [`safe_name`] of at most `most` characters, which are taken from what stands before the ending.
pub(crate) fn safe_name_with_ending(name: &str, most: usize) -> String {
    let whole = clean(name).collect::<String>().trim().trim_start_matches('.').to_owned();
    let (stem, ending) = whole.rsplit_once('.').unwrap_or((&whole, ""));
    let room = most.saturating_sub(ending.chars().count() + 1);
    if whole.chars().count() <= most || room == 0 || ending.is_empty() {
        return whole.chars().take(most).collect();
    }
    let stem: String = stem.chars().take(room).collect();
    format!("{}.{ending}", stem.trim_end())
}

/// The characters of a file name that may stay.
fn clean(name: &str) -> impl Iterator<Item = char> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| {
        !c.is_control()
            && !matches!(c, '"' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_deceives() {
        assert_eq!(safe_name("../../etc/passwd"), "passwd");
        assert_eq!(safe_name("C:\\x\\invoice\u{202e}fdp.exe"), "invoicefdp.exe");
        assert_eq!(safe_name("发票 \"2026\".pdf\r\nX: y"), "发票 2026.pdfX: y");
        assert_eq!(safe_name("...hidden"), "hidden");
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let long = format!("../{}.v1.PDF", "发".repeat(300));
        assert_eq!(safe_name_with_ending(&long, 200), format!("{}.PDF", "发".repeat(196)));
        assert_eq!(safe_name_with_ending("..a.pdf", 200), "a.pdf");
        assert_eq!(safe_name_with_ending(&"x".repeat(300), 200).len(), 200);
        assert_eq!(safe_name_with_ending(&format!("a.{}", "x".repeat(300)), 200).len(), 200);
    }
}
