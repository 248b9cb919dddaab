//! Messages of conversations.

use std::collections::HashMap;

use model::{
    Author, AuthorKind, ContactId, Content, ConversationId, Direction, IdentityId, InboxId, Media, Message,
    MessageId, Millis, Quote, Report, Status, WorkspaceId,
};

mod new;

pub use new::NewMessage;

use crate::sealed::{ERASED, Opened, place, text};
use crate::values::{Row, Value, from_json, statements, to_json, values};
use crate::{Result, Tx, Visibility, bot, contact, conversation, inbound, media, reaction};

/// A message's columns in the order of [`read`], with the names of its author and of the quoted message's.
macro_rules! select {
    () => {
        "SELECT m.id, m.conversation_id, m.direction, m.at, m.author_kind, m.author_agent_id, a.name, ct.id, ct.name,
        ct.sealed, m.kind, m.content, m.sealed, m.reply_to_id, m.reply_to_provider_id, q.author_kind, qa.name, q.kind, q.text, q.sealed, m.forwarded,
        m.edited_at, m.revoked_at, m.client_id, m.status, m.queued_at, m.accepted_at, m.sent_at, m.delivered_at,
        m.read_at, m.played_at, m.failed_at, m.failure
        FROM message m
        JOIN conversation c ON c.id = m.conversation_id
        JOIN contact ct ON ct.id = c.contact_id
        LEFT JOIN agent a ON a.id = m.author_agent_id
        LEFT JOIN message q ON q.id = m.reply_to_id
        LEFT JOIN agent qa ON qa.id = q.author_agent_id
        WHERE m.workspace_id = $1"
    };
}

/// A status' columns in the order of [`read_status`].
macro_rules! status {
    () => {
        "status, queued_at, accepted_at, sent_at, delivered_at, read_at, played_at, failed_at, failure"
    };
}

/// The same of a message `m`.
macro_rules! reported_status {
    () => {
        "m.status, m.queued_at, m.accepted_at, m.sent_at, m.delivered_at, m.read_at, m.played_at, m.failed_at,
        m.failure"
    };
}

/// The columns of [`read_reference`].
macro_rules! reference {
    () => {
        "SELECT id, conversation_id, inbox_id, direction, kind, provider_id FROM message WHERE workspace_id = $1"
    };
}

statements! {
    INSERT = concat!("INSERT INTO message (id, workspace_id, conversation_id, inbox_id, direction, kind, author_kind,
        author_agent_id, content, sealed, provider_id, client_id, reply_to_id, reply_to_provider_id, forwarded, at,
        created_at, inbound_id, ", status!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $11, $12, $13, $14,
        $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) ON CONFLICT DO NOTHING");
    MANY = concat!(select!(), " AND m.id IN ({ids})");
    BEFORE = concat!(select!(), " AND m.conversation_id = $2 AND m.id < $3 ORDER BY m.id DESC LIMIT $4");
    AFTER = concat!(select!(), " AND m.conversation_id = $2 AND m.id > $3 ORDER BY m.id LIMIT $4");
    ANY_BEFORE = "SELECT EXISTS (SELECT 1 FROM message
        WHERE workspace_id = $1 AND conversation_id = $2 AND id < $3)";
    ANY_AFTER = "SELECT EXISTS (SELECT 1 FROM message
        WHERE workspace_id = $1 AND conversation_id = $2 AND id > $3)";
    BY_CLIENT = "SELECT id FROM message WHERE workspace_id = $1 AND conversation_id = $2 AND client_id = $3";
    BY_PROVIDER = concat!(reference!(), " AND inbox_id = $2 AND provider_id = $3");
    REPORTED = concat!("SELECT m.id, m.conversation_id, m.direction, c.identity_id, i.user_index IS NOT NULL,
        EXISTS (SELECT 1 FROM outbound o WHERE o.message_id = m.id), c.last_message_id, ", reported_status!(), "
        FROM message m JOIN conversation c ON c.id = m.conversation_id JOIN identity i ON i.id = c.identity_id
        WHERE m.workspace_id = $1 AND m.inbox_id = $2 AND m.provider_id = $3");
    REFERENCE = concat!(reference!(), " AND id = $2");
    LOCK_STATUS = concat!("UPDATE message SET status = status
        WHERE workspace_id = $1 AND id = $2 AND status IS NOT NULL RETURNING ", status!());
    SET_STATUS = "UPDATE message SET status = $3, queued_at = $4, accepted_at = $5, sent_at = $6, delivered_at = $7,
        read_at = $8, played_at = $9, failed_at = $10, failure = $11 WHERE workspace_id = $1 AND id = $2";
    MOVE_STATUS = "UPDATE message SET status = $3, queued_at = $4, accepted_at = $5, sent_at = $6, delivered_at = $7,
        read_at = $8, played_at = $9, failed_at = $10, failure = $11
        WHERE workspace_id = $1 AND id = $2 AND status = $12 AND queued_at IS NOT DISTINCT FROM $13
        AND accepted_at IS NOT DISTINCT FROM $14 AND sent_at IS NOT DISTINCT FROM $15
        AND delivered_at IS NOT DISTINCT FROM $16 AND read_at IS NOT DISTINCT FROM $17
        AND played_at IS NOT DISTINCT FROM $18 AND failed_at IS NOT DISTINCT FROM $19
        AND failure IS NOT DISTINCT FROM $20";
    REQUEUE = "UPDATE message SET status = 'queued', queued_at = $3, accepted_at = NULL, sent_at = NULL,
        delivered_at = NULL, read_at = NULL, played_at = NULL, failed_at = NULL, failure = NULL, provider_id = NULL
        WHERE workspace_id = $1 AND id = $2 AND status IS NOT NULL";
    SET_PROVIDER_ID = "UPDATE message SET provider_id = $3 WHERE workspace_id = $1 AND id = $2
        AND NOT EXISTS (SELECT 1 FROM message o
            WHERE o.inbox_id = message.inbox_id AND o.provider_id = $3 AND o.id <> $2)";
    OUTGOING = "SELECT m.content, m.sealed, COALESCE(q.provider_id, m.reply_to_provider_id)
        FROM message m LEFT JOIN message q ON q.id = m.reply_to_id
        WHERE m.workspace_id = $1 AND m.id = $2 AND m.direction = 'out'";
    CONTENT = "SELECT conversation_id, content, sealed FROM message WHERE workspace_id = $1 AND id = $2";
    EDIT = "UPDATE message SET kind = $3, text = NULL, content = '', sealed = $4, edited_at = $5 WHERE workspace_id = $1 AND id = $2";
    REVOKE = "UPDATE message SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2";
    RAW = "SELECT r.id, r.body, r.size FROM message m JOIN inbound r ON r.id = m.inbound_id
        WHERE m.workspace_id = $1 AND m.id = $2";
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

/// A message that the provider reports about, and what there is to settle with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Its id.
    pub message: MessageId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Who speaks to whom.
    pub direction: Direction,
    /// The customer's address.
    pub identity: IdentityId,
    /// Whether the provider's id of the customer is known.
    pub user_known: bool,
    /// Whether a sending of it is still open.
    pub sending: bool,
    /// Whether the list shows it as the conversation's last.
    pub is_last: bool,
    /// How far it got, as far as we know.
    pub status: Option<Status>,
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

/// Adds reactions and files to rows of `select!`.
async fn hydrate(tx: &mut Tx, ws: WorkspaceId, mut rows: Vec<Row>) -> Result<Vec<Message>> {
    let mut messages: Vec<Message> = rows.iter_mut().map(|row| read(row, ws)).collect::<Result<_>>()?;
    let places: HashMap<MessageId, usize> =
        messages.iter().enumerate().map(|(place, message)| (message.id, place)).collect();
    let ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
    for (id, given) in reaction::of(tx, ws, &ids).await? {
        messages[places[&id]].reactions.push(given);
    }
    let with_file: Vec<MessageId> = messages
        .iter()
        .filter(|message| message.content.media().is_some())
        .map(|message| message.id)
        .collect();
    for row in media::of_messages(tx, ws, &with_file).await? {
        let place = row.message_id.and_then(|id| places.get(&id));
        let slot = place.and_then(|place| messages[*place].content.media_mut());
        // A message has one file; a row that is not the one it names is not shown.
        if let Some(slot) = slot.filter(|slot| slot.id == row.media.id) {
            show(slot, row.media);
        }
    }
    Ok(messages)
}

/// Shows a file as it stands now. Whether it is a voice note was said with the message and not with the file.
fn show(slot: &mut Media, file: Media) {
    *slot = Media { voice: slot.voice || file.voice, ..file };
}

/// Where a message's sealed content stands.
pub(crate) fn content_place(ws: WorkspaceId, id: MessageId) -> vault::Place<'static> {
    place(ws, "message", "content", id.0)
}

fn read(row: &mut Row, ws: WorkspaceId) -> Result<Message> {
    let (id, conversation_id) = (row.take()?, row.take()?);
    let (direction, at) = (row.take()?, row.take()?);
    let (author_kind, agent_id) = (row.take()?, row.take()?);
    let (agent_name, contact): (Option<String>, ContactId) = (row.take()?, row.take()?);
    let contact_name = contact::read_name(row, ws, contact)?;
    let author_name = move |kind, agent: Option<String>| match kind {
        AuthorKind::Contact => Some(contact_name.clone()),
        AuthorKind::Agent => agent,
        AuthorKind::Bot | AuthorKind::System => None,
    };
    let author = Author { kind: author_kind, id: agent_id, name: author_name(author_kind, agent_name) };
    let (kind, plain): (String, String) = (row.take()?, row.take()?);
    let content = row.open(content_place(ws, id));
    let (reply_to_id, reply_to_provider_id): (Option<MessageId>, Option<String>) = (row.take()?, row.take()?);
    let (quote_author, quote_agent) = (row.take::<Option<AuthorKind>>()?, row.take()?);
    let (quote_kind, quote_text): (Option<String>, Option<String>) = (row.take()?, row.take()?);
    let quoted = row.open(content_place(ws, reply_to_id.unwrap_or(id)));
    let quote_text = match quoted {
        Ok(Opened::Absent) => quote_text,
        opened => read_content(id, String::new(), opened, "").text().map(str::to_owned),
    };
    let reply_to = (reply_to_id.is_some() || reply_to_provider_id.is_some()).then(|| Quote {
        id: reply_to_id,
        author_name: quote_author.and_then(|kind| author_name(kind, quote_agent)),
        kind: quote_kind,
        preview: quote_text.map(|text| Content::Text { text }.preview()).unwrap_or_default(),
    });
    Ok(Message {
        id,
        conversation_id,
        direction,
        at,
        author,
        content: read_content(id, kind, content, &plain),
        reply_to,
        reactions: Vec::new(),
        forwarded: row.take()?,
        edited_at: row.take()?,
        revoked_at: row.take()?,
        client_id: row.take()?,
        status: read_status(row)?,
        sensitive: Vec::new(),
    })
}

/// Content that we cannot read, such as a newer version's, must not hide the thread around it.
fn read_content(id: MessageId, kind: String, sealed: Result<Opened>, plain: &str) -> Content {
    let read = sealed.and_then(|opened| match opened {
        Opened::Absent => from_json(plain).map(Some),
        Opened::Erased => Ok(None),
        Opened::Plain(json) => from_json(&text(json)?).map(Some),
    });
    match read {
        Ok(Some(content)) => content,
        Ok(None) => Content::Unsupported { kind: Some(kind), reason: Some(ERASED.to_owned()) },
        Err(error) => {
            tracing::error!(message = %id, %error, "cannot read a message's content");
            Content::Unsupported { kind: Some(kind), reason: None }
        }
    }
}

/// Content for a statement, sealed.
async fn seal_content(
    tx: &mut Tx,
    ws: WorkspaceId,
    conversation: ConversationId,
    id: MessageId,
    content: &Content,
) -> Result<Value> {
    let key = tx.key_of_conversation(ws, conversation).await?;
    tx.seal_with(&key, content_place(ws, id), to_json(content)?.as_bytes())
}

/// Content that is worked with: from the plain column and the sealed one behind it. `None` when it was erased.
fn take_content(row: &mut Row, ws: WorkspaceId, id: MessageId) -> Result<Option<Content>> {
    let plain: String = row.take()?;
    match row.open(content_place(ws, id))? {
        Opened::Absent => from_json(&plain).map(Some),
        Opened::Erased => Ok(None),
        Opened::Plain(json) => from_json(&text(json)?).map(Some),
    }
}

fn read_status(row: &mut Row) -> Result<Option<Status>> {
    let Some(state) = row.take()? else { return Ok(None) };
    Ok(Some(Status {
        state,
        queued_at: row.take()?,
        accepted_at: row.take()?,
        sent_at: row.take()?,
        delivered_at: row.take()?,
        read_at: row.take()?,
        played_at: row.take()?,
        failed_at: row.take()?,
        failure: row.take::<Option<String>>()?.map(|json| from_json(&json)).transpose()?,
    }))
}

/// The values of the columns that [`read_status`] reads.
fn status_values(status: Option<&Status>) -> Result<[Value; 9]> {
    let Some(status) = status else { return Ok([const { Value::Null }; 9]) };
    Ok([
        status.state.into(),
        status.queued_at.into(),
        status.accepted_at.into(),
        status.sent_at.into(),
        status.delivered_at.into(),
        status.read_at.into(),
        status.played_at.into(),
        status.failed_at.into(),
        status.failure.as_ref().map(to_json).transpose()?.into(),
    ])
}

fn read_reference(row: &mut Row) -> Result<MessageRef> {
    Ok(MessageRef {
        id: row.take()?,
        conversation_id: row.take()?,
        inbox_id: row.take()?,
        direction: row.take()?,
        kind: row.take()?,
        provider_id: row.take()?,
    })
}

/// Keeps a message; `false` when its provider id or client id is there already, and when the bot would write although the
/// turn is not its own. A message of an agent takes the turn. The conversation is held until the transaction ends.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, message: &NewMessage) -> Result<bool> {
    if !bot::may_write(tx, ws, message).await? {
        return Ok(false);
    }
    let content = &message.content;
    let sealed = seal_content(tx, ws, message.conversation_id, message.id, content).await?;
    let mut values = values![
        message.id,
        ws,
        message.conversation_id,
        message.inbox_id,
        message.direction,
        content.kind(),
        message.author_kind,
        message.author_agent_id,
        sealed,
        message.provider_id.as_deref(),
        message.client_id.as_deref(),
        message.reply_to_id,
        message.reply_to_provider_id.as_deref(),
        message.forwarded,
        message.at,
        message.created_at,
        message.inbound_id
    ]
    .to_vec();
    values.extend(status_values(message.status.as_ref())?);
    Ok(tx.change(INSERT, &values).await? && bot::yields(tx, ws, message).await?)
}

/// The message with author's name, quote, reactions and file.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, vis: &Visibility, id: MessageId) -> Result<Option<Message>> {
    let Some(message) = many(tx, ws, &[id]).await?.pop() else { return Ok(None) };
    let visible = conversation::visible(tx, ws, vis, message.conversation_id).await?;
    Ok(visible.then_some(message))
}

/// Several messages, in the order of their ids; unknown ids are left out.
pub async fn many(tx: &mut Tx, ws: WorkspaceId, ids: &[MessageId]) -> Result<Vec<Message>> {
    let rows = tx.query_in(MANY, values![ws], ids).await?;
    let mut messages = hydrate(tx, ws, rows).await?;
    messages.sort_by_key(|message| message.id);
    messages.dedup_by_key(|message| message.id);
    Ok(messages)
}

/// A part of a thread; at most `limit` messages.
pub async fn page(
    tx: &mut Tx,
    ws: WorkspaceId,
    conversation: ConversationId,
    place: Place,
    limit: i64,
) -> Result<MessagePage> {
    let (middle, before, after) = match place {
        Place::Newest => (MessageId(i64::MAX), limit, 0),
        Place::Before(id) => (id, limit, 0),
        Place::After(id) => (MessageId(id.0.saturating_add(1)), 0, limit),
        Place::Around(id) => (id, limit / 2, limit - limit / 2),
    };
    let mut rows = tx.query(BEFORE, values![ws, conversation, middle, before]).await?;
    rows.reverse();
    let behind = middle.0.saturating_sub(1);
    rows.extend(tx.query(AFTER, values![ws, conversation, behind, after]).await?);
    let items = hydrate(tx, ws, rows).await?;
    let first = items.first().map_or(middle.0, |message| message.id.0);
    let last = items.last().map_or(behind, |message| message.id.0);
    let has_before = tx.query_one(ANY_BEFORE, values![ws, conversation, first]).await?.take()?;
    let has_after = tx.query_one(ANY_AFTER, values![ws, conversation, last]).await?.take()?;
    Ok(MessagePage { items, has_before, has_after })
}

/// The message to which a browser gave an id.
pub async fn by_client(
    tx: &mut Tx,
    ws: WorkspaceId,
    conversation: ConversationId,
    client_id: &str,
) -> Result<Option<MessageId>> {
    let row = tx.query_opt(BY_CLIENT, values![ws, conversation, client_id]).await?;
    row.map(|mut row| row.take()).transpose()
}

/// The message to which the provider gave an id.
pub async fn by_provider(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    provider_id: &str,
) -> Result<Option<MessageRef>> {
    let row = tx.query_opt(BY_PROVIDER, values![ws, inbox, provider_id]).await?;
    row.map(|mut row| read_reference(&mut row)).transpose()
}

/// The message that a provider's report names.
pub async fn reported(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    provider_id: &str,
) -> Result<Option<Reported>> {
    let row = tx.query_opt(REPORTED, values![ws, inbox, provider_id]).await?;
    row.map(|mut row| {
        let message = row.take()?;
        Ok(Reported {
            message,
            conversation: row.take()?,
            direction: row.take()?,
            identity: row.take()?,
            user_known: row.take()?,
            sending: row.take()?,
            is_last: row.take::<Option<MessageId>>()? == Some(message),
            status: read_status(&mut row)?,
        })
    })
    .transpose()
}

/// Takes a report into account as [`report`] does, from the status that was just read; where another report was
/// faster, from what stands by now.
pub async fn report_on(
    tx: &mut Tx,
    ws: WorkspaceId,
    found: &Reported,
    said: &Report,
) -> Result<Option<Status>> {
    let Some(known) = &found.status else { return Ok(None) };
    let mut status = known.clone();
    if !status.apply(said) {
        return Ok(None);
    }
    let mut values = values![ws, found.message].to_vec();
    values.extend(status_values(Some(&status))?);
    values.extend(status_values(Some(known))?);
    if tx.change(MOVE_STATUS, &values).await? {
        return Ok(Some(status));
    }
    report(tx, ws, found.message, said).await
}

/// Where a message stands.
pub async fn reference(tx: &mut Tx, ws: WorkspaceId, id: MessageId) -> Result<Option<MessageRef>> {
    tx.query_opt(REFERENCE, values![ws, id]).await?.map(|mut row| read_reference(&mut row)).transpose()
}

/// Takes a report into account ([`Status::apply`]); the new status when it changed.
pub async fn report(tx: &mut Tx, ws: WorkspaceId, id: MessageId, report: &Report) -> Result<Option<Status>> {
    // Writing the row locks it on PostgreSQL: two reports at once must not overwrite each other.
    let Some(mut row) = tx.query_opt(LOCK_STATUS, values![ws, id]).await? else { return Ok(None) };
    let Some(mut status) = read_status(&mut row)? else { return Ok(None) };
    if !status.apply(report) {
        return Ok(None);
    }
    let mut values = values![ws, id].to_vec();
    values.extend(status_values(Some(&status))?);
    tx.execute(SET_STATUS, &values).await?;
    Ok(Some(status))
}

/// Puts a message of the business back to the beginning, for an agent's second try; `false` when there is none.
pub async fn requeue(tx: &mut Tx, ws: WorkspaceId, id: MessageId, now: Millis) -> Result<bool> {
    tx.change(REQUEUE, values![ws, id, now]).await
}

/// Notes the provider's id. `false` when there is no such message, or another one of the inbox has that id.
pub async fn set_provider_id(tx: &mut Tx, ws: WorkspaceId, id: MessageId, provider_id: &str) -> Result<bool> {
    tx.change(SET_PROVIDER_ID, values![ws, id, provider_id]).await
}

/// Replaces the content.
pub async fn edit(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: MessageId,
    content: &Content,
    at: Millis,
) -> Result<bool> {
    let Some(known) = reference(tx, ws, id).await? else { return Ok(false) };
    let sealed = seal_content(tx, ws, known.conversation_id, id, content).await?;
    tx.change(EDIT, values![ws, id, content.kind(), sealed, at]).await
}

/// Notes that its author withdrew it.
pub async fn revoke(tx: &mut Tx, ws: WorkspaceId, id: MessageId, at: Millis) -> Result<bool> {
    tx.change(REVOKE, values![ws, id, at]).await
}

/// The raw delivery that a message came in.
pub async fn raw(tx: &mut Tx, ws: WorkspaceId, id: MessageId) -> Result<Option<Vec<u8>>> {
    let Some(mut row) = tx.query_opt(RAW, values![ws, id]).await? else { return Ok(None) };
    let delivery = row.take()?;
    Ok(inbound::open_body(&mut row, ws, delivery)?.plain())
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
pub async fn outgoing(tx: &mut Tx, ws: WorkspaceId, id: MessageId) -> Result<Option<OutgoingMessage>> {
    let Some(mut row) = tx.query_opt(OUTGOING, values![ws, id]).await? else { return Ok(None) };
    let Some(mut content) = take_content(&mut row, ws, id)? else { return Ok(None) };
    let reply_to_provider_id = row.take()?;
    if let Some(slot) = content.media_mut()
        && let Some(file) = media::of_messages(tx, ws, &[id]).await?.pop()
    {
        show(slot, file.media);
    }
    Ok(Some(OutgoingMessage { content, reply_to_provider_id }))
}

/// The customer changed the text under a file. Keeps the conversation's preview true. `false` when there is no
/// such message or it carries no file that can have a text.
pub async fn edit_caption(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: MessageId,
    caption: Option<&str>,
    at: Millis,
) -> Result<bool> {
    let Some(mut row) = tx.query_opt(CONTENT, values![ws, id]).await? else { return Ok(false) };
    let conversation = row.take()?;
    let Some(mut content) = take_content(&mut row, ws, id)? else { return Ok(false) };
    match &mut content {
        Content::Image { caption: slot, .. }
        | Content::Video { caption: slot, .. }
        | Content::Document { caption: slot, .. } => *slot = caption.map(str::to_owned),
        _ => return Ok(false),
    }
    edit(tx, ws, id, &content, at).await?;
    conversation::last_content(tx, ws, conversation, id, content.kind(), &content.preview()).await?;
    Ok(true)
}

#[cfg(test)]
mod tests;
