//! The rest of the Graph API.

use serde_json::json;
use sim::CustomerMessage;

use crate::desk::Desk;

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let desk = Desk::start().await;
    for request in [
        desk.http.get(desk.number("")),
        desk.http.get(desk.number("")).bearer_auth("another"),
        desk.http.post(desk.number("messages")).json(&json!({})),
        desk.http.get(desk.account("message_templates")),
    ] {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 401);
        let error = answer.json::<serde_json::Value>().await.expect("JSON")["error"].clone();
        assert_eq!((&error["code"], &error["type"]), (&json!(190), &json!("OAuthException")));
    }
}

#[tokio::test]
async fn unknown_objects_are_code_100_subcode_33() {
    let desk = Desk::start().await;
    for path in
        ["404404404", "404404404/message_templates", "404404404/phone_numbers", "404404404/block_users"]
    {
        let (status, answer) = desk.get(&desk.url(path)).await;
        assert_eq!(status, 400, "{path}");
        assert_eq!(
            (&answer["error"]["code"], &answer["error"]["error_subcode"]),
            (&json!(100), &json!(33)),
            "{path}"
        );
    }
    let (status, answer) = desk.post(&desk.url("404404404/messages"), &json!({})).await;
    assert_eq!((status, &answer["error"]["error_subcode"]), (400, &json!(33)));
    let (status, answer) = desk.get(&desk.url("1/2/3/4")).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
}

#[tokio::test]
async fn the_number_tells_the_wanted_fields() {
    let desk = Desk::start().await;
    let id = desk.sim.config().phone_number_id.clone();
    let (_, number) = desk.get(&format!("{}?fields=verified_name,quality_rating", desk.url(&id))).await;
    assert_eq!(number, json!({ "id": id, "verified_name": "Bellhop Demo", "quality_rating": "GREEN" }));
    let (_, numbers) = desk.get(&desk.account("phone_numbers")).await;
    assert_eq!(numbers["data"][0]["display_phone_number"], "+1 555-010-0199");
    let (_, account) = desk.get(&format!("{}?fields=name", desk.url(&desk.sim.config().waba_id))).await;
    assert_eq!(account["name"], "Bellhop Demo");
}

#[tokio::test]
async fn templates_are_listed_in_every_state() {
    let desk = Desk::start().await;
    let (_, list) = desk.get(&desk.account("message_templates")).await;
    let list = list["data"].as_array().expect("a list");
    let states: Vec<_> = list.iter().map(|one| one["status"].as_str().expect("a status")).collect();
    for state in ["APPROVED", "PAUSED", "REJECTED"] {
        assert!(states.contains(&state));
    }
    let order = list.iter().find(|one| one["name"] == "order_update").expect("listed");
    assert_eq!(order["components"][0]["type"], "BODY");
    assert_eq!(order["components"][0]["example"]["body_text"][0].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_token_is_inspected() {
    let desk = Desk::start().await;
    let inspect = |token: &str| format!("{}/debug_token?input_token={token}", desk.sim.graph_url());
    let (_, good) = desk.get(&inspect(desk.token())).await;
    assert_eq!(good["data"]["is_valid"], true);
    assert_eq!(
        good["data"]["scopes"],
        json!(["whatsapp_business_messaging", "whatsapp_business_management"])
    );
    let (_, bad) = desk.get(&inspect("expired")).await;
    assert_eq!((&bad["data"]["is_valid"], &bad["data"]["error"]["code"]), (&json!(false), &json!(190)));
    assert_eq!(desk.get(&desk.url("debug_token")).await.0, 400);
}

#[tokio::test]
async fn a_subscription_moves_the_webhook_after_a_handshake() {
    let desk = Desk::start().await;
    let url = desk.account("subscribed_apps");
    assert_eq!(desk.get(&url).await.1, json!({ "data": [] }));
    let wish = |token: &str| json!({ "override_callback_uri": desk.hook, "verify_token": token });
    let (status, answer) = desk.post(&url, &wish("wrong")).await;
    assert_eq!(status, 400);
    assert!(answer["error"]["error_data"]["details"].as_str().expect("details").contains("403"));
    assert_eq!(desk.post(&url, &wish(&desk.sim.config().verify_token)).await.0, 200);
    assert_eq!(desk.get(&url).await.1["data"][0]["override_callback_uri"], desk.hook.as_str());
    assert_eq!(desk.delete(&url).await, (200, json!({ "success": true })));
    assert_eq!(desk.get(&url).await.1, json!({ "data": [] }));
}

#[tokio::test]
async fn who_is_blocked_writes_into_the_void() {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some("+34 612 345 678"), None).await;
    let url = desk.number("block_users");
    let body = json!({ "messaging_product": "whatsapp", "block_users": [{ "user": "+34612345678" }] });
    let (_, answer) = desk.post(&url, &body).await;
    assert_eq!(answer["error"]["code"], 139100, "she has not written");
    desk.sim.send(&maria, CustomerMessage::text("Hola")).await;
    let mixed = json!({ "messaging_product": "whatsapp", "block_users": [{ "user": "+34612345678" }, { "user": "+1" }] });
    let (status, answer) = desk.post(&url, &mixed).await;
    assert_eq!((status, &answer["block_users"]["added_users"][0]["wa_id"]), (200, &json!("34612345678")));
    assert_eq!(answer["block_users"]["failed_users"][0]["input"], "+1");
    assert_eq!(desk.get(&url).await.1["data"][0]["wa_id"], "34612345678");
    desk.sim.send(&maria, CustomerMessage::text("¿Hola?")).await;
    assert_eq!(desk.messages_seen().len(), 1);
    let request = desk.http.delete(&url).bearer_auth(desk.token()).json(&body);
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    desk.sim.send(&maria, CustomerMessage::text("¡Hola!")).await;
    assert_eq!(desk.messages_seen().len(), 2);
}
