//! What a text says in numbers, in digits or in words, and whether it says no: by one of these an answer is turned into
//! another one.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::fold::fold;
use crate::language::{Language, identify};
use crate::word::words;

static FIGURES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("../lexica/figure.txt").lines().filter_map(|line| line.split_once(": "));
    let lines = lines.filter(|(value, _)| value.bytes().all(|byte| byte.is_ascii_digit()));
    lines.flat_map(|(value, words)| words.split(' ').map(move |word| (fold(word), value))).collect()
});

struct Negation {
    words: HashSet<String>,
    within: Vec<&'static str>,
}

static NEGATION: LazyLock<Negation> = LazyLock::new(|| {
    let (_, list) = include_str!("../lexica/negation.txt").split_once("\n\n").unwrap_or_default();
    let (words, within) = list.split_once("within: ").unwrap_or_default();
    Negation {
        words: words.split_whitespace().map(fold).collect(),
        within: within.split_whitespace().collect(),
    }
});

/// The value of a word, as it is compared, that is a number: in digits of any script, or written out.
pub(crate) fn figure(key: &str) -> Option<String> {
    if let Some(value) = FIGURES.get(key) {
        return Some((*value).to_owned());
    }
    key.chars()
        .any(char::is_numeric)
        .then(|| key.chars().map(|letter| digit(letter).unwrap_or(letter)).collect())
}

/// A digit of Arabic, Persian, Devanagari or Thai as everybody's.
fn digit(letter: char) -> Option<char> {
    const ZEROS: [char; 4] = ['٠', '۰', '०', '๐'];
    let of = |zero: char| (letter as u32).checked_sub(zero as u32).filter(|value| *value < 10);
    ZEROS.into_iter().find_map(of).and_then(|value| char::from_digit(value, 10))
}

/// The numbers of a text.
pub(crate) fn figures(text: &str) -> Vec<String> {
    words(text).into_iter().filter_map(|word| figure(&word.key)).collect()
}

/// The numbers of a text that are written in digits.
pub(crate) fn digits(text: &str) -> Vec<String> {
    let in_digits = |key: &String| key.chars().any(char::is_numeric);
    words(text).into_iter().map(|word| word.key).filter(in_digits).filter_map(|key| figure(&key)).collect()
}

/// Whether a text says no somewhere.
pub(crate) fn says_no(text: &str) -> bool {
    if NEGATION.within.iter().any(|word| text.contains(word)) {
        return true;
    }
    // In Portuguese `no` is `in the`.
    let portuguese = identify(text, None).is_some_and(|guess| guess.language == Language::Pt);
    let says_no = |key: &String| NEGATION.words.contains(key) && !(portuguese && key == "no");
    words(text).iter().any(|word| says_no(&word.key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        for text in
            ["within 5 days", "within five days", "in fünf Tagen", "五个工作日", "خلال ٥ أيام", "पाँच दिन"]
        {
            assert_eq!(figures(text), ["5"], "{text}");
        }
        assert_eq!(figures("One of us goes on once"), Vec::<String>::new());
        assert_eq!(digits("five days, 12 euros and ١٤"), ["12", "14"]);
    }

    #[test]
    fn no_is_heard_in_every_language() {
        for text in [
            "We do not refund",
            "You can't",
            "No hay",
            "Das geht nicht",
            "不能退款",
            "返金できません",
            "ไม่ได้",
            "لا يمكن",
            "नहीं",
            "Нельзя",
            "환불할 수 없습니다",
        ] {
            assert!(says_no(text), "{text}");
        }
        for text in [
            "We refund",
            "Nosotros pagamos",
            "退款",
            "Notes",
            "Wir zahlen",
            "O reembolso é feito no prazo de 14 dias após a devolução do produto",
        ] {
            assert!(!says_no(text), "{text}");
        }
    }
}
