//! What a caller may do.

use crate::named::named;

named! {
    /// One right. Every handler names the right it needs in its signature.
    Permission {
        /// See conversations and their messages.
        ConversationRead = "conversation.read",
        /// Write to customers, react, resolve, snooze.
        ConversationReply = "conversation.reply",
        /// Write notes that only colleagues read.
        ConversationNote = "conversation.note",
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
        /// Create, change and remove teams.
        TeamManage = "team.manage",
        /// Create, change and remove roles, and say what they may do.
        RoleManage = "role.manage",
        /// Say how people sign in: second step, providers of identity, limits.
        SignInManage = "sign_in.manage",
        /// Create and revoke tokens for programs.
        TokenManage = "token.manage",
        /// See the workspace as a colleague sees it.
        ViewAs = "view_as",
        /// See who did what.
        AuditRead = "audit.read",
        /// Take out everything about a person.
        PersonExport = "person.export",
        /// Erase people, hold what must be kept, set how long data lives, keep the records that the law asks for.
        PrivacyManage = "privacy.manage",
        /// See what is masked because it is sensitive, giving a reason.
        SensitiveReveal = "sensitive.reveal",
        /// Say what is done about sensitive content.
        SensitiveManage = "sensitive.manage",
        /// See what the business knows, also what is not public.
        KnowledgeRead = "knowledge.read",
        /// Write, publish and import what the business knows; the help centre.
        KnowledgeManage = "knowledge.manage",
        /// Replace keys.
        KeyManage = "key.manage",
    }
}
