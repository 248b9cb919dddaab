//! What changed, as told to other workers and browsers. An event carries no facts but ids: whoever is told
//! reads the database.

use crate::named::named;
use crate::{AgentId, TeamId};

named! {
    /// What kind of thing changed.
    EventKind {
        /// A message, its status or its media; the conversation may have changed too.
        Message = "message",
        /// A conversation's state, owner, labels or unread count.
        Conversation = "conversation",
        /// A contact or one of its identities.
        Contact = "contact",
        /// An inbox.
        Inbox = "inbox",
        /// A label.
        Label = "label",
        /// A quick reply.
        QuickReply = "quick_reply",
        /// An agent, or what the agent may do.
        Agent = "agent",
        /// A team.
        Team = "team",
        /// An alarm was raised or cleared.
        Alarm = "alarm",
        /// A piece of knowledge.
        Article = "article",
        /// A category of knowledge.
        Category = "category",
        /// An intent, an example, or what was learned from them.
        Intent = "intent",
    }
}

/// One entry of a workspace's event sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The workspace's next number: 1, 2, 3 … without a gap.
    pub seq: i64,
    /// What kind of thing changed.
    pub kind: EventKind,
    /// The raw id of the thing.
    pub subject: i64,
    /// The raw id of the conversation it belongs to, for messages and conversations.
    pub conversation: Option<i64>,
    /// Whether the thing is gone.
    pub deleted: bool,
    /// To whom the conversation belonged before, where that changed.
    pub was: Was,
}

/// To whom a conversation belonged before a change: whoever saw it for that reason is told that it is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Was {
    /// The agent.
    pub assignee_id: Option<AgentId>,
    /// The team.
    pub team_id: Option<TeamId>,
}

impl Change {
    /// Whether it is about this thing.
    pub fn is(&self, kind: EventKind, subject: i64) -> bool {
        self.kind == kind && self.subject == subject
    }
}
