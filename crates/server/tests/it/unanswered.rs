//! What the knowledge does not have: questions are noticed, sorted, shown to those who may read them, made into the
//! beginning of an article, put away, and go with whoever asked them.

use model::Millis;
use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

async fn says(desk: &Desk, customer: &CustomerId, text: &str) {
    desk.clock.advance(Millis::seconds(60));
    desk.sim.send(customer, CustomerMessage::text(text)).await;
    desk.settle().await;
}

async fn asks(desk: &Desk, owner: &Browser, (name, phone): (&str, &str), text: &str) -> String {
    let customer = desk.sim.customer(name, Some(phone), None).await;
    says(desk, &customer, text).await;
    let found = owner.get(&format!("/api/conversations?state=all&q={name}")).await.items().remove(0);
    found["id"].as_str().expect("an id").to_owned()
}

async fn answers(desk: &Desk, owner: &Browser, conversation: &str, text: &str) {
    desk.clock.advance(Millis::seconds(60));
    let body = json!({"client_id": format!("c{}", desk.app.now().0), "text": text, "confirmed": true});
    owner.post(&format!("/api/conversations/{conversation}/messages"), &body).await.expect_status(201);
    desk.settle().await;
}

async fn look(desk: &Desk) {
    app::unanswered::settle(&desk.app).await.expect("the store answers");
}

async fn topics(browser: &Browser) -> Vec<Value> {
    browser.get("/api/unanswered").await.expect_status(200).items()
}

const ANNA: (&str, &str) = ("Anna", "+34 600 000 001");
const BERTA: (&str, &str) = ("Berta", "+34 600 000 002");
const CARLA: (&str, &str) = ("Carla", "+34 600 000 003");
const DORA: (&str, &str) = ("Dora", "+34 600 000 004");

#[tokio::test(flavor = "multi_thread")]
async fn what_agents_answer_without_knowledge_becomes_the_beginning_of_an_article() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let known = json!({"kind": "answer", "locale": "en", "title": "Are dogs allowed?", "body": "Yes.", "publish": true});
        owner.post("/api/articles", &known).await.expect_status(201);
        let one = asks(desk, &owner, ANNA, "Can I charge my electric car at the hotel?").await;
        answers(desk, &owner, &one, "Hi Anna, there are two charging points in the garage, order #77123.").await;
        let two = asks(desk, &owner, BERTA, "Where can I charge my electric car at the hotel? 4111 1111 1111 1111").await;
        answers(desk, &owner, &two, "Hi Berta, there are two charging points in the garage.").await;
        let dogs = asks(desk, &owner, CARLA, "Are dogs allowed?").await;
        answers(desk, &owner, &dogs, "Yes.").await;
        let thanks = asks(desk, &owner, DORA, "thank you!").await;
        answers(desk, &owner, &thanks, "You are welcome").await;
        look(desk).await;
        look(desk).await;
        let found = topics(&owner).await;
        assert_eq!(found.len(), 1, "what is known and what asks nothing is none: {found:?}");
        let topic = &found[0];
        assert_eq!((&topic["count"], &topic["by_bot"], &topic["locales"]), (&json!(2), &json!(0), &json!(["en"])));
        let text = topic["examples"][0]["text"].as_str().expect("text");
        assert!(text.contains("electric car at the hotel?") && text.contains("•••• 1111"), "{text}");
        let id = topic["id"].as_str().expect("an id");
        let made = owner.get(&format!("/api/unanswered/{id}/article")).await.expect_status(200).json();
        let body = made["body"].as_str().expect("text");
        assert!(body.contains("two charging points in the garage"), "{made}");
        assert!(!made.to_string().contains("Anna") && !made.to_string().contains("77123"), "{made}");
        assert!(!made.to_string().contains("4111 1111") && made["locale"] == "en", "{made}");
        assert_eq!(made["sources"].as_array().expect("sources").len(), 2);
        // Put away, it comes back when more ask than had before.
        owner.post(&format!("/api/unanswered/{id}/dismiss"), &json!({})).await.expect_status(204);
        assert!(topics(&owner).await.is_empty());
        owner.get("/api/unanswered/ms_0000000000007/article").await.expect_status(404);
        owner.post("/api/unanswered/ms_0000000000007/dismiss", &json!({})).await.expect_status(404);
        // Questions go with whoever asked them; the next one names the topic.
        let contact = owner.get(&format!("/api/conversations/{one}")).await.json()["contact"]["id"].clone();
        let erase = format!("/api/contacts/{}/erase", contact.as_str().expect("an id"));
        owner.post(&erase, &json!({"reason": "asked for"})).await.expect_status(200);
        let three = asks(desk, &owner, ("Erna", "+34 600 000 005"), "can I charge an electric car").await;
        answers(desk, &owner, &three, "In the garage.").await;
        let four = asks(desk, &owner, ("Frida", "+34 600 000 006"), "where to charge the electric car?").await;
        answers(desk, &owner, &four, "In the garage.").await;
        look(desk).await;
        let found = topics(&owner).await;
        assert_eq!((found.len(), &found[0]["count"]), (1, &json!(3)), "{found:?}");
        assert!(found[0]["id"] != id, "the first is gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bot_hands_over_is_noticed_and_only_who_sees_everything_reads_it() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let path = format!("/api/inboxes/{}/bot", inbox["id"].as_str().expect("an id"));
        owner.put(&path, &json!({"enabled": true, "threshold": 75})).await.expect_status(200);
        asks(desk, &owner, ANNA, "do you rent out bicycles for the coast road?").await;
        asks(desk, &owner, BERTA, "let me talk to a person").await;
        asks(desk, &owner, CARLA, "请问可以租自行车吗？").await;
        look(desk).await;
        let found = topics(&owner).await;
        assert_eq!(found.len(), 2, "who wants a person asks for no knowledge: {found:?}");
        assert!(found.iter().all(|topic| topic["by_bot"] == 1), "{found:?}");
        let locales: Vec<&Value> = found.iter().map(|topic| &topic["locales"][0]).collect();
        assert!(locales.contains(&&json!("en")) && locales.contains(&&json!("zh-Hans")), "{locales:?}");
        // Read by pages, each once.
        let first = owner.get("/api/unanswered?limit=1").await.expect_status(200).json();
        let cursor = first["next_cursor"].as_str().expect("another page");
        let second =
            owner.get(&format!("/api/unanswered?limit=1&cursor={cursor}")).await.expect_status(200).json();
        assert!(second["next_cursor"].is_null() && first["items"][0]["id"] != second["items"][0]["id"]);
        let id = found[0]["id"].as_str().expect("an id").to_owned();
        let all = ["knowledge.read", "knowledge.manage", "conversation.read"];
        for (name, permissions, scope) in [("narrow", &all[..], "own"), ("blind", &all[..2], "all")] {
            let draft = json!({"name": name, "permissions": permissions, "scope": scope});
            let role = owner.post("/api/roles", &draft).await.expect_status(201).json()["role"].clone();
            let writer = desk.agent(&owner, name, role.as_str().expect("an id")).await;
            writer.get("/api/unanswered").await.expect_status(403);
            writer.get(&format!("/api/unanswered/{id}/article")).await.expect_status(403);
            writer.post(&format!("/api/unanswered/{id}/dismiss"), &json!({})).await.expect_status(403);
            writer.get("/api/stale_articles").await.expect_status(200);
        }
        // Two processes that look at once notice everything once.
        asks(desk, &owner, DORA, "is there a sauna on the roof terrace").await;
        let (one, other) =
            tokio::join!(app::unanswered::settle(&desk.app), app::unanswered::settle(&desk.app));
        assert!(one.is_ok() && other.is_ok());
        let found = topics(&owner).await;
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|topic| topic["count"] == 1), "{found:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_should_look_at_is_listed_with_the_reason() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let write = async |title: &str, review: Option<i64>| {
            let article = json!({"kind": "answer", "locale": "en", "title": title, "body": "x", "publish": true, "review_at": review});
            owner.post("/api/articles", &article).await.expect_status(201).json()
        };
        write("fine", None).await;
        write("later", Some(desk.app.now().0 + 1)).await;
        let due = write("due", Some(desk.app.now().0)).await;
        let bad = write("bad", None).await;
        let workspace: model::WorkspaceId = owner.get("/api/session").await.json()["workspace"]["id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("an id");
        let id: model::ArticleId = bad["id"].as_str().expect("an id").parse().expect("an id");
        for _ in 0..3 {
            let rated = desk.app.write(move |tx| {
                Box::pin(async move { Ok(store::article::rate(tx, workspace, id, false).await?) })
            });
            rated.await.expect("rated");
        }
        let found = owner.get("/api/stale_articles").await.expect_status(200).items();
        let told: Vec<(&Value, &Value)> =
            found.iter().map(|one| (&one["article"]["id"], &one["reasons"])).collect();
        assert_eq!(told, [(&bad["id"], &json!(["unhelpful"])), (&due["id"], &json!(["review"]))]);
        let first = owner.get("/api/stale_articles?limit=1").await.json();
        let cursor = first["next_cursor"].as_str().expect("another page");
        let second = owner.get(&format!("/api/stale_articles?limit=1&cursor={cursor}")).await.json();
        assert_eq!((&second["items"][0]["article"]["id"], &second["next_cursor"]), (&due["id"], &Value::Null));
        owner.get("/api/stale_articles?cursor=x").await.expect_status(422);
    })
    .await;
}
