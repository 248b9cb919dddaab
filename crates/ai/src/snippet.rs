//! The part of a text that shows why it was found.

use std::ops::Range;

/// How many characters of the text are shown.
const WIDTH: usize = 180;
/// How many of them stand before the first hit.
const BEFORE: usize = 48;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its text, on one line.
    pub text: String,
    /// Whether it is what was looked for.
    pub hit: bool,
}

/// The part of a text around its first hit, in pieces. `hits` are ascending and apart, as [`crate::Query::find`]
/// gives them. An ellipsis stands where something was left out.
pub fn pieces(text: &str, hits: &[Range<usize>]) -> Vec<Piece> {
    let first = hits.first().map_or(0, |hit| hit.start);
    let from = back(text, first);
    let to = text[from..].char_indices().nth(WIDTH).map_or(text.len(), |(at, _)| from + at);
    let mut pieces = Vec::new();
    let mut at = from;
    for hit in hits.iter().filter(|hit| hit.start < to) {
        let end = hit.end.min(to);
        push(&mut pieces, &text[at..hit.start], false);
        push(&mut pieces, &text[hit.start..end], true);
        at = end;
    }
    push(&mut pieces, &text[at..to], false);
    if from > 0 {
        pieces.insert(0, Piece { text: "…".to_owned(), hit: false });
    }
    if to < text.len() {
        pieces.push(Piece { text: "…".to_owned(), hit: false });
    }
    pieces
}

/// Where to begin so that a hit at `first` has some text before it: at a word where there is one.
fn back(text: &str, first: usize) -> usize {
    let Some((start, _)) = text[..first].char_indices().rev().nth(BEFORE - 1) else { return 0 };
    let space = text[start..first].char_indices().find(|(_, letter)| letter.is_whitespace());
    space.map_or(start, |(at, letter)| start + at + letter.len_utf8())
}

fn push(pieces: &mut Vec<Piece>, text: &str, hit: bool) {
    if !text.is_empty() {
        let text = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        pieces.push(Piece { text, hit });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Query;

    fn shown(typed: &str, text: &str) -> String {
        let hits = Query::parse(typed).and_then(|query| query.find(text)).expect("a hit");
        let piece = |piece: Piece| if piece.hit { format!("[{}]", piece.text) } else { piece.text };
        pieces(text, &hits).into_iter().map(piece).collect()
    }

    #[test]
    fn the_first_hit_is_seen_with_what_stands_around_it() {
        assert_eq!(shown("late", "My order\ncame late."), "My order came [late].");
        let long = format!("{} the refund is late {}", "word ".repeat(60), "more ".repeat(60));
        let snippet = shown("refund", &long);
        assert!(snippet.starts_with("…word ") && snippet.ends_with('…'), "{snippet}");
        assert!(snippet.contains("the [refund] is late") && snippet.chars().count() < WIDTH + 8, "{snippet}");
        let chinese = format!("{}我要退款{}", "好".repeat(100), "的".repeat(300));
        assert!(shown("退款", &chinese).contains("我要[退款]的"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,300}", typed in "\\PC{1,3}") {
            if let Some(hits) = Query::parse(&typed).and_then(|query| query.find(&text)) {
                prop_assert!(pieces(&text, &hits).iter().any(|piece| piece.hit));
            }
        }
    }
}
