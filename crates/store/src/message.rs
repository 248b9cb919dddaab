//! Messages of conversations.

use model::{
    AgentId, AuthorKind, Content, ConversationId, Direction, InboundId, InboxId, Message, MessageId, Millis,
    ReactionBy, Report, Status, WorkspaceId,
};

use crate::{Result, Tx, Visibility};

/// A message to be kept.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its id; ids of a conversation ascend in the order of the thread.
    pub id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// Who speaks to whom.
    pub direction: Direction,
    /// When it was written, by the provider's clock where it has one.
    pub at: Millis,
    /// Now.
    pub created_at: Millis,
    /// What wrote it.
    pub author_kind: AuthorKind,
    /// The agent who wrote it.
    pub author_agent_id: Option<AgentId>,
    /// What it carries.
    pub content: Content,
    /// The provider's id, unique in the inbox.
    pub provider_id: Option<String>,
    /// The writing browser's id, unique in the conversation.
    pub client_id: Option<String>,
    /// The quoted message.
    pub reply_to_id: Option<MessageId>,
    /// The provider's id of the quoted message, also when we do not have it.
    pub reply_to_provider_id: Option<String>,
    /// Whether the customer forwarded it from elsewhere.
    pub forwarded: bool,
    /// How far it got, for messages of the business.
    pub status: Option<Status>,
    /// The raw delivery it came in.
    pub inbound_id: Option<InboundId>,
}

/// Where a message stands, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRef {
    /// Its id.
    pub id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// Who speaks to whom.
    pub direction: Direction,
    /// Its content's kind.
    pub kind: String,
    /// The provider's id.
    pub provider_id: Option<String>,
}

/// Which part of a thread to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Its end.
    Newest,
    /// Before a message.
    Before(MessageId),
    /// After a message.
    After(MessageId),
    /// A message with what stands around it.
    Around(MessageId),
}

/// A part of a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct MessagePage {
    /// The messages, ascending.
    pub items: Vec<Message>,
    /// Whether older ones stand before them.
    pub has_before: bool,
    /// Whether newer ones stand after them.
    pub has_after: bool,
}

/// Keeps a message; `false` when its provider id or client id is there already.
pub async fn insert(_tx: &mut Tx, _ws: WorkspaceId, _message: &NewMessage) -> Result<bool> {
    todo!()
}

/// The message with author's name, quote, reactions and file.
pub async fn get(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _vis: &Visibility,
    _id: MessageId,
) -> Result<Option<Message>> {
    todo!()
}

/// Several messages, in the order of their ids; unknown ids are left out.
pub async fn many(_tx: &mut Tx, _ws: WorkspaceId, _ids: &[MessageId]) -> Result<Vec<Message>> {
    todo!()
}

/// A part of a thread; at most `limit` messages.
pub async fn page(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _conversation: ConversationId,
    _place: Place,
    _limit: i64,
) -> Result<MessagePage> {
    todo!()
}

/// The message to which a browser gave an id.
pub async fn by_client(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _conversation: ConversationId,
    _client_id: &str,
) -> Result<Option<MessageId>> {
    todo!()
}

/// The message to which the provider gave an id.
pub async fn by_provider(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _inbox: InboxId,
    _provider_id: &str,
) -> Result<Option<MessageRef>> {
    todo!()
}

/// Where a message stands.
pub async fn reference(_tx: &mut Tx, _ws: WorkspaceId, _id: MessageId) -> Result<Option<MessageRef>> {
    todo!()
}

/// Takes a report into account ([`Status::apply`]); the new status when it changed.
pub async fn report(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: MessageId,
    _report: &Report,
) -> Result<Option<Status>> {
    todo!()
}

/// Puts a message of the business back to the beginning, for an agent's second try; `false` when there is none.
pub async fn requeue(_tx: &mut Tx, _ws: WorkspaceId, _id: MessageId, _now: Millis) -> Result<bool> {
    todo!()
}

/// Notes the provider's id. `false` when there is no such message, or another one of the inbox has that id.
pub async fn set_provider_id(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: MessageId,
    _provider_id: &str,
) -> Result<bool> {
    todo!()
}

/// Replaces the content.
pub async fn edit(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: MessageId,
    _content: &Content,
    _at: Millis,
) -> Result<bool> {
    todo!()
}

/// Notes that its author withdrew it.
pub async fn revoke(_tx: &mut Tx, _ws: WorkspaceId, _id: MessageId, _at: Millis) -> Result<bool> {
    todo!()
}

/// Sets (or with `None` removes) one side's reaction; tells whether anything changed.
pub async fn react(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: MessageId,
    _by: ReactionBy,
    _emoji: Option<&str>,
    _agent: Option<AgentId>,
    _at: Millis,
) -> Result<bool> {
    todo!()
}

/// The raw delivery that a message came in.
pub async fn raw(_tx: &mut Tx, _ws: WorkspaceId, _id: MessageId) -> Result<Option<Vec<u8>>> {
    todo!()
}

/// What a sender needs of a message of the business.
#[derive(Clone, Debug, PartialEq)]
pub struct OutgoingMessage {
    /// What it carries.
    pub content: Content,
    /// The provider's id of the message that it quotes, looked up now: it may have become known since.
    pub reply_to_provider_id: Option<String>,
}

/// What a sender needs of a message of the business.
pub async fn outgoing(_tx: &mut Tx, _ws: WorkspaceId, _id: MessageId) -> Result<Option<OutgoingMessage>> {
    todo!()
}

/// The customer changed the text under a file. Keeps the conversation's preview true.
pub async fn edit_caption(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: MessageId,
    _caption: Option<&str>,
    _at: Millis,
) -> Result<bool> {
    todo!()
}
