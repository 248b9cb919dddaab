//! What a customer wants to know: their last words, as one text.

use model::{AuthorKind, Content, Direction, Message, MessageId};

use crate::bot::{is_courtesy, words_of};

/// How many of a customer's last messages are taken together.
const MESSAGES: usize = 5;
/// The longest question, in characters.
const LONGEST: usize = 1000;
/// How many words of a message are counted to see which one says most.
const TELLING: usize = 30;
/// Lines of a thread before which it was about something else.
const BREAKS: [&str; 2] = ["resolved", "reopened"];

/// A customer's last words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The newest message among them.
    pub(crate) message: MessageId,
    /// The one that says most.
    pub(crate) about: MessageId,
    /// What they say, without greetings and thanks.
    pub(crate) words: String,
    /// Whether nobody has answered yet; what a machine wrote is no answer.
    pub(crate) waits: bool,
}

/// The customer's last words in a thread; `None` where they say nothing.
pub(crate) fn asked(thread: &[Message]) -> Option<Asked> {
    let mut newest = None;
    let mut said: Vec<(MessageId, &str)> = Vec::new();
    let mut waits = true;
    for message in thread.iter().rev() {
        match (&message.content, message.direction, message.author.kind) {
            (Content::Activity(line), ..) if BREAKS.contains(&line.event.as_str()) => break,
            (_, Direction::Out, AuthorKind::Agent) if newest.is_some() => break,
            (_, Direction::Out, AuthorKind::Agent) => waits = false,
            (content, Direction::In, AuthorKind::Contact) if message.revoked_at.is_none() => {
                newest = newest.or(Some(message.id));
                let words = words_of(content).filter(|words| !is_courtesy(words));
                said.extend(words.map(|words| (message.id, words)));
            }
            _ => {}
        }
        if said.len() == MESSAGES {
            break;
        }
    }
    said.reverse();
    // Of several that say as much, the first.
    let about = said.iter().rev().max_by_key(|(_, words)| ai::alike::telling(words, TELLING).len())?.0;
    let texts: Vec<&str> = said.into_iter().map(|(_, words)| words).collect();
    let words: String = texts.join("\n").chars().take(LONGEST).collect();
    if ai::words(&words).is_empty() {
        return None;
    }
    Some(Asked { message: newest?, about, words, waits })
}

#[cfg(test)]
mod tests {
    use model::{Activity, Author, ConversationId, Millis};

    use super::*;

    fn line(id: i64, direction: Direction, kind: AuthorKind, content: Content) -> Message {
        Message {
            id: MessageId(id),
            conversation_id: ConversationId(1),
            direction,
            at: Millis(id),
            author: Author { kind, id: None, name: None },
            content,
            reply_to: None,
            reactions: Vec::new(),
            status: None,
            forwarded: false,
            edited_at: None,
            revoked_at: None,
            client_id: None,
            sensitive: Vec::new(),
        }
    }

    fn theirs(id: i64, text: &str) -> Message {
        line(id, Direction::In, AuthorKind::Contact, Content::Text { text: text.into() })
    }

    fn ours(id: i64, kind: AuthorKind) -> Message {
        line(id, Direction::Out, kind, Content::Text { text: "five days".into() })
    }

    fn event(id: i64, event: &str) -> Message {
        let line_of = Activity {
            event: event.to_owned(),
            agent_id: None,
            by_agent_id: None,
            until: None,
            text: None,
            hand_over: None,
        };
        line(id, Direction::Activity, AuthorKind::System, Content::Activity(line_of))
    }

    #[test]
    fn the_last_words_are_taken_together_and_courtesies_are_left_out() {
        let thread = [
            theirs(1, "is it blue?"),
            ours(2, AuthorKind::Agent),
            theirs(3, "hello"),
            theirs(4, "where is my parcel"),
            ours(5, AuthorKind::Bot),
            event(6, "handed_over"),
            theirs(7, "it should be here"),
        ];
        let found = asked(&thread).expect("something is asked");
        assert_eq!(found.words, "where is my parcel\nit should be here");
        assert_eq!(found.about, MessageId(4));
        assert_eq!((found.message, found.waits), (MessageId(7), true), "a machine's answer is none");
    }

    #[test]
    fn what_was_answered_is_told_and_what_is_over_is_not_asked() {
        let answered = [theirs(1, "where is it"), ours(2, AuthorKind::Agent), ours(3, AuthorKind::Agent)];
        assert_eq!(asked(&answered).map(|found| found.waits), Some(false));
        assert_eq!(asked(&[theirs(1, "where is it"), event(2, "resolved")]), None);
        assert_eq!(asked(&[theirs(1, "thanks!")]), None);
        assert_eq!(asked(&[]), None);
    }
}
