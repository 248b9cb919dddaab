//! Business hours: what they say, who may write them, and what the bot makes of them.

use serde_json::{Value, json};

use crate::bot::Scene;
use crate::desk::{Desk, on_both};

/// Hours of Monday to Friday in Berlin, where it is Monday, 21 September 2026, 16:13 when a desk opens.
fn office(until: &str, closed: &[&str]) -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let week: Vec<Value> =
        days.iter().map(|day| json!({"day": day, "from": "09:00", "until": until})).collect();
    let closed: Vec<Value> = closed.iter().map(|date| json!({"date": date, "name": "holiday"})).collect();
    json!({"zone": "Europe/Berlin", "week": week, "closed": closed})
}

async fn last(desk: &Desk, scene: &Scene) -> String {
    scene.received(desk).pop().expect("a message")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_a_person_outside_the_hours_is_told_when_people_are_back() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        scene.owner.put("/api/hours", &office("16:00", &["2026-09-22"])).await.expect_status(200);
        scene.says(desk, "I want a refund").await;
        assert!(
            last(desk, &scene).await.contains("five working days"),
            "what is known is answered at any time"
        );
        scene.says(desk, "let me talk to a human").await;
        let told = last(desk, &scene).await;
        assert!(told.ends_with("Open again: Wednesday 09:00 (Berlin)"), "{told}");
        assert!(!told.contains("takes over"), "nobody is promised now: {told}");
        assert_eq!(
            (scene.turn(desk).await.as_str(), &scene.note(desk).await["reason"]),
            ("queue", &json!("asked"))
        );
        scene.act(desk, "hand_back", &json!({})).await;
        scene.says(desk, "我要人工客服，什么时候退款").await;
        let told = last(desk, &scene).await;
        assert!(
            told.contains("现在没有人工在线") && told.ends_with("恢复服务时间：星期三 09:00 (Berlin)"),
            "{told}"
        );
        // An inbox has its own before the workspace's; what is further away than a week has its date.
        scene.act(desk, "hand_back", &json!({})).await;
        let days: Vec<String> = (22..=30).map(|day| format!("2026-09-{day}")).collect();
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        let own = format!("/api/inboxes/{}/hours", scene.inbox);
        scene.owner.put(&own, &office("16:00", &days)).await.expect_status(200);
        scene.says(desk, "let me talk to a human please").await;
        let told = last(desk, &scene).await;
        assert!(told.ends_with("Open again: Thursday 2026-10-01 09:00 (Berlin)"), "{told}");
        // Inside the hours somebody is promised.
        scene.act(desk, "hand_back", &json!({})).await;
        scene.owner.put(&own, &office("18:00", &[])).await.expect_status(200);
        scene.says(desk, "an agent please").await;
        let told = last(desk, &scene).await;
        assert!(told.ends_with("A person takes over from here."), "{told}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_of_the_quiet_hours_leaves_the_others_to_people() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let setting = json!({"enabled": true, "threshold": 70, "times": "closed"});
        scene.switch(setting).await;
        scene.owner.put("/api/hours", &office("18:00", &[])).await.expect_status(200);
        scene.says(desk, "I want a refund").await;
        assert_eq!(
            (scene.received(desk).len(), scene.turn(desk).await.as_str()),
            (0, "queue"),
            "people are there"
        );
        let id = desk.only_conversation(&scene.owner).await["id"].as_str().expect("an id").to_owned();
        let refused = scene.owner.post(&format!("/api/conversations/{id}/hand_back"), &json!({})).await;
        assert_eq!(refused.expect_status(409).code(), "no_bot");
        scene.act(desk, "resolve", &json!({})).await;
        scene.owner.put("/api/hours", &office("16:00", &[])).await.expect_status(200);
        scene.says(desk, "I want a refund").await;
        assert!(last(desk, &scene).await.contains("five working days"), "nobody is there");
        assert_eq!(scene.turn(desk).await, "bot");
        // When people come, what is written next is theirs.
        scene.owner.put("/api/hours", &office("18:00", &[])).await.expect_status(200);
        scene.says(desk, "I forgot my password").await;
        assert_eq!((scene.received(desk).len(), scene.turn(desk).await.as_str()), (1, "queue"));
        // Where no hours are written nobody is known to be there.
        scene.act(desk, "resolve", &json!({})).await;
        scene.owner.delete("/api/hours").await.expect_status(200);
        scene.says(desk, "I forgot my password").await;
        assert_eq!((scene.received(desk).len(), scene.turn(desk).await.as_str()), (2, "bot"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_are_the_inbox_s_own_or_the_workspace_s() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let own = format!("/api/inboxes/{}/hours", scene.inbox);
        let owner = &scene.owner;
        let none = json!({"hours": null, "own": false, "open": null, "opens_at": null});
        assert_eq!(owner.get("/api/hours").await.expect_status(200).json(), none);
        assert_eq!(owner.get(&own).await.expect_status(200).json(), none);
        let (whole, late) = (office("16:00", &[]), office("18:00", &["2026-12-25"]));
        let kept = owner.put("/api/hours", &whole).await.expect_status(200).json();
        // Tuesday, 22 September 2026, 09:00 in Berlin.
        let closed = json!({"hours": whole, "own": true, "open": false, "opens_at": 1_790_060_400_000_i64});
        assert_eq!(kept, closed);
        let mut inherited = closed.clone();
        inherited["own"] = json!(false);
        assert_eq!(owner.get(&own).await.expect_status(200).json(), inherited);
        let open = json!({"hours": late, "own": true, "open": true, "opens_at": null});
        assert_eq!(owner.put(&own, &late).await.expect_status(200).json(), open);
        assert_eq!(owner.get("/api/hours").await.json(), closed);
        assert_eq!(owner.delete(&own).await.expect_status(200).json(), inherited);
        let wrong = json!({"zone": "Berlin", "week": [{"day": "monday", "from": "9", "until": "17:00"}],
            "closed": [{"date": "25.12.2026"}]});
        let refused = owner.put("/api/hours", &wrong).await;
        assert_eq!(refused.expect_status(422).fields(), ["zone", "week.0.from", "closed.0.date"]);
        let agent = desk.agent(owner, "Ben", "agent").await;
        assert_eq!(agent.get(&own).await.expect_status(200).json(), inherited);
        agent.put(&own, &late).await.expect_status(403);
        agent.delete("/api/hours").await.expect_status(403);
        let stranger = desk.stranger().await;
        for reply in [stranger.get(&own).await, stranger.put(&own, &late).await, stranger.delete(&own).await]
        {
            reply.expect_status(404);
        }
        assert_eq!(stranger.get("/api/hours").await.expect_status(200).json(), none);
    })
    .await;
}
