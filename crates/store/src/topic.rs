//! How often customers said something, by the hour, and what they say far more often than usual. No words are kept and nobody
//! is named: the subject is a keyed hash of a word, the id of an intent, or a small number.

use model::{Direction, MessageId, Millis, SurgeId, TopicKind, WorkspaceId};

use crate::page::Cursor;
use crate::values::{Row, Value, statements, values};
use crate::{Page, Result, Tx};

macro_rules! columns {
    () => {
        "id, kind, subject, count, hours, usual, began_at, ended_at, dismissed"
    };
}

statements! {
    BEHIND = "SELECT w.id, p.message_id, p.looked_id FROM workspace w
        LEFT JOIN topic_progress p ON p.workspace_id = w.id
        WHERE p.message_id IS NULL OR p.looked_id < p.message_id
        OR EXISTS (SELECT 1 FROM message m WHERE m.workspace_id = w.id AND m.id > p.message_id AND m.id < $1)
        OR EXISTS (SELECT 1 FROM surge s WHERE s.workspace_id = w.id AND s.ended_at IS NULL) ORDER BY w.id";
    BEGIN = "INSERT INTO topic_progress (workspace_id, message_id, looked_id) SELECT id, $2, $2 FROM workspace WHERE id = $1
        ON CONFLICT (workspace_id) DO NOTHING";
    ADVANCE = "UPDATE topic_progress SET message_id = $3 WHERE workspace_id = $1 AND message_id = $2";
    LOOK = "UPDATE topic_progress SET looked_id = $3 WHERE workspace_id = $1 AND looked_id = $2";
    NEXT = "SELECT id FROM message WHERE workspace_id = $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4";
    NEWEST = "SELECT id FROM message WHERE workspace_id = $1 AND id >= $2 AND direction = $3 ORDER BY id DESC LIMIT $4";
    COUNT = "INSERT INTO topic_count (workspace_id, kind, subject, hour, count) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace_id, kind, subject, hour) DO UPDATE SET count = topic_count.count + excluded.count";
    HOURS = "SELECT hour, count FROM topic_count
        WHERE workspace_id = $1 AND kind = $2 AND subject = $3 AND hour >= $4 AND hour <= $5 ORDER BY hour";
    SUMS = "SELECT subject, CAST(SUM(CASE WHEN hour > $3 - 1 THEN count ELSE 0 END) AS BIGINT),
        CAST(SUM(CASE WHEN hour > $3 - 6 THEN count ELSE 0 END) AS BIGINT),
        CAST(SUM(CASE WHEN hour > $3 - 24 THEN count ELSE 0 END) AS BIGINT), CAST(SUM(count) AS BIGINT)
        FROM topic_count WHERE workspace_id = $1 AND kind = $2 AND hour <= $3 AND hour > $4 GROUP BY subject
        HAVING CAST(SUM(CASE WHEN hour > $3 - 24 THEN count ELSE 0 END) AS BIGINT) >= $5 ORDER BY subject";
    TOTALS = "SELECT subject, CAST(SUM(count) AS BIGINT) FROM topic_count
        WHERE workspace_id = $1 AND kind = $2 AND hour > $3 AND hour <= $4 GROUP BY subject ORDER BY subject";
    FIRST = "SELECT MIN(hour) FROM topic_count WHERE workspace_id = $1 AND kind = $2";
    FORGET = "DELETE FROM topic_count WHERE workspace_id = $1 AND kind = $2 AND hour < $3";
    FORGET_RARE = "DELETE FROM topic_count WHERE workspace_id = $1 AND kind = 'word' AND hour < $2 AND subject IN (
        SELECT subject FROM topic_count WHERE workspace_id = $1 AND kind = 'word' GROUP BY subject HAVING CAST(SUM(count) AS BIGINT) < $3)";
    FORGET_SURGES = "DELETE FROM surge WHERE workspace_id = $1 AND ended_at < $2";
    RISE = "INSERT INTO surge (id, workspace_id, kind, subject, count, hours, usual, began_at, ended_at, dismissed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, FALSE) ON CONFLICT DO NOTHING";
    GO_ON = "UPDATE surge SET count = $3, hours = $4, usual = $5 WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL";
    END = "UPDATE surge SET ended_at = $3 WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL";
    DISMISS = "UPDATE surge SET dismissed = TRUE WHERE workspace_id = $1 AND id = $2";
    LASTING = concat!("SELECT ", columns!(), " FROM surge WHERE workspace_id = $1 AND ended_at IS NULL ORDER BY id");
    GET = concat!("SELECT ", columns!(), " FROM surge WHERE workspace_id = $1 AND id = $2");
    LIST = concat!("SELECT ", columns!(), " FROM surge WHERE workspace_id = $1 AND (began_at, id) < ($2, $3)
        ORDER BY began_at DESC, id DESC LIMIT $4");
    CALLING = "SELECT DISTINCT workspace_id FROM surge WHERE ended_at IS NULL AND NOT dismissed";
}

/// A workspace with something to be counted or looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Messages up to this one were counted.
    pub message: MessageId,
    /// Up to which of them it was looked for what is unusual.
    pub looked: MessageId,
}

/// How often something was said in one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counted {
    /// What is counted.
    pub kind: TopicKind,
    /// Which one of its kind.
    pub subject: i64,
    /// The hour since 1970 UTC.
    pub hour: i64,
}

/// How often one thing was said lately, and in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sums {
    /// What.
    pub subject: i64,
    /// In the last hour, six and 24 hours.
    pub lately: [i64; 3],
    /// In the whole stretch.
    pub all: i64,
}

/// Something that was said far more often than usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurgeRow {
    /// Its id.
    pub id: SurgeId,
    /// What was counted.
    pub kind: TopicKind,
    /// Which one of its kind.
    pub subject: i64,
    /// How often it was said when it was looked at last.
    pub count: i64,
    /// In how many hours.
    pub hours: i64,
    /// How often would have been usual, in hundredths.
    pub usual: i64,
    /// When it was noticed.
    pub began_at: Millis,
    /// When it was over.
    pub ended_at: Option<Millis>,
    /// Whether somebody has seen to it.
    pub dismissed: bool,
}

fn read(row: &mut Row) -> Result<SurgeRow> {
    Ok(SurgeRow {
        id: row.take()?,
        kind: row.take()?,
        subject: row.take()?,
        count: row.take()?,
        hours: row.take()?,
        usual: row.take()?,
        began_at: row.take()?,
        ended_at: row.take()?,
        dismissed: row.take()?,
    })
}

/// The workspaces in which something is to be counted or looked at, of messages before one, or a rise lasts; without progress
/// where none began. Serves the workers of all workspaces.
pub async fn behind(tx: &mut Tx, before: MessageId) -> Result<Vec<(WorkspaceId, Option<Progress>)>> {
    tx.query_map(BEHIND, values![before], |row| {
        let (workspace, message) = (row.take()?, row.take::<Option<MessageId>>()?);
        let progress = message.zip(row.take::<Option<MessageId>>()?);
        Ok((workspace, progress.map(|(message, looked)| Progress { message, looked })))
    })
    .await
}

/// Begins to count a workspace's messages after one.
pub async fn begin(tx: &mut Tx, ws: WorkspaceId, after: MessageId) -> Result<bool> {
    tx.change(BEGIN, values![ws, after]).await
}

/// Notes up to which message it was counted; `false` when somebody else has gone on from `before`.
pub async fn advance(tx: &mut Tx, ws: WorkspaceId, before: MessageId, after: MessageId) -> Result<bool> {
    tx.change(ADVANCE, values![ws, before, after]).await
}

/// Notes up to which message it was looked for what is unusual; `false` when somebody else has gone on from `before`.
pub async fn look(tx: &mut Tx, ws: WorkspaceId, before: MessageId, after: MessageId) -> Result<bool> {
    tx.change(LOOK, values![ws, before, after]).await
}

/// The next messages after one and before another, of everybody.
pub async fn next(
    tx: &mut Tx,
    ws: WorkspaceId,
    after: MessageId,
    before: MessageId,
    limit: i64,
) -> Result<Vec<MessageId>> {
    tx.query_map(NEXT, values![ws, after, before, limit], Row::take).await
}

/// The newest messages of customers from one on, the newest first.
pub async fn newest(tx: &mut Tx, ws: WorkspaceId, from: MessageId, limit: i64) -> Result<Vec<MessageId>> {
    tx.query_map(NEWEST, values![ws, from, Direction::In, limit], Row::take).await
}

/// Adds to what was counted.
pub async fn count(tx: &mut Tx, ws: WorkspaceId, counts: &[(Counted, i64)]) -> Result<()> {
    let sets: Vec<Vec<Value>> =
        counts.iter().map(|(of, count)| values![ws, of.kind, of.subject, of.hour, *count].to_vec()).collect();
    tx.execute_each(COUNT, &sets).await?;
    Ok(())
}

/// The hours in which something was said, from one to another, with how often.
pub async fn hours(
    tx: &mut Tx,
    ws: WorkspaceId,
    (kind, subject): (TopicKind, i64),
    from: i64,
    to: i64,
) -> Result<Vec<(i64, i64)>> {
    let read = |row: &mut Row| Ok((row.take()?, row.take()?));
    tx.query_map(HOURS, values![ws, kind, subject, from, to], read).await
}

/// What of a kind was said at least so often in the 24 hours up to one, with how often it was since another.
pub async fn sums(
    tx: &mut Tx,
    ws: WorkspaceId,
    kind: TopicKind,
    now: i64,
    after: i64,
    least: i64,
) -> Result<Vec<Sums>> {
    tx.query_map(SUMS, values![ws, kind, now, after, least], |row| {
        let subject = row.take()?;
        Ok(Sums { subject, lately: [row.take()?, row.take()?, row.take()?], all: row.take()? })
    })
    .await
}

/// How often each of a kind was said after an hour, up to another.
pub async fn totals(
    tx: &mut Tx,
    ws: WorkspaceId,
    kind: TopicKind,
    after: i64,
    to: i64,
) -> Result<Vec<(i64, i64)>> {
    tx.query_map(TOTALS, values![ws, kind, after, to], |row| Ok((row.take()?, row.take()?))).await
}

/// The first hour that something of a kind was counted in.
pub async fn first(tx: &mut Tx, ws: WorkspaceId, kind: TopicKind) -> Result<Option<i64>> {
    tx.query_one(FIRST, values![ws, kind]).await?.take()
}

/// Forgets what of a kind was counted before an hour.
pub async fn forget(tx: &mut Tx, ws: WorkspaceId, kind: TopicKind, before: i64) -> Result<u64> {
    tx.execute(FORGET, values![ws, kind, before]).await
}

/// Forgets words before an hour that were said fewer times in all.
pub async fn forget_rare(tx: &mut Tx, ws: WorkspaceId, before: i64, least: i64) -> Result<u64> {
    tx.execute(FORGET_RARE, values![ws, before, least]).await
}

/// Forgets what was over before a moment.
pub async fn forget_surges(tx: &mut Tx, ws: WorkspaceId, before: Millis) -> Result<u64> {
    tx.execute(FORGET_SURGES, values![ws, before]).await
}

/// Notes a rise; `false` when it lasts already.
pub async fn rise(tx: &mut Tx, ws: WorkspaceId, new: &SurgeRow) -> Result<bool> {
    let SurgeRow { id, kind, subject, count, hours, usual, began_at, .. } = *new;
    tx.change(RISE, values![id, ws, kind, subject, count, hours, usual, began_at]).await
}

/// Notes how a rise stands now; `false` when it is over.
pub async fn go_on(tx: &mut Tx, ws: WorkspaceId, now: &SurgeRow) -> Result<bool> {
    tx.change(GO_ON, values![ws, now.id, now.count, now.hours, now.usual]).await
}

/// Notes that a rise is over; `false` when it was.
pub async fn end(tx: &mut Tx, ws: WorkspaceId, id: SurgeId, at: Millis) -> Result<bool> {
    tx.change(END, values![ws, id, at]).await
}

/// Puts a rise away; `false` when there is none.
pub async fn dismiss(tx: &mut Tx, ws: WorkspaceId, id: SurgeId) -> Result<bool> {
    tx.change(DISMISS, values![ws, id]).await
}

/// The rises that last.
pub async fn lasting(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<SurgeRow>> {
    tx.query_map(LASTING, values![ws], read).await
}

/// One rise.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: SurgeId) -> Result<Option<SurgeRow>> {
    Ok(tx.query_map(GET, values![ws, id], read).await?.pop())
}

/// The rises, the last noticed first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId, cursor: Option<&str>, limit: i64) -> Result<Page<SurgeRow>> {
    let from = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let rows = tx.query_map(LIST, values![ws, from.at, from.id, limit + 1], read).await?;
    Ok(Page::cut(rows, limit, |row| Cursor { at: row.began_at, id: row.id.0 }))
}

/// The workspaces in which a rise lasts that nobody has seen to.
pub async fn calling(tx: &mut Tx) -> Result<Vec<WorkspaceId>> {
    tx.query_map(CALLING, &[], Row::take).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{id, sample, write};
    use crate::{message, testing};

    fn at(kind: TopicKind, subject: i64, hour: i64) -> Counted {
        Counted { kind, subject, hour }
    }

    #[tokio::test]
    async fn what_is_said_is_counted_once_added_up_and_forgotten() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let ws = some.ws;
                    let (word, end) = (TopicKind::Word, MessageId(i64::MAX));
                    assert!(behind(tx, end).await?.contains(&(ws, None)));
                    assert!(begin(tx, ws, MessageId(0)).await? && !begin(tx, ws, MessageId(9)).await?);
                    let row = some.customer_writes("where is it");
                    message::insert(tx, ws, &row).await?;
                    let ours = some.agent_writes("there");
                    message::insert(tx, ws, &ours).await?;
                    let waits = |all: Vec<(WorkspaceId, Option<Progress>)>| all.iter().any(|one| one.0 == ws);
                    assert!(waits(behind(tx, end).await?) && !waits(behind(tx, row.id).await?));
                    assert_eq!(next(tx, ws, MessageId(0), end, 9).await?, [row.id, ours.id]);
                    assert_eq!(next(tx, ws, MessageId(0), ours.id, 9).await?, [row.id]);
                    assert_eq!(newest(tx, ws, MessageId(0), 9).await?, [row.id], "of customers alone");
                    assert!(advance(tx, ws, MessageId(0), ours.id).await?);
                    assert!(!advance(tx, ws, MessageId(0), ours.id).await?, "somebody else has gone on");
                    assert!(waits(behind(tx, end).await?), "it was counted and not looked at");
                    assert!(look(tx, ws, MessageId(0), ours.id).await?);
                    assert!(!look(tx, ws, MessageId(0), ours.id).await? && !waits(behind(tx, end).await?));
                    let counts = [
                        (at(word, 7, 100), 2),
                        (at(word, 7, 130), 3),
                        (at(word, 8, 130), 1),
                        (at(TopicKind::All, 0, 99), 4),
                    ];
                    count(tx, ws, &counts).await?;
                    count(tx, ws, &[(at(word, 7, 130), 4)]).await?;
                    assert_eq!(first(tx, ws, TopicKind::All).await?, Some(99));
                    assert_eq!(hours(tx, ws, (word, 7), 0, 999).await?, [(100, 2), (130, 7)]);
                    assert_eq!(hours(tx, ws, (word, 7), 101, 130).await?, [(130, 7)]);
                    let sums_now = sums(tx, ws, word, 133, 0, 5).await?;
                    assert_eq!(sums_now, [Sums { subject: 7, lately: [0, 7, 7], all: 9 }]);
                    assert_eq!(totals(tx, ws, word, 100, 130).await?, [(7, 7), (8, 1)]);
                    assert_eq!(forget_rare(tx, ws, 131, 2).await?, 1, "what was said once");
                    assert_eq!(forget(tx, ws, word, 101).await?, 1);
                    assert_eq!(totals(tx, ws, word, 0, 999).await?, [(7, 7)]);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }

    #[tokio::test]
    async fn a_rise_lasts_once_is_put_away_and_may_come_again() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let ws = some.ws;
                    let row = |began: i64| SurgeRow {
                        id: id(),
                        kind: TopicKind::Word,
                        subject: 7,
                        count: 9,
                        hours: 6,
                        usual: 125,
                        began_at: Millis(began),
                        ended_at: None,
                        dismissed: false,
                    };
                    let one = row(5);
                    assert!(rise(tx, ws, &one).await? && !rise(tx, ws, &row(6)).await?, "it lasts");
                    assert!(calling(tx).await?.contains(&ws));
                    assert!(go_on(tx, ws, &SurgeRow { count: 12, ..one }).await?);
                    assert_eq!(lasting(tx, ws).await?, [SurgeRow { count: 12, ..one }]);
                    assert!(dismiss(tx, ws, one.id).await? && !calling(tx).await?.contains(&ws));
                    assert!(end(tx, ws, one.id, Millis(8)).await? && !end(tx, ws, one.id, Millis(9)).await?);
                    assert!(!go_on(tx, ws, &one).await?);
                    let again = row(20);
                    assert!(rise(tx, ws, &again).await?, "it came again");
                    let page = list(tx, ws, None, 1).await?;
                    assert_eq!(page.items, [again]);
                    let last = list(tx, ws, page.next_cursor.as_deref(), 1).await?;
                    assert_eq!((last.items[0].ended_at, last.next_cursor), (Some(Millis(8)), None));
                    assert_eq!(get(tx, ws, one.id).await?, Some(last.items[0]));
                    assert_eq!(forget_surges(tx, ws, Millis(9)).await?, 1);
                    assert_eq!(list(tx, ws, None, 9).await?.items, [again]);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
