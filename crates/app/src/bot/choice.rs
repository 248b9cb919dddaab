//! Which of the offered titles a customer chose: by what was tapped, by number, by words.

use ai::language::Language;
use ai::saying::{Saying, say};
use model::{ArticleId, Content, MessageChoice, MessageId};

use super::decide::same;

/// What stands behind a tap: which question it answers, by the customer's message that was asked about, and how; `None`
/// stands for a person. An earlier question's taps are its own, whatever was asked since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tap {
    pub(super) about: MessageId,
    pub(super) article: Option<ArticleId>,
}

/// What stands in place of an article for the choice that brings a person.
const PERSON: &str = "person";

impl Tap {
    /// The tap with that id; `None` for ids of others.
    pub(super) fn read(id: &str) -> Option<Self> {
        let (about, what) = id.split_once('/')?;
        let article = match what {
            PERSON => None,
            article => Some(article.parse().ok()?),
        };
        Some(Self { about: about.parse().ok()?, article })
    }

    /// Its id: short, and nothing of a person.
    fn id(self) -> String {
        match self.article {
            Some(article) => format!("{}/{article}", self.about),
            None => format!("{}/{PERSON}", self.about),
        }
    }
}

/// A question of the bot's that can be tapped.
#[derive(Debug)]
pub(super) struct Taps {
    /// What is offered, with its title.
    pub(super) offered: Vec<(ArticleId, String)>,
    pub(super) language: Language,
}

impl Taps {
    /// The titles, the last of them a person.
    pub(super) fn titles(&self) -> impl Iterator<Item = &str> {
        let person = say(self.language, Saying::Person);
        self.offered.iter().map(|(_, title)| title.as_str()).chain([person])
    }

    /// The message that asks with `text` about a customer's message.
    pub(super) fn asked(&self, about: MessageId, text: String) -> Content {
        let articles = self.offered.iter().map(|(article, _)| Some(*article)).chain([None]);
        let choices = self.titles().zip(articles).map(|(title, article)| MessageChoice {
            id: Tap { about, article }.id(),
            title: title.to_owned(),
        });
        let choices = choices.collect();
        Content::Choices { text, label: say(self.language, Saying::Choose).to_owned(), choices }
    }
}

/// What was chosen among `titles`, by its place; the place behind the last title stands for a person. By number in any
/// script, or by the title itself.
pub(super) fn chosen(said: &str, titles: &[String]) -> Option<usize> {
    by_number(said).filter(|place| *place <= titles.len()).or_else(|| by_title(said, titles))
}

/// The place that a short text with one number in it names; counting begins with 1.
fn by_number(said: &str) -> Option<usize> {
    let said = said.trim();
    if said.chars().count() > 16 {
        return None;
    }
    let digits: Vec<Option<u32>> = said.chars().map(digit).collect();
    let mut runs = digits.split(Option::is_none).filter(|run| !run.is_empty());
    let (first, more) = (runs.next()?, runs.next());
    match (first, more) {
        ([Some(number)], None) => usize::try_from(*number).ok()?.checked_sub(1),
        _ => None,
    }
}

/// The value of a digit, as people of different scripts write it.
fn digit(letter: char) -> Option<u32> {
    const ZEROS: [char; 6] = ['0', '０', '٠', '۰', '०', '๐'];
    let of = |zero: char| (letter as u32).checked_sub(zero as u32).filter(|value| *value < 10);
    ZEROS.into_iter().find_map(of).or(match letter {
        '一' => Some(1),
        '二' => Some(2),
        '三' => Some(3),
        '四' => Some(4),
        _ => None,
    })
}

fn by_title(said: &str, titles: &[String]) -> Option<usize> {
    titles.iter().position(|title| same(said, title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_names_its_question_and_what_was_chosen() {
        let about = MessageId(4711);
        let taps = Taps { offered: vec![(ArticleId(9), "Refunds".to_owned())], language: Language::De };
        let Content::Choices { label, choices, .. } = taps.asked(about, "Welche?".to_owned()) else {
            panic!("it is a question");
        };
        let read: Vec<_> = choices.iter().map(|one| (Tap::read(&one.id), one.title.as_str())).collect();
        let (first, person) = (Tap { about, article: Some(ArticleId(9)) }, Tap { about, article: None });
        assert_eq!(read, [(Some(first), "Refunds"), (Some(person), "Mit Mensch sprechen")]);
        assert_eq!(label, "Auswählen");
        for foreign in
            ["", "/", "person", "yes", "ms_1/", "/person", "ct_1/person", &format!("{about}/ms_1"), "1/2/3"]
        {
            assert_eq!(Tap::read(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_number_or_a_title_chooses() {
        let titles = ["Refunds".to_owned(), "What about a refund abroad?".to_owned()];
        for (said, place) in [
            ("1", Some(0)),
            ("2.", Some(1)),
            ("no. 2 please", Some(1)),
            ("第二个", Some(1)),
            ("٢", Some(1)),
            ("１", Some(0)),
            ("२", Some(1)),
            ("๑", Some(0)),
            ("3", Some(2)),
            ("refunds", Some(0)),
            ("what about a refund abroad", Some(1)),
            ("4", None),
            ("0", None),
            ("12", None),
            ("1 or 2", None),
            ("refund", None),
            ("my order 1 is still not here", None),
            ("", None),
        ] {
            assert_eq!(chosen(said, &titles), place, "{said}");
        }
    }
}
