//! The commonest passwords, known without asking anybody: 49,233 words that people choose, from lists of broken-into
//! sites. `guessable.bin` holds the first four bytes of the SHA-256 of each in ascending order, so about one in 87,000 other
//! passwords is refused by mistake. `cargo run -p app --example common_passwords` writes it from the list `passwords.json`
//! of the npm package `@zxcvbn-ts/language-common` 4.1.3 (MIT).

use crate::token;

/// The sorted hashes.
static COMMON: &[u8] = include_bytes!("guessable.bin");

/// Four bytes of a word's hash.
pub fn hash_of(word: &str) -> [u8; 4] {
    let hash = token::hash(word);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Whether a password is what guessing begins with: a common one, a common one with digits or signs around it, or the
/// same few characters over and over.
pub fn is_common(password: &str) -> bool {
    let whole = password.to_lowercase();
    let core = whole.trim_matches(|letter: char| !letter.is_alphabetic());
    listed(&whole) || (core.chars().count() >= 4 && listed(core)) || repeats(&whole)
}

/// What the product is called, which everybody knows.
const PRODUCT: &str = "bellhop";
/// So many letters and digits must be left without the names.
const OWN: usize = 6;
/// A shorter name says nothing: it stands in many words.
const NAME: usize = 3;

/// Whether a password is hardly more than names that others know: the person's, the workspace's, the product's.
pub fn is_about(password: &str, names: &[&str]) -> bool {
    let mut rest = password.to_lowercase();
    let whole = names.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>();
    let mut words: Vec<&str> =
        whole.iter().flat_map(|name| name.split(|letter: char| !letter.is_alphanumeric())).collect();
    words.push(PRODUCT);
    words.retain(|word| word.chars().count() >= NAME);
    // The longest first, so that no piece of one is left by another.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let before = rest.len();
    for word in words {
        rest = rest.replace(word, "");
    }
    rest.len() < before && rest.chars().filter(|letter| letter.is_alphanumeric()).count() < OWN
}

fn listed(word: &str) -> bool {
    let (words, _) = COMMON.as_chunks::<4>();
    words.binary_search(&hash_of(word)).is_ok()
}

/// Whether a text is one short piece, or a listed one, again and again.
fn repeats(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let count = letters.len();
    (1..=count / 2).filter(|length| count.is_multiple_of(*length)).any(|length| {
        let piece = &letters[..length];
        let same = letters.chunks(length).all(|one| one == piece);
        same && (length <= 4 || listed(&piece.iter().collect::<String>()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_chooses_is_refused() {
        for common in [
            "1234567890",
            "Password123!",
            "qwertyuiop",
            "aaaaaaaaaa",
            "abcabcabcabc",
            "PASSWORDpassword",
            "!!sunshine!!",
            "iloveyou2024",
            "12345678910",
            "passwordpassword",
        ] {
            assert!(is_common(common), "{common} was taken");
        }
    }

    #[test]
    fn what_nobody_guesses_first_is_taken() {
        for good in [
            "a long sentence is fine",
            "another long sentence",
            "correct horse battery",
            "今天天气真好我们出去走走吧",
            "k7#mQ2!vTz9p",
            "ijkm-npqr-2345-abcd",
        ] {
            assert!(!is_common(good), "{good} was refused");
        }
    }

    #[test]
    fn the_list_is_sorted_and_whole() {
        let (words, rest) = COMMON.as_chunks::<4>();
        assert!(rest.is_empty() && words.is_sorted() && words.len() > 49_000);
    }

    #[test]
    fn few_others_are_refused_by_mistake() {
        let mistakes = (0..100_000).filter(|n| listed(&format!("no list holds word {n}"))).count();
        assert!(mistakes < 10, "{mistakes} of 100,000");
    }

    #[test]
    fn names_that_others_know_are_no_password() {
        let names = ["Harbour Hotel", "Olga Petrova", "olga@example.com"];
        for known in
            ["harbourhotel2026", "Bellhop-2026", "OlgaPetrova!", "olga.example.com", "bellhopbellhop1"]
        {
            assert!(is_about(known, &names), "{known} was taken");
        }
        for own in
            ["olga likes rainy mondays", "x9Kd2mQz71", "harbour lights at dawn", "今天天气真好我们出去"]
        {
            assert!(!is_about(own, &names), "{own} was refused");
        }
        assert!(!is_about("an old boat", &["An", "Bo"]), "short names stand in many words");
    }
}
