//! What customers write about, by the hour: what is said far more often than usual, and how much is to come.

use serde::Serialize;

use crate::named::named;
use crate::{IntentId, MessageId, Millis, SurgeId, UnansweredQuestion};

named! {
    /// What is counted.
    TopicKind {
        /// Everything that customers write.
        All = "all",
        /// One of the workspace's intents.
        Intent = "intent",
        /// A word, or two characters that follow each other.
        Word = "word",
        /// How sure it is what was understood, by bands of percent.
        Confidence = "confidence",
        /// The languages that customers write in.
        Language = "language",
    }
}

/// How often something was said in an hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TopicCount {
    /// When the hour begins.
    pub at: Millis,
    /// How often; a fraction where it is expected.
    pub count: f64,
}

/// Something that customers write about far more often than usual.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Surge {
    /// Its id.
    pub id: SurgeId,
    /// What was counted.
    pub kind: TopicKind,
    /// The intent, where it is one.
    pub intent_id: Option<IntentId>,
    /// The word as customers write it; absent where no message with it is kept any more.
    pub word: Option<String>,
    /// How often it was said when it was looked at last.
    pub count: i64,
    /// In how many hours.
    pub hours: i64,
    /// How often would have been usual in as many.
    pub usual: f64,
    /// When it was noticed.
    pub began_at: Millis,
    /// When it was over; absent while it lasts.
    pub ended_at: Option<Millis>,
    /// Whether somebody has seen to it.
    pub dismissed: bool,
    /// The newest messages about it.
    pub examples: Vec<UnansweredQuestion>,
    /// How often it was said in each hour of the last seven days until it was over.
    pub series: Vec<TopicCount>,
}

/// An intent, how often it was recognised, and how often it will be.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TopicIntent {
    /// The intent.
    pub intent_id: IntentId,
    /// Its name.
    pub name: String,
    /// How often it was recognised in the last seven days.
    pub past: i64,
    /// How often it is expected in the next seven.
    pub expected: f64,
}

/// A question that customers ask often.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TopicQuestion {
    /// A message that asks it, by which an article can be begun.
    pub id: MessageId,
    /// How many of the newest messages ask it.
    pub count: i64,
    /// How often it is expected in the next seven days.
    pub expected: f64,
    /// Some of the messages, the newest first.
    pub examples: Vec<UnansweredQuestion>,
}

/// What customers wrote lately, and what is expected of the coming days.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TopicOutlook {
    /// Since when it is counted, at most four weeks back; absent before the first message.
    pub since: Option<Millis>,
    /// Whether that is enough to tell what is usual: three days.
    pub ready: bool,
    /// How many messages came in each hour of the last seven days, this one included.
    pub past: Vec<TopicCount>,
    /// How many are expected in each hour of the next two days.
    pub next: Vec<TopicCount>,
    /// How many came in the last seven days.
    pub past_week: i64,
    /// How many are expected in the next seven.
    pub next_week: f64,
    /// The intents that are expected most.
    pub intents: Vec<TopicIntent>,
    /// The questions that are expected most, put together from the newest messages.
    pub questions: Vec<TopicQuestion>,
}
