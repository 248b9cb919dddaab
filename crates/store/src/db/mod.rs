//! The door to the database: two engines behind one transaction type, transactions as closures.

mod postgres;
mod queue;
mod sqlite;
mod tls;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use model::{Millis, Secret};

use crate::error::{Error, Result};
use crate::values::{Row, Sql, Value, placeholders};

/// Which database to open.
#[derive(Clone, Debug)]
pub enum Settings {
    /// The embedded database.
    Sqlite {
        /// Its file; made when absent. A lock file and the write-ahead log stand beside it.
        path: PathBuf,
        /// How many threads read; at least 1.
        readers: usize,
    },
    /// A PostgreSQL server.
    Postgres {
        /// Its address: `postgres://user:password@host:port/database?sslmode=…`. As with PostgreSQL's own
        /// programs, `sslmode` is `disable`, `prefer`, `require` (encrypts without looking at the certificate),
        /// `verify-ca` or `verify-full` (both look at certificate and host name, by the certificates in the file
        /// `sslrootcert`, else by those of the system).
        url: Secret<String>,
        /// How many connections to hold at most; at least 1.
        connections: usize,
    },
}

/// The kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded SQLite.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// What was committed since the database was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Transactions of callers that were kept.
    pub transactions: u64,
    /// Physical commits; fewer than transactions where SQLite groups them.
    pub commits: u64,
}

#[derive(Debug, Default)]
struct Counters {
    transactions: AtomicU64,
    commits: AtomicU64,
}

impl Counters {
    fn committed(&self, transactions: u64) {
        self.transactions.fetch_add(transactions, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
    }
}

/// The database; cheap to clone.
///
/// A transaction is a closure that gets a [`Tx`] and returns a future: `db.write(|tx| Box::pin(async move { … }))`.
/// It must wait for nothing but the database. What it returns as `Ok` is on disk when [`Db::write`] returns; when
/// it returns `Err`, panics, or ignores a statement that failed, nothing of it is kept. A caller that stops waiting
/// for [`Db::write`] does not know whether its work is kept.
#[derive(Clone, Debug)]
pub struct Db {
    kind: Kind,
    counters: Arc<Counters>,
}

#[derive(Clone, Debug)]
enum Kind {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Db {
    /// Opens the database. Errors: [`Error::Open`], [`Error::Locked`], [`Error::TooOldSqlite`].
    pub async fn open(settings: &Settings) -> Result<Self> {
        let counters = Arc::new(Counters::default());
        let kind = match settings {
            Settings::Sqlite { path, readers } => {
                Kind::Sqlite(sqlite::Sqlite::open(path, *readers, Arc::clone(&counters)).await?)
            }
            Settings::Postgres { url, connections } => {
                Kind::Postgres(postgres::Postgres::open(url, *connections).await?)
            }
        };
        Ok(Self { kind, counters })
    }

    /// Brings the schema up to date. Errors: [`Error::NewerDatabase`], [`Error::ChangedMigration`].
    pub async fn migrate(&self, now: Millis) -> Result<()> {
        self.write(move |tx| Box::pin(crate::migrate::run(tx, now))).await
    }

    /// Runs `work` in a transaction that is kept when it returns `Ok`; returns after the disk has it.
    ///
    /// On SQLite all work runs on one thread, one after another, and what comes close together is committed
    /// together. On PostgreSQL it runs at once, in isolation level read committed. A connection that breaks
    /// during the commit gives [`Error::Unavailable`] although the work may have been kept.
    pub async fn write<T, E, F>(&self, work: F) -> std::result::Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, std::result::Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.write(work).await,
            Kind::Postgres(postgres) => {
                let done = postgres.run(postgres::WRITE, work).await?;
                self.counters.committed(1);
                Ok(done)
            }
        }
    }

    /// Runs `work` on one consistent snapshot that shows everything committed before; it must not write.
    pub async fn read<T, E, F>(&self, work: F) -> std::result::Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, std::result::Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.read(work).await,
            Kind::Postgres(postgres) => postgres.run(postgres::READ, work).await,
        }
    }

    /// Finishes what was begun and closes the database; later calls get [`Error::Stopped`].
    pub async fn stop(&self) {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.stop().await,
            Kind::Postgres(postgres) => postgres.stop(),
        }
    }

    /// The kind of database.
    pub fn engine(&self) -> Engine {
        match &self.kind {
            Kind::Sqlite(_) => Engine::Sqlite,
            Kind::Postgres(_) => Engine::Postgres,
        }
    }

    /// What was committed since the database was opened.
    pub fn stats(&self) -> Stats {
        Stats {
            transactions: self.counters.transactions.load(Ordering::Relaxed),
            commits: self.counters.commits.load(Ordering::Relaxed),
        }
    }

    /// The size of the database in bytes, without the write-ahead log.
    pub async fn size_bytes(&self) -> Result<i64> {
        self.read(|tx| {
            Box::pin(async move {
                let sql = Sql::built(match &tx.engine {
                    EngineTx::Sqlite(_) => sqlite::SIZE,
                    EngineTx::Postgres(_) => postgres::SIZE,
                });
                tx.query_one(sql, &[]).await?.take()
            })
        })
        .await
    }
}

/// A transaction. Its methods are for this room only: no other has SQL.
#[derive(Debug)]
pub struct Tx {
    engine: EngineTx,
    /// The first error of a statement. PostgreSQL takes nothing more then; so SQLite does not either.
    failed: Option<Error>,
}

/// The longest list of ids in one statement; a power of two.
pub(crate) const LONGEST_LIST: usize = 64;

/// A statement with a list of ids at `{ids}`, which comes after `before` other values.
pub(crate) fn with_list(sql: Sql<'_>, before: usize, length: usize) -> String {
    sql.text().replace("{ids}", &placeholders(before + 1, length))
}

#[derive(Debug)]
enum EngineTx {
    Sqlite(sqlite::SqliteTx),
    Postgres(postgres::PostgresTx),
}

impl Tx {
    fn new(engine: EngineTx) -> Self {
        Self { engine, failed: None }
    }

    fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.failed = Some(error.clone());
        }
        result
    }

    fn usable(&self) -> Result<()> {
        if self.failed.is_some() { Err(Error::Aborted) } else { Ok(()) }
    }

    /// Runs a statement; tells how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: Sql<'_>, values: &[Value]) -> Result<u64> {
        self.usable()?;
        let result = match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.execute(sql.text(), values),
            EngineTx::Postgres(tx) => tx.execute(sql.text(), values).await,
        };
        self.note(result)
    }

    /// Runs a statement; tells whether it changed any row.
    pub(crate) async fn change(&mut self, sql: Sql<'_>, values: &[Value]) -> Result<bool> {
        Ok(self.execute(sql, values).await? > 0)
    }

    /// Runs an insert that ends in `ON CONFLICT DO NOTHING`; when a row stands in its way the error names `what`, and
    /// the transaction can go on, which it could not after a failed statement.
    pub(crate) async fn insert(&mut self, sql: Sql<'_>, values: &[Value], what: &str) -> Result<()> {
        if self.change(sql, values).await? { Ok(()) } else { Err(Error::Unique(what.to_owned())) }
    }

    /// All rows of a statement.
    pub(crate) async fn query(&mut self, sql: Sql<'_>, values: &[Value]) -> Result<Vec<Row>> {
        self.usable()?;
        let result = match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.query(sql.text(), values),
            EngineTx::Postgres(tx) => tx.query(sql.text(), values).await,
        };
        self.note(result)
    }

    /// All rows of a statement, each made into something.
    pub(crate) async fn query_map<T>(
        &mut self,
        sql: Sql<'_>,
        values: &[Value],
        make: fn(&mut Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.query(sql, values).await?.iter_mut().map(make).collect()
    }

    /// All rows of a statement that has a list of ids at `{ids}`, after its other values. The list is filled up to a
    /// power of two, so that few forms of the statement are compiled.
    pub(crate) async fn query_in<I: Copy + Into<Value>>(
        &mut self,
        sql: Sql<'_>,
        values: &[Value],
        ids: &[I],
    ) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for chunk in ids.chunks(LONGEST_LIST) {
            let length = chunk.len().next_power_of_two();
            let text = with_list(sql, values.len(), length);
            let list = chunk.iter().chain(std::iter::repeat(&chunk[chunk.len() - 1])).take(length);
            let values: Vec<Value> = values.iter().cloned().chain(list.map(|id| (*id).into())).collect();
            rows.extend(self.query(Sql::built(&text), &values).await?);
        }
        Ok(rows)
    }

    /// The first row of a statement, if there is one.
    pub(crate) async fn query_opt(&mut self, sql: Sql<'_>, values: &[Value]) -> Result<Option<Row>> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// The one row of a statement that always has one.
    pub(crate) async fn query_one(&mut self, sql: Sql<'_>, values: &[Value]) -> Result<Row> {
        self.query_opt(sql, values).await?.ok_or_else(|| Error::Other(format!("no row from {}", sql.text())))
    }

    /// Runs a migration: several statements without placeholders, in which `{id}` and `{bytes}` stand for the
    /// engine's types.
    pub(crate) async fn migration(&mut self, text: &str) -> Result<()> {
        self.usable()?;
        let result = match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.migration(text),
            EngineTx::Postgres(tx) => tx.migration(text).await,
        };
        self.note(result)
    }

    /// Keeps other nodes from migrating at the same time.
    pub(crate) async fn migration_lock(&mut self) -> Result<()> {
        match &mut self.engine {
            // One process, one writer.
            EngineTx::Sqlite(_) => Ok(()),
            EngineTx::Postgres(tx) => tx.migration_lock().await,
        }
    }

    /// Compiles a statement without running it.
    #[cfg(test)]
    pub(crate) async fn prepare(&mut self, sql: Sql<'_>) -> Result<()> {
        match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.prepare(sql.text()),
            EngineTx::Postgres(tx) => tx.prepare(sql.text()).await,
        }
    }
}

#[cfg(test)]
mod tests;
