//! Fresh databases for tests, on both engines.

use std::future::Future;

use crate::Db;

/// A fresh database with the whole schema; it goes away with this value.
#[derive(Debug)]
pub struct TestDb {
    /// `sqlite` or `postgres`.
    pub name: &'static str,
    /// The database.
    pub db: Db,
}

/// A fresh SQLite file and, when `BELLHOP_TEST_POSTGRES` holds a server's address, a fresh PostgreSQL database.
/// Without the variable PostgreSQL is skipped loudly; with `CI=true` that is a failure.
pub async fn databases() -> Vec<TestDb> {
    todo!()
}

/// Runs a test on every engine, each time on a fresh database.
pub async fn on_both<F, Fut>(_test: F)
where
    F: Fn(Db) -> Fut,
    Fut: Future<Output = ()>,
{
    todo!()
}
