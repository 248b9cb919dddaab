//! One person is one identity, and nobody gets the messages of another.

use serde_json::json;

use crate::desk::{Customer, MARIA, on_both};

const BY_PHONE: Customer = Customer { user: None, ..MARIA };
const BY_USER: Customer = Customer { phone: None, ..MARIA };

#[tokio::test]
async fn the_number_may_come_and_go() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "both")).await;
        desk.deliver(BY_USER.text("2", "id alone")).await;
        desk.deliver(BY_PHONE.text("3", "number alone")).await;
        let conversation = desk.only_conversation().await;
        assert_eq!(desk.texts(&conversation).await, ["both", "id alone", "number alone"]);
        assert_eq!(conversation.identity.phone.as_deref(), Some("+5215550002222"));
    })
    .await;
}

#[tokio::test]
async fn a_number_that_turns_out_to_be_an_id_becomes_one_person() {
    on_both(async |desk| {
        desk.deliver(BY_PHONE.text("1", "by number")).await;
        desk.deliver(BY_USER.text("2", "by id")).await;
        assert_eq!(desk.conversations().await.len(), 2, "nothing says yet that they are one");
        desk.deliver(MARIA.text("3", "both")).await;
        let open: Vec<_> = desk
            .conversations()
            .await
            .into_iter()
            .filter(|one| one.state == model::ConversationState::Open)
            .collect();
        assert_eq!(open.len(), 1, "one person has one open conversation");
        assert!(desk.texts(&open[0]).await.contains(&"both".to_owned()));
        let contact =
            app::contact::get(&desk.app, &desk.caller, open[0].contact.id).await.expect("a contact");
        assert_eq!(
            (contact.identities.len(), contact.conversations.len()),
            (1, 2),
            "the history stays in reach"
        );
    })
    .await;
}

#[tokio::test]
async fn a_number_that_passed_to_another_person_is_another_person() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "from María")).await;
        let successor = Customer { user: Some("MX.pedro"), name: "Pedro", ..MARIA };
        desk.deliver(successor.text("2", "from Pedro")).await;
        let all = desk.conversations().await;
        assert_eq!(all.len(), 2);
        for conversation in &all {
            let own = format!("from {}", conversation.contact.name);
            assert_eq!(desk.texts(conversation).await, [own]);
        }
        let maria = all.iter().find(|one| one.contact.name == "María").expect("María");
        assert_eq!(maria.identity.phone, None, "the number is no longer hers");
    })
    .await;
}

#[tokio::test]
async fn a_customer_who_changes_the_number_stays_the_same_person() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "before")).await;
        let notice = json!({"messages": [{"id": "2", "timestamp": "1789999999", "type": "system",
            "from": "5215550002222", "system": {"body": "María changed from 5215550002222 to 5215550003333",
            "type": "user_changed_number", "wa_id": "5215550003333", "user_id": "MX.maria2",
            "previous_user_id": "MX.maria1"}}]});
        desk.deliver(notice).await;
        let now = Customer { user: Some("MX.maria2"), phone: Some("5215550003333"), name: "María" };
        desk.deliver(now.text("3", "after")).await;
        let conversation = desk.only_conversation().await;
        assert_eq!(conversation.identity.phone.as_deref(), Some("+5215550003333"));
        let texts = desk.texts(&conversation).await;
        assert_eq!(
            (texts.first().map(String::as_str), texts.last().map(String::as_str)),
            (Some("before"), Some("after"))
        );
    })
    .await;
}

#[tokio::test]
async fn a_name_given_by_an_agent_stays() {
    on_both(async |desk| {
        desk.deliver(MARIA.text("1", "hi")).await;
        let contact = desk.only_conversation().await.contact.id;
        app::contact::rename(&desk.app, &desk.caller, contact, "María (VIP)".into()).await.expect("renamed");
        desk.deliver(Customer { name: "mari ✨", ..MARIA }.text("2", "hi again")).await;
        assert_eq!(desk.only_conversation().await.contact.name, "María (VIP)");
    })
    .await;
}
