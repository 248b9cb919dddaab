//! Unicode's locale data: what signs are called in each language, and the names of countries, languages and scripts.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Pair;
use super::read::{Reader, english};

/// What signs are called and which words lead to them.
pub(super) fn annotations(source: &Path, language: &str, reader: &Reader) -> Result<Vec<Pair>> {
    let load = |language: &str| {
        let file = source.join("cldr-annotations-full/annotations").join(language).join("annotations.json");
        Ok::<_, anyhow::Error>(json(&file)?["annotations"]["annotations"].take())
    };
    let (theirs, ours) = (load(language)?, load("en")?);
    let mut pairs = Vec::new();
    for (sign, names) in theirs.as_object().into_iter().flatten() {
        for kind in ["tts", "default"] {
            pairs.push((reader.words(&list(&names[kind])), english(&list(&ours[sign][kind]))));
        }
    }
    Ok(pairs)
}

/// Names in the language and in English.
pub(super) fn names(source: &Path, language: &str) -> Result<Vec<(String, String)>> {
    let mut names = Vec::new();
    for kind in ["territories", "languages", "scripts"] {
        let load = |language: &str| {
            let file = source.join("cldr-localenames-full/main").join(language).join(format!("{kind}.json"));
            Ok::<_, anyhow::Error>(json(&file)?["main"][language]["localeDisplayNames"][kind].take())
        };
        let (theirs, ours) = (load(language)?, load("en")?);
        for (code, name) in theirs.as_object().into_iter().flatten() {
            if let (Some(name), Some(english)) = (name.as_str(), ours[code].as_str()) {
                names.push((name.to_owned(), english.to_owned()));
            }
        }
    }
    Ok(names)
}

fn list(names: &Value) -> String {
    let names: Vec<&str> = names.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    names.join(" ")
}

pub(super) fn json(file: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))
}
