//! Programs with tokens: what they may, from where, until when, and how they end.

use model::Millis;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::desk::{BEGIN, on_both};
use crate::document::operations;
use crate::wire::Wire;

/// Makes a token; returns what the API says of it.
pub(crate) async fn make(owner: &Browser, permissions: &[&str]) -> Value {
    let body = json!({"name": "report", "permissions": permissions});
    owner.post("/api/tokens", &body).await.expect_status(201).json()
}

/// The program that a token was made for.
fn program(owner: &Browser, made: &Value) -> Browser {
    owner.program(made["secret"].as_str().expect("a secret"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_may_what_its_token_says() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let made = make(&owner, &["label.manage", "conversation.read"]).await;
        let secret = made["secret"].as_str().expect("a secret").to_owned();
        assert!(secret.starts_with("bhp_") && secret.len() == 47, "{secret}");
        let program = program(&owner, &made);
        // No cookie and no origin: the header alone decides.
        program.post("/api/labels", &json!({"name": "x", "color": "red"})).await.expect_status(201);
        program.get("/api/conversations").await.expect_status(200);
        program.get("/api/agents").await.expect_status(403);
        let me = program.get("/api/session").await.expect_status(200).json();
        assert_eq!(me["permissions"], json!(["conversation.read", "label.manage"]));
        for (path, method) in
            [("/api/me", Method::PATCH), ("/api/sessions", Method::GET), ("/api/tokens", Method::GET)]
        {
            program.send(program.request(method, path).json(&json!({}))).await.expect_status(403);
        }
        // A good cookie does not help a bad token.
        let mixed = owner.request(Method::GET, "/api/labels").header("authorization", "Bearer bhp_wrong");
        owner.send(mixed).await.expect_status(401);
        let mixed = owner.request(Method::GET, "/api/labels").header("authorization", "Basic eDp5");
        owner.send(mixed).await.expect_status(401);
        let listed = owner.get("/api/tokens").await.expect_status(200);
        let text = String::from_utf8(listed.body.clone()).expect("text");
        assert!(!text.contains(&secret[4..]), "the list shows the secret");
        let row = &listed.items()[0];
        assert_eq!((&row["used_at"], &row["used_from"]), (&json!(BEGIN.0), &json!("127.0.0.1")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_takes_tokens_as_the_document_says() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let all: Vec<&str> = model::Permission::ALL.iter().map(|right| right.as_str()).collect();
        let program = program(&owner, &make(&owner, &all).await);
        let mut for_people = 0;
        for operation in operations().iter().filter(|operation| operation.needs().is_some()) {
            let told = operation.value["security"].as_array().expect("ways").iter();
            let taken = told.filter(|way| way.get("token").is_some()).count() == 1;
            let path = operation.path.replace(|letter| "{}".contains(letter), "");
            let method = operation.method.parse::<Method>().expect("a method");
            let status = program.send(program.request(method, &path)).await.status;
            assert_eq!(status != 403, taken, "{} {} answered {status}", operation.method, operation.path);
            for_people += usize::from(!taken);
        }
        assert!(for_people >= 8, "only {for_people} operations are for people alone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_time_its_network_and_its_makers_rights() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let admin = desk.agent(&owner, "Ada", "admin").await;
        let draft = |extra: Value| {
            let mut body = json!({"name": "x", "permissions": ["label.manage", "conversation.read"]});
            body.as_object_mut().expect("fields").extend(extra.as_object().expect("fields").clone());
            body
        };
        let made = async |extra: Value| {
            let made = admin.post("/api/tokens", &draft(extra)).await.expect_status(201).json();
            program(&admin, &made)
        };
        let elsewhere = made(json!({"networks": ["203.0.113.0/24"]})).await;
        elsewhere.get("/api/session").await.expect_status(401);
        let here = made(json!({"networks": ["127.0.0.1"]})).await;
        here.get("/api/session").await.expect_status(200);
        let short = made(json!({"expires_at": BEGIN.0 + 60_000})).await;
        short.get("/api/session").await.expect_status(200);
        desk.clock.advance(Millis::minutes(1));
        short.get("/api/session").await.expect_status(401);
        let wrong = draft(json!({"permissions": [], "networks": ["x"], "expires_at": BEGIN.0}));
        let wrong = admin.post("/api/tokens", &wrong).await.expect_status(422);
        assert_eq!(wrong.fields(), ["networks[0]", "permissions", "expires_at"]);
        // What the maker may no more, the token may no more, and what the maker never could neither.
        let id = admin.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned();
        owner.patch(&format!("/api/agents/{id}"), &json!({"role": "agent"})).await.expect_status(200);
        here.post("/api/labels", &json!({"name": "x", "color": "red"})).await.expect_status(403);
        here.get("/api/conversations").await.expect_status(200);
        owner.patch(&format!("/api/agents/{id}"), &json!({"disabled": true})).await.expect_status(200);
        here.get("/api/conversations").await.expect_status(401);
        // An old sign-in does not make tokens.
        desk.clock.advance(Millis::minutes(20));
        let late = owner.post("/api/tokens", &draft(json!({}))).await.expect_status(403);
        assert_eq!(late.code(), "proof_needed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_refused_and_its_sockets_end() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let made = make(&owner, &["conversation.read"]).await;
        let program = program(&owner, &made);
        let mut wire = Wire::open(&program, None).await;
        owner.post("/api/labels", &json!({"name": "x", "color": "red"})).await.expect_status(201);
        assert_eq!(wire.event().await["label"]["name"], "x");
        let path = format!("/api/tokens/{}", made["token"]["id"].as_str().expect("an id"));
        desk.stranger().await.delete(&path).await.expect_status(404);
        owner.delete(&path).await.expect_status(204);
        owner.delete(&path).await.expect_status(404);
        program.get("/api/conversations").await.expect_status(401);
        loop {
            let frame = wire.frame().await.expect("a goodbye");
            if frame["type"] == "bye" {
                assert_eq!(frame["reason"], "revoked");
                break;
            }
        }
    })
    .await;
}
