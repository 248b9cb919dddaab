//! Intents: written with a few examples, recognised by the bot, corrected by agents, learned at once, forgotten with people.

use model::Millis;
use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

/// Customers' words for an intent.
pub(crate) const LATE: [&str; 6] = [
    "my parcel is late",
    "where is my package",
    "the delivery has not arrived",
    "I am still waiting for my order",
    "when will my parcel come",
    "tracking shows nothing",
];

/// A workspace with a bot, an intent with six examples, and a customer.
struct Scene {
    owner: Browser,
    late: String,
    maria: CustomerId,
}

impl Scene {
    async fn open(desk: &Desk) -> Self {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let setting = json!({"enabled": true, "threshold": 75});
        let path = format!("/api/inboxes/{}/bot", inbox["id"].as_str().expect("an id"));
        owner.put(&path, &setting).await.expect_status(200);
        let texts = json!({"en": "It comes within two days.", "es": "Llega en dos días."});
        let late = json!({"name": "Late parcel", "answer": {"do": "say", "texts": texts}});
        let late = intent(desk, &owner, &late, &LATE).await;
        let maria = desk.sim.customer("María", Some("+1 555 000 2222"), None).await;
        Self { owner, late, maria }
    }

    /// The customer writes, and everything is done that is due.
    async fn says(&self, desk: &Desk, text: &str) -> String {
        // Nobody writes twice in the same moment.
        desk.clock.advance(Millis::seconds(20));
        desk.sim.send(&self.maria, CustomerMessage::text(text)).await;
        desk.settle().await;
        let received = desk.sim.received(&self.maria);
        received.into_iter().filter_map(|message| message.text).next_back().unwrap_or_default()
    }

    async fn conversation(&self, desk: &Desk) -> String {
        desk.only_conversation(&self.owner).await["id"].as_str().expect("an id").to_owned()
    }

    /// What is understood of the customer's messages, the newest last.
    async fn understood(&self, desk: &Desk) -> Vec<Value> {
        let id = self.conversation(desk).await;
        self.owner.get(&format!("/api/conversations/{id}/understood")).await.expect_status(200).items()
    }

    /// What the bot noted when it handed over, the newest.
    async fn note(&self, desk: &Desk) -> Value {
        let conversation = desk.only_conversation(&self.owner).await;
        let thread = desk.thread(&self.owner, &conversation).await;
        let line = thread.iter().rfind(|line| line["content"]["event"] == "handed_over");
        line.expect("it handed over")["content"]["hand_over"].clone()
    }

    async fn hand_back(&self, desk: &Desk) {
        let id = self.conversation(desk).await;
        let path = format!("/api/conversations/{id}/hand_back");
        self.owner.post(&path, &json!({})).await.expect_status(200);
    }

    /// What would be understood of a text.
    async fn asks(&self, text: &str) -> Value {
        self.owner.post("/api/understand", &json!({"text": text})).await.expect_status(200).json()
    }

    async fn versions(&self) -> Vec<Value> {
        self.owner.get("/api/learning/versions").await.expect_status(200).items()
    }
}

async fn intent(desk: &Desk, owner: &Browser, draft: &Value, texts: &[&str]) -> String {
    let made = owner.post("/api/intents", draft).await.expect_status(201).json();
    let id = made["id"].as_str().expect("an id").to_owned();
    examples(owner, &id, texts).await;
    desk.settle().await;
    id
}

async fn examples(owner: &Browser, intent: &str, texts: &[&str]) -> i64 {
    let path = format!("/api/intents/{intent}/examples");
    let written = owner.post(&path, &json!({"texts": texts})).await.expect_status(200).json();
    written["count"].as_i64().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn six_examples_are_recognised_and_answered_in_the_customers_language() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let answer = scene.says(desk, "hello, my package did not arrive").await;
        assert!(answer.ends_with("\n\nIt comes within two days."), "{answer}");
        let understood = scene.understood(desk).await;
        assert_eq!(understood[0]["understood"]["intent_id"], json!(scene.late));
        assert!(understood[0]["understood"]["confidence"].as_i64() > Some(75), "{understood:?}");
        assert!(
            LATE.contains(&understood[0]["understood"]["nearest"].as_str().expect("why")),
            "{understood:?}"
        );
        let version = &scene.versions().await[0];
        assert_eq!(
            (&version["version"], &version["examples"], &version["in_use"]),
            (&json!(1), &json!(6), &json!(true))
        );
        assert_eq!(version["figures"]["asked"], 6);
        for text in ["what are your opening hours", "I want a refund", "几点关门"] {
            let none = scene.asks(text).await;
            assert_eq!(none["none"], true, "{text}: {none}");
        }
        let note = scene.says(desk, "do you sell gift cards").await;
        assert!(note.ends_with("A person takes over from here."), "{note}");
        scene.hand_back(desk).await;
        assert_eq!(examples(&scene.owner, &scene.late, &["¿dónde está mi paquete?", LATE[0], " "]).await, 1);
        desk.settle().await;
        let answer = scene.says(desk, "donde esta mi paquete").await;
        assert!(answer.ends_with("Llega en dos días."), "{answer}");
        let list = scene.owner.get("/api/intents").await.items();
        assert_eq!((&list[0]["examples"], &list[0]["waiting"]), (&json!(7), &json!(0)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_waits_for_one_click_and_then_counts_at_once() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let asked = "the box with my lamp went missing";
        let handed = scene.says(desk, asked).await;
        assert!(handed.ends_with("A person takes over from here."), "{handed}");
        let message = scene.understood(desk).await[0]["message_id"].as_str().expect("an id").to_owned();
        let path = format!("/api/messages/{message}/intent");
        let meaning = json!({"intent_id": scene.late});
        let agent = desk.agent(&scene.owner, "Ann", "agent").await;
        let said = agent.put(&path, &meaning).await.expect_status(200).json();
        assert_eq!(said["state"], "waiting");
        assert_eq!(agent.put(&path, &meaning).await.expect_status(200).json()["state"], "waiting");
        desk.settle().await;
        assert_eq!(scene.asks(asked).await["none"], true, "nobody accepted it");
        agent.get("/api/examples?state=waiting").await.expect_status(403);
        let waiting = scene.owner.get("/api/examples?state=waiting").await.items();
        assert_eq!(
            (waiting.len(), &waiting[0]["text"], &waiting[0]["origin"]),
            (1, &json!(asked), &json!("correction"))
        );
        let decision = json!({"examples": [waiting[0]["id"]], "accept": true});
        agent.post("/api/examples/decide", &decision).await.expect_status(403);
        let decided = scene.owner.post("/api/examples/decide", &decision).await.expect_status(200).json();
        assert_eq!(decided["count"], 1);
        // Before anything is trained.
        let now = scene.asks("The box with my lamp went missing!").await;
        assert_eq!((&now["intent_id"], &now["corrected"]), (&json!(scene.late), &json!(true)));
        assert_eq!(scene.versions().await.len(), 1);
        desk.settle().await;
        assert_eq!(scene.versions().await.len(), 2);
        let learned = scene.asks("a box with a lamp is missing").await;
        assert_eq!((&learned["intent_id"], &learned["corrected"]), (&json!(scene.late), &json!(false)));
        scene.hand_back(desk).await;
        let answer = scene.says(desk, "my box with the lamp went missing").await;
        assert!(answer.ends_with("It comes within two days."), "{answer}");
        let correction = &scene.understood(desk).await[0]["correction"];
        assert_eq!(correction, &json!({"intent_id": scene.late, "state": "accepted"}));
        // None of these, and at once.
        scene.owner.put("/api/learning", &json!({"automatic": true})).await.expect_status(200);
        let said = agent.put(&path, &json!({"intent_id": null})).await.expect_status(200).json();
        assert_eq!(said["state"], "accepted");
        assert_eq!(scene.asks(asked).await["none"], true);
        desk.settle().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_version_is_used_again_until_something_else_is_learned() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let refund = json!({"name": "Refund", "answer": {"do": "hand_over", "team_id": null}});
        let texts = ["I want my money back", "how do I get a refund", "please refund my purchase"];
        let refund = intent(desk, &scene.owner, &refund, &texts).await;
        assert_eq!(scene.asks("please give me a refund").await["intent_id"], json!(refund));
        let changes =
            scene.owner.get("/api/learning/changes?before=1&after=2").await.expect_status(200).items();
        let told = |text: &str| changes.iter().find(|change| change["text"] == text).cloned();
        let change = told(texts[1]).expect("it is another intent's now");
        assert_eq!((&change["after"], &change["intent_id"]), (&json!(refund), &json!(refund)));
        scene.owner.get("/api/learning/changes?before=1&after=9").await.expect_status(422);
        scene.owner.post("/api/learning/use", &json!({"version": 9})).await.expect_status(422);
        scene.owner.post("/api/learning/use", &json!({"version": 1})).await.expect_status(204);
        desk.settle().await;
        assert_ne!(scene.asks("please give me a refund").await["intent_id"], json!(refund));
        assert_eq!(
            scene.versions().await.iter().map(|one| one["in_use"] == true).collect::<Vec<_>>(),
            [false, true]
        );
        examples(&scene.owner, &refund, &["refund policy"]).await;
        desk.settle().await;
        assert_eq!(scene.versions().await[0]["version"], 3);
        assert_eq!(scene.asks("please give me a refund").await["intent_id"], json!(refund));
        let path = format!("/api/intents/{refund}");
        scene.owner.patch(&path, &json!({"enabled": false})).await.expect_status(200);
        assert_ne!(
            scene.asks("please give me a refund").await["intent_id"],
            json!(refund),
            "switched off at once"
        );
        desk.settle().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_for_people_goes_to_its_team_with_a_note_that_says_how_sure() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let team = scene.owner.post("/api/teams", &json!({"name": "Money"})).await.expect_status(201).json();
        let refund = json!({"name": "Refund", "answer": {"do": "hand_over", "team_id": team["id"]}});
        let texts = ["I want my money back", "how do I get a refund", "please refund my purchase"];
        intent(desk, &scene.owner, &refund, &texts).await;
        scene.says(desk, "how can I get a refund for order #48213").await;
        let note = scene.note(desk).await;
        assert_eq!((&note["reason"], &note["intent"]), (&json!("for_people"), &json!("Refund")));
        assert!(note["intent_confidence"].as_i64() > Some(75), "{note}");
        let conversation = desk.only_conversation(&scene.owner).await;
        assert_eq!((&conversation["turn"], &conversation["team_id"]), (&json!("queue"), &team["id"]));
        let nowhere = json!({"name": "x", "answer": {"do": "hand_over", "team_id": "tm_0000000000007"}});
        scene.owner.post("/api/intents", &nowhere).await.expect_status(422);
        let twice = json!({"name": "refund", "answer": {"do": "say", "texts": {"en": "x"}}});
        scene.owner.post("/api/intents", &twice).await.expect_status(422);
        let speechless = json!({"name": "y", "answer": {"do": "say", "texts": {}}});
        scene.owner.post("/api/intents", &speechless).await.expect_status(422);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_of_somebody_goes_with_them() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let asked = "the box with my lamp went missing";
        scene.says(desk, asked).await;
        scene.owner.put("/api/learning", &json!({"automatic": true})).await.expect_status(200);
        let message = scene.understood(desk).await[0]["message_id"].as_str().expect("an id").to_owned();
        let meaning = json!({"intent_id": scene.late});
        scene.owner.put(&format!("/api/messages/{message}/intent"), &meaning).await.expect_status(200);
        desk.settle().await;
        assert_eq!(scene.asks(asked).await["intent_id"], json!(scene.late));
        let contact = desk.only_conversation(&scene.owner).await["contact"]["id"].clone();
        let path = format!("/api/contacts/{}/erase", contact.as_str().expect("an id"));
        scene.owner.post(&path, &json!({"reason": "asked for"})).await.expect_status(200);
        assert!(scene.versions().await.is_empty(), "no model that learned it is left");
        let text = scene.owner.get("/api/examples").await.expect_status(200).body;
        assert!(!String::from_utf8(text).expect("text").contains("lamp"));
        desk.settle().await;
        let version = &scene.versions().await[0];
        assert_eq!((&version["version"], &version["examples"]), (&json!(3), &json!(6)));
        assert_eq!(scene.asks(asked).await["none"], true);
        assert_eq!(scene.asks("where is my package").await["intent_id"], json!(scene.late));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_from_a_role_is_hidden_in_what_was_learned() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let call = json!({"name": "Call", "answer": {"do": "hand_over", "team_id": null}});
        let number = "+34 600 111 222";
        intent(desk, &scene.owner, &call, &[number, "call me", "please phone me back"]).await;
        let draft = json!({"name": "knows", "permissions": ["knowledge.read", "knowledge.manage"], "scope": "all",
            "masks": ["phone"]});
        let made = scene.owner.post("/api/roles", &draft).await.expect_status(201).json();
        let other = desk.agent(&scene.owner, "Other", made["role"].as_str().expect("an id")).await;
        let body = json!({"text": number});
        let asked = async |who: &Browser| {
            let said = who.post("/api/understand", &body).await.expect_status(200).json();
            let changes = who.get("/api/learning/changes?before=1&after=2").await.expect_status(200).items();
            let texts: Vec<String> =
                changes.iter().map(|one| one["text"].as_str().expect("a text").to_owned()).collect();
            (said["nearest"].clone(), texts)
        };
        let (nearest, texts) = asked(&scene.owner).await;
        assert!(nearest == json!(number) && texts.iter().any(|text| text == number), "{nearest} {texts:?}");
        let (nearest, texts) = asked(&other).await;
        assert!(nearest == json!("•••") && texts.iter().all(|text| text != number), "{nearest} {texts:?}");
        assert!(texts.iter().any(|text| text == "call me"), "words stay: {texts:?}");
    })
    .await;
}
