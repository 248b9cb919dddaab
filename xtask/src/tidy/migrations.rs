//! Migrations are one numbered list without gaps, and one that has landed is never edited.

use super::house::House;
use crate::{Outcome, hash};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::Path;

const FOLDER: &str = "crates/store/migrations/";
/// The list that the program applies.
const LIST: &str = "crates/store/src/migrate.rs";
/// One line per migration, as `sha256sum` writes it.
const SUMS: &str = "crates/store/migrations/SHA256SUMS";

/// The SHA-256 of every migration among `paths`, by its file name.
pub(crate) fn hashes<'a>(
    root: &Path,
    paths: impl Iterator<Item = &'a String>,
) -> Result<BTreeMap<String, String>> {
    paths
        .filter_map(|path| name(path).map(|name| Ok((name.to_owned(), hash::sha256(&root.join(path))?))))
        .collect()
}

/// The file name of a migration.
fn name(path: &str) -> Option<&str> {
    path.strip_prefix(FOLDER).filter(|name| name.ends_with(".sql"))
}

/// Doubles, unreadable names, and checksums that are missing or do not match.
pub(crate) fn breaches(house: &House) -> Vec<String> {
    let mut breaches = Vec::new();
    let names: Vec<&str> = house.files.keys().filter_map(|path| name(path)).collect();
    // The data's list, and below it a folder for each store of its own.
    let mut of_list: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &names {
        let (list, file) = name.rsplit_once('/').unwrap_or(("", name));
        let last = of_list.entry(list).or_default();
        // A number may be left out: several are written at the same time.
        let number = file.split_once('_').filter(|(digits, _)| digits.len() == 4);
        match number.and_then(|(digits, _)| digits.parse::<usize>().ok()) {
            Some(number) if number > *last && (*last > 0 || number == 1) => *last = number,
            _ => breaches.push(format!("{FOLDER}{name}: expected four digits, more than {last:04}, and _")),
        }
    }
    let list = house.files.get(LIST).map_or("", String::as_str);
    for name in &names {
        if !list.contains(&format!("/{name}\"")) {
            breaches.push(format!("{FOLDER}{name}: {LIST} does not include it"));
        }
    }
    let sums = house.files.get(SUMS).map_or("", String::as_str);
    let mut recorded = BTreeMap::new();
    for line in sums.lines() {
        match line.split_once("  ") {
            Some((hash, name)) => drop(recorded.insert(name, hash)),
            None => breaches.push(format!("{SUMS}: cannot read {line:?}")),
        }
    }
    for name in &names {
        let hash = house.hashes.get(*name).map_or("", String::as_str);
        match recorded.remove(name) {
            None => {
                breaches
                    .push(format!("{FOLDER}{name}: not recorded; `cargo xtask tidy --record-migrations`"));
            }
            Some(landed) if landed != hash => breaches.push(format!(
                "{FOLDER}{name}: edited after it landed; take the edit back and write a new migration"
            )),
            Some(_) => {}
        }
    }
    breaches.extend(recorded.keys().map(|name| format!("{FOLDER}{name}: landed, but is gone")));
    breaches
}

/// Adds the checksums of new migrations to the list.
///
/// # Errors
/// When the folder cannot be read, or a recorded migration was edited.
pub(crate) fn record(root: &Path) -> Outcome {
    let folder = root.join(FOLDER);
    let names = list(&folder)?;
    let mut sums = std::fs::read_to_string(root.join(SUMS)).unwrap_or_default();
    for name in names {
        let line = format!("{}  {name}", hash::sha256(&folder.join(&name))?);
        match sums.lines().find(|known| known.ends_with(&format!("  {name}"))) {
            None => sums.push_str(&format!("{line}\n")),
            Some(known) if known != line => {
                bail!("{FOLDER}{name} was edited after it landed; write a new migration")
            }
            Some(_) => {}
        }
    }
    std::fs::write(root.join(SUMS), sums).with_context(|| format!("cannot write {SUMS}"))
}

/// The migrations of a folder and of the folders in it, in order.
fn list(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?.flatten()
    {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if entry.path().is_dir() {
            names.extend(list(&entry.path())?.into_iter().map(|inner| format!("{name}/{inner}")));
        } else if name.ends_with(".sql") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[&str], hashes: &[(&str, &str)], sums: &str) -> Vec<String> {
        let paths: Vec<String> = files.iter().map(|name| format!("{FOLDER}{name}")).collect();
        let mut list: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "")).collect();
        list.push((SUMS, sums));
        list.push((
            LIST,
            r#"include_str!("../migrations/0001_start.sql"), include_str!("../migrations/0002_more.sql")"#,
        ));
        let mut house = House::with(&list);
        house.hashes = hashes.iter().map(|(name, hash)| ((*name).into(), (*hash).into())).collect();
        breaches(&house)
    }

    #[test]
    fn doubles_edits_and_losses_are_breaches() {
        let files = ["0001_start.sql", "0002_more.sql"];
        let hashes = [("0001_start.sql", "aa"), ("0002_more.sql", "bb")];
        let sums = "aa  0001_start.sql\nbb  0002_more.sql\n";
        assert!(check(&files, &hashes, sums).is_empty());
        let first = |breaches: Vec<String>| breaches.into_iter().next().unwrap_or_default();
        assert!(first(check(&["0002_more.sql"], &[], "")).contains("more than 0000"));
        assert!(first(check(&["0001_a.sql", "0001_b.sql"], &[], "")).contains("more than 0001"));
        assert!(first(check(&["0001_a.sql", "12_b.sql"], &[], "")).contains("four digits"));
        assert!(first(check(&files, &hashes, "aa  0001_start.sql\n")).contains("not recorded"));
        assert!(first(check(&files, &hashes, &sums.replace("aa", "cc"))).contains("edited"));
        assert!(first(check(&files[..1], &hashes, sums)).contains("gone"));
        assert!(first(check(&[], &[], "nonsense\n")).contains("cannot read"));
        let apart = ["0001_start.sql", "keys/0001_keys.sql", "keys/0001_more.sql"];
        let breaches = check(&apart, &[], "");
        assert!(first(breaches.clone()).contains("keys/0001_more.sql") && first(breaches).contains("0001"));
        assert!(check(&["0001_forgotten.sql"], &[], "")[0].contains("does not include it"));
    }
}
