//! A copy of a SQLite database that is in use, and whether a file is a sound database.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::sqlite;
use crate::error::{Error, Result};

/// How long to wait for somebody who holds the whole file, which happens when the database is opened or closed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Copies the database at `from` into the new file `to`, while another process may serve it: the copy holds
/// everything that was committed before, and nothing halfway. It is on disk when this returns.
///
/// SQLite reads all pages within one reading transaction, which holds up no writer; the write-ahead log cannot be
/// emptied meanwhile. Errors: [`Error::Open`], [`Error::Full`] and whatever SQLite says.
pub async fn copy(from: &Path, to: &Path) -> Result<()> {
    let (from, to) = (from.to_owned(), to.to_owned());
    blocking(move || {
        let source = open(&from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut target = open(&to, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        let backup = Backup::new(&source, &mut target).map_err(sqlite::error)?;
        // In one step: between steps the source would be free to change, and the copy would begin anew.
        match backup.step(-1).map_err(sqlite::error)? {
            StepResult::Done => {}
            other => return Err(Error::Other(format!("the copy stopped in the middle: {other:?}"))),
        }
        drop(backup);
        // One file, without a log beside it.
        target.pragma_update(None, "journal_mode", "DELETE").map_err(sqlite::error)?;
        target.close().map_err(|(_, error)| sqlite::error(error))?;
        File::open(&to)
            .and_then(|file| file.sync_all())
            .map_err(|error| Error::Open { what: to.display().to_string(), reason: error.to_string() })
    })
    .await
}

/// Looks through a whole database file that nobody uses: its pages, indexes, and references between rows. Takes as
/// long as reading the file. Errors: [`Error::Corrupt`] with what was found first.
pub async fn verify(path: &Path) -> Result<()> {
    let path = path.to_owned();
    blocking(move || {
        let database = open(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let first = |sql: &str| -> Result<Option<String>> {
            let mut statement = database.prepare(sql).map_err(sqlite::error)?;
            let mut rows = statement.query([]).map_err(sqlite::error)?;
            let row = rows.next().map_err(sqlite::error)?;
            row.map(|row| row.get(0)).transpose().map_err(sqlite::error)
        };
        match first("PRAGMA integrity_check(1)")?.as_deref() {
            Some("ok") => {}
            said => return Err(Error::Corrupt(said.unwrap_or("it cannot be checked").to_owned())),
        }
        match first("PRAGMA foreign_key_check")? {
            None => Ok(()),
            Some(table) => Err(Error::Corrupt(format!("a row of {table} refers to one that is not there"))),
        }
    })
    .await
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let opened = Connection::open_with_flags(path, flags);
    let opened = opened.and_then(|connection| connection.busy_timeout(PATIENCE).map(|()| connection));
    opened.map_err(|error| Error::Open { what: path.display().to_string(), reason: error.to_string() })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Other(format!("a thread ended early: {error}")))?
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

    use model::{Millis, WorkspaceId};

    use super::*;
    use crate::{Db, Settings, testing, workspace};

    async fn add(db: &Db, id: i64) {
        let added: Result<()> = db
            .write(move |tx| {
                Box::pin(async move { workspace::insert(tx, WorkspaceId(id), "one", Millis(1)).await })
            })
            .await;
        added.expect("a row is kept");
    }

    async fn count(db: &Db) -> i64 {
        let heads: Result<Vec<_>> = db.read(|tx| Box::pin(crate::event::heads(tx))).await;
        heads.expect("a read").len() as i64
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_copy_holds_all_that_was_committed_and_nothing_halfway() {
        let test = testing::sqlite().await;
        let Settings::Sqlite { path, .. } = &test.settings else { panic!("SQLite") };
        let (kept, stop) = (AtomicI64::new(0), AtomicBool::new(false));
        let writing = async {
            for id in 1.. {
                add(&test.db, id).await;
                kept.store(id, Ordering::SeqCst);
                if stop.load(Ordering::SeqCst) {
                    return;
                }
            }
        };
        let copying = async {
            for round in 0..5 {
                while kept.load(Ordering::SeqCst) < round * 20 {
                    tokio::task::yield_now().await;
                }
                let before = kept.load(Ordering::SeqCst);
                let to = path.with_extension(format!("copy{round}"));
                copy(path, &to).await.expect("copied");
                verify(&to).await.expect("sound");
                assert!(!to.with_extension(format!("copy{round}-wal")).exists());
                let look = Db::look(&Settings::Sqlite { path: to, readers: 1 }).await.expect("it opens");
                assert!(look.has_schema().await.expect("a read"));
                assert!(count(&look).await >= before);
                let refused: Result<()> = look.write(|_| Box::pin(async { Ok(()) })).await;
                assert!(matches!(refused, Err(Error::Stopped)), "{refused:?}");
                look.stop().await;
            }
            stop.store(true, Ordering::SeqCst);
        };
        tokio::join!(writing, copying);
    }

    #[tokio::test]
    async fn what_is_damaged_or_refers_to_nothing_is_found() {
        let test = testing::sqlite().await;
        let Settings::Sqlite { path, .. } = &test.settings else { panic!("SQLite") };
        for id in 1..200 {
            add(&test.db, id).await;
        }
        let (torn, dangling) = (path.with_extension("torn"), path.with_extension("dangling"));
        copy(path, &torn).await.expect("copied");
        copy(path, &dangling).await.expect("copied");
        let mut bytes = std::fs::read(&torn).expect("read");
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0x5a);
        std::fs::write(&torn, bytes).expect("written");
        assert!(verify(&torn).await.is_err());
        let database = open(&dangling, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("opened");
        let orphan = "PRAGMA foreign_keys = OFF; INSERT INTO label (id, workspace_id, name, name_key, color, created_at)
            VALUES (1, 4711, 'x', 'x', 'x', 1)";
        database.execute_batch(orphan).expect("inserted");
        drop(database);
        let found = verify(&dangling).await;
        assert!(matches!(&found, Err(Error::Corrupt(said)) if said.contains("label")), "{found:?}");
    }
}
