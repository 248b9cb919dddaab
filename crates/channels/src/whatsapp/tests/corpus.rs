//! Deliveries that others recorded or published, where the checkout has them beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::WhatsApp;
use crate::{Body, Channel, Event, Inbound};

/// The folder of deliveries, with its `index.json`.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/whatsapp/webhooks");
    if folder.join("index.json").exists() {
        return Some(folder);
    }
    let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
    assert!(!ci, "{} is missing", folder.display());
    println!("SKIPPED: {} is missing, no recorded delivery was read", folder.display());
    None
}

/// The kind of an event in the words of the index, as far as both know it.
fn kind(event: &Event) -> String {
    match event {
        Event::Message(message) => format!("message.{}", carried(&message.body)),
        Event::Reaction { emoji: Some(_), .. } => "message.reaction".into(),
        Event::Reaction { emoji: None, .. } => "message.reaction.removed".into(),
        Event::Edit { .. } => "message.edit".into(),
        Event::Revoke { .. } => "message.revoke".into(),
        Event::Receipt { report, .. } => format!("status.{}", report.state.as_str()),
        Event::Moved { .. } => "message.system".into(),
        Event::Trouble(_) => "trouble".into(),
        Event::Other { name } => name.clone(),
        Event::Unreadable { reason } => format!("unreadable: {reason}"),
    }
}

fn carried(body: &Body) -> &'static str {
    match body {
        Body::Whole(content) => content.kind(),
        Body::Media { media, .. } => media.kind.as_str(),
    }
}

/// The index's kind as ours: its refinements (`+reply`, `+bsuid`) tell of surroundings, not of the kind.
fn expected(indexed: &str) -> String {
    let plain = indexed.split('+').next().unwrap_or_default();
    match plain {
        "message.audio.voice" => "message.voice".into(),
        "message.button" => "message.reply".into(),
        "message.reaction.removed" => plain.into(),
        "message.unknown" => "message.unsupported".into(),
        _ if plain.starts_with("message.interactive.") => "message.reply".into(),
        _ if plain.starts_with("message.system") => "message.system".into(),
        _ if plain.starts_with("message.") => plain.split('.').take(2).collect::<Vec<_>>().join("."),
        _ if indexed.ends_with("+payment") => "status.payment".into(),
        _ if plain.starts_with("status.") => plain.into(),
        // Account matters are named by their field, and by their event where they have one.
        _ => plain.split('.').next().unwrap_or_default().into(),
    }
}

/// Whether the kinds that were found cover those of the index, each at least as often.
fn covers(found: &[String], indexed: &[String]) -> bool {
    let mut rest = found.to_vec();
    indexed.iter().all(|kind| {
        let place = rest.iter().position(|one| one == kind || one.split('.').next() == Some(kind));
        place.map(|place| rest.swap_remove(place)).is_some()
    })
}

#[test]
fn recorded_deliveries_are_read_as_their_index_says() {
    let Some(folder) = corpus() else { return };
    let index = std::fs::read(folder.join("index.json")).expect("a readable index");
    let index: Vec<Value> = serde_json::from_slice(&index).expect("a list");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut wrong, mut samples) = (Vec::new(), 0);
    for entry in &index {
        let file = entry["file"].as_str().expect("a file name");
        let body = std::fs::read(folder.join(file)).expect("a readable delivery");
        let inbound: Vec<Inbound> = match WhatsApp.read(&body) {
            Ok(inbound) => inbound,
            Err(error) => {
                wrong.push(format!("{file}: {error}"));
                continue;
            }
        };
        let found: Vec<String> = inbound.iter().map(|one| kind(&one.event)).collect();
        for kind in &found {
            *counts.entry(kind.clone()).or_default() += 1;
        }
        let indexed: Vec<String> = entry["kinds"]
            .as_array()
            .expect("kinds")
            .iter()
            .map(|kind| kind.as_str().expect("a kind"))
            .filter(|kind| *kind != "messages.empty")
            .map(expected)
            .collect();
        let well = covers(&found, &indexed) && !found.iter().any(|kind| kind.starts_with("unreadable"));
        // Samples with `<PLACEHOLDERS>` hold no coordinates, and one misspells `message_id`.
        let sample = entry["placeholders"] == true && indexed.len() == 1;
        if sample && !well {
            println!("a sample with placeholders: {file}: {indexed:?} was read as {found:?}");
            samples += 1;
        } else if !well {
            wrong.push(format!("{file}: the index says {indexed:?}, found {found:?}"));
        }
    }
    println!("{} recorded deliveries: {counts:#?}", index.len());
    assert!(samples <= 3, "{samples} samples with placeholders could not be read");
    assert!(index.len() >= 150, "only {} recorded deliveries", index.len());
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), index.len(), wrong.join("\n"));
}
