//! Files of messages, as agents see them.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use model::{Act, MediaId, MediaState};

use crate::audit::{self, Note};
use crate::{App, Caller, Error, Result, inspect};

/// Which form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The file itself.
    Whole,
    /// A small picture of it.
    Thumbnail,
}

/// A file that is open for reading.
pub struct Opened {
    /// Its type.
    pub mime: String,
    /// The size of the whole in bytes.
    pub size: u64,
    /// The part that the stream holds; the whole when no part was asked for.
    pub range: Range<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Whether a browser may show it in the page.
    pub inline: bool,
    /// A strong validator: the hash of the content.
    pub etag: String,
    /// Its bytes.
    pub stream: BoxStream<'static, io::Result<Bytes>>,
}

/// Opens a file; `range` is a first and an optional last byte (inclusive), as in RFC 9110.
pub async fn open(
    app: &App,
    caller: &Caller,
    id: MediaId,
    part: Part,
    range: Option<(u64, Option<u64>)>,
) -> Result<Opened> {
    let workspace = caller.workspace;
    let found = app.read(move |tx| {
        Box::pin(async move {
            let row = store::media::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            let Some(message) = row.message_id else { return Ok((row, None)) };
            let message = store::message::reference(tx, workspace, message).await?;
            let Some(conversation) = message.map(|message| message.conversation_id) else {
                return Ok((row, None));
            };
            let facts = store::conversation::facts(tx, workspace, conversation).await?;
            Ok((row, facts.map(|facts| (conversation, facts))))
        })
    });
    let (row, place) = found.await?;
    if row.media.state != MediaState::Ready {
        return Err(Error::NotFound);
    }
    let (key, sealed) = match part {
        Part::Whole => (row.storage_key, row.key),
        Part::Thumbnail => (row.thumbnail_key, row.thumbnail_file_key),
    };
    let key = key.ok_or(Error::NotFound)?;
    if let Some((conversation, facts)) = place
        && !caller.owns(facts.assignee_id)
    {
        let note = Note::of(Act::FileOpened).on(id).within(conversation);
        audit::saw(app, caller, note.about(facts.contact_id));
    }
    let size = match part {
        Part::Whole => row.media.size.unwrap_or(0).try_into().unwrap_or(0),
        Part::Thumbnail => {
            app.files.open_sealed(&key, sealed.as_ref(), None).await.map_err(Error::internal)?.0
        }
    };
    let range = match range {
        None => 0..size,
        Some((first, _)) if first >= size => {
            return Err(Error::Conflict {
                code: "range",
                message: format!("the file has only {size} bytes"),
            });
        }
        Some((first, last)) => first..last.map_or(size, |last| (last + 1).min(size)).max(first),
    };
    let wanted = (range != (0..size)).then(|| range.clone());
    let (_, mut stream) =
        app.files.open_sealed(&key, sealed.as_ref(), wanted).await.map_err(Error::internal)?;
    let mime = match part {
        Part::Whole => row.media.mime,
        // Small pictures are made by us; which of the two types it is stands in its first bytes.
        Part::Thumbnail => {
            use futures_util::StreamExt;
            let head = stream.next().await.transpose().map_err(Error::internal)?.unwrap_or_default();
            let mime = if head.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
            stream = futures_util::stream::iter([Ok(head)]).chain(stream).boxed();
            mime.to_owned()
        }
    };
    let etag = format!("\"{}\"", key.rsplit('/').next().unwrap_or_default());
    Ok(Opened { inline: inspect::may_show(&mime), mime, size, range, name: row.media.name, etag, stream })
}
