//! Articles from Word documents (DOCX): headings, lists, tables, bold words and links.

use std::collections::HashMap;

use model::ImportProblem;
use quick_xml::events::BytesStart;

use super::archive::Archive;
use super::markdown;
use super::piece::{Piece, escaped};
use super::text::decoded;
use super::xml::{Node, attribute, walk};

/// The most cells of a table, with those that fill its rows up.
const CELLS_MAX: usize = 250_000;
/// How deep paragraphs may stand in each other.
const DEPTH_MAX: usize = 20;

/// An article from a document.
pub(super) fn article(key: &str, name: &str, bytes: &[u8]) -> Result<Piece, ImportProblem> {
    // What a password protects is no archive but a container of another kind.
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(ImportProblem::Protected);
    }
    let mut archive = Archive::open(bytes)?;
    let mut part = |name: &str| -> Result<Option<String>, ImportProblem> {
        archive.named(name)?.map(|bytes| decoded(&bytes)).transpose()
    };
    let text = part("word/document.xml")?.ok_or(ImportProblem::Damaged)?;
    let levels = part("word/styles.xml")?.map(|text| levels(&text)).transpose()?.unwrap_or_default();
    let links =
        part("word/_rels/document.xml.rels")?.map(|text| links(&text)).transpose()?.unwrap_or_default();
    let mut document = Document { levels, links, ..Document::default() };
    walk(&text, |node| document.see(node))?;
    Ok(markdown::article(key, name, &document.text))
}

/// Which styles are headings, and of which degree. Their ids are in the language of whoever made the document; their
/// names are not.
fn levels(text: &str) -> Result<HashMap<String, usize>, ImportProblem> {
    let (mut levels, mut style) = (HashMap::new(), None);
    walk(text, |node| {
        match node {
            Node::Open("style", start) => style = attribute(start, "styleId"),
            Node::Open("name", start) => {
                let name = attribute(start, "val").unwrap_or_default().to_lowercase();
                let degree = match name.strip_prefix("heading ").map(str::parse::<usize>) {
                    Some(Ok(degree)) => Some(degree.clamp(1, 6)),
                    _ => (name == "title").then_some(1),
                };
                if let (Some(style), Some(degree)) = (style.take(), degree) {
                    levels.insert(style, degree);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(levels)
}

/// Where the links of a document lead.
fn links(text: &str) -> Result<HashMap<String, String>, ImportProblem> {
    let mut links = HashMap::new();
    walk(text, |node| {
        if let Node::Open("Relationship", start) = node
            && let (Some(id), Some(target)) = (attribute(start, "Id"), attribute(start, "Target"))
            && ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
        {
            links.insert(id, target.replace([' ', '(', ')', '<', '>', '\n'], ""));
        }
        Ok(())
    })?;
    Ok(links)
}

/// What was seen of a document so far.
#[derive(Default)]
struct Document {
    levels: HashMap<String, usize>,
    links: HashMap<String, String>,
    text: String,
    paragraph: Paragraph,
    /// The paragraphs that this one stands in, as a box with text stands in one.
    outer: Vec<Paragraph>,
    /// Whether the words of a run are bold.
    bold: bool,
    /// Whether what comes are words that are shown.
    words: bool,
    /// How deep what comes stands in what another form of the same replaces.
    replaced: usize,
    /// How deep what comes stands in tables.
    tables: usize,
    rows: Vec<Vec<String>>,
}

#[derive(Default)]
struct Paragraph {
    degree: Option<usize>,
    /// How deep it stands in a list.
    item: Option<usize>,
    words: String,
    /// Where bold words began.
    bold: Option<usize>,
    /// Where a link leads, and where its words began.
    link: Option<(String, usize)>,
}

impl Document {
    fn see(&mut self, node: Node<'_>) -> Result<(), ImportProblem> {
        match node {
            Node::Open("Fallback", _) => self.replaced += 1,
            Node::Close("Fallback") => self.replaced = self.replaced.saturating_sub(1),
            _ if self.replaced > 0 => {}
            Node::Open(name, start) => return self.open(name, start),
            Node::Close(name) => return self.close(name),
            Node::Words(words) if self.words => {
                if self.bold && self.paragraph.bold.is_none() && !words.trim().is_empty() {
                    self.paragraph.bold = Some(self.paragraph.words.len());
                }
                if !self.bold {
                    self.paragraph.end_bold();
                }
                self.paragraph.words.push_str(&escaped(words));
            }
            Node::Words(_) => {}
        }
        Ok(())
    }

    fn open(&mut self, name: &str, start: &BytesStart<'_>) -> Result<(), ImportProblem> {
        let value = || attribute(start, "val").unwrap_or_default();
        match name {
            "p" if self.outer.len() == DEPTH_MAX => return Err(ImportProblem::TooDeep),
            "p" => self.outer.push(std::mem::take(&mut self.paragraph)),
            "pStyle" => self.paragraph.degree = self.levels.get(&value()).copied(),
            "numPr" => self.paragraph.item = Some(0),
            "ilvl" if self.paragraph.item.is_some() => {
                self.paragraph.item = Some(value().parse::<usize>().unwrap_or(0).min(8));
            }
            "r" => self.bold = false,
            "b" => self.bold = !matches!(value().as_str(), "0" | "false"),
            "t" => self.words = true,
            "tab" if self.words || !self.paragraph.words.is_empty() => self.paragraph.words.push(' '),
            "br" | "cr" => self.paragraph.words.push('\n'),
            "hyperlink" => {
                // Bold words before it end where it begins: none of both may stand half in the other.
                self.paragraph.end_bold();
                let target = attribute(start, "id").and_then(|id| self.links.get(&id).cloned());
                self.paragraph.link = target.map(|target| (target, self.paragraph.words.len()));
            }
            "tbl" => {
                if self.tables == 0 {
                    self.rows.clear();
                }
                self.tables += 1;
            }
            "tr" if self.tables == 1 => self.rows.push(Vec::new()),
            "tc" if self.tables == 1 => {
                if let Some(row) = self.rows.last_mut() {
                    row.push(String::new());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), ImportProblem> {
        match name {
            "t" => self.words = false,
            "hyperlink" => {
                self.paragraph.end_bold();
                if let Some((target, from)) = self.paragraph.link.take()
                    && let Some(words) = self.paragraph.words.get(from..).map(str::to_owned)
                    && !words.trim().is_empty()
                {
                    self.paragraph.words.truncate(from);
                    self.paragraph.words.push_str(&format!("[{}]({target})", words.trim()));
                }
            }
            "p" => self.end_paragraph(),
            "tbl" => {
                self.tables = self.tables.saturating_sub(1);
                if self.tables == 0 {
                    return self.end_table();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end_paragraph(&mut self) {
        let outer = self.outer.pop().unwrap_or_default();
        let mut paragraph = std::mem::replace(&mut self.paragraph, outer);
        paragraph.end_bold();
        let words = paragraph.words.trim();
        if words.is_empty() {
            return;
        }
        if self.tables > 0 {
            if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
                if !cell.is_empty() {
                    cell.push(' ');
                }
                cell.push_str(&words.replace('\n', " ").replace('|', "\\|"));
            }
            return;
        }
        match (paragraph.degree, paragraph.item) {
            (Some(degree), _) => {
                let words = words.replace("**", "").replace('\n', " ");
                self.text.push_str(&format!("\n\n{} {words}", "#".repeat(degree)));
            }
            (None, Some(depth)) => {
                let follows =
                    self.text.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("- "));
                self.text.push_str(if follows { "\n" } else { "\n\n" });
                self.text.push_str(&format!("{}- {}", "  ".repeat(depth), words.replace('\n', " ")));
            }
            (None, None) => self.text.push_str(&format!("\n\n{words}")),
        }
    }

    fn end_table(&mut self) -> Result<(), ImportProblem> {
        let rows = std::mem::take(&mut self.rows);
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        if width == 0 {
            return Ok(());
        }
        // Each row becomes as wide as the widest.
        if rows.len().saturating_mul(width) > CELLS_MAX {
            return Err(ImportProblem::TooLarge);
        }
        self.text.push_str("\n\n");
        for (at, mut row) in rows.into_iter().enumerate() {
            row.resize(width, String::new());
            self.text.push_str(&format!("| {} |\n", row.join(" | ")));
            if at == 0 {
                self.text.push_str(&format!("|{}\n", " --- |".repeat(width)));
            }
        }
        Ok(())
    }
}

impl Paragraph {
    fn end_bold(&mut self) {
        let Some(from) = self.bold.take() else { return };
        let Some(words) = self.words.get(from..).map(str::to_owned) else { return };
        let inner = words.trim();
        let (before, after) = words.split_once(inner).unwrap_or_default();
        self.words.truncate(from);
        self.words.push_str(&format!("{before}**{inner}**{after}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::archive::packed;

    fn document(body: &str) -> Vec<u8> {
        let head = r#"<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="w" xmlns:r="r"><w:body>"#;
        let document = format!("{head}{body}</w:body></w:document>");
        let styles = r#"<w:styles xmlns:w="w"><w:style w:styleId="1"><w:name w:val="heading 1"/></w:style>
            <w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style></w:styles>"#;
        let links = r#"<Relationships><Relationship Id="rId1" Target="https://shop.example/returns"/>
            <Relationship Id="rId2" Target="javascript:alert(1)"/></Relationships>"#;
        packed(&[
            ("word/document.xml", document.as_bytes()),
            ("word/styles.xml", styles.as_bytes()),
            ("word/_rels/document.xml.rels", links.as_bytes()),
        ])
    }

    #[test]
    fn a_document_becomes_markdown() {
        let bytes = document(
            r#"<w:p><w:pPr><w:pStyle w:val="1"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>退货 &amp; refunds</w:t></w:r></w:p>
            <w:p><w:r><w:t xml:space="preserve">Send it </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>ba</w:t></w:r>
            <w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">ck </w:t></w:r><w:r><w:t>to *us*.</w:t></w:r>
            <w:r><w:delText>deleted</w:delText></w:r></w:p>
            <w:p><w:pPr><w:pStyle w:val="berschrift2"/></w:pPr><w:r><w:t>How</w:t></w:r></w:p>
            <w:p><w:pPr><w:numPr><w:ilvl w:val="0"/></w:numPr></w:pPr><w:r><w:t>by post</w:t></w:r></w:p>
            <w:p><w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr><w:r><w:t>insured</w:t></w:r></w:p>
            <w:p><w:hyperlink r:id="rId1"><w:r><w:t>the form</w:t></w:r></w:hyperlink>
            <w:hyperlink r:id="rId2"><w:r><w:t>bad</w:t></w:r></w:hyperlink></w:p>
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>What</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>When</w:t></w:r></w:p></w:tc></w:tr>
            <w:tr><w:tc><w:p><w:r><w:t>Shoes</w:t></w:r></w:p><w:p><w:r><w:t>a|b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"#,
        );
        let piece = article("k", "x.docx", &bytes).expect("a document");
        assert_eq!(piece.title, "退货 & refunds");
        assert_eq!(
            piece.body,
            "Send it **back** to \\*us\\*.\n\n## How\n\n- by post\n  - insured\n\n\
            [the form](https://shop.example/returns)bad\n\n\
            | What | When |\n| --- | --- |\n| Shoes a\\|b |  |"
        );
    }

    #[test]
    fn bold_words_and_links_beside_each_other_are_kept_apart() {
        for (before, link, expected) in [
            ("See ", "the form", "**See** [**the form**](https://shop.example/returns)"),
            ("请看", "表格", "**请看**[**表格**](https://shop.example/returns)"),
        ] {
            let bytes = document(&format!(
                r#"<w:p><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{before}</w:t></w:r><w:hyperlink r:id="rId1">
                <w:r><w:rPr><w:b/></w:rPr><w:t>{link}</w:t></w:r></w:hyperlink></w:p>"#
            ));
            let body = article("k", "x.docx", &bytes).expect("a document").body;
            assert_eq!(body, expected);
        }
    }

    #[test]
    fn a_paragraph_goes_on_behind_the_box_that_stands_in_it() {
        let bytes = document(
            r#"<w:p><w:pPr><w:pStyle w:val="berschrift2"/></w:pPr><w:r><w:t xml:space="preserve">Intro </w:t></w:r>
            <w:r><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></w:r>
            <w:r><w:t>rest</w:t></w:r></w:p><w:p><w:r><w:t>Words.</w:t></w:r></w:p>"#,
        );
        let piece = article("k", "x.docx", &bytes).expect("a document");
        assert_eq!((piece.title.as_str(), piece.body.as_str()), ("x", "box\n\n## Intro rest\n\nWords."));
        let deep = document(&"<w:p>".repeat(100_000));
        assert_eq!(article("k", "x.docx", &deep), Err(ImportProblem::TooDeep));
    }

    #[test]
    fn a_table_that_grows_when_it_is_filled_up_is_refused() {
        let bytes = document(&format!(
            "<w:tbl><w:tr>{}</w:tr>{}</w:tbl>",
            "<w:tc/>".repeat(1000),
            "<w:tr/>".repeat(1000)
        ));
        assert_eq!(article("k", "x.docx", &bytes), Err(ImportProblem::TooLarge));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        assert_eq!(article("k", "x.docx", b"\xd0\xcf\x11\xe0 rest"), Err(ImportProblem::Protected));
        assert_eq!(article("k", "x.docx", b"PK"), Err(ImportProblem::Damaged));
        assert_eq!(article("k", "x.docx", &packed(&[("a", b"b")])), Err(ImportProblem::Damaged));
        let open = document(&"<w:tbl><w:tr><w:tc>".repeat(100_000));
        assert_eq!(article("k", "x.docx", &open).expect("read").problem, Some(ImportProblem::NoWords));
        let bomb =
            "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><w:p><w:r><w:t>&b;x</w:t></w:r></w:p>";
        let piece = article("k", "x.docx", &document(bomb)).expect("read");
        assert_eq!(piece.body, "x");
    }
}
