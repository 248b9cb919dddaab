//! A message that is to be kept.

use model::{
    AgentId, AuthorKind, Content, ConversationId, Direction, InboundId, InboxId, MessageId, Millis, Status,
};

/// A message to be kept.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its id; ids of a conversation ascend in the order of the thread.
    pub id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// Who speaks to whom.
    pub direction: Direction,
    /// When it was written, by the provider's clock where it has one.
    pub at: Millis,
    /// Now.
    pub created_at: Millis,
    /// What wrote it.
    pub author_kind: AuthorKind,
    /// The agent who wrote it.
    pub author_agent_id: Option<AgentId>,
    /// What it carries.
    pub content: Content,
    /// The provider's id, unique in the inbox.
    pub provider_id: Option<String>,
    /// The writing browser's id, unique in the conversation.
    pub client_id: Option<String>,
    /// The quoted message.
    pub reply_to_id: Option<MessageId>,
    /// The provider's id of the quoted message, also when we do not have it.
    pub reply_to_provider_id: Option<String>,
    /// Whether the customer forwarded it from elsewhere.
    pub forwarded: bool,
    /// How far it got, for messages of the business.
    pub status: Option<Status>,
    /// The raw delivery it came in.
    pub inbound_id: Option<InboundId>,
}

impl NewMessage {
    /// Something written here and now, without whatever else a message may have.
    pub fn written(
        id: MessageId,
        (conversation_id, inbox_id): (ConversationId, InboxId),
        direction: Direction,
        (author_kind, author_agent_id): (AuthorKind, Option<AgentId>),
        content: Content,
        now: Millis,
    ) -> Self {
        Self {
            id,
            conversation_id,
            inbox_id,
            direction,
            at: now,
            created_at: now,
            author_kind,
            author_agent_id,
            content,
            provider_id: None,
            client_id: None,
            reply_to_id: None,
            reply_to_provider_id: None,
            forwarded: false,
            status: None,
            inbound_id: None,
        }
    }
}
