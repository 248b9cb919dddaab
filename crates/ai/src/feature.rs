//! What linear models see of a text: one pass over a message gives hashed features that every head reads.

use unicode_normalization::UnicodeNormalization;

use crate::word::{Word, words};

/// The part of a key that says that the feature is a piece of a word and not a word.
const PIECE: u32 = 1 << 31;
/// The most letters of a text that are looked at: far more than a message has, and a bound for one made to have more.
const LETTERS: usize = 4000;
/// The lengths of pieces of words, in letters and counting the boundary as one.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=5;

/// The features of a text: each key once, in ascending order, with how often it occurs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// Key and count.
    pub counts: Vec<(u32, f32)>,
}

impl Features {
    /// Reads a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let end = text.char_indices().nth(LETTERS).map_or(text.len(), |(at, _)| at);
        let plain: String = text[..end].nfkc().collect();
        let words = words(&plain);
        let mut keys = Vec::with_capacity(plain.len() * 5);
        word_keys(&words, &mut keys);
        piece_keys(&words, &mut keys);
        keys.sort_unstable();
        let mut counts: Vec<(u32, f32)> = Vec::with_capacity(keys.len());
        for key in keys {
            match counts.last_mut() {
                Some((last, count)) if *last == key => *count += 1.0,
                _ => counts.push((key, 1.0)),
            }
        }
        Self { counts }
    }

    /// Whether a key is of a piece of a word, and not of a word or several that follow each other.
    #[must_use]
    pub fn is_piece(key: u32) -> bool {
        key & PIECE != 0
    }
}

/// The key of one word, as it is compared.
#[must_use]
pub fn word_key(word: &str) -> u32 {
    hash(&[word]) & !PIECE
}

/// Words, neighbours, and three characters in a row where words are single characters.
fn word_keys(words: &[Word], keys: &mut Vec<u32>) {
    for (place, word) in words.iter().enumerate() {
        keys.push(word_key(&word.key));
        let Some(next) = words.get(place + 1) else { continue };
        keys.push(hash(&[&word.key, &next.key]) & !PIECE);
        let Some(third) = words.get(place + 2) else { continue };
        if word.single && next.single && third.single {
            keys.push(hash(&[&word.key, &next.key, &third.key]) & !PIECE);
        }
    }
}

/// The pieces of words with their boundaries marked. Single characters have no pieces.
fn piece_keys(words: &[Word], keys: &mut Vec<u32>) {
    let mut marked = String::new();
    let mut ends = Vec::new();
    for word in words.iter().filter(|word| !word.single) {
        marked.clear();
        marked.push('\u{2}');
        marked.push_str(&word.key);
        marked.push('\u{3}');
        ends.clear();
        ends.extend(marked.char_indices().map(|(at, _)| at));
        ends.push(marked.len());
        let letters = ends.len() - 1;
        for from in 0..letters {
            for length in LENGTHS {
                let Some(to) = ends.get(from + length) else { break };
                // The whole word is a feature already.
                if length < letters {
                    keys.push(hash(&[&marked[ends[from]..*to]]) | PIECE);
                }
            }
        }
    }
}

/// FNV-1a over the parts with a mark between them, and a last stirring so that the low bits are good as well. Stored
/// models know features by it: it must stay as it is.
fn hash(parts: &[&str]) -> u32 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0x1f]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    state ^= state >> 32;
    state = state.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (state >> 32) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn common(one: &str, other: &str) -> usize {
        let other = Features::of(other);
        let has = |key| other.counts.binary_search_by_key(key, |(key, _)| *key).is_ok();
        Features::of(one).counts.iter().filter(|(key, _)| has(key)).count()
    }

    #[test]
    fn writing_does_not_matter_and_words_do() {
        assert_eq!(Features::of("Where is my ORDER?"), Features::of("where is  my order"));
        assert_eq!(Features::of("ｃａｆé"), Features::of("Cafe"));
        assert_ne!(Features::of("my order"), Features::of("order my"));
        assert!(common("退款多久到账", "多久退款") >= 5);
        assert!(common("refunded", "refunds") > 8);
        assert_eq!(common("refund", "帮助"), 0);
    }

    #[test]
    fn a_word_has_its_key() {
        let features = Features::of("order order");
        let key = word_key("order");
        assert!(features.counts.contains(&(key, 2.0)));
        assert!(!Features::is_piece(key));
        assert!(features.counts.iter().any(|(key, _)| Features::is_piece(*key)));
    }

    #[test]
    fn stored_models_find_their_features() {
        assert_eq!(word_key("order"), 612_272_023);
    }

    #[test]
    fn a_long_text_is_read_to_a_bound() {
        let text: String = (0..100_000).map(|number| format!("{number:06} ")).collect();
        assert!(Features::of(&text).counts.len() < 5 * LETTERS);
    }

    proptest! {
        #[test]
        fn keys_ascend(text in "\\PC*") {
            let features = Features::of(&text);
            prop_assert!(features.counts.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
