//! Everything that is understood of a message at once.

use crate::abuse::{self, Abuse};
use crate::entity::{self, Entity, Patterns};
use crate::language::{Guess, Language, identify};
use crate::lexicon::Reading;
use crate::sentiment::{self, Sentiment};
use crate::spam::spam;
use crate::urgency::{self, Urgency};

/// What is known around a message.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The language that its writer is known to use.
    pub habit: Option<Language>,
    /// The day it was written on, where its writer is.
    pub today: jiff::civil::Date,
    /// What the workspace looks for besides.
    pub patterns: Option<&'a Patterns>,
}

/// What is understood of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Understanding {
    /// Its language, where it has letters.
    pub language: Option<Guess>,
    /// Its mood.
    pub sentiment: Sentiment,
    /// How pressing it is.
    pub urgency: Urgency,
    /// How probable it is that it is spam, from 0 to 1.
    pub spam: f32,
    /// What is abusive in it.
    pub abuse: Abuse,
    /// What it names, in the order of the text.
    pub entities: Vec<Entity>,
}

/// The most letters of a message that are understood: far more than people write.
const LETTERS: usize = 4000;

/// Understands a message.
#[must_use]
pub fn understand(text: &str, context: &Context<'_>) -> Understanding {
    let end = text.char_indices().nth(LETTERS).map_or(text.len(), |(at, _)| at);
    let text = &text[..end];
    let language = identify(text, context.habit);
    let reading = Reading::of(text);
    let sentiment = match language.map(|guess| guess.language) {
        Some(Language::Id) => sentiment::sentiment(text, Some(Language::Id)),
        _ => sentiment::by_words(&reading),
    };
    Understanding {
        language,
        sentiment,
        urgency: urgency::by_words(&reading),
        spam: spam(text),
        abuse: abuse::by_words(&reading),
        entities: entity::find(text, context.today, context.patterns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::Value;
    use crate::sentiment::Mood;
    use crate::urgency::Level;

    #[test]
    fn a_message_is_understood_in_one_go() {
        let context = Context { habit: None, today: jiff::civil::date(2026, 3, 4), patterns: None };
        let text = "URGENT! Order #48213 never arrived and I paid $59.90. This is terrible, call me tomorrow";
        let understood = understand(text, &context);
        assert_eq!(understood.language.map(|guess| guess.language), Some(Language::En));
        assert_eq!(understood.sentiment.mood, Mood::Negative);
        assert_eq!(understood.urgency.level, Level::High);
        assert!(understood.spam < 0.5, "{}", understood.spam);
        let values: Vec<&Value> = understood.entities.iter().map(|entity| &entity.value).collect();
        assert_eq!(
            values,
            [
                &Value::Order("48213".to_owned()),
                &Value::Amount { hundredths: 5990, currency: "USD" },
                &Value::Date(jiff::civil::date(2026, 3, 5)),
            ]
        );
    }

    #[test]
    fn a_message_made_to_be_long_is_read_to_a_bound() {
        let context = Context { habit: None, today: jiff::civil::date(2026, 3, 4), patterns: None };
        let text = "order 12345678 paid $5 😀 谢谢 ".repeat(20_000);
        assert!(understand(&text, &context).entities.len() < LETTERS);
    }
}
