use futures_util::future::join_all;
use model::Millis;

use super::*;
use crate::sample::{sample, write};
use crate::testing;

fn change(subject: i64) -> NewChange {
    NewChange::of(EventKind::Label, subject)
}

#[tokio::test]
async fn numbers_have_no_gap_and_no_order_but_that_of_commits() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let watcher = {
            let db = db.clone();
            tokio::spawn(async move {
                // Whoever reads while others write sees each number at once with all before it.
                let mut last = 0;
                while last < 100 {
                    let new = db.read(move |tx| Box::pin(since(tx, ws, last, 1000))).await.expect("a read");
                    for change in new {
                        assert_eq!(change.seq, last + 1, "a gap");
                        last = change.seq;
                    }
                    tokio::task::yield_now().await;
                }
            })
        };
        let writers = (0..80_i64).map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                db.write(move |tx| {
                    Box::pin(async move {
                        let changes = vec![change(writer); (writer % 4) as usize];
                        let last = append(tx, ws, &changes, Millis(5)).await?;
                        if writer % 5 == 0 {
                            return Err(Error::Conflict);
                        }
                        Ok(last)
                    })
                })
                .await
            })
        });
        let outcomes = join_all(writers.collect::<Vec<_>>()).await;
        let failed = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Err(_)))).count();
        assert_eq!(failed, 16);
        // 80 writers with 0, 1, 2, 3 changes in turn, less those that failed, and enough to reach 100.
        let kept: i64 = (0..80).filter(|writer| writer % 5 != 0).map(|writer| writer % 4).sum();
        let head_then = write(&db, move |tx| Box::pin(head(tx, ws))).await;
        assert_eq!(head_then, kept);
        let rest = vec![change(1); (110 - kept) as usize];
        write(&db, move |tx| Box::pin(async move { append(tx, ws, &rest, Millis(9)).await })).await;
        watcher.await.expect("the watcher saw all");
        write(&db, move |tx| {
            Box::pin(async move {
                assert_eq!(since(tx, ws, 3, 2).await?.iter().map(|one| one.seq).collect::<Vec<_>>(), [4, 5]);
                assert_eq!(heads(tx).await?, [(ws, 110)]);
                assert_eq!(prune(tx, Millis(9)).await? as i64, kept);
                assert_eq!(since(tx, ws, 0, 1).await?[0].seq, kept + 1);
                assert_eq!(head(tx, ws).await?, 110);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_has_no_gap_whatever_the_clocks_said() {
    testing::on_both(|db| async move {
        let (one, other, idle) = (sample(&db).await.ws, sample(&db).await.ws, sample(&db).await.ws);
        write(&db, move |tx| {
            Box::pin(async move {
                for (ws, times) in [(one, &[3, 5, 9, 4, 9][..]), (other, &[3, 4]), (idle, &[9])] {
                    for at in times {
                        append(tx, ws, &[change(1)], Millis(*at)).await?;
                    }
                }
                assert_eq!(prune(tx, Millis(3)).await?, 0);
                assert_eq!(prune(tx, Millis(8)).await?, 4);
                let seqs = |changes: Vec<Change>| changes.iter().map(|one| one.seq).collect::<Vec<_>>();
                assert_eq!(seqs(since(tx, one, 0, 9).await?), [3, 4, 5], "the fourth is old and stays");
                assert_eq!((seqs(since(tx, other, 0, 9).await?), head(tx, other).await?), (vec![], 2));
                assert_eq!(seqs(since(tx, idle, 0, 9).await?), [1]);
                assert_eq!(prune(tx, Millis(8)).await?, 0);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_change_comes_back_whole() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let new = [
            NewChange::message(model::MessageId(7), some.conversation),
            NewChange::deleted(EventKind::QuickReply, 8),
        ];
        let (last, read) = write(&db, move |tx| {
            Box::pin(async move { Ok((append(tx, ws, &new, Millis(5)).await?, since(tx, ws, 0, 10).await?)) })
        })
        .await;
        assert_eq!(last, 2);
        let message = Change {
            seq: 1,
            kind: EventKind::Message,
            subject: 7,
            conversation: Some(some.conversation.0),
            deleted: false,
            was: Was::default(),
        };
        let reply = Change {
            seq: 2,
            kind: EventKind::QuickReply,
            subject: 8,
            conversation: None,
            deleted: true,
            was: Was::default(),
        };
        assert_eq!(read, [message, reply]);
    })
    .await;
}
