//! CLINC150: 150 intents of ten domains, and questions that belong to none.

use std::time::Instant;

use ai::Features;
use ai::linear::{self, Options};
use anyhow::Result;

use super::Setting;
use crate::table::Row;

/// Measures on the validation split.
pub(crate) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let corpus = setting.corpus;
    let train = corpus.labelled("clinc150/train.tsv")?;
    let val = corpus.labelled("clinc150/val.tsv")?;
    let mut names: Vec<&str> = train.iter().map(|(_, label)| label.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let number = |label: &str| names.binary_search(&label).unwrap_or(usize::MAX);
    let examples: Vec<Features> = train.iter().map(|(text, _)| Features::of(text)).collect();
    let labels: Vec<usize> = train.iter().map(|(_, label)| number(label)).collect();
    let start = Instant::now();
    let options = Options { at_least: 2, ..Options::default() };
    let model = linear::learn(&examples, &labels, names.len(), &options);
    let seconds = start.elapsed().as_secs_f64();
    let mut right = 0;
    for (text, label) in &val {
        let scores = model.scores(&Features::of(text));
        let best = (0..scores.len()).max_by(|one, other| scores[*one].total_cmp(&scores[*other]));
        right += usize::from(best == Some(number(label)));
    }
    let share = 100.0 * right as f64 / val.len() as f64;
    Ok(vec![
        Row::at_least("accuracy in scope, words and pieces alone", share, 92.0, "%"),
        Row::at_most("training 150 × 100", seconds, 5.0, "s"),
        Row::plain("size of the model", model.bytes() as f64 / 1e6, "MB"),
    ])
}
