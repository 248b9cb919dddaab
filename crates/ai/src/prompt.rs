//! What a language model is asked, and what is made of its reply. Pure: texts in, texts out; who asks it is another room.
//!
//! Whatever people wrote goes into the request as a JSON document and never into the instructions, so that no mark of theirs
//! can end the place where they stand. The reply is foreign as well: nothing of it is used before it was checked.

pub mod grounded;
pub mod rewriting;
pub mod veil;

use serde::de::DeserializeOwned;

/// One request to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What it is to do, the same whatever people wrote.
    pub instructions: String,
    /// What it is to do it with: a JSON document.
    pub data: String,
}

/// Why a reply is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// It is not what was asked for.
    #[error("the model did not keep to the form that it was asked for")]
    Form,
    /// It is too long, or empty.
    #[error("the model wrote nothing, or far too much")]
    Length,
    /// It says what nothing supports.
    #[error("the model wrote what its sources do not say: {0}")]
    Unsupported(String),
    /// A number is gone, or another one has come.
    #[error("the model changed a number, a date or an address: {0}")]
    Changed(String),
    /// It has an address of the web in it that nobody gave it.
    #[error("the model wrote an address of its own")]
    Address,
}

impl Rejected {
    /// Why, in one word for the log: what a model wrote is not for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Length => "length",
            Self::Unsupported(_) => "unsupported",
            Self::Changed(_) => "changed",
            Self::Address => "address",
        }
    }
}

/// A text as a model may see it: without signs that nobody sees, by which instructions are hidden in harmless words, and
/// not longer than `most` characters.
pub fn visible(text: &str, most: usize) -> String {
    text.chars().filter(|letter| !is_hidden(*letter)).take(most).collect()
}

/// What a model wrote as it may be shown: without signs that nobody sees, but with the joiners and selectors that scripts and
/// pictures need.
fn shown(text: &str) -> String {
    let joins = |letter: char| matches!(letter, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
    text.trim().chars().filter(|letter| joins(*letter) || !is_hidden(*letter)).collect()
}

/// Signs that have no look of their own: controls, the tags of plane 14, marks of direction, joiners and fillers.
fn is_hidden(letter: char) -> bool {
    (letter.is_control() && !matches!(letter, '\n' | '\t'))
        || matches!(letter,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
}

/// The JSON object in a reply. Many models put it into a fence or talk around it, some think aloud before.
fn object<T: DeserializeOwned>(reply: &str) -> Result<T, Rejected> {
    let reply = reply.rsplit("</think>").next().unwrap_or(reply);
    let from = reply.find('{').ok_or(Rejected::Form)?;
    let mut read = serde_json::Deserializer::from_str(&reply[from..]).into_iter::<T>();
    read.next().and_then(Result::ok).ok_or(Rejected::Form)
}

/// The addresses of the web and of mail in a text, as they are written.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let ends = |letter: char| {
        letter.is_whitespace()
            || matches!(letter, '<' | '>' | '(' | ')' | '[' | ']' | '"' | '，' | '。' | '、')
    };
    let pieces = text.split(ends).map(|piece| piece.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']));
    pieces.filter(|piece| piece.contains("://") || piece.contains('@') || is_host(piece))
}

/// Whether something reads as the name of a host, with or without what is behind it: `www.example.com/x`, `example.com`.
fn is_host(piece: &str) -> bool {
    let host = piece.split('/').next().unwrap_or_default();
    let Some((name, last)) = host.rsplit_once('.') else { return false };
    let letters = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-');
    last.chars().count() >= 2 && last.chars().all(char::is_alphabetic) && name.split('.').all(letters)
}

/// Whether a text has an address that none of the others has.
fn brings_addresses(text: &str, known: &[&str]) -> bool {
    addresses(text).any(|address| !known.iter().any(|known| known.contains(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_reaches_a_model() {
        assert_eq!(visible("a\u{e0041}\u{200b}\u{202e}b\u{7}\nc", 99), "ab\nc");
        assert_eq!(visible("退款要多久", 2), "退款");
        assert_eq!(shown(" ❤\u{fe0f}\u{e0041} می\u{200c}روم\u{202e} "), "❤\u{fe0f} می\u{200c}روم");
    }

    #[test]
    fn the_object_is_found_in_what_models_write() {
        #[derive(serde::Deserialize, PartialEq, Debug)]
        struct One {
            a: i64,
        }
        for reply in [
            r#"{"a":1}"#,
            "```json\n{\"a\": 1}\n```",
            "Sure! {\"a\":1} Anything else?",
            "<think>{\"a\":2}</think>{\"a\":1}",
        ] {
            assert_eq!(object::<One>(reply), Ok(One { a: 1 }), "{reply}");
        }
        for reply in ["", "no", "{", "{\"b\":1}", "[1]"] {
            assert_eq!(object::<One>(reply), Err(Rejected::Form), "{reply}");
        }
    }

    #[test]
    fn addresses_are_seen_in_every_form() {
        for text in [
            "see https://evil.example/x",
            "see evil.example.",
            "(www.evil.example/pay)",
            "![x](http://evil.example/a.png)",
            "请看evil.example/付款。",
            "write to a@evil.example",
        ] {
            assert!(brings_addresses(text, &["see https://shop.example/x"]), "{text}");
        }
        assert!(!brings_addresses("see https://shop.example/x.", &["see https://shop.example/x"]));
        assert!(!brings_addresses("Within 3.5 days. Really. e.g. on Monday", &[]));
    }
}
