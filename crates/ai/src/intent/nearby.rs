//! Which example of a workspace a text is nearest to: why a model says what it says, and whether it has any ground for it.
//!
//! A model of few intents has seen nothing that belongs to none of them, so that everything looks to it like one of its
//! own. How near the nearest example is holds whatever the number of intents.

use std::collections::BTreeMap;

use super::{Intents, Trace};

/// Examples by their keys, as they are compared.
#[derive(Clone, Debug)]
pub struct Nearby<K>(BTreeMap<K, Trace>);

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
    pub fn insert(&mut self, key: K, text: Trace) {
        self.0.insert(key, text);
    }

    /// An example as it is compared.
    #[must_use]
    pub fn get(&self, key: K) -> Option<&Trace> {
        self.0.get(&key)
    }

    /// Forgets an example.
    pub fn remove(&mut self, key: K) {
        self.0.remove(&key);
    }

    /// The example that a text is nearest to, among those whose key is `wanted`.
    #[must_use]
    pub fn nearest(&self, text: &Trace, wanted: impl Fn(K) -> bool) -> Option<Near<K>> {
        self.nearest_of_each(text, |key| wanted(key).then_some(())).remove(&())
    }

    /// The example that a text is nearest to in each group; those without a group are passed over.
    #[must_use]
    pub fn nearest_of_each<G: Ord>(
        &self,
        text: &Trace,
        group: impl Fn(K) -> Option<G>,
    ) -> BTreeMap<G, Near<K>> {
        let mut nearest: BTreeMap<G, Near<K>> = BTreeMap::new();
        for (key, held) in &self.0 {
            let Some(group) = group(*key) else { continue };
            let near = Near { key: *key, likeness: held.likeness(text).clamp(0.0, 1.0) };
            let best = nearest.entry(group).or_insert(near);
            // Of equals the last.
            if near.likeness >= best.likeness {
                *best = near;
            }
        }
        nearest
    }
}
