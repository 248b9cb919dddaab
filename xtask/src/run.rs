//! `cargo xtask run`: from a clone to a working console.

use crate::{Outcome, process, web};
use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

/// The profile of what is run here; see `Cargo.toml`.
pub(crate) const PROFILE: &str = "serve";

/// How everything that is tested is built with it: our own crates as `dev` does, quickly and watched, and with the fail points
/// that the torture needs, which are nothing without a word in the environment. What they depend on stays as it is.
pub(crate) const TESTED: &[&str] = &[
    "--features",
    "server/failpoints",
    "--config",
    "profile.serve.opt-level=0",
    "--config",
    "profile.serve.debug-assertions=true",
    "--config",
    "profile.serve.overflow-checks=true",
];

/// Arguments of `run`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Do not build the web interface (no Node.js needed; the console page then says so)
    #[arg(long)]
    no_web: bool,
    /// What `bellhop demo` is given, for example `--port 8080`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    demo: Vec<String>,
}

/// Builds the demo and becomes it; returns only if something fails.
///
/// # Errors
/// When a tool is missing, a build fails, or the demo cannot be started.
pub(crate) fn run(root: &Path, args: &Args) -> Outcome {
    if !args.no_web {
        web::build(root)?;
    }
    let bellhop = build(root, PROFILE)?;
    let mut demo = process::command(root, &bellhop.to_string_lossy(), &["demo"]);
    // We become the demo: ctrl-c then reaches it alone, and the prompt waits until it has stopped.
    Err(demo.args(&args.demo).exec()).with_context(|| format!("cannot start {}", bellhop.display()))
}

/// Builds the server with a profile and returns where the program is.
///
/// # Errors
/// When the build fails.
pub(crate) fn build(root: &Path, profile: &str) -> Result<PathBuf> {
    if !root.join("target").join(profile).exists() {
        println!("The first build compiles everything and takes a few minutes; later ones take seconds.");
    }
    product(root, &["--package", "server", "--bin", "bellhop", "--profile", profile])
}

/// Builds one program and returns where it is.
///
/// # Errors
/// When the build fails.
pub(crate) fn product(root: &Path, what: &[&str]) -> Result<PathBuf> {
    products(root, &[&["build", "--locked"], what].concat())?.pop().context("cargo built no program")
}

/// Runs a command of cargo's that builds programs, and returns where they are.
///
/// # Errors
/// When the build fails.
pub(crate) fn products(root: &Path, command: &[&str]) -> Result<Vec<PathBuf>> {
    process::run(&mut process::cargo(root, command))?;
    // Asked once more, now with nothing to do, because only the messages know where the program is
    // (CARGO_TARGET_DIR and build.target move it) and they cost the progress bar.
    let mut again = process::cargo(root, command);
    let messages = process::read(again.args(["--quiet", "--message-format", "json"]))?;
    Ok(executables(&messages).collect())
}

/// The programs named in cargo's messages.
fn executables(messages: &str) -> impl Iterator<Item = PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_the_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\nnoise\n\
            {\"reason\":\"compiler-artifact\",\"executable\":\"/t/serve/bellhop\"}\n{\"reason\":\"build-finished\"}\n";
        assert_eq!(executables(messages).last(), Some(PathBuf::from("/t/serve/bellhop")));
        assert_eq!(executables("{}").last(), None);
    }
}
