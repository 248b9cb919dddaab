//! Bytes as text, whatever program wrote them.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, REPLACEMENT, UTF_8};
use model::ImportProblem;

/// How much of a page may stand before it says how it is written.
const HEAD: usize = 1024;

/// The text of a file: by its mark, as UTF-8, or as it looks like.
pub(crate) fn decoded(bytes: &[u8]) -> Result<String, ImportProblem> {
    decoded_as(bytes, None)
}

/// The text of a page: as its server says, or it says itself, that it is written.
pub(crate) fn decoded_page(bytes: &[u8], mime: &str) -> Result<String, ImportProblem> {
    let by_server = label(mime.split_once(';').map_or("", |(_, rest)| rest).as_bytes());
    let by_itself = || {
        let head = bytes[..bytes.len().min(HEAD)].to_ascii_lowercase();
        let metas = head.windows(5).enumerate().filter(|(_, five)| *five == b"<meta").map(|(at, _)| at);
        metas.into_iter().find_map(|at| {
            let rest = &head[at..];
            label(&rest[..rest.iter().position(|byte| *byte == b'>').unwrap_or(rest.len())])
        })
    };
    decoded_as(bytes, by_server.or_else(by_itself))
}

/// What `charset=` says.
fn label(text: &[u8]) -> Option<&'static Encoding> {
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    let (_, rest) = text.split_once("charset")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ';' | '"' | '\'' | '/'));
    // As a word in the page, it cannot be read as of two bytes a letter.
    let found = Encoding::for_label(&rest.as_bytes()[..end.unwrap_or(rest.len())])?.output_encoding();
    Some(found).filter(|found| *found != REPLACEMENT)
}

fn decoded_as(bytes: &[u8], said: Option<&'static Encoding>) -> Result<String, ImportProblem> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return as_text(&encoding.decode_without_bom_handling(&bytes[mark..]).0);
    }
    let whole =
        |encoding: &'static Encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes);
    // Anything can be read as of one byte a letter, but hardly anything else is UTF-8 by chance.
    if let Some(text) = said.filter(|said| !said.is_single_byte()).and_then(whole) {
        return as_text(&text);
    }
    if let Some(text) = whole(UTF_8) {
        return as_text(&text);
    }
    // A few bytes that are broken make no other writing of it.
    let text = UTF_8.decode_without_bom_handling(bytes).0;
    let broken = text.chars().filter(|letter| *letter == char::REPLACEMENT_CHARACTER).count();
    if text.chars().filter(|letter| !letter.is_ascii()).count() > broken * 10 {
        return as_text(&text);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let text = match said.and_then(whole) {
        Some(text) => text,
        None => detector.guess(None, Utf8Detection::Deny).decode_without_bom_handling(bytes).0,
    };
    // What is no text in any writing has letters that nobody writes.
    let odd = |c: char| matches!(c, char::REPLACEMENT_CHARACTER | '\u{80}'..='\u{9f}');
    let foreign = text.chars().filter(|letter| !letter.is_ascii()).count();
    if text.chars().filter(|letter| odd(*letter)).count() * 20 > foreign {
        return Err(ImportProblem::Damaged);
    }
    as_text(&text)
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

    #[test]
    fn what_offices_elsewhere_write_is_read() {
        for (encoding, text) in [
            (encoding_rs::BIG5, "question,answer\n什麼時候退款？,五個工作天內退款。"),
            (encoding_rs::WINDOWS_1256, "سؤال,جواب\nمتى يصل طلبي؟,خلال ثلاثة أيام عمل"),
            (encoding_rs::WINDOWS_1251, "Вопрос;Ответ"),
            (encoding_rs::SHIFT_JIS, "返品はいつまでですか。三十日以内です。"),
            (encoding_rs::EUC_KR, "환불은 언제 되나요? 5일 이내입니다."),
        ] {
            assert_eq!(decoded(&encoding.encode(text).0).as_deref(), Ok(text), "{}", encoding.name());
        }
    }

    #[test]
    fn one_broken_byte_does_not_garble_the_rest() {
        let mut text =
            "Überall gibt es schöne Grüße: täglich für müde Bären, größtenteils.".as_bytes().to_vec();
        text.push(0xc3);
        let read = decoded(&text).expect("a text");
        assert_eq!(read, "Überall gibt es schöne Grüße: täglich für müde Bären, größtenteils.\u{fffd}");
        let noise: Vec<u8> =
            (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x81).collect();
        assert_eq!(decoded(&noise), Err(ImportProblem::Damaged));
    }

    #[test]
    fn a_page_is_read_as_it_or_its_server_says() {
        let big5 = |text: &str| encoding_rs::BIG5.encode(text).0.into_owned();
        let page =
            "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=big5\"><p>退貨";
        assert_eq!(decoded_page(&big5(page), "text/html").as_deref(), Ok(page));
        let bare = "<p>退貨";
        assert_eq!(decoded_page(&big5(bare), "text/html; Charset=\"Big5\"").as_deref(), Ok(bare));
        let said = "<meta charset='windows-1256'><p>مرحبا";
        assert_eq!(decoded_page(&encoding_rs::WINDOWS_1256.encode(said).0, "text/html").as_deref(), Ok(said));
        // A server that says something of all its pages is not believed against the page.
        assert_eq!(
            decoded_page("<p>退貨".as_bytes(), "text/html; charset=iso-8859-1").as_deref(),
            Ok("<p>退貨")
        );
        assert_eq!(decoded_page(b"<p>ok", "text/html; charset=nonsense").as_deref(), Ok("<p>ok"));
    }
}
