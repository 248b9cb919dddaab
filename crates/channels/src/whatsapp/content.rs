//! What a message of a customer carries.

use model::{ContactCard, ContactPhone, Content, MediaKind, OrderItem, ReplyVia};

use super::errors;
use super::wire::{self, Node};
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
pub(super) fn kind<'a>(message: &'a Node<'_>) -> Option<&'a str> {
    let told = message.at("type").as_str().filter(|told| !told.is_empty());
    if told.is_some_and(|told| KINDS.contains(&told) || !message.at(told).is_null()) {
        return told;
    }
    KINDS.iter().copied().find(|kind| !message.at(kind).is_null()).or(told)
}

/// What a message of a type carries. What cannot be read is shown as unsupported, with the reason: the customer
/// wrote, so an agent must see that they did.
pub(super) fn body(kind: &str, message: &Node<'_>) -> Body {
    let node = message.at(kind);
    let read = match kind {
        "text" => text(node),
        "image" => media(MediaKind::Image, node),
        "video" => media(MediaKind::Video, node),
        "document" => media(MediaKind::Document, node),
        "sticker" => media(MediaKind::Sticker, node),
        "audio" if node.flag("voice") => media(MediaKind::Voice, node),
        "audio" => media(MediaKind::Audio, node),
        "location" => location(node),
        "contacts" => contacts(message.list(kind)),
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

fn text(node: &Node<'_>) -> Result<Body, &'static str> {
    let text = match node {
        Node::Text(text) => text,
        _ => node.at("body").as_str().ok_or("its text")?,
    };
    Ok(Body::Whole(Content::Text { text: wire::clean(text) }))
}

fn media(kind: MediaKind, node: &Node<'_>) -> Result<Body, &'static str> {
    let media = MediaRef {
        kind,
        id: node.id(&["id"]).ok_or("the file's id")?,
        url: node.text("url"),
        mime: node.text("mime_type").unwrap_or_else(|| "application/octet-stream".into()),
        sha256: node.text("sha256"),
        name: node.text("filename"),
        animated: node.flag("animated"),
    };
    Ok(Body::Media { media, caption: node.text("caption") })
}

fn location(node: &Node<'_>) -> Result<Body, &'static str> {
    Ok(Body::Whole(Content::Location {
        latitude: node.decimal("latitude").ok_or("its coordinates")?,
        longitude: node.decimal("longitude").ok_or("its coordinates")?,
        name: node.text("name"),
        address: node.text("address"),
        url: node.text("url"),
    }))
}

fn contacts(nodes: &[Node<'_>]) -> Result<Body, &'static str> {
    let cards: Vec<ContactCard> = nodes.iter().map(card).collect();
    if cards.is_empty() { Err("a card") } else { Ok(Body::Whole(Content::Contacts { cards })) }
}

fn card(node: &Node<'_>) -> ContactCard {
    let phones: Vec<ContactPhone> = node
        .list("phones")
        .iter()
        .filter_map(|phone| {
            let number = phone.first_text(&["phone", "wa_id"])?;
            Some(ContactPhone { number, label: phone.text("type") })
        })
        .collect();
    let organization = node.at("org").text("company");
    let named = node.at("name");
    let written = named.text("formatted_name").or_else(|| {
        let parts: Vec<String> =
            ["first_name", "last_name"].iter().filter_map(|key| named.text(key)).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    });
    let name = written
        .or_else(|| organization.clone())
        .or_else(|| phones.first().map(|phone| phone.number.clone()))
        .unwrap_or_default();
    let emails = node.list("emails").iter().filter_map(|email| email.text("email")).collect();
    ContactCard { name, phones, emails, organization }
}

/// A tap on a quick reply of a template.
fn button(node: &Node<'_>) -> Result<Body, &'static str> {
    let payload = node.text("payload");
    let title = node.text("text").or_else(|| payload.clone()).ok_or("its text")?;
    Ok(Body::Whole(Content::Reply { via: ReplyVia::Template, title, description: None, payload }))
}

fn interactive(node: &Node<'_>) -> Body {
    const READABLE: &[(&str, ReplyVia)] =
        &[("button_reply", ReplyVia::Button), ("list_reply", ReplyVia::List), ("nfm_reply", ReplyVia::Flow)];
    let told = node.text("type");
    let found = READABLE
        .iter()
        .find(|(kind, _)| told.as_deref() == Some(*kind) || (told.is_none() && !node.at(kind).is_null()));
    let reply = found.and_then(|(kind, via)| {
        let reply = node.at(kind);
        // A form says "Sent" in `body`; its answers are a JSON document inside a string, of any shape.
        let (titles, payloads): (&[&str], &[&str]) = match via {
            ReplyVia::Flow => (&["body", "name"], &["response_json"]),
            _ => (&["title", "id"], &["id"]),
        };
        Some(Content::Reply {
            via: *via,
            title: reply.first_text(titles)?,
            description: reply.text("description"),
            payload: reply.first_text(payloads),
        })
    });
    Body::Whole(reply.unwrap_or_else(|| Content::Unsupported {
        kind: Some(told.map_or_else(|| "interactive".into(), |kind| wire::label(&kind))),
        reason: None,
    }))
}

fn order(node: &Node<'_>) -> Result<Body, &'static str> {
    if !node.is_object() {
        return Err("the goods");
    }
    let items = node
        .list("product_items")
        .iter()
        .map(|item| OrderItem {
            product_id: item.text("product_retailer_id").unwrap_or_default(),
            quantity: item.decimal("quantity").unwrap_or(1.0),
            price: item.decimal("item_price").unwrap_or(0.0),
            currency: item.text("currency").unwrap_or_default(),
        })
        .collect();
    Ok(Body::Whole(Content::Order { items, text: node.text("text") }))
}

/// `unsupported` (error 131051), which may name what it was; types of before and of after our time.
fn unsupported(kind: &str, message: &Node<'_>) -> Body {
    let inner = message.at(kind).text("type").map(|kind| wire::label(&kind));
    let named = match kind {
        "unsupported" | "unknown" => inner,
        _ => Some(wire::label(kind)),
    };
    Body::Whole(Content::Unsupported { kind: named, reason: told(message) })
}

/// What the message's own errors say.
fn told(message: &Node<'_>) -> Option<String> {
    let error = message.list("errors").first()?;
    let data = error.at("error_data");
    data.text("details")
        .or_else(|| error.first_text(&["details", "message", "title"]))
        .map(|words| errors::shorten(&words))
}
