//! The workspace's sequence of changes: 1, 2, 3 … without a gap, in the order of commits.

use model::{Change, ConversationId, EventKind, MessageId, Millis, WorkspaceId};

use crate::{Result, Tx};

/// A change to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewChange {
    /// What kind of thing changed.
    pub kind: EventKind,
    /// The raw id of the thing.
    pub subject: i64,
    /// The raw id of the conversation it belongs to.
    pub conversation: Option<i64>,
    /// Whether the thing is gone.
    pub deleted: bool,
}

impl NewChange {
    /// A thing that belongs to no conversation changed.
    pub fn of(kind: EventKind, subject: i64) -> Self {
        Self { kind, subject, conversation: None, deleted: false }
    }

    /// A message changed, and perhaps its conversation.
    pub fn message(message: MessageId, conversation: ConversationId) -> Self {
        Self {
            kind: EventKind::Message,
            subject: message.0,
            conversation: Some(conversation.0),
            deleted: false,
        }
    }

    /// A conversation changed.
    pub fn conversation(conversation: ConversationId) -> Self {
        Self {
            kind: EventKind::Conversation,
            subject: conversation.0,
            conversation: Some(conversation.0),
            deleted: false,
        }
    }

    /// A thing that belongs to no conversation is gone.
    pub fn deleted(kind: EventKind, subject: i64) -> Self {
        Self { kind, subject, conversation: None, deleted: true }
    }
}

/// Adds changes and tells the last number. On PostgreSQL it holds the workspace's row until the transaction ends:
/// call it last.
pub async fn append(_tx: &mut Tx, _ws: WorkspaceId, _changes: &[NewChange], _now: Millis) -> Result<i64> {
    todo!()
}

/// The changes after a number, ascending. When the first is not `after + 1`, or there is none although
/// [`head`] is greater, then older ones were pruned and the reader must start over.
pub async fn since(_tx: &mut Tx, _ws: WorkspaceId, _after: i64, _limit: i64) -> Result<Vec<Change>> {
    todo!()
}

/// The workspace's last number; 0 when nothing ever changed.
pub async fn head(_tx: &mut Tx, _ws: WorkspaceId) -> Result<i64> {
    todo!()
}

/// The last numbers of all workspaces.
pub async fn heads(_tx: &mut Tx) -> Result<Vec<(WorkspaceId, i64)>> {
    todo!()
}

/// Forgets changes of all workspaces from before a time; tells how many.
pub async fn prune(_tx: &mut Tx, _before: Millis) -> Result<u64> {
    todo!()
}
