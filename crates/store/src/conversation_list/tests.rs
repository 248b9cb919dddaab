use model::{ConversationState, LabelId};

use super::*;
use crate::conversation::Hidden;
use crate::sample::{Sample, customer, id, sample, write};
use crate::values::Sql;
use crate::{Db, Tx, conversation, label, testing};

/// Thirty customers: each third is called Maria, each fifth conversation has the label, every second is resolved.
async fn people(db: &Db, some: Sample) -> LabelId {
    write(db, move |tx| {
        Box::pin(async move {
            let red: LabelId = id();
            let new = model::Label { id: red, name: "Red".into(), color: "red".into() };
            label::insert(tx, some.ws, &new, Millis(1)).await?;
            for place in 0..30_i64 {
                let name = if place % 3 == 0 { format!("Maria {place}") } else { format!("Jo {place}") };
                let (_, _, one) = customer(tx, some.ws, some.inbox, &name).await?;
                if place % 5 == 0 {
                    conversation::set_labels(tx, some.ws, one, &[red]).await?;
                }
                let state =
                    if place % 2 == 0 { ConversationState::Open } else { ConversationState::Resolved };
                conversation::set_state(tx, some.ws, one, state, None, Millis(100 + place % 7)).await?;
            }
            Ok(red)
        })
    })
    .await
}

async fn ids(tx: &mut Tx, (sql, values): (String, Vec<Value>)) -> Result<Vec<ConversationId>> {
    tx.query_map(Sql::built(&sql), &values, |row| row.take()).await
}

#[tokio::test]
async fn what_an_index_gives_is_what_walking_the_list_finds() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let red = people(&db, some).await;
        let (mut filters, mut found) = (Vec::new(), 0);
        for q in [Some("maria"), Some("MAR"), Some("jo 7"), Some("7"), Some("nobody"), None] {
            for label in [None, Some(red), Some(LabelId(1))] {
                for state in [None, Some(ConversationState::Open)] {
                    for names in [false, true] {
                        let hidden = Hidden { names, addresses: false };
                        let q = q.map(str::to_owned);
                        filters.push(Filter { q, label, state, hidden, ..Filter::default() });
                    }
                }
            }
        }
        let narrow = Visibility::of(some.agent, Vec::new(), vec![some.inbox]);
        for filter in filters {
            for vis in [Visibility::everything(), narrow.clone()] {
                for after in [None, Some(Cursor { at: Millis(103), id: i64::MAX })] {
                    let (vis, filter) = (vis.clone(), filter.clone());
                    let found_now = write(&db, move |tx| {
                        Box::pin(async move { same_both_ways(tx, some, &vis, &filter, after).await })
                    });
                    found += found_now.await;
                }
            }
        }
        assert!(found > 100, "only {found} were found");
    })
    .await;
}

/// Compares what all ways of finding a page find; tells how many it is.
async fn same_both_ways(
    tx: &mut Tx,
    some: Sample,
    vis: &Visibility,
    filter: &Filter,
    after: Option<Cursor>,
) -> Result<usize> {
    let words = tx.workspace_keys(some.ws).await?;
    let token = filter.q.as_deref().and_then(|q| names::token(&words.words, q));
    let token = token.as_deref();
    let walked = ids(tx, page(some.ws, vis, filter, token, after, 50)).await?;
    let by_name = token.and_then(|token| Hits::by_name(tx.engine(), filter, token));
    for hits in [by_name, Hits::by_label(filter)].into_iter().flatten() {
        let gathered = ids(tx, hits.page(some.ws, vis, filter, token, after, 50)).await?;
        assert_eq!(gathered, walked, "{filter:?} {vis:?} {after:?}");
    }
    Ok(walked.len())
}

#[tokio::test]
async fn the_index_of_names_follows_renaming_and_removal() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let count = |q: &'static str| {
            write(&db, move |tx| {
                Box::pin(async move {
                    let words = tx.workspace_keys(some.ws).await?;
                    let token = names::token(&words.words, q).expect("something was typed");
                    let hits = Hits::by_name(tx.engine(), &Filter::default(), &token).expect("not hidden");
                    let (sql, values) = hits.count(some.ws);
                    tx.query_one(Sql::built(&sql), &values).await?.take::<i64>()
                })
            })
        };
        let (contact, identity, conversation) =
            write(&db, move |tx| Box::pin(customer(tx, some.ws, some.inbox, "Zacharias"))).await;
        assert_eq!(count("zach").await, 1);
        let renamed =
            write(&db, move |tx| Box::pin(contact::rename(tx, some.ws, contact, "Yvonne", true))).await;
        assert!(renamed);
        assert_eq!((count("zach").await, count("yvo").await), (0, 1));
        write(&db, move |tx| {
            Box::pin(async move {
                for (table, id) in
                    [("conversation", conversation.0), ("identity", identity.0), ("contact", contact.0)]
                {
                    tx.execute(Sql::built(&format!("DELETE FROM {table} WHERE id = $1")), &[id.into()])
                        .await?;
                }
                Ok(())
            })
        })
        .await;
        assert_eq!(count("yvo").await, 0);
        // A number of an address that is gone is not held for another's.
        if db.engine() == Engine::Sqlite {
            let left = write(&db, move |tx| {
                Box::pin(async move {
                    let sql = "SELECT COUNT(*) FROM identity_term WHERE rowid = $1";
                    tx.query_one(Sql::built(sql), &[identity.into()]).await?.take::<i64>()
                })
            });
            assert_eq!(left.await, 0);
        }
    })
    .await;
}
