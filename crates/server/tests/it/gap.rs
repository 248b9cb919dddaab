//! Accepted is shown: the gap monitor finds what is not, tells it, and mends it; and it finds nothing in what is as it
//! must be.

use model::{GapReason, InboundId, MessageId, Millis, WorkspaceId};
use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage, Effect, Status};
use store::Tx;

use crate::alarm::standing;
use crate::browser::Browser;
use crate::desk::{Desk, on_both};

/// Notes a gap with a delivery that the workspace has, as the monitor would.
pub(crate) async fn open(desk: &Desk, delivery: &Value) {
    let id: InboundId = parsed(&delivery["id"]);
    let opened = desk.app.write(move |tx| {
        Box::pin(async move {
            for (workspace, _) in store::event::heads(tx).await? {
                store::gap::open(tx, workspace, id, GapReason::MessageMissing, "wamid.x", Millis(5)).await?;
            }
            Ok(())
        })
    });
    opened.await.expect("a gap");
}

fn parsed<T: std::str::FromStr>(id: &Value) -> T {
    id.as_str().and_then(|id| id.parse().ok()).expect("an id")
}

/// Lets the monitor look at everything that came until now, and then for alarms.
async fn audit(desk: &Desk) {
    desk.clock.advance(Millis::seconds(61));
    app::gap::audit(&desk.app).await.expect("the monitor looks");
    app::alarm::look(&desk.app).await.expect("a look");
}

async fn gaps(owner: &Browser) -> Vec<Value> {
    owner.get("/api/gaps").await.expect_status(200).items()
}

async fn nothing_unseen(desk: &Desk) -> bool {
    let unseen = desk.app.read(|tx| Box::pin(async { Ok(store::gap::oldest_unseen(tx).await?) }));
    unseen.await.expect("the store answers").is_none()
}

/// Does something to the store that no use case does.
async fn tamper<F>(desk: &Desk, with: F)
where
    F: for<'t> FnOnce(&'t mut Tx, WorkspaceId) -> futures_util::future::BoxFuture<'t, store::Result<bool>>
        + Send
        + 'static,
{
    let done = desk.app.write(move |tx| {
        Box::pin(async move {
            let workspace = store::event::heads(tx).await?[0].0;
            Ok(with(tx, workspace).await?)
        })
    });
    assert!(done.await.expect("the store takes it"), "there is such a message");
}

async fn setup(desk: &Desk) -> (Browser, CustomerId) {
    let owner = desk.owner().await;
    desk.connect(&owner).await;
    (owner, desk.sim.customer("Maria", Some("+34 600 111 222"), None).await)
}

async fn message(desk: &Desk, owner: &Browser, place: usize) -> (Value, MessageId) {
    let conversation = desk.only_conversation(owner).await;
    let id = parsed(&desk.thread(owner, &conversation).await[place]["id"]);
    (conversation, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_vanished_raises_an_alarm_and_a_replay_brings_it_back() {
    on_both(async |desk| {
        let (owner, maria) = setup(desk).await;
        desk.sim.send(&maria, CustomerMessage::text("one")).await;
        let lost = desk.sim.send(&maria, CustomerMessage::text("two")).await;
        desk.settle().await;
        let (conversation, id) = message(desk, &owner, 1).await;
        tamper(desk, move |tx, ws| Box::pin(store::testing::lose(tx, ws, id))).await;
        app::gap::audit(&desk.app).await.expect("the monitor looks");
        assert!(gaps(&owner).await.is_empty(), "what came just now is left alone");
        audit(desk).await;
        let found = gaps(&owner).await;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!((&found[0]["reason"], &found[0]["detail"]), (&json!("message_missing"), &json!(lost)));
        assert_eq!(standing(&owner).await, ["gap"]);
        let path = format!("/api/gaps/{}", found[0]["id"].as_str().expect("an id"));
        let body = owner.get(&path).await.expect_status(200).json();
        assert!(body["body"].as_str().is_some_and(|body| body.contains("two")));
        assert_eq!(owner.get("/api/operation").await.expect_status(200).json()["gaps"], 1);

        owner.post(&format!("{path}/replay"), &Value::Null).await.expect_status(202);
        desk.settle().await;
        assert!(
            gaps(&owner).await[0]["replayed_at"].is_i64(),
            "it stays until the monitor has seen the message"
        );
        audit(desk).await;
        assert!(gaps(&owner).await.is_empty());
        owner.get(&path).await.expect_status(404);
        assert!(standing(&owner).await.is_empty());
        let past = owner.get("/api/alarms").await.json()["past"].clone();
        assert_eq!((&past[0]["kind"], past[0]["cleared_at"].is_i64()), (&json!("gap"), true));
        let texts: Vec<Value> = desk
            .thread(&owner, &conversation)
            .await
            .iter()
            .map(|message| message["content"]["text"].clone())
            .collect();
        assert_eq!(texts, [json!("one"), json!("two")], "nothing is doubled");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_under_somebody_else_is_a_gap_until_a_person_has_seen_to_it() {
    on_both(async |desk| {
        let (owner, maria) = setup(desk).await;
        let otto = desk.sim.customer("Otto", Some("+49 170 111 222"), None).await;
        desk.sim.send(&maria, CustomerMessage::text("mine")).await;
        desk.sim.send(&maria, CustomerMessage::text("secret")).await;
        desk.sim.send(&otto, CustomerMessage::text("hello")).await;
        desk.settle().await;
        let all = owner.get("/api/conversations?state=all").await.items();
        let of = |name: &str| all.iter().find(|one| one["contact"]["name"] == name).expect("theirs").clone();
        let secret: MessageId = parsed(&desk.thread(&owner, &of("Maria")).await[1]["id"]);
        let ottos = parsed(&of("Otto")["id"]);
        tamper(desk, move |tx, ws| Box::pin(store::testing::misfile(tx, ws, secret, ottos))).await;
        audit(desk).await;
        let found = gaps(&owner).await;
        assert_eq!((found.len(), &found[0]["reason"]), (1, &json!("other_person")));
        let path = format!("/api/gaps/{}", found[0]["id"].as_str().expect("an id"));
        owner.delete(&path).await.expect_status(204);
        owner.delete(&path).await.expect_status(404);
        audit(desk).await;
        assert!(standing(&owner).await.is_empty() && gaps(&owner).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_left_no_trace_is_a_gap_and_a_replay_applies_it() {
    on_both(async |desk| {
        let (owner, maria) = setup(desk).await;
        desk.sim.send(&maria, CustomerMessage::text("hi")).await;
        desk.settle().await;
        let (conversation, _) = message(desk, &owner, 0).await;
        let path = format!("/api/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
        owner.post(&path, &json!({"client_id": "1", "text": "hello"})).await.expect_status(201);
        desk.settle().await;
        desk.sim.status(&desk.sim.received(&maria)[0].wamid, Status::Delivered).await;
        desk.settle().await;
        let (_, id) = message(desk, &owner, 1).await;
        tamper(desk, move |tx, ws| Box::pin(store::testing::set_back(tx, ws, id))).await;
        audit(desk).await;
        let found = gaps(&owner).await;
        assert_eq!((found.len(), &found[0]["reason"]), (1, &json!("status_behind")));
        let gap = format!("/api/gaps/{}/replay", found[0]["id"].as_str().expect("an id"));
        owner.post(&gap, &Value::Null).await.expect_status(202);
        desk.settle().await;
        audit(desk).await;
        assert!(gaps(&owner).await.is_empty());
        let thread = desk.thread(&owner, &conversation).await;
        assert_eq!(thread[1]["status"]["state"], "delivered");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_not_passed_over_and_the_place_is_kept() {
    on_both(async |desk| {
        let (owner, maria) = setup(desk).await;
        desk.sim.send(&maria, CustomerMessage::text("one")).await;
        desk.settle().await;
        audit(desk).await;
        let (_, first) = message(desk, &owner, 0).await;
        desk.sim.send(&maria, CustomerMessage::text("two")).await;
        audit(desk).await;
        assert!(gaps(&owner).await.is_empty(), "it still waits in its lane");
        assert!(!nothing_unseen(desk).await);
        desk.restart().await;
        // The first was looked at before: the walk does not begin anew.
        tamper(desk, move |tx, ws| Box::pin(store::testing::lose(tx, ws, first))).await;
        desk.settle().await;
        let (_, second) = message(desk, &owner, 0).await;
        tamper(desk, move |tx, ws| Box::pin(store::testing::lose(tx, ws, second))).await;
        audit(desk).await;
        assert_eq!(gaps(&owner).await.len(), 1);
        assert!(nothing_unseen(desk).await);
        let until = owner.get("/api/operation").await.json()["audited_until"].as_i64().expect("a time");
        assert!(until > crate::desk::BEGIN.0, "{until}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_as_it_must_be_raises_nothing() {
    on_both(async |desk| {
        let (owner, maria) = setup(desk).await;
        desk.sim.failures().update(|switches| switches.duplicate_percent = 100);
        let first = desk.sim.send(&maria, CustomerMessage::text("hi")).await;
        desk.settle().await;
        let (conversation, _) = message(desk, &owner, 0).await;
        let id = conversation["id"].as_str().expect("an id").to_owned();
        let write = async |client: &str, effect: Option<Effect>| {
            if let Some(effect) = effect {
                desk.sim.failures().next_sends(1, effect);
            }
            let path = format!("/api/conversations/{id}/messages");
            let draft = json!({"client_id": client, "text": client});
            let message = owner.post(&path, &draft).await.expect_status(201).json();
            desk.settle().await;
            message["id"].as_str().expect("an id").to_owned()
        };
        write("plain", None).await;
        write("status before the answer", Some(Effect::StatusFirst)).await;
        write("no answer", Some(Effect::LoseResponse)).await;
        for sent in desk.sim.received(&maria) {
            // Out of order, and twice.
            desk.sim.status(&sent.wamid, Status::Read).await;
            desk.sim.status(&sent.wamid, Status::Delivered).await;
            desk.sim.status(&sent.wamid, Status::Delivered).await;
        }
        // It fails after it was sent and goes out again under another id before the monitor looks.
        let failed = write("again", Some(Effect::FailLater { code: 131_026 })).await;
        loop {
            // The report comes when the provider likes.
            desk.settle().await;
            let thread = desk.thread(&owner, &conversation).await;
            let again = thread.iter().find(|message| message["id"] == failed.as_str()).expect("it");
            if again["status"]["state"] == "failed" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        owner.post(&format!("/api/messages/{failed}/retry"), &json!({})).await.expect_status(200);
        desk.settle().await;
        let path = format!("/api/messages/{}/reaction", message(desk, &owner, 0).await.1);
        owner.put(&path, &json!({"emoji": "❤️"})).await.expect_status(200);
        desk.settle().await;
        let sent = desk.sim.received(&maria)[0].wamid.clone();
        desk.sim.react(&maria, &sent, Some("👍")).await;
        desk.sim.edit(&maria, &first, "hello").await;
        desk.sim.revoke(&maria, &first).await;
        desk.sim.react(&maria, "wamid.nobody-has-it", Some("👍")).await;
        for what in [
            CustomerMessage::Unsupported { kind: "poll_creation".to_owned() },
            CustomerMessage::Raw { kind: "hologram".to_owned(), body: json!({"x": 1}) },
            CustomerMessage::Contacts { name: "Ann".to_owned(), phone: "+1 555 0100".to_owned() },
        ] {
            desk.sim.send(&maria, what).await;
        }
        let contact = conversation["contact"]["id"].as_str().expect("an id");
        owner.post(&format!("/api/contacts/{contact}/block"), &Value::Null).await;
        desk.sim.send(&maria, CustomerMessage::text("blocked")).await;
        desk.sim.change_number(&maria, "+34 600 999 999").await;
        desk.sim.send(&maria, CustomerMessage::text("from the new number")).await;
        // The old number passes to somebody else.
        let nuria = desk.sim.customer("Nuria", Some("+34 600 111 222"), None).await;
        desk.sim.send(&nuria, CustomerMessage::text("who had this number?")).await;
        desk.settle().await;
        audit(desk).await;
        assert!(gaps(&owner).await.is_empty(), "{:#?}", gaps(&owner).await);
        assert!(nothing_unseen(desk).await, "all was looked at");
        assert!(standing(&owner).await.is_empty());
        for _ in 0..8 {
            // The reaction to what nobody has waits for days.
            desk.clock.advance(Millis::days(1));
            desk.settle().await;
        }
    })
    .await;
}
