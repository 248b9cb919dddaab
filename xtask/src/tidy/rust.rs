//! Rust source taken apart just enough for the rules: code, string literals, and which lines only tests have.

use std::ops::Range;

/// One Rust file.
pub(crate) struct Source {
    /// The text with comments and the inside of literals blanked out; lines stay where they are.
    pub(crate) code: String,
    /// String literals with the line they begin on, counted from 1.
    pub(crate) strings: Vec<(usize, String)>,
    /// Byte ranges of `code` that only tests have.
    tests: Vec<Range<usize>>,
    /// Names of `#[cfg(test)] mod name;`.
    modules: Vec<String>,
}

impl Source {
    /// Takes a file apart.
    pub(crate) fn new(text: &str) -> Self {
        let (code, strings) = blank(text);
        let mut source = Self { code, strings, tests: Vec::new(), modules: Vec::new() };
        source.find_tests();
        source
    }

    /// Marks the whole file as test code.
    pub(crate) fn all_test(&mut self) {
        self.tests = std::iter::once(0..self.code.len()).collect();
    }

    /// The paths, without `.rs`, of modules that only tests have, given the path of this file.
    pub(crate) fn test_modules(&self, path: &str) -> Vec<String> {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = match file {
            "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
            _ => format!("{folder}/{}", file.trim_end_matches(".rs")),
        };
        self.modules.iter().map(|name| format!("{folder}/{name}")).collect()
    }

    /// The lines of code that are not only tests', with their numbers from 1.
    pub(crate) fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, start, _)| !self.is_test(*start)).map(|(number, _, line)| (number, line))
    }

    /// All lines of code with their numbers from 1.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().map(|(number, _, line)| (number, line))
    }

    /// How many lines are not only tests'.
    pub(crate) fn shipped_lines(&self) -> usize {
        self.shipped().count()
    }

    fn lines(&self) -> impl Iterator<Item = (usize, usize, &str)> {
        let mut start = 0;
        self.code.split_inclusive('\n').enumerate().map(move |(index, line)| {
            let here = start;
            start += line.len();
            (index + 1, here, line)
        })
    }

    fn is_test(&self, position: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&position))
    }

    fn find_tests(&mut self) {
        const MARK: &str = "#[cfg(test)]";
        let mut from = 0;
        while let Some(found) = self.code[from..].find(MARK) {
            let start = from + found;
            let item = start + MARK.len();
            let end = item_end(&self.code, item);
            let mut words =
                self.code[item..end].split_whitespace().skip_while(|word| word.starts_with("pub"));
            if words.next() == Some("mod")
                && let Some(name) = words.next().and_then(|name| name.strip_suffix(';'))
            {
                self.modules.push(name.to_owned());
            }
            // From the beginning of the line, so that the mark's own line counts as the tests'.
            let line = self.code[..start].rfind('\n').map_or(0, |newline| newline + 1);
            self.tests.push(line..end);
            from = end;
        }
    }
}

/// Where the item that begins at `from` ends: after its closing brace, or after its semicolon.
fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (index, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && byte == b'}' {
                    return index + 1;
                }
            }
            b';' if depth == 0 => return index + 1,
            _ => {}
        }
    }
    code.len()
}

/// Blanks comments and literals, and collects the string literals.
fn blank(text: &str) -> (String, Vec<(usize, String)>) {
    let mut code = String::with_capacity(text.len());
    let mut strings = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let before = code.chars().next_back();
        let literal =
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') { None } else { literal(rest) };
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some((length, inside)) = literal {
            if let Some(inside) = inside {
                strings.push((code.matches('\n').count() + 1, rest[inside].to_owned()));
            }
            length
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        for c in rest[..taken].chars() {
            code.push(if c == '\n' { '\n' } else { ' ' });
        }
        rest = &rest[taken..];
    }
    (code, strings)
}

/// The length of a block comment, which may hold others.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The literal a text begins with: its length, and for a string where its inside is.
fn literal(text: &str) -> Option<(usize, Option<Range<usize>>)> {
    if let Some(length) = character(text) {
        return Some((length, None));
    }
    let prefix = ["br", "cr", "b", "c", "r", ""].iter().find(|prefix| {
        let after = text.strip_prefix(**prefix).unwrap_or_default();
        after.starts_with('"')
            || (prefix.ends_with('r')
                && after.trim_start_matches('#').starts_with('"')
                && after.starts_with('#'))
    })?;
    let after = &text[prefix.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    let start = prefix.len() + hashes + 1;
    if prefix.ends_with('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        let end = text[start..].find(&close).map_or(text.len(), |found| start + found);
        return Some(((end + close.len()).min(text.len()), Some(start..end)));
    }
    let mut escaped = false;
    for (index, c) in text[start..].char_indices() {
        match c {
            '"' if !escaped => return Some((start + index + 1, Some(start..start + index))),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Some((text.len(), Some(start..text.len())))
}

/// The length of a character literal; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let quoted = text.strip_prefix('b').unwrap_or(text).strip_prefix('\'')?;
    let shift = text.len() - quoted.len();
    let mut chars = quoted.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        // Skip what is escaped, which may itself be a quote.
        let (after, _) = chars.nth(1)?;
        return quoted[after..].find('\'').map(|end| shift + after + end + 1);
    }
    let (after, close) = chars.next()?;
    (close == '\'').then_some(shift + after + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked_and_strings_kept() {
        let text = "let a = \"x \\\" // no\"; // \"gone\"\n/* a /* b */ \"c\" */ let b = r#\"raw \"q\" here\"#;\n\
            let c = 'x'; let q = '\\''; let l: &'static str = b\"by\\\\\"; fn f<'a>() {}\nlet z = '\\u{1F600}';";
        let source = Source::new(text);
        let strings: Vec<_> = source.strings.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(strings, [(1, "x \\\" // no"), (2, "raw \"q\" here"), (3, "by\\\\")]);
        assert!(!source.code.contains("gone") && !source.code.contains('"'), "{}", source.code);
        assert!(
            source.code.contains("&'static str") && source.code.contains("fn f<'a>()"),
            "{}",
            source.code
        );
        assert_eq!(source.code.lines().count(), text.lines().count());
    }

    #[test]
    fn only_what_ships_is_counted() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { let x = \"}\"; }\n}\nfn c() {}\n#[cfg(test)]\nuse x::{y, z};\nfn d() {}\n";
        let source = Source::new(text);
        let lines: Vec<_> = source.shipped().map(|(number, line)| (number, line.trim())).collect();
        assert_eq!(lines, [(1, "fn a() {}"), (6, "fn c() {}"), (7 + 2, "fn d() {}")]);
    }

    #[test]
    fn test_modules_are_found_beside_their_parent() {
        let source = Source::new("#[cfg(test)]\npub(crate) mod case;\n#[cfg(test)]\nmod inline { }\n");
        assert_eq!(source.test_modules("crates/x/src/lib.rs"), ["crates/x/src/case"]);
        assert_eq!(source.test_modules("crates/x/src/wire.rs"), ["crates/x/src/wire/case"]);
    }
}
