//! The beginning of an article, made of what customers asked and agents answered.

use ai::alike::{Seen, Terms};
use model::{ArticleSuggestion, UnansweredQuestion};

use crate::copilot::{NAME, cleared};

/// The longest title, in characters, and how many other questions an article begins with.
const TITLE: usize = 300;
const QUESTIONS: usize = 8;
/// How alike two questions are of which one is enough.
const SAME: f32 = 0.9;
/// How many questions and answers are shown as sources.
const SOURCES: usize = 20;

/// A text of a conversation without whom it was written to.
pub(super) fn impersonal(text: &str, customer: Option<&str>) -> String {
    cleared(text, customer).replace(NAME, "…")
}

/// Makes it: of the questions and of the answers those are taken that are most like all others.
pub(super) fn draft(mut sources: Vec<UnansweredQuestion>, locale: String) -> ArticleSuggestion {
    let asked: Vec<&str> = sources.iter().map(|one| one.text.as_str()).collect();
    let answers: Vec<&str> = sources.iter().filter_map(|one| one.answer.as_deref()).collect();
    let middle = central(&asked);
    let title = middle.map(|place| asked[place].chars().take(TITLE).collect()).unwrap_or_default();
    let body = central(&answers).map(|place| answers[place].to_owned()).unwrap_or_default();
    let mut taken: Vec<Terms> = middle.map(|place| Terms::of(asked[place])).into_iter().collect();
    let mut questions: Vec<String> = Vec::new();
    for text in &asked {
        let terms = Terms::of(text);
        let told = taken.iter().any(|other| Seen::default().alike(other, &terms) >= SAME);
        if questions.len() < QUESTIONS && !told && text.chars().count() <= TITLE {
            questions.push((*text).to_owned());
            taken.push(terms);
        }
    }
    // Those that were answered tell more.
    sources.sort_by_key(|one| one.answer.is_none());
    sources.truncate(SOURCES);
    ArticleSuggestion { title, body, questions, locale, sources }
}

/// The place of the text that is most like all others; of several the first.
fn central(texts: &[&str]) -> Option<usize> {
    let terms: Vec<Terms> = texts.iter().map(|text| Terms::of(text)).collect();
    let mut seen = Seen::default();
    terms.iter().for_each(|one| seen.note(one));
    let sum = |one: &Terms| terms.iter().map(|other| seen.alike(one, other)).sum::<f32>();
    let sums = terms.iter().map(sum).enumerate();
    sums.reduce(|best, next| if next.1 > best.1 + 1e-4 { next } else { best }).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use model::{ConversationId, MessageId, Millis};

    use super::*;

    fn source(id: i64, text: &str, answer: Option<&str>) -> UnansweredQuestion {
        UnansweredQuestion {
            message_id: MessageId(id),
            conversation_id: ConversationId(id),
            at: Millis(id),
            text: text.into(),
            answer: answer.map(str::to_owned),
        }
    }

    #[test]
    fn what_most_said_becomes_the_draft() {
        let made = draft(
            vec![
                source(1, "hm, shipping?", None),
                source(2, "do you ship to Norway", Some("Yes, we ship to Norway within a week.")),
                source(3, "Do you ship to Norway?", Some("We ship to Norway within one week.")),
                source(4, "can you ship a parcel to Norway", Some("No idea, ask Ben")),
            ],
            "en".into(),
        );
        assert_eq!(made.title, "do you ship to Norway");
        assert!(made.body.contains("Norway within"), "{}", made.body);
        assert_eq!(made.questions, ["hm, shipping?", "can you ship a parcel to Norway"]);
        assert!(made.sources[0].answer.is_some() && made.sources[3].answer.is_none());
    }

    #[test]
    fn nothing_asked_or_answered_is_an_empty_draft() {
        let made = draft(vec![source(1, "is it blue", None)], String::new());
        assert_eq!((made.title.as_str(), made.body.as_str()), ("is it blue", ""));
        assert_eq!(draft(Vec::new(), String::new()).title, "");
        assert_eq!(impersonal("Hello Maria, order #48151", Some("Maria")), "Hello …, order #___");
    }
}
