//! Files of messages, as agents see them.

pub mod link;

use std::io;
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use model::{Act, ConversationId, MediaId, MediaState, WorkspaceId};
use store::Tx;
use store::conversation::Facts;
use store::media::MediaRow;
use vault::FileKey;

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

/// A file that is there and may be read by who asked for it.
#[derive(Debug)]
pub struct Found {
    part: Part,
    key: String,
    sealed: Option<FileKey>,
    mime: String,
    /// The size of the whole in bytes.
    pub size: u64,
    /// Its name.
    pub name: Option<String>,
    /// A strong validator: the hash of the content.
    pub etag: String,
}

/// A file that is open for reading.
pub struct Opened {
    /// Its type.
    pub mime: String,
    /// Whether a browser may show it in the page.
    pub inline: bool,
    /// The bytes that were asked for.
    pub stream: BoxStream<'static, io::Result<Bytes>>,
}

/// Looks a file up for somebody, and notes that they read it where it is not their own work. Errors:
/// [`Error::NotFound`] also for what they may not see.
pub async fn find(app: &App, caller: &Caller, id: MediaId, part: Part) -> Result<Found> {
    let (workspace, visibility) = (caller.workspace, caller.visibility());
    let found = app.read(move |tx| {
        Box::pin(async move {
            let row = store::media::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            let place = place(tx, workspace, &row).await?;
            if let Some((conversation, _)) = &place
                && !store::conversation::visible(tx, workspace, &visibility, *conversation).await?
            {
                return Err(Error::NotFound);
            }
            Ok((row, place))
        })
    });
    let (row, place) = found.await?;
    let found = stored(app, row, part).await?;
    if let Some((conversation, facts)) = place
        && !caller.owns(facts.assignee_id)
    {
        let note = Note::of(Act::FileOpened).on(id).within(conversation);
        audit::saw(app, caller, note.about(facts.contact_id));
    }
    Ok(found)
}

/// The conversation of a file's message; `None` for an upload that no message uses yet.
async fn place(
    tx: &mut Tx,
    workspace: WorkspaceId,
    row: &MediaRow,
) -> Result<Option<(ConversationId, Facts)>> {
    let Some(message) = row.message_id else { return Ok(None) };
    let Some(message) = store::message::reference(tx, workspace, message).await? else { return Ok(None) };
    let facts = store::conversation::facts(tx, workspace, message.conversation_id).await?;
    Ok(facts.map(|facts| (message.conversation_id, facts)))
}

/// What is stored of a file. Errors: [`Error::NotFound`] when it is not there, or not yet.
async fn stored(app: &App, row: MediaRow, part: Part) -> Result<Found> {
    if row.media.state != MediaState::Ready {
        return Err(Error::NotFound);
    }
    let (key, sealed) = match part {
        Part::Whole => (row.storage_key, row.key),
        Part::Thumbnail => (row.thumbnail_key, row.thumbnail_file_key),
    };
    let key = key.ok_or(Error::NotFound)?;
    let size = match part {
        Part::Whole => row.media.size.unwrap_or(0).try_into().unwrap_or(0),
        Part::Thumbnail => {
            app.files.open_sealed(&key, sealed.as_ref(), None).await.map_err(Error::internal)?.0
        }
    };
    let etag = format!("\"{}\"", key.rsplit('/').next().unwrap_or_default());
    Ok(Found { part, key, sealed, mime: row.media.mime, size, name: row.media.name, etag })
}

/// Opens a file, or the bytes of it that are asked for.
pub async fn open(app: &App, found: &Found, range: Option<Range<u64>>) -> Result<Opened> {
    let reading = app.files.open_sealed(&found.key, found.sealed.as_ref(), range).await;
    let (_, mut stream) = reading.map_err(Error::internal)?;
    let mime = match found.part {
        Part::Whole => found.mime.clone(),
        // Small pictures are made by us; which of the two types it is stands in its first bytes.
        Part::Thumbnail => {
            use futures_util::StreamExt;
            let head = stream.next().await.transpose().map_err(Error::internal)?.unwrap_or_default();
            let mime = if head.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
            stream = futures_util::stream::iter([Ok(head)]).chain(stream).boxed();
            mime.to_owned()
        }
    };
    Ok(Opened { inline: inspect::may_show(&mime), mime, stream })
}
