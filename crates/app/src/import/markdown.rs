//! Articles from Markdown and plain text.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::piece::{Piece, line, tag, title_of};

/// An article from a text. Its title is what the head or the first heading says, or the file's name; a head of lines
/// `title: …`, `language: …`, `category: …` between lines of `---` is understood.
pub(super) fn article(key: &str, name: &str, text: &str) -> Piece {
    let (head, text) = headed(text);
    let said = |names: &[&str]| {
        head.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.clone())
    };
    let (heading, body) = titled(text);
    let title = said(&["title", "标题", "標題"]).or(heading).unwrap_or_else(|| title_of(name));
    let mut piece = Piece::article(key, &title, body);
    piece.locale = said(&["language", "lang", "locale", "语言", "語言"]).and_then(|text| tag(&text));
    piece.category = said(&["category", "section", "分类", "分類"]).map(|text| line(&text));
    piece
}

/// What stands between lines of `---` at the beginning, and the rest.
fn headed(text: &str) -> (Vec<(String, String)>, &str) {
    let Some(rest) = text.strip_prefix("---\n") else { return (Vec::new(), text) };
    let Some((head, body)) = rest.split_once("\n---") else { return (Vec::new(), text) };
    let Some(body) = body.strip_prefix('\n').or_else(|| body.is_empty().then_some(body)) else {
        return (Vec::new(), text);
    };
    let pairs = head.lines().filter_map(|line| line.split_once(':').or_else(|| line.split_once('：')));
    let value = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    (pairs.map(|(name, text)| (name.trim().to_lowercase(), value(text))).collect(), body)
}

/// The heading with which a text begins, and the text behind it.
fn titled(text: &str) -> (Option<String>, &str) {
    let mut heading = String::new();
    let mut within = false;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => within = true,
            Event::End(TagEnd::Heading(_)) => {
                let heading = Some(line(&heading)).filter(|heading| !heading.is_empty());
                return (heading, &text[range.end..]);
            }
            Event::Text(words) | Event::Code(words) if within => heading.push_str(&words),
            Event::SoftBreak if within => heading.push(' '),
            _ if within => {}
            _ => break,
        }
    }
    (None, text)
}

#[cfg(test)]
mod tests {
    use model::ImportProblem;

    use super::*;

    #[test]
    fn a_text_tells_its_title_language_and_category() {
        let piece = article(
            "a",
            "x.md",
            "# When do I get *my* money?\n\nWithin five days.\n\n## Exceptions\n\nNone.",
        );
        assert_eq!(piece.title, "When do I get my money?");
        assert_eq!(piece.body, "Within five days.\n\n## Exceptions\n\nNone.");
        let piece =
            article("a", "x.md", "---\ntitle: \"Refunds\"\nLang: zh-CN\ncategory: Orders\n---\n\nSoon.");
        let (locale, category) = (piece.locale.as_deref(), piece.category.as_deref());
        assert_eq!((piece.title.as_str(), locale, category), ("Refunds", Some("zh-CN"), Some("Orders")));
        assert_eq!(piece.body, "Soon.");
        let piece = article("a", "help/return_policy.md", "Within 30 days.");
        assert_eq!((piece.title.as_str(), piece.body.as_str()), ("return policy", "Within 30 days."));
        assert_eq!(article("a", "x.md", "# Only a title").problem, Some(ImportProblem::NoWords));
        // A line is no head.
        assert_eq!(article("a", "x.md", "---\n\nwords").body, "---\n\nwords");
    }
}
