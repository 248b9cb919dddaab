//! Bytes as text, whatever program wrote them.

use encoding_rs::{Encoding, GB18030, UTF_8, WINDOWS_1252};
use model::ImportProblem;

/// The text of a file: by its mark, as UTF-8, or as the tables of Chinese and Western offices write it.
pub(crate) fn decoded(bytes: &[u8]) -> Result<String, ImportProblem> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return as_text(&encoding.decode_without_bom_handling(&bytes[mark..]).0);
    }
    if let Some(text) = UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
        return as_text(&text);
    }
    let chinese = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    // A Western letter with what follows it reads as a Chinese one too, but seldom do two of them stand together.
    if let Some(text) = chinese.filter(|text| together(text)) {
        return as_text(&text);
    }
    as_text(&WINDOWS_1252.decode_without_bom_handling(bytes).0)
}

/// Whether most letters that are not of ASCII stand beside another one.
fn together(text: &str) -> bool {
    let letters: Vec<bool> = text.chars().map(|c| !c.is_ascii()).collect();
    let alone = |at: usize| {
        let before = at > 0 && letters[at - 1];
        !before && !letters.get(at + 1).copied().unwrap_or(false)
    };
    let (mut foreign, mut lonely) = (0, 0);
    for at in (0..letters.len()).filter(|at| letters[*at]) {
        foreign += 1;
        lonely += usize::from(alone(at));
    }
    lonely * 2 < foreign
}

fn as_text(text: &str) -> Result<String, ImportProblem> {
    if text.contains('\0') {
        return Err(ImportProblem::Damaged);
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_offices_write_is_read() {
        for (bytes, expected) in [
            ("问题,答案".as_bytes().to_vec(), "问题,答案"),
            (b"\xef\xbb\xbfa\r\nb\rc".to_vec(), "a\nb\nc"),
            (b"\xff\xfea\0b\0".to_vec(), "ab"),
            (b"\xce\xca\xcc\xe2,\xb4\xf0\xb0\xb8".to_vec(), "问题,答案"),
            (b"Gr\xfc\xdfe aus K\xf6ln".to_vec(), "Grüße aus Köln"),
            (Vec::new(), ""),
        ] {
            assert_eq!(decoded(&bytes).as_deref(), Ok(expected), "{bytes:?}");
        }
        assert_eq!(decoded(b"a\0b"), Err(ImportProblem::Damaged));
    }
}
