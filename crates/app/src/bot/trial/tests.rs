use model::{Author, AuthorKind, Content};

use super::*;

fn said(id: i64, kind: AuthorKind, direction: Direction, text: &str) -> Message {
    Message {
        id: MessageId(id),
        conversation_id: ConversationId(1),
        direction,
        at: Millis(id),
        author: Author { kind, id: None, name: None },
        content: Content::Text { text: text.to_owned() },
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

#[test]
fn a_question_is_what_came_last_before_a_person_answered() {
    let (customer, agent, bot) = (AuthorKind::Contact, AuthorKind::Agent, AuthorKind::Bot);
    let thread = [
        said(1, customer, Direction::In, "hello"),
        said(2, customer, Direction::In, "where is my parcel?"),
        said(3, agent, Direction::Note, "look at this one"),
        said(4, agent, Direction::Out, "I look."),
        said(5, agent, Direction::Out, "It comes today."),
        said(6, customer, Direction::In, "and the invoice?"),
        said(7, bot, Direction::Out, "I am a machine."),
        said(8, customer, Direction::In, "thanks"),
    ];
    let found = asked(&thread);
    assert_eq!(found.len(), 1, "only people's answers count");
    assert_eq!(found[0].thread.len(), 2);
    assert_eq!((found[0].reply.id, found[0].said.as_str()), (MessageId(4), "I look.\nIt comes today."));
}

#[test]
fn of_an_answer_what_was_withdrawn_and_the_names_of_files_are_no_words() {
    let (customer, agent) = (AuthorKind::Contact, AuthorKind::Agent);
    let mut withdrawn = said(2, agent, Direction::Out, "It never comes.");
    withdrawn.revoked_at = Some(Millis(3));
    let mut media = model::Media::pending(model::MediaId(1), "application/pdf");
    media.name = Some("slip 4711.pdf".to_owned());
    let mut file = said(4, agent, Direction::Out, "");
    file.content = Content::Document { media, caption: None };
    let thread = [
        said(1, customer, Direction::In, "where is my parcel?"),
        withdrawn.clone(),
        said(3, agent, Direction::Out, "It comes today."),
        file,
        said(5, customer, Direction::In, "and the invoice?"),
        Message { id: MessageId(6), ..withdrawn },
    ];
    let found = asked(&thread);
    assert_eq!(found.len(), 1, "an answer that was withdrawn is none");
    assert_eq!((found[0].reply.id, found[0].said.as_str()), (MessageId(3), "It comes today."));
    let question = |reply| answered(&thread, MessageId(reply)).map(|asked| asked.question);
    assert_eq!((question(4), question(6)), (Some(MessageId(1)), None), "what was withdrawn answered nothing");
}
