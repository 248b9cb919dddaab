//! Archives (ZIP), of which nothing is believed that they say of themselves.

use std::io::{Cursor, Read};

use model::ImportProblem;
use zip::ZipArchive;
use zip::result::ZipError;

use super::piece::{DOCUMENT_MAX, UNPACKED_MAX};

/// The most files in an archive.
const ENTRIES_MAX: usize = 3000;

/// An archive, and how much of it may still be unpacked.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    left: usize,
}

/// A file in an archive.
pub(crate) struct Entry {
    /// Its name with its folders.
    pub name: String,
    /// Its bytes, or why there are none.
    pub bytes: Result<Vec<u8>, ImportProblem>,
}

fn problem(error: &ZipError) -> ImportProblem {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => ImportProblem::Protected,
        _ => ImportProblem::Damaged,
    }
}

impl<'a> Archive<'a> {
    /// The archive in some bytes.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, ImportProblem> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| problem(&error))?;
        if zip.len() > ENTRIES_MAX {
            return Err(ImportProblem::TooMany);
        }
        Ok(Self { zip, left: UNPACKED_MAX })
    }

    /// How many files it has.
    pub(crate) fn len(&self) -> usize {
        self.zip.len()
    }

    /// Unpacks everything once and keeps nothing: what is unpacked afterwards is known to be bounded.
    pub(crate) fn measure(mut self) -> Result<(), ImportProblem> {
        for at in 0..self.len() {
            let entry = self.zip.by_index(at).map_err(|error| problem(&error))?;
            let limit = self.left as u64 + 1;
            let unpacked = std::io::copy(&mut entry.take(limit), &mut std::io::sink());
            let unpacked = unpacked.map_err(|_| ImportProblem::Damaged)?;
            let unpacked = usize::try_from(unpacked).unwrap_or(usize::MAX);
            self.left = self.left.checked_sub(unpacked).ok_or(ImportProblem::TooLarge)?;
        }
        Ok(())
    }

    /// The file at a place, when its name is `wanted`; nothing for folders and others.
    pub(crate) fn entry(
        &mut self,
        at: usize,
        wanted: impl FnOnce(&str) -> bool,
    ) -> Result<Option<Entry>, ImportProblem> {
        let entry = self.zip.by_index(at).map_err(|error| problem(&error))?;
        // A name that leads out of the archive is no name.
        let name = entry.enclosed_name().map(|path| path.to_string_lossy().replace('\\', "/"));
        let Some(name) = name.filter(|name| !entry.is_dir() && wanted(name)) else { return Ok(None) };
        let limit = DOCUMENT_MAX.min(self.left);
        let mut bytes = Vec::new();
        let read = entry.take(limit as u64 + 1).read_to_end(&mut bytes);
        self.left = self.left.saturating_sub(bytes.len());
        if self.left == 0 {
            return Err(ImportProblem::TooLarge);
        }
        let bytes = match read {
            Err(_) => Err(ImportProblem::Damaged),
            Ok(_) if bytes.len() > limit => Err(ImportProblem::TooLarge),
            Ok(_) => Ok(bytes),
        };
        Ok(Some(Entry { name, bytes }))
    }

    /// The file of a name.
    pub(crate) fn named(&mut self, name: &str) -> Result<Option<Vec<u8>>, ImportProblem> {
        let Some(at) = self.zip.index_for_name(name) else { return Ok(None) };
        self.entry(at, |_| true)?.map(|entry| entry.bytes).transpose()
    }
}

/// An archive of these files.
#[cfg(test)]
pub(crate) fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a file");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive").into_inner()
}
