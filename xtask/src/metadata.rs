//! What cargo knows about our crates and what they depend on.

use crate::process;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The part of `cargo metadata` that we read.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

/// One crate.
#[derive(Clone, Deserialize)]
pub(crate) struct Package {
    id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Its licence, as an SPDX expression.
    pub(crate) license: Option<String>,
    /// Where it comes from; absent for our own.
    pub(crate) source: Option<String>,
    /// Its Cargo.toml.
    pub(crate) manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    /// Absent for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
}

/// For every crate of the workspace, the names of what it depends on.
pub(crate) struct Graph {
    /// Direct dependencies, those of tests included.
    pub(crate) direct: BTreeMap<String, BTreeSet<String>>,
    /// Everything that ends up in the shipped program through it: normal dependencies, transitively.
    pub(crate) shipped: BTreeMap<String, BTreeSet<String>>,
}

/// Reads the graph of the workspace at `root`.
///
/// # Errors
/// When cargo fails, for example because the lock file is out of date.
pub(crate) fn graph(root: &Path) -> Result<Graph> {
    Ok(read(root)?.graph())
}

/// The foreign crates that end up in the program that the crate `name` builds.
///
/// # Errors
/// When cargo fails, for example because the lock file is out of date.
pub(crate) fn shipped_with(root: &Path, name: &str) -> Result<Vec<Package>> {
    let metadata = read(root)?;
    let top = metadata.packages.iter().find(|package| package.name == name && package.source.is_none());
    let reached = metadata.reach(&top.with_context(|| format!("no crate {name}"))?.id);
    let foreign = |package: &&Package| package.source.is_some() && reached.contains(package.id.as_str());
    Ok(metadata.packages.iter().filter(foreign).cloned().collect())
}

/// Who needs whom among what ends up in the program that the crate `name` builds, by name and version. Our own crates are
/// that one crate: what they need, it needs.
///
/// # Errors
/// When cargo fails, for example because the lock file is out of date.
pub(crate) fn shipped_edges(root: &Path, name: &str) -> Result<Edges> {
    let metadata = read(root)?;
    let top = metadata.packages.iter().find(|package| package.name == name && package.source.is_none());
    let top = &top.with_context(|| format!("no crate {name}"))?.id;
    let mut reached = metadata.reach(top);
    reached.insert(top);
    let known: BTreeMap<&str, &Package> =
        metadata.packages.iter().map(|package| (package.id.as_str(), package)).collect();
    let key = |package: &Package| (package.name.clone(), package.version.clone());
    let mut edges = Edges::new();
    for (from, list) in metadata.edges() {
        let Some(package) = known.get(from).filter(|_| reached.contains(from)) else { continue };
        let own = if package.source.is_none() { top.as_str() } else { from };
        let Some(owner) = known.get(own) else { continue };
        let needs = edges.entry(key(owner)).or_default();
        for edge in list.iter().filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none())) {
            if let Some(needed) = known.get(edge.pkg.as_str()).filter(|needed| needed.source.is_some()) {
                needs.insert(key(needed));
            }
        }
    }
    Ok(edges)
}

/// For a crate, by name and version, the crates that it needs.
pub(crate) type Edges = BTreeMap<(String, String), BTreeSet<(String, String)>>;

fn read(root: &Path) -> Result<Metadata> {
    let args = ["metadata", "--format-version", "1", "--locked"];
    let text = process::read(&mut process::cargo(root, &args))?;
    serde_json::from_str(&text).context("cannot read the output of cargo metadata")
}

impl Metadata {
    fn graph(&self) -> Graph {
        let names: BTreeMap<&str, &str> =
            self.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        let edges = self.edges();
        let name = |id: &str| names.get(id).map_or_else(|| id.to_owned(), |name| (*name).to_owned());
        let mut graph = Graph { direct: BTreeMap::new(), shipped: BTreeMap::new() };
        for member in &self.workspace_members {
            let direct = edges.get(member.as_str()).copied().unwrap_or_default();
            graph.direct.insert(name(member), direct.iter().map(|edge| name(&edge.pkg)).collect());
            graph.shipped.insert(name(member), self.reach(member).into_iter().map(name).collect());
        }
        graph
    }

    fn edges(&self) -> BTreeMap<&str, &[Edge]> {
        self.resolve.nodes.iter().map(|node| (node.id.as_str(), node.deps.as_slice())).collect()
    }

    /// Everything reached from a crate over normal dependencies.
    fn reach<'a>(&'a self, from: &'a str) -> BTreeSet<&'a str> {
        let edges = self.edges();
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            for edge in edges.get(id).copied().unwrap_or_default() {
                let normal = edge.dep_kinds.iter().any(|kind| kind.kind.is_none());
                if normal && reached.insert(edge.pkg.as_str()) {
                    open.push(&edge.pkg);
                }
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dev_dependencies_are_direct_but_not_shipped() {
        let text = r#"{
            "packages": [{"id":"a#1","name":"a","version":"1","license":null,"source":null,"manifest_path":"/a"},{"id":"b#1","name":"b","version":"1","license":null,"source":null,"manifest_path":"/b"},{"id":"c#1","name":"c","version":"1","license":null,"source":null,"manifest_path":"/c"},{"id":"t#1","name":"t","version":"1","license":null,"source":null,"manifest_path":"/t"}],
            "workspace_members": ["a#1"],
            "resolve": {"nodes": [
                {"id":"a#1","deps":[{"pkg":"b#1","dep_kinds":[{"kind":null}]},{"pkg":"t#1","dep_kinds":[{"kind":"dev"}]}]},
                {"id":"b#1","deps":[{"pkg":"c#1","dep_kinds":[{"kind":null}]}]},
                {"id":"c#1","deps":[]},
                {"id":"t#1","deps":[]}
            ]}
        }"#;
        let graph = serde_json::from_str::<Metadata>(text).unwrap().graph();
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(graph.direct["a"], set(&["b", "t"]));
        assert_eq!(graph.shipped["a"], set(&["b", "c"]));
    }
}
