use model::{Intent, IntentAnswer, IntentFigures, IntentVersion};

use super::*;
use crate::intent_version::NewVersion;
use crate::sample::{Sample, customer, id, keep, sample, write};
use crate::{Error, intent, removal, testing};

fn named(name: &str) -> Intent {
    Intent {
        id: id(),
        name: name.into(),
        description: String::new(),
        answer: IntentAnswer::HandOver { team_id: None },
        enabled: true,
        examples: 0,
        waiting: 0,
        created_at: Millis(1),
        updated_at: Millis(1),
    }
}

fn written(intent: IntentId, text: &str) -> NewExample {
    NewExample {
        id: id(),
        intent_id: Some(intent),
        text: text.into(),
        state: ExampleState::Accepted,
        source: None,
        understood: None,
        by: None,
        at: Millis(1),
    }
}

async fn corrected(tx: &mut Tx, some: &Sample, intent: IntentId) -> Result<NewExample> {
    let said = some.customer_writes("still no box here");
    keep(tx, some.ws, &said).await?;
    let source = Source { message: said.id, conversation: some.conversation, contact: some.contact };
    Ok(NewExample {
        state: ExampleState::Waiting,
        source: Some(source),
        understood: Some((intent, 41)),
        by: Some(some.agent),
        ..written(intent, "still no box here")
    })
}

fn version(revision: i64) -> NewVersion {
    let about = IntentVersion {
        version: 0,
        examples: 2,
        intents: 1,
        figures: IntentFigures::default(),
        took_ms: 5,
        trained_at: Millis(9),
        in_use: true,
    };
    NewVersion { revision, about, model: vec![1, 2, 3] }
}

#[tokio::test]
async fn what_is_accepted_counts_and_what_waits_does_not() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let (ws, late) = (some.ws, named("late"));
                intent::insert(tx, ws, &late).await?;
                let own = written(late.id, "where is my parcel");
                insert(tx, ws, &own).await?;
                let new = corrected(tx, &some, late.id).await?;
                insert(tx, ws, &new).await?;
                let again = NewExample { id: id(), ..new.clone() };
                assert!(matches!(insert(tx, ws, &again).await, Err(Error::Unique(_))), "one of a message");
                let all = changed(tx, ws, 0, 9).await?;
                let texts: Vec<_> = all.iter().map(|one| one.text.as_deref()).collect();
                assert_eq!(texts, [Some("where is my parcel"), None]);
                let kept = get(tx, ws, new.id).await?.expect("kept");
                assert_eq!((kept.understood_id, kept.confidence), (Some(late.id), Some(41)));
                assert_eq!(of_message(tx, ws, new.source.expect("one").message).await?, Some(kept));
                let before = intent::learning(tx, ws).await?.expect("begun");
                let accepted = ExampleState::Accepted;
                assert!(decide(tx, ws, new.id, None, accepted, Some(some.agent), Millis(7)).await?);
                let now = intent::learning(tx, ws).await?.expect("begun");
                assert!(now.changed > before.changed, "it has to be learned");
                let after = changed(tx, ws, before.revision, 9).await?;
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
                let (ws, late) = (some.ws, named("late"));
                intent::insert(tx, ws, &late).await?;
                insert(tx, ws, &written(late.id, "where is my parcel")).await?;
                let new = corrected(tx, &some, late.id).await?;
                insert(tx, ws, &new).await?;
                let now = intent::learning(tx, ws).await?.expect("begun");
                assert_eq!(intent_version::insert(tx, ws, &version(now.revision)).await?, Some(1));
                assert_eq!(intent_version::insert(tx, ws, &version(now.revision)).await?, None);
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
                assert_eq!(intent_version::insert(tx, ws, &version(now.revision + 2)).await?, None);
                assert_eq!(intent_version::insert(tx, ws, &version(after.revision)).await?, Some(2));
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
                let (ws, late) = (some.ws, named("late"));
                intent::insert(tx, ws, &late).await?;
                for number in 1..=3 {
                    insert(tx, ws, &written(late.id, "where is my parcel")).await?;
                    let now = intent::learning(tx, ws).await?.expect("begun");
                    let kept = intent_version::insert(tx, ws, &version(now.revision)).await?;
                    assert_eq!(kept, Some(number));
                }
                assert!(intent_version::choose(tx, ws, 1).await?);
                assert!(!intent_version::choose(tx, ws, 1).await?, "it is in use");
                assert!(!intent_version::choose(tx, ws, 7).await?, "there is none");
                let now = intent::learning(tx, ws).await?.expect("begun");
                assert_eq!(now.version, Some(1));
                let last = changed(tx, ws, 0, 9).await?.pop().expect("three");
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
