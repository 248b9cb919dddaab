//! What the operations of the hot path cost in instructions, counted by callgrind over `bench/examples`, and the
//! gate that keeps them from growing unseen. Unlike times, counts are the same on a busy machine.

use crate::count::Count;
use crate::{Outcome, process, run, tool};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Where the accepted counts are kept.
const BASELINE: &str = "bench/instructions.json";

/// By how many parts of a hundred a newly accepted count may differ.
const TOLERANCE: f64 = 2.0;

/// Phases of the drivers that are nobody's operation.
const UNCOUNTED: &[&str] = &["setting up", "warm-up"];

/// Arguments of `instructions`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Make the present counts the ones to compare with
    #[arg(long)]
    accept: bool,
    /// Count a build of this profile and only print; the gate knows `serve` alone
    #[arg(long)]
    profile: Option<String>,
}

/// The accepted counts.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    /// By how many parts of a hundred a count may differ.
    tolerance_percent: f64,
    /// The compiler that they belong to: another one makes other code.
    rustc: String,
    /// Instructions of one operation.
    operations: BTreeMap<String, u64>,
}

/// `cargo xtask instructions`.
///
/// # Errors
/// When the drivers cannot be built or counted, or a count has left its tolerance.
pub(crate) fn command(root: &Path, args: &Args) -> Outcome {
    if let Some(profile) = &args.profile {
        print(&count(root, profile)?, None);
        return Ok(());
    }
    if args.accept {
        return accept(root);
    }
    let found = check(root)?;
    if found.failed > 0 {
        bail!("{} operations cost more or less than accepted", found.failed);
    }
    Ok(())
}

/// Compares the counts with the accepted ones.
///
/// # Errors
/// When the drivers cannot be built or counted.
pub(crate) fn check(root: &Path) -> Result<Count> {
    let baseline = read(root)?;
    let present = rustc(root)?;
    if baseline.rustc != present {
        println!(
            "SKIPPED: the accepted counts are of {}, this is {present}; `cargo xtask instructions --accept` on \
             the commit that they belong to, then compare",
            baseline.rustc
        );
        return Ok(Count { skipped: 1, ..Count::default() });
    }
    let counts = count(root, run::PROFILE)?;
    print(&counts, Some(&baseline));
    let mut result = Count::default();
    for (name, difference) in compare(&baseline, &counts) {
        match difference {
            Ok(()) => result.passed += 1,
            Err(why) => {
                result.failed += 1;
                result.why.push(format!("{name}: {why}"));
            }
        }
    }
    if result.failed > 0 {
        println!(
            "{}\nIf that is meant, `cargo xtask instructions --accept` and say in the commit what it buys; `callgrind_annotate \
             target/instructions/out.*` shows where instructions go.",
            result.why.join("\n")
        );
    }
    Ok(result)
}

fn accept(root: &Path) -> Outcome {
    let operations = count(root, run::PROFILE)?;
    print(&operations, read(root).ok().as_ref());
    let baseline = Baseline { tolerance_percent: TOLERANCE, rustc: rustc(root)?, operations };
    let text = serde_json::to_string_pretty(&baseline)?;
    std::fs::write(root.join(BASELINE), text + "\n").with_context(|| format!("cannot write {BASELINE}"))?;
    println!("accepted in {BASELINE}");
    Ok(())
}

fn read(root: &Path) -> Result<Baseline> {
    let text = std::fs::read_to_string(root.join(BASELINE))
        .with_context(|| format!("cannot read {BASELINE}; `cargo xtask instructions --accept` writes it"))?;
    serde_json::from_str(&text).with_context(|| format!("{BASELINE} is not what it should be"))
}

/// The compiler's version, without its day.
fn rustc(root: &Path) -> Result<String> {
    let said = process::read(&mut process::command(root, "rustc", &["--version"]))?;
    Ok(said.split(" (").next().unwrap_or(&said).trim().to_owned())
}

/// Every accepted operation with whether its count still holds, and every new one.
fn compare(baseline: &Baseline, counts: &BTreeMap<String, u64>) -> Vec<(String, Result<(), String>)> {
    let mut all = Vec::new();
    for (name, accepted) in &baseline.operations {
        let outcome = match counts.get(name) {
            None => Err("accepted once, but no driver counts it".to_owned()),
            Some(count) => {
                let percent = (*count as f64 / (*accepted).max(1) as f64 - 1.0) * 100.0;
                if percent.abs() <= baseline.tolerance_percent {
                    Ok(())
                } else {
                    Err(format!(
                        "{count} instructions instead of {accepted}: {percent:+.1} %, allowed is {} %",
                        baseline.tolerance_percent
                    ))
                }
            }
        };
        all.push((name.clone(), outcome));
    }
    let new = counts.keys().filter(|name| !baseline.operations.contains_key(*name));
    all.extend(new.map(|name| (name.clone(), Err("not accepted yet".to_owned()))));
    all
}

/// Builds the drivers, runs them under callgrind, and returns the instructions of one operation of each kind: the
/// least of its rounds, because a round may also hold what the store's own threads happen to do at that moment (a
/// checkpoint, a read that sixteen sockets do not share).
fn count(root: &Path, profile: &str) -> Result<BTreeMap<String, u64>> {
    let valgrind = tool::VALGRIND.need()?;
    // What is compiled in pieces, to be quick the next time, costs more instructions than what is compiled at once.
    let whole = format!("profile.{profile}.incremental=false");
    let args = ["--package", "bench", "--example", "instructions", "--profile", profile, "--config", &whole];
    let drivers = run::product(root, &args).context("cargo built no drivers")?;
    let folder = root.join("target/instructions");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let out = folder.join("out");
    let out_file = format!("--callgrind-out-file={}", out.display());
    let mut command = process::command(
        root,
        &valgrind.to_string_lossy(),
        &["--tool=callgrind", "--dump-before=*instructions::mark*", "--dump-line=no", &out_file],
    );
    let phases = process::read(command.arg(&drivers))?;
    let mut least: BTreeMap<String, u64> = BTreeMap::new();
    for (place, line) in phases.lines().enumerate() {
        let (name, operations) = line.split_once('\t').context("the drivers printed something else")?;
        if UNCOUNTED.contains(&name) {
            continue;
        }
        // The counts up to a mark are in the file with the mark's number.
        let file = format!("{}.{}", out.display(), place + 1);
        let text = std::fs::read_to_string(&file).with_context(|| format!("callgrind wrote no {file}"))?;
        let operations: u64 = operations.trim().parse().context("a number of operations")?;
        let one = total(&text).with_context(|| format!("no total in {file}"))? / operations.max(1);
        least.entry(name.to_owned()).and_modify(|least| *least = one.min(*least)).or_insert(one);
    }
    if least.is_empty() {
        bail!("the drivers counted nothing");
    }
    Ok(least)
}

/// The instructions in one of callgrind's files.
fn total(text: &str) -> Option<u64> {
    let after = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    after("totals:").or_else(|| after("summary:"))?.split_whitespace().next()?.parse().ok()
}

fn print(counts: &BTreeMap<String, u64>, baseline: Option<&Baseline>) {
    println!("{:32} {:>12}", "instructions of one operation", "");
    for (name, count) in counts {
        let accepted = baseline.and_then(|baseline| baseline.operations.get(name));
        let change = accepted.map_or_else(String::new, |accepted| {
            format!("{:+.2} %", (*count as f64 / (*accepted).max(1) as f64 - 1.0) * 100.0)
        });
        println!("{name:32} {count:>12}  {change}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: &[(&str, u64)]) -> BTreeMap<String, u64> {
        all.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn a_count_that_leaves_its_tolerance_is_a_failure_either_way() {
        let baseline = Baseline {
            tolerance_percent: 2.0,
            rustc: String::new(),
            operations: counts(&[("same", 100_000), ("more", 100_000), ("less", 100_000), ("gone", 1)]),
        };
        let now = counts(&[("same", 101_900), ("more", 102_100), ("less", 97_000), ("new", 5)]);
        let failed: Vec<String> = compare(&baseline, &now)
            .into_iter()
            .filter(|(_, outcome)| outcome.is_err())
            .map(|(name, _)| name)
            .collect();
        assert_eq!(failed, ["gone", "less", "more", "new"]);
    }

    #[test]
    fn the_total_of_a_file_is_found() {
        assert_eq!(total("events: Ir\nsummary: 12\nfn=a\n1 12\ntotals: 1234\n"), Some(1234));
        assert_eq!(total("events: Ir\nsummary: 12\n"), Some(12));
        assert_eq!(total("events: Ir\n"), None);
    }
}
