//! The control API and the phone page, as a browser uses them.

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use sim::{Config, State};

use crate::desk::Desk;

struct Browser<'a>(&'a Desk);

impl Browser<'_> {
    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let mut request = self.0.http.request(method, format!("{}{path}", self.0.sim.graph_url()));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("text");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask("POST", path, Some(body)).await;
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask("GET", path, None).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
}

#[tokio::test]
async fn a_conversation_is_held_through_the_control_api() {
    let desk = Desk::start_with(Config { people: true, ..Config::test() }).await;
    let browser = Browser(&desk);
    let state = browser.get("/sim/state").await;
    let names: Vec<_> =
        state["customers"].as_array().expect("a list").iter().map(|one| &one["profile"]["name"]).collect();
    assert_eq!(names, ["Maria García", "李伟", "عمر الخطيب", "Priya Sharma"]);
    let new = browser.post("/sim/customers", json!({ "name": "Kofi", "phone": "+233 20 1" })).await;
    assert_eq!((&new["id"], &new["phone"]), (&json!(5), &json!("233201")));
    let message =
        json!({ "type": "image", "bytes": "iVBORw0KGgo=", "mime": "image/png", "caption": "¿Esto?" });
    let sent = browser.post("/sim/customers/1/messages", json!({ "message": message })).await;
    let own = sent["wamid"].as_str().expect("an id");
    assert_eq!(desk.last()["messages"][0]["image"]["caption"], "¿Esto?");
    let rows = json!([{ "rows": [{ "id": "1", "title": "Uno", "description": "primero" }] }]);
    let list = json!({ "type": "list", "body": { "text": "¿Cuál?" }, "action": { "button": "Ver", "sections": rows } });
    let theirs = desk.send("+34612345678", "interactive", list).await;
    let chat = browser.get("/sim/customers/1/chat").await;
    assert_eq!(chat["messages"][0]["file"]["mime"], "image/png");
    let choice = chat["messages"][1]["choices"][0].clone();
    assert_eq!(choice, json!({ "type": "list_reply", "id": "1", "title": "Uno", "description": "primero" }));
    browser.post("/sim/customers/1/messages", json!({ "message": choice, "quoted": theirs })).await;
    assert_eq!(desk.last()["messages"][0]["interactive"]["list_reply"]["id"], "1");
    browser.post("/sim/customers/1/reactions", json!({ "message": theirs, "emoji": "🙏" })).await;
    browser.post("/sim/customers/1/edits", json!({ "message": own, "text": "¿Y esto?" })).await;
    browser.post("/sim/customers/1/revocations", json!({ "message": own })).await;
    browser.post("/sim/statuses", json!({ "message": theirs, "status": "sent" })).await;
    browser.post("/sim/customers/1/open", json!({ "open": true })).await;
    assert_eq!(desk.sim.message(&theirs).map(|one| one.state), Some(State::Read));
    browser.post("/sim/statuses", json!({ "message": theirs, "status": "failed", "code": 131026 })).await;
    assert_eq!(desk.statuses().last().expect("a status")["errors"][0]["code"], 131026);
    let moved = browser.post("/sim/customers/1/number", json!({ "phone": "+34 699" })).await;
    assert_eq!(moved["phone"], "34699");
    let file = browser.get("/sim/customers/1/chat").await["messages"][0]["file"]["url"].clone();
    let answer =
        desk.http.get(format!("{}{}", desk.sim.graph_url(), file.as_str().expect("a url"))).send().await;
    assert_eq!(answer.expect("an answer").headers()["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn switches_and_checks_are_reached_through_the_control_api() {
    let desk = Desk::start().await;
    let browser = Browser(&desk);
    let fault = json!({ "on": "send", "times": 2, "effect": { "kind": "refuse", "code": 131000 } });
    let switches = browser.post("/sim/faults", fault.clone()).await;
    assert_eq!(switches["faults"], json!([fault]));
    let (status, switches) =
        browser.ask("PUT", "/sim/failures", Some(json!({ "duplicate_percent": 30 }))).await;
    assert_eq!((status, &switches["duplicate_percent"], &switches["faults"]), (200, &json!(30), &json!([])));
    assert_eq!(browser.get("/sim/failures").await, switches);
    assert_eq!(browser.post("/sim/webhook/verify", json!({})).await, json!({ "ok": true }));
    browser.ask("PUT", "/sim/webhook", Some(json!({ "url": "http://127.0.0.1:9/none" }))).await;
    assert_eq!(browser.post("/sim/webhook/verify", json!({})).await["ok"], false);
    let before = desk.sim.now();
    browser.post("/sim/clock", json!({ "advance_seconds": 3600 })).await;
    assert!(desk.sim.now() - before >= 3_600_000);
    desk.messages(&json!({ "messaging_product": "whatsapp" })).await;
    assert!(!browser.get("/sim/violations").await.as_array().expect("a list").is_empty());
    browser.ask("DELETE", "/sim/violations", None).await;
    assert_eq!(browser.get("/sim/violations").await, json!([]));
    assert_eq!(browser.get("/sim/requests").await, json!({ "POST messages": 1 }));
}

#[tokio::test]
async fn bad_input_is_answered_and_changes_nothing() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some("+34 612 345 678"), None).await;
    let browser = Browser(&desk);
    let text = json!({ "message": { "type": "text", "text": "?" } });
    for (path, body, expected) in [
        ("/sim/customers/9/messages", text.clone(), 404),
        ("/sim/customers/0/messages", text.clone(), 404),
        ("/sim/customers/x/messages", text, 400),
        ("/sim/customers/1/messages", json!({ "message": { "type": "smell" } }), 422),
        (
            "/sim/customers/1/messages",
            json!({ "message": { "type": "voice", "bytes": "!", "mime": "audio/ogg" } }),
            422,
        ),
        ("/sim/customers/1/reactions", json!({ "message": "wamid.no", "emoji": "👍" }), 404),
        ("/sim/customers/1/edits", json!({ "message": "wamid.no", "text": "?" }), 404),
        ("/sim/statuses", json!({ "message": "wamid.no", "status": "read" }), 404),
        ("/sim/statuses", json!({ "message": "wamid.no", "status": "failed" }), 422),
        ("/sim/customers", json!({ "name": "Nobody" }), 422),
        ("/sim/faults", json!({ "on": "send", "times": 1, "effect": { "kind": "explode" } }), 422),
    ] {
        let (status, answer) = browser.ask("POST", path, Some(body.clone())).await;
        assert_eq!(status, expected, "{path} {body}: {answer}");
    }
    let simple =
        desk.http.post(format!("{}/sim/customers", desk.sim.graph_url())).body(r#"{"name":"X","phone":"1"}"#);
    assert_eq!(
        simple.send().await.expect("an answer").status(),
        415,
        "no form of another site can write here"
    );
    assert!(desk.sim.chat(&maria).is_empty() && desk.sim.customers().len() == 1);
}

#[tokio::test]
async fn the_page_is_served_whole_and_closed() {
    let desk = Desk::start().await;
    let page = desk.http.get(desk.sim.phone_url()).send().await.expect("an answer");
    assert!(
        page.headers()["content-security-policy"].to_str().expect("ascii").contains("default-src 'self'")
    );
    let html = page.text().await.expect("text");
    let mut waiting: Vec<String> = names(&html, "/phone/");
    let mut seen = Vec::new();
    while let Some(name) = waiting.pop() {
        let answer =
            desk.http.get(format!("{}/{name}", desk.sim.phone_url())).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{name}");
        let text = answer.text().await.expect("text");
        assert!(
            !text.contains("https://") && !text.contains("http://") || name.ends_with("svg"),
            "{name} fetches abroad"
        );
        seen.push(name);
        waiting.extend(names(&text, "from \"./").into_iter().filter(|name| !seen.contains(name)));
    }
    assert!(seen.iter().any(|name| name == "recorder.js"), "{seen:?}");
    assert_eq!(
        desk.http.get(format!("{}/none.js", desk.sim.phone_url())).send().await.expect("an answer").status(),
        404
    );
}

/// The file names in `text` that stand after `mark`.
fn names(text: &str, mark: &str) -> Vec<String> {
    text.split(mark).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_page_is_told_of_changes() {
    let desk = Desk::start().await;
    let events =
        desk.http.get(format!("{}/sim/events", desk.sim.graph_url())).send().await.expect("an answer");
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mut events = events.bytes_stream();
    desk.sim.customer("Maria", Some("+34 612 345 678"), None).await;
    let event = events.next().await.expect("an event").expect("bytes");
    assert!(event.starts_with(b"data: "));
    desk.sim.stop().await;
    while let Some(rest) = events.next().await {
        rest.expect("the stream ends in order");
    }
}
