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

pub(crate) fn workbook(bytes: &[u8]) {
    read("a.xlsx", bytes);
    let book: &[u8] = br#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    let links: &[u8] = br#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/a.xml"/></Relationships>"#;
    let (words, sheet) = bytes.split_at(bytes.len() / 2);
    for sheet in [sheet, bytes] {
        read(
            "a.xlsx",
            &packed(&[
                ("xl/workbook.xml", book),
                ("xl/_rels/workbook.xml.rels", links),
                ("xl/sharedStrings.xml", words),
                ("xl/worksheets/a.xml", sheet),
            ]),
        );
    }
}

pub(crate) fn archive(bytes: &[u8]) {
    read("a.zip", bytes);
    let name = String::from_utf8_lossy(&bytes[..bytes.len().min(20)]).replace('\0', "");
    read("a.zip", &packed(&[(&format!("{name}.md"), bytes), ("a/b.html", bytes)]));
}

pub(crate) fn document(bytes: &[u8]) {
    read("a.docx", bytes);
    let files: [(&str, &[u8]); 3] =
        [("word/document.xml", bytes), ("word/styles.xml", bytes), ("word/_rels/document.xml.rels", bytes)];
    read("a.docx", &packed(&files));
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
