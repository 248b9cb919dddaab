//! Markdown, in which knowledge is written: as a page, and as plain words.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// What of Markdown is understood beside its core: tables and struck words.
const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

/// As HTML that does nothing but show: HTML in the text is shown as text, pictures come from the same server or over
/// TLS, links open without telling where from.
pub fn html(markdown: &str) -> String {
    let parser = Parser::new_ext(markdown, OPTIONS).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut page = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut page, parser);
    let mut cleaner = ammonia::Builder::default();
    cleaner
        .url_schemes(["https", "http", "mailto", "tel"].into())
        .link_rel(Some("noopener noreferrer nofollow"));
    cleaner.rm_tags(["style", "svg", "math"]);
    cleaner.clean(&page).to_string()
}

/// As plain words for indexes and for channels that show no formatting: a paragraph in each block, headings marked with
/// `#`, items of lists with `-`.
pub fn plain(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    for event in Parser::new_ext(markdown, OPTIONS) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                block(&mut text);
                text.push_str("# ");
            }
            Event::Start(Tag::Item) => {
                line(&mut text);
                text.push_str("- ");
            }
            Event::Start(Tag::TableCell) if !text.ends_with('\n') && !text.is_empty() => text.push_str(" | "),
            Event::Start(Tag::Paragraph) if !text.ends_with("- ") => block(&mut text),
            Event::Start(Tag::CodeBlock(_) | Tag::List(None | Some(_)) | Tag::Table(_)) => block(&mut text),
            Event::End(TagEnd::TableRow | TagEnd::TableHead) => line(&mut text),
            Event::End(TagEnd::Heading(_)) => block(&mut text),
            Event::Text(words) | Event::Code(words) | Event::Html(words) | Event::InlineHtml(words) => {
                text.push_str(&words);
            }
            Event::SoftBreak => text.push(' '),
            Event::HardBreak => line(&mut text),
            _ => {}
        }
    }
    text.trim().to_owned()
}

fn line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

fn block(text: &mut String) {
    line(text);
    if !text.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_and_does_nothing() {
        let page = html("# Hi\n\n**bold** [link](https://example.com)\n\n|a|b|\n|-|-|\n|1|2|\n");
        assert!(page.contains("<h1>Hi</h1>") && page.contains("<strong>bold</strong>"), "{page}");
        assert!(page.contains(r#"rel="noopener noreferrer nofollow""#) && page.contains("<table>"), "{page}");
        for hostile in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "![x](javascript:alert(1))",
            "<svg><animate onbegin=alert(1)></svg>",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "<math><annotation-xml encoding=\"text/html\"><script>1</script></annotation-xml></math>",
            "```<script>\nalert(1)\n```",
            "<a href=\"https://x\" style=\"position:fixed\" onclick=alert(1)>x</a>",
        ] {
            let page = html(hostile);
            let lower = page.to_lowercase();
            for bad in [
                "<script",
                "<svg",
                "<math",
                "<img src=\"x\"",
                "href=\"javascript",
                "href=\"data",
                "src=\"javascript",
            ] {
                assert!(!lower.contains(bad), "{hostile:?} became {page:?}");
            }
            assert!(!lower.contains("<a href=\"https://x\" style"), "{page}");
        }
    }

    #[test]
    fn plain_words_keep_their_blocks() {
        let text = plain(
            "# Refunds\n\nYou get *all* of it\nback:\n\n- by card\n- in cash\n\nAsk [us](https://example.com).",
        );
        assert_eq!(text, "# Refunds\n\nYou get all of it back:\n\n- by card\n- in cash\n\nAsk us.");
        assert_eq!(plain("|a|b|\n|-|-|\n|1|2|\n"), "a | b\n1 | 2");
        assert_eq!(plain(""), "");
    }
}
