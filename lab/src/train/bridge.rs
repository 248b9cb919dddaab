//! The bridge between languages: dictionaries and translated texts become one table of words and English stems.
//!
//! What it is made from stands with its licences in `crates/ai/models/bridge.md`, with the commands that fetch it.

mod align;
mod cedict;
mod cities;
mod cldr;
mod glossary;
mod messages;
mod read;

use std::collections::HashMap;
use std::path::Path;

use ai::bridge::{Bridge, stem_number, word_number};
use anyhow::{Context, Result, bail};

use super::Args;
use crate::corpus::Corpus;
use read::{Reader, english};

/// The languages that it leads from; each also leads to each other, by way of English.
const LANGUAGES: &[&str] = &["zh", "ar", "es", "pt", "fr", "de", "it", "nl", "id", "tr", "ru", "hi"];
/// How many meanings a word keeps.
const MEANINGS: usize = 6;
/// How unlikely a meaning may be.
const UNLIKELY: f32 = 0.1;

/// Words, each with English stems and how likely they are meant.
#[derive(Default)]
struct Lexicon(HashMap<String, HashMap<String, f32>>);

impl Lexicon {
    /// Says that a word may have a meaning; the likelier of what was said holds.
    fn put(&mut self, word: &str, stem: &str, likely: f32) {
        let known = self.0.entry(word.to_owned()).or_default().entry(stem.to_owned()).or_default();
        *known = known.max(likely.min(1.0));
    }

    fn knows(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }
}

/// A text in a language and in English, as words that can be looked up.
type Pair = (Vec<String>, Vec<String>);

/// Makes the bridge from the folder with its sources.
pub(super) fn train(_: &Corpus, args: &Args) -> Result<()> {
    let [source] = args.source.as_slice() else {
        bail!("give the one folder with what it is made from: --source")
    };
    let mut table = Vec::new();
    for language in LANGUAGES {
        let lexicon = lexicon(source, language)?;
        let before = table.len();
        for (word, meanings) in lexicon.0 {
            let mut meanings: Vec<(String, f32)> =
                meanings.into_iter().filter(|one| one.1 >= UNLIKELY).collect();
            meanings.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
            meanings.truncate(MEANINGS);
            if !meanings.is_empty() {
                let numbers =
                    meanings.iter().map(|(stem, likely)| (stem_number(stem), (likely * 255.0) as u8));
                table.push((word_number(language, &word), numbers.collect()));
            }
        }
        println!("  {language}: {} words", table.len() - before);
    }
    let bytes = Bridge::new(table).to_bytes();
    let file = args.out.join("bridge.bin");
    std::fs::write(&file, &bytes).with_context(|| format!("cannot write {}", file.display()))?;
    println!("  {}: {:.2} MB", file.display(), bytes.len() as f64 / 1e6);
    Ok(())
}

fn lexicon(source: &Path, language: &'static str) -> Result<Lexicon> {
    let mut lexicon = if language == "zh" { cedict::read(source)? } else { Lexicon::default() };
    let reader = Reader::new(language, &lexicon);
    let mut pairs = messages::pairs(source, language, &reader)?;
    pairs.extend(cldr::annotations(source, language, &reader)?);
    let names = cldr::names(source, language)?;
    let own = glossary::rows(language)?;
    let mut told = Vec::new();
    for (name, in_english) in names.iter().chain(&own) {
        let pair = (reader.words(name), english(in_english));
        if let [word] = pair.0.as_slice() {
            told.extend(pair.1.iter().map(|stem| (word.clone(), stem.clone())));
        } else if language == "zh" {
            told.extend(pair.1.iter().map(|stem| (read::joined(name), stem.clone())));
        }
        pairs.push(pair.clone());
        pairs.push(pair);
    }
    let aligned = align::align(&pairs);
    let known = if language == "zh" { 0.7 } else { 1.0 };
    for (word, stem, likely) in aligned {
        lexicon.put(&word, &stem, known * likely);
    }
    for (word, stem) in told {
        lexicon.put(&word, &stem, 0.9);
    }
    cities::add(source, language, &mut lexicon)?;
    Ok(lexicon)
}
