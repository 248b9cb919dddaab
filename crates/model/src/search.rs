//! What a search in messages finds.

use serde::Serialize;

use crate::{Author, ConversationContact, ConversationId, Direction, InboxId, MessageId, Millis};

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SearchHit {
    /// The message.
    pub message_id: MessageId,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// The conversation's inbox.
    pub inbox_id: InboxId,
    /// The conversation's customer.
    pub contact: ConversationContact,
    /// Who speaks to whom.
    pub direction: Direction,
    /// When it was written.
    pub at: Millis,
    /// Who wrote it.
    pub author: Author,
    /// Its content's kind.
    pub kind: String,
    /// The part of its text that shows why it was found.
    pub snippet: Vec<SnippetPiece>,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SnippetPiece {
    /// Its text, never markup.
    pub text: String,
    /// Whether it is what was looked for.
    pub hit: bool,
}
