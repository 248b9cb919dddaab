//! What leaves, how fast, and what happens to it when something dies in the middle.

use std::time::Duration;

use app::worker::Duties;
use model::{Clock as _, Conversation, DeliveryState, Millis};
use serde_json::json;
use store::Engine;

use crate::desk::{Customer, Desk, NUMBER, delivery, with_provider};
use crate::provider::Mood;

/// A customer of their own for each place.
fn customer(place: usize) -> Customer {
    let phone: &'static str = Box::leak(format!("52155500{place:05}").into_boxed_str());
    Customer { user: None, phone: Some(phone), name: "Somebody" }
}

/// Conversations of a number with as many customers, who have all written.
async fn conversations(desk: &Desk, number: &str, count: usize) -> Vec<Conversation> {
    for place in 0..count {
        let id = format!("wamid.in.{number}.{place}");
        desk.post(&delivery(number, customer(place).text(&id, "hi"))).await;
    }
    app::worker::settle(&desk.app).await.expect("settles");
    let inbox = desk.inbox_of(number).await;
    let mut all = desk.conversations().await;
    all.retain(|one| one.inbox_id == inbox);
    assert_eq!(all.len(), count);
    all
}

/// Polls until something holds.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..1_200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

async fn states(desk: &Desk, conversations: &[Conversation]) -> Vec<DeliveryState> {
    let mut states = Vec::new();
    for conversation in conversations {
        let thread = desk.thread(conversation).await;
        states.extend(thread.iter().filter_map(|message| message.status.as_ref()).map(|status| status.state));
    }
    states
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_together_keep_to_a_numbers_rate() {
    with_provider(async |desk, provider| {
        desk.configure(NUMBER, "messages_per_second", "20").await;
        let conversations = conversations(&desk, NUMBER, 50).await;
        provider.is(NUMBER, Mood::Fine(Duration::from_millis(150)));
        let other = desk.second_node();
        let nodes = [
            app::worker::start(&desk.app, Duties::ALL).await.expect("started"),
            app::worker::start(&other, Duties::ALL).await.expect("started"),
        ];
        for (place, conversation) in conversations.iter().enumerate() {
            let writer = if place % 2 == 0 { &desk.app } else { &other };
            desk.reply_on(writer, conversation, &format!("c{place}"), &format!("m{place}")).await;
        }
        until("all are accepted", async || {
            let states = states(&desk, &conversations).await;
            states.iter().all(|state| *state == DeliveryState::Accepted)
        })
        .await;
        for node in nodes {
            node.stop().await;
        }
        let mut texts: Vec<String> = provider.got(NUMBER).iter().map(|got| got.text()).collect();
        texts.sort();
        texts.dedup();
        assert_eq!((texts.len(), provider.got(NUMBER).len()), (50, 50), "each once");
        assert!(provider.busiest(NUMBER) <= 20, "{} in one second", provider.busiest(NUMBER));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_node_was_handing_over_is_uncertain_and_the_rest_goes_on() {
    with_provider(async |desk, provider| {
        let conversation = conversations(&desk, NUMBER, 1).await.remove(0);
        provider.is(NUMBER, Mood::Hang);
        let node = app::worker::start(&desk.app, Duties::ALL).await.expect("started");
        desk.reply(&conversation, "c1", "first").await.expect("queued");
        desk.reply(&conversation, "c2", "second").await.expect("queued");
        until("the first is being handed over", async || provider.got(NUMBER).len() == 1).await;
        drop(node);
        provider.is(NUMBER, Mood::Fine(Duration::ZERO));
        let other = desk.second_node();
        app::worker::settle(&other).await.expect("settles");
        assert_eq!(provider.got(NUMBER).len(), 1, "the dead node's lease has not run out");
        desk.clock.advance(Millis::seconds(16));
        let node = app::worker::start(&other, Duties::ALL).await.expect("started");
        until("the second is accepted", async || {
            states(&desk, std::slice::from_ref(&conversation)).await
                == [DeliveryState::Uncertain, DeliveryState::Accepted]
        })
        .await;
        node.stop().await;
        let got = provider.got(NUMBER);
        assert_eq!(got.iter().map(|got| got.text()).collect::<Vec<_>>(), ["first", "second"], "none twice");
        let callback = got[0].body["biz_opaque_callback_data"].as_str().expect("our id").to_owned();
        let status = json!({"statuses": [{"id": "wamid.first", "status": "delivered", "timestamp": "1789999999",
            "recipient_id": "521555000000", "biz_opaque_callback_data": callback}]});
        desk.deliver(status).await;
        assert_eq!(
            states(&desk, std::slice::from_ref(&conversation)).await,
            [DeliveryState::Delivered, DeliveryState::Accepted]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_are_settled_by_reports_and_never_by_sending_again() {
    with_provider(async |desk, provider| {
        let conversations = conversations(&desk, NUMBER, 4).await;
        provider.is(NUMBER, Mood::Cut);
        for (place, conversation) in conversations.iter().enumerate() {
            desk.reply(conversation, "c", &format!("m{place}")).await.expect("queued");
        }
        app::worker::settle(&desk.app).await.expect("settles");
        assert_eq!(states(&desk, &conversations).await, [DeliveryState::Uncertain; 4]);
        provider.is(NUMBER, Mood::Fine(Duration::ZERO));
        desk.clock.advance(Millis::minutes(10));
        app::worker::settle(&desk.app).await.expect("settles");
        assert_eq!(provider.got(NUMBER).len(), 4, "none is sent again by itself");
        for (place, got) in provider.got(NUMBER).iter().enumerate() {
            let status = json!({"statuses": [{"id": format!("wamid.{place}"), "status": "sent",
                "timestamp": "1789999999", "recipient_id": got.body["to"],
                "biz_opaque_callback_data": got.body["biz_opaque_callback_data"]}]});
            desk.deliver(status).await;
        }
        assert_eq!(states(&desk, &conversations).await, [DeliveryState::Sent; 4]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_after_the_take_over_settles_the_message() {
    with_provider(async |desk, provider| {
        let conversation = conversations(&desk, NUMBER, 1).await.remove(0);
        provider.is(NUMBER, Mood::Fine(Duration::from_secs(8)));
        let slow = app::worker::start(&desk.app, Duties::ALL).await.expect("started");
        // The first call takes no time, the second 37 % of the longest.
        desk.reply(&conversation, "c1", "first").await.expect("queued");
        until("the first is accepted", async || {
            states(&desk, std::slice::from_ref(&conversation)).await == [DeliveryState::Accepted]
        })
        .await;
        desk.reply(&conversation, "c2", "second").await.expect("queued");
        until("the second is being handed over", async || provider.got(NUMBER).len() == 2).await;
        desk.clock.advance(Millis::seconds(16));
        let other = desk.second_node();
        app::worker::settle(&other).await.expect("settles");
        until("the second is accepted", async || {
            states(&desk, std::slice::from_ref(&conversation)).await == [DeliveryState::Accepted; 2]
        })
        .await;
        slow.stop().await;
        assert_eq!(provider.got(NUMBER).len(), 2, "none twice");
        desk.no_sendings_left().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_or_is_down_holds_up_no_other_number() {
    with_provider(async |desk, provider| {
        desk.connect("777").await;
        let stuck = conversations(&desk, NUMBER, 30).await;
        let well = conversations(&desk, "777", 30).await;
        provider.is(NUMBER, Mood::Hang);
        let node = app::worker::start(&desk.app, Duties::ALL).await.expect("started");
        for (place, conversation) in stuck.iter().chain(&well).enumerate() {
            desk.reply(conversation, &format!("c{place}"), &format!("m{place}")).await.expect("queued");
        }
        until("the other number's are accepted", async || {
            states(&desk, &well).await.iter().all(|state| *state == DeliveryState::Accepted)
        })
        .await;
        assert!(states(&desk, &stuck).await.iter().all(|state| *state == DeliveryState::Queued));
        drop(node);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_in_trouble_is_left_alone() {
    with_provider(async |desk, provider| {
        let conversations = conversations(&desk, NUMBER, 40).await;
        desk.configure(NUMBER, "messages_per_second", "5").await;
        provider.is(NUMBER, Mood::Refuse(500, "", 131_000));
        let node = app::worker::start(&desk.app, Duties::ALL).await.expect("started");
        for (place, conversation) in conversations.iter().enumerate() {
            desk.reply(conversation, &format!("c{place}"), "hello").await.expect("queued");
        }
        until("it was tried", async || provider.got(NUMBER).len() >= 5).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        // Five find out; then rests of one, two, four … seconds with one message between them.
        let asked = provider.got(NUMBER).len();
        assert!(asked <= 9, "{asked} messages for a provider that is down");
        provider.is(NUMBER, Mood::Fine(Duration::ZERO));
        until("the rest is accepted", async || {
            let states = states(&desk, &conversations).await;
            states.iter().all(|state| !matches!(state, DeliveryState::Queued))
        })
        .await;
        node.stop().await;
        let states = states(&desk, &conversations).await;
        let unclear = states.iter().filter(|state| **state == DeliveryState::Uncertain).count();
        assert_eq!(provider.got(NUMBER).len(), 40, "each was sent once");
        assert!((5..=12).contains(&unclear), "{unclear} of {states:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_the_provider_asks_for_is_kept() {
    with_provider(async |desk, provider| {
        let conversations = conversations(&desk, NUMBER, 2).await;
        provider.is(NUMBER, Mood::Refuse(429, "retry-after: 600\r\n", 130_429));
        desk.reply(&conversations[0], "c1", "first").await.expect("queued");
        app::worker::settle(&desk.app).await.expect("settles");
        assert_eq!(provider.got(NUMBER).len(), 1);
        provider.is(NUMBER, Mood::Fine(Duration::ZERO));
        desk.reply(&conversations[1], "c2", "second").await.expect("queued");
        // Another node, after this one died, knows it too.
        let other = desk.second_node();
        for wait in [30, 500] {
            desk.clock.advance(Millis::seconds(wait));
            app::worker::settle(&desk.app).await.expect("settles");
            app::worker::settle(&other).await.expect("settles");
            assert_eq!(provider.got(NUMBER).len(), 1, "not before its time");
        }
    })
    .await;
}

/// Deliveries are applied in the order in which customers wrote, so a transaction that holds one conversation may come
/// to another that stands before it. What was sent in both is recorded meanwhile, and nobody waits in a circle, which the
/// database would end after a second with an error.
#[tokio::test(flavor = "multi_thread")]
async fn recording_what_was_sent_waits_for_nobody_in_a_circle() {
    with_provider(async |desk, _provider| {
        if desk.app.db.engine() == Engine::Sqlite {
            // Its one writer waits for nobody.
            return;
        }
        let mut conversations = conversations(&desk, NUMBER, 2).await;
        conversations.sort_by_key(|conversation| conversation.id);
        for (place, conversation) in conversations.iter().enumerate() {
            desk.reply(conversation, &format!("c{place}"), "hello").await.expect("queued");
        }
        let [first, second] = [conversations[0].id, conversations[1].id];
        let (held, is_held) = tokio::sync::oneshot::channel();
        let (go_on, goes_on) = tokio::sync::oneshot::channel::<()>();
        let (app, workspace) = (desk.app.clone(), desk.caller.workspace);
        let later = desk.clock.now() + Millis::seconds(1);
        let deliveries = tokio::spawn(async move {
            app.write(move |tx| {
                Box::pin(async move {
                    assert!(store::conversation::heard(tx, workspace, second, later).await?);
                    held.send(()).expect("somebody waits");
                    goes_on.await.expect("somebody tells");
                    assert!(store::conversation::heard(tx, workspace, first, later).await?);
                    Ok(())
                })
            })
            .await
        });
        is_held.await.expect("held");
        let app = desk.app.clone();
        let sending = tokio::spawn(async move { app::worker::settle(&app).await });
        until("what nobody holds is recorded", async || {
            states(&desk, &conversations[..1]).await == [DeliveryState::Accepted]
        })
        .await;
        go_on.send(()).expect("somebody waits");
        deliveries.await.expect("ends").expect("no circle");
        sending.await.expect("ends").expect("settles");
        assert_eq!(states(&desk, &conversations).await, [DeliveryState::Accepted; 2]);
    })
    .await;
}
