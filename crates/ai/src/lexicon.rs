//! Lists of words and phrases with a value, and a reading of a text that finds them. Scripts without spaces are read
//! character by character, all others word by word; the longest entry wins.

use std::collections::HashMap;

/// The most tokens of a text that are looked at.
const TOKENS: usize = 600;
/// The longest entry, in tokens.
const LONGEST: usize = 10;
/// The shortest beginning of a word that an entry with a star may be, in bytes.
const STEM: usize = 3;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word of a script with spaces.
    Word,
    /// A character of a script without spaces, or a sign such as an emoji.
    Sign,
    /// The end of a clause.
    Break,
}

/// A part of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    from: usize,
    to: usize,
    pub(crate) kind: Kind,
    /// Written in capitals, two letters or more.
    pub(crate) loud: bool,
}

/// A text as lists are compared with it.
pub(crate) struct Reading {
    plain: String,
    pub(crate) tokens: Vec<Token>,
    /// How many exclamation marks it has.
    pub(crate) cries: usize,
    /// Whether it asks.
    pub(crate) asks: bool,
}

impl Reading {
    /// Reads a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut reading = Self {
            plain: String::with_capacity(text.len() + 16),
            tokens: Vec::with_capacity(text.len() / 4 + 4),
            cries: 0,
            asks: false,
        };
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            if reading.tokens.len() >= TOKENS {
                break;
            }
            match letter {
                '!' | '！' => reading.cries += 1,
                '?' | '？' => reading.asks = true,
                _ => {}
            }
            if is_sign(letter) {
                reading.push(Kind::Sign, |plain| plain.push(letter));
            } else if letter.is_alphanumeric() {
                let mut capitals = 0;
                let mut small = 0;
                reading.push(Kind::Word, |plain| {
                    let mut next = Some(letter);
                    while let Some(letter) = next {
                        capitals += usize::from(letter.is_uppercase());
                        small += usize::from(letter.is_lowercase());
                        plain.extend(letter.to_lowercase());
                        next = letters
                            .next_if(|letter| is_of_word(*letter) && !is_sign(*letter))
                            .map(|letter| if letter == '’' { '\'' } else { letter });
                    }
                });
                if let Some(token) = reading.tokens.last_mut() {
                    token.loud = capitals >= 2 && small == 0;
                }
            } else if is_break(letter) {
                let at = reading.plain.len();
                reading.tokens.push(Token { from: at, to: at, kind: Kind::Break, loud: false });
            }
        }
        reading
    }

    fn push(&mut self, kind: Kind, write: impl FnOnce(&mut String)) {
        let joined = kind == Kind::Sign
            && self.tokens.last().is_some_and(|last| last.kind == Kind::Sign && last.to == self.plain.len());
        if !joined && !self.plain.is_empty() {
            self.plain.push(' ');
        }
        let from = self.plain.len();
        write(&mut self.plain);
        self.tokens.push(Token { from, to: self.plain.len(), kind, loud: false });
    }

    /// What stands where an entry was found.
    pub(crate) fn text(&self, hit: &Hit) -> &str {
        self.slice(hit.token, hit.token + hit.length - 1)
    }

    fn slice(&self, from: usize, to: usize) -> &str {
        &self.plain[self.tokens[from].from..self.tokens[to].to]
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(letter, '\'' | '’' | '\u{300}'..='\u{36f}' | '\u{900}'..='\u{97f}' | '*')
}

fn is_break(letter: char) -> bool {
    matches!(
        letter,
        '.' | ',' | ';' | ':' | '!' | '?' | '\n' | '。' | '，' | '；' | '！' | '？' | '、' | '…' | '：'
    )
}

fn is_sign(letter: char) -> bool {
    matches!(letter,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{e00}'..='\u{e7f}' | '\u{1f300}'..='\u{1faff}'
        | '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{2b55}')
}

/// A place in a text where an entry stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    /// The first token.
    pub(crate) token: usize,
    /// How many tokens it takes.
    pub(crate) length: usize,
    /// The value of the entry.
    pub(crate) value: f32,
    /// The group of the entry.
    pub(crate) group: char,
}

/// A list of entries.
pub(crate) struct Lexicon {
    whole: HashMap<&'static str, (f32, char)>,
    stems: HashMap<&'static str, (f32, char)>,
}

impl Lexicon {
    /// Reads lists: a line with a group (one letter), a value, and after a colon the entries, divided by commas. An
    /// entry that ends in a star stands for all words that begin so. Other lines are headings.
    pub(crate) fn read(texts: &[&'static str]) -> Self {
        let mut lexicon = Self { whole: HashMap::new(), stems: HashMap::new() };
        for line in texts.iter().flat_map(|text| text.lines()) {
            let Some((head, entries)) = line.split_once(':') else { continue };
            let mut head = head.split_whitespace();
            let (Some(group), Some(Ok(value))) =
                (head.next().and_then(|group| group.chars().next()), head.next().map(str::parse::<f32>))
            else {
                continue;
            };
            for entry in entries.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
                match entry.strip_suffix('*') {
                    Some(stem) => lexicon.stems.insert(stem, (value, group)),
                    None => lexicon.whole.insert(entry, (value, group)),
                };
            }
        }
        lexicon
    }

    /// The entries in a text, in their order; none overlaps another.
    pub(crate) fn find(&self, reading: &Reading) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut at = 0;
        while at < reading.tokens.len() {
            let hit = self.at(reading, at);
            at += hit.map_or(1, |hit| hit.length);
            hits.extend(hit);
        }
        hits
    }

    fn at(&self, reading: &Reading, token: usize) -> Option<Hit> {
        let first = reading.tokens[token];
        if first.kind == Kind::Break {
            return None;
        }
        let most = if first.kind == Kind::Sign { LONGEST } else { 4 };
        let last = (token + most).min(reading.tokens.len());
        let end = (token..last).find(|at| reading.tokens[*at].kind == Kind::Break).unwrap_or(last);
        for to in (token..end).rev() {
            if let Some((value, group)) = self.whole.get(reading.slice(token, to)) {
                return Some(Hit { token, length: to - token + 1, value: *value, group: *group });
            }
        }
        if first.kind != Kind::Word {
            return None;
        }
        let word = reading.slice(token, token);
        let (value, group) = self.stem(word).or_else(|| self.stretched(word))?;
        Some(Hit { token, length: 1, value, group })
    }

    fn stem(&self, word: &str) -> Option<(f32, char)> {
        (STEM..=word.len().min(14))
            .rev()
            .filter(|to| word.is_char_boundary(*to))
            .find_map(|to| self.stems.get(&word[..to]).copied())
    }

    /// Words that are written longer for more weight: `sooo`, `greaaat`.
    fn stretched(&self, word: &str) -> Option<(f32, char)> {
        let letters: Vec<char> = word.chars().collect();
        if !letters.windows(3).any(|three| three[0] == three[1] && three[1] == three[2]) {
            return None;
        }
        [2, 1].into_iter().find_map(|most| {
            let mut short = String::new();
            let mut run = 0;
            for (place, letter) in letters.iter().enumerate() {
                run = if place > 0 && letters[place - 1] == *letter { run + 1 } else { 1 };
                if run <= most {
                    short.push(*letter);
                }
            }
            self.whole.get(short.as_str()).copied().or_else(|| self.stem(&short))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "a list\np 2: good, very good, 不错, 👍, thank*\nn -1: bad, 错";

    fn values(text: &str) -> Vec<f32> {
        Lexicon::read(&[LIST]).find(&Reading::of(text)).iter().map(|hit| hit.value).collect()
    }

    #[test]
    fn the_longest_entry_wins() {
        assert_eq!(values("Very GOOD, not bad"), [2.0, -1.0]);
        assert_eq!(values("真的不错"), [2.0]);
        assert_eq!(values("错了"), [-1.0]);
    }

    #[test]
    fn words_are_whole_and_stems_are_beginnings() {
        assert_eq!(values("goods badly"), [] as [f32; 0]);
        assert_eq!(values("Thanks! thankful"), [2.0, 2.0]);
        assert_eq!(values("goooood 👍👍"), [2.0, 2.0, 2.0]);
    }

    #[test]
    fn entries_end_at_the_end_of_a_clause() {
        assert_eq!(values("very. good"), [2.0]);
        assert_eq!(values("不，错"), [-1.0]);
    }
}
