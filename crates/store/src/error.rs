//! What can go wrong with the store.

use std::path::PathBuf;

/// What a store function returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the store did not do what was asked. It is cloned to every waiter of a commit that failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A row with the same unique value stands already; names the constraint or its columns.
    #[error("{0} is taken already")]
    Unique(String),
    /// A row refers to one that does not exist, or that another workspace owns.
    #[error("a row refers to another that this workspace does not have")]
    Missing,
    /// Two transactions got into each other's way; the same again may succeed.
    #[error("two transactions got into each other's way")]
    Conflict,
    /// No connection to the database became free; later again.
    #[error("the database is busy: no connection for {seconds} s")]
    Busy {
        /// For how long we waited.
        seconds: u64,
    },
    /// So much work of its kind waits already that this was not even queued, or lost its place to somebody who
    /// asked for less; later again.
    #[error("the database is busy: no place in its queue")]
    Overloaded,
    /// The database cannot be reached at the moment; later again.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The disk is full.
    #[error("the database's disk is full")]
    Full,
    /// A statement of the transaction failed, so nothing of it was kept.
    #[error("the transaction was rolled back because one of its statements had failed")]
    Aborted,
    /// The work inside a transaction panicked; nothing of it was kept.
    #[error("the work inside a transaction panicked: {0}")]
    Panicked(String),
    /// The work inside a transaction waited for something other than the database.
    #[error("the work inside a transaction waited for something other than the database")]
    Waited,
    /// [`crate::Db::stop`] was called.
    #[error("the database was closed")]
    Stopped,
    /// A list's cursor is not one that we gave out.
    #[error("the cursor is not one that this list gave out")]
    BadCursor,
    /// The database was used by a newer version of this program.
    #[error(
        "the database is at migration {found}, this program knows only up to {known}: use a newer program"
    )]
    NewerDatabase {
        /// The database's last migration.
        found: i64,
        /// Our last migration.
        known: i64,
    },
    /// A migration was applied to the database in a different form.
    #[error("migration {id} ({name}) was applied to the database in a different form than this program has")]
    ChangedMigration {
        /// Its number.
        id: i64,
        /// Its name.
        name: String,
    },
    /// The SQLite library is too old.
    #[error(
        "SQLite {found} is too old: at least {wanted} is needed (older ones can corrupt the write-ahead log)"
    )]
    TooOldSqlite {
        /// The library's version.
        found: String,
        /// The oldest that we take.
        wanted: &'static str,
    },
    /// Another process uses the file.
    #[error("the database {} is in use by another process (it holds the lock on {}.lock)", path.display(), path.display())]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// The database could not be opened.
    #[error("cannot open the database {what}: {reason}")]
    Open {
        /// The file, or the server's address without its password.
        what: String,
        /// What the system said.
        reason: String,
    },
    /// A stored value is not what it should be.
    #[error("the database holds something unreadable: {0}")]
    Corrupt(String),
    /// The keys cannot be used: the root key is absent or another one.
    #[error("cannot use the keys: {0}")]
    Keys(String),
    /// Anything else that the database said.
    #[error("the database said: {0}")]
    Other(String),
}

impl Error {
    /// Whether the same again may succeed a little later.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Conflict | Self::Busy { .. } | Self::Overloaded | Self::Unavailable(_) | Self::Full
        )
    }
}
