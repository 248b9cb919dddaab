//! How well moods are told.

use std::time::Instant;

use ai::language::Language;
use ai::sentiment::{Mood, sentiment};
use anyhow::Result;

use super::Setting;
use super::calibration::error;
use crate::table::Row;

/// Three classes: Indonesian by its model, English by words alone.
pub(crate) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, files, language, bar) in [
        ("Indonesian, SmSA", &["smsa_id/valid.tsv"][..], Language::Id, Some(85.0)),
        ("Indonesian, NusaX", &["nusax/indonesian.valid.tsv"], Language::Id, None),
        ("English, NusaX", &["nusax/english.train.tsv", "nusax/english.valid.tsv"], Language::En, None),
    ] {
        let mut texts = Vec::new();
        for file in files {
            texts.extend(setting.corpus.labelled(file)?);
        }
        let start = Instant::now();
        let mut sure = Vec::new();
        let (mut mild, mut clear) = (0, 0);
        for (text, label) in &texts {
            let said = sentiment(text, Some(language));
            let mood = match said.mood {
                Mood::Negative => "negative",
                Mood::Neutral => "neutral",
                Mood::Positive => "positive",
            };
            sure.push((said.confidence, mood == label));
            if label != "neutral" {
                clear += 1;
                mild += i32::from((said.strength >= 0.0) == (label == "positive"));
            }
        }
        let each = start.elapsed().as_secs_f64() * 1e6 / texts.len().max(1) as f64;
        let right =
            sure.iter().filter(|(_, right)| *right).count() as f64 / texts.len().max(1) as f64 * 100.0;
        rows.push(match bar {
            Some(bar) => Row::at_least(format!("{name}: accuracy"), right, bar, "%"),
            None => Row::plain(format!("{name}: accuracy"), right, "%"),
        });
        rows.push(Row::plain(
            "  of the texts with a mood, right side",
            f64::from(mild) / f64::from(clear) * 100.0,
            "%",
        ));
        rows.push(Row::at_most("  error of calibration", error(&sure) * 100.0, 3.0, "%"));
        rows.push(Row::plain("  time", each, "µs"));
    }
    Ok(rows)
}
