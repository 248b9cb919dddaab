//! Conversations: one per identity, reopened rather than doubled.

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, ContactId, ConversationId, DeliveryState, Direction, IdentityId, InboxId, LabelId, MessageId,
    Millis, TeamId, Window,
};

/// A conversation with what a list shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The inbox it came through.
    pub inbox_id: InboxId,
    /// The customer.
    pub contact: ConversationContact,
    /// The customer's address.
    pub identity: ConversationIdentity,
    /// Whether work is due.
    pub state: ConversationState,
    /// Who may speak for the business.
    pub turn: Turn,
    /// The agent who owns it.
    pub assignee_id: Option<AgentId>,
    /// The team that it was given to.
    pub team_id: Option<TeamId>,
    /// When a snoozed conversation wakes.
    pub snoozed_until: Option<Millis>,
    /// When the first message came.
    pub created_at: Millis,
    /// When anything last happened; lists are ordered by it.
    pub updated_at: Millis,
    /// The newest message or note.
    pub last_message: Option<LastMessage>,
    /// How many messages of the customer no agent has seen.
    pub unread: i64,
    /// Its labels.
    pub label_ids: Vec<LabelId>,
    /// Whether a free-form message can reach the customer.
    pub window: Window,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<Millis>,
}

/// The customer as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConversationContact {
    /// Its id.
    pub id: ContactId,
    /// The name to show.
    pub name: String,
}

/// The customer's address as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ConversationIdentity {
    /// Its id.
    pub id: IdentityId,
    /// The phone number, where known.
    pub phone: Option<String>,
    /// The user name, where known.
    pub username: Option<String>,
    /// Whether the business blocked this customer.
    pub blocked: bool,
}

/// The newest message of a conversation as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LastMessage {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub direction: Direction,
    /// The content's kind, as in [`crate::Content`].
    pub kind: String,
    /// The beginning of its text, at most 140 characters; empty for media without a caption.
    pub preview: String,
    /// When it was written.
    pub at: Millis,
    /// How far it got, for the business' own messages.
    pub status: Option<DeliveryState>,
}

/// Whether work is due on a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationState {
    /// Work is due.
    Open,
    /// Set aside until a time or until the customer writes.
    Snoozed,
    /// Done; the customer's next message opens it again.
    Resolved,
}

impl ConversationState {
    /// The state's name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Snoozed => "snoozed",
            Self::Resolved => "resolved",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Snoozed, Self::Resolved].into_iter().find(|state| state.as_str() == name)
    }
}

/// The one owner of the turn: who may speak for the business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// The bot answers.
    Bot,
    /// Nobody yet; waits for a person.
    Queue,
    /// The assigned agent answers.
    Person,
}

impl Turn {
    /// The name as stored and shown in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Queue => "queue",
            Self::Person => "person",
        }
    }

    /// The turn of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Bot, Self::Queue, Self::Person].into_iter().find(|turn| turn.as_str() == name)
    }
}
