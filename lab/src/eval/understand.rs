//! How long everything takes.

use std::time::Instant;

use ai::{Context, understand};
use anyhow::{Context as _, Result};

use super::Setting;
use crate::table::Row;

/// The whole understanding of messages of several languages and kinds.
pub(crate) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut texts = Vec::new();
    for file in
        ["banking77/valid.tsv", "sms_spam/valid.tsv", "crosswoz_zh/val.tsv", "nusax/english.valid.tsv"]
    {
        texts.extend(setting.corpus.labelled(file)?.into_iter().take(500));
    }
    let today = jiff::civil::Date::new(2026, 3, 4).context("no such day")?;
    let context = Context { habit: None, today, patterns: None };
    // What is read at first use is read before.
    std::hint::black_box(understand("a@example.com 北京市朝阳区 1", &context));
    let mut times: Vec<f64> = texts
        .iter()
        .map(|(text, _)| {
            // The best of three: others work on the machine as well.
            let time = |_| {
                let start = Instant::now();
                std::hint::black_box(understand(text, &context));
                start.elapsed().as_secs_f64() * 1e6
            };
            (0..3).map(time).fold(f64::INFINITY, f64::min)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[(times.len() as f64 * part) as usize];
    Ok(vec![
        Row::at_most("whole understanding without intents: p50", at(0.5), 100.0, "µs"),
        Row::at_most("p99", at(0.99), 1000.0, "µs"),
    ])
}
