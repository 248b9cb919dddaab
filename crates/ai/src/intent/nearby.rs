//! Which example of a workspace a text is nearest to: why a model says what it says, and whether it has any ground for it.
//!
//! A model of few intents has seen nothing that belongs to none of them, so that everything looks to it like one of its
//! own. How near the nearest example is holds whatever the number of intents.

use std::collections::BTreeMap;

use super::memory::{length, shared};
use super::{Intents, Meaning};
use crate::feature::Features;
use crate::represent::Representation;
use crate::vector::dot;

/// Examples by their keys, as they are compared.
#[derive(Clone, Debug)]
pub struct Nearby<K>(BTreeMap<K, Held>);

#[derive(Clone, Debug)]
struct Held {
    counts: Vec<(u32, f32)>,
    /// The length of `counts` as a direction.
    length: f32,
    direction: Vec<f32>,
}

/// The nearest example of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near<K> {
    /// Which one.
    pub key: K,
    /// How near it is: 1 for the same words, 0 for nothing in common.
    pub likeness: f32,
}

/// How near an example must be to be as good a ground as none, and how much nearer makes it a good one: for a model that
/// knows no text of another kind, and for one that does.
const ALONE: (f32, f32) = (0.45, 0.025);
const BESIDE: (f32, f32) = (0.25, 0.03);

impl<K> Near<K> {
    /// How much ground it gives to take a text for what the example is, from 0 to 1.
    #[must_use]
    pub fn ground(&self, model: &Intents) -> f32 {
        let (middle, width) = if model.knows_scope() { BESIDE } else { ALONE };
        1.0 / (1.0 + ((middle - self.likeness) / width).exp())
    }
}

impl<K> Default for Nearby<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Copy + Ord> Nearby<K> {
    /// Takes an example in; another text of the same key is forgotten.
    pub fn insert(&mut self, key: K, text: &str) {
        let features = Features::of(text);
        let direction = Representation::shipped().direction(text, &features);
        let length = length(&features.counts);
        self.0.insert(key, Held { counts: features.counts, length, direction });
    }

    /// Forgets an example.
    pub fn remove(&mut self, key: K) {
        self.0.remove(&key);
    }

    /// The example that a text is nearest to, among those whose key is `wanted`.
    #[must_use]
    pub fn nearest(&self, text: &str, wanted: impl Fn(K) -> bool) -> Option<Near<K>> {
        let features = Features::of(text);
        let direction = Representation::shipped().direction(text, &features);
        let own = length(&features.counts);
        let unseen = dot(&direction, &direction) == 0.0;
        let likeness = |held: &Held| {
            if held.counts == features.counts {
                return 1.0;
            }
            let words = shared(&held.counts, &features.counts) / (held.length * own).max(1e-6);
            // Words alone tell where the direction knows nothing, as of a language it has not seen.
            if unseen { words } else { 0.5 * (words + dot(&held.direction, &direction)) }
        };
        let all = self.0.iter().filter(|(key, _)| wanted(**key));
        let all = all.map(|(key, held)| Near { key: *key, likeness: likeness(held).clamp(0.0, 1.0) });
        all.max_by(|one, other| one.likeness.total_cmp(&other.likeness))
    }
}
