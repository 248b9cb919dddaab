use super::*;
use crate::sample::id;
use crate::{Db, testing, workspace};

async fn run_on(db: &Db, list: &'static [(i64, &'static str, &'static str)]) -> Result<()> {
    db.write(move |tx| Box::pin(run_list(tx, Millis(5), list))).await
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    testing::on_both(|db| async move {
        let ws = id();
        db.write(move |tx| Box::pin(workspace::insert(tx, ws, "kept", Millis(1)))).await.expect("a row");
        db.migrate(Millis(9)).await.expect("nothing to do");
        let found = db.read(move |tx| Box::pin(workspace::get(tx, ws))).await.expect("a read");
        assert_eq!(found.map(|row| row.name), Some("kept".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn migrations_are_applied_forward_and_a_strange_database_is_refused() {
    testing::on_both(|db| async move {
        const START: (i64, &str, &str) = MIGRATIONS[0];
        const NEXT: (i64, &str, &str) =
            (1001, "next", "CREATE TABLE next (id {id} PRIMARY KEY, data {bytes})");
        run_on(&db, &[START, NEXT]).await.expect("one more");
        run_on(&db, &[START, NEXT]).await.expect("nothing to do");
        let newer = db.migrate(Millis(6)).await.expect_err("an older program");
        let last = MIGRATIONS.last().map_or(0, |(id, ..)| *id);
        assert!(matches!(newer, Error::NewerDatabase { found: 1001, known } if known == last), "{newer:?}");
        let changed = run_on(&db, &[START, (1001, "next", "CREATE TABLE other (id {id} PRIMARY KEY)")]).await;
        assert!(matches!(changed, Err(Error::ChangedMigration { id: 1001, .. })), "{changed:?}");
        let broken =
            run_on(&db, &[START, NEXT, (1002, "broken", "CREATE TABLE half (id {id}); SELEKT 1")]).await;
        assert!(broken.is_err());
        run_on(&db, &[START, NEXT, (1002, "mended", "CREATE TABLE half (id {id})")])
            .await
            .expect("nothing of the broken one was kept");
    })
    .await;
}

#[tokio::test]
async fn nodes_that_start_together_migrate_once() {
    let Some(test) = testing::postgres().await else { return };
    let wipe = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
    test.db
        .write(move |tx| Box::pin(async move { tx.migration(wipe).await }))
        .await
        .expect("an empty database");
    let nodes = (0..6).map(|_| {
        let settings = test.settings.clone();
        tokio::spawn(async move { Db::open(&settings).await?.migrate(Millis(1)).await })
    });
    for node in futures_util::future::join_all(nodes.collect::<Vec<_>>()).await {
        node.expect("the task ends").expect("a node starts");
    }
}

#[test]
fn the_list_ascends_from_one() {
    let ids: Vec<i64> = MIGRATIONS.iter().map(|(id, ..)| *id).collect();
    // A number may be left out: several are written at the same time.
    assert_eq!(ids.first(), Some(&1));
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
}
