//! Answers of the bot as colleagues judge them: right ones become questions of their article by one click, wrong ones are
//! told with what was asked, and what was taken from an intent becomes an example.

use model::Millis;
use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

/// A workspace whose bot answers from an article and from an intent, and a customer.
async fn open(desk: &Desk, owner: &Browser) -> (String, CustomerId) {
    let inbox = desk.connect(owner).await;
    let path = format!("/api/inboxes/{}/bot", inbox["id"].as_str().expect("an id"));
    owner.put(&path, &json!({"enabled": true, "threshold": 60})).await.expect_status(200);
    let article = json!({
        "kind": "answer", "locale": "en", "publish": true, "audience": "public", "title": "When is breakfast?",
        "body": "Breakfast is from seven to ten.", "questions": ["breakfast hours"],
    });
    let article = owner.post("/api/articles", &article).await.expect_status(201).json();
    let maria = desk.sim.customer("Maria Lopez", Some("5215550002222"), None).await;
    (article["id"].as_str().expect("an id").to_owned(), maria)
}

async fn says(desk: &Desk, customer: &CustomerId, text: &str) {
    desk.clock.advance(Millis::seconds(60));
    desk.sim.send(customer, CustomerMessage::text(text)).await;
    desk.settle().await;
}

/// The answers in the only conversation, the newest first.
async fn answers(desk: &Desk, browser: &Browser) -> Vec<Value> {
    let id = desk.only_conversation(browser).await["id"].as_str().expect("an id").to_owned();
    browser.get(&format!("/api/conversations/{id}/answers")).await.expect_status(200).items()
}

async fn judge(browser: &Browser, answer: &Value, right: Option<bool>) -> Value {
    let path = format!("/api/messages/{}/verdict", answer["message_id"].as_str().expect("an id"));
    browser.put(&path, &json!({"right": right})).await.expect_status(200).json()
}

async fn judged(owner: &Browser, right: bool) -> Vec<Value> {
    owner.get(&format!("/api/judged?right={right}")).await.expect_status(200).items()
}

async fn unanswered(desk: &Desk, owner: &Browser) -> usize {
    app::unanswered::settle(&desk.app).await.expect("the store answers");
    owner.get("/api/unanswered").await.expect_status(200).items().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_answer_becomes_a_question_and_a_wrong_one_is_among_the_gaps() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let (article, maria) = open(desk, &owner).await;
        let ben = desk.agent(&owner, "Ben", "agent").await;
        says(desk, &maria, "and when is breakfast, please?").await;
        let answer = answers(desk, &owner).await.remove(0);
        assert_eq!((&answer["kind"], &answer["mine"]), (&json!("article"), &Value::Null), "{answer}");
        assert_eq!(unanswered(desk, &owner).await, 0);

        // Wrong, as two find: one after the other takes it back.
        assert_eq!(judge(&owner, &answer, Some(false)).await["mine"], false);
        let both = judge(&ben, &answer, Some(false)).await;
        assert_eq!((&both["wrong"], &both["right"]), (&json!(2), &json!(0)));
        assert_eq!(judge(&ben, &answer, Some(false)).await["wrong"], 2, "one word a person");
        assert_eq!(unanswered(desk, &owner).await, 1);
        let pair = judged(&owner, false).await.remove(0);
        assert_eq!((&pair["article_id"], &pair["wrong"]), (&json!(article), &json!(2)), "{pair}");
        assert_eq!(pair["passage"], "Breakfast is from seven to ten.");
        judge(&owner, &answer, None).await;
        assert_eq!(unanswered(desk, &owner).await, 1, "another still finds it wrong");
        let accept = |accept: bool| json!({"message_id": pair["question"]["message_id"], "article_id": article, "accept": accept});
        owner.post("/api/judged/decide", &accept(true)).await.expect_status(422);
        judge(&ben, &answer, None).await;
        assert_eq!(unanswered(desk, &owner).await, 0);
        assert!(judged(&owner, false).await.is_empty());
        owner.post("/api/judged/decide", &accept(false)).await.expect_status(404);

        // Right: it waits for one click, which adds what anybody may ask.
        judge(&owner, &answer, Some(false)).await;
        assert_eq!(judge(&owner, &answer, Some(true)).await["right"], 1);
        assert_eq!(unanswered(desk, &owner).await, 0);
        let pair = judged(&owner, true).await.remove(0);
        let phrase = pair["phrase"].as_str().expect("a phrase");
        assert_eq!(phrase, "and when is breakfast, please?");
        owner.post("/api/judged/decide", &accept(true)).await.expect_status(204);
        assert!(judged(&owner, true).await.is_empty());
        let kept = owner.get(&format!("/api/articles/{article}")).await.expect_status(200).json();
        assert_eq!(kept["questions"], json!(["breakfast hours", phrase]));
        assert_eq!(kept["published_version"], kept["version"]);
        owner.post("/api/judged/decide", &accept(true)).await.expect_status(204);
        let again = owner.get(&format!("/api/articles/{article}")).await.json();
        assert_eq!(again["version"], kept["version"], "once is enough");

        let audit = owner.get("/api/audit?limit=50").await.expect_status(200).json().to_string();
        assert!(audit.contains("answer.judged") && audit.contains("answer.decided"));
        ben.get("/api/judged?right=true").await.expect_status(403);
        let stranger = desk.stranger().await;
        let path = format!("/api/messages/{}/verdict", answer["message_id"].as_str().expect("an id"));
        stranger.put(&path, &json!({"right": true})).await.expect_status(404);
        let mine = desk.thread(&owner, &desk.only_conversation(&owner).await).await.remove(0);
        let path = format!("/api/messages/{}/verdict", mine["id"].as_str().expect("an id"));
        owner.put(&path, &json!({"right": true})).await.expect_status(404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_an_intents_answer_is_an_example_that_waits() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let (_, maria) = open(desk, &owner).await;
        let late = json!({"name": "Late parcel", "answer": {"do": "say", "texts": {"en": "It comes within two days."}}});
        let late = owner.post("/api/intents", &late).await.expect_status(201).json();
        let path = format!("/api/intents/{}/examples", late["id"].as_str().expect("an id"));
        let texts = [
            "my parcel is late",
            "where is my package",
            "the delivery has not arrived",
            "I am still waiting for my order",
            "when will my parcel come",
            "tracking shows nothing",
        ];
        owner.post(&path, &json!({"texts": texts})).await.expect_status(200);
        desk.settle().await;
        says(desk, &maria, "my parcel is late again").await;
        let answer = answers(desk, &owner).await.remove(0);
        assert_eq!(answer["kind"], "intent", "{answer}");
        let waiting = async || owner.get("/api/examples?state=waiting").await.expect_status(200).items();
        judge(&owner, &answer, Some(true)).await;
        let example = waiting().await.remove(0);
        assert_eq!((&example["intent_id"], &example["text"]), (&late["id"], &json!("my parcel is late again")));
        judge(&owner, &answer, Some(false)).await;
        assert_eq!(waiting().await[0]["intent_id"], Value::Null);
        judge(&owner, &answer, None).await;
        assert!(waiting().await.is_empty(), "it is taken back");
        judge(&owner, &answer, Some(true)).await;
        let decided = json!({"examples": [waiting().await[0]["id"]], "accept": true});
        owner.post("/api/examples/decide", &decided).await.expect_status(200);
        judge(&owner, &answer, None).await;
        let kept = owner.get("/api/examples?state=accepted").await.items();
        assert!(kept.iter().any(|one| one["text"] == "my parcel is late again"), "what was decided stays");
        assert_eq!(unanswered(desk, &owner).await, 0);
        desk.settle().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_suggestion_waits_as_well() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let (article, maria) = open(desk, &owner).await;
        let inboxes = owner.get("/api/inboxes").await.expect_status(200).items();
        let path = format!("/api/inboxes/{}/bot", inboxes[0]["id"].as_str().expect("an id"));
        owner.put(&path, &json!({"enabled": false, "threshold": 60})).await.expect_status(200);
        says(desk, &maria, "when can we have breakfast").await;
        let conversation = desk.only_conversation(&owner).await["id"].as_str().expect("an id").to_owned();
        let suggested = owner.get(&format!("/api/conversations/{conversation}/suggestions")).await.json();
        let path = format!("/api/messages/{}/suggestion", suggested["message_id"].as_str().expect("an id"));
        let fate = |what: &str, value: Value| json!({"kind": "article", "source": article, what: value});
        owner.put(&path, &fate("helpful", json!(true))).await.expect_status(204);
        assert_eq!(judged(&owner, true).await[0]["phrase"], "when can we have breakfast");
        owner.put(&path, &fate("helpful", json!(false))).await.expect_status(204);
        assert_eq!(judged(&owner, false).await.len(), 1);
        owner.put(&path, &fate("taken_back", json!(true))).await.expect_status(204);
        assert!(judged(&owner, true).await.is_empty() && judged(&owner, false).await.is_empty());
    })
    .await;
}
