//! Where providers deliver: what is genuine is kept, everything else is refused without a word.

use aws_lc_rs::hmac;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, Reply};
use crate::desk::{Desk, on_both};

/// The signature of a delivery.
pub(crate) fn signature(body: &[u8], secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}

/// Posts a signed delivery to an inbox's callback address.
pub(crate) async fn deliver(browser: &Browser, callback: &str, body: &[u8], secret: &str) -> Reply {
    post(browser, callback, body, &[&signature(body, secret)]).await
}

async fn post(browser: &Browser, callback: &str, body: &[u8], signatures: &[&str]) -> Reply {
    let path = &callback[browser.origin().len()..];
    let mut request = browser.bare(Method::POST, path).body(body.to_vec());
    request = request.header("content-type", "application/json");
    for signature in signatures {
        request = request.header("x-hub-signature-256", *signature);
    }
    browser.send(request).await
}

/// A delivery with one text.
pub(crate) fn text(number: &str, id: &str, text: &str) -> Vec<u8> {
    let message = json!({"from": "34600111222", "id": id, "timestamp": "1790000000", "type": "text",
        "text": {"body": text}});
    let value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100199", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Maria"}, "wa_id": "34600111222"}], "messages": [message]});
    let body = json!({"object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]});
    body.to_string().into_bytes()
}

/// How many deliveries are kept.
async fn kept(desk: &Desk) -> i64 {
    desk.app.read(|tx| Box::pin(async { Ok(store::inbound::backlog(tx).await?) })).await.expect("counted")
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_token_is_answered_in_the_handshake() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let callback = inbox["callback_url"].as_str().expect("an address");
        let path = &callback[owner.origin().len()..];
        let token = inbox["verify_token"].as_str().expect("a token");
        let ask = |token: &str| {
            format!("{path}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=<b>7</b>")
        };
        let answer = desk.browser().get(&ask(token)).await.expect_status(200);
        assert_eq!(answer.body, b"<b>7</b>");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        for wrong in [ask("wrong"), ask(""), path.to_owned(), format!("{path}x?hub.mode=subscribe")] {
            let refused = desk.browser().get(&wrong).await.expect_status(401);
            assert!(refused.body.is_empty());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_genuine_is_refused_without_a_word_and_not_kept() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let stranger = desk.stranger().await;
        let config = json!({"phone_number_id": "999", "waba_id": "1", "access_token": "t",
            "app_secret": "anothers-secret", "graph_url": desk.sim.graph_url()});
        let foreign = json!({"kind": "whatsapp", "name": "Elsewhere", "config": config});
        stranger.post("/api/inboxes", &foreign).await.expect_status(201);
        let callback = inbox["callback_url"].as_str().expect("an address");
        let secret = desk.sim.config().app_secret.clone();
        let body = text("999", "wamid.1", "hi");
        let right = signature(&body, &secret);
        let bare = right.trim_start_matches("sha256=").to_owned();
        let wrong: Vec<Vec<String>> = vec![
            vec![],
            vec![String::new()],
            vec!["sha256=".to_owned()],
            vec![bare.clone()],
            vec![format!("sha1={bare}")],
            vec![right[..right.len() - 2].to_owned()],
            vec![format!("{right}00")],
            vec![signature(&body, "anothers-secret")],
            vec![signature(b"another body", &secret)],
            vec!["sha256=".to_owned() + &"zz".repeat(32)],
            vec![right.clone(), right.clone()],
            vec![right.clone(), "sha256=00".to_owned()],
        ];
        let browser = desk.browser();
        let mut refusals = Vec::new();
        for signatures in &wrong {
            let signatures: Vec<&str> = signatures.iter().map(String::as_str).collect();
            refusals.push(post(&browser, callback, &body, &signatures).await);
        }
        refusals.push(post(&browser, &format!("{callback}x"), &body, &[&right]).await);
        refusals.push(post(&browser, &format!("{}/hooks/nothing", browser.origin()), &body, &[&right]).await);
        refusals.push(post(&browser, callback, &[&body[..], b" "].concat(), &[&right]).await);
        for refusal in refusals {
            let refusal = refusal.expect_status(401);
            assert!(refusal.body.is_empty());
            assert_eq!(refusal.header("content-type"), "");
        }
        assert_eq!(kept(desk).await, 0);
        post(&browser, callback, &body, &[&right.to_uppercase().replace("SHA256", "sha256")]).await;
        deliver(&browser, callback, &body, &secret).await.expect_status(200);
        assert_eq!(kept(desk).await, 1, "what is genuine is kept, once");
        desk.settle().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_a_delivery_is_refused_by_its_size() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let callback = inbox["callback_url"].as_str().expect("an address");
        let secret = &desk.sim.config().app_secret;
        let full = vec![b' '; 4 << 20];
        deliver(&desk.browser(), callback, &full, secret).await.expect_status(200);
        deliver(&desk.browser(), callback, &[&full[..], b" "].concat(), secret).await.expect_status(413);
        assert_eq!(kept(desk).await, 1);
        desk.settle().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_parked_and_can_be_replayed() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let callback = inbox["callback_url"].as_str().expect("an address");
        let secret = &desk.sim.config().app_secret;
        let number = desk.sim.config().phone_number_id.clone();
        let browser = desk.browser();
        deliver(&browser, callback, b"{\"object\": \xff broken", secret).await.expect_status(200);
        deliver(&browser, callback, &text(&number, "wamid.1", "behind it"), secret).await.expect_status(200);
        deliver(&browser, callback, &text(&number, "wamid.1", "behind it"), secret).await.expect_status(200);
        desk.settle().await;
        let conversation = desk.only_conversation(&owner).await;
        assert_eq!(conversation["last_message"]["preview"], "behind it", "the lane goes on");
        assert_eq!(desk.thread(&owner, &conversation).await.len(), 1);
        let parked = owner.get("/api/parked").await.expect_status(200).items();
        assert_eq!(parked.len(), 1);
        assert!(parked[0]["reason"].as_str().is_some_and(|reason| reason.len() > 10), "{}", parked[0]);
        assert_eq!(parked[0]["inbox_id"], inbox["id"]);
        let path = format!("/api/parked/{}", parked[0]["id"].as_str().expect("an id"));
        let whole = owner.get(&path).await.expect_status(200).json();
        assert!(whole["body"].as_str().is_some_and(|body| body.contains("broken")));
        assert_eq!(whole["size"], 19);
        owner.post(&format!("{path}/replay"), &Value::Null).await.expect_status(202);
        owner.get(&path).await.expect_status(404);
        desk.settle().await;
        owner.get(&path).await.expect_status(200);
        let ids = app::operate::replay_any(&desk.app, &[]).await.expect("put back");
        assert_eq!(ids.len(), 1);
        desk.settle().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_says_when_to_come_again() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let callback = inbox["callback_url"].as_str().expect("an address").to_owned();
        let number = desk.sim.config().phone_number_id.clone();
        let secret = desk.sim.config().app_secret.clone();
        let delivery = |id| text(&number, id, "hi");
        // A first delivery, so that the inbox is known without the store.
        deliver(&desk.browser(), &callback, &delivery("wamid.1"), &secret).await.expect_status(200);
        desk.settle().await;
        desk.stop_database().await;
        let refused =
            deliver(&desk.browser(), &callback, &delivery("wamid.2"), &secret).await.expect_status(503);
        assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
        desk.browser().get("/readyz").await.expect_status(503);
        desk.browser().get("/livez").await.expect_status(200);
        desk.browser().get("/api/setup").await.expect_status(503);
    })
    .await;
}
