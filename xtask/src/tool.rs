//! The tools we need: find them, or say what to install and how.

use crate::process;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// A tool that is not part of the Rust toolchain.
pub(crate) struct Tool {
    /// What it is called in messages.
    name: &'static str,
    /// What it is for, as the end of a sentence that begins with "needed".
    purpose: &'static str,
    /// Names of the program, the first found wins.
    programs: &'static [&'static str],
    /// Folders to look in besides PATH; a `*` stands for one level, the highest name wins.
    folders: &'static [&'static str],
    /// Debian and Ubuntu packages.
    debian: &'static [&'static str],
    /// How to install it elsewhere.
    elsewhere: &'static str,
}

/// Node.js with npm, for the web interface.
pub(crate) const NPM: Tool = Tool {
    name: "npm",
    purpose: "to build the web interface",
    programs: &["npm"],
    folders: &[],
    debian: &["nodejs", "npm"],
    elsewhere: "install Node.js 20 or newer from https://nodejs.org or with `brew install node`",
};

/// PostgreSQL's own programs, not a running server.
pub(crate) const INITDB: Tool = Tool {
    name: "PostgreSQL",
    purpose: "to run every store test on the second engine",
    programs: &["initdb"],
    folders: &["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"],
    debian: &["postgresql"],
    elsewhere: "install PostgreSQL 14 or newer, for example with `brew install postgresql`",
};

/// The bus between nodes.
pub(crate) const NATS: Tool = Tool {
    name: "NATS",
    purpose: "to test several nodes with their bus",
    programs: &["nats-server"],
    folders: &["/usr/sbin", "/opt/homebrew/bin"],
    debian: &["nats-server"],
    elsewhere: "install nats-server 2.9 or newer, for example with `brew install nats-server`",
};

/// An authority that issues certificates.
pub(crate) const PEBBLE: Tool = Tool {
    name: "Pebble",
    purpose: "to test how certificates are asked for",
    programs: &["pebble"],
    folders: &["/opt/homebrew/bin"],
    debian: &["pebble"],
    elsewhere: "install it and pebble-challtestsrv from https://github.com/letsencrypt/pebble",
};

/// A browser for the journeys.
pub(crate) const CHROMIUM: Tool = Tool {
    name: "Chromium",
    purpose: "for the browser journeys",
    programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    folders: &["/Applications/Chromium.app/Contents/MacOS", "/snap/bin"],
    debian: &["chromium"],
    elsewhere: "install Chromium or Chrome, or name one in BELLHOP_CHROMIUM",
};

/// Counts instructions.
pub(crate) const VALGRIND: Tool = Tool {
    name: "valgrind",
    purpose: "to count instructions",
    programs: &["valgrind"],
    folders: &[],
    debian: &["valgrind"],
    elsewhere: "install it from https://valgrind.org; it needs Linux",
};

impl Tool {
    /// Where the tool is, if it is here.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders =
            self.folders.iter().flat_map(|pattern| expand(pattern)).chain(std::env::split_paths(&path));
        let folders: Vec<PathBuf> = folders.collect();
        self.programs
            .iter()
            .flat_map(|program| folders.iter().map(move |folder| folder.join(program)))
            .find(|p| p.is_file())
    }

    /// Where the tool is; on Debian as root a missing one is installed first.
    ///
    /// # Errors
    /// When it is missing and cannot be installed; the message says what to do.
    pub(crate) fn need(&self) -> Result<PathBuf> {
        if let Some(found) = self.find() {
            return Ok(found);
        }
        if can_install() {
            install(self.debian)?;
            if let Some(found) = self.find() {
                return Ok(found);
            }
        }
        bail!("{}", self.advice())
    }

    fn advice(&self) -> String {
        format!(
            "{} is missing, needed {}. On Debian or Ubuntu: `apt-get install {}` (as root). Elsewhere: {}.",
            self.name,
            self.purpose,
            self.debian.join(" "),
            self.elsewhere
        )
    }
}

/// True when this process may install Debian packages.
fn can_install() -> bool {
    Path::new("/etc/debian_version").exists()
        && Path::new("/usr/bin/apt-get").exists()
        && process::read(&mut process::command(Path::new("/"), "id", &["-u"]))
            .is_ok_and(|id| id.trim() == "0")
}

/// Installs Debian packages without letting them start a service.
fn install(packages: &[&str]) -> Result<()> {
    let _guard = NoServices::new()?;
    let root = Path::new("/");
    process::run(&mut process::command(root, "apt-get", &["update", "-qq"]))?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(packages);
    process::run(process::command(root, "apt-get", &args).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// While it lives, packages being installed may not start services (Debian's policy-rc.d, exit 101 = forbidden).
struct NoServices {
    ours: bool,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl NoServices {
    fn new() -> Result<Self> {
        if Path::new(POLICY).exists() {
            return Ok(Self { ours: false });
        }
        std::fs::write(POLICY, "#!/bin/sh\nexit 101\n")?;
        process::run(&mut process::command(Path::new("/"), "chmod", &["755", POLICY]))?;
        Ok(Self { ours: true })
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if self.ours {
            let _ = std::fs::remove_file(POLICY);
        }
    }
}

/// The folders a pattern with at most one `*` names, newest version first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (folder, prefix) = before.rsplit_once('/').unwrap_or((".", before));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .collect();
    // 15 before 9: compare the number, then the text.
    names.sort_by_key(|name| {
        (name[prefix.len()..].trim_matches(['-', '@']).parse::<u32>().ok(), name.clone())
    });
    names.into_iter().rev().map(|name| PathBuf::from(format!("{folder}/{name}{after}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_expands_to_the_newest_first() {
        let dir = std::env::temp_dir().join(format!("bellhop-expand-{}", std::process::id()));
        for name in ["9", "15", "14"] {
            std::fs::create_dir_all(dir.join(name).join("bin")).unwrap();
        }
        let found = expand(&format!("{}/*/bin", dir.display()));
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(found, ["15", "14", "9"].map(|name| dir.join(name).join("bin")));
    }

    #[test]
    fn a_missing_tool_says_what_to_install() {
        let tool = Tool { programs: &["surely-not-here"], folders: &[], ..CHROMIUM };
        assert!(tool.find().is_none());
        let advice = tool.advice();
        assert!(advice.contains("apt-get install chromium") && advice.contains("journeys"), "{advice}");
    }
}
