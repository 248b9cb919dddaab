//! A text that was read once, as it is compared with others.

use super::Meaning;
use crate::feature::Features;
use crate::represent::Representation;
use crate::vector::dot;

/// How much of two texts' likeness is their meaning, the rest being their words: of a meaning that is made of words, and of a
/// sentence model's. With these a text of another kind is as rarely found alike by the one as by the other (CLINC150 and
/// BANKING77, 1 to 20 intents with 6 examples each).
const BY_WORDS: f32 = 0.5;
const BY_SENTENCES: f32 = 0.8;

/// A text that was read once.
#[derive(Clone, Debug)]
pub struct Trace {
    pub(super) features: Features,
    /// The length of its counts as a direction.
    length: f32,
    pub(super) direction: Vec<f32>,
    /// Whether a sentence model said the direction.
    sentence_model: bool,
}

impl Trace {
    /// Reads a text, with the direction that the representation gives it which comes with the program.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self::with(text, Representation::shipped())
    }

    /// Reads a text, with the direction that `meaning` gives it.
    #[must_use]
    pub fn with(text: &str, meaning: &dyn Meaning) -> Self {
        let features = Features::of(text);
        let length = features.counts.iter().map(|(_, count)| count * count).sum::<f32>().sqrt();
        let direction = meaning.direction(text, &features);
        Self { features, length, direction, sentence_model: meaning.is_sentence_model() }
    }

    /// Whether both texts are the same words as often.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.features.counts == other.features.counts
    }

    /// How near the words of two texts are: 1 for the same in the same proportions, 0 for nothing in common.
    pub(super) fn words(&self, other: &Self) -> f32 {
        shared(&self.features.counts, &other.features.counts) / (self.length * other.length).max(1e-6)
    }

    /// How near the meanings of two texts are.
    pub(super) fn meaning(&self, other: &Self) -> f32 {
        dot(&self.direction, &other.direction)
    }

    /// How near two texts are by words and meaning: 1 for the same words.
    pub(super) fn likeness(&self, other: &Self) -> f32 {
        if self.same(other) {
            return 1.0;
        }
        let words = self.words(other);
        if self.unseen() || other.unseen() {
            return words;
        }
        let share = if self.sentence_model { BY_SENTENCES } else { BY_WORDS };
        share * self.meaning(other) + (1.0 - share) * words
    }

    /// Whether its direction knows nothing, as of a language that it has not seen: words alone tell then.
    pub(super) fn unseen(&self) -> bool {
        dot(&self.direction, &self.direction) == 0.0
    }
}

/// The sum of the products of two lists of counts.
fn shared(one: &[(u32, f32)], other: &[(u32, f32)]) -> f32 {
    let (mut a, mut b, mut sum) = (0, 0, 0.0);
    while let (Some((first, count)), Some((second, more))) = (one.get(a), other.get(b)) {
        match first.cmp(second) {
            std::cmp::Ordering::Less => a += 1,
            std::cmp::Ordering::Greater => b += 1,
            std::cmp::Ordering::Equal => {
                sum += count * more;
                a += 1;
                b += 1;
            }
        }
    }
    sum
}
