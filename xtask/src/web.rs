//! The web part: its packages and its scripts.

use crate::{process, tool};
use anyhow::{Context, Result, bail};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// What the console is built from; a change in any of it calls for a new build.
const SOURCES: &[&str] = &["web/package.json", "web/package-lock.json", "web/console"];

/// The oldest Node.js that Vite runs on.
const NODE: &str = "20.19";

/// A script of `web/package.json`.
///
/// # Errors
/// When npm is missing.
pub(crate) fn script(root: &Path, name: &str, args: &[&str]) -> Result<Command> {
    let npm = tool::NPM.need()?;
    let mut command = process::command(&root.join("web"), &npm.to_string_lossy(), &["run", "--silent", name]);
    if !args.is_empty() {
        command.arg("--").args(args);
    }
    Ok(command)
}

/// Installs the packages of the lock file, unless exactly these are installed already.
///
/// # Errors
/// When npm is missing or fails.
pub(crate) fn packages(root: &Path) -> Result<()> {
    let web = root.join("web");
    let lock = std::fs::read(web.join("package-lock.json")).context("cannot read web/package-lock.json")?;
    let stamp = web.join("node_modules/.installed-lock");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let npm = tool::NPM.need()?;
    let node = process::read(&mut process::command(&web, "node", &["--version"]))?;
    if !recent(&node) {
        bail!("Node.js {} is too old, {NODE} or newer is needed: https://nodejs.org", node.trim());
    }
    let args = ["ci", "--no-audit", "--no-fund", "--prefer-offline"];
    process::run(&mut process::command(&web, &npm.to_string_lossy(), &args))?;
    std::fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Builds the console into `web/console/dist`, unless its sources are as they were at the last build.
///
/// # Errors
/// When npm is missing or the build fails.
pub(crate) fn build(root: &Path) -> Result<()> {
    packages(root)?;
    let stamp = root.join("web/node_modules/.built-from");
    let sources = fingerprint(root)?;
    let page = root.join("web/console/dist/index.html");
    if page.exists() && std::fs::read_to_string(&stamp).is_ok_and(|built| built == sources) {
        return Ok(());
    }
    process::quietly(&mut script(root, "build", &[])?)?;
    if !page.exists() {
        bail!("the web build ended well but {} is missing", page.display());
    }
    std::fs::write(&stamp, sources).with_context(|| format!("cannot write {}", stamp.display()))
}

/// True when `node --version` says at least [`NODE`].
fn recent(version: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.trim().trim_start_matches('v').split('.').map_while(|part| part.parse().ok()).collect()
    };
    numbers(version) >= numbers(NODE)
}

/// Path, size and time of change of every source of the console.
fn fingerprint(root: &Path) -> Result<String> {
    let mut text = String::new();
    for source in SOURCES {
        list(&root.join(source), &mut text)?;
    }
    Ok(text)
}

fn list(path: &Path, text: &mut String) -> Result<()> {
    let about = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if !about.is_dir() {
        writeln!(text, "{} {} {:?}", path.display(), about.len(), about.modified()?)?;
        return Ok(());
    }
    let mut inside = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    inside.sort_by_key(std::fs::DirEntry::file_name);
    for entry in inside {
        let name = entry.file_name();
        if name != "node_modules" && name != "dist" {
            list(&entry.path(), text)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_node_is_refused() {
        assert!(recent("v20.19.0\n") && recent("v20.20.2") && recent("v24.0.0"));
        assert!(!recent("v20.18.3") && !recent("v18.20.0") && !recent("v9.30.0") && !recent("nonsense"));
    }

    #[test]
    fn a_changed_a_new_and_a_lost_source_change_the_fingerprint() {
        let dir = std::env::temp_dir().join(format!("bellhop-fingerprint-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("src")).unwrap();
        std::fs::create_dir_all(dir.join("node_modules")).unwrap();
        let fingerprint = || {
            let mut text = String::new();
            list(&dir, &mut text).unwrap();
            text
        };
        std::fs::write(dir.join("src/a.ts"), "one").unwrap();
        let first = fingerprint();
        std::fs::write(dir.join("node_modules/x"), "not a source").unwrap();
        assert_eq!(fingerprint(), first);
        std::fs::write(dir.join("src/a.ts"), "longer").unwrap();
        let changed = fingerprint();
        assert_ne!(changed, first);
        std::fs::write(dir.join("src/b.ts"), "").unwrap();
        let more = fingerprint();
        assert_ne!(more, changed);
        std::fs::remove_file(dir.join("src/b.ts")).unwrap();
        assert_eq!(fingerprint(), changed);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
