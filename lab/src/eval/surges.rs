//! Surges: series with windows in which something unusual happened, as people marked them.
//!
//! A window is found when an alert falls into it, however many do. Every alert outside of all windows is false; their
//! number is divided by the weeks that all series together last. A series is read once, from its beginning, without
//! anything learned before.

use ai::surge::{Options, Watch};
use anyhow::{Context, Result};
use serde_json::Value;

use super::Setting;
use crate::table::Row;

const SECONDS_A_WEEK: f64 = 604_800.0;

#[derive(Default)]
struct Count {
    windows: usize,
    found: usize,
    alarms: usize,
    weeks: f64,
}

/// Measures on all series that are there.
pub(super) fn measure(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let marked: Value = serde_json::from_str(&setting.corpus.text("nab/combined_windows.json")?)?;
    let mut all = Count::default();
    let mut kinds: Vec<(String, Count)> = Vec::new();
    for (name, windows) in marked.as_object().into_iter().flatten() {
        let Ok(text) = setting.corpus.text(&format!("nab/{name}")) else { continue };
        let kind = name.split('/').next().unwrap_or_default().to_owned();
        if kinds.last().is_none_or(|last| last.0 != kind) {
            kinds.push((kind, Count::default()));
        }
        let windows = windows.as_array().into_iter().flatten().map(window).collect::<Result<Vec<_>>>()?;
        let series = series(&text)?;
        for count in [&mut all].into_iter().chain(kinds.last_mut().map(|last| &mut last.1)) {
            watch(&series, &windows, count);
        }
    }
    let mut rows = Vec::new();
    for (kind, count) in &kinds {
        rows.push(Row::plain(
            format!("{kind}: {} of {} windows", count.found, count.windows),
            share(count),
            "%",
        ));
        rows.push(Row::plain(format!("{kind}: false alerts a week"), count.alarms as f64 / count.weeks, ""));
    }
    rows.push(Row::at_least(
        format!("{} of {} windows", all.found, all.windows),
        share(&all),
        100.0 * 30.0 / 33.0,
        "%",
    ));
    rows.push(Row::at_most("false alerts a week", all.alarms as f64 / all.weeks, 1.0, ""));
    Ok(rows)
}

fn watch(series: &[(i64, f64)], windows: &[(i64, i64)], count: &mut Count) {
    let mut watch = Watch::new(Options::default());
    let alerts: Vec<i64> =
        series.iter().filter_map(|(at, value)| watch.push(*at, *value)).map(|surge| surge.at).collect();
    let inside = |at: &i64, window: &(i64, i64)| (window.0..=window.1).contains(at);
    count.windows += windows.len();
    count.found += windows.iter().filter(|window| alerts.iter().any(|at| inside(at, window))).count();
    count.alarms += alerts.iter().filter(|at| !windows.iter().any(|window| inside(at, window))).count();
    if let (Some(first), Some(last)) = (series.first(), series.last()) {
        count.weeks += (last.0 - first.0) as f64 / SECONDS_A_WEEK;
    }
}

fn share(count: &Count) -> f64 {
    100.0 * count.found as f64 / count.windows.max(1) as f64
}

fn window(window: &Value) -> Result<(i64, i64)> {
    let at = |place: usize| window[place].as_str().context("a window without a time").and_then(seconds);
    Ok((at(0)?, at(1)?))
}

fn series(text: &str) -> Result<Vec<(i64, f64)>> {
    text.lines()
        .skip(1)
        .map(|line| {
            let (at, value) = line.split_once(',').context("a line without a value")?;
            Ok((seconds(at)?, value.trim().parse()?))
        })
        .collect()
}

/// `2014-04-10 07:15:00.000000` in seconds since 1970.
fn seconds(at: &str) -> Result<i64> {
    let numbers: Vec<i64> = at
        .split(['-', ' ', ':', '.'])
        .take(6)
        .map(|part| part.parse::<i64>())
        .collect::<std::result::Result<_, _>>()?;
    let [year, month, day, hour, minute, second] = numbers[..] else { anyhow::bail!("no time: {at}") };
    // Days of the civil calendar, counted in years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Ok(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(seconds("1970-01-01 00:00:00").expect("a time"), 0);
        assert_eq!(seconds("2014-04-10 07:15:00.000000").expect("a time"), 1_397_114_100);
    }
}
