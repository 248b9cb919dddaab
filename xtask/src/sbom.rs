//! What is inside the binary, for machines: a CycloneDX 1.6 document from cargo's graph, Cargo.lock and the console's
//! lock file. It holds no time and no random number, so that the same sources give the same document.

use crate::{deps::Lock, metadata};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The document of the crate `server` and the console in it, checked.
///
/// # Errors
/// When a lock file cannot be read, or the document is not complete.
pub(crate) fn sbom(root: &Path) -> Result<String> {
    let crates = metadata::shipped_with(root, "server")?;
    let edges = metadata::shipped_edges(root, "server")?;
    let sums = checksums(root)?;
    let mut components = Vec::new();
    for package in &crates {
        let purl = cargo(&package.name, &package.version);
        let sum = sums.get(&(package.name.clone(), package.version.clone()));
        let mut component = json!({"type": "library", "bom-ref": purl, "purl": purl, "name": package.name, "version": package.version});
        license(&mut component, package.license.as_deref());
        if let Some(sum) = sum {
            component["hashes"] = json!([{"alg": "SHA-256", "content": sum}]);
        }
        components.push(component);
    }
    for (name, version, license_of, integrity) in Lock::read(root)?.inventory() {
        let purl = format!("pkg:npm/{}@{version}", name.replace('@', "%40"));
        if components.iter().any(|one| one["purl"] == purl.as_str()) {
            continue;
        }
        let mut component =
            json!({"type": "library", "bom-ref": purl, "purl": purl, "name": name, "version": version});
        license(&mut component, Some(license_of));
        if let Some(sum) = integrity.and_then(|text| text.strip_prefix("sha512-")) {
            component["hashes"] = json!([{"alg": "SHA-512", "content": hex_of(sum)?}]);
        }
        components.push(component);
    }
    let version = env!("CARGO_PKG_VERSION");
    let top = format!("pkg:cargo/bellhop@{version}");
    let web: Vec<Value> = components
        .iter()
        .map(|one| one["bom-ref"].clone())
        .filter(|name| name.as_str().is_some_and(|name| name.starts_with("pkg:npm/")))
        .collect();
    let mut dependencies = Vec::new();
    for ((name, of), needs) in &edges {
        let needs: BTreeSet<String> = needs.iter().map(|(name, version)| cargo(name, version)).collect();
        let own = name == "server";
        let mut needs: Vec<Value> = needs.into_iter().map(Value::String).collect();
        if own {
            needs.extend(web.iter().cloned());
        }
        dependencies
            .push(json!({"ref": if own { top.clone() } else { cargo(name, of) }, "dependsOn": needs}));
    }
    let bom = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": top, "purl": top, "name": "bellhop", "version": version,
                "licenses": [{"expression": "Apache-2.0"}]},
        },
        "components": components,
        "dependencies": dependencies,
    });
    let missing = faults(&bom);
    if !missing.is_empty() {
        bail!("the bill of materials is not complete:\n  {}", missing.join("\n  "));
    }
    Ok(format!("{bom:#}\n"))
}

fn cargo(name: &str, version: &str) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

fn license(component: &mut Value, expression: Option<&str>) {
    if let Some(expression) = expression {
        // Older crates write a slash for OR.
        component["licenses"] = json!([{"expression": expression.replace('/', " OR ")}]);
    }
}

/// What cargo checks the crates that it loads against, by name and version.
fn checksums(root: &Path) -> Result<BTreeMap<(String, String), String>> {
    let text = std::fs::read_to_string(root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let lock: toml::Table = text.parse().context("cannot read Cargo.lock")?;
    let packages =
        lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock lists no packages")?;
    let text =
        |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let entry = |package: &toml::Value| {
        Some(((text(package, "name")?, text(package, "version")?), text(package, "checksum")?))
    };
    Ok(packages.iter().filter_map(entry).collect())
}

/// Base64 as hexadecimal digits.
fn hex_of(base64: &str) -> Result<String> {
    let mut bits = 0_u32;
    let (mut have, mut out) = (0, String::new());
    for sign in base64.trim_end_matches('=').bytes() {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => bail!("{base64:?} is no base64"),
        };
        bits = bits << 6 | u32::from(value);
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push_str(&format!("{:02x}", bits >> have & 0xff));
        }
    }
    Ok(out)
}

/// What is missing in a document.
fn faults(bom: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut names: BTreeSet<&str> = bom["metadata"]["component"]["bom-ref"].as_str().into_iter().collect();
    let components = bom["components"].as_array().map(Vec::as_slice).unwrap_or_default();
    if components.is_empty() {
        faults.push("there are no components".to_owned());
    }
    for component in components {
        let name = component["bom-ref"].as_str().unwrap_or_default();
        if name.is_empty() || !names.insert(name) {
            faults.push(format!("{name:?} is there twice, or has no name"));
        }
        for field in ["name", "version", "purl", "type"] {
            if component[field].as_str().is_none_or(str::is_empty) {
                faults.push(format!("{name} has no {field}"));
            }
        }
        if component["licenses"][0]["expression"].as_str().is_none_or(str::is_empty) {
            faults.push(format!("{name} has no licence"));
        }
        let sum = component["hashes"][0]["content"].as_str().unwrap_or_default();
        if !matches!(sum.len(), 64 | 128) || !sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            faults.push(format!("{name} has no hash"));
        }
    }
    let mut described = BTreeSet::new();
    for dependency in bom["dependencies"].as_array().into_iter().flatten() {
        let from = dependency["ref"].as_str().unwrap_or_default();
        described.insert(from);
        for to in dependency["dependsOn"].as_array().into_iter().flatten().chain([&dependency["ref"]]) {
            if !names.contains(to.as_str().unwrap_or_default()) {
                faults.push(format!("{from} needs {to}, which is not there"));
            }
        }
    }
    let crates = names.iter().filter(|name| name.starts_with("pkg:cargo/") && !described.contains(*name));
    faults.extend(crates.map(|name| format!("it is not said what {name} needs")));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_listed_completely_and_always_alike() {
        let root = crate::root();
        let text = sbom(&root).expect("a document");
        let bom: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(faults(&bom), Vec::<String>::new());
        let names: Vec<&str> = bom["components"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one["name"].as_str())
            .collect();
        for shipped in ["tokio", "axum", "aws-lc-rs", "rusqlite", "react"] {
            assert!(names.contains(&shipped), "{shipped} is not listed");
        }
        // Of tests and tools nothing ships.
        for other in ["proptest", "vitest", "playwright-core"] {
            assert!(!names.contains(&other), "{other} does not ship");
        }
        assert_eq!(sbom(&root).expect("a document"), text);
    }

    #[test]
    fn a_document_with_a_hole_is_refused() {
        let whole = json!({
            "metadata": {"component": {"bom-ref": "a"}},
            "components": [{"bom-ref": "pkg:cargo/b@1", "name": "b", "version": "1", "purl": "pkg:cargo/b@1", "type": "library",
                "licenses": [{"expression": "MIT"}], "hashes": [{"content": "0".repeat(64)}]}],
            "dependencies": [{"ref": "a", "dependsOn": ["pkg:cargo/b@1"]}, {"ref": "pkg:cargo/b@1", "dependsOn": []}],
        });
        assert_eq!(faults(&whole), Vec::<String>::new());
        for (path, value) in [
            ("/components/0/version", json!("")),
            ("/components/0/licenses", json!([])),
            ("/components/0/hashes/0/content", json!("short")),
            ("/components/0/bom-ref", json!("a")),
            ("/components", json!([])),
            ("/dependencies/0/dependsOn", json!(["nobody"])),
            ("/dependencies/1/ref", json!("a")),
        ] {
            let mut broken = whole.clone();
            *broken.pointer_mut(path).expect("there") = value;
            assert!(!faults(&broken).is_empty(), "{path}");
        }
        assert_eq!(hex_of("TWFueSBo").expect("base64"), "4d616e792068");
        assert_eq!(hex_of("TQ==").expect("base64"), "4d");
        assert!(hex_of("?").is_err());
    }
}
