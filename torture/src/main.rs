//! Torture: the product is killed again and again while customers write and agents answer, and in the end the store
//! must hold what was acknowledged: everything, once, in order, in its place.
#![expect(clippy::print_stdout, reason = "a command line tool speaks to its caller")]

mod agents;
mod bus;
mod carrier;
mod check;
mod crossing;
mod customers;
mod deaths;
mod disk;
mod forget;
mod front;
mod image;
mod knowledge;
mod ledger;
mod node;
mod outage;
mod plan;
mod points;
mod postgres;
mod run;
mod unseal;
mod watch;
mod wire;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use futures_util::StreamExt as _;

use crate::check::Wrong;
use crate::crossing::Delays;
use crate::outage::Outages;
use crate::plan::{Breaks, Plan, Power};
use crate::run::Outcome;

/// Within what time a node sees what another one has acknowledged, by polling alone.
const POLLED: Duration = Duration::from_secs(2);
/// The same, as a rule, when it is called; on a machine that does much else meanwhile.
const CALLED: Duration = Duration::from_millis(300);

/// By how many megabytes a process may grow because of what a provider in trouble answers.
const GROWTH: u64 = 64;
/// What a busy machine adds to what is compared.
const SLACK: Duration = Duration::from_millis(60);

/// Kill the product while it works, and look whether anything is lost.
#[derive(Debug, Parser)]
#[command(name = "torture")]
struct Args {
    /// The program, built with the feature `failpoints`
    #[arg(long)]
    program: PathBuf,
    /// Decides everything that is random
    #[arg(long)]
    seed: Option<u64>,
    /// A hundred thousand deliveries and hundreds of deaths, instead of a few minutes
    #[arg(long)]
    long: bool,
    /// Only runs whose name contains one of these words: sqlite, postgres
    only: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match torture(&Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn torture(args: &Args) -> anyhow::Result<bool> {
    let seed = args.seed.unwrap_or_else(fresh_seed);
    println!("seed {seed}: the same is wanted again with --seed {seed}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let kept = tempfile::Builder::new().prefix("bellhop-torture-").tempdir()?;
    let scratch = kept.path();
    let wanted =
        |plan: &Plan| args.only.is_empty() || args.only.iter().any(|word| plan.name.contains(word.as_str()));
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let (mut runs, mut measuring) = (Vec::new(), Vec::new());
    for plan in plan::plans(seed, args.long).into_iter().filter(wanted) {
        if let Some(missing) = plan.missing() {
            println!("SKIPPED {}: {missing}", plan.name);
            skipped += 1;
            continue;
        }
        let root = &root;
        let kind = if plan.measures { &mut measuring } else { &mut runs };
        kind.push(async move {
            let outcome = run::run(&plan, root, &args.program, scratch).await;
            report(&plan, outcome)
        });
    }
    // They wait most of the time, each for its own dead; side by side that costs nobody anything. Where times are compared
    // it would.
    let at_once = if args.long { 1 } else { runs.len().max(1) };
    let mut good: Vec<bool> = futures_util::stream::iter(runs).buffered(at_once).collect().await;
    for run in measuring {
        good.push(run.await);
    }
    for good in good {
        if good { passed += 1 } else { failed += 1 }
    }
    if failed > 0 {
        println!("what is left of the store and the logs: {}", kept.keep().display());
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed == 0 && passed > 0)
}

/// Prints what happened; true when nothing is wrong.
fn report(plan: &Plan, outcome: anyhow::Result<Outcome>) -> bool {
    println!("--- {}", plan.name);
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            println!("{}: FAILED: {error:#}", plan.name);
            return false;
        }
    };
    let seen = &outcome.seen;
    let died: usize = outcome.died.values().sum();
    let points = outcome.died.values().filter(|count| **count > 0).count();
    println!(
        "deliveries   {} acknowledged in {} attempts; {} came twice, {} late",
        outcome.deliveries, outcome.attempts, outcome.repeated, outcome.delayed
    );
    println!(
        "deaths       {} at {points} of {} fail points, {} from outside, {} pauses; slowest start {} ms",
        died,
        outcome.died.len(),
        outcome.killed,
        outcome.pauses,
        outcome.slowest_start.as_millis()
    );
    println!(
        "looked at    {} messages, {} ordered pairs, {} conversations, {} events ({} on the stream, resumed {} times), {} files",
        seen.acked, seen.ordered, seen.conversations, seen.events, outcome.told, outcome.resumed, seen.files
    );
    println!("taken in     {} tables of articles, {} failed", seen.imports.0, seen.imports.1);
    println!("replies      {} acknowledged, {} uncertain", seen.replies, seen.uncertain);
    println!("forgotten    {} people, {} messages", outcome.erased, seen.gone);
    if let (cuts @ 1.., forgotten, syncs) = outcome.cuts {
        println!("disk         {cuts} power cuts threw {forgotten} changes away; {syncs} syncs");
    }
    print_outages(plan, &outcome.outages);
    if plan.watchers > 1 {
        println!("came back    {} watchers; {}", plan.watchers, outcome.caught_up);
    }
    if plan.power == Power::CutUnsynced {
        let lost = outcome.found.iter().filter(|finding| finding.wrong == Wrong::Lost).count();
        println!("{}: {lost} losses found, and there had to be some", plan.name);
        return lost > 0;
    }
    for point in &outcome.missed {
        println!(
            "not reached  {point}: {} of {} deaths",
            outcome.died.get(point).copied().unwrap_or(0),
            plan.at_each
        );
    }
    for finding in outcome.found.iter().take(40) {
        println!("WRONG        {finding}");
    }
    let unproved = unproved(plan, &outcome);
    for what in &unproved {
        println!("WRONG        {what}");
    }
    let looked_at = [seen.acked, seen.ordered, seen.replies, seen.files, seen.events, seen.gone];
    let enough = looked_at.iter().all(|count| *count > 0);
    if !enough {
        println!("WRONG        too little was looked at");
    }
    let good = outcome.found.is_empty() && outcome.missed.is_empty() && unproved.is_empty() && enough;
    println!(
        "{}: {} in {:.0} s, {} findings",
        plan.name,
        if good { "nothing lost" } else { "FAILED" },
        outcome.took.as_secs_f64(),
        outcome.found.len()
    );
    good
}

fn print_outages(plan: &Plan, outages: &Outages) {
    if outages.count > 0 {
        println!(
            "outages      {}, and {} commits cut; serving again {} ms after the end at the latest; {} lists read meanwhile",
            outages.count,
            outages.commits_cut,
            outages.slowest.as_millis(),
            outages.reads
        );
    }
    if plan.breaks == Breaks::EachWrite {
        println!("struck       {} writes and syncs; {} starts ended at one", outages.struck, outages.starts);
    }
}

/// What else a run has to show.
fn unproved(plan: &Plan, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let (written, failed) = outcome.seen.imports;
    if plan.at_each > 0 && (written + failed == 0 || plan.strict && written == 0) {
        found.push("no table of articles came to its end".to_owned());
    }
    if plan.watchers > 1 {
        let least = plan.watchers;
        if outcome.caught_up.count() < least {
            found.push(format!("only {} watchers came back", outcome.caught_up.count()));
        }
    }
    if plan.breaks == Breaks::EachWrite && outcome.outages.struck < plan.outages {
        found.push("too few writes and syncs were struck".to_owned());
    }
    if let Some((troubled, well)) = &outcome.left {
        println!("in trouble   {troubled}; {} of {} ways met", outcome.outages.struck, plan.outages);
        println!("all is well  {well}; grown by {} MB at most", outcome.outages.grown);
        found.extend(disturbed(plan, outcome.outages.struck, troubled, well));
        if outcome.outages.grown > GROWTH {
            found.push(format!("a process grew by {} MB while it was told nonsense", outcome.outages.grown));
        }
    }
    if let Some((called, alone)) = &outcome.crossed {
        println!("with calls   {called}; {} calls", outcome.outages.calls);
        println!("without      {alone}");
        found.extend(slow(called, alone));
    }
    found
}

/// A provider in trouble is nobody else's.
fn disturbed(plan: &Plan, met: usize, troubled: &Delays, well: &Delays) -> Vec<String> {
    let mut found = Vec::new();
    if troubled.count() < 30 || well.count() < 20 || met < plan.outages / 2 {
        found.push("too little was sent while a provider was in trouble".to_owned());
    }
    if troubled.percentile(50) > well.percentile(50) * 3 / 2 + SLACK {
        found.push("a provider in trouble held up the others".to_owned());
    }
    found
}

/// A node hears of the other's at its next poll, and sooner where it is called.
fn slow(called: &Delays, alone: &Delays) -> Vec<String> {
    let mut found = Vec::new();
    if called.count() < 30 || alone.count() < 30 {
        found.push("too little crossed from node to node".to_owned());
    }
    if alone.percentile(95) > POLLED {
        found.push("without calls it took too long until the other node saw it".to_owned());
    }
    // That there were calls is seen at the lines. How soon they are heard depends on what else the machine does.
    if called.percentile(50) > CALLED.max(alone.percentile(50)) {
        found.push("with calls it is no faster than without".to_owned());
    }
    found
}

/// A seed from the process's id and the clock that only goes forward.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::collections::hash_map::RandomState::new().build_hasher().finish() % 1_000_000_000
}
