//! The door to the key store: a small database apart from the data. It is asked from within the data's transactions,
//! so on SQLite it answers on the spot and not from threads of its own.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use model::Secret;
use rusqlite::Connection;

use super::fair::Class;
use super::postgres::Postgres;
use super::queue::drive;
use super::sqlite;
use super::tx::{EngineTx, Tx};
use crate::error::{Error, Result};

/// Where the keys are.
#[derive(Clone, Debug)]
pub enum KeySettings {
    /// A file of its own.
    Sqlite {
        /// The file; made when absent.
        path: PathBuf,
    },
    /// A PostgreSQL server: the schema `bellhop_keys` of a database, which may be the data's or another.
    Postgres {
        /// Its address, as in [`super::Settings::Postgres`].
        url: Secret<String>,
        /// How many connections to hold at most; at least 1.
        connections: usize,
    },
}

/// The schema of the key store on PostgreSQL; copies of the data leave it out.
pub const KEY_SCHEMA: &str = "bellhop_keys";

/// An open key store.
#[derive(Clone, Debug)]
pub(crate) struct KeyDoor(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Sqlite(Arc<Mutex<Tx>>),
    Postgres(Postgres),
}

const PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
";

impl KeyDoor {
    /// Opens the key store. Errors: [`Error::Open`].
    pub(crate) async fn open(settings: &KeySettings) -> Result<Self> {
        match settings {
            KeySettings::Sqlite { path } => {
                let cannot = |reason: String| Error::Open { what: path.display().to_string(), reason };
                private(path).map_err(|error| cannot(error.to_string()))?;
                let connection = Connection::open(path).map_err(|error| cannot(error.to_string()))?;
                let prepared = connection
                    .busy_timeout(Duration::from_secs(10))
                    .and_then(|()| connection.execute_batch(PRAGMAS));
                prepared.map_err(|error| cannot(error.to_string()))?;
                let tx = Tx::new(EngineTx::Sqlite(sqlite::SqliteTx::of(connection)), Arc::default());
                Ok(Self(Kind::Sqlite(Arc::new(Mutex::new(tx)))))
            }
            KeySettings::Postgres { url, connections } => {
                let opened = Postgres::open_schema(url, *connections, KEY_SCHEMA).await?;
                Ok(Self(Kind::Postgres(opened)))
            }
        }
    }

    /// Whether a PostgreSQL database has our schema.
    pub(crate) async fn stands(settings: &KeySettings) -> Result<bool> {
        let KeySettings::Postgres { url, .. } = settings else { return Ok(false) };
        Postgres::has_schema(url, KEY_SCHEMA).await
    }

    /// Runs `work` in a transaction that is kept, and on disk, when it returns `Ok`.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send,
        T: Send,
    {
        match &self.0 {
            Kind::Sqlite(tx) => {
                let mut tx = tx.lock().unwrap_or_else(PoisonError::into_inner);
                tx.failed = None;
                sqlite::begin_keys(&tx)?;
                let outcome = drive(work(&mut tx));
                let kept = outcome.is_ok() && tx.failed.is_none();
                let ended = sqlite::end_keys(&tx, kept);
                let done = outcome?;
                ended?;
                if kept { Ok(done) } else { Err(Error::Aborted) }
            }
            Kind::Postgres(postgres) => postgres.run(Class::Change, None, work).await,
        }
    }

    /// Leaves nothing of what was deleted in the log beside the file. On PostgreSQL the server's own cleaning does it.
    pub(crate) fn scrub(&self) -> Result<()> {
        match &self.0 {
            Kind::Sqlite(tx) => sqlite::scrub_keys(&tx.lock().unwrap_or_else(PoisonError::into_inner)),
            Kind::Postgres(_) => Ok(()),
        }
    }
}

/// Makes the file readable by its owner only, before anything stands in it.
fn private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
