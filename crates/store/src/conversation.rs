//! Conversations and their lists.

use model::{
    AgentId, ChannelKind, ContactId, Conversation, ConversationId, ConversationState, DeliveryState,
    IdentityId, InboxId, LabelId, LastMessage, MessageId, Millis, Turn, WorkspaceId,
};

use crate::{Page, Result, Tx, Visibility};

/// For how many hours a channel lets the business write freely after the customer's last message.
pub type Windows = fn(ChannelKind) -> Option<u32>;

/// A conversation to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewConversation {
    /// Its id.
    pub id: ConversationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The customer's address.
    pub identity_id: IdentityId,
    /// The customer.
    pub contact_id: ContactId,
    /// Now.
    pub now: Millis,
}

/// What decisions need of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The inbox.
    pub inbox_id: InboxId,
    /// The customer's address.
    pub identity_id: IdentityId,
    /// The customer.
    pub contact_id: ContactId,
    /// Whether work is due.
    pub state: ConversationState,
    /// Who may speak for the business.
    pub turn: Turn,
    /// The agent who owns it.
    pub assignee_id: Option<AgentId>,
    /// When the customer last wrote.
    pub last_inbound_at: Option<Millis>,
    /// How many messages of the customer no agent has seen.
    pub unread: i64,
    /// When a snoozed conversation wakes.
    pub snoozed_until: Option<Millis>,
}

/// Which conversations to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state; `None` for any.
    pub state: Option<ConversationState>,
    /// Owned by whom.
    pub assignee: AssigneeFilter,
    /// Of this inbox.
    pub inbox: Option<InboxId>,
    /// With this label.
    pub label: Option<LabelId>,
    /// Of this customer.
    pub contact: Option<ContactId>,
    /// Whose name, phone number or user name has this in it (any case).
    pub q: Option<String>,
}

/// Owned by whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AssigneeFilter {
    /// Anybody or nobody.
    #[default]
    Any,
    /// Nobody.
    None,
    /// This agent.
    Is(AgentId),
}

/// Open conversations, and how many of them have unread messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Open ones.
    pub open: i64,
    /// Open ones with unread messages.
    pub unread: i64,
}

/// The numbers beside the list's tabs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Owned by the caller.
    pub mine: Count,
    /// Owned by nobody.
    pub unassigned: Count,
    /// All.
    pub all: Count,
}

/// The newest conversation of a customer's address, in whatever state; the open one where there is one.
pub async fn open_of(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _inbox: InboxId,
    _identity: IdentityId,
) -> Result<Option<(ConversationId, ConversationState)>> {
    todo!()
}

/// Makes an open conversation in the queue. [`crate::Error::Unique`] when the address has one that is not
/// resolved; the transaction can go on then.
pub async fn insert(_tx: &mut Tx, _ws: WorkspaceId, _new: &NewConversation) -> Result<()> {
    todo!()
}

/// The conversation as a list shows it.
pub async fn get(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _vis: &Visibility,
    _windows: Windows,
    _id: ConversationId,
    _now: Millis,
) -> Result<Option<Conversation>> {
    todo!()
}

/// What decisions need of a conversation.
pub async fn facts(_tx: &mut Tx, _ws: WorkspaceId, _id: ConversationId) -> Result<Option<Facts>> {
    todo!()
}

/// A page of conversations, the last changed first. A conversation that changes meanwhile moves to the front and
/// is not seen again further down.
#[expect(
    clippy::too_many_arguments,
    reason = "a list is filter, place and who asks; a struct would only rename them"
)]
pub async fn list(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _vis: &Visibility,
    _windows: Windows,
    _filter: &Filter,
    _cursor: Option<&str>,
    _limit: i64,
    _now: Millis,
) -> Result<Page<Conversation>> {
    todo!()
}

/// The numbers beside the list's tabs.
pub async fn counts(_tx: &mut Tx, _ws: WorkspaceId, _vis: &Visibility, _me: AgentId) -> Result<Counts> {
    todo!()
}

/// A message of the customer came: opens the conversation, starts the customer's waiting, moves it to the front;
/// `counts_as_unread` adds to the unread ones. `false` when there is no such conversation.
/// [`crate::Error::Unique`] (which ends the transaction) when this one is resolved and the address has another
/// that is not.
pub async fn inbound(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: ConversationId,
    _message: &LastMessage,
    _counts_as_unread: bool,
    _now: Millis,
) -> Result<bool> {
    todo!()
}

/// A message of the business was written: the customer waits no longer.
pub async fn outbound(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: ConversationId,
    _message: &LastMessage,
    _now: Millis,
) -> Result<bool> {
    todo!()
}

/// A note was written.
pub async fn note(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: ConversationId,
    _message: &LastMessage,
    _now: Millis,
) -> Result<bool> {
    todo!()
}

/// Sets the state; `until` is kept for snoozed ones only. Resolving ends the customer's waiting. Opening again can
/// give [`crate::Error::Unique`] (which ends the transaction).
pub async fn set_state(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: ConversationId,
    _state: ConversationState,
    _until: Option<Millis>,
    _now: Millis,
) -> Result<bool> {
    todo!()
}

/// Sets owner and turn.
pub async fn assign(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: ConversationId,
    _assignee: Option<AgentId>,
    _turn: Turn,
    _now: Millis,
) -> Result<bool> {
    todo!()
}

/// Marks everything as seen. When something was unread: the provider id of the customer's newest message, for
/// the read receipt.
pub async fn clear_unread(_tx: &mut Tx, _ws: WorkspaceId, _id: ConversationId) -> Result<Option<String>> {
    todo!()
}

/// Sets the labels; ids that are not labels of the workspace are ignored. `false` when there is no such
/// conversation.
pub async fn set_labels(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: ConversationId,
    _labels: &[LabelId],
) -> Result<bool> {
    todo!()
}

/// Snoozed conversations of all workspaces whose time has come, the longest due first.
pub async fn due(_tx: &mut Tx, _now: Millis, _limit: i64) -> Result<Vec<(WorkspaceId, ConversationId)>> {
    todo!()
}

/// Shows a new delivery state in the list when `message` is the conversation's last; tells whether it is.
pub async fn last_status(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: ConversationId,
    _message: MessageId,
    _status: DeliveryState,
) -> Result<bool> {
    todo!()
}

/// Shows a message's changed content in the list when it is the conversation's last; tells whether it is.
pub async fn last_content(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: ConversationId,
    _message: MessageId,
    _kind: &str,
    _preview: &str,
) -> Result<bool> {
    todo!()
}

/// Moves the conversations of an address to another one (a customer got a new number). Where both have one that
/// is not resolved, that of `from` is resolved. Tells how many moved.
pub async fn repoint(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _from: IdentityId,
    _to: IdentityId,
    _to_contact: ContactId,
    _now: Millis,
) -> Result<u64> {
    todo!()
}

/// The provider's id of the customer's newest message (direction in, written by the customer).
pub async fn newest_inbound(_tx: &mut Tx, _ws: WorkspaceId, _id: ConversationId) -> Result<Option<String>> {
    todo!()
}

/// The customer was heard of at a time without a message (a reaction): moves the window on, and nothing else.
pub async fn heard(_tx: &mut Tx, _ws: WorkspaceId, _id: ConversationId, _at: Millis) -> Result<bool> {
    todo!()
}
