//! The bot tried on questions that people answered: on past conversations, and on those of the day.

use model::Millis;
use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

/// A trial of what somebody answered in a conversation.
pub(crate) async fn make(desk: &Desk, owner: &Browser, inbox: &Value, conversation: &Value) -> Value {
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    let (inbox, conversation) = (text(&inbox["id"]), text(&conversation["id"]));
    let reply = json!({"client_id": "tried", "text": "We look into it."});
    owner.post(&format!("/api/conversations/{conversation}/messages"), &reply).await.expect_status(201);
    desk.settle().await;
    let draft = json!({"conversations": 10});
    owner.post(&format!("/api/inboxes/{inbox}/bot/replay"), &draft).await.expect_status(202);
    desk.settle().await;
    owner.get(&format!("/api/inboxes/{inbox}/bot/trials?source=replay")).await.items().remove(0)
}

/// An inbox whose people answer, with some knowledge, and a customer.
struct Scene {
    owner: Browser,
    inbox: String,
    maria: CustomerId,
    said: std::cell::Cell<u32>,
}

impl Scene {
    async fn open(desk: &Desk) -> Self {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await["id"].as_str().expect("an id").to_owned();
        for (title, questions, body) in [
            (
                "When do I get my money back?",
                json!(["I want a refund", "how long does a refund take"]),
                "We send the money back within five working days to the card that you paid with.",
            ),
            (
                "Can I change my address?",
                json!(["I have moved", "wrong delivery address"]),
                "Write us the new address before the parcel leaves our house.",
            ),
        ] {
            let article = json!({"kind": "answer", "locale": "en", "publish": true, "title": title, "questions": questions,
                "body": body});
            owner.post("/api/articles", &article).await.expect_status(201);
        }
        let maria = desk.sim.customer("Mar\u{ed}a", Some("5215550002222"), None).await;
        Self { owner, inbox, maria, said: std::cell::Cell::new(0) }
    }

    /// The customer asks, and an agent answers.
    async fn talk(&self, desk: &Desk, question: &str, answer: &str) {
        self.exchange(desk, CustomerMessage::text(question), answer).await;
    }

    /// The customer sends something, and an agent answers.
    async fn exchange(&self, desk: &Desk, sent: CustomerMessage, answer: &str) {
        desk.clock.advance(Millis::minutes(5));
        desk.sim.send(&self.maria, sent).await;
        desk.settle().await;
        self.said.set(self.said.get() + 1);
        let conversation = desk.only_conversation(&self.owner).await;
        let path = format!("/api/conversations/{}/messages", conversation["id"].as_str().expect("an id"));
        let reply = json!({"client_id": format!("r{}", self.said.get()), "text": answer});
        self.owner.post(&path, &reply).await.expect_status(201);
        desk.settle().await;
    }

    async fn replay(&self, desk: &Desk) {
        let path = format!("/api/inboxes/{}/bot/replay", self.inbox);
        let begun = self.owner.post(&path, &json!({"conversations": 100})).await.expect_status(202).json();
        assert_eq!((&begun["looked"], &begun["done_at"]), (&json!(0), &Value::Null));
        desk.settle().await;
    }

    async fn report(&self, source: &str) -> Value {
        let path = format!("/api/inboxes/{}/bot/report?source={source}", self.inbox);
        self.owner.get(&path).await.expect_status(200).json()
    }

    async fn trials(&self, who: &Browser, query: &str) -> Vec<Value> {
        who.get(&format!("/api/inboxes/{}/bot/trials?{query}", self.inbox)).await.expect_status(200).items()
    }
}

/// What the report says of a threshold: answered, right, wrong.
fn at(report: &Value, threshold: i64) -> [i64; 3] {
    let curve = report["curve"].as_array().expect("a curve");
    let step = curve.iter().find(|step| step["threshold"] == threshold).expect("a step");
    ["answered", "right", "wrong"].map(|name| step[name].as_i64().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn past_conversations_show_what_the_bot_would_have_done() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let none = scene.report("replay").await;
        assert_eq!((&none["replay"], &none["questions"]), (&Value::Null, &json!(0)));
        scene
            .talk(
                desk,
                "I want a refund",
                "You get it back within five working days, to the card that you paid with.",
            )
            .await;
        scene
            .talk(desk, "I have moved", "The blue jacket is sold out until the end of the month, sorry!")
            .await;
        scene.talk(desk, "Which film is on at the cinema tonight?", "No idea, I am afraid.").await;
        scene.talk(desk, "let me talk to a person", "Here I am.").await;
        scene.talk(desk, "thank you", "You are welcome!").await;
        let before = desk.sim.received(&scene.maria).len();
        scene.replay(desk).await;
        assert_eq!(desk.sim.received(&scene.maria).len(), before, "nobody is written to");
        let report = scene.report("replay").await;
        assert!(!report["replay"]["done_at"].is_null() && report["replay"]["looked"] == 1, "{report}");
        assert_eq!(report["questions"], 4, "thanks are no question: {report}");
        assert_eq!(at(&report, 50), [2, 1, 1], "{report}");
        assert!(
            report["handed_over"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one["reason"] == "asked"))
        );
        assert_eq!(report["proposed"], Value::Null, "of so few nothing is proposed");

        let all = scene.trials(&scene.owner, "source=replay").await;
        assert_eq!(all.len(), 5);
        let wrong = scene.trials(&scene.owner, "source=replay&deed=answer&agreement=different").await;
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0]["question"], "I have moved");
        assert!(wrong[0]["said"].as_str().is_some_and(|said| said.contains("before the parcel leaves")));
        assert!(wrong[0]["reply"].as_str().is_some_and(|said| said.contains("sold out")));

        // A person's judgment counts and not the comparison.
        let path = format!("/api/bot_trials/{}/verdict", wrong[0]["id"].as_str().expect("an id"));
        scene.owner.put(&path, &json!({"verdict": "right"})).await.expect_status(204);
        assert_eq!(at(&scene.report("replay").await, 50), [2, 2, 0]);
        scene.owner.put(&path, &json!({"verdict": null})).await.expect_status(204);
        assert_eq!(at(&scene.report("replay").await, 50), [2, 1, 1]);

        // Once more, in place of what was.
        scene.replay(desk).await;
        assert_eq!(scene.trials(&scene.owner, "source=replay").await.len(), 5);
        scene.owner.put(&path, &json!({"verdict": "right"})).await.expect_status(404);

        // An erased customer's questions go.
        let conversation = desk.only_conversation(&scene.owner).await;
        let contact = conversation["contact"]["id"].as_str().expect("an id");
        let erase = format!("/api/contacts/{contact}/erase");
        scene.owner.post(&erase, &json!({"reason": "asked for"})).await.expect_status(200);
        assert_eq!(scene.report("replay").await["questions"], 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_thinks_beside_people_and_says_nothing() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        scene.talk(desk, "I have moved", "Send us the new address before the parcel leaves our house.").await;
        let path = format!("/api/inboxes/{}/bot", scene.inbox);
        let setting = json!({"enabled": false, "threshold": 75, "shadow": true});
        let kept = scene.owner.put(&path, &setting).await.expect_status(200).json();
        for (field, value) in setting.as_object().expect("an object") {
            assert_eq!(&kept[field], value, "{field}");
        }
        scene
            .talk(desk, "I want a refund", "Within five working days, to the card that you paid with.")
            .await;
        assert!(
            scene.trials(&scene.owner, "source=shadow").await.is_empty(),
            "the answer may not be whole yet"
        );
        desk.clock.advance(Millis::minutes(3));
        desk.settle().await;
        let all = scene.trials(&scene.owner, "source=shadow").await;
        assert_eq!(all.len(), 1, "what was answered before is not its matter: {all:?}");
        assert_eq!((&all[0]["question"], &all[0]["agreement"]), (&json!("I want a refund"), &json!("same")));
        assert_eq!(at(&scene.report("shadow").await, 50), [1, 1, 0]);
        assert_eq!(desk.sim.received(&scene.maria).len(), 2, "people's answers only");

        // Somebody who may see no conversation sees none here, whatever they manage.
        let draft = json!({"name": "inboxes", "permissions": ["inbox.read", "inbox.manage"], "scope": "own"});
        let made = scene.owner.post("/api/roles", &draft).await.expect_status(201).json();
        let other = desk.agent(&scene.owner, "Other", made["role"].as_str().expect("an id")).await;
        assert!(scene.trials(&other, "source=shadow").await.is_empty());
        let judge = format!("/api/bot_trials/{}/verdict", all[0]["id"].as_str().expect("an id"));
        other.put(&judge, &json!({"verdict": "wrong"})).await.expect_status(404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_has_bounds() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let path = format!("/api/inboxes/{}/bot/replay", scene.inbox);
        for conversations in [0, 9, 2001, -5] {
            let refused = scene.owner.post(&path, &json!({"conversations": conversations})).await;
            assert_eq!(refused.expect_status(422).code(), "validation");
        }
        scene.replay(desk).await;
        let report = scene.report("replay").await;
        assert!(
            !report["replay"]["done_at"].is_null(),
            "an inbox without conversations is done at once: {report}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_compared_is_the_whole_answer_without_its_source() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let text =
            "We look at it today.\n\nThe lamp is sent again within three working days, for nothing at all.";
        let broken = json!({"name": "Broken", "answer": {"do": "say", "texts": {"en": text}}});
        let broken = scene.owner.post("/api/intents", &broken).await.expect_status(201).json();
        let texts = ["my lamp is broken", "the lamp came broken", "the glass of the lamp is in pieces"];
        let path = format!("/api/intents/{}/examples", broken["id"].as_str().expect("an id"));
        scene.owner.post(&path, &json!({"texts": texts})).await.expect_status(200);
        desk.settle().await;
        let answer = "The lamp is sent again within three working days, for nothing at all.";
        scene.talk(desk, "my lamp is broken", answer).await;
        scene.replay(desk).await;
        let all = scene.trials(&scene.owner, "source=replay").await;
        assert_eq!((&all[0]["said"], &all[0]["agreement"]), (&json!(text), &json!("same")), "{all:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_from_a_role_is_hidden_among_trials() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let card = CustomerMessage::Contacts { name: "Ann Smith".to_owned(), phone: "+1 555 0100".to_owned() };
        scene.exchange(desk, card, "I call her.").await;
        scene.replay(desk).await;
        assert_eq!(scene.trials(&scene.owner, "source=replay").await[0]["question"], "Ann Smith");
        let draft = json!({"name": "inboxes", "permissions": ["inbox.read", "inbox.manage", "conversation.read"],
            "scope": "all", "masks": ["name"]});
        let made = scene.owner.post("/api/roles", &draft).await.expect_status(201).json();
        let other = desk.agent(&scene.owner, "Other", made["role"].as_str().expect("an id")).await;
        let shown = scene.trials(&other, "source=replay").await;
        assert_eq!((shown.len(), &shown[0]["question"]), (1, &json!("•••")));
    })
    .await;
}
