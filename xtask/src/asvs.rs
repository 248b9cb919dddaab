//! The sheet of security requirements, `docs/security/asvs.tsv`: every test and document that it names exists, and the
//! counts that its page tells are right.

use std::collections::BTreeSet;
use std::path::Path;

/// The least share of what applies that has to be met, in percent.
const LEAST: usize = 80;

/// What is wrong with the sheet.
pub(crate) fn faults(root: &Path) -> Vec<String> {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_default();
    let mut faults = Vec::new();
    let (mut seen, mut counts) = (BTreeSet::new(), [0; 5]);
    const STATES: [&str; 5] = ["met", "part", "open", "later", "na"];
    for line in read("docs/security/asvs.tsv").lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [id, level, state, about, proof] = cells[..] else {
            faults.push(format!("not five cells: {line:?}"));
            continue;
        };
        if !seen.insert(id.to_owned())
            || id.split('.').count() != 3
            || !matches!(level, "1" | "2")
            || about.is_empty()
        {
            faults.push(format!("{id}: twice, or not in order"));
        }
        match STATES.iter().position(|known| *known == state) {
            Some(place) => counts[place] += 1,
            None => faults.push(format!("{id}: {state} is no state")),
        }
        if state != "met" {
            if proof.len() < 8 {
                faults.push(format!("{id}: say why"));
            }
            continue;
        }
        for one in proof.split("; ") {
            let (file, test) = one.split_once("::").map_or((one, None), |(file, test)| (file, Some(test)));
            let there = !file.is_empty() && root.join(file).exists();
            if !there || test.is_some_and(|test| !read(file).contains(&format!("fn {test}("))) {
                faults.push(format!("{id}: {one} does not exist"));
            }
        }
    }
    let [met, part, open, later, na] = counts;
    let applies = (met + part + open).max(1);
    if met * 100 < applies * LEAST {
        faults.push(format!("only {met} of {applies} that apply are met"));
    }
    let told = format!(
        "{} requirements: {applies} apply, of which **{met} are met** ({} %), {part} in part and {open} not; {later} come later; {na} do not apply.",
        seen.len(),
        met * 100 / applies
    );
    if !read("docs/security/asvs.md").contains(&told) {
        faults.push(format!("docs/security/asvs.md has to say: {told}"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_is_true() {
        assert_eq!(faults(&crate::root()), Vec::<String>::new());
    }

    #[test]
    fn a_sheet_that_is_not_is_noticed() {
        let folder = std::env::temp_dir().join(format!("asvs-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("docs/security")).expect("a folder");
        std::fs::write(folder.join("there.rs"), "fn shown() {}").expect("written");
        let judge = |rows: &str| {
            std::fs::write(folder.join("docs/security/asvs.tsv"), format!("head\n{rows}")).expect("written");
            faults(&folder).join("\n")
        };
        let fine = judge("1.1.1\t1\tmet\tabout\tthere.rs::shown\n");
        assert!(
            !fine.contains("1.1.1")
                && fine.contains("1 requirements: 1 apply, of which **1 are met** (100 %)"),
            "{fine}"
        );
        assert!(
            judge("1.1.1\t1\tmet\tabout\tthere.rs::hidden\n")
                .contains("1.1.1: there.rs::hidden does not exist")
        );
        assert!(judge("1.1.1\t1\tmet\tabout\tgone.md\n").contains("gone.md does not exist"));
        assert!(judge("1.1.1\t1\topen\tabout\tno\n").contains("1.1.1: say why"));
        assert!(judge("1.1.1\t1\topen\tabout\tit is not built yet\n").contains("only 0 of 1"));
        assert!(judge("1.1.1\t3\tmet\tabout\tthere.rs\n").contains("not in order"));
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
