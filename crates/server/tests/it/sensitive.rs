//! Sensitive content is seen by those who may and say why, and by nobody else, on every way out of the house.

use serde_json::{Value, json};
use sim::CustomerMessage;

use crate::desk::on_both;
use crate::wire::Wire;

const CARD: &str = "4111 1111 1111 1111";

#[tokio::test(flavor = "multi_thread")]
async fn a_card_number_is_masked_on_every_way_and_shown_for_a_reason() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let agent = desk.agent(&owner, "Ben", "agent").await;
        let mut wire = Wire::open(&agent, None).await;
        let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
        desk.sim.send(&maria, CustomerMessage::text(format!("my card {CARD} please"))).await;
        desk.settle().await;
        app::indexing::settle(&desk.app).await.expect("indexed");
        let conversation = desk.only_conversation(&agent).await;
        let id = conversation["id"].as_str().expect("an id").to_owned();
        let contact = conversation["contact"]["id"].as_str().expect("an id").to_owned();
        let note = json!({"client_id": "n", "text": format!("said {CARD}")});
        agent.post(&format!("/api/conversations/{id}/notes"), &note).await.expect_status(201);
        for path in [
            "/api/conversations?state=all".to_owned(),
            format!("/api/conversations/{id}"),
            format!("/api/conversations/{id}/messages"),
            format!("/api/contacts/{contact}"),
            "/api/search?q=card".to_owned(),
        ] {
            let body = String::from_utf8(agent.get(&path).await.expect_status(200).body).expect("text");
            assert!(!body.contains("4111 1111"), "{path} shows it: {body}");
            assert!(
                body.contains("•••• 1111") || path.contains("contacts"),
                "{path} shows nothing of it: {body}"
            );
        }
        let mut heard = Vec::new();
        while heard.last().is_none_or(|frame: &Value| frame["message"]["direction"] != "note") {
            heard.push(wire.event().await);
        }
        let heard = serde_json::to_string(&heard).expect("JSON");
        assert!(!heard.contains("4111 1111") && heard.contains("•••• 1111"), "{heard}");
        assert!(
            agent.get("/api/search?q=4111").await.expect_status(200).items().is_empty(),
            "found by what is hidden"
        );

        let message = desk.thread(&agent, &conversation).await.remove(0);
        let span = &message["sensitive"][0];
        assert_eq!(
            (&span["class"], &span["masked"], &span["field"]),
            (&json!("card"), &json!(true), &json!("text"))
        );
        let reveal = format!("/api/messages/{}/reveal", message["id"].as_str().expect("an id"));
        let reason = json!({"reason": "to refund"});
        agent.post(&reveal, &reason).await.expect_status(403);
        owner.post(&reveal, &json!({"reason": " "})).await.expect_status(422);
        let whole = owner.post(&reveal, &reason).await.expect_status(200).json();
        assert_eq!(whole["content"]["text"], format!("my card {CARD} please"));
        let workspace: model::WorkspaceId = owner.get("/api/session").await.json()["workspace"]["id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("an id");
        let noted = desk
            .app
            .read(move |tx| {
                Box::pin(async move {
                    let filter = store::audit::Filter {
                        act: Some(model::Act::SensitiveRevealed),
                        ..store::audit::Filter::default()
                    };
                    Ok(store::audit::list(tx, workspace, &filter, None, 9).await?.items)
                })
            })
            .await
            .expect("read");
        assert_eq!(noted.len(), 1);
        assert_eq!(noted[0].reason.as_deref(), Some("to refund"));
        assert!(!format!("{noted:?}").contains("4111"), "the audit holds nothing of it");

        // What a workspace decides holds at once.
        let rules = json!({"rules": [{"class": "card", "masked": false, "outbound": "warn"}]});
        agent.put("/api/sensitive", &rules).await.expect_status(403);
        owner.put("/api/sensitive", &rules).await.expect_status(200);
        let message = desk.thread(&agent, &conversation).await.remove(0);
        assert_eq!(message["content"]["text"], format!("my card {CARD} please"));
        assert_eq!(message["sensitive"][0]["masked"], false);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_with_a_card_is_blocked_and_one_with_an_id_has_to_be_confirmed() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let maria = desk.sim.customer("Maria", Some("+34 600 111 222"), None).await;
        desk.sim.send(&maria, CustomerMessage::text("hi")).await;
        desk.settle().await;
        let id = desk.only_conversation(&owner).await["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/conversations/{id}/messages");
        let say = async |text: &str, confirmed: bool| {
            let body = json!({"client_id": text, "text": text, "confirmed": confirmed});
            owner.post(&path, &body).await
        };
        let refused = say(&format!("pay with {CARD}"), true).await.expect_status(409);
        assert_eq!(refused.code(), "sensitive_blocked");
        assert_eq!(refused.json()["error"]["fields"][0]["code"], "card");
        let asked = say("your id is 11010519491231002X", false).await.expect_status(409);
        assert_eq!(asked.code(), "sensitive_unconfirmed");
        assert_eq!(asked.json()["error"]["fields"][0]["code"], "national_id");
        assert!(desk.sim.received(&maria).is_empty());
        say("your id is 11010519491231002X", true).await.expect_status(201);
        say("your order 48151623 is ready", false).await.expect_status(201);
        desk.settle().await;
        assert_eq!(desk.sim.received(&maria).len(), 2);
    })
    .await;
}
