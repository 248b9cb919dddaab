//! PostgreSQL: a pool of connections. Everything that is PostgreSQL's own about the door stands here.

use std::error::Error as StdError;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use model::{Secret, WorkspaceId};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::fair::Class;
use super::gate::Gate;
use super::queue::panic_text;
use super::tls;
use super::tx::{EngineTx, Ring, Tx};
use crate::error::{Error, Result};
use crate::values::{Row, Value};

/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// "bellhop" in ASCII: the advisory lock of migrations.
const MIGRATION_LOCK: i64 = 0x62_65_6c_6c_68_6f_70;

/// How a transaction that writes begins.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
/// How one that reads begins.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// The database's size.
pub(super) const SIZE: &str = "SELECT pg_database_size(current_database())";
/// What an operator may want to know: names and values.
pub(super) const FACTS: &str = "SELECT name, setting FROM pg_settings WHERE name IN ('server_version',
        'server_version_num', 'synchronous_commit', 'fsync', 'full_page_writes', 'max_connections', 'server_encoding')
    UNION ALL SELECT 'connections', COUNT(*)::TEXT FROM pg_stat_activity WHERE backend_type = 'client backend'
    UNION ALL SELECT 'now', (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT::TEXT";

/// Whether there is any table of ours.
pub(super) const HAS_SCHEMA: &str = "SELECT COUNT(to_regclass('migration'))";

/// A pool of connections to one database, and the way to them.
#[derive(Clone, Debug)]
pub(super) struct Postgres {
    pool: Pool,
    gate: Gate,
    keys: Ring,
}

impl Postgres {
    /// Makes the pool and tries one connection.
    pub(super) async fn open(url: &Secret<String>, connections: usize, keys: Ring) -> Result<Self> {
        Self::connect(url, connections, keys, None).await
    }

    /// The same for the tables of one schema, which is made when absent.
    pub(super) async fn open_schema(
        url: &Secret<String>,
        connections: usize,
        schema: &'static str,
    ) -> Result<Self> {
        let this = Self::connect(url, connections, Ring::default(), Some(schema)).await?;
        let client = this.pool.get().await.map_err(|error| Error::Unavailable(reason(&error)))?;
        client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await.map_err(error)?;
        drop(client);
        Ok(this)
    }

    /// Whether the database has a schema.
    pub(super) async fn has_schema(url: &Secret<String>, schema: &'static str) -> Result<bool> {
        let this = Self::connect(url, 1, Ring::default(), None).await?;
        let client = this.pool.get().await.map_err(|error| Error::Unavailable(reason(&error)))?;
        let row = client.query_one("SELECT COUNT(to_regnamespace($1))", &[&schema]).await.map_err(error)?;
        Ok(row.get::<_, i64>(0) > 0)
    }

    async fn connect(
        url: &Secret<String>,
        connections: usize,
        keys: Ring,
        schema: Option<&'static str>,
    ) -> Result<Self> {
        let (config, tls) = tls::settings(url)?;
        let what = server(&config);
        let cannot = |reason: String| Error::Open { what: what.clone(), reason };
        let manager =
            Manager::from_config(config, tls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = Pool::builder(manager)
            .max_size(connections.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            // A node that stands still in a transaction holds up its workspace: not for longer than others may die waiting
            // for it, or what they wait with would be taken for what kills them.
            .post_create(Hook::async_fn(move |client, _| {
                Box::pin(async move {
                    let mut set = "SET idle_in_transaction_session_timeout = '10s'".to_owned();
                    if let Some(schema) = schema {
                        set.push_str(&format!("; SET search_path = {schema}"));
                    }
                    client.batch_execute(&set).await.map_err(HookError::Backend)
                })
            }))
            .build()
            .map_err(|error| cannot(error.to_string()))?;
        drop(pool.get().await.map_err(|error| cannot(reason(&error)))?);
        Ok(Self { pool, gate: Gate::new(connections.max(1)), keys })
    }

    /// See [`super::Db::write_as`] and [`super::Db::read_as`].
    pub(super) async fn run<T, E, F>(
        &self,
        class: Class,
        workspace: Option<WorkspaceId>,
        work: F,
    ) -> std::result::Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, std::result::Result<T, E>>,
        E: From<Error>,
    {
        let _pass = self.gate.enter(class, workspace, PATIENCE).await?;
        let begin = if class == Class::Read { READ } else { WRITE };
        let mut tx = Tx::new(EngineTx::Postgres(self.begin(begin).await?), self.keys.clone());
        let outcome = AssertUnwindSafe(async { work(&mut tx).await }).catch_unwind().await;
        let Tx { engine: EngineTx::Postgres(postgres), failed, .. } = tx else {
            unreachable!("a PostgreSQL transaction stays one")
        };
        match outcome {
            Ok(Ok(done)) if failed.is_none() => {
                crate::fail_point!("postgres.commit.before");
                postgres.end("COMMIT").await?;
                crate::fail_point!("postgres.commit.after");
                Ok(done)
            }
            Ok(outcome) => {
                // A connection that cannot even roll back is closed, which rolls back as well.
                let _ = postgres.end("ROLLBACK").await;
                outcome.and(Err(Error::Aborted.into()))
            }
            Err(panic) => {
                let _ = postgres.end("ROLLBACK").await;
                Err(Error::Panicked(panic_text(&*panic)).into())
            }
        }
    }

    /// Begins a transaction. Connections that broke while they rested are passed over, each of them once.
    async fn begin(&self, begin: &str) -> Result<PostgresTx> {
        let mut tries = self.pool.status().max_size;
        loop {
            let client = self.pool.get().await.map_err(|error| match error {
                PoolError::Timeout(TimeoutType::Wait) => Error::Busy { seconds: PATIENCE.as_secs() },
                PoolError::Closed => Error::Stopped,
                other => Error::Unavailable(reason(&other)),
            })?;
            let tx = PostgresTx(Some(client));
            match tx.batch(begin).await {
                Ok(()) => return Ok(tx),
                Err(Error::Unavailable(_)) if tries > 0 => tries -= 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// See [`super::Db::load`].
    pub(super) fn load(&self, class: Class) -> (usize, u64) {
        self.gate.load(class)
    }

    /// Closes the pool.
    pub(super) fn stop(&self) {
        self.gate.close();
        self.pool.close();
    }
}

/// A connection in a transaction. One that is dropped before its end, because its caller went away, is closed and
/// not given back: the transaction is still open on it.
#[derive(Debug)]
pub(super) struct PostgresTx(Option<Object>);

impl Drop for PostgresTx {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            let _closed_when_dropped = Object::take(client);
        }
    }
}

impl PostgresTx {
    fn client(&self) -> Result<&Object> {
        self.0.as_ref().ok_or(Error::Aborted)
    }

    async fn batch(&self, sql: &str) -> Result<()> {
        self.client()?.batch_execute(sql).await.map_err(error)
    }

    async fn end(mut self, sql: &str) -> Result<()> {
        self.batch(sql).await?;
        drop(self.0.take());
        Ok(())
    }

    pub(super) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64> {
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await.map_err(error)?;
        client.execute_raw(&statement, values).await.map_err(error)
    }

    pub(super) async fn execute_each(&mut self, sql: &str, sets: &[Vec<Value>]) -> Result<Vec<u64>> {
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await.map_err(error)?;
        let all = sets.iter().map(|values| client.execute_raw(&statement, values));
        futures_util::future::try_join_all(all).await.map_err(error)
    }

    pub(super) async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await.map_err(error)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let rows = client.query(&statement, &values).await.map_err(error)?;
        rows.iter()
            .map(|row| {
                (0..row.len()).map(|column| row.try_get(column)).collect::<std::result::Result<_, _>>()
            })
            .map(|row| row.map(Row::new).map_err(error))
            .collect()
    }

    pub(super) async fn migration(&mut self, text: &str) -> Result<()> {
        self.batch(&text.replace("{id}", "BIGINT").replace("{bytes}", "BYTEA")).await
    }

    pub(super) async fn migration_lock(&mut self) -> Result<()> {
        self.batch(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await
    }

    #[cfg(test)]
    pub(super) async fn prepare(&mut self, sql: &str) -> Result<()> {
        self.client()?.prepare(sql).await.map(drop).map_err(error)
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Bool(value) => value.to_sql_checked(ty, out),
            Self::Integer(value) if *ty == Type::INT4 => i32::try_from(*value)?.to_sql_checked(ty, out),
            Self::Integer(value) => value.to_sql_checked(ty, out),
            Self::Real(value) => value.to_sql_checked(ty, out),
            Self::Text(value) => value.to_sql_checked(ty, out),
            Self::Bytes(value) => value.as_ref().to_sql_checked(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // The kind of the value decides, not its Rust type.
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(match *ty {
            Type::BOOL => Self::Bool(bool::from_sql(ty, raw)?),
            Type::INT8 => Self::Integer(i64::from_sql(ty, raw)?),
            Type::INT4 => Self::Integer(i32::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Self::Real(f64::from_sql(ty, raw)?),
            Type::BYTEA => Self::Bytes(bytes::Bytes::copy_from_slice(raw)),
            _ => Self::Text(String::from_sql(ty, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BOOL | Type::INT8 | Type::INT4 | Type::FLOAT8 | Type::BYTEA)
            || <String as FromSql<'_>>::accepts(ty)
    }
}

/// Where the database is, without user and password.
fn server(config: &tokio_postgres::Config) -> String {
    use tokio_postgres::config::Host;
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{host}:{port}/{}", config.get_dbname().unwrap_or_default())
}

/// Why there is no connection, without the pool's own words about it.
fn reason(error: &PoolError) -> String {
    match error {
        PoolError::Backend(error) => chain(error),
        PoolError::Timeout(_) => format!("no answer in {} s", PATIENCE.as_secs()),
        other => chain(other),
    }
}

/// An error with its causes: tokio-postgres says the interesting part in the cause.
pub(super) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

#[expect(clippy::needless_pass_by_value, reason = "it is an argument of map_err")]
fn error(error: tokio_postgres::Error) -> Error {
    let Some(cause) = error.as_db_error() else {
        let gone =
            error.is_closed() || StdError::source(&error).is_some_and(|cause| cause.is::<std::io::Error>());
        return if gone { Error::Unavailable(chain(&error)) } else { Error::Other(chain(&error)) };
    };
    let class = cause.code().code().get(..2).unwrap_or_default();
    match cause.code() {
        &SqlState::UNIQUE_VIOLATION => {
            Error::Unique(cause.constraint().unwrap_or_else(|| cause.message()).to_owned())
        }
        &SqlState::FOREIGN_KEY_VIOLATION => Error::Missing,
        &SqlState::T_R_SERIALIZATION_FAILURE
        | &SqlState::T_R_DEADLOCK_DETECTED
        | &SqlState::LOCK_NOT_AVAILABLE => Error::Conflict,
        &SqlState::DISK_FULL => Error::Full,
        // Connection trouble, lack of resources, an operator's hand.
        _ if matches!(class, "08" | "53" | "57") => Error::Unavailable(cause.to_string()),
        _ => Error::Other(cause.to_string()),
    }
}
