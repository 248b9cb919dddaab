//! What the business sends: accepted, refused, failed, and seen by the customer.

use std::time::Duration;

use serde_json::{Value, json};
use sim::{Config, CustomerId, CustomerMessage, Source, State};

use crate::desk::{Desk, message};

const MARIA: &str = "+34 612 345 678";

async fn desk_with_maria() -> (Desk, CustomerId, String) {
    let desk = Desk::start().await;
    let maria = desk.sim.customer("Maria", Some(MARIA), None).await;
    let wamid = desk.sim.send(&maria, CustomerMessage::text("Hola")).await;
    (desk, maria, wamid)
}

#[tokio::test]
async fn every_type_that_we_send_is_accepted_and_seen() {
    let (desk, maria, theirs) = desk_with_maria().await;
    let id = |answer: Value| answer["id"].as_str().expect("an id").to_owned();
    let png = id(desk.upload("image/png", b"\x89PNG\r\n\x1a\n").await.1);
    let ogg = id(desk.upload("audio/ogg", b"OggS").await.1);
    let mp4 = id(desk.upload("video/mp4", b"ftyp").await.1);
    let pdf = id(desk.upload("application/pdf", b"%PDF").await.1);
    let webp = id(desk.upload("image/webp", b"RIFF\0\0\0\0WEBP").await.1);
    let rows = json!([{ "title": "Hours", "rows": [{ "id": "1", "title": "Nine", "description": "am" }] }]);
    let buttons = json!([{ "type": "reply", "reply": { "id": "y", "title": "Sí" } }]);
    let values = json!([{ "type": "text", "text": "Maria" }, { "type": "text", "text": "A-7" }]);
    let sends = [
        ("text", json!({ "body": "Hola", "preview_url": false }), Some("Hola")),
        ("image", json!({ "id": png, "caption": "Plano" }), Some("Plano")),
        ("audio", json!({ "id": ogg, "voice": true }), None),
        ("video", json!({ "id": mp4 }), None),
        ("document", json!({ "id": pdf, "filename": "plan.pdf" }), None),
        ("sticker", json!({ "id": webp }), None),
        (
            "location",
            json!({ "latitude": 40.4, "longitude": -3.7, "name": "Sol", "address": "Madrid" }),
            Some("Sol"),
        ),
        ("contacts", json!([{ "name": { "formatted_name": "Ana R", "first_name": "Ana" } }]), Some("Ana R")),
        (
            "interactive",
            json!({ "type": "button", "body": { "text": "¿Sí?" }, "action": { "buttons": buttons } }),
            Some("¿Sí?"),
        ),
        (
            "interactive",
            json!({ "type": "list", "body": { "text": "¿A qué hora?" },
            "action": { "button": "Elegir", "sections": rows } }),
            Some("¿A qué hora?"),
        ),
        ("reaction", json!({ "message_id": theirs, "emoji": "👍" }), Some("👍")),
        (
            "template",
            json!({ "name": "order_update", "language": { "code": "es" },
            "components": [{ "type": "body", "parameters": values }] }),
            Some("Hola Maria: su pedido A-7 está en camino."),
        ),
    ];
    for (kind, content, text) in sends {
        let wamid = desk.send(MARIA, kind, content.clone()).await;
        let seen = desk.sim.message(&wamid).expect("kept");
        assert_eq!((seen.kind.as_str(), seen.text.as_deref(), seen.state), (kind, text, State::Accepted));
        assert_eq!(seen.raw[kind], content);
        assert_eq!(seen.media.is_some(), content.get("id").is_some());
    }
    assert_eq!(desk.sim.received(&maria).len(), 12);
    assert_eq!(desk.sim.message(&theirs).expect("kept").reaction.as_deref(), Some("👍"));
    desk.send(MARIA, "reaction", json!({ "message_id": theirs, "emoji": "" })).await;
    assert_eq!(desk.sim.message(&theirs).expect("kept").reaction, None);
    assert!(desk.sim.violations().is_empty());
    assert_eq!(desk.sim.requests()["POST messages"], 13);
    assert_eq!(desk.sim.requests()["POST media"], 5);
}

#[tokio::test]
async fn a_read_receipt_reads_what_came_before_and_shows_typing_for_a_while() {
    let (desk, maria, first) = desk_with_maria().await;
    let second = desk.sim.send(&maria, CustomerMessage::text("¿Hola?")).await;
    let third = desk.sim.send(&maria, CustomerMessage::text("¿¿Hola??")).await;
    let typing = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": second,
        "typing_indicator": { "type": "text" } });
    assert_eq!(desk.messages(&typing).await, (200, json!({ "success": true })));
    let state = |wamid: &str| desk.sim.message(wamid).expect("kept").state;
    assert_eq!((state(&first), state(&second), state(&third)), (State::Read, State::Read, State::Delivered));
    let until = desk.sim.profile(&maria).expect("known").typing_until.expect("typing");
    assert!((20_000..=25_000).contains(&(until - desk.sim.now())));
    desk.send(MARIA, "text", json!({ "body": "Sí" })).await;
    assert_eq!(desk.sim.profile(&maria).expect("known").typing_until, None);
    let unknown = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.no" });
    assert_eq!(desk.refused(&unknown).await, 100);
    assert!(desk.sim.violations().is_empty());
}

#[tokio::test]
async fn a_broken_rule_is_refused_kept_and_shown() {
    let (desk, maria, _) = desk_with_maria().await;
    let (status, answer) = desk.messages(&message(MARIA, "text", json!({ "body": "x".repeat(4097) }))).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
    let details = answer["error"]["error_data"]["details"].as_str().expect("details");
    assert!(details.contains("/text/body") && details.contains("4097"), "{details}");
    assert_eq!(answer["error"]["type"], "OAuthException");
    assert!(answer["error"]["fbtrace_id"].as_str().is_some_and(|id| id.len() > 10));
    assert!(desk.sim.received(&maria).is_empty());
    let violations = desk.sim.violations();
    assert_eq!((violations.len(), violations[0].source), (1, Source::Limits));
    let shown =
        desk.http.get(format!("{}/sim/violations", desk.sim.graph_url())).send().await.expect("an answer");
    assert_eq!(shown.json::<Value>().await.expect("JSON")[0]["request"], "POST /messages");
    let request = desk.http.post(desk.number("messages")).bearer_auth(desk.token()).body("{not json");
    assert_eq!(request.send().await.expect("an answer").status(), 400);
    assert_eq!(desk.sim.violations().len(), 2);
}

#[tokio::test]
async fn refusals_that_are_no_violations() {
    let (desk, maria, _) = desk_with_maria().await;
    let to = |kind: &str, content: Value| message(MARIA, kind, content);
    assert_eq!(desk.refused(&message("+1 555-010-0199", "text", json!({ "body": "me" }))).await, 131021);
    assert_eq!(desk.refused(&to("image", json!({ "id": "404" }))).await, 100);
    assert_eq!(
        desk.refused(&to("reaction", json!({ "message_id": "wamid.no", "emoji": "👍" }))).await,
        131009
    );
    assert_eq!(desk.refused(&to("text", json!({ "body": "!refuse 131056" }))).await, 131056);
    let template = |name: &str| to("template", json!({ "name": name, "language": { "code": "en" } }));
    assert_eq!(desk.refused(&template("spring_sale")).await, 132015);
    assert_eq!(desk.refused(&template("order_update")).await, 132000);
    assert_eq!(desk.refused(&template("unheard_of")).await, 132001);
    assert!(desk.sim.received(&maria).is_empty() && desk.sim.violations().is_empty());
}

#[tokio::test]
async fn some_messages_are_accepted_and_never_arrive() {
    let (desk, maria, _) = desk_with_maria().await;
    let failed =
        |desk: &Desk| desk.statuses().iter().map(|one| one["errors"][0]["code"].clone()).collect::<Vec<_>>();
    let nobody = desk.send("+34 600 000 000", "text", json!({ "body": "?" })).await;
    desk.until("it failed", |desk| failed(desk).len() == 1).await;
    assert_eq!(desk.statuses()[0]["id"], nobody);
    assert_eq!(desk.statuses()[0]["recipient_id"], "34600000000");
    desk.send(MARIA, "text", json!({ "body": "!fail 131049" })).await;
    desk.until("it failed", |desk| failed(desk).len() == 2).await;
    desk.sim.send(&maria, CustomerMessage::text("!fail 130472")).await;
    desk.send(MARIA, "text", json!({ "body": "?" })).await;
    desk.until("it failed", |desk| failed(desk).len() == 3).await;
    desk.send(MARIA, "text", json!({ "body": "?" })).await;
    assert_eq!(failed(&desk), [json!(131026), json!(131049), json!(130472)]);
}

#[tokio::test]
async fn after_24_hours_only_templates_arrive() {
    let (desk, maria, _) = desk_with_maria().await;
    desk.sim.advance(Duration::from_secs(24 * 60 * 60 + 1));
    desk.send(MARIA, "text", json!({ "body": "?" })).await;
    desk.until("it failed", |desk| !desk.statuses().is_empty()).await;
    assert_eq!(desk.statuses()[0]["errors"][0]["code"], 131047);
    desk.send(MARIA, "template", json!({ "name": "hello_world", "language": { "code": "en_US" } })).await;
    desk.sim.send(&maria, CustomerMessage::text("Aquí estoy")).await;
    desk.send(MARIA, "text", json!({ "body": "!" })).await;
    let states: Vec<_> = desk.sim.received(&maria).iter().map(|one| one.state).collect();
    assert_eq!(states, [State::Failed, State::Accepted, State::Accepted]);
    desk.sim.advance(Duration::from_secs(24 * 60 * 60 + 1));
    desk.sim.failures().update(|switches| switches.window = false);
    desk.send(MARIA, "text", json!({ "body": "the switch is off" })).await;
    assert_eq!(desk.statuses().len(), 1);
}

#[tokio::test]
async fn rates_are_kept_when_switched_on() {
    let (desk, _, _) = desk_with_maria().await;
    let text = || message(MARIA, "text", json!({ "body": "?" }));
    desk.sim.failures().update(|switches| switches.pair_rate = true);
    for _ in 0..45 {
        assert_eq!(desk.messages(&text()).await.0, 200);
    }
    assert_eq!(desk.refused(&text()).await, 131056);
    desk.sim.advance(Duration::from_secs(6));
    assert_eq!(desk.messages(&text()).await.0, 200);
}

#[tokio::test]
async fn statuses_come_by_themselves_and_reading_needs_a_reader() {
    let desk = Desk::start_with(Config { automatic: true, ..Config::test() }).await;
    let maria = desk.sim.customer("Maria", Some(MARIA), None).await;
    desk.sim.send(&maria, CustomerMessage::text("Hola")).await;
    let names = |desk: &Desk| desk.statuses().iter().map(|one| one["status"].clone()).collect::<Vec<_>>();
    desk.send(MARIA, "text", json!({ "body": "?" })).await;
    desk.until("delivered", |desk| names(desk) == ["sent", "delivered"]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(names(&desk).len(), 2, "nobody looks");
    desk.sim.open_chat(&maria, true).await;
    assert_eq!(names(&desk), ["sent", "delivered", "read"]);
    desk.send(MARIA, "text", json!({ "body": "?" })).await;
    desk.until("read at once", |desk| names(desk).len() == 6).await;
    desk.sim.open_chat(&maria, false).await;
    desk.send(MARIA, "text", json!({ "body": "?" })).await;
    desk.until("delivered", |desk| names(desk).len() == 8).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(names(&desk).last(), Some(&json!("delivered")));
}
