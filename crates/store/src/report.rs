//! Reports about messages that came before we knew the provider's id: a provider may report faster than it
//! answers.

use model::{InboxId, Millis, Report, WorkspaceId};

use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

statements! {
    PUT = "INSERT INTO early_report (workspace_id, inbox_id, provider_id, report, at)
        VALUES ($1, $2, $3, $4, $5)";
    TAKE = "DELETE FROM early_report WHERE workspace_id = $1 AND inbox_id = $2 AND provider_id = $3
        RETURNING report";
    ABOUT = "SELECT report FROM early_report WHERE workspace_id = $1 AND inbox_id = $2 AND provider_id = $3";
    DELETE_OLD = "DELETE FROM early_report WHERE at < $1";
}

/// Keeps a report until its message turns up.
pub async fn put(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    provider_id: &str,
    report: &Report,
    now: Millis,
) -> Result<()> {
    tx.execute(PUT, values![ws, inbox, provider_id, to_json(report)?, now]).await?;
    Ok(())
}

/// Hands out and forgets the reports about a provider's id, the oldest first.
pub async fn take(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, provider_id: &str) -> Result<Vec<Report>> {
    let mut reports: Vec<Report> =
        tx.query_map(TAKE, values![ws, inbox, provider_id], Row::take_json).await?;
    reports.sort_by_key(|report| report.at);
    Ok(reports)
}

/// The reports that are kept about a provider's id.
pub async fn about(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, provider_id: &str) -> Result<Vec<Report>> {
    tx.query_map(ABOUT, values![ws, inbox, provider_id], Row::take_json).await
}

/// Forgets reports of all workspaces that came before a time; tells how many.
pub async fn delete_old(tx: &mut Tx, before: Millis) -> Result<u64> {
    tx.execute(DELETE_OLD, values![before]).await
}
