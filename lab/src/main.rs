//! Where the models of `ai` are trained and measured: `cargo xtask train` and `cargo xtask eval`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks to its caller")]

mod clock;
mod corpus;
mod eval;
mod table;
mod train;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use corpus::Corpus;

/// Train and measure what understands and answers.
#[derive(Parser)]
#[command(name = "lab")]
struct Cli {
    /// The folder with the collected texts
    #[arg(long, env = "BELLHOP_CORPUS", default_value = "../shared/corpus/ai", global = true)]
    corpus: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure on the validation splits and print a table with the bars
    Eval {
        /// Only tasks whose name begins with one of these words
        only: Vec<String>,
        /// A folder with a sentence model, to measure with it switched on; what it says is kept in target/lab
        #[arg(long)]
        encoder: Option<PathBuf>,
    },
    /// Train a shipped model and write it into crates/ai/models
    Train(train::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let corpus = Corpus::in_folder(cli.corpus);
    match run(&corpus, cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(corpus: &Corpus, command: Command) -> Result<()> {
    corpus.check()?;
    match command {
        Command::Eval { only, encoder } => eval::run(corpus, &only, encoder.as_deref()),
        Command::Train(args) => train::run(corpus, &args),
    }
}
