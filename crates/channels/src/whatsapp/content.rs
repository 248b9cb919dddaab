//! What a message of a customer carries.

use model::{ContactCard, ContactPhone, Content, MediaKind, OrderItem, ReplyVia};
use serde_json::Value;

use super::{errors, wire};
use crate::{Body, MediaRef};

/// The types whose content stands under a key of the same name.
const KINDS: &[&str] = &[
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contacts",
    "button",
    "interactive",
    "order",
    "reaction",
    "system",
    "edit",
    "revoke",
];

/// The type of a message. Old deliveries and samples leave it out; then the content tells.
pub(super) fn kind(message: &Value) -> Option<&str> {
    let told = message.get("type").and_then(Value::as_str).filter(|told| !told.is_empty());
    if told.is_some_and(|told| KINDS.contains(&told) || message.get(told).is_some()) {
        return told;
    }
    KINDS.iter().copied().find(|kind| message.get(kind).is_some_and(|node| !node.is_null())).or(told)
}

/// What a message of a type carries. What cannot be read is shown as unsupported, with the reason: the customer
/// wrote, so an agent must see that they did.
pub(super) fn body(kind: &str, message: &Value) -> Body {
    let node = message.get(kind).unwrap_or(&Value::Null);
    let read = match kind {
        "text" => text(node),
        "image" => media(MediaKind::Image, node),
        "video" => media(MediaKind::Video, node),
        "document" => media(MediaKind::Document, node),
        "sticker" => media(MediaKind::Sticker, node),
        "audio" if wire::flag(node, "voice") => media(MediaKind::Voice, node),
        "audio" => media(MediaKind::Audio, node),
        "location" => location(node),
        "contacts" => contacts(wire::list(message, kind)),
        "button" => button(node),
        "interactive" => return interactive(node),
        "order" => order(node),
        _ => return unsupported(kind, message),
    };
    read.unwrap_or_else(|missing| {
        Body::Whole(Content::Unsupported {
            kind: Some(wire::label(kind)),
            reason: Some(told(message).unwrap_or_else(|| format!("the provider sent it without {missing}"))),
        })
    })
}

fn text(node: &Value) -> Result<Body, &'static str> {
    let text = match node {
        Value::String(text) => text,
        _ => node.get("body").and_then(Value::as_str).ok_or("its text")?,
    };
    Ok(Body::Whole(Content::Text { text: wire::clean(text) }))
}

fn media(kind: MediaKind, node: &Value) -> Result<Body, &'static str> {
    let media = MediaRef {
        kind,
        id: wire::id(node, &["id"]).ok_or("the file's id")?,
        url: wire::text(node, "url"),
        mime: wire::text(node, "mime_type").unwrap_or_else(|| "application/octet-stream".into()),
        sha256: wire::text(node, "sha256"),
        name: wire::text(node, "filename"),
        animated: wire::flag(node, "animated"),
    };
    Ok(Body::Media { media, caption: wire::text(node, "caption") })
}

fn location(node: &Value) -> Result<Body, &'static str> {
    Ok(Body::Whole(Content::Location {
        latitude: wire::decimal(node, "latitude").ok_or("its coordinates")?,
        longitude: wire::decimal(node, "longitude").ok_or("its coordinates")?,
        name: wire::text(node, "name"),
        address: wire::text(node, "address"),
        url: wire::text(node, "url"),
    }))
}

fn contacts(nodes: &[Value]) -> Result<Body, &'static str> {
    let cards: Vec<ContactCard> = nodes.iter().map(card).collect();
    if cards.is_empty() { Err("a card") } else { Ok(Body::Whole(Content::Contacts { cards })) }
}

fn card(node: &Value) -> ContactCard {
    let phones: Vec<ContactPhone> = wire::list(node, "phones")
        .iter()
        .filter_map(|phone| {
            let number = wire::first_text(phone, &["phone", "wa_id"])?;
            Some(ContactPhone { number, label: wire::text(phone, "type") })
        })
        .collect();
    let organization = node.get("org").and_then(|org| wire::text(org, "company"));
    let written = node.get("name").and_then(|name| {
        wire::text(name, "formatted_name").or_else(|| {
            let parts: Vec<String> =
                ["first_name", "last_name"].iter().filter_map(|key| wire::text(name, key)).collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        })
    });
    let name = written
        .or_else(|| organization.clone())
        .or_else(|| phones.first().map(|phone| phone.number.clone()))
        .unwrap_or_default();
    let emails = wire::list(node, "emails").iter().filter_map(|email| wire::text(email, "email")).collect();
    ContactCard { name, phones, emails, organization }
}

/// A tap on a quick reply of a template.
fn button(node: &Value) -> Result<Body, &'static str> {
    let payload = wire::text(node, "payload");
    let title = wire::text(node, "text").or_else(|| payload.clone()).ok_or("its text")?;
    Ok(Body::Whole(Content::Reply { via: ReplyVia::Template, title, description: None, payload }))
}

fn interactive(node: &Value) -> Body {
    const READABLE: &[(&str, ReplyVia)] =
        &[("button_reply", ReplyVia::Button), ("list_reply", ReplyVia::List), ("nfm_reply", ReplyVia::Flow)];
    let told = wire::text(node, "type");
    let found = READABLE
        .iter()
        .find(|(kind, _)| told.as_deref() == Some(*kind) || (told.is_none() && node.get(kind).is_some()));
    let reply = found.and_then(|(kind, via)| {
        let reply = node.get(kind)?;
        // A form says "Sent" in `body`; its answers are a JSON document inside a string, of any shape.
        let (titles, payloads): (&[&str], &[&str]) = match via {
            ReplyVia::Flow => (&["body", "name"], &["response_json"]),
            _ => (&["title", "id"], &["id"]),
        };
        let payload = match (via, reply.get("response_json")) {
            (ReplyVia::Flow, Some(answers @ (Value::Object(_) | Value::Array(_)))) => {
                Some(wire::clean(&answers.to_string()))
            }
            _ => wire::first_text(reply, payloads),
        };
        Some(Content::Reply {
            via: *via,
            title: wire::first_text(reply, titles)?,
            description: wire::text(reply, "description"),
            payload,
        })
    });
    Body::Whole(reply.unwrap_or_else(|| Content::Unsupported {
        kind: Some(told.map_or_else(|| "interactive".into(), |kind| wire::label(&kind))),
        reason: None,
    }))
}

fn order(node: &Value) -> Result<Body, &'static str> {
    if !node.is_object() {
        return Err("the goods");
    }
    let items = wire::list(node, "product_items")
        .iter()
        .map(|item| OrderItem {
            product_id: wire::text(item, "product_retailer_id").unwrap_or_default(),
            quantity: wire::decimal(item, "quantity").unwrap_or(1.0),
            price: wire::decimal(item, "item_price").unwrap_or(0.0),
            currency: wire::text(item, "currency").unwrap_or_default(),
        })
        .collect();
    Ok(Body::Whole(Content::Order { items, text: wire::text(node, "text") }))
}

/// `unsupported` (error 131051), which may name what it was; types of before and of after our time.
fn unsupported(kind: &str, message: &Value) -> Body {
    let inner = message.get(kind).and_then(|node| wire::text(node, "type")).map(|kind| wire::label(&kind));
    let named = match kind {
        "unsupported" | "unknown" => inner,
        _ => Some(wire::label(kind)),
    };
    Body::Whole(Content::Unsupported { kind: named, reason: told(message) })
}

/// What the message's own errors say.
fn told(message: &Value) -> Option<String> {
    let error = wire::list(message, "errors").first()?;
    let data = error.get("error_data").unwrap_or(&Value::Null);
    wire::text(data, "details")
        .or_else(|| wire::first_text(error, &["details", "message", "title"]))
        .map(errors::shorten)
}
