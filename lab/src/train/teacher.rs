//! What a large sentence model says of many texts, kept beside the build so that it is asked once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ai::intent::Meaning;
use ai::{Encoder, Features};
use anyhow::{Context, Result};

use crate::corpus::hash;

/// Where what models said is kept, a file a model.
const KEPT: &str = "target/lab";

/// A sentence model with what it has said before.
pub(crate) struct Teacher {
    encoder: Encoder,
    file: PathBuf,
    known: RefCell<HashMap<String, Vec<f32>>>,
}

impl Teacher {
    /// Loads the sentence model of a folder.
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let encoder = Encoder::load(|name| match std::fs::read(folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {name} in {}", folder.display())),
        })?;
        // A model is known by what it says: another one says something else of the same text.
        let said = encoder.encode("Which model is this, and what does it say of me?");
        let mark = hash(said.iter().flat_map(|number| number.to_le_bytes()));
        let file = Path::new(KEPT).join(format!("{mark:016x}.said"));
        let known = RefCell::new(read(&file, encoder.dimension())?);
        Ok(Self { encoder, file, known })
    }

    /// Asks the model about texts that it has said nothing of yet, in portions, and keeps what it says.
    pub(crate) fn ask<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Result<()> {
        let mut known = self.known.borrow_mut();
        let mut missing: Vec<&str> = texts.filter(|text| !known.contains_key(*text)).collect();
        missing.sort_unstable_by_key(|text| (text.len(), *text));
        missing.dedup();
        if !missing.is_empty() {
            println!("  asking the sentence model about {} texts", missing.len());
        }
        for (done, part) in missing.chunks(512).enumerate() {
            let said = self.encoder.encode_all(part);
            append(&self.file, part, &said)?;
            known.extend(part.iter().map(|text| (*text).to_owned()).zip(said));
            if done % 10 == 9 {
                println!("  {} of {}", (done + 1) * 512, missing.len());
            }
        }
        Ok(())
    }

    /// What the model says of a text.
    pub(crate) fn said(&self, text: &str) -> Vec<f32> {
        self.known.borrow().get(text).cloned().unwrap_or_else(|| self.encoder.encode(text))
    }

    /// What it says of a text alone, as a direction of length 1.
    pub(crate) fn meaning(&self, text: &str) -> Vec<f32> {
        self.encoder.common().without(self.said(text)).to_vec()
    }
}

impl Meaning for Teacher {
    fn direction(&self, text: &str, _: &Features) -> Vec<f32> {
        self.meaning(text)
    }

    fn is_sentence_model(&self) -> bool {
        self.encoder.is_sentence_model()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_kept_and_a_cut_off_end_is_passed_over() {
        let folder = std::env::temp_dir().join(format!("lab-said-{}", std::process::id()));
        let file = folder.join("model.said");
        append(&file, &["one", "两"], &[vec![1.0, -0.5], vec![0.25, 3.0]]).unwrap();
        append(&file, &["three"], &[vec![0.0, 2.0]]).unwrap();
        let known = read(&file, 2).unwrap();
        assert_eq!(known.len(), 3);
        assert_eq!(known["两"], [0.25, 3.0]);
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(read(&file, 2).unwrap().len(), 2);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
