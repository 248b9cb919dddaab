//! The database: which engine, and transactions as closures.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use model::{Millis, Secret, WorkspaceId};

use super::fair::Class;
use super::tx::{EngineTx, Ring, Tx};
use super::{postgres, sqlite};
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::values::{Row, Sql};

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

impl Engine {
    /// Its name in metrics and backups.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What was committed since the database was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Transactions of callers that were kept.
    pub transactions: u64,
    /// Physical commits; fewer than transactions where SQLite groups them.
    pub commits: u64,
    /// Whether the last commit of the embedded database failed, as on a full disk.
    pub failing: bool,
}

/// How much work of one class there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// What waits for its turn.
    pub waiting: usize,
    /// What was told [`Error::Overloaded`] since the database was opened.
    pub refused: u64,
}

/// Counts commits.
#[derive(Debug, Default)]
pub(super) struct Counters {
    transactions: AtomicU64,
    commits: AtomicU64,
    failing: AtomicBool,
}

impl Counters {
    pub(super) fn committed(&self, transactions: u64) {
        self.transactions.fetch_add(transactions, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.failing.store(false, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failing.store(true, Ordering::Relaxed);
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
    keys: Ring,
}

#[derive(Clone, Debug)]
enum Kind {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Db {
    /// Opens the database. Errors: [`Error::Open`], [`Error::Locked`], [`Error::TooOldSqlite`].
    pub async fn open(settings: &Settings) -> Result<Self> {
        let (counters, keys) = (Arc::new(Counters::default()), Ring::default());
        let kind = match settings {
            Settings::Sqlite { path, readers } => {
                Kind::Sqlite(sqlite::Sqlite::open(path, *readers, Arc::clone(&counters), keys.clone()).await?)
            }
            Settings::Postgres { url, connections } => {
                Kind::Postgres(postgres::Postgres::open(url, *connections, keys.clone()).await?)
            }
        };
        Ok(Self { kind, counters, keys })
    }

    /// Gives the database its keys, once; without them nothing sealed can be read or written.
    pub fn unlock(&self, keys: Keys) {
        // A second time changes nothing.
        let _ = self.keys.set(keys);
    }

    /// The keys. Errors: [`Error::Other`] before [`Db::unlock`].
    pub fn keys(&self) -> Result<Keys> {
        let keys = self.keys.get().cloned();
        keys.ok_or_else(|| Error::Other("the database was opened without its keys".into()))
    }

    /// Opens the database to read in it beside the process that serves it: nothing is locked, made or migrated, and
    /// [`Db::write`] gives [`Error::Stopped`] on SQLite. Errors: [`Error::Open`].
    pub async fn look(settings: &Settings) -> Result<Self> {
        let keys = Ring::default();
        let kind = match settings {
            Settings::Sqlite { path, .. } => Kind::Sqlite(sqlite::Sqlite::look(path, keys.clone()).await?),
            Settings::Postgres { url, .. } => {
                Kind::Postgres(postgres::Postgres::open(url, 1, keys.clone()).await?)
            }
        };
        Ok(Self { kind, counters: Arc::new(Counters::default()), keys })
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
    ///
    /// It waits as [`Class::Change`] of no workspace; see [`Db::write_as`].
    pub async fn write<T, E, F>(&self, work: F) -> std::result::Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, std::result::Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(Class::Change, None, work).await
    }

    /// [`Db::write`] for somebody: while more waits than the database can do at once, the class decides about
    /// precedence, and workspaces of a class take turns by the time that their work takes. When too much of a
    /// class waits, whose workspace waits with most is told [`Error::Overloaded`] without delay. With
    /// [`Class::Read`] it is [`Db::read_as`].
    pub async fn write_as<T, E, F>(
        &self,
        class: Class,
        workspace: WorkspaceId,
        work: F,
    ) -> std::result::Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, std::result::Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(class, Some(workspace), work).await
    }

    /// Runs `work` on one consistent snapshot that shows everything committed before; it must not write.
    pub async fn read<T, E, F>(&self, work: F) -> std::result::Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, std::result::Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(Class::Read, None, work).await
    }

    /// [`Db::read`] for somebody; see [`Db::write_as`].
    pub async fn read_as<T, E, F>(&self, workspace: WorkspaceId, work: F) -> std::result::Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, std::result::Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.run(Class::Read, Some(workspace), work).await
    }

    async fn run<T, E, F>(
        &self,
        class: Class,
        workspace: Option<WorkspaceId>,
        work: F,
    ) -> std::result::Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, std::result::Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.run(class, workspace, work).await,
            Kind::Postgres(postgres) => {
                let done = postgres.run(class, workspace, work).await?;
                if class != Class::Read {
                    self.counters.committed(1);
                }
                Ok(done)
            }
        }
    }

    /// What waits of a class at this moment, and what was refused since the database was opened.
    pub fn load(&self, class: Class) -> Load {
        let (waiting, refused) = match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.load(class),
            Kind::Postgres(postgres) => postgres.load(class),
        };
        Load { waiting, refused }
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
            failing: self.counters.failing.load(Ordering::Relaxed),
        }
    }

    /// Whether the database holds our tables, of whatever version.
    pub async fn has_schema(&self) -> Result<bool> {
        Ok(one(self.ask(sqlite::HAS_SCHEMA, postgres::HAS_SCHEMA).await?)?.take::<i64>()? == 1)
    }

    /// The size of the database in bytes, without the write-ahead log.
    pub async fn size_bytes(&self) -> Result<i64> {
        one(self.ask(sqlite::SIZE, postgres::SIZE).await?)?.take()
    }

    /// What an operator may want to know of the engine, its settings and its soundness, by name. On SQLite it reads
    /// the whole file.
    pub async fn facts(&self) -> Result<BTreeMap<String, String>> {
        let rows = self.ask(sqlite::FACTS, postgres::FACTS).await?;
        rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
    }

    /// The last migration that was applied, and the last that this program knows.
    pub async fn migrations(&self) -> Result<(i64, i64)> {
        self.read(|tx| Box::pin(crate::migrate::state(tx))).await
    }

    /// The rows of a question that each engine is asked in its own words.
    async fn ask(&self, sqlite: &'static str, postgres: &'static str) -> Result<Vec<Row>> {
        self.read(move |tx| {
            Box::pin(async move {
                let sql = match &tx.engine {
                    EngineTx::Sqlite(_) => sqlite,
                    EngineTx::Postgres(_) => postgres,
                };
                tx.query(Sql::built(sql), &[]).await
            })
        })
        .await
    }
}

fn one(rows: Vec<Row>) -> Result<Row> {
    rows.into_iter().next().ok_or_else(|| Error::Other("a question without an answer".into()))
}
