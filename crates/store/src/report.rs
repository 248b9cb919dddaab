//! Reports about messages that came before we knew the provider's id: a provider may report faster than it
//! answers.

use model::{InboxId, Millis, Report, WorkspaceId};

use crate::{Result, Tx};

/// Keeps a report until its message turns up.
pub async fn put(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _inbox: InboxId,
    _provider_id: &str,
    _report: &Report,
    _now: Millis,
) -> Result<()> {
    todo!()
}

/// Hands out and forgets the reports about a provider's id, in the order they came.
pub async fn take(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _inbox: InboxId,
    _provider_id: &str,
) -> Result<Vec<Report>> {
    todo!()
}

/// Forgets reports of all workspaces that came before a time; tells how many.
pub async fn delete_old(_tx: &mut Tx, _before: Millis) -> Result<u64> {
    todo!()
}
