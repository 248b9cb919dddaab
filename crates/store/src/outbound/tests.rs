use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;

use super::*;
use crate::sample::{Sample, customer, id, sample, write};
use crate::{Db, Error, message, testing};

fn sending(some: &Sample) -> NewOutbound {
    NewOutbound {
        kind: OutboundKind::Message,
        intent: r#"{"text":"hi"}"#.into(),
        next_at: Millis(10),
        created_at: Millis(10),
        ..some.sends()
    }
}

async fn queue(db: &Db, some: &Sample, count: usize) -> Vec<OutboundId> {
    let some = *some;
    write(db, move |tx| {
        Box::pin(async move {
            let mut ids = Vec::new();
            for _ in 0..count {
                let new = sending(&some);
                insert(tx, some.ws, &new).await?;
                ids.push(new.id);
            }
            Ok(ids)
        })
    })
    .await
}

/// Claims as the holder of the inbox' lane whose fence is 7.
async fn lease(db: &Db, some: &Sample, now: i64) -> Vec<Sending> {
    let (ws, inbox) = (some.ws, some.inbox);
    write(db, move |tx| Box::pin(claim(tx, ws, inbox, 7, Millis(now), 10))).await
}

#[tokio::test]
async fn a_conversation_is_sent_in_order_one_at_a_time() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let all = queue(&db, &some, 3).await;
        let first = lease(&db, &some, 20).await;
        assert_eq!(first.iter().map(|one| one.id).collect::<Vec<_>>(), all[..1]);
        assert_eq!(first[0].intent, r#"{"text":"hi"}"#);
        assert!(lease(&db, &some, 20).await.is_empty(), "the second waits for the first");
        let (one, fence) = (all[0], first[0].fence);
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(advance(tx, ws, one, fence, r#"{"uploaded":1}"#).await?);
                assert!(retry(tx, ws, one, fence, Millis(300), true, Some(r#"{"uploaded":1}"#)).await?);
                assert!(!sent(tx, ws, one, fence).await?, "it was given back");
                assert_eq!(next_ready(tx).await?, Some(Millis(300)));
                Ok(())
            })
        })
        .await;
        assert!(lease(&db, &some, 299).await.is_empty(), "the first waits, and so the others");
        let again = lease(&db, &some, 300).await.pop().expect("the first is ready");
        assert_eq!((again.id, again.attempts), (one, 1));
        assert_eq!(again.send_state.as_deref(), Some(r#"{"uploaded":1}"#));
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(!sent(tx, ws, one, fence - 1).await?, "a stale fence");
                assert!(retry(tx, ws, one, again.fence, Millis(300), false, None).await?);
                Ok(())
            })
        })
        .await;
        let again = lease(&db, &some, 300).await.pop().expect("the first is ready");
        assert_eq!((again.attempts, &again.send_state), (1, &None), "not counted, and from the beginning");
        assert!(write(&db, move |tx| Box::pin(sent(tx, ws, one, again.fence))).await);
        let second = lease(&db, &some, 300).await.pop().expect("the second's turn");
        assert_eq!(second.id, all[1]);
        assert!(write(&db, move |tx| Box::pin(failed(tx, ws, second.id, second.fence))).await);
        assert_eq!(lease(&db, &some, 300).await[0].id, all[2]);
    })
    .await;
}

#[tokio::test]
async fn what_is_uncertain_stays_but_stands_in_nobodys_way() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let all = queue(&db, &some, 2).await;
        let first = lease(&db, &some, 20).await.pop().expect("the first");
        assert!(write(&db, move |tx| Box::pin(uncertain(tx, ws, first.id, first.fence))).await);
        assert_eq!(lease(&db, &some, 20).await.pop().expect("the second").id, all[1]);
        let kept = write(&db, move |tx| Box::pin(get(tx, ws, first.id))).await.expect("the row stays");
        assert_eq!((kept.id, kept.inbox_id, kept.kind), (all[0], some.inbox, OutboundKind::Message));
        assert!(lease(&db, &some, 99_999).await.is_empty(), "it is never sent again by itself");
    })
    .await;
}

#[tokio::test]
async fn a_vanished_senders_work_is_taken_over_once() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let (ws, inbox) = (some.ws, some.inbox);
        queue(&db, &some, 1).await;
        let old = lease(&db, &some, 20).await.pop().expect("the first");
        let over = |fence: i64| write(&db, move |tx| Box::pin(orphans(tx, ws, inbox, fence)));
        assert!(over(7).await.is_empty(), "its own");
        let new = over(8).await.pop().expect("the last holder's");
        assert!(over(8).await.is_empty(), "taken over already");
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(!sent(tx, ws, old.id, old.fence).await?, "under way under another fence");
                assert!(!uncertain(tx, ws, old.id, old.fence).await?);
                assert!(!advance(tx, ws, old.id, old.fence, "{}").await?);
                assert!(!retry(tx, ws, old.id, old.fence, Millis(1), false, None).await?);
                assert!(uncertain(tx, ws, new.id, new.fence).await?);
                assert!(sent(tx, ws, old.id, old.fence).await?, "the answer came after all");
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_message_has_one_sending() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let outcome = write(&db, move |tx| {
            Box::pin(async move {
                let message = some.agent_writes("hello");
                message::insert(tx, ws, &message).await?;
                let new = NewOutbound { message_id: Some(message.id), ..sending(&some) };
                insert(tx, ws, &new).await?;
                let twice = insert(tx, ws, &NewOutbound { id: id(), ..new.clone() }).await;
                let found = by_message(tx, ws, message.id).await?.expect("the sending");
                assert_eq!(found.id, new.id);
                assert!(delete_by_message(tx, ws, message.id).await?);
                assert!(by_message(tx, ws, message.id).await?.is_none());
                Ok(twice)
            })
        });
        assert!(matches!(outcome.await, Err(Error::Unique(_))));
    })
    .await;
}

#[tokio::test]
async fn many_senders_keep_each_conversations_order() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let mut all = BTreeMap::new();
        for place in 0..6 {
            let some = write(&db, move |tx| {
                Box::pin(async move {
                    let (contact, identity, conversation) =
                        customer(tx, some.ws, some.inbox, &format!("customer {place}")).await?;
                    Ok(Sample { contact, identity, conversation, ..some })
                })
            })
            .await;
            all.insert(some.conversation, queue(&db, &some, 5).await);
        }
        let order = Arc::new(Mutex::new(BTreeMap::<ConversationId, Vec<OutboundId>>::new()));
        let senders = (0..10).map(|_| {
            let (db, order) = (db.clone(), Arc::clone(&order));
            tokio::spawn(async move {
                let mut idle = 0;
                while idle < 20 {
                    let claimed =
                        write(&db, move |tx| Box::pin(claim(tx, some.ws, some.inbox, 7, Millis(20), 3)))
                            .await;
                    idle = if claimed.is_empty() { idle + 1 } else { 0 };
                    for one in claimed {
                        order.lock().unwrap().entry(one.conversation_id).or_default().push(one.id);
                        let (ws, id, fence) = (one.workspace, one.id, one.fence);
                        assert!(
                            write(&db, move |tx| Box::pin(sent(tx, ws, id, fence))).await,
                            "two hold {id}"
                        );
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            })
        });
        for sender in join_all(senders.collect::<Vec<_>>()).await {
            sender.expect("a sender ends well");
        }
        assert_eq!(*order.lock().unwrap(), all);
    })
    .await;
}

#[tokio::test]
async fn what_another_transaction_holds_is_not_waited_for() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let other = write(&db, move |tx| {
            Box::pin(async move {
                let (contact, identity, conversation) =
                    customer(tx, some.ws, some.inbox, "another customer").await?;
                Ok(Sample { contact, identity, conversation, ..some })
            })
        })
        .await;
        let mut all = Vec::new();
        for some in [some, other] {
            queue_message(&db, &some).await;
            all.extend(lease(&db, &some, 20).await);
        }
        let ids: HashSet<OutboundId> = all.iter().map(|one| one.id).collect();
        assert_eq!(ids.len(), 2);
        let all = Arc::new(all);
        let free = || {
            let all = all.clone();
            write(&db, move |tx| {
                Box::pin(async move { hold_free(tx, some.ws, &all.iter().collect::<Vec<_>>()).await })
            })
        };
        assert_eq!(free().await, ids);
        if db.engine() == Engine::Sqlite {
            return;
        }
        let theirs =
            all.iter().find(|one| one.conversation_id == other.conversation).expect("theirs").clone();
        // By its conversation, as a message of the customer would; by its message, as a report would.
        for by_message in [false, true] {
            let (held, is_held) = tokio::sync::oneshot::channel();
            let (end, ends) = tokio::sync::oneshot::channel::<()>();
            let (holder, message) = (db.clone(), theirs.message_id.expect("a message"));
            let holds = tokio::spawn(async move {
                write(&holder, move |tx| {
                    Box::pin(async move {
                        if by_message {
                            assert!(message::set_provider_id(tx, some.ws, message, "wamid.1").await?);
                        } else {
                            let (conversation, at) = (other.conversation, Millis(99));
                            assert!(crate::conversation::heard(tx, some.ws, conversation, at).await?);
                        }
                        held.send(()).expect("somebody waits");
                        ends.await.expect("somebody tells");
                        Ok(())
                    })
                })
                .await;
            });
            is_held.await.expect("held");
            let free_now = free().await;
            assert!(!free_now.contains(&theirs.id) && free_now.len() == 1, "by message: {by_message}");
            end.send(()).expect("somebody waits");
            holds.await.expect("ends");
        }
        assert_eq!(free().await, ids);
    })
    .await;
}

/// A message of the business with its sending.
async fn queue_message(db: &Db, some: &Sample) {
    let some = *some;
    write(db, move |tx| {
        Box::pin(async move {
            let message = some.agent_writes("hello");
            message::insert(tx, some.ws, &message).await?;
            insert(tx, some.ws, &NewOutbound { message_id: Some(message.id), ..sending(&some) }).await
        })
    })
    .await;
}
