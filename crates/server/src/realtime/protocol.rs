//! The frames of the event stream, as the API document describes them.

use app::event::Frame;
use axum::extract::ws::Utf8Bytes;
use model::{
    Agent, AgentId, AlarmId, ArticleId, CategoryId, ContactId, Conversation, ConversationId, EventKind,
    InboxId, IntentId, Label, LabelId, Message, MessageId, QuickReply, QuickReplyId, Team, TeamId,
};
use serde::{Deserialize, Serialize};

/// What the server says.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ServerFrame<'a> {
    /// The first frame.
    Hello {
        /// The workspace's last event at this moment.
        seq: i64,
        /// How often the server sends `ping`.
        heartbeat_ms: u64,
    },
    /// A change, with the present state of what changed.
    Event {
        /// The workspace's number of the change: ascending, without a gap.
        seq: i64,
        /// What kind of thing changed.
        kind: EventKind,
        /// The thing's id.
        id: String,
        /// The same id when the thing is gone.
        #[serde(skip_serializing_if = "Option::is_none")]
        deleted: Option<String>,
        /// The message, for kind `message`.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a Message>,
        /// The conversation, for kinds `message` and `conversation`.
        #[serde(skip_serializing_if = "Option::is_none")]
        conversation: Option<&'a Conversation>,
        /// The label, for kind `label`.
        #[serde(skip_serializing_if = "Option::is_none")]
        label: Option<&'a Label>,
        /// The saved reply, for kind `quick_reply`.
        #[serde(skip_serializing_if = "Option::is_none")]
        quick_reply: Option<&'a QuickReply>,
        /// The agent, for kind `agent`.
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<&'a Agent>,
        /// The team, for kind `team`.
        #[serde(skip_serializing_if = "Option::is_none")]
        team: Option<&'a Team>,
    },
    /// A change that is none of the client's business; its number counts.
    Skip {
        /// The number of the change.
        seq: i64,
    },
    /// Another agent types.
    Typing {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        agent_id: AgentId,
    },
    /// Too much was missed: read everything anew and go on from here.
    Reset {
        /// Where to go on.
        seq: i64,
    },
    /// Asks whether the client is there.
    Ping,
    /// The last frame.
    Bye {
        /// Why.
        reason: Farewell,
        /// How long to wait before connecting again.
        retry_ms: u64,
    },
}

/// Why the server ends a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Farewell {
    /// The server stops; another one or its successor goes on.
    Shutdown,
    /// The session has ended: sign in again.
    Revoked,
    /// The client did not keep up: connect again and go on where it stopped.
    Slow,
}

impl Farewell {
    /// How long the client should wait at least.
    pub(super) fn retry_ms(self) -> u64 {
        match self {
            Self::Shutdown => 200,
            Self::Revoked => 0,
            Self::Slow => 500,
        }
    }

    /// How much longer some clients should wait than others, so that they do not all come back at once.
    pub(super) fn spread_ms(self) -> u64 {
        match self {
            Self::Shutdown => 2000,
            Self::Revoked => 0,
            Self::Slow => 500,
        }
    }

    /// The code of the closing frame (RFC 6455, 7.4).
    pub(super) fn close_code(self) -> u16 {
        match self {
            Self::Shutdown => axum::extract::ws::close_code::AWAY,
            Self::Revoked => axum::extract::ws::close_code::POLICY,
            Self::Slow => axum::extract::ws::close_code::AGAIN,
        }
    }
}

/// What a client says.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ClientFrame {
    /// The answer to `ping`.
    Pong,
    /// The agent types.
    Typing {
        /// Where.
        conversation_id: ConversationId,
    },
}

impl ServerFrame<'_> {
    /// The frame as it travels; shared by all sockets that it goes to.
    pub(super) fn encode(&self) -> Utf8Bytes {
        // Serialising our own types to memory cannot fail; an empty frame is one that clients ignore.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}

/// The frame of a change.
pub(super) fn event(frame: &Frame) -> Utf8Bytes {
    let id = id(frame.kind, frame.subject);
    ServerFrame::Event {
        seq: frame.seq,
        kind: frame.kind,
        deleted: frame.deleted.then(|| id.clone()),
        id,
        message: frame.message.as_ref(),
        conversation: frame.conversation.as_ref(),
        label: frame.label.as_ref(),
        quick_reply: frame.quick_reply.as_ref(),
        agent: frame.agent.as_ref(),
        team: frame.team.as_ref(),
    }
    .encode()
}

/// The frame of a conversation that the client sees no longer: for it, the conversation is gone.
pub(super) fn gone(seq: i64, conversation: ConversationId) -> Utf8Bytes {
    let id = conversation.to_string();
    ServerFrame::Event {
        seq,
        kind: EventKind::Conversation,
        deleted: Some(id.clone()),
        id,
        message: None,
        conversation: None,
        label: None,
        quick_reply: None,
        agent: None,
        team: None,
    }
    .encode()
}

fn id(kind: EventKind, raw: i64) -> String {
    match kind {
        EventKind::Message => MessageId(raw).to_string(),
        EventKind::Conversation => ConversationId(raw).to_string(),
        EventKind::Contact => ContactId(raw).to_string(),
        EventKind::Inbox => InboxId(raw).to_string(),
        EventKind::Label => LabelId(raw).to_string(),
        EventKind::QuickReply => QuickReplyId(raw).to_string(),
        EventKind::Agent => AgentId(raw).to_string(),
        EventKind::Team => TeamId(raw).to_string(),
        EventKind::Alarm => AlarmId(raw).to_string(),
        EventKind::Article => ArticleId(raw).to_string(),
        EventKind::Category => CategoryId(raw).to_string(),
        EventKind::Intent => IntentId(raw).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_read_as_documented() {
        let encode = |frame: ServerFrame<'_>| frame.encode().to_string();
        assert_eq!(encode(ServerFrame::Ping), r#"{"type":"ping"}"#);
        assert_eq!(
            encode(ServerFrame::Bye { reason: Farewell::Slow, retry_ms: 500 }),
            r#"{"type":"bye","reason":"slow","retry_ms":500}"#
        );
        let typing = serde_json::from_str(r#"{"type":"typing","conversation_id":"cv_0000000000007"}"#);
        assert!(matches!(typing, Ok(ClientFrame::Typing { conversation_id: ConversationId(7) })));
    }
}
