//! What of a text stands in the index: whole words, stems, and parts of words, each as a number.

use crate::asking::asking;
use crate::stem::{self, Stems};
use crate::word::{Word, words};

/// How many words of one text are looked at: far more than a passage or a question has.
const MOST: usize = 2_000;
/// The letters of a part of a word.
const PART: usize = 4;

/// One word of a text as the index sees it.
#[derive(Clone, Debug)]
pub(crate) struct Lexeme {
    /// The word itself; of scripts without spaces the single character.
    pub(crate) word: u64,
    /// Its stem; of scripts without spaces the character with the one after it.
    pub(crate) stem: Option<u64>,
    /// Its parts of four letters with its edges marked; of scripts without spaces three characters.
    pub(crate) parts: Vec<u64>,
    /// Where it stands, in bytes.
    pub(crate) from: usize,
    /// Whether it is one character of a script without spaces.
    pub(crate) single: bool,
    /// Whether it only asks.
    pub(crate) asks: bool,
}

/// The words of a text with the language that its stems were made for.
pub(crate) struct Lexemes {
    /// In their order.
    pub(crate) all: Vec<Lexeme>,
    /// The code of the language, when one of Latin letters was given or could be told.
    pub(crate) language: Option<String>,
}

/// Reads a text. `language` is its language where that is known; otherwise it is told from its small words, and where
/// these say nothing `usual` is taken.
pub(crate) fn lexemes(text: &str, language: Option<&str>, usual: Option<&str>) -> Lexemes {
    let mut words = words(text);
    words.truncate(MOST);
    let language = language.or_else(|| stem::guess(&words)).or(usual).map(str::to_owned);
    let stems = Stems::of(language.as_deref().unwrap_or_default());
    let asks = asking(&words);
    let all = (0..words.len()).map(|place| lexeme(&words, place, asks[place], &stems)).collect();
    Lexemes { all, language }
}

fn lexeme(words: &[Word], place: usize, asks: bool, stems: &Stems) -> Lexeme {
    let word = &words[place];
    let number = hash(&[&word.key]);
    let mut lexeme =
        Lexeme { word: number, stem: None, parts: Vec::new(), from: word.from, single: word.single, asks };
    if word.single {
        let next = words.get(place + 1).filter(|next| next.single && next.from == word.to);
        lexeme.stem = next.map(|next| hash(&["2", &word.key, &next.key]));
        let third =
            next.and_then(|next| words.get(place + 2).filter(|third| third.single && third.from == next.to));
        if let (Some(next), Some(third)) = (next, third) {
            lexeme.parts.push(hash(&["3", &word.key, &next.key, &third.key]));
        }
        return lexeme;
    }
    lexeme.stem = Some(hash(&["s", &stems.stem(&word.key)]));
    let marked: Vec<char> = std::iter::once('<').chain(word.key.chars()).chain(['>']).collect();
    let mut part = String::with_capacity(4 * PART);
    for letters in marked.windows(PART.min(marked.len())) {
        part.clear();
        part.extend(letters);
        lexeme.parts.push(hash(&["p", &part]));
    }
    lexeme
}

/// A number for a term. Two terms with one number are possible and so rare that they do not matter.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    state ^ (state >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_stems_and_parts() {
        let one = lexemes("the refunds", None, None);
        let other = lexemes("refund", Some("en"), None);
        assert_eq!(one.language.as_deref(), Some("en"));
        assert_ne!(one.all[1].word, other.all[0].word);
        assert_eq!(one.all[1].stem, other.all[0].stem);
        assert_eq!(one.all[1].parts.iter().filter(|part| other.all[0].parts.contains(part)).count(), 4);
    }

    #[test]
    fn characters_have_pairs_and_triples() {
        let found = lexemes("我要退款 好", None, None).all;
        assert_eq!(found.len(), 5);
        assert_eq!(found.iter().filter(|lexeme| lexeme.stem.is_some()).count(), 3);
        assert_eq!(found.iter().filter(|lexeme| !lexeme.parts.is_empty()).count(), 2);
    }
}
