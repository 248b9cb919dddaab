//! WordPiece: a text as the pieces of words that a network knows.

use std::collections::HashMap;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{Unfit, json};

/// Words that are longer are unknown as a whole.
const LONGEST: usize = 100;

/// The pieces that a network knows.
pub(super) struct Pieces {
    numbers: HashMap<String, u32>,
    /// What a piece that continues a word begins with.
    continuing: String,
    first: u32,
    last: u32,
    unknown: u32,
    lowercase: bool,
    strip_accents: bool,
}

#[derive(Deserialize)]
struct Tokenizer {
    model: Model,
    normalizer: Option<Normalizer>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    vocab: serde_json::Value,
    continuing_subword_prefix: Option<String>,
    unk_token: Option<String>,
}

#[derive(Deserialize)]
struct Normalizer {
    #[serde(rename = "type", default)]
    kind: String,
    lowercase: Option<bool>,
    strip_accents: Option<bool>,
}

#[derive(Deserialize)]
struct Config {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
}

impl Pieces {
    /// Reads `tokenizer.json`.
    pub(super) fn from_tokenizer(bytes: &[u8]) -> Result<Self, Unfit> {
        let tokenizer: Tokenizer = json("tokenizer.json", bytes)?;
        let model = tokenizer.model;
        if model.kind != "WordPiece" {
            return Err(Unfit::new(format!("the tokenizer is {:?} and not WordPiece", model.kind)));
        }
        let numbers: HashMap<String, u32> = serde_json::from_value(model.vocab)
            .map_err(|error| Unfit::new(format!("cannot read tokenizer.json: {error}")))?;
        let (lowercase, strip) = match tokenizer.normalizer {
            Some(normalizer) if normalizer.kind == "BertNormalizer" => {
                (normalizer.lowercase.unwrap_or(true), normalizer.strip_accents)
            }
            Some(other) => return Err(Unfit::new(format!("the tokenizer normalises by {:?}", other.kind))),
            None => (false, None),
        };
        let continuing = model.continuing_subword_prefix.unwrap_or_else(|| "##".to_owned());
        let unknown = model.unk_token.unwrap_or_else(|| "[UNK]".to_owned());
        Self::new(numbers, continuing, &unknown, lowercase, strip)
    }

    /// Reads `vocab.txt`, one piece a line.
    pub(super) fn from_vocabulary(bytes: &[u8], config: Option<&[u8]>) -> Result<Self, Unfit> {
        let text = std::str::from_utf8(bytes).map_err(|_| Unfit::new("vocab.txt is not UTF-8"))?;
        let numbers = text.lines().zip(0..).map(|(line, number)| (line.to_owned(), number)).collect();
        let config = match config {
            Some(bytes) => json::<Config>("tokenizer_config.json", bytes)?,
            None => Config { do_lower_case: None, strip_accents: None },
        };
        let lowercase = config.do_lower_case.unwrap_or(true);
        Self::new(numbers, "##".to_owned(), "[UNK]", lowercase, config.strip_accents)
    }

    fn new(
        numbers: HashMap<String, u32>,
        continuing: String,
        unknown: &str,
        lowercase: bool,
        strip_accents: Option<bool>,
    ) -> Result<Self, Unfit> {
        let find = |piece: &str| {
            numbers.get(piece).copied().ok_or_else(|| Unfit::new(format!("the tokenizer has no {piece}")))
        };
        let (first, last, unknown) = (find("[CLS]")?, find("[SEP]")?, find(unknown)?);
        let strip_accents = strip_accents.unwrap_or(lowercase);
        Ok(Self { numbers, continuing, first, last, unknown, lowercase, strip_accents })
    }

    /// The greatest number of a piece.
    pub(super) fn greatest(&self) -> usize {
        self.numbers.values().max().map_or(0, |number| *number as usize)
    }

    /// The pieces of a text between the marks of its beginning and end, at most so many.
    pub(super) fn read(&self, text: &str, most: usize) -> Vec<u32> {
        let mut pieces = vec![self.first];
        // No text has fewer letters than a tenth of its bytes; what is cut is far behind what is read.
        let end = text.char_indices().nth(most * 20).map_or(text.len(), |(at, _)| at);
        for word in self.words(&text[..end]) {
            if pieces.len() >= most - 1 {
                break;
            }
            self.split(&word, &mut pieces);
        }
        pieces.truncate(most - 1);
        pieces.push(self.last);
        pieces
    }

    /// The words of a text: what stands between spaces, with punctuation and Chinese characters by themselves.
    fn words(&self, text: &str) -> Vec<String> {
        let mut plain = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '\0' | '\u{fffd}' => {}
                '\t' | '\n' | '\r' => plain.push(' '),
                letter if letter.is_control() || is_invisible(letter) => {}
                letter if letter.is_whitespace() => plain.push(' '),
                letter if is_chinese(letter) => plain.extend([' ', letter, ' ']),
                letter => plain.push(letter),
            }
        }
        if self.strip_accents {
            plain = plain.nfd().filter(|letter| !is_combining_mark(*letter)).collect();
        }
        if self.lowercase {
            plain = plain.to_lowercase();
        }
        let mut words = Vec::new();
        for run in plain.split_whitespace() {
            let mut word = String::new();
            for letter in run.chars() {
                if is_punctuation(letter) {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    words.push(letter.to_string());
                } else {
                    word.push(letter);
                }
            }
            if !word.is_empty() {
                words.push(word);
            }
        }
        words
    }

    /// Adds the pieces of a word: the longest that is known, again and again.
    fn split(&self, word: &str, pieces: &mut Vec<u32>) {
        let mut ends: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
        ends.push(word.len());
        let letters = ends.len() - 1;
        if letters > LONGEST {
            return pieces.push(self.unknown);
        }
        let before = pieces.len();
        let mut from = 0;
        let mut piece = String::new();
        while from < letters {
            let found = (from + 1..=letters).rev().find_map(|to| {
                piece.clear();
                if from > 0 {
                    piece.push_str(&self.continuing);
                }
                piece.push_str(&word[ends[from]..ends[to]]);
                self.numbers.get(piece.as_str()).map(|number| (*number, to))
            });
            let Some((number, to)) = found else {
                pieces.truncate(before);
                return pieces.push(self.unknown);
            };
            pieces.push(number);
            from = to;
        }
    }
}

/// Format characters, which BERT leaves out.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

fn is_chinese(letter: char) -> bool {
    matches!(letter,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}' | '\u{2a700}'..='\u{2ebe0}'
        | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

/// What BERT takes for punctuation: every sign of ASCII, and what Unicode calls punctuation in the blocks that have it.
fn is_punctuation(letter: char) -> bool {
    letter.is_ascii_punctuation()
        || matches!(letter,
            '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}' | '\u{37e}' | '\u{387}'
            | '\u{55a}'..='\u{55f}' | '\u{589}' | '\u{5be}' | '\u{60c}' | '\u{61b}' | '\u{61f}' | '\u{66a}'..='\u{66d}'
            | '\u{6d4}' | '\u{964}' | '\u{965}' | '\u{e4f}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
            | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' | '\u{30fb}'
            | '\u{fe30}'..='\u{fe6b}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}' | '\u{ff1b}' | '\u{ff1f}' | '\u{ff20}'
            | '\u{ff3b}'..='\u{ff3d}' | '\u{ff3f}' | '\u{ff5b}' | '\u{ff5d}' | '\u{ff5f}'..='\u{ff65}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_the_longest_known_pieces() {
        let vocabulary = "[CLS]\n[SEP]\n[UNK]\nre\n##fund\n##s\nmy\n!\n退\n款\ncafe\nfund";
        let pieces = Pieces::from_vocabulary(vocabulary.as_bytes(), None).unwrap();
        for (text, expected) in [
            ("My REFUNDS!", &[0, 6, 3, 4, 5, 7, 1][..]),
            ("退款", &[0, 8, 9, 1]),
            ("Café zebra", &[0, 10, 2, 1]),
            ("", &[0, 1]),
            ("fundfund", &[0, 11, 4, 1]),
            ("fundx", &[0, 2, 1]),
        ] {
            assert_eq!(pieces.read(text, 20), expected, "{text}");
        }
        assert_eq!(pieces.read("my my my my", 4), [0, 6, 6, 1]);
        assert!(Pieces::from_vocabulary(b"a\nb", None).is_err());
    }
}
