//! `cargo xtask bench`: builds the program and the load, and measures one with the other.

use crate::{Outcome, process, run};
use std::path::Path;

/// Arguments of `bench`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How the program is built; what is shipped is `dist`
    #[arg(long, default_value = "dist")]
    profile: String,
    /// What the load generator is told: `--full`, `--prepare`, `--postgres URL`, `--against PROGRAM`, names of workloads
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Builds and measures.
///
/// # Errors
/// When a build fails or the measuring cannot begin; a workload that fails is told on the page.
pub(crate) fn bench(root: &Path, args: &Args) -> Outcome {
    let program = run::build(root, &args.profile)?;
    // Built by itself: what the load generator needs of shared crates must not end up in the program.
    let load = run::product(root, &["--package", "bench", "--bin", "bench", "--profile", &args.profile])?;
    let program = program.to_string_lossy();
    let mut command =
        process::command(root, &load.to_string_lossy(), &["--program", &program, "--profile", &args.profile]);
    process::run(command.args(&args.rest))
}
