//! When people are there: in the whole workspace, or in an inbox that keeps hours of its own.

use model::{Hours, InboxId, Millis, WorkspaceId};

use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

statements! {
    OF_WORKSPACE = "SELECT zone, week, closed FROM workspace_hours WHERE workspace_id = $1";
    OF_INBOX = "SELECT zone, week, closed FROM inbox_hours WHERE workspace_id = $1 AND inbox_id = $2";
    PUT_WORKSPACE = "INSERT INTO workspace_hours (workspace_id, zone, week, closed, changed_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id) DO UPDATE
        SET zone = excluded.zone, week = excluded.week, closed = excluded.closed, changed_at = excluded.changed_at
        WHERE workspace_hours.zone <> excluded.zone OR workspace_hours.week <> excluded.week
        OR workspace_hours.closed <> excluded.closed";
    PUT_INBOX = "INSERT INTO inbox_hours (workspace_id, inbox_id, zone, week, closed, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workspace_id, inbox_id) DO UPDATE
        SET zone = excluded.zone, week = excluded.week, closed = excluded.closed, changed_at = excluded.changed_at
        WHERE inbox_hours.zone <> excluded.zone OR inbox_hours.week <> excluded.week
        OR inbox_hours.closed <> excluded.closed";
    REMOVE_WORKSPACE = "DELETE FROM workspace_hours WHERE workspace_id = $1";
    REMOVE_INBOX = "DELETE FROM inbox_hours WHERE workspace_id = $1 AND inbox_id = $2";
}

fn read(mut row: Row) -> Result<Hours> {
    Ok(Hours { zone: row.take()?, week: row.take_json()?, closed: row.take_json()? })
}

/// The workspace's hours, which hold for every inbox without hours of its own.
pub async fn of_workspace(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<Hours>> {
    tx.query_opt(OF_WORKSPACE, values![ws]).await?.map(read).transpose()
}

/// An inbox' own hours.
pub async fn of_inbox(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId) -> Result<Option<Hours>> {
    tx.query_opt(OF_INBOX, values![ws, inbox]).await?.map(read).transpose()
}

/// Writes the workspace's hours; `false` when they are so already. [`crate::Error::Missing`] when there is no such workspace.
pub async fn put_workspace(tx: &mut Tx, ws: WorkspaceId, hours: &Hours, now: Millis) -> Result<bool> {
    let (week, closed) = (to_json(&hours.week)?, to_json(&hours.closed)?);
    tx.change(PUT_WORKSPACE, values![ws, &hours.zone, week, closed, now]).await
}

/// Writes an inbox' own hours; `false` when they are so already. [`crate::Error::Missing`] when there is no such inbox.
pub async fn put_inbox(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    hours: &Hours,
    now: Millis,
) -> Result<bool> {
    let (week, closed) = (to_json(&hours.week)?, to_json(&hours.closed)?);
    tx.change(PUT_INBOX, values![ws, inbox, &hours.zone, week, closed, now]).await
}

/// Removes the workspace's hours; tells whether there were any.
pub async fn remove_workspace(tx: &mut Tx, ws: WorkspaceId) -> Result<bool> {
    tx.change(REMOVE_WORKSPACE, values![ws]).await
}

/// Removes an inbox' own hours; tells whether there were any.
pub async fn remove_inbox(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId) -> Result<bool> {
    tx.change(REMOVE_INBOX, values![ws, inbox]).await
}

#[cfg(test)]
mod tests {
    use model::{ClosedDay, Opening, Weekday};

    use super::*;
    use crate::sample::{sample, write};
    use crate::testing;

    #[tokio::test]
    async fn hours_are_kept_apart_for_the_workspace_and_its_inboxes() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let (ws, inbox) = (some.ws, some.inbox);
                    let opening =
                        Opening { day: Weekday::Friday, from: "22:00".into(), until: "02:00".into() };
                    let closed = ClosedDay { date: "2026-12-25".into(), name: "圣诞节".into() };
                    let whole = Hours { zone: "UTC".into(), week: vec![opening], closed: vec![closed] };
                    let own = Hours { zone: "Asia/Shanghai".into(), ..whole.clone() };
                    assert!(put_workspace(tx, ws, &whole, Millis(1)).await?);
                    assert!(!put_workspace(tx, ws, &whole, Millis(2)).await?);
                    assert_eq!(of_inbox(tx, ws, inbox).await?, None);
                    assert!(put_inbox(tx, ws, inbox, &whole, Millis(1)).await?);
                    assert!(put_inbox(tx, ws, inbox, &own, Millis(2)).await?);
                    assert!(!put_inbox(tx, ws, inbox, &own, Millis(3)).await?);
                    assert_eq!(of_inbox(tx, ws, inbox).await?, Some(own));
                    assert_eq!(of_workspace(tx, ws).await?, Some(whole));
                    assert!(remove_inbox(tx, ws, inbox).await? && !remove_inbox(tx, ws, inbox).await?);
                    assert!(remove_workspace(tx, ws).await? && !remove_workspace(tx, ws).await?);
                    assert_eq!(of_workspace(tx, ws).await?, None);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
