//! `cargo xtask train` and `cargo xtask eval`: models are trained and measured by `lab`, built optimised.

use crate::{Outcome, process};
use std::path::Path;

/// Arguments that `lab` reads itself: `cargo xtask eval --help` shows them.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// What to train or to measure, and options
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    passed: Vec<String>,
}

/// Runs a command of `lab`.
///
/// # Errors
/// When it cannot be built, or fails.
pub(crate) fn command(root: &Path, name: &str, args: &Args) -> Outcome {
    let mut cargo = process::cargo(root, &["run", "--quiet", "--release", "-p", "lab", "--", name]);
    cargo.args(&args.passed);
    process::run(&mut cargo)
}
