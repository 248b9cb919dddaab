//! A list of steps with headings, times and a table at the end.

use crate::count::Count;
use crate::process;
use anyhow::{Result, bail};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Runs steps one after another; a failing one does not keep the next from being run.
#[derive(Default)]
pub(crate) struct Suite {
    only: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    count: Count,
    took: Duration,
    error: Option<String>,
}

impl Suite {
    /// A suite of the steps whose names contain one of `only`, or of all steps when it is empty.
    pub(crate) fn new(only: &[String]) -> Self {
        Self { only: only.to_vec(), rows: Vec::new() }
    }

    /// True when the step is asked for.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }

    /// Runs one step if it is asked for. An error counts as one failed check.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Count>) {
        if !self.wants(name) {
            return;
        }
        process::heading(name);
        let started = Instant::now();
        let (count, error) = match work() {
            Ok(count) => (count, None),
            Err(error) => (Count { failed: 1, ..Count::default() }, Some(format!("{error:#}"))),
        };
        let took = started.elapsed();
        if let Some(error) = &error {
            println!("error: {error}");
        }
        println!("--- {name}: {} in {}", if count.failed == 0 { "ok" } else { "FAILED" }, seconds(took));
        self.rows.push(Row { name, count, took, error });
    }

    /// Prints the table, the reasons of failed steps, and the line of totals as the last line.
    ///
    /// # Errors
    /// When anything failed or nothing was run.
    pub(crate) fn finish(&self) -> Result<()> {
        let (table, total) = self.table();
        print!("{table}");
        println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
        if self.rows.is_empty() {
            bail!("no step matches {}", self.only.join(", "));
        }
        if total.failed > 0 {
            // The last line of output stays the line of totals: the exit code says the rest.
            std::process::exit(1);
        }
        Ok(())
    }

    fn table(&self) -> (String, Count) {
        let mut text = String::from("\n=== counts ===\n");
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(4);
        let _ = writeln!(text, "{:width$}  passed  failed  skipped      time", "step");
        let mut total = Count::default();
        for Row { name, count, took, .. } in &self.rows {
            let Count { passed, failed, skipped, .. } = count;
            let _ =
                writeln!(text, "{name:width$}  {passed:6}  {failed:6}  {skipped:7}  {:>8}", seconds(*took));
            total.add(count);
        }
        for Row { name, count, error, .. } in &self.rows {
            for why in error.iter().chain(&count.why) {
                let _ = writeln!(text, "{name}: {why}");
            }
        }
        (text, total)
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_step_is_counted_and_the_next_runs() {
        let mut suite = Suite::new(&[]);
        suite.step("one", || bail!("cannot reach the moon"));
        suite.step("two", || Ok(Count { passed: 3, skipped: 1, ..Count::default() }));
        let (table, total) = suite.table();
        assert_eq!(total, Count { passed: 3, failed: 1, skipped: 1, ..Count::default() });
        assert!(table.contains("one: cannot reach the moon"), "{table}");
    }

    #[test]
    fn only_named_steps_run() {
        let mut suite = Suite::new(&["web".into()]);
        suite.step("format", || panic!("not asked for"));
        suite.step("web tests", || Ok(Count { passed: 1, ..Count::default() }));
        assert_eq!(suite.rows.len(), 1);
    }
}
