//! What is to be sent to providers: in order per conversation, each by one sender under a lease.

use model::{ConversationId, IdentityId, InboxId, MessageId, Millis, OutboundId, WorkspaceId};

use crate::{Result, Tx};

/// What a sending is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutboundKind {
    /// A message.
    Message,
    /// A reaction or its removal.
    Reaction,
    /// A read receipt or typing indicator.
    Read,
}

impl OutboundKind {
    /// The name as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Reaction => "reaction",
            Self::Read => "read",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Message, Self::Reaction, Self::Read].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A sending to be queued.
#[derive(Clone, Debug)]
pub struct NewOutbound {
    /// Its id; ids of a conversation ascend in the order of sending.
    pub id: OutboundId,
    /// The message; at most one sending at a time.
    pub message_id: Option<MessageId>,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The customer's address.
    pub identity_id: IdentityId,
    /// What it is.
    pub kind: OutboundKind,
    /// What to send, as JSON.
    pub intent: String,
    /// Not before.
    pub next_at: Millis,
    /// Not after.
    pub deadline: Millis,
    /// Now.
    pub created_at: Millis,
}

/// A sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: OutboundId,
    /// The message.
    pub message_id: Option<MessageId>,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The customer's address.
    pub identity_id: IdentityId,
    /// What it is.
    pub kind: OutboundKind,
    /// What to send, as JSON.
    pub intent: String,
    /// How far the channel got, as JSON; `None` at the beginning.
    pub send_state: Option<String>,
    /// How often it was tried in vain.
    pub attempts: i64,
    /// Proof of holding the lease.
    pub fence: i64,
    /// Not after.
    pub deadline: Millis,
    /// When it was queued.
    pub created_at: Millis,
}

/// Queues a sending. [`crate::Error::Unique`] when the message has one; the transaction can go on then.
pub async fn insert(_tx: &mut Tx, _ws: WorkspaceId, _new: &NewOutbound) -> Result<()> {
    todo!()
}

/// Leases sendings of all workspaces that are ready: the oldest of their conversation, at most one of each.
pub async fn claim(_tx: &mut Tx, _now: Millis, _lease_until: Millis, _limit: i64) -> Result<Vec<Sending>> {
    todo!()
}

/// Notes how far the channel got; `false` when the lease was lost.
pub async fn advance(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: OutboundId,
    _fence: i64,
    _send_state: &str,
) -> Result<bool> {
    todo!()
}

/// It was sent: off the queue; `false` when the lease was lost.
pub async fn done(_tx: &mut Tx, _ws: WorkspaceId, _id: OutboundId, _fence: i64) -> Result<bool> {
    todo!()
}

/// Lets it, and with it its conversation, wait; `counted` adds an attempt. `false` when the lease was lost.
pub async fn retry(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: OutboundId,
    _fence: i64,
    _next_at: Millis,
    _counted: bool,
) -> Result<bool> {
    todo!()
}

/// It was given up: off the queue; `false` when the lease was lost.
pub async fn failed(_tx: &mut Tx, _ws: WorkspaceId, _id: OutboundId, _fence: i64) -> Result<bool> {
    todo!()
}

/// Nobody knows whether it was sent: kept, but out of its conversation's way; `false` when the lease was lost.
pub async fn uncertain(_tx: &mut Tx, _ws: WorkspaceId, _id: OutboundId, _fence: i64) -> Result<bool> {
    todo!()
}

/// Takes over sendings of all workspaces whose sender vanished (their lease ran out), under a new lease.
pub async fn expired(_tx: &mut Tx, _now: Millis, _lease_until: Millis, _limit: i64) -> Result<Vec<Sending>> {
    todo!()
}

/// The sending of a message.
pub async fn by_message(_tx: &mut Tx, _ws: WorkspaceId, _message: MessageId) -> Result<Option<Sending>> {
    todo!()
}

/// Takes a message's sending off the queue, whoever holds it; `false` when there is none.
pub async fn delete_by_message(_tx: &mut Tx, _ws: WorkspaceId, _message: MessageId) -> Result<bool> {
    todo!()
}

/// When the next sending of any workspace can be claimed or taken over; may lie in the past.
pub async fn next_ready(_tx: &mut Tx) -> Result<Option<Millis>> {
    todo!()
}

/// A sending as a provider's report names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboundRef {
    /// Its id, which is the callback value given to the provider.
    pub id: OutboundId,
    /// The message.
    pub message_id: Option<MessageId>,
    /// The inbox.
    pub inbox_id: InboxId,
    /// What it is.
    pub kind: OutboundKind,
}

/// The sending of that id, while it is on the queue (uncertain ones are).
pub async fn get(_tx: &mut Tx, _ws: WorkspaceId, _id: OutboundId) -> Result<Option<OutboundRef>> {
    todo!()
}
