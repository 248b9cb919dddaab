//! The ledger counts and its chain holds.

use super::*;
use crate::sample::{sample, write};
use crate::values::Sql;
use crate::{contact, testing};

fn new(contact: ContactId, purpose: Purpose, given: bool) -> NewConsent {
    NewConsent {
        contact,
        purpose,
        given,
        text_version: "2026-11".into(),
        way: ConsentWay::Form,
        evidence: Some("form 7, canary".into()),
        message: None,
        agent: None,
        at: Millis(5),
        expires_at: None,
    }
}

#[tokio::test]
async fn the_newest_entry_counts_also_of_merged_people() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        write(&db, move |tx| {
            Box::pin(async move {
                let (other, ..) = crate::sample::customer(tx, ws, some.inbox, "Jo").await?;
                assert_eq!(latest(tx, ws, some.contact, Purpose::Marketing).await?, None);
                append(tx, ws, &new(some.contact, Purpose::Marketing, true)).await?;
                append(tx, ws, &new(other, Purpose::Marketing, false)).await?;
                let found = latest(tx, ws, some.contact, Purpose::Marketing).await?.expect("noted");
                assert!(found.given);
                assert_eq!(found.evidence.as_deref(), Some("form 7, canary"));
                assert_eq!(latest(tx, ws, some.contact, Purpose::Sensitive).await?, None);
                contact::merge(tx, ws, other, some.contact).await?;
                let found = latest(tx, ws, some.contact, Purpose::Marketing).await?.expect("noted");
                assert!(!found.given, "the one who was merged has taken it back");
                assert_eq!(of_contact(tx, ws, some.contact, 9).await?.len(), 2);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn every_changed_removed_or_moved_entry_is_found() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        write(&db, move |tx| {
            Box::pin(async move {
                for round in 0..6 {
                    append(tx, ws, &new(some.contact, Purpose::ALL[round % 5], round % 2 == 0)).await?;
                }
                Ok(())
            })
        })
        .await;
        let walked = |tamper: &'static str| {
            let db = db.clone();
            async move {
                db.write(move |tx| {
                    Box::pin(async move {
                        if !tamper.is_empty() {
                            tx.execute(Sql::built(tamper), &[]).await?;
                        }
                        let mut place = Head::default();
                        let head = head(tx, ws).await?;
                        // In small portions, so that borders are crossed too.
                        let found = loop {
                            match walk(tx, ws, &place, 2).await? {
                                Err(at) => break Err(at),
                                Ok(next) if next == place => break Ok(next),
                                Ok(next) => place = next,
                            }
                        };
                        let found = found.and_then(|end| if end == head { Ok(()) } else { Err(end.seq + 1) });
                        // Taken back by failing.
                        Err::<(), _>(Error::Other(format!("{found:?}")))
                    })
                })
                .await
                .expect_err("taken back")
                .to_string()
            }
        };
        assert!(walked("").await.contains("Ok"), "whole");
        for (tamper, at) in [
            ("UPDATE consent SET given = NOT given WHERE seq = 3", 3),
            ("UPDATE consent SET purpose = 'third_party' WHERE seq = 2", 2),
            ("UPDATE consent SET purpose = 'nonsense' WHERE seq = 2", 2),
            ("UPDATE consent SET text_version = text_version || '1' WHERE seq = 1", 1),
            ("UPDATE consent SET at = at + 1 WHERE seq = 4", 4),
            ("UPDATE consent SET contact_id = contact_id + 1 WHERE seq = 4", 4),
            ("UPDATE consent SET expires_at = 1 WHERE seq = 4", 4),
            ("UPDATE consent SET agent_id = 1 WHERE seq = 4", 4),
            ("UPDATE consent SET sealed = NULL WHERE seq = 5", 5),
            ("UPDATE consent SET sealed = (SELECT o.sealed FROM consent o WHERE o.seq = 1) WHERE seq = 5", 5),
            ("UPDATE consent SET hash = (SELECT o.hash FROM consent o WHERE o.seq = 1) WHERE seq = 6", 6),
            ("DELETE FROM consent WHERE seq = 2", 2),
            ("DELETE FROM consent WHERE seq = 6", 6),
            ("UPDATE consent SET seq = 7 - seq + 10", 1),
            ("UPDATE workspace SET consent_seq = 5", 6),
        ] {
            let said = walked(tamper).await;
            assert!(said.contains("Err"), "{tamper} is not noticed: {said}");
            assert!(said.contains(&at.to_string()) || tamper.contains("workspace"), "{tamper}: {said}");
        }
    })
    .await;
}
