//! The questions that stored answers are for, as examples: a head learned from them and their directions tell which
//! answer a question is for, also when it shares no rare word with any of them.

use std::collections::HashMap;

use crate::feature::Features;
use crate::intent::Meaning;
use crate::linear::{self, Linear, Options};
use crate::represent::Representation;
use crate::stem;
use crate::vector::dot;
use crate::word::words;

/// Up to so many answers a head is learned; with more, single questions say enough.
const HEADS: usize = 600;

/// How much the shipped representation counts for a text that is not in English, which it hardly knows.
const FOREIGN: f32 = 0.2;

/// The representation that is shipped, with directions that are the shorter the less it knows of a language.
#[derive(Debug)]
struct Shipped;

impl Meaning for Shipped {
    fn direction(&self, text: &str, features: &Features) -> Vec<f32> {
        let mut direction = Representation::shipped().of(features);
        if stem::guess(&words(text)).is_some_and(|language| language != "en") {
            direction.iter_mut().for_each(|number| *number *= FOREIGN);
        }
        direction
    }
}

/// What gives texts their direction while nothing else is switched on.
pub fn shipped() -> &'static dyn Meaning {
    &Shipped
}

/// What was learned from the questions of all answers. It is learned again in the background when questions change;
/// in between the index finds the new ones.
#[derive(Debug, Default)]
pub struct Questions {
    answers: Vec<u64>,
    head: Option<Linear>,
    /// The answer of each question and the question's direction.
    directions: Vec<(usize, Vec<f32>)>,
    /// The mean direction of each answer's questions.
    means: Vec<Vec<f32>>,
}

/// What the questions of one answer say of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Likeness {
    /// The head's score: about 1 for the right answer, about −1 for others.
    pub head: f32,
    /// The cosine of the nearest question's direction.
    pub nearest: f32,
    /// The cosine of the mean direction.
    pub mean: f32,
    /// Whether a sentence model says these two.
    pub sentence_model: bool,
}

impl Questions {
    /// Learns from answers, each with its questions.
    pub fn learn<'a>(answers: impl IntoIterator<Item = (u64, &'a [String])>, meaning: &dyn Meaning) -> Self {
        let mut learned = Self::default();
        let mut examples = Vec::new();
        let mut labels = Vec::new();
        for (answer, questions) in answers {
            if questions.is_empty() {
                continue;
            }
            let class = learned.answers.len();
            learned.answers.push(answer);
            let mut mean: Vec<f32> = Vec::new();
            for question in questions {
                let features = Features::of(question);
                let direction = meaning.direction(question, &features);
                mean.resize(direction.len(), 0.0);
                for (sum, one) in mean.iter_mut().zip(&direction) {
                    *sum += one;
                }
                learned.directions.push((class, direction));
                examples.push(features);
                labels.push(class);
            }
            learned.means.push(crate::vector::unit(mean));
        }
        let classes = learned.answers.len();
        if (2..=HEADS).contains(&classes) {
            let options = Options { cost: 10.0, ..Options::default() };
            learned.head = Some(linear::learn(&examples, &labels, classes, &options));
        }
        learned
    }

    /// Like [`Questions::learn`] with the representation that is shipped.
    pub fn learn_shipped<'a>(answers: impl IntoIterator<Item = (u64, &'a [String])>) -> Self {
        Self::learn(answers, shipped())
    }

    /// What a text is like, for each answer.
    pub fn likeness(&self, text: &str, meaning: &dyn Meaning) -> HashMap<u64, Likeness> {
        let features = Features::of(text);
        let direction = meaning.direction(text, &features);
        let heads = self.head.as_ref().map(|head| head.scores(&features)).unwrap_or_default();
        let mut found = vec![Likeness::default(); self.answers.len()];
        for (class, likeness) in found.iter_mut().enumerate() {
            likeness.head = heads.get(class).copied().unwrap_or(-1.0);
            likeness.mean = dot(&direction, &self.means[class]);
            likeness.nearest = f32::NEG_INFINITY;
        }
        for (class, other) in &self.directions {
            let nearest = &mut found[*class].nearest;
            *nearest = nearest.max(dot(&direction, other));
        }
        self.answers.iter().copied().zip(found).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_in_other_words_is_nearest_to_its_answer() {
        let refund = ["How do I get my money back?".to_owned(), "I want a refund".to_owned()];
        let password = ["I forgot my password".to_owned(), "reset the passcode".to_owned()];
        let answers = [(7, refund.as_slice()), (9, password.as_slice()), (11, &[])];
        let learned = Questions::learn_shipped(answers);
        let found = learned.likeness("can I be reimbursed", shipped());
        assert_eq!(found.len(), 2);
        assert!(found[&7].nearest > found[&9].nearest && found[&7].mean > found[&9].mean, "{found:?}");
        let found = learned.likeness("a refund please", shipped());
        assert!(found[&7].head > found[&9].head, "{found:?}");
    }
}
