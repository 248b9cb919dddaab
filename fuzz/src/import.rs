//! Files and pages that knowledge is taken from.

use std::io::{Cursor, Write};

use app::import::robots::Robots;
use app::import::{PIECES_MAX, file, sitemap};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Reads a file, and sees to it that what comes of it may become articles.
fn read(name: &str, bytes: &[u8]) {
    let Ok(reading) = file::read(name, bytes, &[]) else { return };
    assert!(reading.pieces.len() <= PIECES_MAX, "{name} gives {} pieces", reading.pieces.len());
    for piece in reading.pieces.iter().filter(|piece| piece.problem.is_none()) {
        assert!(!piece.title.trim().is_empty() && !piece.title.contains('\n'), "{name}: {:?}", piece.title);
        assert!(!piece.body.trim().is_empty(), "{name} says nothing");
        assert!(
            piece.title.chars().count() <= 300 && piece.body.chars().count() <= 200_000,
            "{name} is long"
        );
    }
}

/// An archive of these files.
fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a file");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive").into_inner()
}

pub(crate) fn text(bytes: &[u8]) {
    read("a.md", bytes);
}

pub(crate) fn page(bytes: &[u8]) {
    read("a.html", bytes);
}

pub(crate) fn table(bytes: &[u8]) {
    read("a.csv", bytes);
}

/// A workbook's table of words and its sheet: what stands up to the table's end, and after it.
fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = b"</sst>";
    let found = bytes.windows(end.len()).position(|window| window == end);
    bytes.split_at(found.map_or(bytes.len() / 2, |at| at + end.len()))
}

/// A workbook of one sheet.
fn book((words, sheet): (&[u8], &[u8])) -> Vec<u8> {
    let book: &[u8] = br#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    let links: &[u8] = br#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/a.xml"/></Relationships>"#;
    let root: &[u8] = br#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    packed(&[
        ("_rels/.rels", root),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", links),
        ("xl/sharedStrings.xml", words),
        ("xl/worksheets/a.xml", sheet),
    ])
}

pub(crate) fn workbook(bytes: &[u8]) {
    read("a.xlsx", bytes);
    let (words, sheet) = halves(bytes);
    for sheet in [sheet, bytes] {
        read("a.xlsx", &book((words, sheet)));
    }
}

pub(crate) fn archive(bytes: &[u8]) {
    read("a.zip", bytes);
    let name = String::from_utf8_lossy(&bytes[..bytes.len().min(20)]).replace('\0', "");
    read("a.zip", &packed(&[(&format!("{name}.md"), bytes), ("a/b.html", bytes)]));
}

/// A document whose parts are all these bytes.
fn written(bytes: &[u8]) -> Vec<u8> {
    packed(&[
        ("word/document.xml", bytes),
        ("word/styles.xml", bytes),
        ("word/_rels/document.xml.rels", bytes),
    ])
}

pub(crate) fn document(bytes: &[u8]) {
    read("a.docx", bytes);
    read("a.docx", &written(bytes));
}

pub(crate) fn print(bytes: &[u8]) {
    read("a.pdf", bytes);
}

pub(crate) fn robots(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let robots = Robots::read(&text);
    for path in ["/", "/a/b?c=d", text.as_ref()] {
        let _ = robots.allows(path);
    }
}

pub(crate) fn pages(bytes: &[u8]) {
    if let Ok(found) = sitemap::read(bytes, 10) {
        assert!(found.pages.len() <= 10 && found.sitemaps.len() <= 10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file made of an example.
    type Shape = fn(&[u8]) -> Vec<u8>;

    /// What the tries begin with gets to the end: else they would try the first refusal alone.
    #[test]
    fn the_examples_are_read() {
        let shapes: [(&str, &str, Shape); 6] = [
            ("import_text", "a.md", <[u8]>::to_vec),
            ("import_page", "a.html", <[u8]>::to_vec),
            ("import_table", "a.csv", <[u8]>::to_vec),
            ("import_workbook", "a.xlsx", |bytes| book(halves(bytes))),
            ("import_document", "a.docx", written),
            ("import_print", "a.pdf", <[u8]>::to_vec),
        ];
        for (name, file, shape) in shapes {
            let target = crate::ALL.iter().find(|target| target.name == name).expect("a target");
            for example in target.examples {
                let read =
                    file::read(file, &shape(example), &[]).map_err(|problem| format!("{name}: {problem:?}"));
                let pieces = read.expect("an example is read").pieces;
                assert!(pieces.iter().any(|piece| piece.problem.is_none()), "{name}: {pieces:?}");
            }
        }
    }
}
