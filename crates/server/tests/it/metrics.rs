//! What a monitoring system is told, and whom it is not told.

use reqwest::Method;
use serde_json::json;
use sim::CustomerMessage;

use crate::browser::Browser;
use crate::desk::{METRICS_TOKEN, on_both};

pub(crate) async fn metrics(browser: &Browser) -> String {
    let request = browser.bare(Method::GET, "/metrics").bearer_auth(METRICS_TOKEN);
    let reply = browser.send(request).await.expect_status(200);
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    String::from_utf8(reply.body).expect("text")
}

/// The value of a line.
fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_follow_a_message_and_name_nobody() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let maria = desk.sim.customer("Zephyrine", Some("+34 600 111 222"), None).await;
        desk.sim.send(&maria, CustomerMessage::text("a secret")).await;
        let text = metrics(&owner).await;
        assert_eq!(value(&text, "bellhop_queue_length{queue=\"inbound\"}"), 1.0);
        let inbox = inbox["id"].as_str().expect("an id");
        assert_eq!(value(&text, &format!("bellhop_inbox_waiting{{inbox=\"{inbox}\"}}")), 1.0);
        assert_eq!(value(&text, "bellhop_accept_seconds_count"), 1.0);
        let hooks = "bellhop_http_requests_total{operation=\"POST /hooks/{inbox}\",status=\"200\"}";
        assert_eq!(value(&text, hooks), 1.0);
        assert!(value(&text, "bellhop_store_commits_total") > 0.0);
        assert_eq!(value(&text, "bellhop_store_up"), 1.0);
        desk.settle().await;
        let conversation = desk.only_conversation(&owner).await;
        let path = format!("/api/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
        owner.post(&path, &json!({"client_id": "1", "text": "another secret"})).await.expect_status(201);
        let text = metrics(&owner).await;
        assert_eq!(value(&text, "bellhop_queue_length{queue=\"inbound\"}"), 0.0);
        assert_eq!(value(&text, "bellhop_queue_length{queue=\"outbound_queued\"}"), 1.0);
        let calls = value(&text, "bellhop_provider_calls_total{outcome=\"ok\"}");
        desk.settle().await;
        owner
            .bare(Method::from_bytes(b"MADEUP").expect("a method"), "/elsewhere")
            .send()
            .await
            .expect("sent");
        let text = metrics(&owner).await;
        assert!(value(&text, "bellhop_provider_calls_total{outcome=\"ok\"}") > calls);
        for said in ["Zephyrine", "34600111222", "secret", "olga", "elsewhere", "MADEUP"] {
            assert!(!text.contains(said), "{said} in {text}");
        }
        assert!(text.ends_with("# EOF\n"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_not_there_for_others() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        for token in [None, Some(""), Some("wrong"), Some("for the monitoring alonE")] {
            let mut request = owner.bare(Method::GET, "/metrics");
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            assert_eq!(owner.send(request).await.expect_status(404).code(), "not_found");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_serve_says_why_in_a_word() {
    on_both(async |desk| {
        let browser = desk.browser();
        browser.get("/readyz").await.expect_status(200);
        desk.stop_database().await;
        let reply = browser.get("/readyz").await.expect_status(503);
        assert!(String::from_utf8_lossy(&reply.body).contains("not ready: database"));
        assert_eq!(value(&metrics(&browser).await, "bellhop_store_up"), 0.0);
        browser.get("/livez").await.expect_status(200);
    })
    .await;
}
