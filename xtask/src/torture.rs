//! `cargo xtask torture`: the product, built with fail points, is killed while it works.

use crate::count::Count;
use crate::{Outcome, process, run};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Arguments of `torture`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A few minutes (what is done without --long)
    #[arg(long, conflicts_with = "long")]
    short: bool,
    /// A hundred thousand deliveries on each engine, hundreds of deaths; takes hours
    #[arg(long)]
    long: bool,
    /// Decides everything that is random; printed by each run
    #[arg(long)]
    seed: Option<u64>,
    /// Only runs whose name contains one of these words
    only: Vec<String>,
}

/// Kills the product and looks what is left.
///
/// # Errors
/// When anything acknowledged was lost, doubled, misordered or misfiled.
pub(crate) fn command(root: &Path, args: &Args) -> Outcome {
    process::run(&mut tool(root, args)?)
}

/// The step of the suite: the short form of all runs, which takes a few minutes.
///
/// # Errors
/// When the program cannot be built.
pub(crate) fn step(root: &Path) -> Result<Count> {
    let args = Args { short: true, long: false, seed: None, only: Vec::new() };
    let followed = process::follow(&mut tool(root, &args)?)?;
    Count::of(followed.success, &followed.text)
}

fn tool(root: &Path, args: &Args) -> Result<Command> {
    let (program, torture) = build(root)?;
    let mut tool = process::command(root, &torture.to_string_lossy(), &[]);
    tool.arg("--program").arg(program);
    if args.long {
        tool.arg("--long");
    }
    if let Some(seed) = args.seed {
        tool.arg("--seed").arg(seed.to_string());
    }
    tool.args(&args.only);
    Ok(tool)
}

/// Builds the program with fail points and what tortures it, as the tests of everything have them: where those were built,
/// nothing is compiled again. The program is put aside, so that no other build takes its place.
fn build(root: &Path) -> Result<(PathBuf, PathBuf)> {
    let built = ["test", "--no-run", "--locked", "--workspace", "--profile", run::PROFILE];
    let programs = run::products(root, &[&built, run::TESTED].concat())?;
    let named = |name: &str| {
        let found = programs.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name));
        found.with_context(|| format!("cargo built no program named {name}"))
    };
    let (built, torture) = (named("bellhop")?, named("torture")?);
    let aside = built.with_file_name("bellhop-with-failpoints");
    std::fs::copy(built, &aside).with_context(|| format!("cannot copy {}", built.display()))?;
    Ok((aside, torture.clone()))
}
