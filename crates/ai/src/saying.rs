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
    /// That a number answers that, where nothing can be tapped.
    Number,
    /// What opens the choices where they are behind a button.
    Choose,
    /// The choice that brings a person.
    Person,
    /// What an answer was taken from: `{title}`.
    Source,
    /// That a model wrote an answer, and what from: `{title}`.
    Written,
    /// That people take over.
    Passed,
    /// That people take over when they are back.
    Away,
    /// When that is: `{when}`.
    Back,
    /// The days of the week from Monday on, divided by commas.
    Days,
}

/// All sentences with their names in the list.
const ALL: [(&str, Saying); 14] = [
    ("machine", Saying::Machine),
    ("way", Saying::Way),
    ("word", Saying::Word),
    ("help", Saying::Help),
    ("offer", Saying::Offer),
    ("number", Saying::Number),
    ("choose", Saying::Choose),
    ("person", Saying::Person),
    ("source", Saying::Source),
    ("written", Saying::Written),
    ("passed", Saying::Passed),
    ("away", Saying::Away),
    ("back", Saying::Back),
    ("days", Saying::Days),
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
    follow(say(language, Saying::Machine), &way)
}

/// Which of several is meant, to be answered with a number.
#[must_use]
pub fn offer(language: Language) -> String {
    follow(say(language, Saying::Offer), say(language, Saying::Number))
}

/// That nobody is there now, and from when on somebody is, where that is known: how many days of the week after Monday, and
/// the rest of it, as `09:00 (Berlin)`.
#[must_use]
pub fn away(language: Language, back: Option<(usize, &str)>) -> String {
    let away = say(language, Saying::Away);
    let Some((day, rest)) = back else { return away.to_owned() };
    let day = say(language, Saying::Days).split(", ").nth(day).unwrap_or_default();
    let back = say(language, Saying::Back).replace("{when}", &format!("{day} {rest}"));
    format!("{away}\n{back}")
}

/// A sentence and the next one.
fn follow(one: &str, next: &str) -> String {
    // Chinese and Japanese put no space between sentences.
    if one.ends_with(['。', '？']) { format!("{one}{next}") } else { format!("{one} {next}") }
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
            for saying in [Saying::Person, Saying::Choose] {
                let said = say(language, saying);
                assert!(said.chars().count() <= 20, "{said}: it stands on a button");
            }
            let person = say(language, Saying::Person);
            assert_eq!(crate::wish::wish(person), Some(crate::wish::Wish::Person), "{person}");
            assert_eq!(say(language, Saying::Days).split(", ").count(), 7, "{}", language.tag());
            let (sunday, told) = (away(language, Some((6, "09:00"))), away(language, None));
            assert!(sunday.starts_with(&told) && sunday.contains(" 09:00"), "{sunday}");
            assert!(!sunday.contains('{'), "{sunday}");
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
