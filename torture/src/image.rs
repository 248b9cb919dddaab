//! What the store holds when everything is over, read by plain statements and not through the code that is on trial.

use std::path::Path;

use anyhow::{Context, bail};
use tokio_postgres::types::Type;

use crate::unseal::{Ring, Wrapped};

/// A value of either engine.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

type Row = Vec<Cell>;

/// A message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: i64,
    pub(crate) conversation: i64,
    pub(crate) inbox: i64,
    pub(crate) out: bool,
    pub(crate) provider: Option<String>,
    pub(crate) client: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) kind: String,
}

/// A conversation.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: i64,
    pub(crate) inbox: i64,
    pub(crate) identity: i64,
    pub(crate) live: bool,
}

/// A customer's address.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) id: i64,
    pub(crate) inbox: i64,
    pub(crate) user: Option<String>,
    pub(crate) phone: Option<String>,
}

/// A file of a message.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) message: i64,
    pub(crate) state: String,
    pub(crate) key: Option<String>,
}

/// The store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    /// In the order in which they are shown.
    pub(crate) messages: Vec<Message>,
    pub(crate) conversations: Vec<Conversation>,
    pub(crate) identities: Vec<Identity>,
    /// Raw id and the provider's number.
    pub(crate) inboxes: Vec<(i64, String)>,
    /// Workspaces with their last number.
    pub(crate) heads: Vec<(i64, i64)>,
    /// Workspace, number, kind and subject, in the order of numbers.
    pub(crate) events: Vec<(i64, i64, String, i64)>,
    /// Raw deliveries: id and what makes them the same as another.
    pub(crate) inbound: Vec<(i64, Vec<u8>)>,
    pub(crate) queued: Vec<i64>,
    pub(crate) parked: Vec<(i64, String)>,
    pub(crate) files: Vec<File>,
    /// Sendings: state and message.
    pub(crate) outbound: Vec<(String, Option<i64>)>,
    /// Kinds of jobs.
    pub(crate) jobs: Vec<String>,
    /// Imports: id, state, and whether there is a reason.
    pub(crate) imports: Vec<(i64, String, bool)>,
    /// Titles of articles.
    pub(crate) articles: Vec<String>,
    /// Erasures: whose, and whether there is a receipt.
    pub(crate) erasures: Vec<(i64, bool)>,
    /// Rows that nobody can read, because their key is not there.
    pub(crate) locked: Vec<String>,
}

impl Image {
    /// What was opened, or nothing of a row whose key is not there.
    fn read(&mut self, row: String, opened: Option<serde_json::Value>) -> serde_json::Value {
        if opened.is_none() {
            self.locked.push(row);
        }
        opened.unwrap_or_default()
    }
}

/// Where the store is.
pub(crate) enum Source {
    /// A database file, with the file of its keys at hand under the name that the server's schema of keys has.
    Sqlite(rusqlite::Connection),
    /// A server.
    Postgres(tokio_postgres::Client),
}

impl Source {
    /// Opens a database file, which nobody else may write to meanwhile.
    pub(crate) fn sqlite(path: &Path) -> anyhow::Result<Self> {
        let connection = rusqlite::Connection::open(path);
        let connection = connection.with_context(|| format!("cannot open {}", path.display()))?;
        let keys = path.with_extension("keys.db").display().to_string();
        connection.execute("ATTACH DATABASE ?1 AS bellhop_keys", [keys])?;
        Ok(Self::Sqlite(connection))
    }

    /// Connects to a server.
    pub(crate) async fn postgres(url: &str) -> anyhow::Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(async move {
            // Its end shows in the next statement.
            let _ = connection.await;
        });
        Ok(Self::Postgres(client))
    }

    /// What the engine itself finds wrong with its files; empty when nothing is.
    pub(crate) async fn damage(&mut self) -> anyhow::Result<Vec<String>> {
        if matches!(self, Self::Postgres(_)) {
            return Ok(Vec::new());
        }
        let mut found: Vec<String> = self
            .rows("PRAGMA integrity_check")
            .await?
            .into_iter()
            .map(|mut row| text(&mut row))
            .collect::<anyhow::Result<_>>()?;
        found.retain(|line| line != "ok");
        found.extend(
            self.rows("PRAGMA foreign_key_check").await?.into_iter().map(|row| format!("no parent: {row:?}")),
        );
        Ok(found)
    }

    /// How many things are still to be done.
    pub(crate) async fn left(&mut self) -> anyhow::Result<i64> {
        let sql =
            "SELECT (SELECT COUNT(*) FROM inbound_queue) + (SELECT COUNT(*) FROM job WHERE kind IN ('fetch', 'remove', 'import'))
            + (SELECT COUNT(*) FROM outbound WHERE state <> 'uncertain')
            + (SELECT COUNT(*) FROM erasure WHERE finished_at IS NULL)";
        self.count(sql).await
    }

    /// How many messages there are of a number, as the provider names it.
    pub(crate) async fn messages_of(&mut self, number: &str) -> anyhow::Result<i64> {
        let sql = "SELECT COUNT(*) FROM message m JOIN inbox i ON i.id = m.inbox_id WHERE i.address_key = ";
        self.count(&format!("{sql}'{number}'")).await
    }

    /// The places of all files of a number's messages.
    pub(crate) async fn files_of(&mut self, number: &str) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        for column in ["storage_key", "thumbnail_key"] {
            let sql = format!(
                "SELECT f.{column} FROM media f JOIN message m ON m.id = f.message_id
                JOIN inbox i ON i.id = m.inbox_id WHERE i.address_key = '{number}' AND f.{column} IS NOT NULL"
            );
            for mut row in self.rows(&sql).await? {
                found.push(text(&mut row)?);
            }
        }
        Ok(found)
    }

    async fn count(&mut self, sql: &str) -> anyhow::Result<i64> {
        let mut rows = self.rows(sql).await?;
        int(rows.first_mut().context("no row")?)
    }

    async fn rows(&mut self, sql: &str) -> anyhow::Result<Vec<Row>> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(sql)?;
                let columns = statement.column_count();
                let mut rows = statement.query([])?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(
                        (0..columns)
                            .map(|column| Ok(of_sqlite(row.get_ref(column)?)))
                            .collect::<anyhow::Result<Row>>()?,
                    );
                }
                Ok(found)
            }
            Self::Postgres(client) => {
                let rows = client.query(sql, &[]).await?;
                rows.iter()
                    .map(|row| (0..row.len()).map(|column| of_postgres(row, column)).collect())
                    .collect()
            }
        }
    }

    /// The keys of everybody.
    async fn ring(&mut self) -> anyhow::Result<Ring> {
        let sql = "SELECT s.id, s.workspace_id, s.version, s.wrapped, w.root, w.wrapped
            FROM bellhop_keys.secret_key s JOIN bellhop_keys.workspace_key w
            ON w.workspace_id = s.workspace_id AND w.version = s.version WHERE s.purpose = 'person'";
        let mut keys = Vec::new();
        for mut row in self.rows(sql).await? {
            let row = &mut row;
            keys.push(Wrapped {
                id: int(row)?,
                workspace: int(row)?,
                version: int(row)?,
                wrapped: bytes(row)?,
                root: text(row)?,
                chain: bytes(row)?,
            });
        }
        Ring::open(keys)
    }

    /// Reads everything that the checker looks at.
    pub(crate) async fn read(&mut self) -> anyhow::Result<Image> {
        let mut image = Image::default();
        let ring = self.ring().await?;
        for mut row in self.rows("SELECT id, conversation_id, inbox_id, direction, provider_id, client_id, workspace_id, sealed, status, kind FROM message ORDER BY conversation_id, id").await? {
            let row = &mut row;
            let (id, conversation, inbox, out) = (int(row)?, int(row)?, int(row)?, text(row)? == "out");
            let (provider, client) = (maybe(row)?, maybe(row)?);
            let said = ring.json(int(row)?, "message", "content", id, &bytes(row)?)?;
            let said = image.read(format!("message {id}"), said);
            let (status, kind) = (maybe(row)?, text(row)?);
            // Under a file it is the caption.
            let text = said["text"].as_str().or(said["caption"].as_str()).map(str::to_owned);
            image.messages.push(Message { id, conversation, inbox, out, provider, client, text, status, kind });
        }
        for mut row in self.rows("SELECT id, inbox_id, identity_id, state FROM conversation").await? {
            let row = &mut row;
            image.conversations.push(Conversation {
                id: int(row)?,
                inbox: int(row)?,
                identity: int(row)?,
                live: text(row)? != "resolved",
            });
        }
        for mut row in self.rows("SELECT id, inbox_id, workspace_id, sealed FROM identity").await? {
            let row = &mut row;
            let (id, inbox) = (int(row)?, int(row)?);
            let called = ring.json(int(row)?, "identity", "called", id, &bytes(row)?)?;
            let called = image.read(format!("the address {id}"), called);
            let said = |name: &str| called[name].as_str().map(str::to_owned);
            image.identities.push(Identity { id, inbox, user: said("user_id"), phone: said("phone") });
        }
        for mut row in self.rows("SELECT id, address_key FROM inbox").await? {
            image.inboxes.push((int(&mut row)?, text(&mut row)?));
        }
        for mut row in self.rows("SELECT id, event_seq FROM workspace").await? {
            image.heads.push((int(&mut row)?, int(&mut row)?));
        }
        for mut row in
            self.rows("SELECT workspace_id, seq, kind, subject FROM event ORDER BY workspace_id, seq").await?
        {
            let row = &mut row;
            image.events.push((int(row)?, int(row)?, text(row)?, int(row)?));
        }
        for mut row in self.rows("SELECT id, dedupe FROM inbound").await? {
            image.inbound.push((int(&mut row)?, bytes(&mut row)?));
        }
        for mut row in self.rows("SELECT id FROM inbound_queue").await? {
            image.queued.push(int(&mut row)?);
        }
        for mut row in self.rows("SELECT id, reason FROM inbound_parked").await? {
            image.parked.push((int(&mut row)?, text(&mut row)?));
        }
        for mut row in
            self.rows("SELECT message_id, state, storage_key FROM media WHERE message_id IS NOT NULL").await?
        {
            let row = &mut row;
            image.files.push(File { message: int(row)?, state: text(row)?, key: maybe(row)? });
        }
        for mut row in self.rows("SELECT state, message_id FROM outbound").await? {
            let state = text(&mut row)?;
            image.outbound.push((state, matches!(row[0], Cell::Int(_)).then(|| int(&mut row)).transpose()?));
        }
        for mut row in self.rows("SELECT kind FROM job").await? {
            image.jobs.push(text(&mut row)?);
        }
        let imports = "SELECT id, state, COALESCE(problem, '') FROM knowledge_import";
        for mut row in self.rows(imports).await? {
            let row = &mut row;
            image.imports.push((int(row)?, text(row)?, !text(row)?.is_empty()));
        }
        for mut row in self.rows("SELECT title FROM article").await? {
            image.articles.push(text(&mut row)?);
        }
        let erasures =
            "SELECT contact_id, CASE WHEN finished_at IS NULL THEN '' ELSE 'finished' END FROM erasure";
        for mut row in self.rows(erasures).await? {
            image.erasures.push((int(&mut row)?, !text(&mut row)?.is_empty()));
        }
        Ok(image)
    }
}

fn of_sqlite(value: rusqlite::types::ValueRef<'_>) -> Cell {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null | ValueRef::Real(_) => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Text(value) => Cell::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Cell::Bytes(value.to_vec()),
    }
}

fn of_postgres(row: &tokio_postgres::Row, column: usize) -> anyhow::Result<Cell> {
    let kind = row.columns().get(column).context("a column")?.type_().clone();
    Ok(if kind == Type::INT8 {
        row.try_get::<_, Option<i64>>(column)?.map_or(Cell::Null, Cell::Int)
    } else if kind == Type::TEXT {
        row.try_get::<_, Option<String>>(column)?.map_or(Cell::Null, Cell::Text)
    } else if kind == Type::BYTEA {
        row.try_get::<_, Option<Vec<u8>>>(column)?.map_or(Cell::Null, Cell::Bytes)
    } else {
        bail!("a column of type {kind}, which nobody reads");
    })
}

fn int(row: &mut Row) -> anyhow::Result<i64> {
    match row.remove(0) {
        Cell::Int(value) => Ok(value),
        other => bail!("not a number: {other:?}"),
    }
}

fn text(row: &mut Row) -> anyhow::Result<String> {
    maybe(row)?.context("a text that is not there")
}

fn maybe(row: &mut Row) -> anyhow::Result<Option<String>> {
    match row.remove(0) {
        Cell::Null => Ok(None),
        Cell::Text(value) => Ok(Some(value)),
        other => bail!("not a text: {other:?}"),
    }
}

fn bytes(row: &mut Row) -> anyhow::Result<Vec<u8>> {
    match row.remove(0) {
        Cell::Bytes(value) => Ok(value),
        other => bail!("not bytes: {other:?}"),
    }
}
