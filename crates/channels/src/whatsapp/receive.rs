//! Walks through a delivery: entries, changes, items.

use model::{DeliveryState, Millis, Report};

use super::sender::{self, People};
use super::wire::{self, Node};
use super::{errors, message};
use crate::{Event, Inbound, Malformed};

/// Lists in a change of the field `messages` that are read.
const READ: &[&str] = &["contacts", "messages", "statuses", "errors"];

/// Reads a delivery. Items keep their order; one that cannot be read hides no other.
pub(super) fn read(body: &[u8]) -> Result<Vec<Inbound>, Malformed> {
    wire::parsed(body, delivery)?
}

fn delivery(document: &Node<'_>) -> Result<Vec<Inbound>, Malformed> {
    if !document.is_object() {
        return Err(Malformed(format!("it is {}, not an object", document.shape())));
    }
    if document.at("entry").is_null() {
        return Err(Malformed("it has no `entry`".into()));
    }
    let entries = document.list("entry");
    let object = document.at("object").as_str().unwrap_or_default();
    if object != "whatsapp_business_account" && !entries.iter().any(speaks_whatsapp) {
        return Err(Malformed(format!("it is about `{}`, not about WhatsApp", wire::label(object))));
    }
    let mut events = Vec::new();
    if entries.is_empty() && !document.at("entry").is_list() {
        let shape = document.at("entry").shape();
        events.push(unreadable(format!("`entry` is {shape}, not a list")));
    }
    for entry in entries {
        let changes = entry.list("changes");
        if changes.is_empty() && !entry.at("changes").is_list() {
            events.push(unreadable("an entry has no list of changes".into()));
        }
        for one in changes {
            change(one, &mut events);
        }
    }
    Ok(events)
}

fn speaks_whatsapp(entry: &Node<'_>) -> bool {
    let speaks = |change: &Node<'_>| change.at("value").at("messaging_product").as_str() == Some("whatsapp");
    entry.list("changes").iter().any(speaks)
}

/// An item outside of any account.
fn unreadable(reason: String) -> Inbound {
    Inbound { account: None, event: Event::Unreadable { reason } }
}

fn change(change: &Node<'_>, events: &mut Vec<Inbound>) {
    let field = change.at("field").as_str().unwrap_or_default();
    let value = change.at("value");
    if !value.is_object() {
        events.push(unreadable(format!("a change of `{}` has no value", wire::label(field))));
        return;
    }
    let account = value.at("metadata").id(&["phone_number_id"]);
    let mut push = |event| events.push(Inbound { account: account.clone(), event });
    match field {
        "messages" => messages(value, &mut push),
        // Samples of before had no field.
        "" if !value.at("messages").is_null() || !value.at("statuses").is_null() => {
            messages(value, &mut push);
        }
        "user_id_update" => {
            let updates = value.list(field);
            let updates = if updates.is_empty() { std::slice::from_ref(value) } else { updates };
            updates.iter().for_each(|update| push(message::user_id_update(update)));
        }
        // Everything else is for operators, for later, or (`standby`, `history`, echoes) not the customer's word.
        _ => push(other(field, value)),
    }
}

/// A change that needs no action, named by its field and the event in it.
fn other(field: &str, change: &Node<'_>) -> Event {
    let mut name = wire::label(field);
    if let Some(event) = change.text("event") {
        name = name + "." + &wire::label(&event);
    }
    Event::Other { name }
}

fn messages(value: &Node<'_>, sink: &mut dyn FnMut(Event)) {
    let mut told = false;
    let mut push = |event| {
        told = true;
        sink(event);
    };
    for key in ["errors", "messages", "statuses"] {
        let node = value.at(key);
        if !(node.is_list() || node.is_object() || node.is_null()) {
            push(Event::Unreadable { reason: format!("`{key}` is {}, not a list", node.shape()) });
        }
    }
    let people = People::of(value);
    value.list("errors").iter().for_each(|error| push(Event::Trouble(errors::reported(error))));
    value.list("messages").iter().for_each(|one| push(message::read(one, &people)));
    value.list("statuses").iter().for_each(|one| push(status(one, &people)));
    for (key, node) in value.fields() {
        if node.is_list() && !READ.contains(&&**key) {
            push(Event::Other { name: wire::label(key) });
        }
    }
    if !told {
        sink(other("messages", value));
    }
}

/// A report about a message of ours ("status messages").
fn status(status: &Node<'_>, people: &People) -> Event {
    if !status.is_object() {
        return Event::Unreadable { reason: format!("a status is {}, not an object", status.shape()) };
    }
    let word = status.text("status").unwrap_or_default();
    // Payments (`type: payment`) and calls report under the same key.
    if let Some(kind) = status.text("type").filter(|kind| kind != "message") {
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
    let Some(provider_id) = status.id(&["id"]) else {
        return Event::Unreadable { reason: format!("a status ({word}) names no message") };
    };
    // In a group `recipient_id` is the group.
    let address = if status.text("recipient_type").as_deref() == Some("group") {
        status.id(&["recipient_participant_id", "participant_recipient_id"])
    } else {
        status.id(&["recipient_id"])
    };
    let recipient = sender::named(status.id(&["recipient_user_id"]), address);
    let failure = (state == DeliveryState::Failed)
        .then(|| errors::reported(status.list("errors").first().unwrap_or(&Node::Null)));
    Event::Receipt {
        provider_id,
        callback: status.text("biz_opaque_callback_data"),
        report: Report { state, at: status.moment("timestamp").unwrap_or(Millis(0)), failure },
        recipient: people.complete(recipient),
    }
}
