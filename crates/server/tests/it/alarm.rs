//! What calls for an operator: raised, told, and over when it is over.

use model::Millis;
use serde_json::{Value, json};
use sim::{CustomerMessage, Effect};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

/// The kinds of the alarms that stand.
pub(crate) async fn standing(owner: &Browser) -> Vec<Value> {
    let alarms = owner.get("/api/alarms").await.expect_status(200).json();
    let mut kinds: Vec<Value> =
        alarms["standing"].as_array().expect("a list").iter().map(|alarm| alarm["kind"].clone()).collect();
    kinds.sort_by_key(Value::to_string);
    kinds
}

/// Looks, and tells what stands afterwards.
async fn look(desk: &Desk, owner: &Browser) -> Vec<Value> {
    app::alarm::look(&desk.app).await.expect("a look");
    standing(owner).await
}

/// What the consoles were told of alarms so far.
async fn told(desk: &Desk) -> usize {
    let (workspace, _) = app::event::heads(&desk.app).await.expect("heads")[0];
    let following = app::event::frames(&desk.app, workspace, 0, 1000).await.expect("frames");
    let app::event::Following::Frames(frames) = following else { panic!("nothing was pruned") };
    frames.iter().filter(|frame| frame.kind == model::EventKind::Alarm).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_or_was_given_up_calls_until_it_is_over() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        assert!(look(desk, &owner).await.is_empty());
        let hook = inbox["callback_url"].as_str().expect("an address");
        let secret = desk.sim.config().app_secret.clone();
        crate::hooks::deliver(&desk.browser(), hook, b"broken", &secret).await.expect_status(200);
        assert!(look(desk, &owner).await.is_empty(), "it has only just come");
        desk.clock.advance(Millis::seconds(31));
        assert_eq!(look(desk, &owner).await, ["lag"]);
        assert_eq!(look(desk, &owner).await, ["lag"], "it stands once");
        let waits = owner.get("/api/operation").await.expect_status(200).json();
        assert_eq!(
            (&waits["inboxes"][0]["inbox_id"], &waits["inboxes"][0]["deliveries"]["count"]),
            (&inbox["id"], &json!(1))
        );
        assert_eq!(
            waits["at"]
                .as_i64()
                .zip(waits["inboxes"][0]["deliveries"]["since"].as_i64())
                .map(|(at, since)| at - since),
            Some(31_000)
        );
        desk.settle().await;
        assert_eq!(look(desk, &owner).await, ["parked"]);
        assert_eq!(told(desk).await, 3, "raised, cleared, raised");

        let replayed = owner.post("/api/parked/replay", &Value::Null).await.expect_status(202).json();
        assert_eq!(replayed["count"], 1);
        assert!(look(desk, &owner).await.is_empty(), "nothing is parked now");
        desk.settle().await;
        assert_eq!(look(desk, &owner).await, ["parked"], "it is as broken as before");
        let alarms = owner.get("/api/alarms").await.json();
        assert_eq!(alarms["standing"][0]["inbox_id"], inbox["id"]);
        assert_eq!(alarms["past"].as_array().map(Vec::len), Some(2));
        let stranger = desk.stranger().await;
        assert!(standing(&stranger).await.is_empty(), "another workspace is told nothing");
        assert_eq!(stranger.post("/api/parked/replay", &Value::Null).await.json()["count"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uncertain_message_and_a_refused_inbox_call() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
        desk.sim.send(&maria, CustomerMessage::text("hi")).await;
        desk.settle().await;
        let conversation = desk.only_conversation(&owner).await;
        let path = format!("/api/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
        desk.sim.failures().next_sends(1, Effect::LoseResponse);
        owner.post(&path, &json!({"client_id": "1", "text": "hello"})).await.expect_status(201);
        desk.settle().await;
        assert!(look(desk, &owner).await.is_empty(), "a report may settle it yet");
        desk.clock.advance(Millis::seconds(61));
        assert_eq!(look(desk, &owner).await, ["uncertain"]);
        let wamid = desk.sim.received(&maria)[0].wamid.clone();
        desk.sim.status(&wamid, sim::Status::Delivered).await;
        desk.settle().await;
        assert!(look(desk, &owner).await.is_empty());

        desk.sim.failures().next(sim::Target::Account, 9, Effect::Refuse { code: 190 });
        let check = format!("/api/inboxes/{}/check", inbox["id"].as_str().expect("an id"));
        let checked = owner.post(&check, &Value::Null).await.expect_status(200).json();
        assert_eq!(checked["health"]["state"], "error");
        assert_eq!(look(desk, &owner).await, ["refused"]);
        owner.delete(&format!("/api/inboxes/{}", inbox["id"].as_str().expect("an id"))).await;
        assert!(look(desk, &owner).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_and_a_monitor_far_behind_call() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
        desk.sim.send(&maria, CustomerMessage::text("hi")).await;
        desk.settle().await;
        assert!(look(desk, &owner).await.is_empty());
        desk.clock.advance(Millis::minutes(-10));
        assert_eq!(look(desk, &owner).await, ["clock"]);
        desk.clock.advance(Millis::minutes(10));
        assert!(look(desk, &owner).await.is_empty());
        desk.clock.advance(Millis::minutes(16));
        assert_eq!(look(desk, &owner).await, ["unaudited"]);
        app::gap::audit(&desk.app).await.expect("the monitor looks");
        assert!(look(desk, &owner).await.is_empty());
    })
    .await;
}
