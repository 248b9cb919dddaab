//! What a caller may do.

use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:tt,)*) => {
        /// One right. Every handler names the right it needs in its signature.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Permission {
            /// Every right there is.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$name),*];

            /// The right's name in the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

permissions! {
    /// See conversations and their messages.
    ConversationRead = "conversation.read",
    /// Write to customers, react, note, resolve, snooze.
    ConversationReply = "conversation.reply",
    /// Give conversations to agents.
    ConversationAssign = "conversation.assign",
    /// See contacts.
    ContactRead = "contact.read",
    /// Rename and block contacts.
    ContactWrite = "contact.write",
    /// See inboxes without their secrets.
    InboxRead = "inbox.read",
    /// Connect, change and remove inboxes.
    InboxManage = "inbox.manage",
    /// See colleagues.
    AgentRead = "agent.read",
    /// Create, change and disable colleagues.
    AgentManage = "agent.manage",
    /// Create, change and remove labels.
    LabelManage = "label.manage",
    /// Create, change and remove quick replies.
    QuickReplyManage = "quick_reply.manage",
    /// See how the work stands, alarms, parked deliveries and gaps, and replay them.
    Operate = "operate",
}
