//! What the knowledge does not have: questions that it had no answer to, and pieces that somebody should look at.

use serde::Serialize;

use crate::named::named;
use crate::{Article, ConversationId, MessageId, Millis};

/// Questions of customers that say nearly the same and that the knowledge had no answer to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UnansweredTopic {
    /// The first of them, by which they are named.
    pub id: MessageId,
    /// How often it was asked.
    pub count: i64,
    /// How often the bot handed it over.
    pub by_bot: i64,
    /// When it was last noticed.
    pub at: Millis,
    /// The languages in which it was asked (BCP 47), the most frequent first.
    pub locales: Vec<String>,
    /// The newest of them.
    pub examples: Vec<UnansweredQuestion>,
}

/// A question of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UnansweredQuestion {
    /// The message that asks it.
    pub message_id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// When it was written.
    pub at: Millis,
    /// What it says.
    pub text: String,
    /// What agents answered; absent where nobody did in words.
    pub answer: Option<String>,
}

/// The beginning of a piece of knowledge, made of what customers asked and agents answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ArticleSuggestion {
    /// The question that is most like all others.
    pub title: String,
    /// The answer that is most like all others; empty where nobody answered.
    pub body: String,
    /// Other ways in which it was asked.
    pub questions: Vec<String>,
    /// The language in which it was asked most; empty where none is known.
    pub locale: String,
    /// What it was made of, the newest first.
    pub sources: Vec<UnansweredQuestion>,
}

named! {
    /// Why somebody should look at a piece of knowledge.
    StaleReason {
        /// Its day of review has passed.
        Review = "review",
        /// Readers or agents found it of no help.
        Unhelpful = "unhelpful",
        /// What it was taken from was last read long ago.
        Source = "source",
    }
}

/// A piece of knowledge that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StaleArticle {
    /// The piece.
    pub article: Article,
    /// Why.
    pub reasons: Vec<StaleReason>,
    /// How often agents sent a suggestion of it as it was.
    pub unchanged: i64,
    /// How often they sent it in other words.
    pub edited: i64,
    /// How often they put it away.
    pub dismissed: i64,
    /// How many readers and agents found it helpful.
    pub helpful: i64,
    /// How many did not.
    pub unhelpful: i64,
}
