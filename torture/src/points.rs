//! The fail points as they stand in the code.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, ensure};

/// Where fail points may stand.
const ROOMS: &[&str] = &["crates/store/src", "crates/app/src", "crates/server/src"];

/// The names of all fail points. `root` is the checkout.
///
/// # Errors
/// When a source cannot be read, or a name is used for two places.
pub(crate) fn all(root: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for room in ROOMS {
        visit(&root.join(room), &mut found)?;
    }
    Ok(found)
}

fn visit(folder: &Path, found: &mut BTreeSet<String>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            visit(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            for name in names(&std::fs::read_to_string(&path)?) {
                ensure!(found.insert(name.clone()), "two fail points are named {name}");
            }
        }
    }
    Ok(())
}

/// The names in one source.
fn names(source: &str) -> Vec<String> {
    let after = source.split("fail_point!(\"").skip(1);
    after.filter_map(|rest| rest.split_once('"')).map(|(name, _)| name.to_owned()).collect()
}

/// Points that a short run comes to only by luck: enough must have been written, by customers or by agents.
const LATER: &[&str] = &["sqlite.checkpoint", "upload.recorded"];

/// The point at which a process dies in the night after everything else.
pub(crate) const NIGHTLY: &str = "retention.removed";

/// Whether a short run must have come to it.
pub(crate) fn is_soon(name: &str) -> bool {
    !LATER.contains(&name)
}

/// Whether a point can be reached on this engine.
pub(crate) fn is_on(name: &str, postgres: bool) -> bool {
    match name.split('.').next() {
        Some("sqlite") => !postgres,
        Some("postgres") => postgres,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_there_are_enough_of_them() {
        let source = "store::fail_point!(\"a.b\");\ncrate::fail_point!(\"c\", Error::Full);";
        assert_eq!(names(source), ["a.b", "c"]);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let points = all(&root).expect("the sources are read");
        assert!(
            LATER.iter().chain([&NIGHTLY]).all(|name| points.contains(*name)),
            "a name that stands nowhere"
        );
        for postgres in [false, true] {
            let count = points.iter().filter(|name| is_on(name, postgres)).count();
            assert!(count >= 40, "{count} fail points on this engine");
        }
    }
}
