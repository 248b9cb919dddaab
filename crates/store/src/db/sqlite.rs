//! SQLite: one thread writes, several read. Everything that is SQLite's own about the door stands here.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use model::WorkspaceId;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::door::Counters;
use super::fair::Class;
use super::queue::{Job, Queue, Taken};
use super::tx::{EngineTx, Ring, Tx};
use crate::error::{Error, Result};
use crate::values::{Row, Value};

/// Older ones can corrupt a write-ahead log (<https://sqlite.org/wal.html>, "the WAL-reset bug").
const OLDEST: (i32, &str) = (3_051_003, "3.51.3");
/// How long a group of transactions may collect more before it is committed.
const GROUP_TIME: Duration = Duration::from_millis(3);
/// How many transactions a group has at most.
const GROUP_SIZE: usize = 256;
/// How long the writer rests before it moves the write-ahead log into the file.
const IDLE: Duration = Duration::from_secs(1);
/// More than all our statements with their list forms.
const STATEMENT_CACHE: usize = 512;

/// The database's size without its log.
pub(super) const SIZE: &str =
    "SELECT page_count * page_size FROM pragma_page_count() CROSS JOIN pragma_page_size()";

/// What an operator may want to know: names and values. Reads the whole file.
pub(super) const FACTS: &str = "SELECT 'version', sqlite_version()
    UNION ALL SELECT 'journal', journal_mode FROM pragma_journal_mode()
    UNION ALL SELECT * FROM (SELECT 'integrity', quick_check FROM pragma_quick_check LIMIT 1)";

/// Whether there is any table of ours.
pub(super) const HAS_SCHEMA: &str =
    "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration')";

const PRAGMAS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -8192;
";

/// The threads of one database file.
#[derive(Clone, Debug)]
pub(super) struct Sqlite(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    writes: Queue,
    reads: Queue,
    /// Those that read, and last the one that writes.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Sqlite {
    /// Locks and opens the file and starts the threads.
    pub(super) async fn open(
        path: &Path,
        readers: usize,
        counters: Arc<Counters>,
        keys: Ring,
    ) -> Result<Self> {
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || open(&path, readers.max(1), counters, &keys));
        opening.await.map_err(|error| Error::Other(format!("opening the database: {error}")))?
    }

    /// See [`super::Db::look`].
    pub(super) async fn look(path: &Path, keys: Ring) -> Result<Self> {
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || look(&path, keys));
        opening.await.map_err(|error| Error::Other(format!("opening the database: {error}")))?
    }

    /// See [`super::Db::write_as`] and [`super::Db::read_as`].
    pub(super) async fn run<T, E, F>(
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
        self.queue(class).run(class, workspace, work).await
    }

    fn queue(&self, class: Class) -> &Queue {
        if class == Class::Read { &self.0.reads } else { &self.0.writes }
    }

    /// See [`super::Db::load`].
    pub(super) fn load(&self, class: Class) -> (usize, u64) {
        self.queue(class).load(class)
    }

    /// Lets the threads finish, closes the file and gives its lock back.
    pub(super) async fn stop(&self) {
        self.0.reads.close();
        let mut threads = std::mem::take(&mut *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let writes = self.0.writes.clone();
        let joining = tokio::task::spawn_blocking(move || {
            // The last connection to be closed moves what is in the WAL into the file; of two that close at once each leaves
            // that to the other. So the writer's is closed alone.
            let writer = threads.pop();
            for thread in threads {
                // A thread that panicked has ended as well.
                let _ = thread.join();
            }
            writes.close();
            let _ = writer.map(JoinHandle::join);
        });
        let _ = joining.await;
    }
}

fn open(path: &Path, readers: usize, counters: Arc<Counters>, keys: &Ring) -> Result<Sqlite> {
    if rusqlite::version_number() < OLDEST.0 {
        return Err(Error::TooOldSqlite { found: rusqlite::version().to_owned(), wanted: OLDEST.1 });
    }
    let lock = Arc::new(lock(path)?);
    let cannot =
        |error: rusqlite::Error| Error::Open { what: path.display().to_string(), reason: error.to_string() };
    let connect = || -> rusqlite::Result<SqliteTx> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        prepared(connection)
    };
    let mut threads = Vec::new();
    let (writes, reads) = (Queue::default(), Queue::default());
    let writer = connect().map_err(cannot)?;
    let (work, held) = (writes.clone(), Arc::clone(&lock));
    let writer = Tx::new(EngineTx::Sqlite(writer), keys.clone());
    let writer = spawn("store-writer", path, move || {
        write_loop(writer, &work, &counters);
        drop(held);
    })?;
    for _ in 0..readers {
        let reader = connect().map_err(cannot)?;
        reader.connection.execute_batch("PRAGMA query_only = ON").map_err(cannot)?;
        let (work, held) = (reads.clone(), Arc::clone(&lock));
        let reader = Tx::new(EngineTx::Sqlite(reader), keys.clone());
        threads.push(spawn("store-reader", path, move || {
            read_loop(reader, &work);
            drop(held);
        })?);
    }
    threads.push(writer);
    Ok(Sqlite(Arc::new(Inner { writes, reads, threads: Mutex::new(threads) })))
}

fn look(path: &Path, keys: Ring) -> Result<Sqlite> {
    let cannot =
        |error: rusqlite::Error| Error::Open { what: path.display().to_string(), reason: error.to_string() };
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(cannot)?;
    let reader = Tx::new(EngineTx::Sqlite(prepared(connection).map_err(cannot)?), keys);
    let (writes, reads) = (Queue::default(), Queue::default());
    // Whoever writes hears that the database is closed.
    writes.close();
    let work = reads.clone();
    let thread = spawn("store-reader", path, move || read_loop(reader, &work))?;
    Ok(Sqlite(Arc::new(Inner { writes, reads, threads: Mutex::new(vec![thread]) })))
}

fn prepared(connection: Connection) -> rusqlite::Result<SqliteTx> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    // Else a plan depends on the values that are bound, and each new value compiles the statement again.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(PRAGMAS)?;
    #[cfg(feature = "failpoints")]
    if crate::fail::unsynced() {
        connection.pragma_update(None, "synchronous", "OFF")?;
    }
    Ok(SqliteTx { connection })
}

fn spawn(name: &str, path: &Path, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body).map_err(|error| Error::Open {
        what: path.display().to_string(),
        reason: format!("cannot start a thread: {error}"),
    })
}

/// Takes the lock that keeps a second process away: SQLite would let it in, but our queues would not know of each
/// other's commits. Also makes the file, readable by its owner only.
fn lock(path: &Path) -> Result<File> {
    let cannot = |what: &Path, error: std::io::Error| Error::Open {
        what: what.display().to_string(),
        reason: error.to_string(),
    };
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let file = options.open(&beside).map_err(|error| cannot(&beside, error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Error::Locked { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => return Err(cannot(&beside, error)),
    }
    options.open(path).map_err(|error| cannot(path, error))?;
    Ok(file)
}

/// Works until the queue is closed and empty.
fn write_loop(mut tx: Tx, work: &Queue, counters: &Counters) {
    let mut log_grew = false;
    loop {
        match work.take(log_grew.then_some(IDLE)) {
            Taken::Job(job) => {
                write_group(&mut tx, job, work, counters);
                log_grew = true;
            }
            Taken::Nothing => {
                crate::fail_point!("sqlite.checkpoint");
                if let Err(error) = connection(&tx).execute_batch("PRAGMA wal_checkpoint(PASSIVE)") {
                    tracing::warn!(%error, "cannot move the write-ahead log into the database file");
                }
                log_grew = false;
            }
            Taken::Closed => return,
        }
    }
}

/// Runs the first piece of work and all that waits behind it as savepoints of one transaction, commits, and only
/// then tells the waiters.
fn write_group(tx: &mut Tx, first: Job, work: &Queue, counters: &Counters) {
    let begun = Instant::now();
    if let Err(error) = run(connection(tx), "BEGIN IMMEDIATE") {
        work.charge(&first, begun.elapsed());
        return first.tell(Some(&error));
    }
    crate::fail_point!("sqlite.begun");
    let mut group = Vec::new();
    let mut kept = 0;
    let mut failure = None;
    let mut next = Some(first);
    let mut clock = begun;
    while let Some(mut job) = next {
        match write_one(tx, &mut job) {
            Ok(keep) => kept += u64::from(keep),
            Err(error) => failure = Some(error),
        }
        let now = Instant::now();
        work.charge(&job, now - clock);
        clock = now;
        group.push(job);
        let more = failure.is_none() && group.len() < GROUP_SIZE && now - begun < GROUP_TIME;
        next = if more { work.try_take() } else { None };
    }
    crate::fail_point!("sqlite.commit.before");
    let failure = failure.or_else(|| run(connection(tx), "COMMIT").err());
    crate::fail_point!("sqlite.commit.after");
    match &failure {
        None if kept > 0 => counters.committed(kept),
        None => {}
        Some(error) => {
            counters.failed();
            tracing::error!(%error, transactions = group.len(), "the database could not commit");
            if !connection(tx).is_autocommit()
                && let Err(error) = run(connection(tx), "ROLLBACK")
            {
                tracing::error!(%error, "the database could not roll back");
            }
        }
    }
    for job in group {
        job.tell(failure.as_ref());
    }
}

/// Runs one piece of work as a savepoint. An error means that the whole group is lost.
fn write_one(tx: &mut Tx, job: &mut Job) -> Result<bool> {
    run(connection(tx), "SAVEPOINT work")?;
    let keep = job.run(tx);
    if connection(tx).is_autocommit() {
        // SQLite itself gives the whole transaction up when, say, the disk is full.
        let cause = tx.failed.take();
        return Err(cause.unwrap_or_else(|| Error::Other("the transaction was given up".into())));
    }
    if !keep {
        run(connection(tx), "ROLLBACK TO work")?;
    }
    crate::fail_point!("sqlite.released");
    run(connection(tx), "RELEASE work")?;
    Ok(keep)
}

/// Works until the queue is closed and empty.
fn read_loop(mut tx: Tx, work: &Queue) {
    while let Taken::Job(mut job) = work.take(None) {
        let begun = Instant::now();
        let outcome = run(connection(&tx), "BEGIN").and_then(|()| {
            job.run(&mut tx);
            // A reader's transaction that a failure ended already needs no end.
            if connection(&tx).is_autocommit() { Ok(()) } else { run(connection(&tx), "ROLLBACK") }
        });
        work.charge(&job, begun.elapsed());
        job.tell(outcome.err().as_ref());
    }
}

fn connection(tx: &Tx) -> &Connection {
    match &tx.engine {
        EngineTx::Sqlite(tx) => &tx.connection,
        EngineTx::Postgres(_) => unreachable!("SQLite's threads hold SQLite's transactions"),
    }
}

fn run(connection: &Connection, sql: &str) -> Result<()> {
    connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute()).map_err(error)?;
    Ok(())
}

/// A connection, in a transaction while work runs.
#[derive(Debug)]
pub(super) struct SqliteTx {
    connection: Connection,
}

/// Begins a transaction of the key store.
pub(super) fn begin_keys(tx: &Tx) -> Result<()> {
    run(connection(tx), "BEGIN")
}

/// Ends a transaction of the key store.
pub(super) fn end_keys(tx: &Tx, keep: bool) -> Result<()> {
    let connection = connection(tx);
    let ended = if connection.is_autocommit() {
        Ok(())
    } else {
        run(connection, if keep { "COMMIT" } else { "ROLLBACK" })
    };
    if ended.is_err() && !connection.is_autocommit() {
        run(connection, "ROLLBACK")?;
    }
    ended
}

/// Moves the key store's log into its file and empties it.
pub(super) fn scrub_keys(tx: &Tx) -> Result<()> {
    connection(tx).execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").map_err(error)
}

impl SqliteTx {
    /// The transaction of a connection that somebody else prepared.
    pub(super) fn of(connection: Connection) -> Self {
        Self { connection }
    }

    pub(super) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64> {
        let mut statement = self.connection.prepare_cached(sql).map_err(error)?;
        bind(&mut statement, values).map_err(error)?;
        let changed = statement.raw_execute().map_err(error)?;
        Ok(changed as u64)
    }

    pub(super) fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(error)?;
        bind(&mut statement, values).map_err(error)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(error)? {
            let values: rusqlite::Result<Vec<Value>> =
                (0..columns).map(|column| row.get_ref(column).map(value)).collect();
            found.push(Row::new(values.map_err(error)?));
        }
        Ok(found)
    }

    pub(super) fn migration(&mut self, text: &str) -> Result<()> {
        let text = text.replace("{id}", "INTEGER").replace("{bytes}", "BLOB");
        self.connection.execute_batch(&text).map_err(error)
    }

    #[cfg(test)]
    pub(super) fn prepare(&mut self, sql: &str) -> Result<()> {
        self.connection.prepare(sql).map(drop).map_err(error)
    }
}

/// SQLite numbers `$2` by its first place in the text, so values are bound by name.
fn bind(statement: &mut rusqlite::CachedStatement<'_>, values: &[Value]) -> rusqlite::Result<()> {
    for index in 1..=statement.parameter_count() {
        let place =
            statement.parameter_name(index).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let value = place.and_then(|place| values.get(place.checked_sub(1)?));
        let value = value.ok_or(rusqlite::Error::InvalidParameterCount(values.len(), index))?;
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(())
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Bool(value) => ValueRef::Integer(i64::from(*value)),
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Value::Bytes(bytes::Bytes::copy_from_slice(value)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is an argument of map_err")]
pub(super) fn error(error: rusqlite::Error) -> Error {
    let rusqlite::Error::SqliteFailure(cause, text) = &error else { return Error::Other(error.to_string()) };
    match (cause.extended_code, cause.code) {
        (
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID,
            _,
        ) => {
            let text = text.as_deref().unwrap_or_default();
            Error::Unique(text.strip_prefix("UNIQUE constraint failed: ").unwrap_or(text).to_owned())
        }
        (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, _) => Error::Missing,
        (_, ErrorCode::DiskFull) => Error::Full,
        (_, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Conflict,
        (_, ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => Error::Unavailable(error.to_string()),
        (_, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt(error.to_string()),
        _ => Error::Other(error.to_string()),
    }
}
