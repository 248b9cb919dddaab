//! The licence texts of everything that is inside the binary; passing it on without them is not allowed.

use crate::{deps::Lock, metadata};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Beginnings of the names of files that carry a licence or a notice.
const NAMES: &[&str] = &["license", "licence", "copying", "notice", "unlicense"];

/// What one or more parts say, word for word.
type Texts = BTreeMap<String, Vec<String>>;

/// The notices of a build as one text.
///
/// # Errors
/// When a package's folder cannot be read, for example because it is not installed.
pub(crate) fn notices(root: &Path) -> Result<String> {
    let mut texts = Texts::new();
    for package in metadata::shipped_with(root, "server")? {
        let folder = package.manifest_path.parent().context("a manifest stands in no folder")?;
        let license = package.license.as_deref().unwrap_or("see its text");
        collect(&mut texts, &format!("{} {} ({license})", package.name, package.version), folder)?;
    }
    for (path, license) in Lock::read(root)?.shipped() {
        let folder = root.join("web").join(path);
        // npm leaves out what another platform needs.
        if folder.is_dir() {
            let name = path.rsplit_once("node_modules/").map_or(path, |(_, name)| name);
            collect(&mut texts, &format!("{name} ({license})"), &folder)?;
        }
    }
    Ok(write(&texts))
}

fn collect(texts: &mut Texts, part: &str, folder: &Path) -> Result<()> {
    let mut found = false;
    let inside = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for path in inside.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if NAMES.iter().any(|begin| name.starts_with(begin)) {
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            add(texts, String::from_utf8_lossy(&bytes).trim(), part);
            found = true;
        }
    }
    if !found {
        add(texts, "(This part is published without a licence text; its licence is named above.)", part);
    }
    Ok(())
}

fn add(texts: &mut Texts, text: &str, part: &str) {
    let text = text.replace("\r\n", "\n");
    let parts = texts.entry(text).or_default();
    if parts.last().is_none_or(|last| last != part) {
        parts.push(part.to_owned());
    }
}

fn write(texts: &Texts) -> String {
    let mut notices = String::from("Bellhop contains the following parts under the following terms.\n");
    let mut sorted: Vec<_> = texts.iter().collect();
    sorted.sort_by_key(|(_, parts)| *parts);
    for (text, parts) in sorted {
        let _ = write!(notices, "\n{}\n{}\n\n{text}\n", "=".repeat(80), parts.join("\n"));
    }
    notices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_of_two_parts_is_written_once() {
        let mut texts = Texts::new();
        add(&mut texts, "be kind\r\nand free", "b 1 (MIT)");
        add(&mut texts, "be kind\nand free", "c 2 (MIT)");
        add(&mut texts, "other", "a 3 (ISC)");
        let notices = write(&texts);
        assert_eq!(notices.matches("be kind\nand free").count(), 1, "{notices}");
        assert!(notices.contains("b 1 (MIT)\nc 2 (MIT)\n"), "{notices}");
        assert!(notices.find("a 3") < notices.find("b 1"), "{notices}");
    }
}
