//! Files of messages: what is known about them. Their bytes are elsewhere, under `storage_key`.

use model::{AgentId, Media, MediaFailure, MediaId, MediaKind, MessageId, Millis, WorkspaceId};

use crate::{Result, Tx};

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
}

/// Makes a file's row; `by` uploaded it.
pub async fn insert(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _row: &MediaRow,
    _now: Millis,
    _by: Option<AgentId>,
) -> Result<()> {
    todo!()
}

/// The file.
pub async fn get(_tx: &mut Tx, _ws: WorkspaceId, _id: MediaId) -> Result<Option<MediaRow>> {
    todo!()
}

/// Gives an uploaded file to a message; `false` when there is none or it has one already.
pub async fn attach(_tx: &mut Tx, _ws: WorkspaceId, _id: MediaId, _message: MessageId) -> Result<bool> {
    todo!()
}

/// Notes that the file is stored; `false` when there is no such file.
pub async fn ready(_tx: &mut Tx, _ws: WorkspaceId, _id: MediaId, _ready: &Ready) -> Result<bool> {
    todo!()
}

/// Notes that the file was given up; `false` when there is none or it is stored.
pub async fn failed(_tx: &mut Tx, _ws: WorkspaceId, _id: MediaId, _failure: MediaFailure) -> Result<bool> {
    todo!()
}

/// Files of all workspaces made before a time that no message uses, with the storage key of each.
pub async fn unused(
    _tx: &mut Tx,
    _before: Millis,
    _limit: i64,
) -> Result<Vec<(WorkspaceId, MediaId, Option<String>)>> {
    todo!()
}

/// Forgets a file that no message uses; `false` when there is none.
pub async fn delete(_tx: &mut Tx, _ws: WorkspaceId, _id: MediaId) -> Result<bool> {
    todo!()
}

/// Whether any file of the workspace is stored under a key, as itself or as its small picture.
pub async fn key_in_use(_tx: &mut Tx, _ws: WorkspaceId, _key: &str) -> Result<bool> {
    todo!()
}
