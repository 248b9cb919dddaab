//! CLINC150: 150 intents of ten domains, and questions that belong to none.

use anyhow::Result;

use super::{Setting, intents};
use crate::table::Row;

/// Measures on the validation split.
pub(crate) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let read = |file: &str| Ok::<_, anyhow::Error>(intents::examples(&setting.corpus.labelled(file)?));
    let train = read("clinc150/train.tsv")?;
    let about = read("clinc150/val.tsv")?;
    let foreign = read("clinc150/oos_val.tsv")?;
    let meaning = intents::meaning(setting, &[&train, &about, &foreign])?;
    let inside = intents::ask(&train, &about, &*meaning);
    let memory = ai::intent::Memory::default();
    let outside: Vec<_> =
        foreign.iter().map(|one| inside.model.classify_with(&one.text, &memory, &*meaning)).collect();
    let bars = if setting.encoder.is_some() { [96.0, 98.1, 71.0] } else { [94.5, 97.0, 58.0] };
    Ok(vec![
        Row::at_least("accuracy in scope", inside.accuracy(), bars[0], "%"),
        Row::at_least("out of scope, AUROC", intents::auroc(&inside.guesses, &outside), bars[1], "%"),
        Row::at_least(
            "out of scope, recall while 92 % in scope are right",
            intents::recall_outside(&inside, &outside, 92.0),
            bars[2],
            "%",
        ),
        Row::at_most("calibration error", inside.calibration_error(), 3.0, "%"),
        Row::at_most("training 150 × 100", inside.seconds, 5.0, "s"),
        Row::at_most("the model of 150 intents in memory", inside.model.bytes() as f64 / 1e6, 15.0, "MB"),
    ])
}
