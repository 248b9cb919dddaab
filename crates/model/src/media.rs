//! Files that belong to messages.

use serde::{Deserialize, Serialize};

use crate::{MediaId, Millis};

/// The kind of a file, by how a channel shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A sound file.
    Audio,
    /// A voice note.
    Voice,
    /// A film.
    Video,
    /// Any other file.
    Document,
    /// A sticker.
    Sticker,
}

impl MediaKind {
    /// The kind's name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Image, Self::Audio, Self::Voice, Self::Video, Self::Document, Self::Sticker]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// A file as an agent's page needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Media {
    /// Its id.
    pub id: MediaId,
    /// Whether it can be shown.
    pub state: MediaState,
    /// Its type as found in its bytes, else as the provider said.
    pub mime: String,
    /// Its size in bytes, once known.
    pub size: Option<i64>,
    /// Its file name, where it has one.
    pub name: Option<String>,
    /// Width in pixels, for pictures.
    pub width: Option<i64>,
    /// Height in pixels, for pictures.
    pub height: Option<i64>,
    /// Length in milliseconds, for sound and film where known.
    pub duration_ms: Option<i64>,
    /// Loudness over time in 0..=100, for voice notes where known.
    pub waveform: Option<Vec<u8>>,
    /// Whether it is a voice note.
    pub voice: bool,
    /// Whether it moves (stickers).
    pub animated: bool,
    /// Where a signed-in agent fetches it.
    pub url: String,
    /// Where a signed-in agent fetches a small picture of it.
    pub thumbnail_url: Option<String>,
    /// Why it cannot be shown.
    pub failure: Option<MediaFailure>,
    /// What a scanner found it to be, for a file that is malware.
    pub threat: Option<String>,
    /// Whether it was taken although the scanner could not look at it.
    pub unscanned: bool,
}

impl Media {
    /// The path of a file's bytes in the API.
    pub fn path(id: MediaId) -> String {
        format!("/api/media/{id}")
    }

    /// A file that still has to be fetched from the provider.
    pub fn pending(id: MediaId, mime: &str) -> Self {
        Self {
            id,
            state: MediaState::Pending,
            mime: mime.to_owned(),
            size: None,
            name: None,
            width: None,
            height: None,
            duration_ms: None,
            waveform: None,
            voice: false,
            animated: false,
            url: Self::path(id),
            thumbnail_url: None,
            failure: None,
            threat: None,
            unscanned: false,
        }
    }
}

/// Whether a file can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaState {
    /// Being fetched.
    Pending,
    /// Stored here.
    Ready,
    /// Given up; see `failure`.
    Failed,
}

impl MediaState {
    /// The state's name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Pending, Self::Ready, Self::Failed].into_iter().find(|state| state.as_str() == name)
    }
}

/// Why a file could not be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaFailure {
    /// The provider keeps it no longer.
    Expired,
    /// Larger than we store.
    TooLarge,
    /// Its bytes are not those that the provider announced.
    HashMismatch,
    /// Its address is not one we fetch from.
    Blocked,
    /// The provider failed for too long.
    ProviderError,
    /// The provider does not know it.
    NotFound,
    /// The time that files are kept here was over.
    Removed,
    /// It is malware; see `threat`.
    Infected,
    /// The scanner could not look at it for too long.
    Unscanned,
}

impl MediaFailure {
    /// The name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::TooLarge => "too_large",
            Self::HashMismatch => "hash_mismatch",
            Self::Blocked => "blocked",
            Self::ProviderError => "provider_error",
            Self::NotFound => "not_found",
            Self::Removed => "removed",
            Self::Infected => "infected",
            Self::Unscanned => "unscanned",
        }
    }

    /// The failure of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Expired,
            Self::TooLarge,
            Self::HashMismatch,
            Self::Blocked,
            Self::ProviderError,
            Self::NotFound,
            Self::Removed,
            Self::Infected,
            Self::Unscanned,
        ]
        .into_iter()
        .find(|failure| failure.as_str() == name)
    }
}

/// How long an upload that no message uses is kept.
pub const UPLOAD_LIFE: Millis = Millis::days(1);
