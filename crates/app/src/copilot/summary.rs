//! The sentences that say what a conversation is about, each with the message that it stands in. Nothing is made up.

use ai::summary::Said;
use model::{ConversationId, Direction, Summary, SummaryPoint};

use super::thread_of;
use crate::bot::words_of;
use crate::{App, Caller, Error, Result};

/// How many sentences a summary has.
const SENTENCES: usize = 6;
/// How many messages it is made of at most: the newest.
const MESSAGES: usize = 300;
/// How long a sentence may be, in characters.
const LONGEST: usize = 400;

/// Sums up a conversation.
///
/// # Errors
/// [`Error::NotFound`] when there is no such conversation that the caller may see.
pub async fn summary(app: &App, caller: &Caller, id: ConversationId) -> Result<Summary> {
    let thread = thread_of(app, caller, id, MESSAGES).await?;
    let told = tokio::task::spawn_blocking(move || {
        let said: Vec<_> = thread
            .iter()
            .filter(|message| message.revoked_at.is_none())
            .filter(|message| matches!(message.direction, Direction::In | Direction::Out))
            .filter_map(|message| Some((message, words_of(&message.content)?)))
            .collect();
        let texts: Vec<Said<'_>> = said
            .iter()
            .map(|(message, text)| Said { text, customer: message.direction == Direction::In })
            .collect();
        let points = ai::summary::summary(&texts, SENTENCES).into_iter().map(|point| {
            let (message, text) = said[point.message];
            SummaryPoint {
                message_id: message.id,
                at: message.at,
                customer: message.direction == Direction::In,
                text: text[point.range].chars().take(LONGEST).collect(),
            }
        });
        Summary { messages: said.len() as i64, points: points.collect() }
    });
    told.await.map_err(Error::internal)
}
