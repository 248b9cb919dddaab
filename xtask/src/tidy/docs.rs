//! Documents can be found, and their links lead somewhere.

use super::house::House;

const INDEX: &str = "docs/README.md";

/// Files under `docs` that its index does not link, and pictures that no document shows.
pub(crate) fn unlinked(house: &House) -> Vec<String> {
    let all = || house.files.keys().chain(&house.binaries).filter(|path| path.starts_with("docs/"));
    let index = house.files.get(INDEX).map(|text| targets(INDEX, text)).unwrap_or_default();
    let shown: Vec<String> = documents(house).flat_map(|(path, text)| targets(path, text)).collect();
    let mut breaches = Vec::new();
    for path in all().filter(|path| *path != INDEX) {
        if ["docs/images/", "docs/benchmarks/"].iter().any(|pictures| path.starts_with(pictures)) {
            if !shown.contains(path) {
                breaches.push(format!("{path}: no document shows it"));
            }
        } else if !index.contains(path) {
            breaches.push(format!("{path}: not linked from {INDEX}"));
        }
    }
    breaches
}

/// Links to files that are not there.
pub(crate) fn broken_links(house: &House) -> Vec<String> {
    let exists = |target: &str| {
        let folder = format!("{}/", target.trim_end_matches('/'));
        let mut all = house.files.keys().chain(&house.binaries);
        target.is_empty() || all.any(|path| path == target || path.starts_with(&folder))
    };
    let mut breaches = Vec::new();
    for (path, text) in documents(house) {
        for target in targets(path, text) {
            if !exists(&target) {
                breaches.push(format!("{path}: links to {target}, which is not there"));
            }
        }
    }
    breaches
}

fn documents(house: &House) -> impl Iterator<Item = (&String, &String)> {
    house.files.iter().filter(|(path, _)| path.ends_with(".md"))
}

/// The files a document links to, as paths from the root: `[…](target)`, `src="target"`, `href="target"`.
fn targets(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (open, close) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
        for (at, _) in text.match_indices(open) {
            let rest = &text[at + open.len()..];
            let target = rest.split([close, ' ', '\n']).next().unwrap_or_default();
            let target = target.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains(':') {
                found.push(resolve(path, target));
            }
        }
    }
    found
}

/// A link of the document at `path` as a path from the root.
fn resolve(path: &str, target: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    if target.starts_with('/') {
        parts.clear();
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_nobody_links_is_a_breach() {
        let files = [
            (INDEX, "[a](how-to/a.md) ![p](images/p.svg)"),
            ("docs/how-to/a.md", "x"),
            ("docs/images/p.svg", ""),
        ];
        assert!(unlinked(&House::with(&files)).is_empty());
        let lost = [(INDEX, "nothing"), ("docs/how-to/a.md", "x"), ("docs/images/p.svg", "")];
        assert_eq!(unlinked(&House::with(&lost)).len(), 2);
    }

    #[test]
    fn a_link_into_the_void_is_a_breach() {
        let check =
            |text: &str| broken_links(&House::with(&[("docs/how-to/a.md", text), ("README.md", "x")])).len();
        assert_eq!(
            check("[root](../../README.md#top) [web](https://x.org/y) [here](#part) [folder](../how-to)"),
            0
        );
        assert_eq!(check("[gone](b.md)"), 1);
        assert_eq!(check("<img src=\"../images/none.png\">"), 1);
    }
}
