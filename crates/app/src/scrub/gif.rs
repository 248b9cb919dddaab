//! GIF: blocks, of which comments and those for programs go.

use std::io::{self, Read, Write};

use super::{broken, next, pass, skip};

/// Copies what belongs to the picture, up to its end.
pub(super) fn copy(file: &mut impl Read, out: &mut impl Write) -> io::Result<()> {
    let Some(head) = next::<13>(file)? else { return Err(broken("no GIF")) };
    if !head.starts_with(b"GIF87a") && !head.starts_with(b"GIF89a") {
        return Err(broken("no GIF"));
    }
    out.write_all(&head)?;
    pass(file, out, palette(head[10]))?;
    loop {
        match next::<1>(file)? {
            // A picture that was cut off is shown as far as it goes.
            None => return Ok(()),
            Some([0x3b]) => return out.write_all(&[0x3b]),
            Some([0x2c]) => {
                let Some(about) = next::<10>(file)? else { return Ok(()) };
                out.write_all(&[0x2c])?;
                // The last of them is the size of codes, behind the colours.
                out.write_all(&about[..9])?;
                let colours = palette(about[8]);
                out.write_all(&about[9..])?;
                if colours > 0 {
                    pass(file, out, colours)?;
                }
                blocks(file, Some(out))?;
            }
            Some([0x21]) => extension(file, out)?,
            Some(_) => return Err(broken("no block where one has to be")),
        }
    }
}

/// How many bytes the colours take.
fn palette(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn extension(file: &mut impl Read, out: &mut impl Write) -> io::Result<()> {
    let Some([label]) = next::<1>(file)? else { return Ok(()) };
    // Time and transparency, and text in the picture.
    if matches!(label, 0xf9 | 0x01) {
        out.write_all(&[0x21, label])?;
        return blocks(file, Some(out));
    }
    if label != 0xff {
        return blocks(file, None::<&mut io::Sink>);
    }
    let Some([length]) = next::<1>(file)? else { return Ok(()) };
    if length != 11 {
        skip(file, length.into())?;
        return blocks(file, None::<&mut io::Sink>);
    }
    let Some(name) = next::<11>(file)? else { return Ok(()) };
    // How often it is played.
    if &name == b"NETSCAPE2.0" || &name == b"ANIMEXTS1.0" {
        out.write_all(&[0x21, label, length])?;
        out.write_all(&name)?;
        return blocks(file, Some(out));
    }
    blocks(file, None::<&mut io::Sink>)
}

/// Copies pieces up to the empty one, or leaves them out.
fn blocks(file: &mut impl Read, mut out: Option<&mut impl Write>) -> io::Result<()> {
    while let Some([length]) = next::<1>(file)? {
        match &mut out {
            Some(out) => {
                out.write_all(&[length])?;
                pass(file, out, length.into())?;
            }
            None => {
                skip(file, length.into())?;
            }
        }
        if length == 0 {
            break;
        }
    }
    Ok(())
}
