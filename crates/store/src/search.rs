//! The index in which messages are found by what they say: terms that nobody can read, each with the messages that
//! have it. It holds no text; what it holds is made by `app` with a key that is not in it.
//!
//! The index is the engine's own, and all of its SQL that only one engine understands stands here: on SQLite an FTS5
//! table without content, on PostgreSQL a row of numbers per message with a GIN index.

use std::fmt::Write as _;

use model::{ContactId, ConversationId, MessageId, Millis, WorkspaceId};

use crate::values::{Sql, Value, statements, values};
use crate::{Engine, Result, Tx, Visibility};

statements! {
    BEHIND = "SELECT w.id, w.event_seq, p.seq, p.older FROM workspace w
        LEFT JOIN search_progress p ON p.workspace_id = w.id
        WHERE p.seq IS NULL OR p.seq <> w.event_seq OR p.older > 0 ORDER BY w.id";
    PROGRESS = "SELECT w.event_seq, p.seq, p.older FROM workspace w
        JOIN search_progress p ON p.workspace_id = w.id WHERE w.id = $1";
    BEGIN = "INSERT INTO search_progress (workspace_id, seq, older)
        SELECT id, event_seq, $2 FROM workspace WHERE id = $1 ON CONFLICT (workspace_id) DO NOTHING";
    ADVANCE = "UPDATE search_progress SET seq = $4, older = $5
        WHERE workspace_id = $1 AND seq = $2 AND older = $3";
    OLDER = "SELECT id FROM message WHERE workspace_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    CONVERSATIONS = "SELECT id FROM conversation WHERE workspace_id = $1 AND contact_id = $2
        ORDER BY id DESC LIMIT $3";
}

/// What makes the index where it is not there yet.
fn schema(engine: Engine) -> &'static str {
    match engine {
        // `detail=none` keeps which messages have a term and not where in them; a removed message's entries are
        // marked at once and leave the file when its part of the index is merged.
        Engine::Sqlite => {
            "CREATE VIRTUAL TABLE IF NOT EXISTS message_term USING fts5(token, content = '',
                contentless_delete = 1, detail = none, tokenize = 'ascii')"
        }
        Engine::Postgres => {
            "CREATE TABLE IF NOT EXISTS message_term (
                workspace_id BIGINT NOT NULL,
                message_id BIGINT NOT NULL,
                tokens INTEGER[] NOT NULL,
                PRIMARY KEY (workspace_id, message_id)
            );
            ALTER TABLE message_term ALTER COLUMN tokens SET STATISTICS 1000;
            CREATE INDEX IF NOT EXISTS message_term_token ON message_term USING gin (tokens)
                WITH (gin_pending_list_limit = 128)"
        }
    }
}

/// Which of a list of messages the index has to be told of: those that are not in it, and those that changed.
const PENDING: &str = "SELECT m.id FROM message m WHERE m.workspace_id = $1 AND m.id IN ({ids})
    AND (m.edited_at IS NOT NULL OR m.revoked_at IS NOT NULL OR NOT EXISTS {indexed})";
/// How a message stands while it is being indexed.
const VERSIONS: &str =
    "SELECT id, edited_at, revoked_at, COALESCE(LENGTH(sealed), LENGTH(content)) FROM message
    WHERE workspace_id = $1 AND id IN ({ids})";
/// What of the index may be shown, newest first. `CROSS JOIN` keeps SQLite to begin with the index.
const FOUND: &str = "SELECT h.id FROM hit h CROSS JOIN message m CROSS JOIN conversation c
    WHERE m.id = h.id AND c.id = m.conversation_id AND m.workspace_id = $1 AND m.revoked_at IS NULL";

fn pending(engine: Engine) -> String {
    PENDING.replace(
        "{indexed}",
        match engine {
            Engine::Sqlite => "(SELECT 1 FROM message_term d WHERE d.rowid = m.id)",
            Engine::Postgres => {
                "(SELECT 1 FROM message_term d WHERE d.workspace_id = m.workspace_id AND d.message_id = m.id)"
            }
        },
    )
}

fn versions(engine: Engine, hold: bool) -> String {
    match engine {
        // A change must not slip between this look and the end of the transaction.
        Engine::Postgres if hold => format!("{VERSIONS} FOR SHARE"),
        // One process, one writer.
        Engine::Sqlite | Engine::Postgres => VERSIONS.to_owned(),
    }
}

fn forgetting(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => {
            "DELETE FROM message_term WHERE rowid = $2
            AND EXISTS (SELECT 1 FROM message m WHERE m.id = $2 AND m.workspace_id = $1)"
        }
        Engine::Postgres => "DELETE FROM message_term WHERE workspace_id = $1 AND message_id = $2",
    }
}

fn putting(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => {
            "INSERT INTO message_term (rowid, token) SELECT m.id, $3 FROM message m
            WHERE m.workspace_id = $1 AND m.id = $2"
        }
        Engine::Postgres => {
            "INSERT INTO message_term (workspace_id, message_id, tokens)
            SELECT m.workspace_id, m.id, $3::TEXT::INTEGER[] FROM message m
            WHERE m.workspace_id = $1 AND m.id = $2"
        }
    }
}

/// A term that nobody can read: 32 bits of a keyed hash. Two terms may share one, so whoever found a message by its
/// tokens looks at its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u32);

impl Token {
    /// As the engine keeps it: letters and digits of base 32, or a signed number.
    fn written(self, engine: Engine) -> String {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
        match engine {
            Engine::Sqlite => {
                (0..7).map(|place| char::from(DIGITS[(self.0 >> (5 * place) & 31) as usize])).collect()
            }
            Engine::Postgres => self.0.cast_signed().to_string(),
        }
    }
}

/// The tokens of a message.
fn document(engine: Engine, tokens: &[Token]) -> String {
    let tokens: Vec<String> = tokens.iter().map(|token| token.written(engine)).collect();
    match engine {
        Engine::Sqlite => tokens.join(" "),
        Engine::Postgres => format!("{{{}}}", tokens.join(",")),
    }
}

/// How far a workspace is indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The last change that the workspace had.
    pub head: i64,
    /// Changes up to this one are indexed.
    pub seq: i64,
    /// Messages from this id on are indexed; 0 when all are.
    pub older: MessageId,
}

/// A message as it stands in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The message.
    pub message: MessageId,
    /// Its terms; none where it is not to be found.
    pub tokens: Vec<Token>,
}

/// How a message stood when it was read; another one when it has changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The message.
    pub message: MessageId,
    edited_at: Option<Millis>,
    revoked_at: Option<Millis>,
    length: i64,
}

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of each set a message must have at least one.
    pub tokens: Vec<Vec<Token>>,
    /// Written at this moment or later.
    pub from: Option<Millis>,
    /// Written before this moment.
    pub until: Option<Millis>,
    /// In conversations of this person.
    pub contact: Option<ContactId>,
}

/// What was found at one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Messages that have what was wanted and that may be seen, the newest first.
    pub messages: Vec<MessageId>,
    /// Where to go on: everything from here on was looked at. `None` when there is nothing older.
    pub next: Option<MessageId>,
}

/// Makes the index where there is none.
pub(crate) async fn prepare(tx: &mut Tx) -> Result<()> {
    tx.migration(schema(tx.engine())).await
}

/// The workspaces that have something to be indexed, with how far they are; without it where none began. Serves the
/// workers of all workspaces.
pub async fn behind(tx: &mut Tx) -> Result<Vec<(WorkspaceId, Option<Progress>)>> {
    tx.query_map(BEHIND, &[], |row| {
        let (workspace, head) = (row.take()?, row.take()?);
        let (seq, older) = (row.take::<Option<i64>>()?, row.take::<Option<MessageId>>()?);
        Ok((workspace, seq.zip(older).map(|(seq, older)| Progress { head, seq, older })))
    })
    .await
}

/// How far a workspace is indexed.
pub async fn progress(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<Progress>> {
    let row = tx.query_opt(PROGRESS, values![ws]).await?;
    row.map(|mut row| Ok(Progress { head: row.take()?, seq: row.take()?, older: row.take()? })).transpose()
}

/// Begins: what changes from now on is indexed as it comes, what is there already from the newest to the oldest.
pub async fn begin(tx: &mut Tx, ws: WorkspaceId) -> Result<bool> {
    tx.change(BEGIN, values![ws, i64::MAX]).await
}

/// Notes how far a workspace is indexed; `false` when somebody else has gone on from `before`.
pub async fn advance(tx: &mut Tx, ws: WorkspaceId, before: &Progress, after: &Progress) -> Result<bool> {
    tx.change(ADVANCE, values![ws, before.seq, before.older, after.seq, after.older]).await
}

/// The newest messages before one, descending.
pub async fn older(tx: &mut Tx, ws: WorkspaceId, before: MessageId, limit: i64) -> Result<Vec<MessageId>> {
    tx.query_map(OLDER, values![ws, before, limit], |row| row.take()).await
}

/// Which of these messages are not in the index, or changed after they were written.
pub async fn unindexed(tx: &mut Tx, ws: WorkspaceId, messages: &[MessageId]) -> Result<Vec<MessageId>> {
    let sql = pending(tx.engine());
    let mut rows = tx.query_in(Sql::built(&sql), values![ws], messages).await?;
    let mut ids: Vec<MessageId> = rows.iter_mut().map(|row| row.take()).collect::<Result<_>>()?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// How messages stand, in the order of their ids. With `hold`, for writing transactions only, nobody changes them
/// until the transaction ends.
pub async fn stand(tx: &mut Tx, ws: WorkspaceId, messages: &[MessageId], hold: bool) -> Result<Vec<Version>> {
    let sql = versions(tx.engine(), hold);
    let rows = tx.query_in(Sql::built(&sql), values![ws], messages).await?;
    let read = |mut row: crate::values::Row| -> Result<Version> {
        Ok(Version {
            message: row.take()?,
            edited_at: row.take()?,
            revoked_at: row.take()?,
            length: row.take()?,
        })
    };
    let mut versions: Vec<Version> = rows.into_iter().map(read).collect::<Result<_>>()?;
    versions.sort_by_key(|version| version.message);
    versions.dedup();
    Ok(versions)
}

/// Puts messages into the index as they are now, and tells how many; what it had of them before goes.
pub async fn put(tx: &mut Tx, ws: WorkspaceId, entries: &[Entry]) -> Result<u64> {
    let engine = tx.engine();
    let all: Vec<MessageId> = entries.iter().map(|entry| entry.message).collect();
    forget(tx, ws, &all).await?;
    let sets: Vec<Vec<Value>> = entries
        .iter()
        .filter(|entry| !entry.tokens.is_empty())
        .map(|entry| values![ws, entry.message, document(engine, &entry.tokens)].to_vec())
        .collect();
    Ok(tx.execute_each(Sql::built(putting(engine)), &sets).await?.into_iter().sum())
}

/// Takes messages out of the index, and tells how many were in it. Whoever erases messages calls it in the same
/// transaction, before their rows go.
pub async fn forget(tx: &mut Tx, ws: WorkspaceId, messages: &[MessageId]) -> Result<u64> {
    let sets: Vec<Vec<Value>> = messages.iter().map(|message| values![ws, *message].to_vec()).collect();
    let sql = forgetting(tx.engine());
    Ok(tx.execute_each(Sql::built(sql), &sets).await?.into_iter().sum())
}

/// The newest conversations of a person.
pub async fn conversations(
    tx: &mut Tx,
    ws: WorkspaceId,
    contact: ContactId,
    limit: i64,
) -> Result<Vec<ConversationId>> {
    tx.query_map(CONVERSATIONS, values![ws, contact, limit], |row| row.take()).await
}

/// One step of a search: looks at up to `depth` messages of the index before `before`, and gives those of them that
/// may be seen, at most `limit`. Its cost depends on `depth` and not on how many messages there are or may be seen.
pub async fn find(
    tx: &mut Tx,
    ws: WorkspaceId,
    vis: &Visibility,
    wanted: &Wanted,
    before: MessageId,
    depth: i64,
    limit: i64,
) -> Result<Found> {
    let engine = tx.engine();
    if engine == Engine::Postgres {
        // Whether to begin with the term or with the newest message depends on how frequent this very term is.
        tx.query(Sql::built(PLAN), &[]).await?;
    }
    let hit = Hit::new(engine, ws, wanted, before, depth);
    let (text, values) = hit.found(vis, wanted, limit);
    let mut rows = tx.query(Sql::built(&text), &values).await?;
    let messages: Vec<MessageId> = rows.iter_mut().map(|row| row.take()).collect::<Result<_>>()?;
    if messages.len() as i64 == limit {
        return Ok(Found { next: messages.last().copied(), messages });
    }
    let mut row = tx.query_one(Sql::built(&hit.reach()), &hit.values).await?;
    let (looked, last): (i64, Option<MessageId>) = (row.take()?, row.take()?);
    Ok(Found { messages, next: last.filter(|_| looked == depth) })
}

/// Makes PostgreSQL plan each search by its own terms, and not compile what takes a millisecond.
const PLAN: &str =
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)";

/// The part of a search that asks the index: `hit`, the ids of messages, the newest first.
struct Hit {
    text: String,
    values: Vec<Value>,
}

impl Hit {
    fn new(engine: Engine, ws: WorkspaceId, wanted: &Wanted, before: MessageId, depth: i64) -> Self {
        // What was written at a moment came in then or later.
        let oldest = wanted.from.map_or(0, model::first_at);
        match engine {
            Engine::Sqlite => {
                let sets = wanted.tokens.iter().map(|set| {
                    let any: Vec<String> =
                        set.iter().map(|token| format!("\"{}\"", token.written(engine))).collect();
                    format!("({})", any.join(" OR "))
                });
                let expression = sets.collect::<Vec<_>>().join(" AND ");
                let text = "WITH hit (id) AS (SELECT rowid FROM message_term WHERE message_term MATCH $2
                    AND rowid < $3 AND rowid >= $4 ORDER BY rowid DESC LIMIT $5)";
                let values = values![ws, expression, before, oldest, depth].to_vec();
                Self { text: text.to_owned(), values }
            }
            Engine::Postgres => {
                let (one, several): (Vec<_>, Vec<_>) = wanted.tokens.iter().partition(|set| set.len() == 1);
                let all: Vec<Token> = one.into_iter().flatten().copied().collect();
                let mut values = values![ws, document(engine, &all), before, oldest, depth].to_vec();
                let mut text = "WITH hit (id) AS (SELECT message_id FROM message_term WHERE workspace_id = $1
                    AND tokens @> $2::TEXT::INTEGER[] AND message_id < $3 AND message_id >= $4"
                    .to_owned();
                for set in several {
                    values.push(document(engine, set).into());
                    let _ = write!(text, " AND tokens && ${}::TEXT::INTEGER[]", values.len());
                }
                text.push_str(" ORDER BY message_id DESC LIMIT $5)");
                Self { text, values }
            }
        }
    }

    /// The statement that gives what may be seen of it.
    fn found(&self, vis: &Visibility, wanted: &Wanted, limit: i64) -> (String, Vec<Value>) {
        let mut values = self.values.clone();
        let seen = vis.condition(&mut values);
        let mut text = format!("{} {FOUND} AND {seen}", self.text);
        let mut add = |condition: &str, value: Value| {
            values.push(value);
            let _ = write!(text, "{condition}${}", values.len());
        };
        if let Some(from) = wanted.from {
            add(" AND m.at >= ", from.into());
        }
        if let Some(until) = wanted.until {
            add(" AND m.at < ", until.into());
        }
        if let Some(contact) = wanted.contact {
            add(" AND c.contact_id = ", contact.into());
        }
        add(" ORDER BY h.id DESC LIMIT ", limit.into());
        (text, values)
    }

    /// The statement that tells how many it is, and the oldest.
    fn reach(&self) -> String {
        format!("{} SELECT COUNT(*), MIN(id) FROM hit", self.text)
    }
}

/// All bytes of the index, as whoever steals the file has them.
#[cfg(any(test, feature = "testing"))]
pub async fn raw(tx: &mut Tx) -> Result<Vec<u8>> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT block FROM message_term_data ORDER BY id",
        Engine::Postgres => "SELECT convert_to(tokens::TEXT, 'UTF8') FROM message_term ORDER BY message_id",
    };
    let mut rows = tx.query(Sql::built(sql), &[]).await?;
    let parts: Vec<Vec<u8>> = rows.iter_mut().map(|row| row.take()).collect::<Result<_>>()?;
    Ok(parts.concat())
}

/// Every statement of this file that depends on the engine, in all its forms.
#[cfg(test)]
pub(crate) fn every_statement(engine: Engine) -> Vec<(String, String)> {
    let mut all = vec![
        ("search::putting".to_owned(), putting(engine).to_owned()),
        ("search::forgetting".to_owned(), forgetting(engine).to_owned()),
    ];
    if engine == Engine::Postgres {
        all.push(("search::PLAN".to_owned(), PLAN.to_owned()));
    }
    for length in (0..).map(|power| 1 << power).take_while(|length| *length <= crate::db::LONGEST_LIST) {
        let (pending, held) = (pending(engine), versions(engine, true));
        for (name, sql) in [("pending", pending), ("versions", versions(engine, false)), ("held", held)] {
            let text = crate::db::with_list(Sql::built(&sql), 1, length);
            all.push((format!("search::{name} of {length}"), text));
        }
    }
    let sets =
        [vec![vec![Token(1)]], vec![vec![Token(1)], vec![Token(2), Token(3)], vec![Token(4), Token(5)]]];
    for tokens in sets {
        for from in [None, Some(Millis(1))] {
            for until in [None, Some(Millis(2))] {
                for contact in [None, Some(ContactId(1))] {
                    let wanted = Wanted { tokens: tokens.clone(), from, until, contact };
                    let hit = Hit::new(engine, WorkspaceId(1), &wanted, MessageId(9), 10);
                    all.push((format!("search::reach {wanted:?}"), hit.reach()));
                    for vis in Visibility::every_kind() {
                        let (text, _) = hit.found(&vis, &wanted, 10);
                        all.push((format!("search::found {vis:?} {wanted:?}"), text));
                    }
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
