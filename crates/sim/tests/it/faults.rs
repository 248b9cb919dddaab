//! Misbehaviour on demand: answers that fail, hang or get lost, and disturbed webhooks.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sim::{Config, CustomerId, CustomerMessage, Effect, State, Switches, Target};

use crate::desk::{Desk, message};

const MARIA: &str = "+34 612 345 678";

fn text(body: &str) -> Value {
    message(MARIA, "text", json!({ "body": body }))
}

async fn desk_with_maria() -> (Desk, CustomerId) {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some(MARIA), None).await;
    desk.sim.send(&maria, CustomerMessage::text("Hola")).await;
    (desk, maria)
}

/// Sends and gives the transport error, which there must be.
async fn broken(desk: &Desk, timeout: Duration) -> reqwest::Error {
    let request = desk.http.post(desk.number("messages")).bearer_auth(desk.token()).json(&text("?"));
    request.timeout(timeout).send().await.expect_err("no answer")
}

#[tokio::test]
async fn a_send_is_refused_as_often_as_told() {
    let (desk, maria) = desk_with_maria().await;
    desk.sim.failures().next_sends(2, Effect::Refuse { code: 131056 });
    for _ in 0..2 {
        let (status, answer) = desk.messages(&text("?")).await;
        assert_eq!((status, &answer["error"]["code"]), (429, &json!(131056)));
        assert_eq!(answer["error"]["is_transient"], true);
    }
    assert_eq!(desk.messages(&text("!")).await.0, 200);
    assert_eq!(desk.sim.received(&maria).len(), 1);
}

#[tokio::test]
async fn a_send_is_accepted_and_fails_later() {
    let (desk, maria) = desk_with_maria().await;
    desk.sim.failures().next_sends(1, Effect::FailLater { code: 131026 });
    assert_eq!(desk.messages(&text("?")).await.0, 200);
    desk.until("it failed", |desk| !desk.statuses().is_empty()).await;
    assert_eq!(desk.statuses()[0]["errors"][0]["code"], 131026);
    assert_eq!(desk.sim.received(&maria)[0].failure, Some(131026));
}

#[tokio::test]
async fn a_cut_connection_did_nothing_and_a_lost_response_did_it_all() {
    let (desk, maria) = desk_with_maria().await;
    desk.sim.failures().next_sends(1, Effect::Cut);
    assert!(!broken(&desk, Duration::from_secs(5)).await.is_timeout());
    assert_eq!(desk.sim.received(&maria).len(), 0);
    desk.sim.failures().next_sends(1, Effect::LoseResponse);
    assert!(!broken(&desk, Duration::from_secs(5)).await.is_timeout());
    assert_eq!(desk.sim.received(&maria).len(), 1);
}

#[tokio::test]
async fn a_hanging_request_is_never_answered_and_does_not_hold_up_a_stop() {
    let (desk, maria) = desk_with_maria().await;
    desk.sim.failures().next_sends(2, Effect::Hang);
    assert!(broken(&desk, Duration::from_millis(200)).await.is_timeout());
    assert_eq!(desk.sim.received(&maria).len(), 0);
    let (request, started) = (broken(&desk, Duration::from_secs(20)), Instant::now());
    let stop = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        desk.sim.stop().await;
    };
    let (error, ()) = tokio::join!(request, stop);
    assert!(!error.is_timeout() && started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_server_error_is_a_page_and_latency_is_waited() {
    let (desk, maria) = desk_with_maria().await;
    desk.sim.failures().next_sends(1, Effect::ServerError);
    let request = desk.http.post(desk.number("messages")).bearer_auth(desk.token()).json(&text("?"));
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers()["content-type"], "text/html");
    assert_eq!(desk.sim.received(&maria).len(), 0);
    desk.sim.failures().update(|switches| switches.latency_ms = 300);
    let started = Instant::now();
    assert_eq!(desk.messages(&text("?")).await.0, 200);
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_status_can_come_before_the_answer() {
    let (desk, _) = desk_with_maria().await;
    desk.sim.failures().next_sends(1, Effect::StatusFirst);
    let (_, answer) = desk.messages(&text("?")).await;
    // It was taken before the answer, so there is nothing to wait for.
    assert_eq!(desk.statuses()[0]["id"], answer["messages"][0]["id"]);
}

#[tokio::test]
async fn other_requests_have_faults_of_their_own() {
    let (desk, _) = desk_with_maria().await;
    desk.sim.failures().next(Target::Upload, 1, Effect::Refuse { code: 131000 });
    desk.sim.failures().next(Target::Account, 1, Effect::Refuse { code: 4 });
    desk.sim.failures().next(Target::Media, 1, Effect::Refuse { code: 2 });
    assert_eq!(desk.messages(&text("?")).await.0, 200);
    assert_eq!(desk.upload("image/png", b"\x89PNG").await.0, 500);
    assert_eq!(desk.upload("image/png", b"\x89PNG").await.0, 200);
    assert_eq!(desk.get(&desk.number("")).await.0, 429);
    assert_eq!(desk.get(&desk.url("123456")).await.0, 503);
}

#[tokio::test]
async fn a_refused_webhook_comes_again_and_then_counts() {
    let (desk, maria) = desk_with_maria().await;
    desk.seen.lock().expect("not poisoned").refuse = 2;
    let wamid = desk.sim.send(&maria, CustomerMessage::text("¿Sigue ahí?")).await;
    assert_eq!(desk.sim.message(&wamid).map(|one| one.state), Some(State::Sent));
    desk.until("it came again", |desk| desk.messages_seen().len() == 2).await;
    desk.until("it has two ticks", |desk| {
        desk.sim.message(&wamid).is_some_and(|one| one.state == State::Delivered)
    })
    .await;
}

#[tokio::test]
async fn a_wrong_signature_comes_once_and_then_right() {
    let (desk, maria) = desk_with_maria().await;
    desk.sim.failures().update(|switches| switches.wrong_signatures = 1);
    desk.sim.send(&maria, CustomerMessage::text("?")).await;
    assert_eq!(desk.seen.lock().expect("not poisoned").wrongly_signed, 1);
    desk.until("it came rightly signed", |desk| desk.messages_seen().len() == 2).await;
}

#[tokio::test]
async fn duplicates_are_the_same_bytes() {
    let (desk, maria) = desk_with_maria().await;
    desk.sim.failures().update(|switches| switches.duplicate_percent = 100);
    desk.sim.send(&maria, CustomerMessage::text("?")).await;
    let bodies = desk.seen.lock().expect("not poisoned").bodies.clone();
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[1], bodies[2]);
}

#[tokio::test]
async fn delayed_webhooks_hold_nobody_up() {
    let (desk, maria) = desk_with_maria().await;
    desk.sim.failures().update(|switches| switches.delay_ms = 300);
    let started = Instant::now();
    desk.sim.send(&maria, CustomerMessage::text("?")).await;
    assert!(started.elapsed() < Duration::from_millis(300));
    desk.until("it came", |desk| desk.messages_seen().len() == 2).await;
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_batch_carries_many_updates_in_one_delivery() {
    let (desk, maria) = desk_with_maria().await;
    let omar = desk.sim.customer("عمر", Some("+966 50 123 4567"), None).await;
    desk.sim.failures().update(|switches| switches.batch = 6);
    for n in 0..6 {
        let from = if n % 2 == 0 { &maria } else { &omar };
        desk.sim.send(from, CustomerMessage::text(n.to_string())).await;
    }
    desk.until("all came", |desk| desk.messages_seen().len() == 7).await;
    assert_eq!(desk.seen.lock().expect("not poisoned").taken.len(), 2, "one alone and one batch");
    let texts: Vec<Value> = desk.messages_seen().iter().map(|one| one["text"]["body"].clone()).collect();
    assert_eq!(texts, ["Hola", "0", "1", "2", "3", "4", "5"], "in order");
}

#[tokio::test]
async fn reordering_loses_nothing_and_follows_the_seed() {
    let mut orders = Vec::new();
    for _ in 0..2 {
        let desk = Desk::start_with(Config { seed: 5, ..Config::test() }).await;
        let maria = desk.sim.customer("Maria", Some(MARIA), None).await;
        desk.sim.failures().update(|switches| switches.reorder = true);
        for n in 0..8 {
            desk.sim.send(&maria, CustomerMessage::text(n.to_string())).await;
        }
        desk.until("all came", |desk| desk.messages_seen().len() == 8).await;
        let messages = desk.messages_seen();
        let texts = messages.iter().map(|one| one["text"]["body"].as_str().expect("text").to_owned());
        orders.push(texts.collect::<Vec<_>>());
    }
    assert_eq!(orders[0], orders[1]);
    let mut sorted = orders[0].clone();
    sorted.sort();
    assert_eq!(sorted, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert_ne!(sorted, orders[0]);
}

#[tokio::test]
async fn clearing_the_switches_ends_all_of_it() {
    let (desk, _) = desk_with_maria().await;
    desk.sim.failures().next_sends(9, Effect::Cut);
    desk.sim.failures().update(|switches| switches.batch = 50);
    desk.sim.failures().clear();
    assert_eq!(desk.sim.failures().get(), Switches::default());
    assert_eq!(desk.messages(&text("?")).await.0, 200);
}
