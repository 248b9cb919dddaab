//! How alike short texts are by what they say: their words without endings, and parts of words for slips of the pen. What
//! is rare among the texts that are compared counts more, and words that only ask count little.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::asking::asking;
use crate::lexeme::lexemes;
use crate::word::{BEGINNINGS, Term, Word, is_unspaced, words};

/// How much a part of a word counts, against the whole.
const PART: f32 = 0.3;
/// How much a word counts that only asks.
const ASKING: f32 = 0.3;
/// Of fewer texts than this nothing can be said to be frequent.
const FEW: f32 = 10.0;

/// What a text says, or several together: each term with its share, sorted, so that sums are the same everywhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms(Vec<(u64, f32)>);

impl Terms {
    /// The terms of a text, of length 1.
    pub fn of(text: &str) -> Self {
        let mut all: Vec<(u64, f32)> = Vec::new();
        for lexeme in lexemes(text, None, None).all {
            let share = if lexeme.asks { ASKING } else { 1.0 };
            all.push((lexeme.stem.unwrap_or(lexeme.word), share));
            all.extend(lexeme.parts.into_iter().map(|part| (part, PART * share)));
        }
        all.sort_by_key(|(term, _)| *term);
        let mut terms = Self(all);
        terms.sum_up();
        let length = terms.length().max(f32::MIN_POSITIVE);
        terms.0.iter_mut().for_each(|(_, share)| *share /= length);
        terms
    }

    /// Makes one of neighbours that are the same term.
    fn sum_up(&mut self) {
        self.0.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
    }

    fn length(&self) -> f32 {
        self.0.iter().map(|(_, share)| share * share).sum::<f32>().sqrt()
    }

    /// The sum of what both have.
    fn product(&self, other: &Self) -> f32 {
        let (mut ones, mut others) = (self.0.as_slice(), other.0.as_slice());
        let mut sum = 0.0;
        while let ([one, rest @ ..], [two, beyond @ ..]) = (ones, others) {
            match one.0.cmp(&two.0) {
                Ordering::Less => ones = rest,
                Ordering::Greater => others = beyond,
                Ordering::Equal => {
                    sum += one.1 * two.1;
                    (ones, others) = (rest, beyond);
                }
            }
        }
        sum
    }
}

/// What a text says, or several together, weighed by how rare it is among all: what is compared often is weighed once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weighed {
    terms: Terms,
    length: f32,
}

impl Weighed {
    fn of(terms: Terms) -> Self {
        Self { length: terms.length(), terms }
    }

    /// The cosine of both.
    pub(crate) fn alike(&self, other: &Self) -> f32 {
        self.terms.product(&other.terms) / (self.length * other.length).max(f32::MIN_POSITIVE)
    }

    /// Adds what another text says.
    pub(crate) fn add(&mut self, other: &Self) {
        let mut both = std::mem::take(&mut self.terms);
        both.0.extend(&other.terms.0);
        both.0.sort_by_key(|(term, _)| *term);
        both.sum_up();
        *self = Self::of(both);
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
        for (term, _) in &text.0 {
            *self.terms.entry(*term).or_default() += 1;
        }
    }

    /// The cosine of what two texts say: 0 where they share nothing, 1 where they say the same.
    pub fn alike(&self, one: &Terms, other: &Terms) -> f32 {
        self.weighed(one).alike(&self.weighed(other))
    }

    /// A text weighed by what has been seen until now.
    pub(crate) fn weighed(&self, text: &Terms) -> Weighed {
        let terms = text.0.iter().map(|(term, share)| (*term, share * self.rarity(term)));
        Weighed::of(Terms(terms.collect()))
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
            pair(&words, &asks, place).map(|next| vec![Term::pair(&word.key, &next.key)])
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

/// The character that tells something together with the one at a place: the next, unless it only asks.
pub(crate) fn pair<'w>(words: &'w [Word], asks: &[bool], place: usize) -> Option<&'w Word> {
    let next = words.get(place + 1).filter(|next| next.single && next.from == words[place].to);
    next.filter(|_| !asks[place + 1])
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
    fn the_same_texts_are_equally_alike_each_time() {
        let text = "my parcel with the order number has not arrived although the courier says that it has";
        let first = alike(text, "where is the parcel of my order, the courier has lost it").to_bits();
        for _ in 0..50 {
            assert_eq!(
                alike(text, "where is the parcel of my order, the courier has lost it").to_bits(),
                first
            );
        }
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
        assert_eq!(telling("退款吗", 8), [vec![Term::Word("退款".into())]], "what only asks makes no pair");
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
