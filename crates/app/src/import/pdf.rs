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
    /// Where the last words began and ended, and how high they stood.
    last: Option<(f32, f32, f32)>,
    /// What stands in this line, letter by letter, in groups of which each was written from left to right.
    groups: Vec<Vec<String>>,
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
    pen.end_line("");
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
        // The widths of letters are not looked up: half of their height is near enough, all of it for Chinese, and less for
        // Arabic and Hebrew.
        let width = size * words.chars().map(width).sum::<f32>();
        let mut follows = false;
        if let Some((begin, end, y)) = self.last {
            let down = (self.line.1 - y).abs();
            if down > size * 1.9 {
                self.end_line("\n\n");
            } else if down > size * 0.4 {
                self.end_line("\n");
            } else {
                let apart = self.x - end > size * 0.17 || begin - (self.x + width) > size * 0.17;
                let blank =
                    self.groups.last().and_then(|group| group.last()).is_none_or(|last| last.ends_with(' '));
                follows = self.x >= begin;
                if apart && !blank && !words.starts_with(' ') {
                    let group = if follows { self.groups.last_mut() } else { None };
                    match group {
                        Some(group) => group.push(" ".to_owned()),
                        None => self.groups.push(vec![" ".to_owned()]),
                    }
                }
            }
        }
        let letters = letters(encoding, bytes, words);
        match self.groups.last_mut().filter(|_| follows) {
            Some(group) => group.extend(letters),
            None => self.groups.push(letters),
        }
        self.last = Some((self.x, self.x + width, self.line.1));
        self.x += width;
    }

    /// Ends a line. What is read from right to left was yet written from left to right, and is turned round.
    fn end_line(&mut self, behind: &str) {
        let groups = std::mem::take(&mut self.groups);
        let of = |is: fn(char) -> bool| {
            groups.iter().flatten().flat_map(|letter| letter.chars()).filter(|c| is(*c)).count()
        };
        let turned = of(leftward) * 2 > of(char::is_alphabetic);
        for mut group in groups {
            if turned {
                turn(&mut group);
            }
            self.text.extend(group);
        }
        self.text.push_str(behind);
    }
}

/// How wide a letter is, in parts of its height.
fn width(letter: char) -> f32 {
    match letter {
        letter if leftward(letter) => 0.4,
        letter if letter < '\u{1100}' => 0.5,
        _ => 1.0,
    }
}

/// Whether a letter is of a script that is written from right to left.
fn leftward(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
        && letter.is_alphabetic()
}

/// Words letter by letter; what one sign of the font stands for (`لا`) stays together.
fn letters(encoding: &Encoding<'_>, bytes: &[u8], words: String) -> Vec<String> {
    if !words.contains(leftward) {
        return vec![words];
    }
    let signs: Vec<String> =
        bytes.chunks(2).map(|sign| Document::decode_text(encoding, sign).unwrap_or_default()).collect();
    let several = matches!(encoding, Encoding::UnicodeMapEncoding(_)) && signs.concat() == words;
    if several { signs } else { words.chars().map(String::from).collect() }
}

/// Turns a line round that stands as it is seen; numbers and words of other scripts in it stay as they are.
fn turn(line: &mut [String]) {
    line.reverse();
    let ahead = |letter: &String| letter.chars().any(|c| c.is_alphanumeric() && !leftward(c));
    let mut at = 0;
    while let Some(from) = line[at..].iter().position(ahead).map(|from| at + from) {
        let end = line[from..]
            .iter()
            .position(|letter| letter.contains(leftward))
            .map_or(line.len(), |end| from + end);
        let end = line[from..end].iter().rposition(ahead).map_or(from, |last| from + last) + 1;
        line[from..end].reverse();
        at = end;
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

    /// A document whose second font has the letters of Arabic under their own numbers.
    fn arabic(page: &str) -> Vec<u8> {
        let mut made = document(&[page]);
        let map = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n\
            1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
            1 beginbfrange <0600> <06FF> <0600> endbfrange\n\
            endcmap CMapName currentdict /CMap defineresource pop\nend\nend\n";
        let map = made.add_object(Stream::new(dictionary! {}, map.as_bytes().to_vec()));
        let font = made.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "A", "Encoding" => "Identity-H", "ToUnicode" => map,
        });
        for object in made.objects.values_mut() {
            let fonts = object.as_dict_mut().and_then(|dict| dict.get_mut(b"Font"));
            if let Ok(fonts) = fonts.and_then(Object::as_dict_mut) {
                fonts.set("F2", font);
            }
        }
        bytes(&mut made)
    }

    #[test]
    fn words_that_are_written_to_the_left_stay_apart() {
        let hex = |word: &str| word.encode_utf16().map(|unit| format!("{unit:04X}")).collect::<String>();
        // As they are seen.
        let seen = |word: &str| hex(&word.chars().rev().collect::<String>());
        let (first, second, days) = (seen("إرجاع"), seen("المنتج"), seen("يوما"));
        let at = |x: u32, word: &str| format!("1 0 0 1 {x} 700 Tm <{word}> Tj ");
        for (what, page) in [
            ("to the left", at(300, &first) + &at(262, &second)),
            ("to the right", at(262, &second) + &at(300, &first)),
        ] {
            let read = article("k", "x.pdf", &arabic(&format!("BT /F2 12 Tf {page}ET"))).expect("a document");
            assert_eq!(read.body, "إرجاع المنتج", "{what}");
        }
        let page = format!("{}/F1 12 Tf 1 0 0 1 130 700 Tm (30) Tj", at(100, &days));
        let read = article("k", "x.pdf", &arabic(&format!("BT /F2 12 Tf {page} ET"))).expect("a document");
        assert_eq!(read.body, "30 يوما");
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
