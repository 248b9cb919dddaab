//! Alarms: raised once, cleared once, kept for a while.

use model::{Alarm, AlarmId, AlarmKind, InboxId, Millis, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

/// An alarm's columns in the order of [`read`].
macro_rules! columns {
    () => {
        "id, kind, inbox_id, raised_at, cleared_at"
    };
}

statements! {
    RAISE = "INSERT INTO alarm (id, workspace_id, kind, inbox_id, raised_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    CLEAR = "UPDATE alarm SET cleared_at = $3 WHERE workspace_id = $1 AND id = $2 AND cleared_at IS NULL";
    STANDING = concat!("SELECT ", columns!(), " FROM alarm
        WHERE workspace_id = $1 AND cleared_at IS NULL ORDER BY raised_at DESC, id DESC");
    PAST = concat!("SELECT ", columns!(), " FROM alarm
        WHERE workspace_id = $1 AND cleared_at IS NOT NULL ORDER BY cleared_at DESC, id DESC LIMIT $2");
    ALL_STANDING = concat!("SELECT workspace_id, ", columns!(), " FROM alarm WHERE cleared_at IS NULL");
    FORGET = "DELETE FROM alarm WHERE cleared_at < $1";
}

fn read(row: &mut Row) -> Result<Alarm> {
    Ok(Alarm {
        id: row.take()?,
        kind: row.take()?,
        inbox_id: row.take()?,
        raised_at: row.take()?,
        cleared_at: row.take()?,
    })
}

/// Raises an alarm; `false` when one of its kind stands already for the inbox.
pub async fn raise(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: AlarmId,
    kind: AlarmKind,
    inbox: Option<InboxId>,
    now: Millis,
) -> Result<bool> {
    tx.change(RAISE, values![id, ws, kind, inbox, now]).await
}

/// Clears an alarm; `false` when it does not stand.
pub async fn clear(tx: &mut Tx, ws: WorkspaceId, id: AlarmId, now: Millis) -> Result<bool> {
    tx.change(CLEAR, values![ws, id, now]).await
}

/// The alarms that stand, the newest first: at most one of each kind for each inbox.
pub async fn standing(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<Alarm>> {
    tx.query_map(STANDING, values![ws], read).await
}

/// The last alarms that were cleared, the last first.
pub async fn past(tx: &mut Tx, ws: WorkspaceId, limit: i64) -> Result<Vec<Alarm>> {
    tx.query_map(PAST, values![ws, limit], read).await
}

/// The alarms of all workspaces that stand.
pub async fn all_standing(tx: &mut Tx) -> Result<Vec<(WorkspaceId, Alarm)>> {
    tx.query_map(ALL_STANDING, &[], |row| Ok((row.take()?, read(row)?))).await
}

/// Forgets alarms of all workspaces that were cleared before a time; tells how many.
pub async fn forget(tx: &mut Tx, before: Millis) -> Result<u64> {
    tx.execute(FORGET, values![before]).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{id, sample, write};
    use crate::testing;

    #[tokio::test]
    async fn an_alarm_stands_once_and_is_kept_for_a_while_after_it() {
        testing::on_both(|db| async move {
            let (some, other) = (sample(&db).await, sample(&db).await);
            write(&db, move |tx| {
                Box::pin(async move {
                    let (ws, inbox) = (some.ws, Some(some.inbox));
                    let first = id();
                    assert!(raise(tx, ws, first, AlarmKind::Lag, inbox, Millis(5)).await?);
                    assert!(!raise(tx, ws, id(), AlarmKind::Lag, inbox, Millis(6)).await?, "it stands");
                    assert!(raise(tx, ws, id(), AlarmKind::Gap, inbox, Millis(7)).await?);
                    assert!(raise(tx, ws, id(), AlarmKind::Clock, None, Millis(8)).await?);
                    assert!(!raise(tx, ws, id(), AlarmKind::Clock, None, Millis(9)).await?, "it stands");
                    assert!(raise(tx, other.ws, id(), AlarmKind::Clock, None, Millis(9)).await?);
                    assert_eq!(all_standing(tx).await?.len(), 4);
                    assert!(clear(tx, ws, first, Millis(20)).await?);
                    assert!(!clear(tx, ws, first, Millis(21)).await?);
                    let kinds: Vec<_> = standing(tx, ws).await?.iter().map(|alarm| alarm.kind).collect();
                    assert_eq!(kinds, [AlarmKind::Clock, AlarmKind::Gap]);
                    let over = past(tx, ws, 10).await?;
                    assert_eq!((over.len(), over[0].cleared_at), (1, Some(Millis(20))));
                    assert!(raise(tx, ws, id(), AlarmKind::Lag, inbox, Millis(30)).await?, "it came again");
                    assert_eq!(forget(tx, Millis(20)).await?, 0);
                    assert_eq!(forget(tx, Millis(21)).await?, 1);
                    assert_eq!(standing(tx, ws).await?.len(), 3, "what stands is never forgotten");
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
