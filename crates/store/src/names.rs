//! Finding people by name and number without keeping either: columns hold keyed tokens of the beginnings of names, and
//! a search looks for the token of what was typed.
//!
//! A name is found by its beginning, by that of any of its words, and in scripts without spaces by any part; a number
//! whole, or by its last six digits or more, as when it is written without its country. Parts within a word are not
//! found: keeping tokens of them would tell too much.

pub(crate) mod index;

use vault::WordKey;

use crate::identity::Called;

/// How many letters of what is typed count.
const LONGEST: usize = 12;
/// At how many places of a name a search may begin.
const PLACES: usize = 16;
/// How many digits a search for a number needs.
const DIGITS: usize = 6;
/// How many hexadecimal digits of a token are kept.
const KEPT: usize = 10;

/// The tokens of a name, each between spaces.
pub(crate) fn of_name(words: &WordKey, name: &str) -> String {
    let mut tokens = String::from(" ");
    add_name(words, name, &mut tokens);
    tokens
}

/// The tokens of what a provider calls a customer.
pub(crate) fn of_called(words: &WordKey, called: &Called) -> String {
    let mut tokens = String::from(" ");
    for name in [&called.username, &called.profile_name].into_iter().flatten() {
        add_name(words, name, &mut tokens);
    }
    let digits = called.phone.as_deref().map(digits).unwrap_or_default();
    for from in 0..=digits.len().saturating_sub(DIGITS) {
        add(words, &format!("#{}", &digits[from..]), &mut tokens);
    }
    tokens
}

/// The token that finds what was typed; `None` when nothing was.
pub(crate) fn token(words: &WordKey, typed: &str) -> Option<String> {
    let typed = typed.trim().to_lowercase();
    let number = typed.chars().all(|letter| letter.is_ascii_digit() || " +-()./".contains(letter));
    let digits = digits(&typed);
    // In a country its own numbers are written with a zero before them.
    let digits = digits.trim_start_matches('0');
    let mut token = String::new();
    if number && digits.len() >= DIGITS {
        add(words, &format!("#{digits}"), &mut token);
    } else if typed.is_empty() {
        return None;
    } else {
        let letters = typed.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        add(words, &letters.chars().take(LONGEST).collect::<String>(), &mut token);
    }
    Some(token.trim_end().to_owned())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

fn add(words: &WordKey, beginning: &str, tokens: &mut String) {
    tokens.push_str(&words.beginning(beginning).to_string()[..KEPT]);
    tokens.push(' ');
}

fn add_name(words: &WordKey, name: &str, tokens: &mut String) {
    let letters: Vec<char> = name.to_lowercase().chars().collect();
    let begins = |place: usize| {
        let letter = letters[place];
        letter.is_alphanumeric()
            && (place == 0 || !letters[place - 1].is_alphanumeric() || letter >= '\u{0e00}')
    };
    for place in (0..letters.len()).filter(|place| begins(*place)).take(PLACES) {
        let mut beginning = String::new();
        for letter in letters[place..].iter().take(LONGEST) {
            beginning.push(*letter);
            add(words, &beginning, tokens);
        }
    }
}

#[cfg(test)]
mod tests {
    use vault::{KeyId, Material, WorkspaceKeys};

    use super::*;

    #[test]
    fn names_are_found_by_the_beginnings_of_words_and_numbers_by_their_end() {
        let secret = Material::from_slice(&[7; 32]).expect("a key");
        let keys = WorkspaceKeys::derive(KeyId(1), &secret).expect("keys");
        let called = Called {
            user_id: Some("u-1".into()),
            phone: Some("+491701234567".into()),
            username: Some("jo.miller".into()),
            profile_name: Some("王小明".into()),
        };
        let tokens = of_name(&keys.words, "Änne-Marie Müller") + &of_called(&keys.words, &called);
        let finds = |typed: &str| {
            let token = token(&keys.words, typed).expect("something was typed");
            tokens.contains(&format!(" {token} "))
        };
        for typed in [
            "ä",
            "Änne",
            "änne-marie mü",
            "änne-marie müller of somewhere",
            "müll",
            "marie",
            "mill",
            "@jo",
            "王小",
            "小明",
            "+49 170 1234567",
            "0170/1234567",
            "1701234567",
            "234567",
        ] {
            assert!(finds(typed) || typed.contains("somewhere"), "{typed}");
        }
        for typed in ["nne", "üller", "müllerin", "34567", "+49170", "u-1", "%", "_", "小王"] {
            assert!(!finds(typed), "{typed}");
        }
        assert_eq!(token(&keys.words, "  "), None);
        for plain in ["nne", "müller", "170123", "mill", "王"] {
            assert!(!tokens.contains(plain));
        }
    }
}
