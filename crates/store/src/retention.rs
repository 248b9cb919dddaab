//! Rules about how long data lives, and the runs that keep them.

use model::{
    DataClass, InboxId, Millis, RetentionCount, RetentionId, RetentionReport, RetentionRule, WorkspaceId,
};

use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

statements! {
    LIST = "SELECT id, inbox_id, class, purpose, days, changed_at FROM retention WHERE workspace_id = $1 ORDER BY id";
    INSERT = "INSERT INTO retention (id, workspace_id, inbox_id, class, purpose, days, changed_at)
        VALUES ($2, $1, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    CHANGE = "UPDATE retention SET days = $3, changed_at = $4 WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM retention WHERE workspace_id = $1 AND id = $2";
    WORKSPACES = "SELECT DISTINCT workspace_id FROM retention ORDER BY workspace_id";
    INBOXES = "SELECT id FROM inbox WHERE workspace_id = $1 ORDER BY id";
    BEGIN = "INSERT INTO retention_run (workspace_id, day, began_at, lease_until, removed)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (workspace_id, day) DO UPDATE SET lease_until = excluded.lease_until
        WHERE retention_run.finished_at IS NULL AND retention_run.lease_until < $3";
    NOTE = "UPDATE retention_run SET removed = $3, lease_until = $4, finished_at = $5
        WHERE workspace_id = $1 AND day = $2 AND finished_at IS NULL";
    RUNS = "SELECT day, began_at, finished_at, removed FROM retention_run WHERE workspace_id = $1
        ORDER BY day DESC LIMIT $2";
}

fn read(row: &mut Row) -> Result<RetentionRule> {
    Ok(RetentionRule {
        id: row.take()?,
        inbox_id: row.take()?,
        class: row.take()?,
        purpose: row.take()?,
        days: row.take()?,
        changed_at: row.take()?,
    })
}

/// The rules of a workspace.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<RetentionRule>> {
    tx.query_map(LIST, values![ws], read).await
}

/// Writes a rule. [`crate::Error::Unique`] when there is one for the same data, [`crate::Error::Missing`] when there is
/// no such inbox.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, rule: &RetentionRule) -> Result<()> {
    let values = values![ws, rule.id, rule.inbox_id, rule.class, rule.purpose, rule.days, rule.changed_at];
    tx.insert(INSERT, values, "the rule for this data").await
}

/// Changes how many days a rule gives; `false` when there is none.
pub async fn change(tx: &mut Tx, ws: WorkspaceId, id: RetentionId, days: i64, now: Millis) -> Result<bool> {
    tx.change(CHANGE, values![ws, id, days, now]).await
}

/// Removes a rule; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: RetentionId) -> Result<bool> {
    tx.change(DELETE, values![ws, id]).await
}

/// The workspaces that have rules.
pub async fn workspaces(tx: &mut Tx) -> Result<Vec<WorkspaceId>> {
    tx.query_map(WORKSPACES, &[], |row| row.take()).await
}

/// The inboxes of a workspace, also those that were removed: what came through them is still here.
pub async fn inboxes(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<InboxId>> {
    tx.query_map(INBOXES, values![ws], |row| row.take()).await
}

/// Takes a day's run; `false` when it is done, or somebody else is at it. One that broke off can be taken once its
/// lease is over.
pub async fn begin(tx: &mut Tx, ws: WorkspaceId, day: i64, now: Millis, lease_until: Millis) -> Result<bool> {
    let nothing = to_json(&RetentionCount::default())?;
    tx.change(BEGIN, values![ws, day, now, lease_until, nothing]).await
}

/// Notes how far a run is; `finished_at` ends it.
pub async fn note(
    tx: &mut Tx,
    ws: WorkspaceId,
    day: i64,
    removed: &RetentionCount,
    lease_until: Millis,
    finished_at: Option<Millis>,
) -> Result<bool> {
    tx.change(NOTE, values![ws, day, to_json(removed)?, lease_until, finished_at]).await
}

/// The last runs, the newest first.
pub async fn runs(tx: &mut Tx, ws: WorkspaceId, limit: i64) -> Result<Vec<RetentionReport>> {
    let read = |row: &mut Row| {
        Ok(RetentionReport {
            day: row.take()?,
            began_at: row.take()?,
            finished_at: row.take()?,
            removed: row.take_json()?,
        })
    };
    tx.query_map(RUNS, values![ws, limit], read).await
}

/// Whether any rule is about a class.
pub fn concerns(rules: &[RetentionRule], class: DataClass) -> bool {
    rules.iter().any(|rule| rule.class == class)
}
