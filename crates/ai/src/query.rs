//! What somebody looks for: words that must all be there, phrases in quotation marks, and the beginning of the last
//! word.

use std::ops::Range;

use crate::word::{BEGINNINGS, Term, Word, words};

/// Whatever opens or closes a phrase.
const QUOTES: [char; 9] = ['"', '“', '”', '„', '«', '»', '「', '」', '＂'];
/// How many words a query may have; what comes after them is not looked for.
const MOST: usize = 32;

/// What somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    phrases: Vec<Phrase>,
}

/// Words that must follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Phrase {
    words: Vec<Word>,
    /// Whether the last word may go on.
    open: bool,
}

impl Query {
    /// Reads what somebody typed; `None` when there is no word in it.
    ///
    /// Each word must be there. What is typed without a space (`bh-10422`, `退款`) or in quotation marks must follow
    /// each other. The last word may be only the beginning of one, from three letters on, unless quotation marks
    /// close it.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut phrases = Vec::new();
        let mut room = MOST;
        let mut take = |text: &str| {
            let mut words = words(text);
            words.truncate(room);
            room -= words.len();
            let found = !words.is_empty();
            if found {
                phrases.push(Phrase { words, open: false });
            }
            found
        };
        let mut last_is_typed = false;
        for (place, part) in typed.split(QUOTES).enumerate() {
            if place % 2 == 1 {
                if take(part) {
                    last_is_typed = false;
                }
                continue;
            }
            for chunk in part.split_whitespace() {
                last_is_typed |= take(chunk);
            }
        }
        if let Some(last) = phrases.last_mut() {
            let long = last.words.last().is_some_and(|word| !word.single && letters(word) >= BEGINNINGS[0]);
            last.open = last_is_typed && long;
        }
        (!phrases.is_empty()).then_some(Self { phrases })
    }

    /// The terms that a text must be found under: of each set at least one. A text that is found under them may
    /// still not be meant; [`Query::find`] tells.
    pub fn terms(&self) -> Vec<Vec<Term>> {
        let mut sets: Vec<Vec<Term>> = self.phrases.iter().flat_map(Phrase::terms).collect();
        sets.sort();
        sets.dedup();
        sets
    }

    /// Where in a text that matches stands what was looked for, in bytes, ascending and apart; `None` when it does
    /// not match.
    pub fn find(&self, text: &str) -> Option<Vec<Range<usize>>> {
        let words = words(text);
        let mut found: Vec<Range<usize>> = Vec::new();
        for phrase in &self.phrases {
            let before = found.len();
            let length = phrase.words.len();
            for place in words.windows(length).filter(|place| phrase.is_at(place)) {
                found.push(place[0].from..place[length - 1].to);
            }
            if found.len() == before {
                return None;
            }
        }
        found.sort_by_key(|hit| (hit.start, hit.end));
        let mut apart: Vec<Range<usize>> = Vec::new();
        for hit in found {
            match apart.last_mut() {
                Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
                _ => apart.push(hit),
            }
        }
        Some(apart)
    }
}

/// Whether two words are characters that follow each other immediately.
fn tied(first: &Word, second: &Word) -> bool {
    first.single && second.single && first.to == second.from
}

fn letters(word: &Word) -> usize {
    word.key.chars().count()
}

impl Phrase {
    /// Whether the phrase is what these words say, which are as many.
    fn is_at(&self, place: &[Word]) -> bool {
        let last = self.words.len() - 1;
        self.words.iter().zip(place).enumerate().all(|(at, (wanted, word))| {
            let apart = at > 0 && tied(&self.words[at - 1], wanted) && !tied(&place[at - 1], word);
            let begins = self.open && at == last && !word.single && word.key.starts_with(&wanted.key);
            !apart && (wanted.key == word.key || begins)
        })
    }

    fn terms(&self) -> Vec<Vec<Term>> {
        let last = self.words.len() - 1;
        let mut sets = Vec::new();
        for (at, wanted) in self.words.iter().enumerate() {
            match self.words.get(at + 1).filter(|next| tied(wanted, next)) {
                Some(next) => sets.push(vec![Term::pair(&wanted.key, &next.key)]),
                // The pair before it says more than the character alone.
                None if at > 0 && tied(&self.words[at - 1], wanted) => {}
                None if self.open && at == last => sets.push(open_terms(wanted)),
                None => sets.push(vec![Term::word(&wanted.key)]),
            }
        }
        sets
    }
}

/// The terms of a word that may go on.
fn open_terms(wanted: &Word) -> Vec<Term> {
    let length = letters(wanted);
    let kept = BEGINNINGS.into_iter().rev().find(|letters| *letters <= length).unwrap_or(BEGINNINGS[0]);
    let mut terms = vec![Term::beginning(&wanted.key, kept)];
    // A word that is no longer than a beginning is not found under that beginning.
    if length == kept {
        terms.push(Term::word(&wanted.key));
    }
    terms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether somebody who types `typed` finds `text`: by the terms and by the text.
    fn finds(typed: &str, text: &str) -> bool {
        let query = Query::parse(typed).expect("a query");
        let terms = crate::terms(text);
        let candidate = query.terms().iter().all(|set| set.iter().any(|term| terms.contains(term)));
        let meant = query.find(text).is_some();
        assert!(candidate || !meant, "{typed:?} is in {text:?} but its terms do not lead there");
        candidate && meant
    }

    /// What people type, what they mean by it, and what they do not.
    const CASES: &[(&str, &[&str], &[&str])] = &[
        ("order", &["Where is my ORDER?", "My orders", "order"], &["Ordinary", "The border"]),
        ("order late", &["My order came late", "lately no order"], &["My order came", "late"]),
        ("\"order late\"", &["the order late"], &["order came late", "order lately"]),
        ("late order", &["order was late"], &[]),
        ("ord", &["Order", "ordinary", "ord"], &["word", "or"]),
        ("orde", &["order", "orde"], &["ord", "ordinary"]),
        ("orders", &["my orders", "ordershop"], &["order"]),
        ("or", &["this or that"], &["order"]),
        ("bh-10422", &["order BH-10422 please", "bh 10422", "BH-104229"], &["10422 bh", "BH-1042"]),
        ("10422", &["order BH-10422"], &["110422"]),
        ("müll", &["Herr Müller", "MULLER"], &["Mühle"]),
        ("straße", &["Hauptstr. STRASSE 5"], &["Hauptstrasse"]),
        ("退款", &["我要退款", "退款！", "请退款给我"], &["款退", "退 款"]),
        ("退款 订单", &["订单要退款", "我要退款，订单号 5"], &["我要退款"]),
        ("退", &["我要退款"], &["我要"]),
        ("申请退款", &["我想申请退款"], &["申请了退款", "退款申请"]),
        ("キャンセル", &["キャンセルしたい", "ｷｬﾝｾﾙ"], &["キャン"]),
        ("환불", &["환불해 주세요"], &["환경불"]),
        ("คืนเงิน", &["ขอคืนเงิน"], &["ขอเงินคืน"]),
        ("طلب", &["أين طلبي؟"], &["اين"]),
        ("محمد", &["مُحَمَّد"], &["حمد"]),
        ("refund \"two weeks\"", &["a refund after two weeks"], &["two refund weeks"]),
        ("“two weeks”", &["two weeks"], &["two long weeks"]),
        ("can't", &["I can't", "I can’t wait"], &["I can wait"]),
        ("example.com", &["see www.example.com/x"], &["com example"]),
    ];

    #[test]
    fn people_find_what_they_mean() {
        for (typed, texts, others) in CASES {
            for text in *texts {
                assert!(finds(typed, text), "{typed:?} should find {text:?}");
            }
            for text in *others {
                assert!(!finds(typed, text), "{typed:?} should not find {text:?}");
            }
        }
    }

    #[test]
    fn hits_are_marked_where_they_stand() {
        let text = "Order 5: my order, ORDERS";
        let hits = Query::parse("order").and_then(|query| query.find(text)).expect("it is there");
        let marked: Vec<&str> = hits.into_iter().map(|hit| &text[hit]).collect();
        assert_eq!(marked, ["Order", "order", "ORDERS"]);
        let text = "我要退款";
        let hits = Query::parse("退款").and_then(|query| query.find(text)).expect("it is there");
        assert_eq!(hits.into_iter().map(|hit| &text[hit]).collect::<Vec<_>>(), ["退款"]);
    }

    #[test]
    fn what_has_no_word_is_no_query() {
        for typed in ["", "  ", "?!", "\"\"", "👍"] {
            assert_eq!(Query::parse(typed), None, "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_typed_panics(typed in "\\PC*", text in "\\PC*") {
            if let Some(query) = Query::parse(&typed) {
                let _ = query.terms();
                for hit in query.find(&text).unwrap_or_default() {
                    prop_assert!(!text[hit].is_empty());
                }
            }
        }

        #[test]
        fn whoever_types_a_text_finds_it(text in "[a-zà-ÿ退款订单あキ환불 .-]{1,40}") {
            if Query::parse(&text).is_some() {
                prop_assert!(finds(&text, &text));
            }
        }
    }
}
