//! Examples of intents: written for the purpose, or taken from customers' messages when an agent corrected the bot.

use std::collections::BTreeMap;

use model::{
    AgentId, ContactId, ConversationId, ExampleId, ExampleOrigin, ExampleState, IntentCorrection,
    IntentExample, IntentId, MessageId, Millis, WorkspaceId,
};

use crate::intent::{Step, advance};
use crate::page::{Cursor, Page};
use crate::sealed::{ERASED, Opened, place, text};
use crate::values::{Row, Value, statements, values};
use crate::{Error, Result, Tx, intent_version};

macro_rules! columns {
    () => {
        "id, intent_id, sealed, state, origin, message_id, conversation_id, understood_id, confidence, created_by,
        created_at, decided_by, decided_at"
    };
}

/// A page of the list, with what else must hold of `$5` and `$6`.
macro_rules! page {
    ($filter:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM intent_example WHERE workspace_id = $1 AND (created_at, id) < ($2, $3)",
            $filter,
            " ORDER BY created_at DESC, id DESC LIMIT $4"
        )
    };
}

statements! {
    INSERT = "INSERT INTO intent_example (id, workspace_id, intent_id, state, origin, sealed, message_id, conversation_id,
        contact_id, understood_id, confidence, created_by, created_at, decided_by, decided_at, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING";
    CORRECT = "UPDATE intent_example SET intent_id = $3, state = $4, created_by = $5, created_at = $6, decided_by = $7,
        decided_at = $8, revision = $9 WHERE workspace_id = $1 AND id = $2";
    STATES = "SELECT id, state FROM intent_example WHERE workspace_id = $1 AND id IN ({ids})";
    DECIDE = "UPDATE intent_example SET state = $3, decided_by = $4, decided_at = $5, revision = $6
        WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM intent_example WHERE workspace_id = $1 AND id = $2";
    GET = concat!("SELECT ", columns!(), " FROM intent_example WHERE workspace_id = $1 AND id = $2");
    OF_MESSAGE = concat!("SELECT ", columns!(), " FROM intent_example WHERE workspace_id = $1 AND message_id = $2");
    PAGE = page!("");
    PAGE_OF_STATE = page!(" AND state = $5");
    PAGE_OF_INTENT = page!(" AND intent_id = $5");
    PAGE_OF_BOTH = page!(" AND intent_id = $5 AND state = $6");
    TEXTS = "SELECT id, sealed FROM intent_example WHERE workspace_id = $1 AND intent_id = $2 AND state = 'accepted'";
    CORRECTIONS = "SELECT message_id, intent_id, state FROM intent_example
        WHERE workspace_id = $1 AND message_id IN ({ids})";
    CHANGED = "SELECT id, revision, state, intent_id, sealed FROM intent_example
        WHERE workspace_id = $1 AND revision > $2 ORDER BY revision, id";
    COUNT = "SELECT COUNT(*) FROM intent_example WHERE workspace_id = $1";
    FORGET_PERSON = "DELETE FROM intent_example WHERE workspace_id = $1 AND (contact_id = $2
        OR contact_id IN (SELECT id FROM contact WHERE workspace_id = $1 AND merged_into = $2))";
    FORGET_MESSAGES = "DELETE FROM intent_example WHERE workspace_id = $1 AND message_id IN ({ids})";
}

/// The message that an example is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The message.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its customer.
    pub contact: ContactId,
}

/// An example to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewExample {
    /// Its id.
    pub id: ExampleId,
    /// The intent, or none.
    pub intent_id: Option<IntentId>,
    /// The text.
    pub text: String,
    /// Whether it counts.
    pub state: ExampleState,
    /// Where it was taken from.
    pub source: Option<Source>,
    /// What the bot understood, and how likely that seemed in percent.
    pub understood: Option<(IntentId, i64)>,
    /// Who wrote it.
    pub by: Option<AgentId>,
    /// When.
    pub at: Millis,
}

/// An example as whoever learns from it needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learned {
    /// Its id.
    pub id: ExampleId,
    /// The revision of its last change.
    pub revision: i64,
    /// The intent, or none.
    pub intent_id: Option<IntentId>,
    /// The text; `None` when it does not count.
    pub text: Option<String>,
}

/// Which examples; what is absent does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<ExampleState>,
    /// Of this intent.
    pub intent: Option<IntentId>,
}

fn text_place(ws: WorkspaceId, id: ExampleId) -> vault::Place<'static> {
    place(ws, "intent_example", "text", id.0)
}

fn read(ws: WorkspaceId, row: &mut Row) -> Result<IntentExample> {
    let (id, intent_id) = (row.take()?, row.take()?);
    let text = row.open(text_place(ws, id))?.text_or(None)?.unwrap_or_else(|| ERASED.to_owned());
    Ok(IntentExample {
        id,
        intent_id,
        text,
        state: row.take()?,
        origin: row.take()?,
        message_id: row.take()?,
        conversation_id: row.take()?,
        understood_id: row.take()?,
        confidence: row.take()?,
        created_by: row.take()?,
        created_at: row.take()?,
        decided_by: row.take()?,
        decided_at: row.take()?,
    })
}

/// What it means to the learning that an example was in a state and is in another one.
fn step(before: ExampleState, after: ExampleState) -> Step {
    match (before, after) {
        (ExampleState::Accepted, _) | (_, ExampleState::Accepted) => Step::Learn,
        _ => Step::Told,
    }
}

/// Keeps examples, all with the same revision. [`crate::Error::Unique`] when the message of one has one already,
/// [`crate::Error::Missing`] when there is no such intent or conversation.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, all: &[NewExample]) -> Result<()> {
    let learn = all.iter().any(|new| new.state == ExampleState::Accepted);
    let revision = advance(tx, ws, if learn { Step::Learn } else { Step::Told }).await?;
    let mut rows = Vec::with_capacity(all.len());
    for new in all {
        let plain = new.text.as_bytes();
        let (sealed, origin) = match new.source {
            Some(source) => {
                let key = tx.key_of_conversation(ws, source.conversation).await?;
                (tx.seal_with(&key, text_place(ws, new.id), plain)?, ExampleOrigin::Correction)
            }
            None => (tx.seal(text_place(ws, new.id), plain).await?, ExampleOrigin::Written),
        };
        let (decided_by, decided_at) = decided(new.state, new.by, new.at);
        let row = values![
            new.id,
            ws,
            new.intent_id,
            new.state,
            origin,
            sealed,
            new.source.map(|source| source.message),
            new.source.map(|source| source.conversation),
            new.source.map(|source| source.contact),
            new.understood.map(|(intent, _)| intent),
            new.understood.map(|(_, confidence)| confidence),
            new.by,
            new.at,
            decided_by,
            decided_at,
            revision
        ];
        rows.push(row.to_vec());
    }
    let kept = tx.execute_each(INSERT, &rows).await?;
    if kept.contains(&0) { Err(Error::Unique("the message's example".to_owned())) } else { Ok(()) }
}

/// By whom, and when, what somebody writes is decided: nobody decided what waits.
fn decided(state: ExampleState, by: Option<AgentId>, at: Millis) -> (Option<AgentId>, Option<Millis>) {
    if state == ExampleState::Waiting { (None, None) } else { (by, Some(at)) }
}

/// Says anew what an example is of, and whether it counts; `false` when there is none. Who said so before is forgotten.
pub async fn correct(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ExampleId,
    intent: Option<IntentId>,
    state: ExampleState,
    by: Option<AgentId>,
    at: Millis,
) -> Result<bool> {
    let Some(before) = get(tx, ws, id).await? else { return Ok(false) };
    let revision = advance(tx, ws, step(before.state, state)).await?;
    let (decided_by, decided_at) = decided(state, by, at);
    tx.change(CORRECT, values![ws, id, intent, state, by, at, decided_by, decided_at, revision]).await
}

/// Says of examples whether they count; tells of how many that is something else than before.
pub async fn decide(
    tx: &mut Tx,
    ws: WorkspaceId,
    ids: &[ExampleId],
    state: ExampleState,
    by: Option<AgentId>,
    at: Millis,
) -> Result<u64> {
    let mut others = BTreeMap::new();
    for mut row in tx.query_in(STATES, values![ws], ids).await? {
        let (id, before): (ExampleId, ExampleState) = (row.take()?, row.take()?);
        if before != state {
            others.insert(id, before);
        }
    }
    if others.is_empty() {
        return Ok(0);
    }
    let learn = others.values().any(|before| step(*before, state) == Step::Learn);
    let revision = advance(tx, ws, if learn { Step::Learn } else { Step::Told }).await?;
    let row = |id: ExampleId| values![ws, id, state, by, at, revision].to_vec();
    let rows: Vec<Vec<Value>> = others.into_keys().map(row).collect();
    Ok(tx.execute_each(DECIDE, &rows).await?.into_iter().sum())
}

/// Removes an example; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: ExampleId) -> Result<bool> {
    let removed = tx.change(DELETE, values![ws, id]).await?;
    if removed {
        advance(tx, ws, Step::Forget).await?;
    }
    Ok(removed)
}

/// An example.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: ExampleId) -> Result<Option<IntentExample>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(ws, &mut row)).transpose()
}

/// The example that was taken from a message.
pub async fn of_message(tx: &mut Tx, ws: WorkspaceId, message: MessageId) -> Result<Option<IntentExample>> {
    tx.query_opt(OF_MESSAGE, values![ws, message]).await?.map(|mut row| read(ws, &mut row)).transpose()
}

/// Examples, the newest first. Errors: [`crate::Error::BadCursor`].
pub async fn list(
    tx: &mut Tx,
    ws: WorkspaceId,
    filter: Filter,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<IntentExample>> {
    let after = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let mut values = values![ws, after.at, after.id, limit + 1].to_vec();
    values.extend(filter.intent.map(Value::from));
    values.extend(filter.state.map(Value::from));
    let sql = match (filter.intent, filter.state) {
        (None, None) => PAGE,
        (None, Some(_)) => PAGE_OF_STATE,
        (Some(_), None) => PAGE_OF_INTENT,
        (Some(_), Some(_)) => PAGE_OF_BOTH,
    };
    let rows = tx.query_map(sql, &values, |row| read(ws, row)).await?;
    Ok(Page::cut(rows, limit, |example| Cursor { at: example.created_at, id: example.id.0 }))
}

/// What agents said of some messages.
pub async fn corrections(
    tx: &mut Tx,
    ws: WorkspaceId,
    messages: &[MessageId],
) -> Result<Vec<(MessageId, IntentCorrection)>> {
    let rows = tx.query_in(CORRECTIONS, values![ws], messages).await?;
    let read = |mut row: Row| {
        let message = row.take()?;
        Ok((message, IntentCorrection { intent_id: row.take()?, state: row.take()? }))
    };
    rows.into_iter().map(read).collect()
}

/// The texts of an intent's accepted examples.
pub async fn texts(tx: &mut Tx, ws: WorkspaceId, intent: IntentId) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for mut row in tx.query(TEXTS, values![ws, intent]).await? {
        let id = row.take()?;
        texts.extend(row.open(text_place(ws, id))?.text_or(None)?);
    }
    Ok(texts)
}

/// Everything that changed after a revision, in the order of revisions, for whoever learns from it.
pub async fn changed(tx: &mut Tx, ws: WorkspaceId, after: i64) -> Result<Vec<Learned>> {
    let read = |row: &mut Row| {
        let (id, revision): (ExampleId, i64) = (row.take()?, row.take()?);
        let (state, intent_id): (ExampleState, _) = (row.take()?, row.take()?);
        let text = match row.open(text_place(ws, id))? {
            Opened::Plain(bytes) if state == ExampleState::Accepted => Some(text(bytes)?),
            _ => None,
        };
        Ok(Learned { id, revision, intent_id, text })
    };
    tx.query_map(CHANGED, values![ws, after], read).await
}

/// How many there are.
pub async fn count(tx: &mut Tx, ws: WorkspaceId) -> Result<i64> {
    tx.query_one(COUNT, values![ws]).await?.take()
}

/// Removes the examples that were taken from a customer's messages, and with them all models that may have learned them;
/// tells how many. An example that somebody had removed before is not known to have been the customer's any more: the
/// models that are as old go as well.
pub(crate) async fn forget_person(tx: &mut Tx, ws: WorkspaceId, contact: ContactId) -> Result<u64> {
    let count = tx.execute(FORGET_PERSON, values![ws, contact]).await?;
    forget_models(tx, ws, count).await
}

/// The same for messages.
pub(crate) async fn forget_messages(tx: &mut Tx, ws: WorkspaceId, messages: &[MessageId]) -> Result<u64> {
    let count = tx.execute_in(FORGET_MESSAGES, values![ws], messages).await?;
    forget_models(tx, ws, count).await
}

async fn forget_models(tx: &mut Tx, ws: WorkspaceId, examples: u64) -> Result<u64> {
    if examples > 0 {
        advance(tx, ws, Step::Forget).await?;
    }
    if intent_version::forget_stale(tx, ws).await? {
        advance(tx, ws, Step::Learn).await?;
    }
    Ok(examples)
}

#[cfg(test)]
mod tests;
