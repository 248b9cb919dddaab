//! What a channel reads from a delivery.

use model::{Content, Failure, MediaKind, Millis, Report};
use serde::{Deserialize, Serialize};

/// One thing that a delivery tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// The account it was sent to ([`crate::Channel::address_key`]), where the delivery names it.
    pub account: Option<String>,
    /// What it tells.
    pub event: Event,
}

/// What a delivery tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A customer wrote.
    Message(Box<NewMessage>),
    /// A customer reacted to a message, or took the reaction back.
    Reaction {
        /// Who reacted.
        sender: Sender,
        /// The message reacted to, by the provider's id.
        target: String,
        /// The emoji; `None` takes the reaction back.
        emoji: Option<String>,
        /// When.
        at: Option<Millis>,
    },
    /// A customer changed a message.
    Edit {
        /// Who changed it.
        sender: Sender,
        /// The changed message, by the provider's id.
        target: String,
        /// What it carries now.
        body: Body,
        /// When.
        at: Option<Millis>,
    },
    /// A customer withdrew a message.
    Revoke {
        /// Who withdrew it.
        sender: Sender,
        /// The withdrawn message, by the provider's id.
        target: String,
        /// When.
        at: Option<Millis>,
    },
    /// A message of ours got further.
    Receipt {
        /// Our message, by the provider's id.
        provider_id: String,
        /// What we gave the provider to send back: our own message id.
        callback: Option<String>,
        /// How far it got; `at` is `Millis(0)` where the provider does not tell when.
        report: Report,
        /// The customer, as far as told.
        recipient: Sender,
    },
    /// A customer's address changed: both describe the same person.
    Moved {
        /// Who it was.
        from: Sender,
        /// Who it is now.
        to: Sender,
        /// The notice to show in the thread.
        notice: Box<NewMessage>,
    },
    /// The provider tells about an error that belongs to no message.
    Trouble(Failure),
    /// Something that needs no action now (account updates, template states, unknown fields); the raw delivery
    /// is kept.
    Other {
        /// The provider's name for it.
        name: String,
    },
    /// An item that cannot be read although its surroundings can.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// A customer as a delivery describes them. Empty strings count as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The provider's id of the person for this business; the key where present.
    pub user_id: Option<String>,
    /// The phone number, digits with a leading `+`; an attribute, and the key where there is no user id.
    pub phone: Option<String>,
    /// The public user name.
    pub username: Option<String>,
    /// The profile's name.
    pub name: Option<String>,
}

impl Sender {
    /// Whether it names somebody who can be written to.
    pub fn is_reachable(&self) -> bool {
        self.user_id.is_some() || self.phone.is_some()
    }
}

/// A message of a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// The provider's id of the message.
    pub provider_id: String,
    /// Who wrote it.
    pub sender: Sender,
    /// When, by the provider's clock.
    pub at: Option<Millis>,
    /// What it carries.
    pub body: Body,
    /// The message it quotes, by the provider's id.
    pub reply_to: Option<String>,
    /// Whether the quoted message is the customer's own, where the provider tells.
    pub reply_to_own: bool,
    /// Whether it was forwarded.
    pub forwarded: bool,
    /// The group it was written in; groups are not shown yet.
    pub group: Option<String>,
}

/// What a message of a customer carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Something that is complete in itself (never a [`Content`] with a file).
    Whole(Content),
    /// A file that has to be fetched.
    Media {
        /// How to fetch it.
        media: MediaRef,
        /// Text under it.
        caption: Option<String>,
    },
}

/// A file at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRef {
    /// Its kind.
    pub kind: MediaKind,
    /// The provider's id.
    pub id: String,
    /// Where it can be fetched for a short time, where the delivery tells it.
    pub url: Option<String>,
    /// Its type as the provider says.
    pub mime: String,
    /// Its SHA-256 in base64 as the provider says.
    pub sha256: Option<String>,
    /// Its file name.
    pub name: Option<String>,
    /// Whether it moves (stickers).
    pub animated: bool,
}
