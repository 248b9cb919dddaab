//! What a channel sends, as requests that the `app` room makes.

use model::{Failure, MediaKind, MessageChoice, Millis, Secret};
use serde::{Deserialize, Serialize};

/// One thing to send to a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// To whom.
    pub to: Recipient,
    /// What.
    pub what: What,
    /// The message that it quotes, by the provider's id.
    pub reply_to: Option<String>,
    /// Our own id, which the provider sends back with each report.
    pub callback: Option<String>,
}

/// A customer's address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The provider's id of the person for this business.
    pub user_id: Option<String>,
    /// The phone number, digits with a leading `+`.
    pub phone: Option<String>,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// A question whose answers can be tapped.
    Choices {
        /// The question.
        text: String,
        /// What opens the choices where they are hidden behind a button.
        label: String,
        /// The choices; at most as many as the channel's capabilities say.
        choices: Vec<MessageChoice>,
    },
    /// A file from the media store.
    Media {
        /// Its kind.
        kind: MediaKind,
        /// Its key in the media store.
        key: String,
        /// Its type.
        mime: String,
        /// Its file name.
        name: Option<String>,
        /// Text under it.
        caption: Option<String>,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// What is there.
        name: Option<String>,
        /// Its postal address.
        address: Option<String>,
    },
    /// A reaction; an empty emoji takes it back.
    Reaction {
        /// The message reacted to, by the provider's id.
        target: String,
        /// The emoji.
        emoji: String,
    },
    /// Tells the customer that we read up to a message, and optionally that we are typing.
    Read {
        /// The newest message read, by the provider's id.
        target: String,
        /// Whether typing is shown.
        typing: bool,
    },
}

/// Where a sending stands between two calls; stored, so that another process can go on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SendState {
    /// Nothing was called yet.
    #[default]
    Start,
    /// The file is being handed over: repeating is harmless.
    Uploading,
    /// The file is with the provider under this id; the message is next.
    Uploaded {
        /// The provider's id of the file.
        media: String,
    },
    /// The message itself is being handed over: repeating could double it.
    Posting {
        /// The provider's id of its file, if it has one.
        media: Option<String>,
    },
}

/// A call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST` or `DELETE`.
    pub method: &'static str,
    /// The address.
    pub url: String,
    /// The bearer token to send, if any.
    pub bearer: Option<Secret<String>>,
    /// What to send.
    pub body: RequestBody,
    /// Whether the answer may be a file (larger, kept as bytes) rather than a document.
    pub file: bool,
}

/// The body of a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestBody {
    /// None.
    Empty,
    /// A JSON document.
    Json(String),
    /// A form with one file from the media store.
    Form {
        /// The plain fields.
        fields: Vec<(&'static str, String)>,
        /// The name of the file's field.
        file_field: &'static str,
        /// The file's key in the media store.
        key: String,
        /// The file's name to send.
        name: String,
        /// The file's type.
        mime: String,
    },
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP answer.
    Http {
        /// Its status.
        status: u16,
        /// Its `Retry-After` in seconds, where given as such.
        retry_after: Option<u32>,
        /// Its body; cut off at the size limit.
        body: Vec<u8>,
    },
    /// The call surely did not reach the provider (no connection).
    NotSent(String),
    /// The call may have reached the provider (timeout, connection lost).
    Unknown(String),
}

/// One step of a sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Store `next`, make this call and come back with its answer.
    Call {
        /// The call.
        request: Box<Request>,
        /// The state to come back with.
        next: SendState,
    },
    /// The provider took it.
    Sent {
        /// The provider's id of the message; `None` for things that have none (read receipts).
        provider_id: Option<String>,
        /// The provider's id of the person, where the answer tells it.
        user_id: Option<String>,
    },
    /// Not taken, and trying again is safe.
    Retry {
        /// How long to wait, where the provider says.
        after: Option<Millis>,
        /// Whether only this customer has to wait, rather than the whole account.
        pair: bool,
        /// The state to begin from then, without an answer: a file that the provider has is not sent again.
        from: SendState,
        /// Why.
        failure: Failure,
    },
    /// Not taken, and trying again by itself is pointless or forbidden.
    Failed(Failure),
    /// Perhaps taken. Never resent by itself.
    Uncertain(Failure),
}
