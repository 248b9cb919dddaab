//! What a file is, found in its bytes and never believed from its name; and small pictures of large ones.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use model::MediaKind;

/// The longest side of a small picture, in pixels.
const THUMBNAIL: u32 = 480;
/// The most memory that decoding one picture may take, in bytes: forty megapixels.
const MAX_DECODE: u64 = 120 << 20;
/// The longest side of a picture that is decoded, in pixels.
const MAX_SIDE: u32 = 16_384;

/// The type of a file by its first bytes. `declared` helps only where bytes cannot tell (text and the like), and
/// is never believed to be something that a browser would run.
pub fn mime(head: &[u8], declared: Option<&str>) -> String {
    if let Some(found) = infer::get(head) {
        return match found.mime_type() {
            // A WebM or Ogg file that only sounds is called a film by its first bytes.
            "video/webm" if declared.is_some_and(|mime| mime.starts_with("audio/")) => {
                "audio/webm".to_owned()
            }
            "application/ogg" | "video/ogg" | "audio/opus" => "audio/ogg".to_owned(),
            "audio/x-m4a" | "audio/m4a" => "audio/mp4".to_owned(),
            // Markup is text to us, whatever a browser would make of it.
            "text/html" | "text/xml" | "application/xml" => "text/plain".to_owned(),
            mime => mime.to_owned(),
        };
    }
    let declared =
        declared.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let plain = std::str::from_utf8(head).is_ok_and(|text| !text.contains('\0'))
        || std::str::from_utf8(head)
            .is_err_and(|error| error.valid_up_to() + 4 > head.len() && !head.is_empty());
    match declared.as_str() {
        "text/plain" | "text/csv" | "text/vcard" | "text/calendar" | "application/json" if plain => declared,
        // AMR and bare AAC or MP3 frames have no signature that every list knows.
        "audio/amr" if head.starts_with(b"#!AMR") => declared,
        "audio/aac" if head.first() == Some(&0xff) && head.get(1).is_some_and(|byte| byte & 0xf6 == 0xf0) => {
            declared
        }
        "audio/mpeg"
            if head.first() == Some(&0xff) && head.get(1).is_some_and(|byte| byte & 0xe0 == 0xe0) =>
        {
            declared
        }
        _ if plain => "text/plain".to_owned(),
        _ => "application/octet-stream".to_owned(),
    }
}

/// The kind under which a file of a type is sent.
pub(crate) fn kind(mime: &str) -> MediaKind {
    match mime {
        "image/jpeg" | "image/png" => MediaKind::Image,
        "video/mp4" | "video/3gpp" => MediaKind::Video,
        "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg" => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

/// Whether a browser may show a file of this type in the page. Everything else is only offered for saving.
pub(crate) fn may_show(mime: &str) -> bool {
    matches!(mime, "image/jpeg" | "image/png" | "image/webp" | "image/gif")
        || matches!(mime, "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg" | "audio/webm")
        || matches!(mime, "video/mp4" | "video/3gpp" | "video/webm")
}

/// A picture's size and a small version of it.
#[derive(Debug)]
pub struct Picture {
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// The small version, JPEG or (where it has transparent parts) PNG.
    pub thumbnail: Vec<u8>,
}

/// [`picture`] of bytes that are in memory.
pub fn measure(bytes: &[u8]) -> Option<Picture> {
    read(Cursor::new(bytes))
}

/// Measures a picture and makes it small; `None` when it cannot be decoded within the limits. Blocking: takes
/// up to some hundred milliseconds.
pub fn picture(file: File) -> Option<Picture> {
    let mut reader = BufReader::new(file);
    reader.rewind().ok()?;
    read(reader)
}

fn read(reader: impl BufRead + Seek) -> Option<Picture> {
    let mut reader = ImageReader::new(reader).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODE);
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    // What the decoder needs for itself is limited above, what it fills is not.
    let (width, height) = decoder.dimensions();
    if decoder.total_bytes() > MAX_DECODE || width == 0 || height == 0 {
        return None;
    }
    let orientation = decoder.orientation().ok()?;
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(orientation);
    let small = image.thumbnail(THUMBNAIL.min(image.width()), THUMBNAIL.min(image.height()));
    let mut thumbnail = Cursor::new(Vec::new());
    if small.color().has_alpha() {
        small.write_to(&mut thumbnail, ImageFormat::Png).ok()?;
    } else {
        DynamicImage::ImageRgb8(small.to_rgb8()).write_to(&mut thumbnail, ImageFormat::Jpeg).ok()?;
    }
    Some(Picture { width: image.width(), height: image.height(), thumbnail: thumbnail.into_inner() })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a scratch file");
        file.write_all(bytes).expect("written");
        file
    }

    #[test]
    fn a_few_bytes_that_claim_to_be_huge_are_not_filled() {
        let mut gif = b"GIF89a".to_vec();
        gif.extend([0x01, 0x2e, 0x2e, 0x2f, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff]);
        gif.extend([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b]);
        assert!(picture(file(&gif)).is_none(), "142 megapixels");
        gif[6..10].copy_from_slice(&[0, 0, 1, 0]);
        assert!(picture(file(&gif)).is_none(), "no width");
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut out, ImageFormat::Png).expect("encodes");
        out.into_inner()
    }

    #[test]
    fn bytes_decide_and_not_the_name() {
        assert_eq!(mime(&png(2, 2), Some("text/html")), "image/png");
        assert_eq!(mime(b"<html><script>alert(1)</script>", Some("image/png")), "text/plain");
        assert_eq!(mime(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Some("image/svg+xml")), "text/plain");
        assert_eq!(mime(b"a,b\n1,2", Some("text/csv")), "text/csv");
        assert_eq!(mime(&[0, 1, 2, 3], Some("text/html")), "application/octet-stream");
        assert!(!may_show("image/svg+xml") && !may_show("text/html") && !may_show("application/pdf"));
    }

    #[test]
    fn a_picture_is_measured_and_made_small() {
        let picture = picture(file(&png(1200, 600))).expect("a picture");
        assert_eq!((picture.width, picture.height), (1200, 600));
        let small = image::load_from_memory(&picture.thumbnail).expect("a picture");
        assert_eq!((small.width(), small.height()), (480, 240));
    }

    #[test]
    fn a_picture_that_claims_to_be_huge_is_not_decoded() {
        let mut bomb = png(2, 2);
        // The width in the IHDR chunk; the checksum after it is not looked at before the limit.
        bomb[16..20].copy_from_slice(&100_000_u32.to_be_bytes());
        assert!(picture(file(&bomb)).is_none());
        assert!(picture(file(b"not a picture")).is_none());
    }
}
