//! BANKING77: 77 intents of a bank that lie close together, with many examples and with few.

use std::collections::HashSet;

use anyhow::Result;

use super::{Setting, intents};
use crate::table::Row;

/// Measures on the validation split, which is a part of the training split and is left out of it.
pub(crate) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let read = |name: &str| setting.corpus.labelled(&format!("banking77/{name}.tsv"));
    let valid = read("valid")?;
    let plain = |text: &str| text.trim().to_lowercase();
    let held_out: HashSet<String> = valid.iter().map(|(text, _)| plain(text)).collect();
    let mut full = read("train")?;
    full.retain(|(text, _)| !held_out.contains(&plain(text)));
    let about = intents::examples(&valid);
    let [full, ten, five] =
        [full, read("train_10")?, read("train_5")?].map(|pairs| intents::examples(&pairs));
    let meaning = intents::meaning(setting, &[&about, &full, &ten, &five])?;
    let bars = if setting.encoder.is_some() { [93.8, 86.4, 80.7] } else { [92.8, 80.0, 70.0] };
    let mut rows = Vec::new();
    for (name, examples, bar) in
        [("full", full, bars[0]), ("10 examples", ten, bars[1]), ("5 examples", five, bars[2])]
    {
        let answers = intents::ask(&examples, &about, &*meaning);
        rows.push(Row::at_least(format!("accuracy, {name}"), answers.accuracy(), bar, "%"));
        rows.push(Row::at_most(format!("calibration error, {name}"), answers.calibration_error(), 3.0, "%"));
        rows.push(match name {
            "10 examples" => Row::at_most("training 77 × 10", answers.seconds, 0.1, "s"),
            _ => Row::plain(format!("training, {name}"), answers.seconds, "s"),
        });
    }
    Ok(rows)
}
