//! Groups texts that say nearly the same: unanswered questions become groups with a count and a label.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::alike::{Seen, Terms, Weighed, pair};
use crate::asking::asking;
use crate::word::{is_unspaced, words};

/// How alike a text must be to a group to belong to it, as a cosine.
const ALIKE: f32 = 0.42;
/// How alike two texts are that say the same.
const SAME: f32 = 0.85;
/// How many examples of a group are kept.
const EXAMPLES: usize = 20;
/// The most words of a label.
const LABEL: usize = 4;

/// Texts that say nearly the same.
#[derive(Clone, Debug)]
pub struct Group {
    /// How many texts there are.
    pub count: u32,
    /// The texts it was made of, by the ids that came with them: the first and the last ones.
    pub examples: Vec<u64>,
    /// How many of them repeat the first in all but small things.
    pub repeated: u32,
    /// The sum of its texts' terms, each text of length 1 before it is weighed.
    terms: Weighed,
    /// The first text's terms, to see what repeats it.
    first: Weighed,
    /// In how many texts each word occurs.
    words: HashMap<String, u32>,
}

/// All groups of one workspace.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    groups: Vec<Group>,
    /// The group of each text.
    places: Vec<usize>,
    /// In how many groups each word occurs.
    spread: HashMap<String, u32>,
}

impl Groups {
    /// Groups texts in their order, each with its id: how rare a term is among all of them counts for each.
    pub fn of(texts: &[(u64, &str)]) -> Self {
        let terms: Vec<Terms> = texts.iter().map(|(_, text)| Terms::of(text)).collect();
        let mut seen = Seen::default();
        terms.iter().for_each(|terms| seen.note(terms));
        let mut groups = Self::default();
        for ((id, text), terms) in texts.iter().zip(&terms) {
            let place = groups.add(*id, text, &seen.weighed(terms));
            groups.places.push(place);
        }
        groups
    }

    /// For each text, in their order, the place of its group.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Puts a text into the group that is most like it, or into one of its own; says which.
    fn add(&mut self, id: u64, text: &str, plain: &Weighed) -> usize {
        let likeness = self.groups.iter().map(|group| plain.alike(&group.terms)).enumerate();
        let best = likeness.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)));
        let place = match best {
            Some((place, alike)) if alike >= ALIKE => place,
            _ => self.begin(plain),
        };
        let same = self.groups[place].count > 0 && plain.alike(&self.groups[place].first) >= SAME;
        let group = &mut self.groups[place];
        group.repeated += u32::from(same);
        group.count += 1;
        if group.examples.len() >= EXAMPLES {
            group.examples.remove(EXAMPLES / 2);
        }
        group.examples.push(id);
        group.terms.add(plain);
        for word in speaking(text).into_keys() {
            let count = group.words.entry(word.clone()).or_default();
            *count += 1;
            if *count == 1 {
                *self.spread.entry(word).or_default() += 1;
            }
        }
        place
    }

    /// The groups, the largest first, with their places.
    pub fn largest(&self) -> Vec<(usize, &Group)> {
        let mut all: Vec<(usize, &Group)> = self.groups.iter().enumerate().collect();
        all.sort_by(|one, other| other.1.count.cmp(&one.1.count).then(one.0.cmp(&other.0)));
        all
    }

    /// Words that say what a group is about: frequent in it and rare in others.
    pub fn label(&self, place: usize) -> Vec<String> {
        let Some(group) = self.groups.get(place) else { return Vec::new() };
        let weight = |word: &String, count: u32| {
            let spread = self.spread.get(word).copied().unwrap_or(1) as f32;
            let length = 1.0 + 0.1 * word.chars().count().min(10) as f32;
            count as f32 * (1.0 + self.groups.len() as f32 / spread).ln() * length
        };
        let mut words: Vec<(f32, &String)> =
            group.words.iter().map(|(word, count)| (weight(word, *count), word)).collect();
        words.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
        let mut kept: Vec<String> = Vec::new();
        for (_, word) in words {
            // Of two pairs of characters that overlap one is enough.
            if kept.len() < LABEL && !kept.iter().any(|other| overlap(other, word)) {
                kept.push(word.clone());
            }
        }
        kept
    }

    fn begin(&mut self, first: &Weighed) -> usize {
        self.groups.push(Group {
            count: 0,
            examples: Vec::new(),
            repeated: 0,
            terms: Weighed::default(),
            first: first.clone(),
            words: HashMap::new(),
        });
        self.groups.len() - 1
    }
}

/// What says what a text is about: words that do not only ask, and pairs of characters, as they are compared, each with where it
/// first stands in the text, in bytes.
pub fn speaking(text: &str) -> BTreeMap<String, Range<usize>> {
    let words = words(text);
    let asks = asking(&words);
    let mut found = BTreeMap::new();
    for (place, word) in words.iter().enumerate().filter(|(place, _)| !asks[*place]) {
        if word.single {
            if let Some(next) = pair(&words, &asks, place) {
                found.entry(format!("{}{}", word.key, next.key)).or_insert(word.from..next.to);
            }
        } else if word.key.chars().count() > 2 {
            found.entry(word.key.clone()).or_insert(word.from..word.to);
        }
    }
    found
}

/// Whether two words of a script without spaces share a character at their edges, as `退款` and `款到` do.
fn overlap(one: &str, other: &str) -> bool {
    let edges = |word: &str| (word.chars().next(), word.chars().next_back());
    let ((first, last), (begin, end)) = (edges(one), edges(other));
    first.is_some_and(is_unspaced) && (last == begin || end == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_of_one_kind_come_together() {
        let texts = [
            "Do you ship to Norway?",
            "can I get the invoice with my VAT number",
            "do you ship to norway",
            "Is shipping to Norway possible",
            "invoice with VAT number please",
            "你们支持货到付款吗",
            "可以货到付款吗？",
            "How do you ship to Norway",
        ];
        let texts: Vec<(u64, &str)> = (0..).zip(texts).collect();
        let groups = Groups::of(&texts);
        assert_eq!(groups.places(), [0, 1, 0, 0, 1, 2, 2, 0]);
        let (largest, group) = groups.largest()[0];
        assert_eq!((largest, group.count), (0, 4));
        assert!(group.repeated >= 1);
        assert!(groups.label(largest).contains(&"norway".to_owned()), "{:?}", groups.label(largest));
        assert!(
            groups.label(2).iter().any(|word| "货到付款".contains(word.as_str())),
            "{:?}",
            groups.label(2)
        );
    }

    #[test]
    fn examples_are_bounded() {
        let texts: Vec<(u64, &str)> = (0..100).map(|id| (id, "where is my parcel")).collect();
        let groups = Groups::of(&texts);
        let group = groups.largest()[0].1;
        assert_eq!((group.count, group.examples.len(), group.repeated), (100, EXAMPLES, 99));
        assert_eq!((group.examples[0], group.examples[EXAMPLES - 1]), (0, 99));
    }
}
