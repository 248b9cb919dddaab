//! How long it takes to take out a person of many messages: a few hundred in every run, as many as one likes by command
//! (`BELLHOP_MESSAGES=10000`).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::desk::on_both;
use crate::generated::extent;
use crate::hooks::deliver;

/// Within what time somebody is taken out.
const BAR: Duration = Duration::from_secs(60);
/// How many messages come in one delivery.
const TOGETHER: usize = 100;

/// A delivery with messages of one customer.
fn texts(number: &str, messages: std::ops::Range<usize>) -> Vec<u8> {
    let message = |n: usize| {
        json!({"from": "34600111222", "id": format!("wamid.{n}"), "timestamp": "1790000000", "type": "text",
            "text": {"body": format!("This is message {n}, and it says what people write about their stay")}})
    };
    let value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100199", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Maria"}, "wa_id": "34600111222"}],
        "messages": messages.map(message).collect::<Vec<_>>()});
    let body = json!({"object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]});
    body.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_many_messages_is_taken_out_whole_and_soon() {
    let (count, _) = extent("MESSAGES", 300);
    on_both(async |desk| {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let callback = inbox["callback_url"].as_str().expect("an address");
        let (browser, config) = (desk.browser(), desk.sim.config().clone());
        for first in (0..count).step_by(TOGETHER) {
            let body = texts(&config.phone_number_id, first..(first + TOGETHER).min(count));
            deliver(&browser, callback, &body, &config.app_secret).await.expect_status(200);
        }
        desk.settle().await;
        let conversation = desk.only_conversation(&owner).await;
        let contact = conversation["contact"]["id"].as_str().expect("an id");
        let began = Instant::now();
        let taken = owner.get(&format!("/api/contacts/{contact}/export")).await.expect_status(200);
        let took = began.elapsed();
        let engine = desk.app.db.engine();
        eprintln!("{count} messages on {engine:?}: {} bytes in {} ms", taken.body.len(), took.as_millis());
        assert!(took < BAR, "it took {took:?}");
        // Files are stored in it as they are.
        let begin = taken.body.windows(9).position(|part| part == b"{\"format\"").expect("the document");
        let mut documents = serde_json::Deserializer::from_slice(&taken.body[begin..]).into_iter::<Value>();
        let document = documents.next().expect("a document").expect("JSON");
        let messages = document["conversations"][0]["messages"].as_array().expect("a list");
        assert_eq!(messages.len(), count);
    })
    .await;
}
