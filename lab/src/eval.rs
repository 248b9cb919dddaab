//! What is measured. A new task is a file in this folder and a line in `TASKS`.

mod answers;
mod banking;
mod calibration;
mod clinc;
mod corpora;
mod cost;
mod intents;
mod language;
mod passages;
mod sentiment;
mod spam;
mod surges;
mod understand;

use std::path::Path;

use anyhow::{Result, bail};

use crate::corpus::Corpus;
use crate::table::{self, Row};

/// What a task is given.
pub(crate) struct Setting<'a> {
    pub(crate) corpus: &'a Corpus,
    /// The folder of the sentence model to switch on.
    pub(crate) encoder: Option<&'a Path>,
}

type Task = fn(&Setting<'_>) -> Result<Vec<Row>>;

/// Every task with its name.
const TASKS: &[(&str, Task)] = &[
    ("clinc", clinc::measure),
    ("passages", passages::measure),
    ("across", passages::across),
    ("banking", banking::measure),
    ("surges", surges::measure),
    ("answers", answers::measure),
    ("small", corpora::small),
    ("service", corpora::service),
    ("languages", corpora::languages),
    ("cost", cost::measure),
    ("language", language::measure),
    ("spam", spam::measure),
    ("sentiment", sentiment::measure),
    ("understand", understand::measure),
];

/// Measures the tasks that are wanted, or all, and prints each as soon as it is done.
pub(crate) fn run(corpus: &Corpus, only: &[String], encoder: Option<&Path>) -> Result<()> {
    let wanted = |name: &str| only.is_empty() || only.iter().any(|word| name.starts_with(word.as_str()));
    let tasks: Vec<_> = TASKS.iter().filter(|(name, _)| wanted(name)).collect();
    if tasks.is_empty() {
        let names: Vec<&str> = TASKS.iter().map(|(name, _)| *name).collect();
        bail!("no task is called so; there are {}", names.join(", "));
    }
    let setting = Setting { corpus, encoder };
    let (mut met, mut missed) = (0, 0);
    for (name, task) in tasks {
        let rows = task(&setting)?;
        table::print(name, &rows);
        let counted = table::count(&rows);
        met += counted.0;
        missed += counted.1;
    }
    println!("\n{met} bars met, {missed} missed");
    Ok(())
}
