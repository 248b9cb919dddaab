//! A transaction on either engine.

use std::sync::{Arc, OnceLock};

use super::door::Engine;
use super::{postgres, sqlite};
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::values::{Row, Sql, Value, placeholders};

/// A transaction. Its methods are for this room only: no other has SQL.
#[derive(Debug)]
pub struct Tx {
    pub(super) engine: EngineTx,
    /// The first error of a statement. PostgreSQL takes nothing more then; so SQLite does not either.
    pub(super) failed: Option<Error>,
    keys: Ring,
}

/// Where a database's transactions find its keys, once they are there.
pub(super) type Ring = Arc<OnceLock<Keys>>;

/// The longest list of ids in one statement; a power of two.
pub(crate) const LONGEST_LIST: usize = 64;

/// A statement with a list of ids at `{ids}`, which comes after `before` other values.
pub(crate) fn with_list(sql: Sql<'_>, before: usize, length: usize) -> String {
    sql.text().replace("{ids}", &placeholders(before + 1, length))
}

/// The statements and values that a list of ids needs, `values` before the ids of each.
fn lists<I: Copy + Into<Value>>(
    sql: Sql<'_>,
    values: &[Value],
    ids: &[I],
) -> impl Iterator<Item = (String, Vec<Value>)> {
    ids.chunks(LONGEST_LIST).map(move |chunk| {
        let length = chunk.len().next_power_of_two();
        let list = chunk.iter().chain(std::iter::repeat(&chunk[chunk.len() - 1])).take(length);
        let text = with_list(sql, values.len(), length);
        (text, values.iter().cloned().chain(list.map(|id| (*id).into())).collect())
    })
}

/// The engine's part of a transaction.
#[derive(Debug)]
pub(super) enum EngineTx {
    Sqlite(sqlite::SqliteTx),
    Postgres(postgres::PostgresTx),
}

impl Tx {
    pub(super) fn new(engine: EngineTx, keys: Ring) -> Self {
        Self { engine, failed: None, keys }
    }

    /// The keys. Errors: [`Error::Other`] in a database that was opened without.
    pub(crate) fn keys(&self) -> Result<Keys> {
        let keys = self.keys.get().cloned();
        keys.ok_or_else(|| Error::Other("the database was opened without its keys".into()))
    }

    /// Which engine it runs on; only [`crate::search`] may care.
    pub(crate) fn engine(&self) -> Engine {
        match &self.engine {
            EngineTx::Sqlite(_) => Engine::Sqlite,
            EngineTx::Postgres(_) => Engine::Postgres,
        }
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

    /// All rows of a statement, with the keys of their sealed values at hand.
    pub(crate) async fn query(&mut self, sql: Sql<'_>, values: &[Value]) -> Result<Vec<Row>> {
        self.usable()?;
        let result = match &mut self.engine {
            EngineTx::Sqlite(tx) => tx.query(sql.text(), values),
            EngineTx::Postgres(tx) => tx.query(sql.text(), values).await,
        };
        let mut rows = self.note(result)?;
        if let Some(keys) = self.keys.get() {
            keys.unlock(&mut rows).await?;
        }
        Ok(rows)
    }

    /// All rows of a statement, each made into something.
    pub(crate) async fn query_map<T>(
        &mut self,
        sql: Sql<'_>,
        values: &[Value],
        make: impl FnMut(&mut Row) -> Result<T>,
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
        for (text, values) in lists(sql, values, ids) {
            rows.extend(self.query(Sql::built(&text), &values).await?);
        }
        Ok(rows)
    }

    /// Runs a statement that has a list of ids at `{ids}` as [`Tx::query_in`] does; tells how many rows it changed.
    pub(crate) async fn execute_in<I: Copy + Into<Value>>(
        &mut self,
        sql: Sql<'_>,
        values: &[Value],
        ids: &[I],
    ) -> Result<u64> {
        let mut changed = 0;
        for (text, values) in lists(sql, values, ids) {
            changed += self.execute(Sql::built(&text), &values).await?;
        }
        Ok(changed)
    }

    /// Runs a statement once for each set of values, on PostgreSQL without waiting for one before the next is sent;
    /// tells of each how many rows it changed.
    pub(crate) async fn execute_each(&mut self, sql: Sql<'_>, sets: &[Vec<Value>]) -> Result<Vec<u64>> {
        self.usable()?;
        let result = match &mut self.engine {
            EngineTx::Sqlite(tx) => sets.iter().map(|values| tx.execute(sql.text(), values)).collect(),
            EngineTx::Postgres(tx) => tx.execute_each(sql.text(), sets).await,
        };
        self.note(result)
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
