//! Files: pictures, films, sound.

use std::io::Cursor;

/// Pictures and films to begin with.
pub(crate) const PICTURES: &[&[u8]] = &[
    include_bytes!("../../crates/server/tests/it/files/dot.png"),
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;",
    b"\xff\xd8\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0\xff\xda\0\x08\x01\x01\0\0\x3f\0ab\xff\0c\xff\xd9",
    b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0",
    b"\0\0\0\x0cftypisom\0\0\0\x2cmoov\0\0\0\x14udta\0\0\0\x0c\xa9xyzhere\0\0\0\x10trak\0\0\0\x08meta\0\0\0\x0amdatxx",
];

/// Sound to begin with.
pub(crate) const SOUNDS: &[&[u8]] = &[
    include_bytes!("../../crates/server/tests/it/files/tone.ogg"),
    include_bytes!("../../crates/app/src/voice/chromium.webm"),
];

pub(crate) fn picture(bytes: &[u8]) {
    if let Some(picture) = app::inspect::measure(bytes) {
        assert!(picture.width > 0 && picture.height > 0 && !picture.thumbnail.is_empty());
    }
}

pub(crate) fn scrub(bytes: &[u8]) {
    for mime in ["image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4"] {
        let mut out = Cursor::new(Vec::new());
        if app::scrub::scrub(mime, Cursor::new(bytes), &mut out).is_err() {
            continue;
        }
        let once = out.into_inner();
        assert!(once.len() <= bytes.len() + 64, "{mime} grew from {} to {}", bytes.len(), once.len());
        let mut out = Cursor::new(Vec::new());
        let again = app::scrub::scrub(mime, Cursor::new(&once), &mut out);
        assert!(again.is_ok() && out.into_inner() == once, "{mime}: what is clean changes once more");
    }
}

pub(crate) fn sound(bytes: &[u8]) {
    let _ = app::voice::ogg_duration(Cursor::new(bytes));
    let _ = app::voice::ogg_from_webm(Cursor::new(bytes));
}

pub(crate) fn kind(bytes: &[u8]) {
    let (said, bytes) = bytes.split_at(bytes.len().min(12));
    let said = String::from_utf8_lossy(said);
    for declared in [None, Some(said.as_ref()), Some("text/html"), Some("image/svg+xml")] {
        let mime = app::inspect::mime(bytes, declared);
        for runs in ["html", "svg", "javascript", "application/xml", "text/xml"] {
            assert!(!mime.contains(runs), "{mime} would run");
        }
    }
}
