//! Examples of intents: written for the purpose, or taken from customers' messages when an agent corrected the bot.

use model::{
    AgentId, ContactId, ConversationId, ExampleId, ExampleOrigin, ExampleState, IntentCorrection,
    IntentExample, IntentId, MessageId, Millis, WorkspaceId,
};

use crate::intent::{Step, advance};
use crate::page::{Cursor, Page};
use crate::sealed::{ERASED, Opened, place, text};
use crate::values::{Row, statements, values};
use crate::{Error, Result, Tx, intent, intent_version};

macro_rules! columns {
    () => {
        "id, intent_id, sealed, state, origin, message_id, conversation_id, understood_id, confidence, created_by,
        created_at, decided_by, decided_at"
    };
}

statements! {
    INSERT = "INSERT INTO intent_example (id, workspace_id, intent_id, state, origin, sealed, message_id, conversation_id,
        contact_id, understood_id, confidence, created_by, created_at, decided_by, decided_at, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING";
    DECIDE = "UPDATE intent_example SET intent_id = $3, state = $4, decided_by = $5, decided_at = $6, revision = $7
        WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM intent_example WHERE workspace_id = $1 AND id = $2";
    GET = concat!("SELECT ", columns!(), " FROM intent_example WHERE workspace_id = $1 AND id = $2");
    OF_MESSAGE = concat!("SELECT ", columns!(), " FROM intent_example WHERE workspace_id = $1 AND message_id = $2");
    PAGE = concat!("SELECT ", columns!(), " FROM intent_example WHERE workspace_id = $1 AND ($2 = '' OR state = $2)
        AND (intent_id = $3 OR $3 = 0) AND (created_at, id) < ($4, $5) ORDER BY created_at DESC, id DESC LIMIT $6");
    CORRECTIONS = "SELECT message_id, intent_id, state FROM intent_example
        WHERE workspace_id = $1 AND message_id IN ({ids})";
    CHANGED = "SELECT id, revision, state, intent_id, sealed FROM intent_example
        WHERE workspace_id = $1 AND revision > $2 ORDER BY revision, id LIMIT $3";
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
fn step(before: Option<ExampleState>, after: ExampleState) -> Step {
    match (before, after) {
        (Some(ExampleState::Accepted), _) | (_, ExampleState::Accepted) => Step::Learn,
        _ => Step::Told,
    }
}

/// Keeps an example. [`crate::Error::Unique`] when its message has one already, [`crate::Error::Missing`] when there is no
/// such intent or conversation.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, new: &NewExample) -> Result<()> {
    if let Some(intent) = new.intent_id
        && intent::get(tx, ws, intent).await?.is_none()
    {
        return Err(Error::Missing);
    }
    let plain = new.text.as_bytes();
    let (sealed, origin) = match new.source {
        Some(source) => {
            let key = tx.key_of_conversation(ws, source.conversation).await?;
            (tx.seal_with(&key, text_place(ws, new.id), plain)?, ExampleOrigin::Correction)
        }
        None => (tx.seal(text_place(ws, new.id), plain).await?, ExampleOrigin::Written),
    };
    let revision = advance(tx, ws, step(None, new.state)).await?;
    let decided = new.state != ExampleState::Waiting;
    let values = values![
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
        new.by.filter(|_| decided),
        decided.then_some(new.at),
        revision
    ];
    tx.insert(INSERT, values, "the message's example").await
}

/// Says what an example is of, and whether it counts; `false` when there is none.
pub async fn decide(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ExampleId,
    intent: Option<IntentId>,
    state: ExampleState,
    by: Option<AgentId>,
    at: Millis,
) -> Result<bool> {
    let Some(before) = get(tx, ws, id).await? else { return Ok(false) };
    let revision = advance(tx, ws, step(Some(before.state), state)).await?;
    tx.change(DECIDE, values![ws, id, intent, state, by, at, revision]).await
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
    let state = filter.state.map_or("", ExampleState::as_str);
    let intent = filter.intent.map_or(0, |id| id.0);
    let values = values![ws, state, intent, after.at, after.id, limit + 1];
    let rows = tx.query_map(PAGE, values, |row| read(ws, row)).await?;
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

/// What changed after a revision, in the order of revisions, for whoever learns from it.
pub async fn changed(tx: &mut Tx, ws: WorkspaceId, after: i64, limit: i64) -> Result<Vec<Learned>> {
    let read = |row: &mut Row| {
        let (id, revision): (ExampleId, i64) = (row.take()?, row.take()?);
        let (state, intent_id): (ExampleState, _) = (row.take()?, row.take()?);
        let text = match row.open(text_place(ws, id))? {
            Opened::Plain(bytes) if state == ExampleState::Accepted => Some(text(bytes)?),
            _ => None,
        };
        Ok(Learned { id, revision, intent_id, text })
    };
    tx.query_map(CHANGED, values![ws, after, limit], read).await
}

/// How many there are.
pub async fn count(tx: &mut Tx, ws: WorkspaceId) -> Result<i64> {
    tx.query_one(COUNT, values![ws]).await?.take()
}

/// Removes the examples that were taken from a customer's messages, and with them all models, which may have learned
/// them; tells how many.
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
        intent_version::delete_all(tx, ws).await?;
        advance(tx, ws, Step::Forget).await?;
    }
    Ok(examples)
}

#[cfg(test)]
mod tests;
