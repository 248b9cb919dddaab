//! What is suggested to agents while they write, and what became of it.

use serde::Serialize;

use crate::named::named;
use crate::{ArticleId, ConversationId, MessageId, Millis, QuickReplyId};

named! {
    /// Where a suggestion comes from.
    SuggestionKind {
        /// A piece of knowledge.
        Article = "article",
        /// A saved reply.
        QuickReply = "quick_reply",
        /// What colleagues answered in another conversation.
        Conversation = "conversation",
    }
}

named! {
    /// What an agent did with a suggestion.
    SuggestionUse {
        /// It was sent as it was.
        Unchanged = "unchanged",
        /// It was sent in other words.
        Edited = "edited",
        /// It was put away.
        Dismissed = "dismissed",
    }
}

/// Where a suggestion comes from, and what that is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SuggestionSource {
    /// A piece of knowledge.
    Article {
        /// Which.
        id: ArticleId,
        /// What it is about.
        title: String,
        /// Its language.
        locale: String,
        /// Whether it is for colleagues only: customers are not to read it as it stands.
        internal: bool,
    },
    /// A saved reply.
    QuickReply {
        /// Which.
        id: QuickReplyId,
        /// What is typed to insert it.
        shortcut: String,
    },
    /// What colleagues answered in other conversations.
    Conversation {
        /// Where it was answered last.
        id: ConversationId,
        /// What was asked there.
        message_id: MessageId,
        /// In how many of the conversations that were looked at it was answered so.
        times: i64,
    },
}

/// A reply that an agent may begin with.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Suggestion {
    /// Where it comes from.
    pub source: SuggestionSource,
    /// What would be written. `{{contact.name}}` stands for the customer's name, and `___` for what only the agent knows,
    /// such as the number of an order.
    pub text: String,
    /// How likely it fits, in percent.
    pub confidence: i64,
    /// The question that it answered, where one is like the customer's.
    pub question: Option<String>,
    /// The customer's words that it has as well.
    pub words: Vec<String>,
}

/// What is suggested for a customer's last words.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Suggestions {
    /// The customer's newest message, which they are for; absent where the customer does not wait.
    pub message_id: Option<MessageId>,
    /// The suggestions, the likeliest first; at most three.
    pub items: Vec<Suggestion>,
}

/// A solved conversation in which nearly the same was asked.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SimilarConversation {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// What was asked in it.
    pub message_id: MessageId,
    /// When.
    pub at: Millis,
    /// What was asked.
    pub question: String,
    /// What was answered.
    pub answer: String,
    /// Who answered.
    pub answered_by: Option<String>,
    /// How alike the two questions are, in percent.
    pub likeness: i64,
    /// The customer's words that it has as well.
    pub words: Vec<String>,
}

/// A sentence that says what a conversation is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SummaryPoint {
    /// The message that it was taken from.
    pub message_id: MessageId,
    /// When that was written.
    pub at: Millis,
    /// Whether the customer said it.
    pub customer: bool,
    /// The sentence.
    pub text: String,
}

/// The sentences that say what a conversation is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Summary {
    /// How many messages were looked at.
    pub messages: i64,
    /// The sentences, in their order.
    pub points: Vec<SummaryPoint>,
}
