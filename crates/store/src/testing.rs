//! Fresh databases for tests, on both engines.

use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;

use model::{ConversationId, MessageId, Millis, Secret, WorkspaceId};
use tempfile::TempDir;
use vault::Roots;

use crate::keys::{Keys, RootSource};
use crate::values::{statements, values};
use crate::{Db, KeySettings, Settings, Tx};

statements! {
    BODIES = "SELECT id, body, size FROM inbound WHERE workspace_id = $1 ORDER BY id";
    LOSE = "DELETE FROM message WHERE workspace_id = $1 AND id = $2";
    MISFILE = "UPDATE message SET conversation_id = $3 WHERE workspace_id = $1 AND id = $2";
    SET_BACK = "UPDATE message SET status = 'accepted' WHERE workspace_id = $1 AND id = $2 AND status IS NOT NULL";
}

/// The variable with the address of a PostgreSQL server where tests may make databases.
const SERVER: &str = "BELLHOP_TEST_POSTGRES";

/// A fresh database with the whole schema; it goes away with this value.
#[derive(Debug)]
pub struct TestDb {
    /// `sqlite` or `postgres`.
    pub name: &'static str,
    /// The database.
    pub db: Db,
    /// How to open it once more.
    pub settings: Settings,
    _place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(#[expect(dead_code, reason = "held for its end, which removes the folder")] TempDir),
    Database { server: String, name: String },
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Database { server, name } = self {
            let (server, sql) = (server.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            // A destructor cannot wait, so another thread does.
            let dropping = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime for dropping a test database").block_on(admin(&server, &sql));
            });
            let _ = dropping.join();
        }
    }
}

/// A fresh SQLite file and, when `BELLHOP_TEST_POSTGRES` holds a server's address, a fresh PostgreSQL database.
/// Without the variable PostgreSQL is skipped loudly; with `CI=true` that is a failure.
pub async fn databases() -> Vec<TestDb> {
    let mut databases = vec![sqlite().await];
    databases.extend(postgres().await);
    databases
}

/// A fresh SQLite file.
pub async fn sqlite() -> TestDb {
    // In memory where the system has such a folder: nothing here must survive a power cut.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    let folder = folder.expect("a folder for a test database");
    let settings = Settings::Sqlite { path: folder.path().join("bellhop.db"), readers: 2 };
    finish("sqlite", settings, Place::Folder(folder)).await
}

/// A fresh PostgreSQL database; see [`databases`] about the server.
pub async fn postgres() -> Option<TestDb> {
    let (settings, place) = new_postgres().await?;
    Some(finish("postgres", settings, place).await)
}

/// A PostgreSQL database with nothing in it, and what removes it when dropped; see [`databases`] about the server.
pub async fn empty_postgres() -> Option<(Settings, impl Send)> {
    new_postgres().await
}

async fn new_postgres() -> Option<(Settings, Place)> {
    let Ok(server) = std::env::var(SERVER) else {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!ci, "{SERVER} is not set: no test on PostgreSQL");
        note(&format!("SKIPPED on PostgreSQL: {SERVER} is not set"));
        return None;
    };
    let (base, query) = server.split_once('?').unwrap_or((&server, ""));
    let (base, _) = base.rsplit_once('/').expect("an address that ends in a database's name");
    let name = format!("bellhop_test_{}", unique(&server).await);
    // Empty ones are made from template1; the schema takes less time than a lock on a shared template would.
    admin(&server, &format!("CREATE DATABASE {name} STRATEGY wal_log")).await;
    let url = Secret::new(format!("{base}/{name}?{query}"));
    Some((Settings::Postgres { url, connections: 8 }, Place::Database { server, name }))
}

/// Runs a test on every engine, each time on a fresh database.
pub async fn on_both<F, Fut>(test: F)
where
    F: Fn(Db) -> Fut,
    Fut: Future<Output = ()>,
{
    for database in databases().await {
        note(&format!("on {}", database.name));
        test(database.db.clone()).await;
        database.db.stop().await;
    }
}

/// Leaves a database as a later version of this program would.
pub async fn pretend_newer(db: &Db) {
    let pretended: crate::Result<()> =
        db.write(|tx| Box::pin(async { crate::migrate::pretend_newer(tx).await })).await;
    pretended.expect("the record of migrations takes one more");
}

/// The bodies of every delivery that a workspace has kept, the oldest first.
pub async fn bodies(tx: &mut Tx, ws: WorkspaceId) -> crate::Result<Vec<Vec<u8>>> {
    tx.query_map(BODIES, values![ws], |row| {
        let id = row.take()?;
        Ok(crate::inbound::open_body(row, ws, id)?.plain().unwrap_or_default())
    })
    .await
}

/// Takes a message away behind everybody's back.
pub async fn lose(tx: &mut Tx, ws: WorkspaceId, message: MessageId) -> crate::Result<bool> {
    tx.change(LOSE, values![ws, message]).await
}

/// Moves a message to another conversation behind everybody's back.
pub async fn misfile(
    tx: &mut Tx,
    ws: WorkspaceId,
    message: MessageId,
    conversation: ConversationId,
) -> crate::Result<bool> {
    tx.change(MISFILE, values![ws, message, conversation]).await
}

/// Forgets how far a message got behind everybody's back.
pub async fn set_back(tx: &mut Tx, ws: WorkspaceId, message: MessageId) -> crate::Result<bool> {
    tx.change(SET_BACK, values![ws, message]).await
}

/// From now on, or until it is asked for with `false`, no lane can be given back. SQLite's alone.
pub async fn stick_lanes(tx: &mut Tx, stuck: bool) -> crate::Result<()> {
    let text = match stuck {
        true => {
            "CREATE TRIGGER stuck BEFORE UPDATE ON lane WHEN NEW.lease_until = 0
            BEGIN SELECT RAISE(ABORT, 'no lane is given back'); END"
        }
        false => "DROP TRIGGER stuck",
    };
    tx.migration(text).await
}

/// Where the keys of a test database are.
pub fn key_settings(settings: &Settings) -> KeySettings {
    match settings {
        Settings::Sqlite { path, .. } => KeySettings::Sqlite { path: path.with_extension("keys.db") },
        Settings::Postgres { url, .. } => KeySettings::Postgres { url: url.clone(), connections: 2 },
    }
}

/// The root key of all test databases.
pub const ROOT: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// The keys of a test database, under a root key that is the same in all tests.
pub async fn keys(settings: &Settings) -> Keys {
    let source: RootSource = Arc::new(|| Roots::parse(ROOT).map_err(|error| error.to_string()));
    let keys = Keys::open(&key_settings(settings), source, Arc::new(Guesses), Millis(0)).await;
    keys.expect("the keys of a test database open")
}

/// Randomness that is good enough for tests: the standard library's seeds.
struct Guesses;

impl model::Entropy for Guesses {
    fn fill(&self, buffer: &mut [u8]) {
        for part in buffer.chunks_mut(8) {
            let seed = std::hash::RandomState::new().build_hasher().finish();
            part.copy_from_slice(&seed.to_le_bytes()[..part.len()]);
        }
    }
}

async fn finish(name: &'static str, settings: Settings, place: Place) -> TestDb {
    let db = Db::open(&settings).await.expect("a test database opens");
    db.migrate(Millis(0)).await.expect("a test database takes the schema");
    db.unlock(keys(&settings).await);
    TestDb { name, db, settings, _place: place }
}

#[expect(clippy::print_stderr, reason = "a skipped engine must be seen in the test's output")]
fn note(text: &str) {
    eprintln!("{text}");
}

async fn connect(server: &str) -> tokio_postgres::Client {
    let connecting = tokio_postgres::connect(server, tokio_postgres::NoTls).await;
    let (client, connection) = connecting.expect("the server that BELLHOP_TEST_POSTGRES names answers");
    tokio::spawn(connection);
    client
}

async fn admin(server: &str, sql: &str) {
    connect(server).await.batch_execute(sql).await.expect("the test server does what it is told");
}

async fn unique(server: &str) -> String {
    let row = connect(server).await.query_one("SELECT replace(gen_random_uuid()::text, '-', '')", &[]).await;
    row.expect("the test server answers").get(0)
}
