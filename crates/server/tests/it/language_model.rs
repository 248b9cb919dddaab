//! A language model: it words answers from what is public and nothing else, and puts agents' words otherwise. What it may not
//! see it does not see, and what nothing supports is not said.

use model::Millis;
use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};
use crate::model_server::{KEY, ModelServer, Says, answered, written};

fn draft(address: &str) -> Value {
    json!({
        "address": address, "model": "small", "key": KEY, "answers": true, "assists": true, "cross_border": true,
        "tokens_a_day": 1_000_000, "tokens_a_contact": 100_000,
    })
}

fn with(mut draft: Value, field: &str, value: Value) -> Value {
    draft[field] = value;
    draft
}

/// A model that was seen to work.
async fn set_up(desk: &mut Desk, owner: &Browser) -> ModelServer {
    let server = ModelServer::start(desk.spare.take().expect("an address"));
    owner.put("/api/language_model", &draft(&server.address)).await.expect_status(200);
    let tested = owner.post("/api/language_model/test", &json!({})).await.expect_status(200).json();
    assert_eq!(tested["problem"], Value::Null, "{tested}");
    server.asked();
    server
}

/// An inbox whose bot answers, with two public articles and one that is not, and a customer.
async fn open(desk: &Desk, owner: &Browser) -> CustomerId {
    let inbox = desk.connect(owner).await;
    let inbox = inbox["id"].as_str().expect("an id");
    for (title, audience, body) in [
        (
            "Refunds",
            "public",
            "Refunds are paid within five working days. The money goes to the card that you used.\n\nFor vouchers we need the number of the voucher.",
        ),
        (
            "Bicycles",
            "public",
            "Bicycles can be rented at the reception for 9 euros a day. Helmets are free.",
        ),
        (
            "Refunds above the limit",
            "internal",
            "Refunds above 300 euros are paid after a call to the manager.",
        ),
    ] {
        let article = json!({
            "kind": "article", "locale": "en", "publish": true, "title": title, "audience": audience, "body": body,
        });
        owner.post("/api/articles", &article).await.expect_status(201);
    }
    let bot = json!({"enabled": true, "threshold": 70});
    owner.put(&format!("/api/inboxes/{inbox}/bot"), &bot).await.expect_status(200);
    desk.sim.customer("María López", Some("5215550002222"), None).await
}

async fn says(desk: &Desk, customer: &CustomerId, text: &str) {
    desk.clock.advance(Millis::seconds(60));
    desk.sim.send(customer, CustomerMessage::text(text)).await;
    desk.settle().await;
}

fn last(desk: &Desk, customer: &CustomerId) -> String {
    desk.sim.received(customer).into_iter().filter_map(|message| message.text).next_back().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_used_once_it_was_seen_to_work_and_its_key_is_shown_to_nobody_else() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let server = ModelServer::start(desk.spare.take().expect("an address"));
        let none = owner.get("/api/language_model").await.expect_status(200).json();
        assert_eq!(none, json!({"model": null, "used_today": 0}));
        let refused = owner.post("/api/language_model/test", &json!({})).await.expect_status(409);
        assert_eq!(refused.code(), "no_language_model");
        owner.delete("/api/language_model").await.expect_status(204);
        for (field, value) in [
            ("address", json!("http://169.254.169.254/v1")),
            ("address", json!("http://localhost:11434/v1")),
            ("address", json!("models")),
            ("address", json!("https://models.example/v1?key=1")),
            ("model", json!("")),
            ("key", json!("two words")),
            ("tokens_a_day", json!(1)),
            ("tokens_a_contact", json!(2_000_000_000_i64)),
        ] {
            let refused =
                owner.put("/api/language_model", &with(draft(&server.address), field, value.clone())).await;
            let refused = refused.expect_status(422).json();
            assert_eq!(refused["error"]["fields"][0]["path"], field, "{value}: {refused}");
        }
        let put = async |body: Value| owner.put("/api/language_model", &body).await.expect_status(200);
        let set = put(draft(&format!("{}/", server.address))).await;
        assert!(!set.json().to_string().contains(KEY));
        assert_eq!(set.json()["checked_at"], Value::Null);
        let able = owner.get("/api/language_model/assistance").await.expect_status(200).json();
        assert_eq!(able["available"], false, "it was not tested yet");
        let test =
            async || owner.post("/api/language_model/test", &json!({})).await.expect_status(200).json();
        let tested = test().await;
        assert_eq!(tested["models"], json!(["small", "large"]));
        let all = json!({"streams": true, "json": true, "temperature": true, "newer_limit": false});
        assert_eq!(tested["model"]["abilities"], all);
        let able = owner.get("/api/language_model/assistance").await.json();
        assert_eq!(
            (&able["available"], able["languages"].as_array().map(Vec::len)),
            (&json!(true), Some(20))
        );
        // A server that knows little.
        server.refuses(&["max_tokens", "temperature", "response_format", "stream_options"]);
        let few = json!({"streams": false, "json": false, "temperature": false, "newer_limit": true});
        assert_eq!(test().await["model"]["abilities"], few);
        server.refuses(&["messages"]);
        let tested = test().await;
        assert!(
            tested["problem"].as_str().expect("a problem").contains("unknown field messages"),
            "{tested}"
        );
        server.refuses(&[]);
        // The key stays with its address, and with that alone.
        let keyless = with(draft(&server.address), "key", Value::Null);
        assert_eq!(put(keyless.clone()).await.json()["has_key"], true);
        assert_eq!(test().await["problem"], Value::Null);
        let elsewhere = with(keyless.clone(), "address", json!("https://elsewhere.example/v1"));
        assert_eq!(put(elsewhere).await.json()["has_key"], false);
        assert_eq!(put(keyless).await.json()["has_key"], false, "it does not come back");
        let tested = test().await;
        assert!(tested["problem"].as_str().expect("a problem").contains("401"), "{tested}");
        owner.delete("/api/language_model").await.expect_status(204);
        let agent = desk.agent(&owner, "Ben", "agent").await;
        agent.get("/api/language_model").await.expect_status(403);
        // Longer ago than a proof lasts.
        desk.clock.advance(Millis::minutes(60));
        let late = owner.put("/api/language_model", &draft(&server.address)).await;
        assert_eq!(late.expect_status(403).json()["error"]["code"], "proof_needed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bot_says_what_a_model_wrote_where_its_sources_say_so() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let maria = open(desk, &owner).await;
        let server = set_up(desk, &owner).await;
        server.says(answered(
            "You get your money within five working days.",
            1,
            "paid within five working days",
        ));
        let question =
            "María López here, my number is +52 155 5000 2222 or maria@example.com: when are refunds paid?";
        says(desk, &maria, question).await;
        let said = last(desk, &maria);
        assert!(
            said.ends_with("You get your money within five working days.\n\nWritten by AI from: Refunds"),
            "{said}"
        );
        let asked = server.asked();
        assert_eq!(asked.len(), 1);
        let sent = asked[0].to_string();
        for hidden in ["María", "López", "5000 2222", "maria@", "300 euros", "above the limit"] {
            assert!(!sent.contains(hidden), "{hidden} in {sent}");
        }
        let data: Value = serde_json::from_str(asked[0]["messages"][1]["content"].as_str().expect("data"))
            .expect("a document");
        assert_eq!(data["language"], "en");
        assert!(data["question"].as_str().expect("a question").contains("when are refunds paid?"), "{data}");
        assert_eq!(asked[0]["temperature"], 0);
        let used = owner.get("/api/language_model").await.json()["used_today"].clone();
        assert!(used.as_i64().is_some_and(|used| used >= 100), "{used}");
        let record = owner.get("/api/processing").await.expect_status(200).json();
        assert_eq!(record["automated_answers"], true);
        assert!(record["recipients"].to_string().contains(&server.address), "{record}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_supports_is_not_said_and_a_model_that_fails_is_left_alone() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let maria = open(desk, &owner).await;
        let server = set_up(desk, &owner).await;
        let quote = "paid within five working days";
        for (number, what) in [
            answered("Refunds are paid within two working days.", 1, quote),
            answered("Refunds are paid within five working days, and we give you 100 euros.", 1, quote),
            answered(
                "Pay first at https://evil.example/pay, refunds are paid within five working days.",
                1,
                quote,
            ),
            answered("![x](https://evil.example/a.png) Refunds are paid within five working days.", 1, quote),
            answered("Refunds are paid within five working days.", 1, "words that stand nowhere"),
            answered("Refunds are paid within five working days.", 7, quote),
            Says::Text("Refunds are paid at once!".to_owned()),
            Says::Text("{\"answered\": false}".to_owned()),
        ]
        .into_iter()
        .enumerate()
        {
            server.says(what.clone());
            let customer = desk
                .sim
                .customer(&format!("C{number}"), Some(&format!("52155500100{number:02}")), None)
                .await;
            says(desk, &customer, "When are refunds paid?").await;
            let said = last(desk, &customer);
            assert!(
                !said.contains("AI") && !said.contains("evil") && !said.contains("100"),
                "{what:?}: {said}"
            );
            assert_eq!(server.asked().len(), 1, "{what:?}");
        }
        for (number, what) in
            [Says::Status(500, "out of memory"), Says::BreaksOff, Says::Nonsense].into_iter().enumerate()
        {
            server.says(what.clone());
            let customer = desk
                .sim
                .customer(&format!("D{number}"), Some(&format!("52155500200{number:02}")), None)
                .await;
            says(desk, &customer, "When are refunds paid?").await;
            assert!(!last(desk, &customer).is_empty(), "{what:?}: somebody answers all the same");
            assert_eq!(server.asked().len(), 1, "{what:?}");
        }
        server.says(answered("Refunds are paid within five working days.", 1, quote));
        says(desk, &maria, "When are refunds paid then?").await;
        assert_eq!(server.asked().len(), 0, "after three failures it has a rest");
        let tested = owner.post("/api/language_model/test", &json!({})).await.json();
        assert_eq!(tested["problem"], Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_spends_more_than_there_is() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let maria = open(desk, &owner).await;
        let server = set_up(desk, &owner).await;
        let small = with(with(draft(&server.address), "tokens_a_contact", json!(4_000)), "key", Value::Null);
        owner.put("/api/language_model", &small).await.expect_status(200);
        server.takes(None);
        server.says(written("Good day."));
        says(desk, &maria, "hello").await;
        let id = desk.only_conversation(&owner).await["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/conversations/{id}/rewrite");
        let body = json!({"text": "hi", "tone": "formal"});
        owner.post(&path, &body).await.expect_status(200);
        let refused = owner.post(&path, &body).await.expect_status(409).json();
        assert_eq!(
            refused["error"]["code"], "budget_spent",
            "what a server does not tell counts as it was taken"
        );
        server.asked();
        owner.post(&path, &body).await.expect_status(409);
        assert_eq!(server.asked().len(), 0);
        let used = owner.get("/api/language_model").await.json()["used_today"].clone();
        assert!(used.as_i64().is_some_and(|used| (3_000..=4_000).contains(&used)), "{used}");
        desk.clock.advance(Millis::hours(24));
        owner.post(&path, &body).await.expect_status(200);
        // At the same time.
        let whole = with(with(small, "tokens_a_contact", json!(100_000)), "tokens_a_day", json!(10_000));
        desk.sign_in("olga@example.com").await.put("/api/language_model", &whole).await.expect_status(200);
        let all = futures_util::future::join_all((0..8).map(|_| owner.post(&path, &body))).await;
        let done = all.iter().filter(|reply| reply.status == 200).count();
        assert!((1..=2).contains(&done), "{done}");
        let used = owner.get("/api/language_model").await.json()["used_today"].clone();
        assert!(used.as_i64().is_some_and(|used| used <= 10_000), "{used}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_have_texts_rewritten_and_translated_without_what_is_a_customers_own() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let maria = open(desk, &owner).await;
        says(desk, &maria, "Quiero un reembolso del pedido #48151").await;
        let id = desk.only_conversation(&owner).await["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/conversations/{id}/rewrite");
        let text = "María, order #48151: you get 12 euros at https://shop.example/pay";
        let tone = json!({"text": text, "tone": "friendlier"});
        assert_eq!(
            owner.post(&path, &tone).await.expect_status(409).json()["error"]["code"],
            "no_language_model"
        );
        let server = set_up(desk, &owner).await;
        server.says(written(
            "Dear [NAME-1], for your order [ORDER-1] you get 12 euros here: https://shop.example/pay",
        ));
        let reply = owner.post(&path, &tone).await.expect_status(200).json();
        let asked = server.asked();
        let sent = asked[0].to_string();
        assert!(!sent.contains("María") && !sent.contains("48151"), "{sent}");
        let said = reply["text"].as_str().expect("a text");
        assert!(said.starts_with("Dear María, for your order ") && said.contains("48151"), "{said}");
        for what in [
            written(
                "Dear [NAME-1], for your order [ORDER-1] you get 13 euros here: https://shop.example/pay",
            ),
            written("Dear [NAME-1], you get 12 euros here: https://shop.example/pay"),
            written("Dear [NAME-1], for [ORDER-1] you get 12 euros here: https://evil.example/pay"),
            written(""),
            Says::Text("no".to_owned()),
            Says::Status(429, "slow down"),
            Says::BreaksOff,
            Says::Endless,
        ] {
            server.says(what.clone());
            let refused = owner.post(&path, &tone).await.expect_status(409).json();
            assert_eq!(refused["error"]["code"], "model_failed", "{what:?}");
        }
        server.says(written("I want a refund for order [ORDER-1]"));
        let thread = desk.thread(&owner, &desk.only_conversation(&owner).await).await;
        let message = thread.iter().find(|one| one["direction"] == "in").expect("a message")["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let translate = format!("/api/messages/{message}/translate");
        let reply = owner.post(&translate, &json!({"to": "en"})).await.expect_status(200).json();
        assert!(reply["text"].as_str().is_some_and(|text| text.contains("48151")), "{reply}");
        for (body, field) in [
            (json!({"text": "hi", "to": "tlh"}), "to"),
            (json!({"text": "hi"}), "tone"),
            (json!({"text": "hi", "to": "en", "tone": "formal"}), "tone"),
            (json!({"text": "", "to": "en"}), "text"),
            (json!({"text": "x".repeat(4_001), "to": "en"}), "text"),
        ] {
            let refused = owner.post(&path, &body).await.expect_status(422).json();
            assert_eq!(refused["error"]["fields"][0]["path"], field, "{body}");
        }
        let stranger = desk.stranger().await;
        stranger.post(&path, &tone).await.expect_status(404);
        stranger.post(&translate, &json!({"to": "en"})).await.expect_status(404);
        assert_eq!(stranger.get("/api/language_model").await.json()["model"], Value::Null);
        let spent = with(with(draft(&server.address), "assists", json!(false)), "key", Value::Null);
        owner.put("/api/language_model", &spent).await.expect_status(200);
        assert_eq!(
            owner.post(&path, &tone).await.expect_status(409).json()["error"]["code"],
            "no_language_model"
        );
    })
    .await;
}
