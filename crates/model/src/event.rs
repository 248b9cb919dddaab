//! What changed, as told to other workers and browsers. An event carries no facts but ids: whoever is told
//! reads the database.

use serde::{Deserialize, Serialize};

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A message, its status or its media; the conversation may have changed too.
    Message,
    /// A conversation's state, owner, labels or unread count.
    Conversation,
    /// A contact or one of its identities.
    Contact,
    /// An inbox.
    Inbox,
    /// A label.
    Label,
    /// A quick reply.
    QuickReply,
    /// An agent.
    Agent,
    /// An alarm was raised or cleared.
    Alarm,
    /// A piece of knowledge.
    Article,
    /// A category of knowledge.
    Category,
}

impl EventKind {
    /// The name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Conversation => "conversation",
            Self::Contact => "contact",
            Self::Inbox => "inbox",
            Self::Label => "label",
            Self::QuickReply => "quick_reply",
            Self::Agent => "agent",
            Self::Alarm => "alarm",
            Self::Article => "article",
            Self::Category => "category",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Message,
            Self::Conversation,
            Self::Contact,
            Self::Inbox,
            Self::Label,
            Self::QuickReply,
            Self::Agent,
            Self::Alarm,
            Self::Article,
            Self::Category,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

/// One entry of a workspace's event sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The workspace's next number: 1, 2, 3 … without a gap.
    pub seq: i64,
    /// What kind of thing changed.
    pub kind: EventKind,
    /// The raw id of the thing.
    pub subject: i64,
    /// The raw id of the conversation it belongs to, for messages and conversations.
    pub conversation: Option<i64>,
    /// Whether the thing is gone.
    pub deleted: bool,
}

impl Change {
    /// Whether it is about this thing.
    pub fn is(&self, kind: EventKind, subject: i64) -> bool {
        self.kind == kind && self.subject == subject
    }
}
