//! Who did what: the words of the audit.

use serde::Serialize;

use crate::named::named;
use crate::{AgentId, ContactId, ConversationId, Millis};

named! {
    /// What was done. The name says the thing and what became of it; a new one is a line here.
    Act {
        /// The workspace and its owner were made.
        WorkspaceSetUp = "workspace.set_up",
        /// Somebody signed in.
        SignedIn = "session.begun",
        /// Somebody was refused who gave a known address.
        SignInRefused = "session.refused",
        /// Somebody asked for what they may not have, or what is not there for them.
        AccessRefused = "access.refused",
        /// A session ended because somebody asked for it.
        SessionEnded = "session.ended",
        /// A way to sign in was added to an account: a password, a second step, a passkey, recovery codes.
        FactorAdded = "factor.added",
        /// A way to sign in was changed.
        FactorChanged = "factor.changed",
        /// A way to sign in was taken from an account.
        FactorRemoved = "factor.removed",
        /// Somebody asked for a link to set a new password, or to be asked in.
        LinkMade = "link.made",
        /// Such a link was used.
        LinkUsed = "link.used",
        /// Such a link was taken back.
        LinkRevoked = "link.revoked",
        /// How people sign in was changed.
        SignInPolicyChanged = "sign_in.changed",
        /// A provider of identity was set up.
        ProviderCreated = "provider.created",
        /// A provider of identity was changed.
        ProviderChanged = "provider.changed",
        /// A provider of identity was removed.
        ProviderRemoved = "provider.removed",
        /// A token for programs was made.
        TokenCreated = "token.created",
        /// A token for programs was changed.
        TokenChanged = "token.changed",
        /// A token for programs was revoked.
        TokenRevoked = "token.revoked",
        /// An account was made.
        AgentCreated = "agent.created",
        /// An account was changed.
        AgentChanged = "agent.changed",
        /// A role was made.
        RoleCreated = "role.created",
        /// A role was changed.
        RoleChanged = "role.changed",
        /// A role was removed.
        RoleRemoved = "role.removed",
        /// A team was made.
        TeamCreated = "team.created",
        /// A team was changed.
        TeamChanged = "team.changed",
        /// A team was removed.
        TeamRemoved = "team.removed",
        /// Somebody began to see the workspace as a colleague.
        ViewAsBegun = "view_as.begun",
        /// Somebody ceased to see the workspace as a colleague.
        ViewAsEnded = "view_as.ended",
        /// An inbox was connected.
        InboxCreated = "inbox.created",
        /// An inbox was changed.
        InboxChanged = "inbox.changed",
        /// An inbox was removed.
        InboxRemoved = "inbox.removed",
        /// The bot of an inbox was switched or set.
        BotChanged = "bot.changed",
        /// Business hours were written, changed or removed.
        HoursChanged = "hours.changed",
        /// It was said which language model is used and what for.
        LanguageModelChanged = "language_model.changed",
        /// The language model was removed.
        LanguageModelRemoved = "language_model.removed",
        /// It was said which sentence model the knowledge is found by.
        EmbeddingModelChanged = "embedding_model.changed",
        /// The sentence model was removed.
        EmbeddingModelRemoved = "embedding_model.removed",
        /// The bot was tried on past conversations.
        BotReplayed = "bot.replayed",
        /// Somebody judged what the bot would have said.
        BotJudged = "bot.judged",
        /// Somebody said whether an answer of the bot is right.
        AnswerJudged = "answer.judged",
        /// It was decided what becomes of such words.
        VerdictDecided = "answer.decided",
        /// An intent was written.
        IntentCreated = "intent.created",
        /// An intent or its examples were changed.
        IntentChanged = "intent.changed",
        /// An intent was removed.
        IntentRemoved = "intent.removed",
        /// An agent said what a message means.
        IntentCorrected = "intent.corrected",
        /// Corrections were accepted or refused.
        CorrectionDecided = "intent.decided",
        /// Another version of what was learned was put into use.
        IntentVersionChosen = "intent.version_chosen",
        /// Somebody said that what is understood is right as it is now.
        DriftAccepted = "drift.accepted",
        /// An inbox's connection was checked.
        InboxChecked = "inbox.checked",
        /// A label was made.
        LabelCreated = "label.created",
        /// A label was changed.
        LabelChanged = "label.changed",
        /// A label was removed.
        LabelRemoved = "label.removed",
        /// A saved reply was made.
        QuickReplyCreated = "quick_reply.created",
        /// A saved reply was changed.
        QuickReplyChanged = "quick_reply.changed",
        /// A saved reply was removed.
        QuickReplyRemoved = "quick_reply.removed",
        /// A piece of knowledge was written.
        ArticleCreated = "article.created",
        /// A piece of knowledge was changed.
        ArticleChanged = "article.changed",
        /// A piece of knowledge was put into use.
        ArticlePublished = "article.published",
        /// A piece of knowledge was taken out of use.
        ArticleArchived = "article.archived",
        /// A piece of knowledge was removed.
        ArticleRemoved = "article.removed",
        /// Knowledge was taken from files or pages.
        KnowledgeImported = "knowledge.imported",
        /// A category of knowledge was made.
        CategoryCreated = "category.created",
        /// A category of knowledge was changed.
        CategoryChanged = "category.changed",
        /// A category of knowledge was removed.
        CategoryRemoved = "category.removed",
        /// The help centre was changed.
        HelpCentreChanged = "help_centre.changed",
        /// Conversations were listed or searched.
        ConversationsListed = "conversation.listed",
        /// A conversation or its messages were read.
        ConversationRead = "conversation.read",
        /// A conversation was given to somebody or back to the queue.
        ConversationAssigned = "conversation.assigned",
        /// A conversation was marked as done.
        ConversationResolved = "conversation.resolved",
        /// A conversation was opened again.
        ConversationReopened = "conversation.reopened",
        /// A conversation was set aside.
        ConversationSnoozed = "conversation.snoozed",
        /// A conversation was marked as seen.
        ConversationSeen = "conversation.seen",
        /// The bot handed a conversation over to people.
        ConversationHandedOver = "conversation.handed_over",
        /// A conversation was handed back to the bot.
        ConversationHandedBack = "conversation.handed_back",
        /// A conversation's labels were chosen.
        ConversationLabelled = "conversation.labelled",
        /// A message was written to a customer.
        MessageWritten = "message.written",
        /// A note was written.
        NoteWritten = "note.written",
        /// A message was reacted to.
        MessageReacted = "message.reacted",
        /// A message was sent again.
        MessageRetried = "message.retried",
        /// Something masked in a message was shown.
        SensitiveRevealed = "sensitive.revealed",
        /// What is done about sensitive content was changed.
        SensitivePolicyChanged = "sensitive.changed",
        /// A file was uploaded.
        FileUploaded = "file.uploaded",
        /// A file of a message was opened.
        FileOpened = "file.opened",
        /// The stream of changes was opened, in which everything is told that its reader may see.
        StreamOpened = "stream.opened",
        /// A customer's page was read.
        ContactRead = "contact.read",
        /// A customer was given a name.
        ContactRenamed = "contact.renamed",
        /// A customer was blocked.
        ContactBlocked = "contact.blocked",
        /// A customer was unblocked.
        ContactUnblocked = "contact.unblocked",
        /// The raw form of a delivery was read.
        DeliveryRead = "delivery.read",
        /// Deliveries were applied again.
        DeliveryReplayed = "delivery.replayed",
        /// A gap was closed by hand.
        GapClosed = "gap.closed",
        /// Somebody searched in the audit.
        AuditRead = "audit.read",
        /// Somebody took the audit out.
        AuditExported = "audit.exported",
        /// Somebody read or opened unusually much.
        VolumeUnusual = "volume.unusual",
        /// A customer's consent was noted.
        ConsentGiven = "consent.given",
        /// A customer's consent was withdrawn.
        ConsentWithdrawn = "consent.withdrawn",
        /// A privacy notice was written or changed.
        NoticeChanged = "notice.changed",
        /// A privacy notice was sent to a customer.
        NoticeSent = "notice.sent",
        /// Everything about a customer was asked for.
        ExportAsked = "export.asked",
        /// Everything about a customer was taken out.
        ExportTaken = "export.taken",
        /// A customer was erased.
        PersonErased = "person.erased",
        /// A hold was put on a customer's data.
        HoldPlaced = "hold.placed",
        /// A hold was lifted.
        HoldLifted = "hold.lifted",
        /// How long data lives was changed.
        RetentionChanged = "retention.changed",
        /// Data whose time had come was removed.
        RetentionRan = "retention.ran",
        /// Who is responsible for what is done with data was changed.
        ControllerChanged = "controller.changed",
        /// A breach was noted.
        BreachNoted = "breach.noted",
        /// What is noted of a breach was changed.
        BreachChanged = "breach.changed",
        /// The record of processing, or the list of people that a breach concerns, was taken out.
        RecordExported = "record.exported",
        /// Keys were replaced.
        KeyRotated = "key.rotated",
    }
}

impl Act {
    /// What of a person's data the act shows to whoever does it.
    pub fn shows(self) -> Option<Shown> {
        match self {
            Self::ConversationsListed => Some(Shown::Listed),
            Self::ConversationRead
            | Self::SensitiveRevealed
            | Self::FileOpened
            | Self::ContactRead
            | Self::DeliveryRead => Some(Shown::Opened),
            Self::ExportAsked | Self::ExportTaken | Self::AuditExported | Self::RecordExported => {
                Some(Shown::TakenOut)
            }
            Self::AccessRefused => Some(Shown::Refused),
            _ => None,
        }
    }
}

/// How much of a person an act shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    /// A row of a list.
    Listed,
    /// A conversation, a page, a file.
    Opened,
    /// Out of the house.
    TakenOut,
    /// Nothing: it was refused.
    Refused,
}

named! {
    /// What kind of somebody acts.
    ActorKind {
        /// A signed-in agent.
        Agent = "agent",
        /// A program with a token.
        Token = "token",
        /// Bellhop by itself.
        System = "system",
        /// Somebody at the server's machine.
        Operator = "operator",
        /// A customer, by what they wrote.
        Customer = "customer",
    }
}

/// One entry of a workspace's audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// Its number: 1, 2, 3 … without a gap.
    pub seq: i64,
    /// When it was done.
    pub at: Millis,
    /// What kind of somebody did it.
    pub actor_kind: ActorKind,
    /// Who: an agent's or a token's id; `null` for the system and for the server's machine.
    pub actor: Option<String>,
    /// As whom, where somebody saw the workspace as a colleague.
    pub seen_as: Option<AgentId>,
    /// What.
    pub act: Act,
    /// With which thing, by its id.
    pub subject: Option<String>,
    /// The conversation that it was about.
    pub conversation_id: Option<ConversationId>,
    /// The customer that it was about.
    pub contact_id: Option<ContactId>,
    /// From which network address; may be empty.
    pub address: String,
    /// From which device, as it calls itself; may be empty.
    pub device: String,
    /// Why, where a reason was asked for.
    pub reason: Option<String>,
    /// More about it as a JSON object, without anything of a person.
    pub detail: Option<String>,
    /// How often within a moment.
    pub times: i64,
    /// The entry's place in the chain: a hash over its content and over the hash of the entry before it, in
    /// hexadecimal.
    pub hash: String,
}
