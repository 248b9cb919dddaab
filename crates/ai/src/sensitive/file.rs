//! What text files carry: recordings of a browser's traffic, exports with cookies, settings with keys.

use std::collections::BTreeSet;

use model::SensitiveClass as Class;

/// How much of a file is read, in bytes.
pub const MAX_FILE: usize = 1 << 20;

/// How long a stretch of a file is read at once, in bytes: one line of a recording may be the whole file.
const STRETCH: usize = 16 << 10;
/// How far stretches overlap, so that what stands across their border is found, in bytes.
const OVERLAP: usize = 512;

/// The classes of what stands in a text file, from its first [`MAX_FILE`] bytes. Empty for what is no text.
pub fn in_file(bytes: &[u8]) -> BTreeSet<Class> {
    let bytes = &bytes[..bytes.len().min(MAX_FILE)];
    let mut classes = BTreeSet::new();
    let Some(text) = text_of(bytes) else { return classes };
    if is_recording(&text) || is_cookie_file(&text) {
        classes.insert(Class::Secret);
    }
    let mut start = 0;
    while start < text.len() {
        let end = boundary(&text, (start + STRETCH).min(text.len()));
        classes.extend(super::find(&text[start..end]).into_iter().map(|one| one.class));
        if end == text.len() || classes.len() == Class::ALL.len() {
            break;
        }
        start = boundary(&text, end - OVERLAP);
    }
    classes
}

/// The file as text; UTF-16 with its mark is read too. `None` when it is none.
fn text_of(bytes: &[u8]) -> Option<String> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, ..] => return Some(wide(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => return Some(wide(u16::from_be_bytes)),
        _ => {}
    }
    let controls = bytes.iter().take(4096).filter(|byte| **byte < 9 || (14..32).contains(*byte)).count();
    if controls > 0 {
        return None;
    }
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// The nearest boundary of a character at or before a place.
fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Whether it is a recording of a browser's traffic (HTTP Archive 1.2).
fn is_recording(text: &str) -> bool {
    let head = &text[..boundary(text, text.len().min(1 << 16))];
    let has = |name: &str| head.contains(name);
    has("\"log\"")
        && has("\"entries\"")
        && (has("\"creator\"") || has("\"request\"") || has("\"startedDateTime\""))
}

/// Whether it is a jar of cookies as curl and browsers' extensions write it.
fn is_cookie_file(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}');
    if start.starts_with("# Netscape HTTP Cookie File") || start.starts_with("# HTTP Cookie File") {
        return true;
    }
    // JSON exports name each cookie's domain, value and flags.
    let head = &text[..boundary(text, text.len().min(1 << 14))];
    head.contains("\"httpOnly\"") && head.contains("\"domain\"") && head.contains("\"value\"")
}
