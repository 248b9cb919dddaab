//! Which word of a text means which word of its translation, learned from many pairs: how often each stands where the
//! other does, each word shared among those that explain it best, in both directions.

use std::collections::{BTreeMap, HashMap};

use super::Pair;

/// How often all pairs are gone through.
const ROUNDS: usize = 6;
/// Longer texts say too little about which word means which.
const LONGEST: usize = 40;
/// What a word must be seen with beyond chance before it is believed.
const DOUBT: f32 = 0.3;
/// How likely a meaning must be in both directions.
const LIKELY: f32 = 0.12;

/// Likelihoods of the words of one side for each of the other; the last row is for words that nothing explains.
type Table = Vec<BTreeMap<u32, f32>>;

/// Words, what they mean, and how likely that is.
pub(super) fn align(pairs: &[Pair]) -> Vec<(String, String, f32)> {
    let mut theirs = Numbers::default();
    let mut ours = Numbers::default();
    let mut data = Vec::new();
    for (one, other) in pairs {
        if !one.is_empty() && !other.is_empty() && one.len() <= LONGEST && other.len() <= LONGEST {
            data.push((theirs.of(one), ours.of(other)));
        }
    }
    let there = learn(&data, false, theirs.names.len());
    let back = learn(&data, true, ours.names.len());
    let mut found = Vec::new();
    for (word, meanings) in there.iter().enumerate().take(theirs.names.len()) {
        for (meaning, likely) in meanings {
            let returned = back[*meaning as usize].get(&(word as u32)).copied().unwrap_or(0.0);
            let both = (likely * returned).sqrt();
            if both > LIKELY {
                let name = ours.names[*meaning as usize].clone();
                found.push((theirs.names[word].clone(), name, both.max(0.8 * likely)));
            }
        }
    }
    found.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    found
}

/// Learns what the words of one side mean on the other; `back` says that the sides are exchanged.
fn learn(pairs: &[(Vec<u32>, Vec<u32>)], back: bool, words: usize) -> Table {
    let nothing = words as u32;
    let mut table: Table = Vec::new();
    for _ in 0..ROUNDS {
        let mut counts: Table = vec![BTreeMap::new(); words + 1];
        for (one, other) in pairs {
            let (from, to) = if back { (other, one) } else { (one, other) };
            let from: Vec<u32> = from.iter().copied().chain([nothing]).collect();
            for word in to {
                let likely = |one: &u32| match table.get(*one as usize) {
                    Some(row) => row.get(word).copied().unwrap_or(1e-6),
                    None => 1.0,
                };
                let shares: Vec<f32> = from.iter().map(likely).collect();
                let sum: f32 = shares.iter().sum();
                for (one, share) in from.iter().zip(&shares) {
                    *counts[*one as usize].entry(*word).or_default() += share / sum;
                }
            }
        }
        for row in &mut counts {
            let sum: f32 = row.values().sum();
            row.retain(|_, count| {
                *count /= sum + DOUBT;
                *count > 0.002
            });
        }
        table = counts;
    }
    table
}

#[derive(Default)]
struct Numbers {
    known: HashMap<String, u32>,
    names: Vec<String>,
}

impl Numbers {
    fn of(&mut self, words: &[String]) -> Vec<u32> {
        words
            .iter()
            .map(|word| {
                *self.known.entry(word.clone()).or_insert_with(|| {
                    self.names.push(word.clone());
                    self.names.len() as u32 - 1
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_find_their_meaning() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let pairs: Vec<Pair> = [
            ("la casa", "the house"),
            ("la casa azul", "the blue house"),
            ("la flor", "the flower"),
            ("flor azul", "blue flower"),
            ("casa grande", "big house"),
        ]
        .iter()
        .cycle()
        .take(25)
        .map(|(one, other)| (words(one), words(other)))
        .collect();
        let found = align(&pairs);
        for (word, meaning) in [("casa", "house"), ("azul", "blue"), ("flor", "flower"), ("grande", "big")] {
            let best =
                found.iter().filter(|one| one.0 == word).max_by(|one, other| one.2.total_cmp(&other.2));
            assert_eq!(best.map(|one| one.1.as_str()), Some(meaning), "{word}");
        }
    }
}
