use super::*;
use crate::sample::{
    Sample, agent_named, customer, example_row, id, intent_row, keep, sample, version_row, write,
};
use crate::values::Sql;
use crate::{Error, agent, intent, removal, testing};

async fn corrected(tx: &mut Tx, some: &Sample, intent: IntentId) -> Result<NewExample> {
    let said = some.customer_writes("still no box here");
    keep(tx, some.ws, &said).await?;
    let source = Source { message: said.id, conversation: some.conversation, contact: some.contact };
    Ok(NewExample {
        state: ExampleState::Waiting,
        source: Some(source),
        understood: Some((intent, 41)),
        by: Some(some.agent),
        ..example_row(intent, "still no box here")
    })
}

#[tokio::test]
async fn what_is_accepted_counts_and_what_waits_does_not() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let (ws, late) = (some.ws, intent_row("late"));
                intent::insert(tx, ws, &late).await?;
                let own = example_row(late.id, "where is my parcel");
                insert(tx, ws, std::slice::from_ref(&own)).await?;
                let new = corrected(tx, &some, late.id).await?;
                insert(tx, ws, std::slice::from_ref(&new)).await?;
                let again = NewExample { id: id(), ..new.clone() };
                assert!(
                    matches!(insert(tx, ws, std::slice::from_ref(&again)).await, Err(Error::Unique(_))),
                    "one of a message"
                );
                let all = changed(tx, ws, 0).await?;
                let texts: Vec<_> = all.iter().map(|one| one.text.as_deref()).collect();
                assert_eq!(texts, [Some("where is my parcel"), None]);
                let kept = get(tx, ws, new.id).await?.expect("kept");
                assert_eq!((kept.understood_id, kept.confidence), (Some(late.id), Some(41)));
                assert_eq!(of_message(tx, ws, new.source.expect("one").message).await?, Some(kept));
                let before = intent::learning(tx, ws).await?.expect("begun");
                let accepted = ExampleState::Accepted;
                assert!(correct(tx, ws, new.id, None, accepted, Some(some.agent), Millis(7)).await?);
                let now = intent::learning(tx, ws).await?.expect("begun");
                assert!(now.changed > before.changed, "it has to be learned");
                let after = changed(tx, ws, before.revision).await?;
                assert_eq!((after.len(), after[0].intent_id), (1, None));
                assert_eq!(after[0].text.as_deref(), Some("still no box here"));
                let waiting = Filter { state: Some(ExampleState::Waiting), intent: None };
                assert!(list(tx, ws, waiting, None, 9).await?.items.is_empty());
                let first = list(tx, ws, Filter::default(), None, 1).await?;
                let rest = list(tx, ws, Filter::default(), first.next_cursor.as_deref(), 1).await?;
                assert_eq!((first.items.len(), rest.items.len(), rest.next_cursor), (1, 1, None));
                assert!(delete(tx, ws, own.id).await? && !delete(tx, ws, own.id).await?);
                assert_eq!(count(tx, ws).await?, 1);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn an_erased_customer_is_in_no_example_and_in_no_model() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let (ws, late) = (some.ws, intent_row("late"));
                intent::insert(tx, ws, &late).await?;
                insert(tx, ws, &[example_row(late.id, "where is my parcel")]).await?;
                let new = corrected(tx, &some, late.id).await?;
                insert(tx, ws, std::slice::from_ref(&new)).await?;
                let now = intent::learning(tx, ws).await?.expect("begun");
                assert_eq!(intent_version::insert(tx, ws, &version_row(now.revision)).await?, Some(1));
                assert_eq!(intent_version::insert(tx, ws, &version_row(now.revision)).await?, None);
                assert_eq!(intent_version::model(tx, ws, 1).await?, Some(vec![1, 2, 3]));
                let (other, ..) = customer(tx, ws, some.inbox, "other").await?;
                assert_eq!(removal::person(tx, ws, other).await?.examples, 0);
                assert_eq!(intent_version::list(tx, ws, i64::MAX, 9).await?.len(), 1);
                let removed = removal::person(tx, ws, some.contact).await?;
                assert_eq!((removed.examples, count(tx, ws).await?), (1, 1));
                assert_eq!(intent_version::model(tx, ws, 1).await?, None);
                let after = intent::learning(tx, ws).await?.expect("begun");
                assert_eq!((after.version, after.newest), (None, 1));
                // One that was being trained meanwhile is not kept.
                assert_eq!(intent_version::insert(tx, ws, &version_row(now.revision + 2)).await?, None);
                assert_eq!(intent_version::insert(tx, ws, &version_row(after.revision)).await?, Some(2));
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_version_is_chosen_and_old_ones_go() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let (ws, late) = (some.ws, intent_row("late"));
                intent::insert(tx, ws, &late).await?;
                for number in 1..=3 {
                    insert(tx, ws, &[example_row(late.id, "where is my parcel")]).await?;
                    let now = intent::learning(tx, ws).await?.expect("begun");
                    let kept = intent_version::insert(tx, ws, &version_row(now.revision)).await?;
                    assert_eq!(kept, Some(number));
                }
                assert!(intent_version::choose(tx, ws, 1).await?);
                assert!(!intent_version::choose(tx, ws, 1).await?, "it is in use");
                assert!(!intent_version::choose(tx, ws, 7).await?, "there is none");
                let now = intent::learning(tx, ws).await?.expect("begun");
                assert_eq!(now.version, Some(1));
                let last = changed(tx, ws, 0).await?.pop().expect("three");
                assert!(last.revision <= now.learned, "what it does not know is not remembered beside it");
                assert_eq!(intent_version::prune(tx, ws, 2).await?, 1, "the one in use stays");
                let left = intent_version::list(tx, ws, i64::MAX, 9).await?;
                let left: Vec<_> = left.iter().map(|one| (one.version, one.in_use)).collect();
                assert_eq!(left, [(3, false), (1, true)]);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_model_that_learned_an_erased_customer_goes_also_where_the_example_went_before() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let (ws, late) = (some.ws, intent_row("late"));
                intent::insert(tx, ws, &late).await?;
                let new = corrected(tx, &some, late.id).await?;
                let accepted = NewExample { state: ExampleState::Accepted, ..new };
                insert(tx, ws, &[example_row(late.id, "where is my parcel"), accepted.clone()]).await?;
                let now = intent::learning(tx, ws).await?.expect("begun");
                assert_eq!(intent_version::insert(tx, ws, &version_row(now.revision)).await?, Some(1));
                assert!(delete(tx, ws, accepted.id).await?);
                let now = intent::learning(tx, ws).await?.expect("begun");
                assert_eq!(intent_version::insert(tx, ws, &version_row(now.revision)).await?, Some(2));
                assert!(intent_version::choose(tx, ws, 1).await?);
                assert_eq!(removal::person(tx, ws, some.contact).await?.examples, 0, "it went before");
                assert_eq!(intent_version::model(tx, ws, 1).await?, None, "it learned the customer's words");
                assert!(intent_version::model(tx, ws, 2).await?.is_some(), "it never knew them");
                let after = intent::learning(tx, ws).await?.expect("begun");
                assert_eq!(after.version, None);
                assert!(after.changed > now.revision, "another model has to be trained");
                let (other, ..) = customer(tx, ws, some.inbox, "other").await?;
                removal::person(tx, ws, other).await?;
                assert_eq!(intent::learning(tx, ws).await?, Some(after), "all of that is over");
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_correction_is_said_anew_by_somebody_else_and_many_are_decided_at_once() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let other = agent_named("ben");
        write(&db, move |tx| {
            Box::pin(async move {
                let (ws, late) = (some.ws, intent_row("late"));
                agent::insert(tx, ws, &other, "hash").await?;
                intent::insert(tx, ws, &late).await?;
                let new = corrected(tx, &some, late.id).await?;
                insert(tx, ws, std::slice::from_ref(&new)).await?;
                let (waiting, accepted) = (ExampleState::Waiting, ExampleState::Accepted);
                assert!(correct(tx, ws, new.id, None, waiting, Some(other.id), Millis(7)).await?);
                let kept = get(tx, ws, new.id).await?.expect("kept");
                assert_eq!(
                    (kept.created_by, kept.created_at),
                    (Some(other.id), Millis(7)),
                    "who said so last"
                );
                assert_eq!(
                    (kept.decided_by, kept.decided_at, kept.understood_id),
                    (None, None, Some(late.id))
                );
                let own = example_row(late.id, "where is my parcel");
                insert(tx, ws, std::slice::from_ref(&own)).await?;
                let all = [new.id, own.id, id()];
                let before = intent::learning(tx, ws).await?.expect("begun");
                assert_eq!(decide(tx, ws, &all, accepted, Some(some.agent), Millis(8)).await?, 1);
                let now = intent::learning(tx, ws).await?.expect("begun");
                assert!(now.changed > before.changed, "it has to be learned");
                assert_eq!(decide(tx, ws, &all, accepted, Some(some.agent), Millis(9)).await?, 0);
                assert_eq!(intent::learning(tx, ws).await?, Some(now), "nothing was decided");
                let kept = get(tx, ws, new.id).await?.expect("kept");
                assert_eq!((kept.decided_by, kept.decided_at), (Some(some.agent), Some(Millis(8))));
                assert_eq!(decide(tx, ws, &all, ExampleState::Refused, None, Millis(9)).await?, 2);
                assert_eq!(texts(tx, ws, late.id).await?, [""; 0], "refused ones do not count");
                let refused = Filter { state: Some(ExampleState::Refused), intent: Some(late.id) };
                assert_eq!(list(tx, ws, refused, None, 9).await?.items[0].id, own.id);
                let of_late = Filter { state: None, intent: Some(late.id) };
                assert_eq!(list(tx, ws, of_late, None, 9).await?.items.len(), 1);
                Ok(())
            })
        })
        .await;
    })
    .await;
}

/// What SQLite does for a page of each list: it must walk an index, or the page costs more with history.
#[tokio::test]
async fn every_list_walks_an_index() {
    let test = testing::sqlite().await;
    let lists = [
        (PAGE, values![1_i64, 9_i64, 9_i64, 20_i64].to_vec(), "intent_example_place"),
        (PAGE_OF_STATE, values![1_i64, 9_i64, 9_i64, 20_i64, "waiting"].to_vec(), "intent_example_state"),
        (
            PAGE_OF_BOTH,
            values![1_i64, 9_i64, 9_i64, 20_i64, 7_i64, "waiting"].to_vec(),
            "intent_example_intent",
        ),
    ];
    for (sql, values, index) in lists {
        let plan = write(&test.db, move |tx| {
            Box::pin(async move {
                let explain = format!("EXPLAIN QUERY PLAN {}", sql.text());
                let read = |row: &mut Row| {
                    let _: (i64, i64, i64) = (row.take()?, row.take()?, row.take()?);
                    row.take::<String>()
                };
                tx.query_map(Sql::built(&explain), &values, read).await
            })
        })
        .await;
        let walks = plan.len() == 1 && plan[0].contains(&format!("INDEX {index} "));
        assert!(walks, "{index}: {plan:?}");
    }
}
