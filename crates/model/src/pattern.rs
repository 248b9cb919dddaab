//! The one door for regular expressions that people write: in rules, searches, filters.
//!
//! Whatever is written, looking through a text costs a bounded amount of work and memory. There is no backtracking, so
//! time grows with the text alone; a pattern whose machine would be large is refused when it is made; and a pattern
//! that makes the machine grow without end on some text gives up there, with an error instead of an answer.

use std::sync::{Mutex, PoisonError};

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

/// The longest pattern, in bytes.
pub const MAX_PATTERN: usize = 1_000;
/// The longest text that is looked through, in bytes.
pub const MAX_TEXT: usize = 1 << 20;
/// How deep groups may stand in each other.
const MAX_NEST: u32 = 32;
/// The most memory for the pattern's states, in bytes.
const MAX_STATES: usize = 64 << 10;
/// The most memory for what is remembered while looking, in bytes.
const MAX_REMEMBERED: usize = 384 << 10;
/// How often that memory may fill up in one text.
const MAX_REFILLS: usize = 2;

/// A regular expression of somebody, in the syntax of the `regex` crate.
///
/// `\b` looks at letters of every script, which cannot be done within the bound: write `(?-u:\b)`, which looks at
/// those from a to z.
pub struct Pattern {
    text: String,
    machine: DFA,
    /// What the machine has found out so far; borrowed by one search, another makes its own.
    memory: Mutex<Option<Cache>>,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Longer than [`MAX_PATTERN`].
    #[error("the pattern is longer than {MAX_PATTERN} bytes")]
    TooLong,
    /// No regular expression, or one with what we do not offer; in words.
    #[error("the pattern cannot be used: {0}")]
    Invalid(String),
    /// Its machine would be too large.
    #[error("the pattern is too large; use fewer or smaller repetitions and classes")]
    TooLarge,
}

/// A text was not looked through to its end, because that would cost too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("looking for the pattern in this text costs too much")]
pub struct TooCostly;

impl Pattern {
    /// Reads a pattern; `ignore_case` makes capitals and small letters the same.
    ///
    /// # Errors
    /// When it is not one or would cost too much.
    pub fn new(text: &str, ignore_case: bool) -> Result<Self, PatternError> {
        if text.len() > MAX_PATTERN {
            return Err(PatternError::TooLong);
        }
        let states =
            thompson::Config::new().nfa_size_limit(Some(MAX_STATES)).which_captures(WhichCaptures::None);
        let built = DFA::builder()
            .syntax(syntax::Config::new().nest_limit(MAX_NEST).case_insensitive(ignore_case))
            .thompson(states)
            .configure(
                DFA::config().cache_capacity(MAX_REMEMBERED).minimum_cache_clear_count(Some(MAX_REFILLS)),
            )
            .build(text);
        let machine = built.map_err(|error| {
            let large =
                causes(&error).any(|said| said.contains("exceeded limit") || said.contains("capacity"));
            if large { PatternError::TooLarge } else { PatternError::Invalid(last(&error)) }
        })?;
        Ok(Self { text: text.to_owned(), machine, memory: Mutex::new(None) })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is found anywhere in a text.
    ///
    /// # Errors
    /// When the text is longer than [`MAX_TEXT`], or the machine grows too large on it.
    pub fn is_match(&self, text: &str) -> Result<bool, TooCostly> {
        if text.len() > MAX_TEXT {
            return Err(TooCostly);
        }
        let kept = self.memory.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut memory = match kept {
            Some(mut memory) => {
                // What one text has filled must not make the next one give up.
                memory.reset(&self.machine);
                memory
            }
            None => self.machine.create_cache(),
        };
        let input = Input::new(text).anchored(Anchored::No).earliest(true);
        let found = self.machine.try_search_fwd(&mut memory, &input);
        *self.memory.lock().unwrap_or_else(PoisonError::into_inner) = Some(memory);
        found.map(|place| place.is_some()).map_err(|_| TooCostly)
    }
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

/// What an error and those behind it say.
fn causes(error: &dyn std::error::Error) -> impl Iterator<Item = String> {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string)
}

/// What the innermost cause says, without the picture of the place.
fn last(error: &dyn std::error::Error) -> String {
    let said = causes(error).last().unwrap_or_default();
    said.lines().last().unwrap_or_default().trim_start_matches("error: ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn ordinary_patterns_find_what_they_say() {
        let found = |pattern: &str, text: &str| Pattern::new(pattern, true).expect(pattern).is_match(text);
        assert_eq!(found("refund|退款", "please REFUND me"), Ok(true));
        assert_eq!(found("refund|退款", "我要退款"), Ok(true));
        assert_eq!(found(r"order\s+#?\d{4,8}", "my Order  #10422"), Ok(true));
        assert_eq!(found(r"^hello$", "hello there"), Ok(false));
        assert_eq!(found(r"(?-u:\b)cat(?-u:\b)", "concatenate"), Ok(false));
        assert_eq!(found(r"[^\x00-\x7f]", "naïve"), Ok(true));
    }

    #[test]
    fn what_cannot_be_used_is_refused_in_words() {
        let wrong = |pattern: &str| Pattern::new(pattern, false).expect_err(pattern).to_string();
        assert!(wrong("(").contains("unclosed group"), "{}", wrong("("));
        assert!(wrong(r"(a)\1").contains("backreferences are not supported"));
        assert!(wrong("(?=a)b").contains("look-around"));
        assert!(wrong(r"\bcat\b").contains("word bound"), "{}", wrong(r"\bcat\b"));
        assert_eq!(wrong(&"a".repeat(1001)), PatternError::TooLong.to_string());
        assert_eq!(wrong("(a{1000}){1000}"), PatternError::TooLarge.to_string());
        assert!(wrong(&"(".repeat(500)).contains("nest") || wrong(&"(".repeat(500)).contains("unclosed"));
    }

    /// Patterns that make other engines run for years, and such as make machines of states large.
    fn evil() -> Vec<String> {
        let mut list: Vec<String> = [
            "(a+)+$",
            "(a*)*b",
            "(a|a)*b",
            "(a|aa)+$",
            "([a-zA-Z]+)*!",
            "(.*a){20}",
            "(.*)*x",
            "(x+x+)+y",
            "(a?){50}a{50}",
            "^(a+)+$",
            r"^(\w+\s?)*$",
            r"(\d+)*\.",
            "(.+)+@",
            "((a*)*)*c",
            "(a|b|ab)*c",
            ".*.*.*=.*",
            r"(\s*a\s*)*;",
            "(?s).{0,200}z",
            "[^z]*[^y]*[^x]*$",
            "(ab|a|b)*d",
            r"([\w.]+)+@",
            "(0|1)*1(0|1){12}",
            "(a|b)*a(a|b){14}",
            "(?i)(k|K|s|S)+z",
            r"(\p{L}+)*1",
            r"\p{Greek}{1,20}x",
            "(a.?){30}",
            "(?:a{1,30}){1,30}",
        ]
        .map(str::to_owned)
        .to_vec();
        for n in 1..=45 {
            list.push(format!("(?:a|b|c)*a(?:a|b|c){{{n}}}x"));
            list.push(format!("(?:.*a){{{n}}}b"));
            list.push(format!("(?:a?){{{n}}}a{{{n}}}$"));
            list.push(format!("(?:[ab]+c?){{{n}}}d"));
        }
        list
    }

    #[test]
    fn no_pattern_makes_a_megabyte_slow() {
        let patterns = evil();
        assert!(patterns.len() >= 200, "{}", patterns.len());
        let mut texts = vec!["a".repeat(1 << 20), "ab".repeat(1 << 19), "x".repeat((1 << 20) - 1) + "y"];
        // Letters without a rule, so that the machine meets as many states as there are.
        let mut state = 1_u64;
        let letters = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'a' + (state % 3) as u8)
        });
        texts.push(letters.take(1 << 20).collect());
        let (mut refused, mut slowest) = (0, (Duration::ZERO, String::new()));
        for pattern in patterns {
            let Ok(made) = Pattern::new(&pattern, false) else {
                refused += 1;
                continue;
            };
            for text in &texts {
                // Somebody else may use the machine meanwhile: the quickest of some tries is what it costs.
                let mut took = Duration::MAX;
                for _ in 0..20 {
                    let began = Instant::now();
                    let _ = made.is_match(text);
                    took = took.min(began.elapsed());
                    if took <= Duration::from_millis(50) {
                        break;
                    }
                }
                if took > slowest.0 {
                    slowest = (took, pattern.clone());
                }
            }
            assert!(made.memory.lock().expect("no panic").as_ref().expect("used").memory_usage() < 2 << 20);
        }
        assert!(slowest.0 <= Duration::from_millis(50), "{slowest:?}, {refused} refused");
        assert!(refused < 60, "{refused} were refused");
    }

    #[test]
    fn a_text_that_costs_too_much_does_not_spoil_the_next() {
        let pattern = Pattern::new("(?:a|b|c)*a(?:a|b|c){40}x", false).expect("a pattern");
        let hard: String = (0..1 << 20)
            .map(|n: u32| char::from(b'a' + (n.wrapping_mul(2_654_435_761) >> 30) as u8 % 3))
            .collect();
        let _ = pattern.is_match(&hard);
        assert_eq!(pattern.is_match(&format!("a{}x", "b".repeat(40))), Ok(true));
        assert_eq!(pattern.is_match(&"a".repeat(MAX_TEXT + 1)), Err(TooCostly));
    }
}
