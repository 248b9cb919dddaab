//! Chromium's messages in many languages, from its resource packs: the same number is the same message.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::Pair;
use super::read::{Reader, english};

/// The version of the packs.
const VERSION: u32 = 5;
/// Where the table of a pack begins, and how long a row of it is.
const TABLE: (usize, usize) = (12, 6);

pub(super) fn pairs(source: &Path, language: &str, reader: &Reader) -> Result<Vec<Pair>> {
    let name = match language {
        "zh" => "zh-CN",
        "pt" => "pt-BR",
        other => other,
    };
    let load = |name: &str| {
        let file = source.join("chromium-locales").join(format!("{name}.pak"));
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        messages(&bytes).with_context(|| format!("{} is no pack of messages", file.display()))
    };
    let (theirs, ours) = (load(name)?, load("en-GB")?);
    let mut numbers: Vec<&u16> = theirs.keys().collect();
    numbers.sort_unstable();
    let mut pairs = Vec::new();
    for number in numbers {
        let Some(original) = ours.get(number).filter(|original| **original != theirs[number]) else {
            continue;
        };
        pairs.push((reader.words(&without_marks(&theirs[number])), english(&without_marks(original))));
    }
    Ok(pairs)
}

/// The messages of a pack by their number.
fn messages(bytes: &[u8]) -> Result<HashMap<u16, String>> {
    let two = |at: usize| bytes.get(at..at + 2).map(|two| u16::from_le_bytes([two[0], two[1]]));
    let four = |at: usize| {
        bytes.get(at..at + 4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
    };
    if four(0) != Some(VERSION) {
        bail!("it is not of version {VERSION}");
    }
    let count = usize::from(two(8).context("it ends early")?);
    let mut messages = HashMap::new();
    for row in (0..count).map(|row| TABLE.0 + row * TABLE.1) {
        let (number, from, to) = (two(row), four(row + 2), four(row + 2 + TABLE.1));
        let (Some(number), Some(from), Some(to)) = (number, from, to) else { bail!("its table ends early") };
        let text = bytes.get(from as usize..to as usize).context("its texts end early")?;
        messages.extend(std::str::from_utf8(text).ok().map(|text| (number, text.to_owned())));
    }
    Ok(messages)
}

/// A message without tags and marks of direction.
fn without_marks(message: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for letter in message.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            '\u{200e}' | '\u{200f}' => {}
            _ if !inside => kept.push(letter),
            _ => {}
        }
    }
    kept.replace("&nbsp;", " ")
}
