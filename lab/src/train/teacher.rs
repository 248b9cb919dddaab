//! What a large sentence model says of many texts, kept beside the build so that it is asked once.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::Path;

use ai::Encoder;
use anyhow::{Context, Result};

/// Loads the sentence model of a folder.
pub(crate) fn load(folder: &Path) -> Result<Encoder> {
    Encoder::load(|name| match std::fs::read(folder.join(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {name} in {}", folder.display())),
    })
}

/// What the model says of texts. What it said before is read from `kept`, which grows.
pub(crate) fn directions(encoder: &Encoder, texts: &[String], kept: &Path) -> Result<Vec<Vec<f32>>> {
    let width = encoder.dimension();
    let mut known = read(kept, width)?;
    let mut missing: Vec<&str> =
        texts.iter().map(String::as_str).filter(|text| !known.contains_key(*text)).collect();
    missing.sort_unstable_by_key(|text| (text.len(), *text));
    missing.dedup();
    if !missing.is_empty() {
        println!("  asking the sentence model about {} texts", missing.len());
    }
    for (done, part) in missing.chunks(512).enumerate() {
        let said = encoder.encode_all(part);
        append(kept, part, &said)?;
        known.extend(part.iter().map(|text| (*text).to_owned()).zip(said));
        if done % 10 == 9 {
            println!("  {} of {}", (done + 1) * 512, missing.len());
        }
    }
    texts.iter().map(|text| known.get(text).cloned().context("a text that was just asked for")).collect()
}

/// Each entry is the length of the text, the text, and the numbers. One that was cut off ends the reading.
fn read(kept: &Path, width: usize) -> Result<HashMap<String, Vec<f32>>> {
    let mut known = HashMap::new();
    if !kept.exists() {
        return Ok(known);
    }
    let bytes = std::fs::read(kept).with_context(|| format!("cannot read {}", kept.display()))?;
    let mut rest = bytes.as_slice();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some((text, after)) = after.split_at_checked(length) else { break };
        let Some((numbers, after)) = after.split_at_checked(width * 4) else { break };
        let numbers =
            numbers.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        known.insert(String::from_utf8_lossy(text).into_owned(), numbers.collect());
        rest = after;
    }
    Ok(known)
}

fn append(kept: &Path, texts: &[&str], said: &[Vec<f32>]) -> Result<()> {
    use std::io::Write;
    if let Some(folder) = kept.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut bytes = Vec::new();
    for (text, numbers) in texts.iter().zip(said) {
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(kept)?;
    file.write_all(&bytes).with_context(|| format!("cannot write {}", kept.display()))
}
