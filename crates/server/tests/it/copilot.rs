//! What helps agents: suggested replies, what becomes of them, solved conversations that are like one, summaries.

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

/// The conversation with somebody who writes for the first time.
async fn begins(desk: &Desk, owner: &Browser, name: &str, phone: &str, text: &str) -> (String, CustomerId) {
    let customer = desk.sim.customer(name, Some(phone), None).await;
    says(desk, &customer, text).await;
    let found = owner.get(&format!("/api/conversations?state=all&q={name}")).await.items().remove(0);
    (found["id"].as_str().expect("an id").to_owned(), customer)
}

async fn answers(desk: &Desk, owner: &Browser, conversation: &str, text: &str) {
    desk.clock.advance(Millis::seconds(60));
    let body = json!({"client_id": format!("c{}", desk.app.now().0), "text": text, "confirmed": true});
    owner.post(&format!("/api/conversations/{conversation}/messages"), &body).await.expect_status(201);
    desk.settle().await;
}

async fn solved(desk: &Desk, owner: &Browser, who: (&str, &str), asked: &str, answer: &str) -> String {
    let (id, _) = begins(desk, owner, who.0, who.1, asked).await;
    answers(desk, owner, &id, answer).await;
    owner.post(&format!("/api/conversations/{id}/resolve"), &json!({})).await.expect_status(200);
    id
}

async fn index(desk: &Desk) {
    app::indexing::settle(&desk.app).await.expect("the index follows");
}

async fn suggested(browser: &Browser, conversation: &str) -> Value {
    browser.get(&format!("/api/conversations/{conversation}/suggestions")).await.expect_status(200).json()
}

async fn write(owner: &Browser, more: Value) -> Value {
    let mut article = json!({"kind": "answer", "locale": "en", "publish": true});
    for (key, value) in more.as_object().expect("fields") {
        article[key] = value.clone();
    }
    owner.post("/api/articles", &article).await.expect_status(201).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_are_suggested_from_all_that_is_known_and_their_source_is_told() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let article = write(
            &owner,
            json!({"title": "How much do breakfast trays cost?", "audience": "internal",
                "body": "Breakfast trays are 12 euros, to IBAN DE89 3704 0044 0532 0130 00."}),
        )
        .await;
        let reply = json!({"shortcut": "late", "body": "Late checkout until noon is possible for {{contact.name}}."});
        owner.post("/api/quick_replies", &reply).await.expect_status(201);
        let before = solved(
            desk,
            &owner,
            ("Tomasz", "+48 600 000 001"),
            "Hello, can I leave my suitcase at the reception?",
            "Hi Tomasz, suitcases stay in room 4, order #77123. My mail is desk@hotel.example",
        )
        .await;
        index(desk).await;
        let (id, ines) =
            begins(desk, &owner, "Ines", "+34 600 111 222", "How much do breakfast trays cost?").await;
        let found = suggested(&owner, &id).await;
        let first = &found["items"][0];
        assert_eq!(first["source"]["id"], article["id"], "{found}");
        assert_eq!((&first["source"]["internal"], &first["source"]["kind"]), (&json!(true), &json!("article")));
        assert_eq!(first["confidence"], 99);
        let text = first["text"].as_str().expect("text");
        assert!(text.contains("DE89 3704 0044 0532 0130 00"), "what the business wrote is shown as it is: {text}");
        assert!(first["words"].as_array().expect("words").contains(&json!("breakfast")), "{found}");
        says(desk, &ines, "and may I leave a suitcase at your reception?").await;
        answers(desk, &owner, &id, "12 euros").await;
        assert_eq!(suggested(&owner, &id).await, json!({"message_id": null, "items": []}), "nobody waits");
        says(desk, &ines, "may I leave a suitcase at your reception?").await;
        let found = suggested(&owner, &id).await;
        let past = found["items"].as_array().expect("a list");
        let past = past.iter().find(|one| one["source"]["kind"] == "conversation").expect("from another conversation");
        assert_eq!(past["source"]["id"], before.as_str());
        assert_eq!(past["text"], "Hi {{contact.name}}, suitcases stay in room 4, order #___. My mail is ___");
        assert!(past["question"].as_str().expect("a question").contains("suitcase"), "{past}");
        answers(desk, &owner, &id, "Yes").await;
        says(desk, &ines, "is late checkout possible?").await;
        let found = suggested(&owner, &id).await;
        assert_eq!(found["items"][0]["source"]["shortcut"], "late", "{found}");
        // Whoever may not read the knowledge gets nothing of it.
        let draft = json!({"name": "front", "permissions": ["conversation.read", "conversation.reply"], "scope": "all"});
        let role = owner.post("/api/roles", &draft).await.expect_status(201).json()["role"].clone();
        let front = desk.agent(&owner, "Fred", role.as_str().expect("an id")).await;
        answers(desk, &owner, &id, "Yes").await;
        says(desk, &ines, "How much do breakfast trays cost?").await;
        let kinds = async |browser: &Browser| {
            let found = suggested(browser, &id).await;
            let all = found["items"].as_array().expect("a list").clone();
            all.iter().filter(|one| one["source"]["kind"] == "article").count()
        };
        assert_eq!((kinds(&owner).await, kinds(&front).await), (1, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_conversations_are_found_within_what_the_caller_sees_and_masked() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let before = solved(
            desk,
            &owner,
            ("Tomasz", "+48 600 000 001"),
            "My card 4111 1111 1111 1111 was charged twice for the sauna",
            "We have refunded the second sauna charge",
        )
        .await;
        let (open, _) =
            begins(desk, &owner, "Olek", "+48 600 000 002", "I was charged twice for the sauna").await;
        index(desk).await;
        let (id, _) =
            begins(desk, &owner, "Ines", "+34 600 111 222", "the sauna was charged twice on my card").await;
        let similar = async |browser: &Browser, id: &str| {
            browser.get(&format!("/api/conversations/{id}/similar")).await.expect_status(200).items()
        };
        let found = similar(&owner, &id).await;
        assert_eq!(found.len(), 1, "what is not solved tells nothing: {found:?}");
        assert_eq!(found[0]["conversation_id"], before.as_str());
        assert_eq!(found[0]["answer"], "We have refunded the second sauna charge");
        let question = found[0]["question"].as_str().expect("text");
        assert!(question.contains("•••• 1111") && !question.contains("4111 1111"), "{question}");
        assert!(found[0]["likeness"].as_i64().expect("a number") > 35);
        // Somebody who sees only their own work is told nothing of others' conversations.
        let draft = json!({"name": "own", "permissions": ["conversation.read", "conversation.reply"], "scope": "own"});
        let role = owner.post("/api/roles", &draft).await.expect_status(201).json()["role"].clone();
        let narrow = desk.agent(&owner, "Nina", role.as_str().expect("an id")).await;
        let nina = narrow.get("/api/session").await.json()["agent"]["id"].clone();
        let path = format!("/api/conversations/{id}");
        owner.post(&format!("{path}/assign"), &json!({"agent_id": nina})).await.expect_status(200);
        assert!(similar(&narrow, &id).await.is_empty());
        assert!(suggested(&narrow, &id).await["items"].as_array().expect("a list").is_empty());
        for rest in ["similar", "suggestions", "summary"] {
            narrow.get(&format!("/api/conversations/{open}/{rest}")).await.expect_status(404);
        }
        // What was erased is not found any more.
        let gone = owner.get(&format!("/api/conversations/{before}")).await.json()["contact"]["id"].clone();
        let erase = format!("/api/contacts/{}/erase", gone.as_str().expect("an id"));
        owner.post(&erase, &json!({"reason": "asked for"})).await.expect_status(200);
        assert!(similar(&owner, &id).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_suggestion_is_noted_for_a_message_and_a_source_that_are_there() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let article = write(&owner, json!({"title": "When is breakfast?", "body": "From seven."})).await;
        let (id, _) = begins(desk, &owner, "Ines", "+34 600 111 222", "When is breakfast?").await;
        let found = suggested(&owner, &id).await;
        let path = format!("/api/messages/{}/suggestion", found["message_id"].as_str().expect("an id"));
        let fate = |source: &Value, more: Value| {
            let mut fate = json!({"kind": "article", "source": source});
            for (key, value) in more.as_object().expect("fields") {
                fate[key] = value.clone();
            }
            fate
        };
        for more in [json!({"used": "edited"}), json!({"used": "unchanged"}), json!({"helpful": true})] {
            owner.put(&path, &fate(&article["id"], more)).await.expect_status(204);
        }
        let me = owner.get("/api/session").await.json();
        let workspace: model::WorkspaceId =
            me["workspace"]["id"].as_str().expect("an id").parse().expect("an id");
        let source: model::ArticleId = article["id"].as_str().expect("an id").parse().expect("an id");
        let counts = desk.app.read(move |tx| {
            Box::pin(async move { Ok(store::suggestion::counts(tx, workspace, source).await?) })
        });
        let counts = counts.await.expect("the store answers");
        assert_eq!((counts.unchanged, counts.edited, counts.helpful), (1, 0, 1), "noted once: {counts:?}");
        for wrong in [json!("ar_0000000000007"), json!("x"), json!("")] {
            let refused = owner.put(&path, &fate(&wrong, json!({"used": "edited"}))).await.expect_status(422);
            assert_eq!(refused.fields(), ["source"]);
        }
        // It goes with the person.
        let contact = owner.get(&format!("/api/conversations/{id}")).await.json()["contact"]["id"].clone();
        let erase = format!("/api/contacts/{}/erase", contact.as_str().expect("an id"));
        owner.post(&erase, &json!({"reason": "asked for"})).await.expect_status(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_conversation_is_summed_up_by_its_own_sentences() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let (id, ines) = begins(desk, &owner, "Ines", "+34 600 111 222", "Hi!").await;
        says(
            desk,
            &ines,
            "The shower in room 204 has been broken since Friday. My card is 4111 1111 1111 1111.",
        )
        .await;
        answers(
            desk,
            &owner,
            &id,
            "Sorry to hear that the shower is broken. Would you like another room or a refund?",
        )
        .await;
        says(desk, &ines, "ok").await;
        says(desk, &ines, "I would like another room, not a refund.").await;
        answers(desk, &owner, &id, "Room 310 is ready for you at two o'clock.").await;
        let told = owner.get(&format!("/api/conversations/{id}/summary")).await.expect_status(200).json();
        assert_eq!(told["messages"], 6);
        let points = told["points"].as_array().expect("points");
        let texts: Vec<&str> = points.iter().map(|point| point["text"].as_str().expect("text")).collect();
        assert!(texts.iter().any(|text| text.contains("shower in room 204")), "{texts:?}");
        assert!(!texts.contains(&"Hi!") && !texts.contains(&"ok"), "{texts:?}");
        assert!(!told.to_string().contains("4111 1111"), "what is masked is masked here");
        let thread = owner.get(&format!("/api/conversations/{id}/messages")).await.items();
        for point in points {
            let message =
                thread.iter().find(|message| message["id"] == point["message_id"]).expect("it is there");
            assert_eq!(point["customer"], message["direction"] == "in");
            let whole = message["content"]["text"].as_str().expect("text");
            assert!(whole.contains(point["text"].as_str().expect("text")), "nothing is made up");
        }
    })
    .await;
}
