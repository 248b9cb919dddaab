//! JPEG: segments, of which those for programs (APPn) and comments go.

use std::io::{self, Read, Write};

use super::{broken, fill, next, orientation, pass, skip, upright};

/// Copies what belongs to the picture, up to its end.
pub(super) fn copy(file: &mut impl Read, out: &mut impl Write) -> io::Result<()> {
    if next(file)? != Some([0xff, 0xd8]) {
        return Err(broken("no JPEG"));
    }
    out.write_all(&[0xff, 0xd8])?;
    // Of a segment, when the picture before it ended at its mark.
    let mut marker = mark(file)?;
    let mut pictured = false;
    loop {
        let Some(kind) = marker else {
            // A picture that was cut off is shown as far as it goes; without any it is none.
            return if pictured { Ok(()) } else { Err(broken("a JPEG without a picture")) };
        };
        marker = match kind {
            0xd9 => return out.write_all(&[0xff, 0xd9]),
            0xda => {
                if !segment(file, out, kind)? {
                    marker = None;
                    continue;
                }
                pictured = true;
                scan(file, out)?
            }
            0x01 | 0xd0..=0xd7 => {
                out.write_all(&[0xff, kind])?;
                mark(file)?
            }
            _ => {
                segment(file, out, kind)?;
                mark(file)?
            }
        };
    }
}

/// The next segment's mark, behind any number of filling bytes.
fn mark(file: &mut impl Read) -> io::Result<Option<u8>> {
    match next::<1>(file)? {
        None => return Ok(None),
        Some([0xff]) => {}
        Some(_) => return Err(broken("no segment where one has to be")),
    }
    loop {
        match next::<1>(file)? {
            None => return Ok(None),
            Some([0xff]) => {}
            Some([0]) => return Err(broken("no segment where one has to be")),
            Some([kind]) => return Ok(Some(kind)),
        }
    }
}

/// Copies a segment or leaves it out; false when the file ends before it says its length.
fn segment(file: &mut impl Read, out: &mut impl Write, kind: u8) -> io::Result<bool> {
    let Some(length) = next::<2>(file)? else { return Ok(false) };
    let size = u64::from(u16::from_be_bytes(length));
    let Some(inside) = size.checked_sub(2) else { return Err(broken("a segment shorter than its length")) };
    // Of what is for programs only these change how the picture looks: density, colour profile, Adobe's colours.
    let mut begin = [0; 12];
    let (known, longest): (&[u8], usize) = match kind {
        0xe0 => (b"JFIF\0", 5),
        0xe1 => (b"Exif\0\0", 6),
        0xe2 => (b"ICC_PROFILE\0", 12),
        0xee => (b"Adobe", 5),
        0xe3..=0xed | 0xef | 0xfe => {
            skip(file, inside)?;
            return Ok(true);
        }
        _ => (b"", 0),
    };
    let wanted = longest.min(usize::try_from(inside).unwrap_or(usize::MAX));
    let have = fill(file, &mut begin[..wanted])?;
    let rest = inside - have as u64;
    if &begin[..have] != known {
        skip(file, rest)?;
        return Ok(true);
    }
    if kind == 0xe1 {
        let mut tiff = Vec::new();
        file.take(rest).read_to_end(&mut tiff)?;
        let side = orientation(&tiff);
        if side > 1 {
            let block = upright(side);
            let size = u16::try_from(8 + block.len()).unwrap_or(u16::MAX).to_be_bytes();
            out.write_all(&[0xff, 0xe1, size[0], size[1]])?;
            out.write_all(b"Exif\0\0")?;
            out.write_all(&block)?;
        }
        return Ok(true);
    }
    out.write_all(&[0xff, kind, length[0], length[1]])?;
    out.write_all(&begin[..have])?;
    pass(file, out, rest)?;
    Ok(true)
}

/// Copies the coded picture up to the mark of the segment behind it, which is returned.
fn scan(file: &mut impl Read, out: &mut impl Write) -> io::Result<Option<u8>> {
    loop {
        match next::<1>(file)? {
            None => return Ok(None),
            Some([0xff]) => loop {
                match next::<1>(file)? {
                    None => return Ok(None),
                    Some([0xff]) => {}
                    // A byte of the picture itself, or a mark inside of it.
                    Some([inside @ (0 | 0xd0..=0xd7)]) => {
                        out.write_all(&[0xff, inside])?;
                        break;
                    }
                    Some([kind]) => return Ok(Some(kind)),
                }
            },
            Some(byte) => out.write_all(&byte)?,
        }
    }
}
