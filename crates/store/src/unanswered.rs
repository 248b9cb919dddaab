//! Questions of customers that the knowledge had no answer to: which messages ask them, what agents answered, and which of
//! them say nearly the same. Their words stand in the messages alone and go with them; what was withdrawn asks nothing.

use model::{MessageId, Millis, WorkspaceId};

use crate::page::Cursor;
use crate::values::{Row, Value, statements, values};
use crate::{Page, Result, Tx};

macro_rules! columns {
    () => {
        "u.message_id, u.answer_id, u.locale, u.by_bot, u.topic_id, u.dismissed, u.at "
    };
}
/// The questions of a workspace that nobody has withdrawn.
macro_rules! asked {
    () => {
        "FROM unanswered u JOIN message m ON m.workspace_id = u.workspace_id AND m.id = u.message_id
        WHERE u.workspace_id = $1 AND m.revoked_at IS NULL"
    };
}

statements! {
    BEHIND = "SELECT w.id, p.seq FROM workspace w LEFT JOIN unanswered_progress p ON p.workspace_id = w.id
        WHERE p.seq IS NULL OR p.seq <> w.event_seq ORDER BY w.id";
    LOOKED_THROUGH = "SELECT workspace_id FROM unanswered_progress ORDER BY workspace_id";
    BEGIN = "INSERT INTO unanswered_progress (workspace_id, seq) SELECT id, 0 FROM workspace WHERE id = $1
        ON CONFLICT (workspace_id) DO NOTHING";
    ADVANCE = "UPDATE unanswered_progress SET seq = $3 WHERE workspace_id = $1 AND seq = $2";
    NOTE = "INSERT INTO unanswered (workspace_id, message_id, answer_id, locale, by_bot, topic_id, dismissed, at)
        SELECT workspace_id, id, $3, $4, $5, NULL, FALSE, $6 FROM message WHERE workspace_id = $1 AND id = $2
        ON CONFLICT (workspace_id, message_id) DO UPDATE SET
        answer_id = COALESCE(unanswered.answer_id, excluded.answer_id),
        by_bot = unanswered.by_bot OR excluded.by_bot";
    HAS = "SELECT EXISTS (SELECT 1 FROM unanswered WHERE workspace_id = $1 AND message_id = $2)";
    TAKE_BACK = "DELETE FROM unanswered WHERE workspace_id = $1 AND message_id = $2 AND answer_id IS NULL";
    UNSORTED = concat!("SELECT COUNT(*), MIN(u.at) ", asked!(), " AND u.topic_id IS NULL");
    NEWEST = concat!("SELECT ", columns!(), asked!(), " ORDER BY u.message_id DESC LIMIT $2");
    SORT = "UPDATE unanswered SET topic_id = $3 WHERE workspace_id = $1 AND message_id = $2";
    PRUNE = "DELETE FROM unanswered WHERE workspace_id = $1 AND message_id < $2";
    TOPICS = concat!("SELECT u.topic_id, COUNT(*), SUM(CASE WHEN u.by_bot THEN 1 ELSE 0 END), MAX(u.at) ", asked!(),
        " AND u.topic_id IS NOT NULL GROUP BY u.topic_id
        HAVING SUM(CASE WHEN u.dismissed THEN 0 ELSE 1 END) > SUM(CASE WHEN u.dismissed THEN 1 ELSE 0 END)
        AND (COUNT(*) < $2 OR (COUNT(*) = $2 AND u.topic_id < $3)) ORDER BY COUNT(*) DESC, u.topic_id DESC LIMIT $4");
    OF_TOPIC = concat!("SELECT ", columns!(), asked!(), " AND u.topic_id = $2 ORDER BY u.message_id DESC LIMIT $3");
    DISMISS = "UPDATE unanswered SET dismissed = TRUE WHERE workspace_id = $1 AND topic_id = $2";
}

/// A question that the knowledge had no answer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The message that asks it.
    pub message: MessageId,
    /// The first message of an agent that answered it.
    pub answer: Option<MessageId>,
    /// Its language; empty where that is not known.
    pub locale: String,
    /// Whether the bot handed it over.
    pub by_bot: bool,
    /// The first question of those that say nearly the same; `None` until it was sorted.
    pub topic: Option<MessageId>,
    /// Whether somebody put it away.
    pub dismissed: bool,
    /// When it was noticed.
    pub at: Millis,
}

/// Questions that say nearly the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The first of them, by which they are named.
    pub id: MessageId,
    /// How many there are.
    pub count: i64,
    /// How many of them the bot handed over.
    pub by_bot: i64,
    /// When the last was noticed.
    pub at: Millis,
}

fn read(row: &mut Row) -> Result<Unanswered> {
    Ok(Unanswered {
        message: row.take()?,
        answer: row.take()?,
        locale: row.take()?,
        by_bot: row.take()?,
        topic: row.take()?,
        dismissed: row.take()?,
        at: row.take()?,
    })
}

/// The workspaces with changes that were not looked through, with how far that is done; without it where it never began.
/// Serves the workers of all workspaces.
pub async fn behind(tx: &mut Tx) -> Result<Vec<(WorkspaceId, Option<i64>)>> {
    tx.query_map(BEHIND, &[], |row| Ok((row.take()?, row.take()?))).await
}

/// The workspaces that are looked through. Serves the workers of all workspaces.
pub async fn looked_through(tx: &mut Tx) -> Result<Vec<WorkspaceId>> {
    tx.query_map(LOOKED_THROUGH, &[], Row::take).await
}

/// Begins to look through a workspace, with the oldest change that is kept.
pub async fn begin(tx: &mut Tx, ws: WorkspaceId) -> Result<bool> {
    tx.change(BEGIN, values![ws]).await
}

/// Notes how far a workspace was looked through; `false` when somebody else has gone on from `before`.
pub async fn advance(tx: &mut Tx, ws: WorkspaceId, before: i64, after: i64) -> Result<bool> {
    tx.change(ADVANCE, values![ws, before, after]).await
}

/// Notes a question; once for each message, with what becomes known of it later. `false` when there is no such message.
pub async fn note(
    tx: &mut Tx,
    ws: WorkspaceId,
    message: MessageId,
    answer: Option<MessageId>,
    locale: &str,
    by_bot: bool,
    now: Millis,
) -> Result<bool> {
    tx.change(NOTE, values![ws, message, answer, locale, by_bot, now]).await
}

/// Whether a message is one of the questions.
pub async fn has(tx: &mut Tx, ws: WorkspaceId, message: MessageId) -> Result<bool> {
    tx.query_one(HAS, values![ws, message]).await?.take()
}

/// Forgets a question that was none after all; one that people answered since stays. `false` when there is none.
pub async fn take_back(tx: &mut Tx, ws: WorkspaceId, message: MessageId) -> Result<bool> {
    tx.change(TAKE_BACK, values![ws, message]).await
}

/// How many questions are not sorted, and since when the first of them waits for it.
pub async fn unsorted(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<(i64, Millis)>> {
    let mut row = tx.query_one(UNSORTED, values![ws]).await?;
    let (count, since): (i64, Option<Millis>) = (row.take()?, row.take()?);
    Ok(since.map(|since| (count, since)))
}

/// The newest questions, the newest first.
pub async fn newest(tx: &mut Tx, ws: WorkspaceId, limit: i64) -> Result<Vec<Unanswered>> {
    tx.query_map(NEWEST, values![ws, limit], read).await
}

/// Says to which topic questions belong, each with its topic; tells how many there are.
pub async fn sort(tx: &mut Tx, ws: WorkspaceId, topics: &[(MessageId, MessageId)]) -> Result<u64> {
    let sets: Vec<Vec<Value>> =
        topics.iter().map(|(message, topic)| values![ws, *message, *topic].to_vec()).collect();
    Ok(tx.execute_each(SORT, &sets).await?.into_iter().sum())
}

/// Forgets the questions before a message; tells how many.
pub async fn prune(tx: &mut Tx, ws: WorkspaceId, before: MessageId) -> Result<u64> {
    tx.execute(PRUNE, values![ws, before]).await
}

/// The topics that are not put away, the largest first. One that was put away comes back when more
/// have asked again than had before.
pub async fn topics(tx: &mut Tx, ws: WorkspaceId, cursor: Option<&str>, limit: i64) -> Result<Page<Topic>> {
    let Cursor { at, id } = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let read = |row: &mut Row| {
        Ok(Topic { id: row.take()?, count: row.take()?, by_bot: row.take()?, at: row.take()? })
    };
    let topics = tx.query_map(TOPICS, values![ws, at, id, limit + 1], read).await?;
    Ok(Page::cut(topics, limit, |topic| Cursor { at: Millis(topic.count), id: topic.id.0 }))
}

/// The questions of a topic, the newest first.
pub async fn of_topic(tx: &mut Tx, ws: WorkspaceId, topic: MessageId, limit: i64) -> Result<Vec<Unanswered>> {
    tx.query_map(OF_TOPIC, values![ws, topic, limit], read).await
}

/// Puts a topic away; `false` when there is none.
pub async fn dismiss(tx: &mut Tx, ws: WorkspaceId, topic: MessageId) -> Result<bool> {
    Ok(tx.execute(DISMISS, values![ws, topic]).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{sample, write};
    use crate::{message, removal, testing};

    #[tokio::test]
    async fn questions_are_noted_once_sorted_put_away_and_come_back() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let ws = some.ws;
                    let mut asked = Vec::new();
                    for text in ["where is it", "where is it?", "is it blue"] {
                        let row = some.customer_writes(text);
                        message::insert(tx, ws, &row).await?;
                        assert!(note(tx, ws, row.id, None, "en", true, Millis(5)).await?);
                        asked.push(row.id);
                    }
                    let reply = some.agent_writes("here");
                    message::insert(tx, ws, &reply).await?;
                    assert!(note(tx, ws, asked[0], Some(reply.id), "de", false, Millis(9)).await?);
                    assert!(!note(tx, ws, MessageId(1), None, "en", true, Millis(5)).await?);
                    assert!(!take_back(tx, ws, asked[0]).await?, "people answered it");
                    assert!(take_back(tx, ws, asked[2]).await? && !has(tx, ws, asked[2]).await?);
                    assert!(note(tx, ws, asked[2], None, "en", true, Millis(5)).await?);
                    assert!(has(tx, ws, asked[2]).await?);
                    assert_eq!(unsorted(tx, ws).await?, Some((3, Millis(5))));
                    let all = newest(tx, ws, 9).await?;
                    let first = all.last().expect("three");
                    assert_eq!((first.message, first.answer, first.by_bot), (asked[0], Some(reply.id), true));
                    assert_eq!(first.locale, "en", "what was known first stays");
                    let pairs = [(asked[0], asked[0]), (asked[1], asked[0]), (asked[2], asked[2])];
                    assert_eq!(sort(tx, ws, &pairs).await?, 3);
                    assert_eq!(unsorted(tx, ws).await?, None);
                    let page = topics(tx, ws, None, 1).await?;
                    assert_eq!(
                        (page.items[0].id, page.items[0].count, page.items[0].by_bot),
                        (asked[0], 2, 2)
                    );
                    let next = topics(tx, ws, page.next_cursor.as_deref(), 1).await?;
                    assert_eq!((next.items[0].id, next.next_cursor), (asked[2], None));
                    assert_eq!(of_topic(tx, ws, asked[0], 9).await?.len(), 2);
                    assert!(dismiss(tx, ws, asked[2]).await? && !dismiss(tx, ws, reply.id).await?);
                    assert_eq!(topics(tx, ws, None, 9).await?.items.len(), 1);
                    for (place, shown) in [(0, 1), (1, 2)] {
                        let again = some.customer_writes("is it blue");
                        message::insert(tx, ws, &again).await?;
                        note(tx, ws, again.id, None, "en", false, Millis(7 + place)).await?;
                        sort(tx, ws, &[(again.id, asked[2])]).await?;
                        assert_eq!(topics(tx, ws, None, 9).await?.items.len(), shown);
                    }
                    let withdrawn = some.customer_writes("where is it");
                    message::insert(tx, ws, &withdrawn).await?;
                    note(tx, ws, withdrawn.id, None, "en", false, Millis(9)).await?;
                    message::revoke(tx, ws, withdrawn.id, Millis(9)).await?;
                    assert_eq!(unsorted(tx, ws).await?, None, "what was withdrawn asks nothing");
                    assert_eq!(newest(tx, ws, 9).await?.len(), 5);
                    sort(tx, ws, &[(withdrawn.id, asked[0])]).await?;
                    assert_eq!(of_topic(tx, ws, asked[0], 9).await?.len(), 2);
                    let shown = topics(tx, ws, None, 9).await?.items;
                    assert!(shown.iter().any(|topic| (topic.id, topic.count) == (asked[0], 2)), "{shown:?}");
                    removal::messages(tx, ws, &[reply.id]).await?;
                    assert_eq!(of_topic(tx, ws, asked[0], 9).await?[1].answer, None);
                    removal::person(tx, ws, some.contact).await?;
                    assert!(newest(tx, ws, 9).await?.is_empty(), "they go with their person");
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_workspace_is_looked_through_by_one_after_the_other() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let ws = some.ws;
                    assert!(behind(tx).await?.contains(&(ws, None)));
                    assert!(begin(tx, ws).await? && !begin(tx, ws).await?);
                    assert!(looked_through(tx).await?.contains(&ws));
                    assert!(advance(tx, ws, 0, 4).await?);
                    assert!(!advance(tx, ws, 0, 4).await?, "somebody else has gone on");
                    assert!(behind(tx).await?.contains(&(ws, Some(4))));
                    let row = some.customer_writes("where is it");
                    message::insert(tx, ws, &row).await?;
                    note(tx, ws, row.id, None, "en", false, Millis(1)).await?;
                    assert_eq!(prune(tx, ws, row.id).await?, 0);
                    assert_eq!(prune(tx, ws, MessageId(row.id.0 + 1)).await?, 1);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
