//! Files that knowledge is read from: what kind each is, and its pieces.

use model::{ColumnRole, ImportProblem};

use super::archive::Archive;
use super::piece::{DOCUMENT_MAX, PIECES_MAX, Piece, Reading, tag};
use super::text::decoded;
use super::{docx, html, markdown, pdf, table};

/// A kind of file that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Markdown,
    Html,
    Csv,
    Xlsx,
    Docx,
    Pdf,
    Zip,
}

/// What a file's name says that it is.
fn format(name: &str) -> Option<Format> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending.to_lowercase().as_str() {
        "md" | "markdown" | "mdown" | "txt" => Format::Markdown,
        "html" | "htm" | "xhtml" => Format::Html,
        "csv" | "tsv" => Format::Csv,
        "xlsx" => Format::Xlsx,
        "docx" => Format::Docx,
        "pdf" => Format::Pdf,
        "zip" => Format::Zip,
        _ => return None,
    })
}

/// Whether files of such a name are read.
pub fn is_known(name: &str) -> bool {
    format(name).is_some()
}

/// Reads a file. `roles` says what the columns of a table hold, which is recognised when it is empty. Nothing that the
/// file says of itself is believed: bytes, depth, cells and pieces are counted.
///
/// # Errors
/// Why it cannot be read.
pub fn read(name: &str, bytes: &[u8], roles: &[ColumnRole]) -> Result<Reading, ImportProblem> {
    match format(name).ok_or(ImportProblem::UnknownFormat)? {
        Format::Csv => table::csv(bytes, roles),
        Format::Xlsx => table::xlsx(bytes, roles),
        Format::Zip => archive(bytes),
        format => {
            let piece = document(format, "", name, bytes)?;
            Ok(Reading { pieces: vec![piece], ..Reading::default() })
        }
    }
}

/// The article of one document.
fn document(format: Format, key: &str, name: &str, bytes: &[u8]) -> Result<Piece, ImportProblem> {
    match format {
        Format::Docx => docx::article(key, name, bytes),
        Format::Pdf => pdf::article(key, name, bytes),
        _ if bytes.len() > DOCUMENT_MAX => Err(ImportProblem::TooLarge),
        Format::Markdown => Ok(markdown::article(key, name, &decoded(bytes)?)),
        Format::Html => html::article(key, name, &decoded(bytes)?, None),
        Format::Csv | Format::Xlsx | Format::Zip => Err(ImportProblem::UnknownFormat),
    }
}

/// The documents of an archive; what is none is passed over, and what cannot be read is shown as such.
fn archive(bytes: &[u8]) -> Result<Reading, ImportProblem> {
    let mut archive = Archive::open(bytes)?;
    let mut pieces = Vec::new();
    for at in 0..archive.len() {
        let Some(entry) = archive.entry(at, is_document)? else { continue };
        if pieces.len() == PIECES_MAX {
            return Err(ImportProblem::TooMany);
        }
        let read = entry.bytes.and_then(|bytes| match format(&entry.name) {
            Some(format) => document(format, &entry.name, &entry.name, &bytes),
            None => Err(ImportProblem::UnknownFormat),
        });
        let mut piece = read.unwrap_or_else(|problem| Piece::refused(&entry.name, problem));
        // A folder may be named after a language.
        let folders = entry.name.rsplit_once('/').map_or("", |(folders, _)| folders);
        piece.locale = piece.locale.or_else(|| folders.rsplit('/').find_map(tag));
        pieces.push(piece);
    }
    if pieces.is_empty() {
        return Err(ImportProblem::NoWords);
    }
    Ok(Reading { pieces, ..Reading::default() })
}

/// Whether a file in an archive is a document and not what a system put beside it.
fn is_document(name: &str) -> bool {
    let hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
    !hidden && !matches!(format(name), None | Some(Format::Csv | Format::Xlsx | Format::Zip))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::archive::packed;

    #[test]
    fn an_archive_gives_an_article_for_each_document() {
        let bytes = packed(&[
            ("help/en/returns.md", b"# Returns\n\nWithin 30 days."),
            ("help/zh-CN/returns.md", "# 退货\n\n三十天内。".as_bytes()),
            ("help/hours.html", b"<h1>Hours</h1><p>9 to 5</p>"),
            ("help/logo.png", b"\x89PNG"),
            ("__MACOSX/help/._returns.md", b"x"),
            ("help/empty.md", b""),
            ("help/bad.md", b"a\0b"),
        ]);
        let reading = read("Help.ZIP", &bytes, &[]).expect("an archive");
        let seen: Vec<_> = reading
            .pieces
            .iter()
            .map(|piece| (piece.key.as_str(), piece.title.as_str(), piece.locale.as_deref(), piece.problem))
            .collect();
        assert_eq!(
            seen,
            [
                ("help/en/returns.md", "Returns", Some("en"), None),
                ("help/zh-CN/returns.md", "退货", Some("zh-CN"), None),
                ("help/hours.html", "Hours", None, None),
                ("help/empty.md", "empty", None, Some(ImportProblem::NoWords)),
                ("help/bad.md", "help/bad.md", None, Some(ImportProblem::Damaged)),
            ]
        );
    }

    #[test]
    fn what_is_packed_to_burst_is_refused() {
        let zeros = vec![b' '; DOCUMENT_MAX + 1];
        let reading = read("x.zip", &packed(&[("a.md", &zeros)]), &[]).expect("an archive");
        assert_eq!(reading.pieces[0].problem, Some(ImportProblem::TooLarge));
        let large = vec![b' '; DOCUMENT_MAX];
        let names: Vec<String> = (0..14).map(|n| format!("{n}.md")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), large.as_slice())).collect();
        assert_eq!(read("x.zip", &packed(&files), &[]), Err(ImportProblem::TooLarge));
        assert_eq!(read("x.xlsx", &packed(&files), &[]), Err(ImportProblem::TooLarge));
        assert_eq!(read("x.zip", &packed(&[]), &[]), Err(ImportProblem::NoWords));
        let names: Vec<String> = (0..3001).map(|n| format!("{n}.md")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
        assert_eq!(read("x.zip", &packed(&files), &[]), Err(ImportProblem::TooMany));
        // Names that lead out of the archive are no documents.
        assert_eq!(read("x.zip", &packed(&[("../../a.md", b"x")]), &[]), Err(ImportProblem::NoWords));
    }

    #[test]
    fn files_of_other_kinds_are_refused() {
        for name in ["a.exe", "a", "", "a.md.gz"] {
            assert_eq!(read(name, b"x", &[]), Err(ImportProblem::UnknownFormat), "{name:?}");
        }
        for name in ["a.xlsx", "a.zip"] {
            assert_eq!(read(name, b"no archive at all", &[]), Err(ImportProblem::Damaged), "{name:?}");
        }
    }
}
