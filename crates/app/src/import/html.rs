//! Articles from pages: what is said, without what surrounds it.

use std::collections::HashSet;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use ammonia::{Builder, UrlRelative};
use htmd::HtmlToMarkdown;
use model::ImportProblem;
use url::Url;

use super::piece::{DOCUMENT_MAX, Piece, line, title_of};

/// How deep elements may stand in each other.
const DEPTH_MAX: usize = 200;

/// Elements that are opened again in what follows when they are left open (the HTML Standard's list of active formatting
/// elements), and how many the parser may have to make by that.
const OPENED_AGAIN: &[&str] =
    &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
const OPENED_MAX: usize = 1_000_000;

/// What a page's text is made of.
const WORDS: &[&str] = &[
    "a",
    "abbr",
    "article",
    "b",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "kbd",
    "li",
    "main",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "u",
    "ul",
    "var",
];

/// What stands around it and goes with all that it holds.
const AROUND: &[&str] = &[
    "script", "style", "noscript", "template", "nav", "footer", "aside", "form", "button", "select",
    "option", "textarea", "iframe", "object", "svg", "math", "canvas", "dialog", "menu", "audio", "video",
];

/// How long the elements of a page are put in order, which can be made to take the square of its length or more.
const PATIENCE: Duration = Duration::from_secs(5);

/// An article from a page; links lead where they lead from `base`, and nowhere without one.
pub(super) fn article(key: &str, name: &str, text: &str, base: Option<&Url>) -> Result<Piece, ImportProblem> {
    if text.len() > DOCUMENT_MAX {
        return Err(ImportProblem::TooLarge);
    }
    if opened_again(text) > OPENED_MAX {
        return Err(ImportProblem::TooDeep);
    }
    let began = Instant::now();
    let page = cleaned(text, base, &[], began)?;
    if depth(&page) > DEPTH_MAX {
        return Err(ImportProblem::TooDeep);
    }
    let title = between(&page, "title").map(plain).filter(|title| !title.is_empty());
    // What a page calls its main part is taken; else everything but its head.
    let part = between(&page, "main").or_else(|| between(&page, "article")).map(str::to_owned);
    let part = match part {
        Some(part) => part,
        None => cleaned(&page, base, &["header"], began)?,
    };
    let part = cleaned(&part, base, &["title"], began)?;
    let heading = between(&part, "h1").map(plain).filter(|heading| !heading.is_empty());
    let markdown = HtmlToMarkdown::new().convert(&part).map_err(|_| ImportProblem::Damaged)?;
    let body = match &heading {
        Some(_) => without_heading(&markdown),
        None => markdown,
    };
    let title = heading.or(title).unwrap_or_else(|| title_of(name));
    Ok(Piece::article(key, &title, &body))
}

/// A page as well-formed HTML that has nothing but words, their structure and links.
fn cleaned(text: &str, base: Option<&Url>, less: &[&str], began: Instant) -> Result<String, ImportProblem> {
    let words = WORDS.iter().copied().filter(|tag| !less.contains(tag));
    let mut cleaner = Builder::empty();
    cleaner
        .tags(words.collect())
        .clean_content_tags(AROUND.iter().chain(less).copied().collect())
        .tag_attributes([("a", HashSet::from(["href"]))].into())
        .url_schemes(["https", "http", "mailto", "tel"].into())
        .link_rel(None)
        .url_relative(match base {
            Some(base) => UrlRelative::RewriteWithBase(base.clone()),
            None => UrlRelative::Deny,
        });
    let cleaned = cleaner.clean_from_reader(Hurried { text: text.as_bytes(), began });
    let cleaned = cleaned.map_err(|_| ImportProblem::TooSlow)?.to_string();
    // What is left open is closed and opened again in each paragraph behind it.
    if cleaned.len() > 2 * DOCUMENT_MAX { Err(ImportProblem::TooLarge) } else { Ok(cleaned) }
}

/// A text that ends with an error when it is read for too long.
struct Hurried<'a> {
    text: &'a [u8],
    began: Instant,
}

impl Read for Hurried<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.began.elapsed() > PATIENCE {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.text.read(into)
    }
}

/// How many elements the parser makes at most of those that are left open, of which each following one may have all: a page
/// of a megabyte can be written so that they are billions.
fn opened_again(page: &str) -> usize {
    let (mut open, mut made) = (0_usize, 0_usize);
    for tag in page.split('<').skip(1) {
        let closes = tag.starts_with('/');
        let name = tag.trim_start_matches('/').split(|letter: char| !letter.is_ascii_alphanumeric()).next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        match (OPENED_AGAIN.contains(&name.as_str()), closes) {
            (true, true) => open = open.saturating_sub(1),
            (true, false) => open += 1,
            (false, _) => made = made.saturating_add(open),
        }
    }
    made
}

/// How deep the elements of well-formed HTML stand in each other.
fn depth(page: &str) -> usize {
    let (mut deep, mut deepest) = (0_usize, 0_usize);
    let mut rest = page;
    while let Some((_, behind)) = rest.split_once('<') {
        // Values stand in quotes and hold no end of an element.
        let mut quoted = false;
        let end = behind.find(|c: char| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let (tag, behind) = behind.split_at(end.unwrap_or(behind.len()));
        if tag.starts_with('/') {
            deep = deep.saturating_sub(1);
        } else if !matches!(tag, "br" | "hr") {
            deep += 1;
        }
        deepest = deepest.max(deep);
        rest = behind;
    }
    deepest
}

/// What stands in the first element of a name, up to where the last one ends.
fn between<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let from = page.find(&open)? + open.len();
    let rest = &page[from..];
    let end = if name == "main" || name == "article" { rest.rfind(&close)? } else { rest.find(&close)? };
    Some(&rest[..end])
}

/// The words of HTML without its elements.
fn plain(html: &str) -> String {
    let markdown = HtmlToMarkdown::new().convert(html).unwrap_or_default();
    line(&crate::markdown::plain(&markdown))
}

/// Markdown without its first heading of the first degree.
fn without_heading(markdown: &str) -> String {
    let lines: Vec<&str> = markdown.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("# "));
    let kept = lines.iter().enumerate().filter(|(place, _)| Some(*place) != at).map(|(_, line)| *line);
    kept.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_without_what_surrounds_it() {
        let page = r#"<!doctype html><html lang="en"><head><title>Returns – Shop</title><style>p{}</style></head><body>
            <header><a href="/">Shop</a></header><nav><a href="/cart">Cart</a></nav>
            <main><h1>Returns</h1><p>Send it <b>back</b> within <a href="/days">30 days</a>.</p>
            <table><tr><th>What</th><th>When</th></tr><tr><td>Shoes</td><td>30 days</td></tr></table>
            <ul><li>free</li></ul><script>alert(1)</script></main>
            <footer>© Shop</footer><script>track()</script></body></html>"#;
        let base = Url::parse("https://shop.example/help/").expect("an address");
        let piece = article("k", "k", page, Some(&base)).expect("a page");
        assert_eq!(piece.title, "Returns");
        assert!(
            piece.body.contains("**back**") && piece.body.contains("(https://shop.example/days)"),
            "{}",
            piece.body
        );
        assert!(piece.body.contains("| Shoes |") || piece.body.contains("|Shoes|"), "{}", piece.body);
        for around in ["Cart", "© Shop", "alert", "track", "Shop</", "# Returns"] {
            assert!(!piece.body.contains(around), "{around:?} in {}", piece.body);
        }
        assert_eq!(article("k", "k", page, None).map(|piece| piece.body.contains("(/days)")), Ok(false));
    }

    #[test]
    fn a_page_without_a_main_part_is_read_without_its_head() {
        let page = "<html><head><title>Opening &amp; hours</title></head><body><header>Shop</header><p>9 to 5</p></body>";
        let piece = article("k", "k", page, None).expect("a page");
        assert_eq!((piece.title.as_str(), piece.body.as_str()), ("Opening & hours", "9 to 5"));
    }

    #[test]
    fn a_page_that_is_built_to_hurt_is_refused() {
        let deep = "<div>".repeat(2_000);
        assert_eq!(article("k", "k", &deep, None), Err(ImportProblem::TooDeep));
        // Each paragraph opens all that was left open before it.
        let grows: String = (0..20_000).map(|n| format!("<p><b id={n}>x")).collect();
        assert_eq!(article("k", "k", &grows, None), Err(ImportProblem::TooDeep));
        let closed = "<p><b>x</b> <i>y</i></p>".repeat(20_000);
        assert!(article("k", "k", &closed, None).is_ok(), "a long page is none of these");
        let large = "x".repeat(DOCUMENT_MAX + 1);
        assert_eq!(article("k", "k", &large, None), Err(ImportProblem::TooLarge));
        assert_eq!(depth("<a href=\"</p></p>\"><b>x</b></a>"), 2);
    }
}
