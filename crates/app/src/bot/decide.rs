//! What a thread gives the bot to go by, and what it decides before it looks anything up. Pure: a thread in, a decision out.

use ai::Understanding;
use ai::sentiment::Mood as AiMood;
use ai::urgency::Level;
use ai::wish::{Wish, wish};
use model::{
    ArticleId, AuthorKind, BotMemory, Content, Direction, HandOverReason, Haste, Message, Millis, Mood,
    NamedKind, NamedThing, ReplyVia,
};

use super::choice::Tap;

/// How many messages it writes in a row before people are to look.
const MOST_SPOKEN: i64 = 8;
/// So many messages of its own within [`BRISK`] are more than a conversation with a person has.
const BRISK_COUNT: usize = 5;
const BRISK: Millis = Millis::minutes(1);
/// How sure it must be that something is abuse.
const ABUSE: f32 = 0.7;
/// How many sentences a summary has, and how long one may be, in characters.
const SUMMARY: usize = 3;
const SENTENCE: usize = 300;
/// How many named things are told.
const NAMED: usize = 10;
/// After these lines of a thread, what was said before is another matter.
const BEGINNINGS: [&str; 4] = ["reopened", "handed_back", "handed_over", "resolved"];

/// What was said in a conversation since it began anew.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Heard {
    /// What the customer said that nobody answered yet, oldest first.
    pub(super) said: Vec<String>,
    /// What was tapped among it, each with its place in `said`, unless something that matters was said since.
    pub(super) taps: Vec<(usize, Tap)>,
    /// The kind of something among it that has no words.
    pub(super) wordless: Option<&'static str>,
    /// What the customer said before the business last wrote, the newest of it.
    pub(super) before: Option<String>,
    /// Everything that the customer said, oldest first.
    pub(super) theirs: Vec<String>,
    /// What the bot wrote, and when.
    pub(super) ours: Vec<(Millis, String)>,
}

impl Heard {
    /// Reads the end of a thread.
    pub(super) fn of(thread: &[Message]) -> Self {
        let mut thread: Vec<&Message> = thread.iter().collect();
        // What the bot wrote stands behind what it answers: what came while it wrote waits for an answer of its own.
        thread.sort_by_key(|message| super::answered(message).unwrap_or(message.id));
        let is_theirs =
            |one: &&Message| (one.direction, one.author.kind) == (Direction::In, AuthorKind::Contact);
        let newest = thread.iter().rposition(is_theirs);
        let mut heard = Self::default();
        for (place, message) in thread.into_iter().enumerate() {
            match (&message.content, message.direction, message.author.kind) {
                (Content::Activity(line), ..) if BEGINNINGS.contains(&line.event.as_str()) => {
                    // What the customer wrote last and nobody answered is what is to be answered, unless people were to do it.
                    heard = match newest < Some(place) && line.event != "handed_over" {
                        true => Self {
                            theirs: heard.said.clone(),
                            taps: heard.taps,
                            said: heard.said,
                            wordless: heard.wordless,
                            ..Self::default()
                        },
                        false => Self::default(),
                    };
                }
                (content, Direction::In, AuthorKind::Contact) if message.revoked_at.is_none() => {
                    match words_of(content) {
                        Some(words) => {
                            match tapped(content) {
                                Some(tap) => heard.taps.push((heard.said.len(), tap)),
                                None if is_courtesy(words) => {}
                                None => heard.taps.clear(),
                            }
                            heard.said.push(words.to_owned());
                            heard.theirs.push(words.to_owned());
                        }
                        // A sticker says no more than a smile does.
                        None if matches!(content, Content::Sticker { .. }) => {}
                        None => heard.wordless = Some(content.kind()),
                    }
                }
                (content, Direction::Out, author) => {
                    if author == AuthorKind::Bot {
                        heard.ours.push((message.at, content.text().unwrap_or_default().to_owned()));
                    }
                    // A privacy notice is no answer.
                    if author != AuthorKind::System {
                        heard.before = heard.said.pop().or(heard.before);
                        heard.said.clear();
                        heard.taps.clear();
                        heard.wordless = None;
                    }
                }
                _ => {}
            }
        }
        heard
    }

    /// What the customer wants to know, as one text: without greetings and thanks, unless there is nothing else.
    pub(super) fn question(&self) -> String {
        let matters: Vec<&str> =
            self.said.iter().map(String::as_str).filter(|text| !is_courtesy(text)).collect();
        if matters.is_empty() { self.said.join("\n") } else { matters.join("\n") }
    }
}

/// What was tapped, where it may be one of the bot's own choices.
fn tapped(content: &Content) -> Option<Tap> {
    match content {
        Content::Reply { via: ReplyVia::Button | ReplyVia::List, payload: Some(id), .. } => Tap::read(id),
        _ => None,
    }
}

/// Whether a text only greets, thanks or agrees.
pub(crate) fn is_courtesy(text: &str) -> bool {
    matches!(wish(text), Some(Wish::Greet | Wish::Thank))
}

/// What somebody wrote themselves: of files the text under them, and never their name.
pub(crate) fn words_of(content: &Content) -> Option<&str> {
    let words = match content {
        Content::Text { text } | Content::Choices { text, .. } => Some(text.as_str()),
        Content::Image { caption, .. }
        | Content::Video { caption, .. }
        | Content::Document { caption, .. } => caption.as_deref(),
        Content::Reply { title, .. } => Some(title.as_str()),
        _ => None,
    };
    words.filter(|words| !words.trim().is_empty())
}

/// What is decided before anything is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// Nothing is to be said.
    Quiet,
    /// People take over.
    HandOver(HandOverReason),
    /// It is asked how it can help.
    Help,
    /// Somebody wants to know whether a machine answers.
    WhetherMachine,
    /// This one of the offered was meant.
    Chosen(usize),
    /// This was tapped, below this question or an earlier one.
    Tapped(ArticleId),
    /// The knowledge is asked.
    Ask,
}

/// Decides what needs no knowledge. `tap` is what the bot did offer and was tapped, `titles` are those that it offered last.
pub(super) fn first(
    heard: &Heard,
    memory: &BotMemory,
    tap: Option<Tap>,
    titles: &[String],
    understood: &Understanding,
    now: Millis,
) -> First {
    use HandOverReason as Why;
    let question = heard.question();
    let newest = heard.said.last().map(String::as_str).unwrap_or_default();
    if let Some(tap) = tap {
        // What was tapped is meant as it is named, whatever its words are; beside it somebody may ask for a person.
        let is_tap = |at: usize| heard.taps.iter().any(|(place, _)| *place == at);
        let beside = heard.said.iter().enumerate().filter(|(at, _)| !is_tap(*at));
        let wanted = beside.map(|(_, text)| wish(text)).any(|wish| wish == Some(Wish::Person));
        return match tap.article.filter(|_| !wanted) {
            Some(article) => First::Tapped(article),
            None => First::HandOver(Why::Asked),
        };
    }
    if wish(&question) == Some(Wish::Person) || wish(newest) == Some(Wish::Person) {
        return First::HandOver(Why::Asked);
    }
    if let Some(place) = super::choice::chosen(newest, titles).filter(|_| !titles.is_empty()) {
        return if place < titles.len() { First::Chosen(place) } else { First::HandOver(Why::Asked) };
    }
    let brisk = heard.ours.iter().filter(|(at, _)| *at > now - BRISK).count();
    if brisk >= BRISK_COUNT {
        return First::HandOver(Why::Loop);
    }
    if heard.wordless.is_some() {
        return First::HandOver(Why::File);
    }
    if understood.urgency.level >= Level::High {
        return First::HandOver(Why::Urgent);
    }
    if understood.abuse.most() >= ABUSE {
        return First::HandOver(Why::Abuse);
    }
    if memory.spoken >= MOST_SPOKEN {
        return First::HandOver(Why::TooMany);
    }
    if heard.before.as_deref().is_some_and(|before| same(before, newest)) {
        return First::HandOver(Why::AskedAgain);
    }
    match wish(newest) {
        Some(Wish::WhetherMachine) => return First::WhetherMachine,
        Some(Wish::Greet) if is_courtesy(&question) => return First::Help,
        // To a question of the bot's a "fine" is no answer.
        Some(Wish::Thank) if is_courtesy(&question) && titles.is_empty() => return First::Quiet,
        _ => {}
    }
    if ai::words(&question).is_empty() {
        let asks = question.contains(['?', '？', '؟']);
        return if asks { First::HandOver(Why::NotUnderstood) } else { First::Quiet };
    }
    First::Ask
}

/// Whether two texts are the same words.
pub(super) fn same(one: &str, other: &str) -> bool {
    let one = ai::keys(one);
    !one.is_empty() && one == ai::keys(other)
}

/// The customer's sentences that say what it is about.
pub(super) fn summary(heard: &Heard) -> Vec<String> {
    let said: Vec<ai::summary::Said<'_>> =
        heard.theirs.iter().map(|text| ai::summary::Said { text, customer: true }).collect();
    let points = ai::summary::summary(&said, SUMMARY);
    let told: Vec<String> = points
        .into_iter()
        .map(|point| said[point.message].text[point.range].chars().take(SENTENCE).collect())
        .collect();
    if told.is_empty() {
        // Nothing in it is a sentence: the words themselves.
        return heard.theirs.last().map(|text| text.chars().take(SENTENCE).collect()).into_iter().collect();
    }
    told
}

/// What the customer named, as it was written.
pub(super) fn named(text: &str, understood: &Understanding) -> Vec<NamedThing> {
    let mut all: Vec<NamedThing> = Vec::new();
    for entity in &understood.entities {
        use ai::entity::Value;
        let kind = match entity.value {
            Value::Order(_) => NamedKind::Order,
            Value::Phone(_) => NamedKind::Phone,
            Value::Email(_) => NamedKind::Email,
            Value::Date(_) => NamedKind::Date,
            Value::Amount { .. } => NamedKind::Amount,
            Value::Address(_) => NamedKind::Address,
            Value::Own { .. } => continue,
        };
        let Some(written) = text.get(entity.from..entity.to) else { continue };
        let one = NamedThing { kind, text: written.to_owned() };
        if all.len() < NAMED && !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// The mood in the house's words.
pub(super) fn mood(understood: &Understanding) -> Mood {
    match understood.sentiment.mood {
        AiMood::Negative => Mood::Negative,
        AiMood::Neutral => Mood::Neutral,
        AiMood::Positive => Mood::Positive,
    }
}

/// How pressing it is in the house's words.
pub(super) fn haste(understood: &Understanding) -> Haste {
    match understood.urgency.level {
        Level::Low => Haste::Low,
        Level::Normal => Haste::Normal,
        Level::High => Haste::High,
        Level::Danger => Haste::Danger,
    }
}

#[cfg(test)]
mod tests;
