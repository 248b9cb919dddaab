//! The commands of this repository, for people and for CI: `cargo xtask --help`.
//!
//! Everything here runs other programs and reads files; nothing of it ships. It depends on very little so
//! that it compiles in seconds on a fresh machine.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks to its caller")]

mod api;
#[cfg(test)]
mod asvs;
mod bench;
mod count;
mod deps;
mod dev;
mod dist;
mod encoder;
mod fuzz;
mod hash;
mod instructions;
mod lab;
mod metadata;
mod nats;
mod notices;
mod postgres;
mod process;
mod run;
mod sbom;
mod suite;
mod test;
mod tidy;
mod tool;
mod torture;
mod web;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Build, run and test Bellhop.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything and start a demo: console, simulated phone, embedded store in ./data/demo
    Run(run::Args),
    /// Everything that must hold: format, lints, tidy, dependencies, all tests, browser journeys
    Test(test::Args),
    /// The fast subset: format, lints, tidy, tests of the pure crates, types of the console
    Check,
    /// Server and Vite with live reload
    Dev(dev::Args),
    /// Write docs/api/openapi.json and the console's types from the code
    Api(api::Args),
    /// The browser journeys alone
    E2e(test::JourneyArgs),
    /// Measure the program under load and write docs/benchmarks.md
    Bench(bench::Args),
    /// Count the instructions of the hot path and compare them with the accepted ones
    Instructions(instructions::Args),
    /// One self-contained binary in target/dist-out, with its notices and its bill of materials
    Dist,
    /// The rules of the house: walls between rooms, SQL in one place, size of files, documents
    Tidy(tidy::Args),
    /// Kill the product while it works, again and again, and look whether anything is lost
    Torture(torture::Args),
    /// Train a model that is shipped, e.g. `cargo xtask train language`
    Train(lab::Args),
    /// Measure what understands and answers, and print a table with the bars; words choose tasks
    Eval(lab::Args),
    /// Run a command with a PostgreSQL and a NATS for the tests beside it, e.g. `cargo nextest run -p store`
    Postgres(test::PostgresArgs),
    /// Try readers of foreign bytes with libFuzzer, e.g. `cargo xtask fuzz cookie --seconds 600`
    Fuzz(fuzz::Args),
    /// Licences, bans, sources and known vulnerabilities of everything we depend on
    Deps,
}

fn main() -> ExitCode {
    let root = root();
    let outcome = match Cli::parse().command {
        Command::Run(args) => run::run(&root, &args),
        Command::Test(args) => test::test(&root, &args),
        Command::Check => test::check(&root),
        Command::Dev(args) => dev::dev(&root, &args),
        Command::Api(args) => api::api(&root, &args),
        Command::E2e(args) => test::e2e(&root, &args),
        Command::Bench(args) => bench::bench(&root, &args),
        Command::Instructions(args) => instructions::command(&root, &args),
        Command::Dist => dist::dist(&root),
        Command::Tidy(args) => tidy::command(&root, &args),
        Command::Torture(args) => torture::command(&root, &args),
        Command::Train(args) => lab::command(&root, "train", &args),
        Command::Eval(args) => lab::command(&root, "eval", &args),
        Command::Postgres(args) => test::with_postgres(&root, &args),
        Command::Fuzz(args) => fuzz::command(&root, &args),
        Command::Deps => deps::command(&root),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the checkout this program was built from.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// True on a CI machine, where what a person may lack and skip is a failure.
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// What every command returns.
type Outcome = Result<()>;
