//! The bot: where it answers, how sure it must be, and what it says when it hands over to people.

use serde::{Deserialize, Serialize};

use crate::named::named;

/// Whether the bot answers in an inbox, and how sure it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"enabled": true, "threshold": 75, "shadow": false, "times": "always"}))]
pub struct BotSetting {
    /// Whether it answers; who writes then is told at once that it is a machine.
    pub enabled: bool,
    /// How likely an answer must be right to be given, in percent.
    #[schema(minimum = 50, maximum = 99)]
    pub threshold: i64,
    /// Whether it thinks about what people answer, without a word to the customer, so that both can be compared. Only while
    /// it does not answer.
    #[serde(default)]
    pub shadow: bool,
    /// At which times it answers.
    #[serde(default = "BotTimes::usual")]
    pub times: BotTimes,
}

named! {
    /// At which times the bot of an inbox answers.
    BotTimes {
        /// At any time.
        Always = "always",
        /// Only while nobody is there: inside the business hours people come first. Where none are written nobody is known to be
        /// there.
        Closed = "closed",
    }
}

impl BotTimes {
    /// Those of somebody who chose none.
    pub const fn usual() -> Self {
        Self::Always
    }
}

impl BotSetting {
    /// The least threshold: an answer that is as likely wrong as right is none.
    pub const LEAST: i64 = 50;
    /// The greatest threshold.
    pub const MOST: i64 = 99;
}

impl Default for BotSetting {
    fn default() -> Self {
        Self { enabled: false, threshold: 75, shadow: false, times: BotTimes::usual() }
    }
}

named! {
    /// Why the bot hands a conversation over to people.
    HandOverReason {
        /// The customer wants a person.
        Asked = "asked",
        /// The business has written nothing about it.
        NotKnown = "not_known",
        /// It asked back once and did not understand what was meant.
        NotUnderstood = "not_understood",
        /// The customer asks the same again.
        AskedAgain = "asked_again",
        /// It would say again what it said already.
        SameAnswer = "same_answer",
        /// It wrote many messages and nothing is solved.
        TooMany = "too_many",
        /// Messages follow each other faster than people write: another machine, perhaps.
        Loop = "loop",
        /// The customer is abusive or threatens.
        Abuse = "abuse",
        /// It is pressing, or somebody may be in danger.
        Urgent = "urgent",
        /// The customer sent something without words.
        File = "file",
        /// It recognised what is wanted, and people do that.
        ForPeople = "for_people",
        /// The answer has something in it that may not be sent.
        Withheld = "withheld",
        /// It tried several times and something on the server failed.
        Failed = "failed",
        /// The channel lets nothing be written now.
        WindowClosed = "window_closed",
    }
}

named! {
    /// How a customer's words sound.
    Mood {
        /// Dissatisfied, sad, angry.
        Negative = "negative",
        /// Neither.
        Neutral = "neutral",
        /// Satisfied, glad, grateful.
        Positive = "positive",
    }
}

named! {
    /// How pressing something is.
    Haste {
        /// It says that it may wait.
        Low = "low",
        /// Nothing is said.
        Normal = "normal",
        /// It says that it is pressing.
        High = "high",
        /// Somebody may be in danger.
        Danger = "danger",
    }
}

named! {
    /// What a customer named.
    NamedKind {
        /// The number of an order, parcel or ticket.
        Order = "order",
        /// A phone number.
        Phone = "phone",
        /// An address of mail.
        Email = "email",
        /// A day.
        Date = "date",
        /// A sum of money.
        Amount = "amount",
        /// A postal address.
        Address = "address",
    }
}

/// Something that a customer named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NamedThing {
    /// What it is.
    pub kind: NamedKind,
    /// As it was written.
    pub text: String,
}

/// What a person who takes over should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandOver {
    /// Why.
    pub reason: HandOverReason,
    /// The customer's language (BCP 47).
    pub language: String,
    /// How the customer's words sound.
    pub mood: Mood,
    /// How pressing it is.
    pub haste: Haste,
    /// The customer's sentences that say what it is about.
    pub summary: Vec<String>,
    /// What the customer named.
    pub named: Vec<NamedThing>,
    /// The kind of the content without words, for `file`.
    pub content: Option<String>,
    /// The title of the closest piece of knowledge, where there is one.
    pub closest: Option<String>,
    /// How likely that would have been right, in percent.
    pub confidence: Option<i64>,
    /// The name of the intent that is most likely, where there is one.
    #[serde(default)]
    pub intent: Option<String>,
    /// How likely that one is, in percent.
    #[serde(default)]
    pub intent_confidence: Option<i64>,
}

/// What the bot remembers of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BotMemory {
    /// Whether the customer was told that a machine writes.
    pub disclosed: bool,
    /// How many messages it wrote since it has the turn.
    pub spoken: i64,
    /// The pieces of knowledge among which it asked the customer to choose, in their order.
    pub offered: Vec<crate::ArticleId>,
}
