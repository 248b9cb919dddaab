//! Sorts questions by what they say. The newest are grouped anew each time, in their order, so that the outcome depends on
//! nothing but what is there: two nodes that do it at once do the same.

use std::collections::HashMap;

use model::{Content, MessageId, Millis, WorkspaceId, first_at};
use store::Class;
use store::unanswered::Unanswered;

use super::QUESTION;
use crate::bot::words_of;
use crate::{App, Error, Result};

/// How many questions are sorted together; older ones are forgotten.
const QUESTIONS: i64 = 600;
/// For how long questions are kept.
const LIFE: Millis = Millis::days(180);
/// So many new ones are sorted at once; fewer wait for others for so long.
const SOME: i64 = 25;
const PATIENCE: Millis = Millis::seconds(15);

/// Sorts the questions of a workspace when it is time; tells whether some still wait. With `at_once` it is time.
pub(super) async fn waits(app: &App, workspace: WorkspaceId, at_once: bool) -> Result<bool> {
    let unsorted = app
        .read(move |tx| Box::pin(async move { Ok(store::unanswered::unsorted(tx, workspace).await?) }))
        .await?;
    let Some((count, since)) = unsorted else { return Ok(false) };
    if !at_once && count < SOME && app.now() - since < PATIENCE {
        return Ok(true);
    }
    sort(app, workspace).await?;
    Ok(false)
}

async fn sort(app: &App, workspace: WorkspaceId) -> Result<()> {
    let read = app.read(move |tx| {
        Box::pin(async move {
            let mut all = store::unanswered::newest(tx, workspace, QUESTIONS).await?;
            all.reverse();
            let ids: Vec<MessageId> = all.iter().map(|one| one.message).collect();
            let messages = store::message::many(tx, workspace, &ids).await?;
            let texts: HashMap<MessageId, String> =
                messages.iter().map(|message| (message.id, said(&message.content))).collect();
            Ok((all, texts))
        })
    });
    let (all, texts) = read.await?;
    let oldest = MessageId(first_at(app.now() - LIFE));
    // What does not fit any more goes with what is too old.
    let first = all.first().filter(|_| all.len() as i64 == QUESTIONS).map_or(oldest, |one| one.message);
    let grouped = tokio::task::spawn_blocking(move || topics(&all, &texts));
    let moved = grouped.await.map_err(Error::internal)?;
    app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            store::unanswered::sort(tx, workspace, &moved).await?;
            store::unanswered::prune(tx, workspace, first.max(oldest)).await?;
            Ok(())
        })
    })
    .await
}

/// What a question is sorted by: a number of a card is no subject, and what is about something says so soon.
fn said(content: &Content) -> String {
    ai::sensitive::mask(words_of(content).unwrap_or_default()).chars().take(QUESTION).collect()
}

/// The questions whose topic is another one than it was, each with its topic.
fn topics(all: &[Unanswered], texts: &HashMap<MessageId, String>) -> Vec<(MessageId, MessageId)> {
    let text = |one: &Unanswered| texts.get(&one.message).map(String::as_str).unwrap_or_default();
    let asked: Vec<(u64, &str)> = all.iter().map(|one| (one.message.0.cast_unsigned(), text(one))).collect();
    let groups = ai::cluster::Groups::of(&asked);
    let mut firsts: HashMap<usize, MessageId> = HashMap::new();
    let mut moved = Vec::new();
    for (one, place) in all.iter().zip(groups.places()) {
        let topic = *firsts.entry(*place).or_insert(one.message);
        if one.topic != Some(topic) {
            moved.push((one.message, topic));
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_question_is_enough() {
        let text = format!("4111 1111 1111 1111 {}", "where is my parcel ".repeat(200));
        let said = said(&Content::Text { text });
        assert_eq!(said.chars().count(), QUESTION);
        assert!(!said.contains("4111 1111"), "{said}");
    }

    #[test]
    fn what_says_nearly_the_same_has_one_topic_and_what_is_sorted_stays() {
        let said = [(3, "do you ship to Norway?"), (5, "is it blue"), (8, "Do you ship to norway")];
        let texts = said.iter().map(|(id, text)| (MessageId(*id), (*text).to_owned())).collect();
        let one = |id, topic: Option<i64>| Unanswered {
            message: MessageId(id),
            answer: None,
            locale: "en".into(),
            by_bot: false,
            topic: topic.map(MessageId),
            dismissed: false,
            at: Millis(1),
        };
        let id = MessageId;
        assert_eq!(
            topics(&[one(3, None), one(5, None), one(8, None)], &texts),
            [(id(3), id(3)), (id(5), id(5)), (id(8), id(3))]
        );
        assert_eq!(topics(&[one(3, Some(3)), one(5, Some(5)), one(8, None)], &texts), [(id(8), id(3))]);
        // The first is gone with its person: the next one names the topic.
        assert_eq!(topics(&[one(5, Some(5)), one(8, Some(3))], &texts), [(id(8), id(8))]);
    }
}
