//! What the bot would have said to questions that people answered. Nothing of what was asked or answered is kept here a
//! second time: trials name the messages, and go with them.

use model::{
    Agreement, HandOverReason, InboxId, JobId, MessageId, Millis, Replay, Trial, TrialDeed, TrialId, Verdict,
    WorkspaceId,
};

use crate::page::{Cursor, Page};
use crate::values::{Row, statements, values};
use crate::{Result, Tx};

/// The run of trials on conversations of the day.
pub const SHADOW: Run = Run(0);

/// Trials that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run(i64);

impl From<JobId> for Run {
    /// The run that a job carries out.
    fn from(job: JobId) -> Self {
        Self(job.0)
    }
}

statements! {
    BEGIN = "INSERT INTO bot_replay (workspace_id, inbox_id, run, conversations, looked, started_at)
        VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (workspace_id, inbox_id) DO UPDATE SET run = excluded.run,
        conversations = excluded.conversations, looked = 0, place = NULL, started_at = excluded.started_at, done_at = NULL";
    CLEAR = "DELETE FROM bot_trial WHERE workspace_id = $1 AND inbox_id = $2 AND run <> 0 AND run <> $3";
    REPLAY = "SELECT run, conversations, looked, started_at, done_at, place FROM bot_replay
        WHERE workspace_id = $1 AND inbox_id = $2";
    ADVANCE = "UPDATE bot_replay SET looked = $4, place = $5, done_at = $6
        WHERE workspace_id = $1 AND inbox_id = $2 AND run = $3 AND done_at IS NULL";
    INSERT = "INSERT INTO bot_trial (workspace_id, id, inbox_id, run, conversation_id, message_id, reply_id, deed, said,
        confidence, reason, agreement, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (workspace_id, message_id, run) DO NOTHING";
    WAS_TRIED = "SELECT EXISTS (SELECT 1 FROM bot_trial WHERE workspace_id = $1 AND message_id = $2 AND run = $3)";
    JUDGE = "UPDATE bot_trial SET verdict = $3 WHERE workspace_id = $1 AND id = $2";
    GET = "SELECT id, conversation_id, message_id, reply_id, deed, said, confidence, reason, agreement, verdict, at
        FROM bot_trial WHERE workspace_id = $1 AND id = $2";
    LIST = "SELECT id, conversation_id, message_id, reply_id, deed, said, confidence, reason, agreement, verdict, at
        FROM bot_trial WHERE workspace_id = $1 AND inbox_id = $2 AND run = $3 AND id < $4
        AND (CAST($5 AS TEXT) IS NULL OR deed = $5) AND (CAST($6 AS TEXT) IS NULL OR agreement = $6)
        ORDER BY id DESC LIMIT $7";
    COUNTS = "SELECT deed, confidence, reason, agreement, verdict, COUNT(*) FROM bot_trial
        WHERE workspace_id = $1 AND inbox_id = $2 AND run = $3 GROUP BY deed, confidence, reason, agreement, verdict";
    FORGET_OLD = "DELETE FROM bot_trial WHERE workspace_id = $1 AND inbox_id = $2 AND run = 0 AND id <= COALESCE((
        SELECT t.id FROM bot_trial t WHERE t.workspace_id = $1 AND t.inbox_id = $2 AND t.run = 0
        ORDER BY t.id DESC LIMIT 1 OFFSET $3), 0)";
}

/// A trial on past conversations, with what a worker needs to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which one it is.
    pub run: Run,
    /// What is told of it.
    pub replay: Replay,
    /// Where in the list of conversations it is; `None` at the beginning.
    pub place: Option<String>,
}

/// Begins a trial on past conversations in place of the one before it, whose results go.
/// [`crate::Error::Missing`] when there is no such inbox.
pub async fn begin(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    run: Run,
    conversations: i64,
    now: Millis,
) -> Result<()> {
    tx.execute(BEGIN, values![ws, inbox, run.0, conversations, now]).await?;
    tx.execute(CLEAR, values![ws, inbox, run.0]).await?;
    Ok(())
}

/// The newest trial on past conversations; `None` when there was none.
pub async fn replay(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId) -> Result<Option<Progress>> {
    let row = tx.query_opt(REPLAY, values![ws, inbox]).await?;
    let read = |mut row: Row| {
        Ok(Progress {
            run: Run(row.take()?),
            replay: Replay {
                conversations: row.take()?,
                looked: row.take()?,
                started_at: row.take()?,
                done_at: row.take()?,
            },
            place: row.take()?,
        })
    };
    row.map(read).transpose()
}

/// Keeps how far a run is; `false` when it ended or another took its place.
pub async fn advance(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, progress: &Progress) -> Result<bool> {
    let Progress { run, replay, place } = progress;
    tx.change(ADVANCE, values![ws, inbox, run.0, replay.looked, place.as_deref(), replay.done_at]).await
}

/// Keeps a trial; `false` when the question was tried in this run already.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, run: Run, trial: &Trial) -> Result<bool> {
    let values = values![
        ws,
        trial.id,
        inbox,
        run.0,
        trial.conversation_id,
        trial.message_id,
        trial.reply_id,
        trial.deed,
        trial.said.as_deref(),
        trial.confidence,
        trial.reason,
        trial.agreement,
        trial.at,
    ];
    tx.change(INSERT, values).await
}

/// Whether a question was tried in a run.
pub async fn was_tried(tx: &mut Tx, ws: WorkspaceId, question: MessageId, run: Run) -> Result<bool> {
    tx.query_one(WAS_TRIED, values![ws, question, run.0]).await?.take()
}

/// Leaves the newest `keep` trials of the day of an inbox; tells how many went.
pub async fn forget_old(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, keep: i64) -> Result<u64> {
    tx.execute(FORGET_OLD, values![ws, inbox, keep]).await
}

/// Keeps what a person makes of a trial; `false` when there is none of this id.
pub async fn judge(tx: &mut Tx, ws: WorkspaceId, id: TrialId, verdict: Option<Verdict>) -> Result<bool> {
    tx.change(JUDGE, values![ws, id, verdict]).await
}

/// One trial.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: TrialId) -> Result<Option<Trial>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row)).transpose()
}

/// Which trials to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of this deed; `None` for any.
    pub deed: Option<TrialDeed>,
    /// Those that compare so; `None` for any.
    pub agreement: Option<Agreement>,
}

/// A page of trials, the newest first.
pub async fn list(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    run: Run,
    filter: Filter,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<Trial>> {
    let from = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let values = values![ws, inbox, run.0, from.id, filter.deed, filter.agreement, limit + 1];
    let rows = tx.query_map(LIST, values, read).await?;
    Ok(Page::cut(rows, limit, |trial| Cursor { at: trial.at, id: trial.id.0 }))
}

/// How many trials ended alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// What the bot would have done.
    pub deed: TrialDeed,
    /// How sure it was, in percent.
    pub confidence: Option<i64>,
    /// Why it would have left it to people.
    pub reason: Option<HandOverReason>,
    /// How it compares with what a person said.
    pub agreement: Option<Agreement>,
    /// What a person makes of it.
    pub verdict: Option<Verdict>,
    /// So many.
    pub count: i64,
}

/// Trials counted by how they ended.
pub async fn counts(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, run: Run) -> Result<Vec<Count>> {
    let read = |row: &mut Row| {
        Ok(Count {
            deed: row.take()?,
            confidence: row.take()?,
            reason: row.take()?,
            agreement: row.take()?,
            verdict: row.take()?,
            count: row.take()?,
        })
    };
    tx.query_map(COUNTS, values![ws, inbox, run.0], read).await
}

fn read(row: &mut Row) -> Result<Trial> {
    Ok(Trial {
        id: row.take()?,
        conversation_id: row.take()?,
        message_id: row.take()?,
        reply_id: row.take()?,
        deed: row.take()?,
        said: row.take()?,
        confidence: row.take()?,
        reason: row.take()?,
        agreement: row.take()?,
        verdict: row.take()?,
        at: row.take()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, id, sample, write};
    use crate::{removal, testing};

    fn trial(some: &Sample, message: model::MessageId) -> Trial {
        Trial {
            id: id(),
            conversation_id: some.conversation,
            message_id: message,
            reply_id: id(),
            deed: TrialDeed::Answer,
            said: Some("14 days".to_owned()),
            confidence: Some(83),
            reason: None,
            agreement: Some(Agreement::Same),
            verdict: None,
            at: Millis(3),
        }
    }

    #[tokio::test]
    async fn a_run_takes_the_place_of_the_one_before_it() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let (ws, inbox) = (some.ws, some.inbox);
                    assert_eq!(replay(tx, ws, inbox).await?, None);
                    let (first, second) = (Run(id()), Run(id()));
                    begin(tx, ws, inbox, first, 100, Millis(1)).await?;
                    let question = id();
                    assert!(insert(tx, ws, inbox, first, &trial(&some, question)).await?);
                    assert!(!insert(tx, ws, inbox, first, &trial(&some, question)).await?, "once in a run");
                    assert!(!was_tried(tx, ws, question, SHADOW).await?, "another run's");
                    assert!(insert(tx, ws, inbox, SHADOW, &trial(&some, question)).await?);
                    assert!(was_tried(tx, ws, question, SHADOW).await?);
                    let mut at = replay(tx, ws, inbox).await?.expect("begun");
                    (at.replay.looked, at.place) = (20, Some("here".to_owned()));
                    assert!(advance(tx, ws, inbox, &at).await?);
                    assert_eq!(replay(tx, ws, inbox).await?, Some(at.clone()));
                    begin(tx, ws, inbox, second, 50, Millis(2)).await?;
                    assert!(!advance(tx, ws, inbox, &at).await?, "another took its place");
                    assert!(counts(tx, ws, inbox, first).await?.is_empty());
                    assert_eq!(counts(tx, ws, inbox, SHADOW).await?[0].count, 1, "those of the day stay");
                    let mut at = replay(tx, ws, inbox).await?.expect("begun");
                    at.replay.done_at = Some(Millis(9));
                    assert!(advance(tx, ws, inbox, &at).await?);
                    assert!(!advance(tx, ws, inbox, &at).await?, "it ended");
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }

    #[tokio::test]
    async fn trials_are_listed_judged_and_go_with_what_they_are_about() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let (ws, inbox) = (some.ws, some.inbox);
                    let any = Filter::default();
                    let mut made = Vec::new();
                    for place in 0..5 {
                        let question = id();
                        let mut one = trial(&some, question);
                        if place == 0 {
                            one.agreement = Some(Agreement::Different);
                        }
                        insert(tx, ws, inbox, SHADOW, &one).await?;
                        made.push(one);
                    }
                    let page = list(tx, ws, inbox, SHADOW, any, None, 3).await?;
                    assert_eq!(page.items, [made[4].clone(), made[3].clone(), made[2].clone()]);
                    let next = page.next_cursor.expect("there are more");
                    let page = list(tx, ws, inbox, SHADOW, any, Some(&next), 3).await?;
                    assert_eq!(page.items, [made[1].clone(), made[0].clone()]);
                    let other = Filter { agreement: Some(Agreement::Different), ..any };
                    let page = list(tx, ws, inbox, SHADOW, other, None, 3).await?;
                    assert_eq!(page.items, [made[0].clone()]);
                    let other = Filter { deed: Some(TrialDeed::Offer), ..any };
                    assert!(list(tx, ws, inbox, SHADOW, other, None, 3).await?.items.is_empty());
                    assert!(judge(tx, ws, made[0].id, Some(Verdict::Right)).await?);
                    assert!(!judge(tx, ws, id(), None).await?, "there is none");
                    let judged = get(tx, ws, made[0].id).await?.expect("there");
                    assert_eq!(judged.verdict, Some(Verdict::Right));
                    removal::messages(tx, ws, &[made[4].message_id]).await?;
                    assert_eq!(forget_old(tx, ws, inbox, 2).await?, 2);
                    let page = list(tx, ws, inbox, SHADOW, any, None, 9).await?;
                    assert_eq!(page.items, [made[3].clone(), made[2].clone()]);
                    assert_eq!(forget_old(tx, ws, inbox, 2).await?, 0);
                    removal::person(tx, ws, some.contact).await?;
                    assert!(counts(tx, ws, inbox, SHADOW).await?.is_empty());
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
