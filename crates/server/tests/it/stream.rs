//! The event stream: nothing missed, nothing doubled, nobody who has left.

use std::time::{Duration, Instant};

use model::Millis;
use serde_json::{Value, json};
use sim::CustomerMessage;

use crate::browser::Browser;
use crate::desk::{Desk, on_both};
use crate::wire::Wire;

/// The workspace's last number.
async fn head(browser: &Browser) -> i64 {
    browser.get("/api/session").await.expect_status(200).json()["seq"].as_i64().expect("a number")
}

/// Makes so many changes.
async fn make_labels(browser: &Browser, names: std::ops::Range<usize>) {
    for name in names {
        let label = json!({"name": format!("label {name}"), "color": "red"});
        browser.post("/api/labels", &label).await.expect_status(201);
    }
}

/// Makes very many changes at once, as only a whole shift does.
async fn make_changes(desk: &Desk, browser: &Browser, count: usize, of: &Value) {
    let me = browser.get("/api/session").await.json();
    let workspace = me["workspace"]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let reply: model::QuickReplyId = of["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let change = store::event::NewChange::of(model::EventKind::QuickReply, reply.0);
    let now = desk.app.now();
    let seq = desk.app.write(move |tx| {
        Box::pin(async move { Ok(store::event::append(tx, workspace, &vec![change; count], now).await?) })
    });
    desk.app.bell.events(workspace, seq.await.expect("appended"));
}

/// A saved reply of so many characters.
async fn make_reply(browser: &Browser, length: usize) -> Value {
    let reply = json!({"shortcut": "long", "body": "x".repeat(length)});
    browser.post("/api/quick_replies", &reply).await.expect_status(201).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_arrive_with_the_present_state_and_without_a_gap() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let since = head(&owner).await;
        let mut wire = Wire::open(&owner, Some(since)).await;
        let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
        desk.sim.send(&maria, CustomerMessage::text("hello")).await;
        desk.settle().await;
        let conversation = desk.only_conversation(&owner).await;
        let id = conversation["id"].as_str().expect("an id");
        owner.post(&format!("/api/conversations/{id}/resolve"), &json!({})).await.expect_status(200);
        let last = head(&owner).await;
        let events = wire.events_up_to(since, last).await;
        let message = events.iter().find(|event| event["kind"] == "message").expect("the message");
        assert_eq!(message["message"]["content"]["text"], "hello");
        assert_eq!(message["conversation"]["id"], conversation["id"]);
        assert!(message["id"].as_str().is_some_and(|id| id.starts_with("ms_")));
        let resolved = events.iter().rev().find(|event| event["conversation"].is_object()).expect("resolved");
        assert_eq!(resolved["conversation"]["state"], "resolved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_change_tells_what_a_list_needs() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let mut wire = Wire::open(&owner, Some(head(&owner).await)).await;
        let label = owner.post("/api/labels", &json!({"name": "x", "color": "red"})).await.json();
        assert_eq!(wire.event().await["label"], label);
        let path = format!("/api/labels/{}", label["id"].as_str().expect("an id"));
        owner.delete(&path).await.expect_status(204);
        let gone = wire.event().await;
        assert_eq!((&gone["deleted"], &gone["label"]), (&label["id"], &Value::Null));
        let reply = owner.post("/api/quick_replies", &json!({"shortcut": "x", "body": "y"})).await.json();
        assert_eq!(wire.event().await["quick_reply"], reply);
        let me = owner.patch("/api/me", &json!({"name": "Olga O."})).await.json();
        assert_eq!(wire.event().await["agent"], me["agent"]);
        let inbox = desk.connect(&owner).await;
        let event = wire.event().await;
        assert_eq!((&event["kind"], &event["id"]), (&json!("inbox"), &inbox["id"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_comes_back_misses_nothing() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let mut wire = Wire::open(&owner, Some(head(&owner).await)).await;
        make_labels(&owner, 0..3).await;
        let first = head(&owner).await;
        let seen = wire.events_up_to(first - 3, first - 1).await;
        assert_eq!(seen.len(), 2);
        // Gone before the third; more happens while nobody listens, and while the server is another one.
        drop(wire);
        make_labels(&owner, 3..6).await;
        desk.restart().await;
        make_labels(&owner, 6..9).await;
        let mut wire = Wire::open(&owner, Some(first - 1)).await;
        make_labels(&owner, 9..12).await;
        let last = head(&owner).await;
        let events = wire.events_up_to(first - 1, last).await;
        let names: Vec<&str> = events.iter().filter_map(|event| event["label"]["name"].as_str()).collect();
        let expected: Vec<String> = (2..12).map(|name| format!("label {name}")).collect();
        assert_eq!(names, expected);
        let mut second = Wire::open(&owner, Some(last - 4)).await;
        assert_eq!(second.events_up_to(last - 4, last).await.len(), 4, "from memory as from the store");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_between_reading_and_listening() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let since = head(&owner).await;
        let writer = owner.twin();
        let writing = async { make_labels(&writer, 0..40).await };
        let reading = async {
            let mut whole = Vec::new();
            for _ in 0..8 {
                let mut wire = Wire::open(&owner, Some(since)).await;
                let before = wire.event().await;
                assert_eq!(before["seq"], since + 1);
                whole.push(wire);
            }
            whole
        };
        let ((), wires) = tokio::join!(writing, reading);
        let last = head(&owner).await;
        assert_eq!(last, since + 40);
        for mut wire in wires {
            wire.events_up_to(since + 1, last).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_missed_too_much_starts_over() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let reply = make_reply(&owner, 1).await;
        let since = head(&owner).await;
        make_changes(desk, &owner, 5001, &reply).await;
        let mut wire = Wire::open(&owner, Some(since)).await;
        assert_eq!(wire.frame().await.expect("a frame"), json!({"type": "reset", "seq": since + 5001}));
        make_labels(&owner, 1..2).await;
        assert_eq!(wire.event().await["seq"], since + 5002);
        let mut whole = Wire::open(&owner, Some(since + 2)).await;
        whole.events_up_to(since + 2, since + 5002).await;
        let mut ahead = Wire::open(&owner, Some(since + 900_000)).await;
        let reset = json!({"type": "reset", "seq": since + 5002});
        assert_eq!(ahead.frame().await.expect("a frame"), reset, "a number of another database");
        let mut now = Wire::open(&owner, None).await;
        make_labels(&owner, 2..3).await;
        assert_eq!(now.event().await["seq"], since + 5003);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pruned_events_are_no_gap() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        make_labels(&owner, 0..3).await;
        desk.clock.advance(Millis::days(1));
        let cut = desk.app.now();
        make_labels(&owner, 3..5).await;
        let last = head(&owner).await;
        let pruned =
            desk.app.write(move |tx| Box::pin(async move { Ok(store::event::prune(tx, cut).await?) }));
        assert!(pruned.await.expect("pruned") >= 3);
        let mut wire = Wire::open(&owner, Some(1)).await;
        assert_eq!(wire.frame().await.expect("a frame"), json!({"type": "reset", "seq": last}));
        let mut recent = Wire::open(&owner, Some(last - 2)).await;
        recent.events_up_to(last - 2, last).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_keep_up_is_told_to_come_back() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let reply = make_reply(&owner, 4000).await;
        let since = head(&owner).await;
        let mut slow = Wire::open(&owner, Some(since)).await;
        let mut quick = Wire::open(&owner, Some(since)).await;
        // Far more than the queue and the line's own buffers hold, while `slow` does not read.
        let mut last = since;
        for _ in 0..20 {
            make_changes(desk, &owner, 500, &reply).await;
            quick.events_up_to(last, last + 500).await;
            last += 500;
        }
        let mut seen = since;
        let goodbye = loop {
            match slow.frame().await {
                Some(frame) if frame["type"] == "event" => {
                    seen += 1;
                    assert_eq!(frame["seq"], seen, "no gap before the goodbye either");
                }
                other => break other,
            }
        };
        // Whoever is stuck for too long does not even hear the goodbye.
        assert!(goodbye.as_ref().is_none_or(|bye| bye["reason"] == "slow"), "{goodbye:?}");
        assert!(seen < last, "the whole stream went through a line that nobody read");
        let mut again = Wire::open(&owner, Some(last - 100)).await;
        again.events_up_to(last - 100, last).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_listen_is_refused() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        assert_eq!(Wire::try_open(&desk.browser(), None, &owner.origin()).await.err(), Some(401));
        assert_eq!(Wire::try_open(&owner, None, "http://evil.example").await.err(), Some(403));
        assert_eq!(Wire::try_open(&owner, None, "null").await.err(), Some(403));
        // Another workspace's events are another stream.
        let stranger = desk.stranger().await;
        let mut theirs = Wire::open(&stranger, None).await;
        make_labels(&owner, 0..2).await;
        make_labels(&stranger, 7..8).await;
        assert_eq!(theirs.event().await["label"]["name"], "label 7");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_its_session_within_a_second() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let ben = desk.agent(&owner, "Ben", "agent").await;
        let id = ben.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned();
        let elsewhere = desk.sign_in("ben@example.com").await;
        let mut signed_out = Wire::open(&ben, None).await;
        let mut remaining = Wire::open(&elsewhere, None).await;
        let began = Instant::now();
        ben.delete("/api/session").await.expect_status(204);
        assert_eq!(signed_out.goodbye().await, "revoked");
        assert!(began.elapsed() < Duration::from_secs(1), "it took {:?}", began.elapsed());
        assert_eq!(remaining.event().await["kind"], "agent", "the other session's socket stays");
        let began = Instant::now();
        owner.patch(&format!("/api/agents/{id}"), &json!({"disabled": true})).await.expect_status(200);
        loop {
            let frame = remaining.frame().await.expect("a goodbye");
            if frame["type"] == "bye" {
                assert_eq!(frame["reason"], "revoked");
                break;
            }
        }
        assert!(began.elapsed() < Duration::from_secs(1), "it took {:?}", began.elapsed());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_at_another_node_ends_its_sockets_here() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let mut wire = Wire::open(&owner, None).await;
        let me = owner.get("/api/session").await.json();
        let workspace: model::WorkspaceId =
            me["workspace"]["id"].as_str().and_then(|id| id.parse().ok()).expect("id");
        let agent: model::AgentId = me["agent"]["id"].as_str().and_then(|id| id.parse().ok()).expect("id");
        let now = desk.app.now();
        // What another node does: the rows change and this node's bell does not ring.
        let ended = desk.app.write(move |tx| {
            Box::pin(async move {
                store::session::delete_all(tx, workspace, agent).await?;
                let change = store::event::NewChange::of(model::EventKind::Agent, agent.0);
                Ok(store::event::append(tx, workspace, &[change], now).await?)
            })
        });
        ended.await.expect("ended");
        let began = Instant::now();
        // The change may be told first; the session may also be looked at before it is.
        let mut frame = wire.frame().await.expect("a frame");
        if frame["type"] == "event" {
            assert_eq!(frame["kind"], "agent");
            frame = wire.frame().await.expect("a goodbye");
        }
        assert_eq!((&frame["type"], &frame["reason"]), (&"bye".into(), &"revoked".into()), "{frame}");
        assert!(began.elapsed() < Duration::from_secs(10), "the next heartbeat would have told");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_says_goodbye() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let mut wire = Wire::open(&owner, None).await;
        let ((), reason) = tokio::join!(desk.restart(), wire.goodbye());
        assert_eq!(reason, "shutdown");
        Wire::open(&owner, None).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_told_to_colleagues_alone() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
        desk.sim.send(&maria, CustomerMessage::text("hello")).await;
        desk.settle().await;
        let conversation = desk.only_conversation(&owner).await["id"].clone();
        let ben = desk.agent(&owner, "Ben", "agent").await;
        let me = owner.get("/api/session").await.json()["agent"]["id"].clone();
        let mut own = Wire::open(&owner, None).await;
        let mut colleague = Wire::open(&ben, None).await;
        own.say(&json!({"type": "typing", "conversation_id": conversation})).await;
        let told = colleague.frame().await.expect("a frame");
        assert_eq!(told, json!({"type": "typing", "conversation_id": conversation, "agent_id": me}));
        own.say(&json!({"type": "dance"})).await;
        own.say(&json!("not a frame")).await;
        make_labels(&owner, 0..1).await;
        assert_eq!(own.frame().await.expect("a frame")["type"], "event", "one's own typing is not told");
        desk.settle().await;
        let shown = desk.sim.profile(&maria).and_then(|profile| profile.typing_until);
        assert!(shown.is_some(), "the customer is shown that we type");
    })
    .await;
}
