//! Articles from PDF: the words of the pages, in lines and paragraphs as far as their places tell.

use std::collections::BTreeMap;

use lopdf::content::{Content, Operation};
use lopdf::{Document, Encoding, LoadOptions, Object, ObjectId};
use model::ImportProblem;

use super::piece::{Piece, escaped, line, title_of};
use crate::article::BODY_MAX;

/// The most pages.
const PAGES_MAX: usize = 500;
/// The most bytes of one stream, unpacked.
const STREAM_MAX: usize = 4 << 20;

/// An article from a document.
pub(super) fn article(key: &str, name: &str, bytes: &[u8]) -> Result<Piece, ImportProblem> {
    let options = LoadOptions::with_max_decompressed_size(STREAM_MAX);
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| match error {
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) => ImportProblem::Protected,
        _ => ImportProblem::Damaged,
    })?;
    if document.is_encrypted() {
        return Err(ImportProblem::Protected);
    }
    let pages = document.get_pages();
    if pages.len() > PAGES_MAX {
        return Err(ImportProblem::TooMany);
    }
    let mut text = String::new();
    for page in pages.into_values() {
        // A page that cannot be read costs itself.
        if let Some(words) = page_text(&document, page) {
            text.push_str(words.trim());
            text.push_str("\n\n");
        }
        if text.len() > BODY_MAX * 4 {
            return Err(ImportProblem::TooLarge);
        }
    }
    let title = said_title(&document).unwrap_or_else(|| title_of(name));
    Ok(Piece::article(key, &title, &escaped(&tidy(&text))))
}

/// The title that the document says it has, unless it is a file's name.
fn said_title(document: &Document) -> Option<String> {
    let info = document.trailer.get(b"Info").ok()?;
    let info = match info {
        Object::Reference(id) => document.get_object(*id).ok()?.as_dict().ok()?,
        other => other.as_dict().ok()?,
    };
    let title = line(&lopdf::decode_text_string(info.get(b"Title").ok()?).ok()?);
    let is_name =
        title.contains(" - ") || [".doc", ".docx", ".pdf", ".indd"].iter().any(|end| title.ends_with(end));
    Some(title).filter(|title| !title.is_empty() && !is_name)
}

/// Text with at most one empty line between paragraphs and no blanks at the ends of lines.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut empty = true;
    for one in text.lines().map(str::trim) {
        if one.is_empty() && empty {
            continue;
        }
        empty = one.is_empty();
        tidy.push_str(one);
        tidy.push('\n');
    }
    tidy
}

/// Where words are being written on a page.
#[derive(Default)]
struct Pen {
    text: String,
    /// Where the line began, and where the next words stand.
    line: (f32, f32),
    x: f32,
    /// How much larger everything is drawn.
    scale: f32,
    size: f32,
    leading: f32,
    /// Where the last words stood and ended.
    last: Option<(f32, f32)>,
}

fn page_text(document: &Document, page: ObjectId) -> Option<String> {
    let fonts = document.get_page_fonts(page).ok()?;
    let encodings: BTreeMap<Vec<u8>, Encoding<'_>> = fonts
        .into_iter()
        .filter_map(|(name, font)| {
            Some((name, font.get_font_encoding_with_limit(document, STREAM_MAX).ok()?))
        })
        .collect();
    let content = document.get_page_content_with_limit(page, STREAM_MAX).ok()?;
    let content = Content::decode(&content).ok()?;
    let mut pen = Pen { scale: 1.0, size: 10.0, ..Pen::default() };
    let mut encoding = None;
    for operation in &content.operations {
        if operation.operator == "Tf" {
            encoding = operation
                .operands
                .first()
                .and_then(|name| name.as_name().ok())
                .and_then(|name| encodings.get(name));
        }
        pen.follow(operation, encoding);
    }
    Some(pen.text)
}

impl Pen {
    fn follow(&mut self, operation: &Operation, encoding: Option<&Encoding<'_>>) {
        let number =
            |at: usize| operation.operands.get(at).and_then(|one| one.as_float().ok()).unwrap_or(0.0);
        match operation.operator.as_str() {
            "BT" => {
                self.scale = 1.0;
                self.go(0.0, 0.0);
            }
            "Tf" => self.size = number(1).abs().clamp(0.1, 1000.0),
            "TL" => self.leading = number(0),
            "Td" => self.go(self.line.0 + number(0) * self.scale, self.line.1 + number(1) * self.scale),
            "TD" => {
                self.leading = -number(1);
                self.go(self.line.0 + number(0) * self.scale, self.line.1 + number(1) * self.scale);
            }
            "Tm" => {
                self.scale = number(2).hypot(number(3)).clamp(0.001, 1000.0);
                self.go(number(4), number(5));
            }
            "T*" => self.next_line(),
            "Tj" => self.show(operation.operands.first(), encoding),
            "'" => {
                self.next_line();
                self.show(operation.operands.first(), encoding);
            }
            "\"" => {
                self.next_line();
                self.show(operation.operands.get(2), encoding);
            }
            "TJ" => {
                let parts = operation.operands.first().and_then(|parts| parts.as_array().ok());
                for part in parts.into_iter().flatten() {
                    match part.as_float() {
                        Ok(back) => self.x -= back / 1000.0 * self.size * self.scale,
                        Err(_) => self.show(Some(part), encoding),
                    }
                }
            }
            _ => {}
        }
    }

    fn go(&mut self, x: f32, y: f32) {
        self.line = (x, y);
        self.x = x;
    }

    fn next_line(&mut self) {
        self.go(self.line.0, self.line.1 - self.leading * self.scale);
    }

    /// Writes words where the pen stands: further down they are another line, far below another paragraph, further to
    /// the right another word.
    fn show(&mut self, words: Option<&Object>, encoding: Option<&Encoding<'_>>) {
        let (Some(Object::String(bytes, _)), Some(encoding)) = (words, encoding) else { return };
        let Ok(words) = Document::decode_text(encoding, bytes) else { return };
        let words: String = words.chars().filter(|c| !c.is_control()).collect();
        let size = self.size * self.scale;
        if let Some((end, y)) = self.last {
            let down = (self.line.1 - y).abs();
            if down > size * 1.9 {
                self.text.push_str("\n\n");
            } else if down > size * 0.4 {
                self.text.push('\n');
            } else if self.x - end > size * 0.17
                && !self.text.ends_with([' ', '\n'])
                && !words.starts_with(' ')
            {
                self.text.push(' ');
            }
        }
        // The widths of letters are not looked up: half of their height is near enough, and all of it for Chinese.
        let width: f32 = words.chars().map(|c| if c < '\u{1100}' { 0.5 } else { 1.0 }).sum();
        self.x += width * size;
        self.last = Some((self.x, self.line.1));
        self.text.push_str(&words);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use lopdf::{Stream, dictionary};

    use super::*;

    pub(crate) fn document(pages: &[&str]) -> Document {
        let mut document = Document::with_version("1.5");
        let root = document.new_object_id();
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
        });
        let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
        let kids: Vec<Object> = pages
            .iter()
            .map(|content| {
                let content = document.add_object(Stream::new(dictionary! {}, content.as_bytes().to_vec()));
                document
                    .add_object(dictionary! { "Type" => "Page", "Parent" => root, "Contents" => content })
                    .into()
            })
            .collect();
        let count = i64::try_from(kids.len()).expect("few");
        let tree =
            dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => resources };
        document.objects.insert(root, tree.into());
        let catalogue = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
        document.trailer.set("Root", catalogue);
        document
    }

    pub(crate) fn bytes(document: &mut Document) -> Vec<u8> {
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).expect("a document");
        bytes
    }

    #[test]
    fn lines_and_paragraphs_are_told_by_their_places() {
        let page = "BT /F1 12 Tf 72 700 Td (Refunds) Tj 0 -30 Td (You get it back) Tj 0 -14 Td (within ) Tj (five) Tj \
            70 0 Td (days.) Tj ET BT /F1 12 Tf 1 0 0 1 72 600 Tm [(By) -300 (card) 20 (s)] TJ ET";
        let mut made = document(&[page, "BT /F1 12 Tf 72 700 Td (Page two) Tj ET"]);
        let piece = article("k", "refund_policy.pdf", &bytes(&mut made)).expect("a document");
        assert_eq!(piece.title, "refund policy");
        assert_eq!(piece.body, "Refunds\n\nYou get it back\nwithin five days.\n\nBy cards\n\nPage two");
        let info = made.add_object(dictionary! { "Title" => Object::string_literal("Our refunds") });
        made.trailer.set("Info", info);
        assert_eq!(article("k", "x.pdf", &bytes(&mut made)).expect("a document").title, "Our refunds");
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        assert_eq!(article("k", "x.pdf", b"%PDF-1.5 nothing"), Err(ImportProblem::Damaged));
        let scan = article("k", "x.pdf", &bytes(&mut document(&["0 0 m"]))).expect("read");
        assert_eq!(scan.problem, Some(ImportProblem::NoWords));
        let many = vec!["BT ET"; PAGES_MAX + 1];
        assert_eq!(article("k", "x.pdf", &bytes(&mut document(&many))), Err(ImportProblem::TooMany));
        // A page that would unpack to more than is read is passed over.
        let zeros = " ".repeat(STREAM_MAX + 1000);
        let mut bomb = document(&[&zeros, "BT /F1 12 Tf 72 700 Td (kept) Tj ET"]);
        bomb.compress();
        let bytes = bytes(&mut bomb);
        assert!(bytes.len() < 100_000);
        assert_eq!(article("k", "x.pdf", &bytes).expect("read").body, "kept");
    }
}
