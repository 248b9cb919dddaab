//! A conversation both ways, with the simulated customer at the other end.

use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage, Effect, Status};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

const DOT: &[u8] = include_bytes!("files/dot.png");
const TONE: &[u8] = include_bytes!("files/tone.ogg");

/// A connected inbox and a customer who has written.
async fn open(desk: &Desk) -> (Browser, CustomerId, String) {
    let owner = desk.owner().await;
    desk.connect(&owner).await;
    let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
    desk.sim.send(&maria, CustomerMessage::text("¿Está abierto?")).await;
    desk.settle().await;
    let id = desk.only_conversation(&owner).await["id"].as_str().expect("an id").to_owned();
    (owner, maria, id)
}

async fn last(desk: &Desk, browser: &Browser) -> Value {
    let conversation = desk.only_conversation(browser).await;
    desk.thread(browser, &conversation).await.pop().expect("a message")
}

/// Writes to the customer and lets the workers send.
async fn write(desk: &Desk, browser: &Browser, conversation: &str, draft: Value) -> Value {
    let path = format!("/api/conversations/{conversation}/messages");
    let message = browser.post(&path, &draft).await.expect_status(201).json();
    assert_eq!(message["status"]["state"], "queued");
    desk.settle().await;
    last(desk, browser).await
}

#[tokio::test(flavor = "multi_thread")]
async fn text_goes_both_ways_and_ticks_turn_blue() {
    on_both(async |desk| {
        let (owner, maria, id) = open(desk).await;
        let conversation = desk.only_conversation(&owner).await;
        assert_eq!(conversation["contact"]["name"], "Maria");
        assert_eq!(conversation["identity"]["phone"], "+34600111222");
        assert_eq!((&conversation["unread"], &conversation["window"]["state"]), (&json!(1), &json!("open")));
        let counts = owner.get("/api/conversations/counts").await.json();
        assert_eq!(counts["unassigned"], json!({"open": 1, "unread": 1}));
        let sent = write(desk, &owner, &id, json!({"client_id": "1", "text": "Sí, hasta las 18."})).await;
        assert_eq!(sent["status"]["state"], "accepted");
        let received = desk.sim.received(&maria);
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].text.as_deref(), Some("Sí, hasta las 18."));
        for (status, state) in
            [(Status::Sent, "sent"), (Status::Delivered, "delivered"), (Status::Read, "read")]
        {
            assert!(desk.sim.status(&received[0].wamid, status).await);
            desk.settle().await;
            assert_eq!(last(desk, &owner).await["status"]["state"], state);
        }
        assert_eq!(desk.only_conversation(&owner).await["last_message"]["status"], "read");
        // Writing the same again is the same message.
        let path = format!("/api/conversations/{id}/messages");
        let again = owner.post(&path, &json!({"client_id": "1", "text": "Sí, hasta las 18."})).await;
        assert_eq!(again.expect_status(201).json()["id"], sent["id"]);
        desk.settle().await;
        assert_eq!(desk.sim.received(&maria).len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_tells_the_customer() {
    on_both(async |desk| {
        let (owner, maria, id) = open(desk).await;
        let read = owner.post(&format!("/api/conversations/{id}/read"), &json!({})).await.expect_status(200);
        assert_eq!(read.json()["unread"], 0);
        desk.settle().await;
        assert!(desk.sim.chat(&maria)[0].is_read());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_both_ways() {
    on_both(async |desk| {
        let (owner, maria, id) = open(desk).await;
        desk.sim.send(&maria, CustomerMessage::image(DOT, "image/png")).await;
        desk.settle().await;
        let came = last(desk, &owner).await;
        assert_eq!(
            (&came["content"]["kind"], &came["content"]["media"]["state"]),
            (&json!("image"), &json!("ready"))
        );
        let upload = owner.upload("view.png", "image/png", DOT.to_vec()).await.expect_status(201).json();
        let draft = json!({"client_id": "1", "upload_id": upload["id"], "text": "The view"});
        let sent = write(desk, &owner, &id, draft).await;
        assert_eq!(
            (&sent["content"]["kind"], &sent["content"]["caption"]),
            (&json!("image"), &json!("The view"))
        );
        assert_eq!(sent["status"]["state"], "accepted");
        let received = desk.sim.received(&maria).pop().expect("a message");
        assert_eq!((received.kind.as_str(), received.text.as_deref()), ("image", Some("The view")));
        let file = desk.sim.media(&received.media.expect("a file")).expect("kept");
        assert_eq!((&file.bytes[..], file.mime.as_str()), (DOT, "image/png"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn voice_notes_go_both_ways() {
    on_both(async |desk| {
        let (owner, maria, id) = open(desk).await;
        desk.sim.send(&maria, CustomerMessage::voice(TONE)).await;
        desk.settle().await;
        let came = last(desk, &owner).await;
        assert_eq!(
            (&came["content"]["kind"], &came["content"]["media"]["voice"]),
            (&json!("audio"), &json!(true))
        );
        let url = came["content"]["media"]["url"].as_str().expect("an address");
        let file = owner.get(url).await.expect_status(200);
        assert_eq!(file.body, TONE);
        assert!(file.header("content-disposition").starts_with("inline"));
        let upload = owner.upload("note.ogg", "audio/ogg", TONE.to_vec()).await.expect_status(201).json();
        let draft = json!({"client_id": "1", "upload_id": upload["id"], "voice": true});
        let sent = write(desk, &owner, &id, draft).await;
        assert_eq!(
            (&sent["status"]["state"], &sent["content"]["media"]["voice"]),
            (&json!("accepted"), &json!(true))
        );
        let received = desk.sim.received(&maria).pop().expect("a message");
        assert_eq!((received.kind.as_str(), &received.raw["audio"]["voice"]), ("audio", &json!(true)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quotes_and_reactions_go_both_ways() {
    on_both(async |desk| {
        let (owner, maria, id) = open(desk).await;
        let question = last(desk, &owner).await;
        let draft = json!({"client_id": "1", "text": "Sí", "reply_to": question["id"]});
        let answer = write(desk, &owner, &id, draft).await;
        assert_eq!(answer["reply_to"]["preview"], "¿Está abierto?");
        let received = desk.sim.received(&maria).pop().expect("a message");
        assert_eq!(received.quoted, Some(desk.sim.chat(&maria)[0].wamid.clone()));
        desk.sim.react(&maria, &received.wamid, Some("👍")).await;
        desk.sim.send_quoting(&maria, &received.wamid, CustomerMessage::text("Gracias")).await;
        desk.settle().await;
        let thanks = last(desk, &owner).await;
        assert_eq!(thanks["reply_to"]["id"], answer["id"]);
        let conversation = desk.only_conversation(&owner).await;
        let reactions = desk.thread(&owner, &conversation).await[1]["reactions"].clone();
        assert_eq!((&reactions[0]["emoji"], &reactions[0]["by"]), (&json!("👍"), &json!("contact")));
        let path = format!("/api/messages/{}/reaction", thanks["id"].as_str().expect("an id"));
        let reacted = owner.put(&path, &json!({"emoji": "❤️"})).await.expect_status(200).json();
        assert_eq!(reacted["reactions"][0]["by"], "agent");
        desk.settle().await;
        let on_thanks = || {
            let chat = desk.sim.chat(&maria);
            chat.into_iter().find(|one| one.text.as_deref() == Some("Gracias")).and_then(|one| one.reaction)
        };
        assert_eq!(on_thanks().as_deref(), Some("❤️"));
        owner.put(&path, &json!({"emoji": ""})).await.expect_status(200);
        desk.sim.react(&maria, &received.wamid, None).await;
        desk.settle().await;
        assert_eq!(on_thanks(), None);
        let thread = desk.thread(&owner, &conversation).await;
        assert!(thread.iter().all(|message| message["reactions"] == json!([])));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_and_tried_again() {
    on_both(async |desk| {
        let (owner, maria, id) = open(desk).await;
        desk.sim.failures().next_sends(1, Effect::Refuse { code: 131_026 });
        let failed = write(desk, &owner, &id, json!({"client_id": "1", "text": "hello"})).await;
        assert_eq!(failed["status"]["state"], "failed");
        assert_eq!(failed["status"]["failure"]["code"], "undeliverable");
        assert_eq!(failed["status"]["failure"]["provider_code"], 131_026);
        assert!(desk.sim.received(&maria).is_empty());
        let path = format!("/api/messages/{}/retry", failed["id"].as_str().expect("an id"));
        owner.post(&path, &json!({})).await.expect_status(200);
        desk.settle().await;
        assert_eq!(last(desk, &owner).await["status"]["state"], "accepted");
        assert_eq!(desk.sim.received(&maria).len(), 1);
        let twice = owner.post(&path, &json!({})).await;
        assert_eq!(twice.status, 409, "what arrived is not sent again");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_uncertain_until_the_provider_reports() {
    on_both(async |desk| {
        let (owner, maria, id) = open(desk).await;
        desk.sim.failures().next_sends(1, Effect::LoseResponse);
        let unsure = write(desk, &owner, &id, json!({"client_id": "1", "text": "hello"})).await;
        assert_eq!(unsure["status"]["state"], "uncertain");
        let path = format!("/api/messages/{}/retry", unsure["id"].as_str().expect("an id"));
        let refused = owner.post(&path, &json!({})).await;
        assert!((400..500).contains(&refused.status), "it could arrive twice");
        let received = desk.sim.received(&maria);
        assert_eq!(received.len(), 1, "the provider has it");
        desk.sim.status(&received[0].wamid, Status::Delivered).await;
        desk.settle().await;
        assert_eq!(last(desk, &owner).await["status"]["state"], "delivered");
        assert_eq!(desk.sim.received(&maria).len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_after_the_window() {
    on_both(async |desk| {
        let (owner, maria, id) = open(desk).await;
        desk.clock.advance(model::Millis::hours(25));
        let conversation = desk.only_conversation(&owner).await;
        assert_eq!(conversation["window"]["state"], "closed");
        let draft = json!({"client_id": "1", "text": "too late"});
        let refused = owner.post(&format!("/api/conversations/{id}/messages"), &draft).await;
        assert_eq!(refused.expect_status(409).code(), "window_closed");
        desk.settle().await;
        assert!(desk.sim.received(&maria).is_empty());
        assert_eq!(desk.thread(&owner, &conversation).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_is_shared() {
    on_both(async |desk| {
        let (owner, _, id) = open(desk).await;
        let ben = desk.agent(&owner, "Ben", "agent").await;
        let me = ben.get("/api/session").await.json()["agent"]["id"].clone();
        let at = |rest: &str| format!("/api/conversations/{id}/{rest}");
        let assigned = ben.post(&at("assign"), &json!({"agent_id": me})).await.expect_status(200).json();
        assert_eq!((&assigned["assignee_id"], &assigned["turn"]), (&me, &json!("person")));
        let list = |query: &str| format!("/api/conversations?{query}");
        assert_eq!(ben.get(&list("assignee=me")).await.items().len(), 1);
        assert!(owner.get(&list("assignee=me")).await.items().is_empty());
        assert!(owner.get(&list("assignee=none")).await.items().is_empty());
        assert_eq!(owner.get(&list("q=mar&state=open")).await.items().len(), 1);
        assert!(owner.get(&list("q=nobody")).await.items().is_empty());
        let note = json!({"client_id": "n", "text": "likes the quiet side"});
        let note = ben.post(&at("notes"), &note).await.expect_status(201).json();
        assert_eq!((&note["direction"], &note["author"]["name"]), (&json!("note"), &json!("Ben")));
        let label =
            owner.post("/api/labels", &json!({"name": "VIP", "color": "red"})).await.json()["id"].clone();
        let labelled = ben.put(&at("labels"), &json!({"label_ids": [label]})).await.expect_status(200).json();
        assert_eq!(labelled["label_ids"], json!([label]));
        let contact = labelled["contact"]["id"].as_str().expect("an id").to_owned();
        let renamed = ben.patch(&format!("/api/contacts/{contact}"), &json!({"name": "María S."})).await;
        let renamed = renamed.expect_status(200).json();
        assert_eq!(
            (&renamed["name"], renamed["conversations"][0]["id"].as_str()),
            (&json!("María S."), Some(&*id))
        );
        let until = desk.app.now() + model::Millis::hours(3);
        let snoozed = ben.post(&at("snooze"), &json!({"until": until})).await.expect_status(200).json();
        assert_eq!(snoozed["state"], "snoozed");
        desk.clock.advance(model::Millis::hours(3));
        desk.settle().await;
        assert_eq!(owner.get(&list("state=open")).await.items().len(), 1, "it has woken");
        let resolved = ben.post(&at("resolve"), &json!({})).await.expect_status(200).json();
        assert_eq!(resolved["state"], "resolved");
        assert_eq!(ben.post(&at("reopen"), &json!({})).await.json()["state"], "open");
        assert!(
            !desk
                .sim
                .chat(&desk.sim.customers()[0].id)
                .iter()
                .any(|one| one.text.as_deref() == Some("likes the quiet side"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_checked_and_its_secrets_stay() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let path = format!("/api/inboxes/{}", inbox["id"].as_str().expect("an id"));
        let check =
            || async { owner.post(&format!("{path}/check"), &json!({})).await.expect_status(200).json() };
        let before = check().await;
        assert_eq!(before["health"]["state"], "error");
        let wrong: Vec<&Value> = before["health"]["checks"]
            .as_array()
            .expect("checks")
            .iter()
            .filter(|one| one["ok"] == false)
            .collect();
        assert!(wrong.len() == 1 && wrong[0]["code"] == "subscription", "{wrong:?}");
        let config = desk.sim.config();
        let subscribe = format!("{}/v23.0/{}/subscribed_apps", desk.sim.graph_url(), config.waba_id);
        let subscribe = reqwest::Client::new().post(subscribe).bearer_auth(&config.access_token);
        assert!(subscribe.send().await.expect("an answer").status().is_success());
        let checked = check().await;
        assert_eq!(checked["health"]["state"], "ok", "{}", checked["health"]);
        assert!(checked["address"].as_str().is_some_and(|address| address.contains("555")), "{checked}");
        let wrong = json!({"config": {"access_token": "wrong", "app_secret": ""}});
        let changed = owner.patch(&path, &wrong).await.expect_status(200).json();
        assert_eq!(changed["secrets_set"], inbox["secrets_set"]);
        let checked = check().await;
        assert_eq!(checked["health"]["state"], "error");
        let text = checked.to_string();
        assert!(!text.contains(&config.app_secret) && !text.contains(&config.access_token), "{text}");
        let ben = desk.agent(&owner, "Ben", "agent").await;
        let seen = ben.get(&path).await.expect_status(200).json();
        assert_eq!((&seen["callback_url"], &seen["verify_token"]), (&json!(""), &json!("")));
        let channel = ben.get("/api/channels").await.items().remove(0);
        let fields: Vec<&str> = channel["fields"]
            .as_array()
            .expect("fields")
            .iter()
            .filter_map(|one| one["name"].as_str())
            .collect();
        assert!(fields.contains(&"phone_number_id") && fields.contains(&"app_secret"), "{fields:?}");
        assert!(
            channel["fields"]
                .as_array()
                .is_some_and(|all| all.iter().all(|one| one["label"]["zh-CN"].is_string()))
        );
        let incomplete = json!({"kind": "whatsapp", "name": "x", "config": {"phone_number_id": "abc"}});
        let refused = owner.post("/api/inboxes", &incomplete).await.expect_status(422);
        assert!(
            refused.fields().iter().any(|field| field.contains("access_token")),
            "{:?}",
            refused.fields()
        );
        owner.delete(&path).await.expect_status(204);
        assert!(owner.get("/api/inboxes").await.items().is_empty());
    })
    .await;
}
