//! Finds the passages that say most about a question: candidates by their words, then a closer look at each.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::index::{Entry, Filter, KINDS, KnowledgeIndex, PART, Place, SENSE, STEM, WORD};
use crate::lexeme::{Lexemes, lexemes};

/// Up to so many entries no term is left out because it is frequent.
const FEW: usize = 2_000;
/// How many candidates are looked at closely.
const CANDIDATES: usize = 48;

/// What speaks for a hit, each between 0 and 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signals {
    /// How much of what the question asks for the passage has, rare words first.
    pub words: f32,
    /// The same for stems, and for pairs of characters.
    pub stems: f32,
    /// The same for parts of words.
    pub parts: f32,
    /// The same for meanings across languages.
    pub senses: f32,
    /// How much of the question stands in the passage at all.
    pub coverage: f32,
    /// How much of it stands in one sentence and the next.
    pub sentence: f32,
    /// How much of it stands in the question's own order.
    pub order: f32,
    /// How near its direction is to the question's, where a sentence model said both; else 0.
    pub near: f32,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The article.
    pub article: u64,
    /// Where in it.
    pub place: Place,
    /// How well it fits; hits come in descending order of it. No probability: see `calibrate`.
    pub score: f32,
    /// What speaks for it.
    pub signals: Signals,
}

/// How the signals are weighed, and the shape of the word score.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// For each kind of terms: words, stems, parts, senses.
    pub kinds: [f32; 4],
    /// How soon a word that comes again counts no more.
    pub k1: f32,
    /// How much long passages are held back.
    pub b: f32,
    /// For what stands in one sentence.
    pub sentence: f32,
    /// For what stands in order.
    pub order: f32,
    /// For coverage.
    pub coverage: f32,
    /// How much a word that only asks counts, against one of its rarity.
    pub asking: f32,
    /// For what a sentence model finds near.
    pub near: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            kinds: [1.2, 1.0, 0.5, 1.0],
            k1: 1.0,
            b: 0.5,
            sentence: 0.3,
            order: 0.02,
            coverage: 0.1,
            asking: 0.08,
            near: 0.8,
        }
    }
}

/// A term of the question.
struct Asked {
    number: u32,
    kind: usize,
    rarity: f32,
}

impl KnowledgeIndex {
    /// The passages that say most about a question, each article at most once, at most `most` of them.
    pub fn search(&self, question: &str, filter: &Filter, most: usize) -> Vec<Hit> {
        self.search_weighed(question, None, filter, most, &Weights::default())
    }

    /// Like [`KnowledgeIndex::search`], with other weights than the usual, and by what is meant too where the `direction`
    /// of the question is known: it must come from the model that the entries' [directions](KnowledgeIndex::direct) are of.
    pub fn search_weighed(
        &self,
        question: &str,
        direction: Option<&[f32]>,
        filter: &Filter,
        most: usize,
        weights: &Weights,
    ) -> Vec<Hit> {
        let read = lexemes(question, None, self.usual());
        let asked = self.asked(question, &read, weights);
        let sums = self.sums(&asked, filter, weights);
        let full = self.full(&asked, weights);
        let whole: f32 = full.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        let near = self.near(direction, filter);
        let mut found: Vec<(f32, usize)> = sums
            .iter()
            .zip(&near)
            .enumerate()
            .map(|(slot, (kinds, near))| (kinds.iter().sum::<f32>() / whole + weights.near * near, slot))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        let better = |one: &(f32, usize), other: &(f32, usize)| {
            other.0.partial_cmp(&one.0).unwrap_or(Ordering::Equal).then(one.1.cmp(&other.1))
        };
        let keep = CANDIDATES.max(most);
        if found.len() > keep {
            found.select_nth_unstable_by(keep, better);
            found.truncate(keep);
        }
        let units = self.units(&read, weights);
        let mut hits: Vec<Hit> = found
            .into_iter()
            .filter_map(|(score, slot)| {
                let entry = self.entries[slot].as_ref()?;
                let share = |kind: usize| sums[slot][kind] / full[kind].max(f32::MIN_POSITIVE);
                let mut signals = Signals {
                    words: share(WORD),
                    stems: share(STEM),
                    parts: share(PART),
                    senses: share(SENSE),
                    near: near[slot],
                    ..Signals::default()
                };
                look(entry, &units, &mut signals);
                let score = score
                    + weights.sentence * signals.sentence
                    + weights.order * signals.order
                    + weights.coverage * signals.coverage;
                Some(Hit { article: entry.article, place: entry.place.clone(), score, signals })
            })
            .collect();
        hits.sort_by(|one, other| other.score.partial_cmp(&one.score).unwrap_or(Ordering::Equal));
        let mut seen = std::collections::HashSet::new();
        hits.retain(|hit| seen.insert(hit.article));
        hits.truncate(most);
        hits
    }

    fn asked(&self, question: &str, read: &Lexemes, weights: &Weights) -> Vec<Asked> {
        let mut asked: HashMap<u32, Asked> = HashMap::new();
        let mut add = |term: u64, kind: usize, share: f32| {
            let Some(number) = self.numbers.get(&term).copied() else { return };
            let rarity = share * self.rarity(number);
            asked.entry(number).or_insert(Asked { number, kind, rarity });
        };
        for lexeme in &read.all {
            let share = if lexeme.asks { weights.asking } else { 1.0 };
            add(lexeme.word, WORD, share);
            if let Some(stem) = lexeme.stem {
                add(stem, STEM, share);
            }
            for part in &lexeme.parts {
                add(*part, PART, share);
            }
        }
        if let Some(bridge) = self.bridge {
            for sense in bridge.senses(question, read.language.as_deref()) {
                add(sense.key, SENSE, sense.weight.min(1.0));
            }
        }
        let mut asked: Vec<Asked> = asked.into_values().collect();
        asked.sort_by_key(|one| one.number);
        asked
    }

    /// How rare a term is.
    fn rarity(&self, number: u32) -> f32 {
        let having = self.postings[number as usize].len() as f32;
        (1.0 + (self.live as f32 - having + 0.5) / (having + 0.5)).ln()
    }

    fn sums(&self, asked: &[Asked], filter: &Filter, weights: &Weights) -> Vec<[f32; KINDS]> {
        let mut sums = vec![[0.0; KINDS]; self.entries.len()];
        let open: Vec<bool> = self
            .entries
            .iter()
            .map(|entry| entry.as_ref().is_some_and(|entry| Self::passes(entry, filter)))
            .collect();
        let average = self.total.map(|total| (total / self.live.max(1) as f64).max(1.0) as f32);
        for one in asked {
            // What is everywhere says nothing and takes longest; of parts of words others say the same.
            let having = self.postings[one.number as usize].len();
            let most = if one.kind == PART { self.live / 10 } else { self.live / 2 };
            if self.live > FEW && having > most {
                continue;
            }
            for posting in &self.postings[one.number as usize] {
                let slot = posting.entry() as usize;
                if !open[slot] {
                    continue;
                }
                let Some(entry) = self.entries[slot].as_ref() else { continue };
                let times = posting.times();
                let length = 1.0 - weights.b + weights.b * entry.length[one.kind] / average[one.kind];
                let share = times * (weights.k1 + 1.0) / (times + weights.k1 * length);
                sums[slot][one.kind] += weights.kinds[one.kind] * one.rarity * share;
            }
        }
        sums
    }

    /// What an entry would have that has everything, for each kind.
    fn full(&self, asked: &[Asked], weights: &Weights) -> [f32; KINDS] {
        let mut full = [0.0; KINDS];
        for one in asked {
            full[one.kind] += weights.kinds[one.kind] * one.rarity * (weights.k1 + 1.0);
        }
        full
    }

    /// The words of the question in their order, as they stand in entries, with their rarity.
    fn units(&self, read: &Lexemes, weights: &Weights) -> Vec<(u32, f32)> {
        let unknown = (1.0 + 2.0 * (self.live as f32 + 0.5)).ln();
        read.all
            .iter()
            .filter(|lexeme| !lexeme.single || lexeme.stem.is_some())
            .map(|lexeme| {
                let share = if lexeme.asks { weights.asking } else { 1.0 };
                match self.numbers.get(&lexeme.stem.unwrap_or(lexeme.word)) {
                    Some(number) => (*number, share * self.rarity(*number)),
                    None => (u32::MAX, share * unknown),
                }
            })
            .collect()
    }
}

/// Looks closely: what of the question stands in the passage, in one sentence, in order.
fn look(entry: &Entry, units: &[(u32, f32)], signals: &mut Signals) {
    let total: f32 = units.iter().map(|unit| unit.1).sum::<f32>();
    if total <= 0.0 {
        return;
    }
    let mut places: HashMap<u32, usize> = HashMap::new();
    let mut wanted: Vec<(f32, Vec<usize>)> = Vec::new();
    for (number, rarity) in units {
        let place = *places.entry(*number).or_insert_with(|| {
            wanted.push((0.0, Vec::new()));
            wanted.len() - 1
        });
        wanted[place].0 += rarity;
    }
    for (at, number) in entry.order.iter().enumerate() {
        if let Some(place) = places.get(number) {
            wanted[*place].1.push(at);
        }
    }
    let covered: f32 = wanted.iter().filter(|one| !one.1.is_empty()).map(|one| one.0).sum();
    signals.coverage = covered / total;
    let mut best = 0.0_f32;
    let mut from = 0;
    for (index, end) in entry.ends.iter().enumerate() {
        let end = usize::from(*end);
        let next = entry.ends.get(index + 1).map_or(end, |next| usize::from(*next));
        let mut sum = 0.0;
        for (rarity, at) in &wanted {
            if at.iter().any(|at| (from..end).contains(at)) {
                sum += rarity;
            } else if at.iter().any(|at| (end..next).contains(at)) {
                sum += 0.5 * rarity;
            }
        }
        best = best.max(sum);
        from = end;
    }
    signals.sentence = best / total;
    let mut in_order = 0.0;
    let mut all = 0.0;
    for pair in units.windows(2) {
        let weight = pair[0].1.min(pair[1].1);
        all += weight;
        let (Some(first), Some(second)) = (places.get(&pair[0].0), places.get(&pair[1].0)) else { continue };
        let near = wanted[*first]
            .1
            .iter()
            .any(|one| wanted[*second].1.iter().any(|two| *two > *one && *two <= one + 2));
        if near {
            in_order += weight;
        }
    }
    signals.order = if all > 0.0 { in_order / all } else { 0.0 };
}
