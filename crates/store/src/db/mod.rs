//! The door to the database: one enum over the two engines, transactions as closures.

use std::path::PathBuf;

use futures_util::future::BoxFuture;
use model::{Millis, Secret};

use crate::error::{Error, Result};

/// The database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db;

/// A transaction.
#[derive(Debug)]
pub struct Tx(());

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
        /// Its address: `postgres://user:password@host:port/database?sslmode=…`.
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

impl Db {
    /// Opens the database; on SQLite the file is made when absent.
    pub async fn open(_settings: &Settings) -> Result<Self> {
        todo!()
    }

    /// Brings the schema up to date. Forward only.
    pub async fn migrate(&self, _now: Millis) -> Result<()> {
        todo!()
    }

    /// Runs `work` in a transaction that is kept when it returns `Ok`. Returns only after it is on disk.
    pub async fn write<T, E, F>(&self, _work: F) -> std::result::Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, std::result::Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        todo!()
    }

    /// Runs `work` on one consistent snapshot, beside the writers.
    pub async fn read<T, E, F>(&self, _work: F) -> std::result::Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, std::result::Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        todo!()
    }

    /// Finishes what was begun and closes the database; later calls get [`Error::Stopped`].
    pub async fn stop(&self) {
        todo!()
    }

    /// The kind of database.
    pub fn engine(&self) -> Engine {
        todo!()
    }

    /// What was committed since the database was opened.
    pub fn stats(&self) -> Stats {
        todo!()
    }

    /// The size of the database in bytes, without the write-ahead log.
    pub async fn size_bytes(&self) -> Result<i64> {
        todo!()
    }
}
