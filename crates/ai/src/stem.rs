//! The stems of words, and which language's rules make them.

use rust_stemmers::{Algorithm, Stemmer};

use crate::word::Word;

/// Makes stems by the rules of one language, or leaves words as they are.
pub(crate) struct Stems {
    rules: Option<Stemmer>,
    russian: Stemmer,
    greek: Stemmer,
}

impl Stems {
    /// The rules for a language by its code (`pt`, `pt-BR`); scripts with one language among ours need none.
    pub(crate) fn of(language: &str) -> Self {
        let code = language.split(['-', '_']).next().unwrap_or_default();
        Self {
            rules: algorithm(code).map(Stemmer::create),
            russian: Stemmer::create(Algorithm::Russian),
            greek: Stemmer::create(Algorithm::Greek),
        }
    }

    /// The stem of a word as it is compared.
    pub(crate) fn stem(&self, key: &str) -> String {
        let rules = match key.chars().next() {
            Some('a'..='z' | '\u{00df}'..='\u{024f}') => self.rules.as_ref(),
            Some('\u{0620}'..='\u{064a}') => return arabic(key),
            Some('\u{0430}'..='\u{045f}') => Some(&self.russian),
            Some('\u{03b1}'..='\u{03c9}') => Some(&self.greek),
            _ => None,
        };
        match rules {
            Some(rules) => {
                // The rules know these endings with their accents only, and words are compared without.
                let ending = ACCENTED.iter().find(|(plain, _)| key.ends_with(plain));
                let whole =
                    ending.map(|(plain, accented)| format!("{}{accented}", &key[..key.len() - plain.len()]));
                rules.stem(whole.as_deref().unwrap_or(key)).into_owned()
            }
            None => key.to_owned(),
        }
    }
}

/// An Arabic stem: small words that are written together with the next, the article and the commonest endings go, and
/// long vowels inside go too, which change between a word and its plural.
fn arabic(key: &str) -> String {
    let mut stem = bare(key);
    for _ in 0..2 {
        for end in ["ها", "هم", "ان", "ات", "ون", "ين", "يه", "ه", "ي", "ا"] {
            if let Some(rest) = stem.strip_suffix(end)
                && letters(rest) >= 3
            {
                stem = rest;
                break;
            }
        }
    }
    let mut kept = String::with_capacity(stem.len());
    for (place, letter) in stem.chars().enumerate() {
        if place == 0 || !matches!(letter, 'ا' | 'و' | 'ي') {
            kept.push(letter);
        }
    }
    if letters(&kept) >= 3 { kept } else { stem.to_owned() }
}

/// An Arabic word without the small words and the article that are written together with it.
fn bare(key: &str) -> &str {
    for start in ["وال", "بال", "كال", "فال", "ولل", "ال", "لل", "و", "ب", "ل", "ف"] {
        if let Some(rest) = key.strip_prefix(start)
            && letters(rest) >= if letters(start) == 1 { 4 } else { 3 }
        {
            return rest;
        }
    }
    key
}

fn letters(text: &str) -> usize {
    text.chars().count()
}

fn algorithm(code: &str) -> Option<Algorithm> {
    Some(match code {
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nb" | "nn" | "no" => Algorithm::Norwegian,
        "nl" => Algorithm::Dutch,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "sv" => Algorithm::Swedish,
        "tr" => Algorithm::Turkish,
        _ => return None,
    })
}

/// Endings of Spanish and Portuguese without and with their accents.
const ACCENTED: &[(&str, &str)] = &[("cion", "ción"), ("sion", "sión"), ("cao", "ção"), ("coes", "ções")];

/// Small words by which a language of Latin letters is known, as they are compared.
const SMALL: &[(&str, &str)] = &[
    (
        "en",
        "the of and to in is was for on that with by what which how who when where did does do my your i can it are be",
    ),
    (
        "es",
        "el la los las de del que en y un una por con para se es su como cual quien cuando donde fue mi no lo cuanto",
    ),
    (
        "pt",
        "o os as do da dos das de que em e um uma por com para se nao na no qual quem quando onde foi meu minha como",
    ),
    (
        "fr",
        "le la les des du de et un une est que qui dans pour sur avec pas mon ma je vous quel quelle ou comment au",
    ),
    (
        "de",
        "der die das und ist nicht ein eine zu mit von den dem ich mein wie was wer wann wo fur auf im wurde kann",
    ),
    (
        "it",
        "il lo la gli le di del della che e un una per con non sono mio mia quale chi quando dove come nel",
    ),
    ("nl", "de het een van en in is op te dat met voor niet mijn ik hoe wat wie wanneer waar kan zijn"),
    ("id", "yang dan di ke dari untuk saya tidak ini itu dengan apa bagaimana kapan bisa ada pada"),
    ("tr", "ve bir bu icin ne nasil mi da de ile ben nerede kim var"),
    ("sv", "och att det som en ett ar jag inte pa for med hur vad nar var kan"),
    ("ro", "si de la in cu pe un o care ce este nu pentru cum cand unde din"),
];

/// The language of Latin letters that a text's small words speak for most; `None` when none of them stands out.
pub(crate) fn guess(words: &[Word]) -> Option<&'static str> {
    let mut best = (0, None);
    for (language, small) in SMALL {
        let count = words.iter().filter(|word| small.split(' ').any(|one| one == word.key)).count();
        if count > best.0 {
            best = (count, Some(*language));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for (language, one, other) in [
            ("en", "refunds", "refunded"),
            ("es", "devoluciones", "devolucion"),
            ("pt", "devolucoes", "devolucao"),
            ("de", "bestellungen", "bestellung"),
            ("ar", "الطلبات", "طلبات"),
            ("en", "заказы", "заказ"),
        ] {
            let stems = Stems::of(language);
            assert_eq!(stems.stem(one), stems.stem(other), "{language}");
        }
    }

    #[test]
    fn small_words_tell_the_language() {
        for (text, language) in [
            ("where is the parcel", Some("en")),
            ("¿dónde está el pedido?", Some("es")),
            ("wo ist das Paket", Some("de")),
            ("de nota van het pakket", Some("nl")),
            ("BH-10422", None),
        ] {
            assert_eq!(guess(&words(text)), language, "{text}");
        }
    }
}
