//! Parked deliveries: what could not be applied, why, and another try.

use model::{InboundId, InboxId, Millis};
use serde::Serialize;

use crate::{App, Caller, Error, Result};

/// A delivery that could not be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Parked {
    /// Its id.
    pub id: InboundId,
    /// The inbox it came to.
    pub inbox_id: InboxId,
    /// When it came.
    pub received_at: Millis,
    /// When it was given up.
    pub parked_at: Millis,
    /// Why.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Its size in bytes.
    pub size: i64,
}

/// A delivery that could not be applied, with its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ParkedBody {
    /// What is known of it.
    #[serde(flatten)]
    pub parked: Parked,
    /// The body as it came; bytes that are not UTF-8 are replaced.
    pub body: String,
}

/// A page of parked deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ParkedPage {
    /// The deliveries, the last parked first.
    pub items: Vec<Parked>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

impl From<store::inbound::Parked> for Parked {
    fn from(row: store::inbound::Parked) -> Self {
        let store::inbound::Parked { id, inbox_id, received_at, parked_at, reason, attempts, size } = row;
        Self { id, inbox_id, received_at, parked_at, reason, attempts, size }
    }
}

/// Parked deliveries of the workspace.
pub async fn list(app: &App, caller: &Caller, cursor: Option<String>, limit: i64) -> Result<ParkedPage> {
    let workspace = caller.workspace;
    let page = app.read(move |tx| {
        Box::pin(async move { Ok(store::inbound::parked(tx, workspace, cursor.as_deref(), limit).await?) })
    });
    let page = page.await?;
    Ok(ParkedPage {
        items: page.items.into_iter().map(Parked::from).collect(),
        next_cursor: page.next_cursor,
    })
}

/// One parked delivery with its body.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such parked delivery.
pub async fn get(app: &App, caller: &Caller, id: InboundId) -> Result<ParkedBody> {
    let workspace = caller.workspace;
    let found = app
        .read(move |tx| Box::pin(async move { Ok(store::inbound::parked_body(tx, workspace, id).await?) }));
    let (parked, body) = found.await?.ok_or(Error::NotFound)?;
    Ok(ParkedBody { parked: parked.into(), body: String::from_utf8_lossy(&body).into_owned() })
}

/// Puts a parked delivery back into its lane.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such parked delivery.
pub async fn replay(app: &App, caller: &Caller, id: InboundId) -> Result<()> {
    let (workspace, now) = (caller.workspace, app.now());
    let replayed = app
        .write(move |tx| Box::pin(async move { Ok(store::inbound::replay(tx, workspace, id, now).await?) }));
    if !replayed.await? {
        return Err(Error::NotFound);
    }
    app.bell.inbound();
    Ok(())
}

/// Puts parked deliveries of any workspace back into their lanes, asked by the operator of the machine: those
/// named, or all when none is named. Returns those that were put back.
pub async fn replay_any(app: &App, wanted: &[InboundId]) -> Result<Vec<InboundId>> {
    let mut replayed = Vec::new();
    for (workspace, _) in app.read(|tx| Box::pin(async { Ok(store::event::heads(tx).await?) })).await? {
        let mut cursor: Option<String> = None;
        loop {
            let page = app.read(move |tx| {
                Box::pin(
                    async move { Ok(store::inbound::parked(tx, workspace, cursor.as_deref(), 100).await?) },
                )
            });
            let page = page.await?;
            let named = |id: &InboundId| wanted.is_empty() || wanted.contains(id);
            let ids: Vec<InboundId> = page.items.iter().map(|parked| parked.id).filter(named).collect();
            let now = app.now();
            let put_back = app.write(move |tx| {
                Box::pin(async move {
                    let mut put_back = Vec::new();
                    for id in ids {
                        if store::inbound::replay(tx, workspace, id, now).await? {
                            put_back.push(id);
                        }
                    }
                    Ok(put_back)
                })
            });
            replayed.extend(put_back.await?);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
    app.bell.inbound();
    Ok(replayed)
}
