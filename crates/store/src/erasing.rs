//! Which keys go when a person is erased, so that nothing of them can be read again in any copy of the data: their own,
//! and those of the hours in which deliveries with their messages came. What others still need of these hours is
//! sealed anew before.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use model::{ContactId, InboundId, Millis, WorkspaceId};
use vault::KeyId;

use crate::inbound::{Body, open_body, seal_body_with};
use crate::values::{statements, values};
use crate::{Engine, Result, Tx};

/// After how long nobody writes any more with the keys that [`young_keys`] names.
pub const LATER: Millis = Millis::hours(3);

/// Nobody writes any more with the keys of deliveries that came before this: what came at the end of an hour may have the
/// key of the next one, and what was begun with that at the end of its hour takes a while.
fn still_written(now: Millis) -> Millis {
    Millis((now.0 / Millis::hours(1).0 - 2) * Millis::hours(1).0)
}

statements! {
    OF_PERSON = "SELECT key_id FROM contact
        WHERE workspace_id = $1 AND (id = $2 OR merged_into = $2) AND key_id IS NOT NULL";
    DELIVERIES = "SELECT r.id, r.received_at, SUBSTR(r.body, 1, $4)
        FROM conversation c JOIN message m ON m.workspace_id = c.workspace_id AND m.conversation_id = c.id
        JOIN inbound r ON r.id = m.inbound_id
        WHERE c.workspace_id = $1 AND c.contact_id = $2 AND r.received_at < $3";
    /// Deliveries that are still to be applied, looked at, or judged by a person.
    NEEDED = "SELECT r.id, r.body, r.size FROM inbound r WHERE r.workspace_id = $1 AND r.id IN (
        SELECT q.id FROM inbound_queue q WHERE q.workspace_id = $1
        UNION SELECT p.id FROM inbound_parked p WHERE p.workspace_id = $1
        UNION SELECT g.inbound_id FROM gap g WHERE g.workspace_id = $1
        UNION SELECT i.id FROM inbound i WHERE i.workspace_id = $1 AND i.id > (SELECT upto FROM audit))";
    /// The hours' keys of deliveries that came at a time or later.
    YOUNG = "SELECT DISTINCT SUBSTR(r.body, 1, $4)
        FROM conversation c JOIN message m ON m.workspace_id = c.workspace_id AND m.conversation_id = c.id
        JOIN inbound r ON r.id = m.inbound_id
        WHERE c.workspace_id = $1 AND c.contact_id = $2 AND r.received_at >= $3";
    RESEAL = "UPDATE inbound SET body = $3, size = $4 WHERE workspace_id = $1 AND id = $2 AND LENGTH(body) > 0";
}

/// The names of all keys of a person, also of those that were merged into it: destroy them with
/// [`crate::keys::Keys::destroy`] once this transaction is kept, and nothing of the person can be read again.
pub async fn keys_of_person(tx: &mut Tx, ws: WorkspaceId, contact: ContactId) -> Result<Vec<KeyId>> {
    tx.query_map(OF_PERSON, values![ws, contact], |row| row.take().map(KeyId)).await
}

/// The names of the keys of the deliveries that brought a person's messages, to be destroyed as those of
/// [`keys_of_person`]; deliveries of the same hours lose their raw form with them. Of those, this transaction seals anew
/// what is still needed, but for the person's own. Call it before the person's messages are removed.
///
/// On PostgreSQL other nodes may be writing with the keys of the last hours, so these stay for later: [`young_keys`].
pub async fn keys_of_deliveries(
    tx: &mut Tx,
    ws: WorkspaceId,
    contact: ContactId,
    now: Millis,
) -> Result<Vec<KeyId>> {
    let before = match tx.engine() {
        Engine::Sqlite => Millis(i64::MAX),
        Engine::Postgres => still_written(now),
    };
    let head = i64::try_from(vault::OVERHEAD).unwrap_or(i64::MAX);
    let (mut theirs, mut keys) = (HashSet::new(), HashSet::new());
    for mut row in tx.query(DELIVERIES, values![ws, contact, before, head]).await? {
        let (id, _, begin): (InboundId, Millis, Bytes) = (row.take()?, row.take()?, row.take()?);
        theirs.insert(id);
        keys.extend(vault::key_of(&begin));
    }
    spare_others(tx, ws, &keys, &theirs).await?;
    Ok(keys.into_iter().collect())
}

/// The names of the keys that [`keys_of_deliveries`] leaves for later: those of hours in which other nodes may still be
/// writing. Call [`spare`] [`LATER`] and destroy them.
pub async fn young_keys(tx: &mut Tx, ws: WorkspaceId, contact: ContactId, now: Millis) -> Result<Vec<KeyId>> {
    if tx.engine() == Engine::Sqlite {
        return Ok(Vec::new());
    }
    let head = i64::try_from(vault::OVERHEAD).unwrap_or(i64::MAX);
    let from = still_written(now);
    let begins = tx.query_map(YOUNG, values![ws, contact, from, head], |row| row.take::<Bytes>()).await?;
    let keys: HashSet<KeyId> = begins.iter().filter_map(|begin| vault::key_of(begin)).collect();
    Ok(keys.into_iter().collect())
}

/// Seals anew what others still need of hours that are about to be destroyed.
pub async fn spare(tx: &mut Tx, ws: WorkspaceId, keys: &[KeyId]) -> Result<()> {
    spare_others(tx, ws, &keys.iter().copied().collect(), &HashSet::new()).await
}

async fn spare_others(
    tx: &mut Tx,
    ws: WorkspaceId,
    keys: &HashSet<KeyId>,
    theirs: &HashSet<InboundId>,
) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    tx.keys()?.end_hour(ws, keys);
    let mut fresh = None;
    for mut row in tx.query(NEEDED, values![ws]).await? {
        let id: InboundId = row.take()?;
        let of = row.sealed_with().next();
        if theirs.contains(&id) || of.is_none_or(|of| !keys.contains(&of)) {
            continue;
        }
        if let Body::There(body) = open_body(&mut row, ws, id)? {
            // Not the key of the present hour: these deliveries are old, so the next erasure may destroy what they are
            // sealed with at once, while other nodes still write with the present one.
            let key = match &fresh {
                Some(key) => Arc::clone(key),
                None => tx.keys()?.fresh(ws).await?,
            };
            let [sealed, size] = seal_body_with(tx, &key, ws, id, &body)?;
            tx.execute(RESEAL, values![ws, id, sealed, size]).await?;
            fresh = Some(key);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::{self, NewDelivery};
    use crate::sample::{customer, id, keep, sample, write};
    use crate::testing;

    #[tokio::test]
    async fn a_persons_deliveries_go_and_what_others_still_need_stays() {
        let test = testing::sqlite().await;
        let some = sample(&test.db).await;
        let (ws, now) = (some.ws, Millis::hours(5));
        let delivery = |dedupe: u8| NewDelivery {
            id: id(),
            inbox: some.inbox,
            received_at: now,
            dedupe: vec![dedupe],
            body: Bytes::from(vec![b'0' + dedupe; 200]),
        };
        let (theirs, waiting) = (delivery(1), delivery(2));
        let (theirs_id, waiting_id) = (theirs.id, waiting.id);
        let keys = write(&test.db, move |tx| {
            Box::pin(async move {
                inbound::accept(tx, ws, &theirs).await?;
                inbound::accept(tx, ws, &waiting).await?;
                let mut said = some.customer_writes("x");
                said.inbound_id = Some(theirs.id);
                keep(tx, ws, &said).await?;
                let (other, ..) = customer(tx, ws, some.inbox, "other").await?;
                assert_eq!(keys_of_deliveries(tx, ws, other, now).await?, []);
                keys_of_deliveries(tx, ws, some.contact, now).await
            })
        })
        .await;
        assert_eq!(keys.len(), 1);
        let ring = test.db.keys().expect("keys");
        assert_eq!(ring.destroy(ws, keys).await.expect("destroyed"), 1);
        let later = delivery(3);
        let later_id = later.id;
        write(&test.db, move |tx| {
            Box::pin(async move {
                inbound::accept(tx, ws, &later).await?;
                assert_eq!(inbound::body(tx, ws, theirs_id).await?, None, "gone, also from copies");
                assert_eq!(inbound::body(tx, ws, waiting_id).await?, Some(vec![b'2'; 200]));
                assert_eq!(inbound::body(tx, ws, later_id).await?, Some(vec![b'3'; 200]));
                Ok(())
            })
        })
        .await;
    }

    #[tokio::test]
    async fn what_others_still_need_gets_a_key_that_nobody_writes_with() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            let (ws, early, now) = (some.ws, Millis::hours(1), Millis::hours(9));
            let delivery = |dedupe: u8, received_at| NewDelivery {
                id: id(),
                inbox: some.inbox,
                received_at,
                dedupe: vec![dedupe],
                body: Bytes::from_static(b"said"),
            };
            let (first, second, present) = (delivery(1, early), delivery(2, early), delivery(3, now));
            let (contact, other) = write(&db, move |tx| {
                Box::pin(async move {
                    inbound::accept(tx, ws, &first).await?;
                    inbound::accept(tx, ws, &second).await?;
                    let mut said = some.customer_writes("x");
                    said.inbound_id = Some(first.id);
                    keep(tx, ws, &said).await?;
                    let (other, _, conversation) = customer(tx, ws, some.inbox, "other").await?;
                    let mut said = some.customer_writes("y");
                    (said.conversation_id, said.inbound_id) = (conversation, Some(second.id));
                    keep(tx, ws, &said).await?;
                    Ok((some.contact, other))
                })
            })
            .await;
            write(&db, move |tx| {
                Box::pin(async move {
                    // The second one waits still, so it is sealed anew; then a node takes something in.
                    assert_eq!(keys_of_deliveries(tx, ws, contact, now).await?.len(), 1);
                    inbound::accept(tx, ws, &present).await?;
                    let mut written = None;
                    for mut row in tx.query(NEEDED, values![ws]).await? {
                        if row.take::<InboundId>()? == present.id {
                            written = row.sealed_with().next();
                        }
                    }
                    let written = written.expect("it waits, sealed");
                    let gone = keys_of_deliveries(tx, ws, other, now).await?;
                    assert_eq!(gone.len(), 1);
                    assert!(!gone.contains(&written), "another node may be writing with it");
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
