//! Files that knowledge is read from: what kind each is, and its pieces.

use std::collections::{BTreeMap, BTreeSet};

use ai::language::{Language, identify};
use model::{ColumnRole, ImportProblem};

use super::archive::Archive;
use super::piece::{DOCUMENT_MAX, PIECES_MAX, Piece, Reading, tag};
use super::text::{decoded, decoded_page};
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
        Format::Html => html::article(key, name, &decoded_page(bytes, "")?, None),
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
        let piece = read.unwrap_or_else(|problem| Piece::refused(&entry.name, problem));
        pieces.push(piece);
    }
    if pieces.is_empty() {
        return Err(ImportProblem::NoWords);
    }
    name_languages(&mut pieces);
    Ok(Reading { pieces, ..Reading::default() })
}

/// Takes the languages of documents from the folders that are named after them: where others beside them are too, or the words
/// say the same. `it` may as well be a department.
fn name_languages(pieces: &mut [Piece]) {
    let mut beside: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for piece in pieces.iter() {
        for (parent, tag) in named_folders(&piece.key) {
            beside.entry(parent.to_owned()).or_default().extend(Language::from_tag(&tag).map(Language::tag));
        }
    }
    for piece in pieces.iter_mut().filter(|piece| piece.locale.is_none()) {
        let words = || {
            let words: String = format!("{}\n{}", piece.title, piece.body).chars().take(2000).collect();
            identify(&words, None).map(|guess| guess.language)
        };
        let believed = named_folders(&piece.key).find(|(parent, tag)| {
            let several = beside.get(*parent).is_some_and(|beside| beside.len() > 1);
            several || Language::from_tag(tag).is_some_and(|named| words() == Some(named))
        });
        piece.locale = believed.map(|(_, tag)| tag);
    }
}

/// The folders of a file that may be named after a language, the innermost first: what each stands in, and the language's tag.
fn named_folders(name: &str) -> impl Iterator<Item = (&str, String)> {
    let folders = name.rsplit_once('/').map(|(folders, _)| folders);
    std::iter::successors(folders, |folders| folders.rsplit_once('/').map(|(outer, _)| outer)).filter_map(
        |folders| {
            let (parent, folder) = folders.rsplit_once('/').unwrap_or(("", folders));
            tag(folder).map(|tag| (parent, tag))
        },
    )
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
    fn a_folder_is_a_language_only_where_something_else_says_so_too() {
        let english = b"# VPN\n\nHow do you connect to the network of the office from home?";
        let bytes = packed(&[
            ("help/it/vpn.md", english),
            ("IT_support/vpn.md", english),
            ("de-facto/vpn.md", english),
            ("es/vpn.md", "# VPN\n\n¿Cómo se conecta uno a la red de la oficina desde casa?".as_bytes()),
            ("docs/de/vpn.md", english),
            ("docs/es-419/vpn.md", english),
        ]);
        let reading = read("help.zip", &bytes, &[]).expect("an archive");
        let locales: Vec<_> = reading.pieces.iter().map(|piece| piece.locale.as_deref()).collect();
        assert_eq!(locales, [None, None, None, Some("es"), Some("de"), Some("es-419")]);
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
