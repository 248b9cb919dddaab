//! Files of messages: what is known about them. Their bytes are elsewhere, under `storage_key`.

use serde::{Deserialize, Serialize};
use vault::FileKey;

use model::{AgentId, Media, MediaFailure, MediaId, MediaKind, MessageId, Millis, WorkspaceId};

use crate::keys::sealing;
use crate::sealed::{Opened, place, text};
use crate::values::{Row, Value, from_json, statements, to_json, values};
use crate::{Result, Tx};

/// A file's columns in the order of [`read`].
macro_rules! columns {
    () => {
        "message_id, id, state, mime, size, name, width, height, duration_ms, voice, animated, failure,
        kind, storage_key, thumbnail_key, source, waveform, sealed"
    };
}

statements! {
    INSERT = "INSERT INTO media (workspace_id, message_id, id, state, mime, size, width, height, duration_ms,
        voice, animated, failure, kind, storage_key, thumbnail_key, sealed, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    GET = concat!("SELECT ", columns!(), " FROM media WHERE workspace_id = $1 AND id = $2");
    ATTACH = "UPDATE media SET message_id = $3, name = NULL, source = NULL, waveform = NULL, sealed = $4
        WHERE workspace_id = $1 AND id = $2 AND message_id IS NULL";
    READY = "UPDATE media SET state = 'ready', failure = NULL, mime = $3, size = $4, width = $5, height = $6,
        duration_ms = COALESCE($7, duration_ms), name = NULL, source = NULL, waveform = NULL, sealed = $8,
        storage_key = $9, thumbnail_key = $10 WHERE workspace_id = $1 AND id = $2";
    CONVERSATION = "SELECT conversation_id FROM message WHERE workspace_id = $1 AND id = $2";
    FAILED = "UPDATE media SET state = 'failed', failure = $3
        WHERE workspace_id = $1 AND id = $2 AND state <> 'ready'";
    INFECTED = "UPDATE media SET state = 'failed', failure = $3, name = NULL, source = NULL, waveform = NULL,
        sealed = $4 WHERE workspace_id = $1 AND id = $2 AND state <> 'ready'";
    OF_MESSAGES = concat!("SELECT ", columns!(), " FROM media WHERE workspace_id = $1 AND message_id IN ({ids})");
    UNUSED = "SELECT workspace_id, id, storage_key, thumbnail_key FROM media
        WHERE message_id IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2";
    KEY_IN_USE = "SELECT EXISTS (SELECT 1 FROM media WHERE workspace_id = $1 AND storage_key = $2)
        OR EXISTS (SELECT 1 FROM media WHERE workspace_id = $1 AND thumbnail_key = $2)";
    STORED = "SELECT id, message_id IS NOT NULL, storage_key, thumbnail_key FROM media
        WHERE id > $1 ORDER BY id LIMIT $2";
    DELETE = "DELETE FROM media WHERE workspace_id = $1 AND id = $2 AND message_id IS NULL";
}

/// What is told of a file, sealed as one.
#[derive(Default, Serialize, Deserialize)]
struct About {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waveform: Option<Vec<u8>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<[u8; 32]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thumbnail: Option<[u8; 32]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threat: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unscanned: bool,
}

impl About {
    fn of(row: &MediaRow) -> Self {
        Self {
            name: row.media.name.clone(),
            source: row.source.clone(),
            waveform: row.media.waveform.clone(),
            key: row.key.as_ref().map(|key| *key.expose()),
            thumbnail: row.thumbnail_file_key.as_ref().map(|key| *key.expose()),
            threat: row.media.threat.clone(),
            unscanned: row.media.unscanned,
        }
    }
}

/// Where what is told of a file stands.
fn about_place(ws: WorkspaceId, id: MediaId) -> vault::Place<'static> {
    place(ws, "media", "about", id.0)
}

/// What is told of a file, for a statement: sealed with the key of the person whose message uses it, and until one does
/// with the workspace's.
async fn seal_about(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: MediaId,
    message: Option<MessageId>,
    about: &About,
) -> Result<Value> {
    let json = to_json(about)?;
    let row = match message {
        Some(message) => tx.query_opt(CONVERSATION, values![ws, message]).await?,
        None => None,
    };
    let Some(mut row) = row else { return tx.seal(about_place(ws, id), json.as_bytes()).await };
    let conversation = row.take()?;
    let key = tx.key_of_conversation(ws, conversation).await?;
    tx.seal_with(&key, about_place(ws, id), json.as_bytes())
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaRow {
    /// The message that uses it.
    pub message_id: Option<MessageId>,
    /// What a page shows of it.
    pub media: Media,
    /// Its kind.
    pub kind: MediaKind,
    /// Where its bytes are.
    pub storage_key: Option<String>,
    /// Where its small picture is.
    pub thumbnail_key: Option<String>,
    /// Where the provider has it, as JSON.
    pub source: Option<String>,
    /// What opens its bytes; `None` for files of older versions, which are not sealed.
    pub key: Option<FileKey>,
    /// What opens its small picture.
    pub thumbnail_file_key: Option<FileKey>,
}

/// What is known of a file once it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Its type as found in its bytes.
    pub mime: String,
    /// Its size in bytes.
    pub size: i64,
    /// Width in pixels.
    pub width: Option<i64>,
    /// Height in pixels.
    pub height: Option<i64>,
    /// Length in milliseconds.
    pub duration_ms: Option<i64>,
    /// Loudness over time in 0..=100.
    pub waveform: Option<Vec<u8>>,
    /// Where its bytes are.
    pub storage_key: String,
    /// Where its small picture is.
    pub thumbnail_key: Option<String>,
    /// What opens its bytes.
    pub key: Option<FileKey>,
    /// What opens its small picture.
    pub thumbnail_file_key: Option<FileKey>,
    /// Whether a scanner should have looked at it and could not.
    pub unscanned: bool,
}

fn read(row: &mut Row, ws: WorkspaceId) -> Result<MediaRow> {
    let message_id = row.take()?;
    let id: MediaId = row.take()?;
    let mut media = Media {
        id,
        state: row.take()?,
        mime: row.take()?,
        size: row.take()?,
        name: row.take()?,
        width: row.take()?,
        height: row.take()?,
        duration_ms: row.take()?,
        waveform: None,
        voice: row.take()?,
        animated: row.take()?,
        url: Media::path(id),
        thumbnail_url: None,
        failure: row.take()?,
        threat: None,
        unscanned: false,
    };
    let (kind, storage_key, thumbnail_key, source) =
        (row.take()?, row.take()?, row.take::<Option<String>>()?, row.take()?);
    let plain = About { name: media.name.take(), source, waveform: row.take()?, ..About::default() };
    let about = match row.open(about_place(ws, id))? {
        Opened::Absent => plain,
        Opened::Erased => About::default(),
        Opened::Plain(json) => from_json(&text(json)?)?,
    };
    let (name, source) = (about.name, about.source);
    (media.name, media.waveform) = (name, about.waveform);
    (media.threat, media.unscanned) = (about.threat, about.unscanned);
    let file_key =
        |key: Option<[u8; 32]>| key.map(|key| FileKey::from_slice(&key).map_err(sealing)).transpose();
    let (key, thumbnail_file_key) = (file_key(about.key)?, file_key(about.thumbnail)?);
    media.thumbnail_url = thumbnail_key.is_some().then(|| format!("{}/thumbnail", media.url));
    Ok(MediaRow { message_id, media, kind, storage_key, thumbnail_key, source, key, thumbnail_file_key })
}

/// Makes a file's row; `by` uploaded it.
pub async fn insert(
    tx: &mut Tx,
    ws: WorkspaceId,
    row: &MediaRow,
    now: Millis,
    by: Option<AgentId>,
) -> Result<()> {
    let media = &row.media;
    let about = seal_about(tx, ws, media.id, row.message_id, &About::of(row)).await?;
    let values = values![
        ws,
        row.message_id,
        media.id,
        media.state,
        &media.mime,
        media.size,
        media.width,
        media.height,
        media.duration_ms,
        media.voice,
        media.animated,
        media.failure,
        row.kind,
        row.storage_key.as_deref(),
        row.thumbnail_key.as_deref(),
        about,
        now,
        by
    ];
    tx.execute(INSERT, values).await?;
    Ok(())
}

/// The file.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: MediaId) -> Result<Option<MediaRow>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row, ws)).transpose()
}

/// The files of messages.
pub(crate) async fn of_messages(tx: &mut Tx, ws: WorkspaceId, ids: &[MessageId]) -> Result<Vec<MediaRow>> {
    tx.query_in(OF_MESSAGES, values![ws], ids).await?.iter_mut().map(|row| read(row, ws)).collect()
}

/// Gives an uploaded file to a message; `false` when there is none or it has one already.
pub async fn attach(tx: &mut Tx, ws: WorkspaceId, id: MediaId, message: MessageId) -> Result<bool> {
    let Some(row) = get(tx, ws, id).await?.filter(|row| row.message_id.is_none()) else { return Ok(false) };
    let about = seal_about(tx, ws, id, Some(message), &About::of(&row)).await?;
    tx.change(ATTACH, values![ws, id, message, about]).await
}

/// Notes that the file is stored; `false` when there is no such file.
pub async fn ready(tx: &mut Tx, ws: WorkspaceId, id: MediaId, ready: &Ready) -> Result<bool> {
    let Some(row) = get(tx, ws, id).await? else { return Ok(false) };
    let waveform = ready.waveform.clone().or(row.media.waveform.clone());
    let about = About {
        waveform,
        key: ready.key.as_ref().map(|key| *key.expose()),
        thumbnail: ready.thumbnail_file_key.as_ref().map(|key| *key.expose()),
        unscanned: ready.unscanned,
        ..About::of(&row)
    };
    let about = seal_about(tx, ws, id, row.message_id, &about).await?;
    let values = values![
        ws,
        id,
        &ready.mime,
        ready.size,
        ready.width,
        ready.height,
        ready.duration_ms,
        about,
        &ready.storage_key,
        ready.thumbnail_key.as_deref()
    ];
    tx.change(READY, values).await
}

/// Notes that the file was given up; `false` when there is none or it is stored.
pub async fn failed(tx: &mut Tx, ws: WorkspaceId, id: MediaId, failure: MediaFailure) -> Result<bool> {
    tx.change(FAILED, values![ws, id, failure]).await
}

/// Notes that the file is malware, and which; `false` when there is none or it is stored.
pub async fn infected(tx: &mut Tx, ws: WorkspaceId, id: MediaId, threat: &str) -> Result<bool> {
    let Some(row) = get(tx, ws, id).await? else { return Ok(false) };
    let about = About { threat: Some(threat.to_owned()), ..About::of(&row) };
    let about = seal_about(tx, ws, id, row.message_id, &about).await?;
    tx.change(INFECTED, values![ws, id, MediaFailure::Infected, about]).await
}

/// A file that no message uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: MediaId,
    /// Where its bytes and those of its small picture are.
    pub places: Vec<String>,
}

/// Files of all workspaces made before a time that no message uses.
pub async fn unused(tx: &mut Tx, before: Millis, limit: i64) -> Result<Vec<Unused>> {
    let read = |row: &mut Row| {
        let (workspace, id) = (row.take()?, row.take()?);
        let places: [Option<String>; 2] = [row.take()?, row.take()?];
        Ok(Unused { workspace, id, places: places.into_iter().flatten().collect() })
    };
    tx.query_map(UNUSED, values![before, limit], read).await
}

/// A file's places in the media store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its id.
    pub id: MediaId,
    /// Whether a message uses it; an upload that none uses may be removed at any moment.
    pub used: bool,
    /// Where its bytes are.
    pub storage_key: Option<String>,
    /// Where its small picture is.
    pub thumbnail_key: Option<String>,
}

/// The files of all workspaces after an id, ascending, for the operator of the machine.
pub async fn stored(tx: &mut Tx, after: MediaId, limit: i64) -> Result<Vec<Stored>> {
    let read = |row: &mut Row| {
        Ok(Stored {
            id: row.take()?,
            used: row.take()?,
            storage_key: row.take()?,
            thumbnail_key: row.take()?,
        })
    };
    tx.query_map(STORED, values![after, limit], read).await
}

/// Forgets a file that no message uses; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: MediaId) -> Result<bool> {
    tx.change(DELETE, values![ws, id]).await
}

/// Whether any file of the workspace is stored under a key, as itself or as its small picture.
pub async fn key_in_use(tx: &mut Tx, ws: WorkspaceId, key: &str) -> Result<bool> {
    tx.query_one(KEY_IN_USE, values![ws, key]).await?.take()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{id, sample, write};
    use crate::testing;

    #[tokio::test]
    async fn an_upload_that_nothing_uses_is_found_and_forgotten() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            let ws = some.ws;
            let row = |key: &str| MediaRow {
                message_id: None,
                media: Media { voice: true, animated: true, ..Media::pending(id(), "audio/ogg") },
                kind: MediaKind::Voice,
                storage_key: Some(key.into()),
                thumbnail_key: Some(format!("{key} small")),
                source: Some(r#"{"id":"42"}"#.into()),
                key: None,
                thumbnail_file_key: None,
            };
            let (old, young) = (row("old"), row("young"));
            write(&db, move |tx| {
                Box::pin(async move {
                    insert(tx, ws, &old, Millis(10), Some(some.agent)).await?;
                    insert(tx, ws, &young, Millis(20), None).await?;
                    let mut stored = old.clone();
                    stored.media.thumbnail_url = Some(format!("{}/thumbnail", stored.media.url));
                    assert_eq!(get(tx, ws, old.media.id).await?, Some(stored));
                    assert!(failed(tx, ws, old.media.id, MediaFailure::TooLarge).await?);
                    let found = get(tx, ws, old.media.id).await?.expect("the row");
                    assert_eq!(found.media.failure, Some(MediaFailure::TooLarge));
                    assert_eq!(
                        unused(tx, Millis(20), 10).await?,
                        [Unused {
                            workspace: ws,
                            id: old.media.id,
                            places: vec!["old".to_owned(), "old small".to_owned()]
                        }]
                    );
                    assert!(delete(tx, ws, old.media.id).await?);
                    let message = some.customer_writes("x");
                    crate::message::insert(tx, ws, &message).await?;
                    assert!(attach(tx, ws, young.media.id, message.id).await?);
                    assert!(!delete(tx, ws, young.media.id).await?, "a message uses it");
                    assert_eq!(unused(tx, Millis(99), 10).await?, []);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
