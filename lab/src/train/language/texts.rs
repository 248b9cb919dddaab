//! The texts that languages are learned from.

use std::collections::HashMap;
use std::path::Path;

use ai::language::{HAN, LATIN, Language};
use anyhow::{Context, Result, bail};

use crate::corpus::{Corpus, tenth};

/// A text with the place of its language in the model.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) class: usize,
    /// Whether it is kept for calibration.
    pub(super) calibrates: bool,
}

/// The texts of both models.
pub(super) struct Texts {
    pub(super) latin: Vec<Text>,
    pub(super) han: Vec<Text>,
}

/// How many texts are made of the words of a language.
const MADE: usize = 60_000;
/// How often a real text counts.
const OFTEN: usize = 10;

/// Collects everything. Of the collected texts two tenths are left to measure with, and one calibrates.
pub(super) fn collect(corpus: &Corpus, source: &Path) -> Result<Texts> {
    let mut texts = Texts { latin: Vec::new(), han: Vec::new() };
    let traditional = traditional(source)?;
    for file in ["sentences", "word-pairs", "single-words"] {
        for (text, label) in corpus.labelled(&format!("lid/{file}.tsv"))? {
            let Some(language) = Language::from_tag(&label) else {
                bail!("lid/{file}.tsv: no language {label}")
            };
            texts.put(&text, language, OFTEN);
        }
    }
    for file in ["smsa_id/train.tsv", "nusax/indonesian.train.tsv"] {
        for (text, _) in corpus.labelled(file)? {
            texts.put(&text, Language::Id, 1);
        }
    }
    for (text, _) in corpus.labelled("nusax/english.train.tsv")? {
        texts.put(&text, Language::En, 1);
    }
    for (file, language) in [
        ("xquad/en.passages.tsv", Language::En),
        ("xquad/es.passages.tsv", Language::Es),
        ("xquad/en.questions.tsv", Language::En),
        ("xquad/es.questions.tsv", Language::Es),
        ("xquad/zh.questions.tsv", Language::ZhHans),
        ("xquad/zh.passages.tsv", Language::ZhHans),
        ("cmrc2018_zh/dev.questions.tsv", Language::ZhHans),
        ("cmrc2018_zh/dev.passages.tsv", Language::ZhHans),
        ("crosswoz_zh/val.tsv", Language::ZhHans),
        ("drcd_zhhant/dev.questions.tsv", Language::ZhHant),
        ("drcd_zhhant/dev.passages.tsv", Language::ZhHant),
    ] {
        for row in corpus.rows(file)? {
            let Some(text) = row.first() else { continue };
            for part in text.split_inclusive(['。', '！', '？', '.', '!', '?']).filter(|part| part.len() > 8)
            {
                texts.put(part, language, 1);
            }
            // What is written in simplified characters can be written in traditional ones.
            if language == Language::ZhHans && file.contains("crosswoz") {
                let written: String =
                    text.chars().map(|letter| traditional.get(&letter).copied().unwrap_or(letter)).collect();
                texts.put(&written, Language::ZhHant, 1);
            }
        }
    }
    let lines: Vec<&str> = include_str!("../../../data/language/hinglish.txt").lines().collect();
    for line in &lines {
        texts.put(line, Language::HiLatn, OFTEN);
    }
    let hinglish = lines.iter().flat_map(|line| line.split(' ')).map(|word| (word.to_owned(), 1.0)).collect();
    let mut words = words(source)?;
    words.push(("hi-Latn".to_owned(), hinglish));
    for (tag, list) in words {
        let Some(language) = Language::from_tag(&tag) else { bail!("words.tsv: no language {tag}") };
        let unspaced = HAN.contains(&language);
        for text in made(&list, unspaced) {
            if language == Language::ZhHans {
                let written: String =
                    text.chars().map(|letter| traditional.get(&letter).copied().unwrap_or(letter)).collect();
                if written != text {
                    texts.put(&written, Language::ZhHant, 1);
                }
            }
            texts.put(&text, language, 1);
        }
    }
    Ok(texts)
}

impl Texts {
    fn put(&mut self, text: &str, language: Language, often: usize) {
        let place = |all: &[Language]| all.iter().position(|one| *one == language);
        let tenth = tenth(text);
        if tenth < 2 {
            return;
        }
        // Kana are proof; the model decides only where there are none.
        if language == Language::Ja && text.chars().any(|letter| matches!(letter, '\u{3041}'..='\u{30ff}')) {
            return;
        }
        let calibrates = tenth == 2 && often > 1;
        let (list, class) = match (place(&LATIN), place(&HAN)) {
            (Some(class), _) => (&mut self.latin, class),
            (None, Some(class)) => (&mut self.han, class),
            (None, None) => return,
        };
        for _ in 0..if calibrates { 1 } else { often } {
            list.push(Text { text: text.to_owned(), class, calibrates });
        }
    }
}

/// Texts of one to six words that follow their frequency, though less than in life, so that rare words are seen.
fn made(words: &[(String, f32)], unspaced: bool) -> Vec<String> {
    let mut sum = 0.0_f64;
    let sums: Vec<f64> = words
        .iter()
        .map(|(_, frequency)| {
            sum += f64::from(*frequency).max(1.0).powf(0.7);
            sum
        })
        .collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut texts = Vec::with_capacity(MADE);
    for number in 0..MADE {
        let length = [1, 2, 2, 2, 2, 3, 4, 6][number % 8];
        let chosen: Vec<&str> = (0..length)
            .map(|_| {
                let at = sums.partition_point(|before| *before < random() * sum);
                words[at.min(words.len() - 1)].0.as_str()
            })
            .collect();
        texts.push(chosen.join(if unspaced { "" } else { " " }));
    }
    texts
}

/// The tag of a language, with its words and their frequency.
type List = (String, Vec<(String, f32)>);

/// The words of each language with their frequency.
fn words(source: &Path) -> Result<Vec<List>> {
    let mut lists: Vec<List> = Vec::new();
    for line in read(source, "words.tsv")?.lines() {
        let mut columns = line.split('\t');
        let (Some(language), Some(word), Some(frequency)) = (columns.next(), columns.next(), columns.next())
        else {
            bail!("words.tsv: {line:?} has not three columns")
        };
        let frequency = frequency.parse().with_context(|| format!("words.tsv: {line:?}"))?;
        match lists.last_mut() {
            Some((last, list)) if last == language => list.push((word.to_owned(), frequency)),
            _ => lists.push((language.to_owned(), vec![(word.to_owned(), frequency)])),
        }
    }
    Ok(lists)
}

/// The traditional form of characters that have one.
fn traditional(source: &Path) -> Result<HashMap<char, char>> {
    let text = read(source, "STCharacters.txt")?;
    let rows = text.lines().filter_map(|line| {
        let (simple, forms) = line.split_once('\t')?;
        Some((simple.chars().next()?, forms.chars().next()?))
    });
    Ok(rows.collect())
}

fn read(source: &Path, name: &str) -> Result<String> {
    let file = source.join(name);
    std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}
