//! What a text means in any language: the ground on which a question in one language finds an answer in another.
//!
//! The common ground are stems of English words. Texts in English have their own; words of other languages have those
//! that a table knows for them, each with how likely it is meant. Names that no table knows are compared by the
//! consonants that are heard in them.

mod file;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::asking::asking;
use crate::lexeme::hash;
use crate::sound::sound;
use crate::stem::{self, Stems};
use crate::word::{Word, words};

/// How surely a name is meant that sounds alike.
const ALIKE: f32 = 0.5;
/// The same when only its beginning sounds alike.
const BEGINS_ALIKE: f32 = 0.25;
/// How surely a word of an unknown language has the meaning that it has in one of them.
const UNSURE: f32 = 0.4;
/// The languages of Latin letters in the table.
const LATIN: [&str; 8] = ["es", "pt", "fr", "de", "it", "nl", "id", "tr"];
/// The longest run of characters that is looked up as one word.
const LONGEST: usize = 7;
/// How many bits of a word's number the table keeps: with them a word is taken for another once in millions.
const BITS: u32 = 40;

/// A meaning that a text has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sense {
    /// Its name; texts of other languages with the same meaning have the same.
    pub key: u64,
    /// How surely and how often the text has it; 1 is once and surely.
    pub weight: f32,
}

/// The bridge that is shipped; see `models/bridge.md`.
static SHIPPED: LazyLock<Bridge> =
    LazyLock::new(|| Bridge::from_bytes(include_bytes!("../models/bridge.bin")).unwrap_or_default());

/// A table of words and what they mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bridge {
    /// For each word: where its meanings begin and how many they are.
    words: HashMap<u64, (u32, u8)>,
    /// Meanings: the number of an English stem and how likely it is meant, in 255ths.
    meanings: Vec<(u64, u8)>,
}

/// The number under which a word of a language stands in the table: `zh`, `ar` and so on, and the word as it is
/// compared, or its stem where the language has stems.
pub fn word_number(language: &str, word: &str) -> u64 {
    hash(&["b", language, word]) >> (u64::BITS - BITS)
}

/// The number of the meaning of an English stem.
pub fn stem_number(stem: &str) -> u64 {
    hash(&["e", stem]) >> (u64::BITS - BITS)
}

/// The stem under which an English word is a meaning, and a word of another language stands in the table.
pub fn stem_of(language: &str, word: &str) -> String {
    Stems::of(language).stem(word)
}

impl Bridge {
    /// The bridge that is shipped. It is read when it is first asked for.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Makes a bridge of words and their meanings: see [`word_number`] and [`stem_number`].
    pub fn new(table: impl IntoIterator<Item = (u64, Vec<(u64, u8)>)>) -> Self {
        let mut bridge = Self { words: HashMap::new(), meanings: Vec::new() };
        for (word, meanings) in table {
            let from = u32::try_from(bridge.meanings.len()).unwrap_or(u32::MAX);
            let count = meanings.len().min(usize::from(u8::MAX));
            bridge.meanings.extend(&meanings[..count]);
            bridge.words.insert(word, (from, count as u8));
        }
        bridge
    }

    /// How many words it knows.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether it knows no word.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The meanings of a text, each once. `language` is its language, where that is known; otherwise it is told from
    /// its small words, and where these say nothing a word means what it means in any of the languages.
    pub fn senses(&self, text: &str, language: Option<&str>) -> Vec<Sense> {
        let words = words(text);
        let asks = asking(&words);
        let code = |language: &str| language.split(['-', '_']).next().unwrap_or_default().to_owned();
        let language =
            language.map(code).or_else(|| stem::guess(&words).map(str::to_owned)).unwrap_or_default();
        let stems = Stems::of(&language);
        let english = Stems::of("en");
        let mut found: HashMap<u64, f32> = HashMap::new();
        let mut place = 0;
        while place < words.len() {
            if asks[place] {
                place += 1;
                continue;
            }
            place += match script(&words[place]) {
                Script::Unspaced => self.run(&words[place..], &asks[place..], &mut found),
                Script::Latin => {
                    self.latin(&words[place], &language, [&stems, &english], &mut found);
                    1
                }
                Script::Other(language) => {
                    self.other(&words[place], language, &stems, &mut found);
                    1
                }
            };
        }
        let mut senses: Vec<Sense> = found.into_iter().map(|(key, weight)| Sense { key, weight }).collect();
        senses.sort_by_key(|sense| sense.key);
        senses
    }

    fn meanings(&self, language: &str, word: &str) -> &[(u64, u8)] {
        let Some((from, count)) = self.words.get(&word_number(language, word)) else { return &[] };
        &self.meanings[*from as usize..*from as usize + usize::from(*count)]
    }

    fn latin(
        &self,
        word: &Word,
        language: &str,
        [stems, english]: [&Stems; 2],
        found: &mut HashMap<u64, f32>,
    ) {
        let meanings = match language {
            "en" | "" => &[],
            _ => self.meanings(language, &stems.stem(&word.key)),
        };
        if meanings.is_empty() {
            add(found, stem_number(&english.stem(&word.key)), 1.0);
        }
        tell(found, meanings, 1.0);
        if language.is_empty() {
            for language in LATIN {
                tell(found, self.meanings(language, &Stems::of(language).stem(&word.key)), UNSURE);
            }
        }
        alike(found, &word.key);
    }

    fn other(&self, word: &Word, language: &str, stems: &Stems, found: &mut HashMap<u64, f32>) {
        let mut meanings = self.meanings(language, &word.key);
        if meanings.is_empty() {
            meanings = self.meanings(language, &stems.stem(&word.key));
        }
        tell(found, meanings, 1.0);
        if meanings.is_empty() {
            alike(found, &word.key);
        }
    }

    /// Reads a run of characters: the longest words that the table knows, and what is inside them for less. Says how
    /// many characters it took.
    fn run(&self, words: &[Word], asks: &[bool], found: &mut HashMap<u64, f32>) -> usize {
        let end = (1..words.len())
            .find(|place| asks[*place] || !words[*place].single || words[*place].from != words[*place - 1].to)
            .unwrap_or(words.len());
        let run = &words[..end];
        let mut place = 0;
        let mut joined = String::new();
        while place < end {
            let most = LONGEST.min(end - place);
            let known = (1..=most).rev().find_map(|length| {
                joined.clear();
                joined.extend(run[place..place + length].iter().map(|word| word.key.as_str()));
                let meanings = self.meanings("zh", &joined);
                (!meanings.is_empty()).then_some((length, meanings))
            });
            let Some((length, meanings)) = known else {
                place += 1;
                continue;
            };
            tell(found, meanings, if length == 1 { 0.5 } else { 1.0 });
            place += length;
        }
        end
    }
}

enum Script {
    Unspaced,
    Latin,
    Other(&'static str),
}

fn script(word: &Word) -> Script {
    if word.single {
        return Script::Unspaced;
    }
    match word.key.chars().next() {
        Some('\u{0620}'..='\u{06d3}') => Script::Other("ar"),
        Some('\u{0430}'..='\u{045f}') => Script::Other("ru"),
        Some('\u{0900}'..='\u{097f}') => Script::Other("hi"),
        _ => Script::Latin,
    }
}

fn tell(found: &mut HashMap<u64, f32>, meanings: &[(u64, u8)], share: f32) {
    for (key, likely) in meanings {
        add(found, *key, share * f32::from(*likely) / 255.0);
    }
}

/// Adds what a name sounds like.
fn alike(found: &mut HashMap<u64, f32>, word: &str) {
    let heard = sound(word);
    if heard.len() < 3 {
        return;
    }
    add(found, hash(&["n", &heard]), ALIKE);
    if heard.len() > 3 {
        add(found, hash(&["n", &heard[..4], ""]), BEGINS_ALIKE);
    }
}

fn add(found: &mut HashMap<u64, f32>, key: u64, weight: f32) {
    *found.entry(key).or_default() += weight;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(one: &str, other: &str) -> f32 {
        let bridge = Bridge::shipped();
        let others: HashMap<u64, f32> =
            bridge.senses(other, None).into_iter().map(|sense| (sense.key, sense.weight)).collect();
        bridge
            .senses(one, None)
            .iter()
            .filter_map(|sense| others.get(&sense.key).map(|weight| weight.min(sense.weight)))
            .sum()
    }

    #[test]
    fn the_shipped_bridge_is_there() {
        assert!(Bridge::shipped().len() > 50_000);
    }

    #[test]
    fn the_same_meaning_is_shared_and_another_is_not() {
        for (one, same, other) in [
            ("退款", "a refund", "a delivery"),
            ("密碼", "your password", "your address"),
            ("devolución del dinero", "money", "password"),
            ("كلمة المرور", "password", "refund"),
            ("senha", "password", "refund"),
            ("Kreditkarte", "credit card", "parcel"),
        ] {
            assert!(shared(one, same) > 0.2, "{one} and {same}: {}", shared(one, same));
            assert!(shared(one, other) < 0.2, "{one} and {other}: {}", shared(one, other));
        }
    }

    #[test]
    fn a_name_is_known_by_its_sound() {
        assert!(shared("كروزنستيرن", "Kruzenstern") > 0.2);
    }
}
