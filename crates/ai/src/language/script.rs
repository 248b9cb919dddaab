//! Which scripts the letters of a text are of.

/// A script, or several that one language mixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    /// Chinese characters and kana.
    Han,
    Hangul,
    Thai,
    Arabic,
    Devanagari,
    Cyrillic,
}

const SCRIPTS: [Script; 7] = [
    Script::Latin,
    Script::Han,
    Script::Hangul,
    Script::Thai,
    Script::Arabic,
    Script::Devanagari,
    Script::Cyrillic,
];

/// How many letters each script has in a text, a character that is a syllable or more counting for
/// several, and letters of other scripts for more than Latin ones: they mix Latin names in, and not the other way round.
#[derive(Default)]
pub(super) struct Letters {
    counts: [u32; 7],
    kana: u32,
    han: u32,
}

/// A script with its part of the letters of a text.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) script: Script,
    pub(super) share: f32,
}

impl Letters {
    pub(super) fn of(text: &str) -> Self {
        let mut letters = Self::default();
        for token in text.split_whitespace() {
            if is_address(token) {
                continue;
            }
            if token.is_ascii() {
                letters.counts[0] += token.bytes().filter(u8::is_ascii_alphabetic).count() as u32;
                continue;
            }
            for letter in token.chars().take(super::model::LETTERS) {
                letters.add(letter);
            }
        }
        letters
    }

    fn add(&mut self, letter: char) {
        let (script, counts) = match letter {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => (Script::Latin, 1),
            '\u{3041}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9d}' => {
                self.kana += 1;
                (Script::Han, 5)
            }
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}' | '々' => {
                self.han += 1;
                (Script::Han, 5)
            }
            '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' => {
                (Script::Hangul, 4)
            }
            '\u{e01}'..='\u{e5b}' => (Script::Thai, 2),
            '\u{620}'..='\u{64a}'
            | '\u{66e}'..='\u{6d3}'
            | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}' => (Script::Arabic, 2),
            '\u{900}'..='\u{97f}' => (Script::Devanagari, 2),
            '\u{400}'..='\u{52f}' => (Script::Cyrillic, 2),
            _ => return,
        };
        self.counts[script as usize] += counts;
    }

    /// The script with most letters, and the next.
    pub(super) fn largest(&self) -> Option<(Part, Option<Part>)> {
        let all: u32 = self.counts.iter().sum();
        let mut parts: Vec<(u32, Script)> = self.counts.into_iter().zip(SCRIPTS).collect();
        parts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let part = |(count, script): (u32, Script)| {
            (count > 0).then(|| Part { script, share: count as f32 / all as f32 })
        };
        Some((part(parts[0])?, part(parts[1])))
    }

    /// Whether the kana are more than the one that Chinese writers borrow.
    pub(super) fn is_japanese(&self) -> bool {
        self.kana > 0 && self.kana * 8 >= self.kana + self.han
    }
}

/// Addresses of pages and mail say nothing about the language.
pub(super) fn is_address(token: &str) -> bool {
    token.contains("://") || token.contains('@') || token.starts_with("www.")
}
