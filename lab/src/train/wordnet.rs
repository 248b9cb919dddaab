//! The words of WordNet and the sentences that it gives as examples (Debian package `wordnet-base`).

use std::path::Path;

use anyhow::{Context, Result};

/// How many of its sentences are taken, and how many of its words.
const SENTENCES: usize = 12_000;
const WORDS: usize = 25_000;

/// Words and sentences from the folder that holds `data.noun` and its like. The same folder gives the same texts.
pub(crate) fn texts(folder: &Path) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut sentences = Vec::new();
    for kind in ["noun", "verb", "adj", "adv"] {
        let path = folder.join(format!("data.{kind}"));
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for line in text.lines().filter(|line| !line.starts_with("  ")) {
            let Some((head, gloss)) = line.split_once('|') else { continue };
            let quoted = gloss.split('"').skip(1).step_by(2);
            sentences.extend(quoted.filter(|text| text.len() > 15).map(str::to_owned));
            let fields: Vec<&str> = head.split(' ').collect();
            let count = fields.get(3).and_then(|count| usize::from_str_radix(count, 16).ok()).unwrap_or(0);
            let named = fields.iter().skip(4).step_by(2).take(count);
            words.extend(named.filter(|word| is_plain(word)).map(|word| (*word).to_owned()));
        }
    }
    words.sort_unstable();
    words.dedup();
    // The frequent words are those of examples; the order is otherwise that of chance.
    let mut random = ai::random::Random::new(3);
    random.shuffle(&mut sentences);
    random.shuffle(&mut words);
    let used: std::collections::HashSet<String> =
        sentences.iter().flat_map(|text| ai::words(text)).map(|word| word.key).collect();
    words.sort_by_key(|word| !used.contains(word));
    sentences.truncate(SENTENCES);
    words.truncate(WORDS);
    sentences.extend(words);
    Ok(sentences)
}

fn is_plain(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}
