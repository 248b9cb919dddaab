//! What stands in the chats: messages of both sides, their ticks and reactions, and their files.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::customer::CustomerId;

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The business, through the Graph API.
    Business,
    /// The customer.
    Customer,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The provider has it.
    Accepted,
    /// It is on its way (business), or its webhook waits to be taken (customer).
    Sent,
    /// It is on the phone (business), or the webhook was answered with 200 (customer).
    Delivered,
    /// The other side has read it.
    Read,
    /// The customer has listened to it.
    Played,
    /// It will not arrive.
    Failed,
}

/// A status that a message of the business reaches, as [`crate::Sim::status`] and the control API take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Status {
    /// One grey tick.
    Sent,
    /// Two grey ticks.
    Delivered,
    /// Two blue ticks.
    Read,
    /// A voice note was listened to.
    Played,
    /// It will not arrive.
    Failed {
        /// Why: a Graph error code, for example 131026.
        code: u32,
    },
}

impl Status {
    pub(crate) fn state(self) -> State {
        match self {
            Status::Sent => State::Sent,
            Status::Delivered => State::Delivered,
            Status::Read => State::Read,
            Status::Played => State::Played,
            Status::Failed { .. } => State::Failed,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Sent => "sent",
            Status::Delivered => "delivered",
            Status::Read => "read",
            Status::Played => "played",
            Status::Failed { .. } => "failed",
        }
    }
}

/// One message of a chat, written by either side.
#[derive(Clone, Debug, Serialize)]
pub struct SentMessage {
    /// The provider's id of the message.
    pub wamid: String,
    /// Who wrote it.
    pub side: Side,
    /// In whose chat; none if the number belongs to nobody here.
    pub customer: Option<CustomerId>,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The type as the API names it: `text`, `image`, `interactive`, …
    pub kind: String,
    /// What a person reads: the body, the caption, the chosen title, the filled template.
    pub text: Option<String>,
    /// The request of the business, or the message object of the customer's webhook, as it was.
    pub raw: Value,
    /// The file's media id, see [`crate::Sim::media`].
    pub media: Option<String>,
    /// The id of the message that this one quotes.
    pub quoted: Option<String>,
    /// Its ticks.
    pub state: State,
    /// The error code, if it failed.
    pub failure: Option<u32>,
    /// The emoji that the other side put on it.
    pub reaction: Option<String>,
    /// The customer changed its text afterwards.
    pub edited: bool,
    /// The customer took it back.
    pub revoked: bool,
}

impl SentMessage {
    /// True once the other side has read (or played) it.
    pub fn is_read(&self) -> bool {
        matches!(self.state, State::Read | State::Played)
    }
}

/// A file that the provider keeps.
#[derive(Clone, Debug)]
pub struct Media {
    /// The media id.
    pub id: String,
    /// The content.
    pub bytes: Bytes,
    /// The declared type.
    pub mime: String,
    /// The declared name.
    pub filename: Option<String>,
    /// From when on the provider no longer knows it, in milliseconds since 1970.
    pub expires: i64,
}
