//! What only the outside can tell: whether providers answer, whether our own address leads to us, and what time it
//! is elsewhere. Changes nothing and needs no lease, so it runs beside a server.

use std::time::UNIX_EPOCH;

use channels::{Answer, Request, RequestBody};
use model::{Check, InboxId, Millis};
use store::Db;

use crate::egress::Egress;
use crate::files::Files;
use crate::hooks;

/// What a provider said about an inbox.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The inbox.
    pub id: InboxId,
    /// Its name.
    pub name: String,
    /// Each thing that was asked.
    pub checks: Vec<Check>,
}

/// Asks the provider of each connected inbox whether the connection works.
///
/// # Errors
/// When the database does not answer.
pub async fn inboxes(db: &Db, egress: &Egress, files: &Files) -> store::Result<Vec<Asked>> {
    let rows = db.read::<_, store::Error, _>(|tx| {
        Box::pin(async move {
            let mut rows = Vec::new();
            for (workspace, _) in store::event::heads(tx).await? {
                rows.extend(store::inbox::list(tx, workspace).await?);
            }
            Ok(rows)
        })
    });
    let mut asked = Vec::new();
    for row in rows.await? {
        let (channel, account) = (channels::channel(row.kind), hooks::account(&row));
        let mut checks = Vec::new();
        for (name, request) in channel.checks(&account) {
            let answer = egress.call(&request, files).await;
            checks.push(channel.judge(&account, name, &answer).0);
        }
        asked.push(Asked { id: row.id, name: row.name, checks });
    }
    Ok(asked)
}

/// Whether `base_url` leads to a running server of ours, through the name server and whatever stands before us.
///
/// # Errors
/// Why not, in words.
pub async fn own_address(base_url: &str, egress: &Egress, files: &Files) -> Result<(), String> {
    let url = format!("{base_url}/livez");
    let request = Request { method: "GET", url, bearer: None, body: RequestBody::Empty, file: false };
    match egress.call(&request, files).await {
        Answer::Http { status: 200, body, .. } if body == b"ok" => Ok(()),
        Answer::Http { status: 200, .. } => Err("something else answers there".to_owned()),
        Answer::Http { status, .. } => Err(format!("it answers with status {status}")),
        Answer::NotSent(why) | Answer::Unknown(why) => Err(why),
    }
}

/// How far another machine's clock is ahead of `now`, by the date of its answer, which is exact to a second.
///
/// # Errors
/// When it does not answer, or without a date.
pub async fn clock_ahead(url: &str, egress: &Egress, now: impl Fn() -> Millis) -> Result<Millis, String> {
    let began = now();
    let date = egress.date(url).await?;
    let there = date.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    // The date was made somewhere between, and rounded down.
    let here = Millis(began.0.midpoint(now().0));
    Ok(Millis(i64::try_from(there).unwrap_or(0) + 500) - here)
}
