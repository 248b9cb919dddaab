//! A text that was read once, as it is compared with others.

use super::Meaning;
use crate::feature::Features;
use crate::represent::Representation;
use crate::vector::dot;

/// A text that was read once.
#[derive(Clone, Debug)]
pub struct Trace {
    pub(super) features: Features,
    /// The length of its counts as a direction.
    length: f32,
    pub(super) direction: Vec<f32>,
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
        Self { features, length, direction }
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
