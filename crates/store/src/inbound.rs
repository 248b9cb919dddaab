//! Raw deliveries of providers: kept for ever, queued until applied, worked off in order per inbox ("lane") by
//! whoever holds the lane's lease.

use bytes::Bytes;
use model::{InboundId, InboxId, Millis, WorkspaceId};

use crate::{Page, Result, Tx};

/// A delivery to be kept.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// Its id.
    pub id: InboundId,
    /// The inbox it came for.
    pub inbox: InboxId,
    /// When it came.
    pub received_at: Millis,
    /// What makes it the same as another, such as a hash of the body; unique in the inbox.
    pub dedupe: Vec<u8>,
    /// The body as it came.
    pub body: Bytes,
}

/// A lane under lease with its oldest deliveries.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The inbox, which is the lane.
    pub inbox: InboxId,
    /// Proof of holding the lease; a later holder has a greater one.
    pub fence: i64,
    /// The oldest deliveries that are ready, in order.
    pub items: Vec<Delivery>,
}

/// A delivery to be applied.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its id.
    pub id: InboundId,
    /// When it came.
    pub received_at: Millis,
    /// The body as it came.
    pub body: Vec<u8>,
    /// How often it was tried before, crashes counted.
    pub attempts: i64,
}

/// A delivery that was given up until a person replays it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Its id.
    pub id: InboundId,
    /// The inbox it came for.
    pub inbox_id: InboxId,
    /// When it came.
    pub received_at: Millis,
    /// When it was given up.
    pub parked_at: Millis,
    /// Why.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i64,
    /// The body's length in bytes.
    pub size: i64,
}

/// Keeps and queues a delivery; `false` when the inbox has one with the same `dedupe`.
pub async fn accept(_tx: &mut Tx, _ws: WorkspaceId, _delivery: &NewDelivery) -> Result<bool> {
    todo!()
}

/// Leases a free lane of any workspace whose oldest delivery is ready, the least recently claimed first. A lane
/// whose last holder vanished without [`release`] has an attempt added to its oldest delivery.
pub async fn claim(_tx: &mut Tx, _now: Millis, _lease_until: Millis, _limit: i64) -> Result<Option<Claim>> {
    todo!()
}

/// Takes an applied delivery off the queue; `false` when the lease was lost, and then the caller must give up
/// its transaction. Locks the lane until the transaction ends.
pub async fn done(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _inbox: InboxId,
    _fence: i64,
    _id: InboundId,
) -> Result<bool> {
    todo!()
}

/// Adds an attempt and lets the delivery, and with it its lane, wait; `false` when the lease was lost.
pub async fn retry(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _inbox: InboxId,
    _fence: i64,
    _id: InboundId,
    _next_at: Millis,
) -> Result<bool> {
    todo!()
}

/// Gives a delivery up so that its lane moves on; `false` when the lease was lost.
pub async fn park(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _inbox: InboxId,
    _fence: i64,
    _id: InboundId,
    _now: Millis,
    _reason: &str,
) -> Result<bool> {
    todo!()
}

/// Gives the lane back; `false` when the lease was lost.
pub async fn release(_tx: &mut Tx, _ws: WorkspaceId, _inbox: InboxId, _fence: i64) -> Result<bool> {
    todo!()
}

/// Prolongs the lease; `false` when it was lost.
pub async fn renew(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _inbox: InboxId,
    _fence: i64,
    _lease_until: Millis,
) -> Result<bool> {
    todo!()
}

/// The deliveries that were given up, the newest first.
pub async fn parked(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _cursor: Option<&str>,
    _limit: i64,
) -> Result<Page<Parked>> {
    todo!()
}

/// A delivery that was given up, with its body.
pub async fn parked_body(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: InboundId,
) -> Result<Option<(Parked, Vec<u8>)>> {
    todo!()
}

/// Queues a parked delivery again; `false` when there is none. It goes to its old place in the order.
pub async fn replay(_tx: &mut Tx, _ws: WorkspaceId, _id: InboundId, _now: Millis) -> Result<bool> {
    todo!()
}

/// When the next lane of any workspace can be claimed; may lie in the past.
pub async fn next_ready(_tx: &mut Tx) -> Result<Option<Millis>> {
    todo!()
}

/// How many deliveries of all workspaces wait.
pub async fn backlog(_tx: &mut Tx) -> Result<i64> {
    todo!()
}

/// The raw bytes of a delivery, parked or not.
pub async fn body(_tx: &mut Tx, _ws: WorkspaceId, _id: InboundId) -> Result<Option<Vec<u8>>> {
    todo!()
}
