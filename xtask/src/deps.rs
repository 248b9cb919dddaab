//! Licences, bans, sources and known vulnerabilities of what we depend on.
//!
//! Rust: cargo-deny with `deny.toml`. npm: the licences its lock file records, against the same list.

use crate::count::Count;
use crate::suite::Suite;
use crate::{Outcome, in_ci, process};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version everybody checks with; a newer one may know other rules.
const CARGO_DENY: &str = "0.20.2";

/// Where cargo-deny looks for the advisory database below `db-path` of `deny.toml`; the number is its hash of
/// the database's address on GitHub.
const ADVISORIES: &str = "target/advisories/advisory-db-3157b0e258782691";

/// Licences of npm packages that only run while building or testing, besides those that may ship.
const TOOLS_ONLY: &[&str] =
    &["BlueOak-1.0.0", "CC-BY-4.0", "CC0-1.0", "MPL-2.0", "Python-2.0", "Unlicense", "WTFPL"];

/// Runs all checks and prints the counts.
///
/// # Errors
/// When one fails.
pub(crate) fn command(root: &Path) -> Outcome {
    let mut suite = Suite::default();
    suite.step("dependencies", || check(root));
    suite.finish()
}

/// All checks: four by cargo-deny, one over the npm lock file.
///
/// # Errors
/// When cargo-deny cannot be installed; a check that does not hold is counted instead.
pub(crate) fn check(root: &Path) -> Result<Count> {
    let deny = cargo_deny(root)?;
    let deny = deny.to_string_lossy();
    // An exception that is no longer needed is an error too.
    let mut checks = vec!["--offline", "check", "--deny", "unmatched-skip", "bans", "licenses", "sources"];
    let mut skipped = 0;
    if advisories(root)? {
        checks.push("advisories");
    } else if in_ci() {
        bail!("the advisory database is missing: expected ../shared/corpus/advisory-db beside the checkout");
    } else {
        println!("SKIPPED: known vulnerabilities are NOT checked, because there is no copy of the advisory");
        println!("         database. With a network: `{deny} check advisories`.");
        skipped = 1;
    }
    process::run(&mut process::cargo(root, &["fetch", "--locked", "--quiet"]))?;
    let said = process::follow(&mut process::command(root, &deny, &checks))?;
    let mut count = verdicts(&said.text, &checks[4..])?;
    count.skipped = skipped;
    for check in [npm_licences, exceptions] {
        match check(root) {
            Ok(()) => count.passed += 1,
            Err(error) => {
                println!("error: {error:#}");
                count.failed += 1;
            }
        }
    }
    Ok(count)
}

/// Whether every advisory that we let pass says why and until when, and none of these days is past.
fn exceptions(root: &Path) -> Outcome {
    #[derive(Deserialize)]
    struct Deny {
        advisories: Advisories,
    }
    #[derive(Deserialize)]
    struct Advisories {
        #[serde(default)]
        ignore: Vec<Ignored>,
    }
    let text = std::fs::read_to_string(root.join("deny.toml")).context("cannot read deny.toml")?;
    let deny: Deny = toml::from_str(&text)
        .context("cannot read deny.toml; every ignored advisory is a table with id and reason")?;
    let wrong: Vec<String> =
        deny.advisories.ignore.iter().filter_map(|ignored| ignored.fault(&today())).collect();
    println!("ignored advisories: {}, {} not in order", deny.advisories.ignore.len(), wrong.len());
    if !wrong.is_empty() {
        bail!("look at these advisories again:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

/// An advisory that `deny.toml` lets pass.
#[derive(Deserialize)]
struct Ignored {
    id: String,
    /// `until 2027-05-31: why`.
    reason: String,
}

impl Ignored {
    /// What is wrong with it on a day.
    fn fault(&self, today: &str) -> Option<String> {
        let Self { id, reason } = self;
        let Some((day, why)) = reason.strip_prefix("until ").and_then(|rest| rest.split_once(": ")) else {
            return Some(format!("{id}: the reason has to begin like `until 2027-05-31: `"));
        };
        let is_day = day.len() == 10
            && day.bytes().enumerate().all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !is_day || why.trim().len() < 20 {
            return Some(format!("{id}: say the day as 2027-05-31 and then why it does not touch us"));
        }
        (day < today).then(|| format!("{id}: was let pass until {day}; is the reason still true?"))
    }
}

/// Today in UTC, such as `2026-11-22`.
#[expect(clippy::disallowed_methods, reason = "a command for people, outside of the product")]
fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    // Days to a date: the proleptic Gregorian calendar in eras of 400 years that begin in March.
    let days = since.as_secs() / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + u64::from(month <= 2))
}

/// What cargo-deny's last line says of every check: `advisories ok, bans FAILED, licenses ok, sources ok`.
fn verdicts(said: &str, checks: &[&str]) -> Result<Count> {
    let last = said.trim_end().lines().next_back().unwrap_or_default();
    let mut count = Count::default();
    for check in checks {
        match last.split(", ").find_map(|verdict| verdict.strip_prefix(check)) {
            Some(" ok") => count.passed += 1,
            Some(" FAILED") => count.failed += 1,
            _ => bail!("cargo-deny said nothing about {check}: {last:?}"),
        }
    }
    Ok(count)
}

/// cargo-deny in our version: the one on the PATH, or our own, installed once.
fn cargo_deny(root: &Path) -> Result<PathBuf> {
    let ours = root.join("target/tools/bin/cargo-deny");
    let expected = format!("cargo-deny {CARGO_DENY}");
    for candidate in [PathBuf::from("cargo-deny"), ours.clone()] {
        let version =
            process::read(&mut process::command(root, &candidate.to_string_lossy(), &["--version"]));
        if version.is_ok_and(|version| version.trim() == expected) {
            return Ok(candidate);
        }
    }
    // A debug build compiles in half the time and checks everything in seconds.
    println!("installing cargo-deny {CARGO_DENY} into target/tools (once, one to two minutes)");
    let version = format!("={CARGO_DENY}");
    let args =
        ["install", "cargo-deny", "--version", &version, "--locked", "--debug", "--root", "target/tools"];
    process::run(&mut process::cargo(root, &args)).context("cannot install cargo-deny")?;
    Ok(ours)
}

/// Lays a copy of the advisory database where cargo-deny looks for it. False when there is no copy.
fn advisories(root: &Path) -> Result<bool> {
    let copy = root.join("../shared/corpus/advisory-db/crates");
    if !copy.is_dir() {
        return Ok(false);
    }
    let place = root.join(ADVISORIES);
    // cargo-deny wants a git clone but reads only the time of its last fetch from it.
    std::fs::create_dir_all(place.join(".git"))?;
    std::fs::write(place.join(".git/FETCH_HEAD"), "")?;
    let link = place.join("crates");
    if std::fs::symlink_metadata(&link).is_ok() {
        std::fs::remove_file(&link)?;
    }
    std::os::unix::fs::symlink(copy.canonicalize()?, &link)
        .with_context(|| format!("cannot link {}", link.display()))?;
    Ok(true)
}

/// The part of `package-lock.json` that we read.
#[derive(Deserialize)]
pub(crate) struct Lock {
    packages: BTreeMap<String, LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    license: Option<String>,
    version: Option<String>,
    /// Needed for building and testing only.
    #[serde(default)]
    dev: bool,
    /// A link to one of our own packages.
    #[serde(default)]
    link: bool,
    /// Where it comes from; absent where npm is told to leave the registry's own address out.
    resolved: Option<String>,
    /// The hash npm checks what it gets against.
    integrity: Option<String>,
}

impl Lock {
    /// Reads the lock file of the web part.
    ///
    /// # Errors
    /// When it is not there or not readable.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(root.join("web/package-lock.json"))
            .context("cannot read web/package-lock.json")?;
        serde_json::from_str(&text).context("cannot read web/package-lock.json")
    }

    /// Folder below `web` and licence of the foreign packages that the console is bundled from.
    pub(crate) fn shipped(&self) -> impl Iterator<Item = (&str, &str)> {
        let foreign = |(path, package): &(&String, &LockedPackage)| {
            path.contains("node_modules/") && !package.dev && !package.link
        };
        self.packages
            .iter()
            .filter(foreign)
            .map(|(path, package)| (path.as_str(), package.license.as_deref().unwrap_or("none")))
    }
}

impl Lock {
    /// Name, version, licence and hash of the foreign packages that the console is bundled from.
    pub(crate) fn inventory(&self) -> Vec<(&str, &str, &str, Option<&str>)> {
        let mut inventory = Vec::new();
        for (path, license) in self.shipped() {
            let (Some(package), Some((_, name))) =
                (self.packages.get(path), path.rsplit_once("node_modules/"))
            else {
                continue;
            };
            inventory.push((
                name,
                package.version.as_deref().unwrap_or(""),
                license,
                package.integrity.as_deref(),
            ));
        }
        inventory
    }
}

fn npm_licences(root: &Path) -> Outcome {
    #[derive(Deserialize)]
    struct Deny {
        licenses: Licenses,
    }
    #[derive(Deserialize)]
    struct Licenses {
        allow: Vec<String>,
    }
    let text = std::fs::read_to_string(root.join("deny.toml")).context("cannot read deny.toml")?;
    let deny: Deny = toml::from_str(&text).context("cannot read deny.toml")?;
    let lock = Lock::read(root)?;
    let wrong = unlicensed(&lock, &deny.licenses.allow);
    println!("npm licences: {} packages, {} not allowed", lock.packages.len(), wrong.len());
    if !wrong.is_empty() {
        bail!("npm packages that may not be used:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

/// The packages whose licence is not allowed for what they are used for, or that come from elsewhere.
fn unlicensed(lock: &Lock, allowed: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, package) in &lock.packages {
        // Our own packages stand in the lock file by their folder.
        let Some((_, name)) = path.rsplit_once("node_modules/") else { continue };
        if package.link {
            continue;
        }
        let license = package.license.as_deref().unwrap_or("none");
        let may = |one: &str| allowed.iter().any(|a| a == one) || (package.dev && TOOLS_ONLY.contains(&one));
        if !satisfied(license, &may) {
            wrong.push(format!("{name}: licence {license}"));
        }
        if let Some(address) = &package.resolved
            && !address.starts_with("https://registry.npmjs.org/")
        {
            wrong.push(format!("{name}: not from the npm registry but from {address}"));
        }
        if package.integrity.is_none() {
            wrong.push(format!("{name}: the lock file has no hash of it"));
        }
    }
    wrong
}

/// Whether a licence expression allows use: one side of an OR, both sides of an AND.
fn satisfied(expression: &str, may: &impl Fn(&str) -> bool) -> bool {
    let words: Vec<String> =
        expression.replace('(', " ( ").replace(')', " ) ").split_whitespace().map(str::to_owned).collect();
    let mut rest = words.as_slice();
    either(&mut rest, may) && rest.is_empty()
}

fn either(rest: &mut &[String], may: &impl Fn(&str) -> bool) -> bool {
    let mut holds = both(rest, may);
    while rest.first().is_some_and(|word| word == "OR") {
        *rest = &rest[1..];
        holds |= both(rest, may);
    }
    holds
}

fn both(rest: &mut &[String], may: &impl Fn(&str) -> bool) -> bool {
    let mut holds = term(rest, may);
    while rest.first().is_some_and(|word| word == "AND") {
        *rest = &rest[1..];
        holds &= term(rest, may);
    }
    holds
}

fn term(rest: &mut &[String], may: &impl Fn(&str) -> bool) -> bool {
    let Some((word, after)) = rest.split_first() else { return false };
    *rest = after;
    if word != "(" {
        return may(word);
    }
    let holds = either(rest, may);
    let closed = rest.first().is_some_and(|word| word == ")");
    *rest = rest.get(1..).unwrap_or_default();
    holds && closed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdicts_of_cargo_deny_are_counted() {
        let count =
            verdicts("error[banned]: …\n\nbans FAILED, licenses ok, sources ok\n", &["bans", "sources"]);
        assert_eq!(count.unwrap(), Count { passed: 1, failed: 1, ..Count::default() });
        assert!(verdicts("bans ok\n", &["bans", "advisories"]).is_err());
        assert!(verdicts("", &["bans"]).is_err());
    }

    #[test]
    fn an_advisory_passes_with_a_reason_and_until_its_day_only() {
        let fault = |reason: &str| Ignored { id: "X".into(), reason: reason.into() }.fault("2026-11-22");
        assert_eq!(fault("until 2026-11-22: we only verify with it, never sign"), None);
        for wrong in [
            "until 2026-11-21: we only verify with it, never sign",
            "we only verify with it, never sign",
            "until 2027-05-31: no",
            "until soon enough: we only verify with it, never sign",
        ] {
            assert!(fault(wrong).is_some(), "{wrong}");
        }
        assert!(today().as_str() > "2026-01-01" && today().len() == 10);
    }

    #[test]
    fn licence_expressions_are_read() {
        let may = |one: &str| matches!(one, "MIT" | "Apache-2.0");
        for good in ["MIT", "(MIT OR GPL-3.0)", "MIT AND Apache-2.0", "(GPL-3.0 AND MIT) OR Apache-2.0"] {
            assert!(satisfied(good, &may), "{good}");
        }
        for bad in ["GPL-3.0", "MIT AND GPL-3.0", "", "(MIT", "MIT)", "MIT GPL-3.0", "SEE LICENSE IN x"] {
            assert!(!satisfied(bad, &may), "{bad}");
        }
    }

    #[test]
    fn a_package_that_ships_needs_a_licence_that_may_ship() {
        let lock: Lock = serde_json::from_str(
            r#"{"packages": {
                "": {"license": "UNLICENSED"},
                "console": {},
                "node_modules/console": {"link": true, "resolved": "console"},
                "node_modules/good": {"license": "MIT", "integrity": "sha512-1"},
                "node_modules/tool": {"license": "MPL-2.0", "dev": true, "integrity": "sha512-2"},
                "node_modules/shipped": {"license": "MPL-2.0", "integrity": "sha512-3"},
                "node_modules/a/node_modules/@x/silent": {"integrity": "sha512-4"},
                "node_modules/foreign": {"license": "MIT", "resolved": "git+ssh://git@github.com/x/y"}
            }}"#,
        )
        .unwrap();
        let wrong = unlicensed(&lock, &["MIT".to_owned()]);
        let names: Vec<&str> = wrong.iter().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(names, ["@x/silent", "foreign", "foreign", "shipped"], "{wrong:?}");
    }
}
