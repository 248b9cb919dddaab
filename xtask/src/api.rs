//! `cargo xtask api`: the API document and the console's types, both generated from the code and committed.

use crate::{Outcome, process, web};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Arguments of `api`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; fail if a generated file is out of date
    #[arg(long)]
    check: bool,
}

const DOCUMENT: &str = "docs/api/openapi.json";
const SOURCES: &str = "web/console/src";

/// Writes the document and the types, or checks them.
///
/// # Errors
/// When generating fails, or with `--check` when a committed file differs from what the code says.
pub(crate) fn api(root: &Path, args: &Args) -> Outcome {
    if args.check { check(root) } else { write(root) }
}

fn write(root: &Path) -> Outcome {
    let document = document(root)?;
    let file = root.join(DOCUMENT);
    std::fs::write(&file, document).with_context(|| format!("cannot write {DOCUMENT}"))?;
    web::packages(root)?;
    process::run(&mut web::script(root, "api", &[])?)
}

/// Checks that both generated files are what the code says.
///
/// # Errors
/// When one differs; it is left as committed.
pub(crate) fn check(root: &Path) -> Outcome {
    let committed = std::fs::read_to_string(root.join(DOCUMENT)).unwrap_or_default();
    if committed != document(root)? {
        bail!("{DOCUMENT} is not what the code says; run `cargo xtask api` and commit the result");
    }
    check_types(root)
}

/// Checks that the console's types are what the committed document says. That the document is what the code says
/// is a test of the server too, which needs no program built for it alone.
///
/// # Errors
/// When one differs; it is left as committed.
pub(crate) fn check_types(root: &Path) -> Outcome {
    web::packages(root)?;
    let before = read_all(&root.join(SOURCES))?;
    let ran = process::run(&mut web::script(root, "api", &[])?);
    let after = read_all(&root.join(SOURCES))?;
    let changed = changed(&before, &after);
    for file in &changed {
        match before.get(*file) {
            Some(text) => std::fs::write(file, text)?,
            None => std::fs::remove_file(file)?,
        }
    }
    ran?;
    if let Some(file) = changed.first() {
        bail!(
            "{} does not match {DOCUMENT}; run `cargo xtask api` and commit the result",
            file.strip_prefix(root).unwrap_or(file).display()
        );
    }
    Ok(())
}

/// The document as the code says it.
fn document(root: &Path) -> Result<String> {
    let args = ["run", "--quiet", "--locked", "--package", "server", "--bin", "bellhop", "--", "api"];
    let text = process::read(&mut process::cargo(root, &args))?;
    let document: serde_json::Value =
        serde_json::from_str(&text).context("`bellhop api` did not print a JSON document")?;
    let version = document.get("openapi").and_then(serde_json::Value::as_str).unwrap_or_default();
    if !version.starts_with("3.1") {
        bail!("`bellhop api` printed OpenAPI version {version:?}, expected 3.1");
    }
    Ok(format!("{}\n", text.trim_end()))
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn read_all(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), std::fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

/// The files that are not in both with the same content.
fn changed<'a>(before: &'a Files, after: &'a Files) -> Vec<&'a PathBuf> {
    let mut paths: Vec<_> =
        before.keys().chain(after.keys()).filter(|path| before.get(*path) != after.get(*path)).collect();
    paths.sort();
    paths.dedup();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_changed_and_removed_files_are_seen() {
        let files = |list: &[(&str, &str)]| -> Files {
            list.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect()
        };
        let before = files(&[("same", "1"), ("edited", "1"), ("gone", "1")]);
        let after = files(&[("same", "1"), ("edited", "2"), ("new", "1")]);
        let expected = ["edited", "gone", "new"].map(PathBuf::from);
        assert_eq!(changed(&before, &after), expected.iter().collect::<Vec<_>>());
        assert!(changed(&before, &before).is_empty());
    }
}
