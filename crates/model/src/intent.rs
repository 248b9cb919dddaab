//! What customers may want of a business: its intents, the examples that they are recognised by, and the versions of what
//! was learned from these.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mask::{Masks, Personal};
use crate::named::named;
use crate::{AgentId, ArticleId, ConversationId, ExampleId, IntentId, MASKED, MessageId, Millis, TeamId};

/// What the bot does about an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum IntentAnswer {
    /// Says this.
    Say {
        /// The answer in each language (BCP 47).
        texts: BTreeMap<String, String>,
    },
    /// Answers from a piece of knowledge, and says so.
    Article {
        /// Which one; it must be published for everybody.
        article_id: ArticleId,
    },
    /// Hands over to people.
    HandOver {
        /// To a team, or to whoever takes it.
        team_id: Option<TeamId>,
    },
}

/// Something that customers want.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Intent {
    /// Its id.
    pub id: IntentId,
    /// What it is called among colleagues.
    pub name: String,
    /// What belongs to it and what does not, for colleagues.
    pub description: String,
    /// What the bot does about it.
    pub answer: IntentAnswer,
    /// Whether it is recognised.
    pub enabled: bool,
    /// How many accepted examples it has.
    pub examples: i64,
    /// How many corrections to it wait for somebody to decide.
    pub waiting: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it was changed last.
    pub updated_at: Millis,
}

named! {
    /// Whether an example counts.
    ExampleState {
        /// Somebody has to decide.
        Waiting = "waiting",
        /// It counts.
        Accepted = "accepted",
        /// It does not count.
        Refused = "refused",
    }
}

named! {
    /// Where an example comes from.
    ExampleOrigin {
        /// It was written for the purpose.
        Written = "written",
        /// A customer wrote it, and an agent said what it means.
        Correction = "correction",
    }
}

/// A text, and the intent that it is an example of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IntentExample {
    /// Its id.
    pub id: ExampleId,
    /// The intent; absent when the text belongs to none.
    pub intent_id: Option<IntentId>,
    /// The text. What the rules for sensitive content mask is masked.
    pub text: String,
    /// Whether it counts.
    pub state: ExampleState,
    /// Where it comes from.
    pub origin: ExampleOrigin,
    /// The message that it was taken from.
    pub message_id: Option<MessageId>,
    /// The conversation of that message.
    pub conversation_id: Option<ConversationId>,
    /// What the bot understood then.
    pub understood_id: Option<IntentId>,
    /// How likely that seemed, in percent.
    pub confidence: Option<i64>,
    /// Who wrote it, or corrected the bot with it.
    pub created_by: Option<AgentId>,
    /// When.
    pub created_at: Millis,
    /// Who accepted or refused it.
    pub decided_by: Option<AgentId>,
    /// When.
    pub decided_at: Option<Millis>,
}

impl Personal for IntentExample {
    fn mask(&mut self, masks: Masks) {
        if self.origin == ExampleOrigin::Correction {
            masks.words(&mut self.text);
        }
    }
}

/// How well a model recognises examples that it was not trained with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IntentFigures {
    /// How many examples were held back and asked.
    pub asked: i64,
    /// Of how many the intent was recognised.
    pub right: i64,
    /// Of how many another intent was recognised.
    pub wrong: i64,
    /// Of how many none was likely enough.
    pub unsure: i64,
    /// Of each intent, in the order of their ids.
    pub intents: Vec<IntentFigure>,
}

/// How well one intent is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IntentFigure {
    /// Which one.
    pub intent_id: IntentId,
    /// How many of its examples were asked.
    pub asked: i64,
    /// Of how many it was recognised.
    pub right: i64,
    /// The intent that was recognised instead most often.
    pub mistaken_for: Option<IntentId>,
}

/// A trained model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IntentVersion {
    /// Its number.
    pub version: i64,
    /// How many examples it was trained with.
    pub examples: i64,
    /// Of how many intents.
    pub intents: i64,
    /// How well it recognises what it was not trained with.
    pub figures: IntentFigures,
    /// How long training took, in milliseconds.
    pub took_ms: i64,
    /// When it was trained.
    pub trained_at: Millis,
    /// Whether it is the one in use.
    pub in_use: bool,
}

/// How a workspace's learning stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntentLearning {
    /// Grows with each change of intents, examples or of the version in use.
    pub revision: i64,
    /// The revision of the last change that a model must be trained for.
    pub changed: i64,
    /// The revision at which something was forgotten last.
    pub forgotten: i64,
    /// What was accepted after this revision is remembered beside the model in use.
    pub learned: i64,
    /// The version in use.
    pub version: Option<i64>,
    /// The greatest number of a version so far.
    pub newest: i64,
    /// Whether corrections count without being accepted.
    pub automatic: bool,
}

/// A text that two versions understand differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IntentChange {
    /// The example.
    pub text: String,
    /// What it is an example of.
    pub intent_id: Option<IntentId>,
    /// What the one version recognises.
    pub before: Option<IntentId>,
    /// What the other one recognises.
    pub after: Option<IntentId>,
}

/// What is understood of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Understood {
    /// The likeliest intent; absent when the workspace has none.
    pub intent_id: Option<IntentId>,
    /// How likely it is, in percent.
    pub confidence: i64,
    /// Whether the text belongs more likely to none than to that one.
    pub none: bool,
    /// Whether somebody had said what this text means.
    pub corrected: bool,
    /// Others that may be meant, the likelier first.
    pub others: Vec<IntentId>,
    /// The example that is nearest to it, for those who may read the knowledge.
    pub nearest: Option<String>,
}

/// What is understood of a customer's message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UnderstoodMessage {
    /// The message.
    pub message_id: MessageId,
    /// What is understood of it now.
    pub understood: Understood,
    /// What an agent said that it means.
    pub correction: Option<IntentCorrection>,
}

/// What an agent said that a message means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IntentCorrection {
    /// The intent; absent for none of them.
    pub intent_id: Option<IntentId>,
    /// Whether it counts.
    pub state: ExampleState,
}

impl Personal for IntentChange {
    fn mask(&mut self, masks: Masks) {
        masks.words(&mut self.text);
    }
}

impl Personal for Understood {
    fn mask(&mut self, masks: Masks) {
        // The nearest example may have been a customer's words.
        if !masks.is_empty() && self.nearest.is_some() {
            self.nearest = Some(MASKED.to_owned());
        }
    }
}

impl Personal for UnderstoodMessage {
    fn mask(&mut self, masks: Masks) {
        self.understood.mask(masks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::Mask;

    #[test]
    fn an_example_that_is_a_number_is_hidden_also_where_names_are() {
        let example = IntentExample {
            id: ExampleId(1),
            intent_id: None,
            text: "+34 600 111 222".to_owned(),
            state: ExampleState::Waiting,
            origin: ExampleOrigin::Correction,
            message_id: None,
            conversation_id: None,
            understood_id: None,
            confidence: None,
            created_by: None,
            created_at: Millis(1),
            decided_by: None,
            decided_at: None,
        };
        let shown = |masks: &[Mask]| {
            let mut one = example.clone();
            one.mask(masks.iter().copied().collect());
            one.text
        };
        assert_eq!(shown(&[Mask::Phone]), MASKED);
        assert_eq!(shown(&[Mask::Phone, Mask::Name]), MASKED, "hiding more shows no more");
        assert_eq!(shown(&[Mask::Name]), example.text);
    }
}
