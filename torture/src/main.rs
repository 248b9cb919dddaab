//! Torture: the product is killed again and again while customers write and agents answer, and in the end the store
//! must hold what was acknowledged: everything, once, in order, in its place.
#![expect(clippy::print_stdout, reason = "a command line tool speaks to its caller")]

mod agents;
mod carrier;
mod check;
mod customers;
mod disk;
mod forget;
mod image;
mod ledger;
mod node;
mod outage;
mod points;
mod postgres;
mod run;
mod unseal;
mod wire;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::check::Wrong;
use crate::customers::Load;
use crate::disk::mount::Mounted;
use crate::postgres::Postgres;
use crate::run::{Outcome, Plan, Power};

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
    let mut runs = Vec::new();
    for plan in plans(seed, args.long).into_iter().filter(wanted) {
        if let Some(missing) = missing(&plan) {
            println!("SKIPPED {}: {missing}", plan.name);
            skipped += 1;
            continue;
        }
        let root = &root;
        // They wait most of the time, each for its own dead; side by side that costs nobody anything.
        runs.push(async move {
            let outcome = run::run(&plan, root, &args.program, scratch).await;
            report(&plan, outcome)
        });
    }
    let good = if args.long {
        let mut good = Vec::new();
        for run in runs {
            good.push(run.await);
        }
        good
    } else {
        futures_util::future::join_all(runs).await
    };
    for good in good {
        if good { passed += 1 } else { failed += 1 }
    }
    if failed > 0 {
        println!("what is left of the store and the logs: {}", kept.keep().display());
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed == 0 && passed > 0)
}

/// What this machine lacks for a run.
fn missing(plan: &Plan) -> Option<&'static str> {
    if plan.postgres && !Postgres::is_installed() {
        return Some("PostgreSQL is not installed");
    }
    if (plan.power != Power::Stays || plan.outages > 0 && !plan.postgres) && !Mounted::is_possible() {
        return Some("/dev/fuse is missing, so no disk can be made to forget");
    }
    None
}

fn plans(seed: u64, long: bool) -> Vec<Plan> {
    let plan = |name, postgres| Plan {
        name,
        postgres,
        seed,
        deliveries: if long { 100_000 } else { 1_500 },
        load: Load { customers: if long { 500 } else { 60 }, rate: if long { 300 } else { 40 } },
        numbers: 6,
        at_each: if long { 5 } else { 1 },
        share: if long || !postgres { 100 } else { 40 },
        tries: if long { 6 } else { 1 },
        strict: long,
        at_random: if long { 100 } else { 8 },
        pauses: if long { 5 } else { 1 },
        power: Power::Stays,
        outages: 0,
    };
    let power = Plan {
        deliveries: if long { 20_000 } else { 500 },
        at_each: 0,
        at_random: if long { 100 } else { 8 },
        power: Power::Cut,
        ..plan("power", false)
    };
    let unsynced =
        Plan { name: "unsynced", deliveries: 200, at_random: 3, power: Power::CutUnsynced, ..power };
    let outage = |name, postgres| Plan {
        deliveries: if long { 10_000 } else { 500 },
        at_each: 0,
        at_random: 0,
        pauses: 0,
        outages: if long { 150 } else { 6 },
        ..plan(name, postgres)
    };
    let (server, disk) = (outage("outage-postgres", true), outage("outage-disk", false));
    vec![plan("sqlite", false), plan("postgres", true), power, unsynced, server, disk]
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
    println!("replies      {} acknowledged, {} uncertain", seen.replies, seen.uncertain);
    println!("forgotten    {} people, {} messages", outcome.erased, seen.gone);
    if let (cuts @ 1.., forgotten, syncs) = outcome.cuts {
        println!("disk         {cuts} power cuts threw {forgotten} changes away; {syncs} syncs");
    }
    if outcome.outages.count > 0 {
        println!(
            "outages      {}, and {} commits cut; serving again {} ms after the end at the latest",
            outcome.outages.count,
            outcome.outages.commits_cut,
            outcome.outages.slowest.as_millis()
        );
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
    let looked_at = [seen.acked, seen.ordered, seen.replies, seen.files, seen.events, seen.gone];
    let enough = looked_at.iter().all(|count| *count > 0);
    if !enough {
        println!("WRONG        too little was looked at");
    }
    let good = outcome.found.is_empty() && outcome.missed.is_empty() && enough;
    println!(
        "{}: {} in {:.0} s, {} findings",
        plan.name,
        if good { "nothing lost" } else { "FAILED" },
        outcome.took.as_secs_f64(),
        outcome.found.len()
    );
    good
}

/// A seed from the process's id and the clock that only goes forward.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::collections::hash_map::RandomState::new().build_hasher().finish() % 1_000_000_000
}
