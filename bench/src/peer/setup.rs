//! Installs the peers of package registries below `target/bench-peers`; done once for each list of versions.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tokio::process::Command;

use crate::stage::root;

/// The folder of what is measured beside us, as it stands in the checkout.
pub(crate) fn sources() -> PathBuf {
    root().join("bench/peers")
}

fn installed() -> PathBuf {
    root().join("target/bench-peers")
}

/// The programs of a virtual environment with what `requirements.txt` names.
pub(crate) async fn python() -> anyhow::Result<PathBuf> {
    let folder = installed().join("python");
    let wanted = sources().join("requirements.txt");
    if fresh(&folder, &wanted) {
        return Ok(folder.join("bin"));
    }
    println!("installing the peers of {}", wanted.display());
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).await?;
    run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", "--requirement"]).arg(&wanted))
        .await?;
    mark(&folder, &wanted)?;
    Ok(folder.join("bin"))
}

/// The folder of the socket.io server with its packages.
pub(crate) async fn node() -> anyhow::Result<PathBuf> {
    let (folder, from) = (installed().join("socket-io"), sources().join("socket-io"));
    std::fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json", "server.js"] {
        std::fs::copy(from.join(name), folder.join(name))?;
    }
    let wanted = from.join("package-lock.json");
    if !fresh(&folder, &wanted) {
        println!("installing the peer of {}", from.display());
        run(Command::new("npm").args(["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(&folder))
            .await?;
        mark(&folder, &wanted)?;
    }
    Ok(folder)
}

/// A program of this machine.
pub(crate) fn find(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/usr/local/sbin"]);
    let found = folders.map(|folder| Path::new(folder).join(name)).find(|program| program.is_file());
    found.with_context(|| format!("{name} is not installed; on Debian: apt-get install {name}"))
}

/// Whether what is wanted was installed to its end.
fn fresh(folder: &Path, wanted: &Path) -> bool {
    let kept = std::fs::read(folder.join("installed")).ok();
    kept.is_some() && kept == std::fs::read(wanted).ok()
}

fn mark(folder: &Path, wanted: &Path) -> anyhow::Result<()> {
    std::fs::copy(wanted, folder.join("installed"))?;
    Ok(())
}

/// Runs a command to its end.
pub(crate) async fn run(command: &mut Command) -> anyhow::Result<String> {
    let shown = format!("{:?}", command.as_std());
    let output = command.output().await.with_context(|| format!("cannot start {shown}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{shown} failed: {}", said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
