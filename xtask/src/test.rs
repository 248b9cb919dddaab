//! `cargo xtask test`, its fast subset `check`, and the browser journeys alone.

use crate::count::Count;
use crate::nats::Nats;
use crate::postgres::Postgres;
use crate::suite::Suite;
use crate::{Outcome, api, deps, encoder, instructions, process, run, tidy, tool, torture, web};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// Arguments of `test`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the steps whose name contains one of these words
    only: Vec<String>,
}

/// Arguments of `e2e`.
#[derive(clap::Args)]
pub(crate) struct JourneyArgs {
    /// Show the browser
    #[arg(long)]
    headed: bool,
    /// Which journeys, handed on to the test runner
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    filter: Vec<String>,
}

/// Arguments of `postgres`.
#[derive(clap::Args)]
pub(crate) struct PostgresArgs {
    /// The command; it finds the servers' addresses in BELLHOP_TEST_POSTGRES and BELLHOP_TEST_NATS
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<String>,
}

/// Where tests of the store find the second engine.
const ADDRESS: &str = "BELLHOP_TEST_POSTGRES";

/// Where tests of several nodes find the bus.
const BUS: &str = "BELLHOP_TEST_NATS";

/// The crates that need nothing but themselves to be tested.
const PURE: &[&str] = &["model", "vault", "channels", "ai", "xtask"];

/// Everything that must hold, with counts at the end.
///
/// # Errors
/// When anything failed.
pub(crate) fn test(root: &Path, args: &Args) -> Outcome {
    let mut suite = Suite::new(&args.only);
    suite.step("format", || format(root));
    // As the tests are built: what macros and builds need is then compiled once for both.
    let built = [&["--profile", run::PROFILE], run::TESTED].concat();
    suite.step("clippy", || clippy(root, &built));
    suite.step("tidy", || tidy::check(root));
    suite.step("dependencies", || deps::check(root));
    // The console goes into the program: made first, it has the program compiled once.
    suite.step("web check", || web_check(root));
    suite.step("web tests", || web_tests(root));
    suite.step("types of the api", || Count::one(api::check_types(root)));
    suite.step("web build", || Count::one(web::build(root)));
    suite.step("rust tests", || rust_tests(root));
    suite.step("examples in documentation", || {
        let args = ["test", "--doc", "--workspace", "--locked", "--profile", run::PROFILE];
        run_tests(process::cargo(root, &args).args(run::TESTED))
    });
    suite.step("torture", || torture::step(root));
    suite.step("instructions", || instructions::check(root));
    suite.step("journeys", || journeys(root, &JourneyArgs { headed: false, filter: Vec::new() }));
    suite.finish()
}

/// What can be known in seconds.
///
/// # Errors
/// When anything failed.
pub(crate) fn check(root: &Path) -> Outcome {
    let mut suite = Suite::default();
    suite.step("format", || format(root));
    suite.step("clippy", || clippy(root, &[]));
    suite.step("tidy", || tidy::check(root));
    suite.step("tests of pure crates", || {
        let packages: Vec<&str> = PURE.iter().flat_map(|name| ["--package", name]).collect();
        run_tests(&mut tests(root, "dev", &packages))
    });
    suite.step("web check", || web_check(root));
    suite.finish()
}

/// The browser journeys alone.
///
/// # Errors
/// When one failed.
pub(crate) fn e2e(root: &Path, args: &JourneyArgs) -> Outcome {
    let mut suite = Suite::default();
    suite.step("journeys", || journeys(root, args));
    suite.finish()
}

fn format(root: &Path) -> Result<Count> {
    Count::one(process::run(&mut process::cargo(root, &["fmt", "--all", "--check"])))
}

fn clippy(root: &Path, built: &[&str]) -> Result<Count> {
    let mut clippy = process::cargo(root, &["clippy", "--workspace", "--all-targets", "--locked"]);
    Count::one(process::run(clippy.args(built).args(["--", "-D", "warnings"])))
}

/// Runs any command with a PostgreSQL and a NATS beside it.
///
/// # Errors
/// When one of them cannot be started or the command fails.
pub(crate) fn with_postgres(root: &Path, args: &PostgresArgs) -> Outcome {
    let (postgres, nats) = (Postgres::start()?, Nats::start()?);
    let rest: Vec<&str> = args.command.iter().skip(1).map(String::as_str).collect();
    let program = args.command.first().map_or("true", String::as_str);
    process::run(process::command(root, program, &rest).env(ADDRESS, postgres.url()).env(BUS, nats.url()))
}

/// All tests; those of the store find their second engine, and those of several nodes their bus, by variables.
fn rust_tests(root: &Path) -> Result<Count> {
    let (postgres, nats) = (Postgres::start()?, Nats::start()?);
    tool::PEBBLE.need()?;
    println!("PostgreSQL for the tests: {}, NATS: {}", postgres.url(), nats.url());
    let mut tests = tests(root, run::PROFILE, &[&["--workspace"], run::TESTED].concat());
    let encoder = encoder::folder(root)?;
    if let Some(folder) = &encoder {
        tests.env(encoder::FOLDER, folder);
    }
    let mut count = run_tests(tests.env(ADDRESS, postgres.url()).env(BUS, nats.url()))?;
    count.skipped += u64::from(encoder.is_none());
    if !root.join("../shared/corpus").is_dir() {
        println!("SKIPPED: tests over recorded deliveries found nothing to read: ../shared/corpus is absent");
        count.skipped += 1;
    }
    Ok(count)
}

/// A command that runs the tests of some packages, built with a profile: cargo-nextest where it is installed, else cargo
/// test.
fn tests(root: &Path, profile: &str, packages: &[&str]) -> Command {
    let nextest = process::read(&mut process::cargo(root, &["nextest", "--version"])).is_ok();
    let runner: &[&str] = if nextest {
        &["nextest", "run", "--cargo-profile"]
    } else {
        &["test", "--lib", "--bins", "--tests", "--profile"]
    };
    let mut command = process::cargo(root, runner);
    command.args([profile, "--locked", "--no-fail-fast"]).args(packages);
    command
}

fn run_tests(command: &mut Command) -> Result<Count> {
    let followed = process::follow(command)?;
    Count::of(followed.success, &followed.text)
}

fn web_check(root: &Path) -> Result<Count> {
    web::packages(root)?;
    Count::one(process::run(&mut web::script(root, "check", &[])?))
}

fn web_tests(root: &Path) -> Result<Count> {
    web::packages(root)?;
    run_tests(&mut web::script(root, "test", &[])?)
}

/// The journeys drive the program that `cargo xtask run` starts, in a real browser.
fn journeys(root: &Path, args: &JourneyArgs) -> Result<Count> {
    let chromium = match std::env::var_os("BELLHOP_CHROMIUM") {
        Some(named) => named.into(),
        None => tool::CHROMIUM.need()?,
    };
    web::build(root)?;
    let bellhop = run::build(root, run::PROFILE)?;
    let filter: Vec<&str> = args.filter.iter().map(String::as_str).collect();
    let mut script = web::script(root, "e2e", &filter)?;
    script.env("BELLHOP_BIN", bellhop).env("BELLHOP_CHROMIUM", chromium);
    if args.headed {
        script.env("BELLHOP_HEADED", "1");
    }
    run_tests(&mut script)
}
