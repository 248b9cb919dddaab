//! Provider adapters without IO: a channel turns bytes into events and an intent into requests; the `app` room
//! moves the bytes.

#[cfg(test)]
mod case;
mod inbound;
mod outgoing;
pub mod whatsapp;

use model::{Capabilities, ChannelKind, Check, MediaFailure, Millis, Secret};

pub use inbound::*;
pub use outgoing::*;

/// Every channel there is. The only registration.
pub static ALL: &[&dyn Channel] = &[&whatsapp::WhatsApp];

/// The channel of a kind.
pub fn channel(kind: ChannelKind) -> &'static dyn Channel {
    match kind {
        ChannelKind::Whatsapp => &whatsapp::WhatsApp,
    }
}

/// A provider's platform, without IO.
pub trait Channel: Sync {
    /// What it is, which fields connect it and what it can carry.
    fn about(&self) -> &'static About;

    /// Checks configuration fields; one entry for each that is wrong.
    fn validate(&self, account: &Account) -> Vec<FieldError>;

    /// The account that deliveries name (WhatsApp: the phone number id); unique among a workspace's inboxes.
    fn address_key(&self, account: &Account) -> String;

    /// Decides about a request to the inbox's hook, by its head and raw bytes alone.
    fn verify(&self, head: &Head<'_>, body: &[u8], account: &Account) -> Verdict;

    /// Reads a verified delivery. Unknown things are kept, one bad item never fails its batch; only a body
    /// that cannot be read at all is [`Malformed`].
    fn read(&self, body: &[u8]) -> Result<Vec<Inbound>, Malformed>;

    /// The next step of a sending: called with [`SendState::Start`] and no answer first, then with the state of
    /// the last [`Step::Call`] and what came of it. A state without an answer means that the process was
    /// interrupted during its call, or that a [`Step::Retry`] named it.
    fn send(&self, account: &Account, outgoing: &Outgoing, state: &SendState, last: Option<&Answer>) -> Step;

    /// The next step of fetching a file of the customer; `state` counts the calls made so far, from 0.
    fn fetch(&self, account: &Account, media: &MediaRef, state: u8, last: Option<&Answer>) -> Fetch;

    /// The request that blocks or unblocks a customer, where the channel can.
    fn block(&self, account: &Account, to: &Recipient, block: bool) -> Option<Request>;

    /// The checks of a connection: a name and the call to make for each.
    fn checks(&self, account: &Account) -> Vec<(&'static str, Request)>;

    /// What an answer to a check's call means; also the account's display address where the answer tells it.
    fn judge(&self, account: &Account, check: &str, answer: &Answer) -> (Check, Option<String>);

    /// The pacing that the provider asks of this account.
    fn pacing(&self, account: &Account) -> Pacing;
}

/// What a channel is.
#[derive(Debug)]
pub struct About {
    /// Its kind.
    pub kind: ChannelKind,
    /// Its name as people know it.
    pub name: &'static str,
    /// The fields that connect it; they draw the console's form.
    pub fields: &'static [Field],
    /// What it can carry.
    pub capabilities: Capabilities,
}

/// A field of a channel's configuration.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its key in the configuration.
    pub name: &'static str,
    /// Its label in English and in Chinese.
    pub label: Words,
    /// Where to find the value, in English and in Chinese.
    pub help: Words,
    /// Whether it is written once and never shown.
    pub secret: bool,
    /// Whether it must be given.
    pub required: bool,
    /// An example.
    pub placeholder: &'static str,
    /// A regular expression that a value matches as a whole (JavaScript syntax, for the form); may be empty.
    pub pattern: &'static str,
}

/// A short text in the interface's languages.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Chinese, simplified.
    pub zh_cn: &'static str,
}

/// What is wrong with a configuration field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field.
    pub field: &'static str,
    /// What is wrong and what is allowed.
    pub message: String,
}

/// The configuration of one inbox, with its secrets.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The plain fields.
    pub config: std::collections::BTreeMap<String, String>,
    /// The secret fields.
    pub secrets: std::collections::BTreeMap<String, Secret<String>>,
    /// The token that the provider's handshake must show; made by us.
    pub verify_token: Option<Secret<String>>,
}

impl Account {
    /// A plain field, empty when absent.
    pub fn get(&self, name: &str) -> &str {
        self.config.get(name).map_or("", String::as_str)
    }

    /// A secret field, empty when absent.
    pub fn secret(&self, name: &str) -> &str {
        self.secrets.get(name).map_or("", |secret| secret.expose().as_str())
    }
}

/// The head of a request to a hook.
pub struct Head<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The query as sent, without the question mark.
    pub query: &'a str,
    /// Looks a header up by its lower-case name; `None` when absent or given twice.
    pub header: &'a (dyn Fn(&str) -> Option<&'a [u8]> + Sync),
}

/// What to do with a request to a hook.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Genuine: store it. Two deliveries with the same key are the same delivery.
    Accept {
        /// The key, at most 32 bytes.
        dedupe: Vec<u8>,
    },
    /// A platform's challenge: answer it.
    Answer {
        /// The body to answer with, as plain text.
        body: String,
    },
    /// Not genuine: refuse without a reason.
    Reject,
}

/// A delivery that cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the delivery: {0}")]
pub struct Malformed(pub String);

/// What a provider asks of senders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pacing {
    /// Messages a second for one account.
    pub account_per_second: u32,
    /// The time that one message to one customer uses up.
    pub pair_interval: Millis,
    /// How many messages to one customer may be sent ahead of that time.
    pub pair_burst: u32,
}

/// One step of fetching a file.
#[derive(Debug)]
pub enum Fetch {
    /// Make this call and come back with its answer.
    Call(Box<Request>),
    /// The last answer's body is the file, or its beginning where the file itself is kept elsewhere. The hash is that which the provider announced (SHA-256).
    Done {
        /// The announced hash, where there was one.
        sha256: Option<[u8; 32]>,
    },
    /// Try again from the beginning, after a while.
    Retry(String),
    /// Give up.
    Failed(MediaFailure, String),
}
