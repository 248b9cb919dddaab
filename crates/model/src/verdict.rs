//! Answers of the bot as people judge them.

use serde::Serialize;

use crate::named::named;
use crate::{ArticleId, MessageId, Millis, UnansweredQuestion};

named! {
    /// What an answer of the bot was taken from.
    AnswerKind {
        /// A piece of the knowledge.
        Article = "article",
        /// What is said about an intent.
        Intent = "intent",
    }
}

/// An answer of the bot that can be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BotAnswer {
    /// The message that gives it.
    pub message_id: MessageId,
    /// What it was taken from.
    pub kind: AnswerKind,
    /// Whether it is right as the caller sees it; `null` where they said nothing.
    pub mine: Option<bool>,
    /// How many colleagues found it right.
    pub right: i64,
    /// How many found it wrong.
    pub wrong: i64,
}

/// A question with a piece of knowledge that was found right or wrong for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct JudgedPair {
    /// The question.
    pub question: UnansweredQuestion,
    /// The same as it would stand among the article's questions, without what is the customer's own.
    pub phrase: String,
    /// The article.
    pub article_id: ArticleId,
    /// What it is called.
    pub title: String,
    /// The passage that was told, as it reads now.
    pub passage: String,
    /// How many colleagues found it right.
    pub right: i64,
    /// How many found it wrong.
    pub wrong: i64,
    /// When it was last judged.
    pub at: Millis,
}
