//! What people take for the same word although it is written differently.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word as it is compared: compatibility forms (full-width letters, ligatures) become plain ones, capitals small
/// ones, and accents go where leaving them out makes no other word. In scripts whose marks are vowels, such as
/// Devanagari and Thai, they stay; so do the voicing marks of kana.
pub(crate) fn fold(word: &str) -> String {
    if word.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return word.to_ascii_lowercase();
    }
    let lower = word.nfkd().flat_map(char::to_lowercase);
    let mut folded = String::with_capacity(word.len());
    for letter in lower.filter(|letter| !is_accent(*letter)) {
        match plain(letter) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(letter),
        }
    }
    folded.nfc().collect()
}

/// Marks that are left out by people in a hurry: accents of European scripts, points of Hebrew, vowel signs and the
/// stretching stroke of Arabic.
fn is_accent(letter: char) -> bool {
    matches!(letter, '\u{0640}')
        || (is_combining_mark(letter)
            && matches!(letter,
                '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0487}' | '\u{0591}'..='\u{05c7}'
                | '\u{0610}'..='\u{061a}' | '\u{064b}'..='\u{065f}' | '\u{0670}' | '\u{06d6}'..='\u{06ed}'))
}

/// Letters that no normalisation takes apart although keyboards without them are used for the same words. Of Arabic
/// the two that are exchanged at the end of words.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'þ' => "th",
        'ı' => "i",
        'ς' => "σ",
        'ى' => "ي",
        'ة' => "ه",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_take_for_the_same_word_is_the_same() {
        for (one, other) in [
            ("Müller", "muller"),
            ("STRASSE", "straße"),
            ("Café", "cafe\u{301}"),
            ("ＡＢＣ１２３", "abc123"),
            ("İstanbul", "istanbul"),
            ("ﬁnden", "finden"),
            ("Łódź", "lodz"),
            ("Ёлка", "елка"),
            ("ΟΔΟΣ", "οδος"),
            ("مُحَمَّد", "محمد"),
            ("أحمد", "احمد"),
            ("مدرسة", "مدرسه"),
            ("ｶﾞ", "ガ"),
            ("한국", "한국"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
    }

    #[test]
    fn marks_that_are_letters_stay() {
        for (one, other) in [("が", "か"), ("की", "का"), ("น้ำ", "นา"), ("über", "uber1")]
        {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
    }
}
