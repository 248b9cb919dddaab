//! What a reader makes of a file or page, and the bounds that all readers share.

use ai::language::Language;
use model::{ArticleKind, ImportColumn, ImportProblem};
use serde::{Deserialize, Serialize};

use crate::article::{BODY_MAX, LINE_MAX};

/// The most pieces of one import.
pub const PIECES_MAX: usize = 5000;
/// The most bytes that are unpacked of one file.
pub(crate) const UNPACKED_MAX: usize = 100 << 20;
/// The most bytes of one document: a text, a page, what is packed into an archive.
pub(crate) const DOCUMENT_MAX: usize = 8 << 20;

/// A piece of knowledge as its source says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Which piece of its source it is; empty when it is all of it.
    pub key: String,
    /// What form it has.
    pub kind: ArticleKind,
    /// What it is about.
    pub title: String,
    /// The text, in Markdown.
    pub body: String,
    /// Other ways in which people ask for it.
    pub questions: Vec<String>,
    /// Its language, where the source names it.
    pub locale: Option<String>,
    /// Its category's name, where the source names it.
    pub category: Option<String>,
    /// Why it cannot be taken.
    pub problem: Option<ImportProblem>,
}

impl Piece {
    /// An article from a document; its title and text are put in order.
    pub(crate) fn article(key: &str, title: &str, body: &str) -> Self {
        let (title, body) = (line(title), body.trim().to_owned());
        let problem = if title.is_empty() {
            Some(ImportProblem::NoTitle)
        } else if body.is_empty() {
            Some(ImportProblem::NoWords)
        } else if body.chars().count() > BODY_MAX {
            Some(ImportProblem::TooLarge)
        } else {
            None
        };
        let body = if problem.is_some() { String::new() } else { body };
        let (kind, questions) = (ArticleKind::Article, Vec::new());
        Self { key: key.to_owned(), kind, title, body, questions, locale: None, category: None, problem }
    }

    /// A document that cannot be taken.
    pub(crate) fn refused(key: &str, problem: ImportProblem) -> Self {
        Self { problem: Some(problem), ..Self::article(key, key, "") }
    }
}

/// What was read of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The pieces in their order.
    pub pieces: Vec<Piece>,
    /// The columns of a table.
    pub columns: Vec<ImportColumn>,
    /// Why the columns make no pieces.
    pub problem: Option<ImportProblem>,
}

/// A line of words: without breaks and what cannot be seen, at most as long as a title may be.
pub(crate) fn line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(LINE_MAX).collect::<String>().trim().to_owned()
}

/// Words as Markdown that shows just them.
pub(crate) fn escaped(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for letter in words.chars() {
        if matches!(letter, '\\' | '*' | '_' | '`' | '[' | ']' | '<' | '>') {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

/// A name of a file without its folders and its ending, as a title.
pub(crate) fn title_of(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    line(&stem.replace(['_', '-'], " "))
}

/// The tag of a language, where a text is one that is known: `en`, `zh-CN`, `zh-Hant`, `es-419`.
pub(crate) fn tag(text: &str) -> Option<String> {
    let text = text.trim();
    let short = (2..=10).contains(&text.len()) && text.is_ascii();
    let is_part = |part: &str| match part.len() {
        2 | 4 => part.bytes().all(|byte| byte.is_ascii_alphabetic()),
        3 => part.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    let tagged = short && text.split(['-', '_']).skip(1).all(is_part);
    Language::from_tag(text).filter(|_| tagged).map(|_| text.replace('_', "-"))
}
