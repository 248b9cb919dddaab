//! What the bot would have said, tried on questions that people answered.

use crate::named::named;
use crate::{ConversationId, HandOverReason, MessageId, Millis, TrialId};

named! {
    /// Where a question comes from.
    TrialSource {
        /// From past conversations, all at once.
        Replay = "replay",
        /// From conversations of the day, as people answer them.
        Shadow = "shadow",
    }
}

named! {
    /// What the bot would have done with a question.
    TrialDeed {
        /// Answered it.
        Answer = "answer",
        /// Asked which of several is meant.
        Offer = "offer",
        /// Left it to people.
        HandOver = "hand_over",
        /// Greeted, said what it can do, or nothing: there was no question.
        Other = "other",
    }
}

named! {
    /// How an answer of the bot's compares with what a person said.
    Agreement {
        /// The person said the same.
        Same = "same",
        /// The person said something else.
        Different = "different",
        /// What the person said does not tell.
        Unclear = "unclear",
    }
}

named! {
    /// What a person makes of an answer of the bot's.
    Verdict {
        /// It would have been right.
        Right = "right",
        /// It would have been wrong.
        Wrong = "wrong",
    }
}

/// One question that a person answered, with what the bot would have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Its id.
    pub id: TrialId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// What the customer asked.
    pub message_id: MessageId,
    /// What the person answered, the first message of it.
    pub reply_id: MessageId,
    /// What the bot would have done at the lowest threshold.
    pub deed: TrialDeed,
    /// What it would have said.
    pub said: Option<String>,
    /// How likely that is right, in percent.
    pub confidence: Option<i64>,
    /// Why it would have left it to people.
    pub reason: Option<HandOverReason>,
    /// How an answer compares with the person's.
    pub agreement: Option<Agreement>,
    /// What a person makes of it.
    pub verdict: Option<Verdict>,
    /// When it was tried.
    pub at: Millis,
}

/// A trial on past conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Replay {
    /// How many conversations are to be looked at.
    pub conversations: i64,
    /// How many were.
    pub looked: i64,
    /// When it began.
    pub started_at: Millis,
    /// When it ended; `null` while it goes on.
    pub done_at: Option<Millis>,
}
