//! Meta's and others' request examples, replayed against the running provider.

use std::collections::BTreeMap;

use serde_json::Value;
use sim::{Config, Source};

use crate::desk::Desk;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/whatsapp");

/// Why examples that their authors call valid are refused here: the beginning of what is said, how many
/// examples it meets, and why we keep to it. Each must occur just so often, and nothing else may.
const DISAGREEMENTS: &[(&str, usize, &str)] = &[
    ("limits /recipient_type: must be", 13, "optional in life, required by the document: we always send it"),
    ("openapi : \"recipient_type\" is a required", 13, "the same, said by the document"),
    (
        "limits /interactive/type: \"BUTTON\"",
        4,
        "a library that writes types in capitals; the document has none",
    ),
    ("limits /interactive/type: \"LIST\"", 1, "the same library"),
    ("openapi /interactive/type: \"BUTTON\"", 4, "the same, said by the document"),
    ("openapi /interactive/type: \"LIST\"", 1, "the same, said by the document"),
    ("limits /interactive/action: is missing", 1, "an example of payments that puts the action elsewhere"),
    ("openapi /interactive: \"action\" is a required", 1, "the same, said by the document"),
];

/// Replaces the placeholders of examples by something of their kind.
fn fill(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("{{") => *text = "+34612345678".into(),
        Value::String(text) if text.ends_with("locale-code") => *text = "en_US".into(),
        Value::String(text) if text == "<HEADER_TYPE>" => *text = "text".into(),
        Value::Array(list) => list.iter_mut().for_each(fill),
        Value::Object(map) => map.values_mut().for_each(fill),
        _ => {}
    }
}

#[tokio::test]
async fn request_examples_are_accepted_or_refused_for_known_reasons() {
    let Ok(index) = std::fs::read_to_string(format!("{CORPUS}/api/index.json")) else {
        assert!(std::env::var("CI").map_or(true, |ci| ci != "true"), "{CORPUS} is absent");
        eprintln!("SKIPPED: {CORPUS} is absent");
        return;
    };
    let contract = format!("{CORPUS}/specs/facebook-openapi/business-messaging-api_v23.0.normalized.json");
    let desk = Desk::start_with(Config { contract: Some(contract.into()), ..Config::test() }).await;
    let index: Vec<Value> = serde_json::from_str(&index).expect("the index is JSON");
    let (mut accepted, mut rejected) = (0, 0);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &index {
        let file = entry["file"].as_str().expect("a file");
        let Some(mut body) = message_of(file, entry["kind"].as_str().expect("a kind")) else { continue };
        fill(&mut body);
        let before = desk.sim.violations().len();
        desk.messages(&body).await;
        let violations = desk.sim.violations().split_off(before);
        match violations.is_empty() {
            true => accepted += 1,
            false => rejected += 1,
        }
        for violation in violations {
            let source = if violation.source == Source::Openapi { "openapi" } else { "limits" };
            *found.entry(format!("{source} {}", violation.detail)).or_default() += 1;
        }
    }
    println!("{accepted} request examples keep to the contract, {rejected} do not:");
    for (reason, count) in &found {
        println!("{count:>4} × {reason}");
    }
    for (reason, count) in &found {
        let known = DISAGREEMENTS.iter().any(|(start, ..)| reason.starts_with(start));
        assert!(known, "{count} examples are refused for an unknown reason: {reason}");
    }
    for (start, expected, why) in DISAGREEMENTS {
        let count: usize =
            found.iter().filter(|(reason, _)| reason.starts_with(start)).map(|(_, count)| count).sum();
        assert_eq!(count, *expected, "{start}: {why}");
    }
    assert!(accepted >= 80, "only {accepted} examples were read as messages and accepted");
}

/// The body of a send, if the example is one.
fn message_of(file: &str, kind: &str) -> Option<Value> {
    let text = std::fs::read_to_string(format!("{CORPUS}/api/{file}")).expect("the example is there");
    let example: Value = serde_json::from_str(&text).ok()?;
    let (request, path) = match kind {
        "request" => (&example, example["path"].as_str()),
        "exchange" => (&example["request"], example["request"]["url"].as_str()),
        _ => return None,
    };
    let body = if request["body"].is_object() {
        &request["body"]
    } else if example["messaging_product"].is_string() {
        &example
    } else {
        return None;
    };
    let is_send =
        path.is_none_or(|path| path.ends_with("/messages")) && body["messaging_product"].is_string();
    (is_send && (body["type"].is_string() || body["status"].is_string())).then(|| body.clone())
}
