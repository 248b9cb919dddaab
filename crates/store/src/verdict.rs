//! What answers were taken from, and what colleagues say of them: right, or wrong. No words are kept, and what is said of a
//! message goes with it.

use model::{AgentId, AnswerKind, ArticleId, ConversationId, MessageId, Millis, WorkspaceId};

use crate::page::Cursor;
use crate::values::{Row, statements, values};
use crate::{Page, Result, Tx};

macro_rules! answer {
    () => {
        "SELECT a.message_id, a.asked_id, a.kind, a.source_id, a.place FROM bot_answer a "
    };
}

statements! {
    ANSWERED = "INSERT INTO bot_answer (workspace_id, message_id, asked_id, kind, source_id, place)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workspace_id, message_id) DO NOTHING";
    ANSWER = concat!(answer!(), "WHERE a.workspace_id = $1 AND a.message_id = $2");
    ANSWERS = concat!(answer!(), "JOIN message m ON m.workspace_id = a.workspace_id AND m.id = a.message_id
        WHERE a.workspace_id = $1 AND m.conversation_id = $2 ORDER BY a.message_id DESC LIMIT $3");
    SAID = "SELECT agent_id, good, noted FROM verdict
        WHERE workspace_id = $1 AND asked_id = $2 AND kind = $3 AND source_id = $4 ORDER BY agent_id";
    PUT = "INSERT INTO verdict (workspace_id, asked_id, kind, source_id, agent_id, place, good, noted, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (workspace_id, asked_id, kind, source_id, agent_id)
        DO UPDATE SET place = excluded.place, good = excluded.good, noted = excluded.noted, accepted = NULL,
        at = excluded.at";
    TAKE_BACK = "DELETE FROM verdict
        WHERE workspace_id = $1 AND asked_id = $2 AND kind = $3 AND source_id = $4 AND agent_id = $5";
    PASS_ON = "UPDATE verdict SET noted = TRUE WHERE workspace_id = $1 AND asked_id = $2 AND kind = 'article' AND NOT good";
    WAITING = "SELECT asked_id, source_id, MAX(place), SUM(CASE WHEN good THEN 1 ELSE 0 END),
        SUM(CASE WHEN good THEN 0 ELSE 1 END), MAX(at) FROM verdict
        WHERE workspace_id = $1 AND kind = 'article' AND accepted IS NULL
        AND (asked_id < $2 OR (asked_id = $2 AND source_id < $3))
        GROUP BY asked_id, source_id HAVING (2 * SUM(CASE WHEN good THEN 1 ELSE -1 END) - 1) * $4 > 0
        ORDER BY asked_id DESC, source_id DESC LIMIT $5";
    DECIDE = "UPDATE verdict SET accepted = $4
        WHERE workspace_id = $1 AND asked_id = $2 AND kind = 'article' AND source_id = $3 AND accepted IS NULL";
}

/// What an answer was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// An intent or a piece of knowledge.
    pub kind: AnswerKind,
    /// The id of either.
    pub id: i64,
    /// Where in the plain words of the knowledge, in bytes; else 0.
    pub place: i64,
}

/// An answer of the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The message that gives it.
    pub message: MessageId,
    /// The customer's message that it answers.
    pub asked: MessageId,
    /// What it was taken from.
    pub source: Source,
}

/// What a colleague says of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The colleague.
    pub agent: AgentId,
    /// Whether it is right.
    pub good: bool,
    /// Whether that made the message one of the questions without an answer.
    pub noted: bool,
}

/// A question and a piece of knowledge that was judged for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The customer's message.
    pub asked: MessageId,
    /// The piece.
    pub article: ArticleId,
    /// Where in its plain words, in bytes.
    pub place: i64,
    /// How many found it right.
    pub right: i64,
    /// How many found it wrong.
    pub wrong: i64,
    /// When it was last judged.
    pub at: Millis,
}

fn read(row: &mut Row) -> Result<Answer> {
    Ok(Answer {
        message: row.take()?,
        asked: row.take()?,
        source: Source { kind: row.take()?, id: row.take()?, place: row.take()? },
    })
}

/// Notes what an answer was taken from, once. [`crate::Error::Missing`] when there is no such message.
pub async fn answered(tx: &mut Tx, ws: WorkspaceId, answer: &Answer) -> Result<bool> {
    let Answer { message, asked, source: Source { kind, id, place } } = *answer;
    tx.change(ANSWERED, values![ws, message, asked, kind, id, place]).await
}

/// What a message of the bot was taken from; `None` where that is not known.
pub async fn answer(tx: &mut Tx, ws: WorkspaceId, message: MessageId) -> Result<Option<Answer>> {
    Ok(tx.query_map(ANSWER, values![ws, message], read).await?.into_iter().next())
}

/// The answers of a conversation, the newest first.
pub async fn answers(
    tx: &mut Tx,
    ws: WorkspaceId,
    conversation: ConversationId,
    limit: i64,
) -> Result<Vec<Answer>> {
    tx.query_map(ANSWERS, values![ws, conversation, limit], read).await
}

/// What colleagues say of something that answers a message.
pub async fn said(tx: &mut Tx, ws: WorkspaceId, asked: MessageId, source: Source) -> Result<Vec<Said>> {
    let read = |row: &mut Row| Ok(Said { agent: row.take()?, good: row.take()?, noted: row.take()? });
    tx.query_map(SAID, values![ws, asked, source.kind, source.id], read).await
}

/// Says something of it, in place of what the colleague said before. [`crate::Error::Missing`] when there is no such
/// message.
pub async fn put(
    tx: &mut Tx,
    ws: WorkspaceId,
    asked: MessageId,
    source: Source,
    said: Said,
    now: Millis,
) -> Result<bool> {
    let Said { agent, good, noted } = said;
    let values = values![ws, asked, source.kind, source.id, agent, source.place, good, noted, now];
    tx.change(PUT, values).await
}

/// Takes back what a colleague said of it; `false` when that was nothing.
pub async fn take_back(
    tx: &mut Tx,
    ws: WorkspaceId,
    asked: MessageId,
    source: Source,
    agent: AgentId,
) -> Result<bool> {
    tx.change(TAKE_BACK, values![ws, asked, source.kind, source.id, agent]).await
}

/// Lets whoever else found an answer to a message wrong stand for its being a question without an answer; `false` when
/// nobody did.
pub async fn pass_on(tx: &mut Tx, ws: WorkspaceId, asked: MessageId) -> Result<bool> {
    Ok(tx.execute(PASS_ON, values![ws, asked]).await? > 0)
}

/// The pairs that nobody has decided about and that more found right than wrong, or not more; the newest question first.
pub async fn waiting(
    tx: &mut Tx,
    ws: WorkspaceId,
    good: bool,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<Pair>> {
    let Cursor { at, id } = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let read = |row: &mut Row| {
        Ok(Pair {
            asked: row.take()?,
            article: row.take()?,
            place: row.take()?,
            right: row.take()?,
            wrong: row.take()?,
            at: row.take()?,
        })
    };
    let pairs =
        tx.query_map(WAITING, values![ws, at, id, if good { 1_i64 } else { -1 }, limit + 1], read).await?;
    Ok(Page::cut(pairs, limit, |pair| Cursor { at: Millis(pair.asked.0), id: pair.article.0 }))
}

/// Decides about a pair; `false` when nothing waits.
pub async fn decide(
    tx: &mut Tx,
    ws: WorkspaceId,
    asked: MessageId,
    article: ArticleId,
    accepted: bool,
) -> Result<bool> {
    Ok(tx.execute(DECIDE, values![ws, asked, article, accepted]).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{sample, write};
    use crate::{message, removal, testing};

    #[tokio::test]
    async fn what_is_said_of_an_answer_waits_until_it_is_decided_and_goes_with_its_message() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let (ws, agent) = (some.ws, some.agent);
                    let (question, reply) = (some.customer_writes("where is it?"), some.agent_writes("here"));
                    message::insert(tx, ws, &question).await?;
                    message::insert(tx, ws, &reply).await?;
                    let asked = question.id;
                    let source = Source { kind: AnswerKind::Article, id: 7, place: 12 };
                    let given = Answer { message: reply.id, asked, source };
                    assert!(answered(tx, ws, &given).await? && !answered(tx, ws, &given).await?);
                    assert_eq!(answer(tx, ws, reply.id).await?, Some(given));
                    assert_eq!(answer(tx, ws, asked).await?, None);
                    assert_eq!(answers(tx, ws, some.conversation, 9).await?, [given]);
                    let wrong = Said { agent, good: false, noted: true };
                    assert!(put(tx, ws, asked, source, wrong, Millis(5)).await?);
                    assert_eq!(said(tx, ws, asked, source).await?, [wrong]);
                    let pairs = waiting(tx, ws, false, None, 9).await?.items;
                    let pair =
                        Pair { asked, article: ArticleId(7), place: 12, right: 0, wrong: 1, at: Millis(5) };
                    assert_eq!(pairs, [pair]);
                    assert!(waiting(tx, ws, true, None, 9).await?.items.is_empty());
                    let right = Said { good: true, noted: false, ..wrong };
                    put(tx, ws, asked, source, right, Millis(6)).await?;
                    assert!(!pass_on(tx, ws, asked).await?, "nobody finds it wrong any more");
                    let other = Source { id: 8, ..source };
                    put(tx, ws, asked, other, right, Millis(6)).await?;
                    let first = waiting(tx, ws, true, None, 1).await?;
                    assert_eq!(first.items[0].article, ArticleId(8));
                    let next = waiting(tx, ws, true, first.next_cursor.as_deref(), 1).await?;
                    assert_eq!((next.items[0].article, next.next_cursor), (ArticleId(7), None));
                    assert!(decide(tx, ws, asked, ArticleId(7), true).await?);
                    assert!(!decide(tx, ws, asked, ArticleId(7), true).await?);
                    assert!(take_back(tx, ws, asked, other, agent).await?);
                    assert!(!take_back(tx, ws, asked, other, agent).await?);
                    assert!(waiting(tx, ws, true, None, 9).await?.items.is_empty());
                    put(tx, ws, asked, source, wrong, Millis(7)).await?;
                    assert!(pass_on(tx, ws, asked).await?);
                    assert_eq!(waiting(tx, ws, false, None, 9).await?.items.len(), 1, "it is said anew");
                    removal::messages(tx, ws, &[reply.id]).await?;
                    assert_eq!(answer(tx, ws, reply.id).await?, None);
                    removal::person(tx, ws, some.contact).await?;
                    assert!(said(tx, ws, asked, source).await?.is_empty());
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
