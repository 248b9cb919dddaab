//! How alike short texts are by what they say: their words without endings, and parts of words for slips of the pen. What
//! is rare among the texts that are compared counts more, and words that only ask count little.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::asking::asking;
use crate::lexeme::lexemes;
use crate::word::{BEGINNINGS, Term, is_unspaced, words};

/// How much a part of a word counts, against the whole.
const PART: f32 = 0.3;
/// How much a word counts that only asks.
const ASKING: f32 = 0.3;
/// Of fewer texts than this nothing can be said to be frequent.
const FEW: f32 = 10.0;

/// What a text says, or several together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms(HashMap<u64, f32>);

impl Terms {
    /// The terms of a text, of length 1.
    pub fn of(text: &str) -> Self {
        let mut terms: HashMap<u64, f32> = HashMap::new();
        for lexeme in lexemes(text, None, None).all {
            let share = if lexeme.asks { ASKING } else { 1.0 };
            *terms.entry(lexeme.stem.unwrap_or(lexeme.word)).or_default() += share;
            for part in lexeme.parts {
                *terms.entry(part).or_default() += PART * share;
            }
        }
        let length = terms.values().map(|share| share * share).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        terms.values_mut().for_each(|share| *share /= length);
        Self(terms)
    }

    /// Adds what another text says.
    pub(crate) fn add(&mut self, other: &Self) {
        for (term, share) in &other.0 {
            *self.0.entry(*term).or_default() += share;
        }
    }
}

/// In how many of the texts that are compared each term occurs.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    terms: HashMap<u64, u32>,
    texts: u32,
}

impl Seen {
    /// Counts a text.
    pub fn note(&mut self, text: &Terms) {
        self.texts += 1;
        for term in text.0.keys() {
            *self.terms.entry(*term).or_default() += 1;
        }
    }

    /// The cosine of what two texts say: 0 where they share nothing, 1 where they say the same.
    pub fn alike(&self, one: &Terms, other: &Terms) -> f32 {
        let length = |terms: &Terms| {
            terms.0.iter().map(|(term, share)| (share * self.rarity(term)).powi(2)).sum::<f32>().sqrt()
        };
        let (few, many) = if one.0.len() <= other.0.len() { (one, other) } else { (other, one) };
        let shared =
            few.0.iter().filter_map(|(term, share)| many.0.get(term).map(|there| (term, share * there)));
        let shared: f32 = shared.map(|(term, product)| product * self.rarity(term).powi(2)).sum();
        shared / (length(one) * length(other)).max(f32::MIN_POSITIVE)
    }

    fn rarity(&self, term: &u64) -> f32 {
        let seen = self.terms.get(term).copied().unwrap_or(1) as f32;
        (1.0 + (self.texts as f32 + FEW) / seen).ln()
    }
}

/// What to look for texts by that say the same: for each word that does more than ask, the terms of which such a text has
/// one, in the order of the words and at most `most`.
pub fn telling(text: &str, most: usize) -> Vec<Vec<Term>> {
    let words = words(text);
    let asks = asking(&words);
    let longest = BEGINNINGS[BEGINNINGS.len() - 1];
    let mut all: Vec<Vec<Term>> = Vec::new();
    for (place, word) in words.iter().enumerate().filter(|(place, _)| !asks[*place]) {
        let letters = word.key.chars().count();
        let terms = if word.single {
            let next = words.get(place + 1).filter(|next| next.single && next.from == word.to);
            next.map(|next| vec![Term::pair(&word.key, &next.key)])
        } else if letters > longest {
            // What it begins with is also the beginning of its other forms.
            Some(vec![Term::beginning(&word.key, longest)])
        } else {
            (letters > 2).then(|| vec![Term::word(&word.key)])
        };
        all.extend(terms.filter(|terms| !all.contains(terms)));
    }
    all.truncate(most);
    all
}

/// The words of a text that another one has as well, as the first writes them, at most `most`: each once, without words
/// that only ask. Of scripts without spaces, pieces of two characters and more.
pub fn shared_words(text: &str, other: &str, most: usize) -> Vec<String> {
    let there: HashSet<u64> =
        lexemes(other, None, None).all.into_iter().filter_map(|lexeme| lexeme.stem).collect();
    let all = lexemes(text, None, None).all;
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    let mut keys = BTreeSet::new();
    for (place, lexeme) in all.iter().enumerate().filter(|(_, lexeme)| !lexeme.asks) {
        let Some(stem) = lexeme.stem.filter(|stem| there.contains(stem)) else { continue };
        // Of two characters that belong together the second is the next lexeme.
        let last = if lexeme.single { all.get(place + 1).unwrap_or(lexeme) } else { lexeme };
        let to = text[last.from..]
            .char_indices()
            .find(|(at, letter)| *at > 0 && (lexeme.single || !letter.is_alphanumeric()))
            .map_or(text.len(), |(at, _)| last.from + at);
        match pieces.last_mut() {
            Some(piece) if lexeme.single && lexeme.from < piece.1 => piece.1 = to,
            _ if !lexeme.single && !keys.insert(stem) => {}
            _ => pieces.push((lexeme.from, to)),
        }
    }
    let mut words: Vec<String> = Vec::new();
    for (from, to) in pieces {
        let word = &text[from..to];
        // Of what has spaces between its words, the shortest tell nothing.
        let least = if word.chars().any(is_unspaced) { 2 } else { 3 };
        if word.chars().count() >= least && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words.truncate(most);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(one: &str, other: &str) -> f32 {
        Seen::default().alike(&Terms::of(one), &Terms::of(other))
    }

    #[test]
    fn the_same_in_other_words_is_alike_and_something_else_is_not() {
        let near = alike("my parcel has not arrived", "the parcel didn't arrive yet");
        let far = alike("my parcel has not arrived", "can I pay by card?");
        assert!(near > 0.42 && far < 0.15, "{near} {far}");
        assert!(alike("退款什么时候到账", "请问退款多久到账？") > 0.42);
        assert!((alike("where is it", "where is it") - 1.0).abs() < 1e-5);
        assert_eq!(alike("", "x"), 0.0);
    }

    #[test]
    fn what_is_everywhere_counts_less() {
        let mut seen = Seen::default();
        for text in ["order paid", "order sent", "order lost", "order open", "order late"] {
            seen.note(&Terms::of(text));
        }
        let (one, other) = (Terms::of("order lost"), Terms::of("order sent"));
        assert!(seen.alike(&one, &other) < Seen::default().alike(&one, &other));
    }

    #[test]
    fn texts_are_looked_for_by_words_that_tell() {
        let terms = telling("Where is my parcel? My parcel is at DHL", 8);
        assert_eq!(terms, [vec![Term::Beginning("parce".into())], vec![Term::Word("dhl".into())]]);
        assert_eq!(telling("退款", 8), [vec![Term::Word("退款".into())]]);
        assert!(telling("what is it", 8).is_empty());
    }

    #[test]
    fn the_words_in_common_are_told_as_they_were_written() {
        assert_eq!(
            shared_words("Where is my Parcel, the big parcel?", "parcels arrive on Monday", 5),
            ["Parcel"]
        );
        assert_eq!(shared_words("我的订单还没有收到", "订单没有收到怎么办", 5), ["订单", "没有收到"]);
        assert!(shared_words("where is it", "something else", 5).is_empty());
    }
}
