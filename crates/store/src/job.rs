//! Background work, enqueued in the transaction that causes it.

use model::{JobId, Millis, WorkspaceId};

use crate::sealed::place;
use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    ENQUEUE = "INSERT INTO job (id, workspace_id, kind, payload, sealed, run_at, attempts, lease_until, fence)
        VALUES ($1, $2, $3, '', $4, $5, 0, 0, 0)";
    CLAIM = "UPDATE job SET lease_until = $2, fence = fence + 1, attempts = attempts + 1
        WHERE id IN (SELECT j.id FROM job j WHERE j.run_at <= $1 AND j.lease_until <= $1 AND j.kind <> 'import'
            ORDER BY j.run_at, j.id LIMIT $3) AND lease_until <= $1
        RETURNING run_at, workspace_id, id, kind, payload, sealed, attempts - 1, fence";
    CLAIM_IMPORT = "UPDATE job SET lease_until = $2, fence = fence + 1, attempts = attempts + 1
        WHERE id IN (SELECT j.id FROM job j WHERE j.run_at <= $1 AND j.lease_until <= $1 AND j.kind = 'import'
            AND j.workspace_id NOT IN (SELECT b.workspace_id FROM job b
                WHERE b.run_at <= $1 AND b.lease_until > $1 AND b.kind = 'import'
                GROUP BY b.workspace_id HAVING COUNT(*) >= $3)
            ORDER BY j.run_at, j.id LIMIT 1) AND lease_until <= $1
        RETURNING run_at, workspace_id, id, kind, payload, sealed, attempts - 1, fence";
    DONE = "DELETE FROM job WHERE workspace_id = $1 AND id = $2 AND fence = $3";
    HOLD = "UPDATE job SET lease_until = $4 WHERE workspace_id = $1 AND id = $2 AND fence = $3";
    AGAIN = "UPDATE job SET run_at = $4, lease_until = 0, attempts = 0
        WHERE workspace_id = $1 AND id = $2 AND fence = $3";
    RETRY = "UPDATE job SET run_at = $4, lease_until = 0 WHERE workspace_id = $1 AND id = $2 AND fence = $3";
    VACATE = "UPDATE job SET lease_until = 0 WHERE lease_until > 0";
    NEXT_READY = "SELECT MIN(CASE WHEN lease_until > run_at THEN lease_until ELSE run_at END) FROM job";
}

/// The kind of jobs that may take long and are many at once: they are claimed apart from the others.
pub const IMPORT: &str = "import";

/// A job under lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: JobId,
    /// What to do.
    pub kind: String,
    /// With what, as JSON.
    pub payload: String,
    /// How often it was begun before.
    pub attempts: i64,
    /// Proof of holding the lease.
    pub fence: i64,
}

/// Where a job's sealed payload stands.
fn payload_place(ws: WorkspaceId, id: JobId) -> vault::Place<'static> {
    place(ws, "job", "payload", id.0)
}

fn read(row: &mut Row) -> Result<(Millis, Job)> {
    let (run_at, workspace, id) = (row.take()?, row.take()?, row.take()?);
    let (kind, plain) = (row.take()?, row.take()?);
    let payload = row.open(payload_place(workspace, id))?.text_or(plain)?.unwrap_or_default();
    Ok((run_at, Job { workspace, id, kind, payload, attempts: row.take()?, fence: row.take()? }))
}

/// Queues a job.
pub async fn enqueue(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: JobId,
    kind: &str,
    payload: &str,
    run_at: Millis,
) -> Result<()> {
    // It lives shortly and may be of any person.
    let sealed = tx.seal(payload_place(ws, id), payload.as_bytes()).await?;
    tx.execute(ENQUEUE, values![id, ws, kind, sealed, run_at]).await?;
    crate::fail_point!("job.queued");
    Ok(())
}

/// Leases jobs of all workspaces that are due, the longest due first; also such whose lease ran out. Those of the kind
/// [`IMPORT`] stay.
pub async fn claim(tx: &mut Tx, now: Millis, lease_until: Millis, limit: i64) -> Result<Vec<Job>> {
    let rows = tx.query_map(CLAIM, values![now, lease_until, limit], read).await?;
    let mut jobs: Vec<(Millis, Job)> = rows;
    jobs.sort_by_key(|(run_at, job)| (*run_at, job.id));
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

/// Leases the job of the kind [`IMPORT`] that is longest due, of a workspace that has fewer than `most` of them under lease.
pub async fn claim_import(tx: &mut Tx, now: Millis, lease_until: Millis, most: i64) -> Result<Option<Job>> {
    let rows = tx.query_map(CLAIM_IMPORT, values![now, lease_until, most], read).await?;
    Ok(rows.into_iter().next().map(|(_, job)| job))
}

/// Ends the leases of all workspaces: whoever held them is known to be gone.
pub async fn vacate(tx: &mut Tx) -> Result<u64> {
    tx.execute(VACATE, values![]).await
}

/// Forgets a finished job; `false` when the lease was lost.
pub async fn done(tx: &mut Tx, ws: WorkspaceId, id: JobId, fence: i64) -> Result<bool> {
    tx.change(DONE, values![ws, id, fence]).await
}

/// Prolongs the lease; `false` when it was lost.
pub async fn hold(tx: &mut Tx, ws: WorkspaceId, id: JobId, fence: i64, lease_until: Millis) -> Result<bool> {
    tx.change(HOLD, values![ws, id, fence, lease_until]).await
}

/// Lets a job that did a part of its work go on later, as one that was not begun before; `false` when the lease was lost.
pub async fn again(tx: &mut Tx, ws: WorkspaceId, id: JobId, fence: i64, run_at: Millis) -> Result<bool> {
    tx.change(AGAIN, values![ws, id, fence, run_at]).await
}

/// Lets a job run again later; `false` when the lease was lost.
pub async fn retry(tx: &mut Tx, ws: WorkspaceId, id: JobId, fence: i64, run_at: Millis) -> Result<bool> {
    tx.change(RETRY, values![ws, id, fence, run_at]).await
}

/// When the next job of any workspace can be claimed; may lie in the past.
pub async fn next_ready(tx: &mut Tx) -> Result<Option<Millis>> {
    tx.query_one(NEXT_READY, &[]).await?.take()
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;
    use crate::sample::{id, sample, write};
    use crate::testing;

    #[tokio::test]
    async fn a_job_is_done_by_one_and_again_when_that_one_vanishes() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    let (late, early): (JobId, JobId) = (id(), id());
                    enqueue(tx, ws, late, "fetch", "{}", Millis(20)).await?;
                    enqueue(tx, ws, early, "fetch", r#"{"n":1}"#, Millis(10)).await?;
                    assert_eq!(next_ready(tx).await?, Some(Millis(10)));
                    let jobs = claim(tx, Millis(30), Millis(100), 5).await?;
                    assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [early, late]);
                    let old = &jobs[0];
                    assert_eq!((old.payload.as_str(), old.attempts), (r#"{"n":1}"#, 0));
                    assert!(claim(tx, Millis(99), Millis(200), 5).await?.is_empty());
                    assert!(hold(tx, ws, late, jobs[1].fence, Millis(150)).await?);
                    let again = claim(tx, Millis(100), Millis(200), 5).await?;
                    assert_eq!(again.len(), 1, "the other's lease was prolonged");
                    assert_eq!((again[0].id, again[0].attempts), (early, 1));
                    assert!(!hold(tx, ws, early, old.fence, Millis(900)).await?, "the lease was lost");
                    assert!(done(tx, ws, late, jobs[1].fence).await?);
                    assert!(!done(tx, ws, early, old.fence).await?, "the lease was lost");
                    assert!(retry(tx, ws, early, again[0].fence, Millis(500)).await?);
                    assert_eq!(next_ready(tx).await?, Some(Millis(500)));
                    assert!(claim(tx, Millis(499), Millis(900), 5).await?.is_empty());
                    let last = claim(tx, Millis(500), Millis(900), 5).await?;
                    assert!(done(tx, ws, early, last[0].fence).await?);
                    assert_eq!(next_ready(tx).await?, None);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }

    #[tokio::test]
    async fn imports_take_no_place_of_others_and_few_of_one_workspace() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            let other = id();
            write(&db, move |tx| Box::pin(crate::workspace::insert(tx, other, "Other", Millis(1)))).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let ids: Vec<JobId> = (0..5).map(|_| id()).collect();
                    for (at, one) in ids.iter().enumerate().take(3) {
                        enqueue(tx, ws, *one, IMPORT, "{}", Millis(at as i64)).await?;
                    }
                    enqueue(tx, other, ids[3], IMPORT, "{}", Millis(8)).await?;
                    enqueue(tx, ws, ids[4], "fetch", "{}", Millis(9)).await?;
                    let others = claim(tx, Millis(10), Millis(100), 9).await?;
                    assert_eq!(others.iter().map(|job| job.id).collect::<Vec<_>>(), [ids[4]]);
                    let mut claimed = Vec::new();
                    while let Some(job) = claim_import(tx, Millis(10), Millis(100), 2).await? {
                        claimed.push(job);
                    }
                    let seen: Vec<_> = claimed.iter().map(|job| job.id).collect();
                    assert_eq!(seen, [ids[0], ids[1], ids[3]], "the third waits until one is done");
                    let first = &claimed[0];
                    assert!(again(tx, ws, first.id, first.fence, Millis(11)).await?);
                    assert!(!again(tx, ws, first.id, first.fence + 1, Millis(11)).await?);
                    let next = claim_import(tx, Millis(12), Millis(100), 2).await?.map(|job| job.id);
                    assert_eq!(next, Some(ids[2]), "who did a part waits behind the others");
                    assert!(done(tx, ws, claimed[1].id, claimed[1].fence).await?);
                    let more =
                        claim_import(tx, Millis(12), Millis(100), 2).await?.map(|job| (job.id, job.attempts));
                    assert_eq!(more, Some((ids[0], 0)), "a part that was done is no try in vain");
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }

    #[tokio::test]
    async fn many_workers_share_the_jobs_without_doubles() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            let all: Vec<JobId> = (0..60).map(|_| id()).collect();
            let queued = all.clone();
            write(&db, move |tx| {
                Box::pin(async move {
                    for id in queued {
                        enqueue(tx, ws, id, "fetch", "{}", Millis(1)).await?;
                    }
                    Ok(())
                })
            })
            .await;
            let workers = (0..10).map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut got = Vec::new();
                    for _ in 0..12 {
                        let jobs = write(&db, |tx| Box::pin(claim(tx, Millis(5), Millis(100), 3))).await;
                        got.extend(jobs.into_iter().map(|job| job.id));
                    }
                    got
                })
            });
            let mut got: Vec<JobId> = Vec::new();
            for worker in join_all(workers.collect::<Vec<_>>()).await {
                got.extend(worker.expect("a worker ends well"));
            }
            got.sort();
            assert_eq!(got, all);
        })
        .await;
    }
}
