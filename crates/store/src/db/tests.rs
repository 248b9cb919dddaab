use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use futures_util::future::join_all;
use model::{Millis, Secret, WorkspaceId};

use super::*;
use crate::sample::{id, sample, write};
use crate::values::{Sql, Value};
use crate::{Error, testing, workspace};

/// An error of the caller's own.
#[derive(Debug, PartialEq)]
enum Oops {
    Mine,
    Store(String),
}

impl From<Error> for Oops {
    fn from(error: Error) -> Self {
        Self::Store(error.to_string())
    }
}

async fn add(db: &Db, ws: WorkspaceId) -> std::result::Result<(), Oops> {
    db.write(move |tx| Box::pin(async move { Ok(workspace::insert(tx, ws, "one", Millis(1)).await?) })).await
}

async fn is_there(db: &Db, ws: WorkspaceId) -> bool {
    db.read(move |tx| Box::pin(async move { workspace::get(tx, ws).await })).await.expect("a read").is_some()
}

/// Holds SQLite's writer until the returned sender is dropped.
fn hold_writer(db: &Db) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, held) = mpsc::channel::<()>();
    let db = db.clone();
    let holding = tokio::spawn(async move {
        let holding = db.write(move |_| {
            Box::pin(async move {
                let _ = held.recv();
                Ok::<_, Error>(())
            })
        });
        // Its own outcome is that of its group.
        let _ = holding.await;
    });
    (release, holding)
}

#[tokio::test]
async fn writers_that_come_together_share_commits() {
    let test = testing::sqlite().await;
    let (release, holding) = hold_writer(&test.db);
    tokio::task::yield_now().await;
    let ids: Vec<WorkspaceId> = (0..100).map(|_| id()).collect();
    let mut writers = Vec::new();
    for ws in ids.clone() {
        let db = test.db.clone();
        writers.push(tokio::spawn(async move { add(&db, ws).await }));
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let before = test.db.stats();
    drop(release);
    holding.await.expect("the first writer ends");
    for outcome in join_all(writers).await {
        outcome.expect("a writer ends").expect("a writer's row is kept");
    }
    let after = test.db.stats();
    assert_eq!(after.transactions - before.transactions, 101);
    let commits = after.commits - before.commits;
    assert!(commits <= 20, "{commits} commits for 101 transactions");
    for ws in ids {
        assert!(is_there(&test.db, ws).await);
    }
}

/// A kill does not show whether the disk was waited for, only the settings do.
#[tokio::test]
async fn the_writer_waits_for_the_disk_and_checks_references() {
    let test = testing::sqlite().await;
    write(&test.db, |tx| {
        Box::pin(async move {
            let mode: String = tx.query_one(Sql::built("PRAGMA journal_mode"), &[]).await?.take()?;
            assert_eq!(mode, "wal");
            // 2 is FULL.
            for (pragma, wanted) in [("synchronous", 2_i64), ("foreign_keys", 1)] {
                let found: i64 = tx.query_one(Sql::built(&format!("PRAGMA {pragma}")), &[]).await?.take()?;
                assert_eq!(found, wanted, "{pragma}");
            }
            Ok(())
        })
    })
    .await;
}

#[tokio::test]
async fn a_lone_writer_is_not_kept_waiting() {
    let test = testing::sqlite().await;
    let before = test.db.stats();
    for _ in 0..20 {
        add(&test.db, id()).await.expect("a row");
    }
    assert_eq!(test.db.stats().commits - before.commits, 20);
}

#[tokio::test]
async fn who_fails_or_panics_does_not_hurt_neighbours() {
    testing::on_both(|db| async move {
        let held = (db.engine() == Engine::Sqlite).then(|| hold_writer(&db));
        tokio::task::yield_now().await;
        let ids: Vec<WorkspaceId> = (0..30).map(|_| id()).collect();
        let works = ids.iter().enumerate().map(|(place, ws)| {
            let (db, ws) = (db.clone(), *ws);
            tokio::spawn(async move {
                db.write(move |tx| {
                    Box::pin(async move {
                        workspace::insert(tx, ws, "one", Millis(1)).await?;
                        match place % 3 {
                            0 => Ok(()),
                            1 => Err(Oops::Mine),
                            _ => panic!("a bug at {place}"),
                        }
                    })
                })
                .await
            })
        });
        let works: Vec<_> = works.collect();
        tokio::task::yield_now().await;
        drop(held);
        let outcomes = join_all(works).await;
        for (place, (outcome, ws)) in outcomes.into_iter().zip(ids).enumerate() {
            let wanted = match place % 3 {
                0 => Ok(()),
                1 => Err(Oops::Mine),
                _ => Err(Oops::Store(Error::Panicked(format!("a bug at {place}")).to_string())),
            };
            assert_eq!(outcome.expect("the task ends"), wanted);
            assert_eq!(is_there(&db, ws).await, place % 3 == 0);
        }
    })
    .await;
}

#[tokio::test]
async fn a_failed_statement_cannot_be_ignored() {
    testing::on_both(|db| async move {
        let (kept, ignored) = (id(), id());
        add(&db, kept).await.expect("a row");
        let outcome = db.write(move |tx| {
            Box::pin(async move {
                workspace::insert(tx, ignored, "one", Millis(1)).await?;
                let twice = workspace::insert(tx, kept, "two", Millis(1)).await;
                assert!(matches!(twice, Err(Error::Unique(_))), "{twice:?}");
                assert!(matches!(workspace::get(tx, kept).await, Err(Error::Aborted)));
                Ok::<_, Error>(())
            })
        });
        assert!(matches!(outcome.await, Err(Error::Aborted)));
        assert!(!is_there(&db, ignored).await);
        add(&db, ignored).await.expect("the database goes on");
    })
    .await;
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_every_waiter() {
    let test = testing::sqlite().await;
    let some = sample(&test.db).await;
    let (release, holding) = hold_writer(&test.db);
    tokio::task::yield_now().await;
    let ids: Vec<WorkspaceId> = (0..5).map(|_| id()).collect();
    let mut works = Vec::new();
    for (place, ws) in ids.iter().copied().enumerate() {
        let db = test.db.clone();
        works.push(tokio::spawn(async move {
            db.write(move |tx| {
                Box::pin(async move {
                    workspace::insert(tx, ws, "one", Millis(1)).await?;
                    if place == 2 {
                        // Puts the check of references off until the commit, which then fails.
                        tx.execute(Sql::built("PRAGMA defer_foreign_keys = ON"), &[]).await?;
                        let orphan =
                            "INSERT INTO lane (inbox_id, workspace_id, lease_until, fence, claimed_at)
                            VALUES (7, $1, 0, 0, 0)";
                        tx.execute(Sql::built(orphan), &[some.ws.into()]).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await
        }));
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    drop(release);
    holding.await.expect("the first writer ends");
    for (outcome, ws) in join_all(works).await.into_iter().zip(ids) {
        let kept = outcome.expect("the task ends");
        assert_eq!(kept.is_ok(), is_there(&test.db, ws).await, "{kept:?}");
    }
    let lanes: i64 = write(&test.db, |tx| {
        Box::pin(async move { tx.query_one(Sql::built("SELECT COUNT(*) FROM lane"), &[]).await?.take() })
    })
    .await;
    assert_eq!(lanes, 1, "the orphan is not kept and the thread lives");
}

/// A full disk makes SQLite give up the whole transaction: nobody may be told that a row was kept when it was not.
#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let test = testing::sqlite().await;
    write(&test.db, |tx| {
        Box::pin(async move {
            let pages: i64 = tx.query_one(Sql::built("PRAGMA page_count"), &[]).await?.take()?;
            tx.query(Sql::built(&format!("PRAGMA max_page_count = {}", pages + 4)), &[]).await?;
            Ok(())
        })
    })
    .await;
    let mut works = Vec::new();
    for _ in 0..40 {
        let (db, ws) = (test.db.clone(), id());
        let name = "x".repeat(1000);
        works.push(tokio::spawn(async move {
            let work = db
                .write(move |tx| Box::pin(async move { workspace::insert(tx, ws, &name, Millis(1)).await }));
            (ws, work.await)
        }));
    }
    let mut full = 0;
    for outcome in join_all(works).await {
        let (ws, outcome) = outcome.expect("the task ends");
        full += usize::from(matches!(outcome, Err(Error::Full)));
        assert_eq!(outcome.is_ok(), is_there(&test.db, ws).await, "{outcome:?}");
    }
    assert!(full > 0, "the disk never got full");
}

#[tokio::test]
async fn work_that_waits_for_something_else_is_refused() {
    let test = testing::sqlite().await;
    let ws = id();
    let outcome = test.db.write(move |tx| {
        Box::pin(async move {
            workspace::insert(tx, ws, "one", Millis(1)).await?;
            tokio::task::yield_now().await;
            Ok::<_, Error>(())
        })
    });
    assert!(matches!(outcome.await, Err(Error::Waited)));
    assert!(!is_there(&test.db, ws).await);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_open_transaction() {
    let Some(test) = testing::postgres().await else { return };
    let ws = id();
    for _ in 0..20 {
        let work = test.db.write(move |tx| {
            Box::pin(async move {
                workspace::insert(tx, ws, "one", Millis(1)).await?;
                std::future::pending::<()>().await;
                Ok::<_, Error>(())
            })
        });
        assert!(tokio::time::timeout(std::time::Duration::from_millis(20), work).await.is_err());
    }
    assert!(!is_there(&test.db, ws).await);
    add(&test.db, ws).await.expect("the row's lock is free");
}

#[tokio::test]
async fn broken_connections_are_passed_over() {
    let Some(test) = testing::postgres().await else { return };
    let many = (0..8).map(|_| {
        let db = test.db.clone();
        tokio::spawn(async move { add(&db, id()).await })
    });
    join_all(many.collect::<Vec<_>>()).await;
    write(&test.db, |tx| {
        Box::pin(async move {
            let kill = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
            let killed: i64 = tx.query_one(Sql::built(kill), &[]).await?.take()?;
            assert!(killed > 0, "only one connection was open");
            Ok(())
        })
    })
    .await;
    let many = (0..8).map(|_| {
        let db = test.db.clone();
        tokio::spawn(async move { add(&db, id()).await })
    });
    for outcome in join_all(many.collect::<Vec<_>>()).await {
        outcome.expect("the task ends").expect("a good connection");
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    testing::on_both(|db| async move {
        let ws = id();
        let outcome =
            db.read(move |tx| Box::pin(async move { workspace::insert(tx, ws, "one", Millis(1)).await }));
        assert!(outcome.await.is_err());
        assert!(!is_there(&db, ws).await);
        add(&db, ws).await.expect("writers go on");
    })
    .await;
}

#[tokio::test]
async fn a_read_sees_one_snapshot() {
    testing::on_both(|db| async move {
        let (began, beginning) = tokio::sync::oneshot::channel();
        let (written, writing) = tokio::sync::oneshot::channel();
        let (early, late): (WorkspaceId, WorkspaceId) = (id(), id());
        add(&db, early).await.expect("a row");
        let engine = db.engine();
        let reader = db.clone();
        let reading = tokio::spawn(async move {
            let work = reader.read(move |tx| {
                Box::pin(async move {
                    let before = workspace::get(tx, early).await?.is_some();
                    began.send(()).expect("the test waits");
                    match engine {
                        Engine::Sqlite => writing.blocking_recv().expect("the test goes on"),
                        Engine::Postgres => writing.await.expect("the test goes on"),
                    }
                    Ok::<_, Error>((before, workspace::get(tx, late).await?.is_some()))
                })
            });
            work.await
        });
        beginning.await.expect("the reader begins");
        add(&db, late).await.expect("a row");
        written.send(()).expect("the reader waits");
        assert_eq!(reading.await.expect("the task ends").expect("a read"), (true, false));
        assert!(is_there(&db, late).await);
    })
    .await;
}

#[tokio::test]
async fn a_stopped_database_finishes_and_says_so() {
    testing::on_both(|db| async move {
        let ws = id();
        add(&db, ws).await.expect("a row");
        db.stop().await;
        let outcome = db.write(|_| Box::pin(async { Ok::<_, Error>(()) })).await;
        assert!(matches!(outcome, Err(Error::Stopped)), "{outcome:?}");
        let outcome = db.read(|_| Box::pin(async { Ok::<_, Error>(()) })).await;
        assert!(matches!(outcome, Err(Error::Stopped)), "{outcome:?}");
        db.stop().await;
    })
    .await;
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    testing::on_both(|db| async move {
        let bytes: Vec<u8> = (0..=255).collect();
        let texts = ["", "plain", "Grüße 你好 🧑‍🤝‍🧑", "a'b\"c\\d $1 ?", "line\nline\r\n"];
        for (boolean, integer, real) in [(true, i64::MAX, -0.5), (false, i64::MIN, f64::MAX), (true, 0, 1e-300)] {
            for text in texts {
                let bytes = bytes.clone();
                write(&db, move |tx| {
                    Box::pin(async move {
                        let sql = "SELECT CAST($5 AS TEXT), CAST($4 AS DOUBLE PRECISION), CAST($3 AS BIGINT), CAST($2 AS BOOLEAN),
                            CAST($1 AS BIGINT)";
                        let values: &[Value] =
                            &[Value::Null, boolean.into(), integer.into(), real.into(), text.into()];
                        let mut row = tx.query_one(Sql::built(sql), values).await?;
                        assert_eq!(row.take::<String>()?, text);
                        assert_eq!(row.take::<f64>()?.to_bits(), real.to_bits());
                        assert_eq!(row.take::<i64>()?, integer);
                        assert_eq!(row.take::<bool>()?, boolean);
                        assert_eq!(row.take::<Option<i64>>()?, None);
                        let sql = "INSERT INTO setup_token (hash, created_at) VALUES ($1, 1) RETURNING hash";
                        let mut row = tx.query_one(Sql::built(sql), &[(&bytes).into()]).await?;
                        assert_eq!(row.take::<Vec<u8>>()?, bytes);
                        tx.execute(Sql::built("DELETE FROM setup_token"), &[]).await?;
                        Ok(())
                    })
                })
                .await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn text_with_nul_is_kept_with_a_replacement() {
    testing::on_both(|db| async move {
        let ws = id();
        let got = write(&db, move |tx| {
            Box::pin(async move {
                workspace::insert(tx, ws, "a\0b", Millis(1)).await?;
                workspace::get(tx, ws).await
            })
        });
        assert_eq!(got.await.expect("the workspace").name, "a\u{fffd}b");
    })
    .await;
}

#[tokio::test]
async fn a_file_has_one_process() {
    let test = testing::sqlite().await;
    let error = Db::open(&test.settings).await.expect_err("the file is in use");
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    assert!(error.to_string().contains("is in use by another process"), "{error}");
    test.db.stop().await;
    let again = Db::open(&test.settings).await.expect("the lock was given back");
    again.migrate(Millis(2)).await.expect("nothing to migrate");
    again.stop().await;
}

#[tokio::test]
async fn what_cannot_be_opened_is_named() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is no database, it is a letter to a friend".repeat(50)).expect("a file");
    let absent = folder.path().join("absent/bellhop.db");
    for path in [text, absent] {
        let settings = Settings::Sqlite { path: path.clone(), readers: 1 };
        let error = Db::open(&settings).await.expect_err("it is no database");
        assert!(matches!(error, Error::Open { .. }), "{error:?}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    let url = Secret::new("postgres://me:hunter2@127.0.0.1:1/db?sslmode=disable".to_owned());
    let error = Db::open(&Settings::Postgres { url, connections: 1 }).await.expect_err("nobody listens");
    let text = error.to_string();
    assert!(text.contains("127.0.0.1:1/db") && !text.contains("hunter2"), "{text}");
}

/// The environment variable that makes [`child_that_is_killed`] work on a database.
const CHILD: &str = "BELLHOP_TEST_CHILD_DATABASE";

/// Not a test of its own: run by [`what_was_acknowledged_survives_a_kill`] in a process of its own.
#[test]
#[ignore = "run in a child process by another test"]
fn child_that_is_killed() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let db = Db::open(&Settings::Sqlite { path: path.into(), readers: 1 }).await.expect("the database");
        db.migrate(Millis(1)).await.expect("the schema");
        let writers = (0..16_i64).map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for round in 0.. {
                    let ws = WorkspaceId(writer * 1_000_000 + round);
                    add(&db, ws).await.expect("a row");
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "kept {}", ws.0).and_then(|()| out.flush()).expect("the parent listens");
                }
            })
        });
        join_all(writers.collect::<Vec<_>>()).await;
    });
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("bellhop.db");
    let mut acknowledged = BTreeSet::new();
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().expect("this test's program"))
            .args(["--exact", "db::tests::child_that_is_killed", "--ignored", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child process");
        let out = BufReader::new(child.stdout.take().expect("the child's output"));
        let kept = out.lines().map_while(std::result::Result::ok);
        let kept = kept.filter_map(|line| line.split("kept ").nth(1)?.parse::<i64>().ok());
        let mut kept = kept.filter(|ws| ws % 1_000_000 >= 0);
        acknowledged.extend(kept.by_ref().take(300 * round));
        child.kill().expect("the child can be killed");
        acknowledged.extend(kept);
        child.wait().expect("the child ends");
        let db = Db::open(&Settings::Sqlite { path: path.clone(), readers: 1 }).await.expect("the database");
        for ws in &acknowledged {
            assert!(is_there(&db, WorkspaceId(*ws)).await, "row {ws} was acknowledged and is gone");
        }
        // The next child counts from 0 again.
        write(&db, |tx| {
            Box::pin(async move { tx.execute(Sql::built("DELETE FROM workspace"), &[]).await.map(drop) })
        })
        .await;
        assert!(acknowledged.len() >= 300 * round);
        acknowledged.clear();
        db.stop().await;
    }
}
