//! Reports about our messages, before, after and instead of the answer to our sending.

use model::{Conversation, DeliveryState, Message, Millis};
use serde_json::{Value, json};

use crate::desk::{Desk, MARIA, on_both};

fn status(id: &str, state: &str, callback: Option<&str>) -> Value {
    let mut status = json!({"id": id, "status": state, "timestamp": "1789999999", "recipient_id": "5215550002222",
        "recipient_user_id": "MX.maria1"});
    if let Some(callback) = callback {
        status["biz_opaque_callback_data"] = json!(callback);
    }
    if state == "failed" {
        status["errors"] = json!([{"code": 131_026, "title": "Message undeliverable"}]);
    }
    json!({"statuses": [status]})
}

/// A conversation with one reply that waits to be sent (nobody listens at the provider's address), and the value
/// that the provider would send back.
async fn waiting(desk: &Desk) -> (Conversation, Message, String) {
    desk.deliver(MARIA.text("wamid.in", "hi")).await;
    let conversation = desk.only_conversation().await;
    let message = desk.reply(&conversation, "c1", "hello").await.expect("queued");
    let (workspace, id) = (desk.caller.workspace, message.id);
    let sending = desk
        .app
        .read(move |tx| Box::pin(async move { Ok(store::outbound::by_message(tx, workspace, id).await?) }))
        .await
        .expect("no fault")
        .expect("a sending");
    (conversation, message, sending.id.to_string())
}

async fn state(desk: &Desk, conversation: &Conversation) -> DeliveryState {
    let thread = desk.thread(conversation).await;
    thread.last().and_then(|message| message.status.as_ref()).expect("a status").state
}

#[tokio::test]
async fn a_report_before_our_answer_finds_its_message_and_ends_the_sending() {
    on_both(async |desk| {
        let (conversation, _, callback) = waiting(&desk).await;
        desk.deliver(status("wamid.out", "delivered", Some(&callback))).await;
        assert_eq!(state(&desk, &conversation).await, DeliveryState::Delivered);
        // Without the callback value too, now that the id is known; and never backwards.
        desk.deliver(status("wamid.out", "read", None)).await;
        desk.deliver(status("wamid.out", "sent", None)).await;
        assert_eq!(state(&desk, &conversation).await, DeliveryState::Read);
        assert_eq!(
            desk.only_conversation().await.last_message.and_then(|last| last.status),
            Some(DeliveryState::Read)
        );
        desk.clock.advance(Millis::hours(1));
        app::worker::settle(&desk.app).await.expect("settles");
        assert_eq!(state(&desk, &conversation).await, DeliveryState::Read, "it is not sent again");
    })
    .await;
}

#[tokio::test]
async fn a_callback_value_of_another_inbox_is_nobodys() {
    on_both(async |desk| {
        let (conversation, _, callback) = waiting(&desk).await;
        desk.connect("777").await;
        desk.post(&crate::desk::delivery("777", status("wamid.out", "read", Some(&callback)))).await;
        app::worker::settle(&desk.app).await.expect("settles");
        assert_eq!(state(&desk, &conversation).await, DeliveryState::Queued);
    })
    .await;
}

#[tokio::test]
async fn a_report_about_the_customers_own_message_changes_nothing() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("wamid.in", "hi")).await;
        desk.deliver(status("wamid.in", "read", None)).await;
        let conversation = desk.only_conversation().await;
        assert_eq!(desk.thread(&conversation).await[0].status, None);
    })
    .await;
}

#[tokio::test]
async fn a_message_that_waits_too_long_fails_and_can_be_sent_again() {
    on_both(async |desk| {
        let (conversation, message, _) = waiting(&desk).await;
        app::worker::settle(&desk.app).await.expect("settles");
        assert_eq!(state(&desk, &conversation).await, DeliveryState::Queued);
        // The customer writes again, so the window stays open longer than the message may wait.
        desk.clock.advance(Millis::hours(23));
        let later =
            MARIA.says("wamid.2", json!({"type": "text", "timestamp": "1790082800", "text": {"body": "?"}}));
        desk.deliver(later).await;
        desk.clock.advance(Millis::hours(2));
        app::worker::settle(&desk.app).await.expect("settles");
        let failed =
            desk.thread(&conversation).await.into_iter().find(|one| one.id == message.id).expect("it stands");
        let status = failed.status.expect("a status");
        assert_eq!(status.state, DeliveryState::Failed);
        assert!(status.failure.expect("a reason").retryable);
        let again =
            app::message::retry(&desk.app, &desk.caller, message.id, false).await.expect("queued again");
        assert_eq!(again.status.map(|status| status.state), Some(DeliveryState::Queued));
    })
    .await;
}

#[tokio::test]
async fn what_a_dead_process_held_is_taken_over_at_once() {
    on_both(async |desk| {
        if desk.app.db.engine() == store::Engine::Postgres {
            // Others may live there: leases have to run out.
            return;
        }
        let (_, message, _) = waiting(&desk).await;
        let (workspace, inbox, now) = (desk.caller.workspace, desk.inbox.row.id, desk.app.now());
        let held = desk
            .app
            .write(move |tx| {
                Box::pin(async move {
                    let lane = store::send_lane::waiting(tx, now).await?.remove(0);
                    let until = now + Millis::hours(1);
                    let taken = store::send_lane::take(tx, workspace, inbox, &lane, until).await?;
                    let fence = taken.expect("nobody held it").fence;
                    Ok(store::outbound::claim(tx, workspace, inbox, fence, now, 10).await?)
                })
            })
            .await
            .expect("claimed by a process that dies now");
        assert_eq!(held.len(), 1);
        let workers = app::worker::start(&desk.app, app::worker::Duties::ALL).await.expect("started");
        for _ in 0..200 {
            let sending = desk
                .app
                .read(move |tx| {
                    Box::pin(async move { Ok(store::outbound::by_message(tx, workspace, message.id).await?) })
                })
                .await
                .expect("no fault")
                .expect("it waits: nobody listens at the provider's address");
            if sending.fence > held[0].fence {
                return workers.stop().await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("nobody took the sending over");
    })
    .await;
}

/// Makes a message whose answer was lost, as a node does that takes over from a dead one.
async fn lose_the_answer(desk: &Desk, message: model::MessageId) {
    let workspace = desk.caller.workspace;
    let inbox = desk.inbox.row.id;
    let now = desk.app.now();
    desk.app
        .write(move |tx| {
            Box::pin(async move {
                let sending = store::outbound::by_message(tx, workspace, message).await?.expect("a sending");
                for one in
                    store::outbound::claim(tx, workspace, inbox, 99, now + Millis::hours(1), 10).await?
                {
                    if one.id == sending.id {
                        store::outbound::uncertain(tx, workspace, one.id, 99).await?;
                    }
                }
                let lost = model::Report { state: DeliveryState::Uncertain, at: now, failure: None };
                Ok(store::message::report(tx, workspace, message, &lost).await?)
            })
        })
        .await
        .expect("no fault");
}

/// The customer's answer to a message, by the id that the provider gave it.
fn quote(id: &str, quoted: &str, author: &str) -> Value {
    MARIA.says(
        id,
        json!({"type": "text", "timestamp": "1790000060", "text": {"body": "yes!"},
        "context": {"id": quoted, "from": author}}),
    )
}

async fn state_of(desk: &Desk, conversation: &Conversation, message: model::MessageId) -> DeliveryState {
    let thread = desk.thread(conversation).await;
    let found = thread.into_iter().find(|one| one.id == message).expect("it stands");
    found.status.expect("a status").state
}

#[tokio::test]
async fn a_customer_who_quotes_the_only_uncertain_message_settles_it() {
    on_both(async |desk| {
        let (conversation, message, _) = waiting(&desk).await;
        desk.clock.advance(Millis::minutes(1));
        lose_the_answer(&desk, message.id).await;
        desk.deliver(quote("wamid.own", "wamid.old", "5215550002222")).await;
        assert_eq!(
            state_of(&desk, &conversation, message.id).await,
            DeliveryState::Uncertain,
            "quotes herself"
        );
        desk.deliver(quote("wamid.2", "wamid.out", "15550001111")).await;
        assert_eq!(state_of(&desk, &conversation, message.id).await, DeliveryState::Delivered);
        let answer = desk.thread(&conversation).await.pop().expect("the answer");
        assert_eq!(answer.reply_to.and_then(|quoted| quoted.id), Some(message.id));
        desk.deliver(status("wamid.out", "read", None)).await;
        assert_eq!(
            state_of(&desk, &conversation, message.id).await,
            DeliveryState::Read,
            "its id is known now"
        );
    })
    .await;
}

#[tokio::test]
async fn a_reaction_settles_nothing_and_waits_for_its_message() {
    on_both(async |desk| {
        let (conversation, message, _) = waiting(&desk).await;
        desk.clock.advance(Millis::minutes(1));
        lose_the_answer(&desk, message.id).await;
        // It may be about an own message of hers that is still on its way.
        let heart = json!({"type": "reaction", "timestamp": "1790000060",
            "reaction": {"message_id": "wamid.own", "emoji": "❤️"}});
        desk.deliver(MARIA.says("wamid.2", heart)).await;
        assert_eq!(state_of(&desk, &conversation, message.id).await, DeliveryState::Uncertain);
        desk.deliver(MARIA.says(
            "wamid.own",
            json!({"type": "text", "timestamp": "1790000050",
            "text": {"body": "on its way"}}),
        ))
        .await;
        desk.clock.advance(Millis::minutes(1));
        app::worker::settle(&desk.app).await.expect("settles");
        let thread = desk.thread(&conversation).await;
        let own = thread.iter().find(|one| one.reactions.len() == 1).expect("the reaction found its message");
        assert_ne!(own.id, message.id);
    })
    .await;
}

#[tokio::test]
async fn what_can_mean_several_messages_settles_none() {
    on_both(async |desk| {
        let (conversation, first, _) = waiting(&desk).await;
        desk.clock.advance(Millis::minutes(1));
        lose_the_answer(&desk, first.id).await;
        let second = desk.reply(&conversation, "c2", "and this").await.expect("queued");
        desk.deliver(quote("wamid.2", "wamid.out", "15550001111")).await;
        assert_eq!(state_of(&desk, &conversation, first.id).await, DeliveryState::Uncertain, "not the last");
        lose_the_answer(&desk, second.id).await;
        desk.deliver(quote("wamid.3", "wamid.out", "15550001111")).await;
        for message in [first.id, second.id] {
            assert_eq!(state_of(&desk, &conversation, message).await, DeliveryState::Uncertain, "either");
        }
    })
    .await;
}
