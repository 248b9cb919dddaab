//! The collected texts: one folder a source, lines of columns divided by tabs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The folder with all collected texts.
pub(crate) struct Corpus {
    folder: PathBuf,
}

impl Corpus {
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Fails where the folder is not there: nothing can be measured without it.
    pub(crate) fn check(&self) -> Result<()> {
        if !self.folder.join("INDEX.tsv").is_file() {
            bail!(
                "NOTHING MEASURED: the collected texts are not in {}; they are no part of this repository and are \
                 expected beside the checkout, or where --corpus or BELLHOP_CORPUS says",
                self.folder.display()
            );
        }
        Ok(())
    }

    /// A whole file.
    pub(crate) fn text(&self, file: &str) -> Result<String> {
        read(&self.folder.join(file))
    }

    /// The rows of a file, each with its columns.
    pub(crate) fn rows(&self, file: &str) -> Result<Vec<Vec<String>>> {
        let text = self.text(file)?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        Ok(lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect())
    }

    /// The rows of a file whose first two columns are a text and its label.
    pub(crate) fn labelled(&self, file: &str) -> Result<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        for row in self.rows(file)? {
            let [text, label, ..] = row.as_slice() else { bail!("{file}: a row without a label: {row:?}") };
            pairs.push((text.clone(), label.clone()));
        }
        Ok(pairs)
    }
}

/// Which of ten parts a text belongs to: what is left to measure with is chosen by the text itself.
pub(crate) fn tenth(text: &str) -> u64 {
    (hash(text.bytes()) >> 33) % 10
}

/// A hash that is the same everywhere (FNV-1a).
pub(crate) fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
