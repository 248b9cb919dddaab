//! What the bot says by itself in the languages that are told apart: that it is a machine, how to reach a person, that it
//! hands over. Everything else that it says was written by the business.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::language::Language;

/// One of the sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Saying {
    /// That a machine writes.
    Machine,
    /// Which word brings a person: `{word}`.
    Way,
    /// That word.
    Word,
    /// What it can do for the customer.
    Help,
    /// Which of several is meant.
    Offer,
    /// The choice that brings a person.
    Person,
    /// What an answer was taken from: `{title}`.
    Source,
    /// That a model wrote an answer, and what from: `{title}`.
    Written,
    /// That people take over.
    Passed,
}

/// All sentences with their names in the list.
const ALL: [(&str, Saying); 9] = [
    ("machine", Saying::Machine),
    ("way", Saying::Way),
    ("word", Saying::Word),
    ("help", Saying::Help),
    ("offer", Saying::Offer),
    ("person", Saying::Person),
    ("source", Saying::Source),
    ("written", Saying::Written),
    ("passed", Saying::Passed),
];

static SAYINGS: LazyLock<HashMap<(Language, Saying), &'static str>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for line in include_str!("../lexica/saying.txt").lines() {
        let Some((head, text)) = line.split_once(": ") else { continue };
        let Some((tag, name)) = head.split_once(' ') else { continue };
        let saying = ALL.iter().find(|(known, _)| *known == name).map(|(_, saying)| *saying);
        if let (Some(language), Some(saying)) = (Language::from_tag(tag), saying) {
            all.insert((language, saying), text);
        }
    }
    all
});

/// A sentence in a language.
#[must_use]
pub fn say(language: Language, saying: Saying) -> &'static str {
    let of = |language| SAYINGS.get(&(language, saying)).copied();
    of(language).or_else(|| of(Language::En)).unwrap_or_default()
}

/// That a machine writes, and how to reach a person.
#[must_use]
pub fn disclosure(language: Language) -> String {
    let way = say(language, Saying::Way).replace("{word}", say(language, Saying::Word));
    let machine = say(language, Saying::Machine);
    // Chinese and Japanese put no space between sentences.
    if machine.ends_with('。') { format!("{machine}{way}") } else { format!("{machine} {way}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language;

    #[test]
    fn everything_is_said_in_every_language() {
        for language in language::ALL {
            for (name, saying) in ALL {
                let said = SAYINGS.get(&(language, saying));
                assert!(said.is_some_and(|said| !said.trim().is_empty()), "{} {name}", language.tag());
            }
            for saying in [Saying::Source, Saying::Written] {
                assert!(say(language, saying).contains("{title}"), "{}", language.tag());
            }
            let told = disclosure(language);
            assert!(told.contains(say(language, Saying::Word)) && !told.contains('{'), "{told}");
        }
    }

    #[test]
    fn a_sentence_is_in_the_language_that_it_stands_under() {
        for language in language::ALL {
            let all: Vec<&str> =
                [Saying::Machine, Saying::Offer, Saying::Passed].map(|saying| say(language, saying)).to_vec();
            let guess = language::identify(&all.join(" "), None).map(|guess| guess.language);
            // The two are written so alike that a few sentences do not tell them apart.
            let alike = [Some(Language::Ms), Some(Language::Id)];
            assert!(
                guess == Some(language) || (alike.contains(&guess) && alike.contains(&Some(language))),
                "{guess:?}: {all:?}"
            );
        }
    }
}
