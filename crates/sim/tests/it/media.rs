//! Files both ways.

use std::time::Duration;

use serde_json::json;
use sim::CustomerMessage;

use crate::desk::Desk;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

#[tokio::test]
async fn a_customers_file_is_found_fetched_and_expires() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some("+34 612 345 678"), None).await;
    desk.sim.send(&maria, CustomerMessage::image(PNG, "image/png")).await;
    let image = desk.last()["messages"][0]["image"].clone();
    let id = image["id"].as_str().expect("an id");
    let (_, found) = desk.get(&desk.url(id)).await;
    assert_eq!((&found["mime_type"], &found["file_size"]), (&json!("image/png"), &json!(PNG.len())));
    assert_eq!(found["sha256"], image["sha256"]);
    let url = found["url"].as_str().expect("a url");
    let bare = desk.http.get(url).send().await.expect("an answer");
    assert_eq!(bare.status(), 401, "not without the token");
    let answer = desk.http.get(url).bearer_auth(desk.token()).send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.bytes().await.expect("bytes"), PNG);
    let forged = url.replace("ext=1", "ext=9");
    assert_eq!(
        desk.http.get(&forged).bearer_auth(desk.token()).send().await.expect("an answer").status(),
        404
    );
    desk.sim.advance(Duration::from_secs(301));
    assert_eq!(desk.http.get(url).bearer_auth(desk.token()).send().await.expect("an answer").status(), 404);
    assert_eq!(desk.get(&desk.url(id)).await.0, 200, "a new address can be had");
    let own = format!("{}?phone_number_id={}", desk.url(id), desk.sim.config().phone_number_id);
    assert_eq!(desk.get(&own).await.0, 200);
    assert_eq!(desk.get(&format!("{}?phone_number_id=1", desk.url(id))).await.0, 400, "of another number");
    desk.sim.advance(Duration::from_secs(7 * 24 * 60 * 60));
    assert_eq!(desk.get(&desk.url(id)).await.0, 400, "kept for seven days");
}

#[tokio::test]
async fn an_upload_is_kept_until_it_is_deleted() {
    let desk = Desk::start().await;
    let (_, uploaded) = desk.upload("image/png", PNG).await;
    let id = uploaded["id"].as_str().expect("an id").to_owned();
    assert_eq!(desk.sim.media(&id).expect("kept").bytes, PNG);
    assert_eq!(desk.delete(&desk.url(&id)).await, (200, json!({ "success": true })));
    assert_eq!(desk.get(&desk.url(&id)).await.0, 400);
    assert_eq!(desk.delete(&desk.url(&id)).await.0, 400);
}

#[tokio::test]
async fn a_bad_upload_is_refused_and_a_violation() {
    let desk = Desk::start().await;
    let mut expected = 0;
    for (mime, bytes) in [
        ("image/gif", b"GIF89a".to_vec()),
        ("image/jpeg", PNG.to_vec()),
        ("image/png", Vec::new()),
        ("image/png", [PNG, &vec![0; 5 * 1024 * 1024]].concat()),
        ("audio/ogg", b"webm".to_vec()),
    ] {
        let (status, answer) = desk.upload(mime, &bytes).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)), "{mime}");
        expected += 1;
        assert_eq!(desk.sim.violations().len(), expected, "{mime}");
    }
    let (status, _) = desk.post(&desk.number("media"), &json!({ "messaging_product": "whatsapp" })).await;
    assert_eq!(status, 400, "not a form");
}

#[tokio::test]
async fn a_file_must_fit_its_message() {
    let desk = Desk::start().await;
    desk.sim.customer("Maria", Some("+34 612 345 678"), None).await;
    let (_, uploaded) = desk.upload("image/png", PNG).await;
    let body = crate::desk::message("+34612345678", "video", json!({ "id": uploaded["id"] }));
    assert_eq!(desk.refused(&body).await, 100);
    assert!(desk.sim.violations()[0].detail.contains("image/png cannot be sent as video"));
}

#[tokio::test]
async fn a_linked_file_is_fetched_or_the_message_fails() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some("+34 612 345 678"), None).await;
    desk.sim.send(&maria, CustomerMessage::text("Hola")).await;
    let link = format!("{}/phone/icon.svg", desk.sim.graph_url());
    let wamid = desk.send("+34612345678", "image", json!({ "link": link })).await;
    desk.until("it was fetched", |desk| desk.sim.message(&wamid).is_some_and(|one| one.media.is_some()))
        .await;
    let media = desk.sim.message(&wamid).and_then(|one| desk.sim.media(&one.media?)).expect("kept");
    assert_eq!(media.mime, "image/svg+xml");
    let gone = format!("{}/phone/gone.svg", desk.sim.graph_url());
    desk.send("+34612345678", "image", json!({ "link": gone })).await;
    desk.until("it failed", |desk| desk.statuses().iter().any(|one| one["errors"][0]["code"] == 131053))
        .await;
}
