//! Conversations and their lists.

use model::{
    AgentId, ChannelKind, ContactId, Conversation, ConversationId, ConversationState, DeliveryState,
    IdentityId, InboxId, LabelId, LastMessage, MessageId, Millis, TeamId, Turn, WorkspaceId,
};

use crate::page::Cursor;
use crate::sealed::place;
use crate::values::{Row, Sql, Value, statements, values};
use crate::{Page, Result, Tx, Visibility, conversation_list as list, names};

statements! {
    OPEN_OF = "SELECT id, state FROM conversation
        WHERE workspace_id = $1 AND inbox_id = $2 AND identity_id = $3
        ORDER BY CASE WHEN state = 'resolved' THEN 1 ELSE 0 END, id DESC LIMIT 1";
    INSERT = "INSERT INTO conversation (id, workspace_id, inbox_id, identity_id, contact_id, state, turn, created_at,
        updated_at, unread) VALUES ($1, $2, $3, $4, $5, 'open', $7, $6, $6, 0) ON CONFLICT DO NOTHING";
    FACTS = "SELECT inbox_id, identity_id, contact_id, state, turn, assignee_id, team_id, last_inbound_at, unread,
        snoozed_until FROM conversation WHERE workspace_id = $1 AND id = $2";
    LAST_MESSAGE = "UPDATE conversation SET last_message_id = $3, last_message_direction = $4, last_message_kind = $5,
        last_message_preview = NULL, last_message_sealed = $6, last_message_at = $7, last_message_status = $8
        WHERE workspace_id = $1 AND id = $2 AND (last_message_id IS NULL OR last_message_id < $3)";
    INBOUND = "UPDATE conversation SET state = 'open', snoozed_until = NULL,
        unread = unread + CASE WHEN $3 THEN 1 ELSE 0 END,
        waiting_since = COALESCE(waiting_since, $4),
        last_inbound_at = CASE WHEN last_inbound_at > $4 THEN last_inbound_at ELSE $4 END,
        updated_at = CASE WHEN updated_at > $5 THEN updated_at ELSE $5 END,
        last_message_id = CASE WHEN last_message_id > $6 THEN last_message_id ELSE $6 END,
        last_message_direction = CASE WHEN last_message_id > $6 THEN last_message_direction ELSE $7 END,
        last_message_kind = CASE WHEN last_message_id > $6 THEN last_message_kind ELSE $8 END,
        last_message_preview = CASE WHEN last_message_id > $6 THEN last_message_preview ELSE NULL END,
        last_message_sealed = CASE WHEN last_message_id > $6 THEN last_message_sealed ELSE $9 END,
        last_message_at = CASE WHEN last_message_id > $6 THEN last_message_at ELSE $4 END,
        last_message_status = CASE WHEN last_message_id > $6 THEN last_message_status ELSE $10 END
        WHERE workspace_id = $1 AND id = $2 RETURNING turn";
    HEARD = "UPDATE conversation SET
        last_inbound_at = CASE WHEN last_inbound_at > $3 THEN last_inbound_at ELSE $3 END
        WHERE workspace_id = $1 AND id = $2";
    OUTBOUND = "UPDATE conversation SET waiting_since = NULL,
        updated_at = CASE WHEN updated_at > $3 THEN updated_at ELSE $3 END
        WHERE workspace_id = $1 AND id = $2";
    TOUCH = "UPDATE conversation SET updated_at = CASE WHEN updated_at > $3 THEN updated_at ELSE $3 END
        WHERE workspace_id = $1 AND id = $2";
    SET_STATE = "UPDATE conversation SET state = $3, snoozed_until = $4,
        waiting_since = CASE WHEN $5 THEN NULL ELSE waiting_since END,
        updated_at = CASE WHEN updated_at > $6 THEN updated_at ELSE $6 END
        WHERE workspace_id = $1 AND id = $2";
    ASSIGN = "UPDATE conversation SET assignee_id = $3, turn = $4,
        updated_at = CASE WHEN updated_at > $5 THEN updated_at ELSE $5 END
        WHERE workspace_id = $1 AND id = $2";
    GIVE_TO_TEAM = "UPDATE conversation SET
        team_id = (SELECT t.id FROM team t WHERE t.workspace_id = $1 AND t.id = $3),
        updated_at = CASE WHEN updated_at > $4 THEN updated_at ELSE $4 END
        WHERE workspace_id = $1 AND id = $2";
    CLEAR_UNREAD = "UPDATE conversation SET unread = 0 WHERE workspace_id = $1 AND id = $2 AND unread > 0";
    NEWEST_INBOUND = "SELECT provider_id FROM message WHERE workspace_id = $1 AND conversation_id = $2
        AND direction = 'in' AND provider_id IS NOT NULL ORDER BY id DESC LIMIT 1";
    LABELS_OF = "SELECT conversation_id, label_id FROM conversation_label
        WHERE workspace_id = $1 AND conversation_id IN ({ids}) ORDER BY conversation_id, label_id";
    UNLABEL = "DELETE FROM conversation_label WHERE workspace_id = $1 AND conversation_id = $2";
    LABEL = "INSERT INTO conversation_label (workspace_id, conversation_id, label_id)
        SELECT l.workspace_id, c.id, l.id FROM label l JOIN conversation c ON c.workspace_id = l.workspace_id
        WHERE l.workspace_id = $1 AND c.id = $2 AND l.id = $3 ON CONFLICT DO NOTHING";
    DUE = "SELECT workspace_id, id FROM conversation WHERE state = 'snoozed' AND snoozed_until <= $1
        ORDER BY snoozed_until LIMIT $2";
    HOLD = "UPDATE conversation SET state = state WHERE workspace_id = $1 AND id = $2";
    LAST_STATUS = "UPDATE conversation SET last_message_status = $4
        WHERE workspace_id = $1 AND id = $2 AND last_message_id = $3";
    LAST_CONTENT = "UPDATE conversation SET last_message_kind = $4, last_message_preview = NULL,
        last_message_sealed = $5
        WHERE workspace_id = $1 AND id = $2 AND last_message_id = $3";
    RESOLVE_WHERE_BOTH_LIVE = "UPDATE conversation SET state = 'resolved', snoozed_until = NULL, waiting_since = NULL,
        updated_at = CASE WHEN updated_at > $4 THEN updated_at ELSE $4 END
        WHERE workspace_id = $1 AND identity_id = $2 AND state <> 'resolved' AND EXISTS (SELECT 1 FROM conversation o
            WHERE o.workspace_id = $1 AND o.identity_id = $3 AND o.inbox_id = conversation.inbox_id
            AND o.state <> 'resolved')";
    REPOINT = "UPDATE conversation SET identity_id = $3, contact_id = $4
        WHERE workspace_id = $1 AND identity_id = $2 RETURNING id";
}

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
    /// Who speaks first for the business.
    pub turn: Turn,
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
    /// The team that it was given to.
    pub team_id: Option<TeamId>,
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
    /// Of this team.
    pub team: Option<TeamId>,
    /// With this label.
    pub label: Option<LabelId>,
    /// Of this customer.
    pub contact: Option<ContactId>,
    /// Whose name, phone number or user name has this in it (any case).
    pub q: Option<String>,
    /// By what nobody may find a customer.
    pub hidden: Hidden,
}

/// By what a customer is not found, because whoever looks may not see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// By a name.
    pub names: bool,
    /// By a number or a user name.
    pub addresses: bool,
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

fn read_facts(row: &mut Row) -> Result<Facts> {
    Ok(Facts {
        inbox_id: row.take()?,
        identity_id: row.take()?,
        contact_id: row.take()?,
        state: row.take()?,
        turn: row.take()?,
        assignee_id: row.take()?,
        team_id: row.take()?,
        last_inbound_at: row.take()?,
        unread: row.take()?,
        snoozed_until: row.take()?,
    })
}

/// Where the sealed beginning of a conversation's last message stands.
pub(crate) fn preview_place(ws: WorkspaceId, id: ConversationId) -> vault::Place<'static> {
    place(ws, "conversation", "preview", id.0)
}

/// The beginning of a message, sealed; `None` when there is no such conversation.
async fn seal_preview(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ConversationId,
    preview: &str,
) -> Result<Option<Value>> {
    match tx.key_of_conversation(ws, id).await {
        Ok(key) => tx.seal_with(&key, preview_place(ws, id), preview.as_bytes()).map(Some),
        Err(crate::Error::Missing) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Shows a message in the list, unless a newer one is shown already.
async fn last_message(tx: &mut Tx, ws: WorkspaceId, id: ConversationId, message: &LastMessage) -> Result<()> {
    let Some(preview) = seal_preview(tx, ws, id, &message.preview).await? else { return Ok(()) };
    let values =
        values![ws, id, message.id, message.direction, &message.kind, preview, message.at, message.status];
    tx.execute(LAST_MESSAGE, values).await?;
    Ok(())
}

async fn add_labels(tx: &mut Tx, ws: WorkspaceId, conversations: &mut [Conversation]) -> Result<()> {
    let ids: Vec<ConversationId> = conversations.iter().map(|one| one.id).collect();
    for mut row in tx.query_in(LABELS_OF, values![ws], &ids).await? {
        let (id, label): (ConversationId, LabelId) = (row.take()?, row.take()?);
        if let Some(one) = conversations.iter_mut().find(|one| one.id == id) {
            one.label_ids.push(label);
        }
    }
    Ok(())
}

/// The newest conversation of a customer's address, in whatever state; the open one where there is one.
pub async fn open_of(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    identity: IdentityId,
) -> Result<Option<(ConversationId, ConversationState)>> {
    let row = tx.query_opt(OPEN_OF, values![ws, inbox, identity]).await?;
    row.map(|mut row| Ok((row.take()?, row.take()?))).transpose()
}

/// Makes an open conversation that nobody owns. [`crate::Error::Unique`] when the address has one that is not
/// resolved; the transaction can go on then.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, new: &NewConversation) -> Result<()> {
    let values = values![new.id, ws, new.inbox_id, new.identity_id, new.contact_id, new.now, new.turn];
    tx.insert(INSERT, values, "the customer's open conversation").await
}

/// The conversation as a list shows it.
pub async fn get(
    tx: &mut Tx,
    ws: WorkspaceId,
    vis: &Visibility,
    windows: Windows,
    id: ConversationId,
    now: Millis,
) -> Result<Option<Conversation>> {
    let (sql, values) = list::one(ws, vis, id);
    let row = tx.query_opt(Sql::built(&sql), &values).await?;
    let Some(mut row) = row else { return Ok(None) };
    let mut found = vec![list::read(&mut row, ws, windows, now)?];
    add_labels(tx, ws, &mut found).await?;
    Ok(found.pop())
}

/// Whether a caller may see a conversation.
pub async fn visible(tx: &mut Tx, ws: WorkspaceId, vis: &Visibility, id: ConversationId) -> Result<bool> {
    let (sql, values) = list::visible(ws, vis, id);
    Ok(tx.query_opt(Sql::built(&sql), &values).await?.is_some())
}

/// Whether a caller may see any conversation of a customer.
pub async fn contact_visible(tx: &mut Tx, ws: WorkspaceId, vis: &Visibility, id: ContactId) -> Result<bool> {
    let (sql, values) = list::contact_visible(ws, vis, id);
    Ok(tx.query_opt(Sql::built(&sql), &values).await?.is_some())
}

/// What decisions need of a conversation.
pub async fn facts(tx: &mut Tx, ws: WorkspaceId, id: ConversationId) -> Result<Option<Facts>> {
    tx.query_opt(FACTS, values![ws, id]).await?.map(|mut row| read_facts(&mut row)).transpose()
}

/// A page of conversations, the last changed first. A conversation that changes meanwhile moves to the front and
/// is not seen again further down.
#[expect(
    clippy::too_many_arguments,
    reason = "a list is filter, place and who asks; a struct would only rename them"
)]
pub async fn list(
    tx: &mut Tx,
    ws: WorkspaceId,
    vis: &Visibility,
    windows: Windows,
    filter: &Filter,
    cursor: Option<&str>,
    limit: i64,
    now: Millis,
) -> Result<Page<Conversation>> {
    let token = match &filter.q {
        Some(q) => names::token(&tx.workspace_keys(ws).await?.words, q),
        None => None,
    };
    let after = Cursor::parse(cursor)?;
    let (sql, values) = match few(tx, ws, filter, token.as_deref()).await? {
        Some(hits) => hits.page(ws, vis, filter, token.as_deref(), after, limit),
        None => list::page(ws, vis, filter, token.as_deref(), after, limit),
    };
    let mut rows = tx.query(Sql::built(&sql), &values).await?;
    let found: Result<Vec<_>> = rows.iter_mut().map(|row| list::read(row, ws, windows, now)).collect();
    let mut page = Page::cut(found?, limit, |row| Cursor { at: row.updated_at, id: row.id.0 });
    add_labels(tx, ws, &mut page.items).await?;
    Ok(page)
}

/// What an index gives of a filter, where that is so little that gathering it costs less than walking the list.
async fn few(
    tx: &mut Tx,
    ws: WorkspaceId,
    filter: &Filter,
    token: Option<&str>,
) -> Result<Option<list::Hits>> {
    let by_name = token.and_then(|token| list::Hits::by_name(tx.engine(), filter, token));
    for hits in [by_name, list::Hits::by_label(filter)].into_iter().flatten() {
        let (sql, values) = hits.count(ws);
        let count: i64 = tx.query_one(Sql::built(&sql), &values).await?.take()?;
        if count <= list::FEW {
            return Ok(Some(hits));
        }
    }
    Ok(None)
}

/// The numbers beside the list's tabs.
pub async fn counts(tx: &mut Tx, ws: WorkspaceId, vis: &Visibility, me: AgentId) -> Result<Counts> {
    let (sql, values) = list::counts(ws, vis, me);
    let mut row = tx.query_one(Sql::built(&sql), &values).await?;
    let mut count = || Ok(Count { open: row.take()?, unread: row.take()? });
    Ok(Counts { mine: count()?, unassigned: count()?, all: count()? })
}

/// A message of the customer came: opens the conversation, starts the customer's waiting, moves it to the front;
/// `counts_as_unread` adds to the unread ones. Tells who has the turn; `None` when there is no such conversation.
/// [`crate::Error::Unique`] (which ends the transaction) when this one is resolved and the address has another
/// that is not.
pub async fn inbound(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ConversationId,
    message: &LastMessage,
    counts_as_unread: bool,
    now: Millis,
) -> Result<Option<Turn>> {
    let Some(preview) = seal_preview(tx, ws, id, &message.preview).await? else { return Ok(None) };
    let values = values![
        ws,
        id,
        counts_as_unread,
        message.at,
        now,
        message.id,
        message.direction,
        &message.kind,
        preview,
        message.status
    ];
    tx.query_opt(INBOUND, values).await?.map(|mut row| row.take()).transpose()
}

/// A message of the business was written: the customer waits no longer.
pub async fn outbound(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ConversationId,
    message: &LastMessage,
    now: Millis,
) -> Result<bool> {
    let known = tx.change(OUTBOUND, values![ws, id, now]).await?;
    last_message(tx, ws, id, message).await?;
    Ok(known)
}

/// A note was written.
pub async fn note(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ConversationId,
    message: &LastMessage,
    now: Millis,
) -> Result<bool> {
    let known = tx.change(TOUCH, values![ws, id, now]).await?;
    last_message(tx, ws, id, message).await?;
    Ok(known)
}

/// Sets the state; `until` is kept for snoozed ones only. Resolving ends the customer's waiting. Opening again can
/// give [`crate::Error::Unique`] (which ends the transaction).
pub async fn set_state(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ConversationId,
    state: ConversationState,
    until: Option<Millis>,
    now: Millis,
) -> Result<bool> {
    let until = until.filter(|_| state == ConversationState::Snoozed);
    let resolved = state == ConversationState::Resolved;
    tx.change(SET_STATE, values![ws, id, state, until, resolved, now]).await
}

/// Sets owner and turn. What somebody owns is that person's turn, whatever else is asked for.
pub async fn assign(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ConversationId,
    assignee: Option<AgentId>,
    turn: Turn,
    now: Millis,
) -> Result<bool> {
    let turn = if assignee.is_some() { Turn::Person } else { turn };
    tx.change(ASSIGN, values![ws, id, assignee, turn, now]).await
}

/// Gives it to a team, or to none; a team of another workspace is none.
pub async fn give_to_team(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ConversationId,
    team: Option<TeamId>,
    now: Millis,
) -> Result<bool> {
    tx.change(GIVE_TO_TEAM, values![ws, id, team, now]).await
}

/// Marks everything as seen. When something was unread: the provider id of the customer's newest message, for
/// the read receipt.
pub async fn clear_unread(tx: &mut Tx, ws: WorkspaceId, id: ConversationId) -> Result<Option<String>> {
    if !tx.change(CLEAR_UNREAD, values![ws, id]).await? {
        return Ok(None);
    }
    newest_inbound(tx, ws, id).await
}

/// Sets the labels; ids that are not labels of the workspace are ignored. `false` when there is no such
/// conversation.
pub async fn set_labels(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ConversationId,
    labels: &[LabelId],
) -> Result<bool> {
    if facts(tx, ws, id).await?.is_none() {
        return Ok(false);
    }
    tx.execute(UNLABEL, values![ws, id]).await?;
    for label in labels {
        tx.execute(LABEL, values![ws, id, *label]).await?;
    }
    Ok(true)
}

/// Snoozed conversations of all workspaces whose time has come, the longest due first.
pub async fn due(tx: &mut Tx, now: Millis, limit: i64) -> Result<Vec<(WorkspaceId, ConversationId)>> {
    tx.query_map(DUE, values![now, limit], |row| Ok((row.take()?, row.take()?))).await
}

/// Keeps every other transaction from changing the conversation until this one ends, so that what is read of it from
/// now on stays true; `false` when there is no such conversation.
pub async fn hold(tx: &mut Tx, ws: WorkspaceId, id: ConversationId) -> Result<bool> {
    tx.change(HOLD, values![ws, id]).await
}

/// Shows a new delivery state in the list when `message` is the conversation's last; tells whether it is.
pub async fn last_status(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ConversationId,
    message: MessageId,
    status: DeliveryState,
) -> Result<bool> {
    tx.change(LAST_STATUS, values![ws, id, message, status]).await
}

/// Shows a message's changed content in the list when it is the conversation's last; tells whether it is.
pub async fn last_content(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ConversationId,
    message: MessageId,
    kind: &str,
    preview: &str,
) -> Result<bool> {
    let Some(preview) = seal_preview(tx, ws, id, preview).await? else { return Ok(false) };
    tx.change(LAST_CONTENT, values![ws, id, message, kind, preview]).await
}

/// Moves the conversations of an address to another one (a customer got a new number). Where both have one that
/// is not resolved, that of `from` is resolved. Tells which moved.
pub async fn repoint(
    tx: &mut Tx,
    ws: WorkspaceId,
    from: IdentityId,
    to: IdentityId,
    to_contact: ContactId,
    now: Millis,
) -> Result<Vec<ConversationId>> {
    if from == to {
        return Ok(Vec::new());
    }
    tx.execute(RESOLVE_WHERE_BOTH_LIVE, values![ws, from, to, now]).await?;
    tx.query_map(REPOINT, values![ws, from, to, to_contact], Row::take).await
}

/// The provider's id of the customer's newest message (direction in, written by the customer).
pub async fn newest_inbound(tx: &mut Tx, ws: WorkspaceId, id: ConversationId) -> Result<Option<String>> {
    tx.query_opt(NEWEST_INBOUND, values![ws, id]).await?.map(|mut row| row.take()).transpose()
}

/// The customer was heard of at a time without a message (a reaction): moves the window on, and nothing else.
pub async fn heard(tx: &mut Tx, ws: WorkspaceId, id: ConversationId, at: Millis) -> Result<bool> {
    tx.change(HEARD, values![ws, id, at]).await
}

#[cfg(test)]
mod tests;
