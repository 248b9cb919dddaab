//! The workspace's sequence of changes: 1, 2, 3 … without a gap, in the order of commits.

use model::{Change, ConversationId, EventKind, MessageId, Millis, Was, WorkspaceId};

use crate::values::{Row, Value, statements, values};
use crate::{Error, Result, Tx};

statements! {
    ADVANCE = "UPDATE workspace SET event_seq = event_seq + $2 WHERE id = $1 RETURNING event_seq";
    INSERT = "INSERT INTO event (workspace_id, seq, kind, subject, conversation_id, deleted, at, was_assignee_id,
        was_team_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    SINCE = "SELECT seq, kind, subject, conversation_id, deleted, was_assignee_id, was_team_id FROM event
        WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
    HEAD = "SELECT event_seq FROM workspace WHERE id = $1";
    HEADS = "SELECT id, event_seq FROM workspace ORDER BY id";
    LEAP = "UPDATE workspace SET event_seq = event_seq + $1";
    /// The workspaces whose oldest change is from before a time: one step into an index for each.
    AGED = "SELECT w.id FROM workspace w
        WHERE (SELECT e.at FROM event e WHERE e.workspace_id = w.id ORDER BY e.seq LIMIT 1) < $1 ORDER BY w.id";
    /// Those before the first that is not; all, where none is.
    PRUNE = "DELETE FROM event WHERE workspace_id = $1 AND seq < COALESCE(
        (SELECT e.seq FROM event e WHERE e.workspace_id = $1 AND e.at >= $2 ORDER BY e.seq LIMIT 1),
        (SELECT w.event_seq + 1 FROM workspace w WHERE w.id = $1))";
}

/// A change to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewChange {
    /// What kind of thing changed.
    pub kind: EventKind,
    /// The raw id of the thing.
    pub subject: i64,
    /// The raw id of the conversation it belongs to.
    pub conversation: Option<i64>,
    /// Whether the thing is gone.
    pub deleted: bool,
    /// To whom the conversation belonged before, where that changed.
    pub was: Was,
}

impl NewChange {
    /// A thing that belongs to no conversation changed.
    pub fn of(kind: EventKind, subject: i64) -> Self {
        Self { kind, subject, conversation: None, deleted: false, was: Was::default() }
    }

    /// A message changed, and perhaps its conversation.
    pub fn message(message: MessageId, conversation: ConversationId) -> Self {
        Self {
            kind: EventKind::Message,
            subject: message.0,
            conversation: Some(conversation.0),
            deleted: false,
            was: Was::default(),
        }
    }

    /// A conversation changed.
    pub fn conversation(conversation: ConversationId) -> Self {
        Self {
            kind: EventKind::Conversation,
            subject: conversation.0,
            conversation: Some(conversation.0),
            deleted: false,
            was: Was::default(),
        }
    }

    /// A thing that belongs to no conversation is gone.
    pub fn deleted(kind: EventKind, subject: i64) -> Self {
        Self { kind, subject, conversation: None, deleted: true, was: Was::default() }
    }
}

fn read(row: &mut Row) -> Result<Change> {
    Ok(Change {
        seq: row.take()?,
        kind: row.take()?,
        subject: row.take()?,
        conversation: row.take()?,
        deleted: row.take()?,
        was: Was { assignee_id: row.take()?, team_id: row.take()? },
    })
}

/// Adds changes and tells the last number. On PostgreSQL it holds the workspace's row until the transaction ends:
/// call it last.
pub async fn append(tx: &mut Tx, ws: WorkspaceId, changes: &[NewChange], now: Millis) -> Result<i64> {
    if changes.is_empty() {
        return head(tx, ws).await;
    }
    let row = tx.query_opt(ADVANCE, values![ws, changes.len() as i64]).await?;
    let last: i64 = row.ok_or(Error::Missing)?.take()?;
    let first = last - changes.len() as i64 + 1;
    let sets: Vec<Vec<Value>> = (first..)
        .zip(changes)
        .map(|(seq, change)| {
            let Was { assignee_id, team_id } = change.was;
            let NewChange { kind, subject, conversation, deleted, .. } = *change;
            values![ws, seq, kind, subject, conversation, deleted, now, assignee_id, team_id].to_vec()
        })
        .collect();
    tx.execute_each(INSERT, &sets).await?;
    crate::fail_point!("event.appended");
    Ok(last)
}

/// The changes after a number, ascending. When the first is not `after + 1`, or there is none although
/// [`head`] is greater, then older ones were pruned and the reader must start over.
pub async fn since(tx: &mut Tx, ws: WorkspaceId, after: i64, limit: i64) -> Result<Vec<Change>> {
    tx.query_map(SINCE, values![ws, after, limit], read).await
}

/// The workspace's last number; 0 when nothing ever changed.
pub async fn head(tx: &mut Tx, ws: WorkspaceId) -> Result<i64> {
    let row = tx.query_opt(HEAD, values![ws]).await?;
    row.map_or(Ok(0), |mut row| row.take())
}

/// The last numbers of all workspaces.
pub async fn heads(tx: &mut Tx) -> Result<Vec<(WorkspaceId, i64)>> {
    tx.query_map(HEADS, &[], |row| Ok((row.take()?, row.take()?))).await
}

/// Leaves out numbers in all workspaces, because the database is an older copy: whoever has read further than it
/// reaches finds a gap and starts over.
pub async fn leap(tx: &mut Tx, by: i64) -> Result<()> {
    tx.execute(LEAP, values![by]).await.map(drop)
}

/// Forgets the changes of all workspaces up to the first that is not from before a time; tells how many. What is kept has
/// no gap, whatever the clocks of those who wrote it.
pub async fn prune(tx: &mut Tx, before: Millis) -> Result<u64> {
    let aged = tx.query_map(AGED, values![before], |row| row.take::<WorkspaceId>()).await?;
    let mut count = 0;
    for workspace in aged {
        count += tx.execute(PRUNE, values![workspace, before]).await?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests;
