//! The log holds nothing of a person: neither what they write nor who they are, nor what opens a door.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::json;
use server::config::{Log, LogFormat};
use sim::{CustomerMessage, Effect};
use tracing_subscriber::fmt::MakeWriter;

use crate::desk::{Desk, PASSWORD, missing, on_both};
use crate::hooks::deliver;

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Goes every way that a message can go; returns what must not be in the log.
async fn every_way(desk: &mut Desk) -> Vec<String> {
    let owner = desk.owner().await;
    let inbox = desk.connect(&owner).await;
    let callback = inbox["callback_url"].as_str().expect("an address").to_owned();
    let config = desk.sim.config().clone();
    let browser = desk.browser();
    let maria = desk.sim.customer("Zephyrine Quill", Some("+34 699 888 777"), None).await;
    desk.sim.send(&maria, CustomerMessage::text("canary-text")).await;
    desk.sim.send(&maria, CustomerMessage::image(*b"canary-bytes", "image/png")).await;
    desk.settle().await;
    // Parked: not a document, and a number that is nobody's.
    for body in
        [r#"{"canary-broken": "#, r#"{"object": "whatsapp_business_account", "entry": "canary-entry"}"#]
    {
        deliver(&browser, &callback, body.as_bytes(), &config.app_secret).await.expect_status(200);
    }
    let foreign = crate::hooks::text("4915112345678", "wamid.canary", "canary-foreign");
    deliver(&browser, &callback, &foreign, &config.app_secret).await.expect_status(200);
    deliver(&browser, &callback, &foreign, "canary-forged").await.expect_status(401);
    desk.settle().await;
    let conversation = desk.only_conversation(&owner).await["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/conversations/{conversation}/messages");
    // Sent, refused by the provider, and lost on the way.
    for (id, effect) in
        [("1", None), ("2", Some(Effect::Refuse { code: 131_026 })), ("3", Some(Effect::LoseResponse))]
    {
        if let Some(effect) = effect {
            desk.sim.failures().next_sends(1, effect);
        }
        owner.post(&path, &json!({"client_id": id, "text": "canary-reply"})).await.expect_status(201);
        desk.settle().await;
    }
    owner.upload("canary-file.png", "image/png", b"canary-upload".to_vec()).await;
    owner.post("/api/labels", &json!({"name": "canary-label", "color": "canary-color"})).await;
    owner.get("/api/conversations?state=all&q=canary-query").await;
    owner.get("/canary-address").await;
    owner.send(owner.request(Method::POST, "/api/labels").body("canary-body")).await;
    let wrong = json!({"email": "canary@example.com", "password": "canary-password"});
    browser.post("/api/session", &wrong).await.expect_status(401);
    let cookie = owner.cookie().expect("signed in");
    desk.stop_database().await;
    owner.post(&path, &json!({"client_id": "4", "text": "canary-late"})).await;
    let key = callback.rsplit('/').next().expect("a key").to_owned();
    let verify = inbox["verify_token"].as_str().expect("a token").to_owned();
    let mut secrets = vec![config.app_secret.clone(), config.access_token.clone(), cookie, key, verify];
    for plain in
        ["anary", "Zephyrine", "Quill", "699888777", "699 888 777", "4915112345678", "olga@", PASSWORD]
    {
        secrets.push(plain.to_owned());
    }
    secrets
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_and_no_secret_is_logged() {
    let kept = Kept::default();
    let level = "warn,app=debug,channels=debug,server=debug,store=debug".to_owned();
    if !server::log::start_into(&Log { format: LogFormat::Json, level }, kept.clone(), None) {
        return missing("a process of its own, as cargo-nextest gives each test");
    }
    let secrets = Mutex::new(Vec::new());
    on_both(async |desk| {
        let found = every_way(desk).await;
        secrets.lock().expect("no panic").extend(found);
    })
    .await;
    let text = String::from_utf8(kept.0.lock().expect("no panic").clone()).expect("text");
    // It would be no use to look for something in an empty log.
    for said in ["/hooks/{inbox}", "/api/conversations/{id}/messages", "\"level\":\"DEBUG\""] {
        assert!(text.contains(said), "{said} is not logged: {text}");
    }
    for secret in secrets.lock().expect("no panic").iter() {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is logged");
    }
}
