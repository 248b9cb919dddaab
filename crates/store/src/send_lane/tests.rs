use super::*;
use crate::outbound::{self, NewOutbound};
use crate::sample::{Sample, sample, write};
use crate::{Db, testing};

async fn queue(db: &Db, some: &Sample, next_at: i64) {
    let some = *some;
    let new = NewOutbound { next_at: Millis(next_at), ..some.sends() };
    write(db, move |tx| Box::pin(async move { outbound::insert(tx, some.ws, &new).await })).await;
}

async fn seen(db: &Db, now: i64) -> Vec<Waiting> {
    write(db, move |tx| Box::pin(waiting(tx, Millis(now)))).await
}

async fn try_take(db: &Db, one: Waiting, until: i64) -> Option<Taken> {
    write(db, move |tx| {
        Box::pin(async move { take(tx, one.workspace, one.inbox, &one, Millis(until)).await })
    })
    .await
}

#[tokio::test]
async fn one_holder_at_a_time() {
    testing::on_both(|db| async move {
        let (some, other) = (sample(&db).await, sample(&db).await);
        let (ws, inbox) = (some.ws, some.inbox);
        assert!(seen(&db, 10).await.is_empty());
        queue(&db, &some, 10).await;
        queue(&db, &other, 50).await;
        let free = seen(&db, 10).await;
        assert_eq!(
            free.iter().map(|one| one.inbox).collect::<Vec<_>>(),
            [inbox],
            "the other's time has not come"
        );
        assert!(free[0].is_free(Millis(10)));
        let first = try_take(&db, free[0], 100).await.expect("free");
        assert_eq!((first.quiet, first.silent_until), (true, Millis(0)));
        assert!(try_take(&db, free[0], 100).await.is_none(), "another node was faster");
        let held = seen(&db, 50).await;
        assert_eq!(held.len(), 2);
        let held = held.into_iter().find(|one| one.inbox == inbox).expect("it still waits");
        assert!(!held.is_free(Millis(99)) && held.is_free(Millis(100)));
        let second = write(&db, move |tx| {
            Box::pin(async move {
                assert!(lapsed(tx, Millis(99)).await?.is_empty());
                assert!(hold(tx, ws, inbox, first.fence, Millis(200)).await?);
                assert!(lapsed(tx, Millis(100)).await?.is_empty(), "it was prolonged");
                silence(tx, ws, inbox, Millis(900)).await?;
                silence(tx, ws, inbox, Millis(400)).await?;
                let vanished = lapsed(tx, Millis(200)).await?;
                assert_eq!(vanished.len(), 1);
                take(tx, ws, inbox, &vanished[0], Millis(300)).await
            })
        })
        .await
        .expect("its holder vanished");
        assert!(second.fence > first.fence && !second.quiet);
        assert_eq!(second.silent_until, Millis(900), "what the provider asked for is known to the next");
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(!hold(tx, ws, inbox, first.fence, Millis(900)).await?, "a stale fence");
                assert!(!release(tx, ws, inbox, first.fence, true).await?, "a stale fence");
                release(tx, ws, inbox, second.fence, true).await
            })
        })
        .await;
        let free = seen(&db, 10).await[0];
        assert!(free.is_free(Millis(10)));
        assert!(try_take(&db, free, 100).await.expect("given back").quiet);
        assert_eq!(write(&db, |tx| Box::pin(vacate(tx))).await, 1);
        let free = seen(&db, 10).await[0];
        assert!(!try_take(&db, free, 100).await.expect("its holder is gone").quiet);
    })
    .await;
}

#[tokio::test]
async fn a_holder_that_called_just_now_says_so() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        queue(&db, &some, 10).await;
        let free = seen(&db, 10).await[0];
        let taken = try_take(&db, free, 100).await.expect("free");
        let (ws, inbox) = (some.ws, some.inbox);
        assert!(write(&db, move |tx| Box::pin(release(tx, ws, inbox, taken.fence, false))).await);
        let free = seen(&db, 10).await[0];
        assert!(free.is_free(Millis(10)));
        assert!(!try_take(&db, free, 100).await.expect("given back").quiet);
    })
    .await;
}
