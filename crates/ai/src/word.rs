//! The words of a text, and the terms under which a text is found.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;

use crate::fold::fold;

/// The lengths, in letters, of the beginnings under which a longer word is found as well. A beginning of another
/// length is found by the next shorter one of these, and the text then tells.
pub(crate) const BEGINNINGS: [usize; 2] = [3, 5];
/// The most terms that one text is found under: far more than a message has, and a bound for one made to have more.
const MOST: usize = 4096;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word as it is compared.
    pub key: String,
    /// Where it begins in the text, in bytes.
    pub from: usize,
    /// Where it ends in the text, in bytes.
    pub to: usize,
    /// Whether it is one character of a script that is written without spaces.
    pub single: bool,
}

/// The words of a text in their order, as they are compared.
pub fn keys(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.key).collect()
}

/// The words of a text in their order. Scripts that are written without spaces between words (Chinese, Japanese,
/// Thai, Lao, Khmer, Burmese), or that tie particles to them (Korean), give one word for each character.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for (start, run) in text.unicode_word_indices() {
        // The standard keeps `example.com` and `can't` together; people look for parts of them.
        let mut from = 0;
        for (at, letter) in run.char_indices() {
            if letter == '_' || (letter.is_ascii() && !letter.is_ascii_alphanumeric()) || letter == '’' {
                push(&mut words, start + from, &run[from..at]);
                from = at + letter.len_utf8();
            }
        }
        push(&mut words, start + from, &run[from..]);
    }
    words
}

/// Adds a run of letters: as one word, or each of its characters where the script asks for it.
fn push(words: &mut Vec<Word>, start: usize, run: &str) {
    if !run.chars().any(is_unspaced) {
        return add(words, start, run, false);
    }
    let mut spaced = 0;
    for (at, character) in run.grapheme_indices(true) {
        if character.chars().next().is_some_and(is_unspaced) {
            add(words, start + spaced, &run[spaced..at], false);
            add(words, start + at, character, true);
            spaced = at + character.len();
        }
    }
    add(words, start + spaced, &run[spaced..], false);
}

fn add(words: &mut Vec<Word>, from: usize, text: &str, single: bool) {
    let key = fold(text);
    if !key.is_empty() {
        words.push(Word { key, from, to: from + text.len(), single });
    }
}

/// Whether a letter's script does without spaces between what people look for.
pub(crate) fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{0e00}'..='\u{0eff}'     // Thai, Lao
        | '\u{1000}'..='\u{109f}'   // Burmese
        | '\u{1100}'..='\u{11ff}'   // Korean
        | '\u{1780}'..='\u{17ff}'   // Khmer
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}'   // kana
        | '\u{3130}'..='\u{318f}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'   // Chinese characters
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ffdc}'
        | '\u{20000}'..='\u{3ffff}')
}

/// What a text is found under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// A whole word, or two neighbours where words are single characters.
    Word(String),
    /// The beginning of a longer word.
    Beginning(String),
}

impl Term {
    pub(crate) fn word(key: &str) -> Self {
        Self::Word(key.to_owned())
    }

    /// The first `letters` of a word.
    pub(crate) fn beginning(key: &str, letters: usize) -> Self {
        let end = key.char_indices().nth(letters).map_or(key.len(), |(at, _)| at);
        Self::Beginning(key[..end].to_owned())
    }

    /// Two characters that follow each other.
    pub(crate) fn pair(first: &str, second: &str) -> Self {
        Self::Word(format!("{first}{second}"))
    }
}

/// The terms under which a text is found, each once: its words, two beginnings of the longer ones, and pairs of
/// neighbours where words are single characters. They tell what the text says: whoever keeps them makes them
/// unreadable first.
pub fn terms(text: &str) -> BTreeSet<Term> {
    let words = words(text);
    let mut terms = BTreeSet::new();
    for (place, word) in words.iter().enumerate() {
        if terms.len() >= MOST {
            break;
        }
        terms.insert(Term::word(&word.key));
        if word.single {
            if let Some(next) = words.get(place + 1).filter(|next| next.single && next.from == word.to) {
                terms.insert(Term::pair(&word.key, &next.key));
            }
            continue;
        }
        let length = word.key.chars().count();
        for letters in BEGINNINGS.into_iter().filter(|letters| *letters < length) {
            terms.insert(Term::beginning(&word.key, letters));
        }
    }
    terms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_script_has_its_words() {
        for (text, expected) in [
            ("Where is my ORDER?", "where|is|my|order"),
            ("Order #BH-10422, 3.50 €", "order|bh|10422|3|50"),
            ("write to ann@example.com, can't you", "write|to|ann|example|com|can|t|you"),
            ("我要退款", "我|要|退|款"),
            ("订单ABC123到了", "订|单|abc123|到|了"),
            ("キャンセルしたい", "キ|ャ|ン|セ|ル|し|た|い"),
            ("ｷｬﾝｾﾙ ｶﾞｲﾄﾞ", "キ|ャ|ン|セ|ル|ガ|イ|ド"),
            ("환불해 주세요", "환|불|해|주|세|요"),
            ("ขอคืนเงิน", "ข|อ|คื|น|เ|งิ|น"),
            ("أين طلبي؟", "اين|طلبي"),
            ("איפה ההזמנה", "איפה|ההזמנה"),
            ("कहाँ है", "कहाँ|है"),
            ("Где мой заказ", "где|мои|заказ"),
            ("👍 …", ""),
            ("snake_case", "snake|case"),
        ] {
            assert_eq!(keys(text).join("|"), expected, "{text}");
        }
    }

    #[test]
    fn a_text_is_found_under_words_beginnings_and_pairs() {
        let found = terms("Orders and 退款");
        let words = ["and", "orders", "款", "退", "退款"].map(Term::word);
        let beginnings = ["ord", "order"].map(|text| Term::Beginning(text.to_owned()));
        assert_eq!(found, words.into_iter().chain(beginnings).collect());
    }

    #[test]
    fn characters_apart_are_no_pair() {
        assert!(!terms("退 款").contains(&Term::word("退款")));
    }

    #[test]
    fn a_text_made_of_words_alone_has_a_bounded_number_of_terms() {
        let text: String = (0..100_000).map(|number| format!("{number:06} ")).collect();
        assert!(terms(&text).len() <= MOST + 3);
    }

    proptest! {
        #[test]
        fn words_stand_where_they_say(text in "\\PC*") {
            let mut before = 0;
            for word in words(&text) {
                prop_assert!(word.from >= before && word.to > word.from);
                prop_assert!(!text[word.from..word.to].is_empty());
                before = word.to;
            }
        }
    }
}
