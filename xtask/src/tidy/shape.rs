//! The shape of files: their length, their names, and what they may not say.

use super::house::House;
use super::rooms::has_word;

/// Lines of code a file may have beside its tests. Past about this a file holds two concepts.
const LIMIT: usize = 600;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "helper", "helpers", "manager", "managers", "service", "services", "misc",
    "stuff",
];

/// Hand-written files that are too long.
pub(crate) fn length(house: &House) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut used = Vec::new();
    for (path, text) in house.files.iter().filter(|(path, _)| is_code(path)) {
        if house.lists.generated.iter().any(|entry| &entry.path == path) {
            used.push(path);
            continue;
        }
        let lines =
            house.sources.get(path).map_or_else(|| text.lines().count(), super::rust::Source::shipped_lines);
        let long = house.lists.long.iter().find(|entry| &entry.path == path);
        let limit = long.map_or(LIMIT, |entry| entry.lines);
        if lines > limit {
            breaches.push(format!(
                "{path}: {lines} lines beside its tests, at most {limit}; it holds two concepts"
            ));
        } else if long.is_some() && lines > LIMIT {
            used.push(path);
        }
    }
    let listed = house.lists.long.iter().map(|entry| (&entry.path, &entry.reason));
    let generated = house.lists.generated.iter().map(|entry| (&entry.path, &entry.by));
    for (path, why) in listed.chain(generated) {
        if !used.contains(&path) {
            breaches.push(format!("xtask/tidy.toml: {path} needs no exception ({why})"));
        }
    }
    breaches
}

/// Files and modules whose name says nothing, and logic in `mod.rs`.
pub(crate) fn names(house: &House) -> Vec<String> {
    let mut breaches = Vec::new();
    for path in house.files.keys().filter(|path| is_code(path)) {
        for part in path.split('/') {
            let stem = part.split('.').next().unwrap_or(part);
            if EMPTY_NAMES.contains(&stem.to_lowercase().as_str()) {
                breaches.push(format!("{path}: {part:?} does not say what is inside"));
            }
        }
    }
    for (path, source) in &house.sources {
        if path.ends_with("/mod.rs")
            && source.shipped().filter(|(_, line)| !line.trim().is_empty()).count() > 200
        {
            breaches.push(format!(
                "{path}: a mod.rs lists what is beside it; the logic belongs into a named file"
            ));
        }
    }
    breaches
}

/// `#[allow(…)]`: `#[expect(…, reason = …)]` says why and ends when it is no longer needed.
pub(crate) fn bare_allow(house: &House) -> Vec<String> {
    let mut breaches = Vec::new();
    for (path, source) in &house.sources {
        for (number, line) in source.all() {
            let squeezed: String = line.split_whitespace().collect();
            if squeezed.contains("#[allow(") || squeezed.contains("#![allow(") {
                breaches.push(format!("{path}:{number}: use #[expect(…, reason = \"…\")]"));
            }
        }
    }
    breaches
}

/// What `xtask/tidy.toml` says no file may say.
pub(crate) fn words(house: &House) -> Vec<String> {
    let exempt = ["xtask/tidy.toml", "Cargo.lock", "web/package-lock.json", "LICENSE"];
    let mut breaches = Vec::new();
    for (path, text) in house.files.iter().filter(|(path, _)| !exempt.contains(&path.as_str())) {
        for (index, line) in text.lines().enumerate() {
            for word in &house.lists.word {
                if has_word(line, &word.text) {
                    breaches.push(format!("{path}:{}: {:?}: {}", index + 1, word.text, word.instead));
                }
            }
        }
    }
    breaches
}

/// Source that a person writes.
fn is_code(path: &str) -> bool {
    let kind = path.rsplit('.').next().unwrap_or_default();
    ["crates/", "xtask/", "web/"].iter().any(|folder| path.starts_with(folder))
        && ["rs", "ts", "tsx", "js", "mjs", "css", "html"].contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::super::house::{Generated, Long, Word};
    use super::*;

    #[test]
    fn a_long_file_is_a_breach_unless_listed_and_a_needless_exception_too() {
        let long = "fn a() {}\n".repeat(LIMIT + 1);
        let tested = format!(
            "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
            "fn a() {}\n".repeat(LIMIT),
            "fn b() {}\n".repeat(300)
        );
        let path = "crates/app/src/a.rs";
        assert_eq!(length(&House::with(&[(path, &long)])).len(), 1);
        assert_eq!(length(&House::with(&[("web/console/src/a.tsx", &long)])).len(), 1);
        assert_eq!(length(&House::with(&[(path, &tested)])).len(), 0);
        let mut house = House::with(&[(path, &long)]);
        house.lists.long.push(Long { path: path.into(), lines: LIMIT + 1, reason: "one table".into() });
        assert_eq!(length(&house).len(), 0);
        house.lists.generated.push(Generated { path: "web/gone.ts".into(), by: "nothing".into() });
        assert_eq!(length(&house).len(), 1);
    }

    #[test]
    fn an_empty_name_is_a_breach() {
        let check = |path: &str| names(&House::with(&[(path, "")])).len();
        assert_eq!(check("crates/app/src/utils.rs"), 1);
        assert_eq!(check("crates/app/src/common/contact.rs"), 1);
        assert_eq!(check("web/console/src/Helpers.ts"), 1);
        assert_eq!(check("crates/app/src/contact.rs"), 0);
        assert_eq!(names(&House::with(&[("crates/a/src/b/mod.rs", &"fn a() {}\n".repeat(201))])).len(), 1);
    }

    #[test]
    fn a_bare_allow_is_a_breach() {
        let check = |text: &str| bare_allow(&House::with(&[("crates/a/src/lib.rs", text)])).len();
        assert_eq!(check("#[allow(dead_code)]\nfn a() {}\n"), 1);
        assert_eq!(check("#![ allow (unused)]\n"), 1);
        assert_eq!(check("// #[allow(dead_code)]\n#[expect(dead_code, reason = \"soon\")]\nfn a() {}\n"), 0);
    }

    #[test]
    fn a_forbidden_word_is_a_breach() {
        let mut house =
            House::with(&[("README.md", "all done\n"), ("web/a.ts", "// LATER: all\n"), ("b.md", "LATERAL")]);
        house.lists.word.push(Word { text: "LATER".into(), instead: "do it".into() });
        assert_eq!(words(&house).len(), 1);
    }
}
