//! MP4 and its kin: boxes. Where things stand in the file is written all over it, so that nothing may move: what goes
//! is overwritten with zeros and marked as free.

use std::io::{self, Read, Write};

use super::{broken, next, pass};

/// How deep boxes are looked into: film, track.
const DEEPEST: usize = 2;

/// Copies a file of `size` bytes; tells whether anything was overwritten.
pub(super) fn copy(file: &mut impl Read, out: &mut impl Write, size: u64) -> io::Result<bool> {
    boxes(file, out, size, 0)
}

fn boxes(file: &mut impl Read, out: &mut impl Write, mut room: u64, depth: usize) -> io::Result<bool> {
    let mut found = false;
    while room > 0 {
        let Some([a, b, c, d, kind @ ..]) = next::<8>(file)? else { return Ok(found) };
        let (mut head, mut size) = (8, u64::from(u32::from_be_bytes([a, b, c, d])));
        let mut long = None;
        if size == 1 {
            let Some(said) = next::<8>(file)? else { return Ok(found) };
            (head, size, long) = (16, u64::from_be_bytes(said), Some(said));
        } else if size == 0 {
            // Up to the end of the file.
            size = room;
        }
        if size < head || (depth > 0 && size > room) {
            return Err(broken("a box larger than what it stands in"));
        }
        let inside = size - head;
        // Who made it, when and where; what other programs keep for themselves.
        let beside = matches!(&kind, b"udta" | b"meta" | b"uuid" | b"mpvd");
        out.write_all(&[a, b, c, d])?;
        out.write_all(if beside { b"free" } else { &kind })?;
        out.write_all(&long.unwrap_or_default()[..long.map_or(0, |said| said.len())])?;
        if beside {
            let there = io::copy(&mut file.take(inside), &mut io::sink())?;
            pass(&mut io::repeat(0), out, there)?;
            found = true;
        } else if depth < DEEPEST && matches!(&kind, b"moov" | b"trak") {
            found |= boxes(file, out, inside, depth + 1)?;
        } else {
            pass(file, out, inside)?;
        }
        room = room.saturating_sub(size);
    }
    Ok(found)
}
