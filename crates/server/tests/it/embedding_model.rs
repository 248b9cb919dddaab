//! A sentence model behind an address: the knowledge is found by what is meant, and whatever the model does or does not say,
//! it is found by its words.

use std::time::{Duration, Instant};

use model::Millis;
use serde_json::{Value, json};
use sim::CustomerMessage;

use crate::browser::Browser;
use crate::desk::{Desk, on_both};
use crate::embedding_server::{DIMENSION, EmbeddingServer, Embeds};
use crate::model_server::KEY;

/// A question that has no word in common with what answers it, and one that has.
pub(crate) const MEANT: &str = "kwyjibo";
const SAID: &str = "are towels included";

fn draft(address: &str) -> Value {
    json!({"address": address, "model": "near", "key": KEY, "cross_border": true, "tokens_a_day": 1_000_000})
}

fn with(mut draft: Value, field: &str, value: Value) -> Value {
    draft[field] = value;
    draft
}

pub(crate) async fn write(owner: &Browser, title: &str, audience: &str, body: &str) -> Value {
    let article = json!({
        "kind": "article", "locale": "en", "publish": true, "title": title, "audience": audience, "body": body,
    });
    owner.post("/api/articles", &article).await.expect_status(201).json()
}

/// Some knowledge, and a server that may be called.
async fn open(desk: &mut Desk, owner: &Browser) -> EmbeddingServer {
    write(owner, "Parking", "public", "Vehicles stand behind the house. The gate opens at +34 600 111 222.")
        .await;
    write(owner, "Mornings", "public", "Breakfast is from seven to ten.").await;
    write(owner, "Towels", "public", "Towels are included.").await;
    write(owner, "Compensation", "internal", "We reimburse up to 300 euros.").await;
    EmbeddingServer::start(desk.spare.take().expect("an address"))
}

/// The same, and the model was seen to work and has read the knowledge.
pub(crate) async fn set_up(desk: &mut Desk, owner: &Browser) -> EmbeddingServer {
    let server = open(desk, owner).await;
    owner.put("/api/embedding_model", &draft(&server.address)).await.expect_status(200);
    let tested = test(owner).await;
    assert_eq!(tested["problem"], Value::Null, "{tested}");
    server.asked();
    desk.settle().await;
    server
}

async fn test(owner: &Browser) -> Value {
    owner.post("/api/embedding_model/test", &json!({})).await.expect_status(200).json()
}

pub(crate) async fn titles(owner: &Browser, question: &str) -> Vec<String> {
    let found = owner.get(&format!("/api/knowledge?q={}", question.replace(' ', "%20"))).await;
    let found = found.expect_status(200).json();
    let items = found["items"].as_array().expect("a list").iter();
    items.map(|one| one["title"].as_str().expect("a title").to_owned()).collect()
}

async fn used(owner: &Browser) -> i64 {
    owner.get("/api/embedding_model").await.expect_status(200).json()["used_today"]
        .as_i64()
        .expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_model_is_used_once_it_was_seen_to_work() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let server = open(desk, &owner).await;
        let none = owner.get("/api/embedding_model").await.expect_status(200).json();
        assert_eq!(none, json!({"model": null, "used_today": 0, "local": null}));
        let refused = owner.post("/api/embedding_model/test", &json!({})).await.expect_status(409);
        assert_eq!(refused.code(), "no_embedding_model");
        owner.delete("/api/embedding_model").await.expect_status(204);
        for (field, value) in [
            ("address", json!("http://169.254.169.254/v1")),
            ("address", json!("https://models.example/v1?key=1")),
            ("model", json!("")),
            ("key", json!("two words")),
            ("tokens_a_day", json!(1)),
        ] {
            let wrong = with(draft(&server.address), field, value.clone());
            let refused = owner.put("/api/embedding_model", &wrong).await.expect_status(422).json();
            assert_eq!(refused["error"]["fields"][0]["path"], field, "{value}: {refused}");
        }
        let put =
            async |body: Value| owner.put("/api/embedding_model", &body).await.expect_status(200).json();
        let set = put(draft(&format!("{}/", server.address))).await;
        assert!(!set.to_string().contains(KEY));
        assert_eq!((&set["checked_at"], &set["dimension"]), (&Value::Null, &Value::Null));
        assert!(titles(&owner, MEANT).await.is_empty());
        desk.settle().await;
        assert!(server.asked().is_empty(), "it was not tested yet");

        let tested = test(&owner).await;
        assert_eq!(tested["models"], json!(["near", "nearer"]));
        assert_eq!(tested["model"]["dimension"], DIMENSION);
        assert!(tested["took"].as_i64().is_some_and(|took| took < 60_000), "{tested}");
        for (how, said) in [
            (Embeds::Refuses, "out of memory"),
            (Embeds::Nonsense, "no reply"),
            (Embeds::TooFew, "no reply"),
            (Embeds::Twice, "no reply"),
        ] {
            server.embeds(how);
            let tested = test(&owner).await;
            assert!(
                tested["problem"].as_str().is_some_and(|problem| problem.contains(said)),
                "{how:?}: {tested}"
            );
            assert_eq!(tested["took"], Value::Null);
        }
        server.embeds(Embeds::Well);
        // The key stays with its address, and with that alone.
        let keyless = with(draft(&server.address), "key", Value::Null);
        assert_eq!(put(keyless.clone()).await["has_key"], true);
        assert_eq!(put(with(keyless.clone(), "model", json!("nearer"))).await["checked_at"], Value::Null);
        assert_eq!(
            put(with(keyless.clone(), "address", json!("https://other.example/v1"))).await["has_key"],
            false
        );
        assert_eq!(put(keyless).await["has_key"], false, "it does not come back");
        assert!(test(&owner).await["problem"].as_str().is_some_and(|problem| problem.contains("401")));
        let record = owner.get("/api/processing").await.expect_status(200).json();
        assert!(record["recipients"].to_string().contains(&server.address), "{record}");
        let agent = desk.agent(&owner, "Ben", "agent").await;
        agent.get("/api/embedding_model").await.expect_status(403);
        owner.delete("/api/embedding_model").await.expect_status(204);
        assert_eq!(owner.get("/api/embedding_model").await.json()["model"], Value::Null);
        desk.clock.advance(Millis::minutes(60));
        let late = owner.put("/api/embedding_model", &draft(&server.address)).await;
        assert_eq!(late.expect_status(403).code(), "proof_needed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_meant_is_found_and_nothing_of_a_person_goes_out() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let server = set_up(desk, &owner).await;
        let sent = server.asked();
        assert!(sent.iter().any(|text| text.contains("Vehicles stand")), "{sent:?}");
        assert!(!sent.join("\n").contains("600 111"), "{sent:?}");
        assert_eq!(titles(&owner, MEANT).await, ["Parking"]);
        assert_eq!(titles(&owner, "flurbo").await, ["Compensation"]);
        assert_eq!(titles(&owner, SAID).await[0], "Towels");
        assert_eq!(server.asked().len(), 3, "the knowledge is not read again, and each question once");
        titles(&owner, "my kwyjibo is at maria@example.com").await;
        let sent = server.asked();
        assert!(sent[0].starts_with("my kwyjibo is at [") && !sent[0].contains("maria"), "{sent:?}");

        // What is wrong about the order, the model says itself.
        server.embeds(Embeds::Backwards);
        write(
            &owner,
            "Garage",
            "public",
            "A sedan may stand in the garage.\n\nA morning meal is not served there.",
        )
        .await;
        titles(&owner, "anything").await;
        desk.settle().await;
        let sent = server.asked();
        assert!(
            sent.len() <= 3 && !sent.join("\n").contains("Vehicles"),
            "only what is new is read: {sent:?}"
        );
        assert_eq!(titles(&owner, MEANT).await.len(), 2);
        server.embeds(Embeds::Well);

        // For the bot too, whose customers see what is public, and whose names nobody sees.
        let path = format!("/api/inboxes/{}/bot", inbox["id"].as_str().expect("an id"));
        owner.put(&path, &json!({"enabled": true, "threshold": 70})).await.expect_status(200);
        let maria = desk.sim.customer("Maria Lopez", Some("5215550002222"), None).await;
        server.asked();
        desk.sim.send(&maria, CustomerMessage::text("Maria Lopez here, how do you reimburse me?")).await;
        desk.settle().await;
        let sent = server.asked().join("\n");
        assert!(
            sent.contains("reimburse me") && !sent.contains("Maria") && !sent.contains("Lopez"),
            "{sent}"
        );
        let said: Vec<_> = desk.sim.received(&maria).into_iter().filter_map(|message| message.text).collect();
        assert!(!said.is_empty() && !said.join("\n").contains("300"), "{said:?}");
        assert!(used(&owner).await > 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_fails_is_done_without_at_once_and_left_alone() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let server = set_up(desk, &owner).await;
        let wrong = [
            Embeds::Narrower,
            Embeds::TooFew,
            Embeds::Twice,
            Embeds::Holes,
            Embeds::Beyond,
            Embeds::Endless,
            Embeds::Nonsense,
            Embeds::Refuses,
            Embeds::Hangs,
        ];
        for (number, how) in wrong.into_iter().enumerate() {
            server.embeds(how);
            let begun = Instant::now();
            let question = format!("{MEANT} xq{number}");
            assert!(titles(&owner, &question).await.is_empty(), "{how:?}");
            assert_eq!(titles(&owner, SAID).await, ["Towels"], "{how:?}");
            assert!(begun.elapsed() < Duration::from_secs(8), "{how:?}: {:?}", begun.elapsed());
            // It has not failed so often in a row that it rests.
            server.embeds(Embeds::Well);
            assert_eq!(titles(&owner, &format!("{question}x")).await, ["Parking"], "{how:?}");
        }
        server.asked();
        server.embeds(Embeds::Refuses);
        for number in 0..3 {
            titles(&owner, &format!("{MEANT} xz{number}")).await;
        }
        assert_eq!(server.asked().len(), 3);
        server.embeds(Embeds::Well);
        assert!(titles(&owner, MEANT).await.is_empty());
        assert_eq!(server.asked().len(), 0, "after three failures it has a rest");
        assert_eq!(test(&owner).await["problem"], Value::Null);
        assert_eq!(titles(&owner, MEANT).await, ["Parking"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_reads_everything_anew_and_a_spent_one_nothing() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let server = set_up(desk, &owner).await;
        let first = server.asked();
        assert_eq!(titles(&owner, MEANT).await, ["Parking"]);
        server.asked();
        let other = with(with(draft(&server.address), "model", json!("nearer")), "key", Value::Null);
        owner.put("/api/embedding_model", &other).await.expect_status(200);
        assert!(titles(&owner, MEANT).await.is_empty(), "what another model said is not held against it");
        assert!(server.asked().is_empty(), "it was not tested yet");
        test(&owner).await;
        server.asked();
        assert!(titles(&owner, MEANT).await.is_empty(), "it has read nothing yet");
        assert!(server.asked().is_empty());
        desk.settle().await;
        assert_eq!(server.asked(), first);
        assert_eq!(titles(&owner, MEANT).await, ["Parking"]);

        // A model without a budget says nothing more today, and words are found all the same.
        let spent = used(&owner).await;
        let poor = with(with(other, "tokens_a_day", json!(1_000)), "key", Value::Null);
        owner.put("/api/embedding_model", &poor).await.expect_status(200);
        let mut asked = 0;
        while server.asked().len() + asked < 200
            && titles(&owner, &format!("{MEANT} xq{asked}")).await == ["Parking"]
        {
            asked += 1;
        }
        assert!(asked < 200, "{asked}");
        assert_eq!(titles(&owner, SAID).await, ["Towels"]);
        assert!((spent..=1_000).contains(&used(&owner).await), "{spent}, {}", used(&owner).await);
        desk.clock.advance(Millis::hours(24));
        assert_eq!(used(&owner).await, 0);
        assert_eq!(titles(&owner, "kwyjibo xqtomorrow").await, ["Parking"]);
        let owner = desk.sign_in("olga@example.com").await;
        owner.delete("/api/embedding_model").await.expect_status(204);
        server.asked();
        desk.settle().await;
        assert!(titles(&owner, MEANT).await.is_empty());
        assert!(server.asked().is_empty());
    })
    .await;
}
