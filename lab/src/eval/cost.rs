//! What it costs on one core to read a message and to find its intent among a hundred.

use std::hint::black_box;
use std::time::{Duration, Instant};

use ai::intent::{Memory, train};
use ai::{Features, Representation};
use anyhow::Result;

use super::{Setting, intents};
use crate::table::Row;

/// Measures with a hundred of CLINC150's intents.
pub(crate) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut examples = intents::examples(&setting.corpus.labelled("clinc150/train.tsv")?);
    let mut names: Vec<_> = examples.iter().filter_map(|one| one.intent.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(100);
    examples.retain(|one| one.intent.as_ref().is_some_and(|name| names.binary_search(name).is_ok()));
    let model = train(&examples, Representation::shipped());
    let texts: Vec<String> =
        setting.corpus.labelled("clinc150/val.tsv")?.into_iter().map(|(text, _)| text).collect();
    let table = Representation::shipped();
    let mut memory = Memory::default();
    let start = Instant::now();
    for text in texts.iter().take(100) {
        memory.correct(text, Some(&names[0]));
    }
    let correction = start.elapsed() / 100;
    let read = times(&texts, |text| drop(black_box(Features::of(text))));
    let directed = times(&texts, |text| drop(black_box(table.of(&Features::of(text)))));
    let none = Memory::default();
    let guessed = times(&texts, |text| drop(black_box(model.classify(text, &none))));
    let remembered = times(&texts, |text| drop(black_box(model.classify(text, &memory))));
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    Ok(vec![
        Row::plain("features of a message, p50", micros(read.0), "µs"),
        Row::plain("and its direction, p50", micros(directed.0), "µs"),
        Row::at_most("and its intent, p50", micros(guessed.0), 100.0, "µs"),
        Row::at_most("and its intent, p99", micros(guessed.1), 1000.0, "µs"),
        Row::at_most("and its intent with 100 corrections, p50", micros(remembered.0), 100.0, "µs"),
        Row::at_most("a correction", correction.as_secs_f64() * 1e3, 50.0, "ms"),
        Row::at_most("model of 100 intents × 100 examples", model.bytes() as f64 / 1e6, 15.0, "MB"),
        Row::plain("the same as stored", model.to_bytes().len() as f64 / 1e6, "MB"),
        Row::plain("table of directions", table.bytes() as f64 / 1e6, "MB"),
    ])
}

/// The middle of the times of a task, and the time that only one in a hundred exceeds.
fn times(texts: &[String], task: impl Fn(&str)) -> (Duration, Duration) {
    let mut times: Vec<Duration> = texts
        .iter()
        .map(|text| {
            // The least of three: what others do on the machine is not what the task costs.
            let once = |_| {
                let start = Instant::now();
                task(text);
                start.elapsed()
            };
            (0..3).map(once).min().unwrap_or_default()
        })
        .collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}
