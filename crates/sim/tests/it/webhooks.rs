//! What customers and statuses send to the business.

use serde_json::json;
use sim::{CustomerMessage, State, Status};

use crate::desk::Desk;

const MARIA: &str = "+34 612 345 678";

#[tokio::test]
async fn a_text_arrives_signed_escaped_and_gets_its_second_tick() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("María 👋", Some(MARIA), None).await;
    let wamid = desk.sim.send(&maria, CustomerMessage::text("¿Abierto? 你好")).await;
    let value = desk.last();
    let profile = desk.sim.profile(&maria).expect("known");
    assert_eq!(value["metadata"]["phone_number_id"], desk.sim.config().phone_number_id.as_str());
    assert_eq!(value["metadata"]["display_phone_number"], "15550100199");
    assert_eq!(
        value["contacts"],
        json!([{ "profile": { "name": "María 👋" }, "wa_id": "34612345678", "user_id": profile.user_id }])
    );
    let message = &value["messages"][0];
    assert_eq!(
        (message["id"].as_str(), message["from"].as_str()),
        (Some(wamid.as_str()), Some("34612345678"))
    );
    assert_eq!(message["text"], json!({ "body": "¿Abierto? 你好" }));
    assert!(message["timestamp"].is_string());
    assert!(profile.user_id.starts_with("ES."));
    assert!(desk.seen.lock().expect("not poisoned").bodies[0].is_ascii());
    assert_eq!(desk.sim.message(&wamid).map(|one| one.state), Some(State::Delivered));
}

#[tokio::test]
async fn an_answer_goes_through_its_statuses() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some(MARIA), None).await;
    desk.sim.send(&maria, CustomerMessage::text("Hola")).await;
    let mut body = crate::desk::message(MARIA, "text", json!({ "body": "Sí" }));
    body["biz_opaque_callback_data"] = "m-7".into();
    let (status, answer) = desk.messages(&body).await;
    assert_eq!(status, 200);
    assert_eq!(answer["contacts"][0]["wa_id"], "34612345678");
    let wamid = answer["messages"][0]["id"].as_str().expect("an id");
    for reached in [Status::Sent, Status::Delivered, Status::Read] {
        assert!(desk.sim.status(wamid, reached).await);
    }
    let statuses = desk.statuses();
    let names: Vec<_> = statuses.iter().map(|one| one["status"].as_str().expect("a status")).collect();
    assert_eq!(names, ["sent", "delivered", "read"]);
    for status in &statuses {
        assert_eq!(status["id"], wamid);
        assert_eq!(status["recipient_id"], "34612345678");
        assert_eq!(status["biz_opaque_callback_data"], "m-7");
        assert!(status["recipient_user_id"].as_str().expect("an id").starts_with("ES."));
    }
    let priced: Vec<bool> = statuses.iter().map(|one| one["pricing"].is_object()).collect();
    assert_eq!(priced, [true, true, false]);
    let received = desk.sim.received(&maria);
    assert_eq!((received.len(), received[0].is_read()), (1, true));
    assert_eq!(received[0].raw, body);
}

#[tokio::test]
async fn every_type_arrives_in_its_shape() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some(MARIA), None).await;
    let text = |text: &str| Some(text.to_owned());
    let bytes = b"OggS voice".to_vec();
    let sends = vec![
        (
            CustomerMessage::Image { bytes: bytes.clone(), mime: "image/jpeg".into(), caption: text("Mira") },
            "image",
            json!({ "mime_type": "image/jpeg", "caption": "Mira" }),
        ),
        (
            CustomerMessage::voice(bytes.clone()),
            "audio",
            json!({ "mime_type": "audio/ogg; codecs=opus", "voice": true }),
        ),
        (
            CustomerMessage::Audio { bytes: bytes.clone(), mime: "audio/mpeg".into() },
            "audio",
            json!({ "mime_type": "audio/mpeg", "voice": false }),
        ),
        (
            CustomerMessage::Video { bytes: bytes.clone(), mime: "video/mp4".into(), caption: None },
            "video",
            json!({ "mime_type": "video/mp4" }),
        ),
        (
            CustomerMessage::Document {
                bytes: bytes.clone(),
                mime: "application/pdf".into(),
                filename: "factura.pdf".into(),
                caption: None,
            },
            "document",
            json!({ "mime_type": "application/pdf", "filename": "factura.pdf" }),
        ),
        (
            CustomerMessage::Sticker { bytes, animated: true },
            "sticker",
            json!({ "mime_type": "image/webp", "animated": true }),
        ),
        (
            CustomerMessage::Location { latitude: 40.4, longitude: -3.7, name: text("Sol"), address: None },
            "location",
            json!({ "latitude": 40.4, "longitude": -3.7, "name": "Sol" }),
        ),
        (
            CustomerMessage::Order {
                catalog_id: "9".into(),
                text: String::new(),
                items: vec![sim::OrderItem {
                    product_retailer_id: "tea".into(),
                    quantity: 2,
                    item_price: 7.5,
                    currency: "EUR".into(),
                }],
            },
            "order",
            json!({ "catalog_id": "9", "text": "", "product_items":
                [{ "product_retailer_id": "tea", "quantity": 2, "item_price": 7.5, "currency": "EUR" }] }),
        ),
        (
            CustomerMessage::TemplateButton { payload: "track".into(), text: "Track".into() },
            "button",
            json!({ "payload": "track", "text": "Track" }),
        ),
        (
            CustomerMessage::ListReply { id: "7".into(), title: "Seven".into(), description: text("7 pm") },
            "interactive",
            json!({ "type": "list_reply", "list_reply": { "id": "7", "title": "Seven", "description": "7 pm" } }),
        ),
        (
            CustomerMessage::Raw { kind: "request_welcome".into(), body: json!({}) },
            "request_welcome",
            json!({}),
        ),
    ];
    for (what, kind, expected) in sends {
        desk.sim.send(&maria, what).await;
        let message = desk.last()["messages"][0].clone();
        assert_eq!(message["type"], kind);
        let body = message[kind].as_object().expect("a body");
        for (key, value) in expected.as_object().expect("an object") {
            assert_eq!(&body[key], value, "{kind}.{key}");
        }
        if ["image", "audio", "video", "document", "sticker"].contains(&kind) {
            assert!(body["id"].is_string() && body["url"].is_string());
            assert_eq!(body["sha256"], "ZKJ3eC/KheOjOrThPYARfp206OoqmDiDtFeGJqMLG8Q=");
        }
    }
    desk.sim.send(&maria, CustomerMessage::Contacts { name: "Ana".into(), phone: "+34 600".into() }).await;
    let card = &desk.last()["messages"][0]["contacts"][0];
    assert_eq!(
        (&card["name"]["formatted_name"], &card["phones"][0]["wa_id"]),
        (&json!("Ana"), &json!("34600"))
    );
    desk.sim.send(&maria, CustomerMessage::Unsupported { kind: "poll_creation".into() }).await;
    let message = &desk.last()["messages"][0];
    assert_eq!(
        (&message["errors"][0]["code"], &message["unsupported"]["type"]),
        (&json!(131051), &json!("poll_creation"))
    );
}

#[tokio::test]
async fn somebody_with_a_username_shows_no_phone_until_we_write_to_it() {
    let desk = Desk::start().await;
    let priya = desk.sim.customer("Priya", Some("+91 98450 12345"), Some("@priya.s")).await;
    desk.sim.send(&priya, CustomerMessage::text("Hi")).await;
    let value = desk.last();
    let user_id = desk.sim.profile(&priya).expect("known").user_id;
    assert_eq!(
        value["contacts"],
        json!([{ "profile": { "name": "Priya", "username": "priya.s" }, "user_id": user_id }])
    );
    assert!(value["messages"][0].get("from").is_none());
    assert_eq!(value["messages"][0]["from_user_id"], user_id);

    let body = json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "recipient": user_id,
        "type": "text", "text": { "body": "Hello" } });
    let (_, answer) = desk.messages(&body).await;
    assert_eq!(answer["contacts"], json!([{ "input": user_id, "user_id": user_id }]));
    desk.sim.status(answer["messages"][0]["id"].as_str().expect("an id"), Status::Delivered).await;
    let value = desk.last();
    assert_eq!(value["contacts"], json!([{ "profile": { "username": "priya.s" }, "user_id": user_id }]));
    assert!(value["statuses"][0].get("recipient_id").is_none());
    assert_eq!(value["statuses"][0]["recipient_user_id"], user_id);

    desk.send("+919845012345", "text", json!({ "body": "To the phone" })).await;
    desk.sim.send(&priya, CustomerMessage::text("Now you know")).await;
    assert_eq!(desk.last()["messages"][0]["from"], "919845012345");
}

#[tokio::test]
async fn reactions_edits_and_revocations_name_their_message() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some(MARIA), None).await;
    let own = desk.sim.send(&maria, CustomerMessage::text("Hloa")).await;
    let theirs = desk.send(MARIA, "text", json!({ "body": "¿?" })).await;
    desk.sim.react(&maria, &theirs, Some("👍")).await;
    assert_eq!(desk.last()["messages"][0]["reaction"], json!({ "message_id": theirs, "emoji": "👍" }));
    assert_eq!(desk.sim.received(&maria)[0].reaction.as_deref(), Some("👍"));
    desk.sim.react(&maria, &theirs, None).await;
    assert_eq!(desk.last()["messages"][0]["reaction"], json!({ "message_id": theirs }));
    assert_eq!(desk.sim.received(&maria)[0].reaction, None);
    desk.sim.edit(&maria, &own, "Hola").await;
    let edit = &desk.last()["messages"][0];
    assert_eq!((&edit["type"], &edit["edit"]["original_message_id"]), (&json!("edit"), &json!(own)));
    assert_eq!(edit["edit"]["message"], json!({ "type": "text", "text": { "body": "Hola" } }));
    desk.sim.revoke(&maria, &own).await;
    assert_eq!(desk.last()["messages"][0]["revoke"], json!({ "original_message_id": own }));
    let message = desk.sim.message(&own).expect("kept");
    assert!(message.edited && message.revoked && message.text.as_deref() == Some("Hola"));
    assert_eq!(desk.sim.chat(&maria).len(), 2, "what is done to messages is no message");
}

#[tokio::test]
async fn quotes_and_choices_carry_their_context() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some(MARIA), None).await;
    let own = desk.sim.send(&maria, CustomerMessage::text("Hola")).await;
    desk.sim.send_quoting(&maria, &own, CustomerMessage::text("Otra vez")).await;
    assert_eq!(desk.last()["messages"][0]["context"], json!({ "id": own, "from": "34612345678" }));
    let buttons = json!([{ "type": "reply", "reply": { "id": "y", "title": "Sí" } }]);
    let body = json!({ "type": "button", "body": { "text": "¿Vale?" }, "action": { "buttons": buttons } });
    let offer = desk.send(MARIA, "interactive", body).await;
    desk.send(MARIA, "text", json!({ "body": "…" })).await;
    desk.sim.send(&maria, CustomerMessage::ButtonReply { id: "y".into(), title: "Sí".into() }).await;
    let message = &desk.last()["messages"][0];
    assert_eq!(message["context"], json!({ "id": offer, "from": "15550100199" }), "found by its button");
    assert_eq!(
        message["interactive"],
        json!({ "type": "button_reply", "button_reply": { "id": "y", "title": "Sí" } })
    );
}

#[tokio::test]
async fn a_new_number_is_a_system_message_without_contacts_and_a_new_user_id() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some(MARIA), None).await;
    let before = desk.sim.profile(&maria).expect("known").user_id;
    desk.sim.change_number(&maria, "+1 219 555 5358").await;
    let value = desk.last();
    let after = desk.sim.profile(&maria).expect("known").user_id;
    assert!(value.get("contacts").is_none());
    assert_eq!(value["messages"][0]["from"], "34612345678");
    assert_eq!(
        value["messages"][0]["system"],
        json!({ "type": "user_changed_number", "wa_id": "12195555358", "user_id": after, "previous_user_id": before,
            "body": "User Maria changed from 34612345678 to 12195555358" })
    );
    assert!(after.starts_with("US.") && after != before);
    let priya = desk.sim.customer("Priya", None, Some("priya")).await;
    desk.sim.change_number(&priya, "+91 1").await;
    let message = &desk.last()["messages"][0];
    assert_eq!(message["system"]["type"], "user_changed_user_id");
    assert!(message.get("from").is_none() && message["system"].get("wa_id").is_none());
}

#[tokio::test]
async fn a_failed_status_names_its_reason_and_no_contacts() {
    let desk = Desk::start().await;
    desk.sim.customer("Maria", Some(MARIA), None).await;
    let wamid =
        desk.send(MARIA, "template", json!({ "name": "hello_world", "language": { "code": "en_US" } })).await;
    assert!(desk.sim.status(&wamid, Status::Failed { code: 131049 }).await);
    let value = desk.last();
    assert!(value.get("contacts").is_none());
    let error = &value["statuses"][0]["errors"][0];
    assert_eq!(error["code"], 131049);
    assert!(
        error["error_data"]["details"].is_string() && error["title"].is_string() && error["href"].is_string()
    );
    let message = desk.sim.message(&wamid).expect("kept");
    assert_eq!((message.state, message.failure), (State::Failed, Some(131049)));
    assert!(!desk.sim.status("wamid.unknown", Status::Read).await);
}

#[tokio::test]
async fn the_handshake_tells_a_right_receiver_from_a_wrong_one() {
    let desk = Desk::start().await;
    assert_eq!(desk.sim.verify_webhook().await, Ok(()));
    desk.sim.set_webhook(&format!("{}/nothing", desk.sim.graph_url()));
    assert!(desk.sim.verify_webhook().await.expect_err("refused").contains("401"));
    desk.sim.set_webhook("not an address");
    assert!(desk.sim.verify_webhook().await.expect_err("refused").contains("not an address"));
}

#[tokio::test]
async fn updates_wait_for_an_address() {
    let desk = Desk::start().await;
    let other = sim::Sim::start(sim::Config::test()).await.expect("starts");
    let maria = other.customer("Maria", Some(MARIA), None).await;
    let wamid = other.send(&maria, CustomerMessage::text("Hola")).await;
    assert_eq!(other.message(&wamid).map(|one| one.state), Some(State::Sent));
    other.set_webhook(&desk.hook);
    desk.until("the update came", |desk| desk.messages_seen().len() == 1).await;
    assert_eq!(desk.messages_seen()[0]["id"], wamid.as_str());
}

#[tokio::test]
async fn a_stopped_provider_frees_its_port_and_says_nothing_more() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some(MARIA), None).await;
    desk.sim.stop().await;
    desk.sim.send(&maria, CustomerMessage::text("Into the void")).await;
    assert!(desk.messages_seen().is_empty());
    let again = sim::Config { listen: desk.sim.address(), ..sim::Config::test() };
    sim::Sim::start(again).await.expect("the port is free");
}
