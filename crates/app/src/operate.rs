//! What an operator sees and does: how much waits, what could not be applied or is not shown, and another try.

use model::{Act, GapReason, InboundId, InboxId, MASKED, Masks, Millis, Personal, made_at};
use serde::Serialize;
use store::Tx;

use crate::audit::{self, Actor, Note};
use crate::{App, Caller, Error, Result};

/// How many parked deliveries are put back in one transaction.
const AT_ONCE: i64 = 100;

/// A number of things that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Waiting {
    /// How many.
    pub count: i64,
    /// Since when the oldest of them waits; `null` when there are none.
    pub since: Option<Millis>,
}

/// What waits in an inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct InboxLag {
    /// The inbox; it may have been removed.
    pub inbox_id: InboxId,
    /// Deliveries of the provider that wait to be applied.
    pub deliveries: Waiting,
    /// Sendings that wait for their turn.
    pub queued: Waiting,
    /// Sendings that are being handed to the provider.
    pub sending: Waiting,
    /// Sendings of which nobody knows whether the provider has them.
    pub uncertain: Waiting,
    /// Deliveries that were given up until a person replays them.
    pub parked: Waiting,
}

/// How the work stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Overview {
    /// When it stood so, by the server's clock.
    pub at: Millis,
    /// Inboxes in which something waits.
    pub inboxes: Vec<InboxLag>,
    /// Background work that is due.
    pub jobs: Waiting,
    /// How many deliveries there are of which something is not shown.
    pub gaps: i64,
    /// Every delivery that came before was looked at by the gap monitor; `null` before the first.
    pub audited_until: Option<Millis>,
}

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

impl Personal for ParkedBody {
    fn mask(&mut self, masks: Masks) {
        hide_raw(&mut self.body, masks);
    }
}

impl Personal for GapBody {
    fn mask(&mut self, masks: Masks) {
        hide_raw(&mut self.body, masks);
    }
}

/// A raw form has names, numbers and addresses wherever its provider put them: it is shown whole or not at all.
fn hide_raw(body: &mut String, masks: Masks) {
    if !masks.is_empty() {
        MASKED.clone_into(body);
    }
}

/// A page of parked deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ParkedPage {
    /// The deliveries, the last parked first.
    pub items: Vec<Parked>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// A delivery of which something is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Gap {
    /// The delivery's id.
    pub id: InboundId,
    /// The inbox it came to.
    pub inbox_id: InboxId,
    /// When it came.
    pub received_at: Millis,
    /// When it was noticed.
    pub noticed_at: Millis,
    /// What is wrong.
    pub reason: GapReason,
    /// With which of its items, by the provider's name.
    pub detail: String,
    /// When it was last put back into its lane.
    pub replayed_at: Option<Millis>,
    /// Its size in bytes.
    pub size: i64,
}

/// A delivery of which something is not shown, with its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GapBody {
    /// What is known of it.
    #[serde(flatten)]
    pub gap: Gap,
    /// The body as it came; bytes that are not UTF-8 are replaced.
    pub body: String,
}

/// A page of gaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GapPage {
    /// The gaps, the last noticed first.
    pub items: Vec<Gap>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// How many deliveries were put back into their lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Replayed {
    /// How many.
    pub count: u64,
}

impl From<store::lag::Waiting> for Waiting {
    fn from(waiting: store::lag::Waiting) -> Self {
        Self { count: waiting.count, since: waiting.since }
    }
}

impl From<store::gap::Gap> for Gap {
    fn from(row: store::gap::Gap) -> Self {
        let store::gap::Gap { id, inbox_id, received_at, noticed_at, reason, detail, replayed_at, size } =
            row;
        Self { id, inbox_id, received_at, noticed_at, reason, detail, replayed_at, size }
    }
}

impl From<store::inbound::Parked> for Parked {
    fn from(row: store::inbound::Parked) -> Self {
        let store::inbound::Parked { id, inbox_id, received_at, parked_at, reason, attempts, size } = row;
        Self { id, inbox_id, received_at, parked_at, reason, attempts, size }
    }
}

/// How the workspace's work stands.
///
/// # Errors
/// When the store is away.
pub async fn overview(app: &App, caller: &Caller) -> Result<Overview> {
    let (workspace, at) = (caller.workspace, app.now());
    app.read(move |tx| {
        Box::pin(async move {
            let lags = store::lag::inboxes(tx, workspace).await?;
            let place = store::gap::place(tx).await?;
            let inboxes = lags.into_iter().map(|lag| InboxLag {
                inbox_id: lag.inbox,
                deliveries: lag.deliveries.into(),
                queued: lag.queued.into(),
                sending: lag.sending.into(),
                uncertain: lag.uncertain.into(),
                parked: lag.parked.into(),
            });
            Ok(Overview {
                at,
                inboxes: inboxes.collect(),
                jobs: store::lag::jobs(tx, workspace, at).await?.into(),
                gaps: store::gap::count(tx, workspace).await?,
                audited_until: (place.0 > 0).then(|| made_at(place.0)),
            })
        })
    })
    .await
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
    caller.sees_all()?;
    let workspace = caller.workspace;
    let found = app
        .read(move |tx| Box::pin(async move { Ok(store::inbound::parked_body(tx, workspace, id).await?) }));
    let (parked, body) = found.await?.ok_or(Error::NotFound)?;
    audit::saw(app, caller, Note::of(Act::DeliveryRead).on(id));
    Ok(ParkedBody { parked: parked.into(), body: String::from_utf8_lossy(&body).into_owned() })
}

/// Puts a parked delivery back into its lane; the gap monitor looks at it again afterwards.
async fn put_back(tx: &mut Tx, actor: &Actor, id: InboundId, now: Millis) -> Result<bool> {
    let workspace = actor.workspace;
    let replayed = store::inbound::replay(tx, workspace, id, now).await?;
    if replayed {
        audit::record(tx, actor, Note::of(Act::DeliveryReplayed).on(id), now).await?;
        store::gap::watch(tx, workspace, id, now).await?;
    }
    Ok(replayed)
}

/// Puts a parked delivery back into its lane.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such parked delivery.
pub async fn replay(app: &App, caller: &Caller, id: InboundId) -> Result<()> {
    let (actor, now) = (caller.actor(), app.now());
    let replayed = app.write(move |tx| Box::pin(async move { put_back(tx, &actor, id, now).await }));
    if !replayed.await? {
        return Err(Error::NotFound);
    }
    app.bell.inbound();
    Ok(())
}

/// Puts all parked deliveries of the workspace back into their lanes.
///
/// # Errors
/// When the store is away; then some may have been put back.
pub async fn replay_all(app: &App, caller: &Caller) -> Result<Replayed> {
    let ids = replay_in(app, &caller.actor(), &[]).await?;
    app.bell.inbound();
    Ok(Replayed { count: ids.len() as u64 })
}

/// Puts parked deliveries of any workspace back into their lanes, asked by the operator of the machine: those
/// named, or all when none is named. Returns those that were put back.
///
/// # Errors
/// When the store is away; then some may have been put back.
pub async fn replay_any(app: &App, wanted: &[InboundId]) -> Result<Vec<InboundId>> {
    let mut replayed = Vec::new();
    for (workspace, _) in app.read(|tx| Box::pin(async { Ok(store::event::heads(tx).await?) })).await? {
        replayed.extend(replay_in(app, &Actor::operator(workspace), wanted).await?);
    }
    app.bell.inbound();
    Ok(replayed)
}

/// Puts back what is parked in a workspace now: those named, or all when none is named.
async fn replay_in(app: &App, actor: &Actor, wanted: &[InboundId]) -> Result<Vec<InboundId>> {
    let workspace = actor.workspace;
    let mut replayed = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = app.read(move |tx| {
            Box::pin(
                async move { Ok(store::inbound::parked(tx, workspace, cursor.as_deref(), AT_ONCE).await?) },
            )
        });
        let page = page.await?;
        let named = |id: &InboundId| wanted.is_empty() || wanted.contains(id);
        let ids: Vec<InboundId> = page.items.iter().map(|parked| parked.id).filter(named).collect();
        let (now, actor) = (app.now(), actor.clone());
        let back = app.write(move |tx| {
            Box::pin(async move {
                let mut back = Vec::new();
                for id in ids {
                    if put_back(tx, &actor, id, now).await? {
                        back.push(id);
                    }
                }
                Ok(back)
            })
        });
        replayed.extend(back.await?);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(replayed);
        }
    }
}

/// Gaps of the workspace.
///
/// # Errors
/// When the cursor is not one of this list.
pub async fn gaps(app: &App, caller: &Caller, cursor: Option<String>, limit: i64) -> Result<GapPage> {
    let workspace = caller.workspace;
    let page = app.read(move |tx| {
        Box::pin(async move { Ok(store::gap::list(tx, workspace, cursor.as_deref(), limit).await?) })
    });
    let page = page.await?;
    Ok(GapPage { items: page.items.into_iter().map(Gap::from).collect(), next_cursor: page.next_cursor })
}

/// One gap with its delivery's body.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such gap.
pub async fn gap(app: &App, caller: &Caller, id: InboundId) -> Result<GapBody> {
    caller.sees_all()?;
    let workspace = caller.workspace;
    let found =
        app.read(move |tx| Box::pin(async move { Ok(store::gap::with_body(tx, workspace, id).await?) }));
    let (gap, body) = found.await?.ok_or(Error::NotFound)?;
    audit::saw(app, caller, Note::of(Act::DeliveryRead).on(id));
    Ok(GapBody { gap: gap.into(), body: String::from_utf8_lossy(&body).into_owned() })
}

/// Puts the delivery of a gap back into its lane. What is there already is not doubled; the gap closes by itself
/// when the rest is there too.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such gap.
pub async fn replay_gap(app: &App, caller: &Caller, id: InboundId) -> Result<()> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let replayed = app.write(move |tx| {
        Box::pin(async move {
            let replayed = store::gap::replay(tx, workspace, id, now).await?;
            if replayed {
                audit::record(tx, &actor, Note::of(Act::DeliveryReplayed).on(id), now).await?;
            }
            Ok(replayed)
        })
    });
    if !replayed.await? {
        return Err(Error::NotFound);
    }
    app.bell.inbound();
    Ok(())
}

/// Closes a gap that a person has seen to.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such gap.
pub async fn close_gap(app: &App, caller: &Caller, id: InboundId) -> Result<()> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let closed = app.write(move |tx| {
        Box::pin(async move {
            // A delivery that is only watched is no gap.
            let found = store::gap::with_body(tx, workspace, id).await?.is_some();
            let closed = found && store::gap::close(tx, workspace, id).await?;
            if closed {
                audit::record(tx, &actor, Note::of(Act::GapClosed).on(id), now).await?;
            }
            Ok(closed)
        })
    });
    if closed.await? { Ok(()) } else { Err(Error::NotFound) }
}
