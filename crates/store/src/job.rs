//! Background work, enqueued in the transaction that causes it.

use model::{JobId, Millis, WorkspaceId};

use crate::{Result, Tx};

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

/// Queues a job.
pub async fn enqueue(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: JobId,
    _kind: &str,
    _payload: &str,
    _run_at: Millis,
) -> Result<()> {
    todo!()
}

/// Leases jobs of all workspaces that are due, the longest due first; also such whose lease ran out.
pub async fn claim(_tx: &mut Tx, _now: Millis, _lease_until: Millis, _limit: i64) -> Result<Vec<Job>> {
    todo!()
}

/// Forgets a finished job; `false` when the lease was lost.
pub async fn done(_tx: &mut Tx, _ws: WorkspaceId, _id: JobId, _fence: i64) -> Result<bool> {
    todo!()
}

/// Lets a job run again later; `false` when the lease was lost.
pub async fn retry(_tx: &mut Tx, _ws: WorkspaceId, _id: JobId, _fence: i64, _run_at: Millis) -> Result<bool> {
    todo!()
}

/// When the next job of any workspace can be claimed; may lie in the past.
pub async fn next_ready(_tx: &mut Tx) -> Result<Option<Millis>> {
    todo!()
}
