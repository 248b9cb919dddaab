//! `cargo xtask dev`: the demo server and Vite, both following the sources.

use crate::process::Running;
use crate::{Outcome, process, web};
use anyhow::Result;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Arguments of `dev`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What `bellhop demo` is given
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    demo: Vec<String>,
}

/// Files whose change calls for a new server.
const SOURCES: &[&str] = &["crates", "Cargo.toml", "Cargo.lock"];
const KINDS: &[&str] = &["rs", "toml", "lock", "sql", "html", "js", "css"];

/// Builds and starts the server again at every change of its sources, until ctrl-c. Vite does the same for
/// the console and hands requests for the server on to it.
///
/// # Errors
/// When Vite cannot be started or ends.
pub(crate) fn dev(root: &Path, args: &Args) -> Outcome {
    web::packages(root)?;
    let mut vite = Running::start(&mut web::script(root, "dev", &[])?)?;
    let mut server = None;
    while vite.alive() {
        let built_from = newest(root)?;
        // The old server stays while its successor does not compile.
        match process::run(&mut process::cargo(root, &["build", "--package", "server"])) {
            Ok(()) => {
                drop(server.take());
                server = Some(start(root, args)?);
            }
            Err(error) => println!("{error:#}; waiting for a change"),
        }
        while vite.alive() && newest(root)? == built_from {
            std::thread::sleep(Duration::from_millis(400));
        }
    }
    vite.wait()
}

fn start(root: &Path, args: &Args) -> Result<Running> {
    let mut cargo = process::cargo(root, &["run", "--quiet", "--package", "server", "--", "demo"]);
    Running::start(cargo.args(&args.demo))
}

/// The latest time of change of any source.
fn newest(root: &Path) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    let mut open: Vec<_> = SOURCES.iter().map(|source| root.join(source)).collect();
    while let Some(path) = open.pop() {
        // An editor may remove a file between listing and looking.
        let Ok(about) = std::fs::metadata(&path) else { continue };
        if about.is_dir() {
            let hidden = |name: &std::ffi::OsStr| name == "node_modules" || name == "dist";
            if !path.file_name().is_some_and(hidden) {
                open.extend(std::fs::read_dir(&path)?.flatten().map(|entry| entry.path()));
            }
        } else if path.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| KINDS.contains(&kind)) {
            newest = newest.max(about.modified()?);
        }
    }
    Ok(newest)
}
