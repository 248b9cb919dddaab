//! WebP: chunks in a RIFF file, of which only those that make the picture stay.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::{broken, next, orientation, pass, skip, upright};

/// Says in the head of an extended file that there is Exif.
const EXIF: u8 = 0x08;
/// Says in the head of an extended file that there is XMP.
const XMP: u8 = 0x04;

/// Copies what belongs to the picture, up to its end.
pub(super) fn copy(file: &mut impl Read, out: &mut (impl Write + Seek)) -> io::Result<()> {
    let Some(head) = next::<12>(file)? else { return Err(broken("no WebP")) };
    if &head[..4] != b"RIFF" || &head[8..] != b"WEBP" {
        return Err(broken("no WebP"));
    }
    let size = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
    let Some(inside) = size.checked_sub(4) else { return Err(broken("no WebP")) };
    out.write_all(&head)?;
    let mut file = file.take(inside);
    let (mut flags, mut side, mut first, mut whole) = (None, 1, true, true);
    while let Some([kind @ .., a, b, c, d]) = next::<8>(&mut file)? {
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        let padded = length + length % 2;
        if first && !matches!(&kind, b"VP8 " | b"VP8L" | b"VP8X") {
            return Err(broken("a WebP that does not begin with its picture"));
        }
        first = false;
        match &kind {
            b"VP8X" if length >= 10 => {
                let Some([said, rest @ ..]) = next::<10>(&mut file)? else { return Err(broken("no WebP")) };
                out.write_all(&kind)?;
                out.write_all(&[a, b, c, d])?;
                flags = Some((out.stream_position()?, said & !(EXIF | XMP)));
                out.write_all(&[said & !(EXIF | XMP)])?;
                out.write_all(&rest)?;
                pass(&mut file, out, padded - 10)?;
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => {
                out.write_all(&kind)?;
                out.write_all(&[a, b, c, d])?;
                whole = pass(&mut file, out, padded)? == padded;
            }
            b"EXIF" if length < 1 << 16 => {
                let mut block = Vec::new();
                file.by_ref().take(padded).read_to_end(&mut block)?;
                side = orientation(block.strip_prefix(b"Exif\0\0").unwrap_or(&block));
            }
            _ => {
                skip(&mut file, padded)?;
            }
        }
    }
    if first {
        return Err(broken("a WebP without a picture"));
    }
    // Behind a chunk that was cut off another would be taken for its end.
    if let (Some((place, said)), 2.., true) = (flags, side, whole) {
        let block = upright(side);
        out.write_all(b"EXIF")?;
        out.write_all(&u32::try_from(block.len()).unwrap_or(0).to_le_bytes())?;
        out.write_all(&block)?;
        let end = out.stream_position()?;
        out.seek(SeekFrom::Start(place))?;
        out.write_all(&[said | EXIF])?;
        out.seek(SeekFrom::Start(end))?;
    }
    let end = out.stream_position()?;
    out.seek(SeekFrom::Start(4))?;
    out.write_all(&u32::try_from(end - 8).unwrap_or(u32::MAX).to_le_bytes())?;
    out.seek(SeekFrom::Start(end))?;
    Ok(())
}
