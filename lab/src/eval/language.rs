//! How well languages are told apart, on the tenths that the tables were not learned from.

use std::time::Instant;

use ai::language::{Language, identify};
use anyhow::Result;

use super::Setting;
use super::calibration::error;
use crate::corpus::tenth;
use crate::table::Row;

const LATIN: &[u8] = include_bytes!("../../../crates/ai/models/language/latin.bin");
const HAN: &[u8] = include_bytes!("../../../crates/ai/models/language/han.bin");

/// Sentences, pairs of words, words; simplified against traditional; time and size.
pub(crate) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut sure = Vec::new();
    let mut sentences = Vec::new();
    for (file, name, bar) in [
        ("sentences", "sentences, 18 languages", Some(97.5)),
        ("word-pairs", "two words, 18 languages", Some(92.0)),
        ("single-words", "one word, 18 languages", None),
    ] {
        let texts = setting.corpus.labelled(&format!("lid/{file}.tsv"))?;
        let held: Vec<_> = texts.into_iter().filter(|(text, _)| tenth(text) < 2).collect();
        let mut right = 0;
        let mut confused = std::collections::BTreeMap::new();
        for (text, label) in &held {
            let guess = identify(text, None);
            let tag = guess.map_or("", |guess| guess.language.tag());
            // The collection has no scripts.
            let is_right = tag.split('-').next() == Some(label.as_str()) && tag != "hi-Latn";
            right += usize::from(is_right);
            sure.push((guess.map_or(0.0, |guess| guess.confidence), is_right));
            if !is_right {
                *confused.entry(format!("{label}→{tag}")).or_insert(0) += 1;
            }
        }
        let figure = right as f64 / held.len().max(1) as f64 * 100.0;
        rows.push(match bar {
            Some(bar) => Row::at_least(name, figure, bar, "%"),
            None => Row::plain(name, figure, "%"),
        });
        let mut confused: Vec<(String, usize)> = confused.into_iter().collect();
        confused.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for (pair, count) in confused.iter().take(5) {
            rows.push(Row::plain(format!("  of {} mistaken {pair}", held.len()), *count as f64, ""));
        }
        if file == "sentences" {
            sentences = held;
        }
    }
    let (mut right, mut all) = (0, 0);
    for (file, expected) in [
        ("cmrc2018_zh/dev.questions.tsv", Language::ZhHans),
        ("crosswoz_zh/val.tsv", Language::ZhHans),
        ("drcd_zhhant/dev.questions.tsv", Language::ZhHant),
    ] {
        for (text, _) in setting.corpus.labelled(file)?.iter().filter(|(text, _)| tenth(text) < 2) {
            let guess = identify(text, None);
            right += usize::from(guess.is_some_and(|guess| guess.language == expected));
            all += 1;
        }
    }
    rows.push(Row::at_least(
        "simplified against traditional",
        right as f64 / f64::from(all) * 100.0,
        99.5,
        "%",
    ));
    rows.extend(chat(setting)?);
    rows.push(Row::at_most("error of calibration", error(&sure) * 100.0, 3.0, "%"));
    // The best of some times for each sentence: others work on the machine as well.
    let mut sum = 0.0;
    for (text, _) in &sentences {
        let times = (0..10).map(|_| {
            let start = Instant::now();
            std::hint::black_box(identify(text, None));
            start.elapsed().as_secs_f64()
        });
        sum += times.fold(f64::INFINITY, f64::min);
    }
    let each = sum * 1e6 / sentences.len().max(1) as f64;
    rows.push(Row::at_most("time of a sentence", each, 15.0, "µs"));
    rows.push(Row::at_most("size", (LATIN.len() + HAN.len()) as f64 / 1e6, 3.0, "MB"));
    Ok(rows)
}

/// Short orders to an assistant, none of which the tables were learned from.
fn chat(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for label in ["ar", "de", "en", "id", "it", "ja", "nl", "tr", "zh"] {
        let texts = setting.corpus.labelled(&format!("xsid/{label}.valid.tsv"))?;
        let tag = |text: &str| identify(text, None).map_or("", |guess| guess.language.tag());
        let right = texts.iter().filter(|(text, _)| tag(text).split('-').next() == Some(label)).count();
        let figure = right as f64 / texts.len().max(1) as f64 * 100.0;
        rows.push(Row::plain(format!("short orders, {label}"), figure, "%"));
    }
    Ok(rows)
}
