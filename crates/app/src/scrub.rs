//! Takes out of pictures and films what a camera or a program wrote beside the picture: where it was taken, when, with
//! which device, by whom. The picture itself is not touched: nothing is decoded and encoded again.
//!
//! What stays is listed, everything else goes, also whatever stands behind the end of a picture, where another file may
//! hide. Which side of a picture is up is kept.

mod film;
mod gif;
mod jpeg;
mod png;
mod webp;

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrubbed {
    /// There was nothing to take out.
    Clean,
    /// What was written is the file without it.
    Less,
}

/// Whether files of a type are looked through.
pub fn concerns(mime: &str) -> bool {
    matches!(
        mime,
        "image/jpeg"
            | "image/png"
            | "image/gif"
            | "image/webp"
            | "video/mp4"
            | "video/3gpp"
            | "video/quicktime"
    )
}

/// Writes `file`, which is of the type `mime`, to `out` without what does not belong to the picture. Memory stays
/// small, whatever the file claims.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] when the file is not built as its type demands, so that it must not be taken for
/// one; any other when reading or writing fails.
pub fn scrub(mime: &str, file: impl Read + Seek, out: impl Write + Seek) -> io::Result<Scrubbed> {
    let (mut file, mut out) = (BufReader::new(file), BufWriter::new(out));
    let size = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    match mime {
        "image/jpeg" => jpeg::copy(&mut file, &mut out)?,
        "image/png" => png::copy(&mut file, &mut out)?,
        "image/gif" => gif::copy(&mut file, &mut out)?,
        "image/webp" => webp::copy(&mut file, &mut out)?,
        _ => {
            let found = film::copy(&mut file, &mut out, size)?;
            out.flush()?;
            return Ok(if found { Scrubbed::Less } else { Scrubbed::Clean });
        }
    }
    let written = out.stream_position()?;
    out.flush()?;
    Ok(if written == size { Scrubbed::Clean } else { Scrubbed::Less })
}

/// The file is not what it says it is.
fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Fills as much of `buffer` as there is.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut have = 0;
    while have < buffer.len() {
        match file.read(&mut buffer[have..]) {
            Ok(0) => break,
            Ok(read) => have += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(have)
}

/// The next bytes; `None` at the end of the file.
fn next<const N: usize>(file: &mut impl Read) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    Ok((fill(file, &mut bytes)? == N).then_some(bytes))
}

/// Copies so many bytes or what there is of them.
fn pass(file: &mut impl Read, out: &mut impl Write, bytes: u64) -> io::Result<u64> {
    io::copy(&mut file.take(bytes), out)
}

/// Leaves so many bytes out.
fn skip(file: &mut impl Read, bytes: u64) -> io::Result<u64> {
    io::copy(&mut file.take(bytes), &mut io::sink())
}

/// Which side is up in an Exif block (a TIFF structure), 1 to 8; 1 when it does not say.
fn orientation(tiff: &[u8]) -> u8 {
    let little = match tiff.get(..4) {
        Some([b'I', b'I', 42, 0]) => true,
        Some([b'M', b'M', 0, 42]) => false,
        _ => return 1,
    };
    let short = |at: usize| -> Option<u16> {
        let bytes = [*tiff.get(at)?, *tiff.get(at + 1)?];
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| -> Option<u32> {
        let (one, two) = (u32::from(short(at)?), u32::from(short(at + 2)?));
        Some(if little { two << 16 | one } else { one << 16 | two })
    };
    let found = || {
        let first = usize::try_from(long(4)?).ok().filter(|at| *at < tiff.len())?;
        let entries = usize::from(short(first)?);
        (0..entries)
            .map(|place| first + 2 + place * 12)
            .find(|at| short(*at) == Some(0x0112))
            .and_then(|at| short(at + 8))
    };
    found().and_then(|side| u8::try_from(side).ok()).filter(|side| (1..=8).contains(side)).unwrap_or(1)
}

/// An Exif block that says which side is up and nothing else.
fn upright(side: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([side, 0, 0, 0, 0, 0, 0]);
    tiff
}

#[cfg(test)]
mod tests;
