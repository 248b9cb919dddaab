//! Tables of hashed pieces of words with a weight for each language.

use super::script::is_address;
use crate::bytes::{Broken, Reader, Writer};

/// The beginning of a stored table.
const MARK: u32 = 0x424c_4c31;
/// The columns of a row: as many as the model with the most languages needs, and a power of two.
const WIDTH: usize = 16;
/// The most letters of a text, or of one run without spaces, that are looked at.
pub(super) const LETTERS: usize = 400;
/// The longest piece of a word, in letters and boundaries.
const LONGEST: usize = 4;
/// The most letters a word has.
const WORD: usize = 40;

/// A learned table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    classes: usize,
    /// What a step of the rows is worth.
    step: f32,
    /// How much sharper or softer the scores are made so that they are probabilities.
    sharpness: f32,
    bias: Vec<f32>,
    /// Rows of `WIDTH`.
    rows: Vec<[i8; WIDTH]>,
}

impl Table {
    /// Packs learned weights: for each row as many weights as there are classes.
    ///
    /// # Errors
    /// When the numbers do not fit each other.
    pub fn pack(weights: &[Vec<f32>], bias: &[f32], sharpness: f32) -> Result<Self, Broken> {
        let classes = bias.len();
        if classes > WIDTH || weights.is_empty() || weights.iter().any(|row| row.len() != classes) {
            return Err(Broken);
        }
        let most = weights.iter().flatten().fold(0.0_f32, |most, weight| most.max(weight.abs()));
        // Few weights are large, and small ones matter: the largest are cut.
        let step = (most / 127.0).clamp(f32::MIN_POSITIVE, 0.05);
        let rows = weights
            .iter()
            .map(|row| {
                let mut packed = [0_i8; WIDTH];
                for (place, weight) in packed.iter_mut().zip(row) {
                    *place = (weight / step).round().clamp(-127.0, 127.0) as i8;
                }
                packed
            })
            .collect();
        Ok(Self { classes, step, sharpness, bias: bias.to_vec(), rows })
    }

    /// The score of each language for the pieces that the function gives, as logarithms of odds; nothing when there
    /// is no piece.
    pub(super) fn scores(&self, grams: impl FnOnce(&mut Sum<'_>)) -> Option<[f32; WIDTH]> {
        let mut sum = Sum { rows: &self.rows, sums: [0; WIDTH], near: [0; WIDTH], count: 0 };
        grams(&mut sum);
        sum.settle();
        if sum.count == 0 {
            return None;
        }
        let factor = self.step / (sum.count as f32).sqrt();
        let mut scores = [f32::NEG_INFINITY; WIDTH];
        for (class, bias) in self.bias.iter().enumerate() {
            scores[class] = (sum.sums[class] as f32 * factor + bias) * self.sharpness;
        }
        Some(scores)
    }

    /// The table as it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(MARK);
        out.floats(&self.bias);
        out.floats(&[self.step, self.sharpness]);
        let kept: Vec<i8> = self.rows.iter().flat_map(|row| &row[..self.classes]).copied().collect();
        out.steps(&kept);
        out.done()
    }

    /// Reads a stored table.
    ///
    /// # Errors
    /// When the bytes are not those of a table.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Broken> {
        let mut input = Reader::new(bytes);
        input.expect(MARK)?;
        let bias = input.floats()?;
        let [step, sharpness] = input.floats()?[..] else { return Err(Broken) };
        let kept = input.steps()?;
        input.end()?;
        let classes = bias.len();
        if classes == 0 || classes > WIDTH || kept.is_empty() || kept.len() % classes != 0 {
            return Err(Broken);
        }
        let rows = kept
            .chunks_exact(classes)
            .map(|weights| {
                let mut row = [0; WIDTH];
                row[..classes].copy_from_slice(weights);
                row
            })
            .collect();
        Ok(Self { classes, step, sharpness, bias, rows })
    }
}

/// Takes the pieces of a text.
pub trait Pieces {
    /// Takes one.
    fn add(&mut self, piece: u32);
}

impl Pieces for Vec<u32> {
    fn add(&mut self, piece: u32) {
        self.push(piece);
    }
}

/// The rows of a text's pieces, added up.
pub(super) struct Sum<'a> {
    rows: &'a [[i8; WIDTH]],
    sums: [i32; WIDTH],
    /// What was added since it was last settled: small numbers are added faster.
    near: [i16; WIDTH],
    count: u32,
}

impl Sum<'_> {
    fn settle(&mut self) {
        for (sum, near) in self.sums.iter_mut().zip(&mut self.near) {
            *sum += i32::from(std::mem::take(near));
        }
    }
}

impl Pieces for Sum<'_> {
    fn add(&mut self, piece: u32) {
        self.count += 1;
        for (near, weight) in self.near.iter_mut().zip(&self.rows[row_of(piece, self.rows.len())]) {
            *near += i16::from(*weight);
        }
        // 256 times the largest weight is what still fits.
        if self.count.is_multiple_of(256) {
            self.settle();
        }
    }
}

/// The row of a piece in a table of so many.
#[must_use]
pub fn row_of(piece: u32, rows: usize) -> usize {
    ((u64::from(piece) * rows as u64) >> 32) as usize
}

/// Scores as parts of one.
pub(super) fn softmax(scores: &[f32]) -> Vec<f32> {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
    let sum: f32 = raised.iter().sum();
    raised.into_iter().map(|value| value / sum).collect()
}

/// Whether a letter is of the Latin script.
fn latin_letters(letter: char) -> bool {
    matches!(letter, 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}')
        && !matches!(letter, '×' | '÷')
}

/// The pieces of the words in Latin letters: one to four letters with the boundaries, and the word.
pub fn grams(text: &str, add: &mut impl Pieces) {
    let mut word = [' '; WORD + 2];
    let mut left = LETTERS;
    for token in text.split_whitespace() {
        if is_address(token) {
            continue;
        }
        let mut length = 0;
        for letter in token.chars() {
            if latin_letters(letter) && length < WORD {
                length += 1;
                word[length] = small(letter);
            } else if length > 0 {
                of_word(&mut word, length, add);
                left = left.saturating_sub(length);
                length = 0;
            }
            if left == 0 {
                return;
            }
        }
        if length > 0 {
            of_word(&mut word, length, add);
            left = left.saturating_sub(length);
        }
    }
}

fn of_word(word: &mut [char; WORD + 2], length: usize, add: &mut impl Pieces) {
    word[length + 1] = ' ';
    let letters = &word[..length + 2];
    for from in 0..letters.len() {
        let mut state = SEED;
        for (place, letter) in letters[from..].iter().take(LONGEST).enumerate() {
            state = step(state, *letter);
            // A boundary alone says nothing.
            if place > 0 || *letter != ' ' {
                add.add(finish(state));
            }
        }
    }
    if length + 2 > LONGEST {
        add.add(finish(letters.iter().fold(!SEED, |state, letter| step(state, *letter))));
    }
}

/// The Chinese characters of a text, alone and with the next one.
pub fn han_grams(text: &str, add: &mut impl Pieces) {
    let mut before = None;
    for letter in text.chars().take(LETTERS) {
        let is_han = matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}' | '々');
        if !is_han {
            before = None;
            continue;
        }
        add.add(finish(step(SEED, letter)));
        if let Some(before) = before {
            add.add(finish(step(step(SEED, before), letter)));
        }
        before = Some(letter);
    }
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a over whole letters. Stored tables know pieces by it: it must stay as it is.
fn step(state: u64, letter: char) -> u64 {
    (state ^ u64::from(letter)).wrapping_mul(0x0100_0000_01b3)
}

fn finish(state: u64) -> u32 {
    ((state ^ (state >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

fn small(letter: char) -> char {
    if letter.is_ascii() {
        letter.to_ascii_lowercase()
    } else {
        letter.to_lowercase().next().unwrap_or(letter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_table_is_stored_and_read_again() {
        let table = Table::pack(&[vec![1.0, -1.0], vec![0.0, 2.0]], &[0.1, 0.2], 1.5).unwrap();
        let bytes = table.to_bytes();
        assert_eq!(Table::from_bytes(&bytes), Ok(table));
        for cut in [0, 4, 12, bytes.len() - 1] {
            assert_eq!(Table::from_bytes(&bytes[..cut]), Err(Broken), "{cut}");
        }
        assert_eq!(Table::pack(&[vec![1.0, 2.0]], &[0.0], 1.0), Err(Broken));
    }

    #[test]
    fn capitals_and_addresses_do_not_matter() {
        let of = |text: &str| {
            let mut all = Vec::new();
            grams(text, &mut all);
            all
        };
        assert_eq!(of("Ola MUNDO"), of("ola mundo https://example.com/hello me@example.com"));
        assert_ne!(of("ola"), of("olá"));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC*") {
            let mut all = Vec::new();
            grams(&text, &mut all);
            han_grams(&text, &mut all);
            prop_assert!(all.len() < 10 * LETTERS);
        }
    }
}
