use super::*;
use crate::sample::{self, Sample, sample, write};
use crate::{Db, message, testing};

const NEWEST: MessageId = MessageId(i64::MAX);

/// Keeps messages and indexes them, each under its own tokens.
async fn keep(db: &Db, some: Sample, messages: &[&'static [u32]]) -> Vec<MessageId> {
    let messages = messages.to_vec();
    write(db, move |tx| {
        Box::pin(async move {
            let mut ids = Vec::new();
            for tokens in messages {
                let new = some.customer_writes("words");
                assert!(message::insert(tx, some.ws, &new).await?);
                let tokens = tokens.iter().copied().map(Token).collect();
                assert_eq!(put(tx, some.ws, &[Entry { message: new.id, tokens }]).await?, 1);
                ids.push(new.id);
            }
            Ok(ids)
        })
    })
    .await
}

fn sets(tokens: &[&[u32]]) -> Wanted {
    let tokens = tokens.iter().map(|set| set.iter().copied().map(Token).collect()).collect();
    Wanted { tokens, ..Wanted::default() }
}

async fn search(
    db: &Db,
    ws: WorkspaceId,
    wanted: Wanted,
    before: MessageId,
    depth: i64,
    limit: i64,
) -> Found {
    db.read(move |tx| {
        Box::pin(async move { find(tx, ws, &Visibility::everything(), &wanted, before, depth, limit).await })
    })
    .await
    .expect("a search")
}

async fn all(db: &Db, ws: WorkspaceId, wanted: Wanted) -> Vec<MessageId> {
    search(db, ws, wanted, NEWEST, 100, 50).await.messages
}

#[tokio::test]
async fn messages_are_found_by_all_their_terms_the_newest_first() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ids = keep(&db, some, &[&[1, 2], &[1, 3, u32::MAX], &[2], &[1, 2, 3]]).await;
        let ws = some.ws;
        assert_eq!(all(&db, ws, sets(&[&[1]])).await, [ids[3], ids[1], ids[0]]);
        assert_eq!(all(&db, ws, sets(&[&[1], &[2]])).await, [ids[3], ids[0]]);
        assert_eq!(all(&db, ws, sets(&[&[u32::MAX]])).await, [ids[1]]);
        assert_eq!(all(&db, ws, sets(&[&[1], &[2, u32::MAX], &[3, 9]])).await, [ids[3], ids[1]]);
        assert_eq!(all(&db, ws, sets(&[&[9]])).await, []);
        let other = sample(&db).await;
        assert_eq!(all(&db, other.ws, sets(&[&[1]])).await, [], "another workspace's");
    })
    .await;
}

#[tokio::test]
async fn a_search_goes_on_where_it_stopped() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ids = keep(&db, some, &[&[1], &[1], &[2], &[1], &[1], &[1]]).await;
        let mut seen = Vec::new();
        let mut before = NEWEST;
        for _ in 0..9 {
            let found = search(&db, some.ws, sets(&[&[1]]), before, 3, 2).await;
            seen.extend(found.messages);
            let Some(next) = found.next else { break };
            before = next;
        }
        assert_eq!(seen, [ids[5], ids[4], ids[3], ids[1], ids[0]]);
    })
    .await;
}

#[tokio::test]
async fn what_may_not_be_seen_costs_a_bounded_step() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ids = keep(&db, some, &[&[1], &[1], &[1], &[1]]).await;
        let nobody = sample(&db).await.contact;
        let wanted = Wanted { contact: Some(nobody), ..sets(&[&[1]]) };
        let first = search(&db, some.ws, wanted.clone(), NEWEST, 3, 2).await;
        assert_eq!(first, Found { messages: Vec::new(), next: Some(ids[1]) });
        let last = search(&db, some.ws, wanted, ids[1], 3, 2).await;
        assert_eq!(last, Found { messages: Vec::new(), next: None });
    })
    .await;
}

#[tokio::test]
async fn times_and_persons_narrow_a_search() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ids = keep(&db, some, &[&[1]]).await;
        // The sample's messages were written at 1,000 ms.
        for (from, until, found) in [
            (None, None, true),
            (Some(1_000), Some(1_001), true),
            (Some(1_001), None, false),
            (None, Some(1_000), false),
        ] {
            let wanted = Wanted {
                from: from.map(Millis),
                until: until.map(Millis),
                contact: Some(some.contact),
                ..sets(&[&[1]])
            };
            let expected = if found { ids.clone() } else { Vec::new() };
            assert_eq!(all(&db, some.ws, wanted).await, expected, "{from:?} {until:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_withdrawn_or_forgotten_is_not_found() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ids = keep(&db, some, &[&[1], &[1], &[1]]).await;
        let (withdrawn, forgotten) = (ids[0], ids[1]);
        write(&db, move |tx| {
            Box::pin(async move {
                message::revoke(tx, some.ws, withdrawn, Millis(9)).await?;
                assert_eq!(forget(tx, some.ws, &[forgotten]).await?, 1);
                assert_eq!(forget(tx, some.ws, &[forgotten]).await?, 0);
                Ok(())
            })
        })
        .await;
        assert_eq!(all(&db, some.ws, sets(&[&[1]])).await, [ids[2]]);
    })
    .await;
}

#[tokio::test]
async fn a_changed_message_is_found_by_what_it_says_now() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ids = keep(&db, some, &[&[1, 2], &[1]]).await;
        let changed = ids[0];
        write(&db, move |tx| {
            Box::pin(
                async move { put(tx, some.ws, &[Entry { message: changed, tokens: vec![Token(3)] }]).await },
            )
        })
        .await;
        assert_eq!(all(&db, some.ws, sets(&[&[1]])).await, [ids[1]]);
        assert_eq!(all(&db, some.ws, sets(&[&[3]])).await, [changed]);
        write(&db, move |tx| {
            Box::pin(async move { put(tx, some.ws, &[Entry { message: changed, tokens: Vec::new() }]).await })
        })
        .await;
        assert_eq!(all(&db, some.ws, sets(&[&[3]])).await, []);
    })
    .await;
}

#[tokio::test]
async fn the_index_knows_what_it_has_to_be_told() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ids = keep(&db, some, &[&[1], &[1], &[1]]).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let new = some.customer_writes("new");
                sample::keep(tx, some.ws, &new).await?;
                message::revoke(tx, some.ws, ids[1], Millis(9)).await?;
                let mut asked = ids.clone();
                asked.push(new.id);
                assert_eq!(unindexed(tx, some.ws, &asked).await?, [ids[1], new.id]);
                let before = stand(tx, some.ws, &asked, true).await?;
                let text = model::Content::Text { text: "changed".to_owned() };
                message::edit(tx, some.ws, ids[2], &text, Millis(9)).await?;
                let after = stand(tx, some.ws, &asked, true).await?;
                assert_eq!((&before[..2], &before[3..]), (&after[..2], &after[3..]));
                assert_ne!(before[2], after[2], "a changed message does not stand as before");
                assert_eq!(older(tx, some.ws, new.id, 2).await?, [ids[2], ids[1]]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn two_who_index_at_once_do_not_both_go_on() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(behind(tx).await?.contains(&(some.ws, None)));
                assert!(begin(tx, some.ws).await? && !begin(tx, some.ws).await?);
                let before = progress(tx, some.ws).await?.expect("begun");
                assert_eq!(before.older, NEWEST, "all that is there is still to come");
                let after = Progress { older: MessageId(0), ..before };
                assert!(advance(tx, some.ws, &before, &after).await?);
                assert!(!advance(tx, some.ws, &before, &after).await?);
                assert!(behind(tx).await?.iter().all(|(ws, _)| *ws != some.ws), "nothing is left to do");
                Ok(())
            })
        })
        .await;
    })
    .await;
}
