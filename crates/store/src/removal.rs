//! The rows of a person, and how they go: those of [`crate::personal`] that say so, in the order in which nothing is
//! left that refers to what is gone.

use model::{ContactId, ConversationId, Erased, InboundId, InboxId, MessageId, Millis, WorkspaceId};

use crate::values::{Row, Value, statements, values};
use crate::{Result, Tx, intent_example, search};

/// The ids of a person's conversations.
macro_rules! conversations {
    () => {
        "(SELECT c.id FROM conversation c WHERE c.workspace_id = $1 AND c.contact_id = $2)"
    };
}

statements! {
    MESSAGES = "SELECT m.id FROM conversation c JOIN message m ON m.workspace_id = c.workspace_id AND m.conversation_id = c.id
        WHERE c.workspace_id = $1 AND c.contact_id = $2 ORDER BY m.id";
    CONVERSATIONS = "SELECT id FROM conversation WHERE workspace_id = $1 AND contact_id = $2 ORDER BY id";
    SOME_CAME_IN = "SELECT inbound_id FROM message WHERE workspace_id = $1 AND inbound_id IS NOT NULL AND id IN ({ids})";
    EMPTY_DELIVERIES = "UPDATE inbound SET body = SUBSTR(body, 1, 0), size = NULL WHERE workspace_id = $1 AND LENGTH(body) > 0 AND id IN ({ids})
        AND NOT EXISTS (SELECT 1 FROM inbound_queue q WHERE q.workspace_id = $1 AND q.id = inbound.id)";
    SENDINGS = concat!("DELETE FROM outbound WHERE workspace_id = $1 AND (conversation_id IN ", conversations!(), "
        OR identity_id IN (SELECT i.id FROM identity i WHERE i.workspace_id = $1 AND i.contact_id = $2))");
    SAID = concat!("DELETE FROM message WHERE workspace_id = $1 AND conversation_id IN ", conversations!());
    LABELLED = concat!("DELETE FROM conversation_label WHERE workspace_id = $1 AND conversation_id IN ", conversations!());
    ANSWERED = concat!("DELETE FROM conversation_bot WHERE workspace_id = $1 AND conversation_id IN ", conversations!());
    TRIED = concat!("DELETE FROM bot_trial WHERE workspace_id = $1 AND conversation_id IN ", conversations!());
    TALKS = "DELETE FROM conversation WHERE workspace_id = $1 AND contact_id = $2";
    ADDRESSES = "DELETE FROM identity WHERE workspace_id = $1 AND contact_id = $2";
    TOLD = "DELETE FROM notice_sent WHERE workspace_id = $1 AND (contact_id = $2
        OR contact_id IN (SELECT id FROM contact WHERE workspace_id = $1 AND merged_into = $2))";
    MERGED = "DELETE FROM contact WHERE workspace_id = $1 AND merged_into = $2";
    PERSON = "DELETE FROM contact WHERE workspace_id = $1 AND id = $2";
    KEY_IN_USE = "SELECT EXISTS (SELECT 1 FROM media WHERE workspace_id = $1 AND storage_key = $2)
        OR EXISTS (SELECT 1 FROM media WHERE workspace_id = $1 AND thumbnail_key = $2)";
    SOME_FILES = "SELECT storage_key, thumbnail_key FROM media WHERE workspace_id = $1 AND message_id IN ({ids})";
    SOME_REACTIONS = "DELETE FROM reaction WHERE workspace_id = $1 AND message_id IN ({ids})";
    SOME_SENDINGS = "DELETE FROM outbound WHERE workspace_id = $1 AND message_id IN ({ids})";
    SOME_MEDIA = "DELETE FROM media WHERE workspace_id = $1 AND message_id IN ({ids})";
    SOME_UNQUOTE = "UPDATE message SET reply_to_id = NULL WHERE workspace_id = $1 AND reply_to_id IN ({ids})";
    SOME_SUGGESTED = "DELETE FROM suggestion WHERE workspace_id = $1 AND message_id IN ({ids})";
    SOME_UNANSWERED = "DELETE FROM unanswered WHERE workspace_id = $1 AND message_id IN ({ids})";
    SOME_ANSWERS = "UPDATE unanswered SET answer_id = NULL WHERE workspace_id = $1 AND answer_id IN ({ids})";
    SOME_JUDGED = "DELETE FROM verdict WHERE workspace_id = $1 AND asked_id IN ({ids})";
    SOME_TAKEN = "DELETE FROM bot_answer WHERE workspace_id = $1 AND message_id IN ({ids})";
    SOME_TAKEN_FOR = "DELETE FROM bot_answer WHERE workspace_id = $1 AND asked_id IN ({ids})";
    SOME_TRIED = "DELETE FROM bot_trial WHERE workspace_id = $1 AND message_id IN ({ids})";
    SOME_SAID = "DELETE FROM message WHERE workspace_id = $1 AND id IN ({ids})";
    FORGET_LAST = "UPDATE conversation SET last_message_id = NULL, last_message_direction = NULL,
        last_message_kind = NULL, last_message_preview = NULL, last_message_sealed = NULL, last_message_at = NULL,
        last_message_status = NULL WHERE workspace_id = $1 AND last_message_id IN ({ids})";
    EXPIRE_FILES = "UPDATE media SET state = 'failed', failure = 'removed', storage_key = NULL, thumbnail_key = NULL,
        name = NULL, source = NULL, waveform = NULL, sealed = NULL
        WHERE workspace_id = $1 AND message_id IN ({ids}) AND state <> 'pending'";
    OLD_MESSAGES = "SELECT m.id, m.conversation_id, c.contact_id FROM message m
        JOIN conversation c ON c.id = m.conversation_id
        WHERE m.workspace_id = $1 AND m.id > $2 AND m.id < $3 AND m.inbox_id = $4 AND m.created_at < $5
        AND c.state = 'resolved' ORDER BY m.id LIMIT $6";
    OLD_FILES = "SELECT m.id, m.conversation_id, c.contact_id FROM media f
        JOIN message m ON m.id = f.message_id JOIN conversation c ON c.id = m.conversation_id
        WHERE f.workspace_id = $1 AND m.id > $2 AND m.id < $3 AND m.inbox_id = $4 AND m.created_at < $5
        AND f.state <> 'pending' AND f.storage_key IS NOT NULL ORDER BY m.id LIMIT $6";
    OLD_DELIVERIES = "SELECT COUNT(*) FROM inbound WHERE workspace_id = $1 AND inbox_id = $2 AND id < $3
        AND LENGTH(body) > 0 AND id NOT IN (SELECT q.id FROM inbound_queue q WHERE q.workspace_id = $1)
        AND id NOT IN (SELECT p.id FROM inbound_parked p WHERE p.workspace_id = $1)
        AND id NOT IN (SELECT g.inbound_id FROM gap g WHERE g.workspace_id = $1)
        AND id NOT IN (SELECT m.inbound_id FROM hold h JOIN conversation c ON c.workspace_id = h.workspace_id
            AND c.contact_id = h.contact_id JOIN message m ON m.workspace_id = c.workspace_id AND m.conversation_id = c.id
            WHERE h.workspace_id = $1 AND h.lifted_at IS NULL AND m.inbound_id IS NOT NULL)";
    EMPTY_OLD = "UPDATE inbound SET body = $5, size = NULL WHERE workspace_id = $1 AND id IN (
        SELECT r.id FROM inbound r WHERE r.workspace_id = $1 AND r.inbox_id = $2 AND r.id < $3 AND LENGTH(r.body) > 0
        AND r.id NOT IN (SELECT q.id FROM inbound_queue q WHERE q.workspace_id = $1)
        AND r.id NOT IN (SELECT p.id FROM inbound_parked p WHERE p.workspace_id = $1)
        AND r.id NOT IN (SELECT g.inbound_id FROM gap g WHERE g.workspace_id = $1)
        AND r.id NOT IN (SELECT m.inbound_id FROM hold h JOIN conversation c ON c.workspace_id = h.workspace_id
            AND c.contact_id = h.contact_id JOIN message m ON m.workspace_id = c.workspace_id AND m.conversation_id = c.id
            WHERE h.workspace_id = $1 AND h.lifted_at IS NULL AND m.inbound_id IS NOT NULL) ORDER BY r.id LIMIT $4)";
    IDLE_PEOPLE = "SELECT ct.id, ct.created_at, (SELECT MAX(c.updated_at) FROM conversation c
            WHERE c.workspace_id = $1 AND c.contact_id = ct.id) FROM contact ct
        WHERE ct.workspace_id = $1 AND ct.id > $2 AND ct.id < $3 AND ct.merged_into IS NULL
        AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.workspace_id = $1 AND c.contact_id = ct.id
            AND (c.updated_at >= $4 OR c.state <> 'resolved'))
        ORDER BY ct.id LIMIT $5";
    INBOXES_OF = "SELECT DISTINCT inbox_id FROM conversation WHERE workspace_id = $1 AND contact_id = $2";
}

/// What went, and what is left to do outside the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How much.
    pub counts: Erased,
    /// The conversations that are gone.
    pub conversations: Vec<ConversationId>,
    /// How many examples of intents had been taken from their messages. The models that may have learned them, or others
    /// that were removed before, are gone as well.
    pub examples: u64,
    /// Places in the media store that nothing names any more.
    pub files: Vec<String>,
}

async fn unused(tx: &mut Tx, ws: WorkspaceId, rows: Vec<Row>) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for mut row in rows {
        let places: [Option<String>; 2] = [row.take()?, row.take()?];
        for place in places.into_iter().flatten() {
            if !files.contains(&place)
                && !tx.query_one(KEY_IN_USE, values![ws, &place]).await?.take::<bool>()?
            {
                files.push(place);
            }
        }
    }
    Ok(files)
}

/// Removes everything of a person: messages, files' rows, sendings, addresses, the person. Ask for the names of the keys
/// before ([`crate::erasing`]). Nothing happens to somebody whom this workspace does not have.
///
/// What refers to messages goes by lists of their ids: of one statement over several tables PostgreSQL, while it knew nothing
/// of these yet, made a comparison of all with all that took minutes and held the person all that time.
pub async fn person(tx: &mut Tx, ws: WorkspaceId, contact: ContactId) -> Result<Removed> {
    let messages: Vec<MessageId> = tx.query_map(MESSAGES, values![ws, contact], |row| row.take()).await?;
    let conversations = tx.query_map(CONVERSATIONS, values![ws, contact], |row| row.take()).await?;
    let files = tx.query_in(SOME_FILES, values![ws], &messages).await?;
    let mut counts = Erased { indexed: search::forget(tx, ws, &messages).await?, ..Erased::default() };
    counts.deliveries = empty_deliveries_of(tx, ws, &messages).await?;
    let theirs: &[Value] = values![ws, contact];
    let examples = intent_example::forget_person(tx, ws, contact).await?;
    counts.sendings = tx.execute(SENDINGS, theirs).await?;
    loosen(tx, ws, &messages).await?;
    counts.messages = tx.execute(SAID, theirs).await?;
    tx.execute(LABELLED, theirs).await?;
    tx.execute(ANSWERED, theirs).await?;
    tx.execute(TRIED, theirs).await?;
    counts.conversations = tx.execute(TALKS, theirs).await?;
    counts.identities = tx.execute(ADDRESSES, theirs).await?;
    tx.execute(TOLD, theirs).await?;
    tx.execute(MERGED, theirs).await?;
    tx.execute(PERSON, theirs).await?;
    let files = unused(tx, ws, files).await?;
    counts.files = files.len() as u64;
    crate::fail_point!("erase.removed");
    Ok(Removed { counts, conversations, examples, files })
}

/// Empties the deliveries that brought messages, unless they wait to be applied.
async fn empty_deliveries_of(tx: &mut Tx, ws: WorkspaceId, messages: &[MessageId]) -> Result<u64> {
    let mut deliveries: Vec<InboundId> = Vec::new();
    for mut row in tx.query_in(SOME_CAME_IN, values![ws], messages).await? {
        deliveries.push(row.take()?);
    }
    deliveries.sort_unstable();
    deliveries.dedup();
    tx.execute_in(EMPTY_DELIVERIES, values![ws], &deliveries).await
}

/// Removes what refers to messages.
async fn loosen(tx: &mut Tx, ws: WorkspaceId, ids: &[MessageId]) -> Result<()> {
    let all =
        [SOME_REACTIONS, SOME_MEDIA, SOME_UNQUOTE, SOME_SUGGESTED, SOME_UNANSWERED, SOME_JUDGED, SOME_TAKEN];
    for one in all {
        tx.execute_in(one, values![ws], ids).await?;
    }
    Ok(())
}

/// A message whose time may have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Old {
    /// The message.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its customer.
    pub contact: ContactId,
}

/// What to look for among messages.
#[derive(Clone, Copy, Debug)]
pub struct Olds {
    /// Through which inbox they came.
    pub inbox: InboxId,
    /// Stored before this moment.
    pub before: Millis,
    /// After which message.
    pub after: MessageId,
}

fn read_old(row: &mut Row) -> Result<Old> {
    Ok(Old { message: row.take()?, conversation: row.take()?, contact: row.take()? })
}

/// Messages of resolved conversations that are older than a moment, ascending.
pub async fn old_messages(tx: &mut Tx, ws: WorkspaceId, olds: Olds, limit: i64) -> Result<Vec<Old>> {
    let end = model::first_at(olds.before);
    tx.query_map(OLD_MESSAGES, values![ws, olds.after, end, olds.inbox, olds.before, limit], read_old).await
}

/// Messages with a stored file that are older than a moment, ascending.
pub async fn old_files(tx: &mut Tx, ws: WorkspaceId, olds: Olds, limit: i64) -> Result<Vec<Old>> {
    let end = model::first_at(olds.before);
    tx.query_map(OLD_FILES, values![ws, olds.after, end, olds.inbox, olds.before, limit], read_old).await
}

/// Removes messages, with their files' rows and what waits to be sent.
pub async fn messages(tx: &mut Tx, ws: WorkspaceId, ids: &[MessageId]) -> Result<Removed> {
    let files = tx.query_in(SOME_FILES, values![ws], ids).await?;
    let mut counts = Erased { indexed: search::forget(tx, ws, ids).await?, ..Erased::default() };
    let examples = intent_example::forget_messages(tx, ws, ids).await?;
    counts.sendings = tx.execute_in(SOME_SENDINGS, values![ws], ids).await?;
    loosen(tx, ws, ids).await?;
    tx.execute_in(SOME_TAKEN_FOR, values![ws], ids).await?;
    tx.execute_in(SOME_ANSWERS, values![ws], ids).await?;
    tx.execute_in(FORGET_LAST, values![ws], ids).await?;
    tx.execute_in(SOME_TRIED, values![ws], ids).await?;
    counts.messages = tx.execute_in(SOME_SAID, values![ws], ids).await?;
    let files = unused(tx, ws, files).await?;
    counts.files = files.len() as u64;
    Ok(Removed { counts, examples, files, ..Removed::default() })
}

/// Forgets the files of messages; the messages stay and say that their file was removed.
pub async fn files(tx: &mut Tx, ws: WorkspaceId, ids: &[MessageId]) -> Result<Removed> {
    let files = tx.query_in(SOME_FILES, values![ws], ids).await?;
    let count = tx.execute_in(EXPIRE_FILES, values![ws], ids).await?;
    let files = unused(tx, ws, files).await?;
    let counts = Erased { files: count, ..Erased::default() };
    Ok(Removed { counts, files, ..Removed::default() })
}

/// How many deliveries of an inbox that came before a moment still have their raw form, and nobody needs it.
pub async fn old_deliveries(tx: &mut Tx, ws: WorkspaceId, inbox: InboxId, before: Millis) -> Result<i64> {
    tx.query_one(OLD_DELIVERIES, values![ws, inbox, model::first_at(before)]).await?.take()
}

/// Empties up to `limit` of them, the oldest first; tells how many.
pub async fn empty_deliveries(
    tx: &mut Tx,
    ws: WorkspaceId,
    inbox: InboxId,
    before: Millis,
    limit: i64,
) -> Result<u64> {
    let nothing: &[u8] = &[];
    tx.execute(EMPTY_OLD, values![ws, inbox, model::first_at(before), limit, nothing]).await
}

/// People after an id of whom nothing was heard since a moment and nothing is under way, with the moment of the last
/// that was, ascending.
pub async fn idle_people(
    tx: &mut Tx,
    ws: WorkspaceId,
    before: Millis,
    after: ContactId,
    limit: i64,
) -> Result<Vec<(ContactId, Millis)>> {
    let values = values![ws, after, model::first_at(before), before, limit];
    let read = |row: &mut Row| {
        let (id, created, last): (_, Millis, Option<Millis>) = (row.take()?, row.take()?, row.take()?);
        Ok((id, last.map_or(created, |last| last.max(created))))
    };
    tx.query_map(IDLE_PEOPLE, values, read).await
}

/// Through which inboxes a person wrote.
pub async fn inboxes_of(tx: &mut Tx, ws: WorkspaceId, contact: ContactId) -> Result<Vec<InboxId>> {
    tx.query_map(INBOXES_OF, values![ws, contact], |row| row.take()).await
}

#[cfg(test)]
mod tests;
