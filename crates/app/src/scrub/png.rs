//! PNG: chunks, of which only those that make the picture stay.

use std::io::{self, Read, Write};

use super::{broken, next, pass, skip};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// What changes how a picture looks, besides the chunks that every reader must know.
const SEEN: [&[u8; 4]; 16] = [
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYS", b"bKGD", b"hIST", b"sPLT", b"cICP",
    b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT",
];

/// Copies what belongs to the picture, up to its end.
pub(super) fn copy(file: &mut impl Read, out: &mut impl Write) -> io::Result<()> {
    if next(file)? != Some(SIGNATURE) {
        return Err(broken("no PNG"));
    }
    out.write_all(&SIGNATURE)?;
    let mut first = true;
    // A picture that was cut off is shown as far as it goes.
    while let Some([a, b, c, d, kind @ ..]) = next::<8>(file)? {
        if first && &kind != b"IHDR" {
            return Err(broken("a PNG that does not begin with its size"));
        }
        first = false;
        let length = u64::from(u32::from_be_bytes([a, b, c, d]));
        if length > i32::MAX as u64 || !kind.iter().all(u8::is_ascii_alphabetic) {
            return Err(broken("no chunk where one has to be"));
        }
        if kind[0].is_ascii_uppercase() || SEEN.iter().any(|seen| **seen == kind) {
            out.write_all(&[a, b, c, d])?;
            out.write_all(&kind)?;
            pass(file, out, length + 4)?;
        } else {
            skip(file, length + 4)?;
        }
        if &kind == b"IEND" {
            return Ok(());
        }
    }
    if first { Err(broken("a PNG without a picture")) } else { Ok(()) }
}
