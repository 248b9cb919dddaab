//! Texts as words that can be looked up.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use ai::bridge::stem_of;

use super::Lexicon;

/// The longest run of characters that is a word.
pub(super) const LONGEST: usize = 7;
/// English words that are no meaning.
const EMPTY: &str = "the a an of to in on at for and or is are was be by with from this that it its as your you can \
                     will not no has have had do does one's sb sth etc esp e g i also used abbr lit fig old variant see";

/// Reads texts of one language.
pub(super) struct Reader {
    language: &'static str,
    known: HashSet<String>,
    stems: RefCell<HashMap<String, String>>,
}

impl Reader {
    /// For Chinese, what is a word is what the lexicon knows.
    pub(super) fn new(language: &'static str, lexicon: &Lexicon) -> Self {
        Self { language, known: lexicon.0.keys().cloned().collect(), stems: RefCell::default() }
    }

    /// The words of a text as they stand in the table.
    pub(super) fn words(&self, text: &str) -> Vec<String> {
        if self.language == "zh" { self.segments(text) } else { self.stems(text) }
    }

    fn stems(&self, text: &str) -> Vec<String> {
        let words = ai::words(text);
        let lettered =
            words.into_iter().filter(|word| !word.single && word.key.chars().any(char::is_alphabetic));
        let mut stems = self.stems.borrow_mut();
        lettered
            .map(|word| stems.entry(word.key).or_insert_with_key(|key| stem_of(self.language, key)).clone())
            .collect()
    }

    fn segments(&self, text: &str) -> Vec<String> {
        let words = ai::words(text);
        let mut found = Vec::new();
        let mut place = 0;
        while place < words.len() {
            let run = 1
                + (place + 1..words.len())
                    .take(LONGEST - 1)
                    .take_while(|at| {
                        words[*at].single && words[at - 1].single && words[*at].from == words[at - 1].to
                    })
                    .count();
            let longest = (1..=run).rev().find_map(|length| {
                let joined: String =
                    words[place..place + length].iter().map(|word| word.key.as_str()).collect();
                (words[place].single && self.known.contains(&joined)).then_some((length, joined))
            });
            place += longest.as_ref().map_or(1, |(length, _)| *length);
            found.extend(longest.map(|(_, joined)| joined));
        }
        found
    }
}

/// A text as one word, as it is compared.
pub(super) fn joined(text: &str) -> String {
    ai::words(text).into_iter().map(|word| word.key).collect()
}

/// The English stems that a text means.
pub(super) fn english(text: &str) -> Vec<String> {
    thread_local! {
        static STEMS: RefCell<HashMap<String, String>> = RefCell::default();
    }
    let words = ai::words(text).into_iter();
    let plain = words.filter(|word| {
        word.key.len() > 1
            && word.key.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !EMPTY.split_ascii_whitespace().any(|empty| empty == word.key)
    });
    STEMS.with_borrow_mut(|stems| {
        plain.map(|word| stems.entry(word.key).or_insert_with_key(|key| stem_of("en", key)).clone()).collect()
    })
}
