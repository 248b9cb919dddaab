//! What is to be sent to providers: in order per conversation, each by the node that holds its inbox' lane
//! ([`crate::send_lane`]).

use std::collections::HashSet;

use model::{ConversationId, IdentityId, InboxId, MessageId, Millis, OutboundId, WorkspaceId};

use crate::sealed::place;
use crate::values::{FromValue, Row, Sql, Value, statements, values};
use crate::{Engine, Result, Tx, send_lane};

/// A sending's columns in the order of [`read`].
macro_rules! columns {
    () => {
        "workspace_id, id, message_id, inbox_id, conversation_id, identity_id, kind, intent, sealed, send_state, attempts, fence,
        deadline, created_at"
    };
}

statements! {
    INSERT = "INSERT INTO outbound (id, workspace_id, message_id, inbox_id, conversation_id, identity_id, kind, sealed,
        intent, state, attempts, next_at, lease_until, fence, created_at, deadline)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 'queued', 0, $9, 0, 0, $10, $11) ON CONFLICT DO NOTHING";
    CLAIM = concat!("UPDATE outbound SET state = 'sending', fence = $3
        WHERE id IN (SELECT o.id FROM outbound o
            WHERE o.workspace_id = $1 AND o.inbox_id = $2 AND o.state = 'queued' AND o.next_at <= $4
            AND NOT EXISTS (SELECT 1 FROM outbound e WHERE e.conversation_id = o.conversation_id AND e.id < o.id
                AND e.state <> 'uncertain')
            ORDER BY o.next_at, o.id LIMIT $5) AND state = 'queued'
        RETURNING ", columns!());
    ADVANCE = "UPDATE outbound SET send_state = $4
        WHERE workspace_id = $1 AND id = $2 AND fence = $3 AND state = 'sending'";
    DONE = "DELETE FROM outbound WHERE workspace_id = $1 AND id = $2 AND fence = $3 AND state = 'sending'";
    SENT = "DELETE FROM outbound
        WHERE workspace_id = $1 AND id = $2 AND (fence = $3 AND state = 'sending' OR state = 'uncertain')";
    RETRY = "UPDATE outbound SET state = 'queued', next_at = $4, send_state = $6,
        attempts = attempts + CASE WHEN $5 THEN 1 ELSE 0 END
        WHERE workspace_id = $1 AND id = $2 AND fence = $3 AND state = 'sending'";
    UNCERTAIN = "UPDATE outbound SET state = 'uncertain'
        WHERE workspace_id = $1 AND id = $2 AND fence = $3 AND state = 'sending'";
    ORPHANS = concat!("UPDATE outbound SET fence = $3
        WHERE workspace_id = $1 AND inbox_id = $2 AND state = 'sending' AND fence <> $3
        RETURNING ", columns!());
    DOUBT = "UPDATE outbound SET state = 'sending', send_state = $1
        WHERE kind = 'message' AND state <> 'uncertain'";
    RECENT = "SELECT accepted_at FROM message WHERE workspace_id = $1 AND conversation_id = $2
        AND direction = 'out' ORDER BY id DESC LIMIT $3";
    IN_DOUBT = "SELECT o.message_id, o.state = 'uncertain', o.created_at,
        NOT EXISTS (SELECT 1 FROM message m WHERE m.workspace_id = $1 AND m.conversation_id = $2
            AND m.id > o.message_id AND m.direction = 'out')
        FROM outbound o WHERE o.workspace_id = $1 AND o.conversation_id = $2 AND o.message_id IS NOT NULL
        AND (o.state = 'sending' OR o.state = 'uncertain')";
    GET = "SELECT id, message_id, inbox_id, kind FROM outbound WHERE workspace_id = $1 AND id = $2";
    REPOINT = "UPDATE outbound SET identity_id = $3 WHERE workspace_id = $1 AND identity_id = $2";
    BY_MESSAGE = concat!("SELECT ", columns!(), " FROM outbound WHERE workspace_id = $1 AND message_id = $2");
    DELETE_BY_MESSAGE = "DELETE FROM outbound WHERE workspace_id = $1 AND message_id = $2";
    NEXT_READY = "SELECT MIN(ready_at) FROM (
        SELECT o.next_at AS ready_at FROM outbound o WHERE o.state = 'queued'
            AND NOT EXISTS (SELECT 1 FROM outbound e WHERE e.conversation_id = o.conversation_id AND e.id < o.id
                AND e.state <> 'uncertain')
        UNION ALL SELECT l.lease_until FROM outbound o JOIN send_lane l ON l.inbox_id = o.inbox_id
            WHERE o.state = 'sending') AS times";
}

/// The rows that concluding a sending changes, as PostgreSQL holds them for a transaction; those that another one holds
/// are left out. SQLite has one writer and nothing to hold.
const FREE_CONVERSATIONS: &str =
    "SELECT id FROM conversation WHERE workspace_id = $1 AND id IN ({ids}) FOR NO KEY UPDATE SKIP LOCKED";
const FREE_MESSAGES: &str =
    "SELECT id FROM message WHERE workspace_id = $1 AND id IN ({ids}) FOR NO KEY UPDATE SKIP LOCKED";

/// What a sending is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutboundKind {
    /// A message.
    Message,
    /// A reaction or its removal.
    Reaction,
    /// A read receipt or typing indicator.
    Read,
}

impl OutboundKind {
    /// The name as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Reaction => "reaction",
            Self::Read => "read",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Message, Self::Reaction, Self::Read].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A sending to be queued.
#[derive(Clone, Debug)]
pub struct NewOutbound {
    /// Its id; ids of a conversation ascend in the order of sending.
    pub id: OutboundId,
    /// The message; at most one sending at a time.
    pub message_id: Option<MessageId>,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The customer's address.
    pub identity_id: IdentityId,
    /// What it is.
    pub kind: OutboundKind,
    /// What to send, as JSON.
    pub intent: String,
    /// Not before.
    pub next_at: Millis,
    /// Not after.
    pub deadline: Millis,
    /// Now.
    pub created_at: Millis,
}

/// A sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: OutboundId,
    /// The message.
    pub message_id: Option<MessageId>,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The customer's address.
    pub identity_id: IdentityId,
    /// What it is.
    pub kind: OutboundKind,
    /// What to send, as JSON.
    pub intent: String,
    /// How far the channel got, as JSON; `None` at the beginning.
    pub send_state: Option<String>,
    /// How often it was tried in vain.
    pub attempts: i64,
    /// The fence of the lane under which it was claimed.
    pub fence: i64,
    /// Not after.
    pub deadline: Millis,
    /// When it was queued.
    pub created_at: Millis,
}

/// Where what is to be sent stands, sealed.
fn intent_place(ws: WorkspaceId, id: OutboundId) -> vault::Place<'static> {
    place(ws, "outbound", "intent", id.0)
}

fn read(row: &mut Row) -> Result<Sending> {
    let (workspace, id, message_id) = (row.take()?, row.take()?, row.take()?);
    let (inbox_id, conversation_id, identity_id) = (row.take()?, row.take()?, row.take()?);
    let (kind, plain) = (row.take()?, row.take()?);
    Ok(Sending {
        workspace,
        id,
        message_id,
        inbox_id,
        conversation_id,
        identity_id,
        kind,
        intent: row.open(intent_place(workspace, id))?.text_or(plain)?.unwrap_or_default(),
        send_state: row.take()?,
        attempts: row.take()?,
        fence: row.take()?,
        deadline: row.take()?,
        created_at: row.take()?,
    })
}

/// Queues a sending. [`crate::Error::Unique`] when the message has one; the transaction can go on then.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, new: &NewOutbound) -> Result<()> {
    let key = tx.key_of_conversation(ws, new.conversation_id).await?;
    let sealed = tx.seal_with(&key, intent_place(ws, new.id), new.intent.as_bytes())?;
    let values = values![
        new.id,
        ws,
        new.message_id,
        new.inbox_id,
        new.conversation_id,
        new.identity_id,
        new.kind,
        sealed,
        new.next_at,
        new.created_at,
        new.deadline
    ];
    crate::fail_point!("outbound.insert");
    tx.insert(INSERT, values, "the message's sending").await
}

/// Claims sendings of an inbox that are ready, for the holder of its lane: the oldest of their conversation, at most
/// one of each. The lane must have been held ([`crate::send_lane::hold`]) in the same transaction.
pub async fn claim(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    fence: i64,
    now: Millis,
    limit: i64,
) -> Result<Vec<Sending>> {
    let mut claimed = tx.query_map(CLAIM, values![ws, inbox, fence, now, limit], read).await?;
    claimed.sort_by_key(|sending| sending.id);
    Ok(claimed)
}

/// Notes how far the channel got; `false` when the lane was lost.
pub async fn advance(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: OutboundId,
    fence: i64,
    send_state: &str,
) -> Result<bool> {
    tx.change(ADVANCE, values![ws, id, fence, send_state]).await
}

/// The provider took it: off the queue, even when another node holds it for uncertain meanwhile; `false` when it was
/// off already or is under way once more.
pub async fn sent(tx: &mut Tx, ws: WorkspaceId, id: OutboundId, fence: i64) -> Result<bool> {
    tx.change(SENT, values![ws, id, fence]).await
}

/// Lets it, and with it its conversation, wait; `counted` adds an attempt, and it goes on from `send_state` then.
/// `false` when the lane was lost.
pub async fn retry(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: OutboundId,
    fence: i64,
    next_at: Millis,
    counted: bool,
    send_state: Option<&str>,
) -> Result<bool> {
    tx.change(RETRY, values![ws, id, fence, next_at, counted, send_state]).await
}

/// It was given up: off the queue; `false` when the lane was lost.
pub async fn failed(tx: &mut Tx, ws: WorkspaceId, id: OutboundId, fence: i64) -> Result<bool> {
    tx.change(DONE, values![ws, id, fence]).await
}

/// Nobody knows whether it was sent: kept, but out of its conversation's way; `false` when the lane was lost.
pub async fn uncertain(tx: &mut Tx, ws: WorkspaceId, id: OutboundId, fence: i64) -> Result<bool> {
    tx.change(UNCERTAIN, values![ws, id, fence]).await
}

/// Of these sendings those whose conversation and message no other transaction holds; this one holds them until it ends.
///
/// Deliveries are applied in the order in which customers wrote, and conclusions come in the order in which the provider
/// answered. Whoever waits for a row while it holds others may wait in a circle with the other kind; who only takes what
/// is free never does.
pub async fn hold_free(tx: &mut Tx, ws: WorkspaceId, sendings: &[&Sending]) -> Result<HashSet<OutboundId>> {
    if tx.engine() == Engine::Sqlite {
        return Ok(sendings.iter().filter(|sending| sending.workspace == ws).map(|one| one.id).collect());
    }
    let conversations: HashSet<_> = sendings.iter().map(|sending| sending.conversation_id).collect();
    let conversations: HashSet<ConversationId> = free(tx, ws, FREE_CONVERSATIONS, conversations).await?;
    let sendings: Vec<_> =
        sendings.iter().filter(|sending| conversations.contains(&sending.conversation_id)).collect();
    let messages = sendings.iter().filter_map(|sending| sending.message_id).collect();
    let messages: HashSet<MessageId> = free(tx, ws, FREE_MESSAGES, messages).await?;
    let held = sendings.into_iter().filter(|sending| {
        // Of a reaction or a read receipt there is no message.
        sending.message_id.is_none_or(|message| messages.contains(&message))
    });
    Ok(held.map(|sending| sending.id).collect())
}

async fn free<I>(tx: &mut Tx, ws: WorkspaceId, sql: &str, ids: HashSet<I>) -> Result<HashSet<I>>
where
    I: Copy + Eq + std::hash::Hash + Into<Value> + FromValue,
{
    let ids: Vec<I> = ids.into_iter().collect();
    let rows = tx.query_in(Sql::built(sql), values![ws], &ids).await?;
    rows.into_iter().map(|mut row| row.take()).collect()
}

/// Takes over what the inbox' earlier holders left in their hands, under the new fence. They can change nothing of it
/// any more, so what stands in the rows is how far they got.
pub async fn orphans(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, fence: i64) -> Result<Vec<Sending>> {
    tx.query_map(ORPHANS, values![ws, inbox, fence], read).await
}

/// When the last `limit` messages of a conversation that we wrote were taken by the provider, the newest first.
pub async fn recent(
    tx: &mut Tx,
    ws: WorkspaceId,
    conversation: ConversationId,
    limit: i64,
) -> Result<Vec<Millis>> {
    let taken: Vec<Option<Millis>> =
        tx.query_map(RECENT, values![ws, conversation, limit], Row::take).await?;
    Ok(taken.into_iter().flatten().collect())
}

/// A message that the provider may have although we have no id of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InDoubt {
    /// The message.
    pub message: MessageId,
    /// Whether its answer was lost; else it is under way now.
    pub uncertain: bool,
    /// When its sending was queued.
    pub created_at: Millis,
    /// Whether it is the last that we wrote in the conversation.
    pub last: bool,
}

/// The messages of a conversation that the provider may have although we have no id of them.
pub async fn in_doubt(tx: &mut Tx, ws: WorkspaceId, conversation: ConversationId) -> Result<Vec<InDoubt>> {
    let read = |row: &mut Row| {
        Ok(InDoubt {
            message: row.take()?,
            uncertain: row.take()?,
            created_at: row.take()?,
            last: row.take()?,
        })
    };
    tx.query_map(IN_DOUBT, values![ws, conversation], read).await
}

/// Aims what is queued for one address at another.
pub(crate) async fn repoint(tx: &mut Tx, ws: WorkspaceId, from: IdentityId, to: IdentityId) -> Result<()> {
    tx.execute(REPOINT, values![ws, from, to]).await?;
    Ok(())
}

/// Treats every message of all workspaces that waits to be sent as if its sender had vanished at `send_state`, because
/// the database is an older copy: what came of them since is not known. Whoever takes a lane next finds them
/// ([`orphans`]). Tells how many.
pub async fn doubt(tx: &mut Tx, send_state: &str) -> Result<u64> {
    send_lane::distrust(tx).await?;
    tx.execute(DOUBT, values![send_state]).await
}

/// The sending of a message.
pub async fn by_message(tx: &mut Tx, ws: WorkspaceId, message: MessageId) -> Result<Option<Sending>> {
    tx.query_opt(BY_MESSAGE, values![ws, message]).await?.map(|mut row| read(&mut row)).transpose()
}

/// Takes a message's sending off the queue, whoever holds it; `false` when there is none.
pub async fn delete_by_message(tx: &mut Tx, ws: WorkspaceId, message: MessageId) -> Result<bool> {
    tx.change(DELETE_BY_MESSAGE, values![ws, message]).await
}

/// When the next sending of any workspace can be claimed or taken over; may lie in the past.
pub async fn next_ready(tx: &mut Tx) -> Result<Option<Millis>> {
    tx.query_one(NEXT_READY, &[]).await?.take()
}

/// A sending as a provider's report names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboundRef {
    /// Its id, which is the callback value given to the provider.
    pub id: OutboundId,
    /// The message.
    pub message_id: Option<MessageId>,
    /// The inbox.
    pub inbox_id: InboxId,
    /// What it is.
    pub kind: OutboundKind,
}

/// The sending of that id, while it is on the queue (uncertain ones are).
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: OutboundId) -> Result<Option<OutboundRef>> {
    let row = tx.query_opt(GET, values![ws, id]).await?;
    row.map(|mut row| {
        Ok(OutboundRef { id: row.take()?, message_id: row.take()?, inbox_id: row.take()?, kind: row.take()? })
    })
    .transpose()
}

/// Every statement of this file that only PostgreSQL understands, in all its forms.
#[cfg(test)]
pub(crate) fn every_statement(engine: Engine) -> Vec<(String, String)> {
    use crate::db::{LONGEST_LIST, with_list};
    let mut all = Vec::new();
    if engine == Engine::Postgres {
        for (name, sql) in [("conversations", FREE_CONVERSATIONS), ("messages", FREE_MESSAGES)] {
            for length in (0..).map(|power| 1 << power).take_while(|length| *length <= LONGEST_LIST) {
                all.push((
                    format!("outbound::free {name} of {length}"),
                    with_list(Sql::built(sql), 1, length),
                ));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
