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
