//! The picture of the repository that the rules read, and the list of all rules.

use super::{docs, migrations, rooms, rust::Source, shape, sql};
use crate::count::Count;
use crate::metadata::{self, Graph};
use crate::{Outcome, process};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Arguments of `tidy`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Record the checksums of migrations that are new; a recorded one is never changed
    #[arg(long)]
    record_migrations: bool,
}

/// The repository as the rules see it.
pub(crate) struct House {
    /// Which crate depends on which.
    pub(crate) graph: Graph,
    /// Every text file that git knows or would know, by its path from the root.
    pub(crate) files: BTreeMap<String, String>,
    /// The Rust files among them, taken apart.
    pub(crate) sources: BTreeMap<String, Source>,
    /// Paths of the files that are not text.
    pub(crate) binaries: Vec<String>,
    /// SHA-256 of the migrations.
    pub(crate) hashes: BTreeMap<String, String>,
    /// `xtask/tidy.toml`.
    pub(crate) lists: Lists,
}

/// The lists that people keep by hand, each entry with its reason.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lists {
    /// Files that may be longer than the limit.
    #[serde(default)]
    pub(crate) long: Vec<Long>,
    /// Files that a program writes.
    #[serde(default)]
    pub(crate) generated: Vec<Generated>,
    /// What no file may say.
    #[serde(default)]
    pub(crate) word: Vec<Word>,
}

/// A file that may be long.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Long {
    /// Path from the root.
    pub(crate) path: String,
    /// Lines it may have.
    pub(crate) lines: usize,
    /// Why.
    pub(crate) reason: String,
}

/// A file that a program writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Generated {
    /// Path from the root.
    pub(crate) path: String,
    /// The command that writes it.
    pub(crate) by: String,
}

/// Something no file may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Word {
    /// The text, matched exactly and not inside a longer word.
    pub(crate) text: String,
    /// What to write instead.
    pub(crate) instead: String,
}

/// A rule: what it says, and what breaks it.
struct Rule {
    name: &'static str,
    breaches: fn(&House) -> Vec<String>,
}

/// All rules. To add one: write a function here or in a file beside, list it, and test that it can fail.
const RULES: &[Rule] = &[
    Rule { name: "walls between rooms", breaches: rooms::walls },
    Rule { name: "no io in pure rooms", breaches: rooms::purity },
    Rule { name: "one way out", breaches: rooms::egress },
    Rule { name: "dependencies and lints come from the workspace", breaches: rooms::inheritance },
    Rule { name: "sql only in the store", breaches: sql::outside_the_store },
    Rule { name: "engines only behind the door", breaches: sql::engines },
    Rule { name: "migrations are numbered and final", breaches: migrations::breaches },
    Rule { name: "files hold one concept", breaches: shape::length },
    Rule { name: "names say what is inside", breaches: shape::names },
    Rule { name: "no bare allow", breaches: shape::bare_allow },
    Rule { name: "words", breaches: shape::words },
    Rule { name: "every document is found", breaches: docs::unlinked },
    Rule { name: "no broken link", breaches: docs::broken_links },
];

/// Runs the rules, or records new migrations.
///
/// # Errors
/// When a rule is broken.
pub(crate) fn command(root: &Path, args: &Args) -> Outcome {
    if args.record_migrations {
        return migrations::record(root);
    }
    let count = check(root)?;
    println!("{} rules hold, {} do not", count.passed, count.failed);
    if count.failed > 0 {
        bail!("the house is not tidy");
    }
    Ok(())
}

/// Runs every rule and counts them.
///
/// # Errors
/// When the repository cannot be read.
pub(crate) fn check(root: &Path) -> Result<Count> {
    let house = House::read(root)?;
    let mut count = Count::default();
    for rule in RULES {
        let breaches = (rule.breaches)(&house);
        if breaches.is_empty() {
            count.passed += 1;
            println!("ok      {}", rule.name);
        } else {
            count.failed += 1;
            println!("BROKEN  {}", rule.name);
            for breach in breaches {
                println!("          {breach}");
                count.why.push(format!("{}: {breach}", rule.name));
            }
        }
    }
    Ok(count)
}

impl House {
    fn read(root: &Path) -> Result<Self> {
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let names = process::read(&mut process::command(root, "git", &list))?;
        let mut files = BTreeMap::new();
        let mut binaries = Vec::new();
        for name in names.split('\0').filter(|name| !name.is_empty()) {
            // A file that is deleted but not yet committed so is still listed.
            let Ok(bytes) = std::fs::read(root.join(name)) else { continue };
            match String::from_utf8(bytes) {
                Ok(text) => drop(files.insert(name.to_owned(), text)),
                Err(_) => binaries.push(name.to_owned()),
            }
        }
        let lists = files.get("xtask/tidy.toml").map_or("", String::as_str);
        let lists = toml::from_str(lists).context("cannot read xtask/tidy.toml")?;
        let mut house = Self::of(metadata::graph(root)?, files, lists);
        house.binaries = binaries;
        house.hashes = migrations::hashes(root, house.files.keys())?;
        Ok(house)
    }

    fn of(graph: Graph, files: BTreeMap<String, String>, lists: Lists) -> Self {
        let mut sources: BTreeMap<String, Source> = files
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(path, text)| (path.clone(), Source::new(text)))
            .collect();
        // A file is test code when it lies in a folder of tests or is a module that only tests have.
        let modules: Vec<String> =
            sources.iter().flat_map(|(path, source)| source.test_modules(path)).collect();
        for (path, source) in &mut sources {
            let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
            let in_module = |test: &String| module == test || module.starts_with(&format!("{test}/"));
            if path.contains("/tests/") || path.contains("/benches/") || modules.iter().any(in_module) {
                source.all_test();
            }
        }
        Self { graph, files, sources, binaries: Vec::new(), hashes: BTreeMap::new(), lists }
    }

    /// A house for the tests of the rules.
    #[cfg(test)]
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let graph = Graph { direct: BTreeMap::new(), shipped: BTreeMap::new() };
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self::of(graph, files, Lists::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_readable_and_refuse_unknown_keys() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tidy.toml")).unwrap();
        toml::from_str::<Lists>(&text).unwrap();
        assert!(
            toml::from_str::<Lists>("[[long]]\npath = 'x'\nlines = 1\n").is_err(),
            "a reason is required"
        );
    }

    #[test]
    fn a_module_that_only_tests_have_is_test_code() {
        let house = House::with(&[
            ("crates/channels/src/lib.rs", "#[cfg(test)]\nmod case;\nmod wire;\n"),
            ("crates/channels/src/case.rs", "fn a() {}\n"),
            ("crates/channels/src/case/deep.rs", "fn a() {}\n"),
            ("crates/channels/src/wire.rs", "fn a() {}\n"),
        ]);
        let test = |path: &str| house.sources[path].shipped_lines() == 0;
        assert!(test("crates/channels/src/case.rs") && test("crates/channels/src/case/deep.rs"));
        assert!(!test("crates/channels/src/wire.rs"));
    }
}
