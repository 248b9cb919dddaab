use std::collections::BTreeMap;

use futures_util::future::join_all;
use model::{Direction, WindowState};
use proptest::prelude::*;

use super::*;
use crate::sample::{Sample, agent_named, customer, id, identity_row, last, sample, write};
use crate::statements_test::every_filter;
use crate::values::Value;
use crate::{Db, Error, agent, contact, identity, label, message, testing};

fn windows(kind: ChannelKind) -> Option<u32> {
    match kind {
        ChannelKind::Whatsapp => Some(24),
    }
}

fn everything() -> Visibility {
    Visibility::everything()
}

async fn shown(db: &Db, some: &Sample, now: Millis) -> Conversation {
    let some = *some;
    let got = write(db, move |tx| {
        Box::pin(async move { get(tx, some.ws, &everything(), windows, some.conversation, now).await })
    });
    got.await.expect("the conversation")
}

async fn page(
    db: &Db,
    ws: WorkspaceId,
    filter: Filter,
    cursor: Option<String>,
    limit: i64,
) -> Page<Conversation> {
    let listing = db.read(move |tx| {
        Box::pin(async move {
            list(tx, ws, &everything(), windows, &filter, cursor.as_deref(), limit, Millis(5)).await
        })
    });
    listing.await.expect("a page")
}

async fn ids(db: &Db, ws: WorkspaceId, filter: Filter) -> Vec<ConversationId> {
    page(db, ws, filter, None, 100).await.items.into_iter().map(|one| one.id).collect()
}

#[tokio::test]
async fn an_address_has_one_live_conversation_however_many_try() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        assert!(
            write(&db, move |tx| Box::pin(set_state(
                tx,
                ws,
                some.conversation,
                ConversationState::Resolved,
                None,
                Millis(2)
            )))
            .await
        );
        let tries = (0..50).map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let work = db.write(move |tx| {
                    Box::pin(async move {
                        let new = NewConversation {
                            id: id(),
                            inbox_id: some.inbox,
                            identity_id: some.identity,
                            contact_id: some.contact,
                            turn: Turn::Queue,
                            now: Millis(3),
                        };
                        match insert(tx, ws, &new).await {
                            Err(Error::Unique(_)) => {
                                // The transaction goes on: that is how one finds who was faster.
                                let found = open_of(tx, ws, some.inbox, some.identity).await?;
                                let (id, state) = found.expect("the other's conversation");
                                assert_eq!(state, ConversationState::Open);
                                Ok((id, false))
                            }
                            outcome => outcome.map(|()| (new.id, true)),
                        }
                    })
                });
                work.await
            })
        });
        let outcomes = join_all(tries.collect::<Vec<_>>()).await;
        let outcomes: Vec<(ConversationId, bool)> =
            outcomes.into_iter().map(|outcome| outcome.expect("the task ends").expect("no error")).collect();
        assert_eq!(outcomes.iter().filter(|(_, made)| *made).count(), 1);
        assert!(outcomes.iter().all(|(id, _)| *id == outcomes[0].0), "all found the same one");
    })
    .await;
}

#[tokio::test]
async fn a_customers_message_opens_counts_and_waits() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let (ws, id) = (some.ws, some.conversation);
        let until = Some(Millis(9_999));
        assert!(
            write(&db, move |tx| Box::pin(set_state(
                tx,
                ws,
                id,
                ConversationState::Snoozed,
                until,
                Millis(2)
            )))
            .await
        );
        assert_eq!(shown(&db, &some, Millis(3)).await.snoozed_until, until);
        let first = some.customer_writes("hello there");
        let one = last(&first);
        let late = LastMessage { id: MessageId(1), at: Millis(500), ..one.clone() };
        write(&db, move |tx| {
            Box::pin(async move {
                assert_eq!(inbound(tx, ws, id, &one, true, Millis(2_000)).await?, Some(Turn::Queue));
                // An older message that comes late counts, but is not shown, and does not shorten the window.
                assert_eq!(inbound(tx, ws, id, &late, true, Millis(1_500)).await?, Some(Turn::Queue));
                Ok(())
            })
        })
        .await;
        let now = shown(&db, &some, Millis(3_000)).await;
        assert_eq!((now.state, now.snoozed_until, now.unread), (ConversationState::Open, None, 2));
        assert_eq!((now.waiting_since, now.updated_at), (Some(Millis(1_000)), Millis(2_000)));
        let shown_message = now.last_message.expect("a last message");
        assert_eq!((shown_message.id, shown_message.preview.as_str()), (first.id, "hello there"));
        assert_eq!(now.window.state, WindowState::Open);
        assert_eq!(now.window.expires_at, Some(Millis(1_000) + Millis::hours(24)));
        assert_eq!(now.turn, Turn::Queue);
        let answer = some.agent_writes("hi");
        let answer_last = last(&answer);
        write(&db, move |tx| {
            Box::pin(async move {
                outbound(tx, ws, id, &answer_last, Millis(4_000)).await?;
                assert!(last_status(tx, ws, id, answer.id, DeliveryState::Read).await?);
                assert!(
                    !last_status(tx, ws, id, first.id, DeliveryState::Read).await?,
                    "not the last any more"
                );
                assert!(last_content(tx, ws, id, answer.id, "text", "hi!").await?);
                Ok(())
            })
        })
        .await;
        let now = shown(&db, &some, Millis(1_000) + Millis::hours(24)).await;
        assert_eq!((now.waiting_since, now.unread), (None, 2), "an answer does not mean that all was read");
        assert_eq!(now.window.state, WindowState::Closed);
        let shown_message = now.last_message.expect("a last message");
        assert_eq!(
            (shown_message.preview.as_str(), shown_message.status),
            ("hi!", Some(DeliveryState::Read))
        );
        assert_eq!(shown_message.direction, Direction::Out);
    })
    .await;
}

#[tokio::test]
async fn reading_gives_the_newest_message_of_the_customer() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let (ws, id) = (some.ws, some.conversation);
        let first = some.customer_writes("one");
        let second = some.customer_writes("two");
        let answer = some.agent_writes("three");
        let wanted = second.provider_id.clone();
        let (newest, again) = write(&db, move |tx| {
            Box::pin(async move {
                assert_eq!(clear_unread(tx, ws, id).await?, None, "nothing was unread");
                for new in [&first, &second, &answer] {
                    message::insert(tx, ws, new).await?;
                }
                inbound(tx, ws, id, &last(&second), true, Millis(2)).await?;
                assert_eq!(facts(tx, ws, id).await?.expect("the facts").unread, 1);
                Ok((clear_unread(tx, ws, id).await?, clear_unread(tx, ws, id).await?))
            })
        })
        .await;
        assert_eq!((newest, again), (wanted, None));
    })
    .await;
}

#[tokio::test]
async fn owner_and_labels_are_set_and_counted() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let (ws, conversation) = (some.ws, some.conversation);
        let (red, blue): (LabelId, LabelId) = (id(), id());
        let other = write(&db, move |tx| {
            Box::pin(async move {
                for (id, name) in [(red, "Red"), (blue, "blue")] {
                    label::insert(
                        tx,
                        ws,
                        &model::Label { id, name: name.into(), color: name.into() },
                        Millis(1),
                    )
                    .await?;
                }
                assert!(set_labels(tx, ws, conversation, &[blue, red, LabelId(77), red]).await?);
                let other = agent_named("piotr");
                agent::insert(tx, ws, &other, "hash").await?;
                for (place, owner) in [Some(some.agent), Some(other.id), None].into_iter().enumerate() {
                    let (_, _, one) = customer(tx, ws, some.inbox, &format!("customer {place}")).await?;
                    assign(tx, ws, one, owner, Turn::Person, Millis(3)).await?;
                    let message = LastMessage { id: id(), ..last(&some.customer_writes("hi")) };
                    inbound(tx, ws, one, &message, place != 1, Millis(4)).await?;
                }
                Ok(other.id)
            })
        })
        .await;
        let now = shown(&db, &some, Millis(5)).await;
        assert_eq!(now.label_ids, [red, blue]);
        let counted = write(&db, move |tx| {
            Box::pin(async move {
                Ok([
                    counts(tx, ws, &everything(), some.agent).await?,
                    counts(tx, ws, &everything(), other).await?,
                ])
            })
        })
        .await;
        let count = |open, unread| Count { open, unread };
        assert_eq!(counted[0], Counts { mine: count(1, 1), unassigned: count(2, 1), all: count(4, 2) });
        assert_eq!(counted[1], Counts { mine: count(1, 0), unassigned: count(2, 1), all: count(4, 2) });
        let of = |assignee| Filter { assignee, ..Filter::default() };
        assert_eq!(ids(&db, ws, of(AssigneeFilter::Is(other))).await.len(), 1);
        assert_eq!(ids(&db, ws, of(AssigneeFilter::None)).await.len(), 2);
        assert_eq!(ids(&db, ws, Filter { label: Some(red), ..Filter::default() }).await, [conversation]);
        assert_eq!(
            ids(&db, ws, Filter { contact: Some(some.contact), ..Filter::default() }).await,
            [conversation]
        );
        assert_eq!(ids(&db, ws, Filter { inbox: Some(some.inbox), ..Filter::default() }).await.len(), 4);
        assert!(ids(&db, ws, Filter { inbox: Some(InboxId(1)), ..Filter::default() }).await.is_empty());
        write(&db, move |tx| Box::pin(label::delete(tx, ws, red))).await;
        assert_eq!(shown(&db, &some, Millis(5)).await.label_ids, [blue]);
    })
    .await;
}

#[tokio::test]
async fn a_search_finds_names_numbers_and_user_names_in_any_case() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let all: BTreeMap<&str, ConversationId> = write(&db, move |tx| {
            Box::pin(async move {
                let mut all = BTreeMap::new();
                let people =
                    [("ÄNNE 100%_Sure", "+4915112345678", "aenne!x"), ("李小龙", "+8613800138000", "BRUCE")];
                for (name, phone, username) in people {
                    let (_, address, conversation) = customer(tx, ws, some.inbox, name).await?;
                    let row = identity::get(tx, ws, address).await?.expect("the address");
                    let row = identity::IdentityRow {
                        phone: Some(phone.into()),
                        username: Some(username.into()),
                        profile_name: None,
                        ..row
                    };
                    identity::update(tx, ws, &row).await?;
                    all.insert(name, conversation);
                }
                contact::rename(tx, ws, some.contact, "nobody", true).await?;
                Ok(all)
            })
        })
        .await;
        let (anne, bruce) = (vec![all["ÄNNE 100%_Sure"]], vec![all["李小龙"]]);
        for (q, wanted) in [
            ("änne", &anne),
            ("SURE", &anne),
            ("100%_sure", &anne),
            ("aenne!X", &anne),
            ("+49 151 1234-5678", &anne),
            ("小", &bruce),
            ("bruce", &bruce),
            ("(138) 0013-8000", &bruce),
            ("0138 0013 8000", &bruce),
            // Neither a part of a word nor of a number: tokens of these would tell too much.
            ("ruce", &vec![]),
            ("(138) 0013", &vec![]),
            ("%_", &vec![]),
            ("1_0", &vec![]),
            ("'; DROP TABLE message; --", &vec![]),
        ] {
            let filter = Filter { q: Some(q.into()), ..Filter::default() };
            assert_eq!(ids(&db, ws, filter).await, *wanted, "{q:?}");
        }
        assert_eq!(ids(&db, ws, Filter { q: Some("  ".into()), ..Filter::default() }).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn snoozed_conversations_come_due_in_order() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let due_ids = write(&db, move |tx| {
            Box::pin(async move {
                let mut ids = Vec::new();
                for until in [300, 100, 200] {
                    let (_, _, one) = customer(tx, ws, some.inbox, "x").await?;
                    set_state(tx, ws, one, ConversationState::Snoozed, Some(Millis(until)), Millis(2))
                        .await?;
                    ids.push((ws, one));
                }
                assert_eq!(due(tx, Millis(99), 10).await?, []);
                assert_eq!(due(tx, Millis(200), 10).await?, [ids[1], ids[2]]);
                set_state(tx, ws, ids[1].1, ConversationState::Open, Some(Millis(5)), Millis(3)).await?;
                Ok((ids.clone(), due(tx, Millis(999), 10).await?))
            })
        })
        .await;
        assert_eq!(due_ids.1, [due_ids.0[2], due_ids.0[0]]);
    })
    .await;
}

#[tokio::test]
async fn two_addresses_of_one_customer_become_one() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let (other_contact, other, live) =
            write(&db, move |tx| Box::pin(customer(tx, ws, some.inbox, "same"))).await;
        let (changed, facts_after) = write(&db, move |tx| {
            Box::pin(async move {
                identity::inbound_at(tx, ws, other, Millis(700)).await?;
                identity::inbound_at(tx, ws, other, Millis(600)).await?;
                let changed = identity::absorb(tx, ws, other, some.identity, Millis(9)).await?;
                assert!(identity::get(tx, ws, other).await?.is_none());
                let kept = identity::get(tx, ws, some.identity).await?.expect("the address");
                assert_eq!(kept.last_inbound_at, Some(Millis(700)));
                Ok((changed, facts(tx, ws, live).await?.expect("the facts")))
            })
        })
        .await;
        assert_eq!(changed, [live]);
        assert_eq!((facts_after.identity_id, facts_after.contact_id), (some.identity, some.contact));
        assert_eq!(facts_after.state, ConversationState::Resolved, "only one may live");
        let found = write(&db, move |tx| Box::pin(open_of(tx, ws, some.inbox, some.identity))).await;
        assert_eq!(found, Some((some.conversation, ConversationState::Open)), "the live one, though older");
        let merged = write(&db, move |tx| {
            Box::pin(async move {
                contact::rename(tx, ws, other_contact, "By hand", true).await?;
                assert!(contact::merge(tx, ws, other_contact, some.contact).await?);
                assert!(!contact::merge(tx, ws, other_contact, some.contact).await?, "it is gone");
                assert!(!contact::merge(tx, ws, some.contact, some.contact).await?);
                assert!(contact::get(tx, ws, other_contact).await?.is_none());
                contact::get(tx, ws, some.contact).await
            })
        })
        .await;
        let merged = merged.expect("the contact");
        assert_eq!((merged.name.as_str(), merged.named_by_agent), ("By hand", true));
    })
    .await;
}

#[tokio::test]
async fn opening_a_second_conversation_of_an_address_is_refused() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        let ws = some.ws;
        let old = write(&db, move |tx| {
            Box::pin(async move {
                set_state(tx, ws, some.conversation, ConversationState::Resolved, None, Millis(2)).await?;
                let new = NewConversation {
                    id: id(),
                    inbox_id: some.inbox,
                    identity_id: some.identity,
                    contact_id: some.contact,
                    turn: Turn::Queue,
                    now: Millis(3),
                };
                insert(tx, ws, &new).await.map(|()| some.conversation)
            })
        })
        .await;
        let opening =
            db.write(move |tx| Box::pin(set_state(tx, ws, old, ConversationState::Open, None, Millis(4))));
        assert!(matches!(opening.await, Err(Error::Unique(_))));
    })
    .await;
}

/// What SQLite does for a list's first page: it must walk an index in order, or the page costs more with history.
#[tokio::test]
async fn every_list_walks_an_index() {
    let test = testing::sqlite().await;
    for filter in every_filter() {
        for cursor in [None, Some(Cursor { at: Millis(9), id: 9 })] {
            let (sql, values) =
                list::page(WorkspaceId(1), &everything(), &filter, filter.q.as_deref(), cursor, 20);
            let plan = write(&test.db, move |tx| {
                Box::pin(async move {
                    let explain = format!("EXPLAIN QUERY PLAN {sql}");
                    let read = |row: &mut Row| {
                        let _: (i64, i64, i64) = (row.take()?, row.take()?, row.take()?);
                        row.take::<String>()
                    };
                    tx.query_map(Sql::built(&explain), &values, read).await
                })
            })
            .await;
            let wanted: &[&str] = match (filter.contact, filter.assignee, filter.state) {
                (Some(_), ..) => &["conversation_"],
                (None, AssigneeFilter::Any, None) => &["conversation_all "],
                (None, AssigneeFilter::Any, Some(_)) if filter.team.is_some() => {
                    &["conversation_team ", "conversation_inbox "]
                }
                (None, AssigneeFilter::Any, Some(_)) if filter.inbox.is_some() => &["conversation_inbox "],
                (None, AssigneeFilter::Any, Some(_)) => &["conversation_state "],
                (None, _, None) => &["conversation_assignee "],
                (None, _, Some(_)) => {
                    &["conversation_assignee_state ", "conversation_inbox ", "conversation_team "]
                }
            };
            let first = plan.first().cloned().unwrap_or_default();
            let right =
                wanted.iter().any(|index| first.starts_with(&format!("SEARCH c USING INDEX {index}")));
            assert!(right, "{filter:?}: {plan:?}");
            assert!(
                !plan.iter().any(|step| step.contains("TEMP B-TREE") || step.contains("SCAN")),
                "{filter:?}: {plan:?}"
            );
            // Whether it has the label is known before its customer is looked up.
            let place = |what: &str| plan.iter().position(|step| step.starts_with(what));
            assert!(
                filter.label.is_none() || place("SEARCH l ") < place("SEARCH ct "),
                "{filter:?}: {plan:?}"
            );
        }
    }
}

/// The list of somebody who does not see everything is put together from stretches of indexes, each walked in order:
/// neither the history of the workspace nor what others have makes it slower.
#[tokio::test]
async fn a_narrow_list_walks_its_own_stretches_on_both_engines() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        history(&db, some).await;
        let narrow =
            Visibility::of(some.agent, vec![model::TeamId(1), model::TeamId(2)], vec![model::InboxId(1)]);
        for filter in every_filter() {
            // A list of one owner, customer or inbox has a stretch of its own.
            let narrowed = filter.contact.is_some() || filter.inbox.is_some() || filter.team.is_some();
            if narrowed || matches!(filter.assignee, AssigneeFilter::Is(_)) {
                continue;
            }
            let state = filter.state.map(|_| ConversationState::Resolved);
            let filter = Filter { state, ..filter };
            let after = Some(Cursor { at: Millis(9000), id: 9 });
            let (sql, values) = list::page(some.ws, &narrow, &filter, filter.q.as_deref(), after, 20);
            let plan = plan(&db, sql, values).await;
            // The last three hold open and snoozed ones alone, of which there are next to none here.
            let walked =
                ["_assignee ", "_assignee_state ", "_team ", "_inbox ", "_count ", "_due ", "_live "];
            let walks = |line: &&String| {
                line.contains(" conversation_")
                    && !line.contains("conversation_label")
                    // What was found is looked up by its id.
                    && !line.contains("conversation_pkey")
                    && !line.contains("conversation_workspace_id_id_key")
            };
            for line in plan.iter().filter(walks) {
                let right = walked.iter().any(|index| line.contains(&format!(" conversation{index}")));
                assert!(right, "{filter:?}: {line} of {plan:#?}");
            }
            let whole = ["SCAN c", "Seq Scan on conversation"];
            assert!(!plan.iter().any(|line| whole.iter().any(|bad| line.contains(bad))), "{plan:#?}");
            let parts = 1 + 3 * if filter.state.is_some() { 1 } else { 3 };
            let stretches = plan.iter().filter(walks).count();
            assert!(stretches >= parts, "{filter:?}: {stretches} of {parts}: {plan:#?}");
        }
    })
    .await;
}

/// Many conversations of other teams, so that walking all of them would be slow.
async fn history(db: &Db, some: crate::sample::Sample) {
    write(db, move |tx| {
        Box::pin(async move {
            let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
                INSERT INTO conversation (id, workspace_id, inbox_id, identity_id, contact_id, state, turn, team_id,
                created_at, updated_at, unread)
                SELECT 1000000 + i, $1, $2, $3, $4, 'resolved', 'queue', 10 + i % 50, i, i, 0 FROM n";
            let values = values![some.ws, some.inbox, some.identity, some.contact];
            tx.execute(Sql::built(rows), values).await?;
            if tx.engine() == crate::Engine::Postgres {
                tx.query(Sql::built("ANALYZE conversation"), &[]).await?;
            }
            Ok(())
        })
    })
    .await;
}

/// The steps that an engine would take for a statement.
async fn plan(db: &Db, sql: String, values: Vec<Value>) -> Vec<String> {
    let engine = db.engine();
    write(db, move |tx| {
        Box::pin(async move {
            if engine == crate::Engine::Postgres {
                let explain = format!("EXPLAIN {sql}");
                return tx.query_map(Sql::built(&explain), &values, |row| row.take::<String>()).await;
            }
            let read = |row: &mut Row| {
                let _: (i64, i64, i64) = (row.take()?, row.take()?, row.take()?);
                row.take::<String>()
            };
            tx.query_map(Sql::built(&format!("EXPLAIN QUERY PLAN {sql}")), &values, read).await
        })
    })
    .await
}

/// The counts must not read the conversations themselves, of which there may be many.
#[tokio::test]
async fn counts_read_an_index_only() {
    let test = testing::sqlite().await;
    let plan = write(&test.db, |tx| {
        Box::pin(async move {
            let (sql, values) = list::counts(WorkspaceId(1), &everything(), model::AgentId(1));
            let mut row = tx.query_one(Sql::built(&format!("EXPLAIN QUERY PLAN {sql}")), &values).await?;
            let _: (i64, i64, i64) = (row.take()?, row.take()?, row.take()?);
            row.take::<String>()
        })
    })
    .await;
    assert!(plan.contains("COVERING INDEX conversation_count"), "{plan}");
}

/// What may happen between two pages.
#[derive(Clone, Debug)]
enum Step {
    /// The conversation at this place moves to the front.
    Move(usize),
    /// A new one comes.
    New,
    /// The next page is read.
    Next,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![(0..40_usize).prop_map(Step::Move), Just(Step::New), Just(Step::Next), Just(Step::Next)]
}

/// Pages while rows move: no row twice, and no row that stood still is missed.
async fn page_while_moving(db: Db, steps: Vec<Step>, start: usize, limit: i64) {
    let some = sample(&db).await;
    let ws = some.ws;
    let mut now = 10;
    let mut all = vec![some.conversation];
    for place in 1..start {
        // Several have the same time, so that the id must decide.
        now += i64::from(place % 3 == 0);
        let at = Millis(now);
        all.push(new_at(&db, some, at).await);
    }
    let mut still: Vec<ConversationId> = all.clone();
    let mut seen = Vec::new();
    let mut cursor = None;
    for step in steps.into_iter().chain(std::iter::repeat(Step::Next)) {
        now += 1;
        let at = Millis(now);
        match step {
            Step::Move(place) => {
                let one = all[place % all.len()];
                let state = ConversationState::Open;
                write(&db, move |tx| Box::pin(set_state(tx, ws, one, state, None, at))).await;
                still.retain(|id| *id != one);
            }
            Step::New => all.push(new_at(&db, some, at).await),
            Step::Next => {
                let page = page(&db, ws, Filter::default(), cursor.take(), limit).await;
                assert!(page.items.len() <= limit as usize);
                assert!(page.items.is_sorted_by_key(|one| std::cmp::Reverse((one.updated_at, one.id))));
                seen.extend(page.items.iter().map(|one| one.id));
                match page.next_cursor {
                    Some(next) => cursor = Some(next),
                    None => break,
                }
            }
        }
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), seen.len(), "a row was seen twice");
    for id in still {
        assert!(seen.contains(&id), "{id} stood still and was missed");
    }
}

async fn new_at(db: &Db, some: Sample, at: Millis) -> ConversationId {
    write(db, move |tx| {
        Box::pin(async move {
            let address = identity_row(some.inbox, some.contact);
            identity::insert(tx, some.ws, &address).await?;
            let new = NewConversation {
                id: id(),
                inbox_id: some.inbox,
                identity_id: address.id,
                contact_id: some.contact,
                turn: Turn::Queue,
                now: at,
            };
            insert(tx, some.ws, &new).await.map(|()| new.id)
        })
    })
    .await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn pages_have_no_gap_and_no_repeat_while_rows_move(
        steps in prop::collection::vec(step(), 0..25),
        start in 1..30_usize,
        limit in 1..8_i64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let test = testing::sqlite().await;
            page_while_moving(test.db.clone(), steps, start, limit).await;
        });
    }
}

#[tokio::test]
async fn pages_have_no_gap_and_no_repeat_on_both() {
    testing::on_both(|db| async move {
        let steps = (0..20).map(|place| match place % 4 {
            0 => Step::Move(place * 7),
            1 => Step::New,
            _ => Step::Next,
        });
        page_while_moving(db.clone(), steps.collect(), 23, 3).await;
    })
    .await;
}
