//! Inboxes and what their channel can do.

use serde::{Deserialize, Serialize};

use crate::{MediaKind, Millis};

/// The kind of a channel, as stored and shown in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// WhatsApp through Meta's Cloud API.
    Whatsapp,
}

impl ChannelKind {
    /// The kind's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Whatsapp].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What a channel can carry; it drives the composer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Capabilities {
    /// The longest text, in characters.
    pub text_limit: u32,
    /// The longest caption, in characters.
    pub caption_limit: u32,
    /// How many choices a message can offer to tap; none where it can offer none.
    pub choices: u32,
    /// The files it takes.
    pub media: &'static [MediaRule],
    /// Whether a message can quote another.
    pub quote: bool,
    /// Whether a message can be reacted to.
    pub reactions: bool,
    /// Whether typing can be shown to the customer.
    pub typing: bool,
    /// Whether the customer can be told that we read.
    pub read_receipts: bool,
    /// Whether a sent message can be changed.
    pub edit: bool,
    /// Whether a sent message can be withdrawn.
    pub delete: bool,
    /// For how long after the customer's last message the business may write freely.
    pub window_hours: Option<u32>,
}

/// A kind of file that a channel takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MediaRule {
    /// The kind.
    pub kind: MediaKind,
    /// The types it may have; empty means any.
    pub mimes: &'static [&'static str],
    /// The largest size in bytes.
    pub max_bytes: u64,
}

/// How an inbox's connection stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Health {
    /// The result of the last check.
    pub state: HealthState,
    /// When it was last checked.
    pub checked_at: Option<Millis>,
    /// What was checked.
    pub checks: Vec<Check>,
}

impl Health {
    /// The health of an inbox that nobody has checked.
    pub fn unchecked() -> Self {
        Self { state: HealthState::Unchecked, checked_at: None, checks: Vec::new() }
    }
}

/// The result of checking an inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Never checked since the last change.
    Unchecked,
    /// All checks passed.
    Ok,
    /// At least one check failed.
    Error,
}

/// One check of an inbox's connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Check {
    /// What was checked, such as `token` or `phone_number`.
    pub code: String,
    /// Whether it passed.
    pub ok: bool,
    /// What was found, or what is wrong and what to do.
    pub detail: String,
}
