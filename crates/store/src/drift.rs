//! Whether what customers write has moved, as it was judged last. Numbers alone; what they mean is written and read by others.

use model::{Millis, TopicKind, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    GET = "SELECT accepted_at, moved_at, drift FROM topic_progress WHERE workspace_id = $1";
    PUT = "UPDATE topic_progress SET drift = $3, moved_at = $4 WHERE workspace_id = $1 AND COALESCE(accepted_at, -1) = $2";
    ACCEPT = "UPDATE topic_progress SET accepted_at = $2, drift = $3, moved_at = NULL WHERE workspace_id = $1";
    STRETCHES = "SELECT (hour - $3) / $5, subject, CAST(SUM(count) AS BIGINT) FROM topic_count
        WHERE workspace_id = $1 AND kind = $2 AND hour >= $3 AND hour < $4 GROUP BY 1, 2 ORDER BY 1, 2";
    MOVED = "SELECT workspace_id FROM topic_progress WHERE moved_at IS NOT NULL ORDER BY workspace_id";
}

/// How it stands in a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DriftRow {
    /// When somebody last held what is understood for right.
    pub accepted_at: Option<Millis>,
    /// Since when it is held for moved.
    pub moved_at: Option<Millis>,
    /// What it was judged by (JSON).
    pub drift: Option<String>,
}

/// How it stands; `None` before anything was counted.
pub async fn get(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<DriftRow>> {
    let read =
        |mut row: Row| Ok(DriftRow { accepted_at: row.take()?, moved_at: row.take()?, drift: row.take()? });
    tx.query_opt(GET, values![ws]).await?.map(read).transpose()
}

/// Notes how it stands; `false` when somebody has accepted it since it was read.
pub async fn put(tx: &mut Tx, ws: WorkspaceId, row: &DriftRow) -> Result<bool> {
    let accepted = row.accepted_at.unwrap_or(Millis(-1));
    tx.change(PUT, values![ws, accepted, row.drift.as_deref(), row.moved_at]).await
}

/// Notes that what is understood is held for right, with what is to be known of it from then on; `false` when nothing was counted.
pub async fn accept(tx: &mut Tx, ws: WorkspaceId, at: Millis, drift: Option<&str>) -> Result<bool> {
    tx.change(ACCEPT, values![ws, at, drift]).await
}

/// How often each of a kind was said from an hour on and before another, in stretches of so many hours: the number of the stretch,
/// what, how often.
pub async fn stretches(
    tx: &mut Tx,
    ws: WorkspaceId,
    kind: TopicKind,
    (from, to): (i64, i64),
    hours: i64,
) -> Result<Vec<(i64, i64, i64)>> {
    let read = |row: &mut Row| Ok((row.take()?, row.take()?, row.take()?));
    tx.query_map(STRETCHES, values![ws, kind, from, to, hours], read).await
}

/// The workspaces in which it has moved. Serves the workers of all workspaces.
pub async fn moved(tx: &mut Tx) -> Result<Vec<WorkspaceId>> {
    tx.query_map(MOVED, &[], Row::take).await
}

#[cfg(test)]
mod tests {
    use model::MessageId;

    use super::*;
    use crate::sample::{sample, write};
    use crate::topic::Counted;
    use crate::{testing, topic};

    #[tokio::test]
    async fn what_was_judged_counts_until_somebody_accepts() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    let none = DriftRow::default();
                    assert_eq!(get(tx, ws).await?, None);
                    assert!(!put(tx, ws, &none).await? && !accept(tx, ws, Millis(1), None).await?);
                    topic::begin(tx, ws, MessageId(0)).await?;
                    let judged = DriftRow { moved_at: Some(Millis(7)), drift: Some("[1]".into()), ..none };
                    assert!(put(tx, ws, &judged).await?);
                    assert_eq!(get(tx, ws).await?.as_ref(), Some(&judged));
                    assert!(moved(tx).await?.contains(&ws));
                    assert!(accept(tx, ws, Millis(8), Some("[2]")).await?);
                    assert!(!put(tx, ws, &judged).await?, "it was read before it was accepted");
                    let accepted =
                        DriftRow { accepted_at: Some(Millis(8)), moved_at: None, drift: Some("[2]".into()) };
                    assert_eq!(get(tx, ws).await?.as_ref(), Some(&accepted));
                    assert!(!moved(tx).await?.contains(&ws));
                    assert!(put(tx, ws, &DriftRow { moved_at: Some(Millis(9)), ..accepted }).await?);
                    assert!(moved(tx).await?.contains(&ws));
                    let at = |subject, hour| (Counted { kind: TopicKind::Language, subject, hour }, 1);
                    let counts = [at(1, 100), at(1, 105), at(2, 105), at(1, 106), at(1, 112)];
                    topic::count(tx, ws, &counts).await?;
                    let found = stretches(tx, ws, TopicKind::Language, (100, 112), 6).await?;
                    assert_eq!(found, [(0, 1, 2), (0, 2, 1), (1, 1, 1)]);
                    assert_eq!(topic::first(tx, ws, TopicKind::Language).await?, Some(100));
                    assert_eq!(topic::first(tx, ws, TopicKind::All).await?, None);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
