//! One entry of a delivery's `messages`.

use model::{Content, SystemEvent};
use serde_json::Value;

use super::sender::{self, People};
use super::{content, errors, wire};
use crate::{Body, Event, NewMessage, Sender};

/// Reads a message.
pub(super) fn read(message: &Value, people: &People) -> Event {
    event(message, people).unwrap_or_else(|reason| Event::Unreadable { reason: errors::shorten(reason) })
}

fn event(message: &Value, people: &People) -> Result<Event, String> {
    if !message.is_object() {
        return Err(format!("a message is {}, not an object", wire::shape(message)));
    }
    let kind = content::kind(message).unwrap_or("unknown");
    // A chat was opened without a word: nothing to show.
    if kind == "request_welcome" {
        return Ok(Event::Other { name: kind.into() });
    }
    let provider_id =
        wire::id(message, &["id"]).ok_or_else(|| format!("a message of type {kind} has no usable id"))?;
    if kind == "system" {
        return system(message, provider_id, people);
    }
    let sender = author(message, people);
    if !sender::reachable(&sender) {
        return Err(format!("message {provider_id} of type {kind} names no sender"));
    }
    let at = wire::moment(message, "timestamp");
    let target = |what: &str| {
        let node = message.get(kind).unwrap_or(&Value::Null);
        wire::id(node, &["original_message_id", "message_id", "id"])
            .or_else(|| quoted(message))
            .ok_or_else(|| format!("{what} {provider_id} names no message"))
    };
    match kind {
        "reaction" => {
            let emoji = message.get(kind).and_then(|reaction| wire::text(reaction, "emoji"));
            Ok(Event::Reaction { sender, target: target("reaction")?, emoji, at })
        }
        "revoke" => Ok(Event::Revoke { sender, target: target("revocation")?, at }),
        "edit" => {
            // The new message stands under `message`, shaped like any other.
            let edit = message.get(kind).unwrap_or(&Value::Null);
            let changed = edit.get("message").filter(|changed| changed.is_object()).unwrap_or(edit);
            let kind = content::kind(changed)
                .ok_or_else(|| format!("edit {provider_id} does not say what changed"))?;
            Ok(Event::Edit { sender, target: target("edit")?, body: content::body(kind, changed), at })
        }
        _ => Ok(Event::Message(Box::new(NewMessage {
            sender,
            at,
            body: content::body(kind, message),
            ..bare(message, provider_id)
        }))),
    }
}

/// Everything about a message but its author, time and body.
fn bare(message: &Value, provider_id: String) -> NewMessage {
    let context = message.get("context").unwrap_or(&Value::Null);
    NewMessage {
        provider_id,
        sender: Sender::default(),
        at: wire::moment(message, "timestamp"),
        body: Body::Whole(Content::Unsupported { kind: None, reason: None }),
        reply_to: quoted(message),
        forwarded: wire::flag(context, "forwarded") || wire::flag(context, "frequently_forwarded"),
        group: wire::id(message, &["group_id"]),
    }
}

fn quoted(message: &Value) -> Option<String> {
    message.get("context").and_then(|context| wire::id(context, &["id", "message_id"]))
}

fn author(message: &Value, people: &People) -> Sender {
    let user_id = wire::id(message, &["from_user_id", "from_parent_user_id"]);
    people.complete(sender::named(user_id, wire::id(message, &["from"])))
}

/// A notice about the customer. It comes without `contacts`; `from` is who they were, `system` who they are.
fn system(message: &Value, provider_id: String, people: &People) -> Result<Event, String> {
    let system = message.get("system").unwrap_or(&Value::Null);
    let kind = wire::text(system, "type").unwrap_or_default();
    let to = sender::named(wire::id(system, &["user_id"]), wire::id(system, &["wa_id", "new_wa_id"]));
    let old_id = wire::id(system, &["previous_user_id"])
        .or_else(|| wire::id(message, &["from_user_id"]).filter(|id| Some(id) != to.user_id.as_ref()));
    let old_address = wire::id(message, &["from"]).or_else(|| wire::id(system, &["customer"]));
    let from = sender::named(old_id, old_address);
    let event = match kind.as_str() {
        "user_changed_number" | "customer_changed_number" | "user_changed_user_id" => {
            SystemEvent::NumberChanged
        }
        "customer_identity_changed" | "user_identity_changed" => SystemEvent::IdentityChanged,
        _ => SystemEvent::Other,
    };
    let moved = event == SystemEvent::NumberChanged && sender::reachable(&from) && sender::reachable(&to);
    let person = if sender::reachable(&from) { from.clone() } else { to.clone() };
    if !sender::reachable(&person) {
        return Err(format!("system message {provider_id} ({kind}) names nobody"));
    }
    let notice = Box::new(NewMessage {
        sender: people.complete(person),
        body: Body::Whole(Content::System { event, text: wire::text(system, "body") }),
        ..bare(message, provider_id)
    });
    Ok(if moved { Event::Moved { from, to, notice } } else { Event::Message(notice) })
}

/// One entry of `user_id_update`, the form in which a change of user ids was announced for some weeks of 2026.
pub(super) fn user_id_update(update: &Value) -> Event {
    let ids = update.get("user_id").unwrap_or(&Value::Null);
    let (Some(previous), Some(current)) = (wire::id(ids, &["previous"]), wire::id(ids, &["current"])) else {
        return Event::Unreadable { reason: "a user id update does not name both ids".into() };
    };
    let phone = wire::id(update, &["wa_id"]);
    let from = sender::named(Some(previous.clone()), phone.clone());
    let to = sender::named(Some(current.clone()), phone);
    let notice = Box::new(NewMessage {
        sender: from.clone(),
        body: Body::Whole(Content::System {
            event: SystemEvent::NumberChanged,
            text: wire::text(update, "detail"),
        }),
        // It has no id of its own; this one is the same when the delivery is repeated.
        ..bare(update, format!("user_id_update:{previous}:{current}"))
    });
    Event::Moved { from, to, notice }
}
