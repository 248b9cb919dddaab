//! Walks through a delivery: entries, changes, items.

use model::{DeliveryState, Millis, Report};
use serde_json::{Map, Value};

use super::sender::{self, People};
use super::{errors, message, wire};
use crate::{Event, Inbound, Malformed};

/// Lists in a change of the field `messages` that are read.
const READ: &[&str] = &["contacts", "messages", "statuses", "errors"];

/// Reads a delivery. Items keep their order; one that cannot be read hides no other.
pub(super) fn read(body: &[u8]) -> Result<Vec<Inbound>, Malformed> {
    let document = wire::parse(body)?;
    if !document.is_object() {
        return Err(Malformed(format!("it is {}, not an object", wire::shape(&document))));
    }
    if document.get("entry").is_none() {
        return Err(Malformed("it has no `entry`".into()));
    }
    let entries = wire::list(&document, "entry");
    let object = document.get("object").and_then(Value::as_str).unwrap_or_default();
    if object != "whatsapp_business_account" && !entries.iter().any(speaks_whatsapp) {
        return Err(Malformed(format!("it is about `{}`, not about WhatsApp", wire::label(object))));
    }
    let mut events = Vec::new();
    for entry in entries {
        let changes = wire::list(entry, "changes");
        if changes.is_empty() && !entry.get("changes").is_some_and(Value::is_array) {
            events.push(unreadable(None, "an entry has no list of changes".into()));
        }
        for one in changes {
            change(one, &mut events);
        }
    }
    if entries.is_empty() && !document["entry"].is_array() {
        events.push(unreadable(None, format!("`entry` is {}, not a list", wire::shape(&document["entry"]))));
    }
    Ok(events)
}

fn speaks_whatsapp(entry: &Value) -> bool {
    wire::list(entry, "changes").iter().any(|change| {
        change.get("value").and_then(|value| value.get("messaging_product")).and_then(Value::as_str)
            == Some("whatsapp")
    })
}

fn unreadable(account: Option<String>, reason: String) -> Inbound {
    Inbound { account, event: Event::Unreadable { reason } }
}

fn change(change: &Value, events: &mut Vec<Inbound>) {
    let field = change.get("field").and_then(Value::as_str).unwrap_or_default();
    let Some(value) = change.get("value").and_then(Value::as_object) else {
        events.push(unreadable(None, format!("a change of `{}` has no value", wire::label(field))));
        return;
    };
    let node = &change["value"];
    let account = value.get("metadata").and_then(|metadata| wire::id(metadata, &["phone_number_id"]));
    let mut push = |event| events.push(Inbound { account: account.clone(), event });
    match field {
        "messages" => messages(value, node, &mut push),
        "" if value.contains_key("messages") || value.contains_key("statuses") => {
            messages(value, node, &mut push);
        }
        "user_id_update" => {
            let updates = wire::list(node, field);
            let updates = if updates.is_empty() { std::slice::from_ref(node) } else { updates };
            updates.iter().for_each(|update| push(message::user_id_update(update)));
        }
        // Everything else is for operators, for later, or (`standby`, `history`, echoes) not the customer's word.
        _ => push(other(field, node)),
    }
}

/// A change that needs no action, named by its field and the event in it.
fn other(field: &str, change: &Value) -> Event {
    let mut name = wire::label(field);
    if let Some(event) = wire::text(change, "event") {
        name = name + "." + &wire::label(&event);
    }
    Event::Other { name }
}

fn messages(value: &Map<String, Value>, node: &Value, push: &mut dyn FnMut(Event)) {
    let mut told = false;
    for key in ["errors", "messages", "statuses"] {
        match value.get(key) {
            Some(Value::Array(_) | Value::Object(_) | Value::Null) | None => {}
            Some(other) => {
                told = true;
                push(Event::Unreadable { reason: format!("`{key}` is {}, not a list", wire::shape(other)) });
            }
        }
    }
    let people = People::of(node);
    for error in wire::list(node, "errors") {
        told = true;
        push(Event::Trouble(errors::reported(error)));
    }
    for one in wire::list(node, "messages") {
        told = true;
        push(message::read(one, &people));
    }
    for one in wire::list(node, "statuses") {
        told = true;
        push(status(one, &people));
    }
    for (key, _) in value.iter().filter(|(key, node)| node.is_array() && !READ.contains(&key.as_str())) {
        told = true;
        push(Event::Other { name: wire::label(key) });
    }
    if !told {
        push(other("messages", node));
    }
}

/// A report about a message of ours ("status messages").
fn status(status: &Value, people: &People) -> Event {
    if !status.is_object() {
        return Event::Unreadable { reason: format!("a status is {}, not an object", wire::shape(status)) };
    }
    let word = wire::text(status, "status").unwrap_or_default();
    // Payments (`type: payment`) and calls report under the same key.
    if let Some(kind) = wire::text(status, "type").filter(|kind| kind != "message") {
        return Event::Other { name: format!("status.{}", wire::label(&kind)) };
    }
    let state = match word.as_str() {
        "sent" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "played" => DeliveryState::Played,
        "failed" => DeliveryState::Failed,
        // `deleted` and `warning` are of before; others of after our time.
        _ => return Event::Other { name: format!("status.{}", wire::label(&word)) },
    };
    let Some(provider_id) = wire::id(status, &["id"]) else {
        return Event::Unreadable { reason: format!("a status ({word}) names no message") };
    };
    // In a group `recipient_id` is the group.
    let address = if wire::text(status, "recipient_type").as_deref() == Some("group") {
        wire::id(status, &["recipient_participant_id", "participant_recipient_id"])
    } else {
        wire::id(status, &["recipient_id"])
    };
    let recipient = sender::named(wire::id(status, &["recipient_user_id"]), address);
    let failure = (state == DeliveryState::Failed)
        .then(|| errors::reported(wire::list(status, "errors").first().unwrap_or(&Value::Null)));
    Event::Receipt {
        provider_id,
        callback: wire::text(status, "biz_opaque_callback_data"),
        report: Report { state, at: wire::moment(status, "timestamp").unwrap_or(Millis(0)), failure },
        recipient: people.complete(recipient),
    }
}
