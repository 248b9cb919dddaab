//! What is queued to be sent, in the transaction that caused it. The way on: [`crate::outbox`] takes it from the queue,
//! [`crate::sending`] makes the calls, [`crate::conclude`] records what came of them.

use model::{ConversationId, IdentityId, Ids, InboxId, MessageId, Millis, Purpose, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::outbound::{NewOutbound, OutboundKind};

use crate::{Error, Result};

/// What a sending is to say, as stored. Everything else is looked up when its turn comes, because by then a
/// quoted message has its provider id and a file has its place.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub(crate) enum Intent {
    /// A message of the thread, and what it is for.
    Message {
        message: MessageId,
        #[serde(default)]
        purpose: Purpose,
    },
    /// A reaction; empty takes it back.
    Reaction { target: MessageId, emoji: String },
    /// We read up to a message, and perhaps type.
    Read { provider_id: String, typing: bool },
}

impl Intent {
    /// Its kind, as stored.
    fn kind(&self) -> OutboundKind {
        match self {
            Self::Message { .. } => OutboundKind::Message,
            Self::Reaction { .. } => OutboundKind::Reaction,
            Self::Read { .. } => OutboundKind::Read,
        }
    }
}

/// For how long a message may wait to be sent.
const MESSAGE_LIFE: Millis = Millis::hours(24);
/// For how long a read receipt or typing is worth sending.
const READ_LIFE: Millis = Millis::minutes(1);

/// Where a sending goes.
#[derive(Clone, Copy)]
pub(crate) struct Destination {
    pub inbox: InboxId,
    pub conversation: ConversationId,
    pub identity: IdentityId,
}

/// Queues a sending, in the transaction that caused it.
pub(crate) async fn enqueue(
    tx: &mut store::Tx,
    workspace: WorkspaceId,
    ids: &Ids,
    to: Destination,
    intent: &Intent,
    now: Millis,
) -> Result<()> {
    let kind = intent.kind();
    let new = NewOutbound {
        id: ids.next(),
        message_id: match intent {
            Intent::Message { message, .. } => Some(*message),
            _ => None,
        },
        inbox_id: to.inbox,
        conversation_id: to.conversation,
        identity_id: to.identity,
        kind,
        intent: serde_json::to_string(intent).map_err(Error::internal)?,
        next_at: now,
        deadline: now + if kind == OutboundKind::Read { READ_LIFE } else { MESSAGE_LIFE },
        created_at: now,
    };
    store::outbound::insert(tx, workspace, &new).await?;
    Ok(())
}
