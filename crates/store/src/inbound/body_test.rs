//! How a body is kept: packed, sealed, and shown as it came.

use super::tests::{delivery, lease, portion, take};
use super::*;
use crate::lane::weight;
use crate::sample::{sample, write};
use crate::values::Sql;
use crate::{Error, testing};

/// A delivery as a provider sends it, of a message that says so.
fn enveloped(inbox: InboxId, said: &str) -> NewDelivery {
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"2"}},"contacts":[{{"profile":{{"name":"Kofi"}},"wa_id":"15550002222"}}],"messages":[{{"from":"15550002222","id":"wamid.3","timestamp":"1780000000","text":{{"body":"{said}"}},"type":"text"}}]}},"field":"messages"}}]}}]}}"#
    );
    NewDelivery { dedupe: said.as_bytes().to_vec(), ..delivery(inbox, &body) }
}

#[tokio::test]
async fn a_body_is_kept_packed_and_shown_as_it_came() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let (ws, inbox) = (some.ws, some.inbox);
        let new = enveloped(inbox, "Is it on its way?");
        let (id, whole) = (new.id, new.body.to_vec());
        let length = whole.len() as i64;
        assert!(take(&db, ws, new).await);
        let kept = write(&db, move |tx| Box::pin(async move { kept_length(tx, ws, id).await })).await;
        assert!(kept * 2 < length, "{kept} of {length}");
        let claim = lease(&db, 20).await.expect("the delivery waits");
        assert_eq!(claim.items[0].body, whole);
        write(&db, move |tx| {
            Box::pin(async move {
                assert!(park(tx, ws, inbox, claim.fence, id, Millis(30), "no").await?);
                assert_eq!(parked(tx, ws, None, 10).await?.items[0].size, length);
                let (shown, body) = parked_body(tx, ws, id).await?.expect("parked");
                assert_eq!((shown.size, &body), (length, &whole));
                let nothing: &[u8] = &[];
                tx.execute(
                    Sql::built("UPDATE inbound SET body = $2, size = NULL WHERE id = $1"),
                    values![id, nothing],
                )
                .await?;
                assert_eq!(parked(tx, ws, None, 10).await?.items[0].size, 0, "emptied");
                Ok(())
            })
        })
        .await;
    })
    .await;
}

async fn kept_length(tx: &mut Tx, ws: WorkspaceId, id: InboundId) -> Result<i64> {
    let length = "SELECT LENGTH(body) FROM inbound WHERE workspace_id = $1 AND id = $2";
    tx.query_one(Sql::built(length), values![ws, id]).await?.take()
}

#[tokio::test]
async fn a_turn_counts_what_came_and_not_what_is_kept() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        for said in ["one", "two", "three"] {
            assert!(take(&db, some.ws, enveloped(some.inbox, said)).await);
        }
        let weight = weight(enveloped(some.inbox, "one").body.len() as i64);
        let claim = portion(&db, 20, Millis(99), weight + 1).await.expect("deliveries wait");
        assert_eq!(claim.items.len(), 2);
        let claim = portion(&db, 20 + 100, Millis(999), 1).await;
        assert!(claim.is_none(), "the lane is suspected");
    })
    .await;
}

#[tokio::test]
async fn a_body_that_says_of_itself_what_is_not_so_is_refused() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let (ws, inbox) = (some.ws, some.inbox);
        let (packed, plain) = (enveloped(inbox, "hello"), delivery(inbox, "short"));
        let (length, ids) = (packed.body.len() as i64, (packed.id, plain.id));
        assert!(take(&db, ws, packed).await && take(&db, ws, plain).await);
        for (id, size) in [
            (ids.0, None),
            (ids.0, Some(length + 1)),
            (ids.0, Some(length - 1)),
            (ids.0, Some(i64::MAX)),
            (ids.0, Some(-1)),
            (ids.1, Some(5)),
        ] {
            let outcome = db.write(move |tx| {
                Box::pin(async move {
                    tx.execute(Sql::built("UPDATE inbound SET size = $2 WHERE id = $1"), values![id, size])
                        .await?;
                    body(tx, ws, id).await
                })
            });
            let outcome: Result<_> = outcome.await;
            assert!(matches!(outcome, Err(Error::Corrupt(_))), "{size:?}: {outcome:?}");
        }
    })
    .await;
}
