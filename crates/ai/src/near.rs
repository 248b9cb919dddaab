//! What a sentence model of the business's own says of the index: each entry may have a direction, and is then found by
//! what is meant as well as by its words.
//!
//! Of many such models any two texts are quite near each other. What all texts share is taken out ([`Common`]), so that
//! nearness means the same whichever model says it: about 0 for what has nothing in common, 1 for the same.

use std::collections::HashMap;
use std::sync::Arc;

use crate::index::{Filter, KnowledgeIndex, Place};
use crate::questions::Likeness;
use crate::vector::{dot, unit};

/// Texts that have nothing in common: what a model says of all of them, it says of every text.
pub const APART: [&str; 16] = [
    "The train to Lisbon leaves at a quarter past nine.",
    "Add two eggs and a pinch of salt.",
    "How do I change my password?",
    "My grandmother was born in a small village by the sea.",
    "The invoice for March has been paid.",
    "Which planets have rings?",
    "El perro duerme debajo de la mesa.",
    "¿Dónde puedo recoger mi paquete?",
    "Der Vertrag endet am letzten Tag des Monats.",
    "Wie viele Spieler hat eine Mannschaft?",
    "Le musée est fermé le lundi.",
    "Hujan turun sejak pagi.",
    "明天会下雨吗？",
    "这件外套有其他颜色吗？",
    "كم تبعد المدينة عن المطار؟",
    "मुझे नया चश्मा चाहिए।",
];

/// What is less near than this has nothing in common.
const FAINT: f32 = 0.25;

/// What a model says of every text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Common(Vec<f32>);

impl Common {
    /// What a model says of every text, by what it says of texts that have [nothing in common](APART).
    #[must_use]
    pub fn of(said: &[Vec<f32>]) -> Self {
        let mut mean = vec![0.0; said.first().map_or(0, Vec::len)];
        for direction in said {
            let share = 1.0 / (said.len() as f32 * dot(direction, direction).sqrt().max(f32::MIN_POSITIVE));
            for (sum, one) in mean.iter_mut().zip(direction) {
                *sum += share * one;
            }
        }
        Self(mean)
    }

    /// What a model says of one text alone, as a direction of length 1.
    #[must_use]
    pub fn without(&self, said: Vec<f32>) -> Arc<[f32]> {
        let mut direction = unit(said);
        for (one, common) in direction.iter_mut().zip(&self.0) {
            *one -= common;
        }
        unit(direction).into()
    }
}

impl KnowledgeIndex {
    /// Gives entries the directions that a model says of them, all of the same model, and takes the others' away.
    pub fn direct(&mut self, direction_of: impl Fn(u64, &Place) -> Option<Arc<[f32]>>) {
        for entry in self.entries.iter_mut().flatten() {
            entry.direction = direction_of(entry.article, &entry.place);
        }
    }

    /// What can be found, each with its article.
    pub fn places(&self) -> impl Iterator<Item = (u64, &Place)> {
        self.entries.iter().flatten().map(|entry| (entry.article, &entry.place))
    }

    /// How near each entry that passes is to a question, by its slot, between 0 and 1.
    pub(crate) fn near(&self, direction: Option<&[f32]>, filter: &Filter) -> Vec<f32> {
        let Some(question) = direction else { return vec![0.0; self.entries.len()] };
        let near = |slot: &Option<crate::index::Entry>| {
            let entry = slot.as_ref().filter(|entry| Self::passes(entry, filter))?;
            Some(dot(question, entry.direction.as_ref()?).min(1.0)).filter(|near| *near >= FAINT)
        };
        self.entries.iter().map(|slot| near(slot).unwrap_or(0.0)).collect()
    }

    /// Lets a model say how near the questions of articles are, where it said something of them.
    pub(crate) fn liken(&self, question: &[f32], likeness: &mut HashMap<u64, Likeness>) {
        let mut said: HashMap<u64, (f32, Vec<f32>)> = HashMap::new();
        let entries = self.entries.iter().flatten();
        for entry in entries.filter(|entry| matches!(entry.place, Place::Question(_))) {
            let Some(direction) = &entry.direction else { continue };
            let (nearest, sum) =
                said.entry(entry.article).or_insert_with(|| (f32::NEG_INFINITY, vec![0.0; direction.len()]));
            *nearest = nearest.max(dot(question, direction));
            for (sum, one) in sum.iter_mut().zip(direction.iter()) {
                *sum += one;
            }
        }
        for (article, (nearest, sum)) in said {
            let likeness = likeness.entry(article).or_insert(Likeness { head: -1.0, ..Likeness::default() });
            (likeness.nearest, likeness.mean) = (nearest, dot(question, &unit(sum)));
            likeness.sentence_model = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::candidates;
    use crate::questions::{Questions, shipped};
    use crate::retrieve::Weights;
    use crate::{Article, Filter};

    fn index() -> KnowledgeIndex {
        let mut index = KnowledgeIndex::default();
        let questions = ["Where do I leave my car?".to_owned()];
        let all = [
            Article { id: 1, text: "Vehicles stand behind the house.", public: true, ..Article::default() },
            Article { id: 2, text: "Breakfast is from seven to ten.", public: true, ..Article::default() },
            Article { id: 3, text: "Ours.", questions: &questions, ..Article::default() },
        ];
        for article in all {
            index.upsert(&article).expect("there is room");
        }
        index
    }

    /// Says of each entry of an article the axis of its number.
    fn direct(index: &mut KnowledgeIndex) {
        index.direct(|article, _| {
            let mut axis = vec![0.0; 4];
            axis[article as usize] = 1.0;
            Some(axis.into())
        });
    }

    #[test]
    fn what_is_meant_is_found_without_a_word_in_common() {
        let mut index = index();
        let (asked, public) = ("xyzzy", Filter { public_only: true, ..Filter::default() });
        let search = |index: &KnowledgeIndex, direction: Option<&[f32]>, filter: &Filter| -> Vec<u64> {
            let hits = index.search_weighed(asked, direction, filter, 5, &Weights::default());
            hits.into_iter().map(|hit| hit.article).collect()
        };
        let meant = [0.0, 0.9, 0.2, 0.3];
        assert!(search(&index, Some(&meant), &public).is_empty(), "nothing was said of the entries yet");
        direct(&mut index);
        assert!(search(&index, None, &public).is_empty());
        assert_eq!(search(&index, Some(&meant), &public), [1], "the others are hidden, or too far");
        assert_eq!(search(&index, Some(&meant), &Filter::default()), [1, 3]);
        let found =
            candidates(&index, &Questions::default(), shipped(), asked, Some(&meant), &Filter::default());
        assert_eq!(found[0].hit.article, 1);
        let likeness = found.iter().find(|one| one.hit.article == 3).and_then(|one| one.likeness);
        assert!(
            likeness.is_some_and(|likeness| (likeness.nearest - 0.3).abs() < 1e-6 && likeness.sentence_model),
            "{found:?}"
        );
        index
            .upsert(&Article { id: 1, text: "Other words.", public: true, ..Article::default() })
            .expect("room");
        assert!(search(&index, Some(&meant), &public).is_empty(), "what was said of the old words is gone");
        assert_eq!(index.places().count(), 4);
    }

    #[test]
    fn what_all_texts_share_is_taken_out() {
        let said = [vec![4.0, 1.0, 0.0], vec![4.0, -1.0, 0.0], vec![4.0, 0.0, 1.0], vec![4.0, 0.0, -1.0]];
        let common = Common::of(&said);
        let near =
            |one: &[f32], other: &[f32]| dot(&common.without(one.to_vec()), &common.without(other.to_vec()));
        assert!(dot(&unit(said[0].clone()), &unit(said[2].clone())) > 0.9);
        assert!(near(&said[0], &said[2]).abs() < 0.1, "{}", near(&said[0], &said[2]));
        assert!(near(&said[0], &[4.0, 0.9, 0.0]) > 0.99);
        assert_eq!(*Common::default().without(vec![0.0, 2.0]), [0.0, 1.0]);
    }
}
