//! Secrets and what people write are planted everywhere and looked for where they must not come out: in answers about
//! errors, in the metrics, in the files of the database, in media and in backups. The log and traces have tests of
//! their own (`log.rs`, `telemetry.rs`).

use std::path::Path;

use reqwest::Method;
use serde_json::json;
use sim::CustomerMessage;
use store::Settings;

use crate::backup::{bellhop, said};
use crate::browser::Browser;
use crate::desk::{METRICS_TOKEN, PASSWORD, on_both};
use crate::hooks::deliver;

/// Every file below a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push((path.display().to_string(), bytes));
        }
    }
    found
}

fn holds(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|window| window.eq_ignore_ascii_case(what.as_bytes()))
}

/// Requests that go wrong, each with a canary in it.
async fn wrong(owner: &Browser, anybody: &Browser) -> Vec<Vec<u8>> {
    let mut said = Vec::new();
    for (method, path, body) in [
        (Method::POST, "/api/session", r#"{"email":"canary@example.com","password":"canary-password"}"#),
        (Method::POST, "/api/session", r#"{"email":"canary@example.com","password":["canary-password"]}"#),
        (
            Method::POST,
            "/api/inboxes",
            r#"{"kind":"whatsapp","name":"x","config":{"access_token":{"a":"canary-token"}}}"#,
        ),
        (
            Method::POST,
            "/api/inboxes",
            r#"{"kind":"canary-kind-token","config":{"app_secret":"canary-secret"}}"#,
        ),
        (Method::PATCH, "/api/session/password", r#"{"current":"canary-password","new":"x"}"#),
        (
            Method::POST,
            "/api/agents",
            r#"{"name":"x","email":"nobody","password":"canary-password","role":"agent","locale":"en"}"#,
        ),
        (
            Method::POST,
            "/api/setup",
            r#"{"token":"canary-token","email":"a@b.example","password":"canary-password"}"#,
        ),
    ] {
        for browser in [owner, anybody] {
            let request =
                browser.request(method.clone(), path).header("content-type", "application/json").body(body);
            // What a browser shows must not come back either.
            let reply = browser.send(request.header("authorization-canary", "canary-header")).await;
            assert!(reply.status >= 400, "{path} took {body}");
            let mut bytes = reply.body;
            for (_, value) in &reply.headers {
                bytes.extend(value.as_bytes());
            }
            said.push(bytes);
        }
    }
    let shown = anybody.bare(Method::GET, "/api/labels").header("authorization", "Bearer canary-token");
    said.push(anybody.send(shown).await.expect_status(401).body);
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planted_comes_out_nowhere() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let config = desk.sim.config().clone();
        let maria = desk.sim.customer("Zephyrine Quill", Some("+34 699 888 777"), None).await;
        desk.sim.send(&maria, CustomerMessage::text("canary-text of a customer")).await;
        let note = CustomerMessage::Document {
            bytes: b"canary-text in a file".to_vec(),
            mime: "text/plain".to_owned(),
            filename: "canary-text.txt".to_owned(),
            caption: Some("canary-text below".to_owned()),
        };
        desk.sim.send(&maria, note).await;
        desk.settle().await;
        let callback = inbox["callback_url"].as_str().expect("an address");
        deliver(&desk.browser(), callback, b"{\"canary-text\": ", &config.app_secret)
            .await
            .expect_status(200);
        desk.settle().await;
        let conversation = desk.only_conversation(&owner).await["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/conversations/{conversation}/messages");
        owner
            .post(&path, &json!({"client_id": "1", "text": "canary-text of an agent"}))
            .await
            .expect_status(201);
        desk.settle().await;
        let token = crate::api_token::make(&owner, &["conversation.read"]).await;
        let token = token["secret"].as_str().unwrap_or("no secret was shown").to_owned();

        // In answers: nothing of what was sent as a secret.
        for bytes in wrong(&owner, &desk.browser()).await {
            for secret in ["canary-password", "canary-token", "canary-secret", "canary-header"] {
                assert!(!holds(&bytes, secret), "{secret} in {}", String::from_utf8_lossy(&bytes));
            }
        }
        let cookie = owner.cookie().expect("signed in");
        let secrets = [&config.app_secret, &config.access_token, &cookie, &token, &PASSWORD.to_owned()];
        let people = ["canary-text", "Zephyrine", "Quill", "699888777", "699 888 777"];
        // In lists and overviews: nothing that opens a door.
        for path in
            ["/api/inboxes", "/api/agents", "/api/tokens", "/api/sessions", "/api/session", "/api/operation"]
        {
            let body = owner.get(path).await.body;
            for secret in secrets {
                assert!(!holds(&body, secret), "a secret is in {path}");
            }
        }
        let metrics = owner.bare(Method::GET, "/metrics").bearer_auth(METRICS_TOKEN);
        let metrics = owner.send(metrics).await.expect_status(200).body;
        for said in people.into_iter().chain(secrets.into_iter().map(String::as_str)) {
            assert!(!holds(&metrics, said), "{said} is in the metrics");
        }
        // On the disk: sealed, hashed, or not at all.
        let scratch = tempfile::tempdir().expect("a folder");
        let place = scratch.path().display().to_string();
        let output = bellhop(&desk.database, &desk.media, &["backup", &place]).await;
        assert!(output.status.success(), "{}", said(&output));
        let mut kept = files(scratch.path());
        assert!(kept.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 10_000, "the backup is empty");
        kept.extend(files(&desk.media));
        if let Settings::Sqlite { path, .. } = &desk.database {
            kept.extend(files(path.parent().expect("a folder")));
        }
        for (file, bytes) in &kept {
            for said in people.into_iter().chain(secrets.into_iter().map(String::as_str)) {
                assert!(!holds(bytes, said), "{said} is in {file}");
            }
        }
    })
    .await;
}
