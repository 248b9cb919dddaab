//! Who sends for an inbox: one node at a time, under a lease with a fence. So one memory knows the pace of a number,
//! however many nodes there are.

use model::{InboxId, Millis, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    WAITING = "WITH RECURSIVE waiting (inbox_id) AS (
        SELECT MIN(inbox_id) FROM outbound
        UNION ALL SELECT (SELECT MIN(o.inbox_id) FROM outbound o WHERE o.inbox_id > w.inbox_id)
            FROM waiting w WHERE w.inbox_id IS NOT NULL)
        SELECT i.workspace_id, i.id, l.lease_until FROM waiting w
        JOIN inbox i ON i.id = w.inbox_id LEFT JOIN send_lane l ON l.inbox_id = i.id
        WHERE EXISTS (SELECT 1 FROM outbound o
            WHERE o.inbox_id = i.id AND o.state = 'queued' AND o.next_at <= $1)";
    LAPSED = "SELECT workspace_id, inbox_id, lease_until FROM send_lane WHERE lease_until > 0 AND lease_until <= $1";
    OPEN = "INSERT INTO send_lane (inbox_id, workspace_id, lease_until, fence, silent_until)
        SELECT id, workspace_id, 0, 0, 0 FROM inbox WHERE workspace_id = $1 AND id = $2 ON CONFLICT DO NOTHING";
    TAKE = "UPDATE send_lane SET lease_until = $3, fence = fence + 1
        WHERE workspace_id = $1 AND inbox_id = $2 AND lease_until = $4 RETURNING fence, silent_until";
    HOLD = "UPDATE send_lane SET lease_until = $4 WHERE workspace_id = $1 AND inbox_id = $2 AND fence = $3";
    SILENCE = "UPDATE send_lane SET silent_until = $3
        WHERE workspace_id = $1 AND inbox_id = $2 AND silent_until < $3";
    DISTRUST = "INSERT INTO send_lane (inbox_id, workspace_id, lease_until, fence, silent_until)
        SELECT id, workspace_id, 1, 1, 0 FROM inbox WHERE id > 0
        ON CONFLICT (inbox_id) DO UPDATE SET lease_until = 1, fence = send_lane.fence + 1";
    VACATE = "UPDATE send_lane SET lease_until = 1 WHERE lease_until > 1";
}

/// How a lane was left by its last holder.
const QUIET: Millis = Millis(0);
const BUSY: Millis = Millis(1);

/// A lane that has something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The inbox, which is the lane.
    pub inbox: InboxId,
    /// When the last lease ends or ended, as stored; `None` for a lane that was never held.
    lease_until: Option<Millis>,
}

impl Waiting {
    /// Whether nobody holds it.
    pub fn is_free(&self, now: Millis) -> bool {
        self.lease_until.is_none_or(|until| until <= now)
    }
}

/// A lane that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Proof of holding it; a later holder has a greater one.
    pub fence: i64,
    /// Whether the last holder gave it back after a second without a call. If not, calls of its may be as young as
    /// the end of its lease, and what it was sending is to be taken over.
    pub quiet: bool,
    /// The provider asked not to be called before.
    pub silent_until: Millis,
}

fn read(row: &mut Row) -> Result<Waiting> {
    Ok(Waiting { workspace: row.take()?, inbox: row.take()?, lease_until: row.take()? })
}

/// The lanes of all workspaces, whoever holds them, with something to send now.
pub async fn waiting(tx: &mut Tx, now: Millis) -> Result<Vec<Waiting>> {
    tx.query_map(WAITING, values![now], read).await
}

/// The lanes of all workspaces whose holder vanished.
pub async fn lapsed(tx: &mut Tx, now: Millis) -> Result<Vec<Waiting>> {
    tx.query_map(LAPSED, values![now], read).await
}

/// Takes a free lane; `None` when another node was faster.
pub async fn take(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    seen: &Waiting,
    lease_until: Millis,
) -> Result<Option<Taken>> {
    if seen.lease_until.is_none() {
        tx.execute(OPEN, values![ws, inbox]).await?;
    }
    let before = seen.lease_until.unwrap_or(QUIET);
    let Some(mut row) = tx.query_opt(TAKE, values![ws, inbox, lease_until, before]).await? else {
        return Ok(None);
    };
    Ok(Some(Taken { fence: row.take()?, quiet: before == QUIET, silent_until: row.take()? }))
}

/// Prolongs the lease and locks the lane until the transaction ends; `false` when it was lost.
pub async fn hold(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    fence: i64,
    lease_until: Millis,
) -> Result<bool> {
    tx.change(HOLD, values![ws, inbox, fence, lease_until]).await
}

/// Gives the lane back; `false` when it was lost. `quiet`: no call was under way during the last second.
pub async fn release(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, fence: i64, quiet: bool) -> Result<bool> {
    tx.change(HOLD, values![ws, inbox, fence, if quiet { QUIET } else { BUSY }]).await
}

/// The provider asked not to be called for a while; also the next holder must know.
pub async fn silence(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, until: Millis) -> Result<()> {
    tx.execute(SILENCE, values![ws, inbox, until]).await?;
    Ok(())
}

/// Ends the leases of all lanes: whoever held them is known to be gone without [`release`].
pub async fn vacate(tx: &mut Tx) -> Result<u64> {
    tx.execute(VACATE, values![]).await
}

/// Treats the lanes of all workspaces as if their holders had vanished: the database is an older copy.
pub(crate) async fn distrust(tx: &mut Tx) -> Result<()> {
    tx.execute(DISTRUST, values![]).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
