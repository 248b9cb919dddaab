//! One entry of a delivery's `messages`.

use model::{Content, SystemEvent};

use super::sender::{self, People};
use super::wire::Node;
use super::{content, errors};
use crate::{Body, Event, NewMessage, Sender};

/// Reads a message.
pub(super) fn read(message: &Node<'_>, people: &People) -> Event {
    event(message, people).unwrap_or_else(|reason| Event::Unreadable { reason: errors::shorten(&reason) })
}

fn event(message: &Node<'_>, people: &People) -> Result<Event, String> {
    if !message.is_object() {
        return Err(format!("a message is {}, not an object", message.shape()));
    }
    let kind = content::kind(message).unwrap_or("unknown");
    // A chat was opened without a word: nothing to show.
    if kind == "request_welcome" {
        return Ok(Event::Other { name: kind.into() });
    }
    let provider_id =
        message.id(&["id"]).ok_or_else(|| format!("a message of type {kind} has no usable id"))?;
    if kind == "system" {
        return system(message, provider_id, people);
    }
    let sender = author(message, people);
    if !sender.is_reachable() {
        return Err(format!("message {provider_id} of type {kind} names no sender"));
    }
    let at = message.moment("timestamp");
    let target = |what: &str| {
        let node = message.at(kind);
        node.id(&["original_message_id", "message_id", "id"])
            .or_else(|| quoted(message))
            .ok_or_else(|| format!("{what} {provider_id} names no message"))
    };
    match kind {
        "reaction" => {
            let emoji = message.at(kind).text("emoji");
            Ok(Event::Reaction { sender, target: target("reaction")?, emoji, at })
        }
        "revoke" => Ok(Event::Revoke { sender, target: target("revocation")?, at }),
        "edit" => {
            // The new message stands under `message`, shaped like any other.
            let edit = message.at(kind);
            let changed = if edit.at("message").is_object() { edit.at("message") } else { edit };
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
fn bare(message: &Node<'_>, provider_id: String) -> NewMessage {
    let context = message.at("context");
    NewMessage {
        provider_id,
        sender: Sender::default(),
        at: message.moment("timestamp"),
        body: Body::Whole(Content::Unsupported { kind: None, reason: None }),
        reply_to: quoted(message),
        reply_to_own: context.id(&["from"]).is_some_and(|author| Some(author) == message.id(&["from"])),
        forwarded: context.flag("forwarded") || context.flag("frequently_forwarded"),
        group: message.id(&["group_id"]),
    }
}

fn quoted(message: &Node<'_>) -> Option<String> {
    message.at("context").id(&["id", "message_id"])
}

fn author(message: &Node<'_>, people: &People) -> Sender {
    let user_id = message.id(&["from_user_id", "from_parent_user_id"]);
    people.complete(sender::named(user_id, message.id(&["from"])))
}

/// A notice about the customer. It comes without `contacts`; `from` is who they were, `system` who they are.
fn system(message: &Node<'_>, provider_id: String, people: &People) -> Result<Event, String> {
    let system = message.at("system");
    let kind = system.text("type").unwrap_or_default();
    let to = sender::named(system.id(&["user_id"]), system.id(&["wa_id", "new_wa_id"]));
    let old_id = system
        .id(&["previous_user_id"])
        .or_else(|| message.id(&["from_user_id"]).filter(|id| Some(id) != to.user_id.as_ref()));
    let old_address = message.id(&["from"]).or_else(|| system.id(&["customer"]));
    let from = sender::named(old_id, old_address);
    let event = match kind.as_str() {
        "user_changed_number" | "customer_changed_number" | "user_changed_user_id" => {
            SystemEvent::NumberChanged
        }
        "customer_identity_changed" | "user_identity_changed" => SystemEvent::IdentityChanged,
        _ => SystemEvent::Other,
    };
    let moved = event == SystemEvent::NumberChanged && from.is_reachable() && to.is_reachable();
    let person = if from.is_reachable() { from.clone() } else { to.clone() };
    if !person.is_reachable() {
        return Err(format!("system message {provider_id} ({kind}) names nobody"));
    }
    let notice = Box::new(NewMessage {
        sender: people.complete(person),
        body: Body::Whole(Content::System { event, text: system.text("body") }),
        ..bare(message, provider_id)
    });
    Ok(if moved { Event::Moved { from, to, notice } } else { Event::Message(notice) })
}

/// One entry of `user_id_update`, the form in which a change of user ids was announced for some weeks of 2026.
pub(super) fn user_id_update(update: &Node<'_>) -> Event {
    let ids = update.at("user_id");
    let (Some(previous), Some(current)) = (ids.id(&["previous"]), ids.id(&["current"])) else {
        return Event::Unreadable { reason: "a user id update does not name both ids".into() };
    };
    let phone = update.id(&["wa_id"]);
    let from = sender::named(Some(previous.clone()), phone.clone());
    let to = sender::named(Some(current.clone()), phone);
    let notice = Box::new(NewMessage {
        sender: from.clone(),
        body: Body::Whole(Content::System { event: SystemEvent::NumberChanged, text: update.text("detail") }),
        // It has no id of its own; this one is the same when the delivery is repeated.
        ..bare(update, format!("user_id_update:{previous}:{current}"))
    });
    Event::Moved { from, to, notice }
}
