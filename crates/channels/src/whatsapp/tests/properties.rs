//! What holds for every delivery, however broken.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::WhatsApp;
use crate::{Channel, Event, Inbound};

/// The cases, as bodies to break.
static BODIES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/whatsapp/cases/receive");
    let bodies: Vec<Value> = std::fs::read_dir(folder)
        .expect("a folder of cases")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter_map(|path| serde_json::from_slice(&std::fs::read(path).ok()?).ok())
        .collect();
    assert!(bodies.len() > 20, "only {} cases", bodies.len());
    bodies
});

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("")),
        Just(json!("\u{0}")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("(id|type|text|from|body|[a-z]{1,5})", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// All places in a document, deepest first.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, child)| places(child, &format!("{path}/{key}"), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(place, child)| places(child, &format!("{path}/{place}"), found));
        }
        _ => {}
    }
    found.push(path.to_owned());
}

fn text(id: usize) -> Value {
    json!({"from": "16505551234", "id": format!("wamid.{id}"), "timestamp": "1749416383", "type": "text",
        "text": {"body": "hello"}})
}

fn delivery(messages: &[Value]) -> Vec<u8> {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [{"field": "messages",
        "value": {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}, "messages": messages}}]}]})
    .to_string()
    .into_bytes()
}

fn ids(inbound: &[Inbound]) -> Vec<&str> {
    inbound
        .iter()
        .filter_map(|one| match &one.event {
            Event::Message(message) => Some(message.provider_id.as_str()),
            _ => None,
        })
        .collect()
}

/// No text that a database refuses.
fn storable(inbound: &[Inbound]) -> bool {
    !format!("{inbound:?}").replace(r"\\", "").contains(r"\0")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_broken_delivery_never_panics(
        case in any::<prop::sample::Index>(),
        breaks in prop::collection::vec((any::<prop::sample::Index>(), anything()), 1..4),
    ) {
        let mut body = BODIES[case.index(BODIES.len())].clone();
        for (place, value) in breaks {
            let mut found = Vec::new();
            places(&body, "", &mut found);
            let path = &found[place.index(found.len())];
            if let Some(slot) = body.pointer_mut(path) {
                *slot = value;
            }
        }
        if let Ok(inbound) = WhatsApp.read(body.to_string().as_bytes()) {
            prop_assert!(storable(&inbound));
        }
    }

    #[test]
    fn broken_bytes_never_panic(
        case in any::<prop::sample::Index>(),
        breaks in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut body = BODIES[case.index(BODIES.len())].to_string().into_bytes();
        for (place, byte) in breaks {
            let place = place.index(body.len());
            body[place] = byte;
        }
        if let Ok(inbound) = WhatsApp.read(&body) {
            prop_assert!(storable(&inbound));
        }
    }

    #[test]
    fn one_broken_message_hides_no_other(
        before in 0..4_usize,
        after in 0..4_usize,
        broken in anything(),
    ) {
        let mut messages: Vec<Value> = (0..before).map(text).collect();
        messages.push(broken);
        messages.extend((before..before + after).map(text));
        let inbound = WhatsApp.read(&delivery(&messages)).expect("a readable delivery");
        let expected: Vec<String> = (0..before + after).map(|id| format!("wamid.{id}")).collect();
        let found: Vec<&str> = ids(&inbound).into_iter().filter(|id| id.starts_with("wamid.")).collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(inbound.len(), before + after + 1);
    }

    #[test]
    fn a_delivery_of_anything_never_panics(body in anything()) {
        let _any = WhatsApp.read(body.to_string().as_bytes());
    }
}

#[test]
fn a_full_batch_keeps_its_order() {
    let messages: Vec<Value> = (0..1000).map(text).collect();
    let inbound = WhatsApp.read(&delivery(&messages)).expect("a readable delivery");
    let expected: Vec<String> = (0..1000).map(|id| format!("wamid.{id}")).collect();
    assert_eq!(ids(&inbound), expected);
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let body = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(WhatsApp.read(body.as_bytes()).is_err());
    let body = format!("{}1{}", r#"{"entry":"#.repeat(100_000), "}".repeat(100_000));
    assert!(WhatsApp.read(body.as_bytes()).is_err());
}

#[test]
fn a_zero_in_a_type_reaches_no_reason() {
    let inbound = WhatsApp.read(&delivery(&[json!({"type": "\0", "\0": {}})])).expect("a readable delivery");
    assert!(matches!(inbound[0].event, Event::Unreadable { .. }), "{inbound:?}");
    assert!(storable(&inbound), "{inbound:?}");
}
