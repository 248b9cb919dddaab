//! The people who write to the business, and what they can write.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::digits;

/// A person in this provider, numbered from 1. Stays the same when the person changes the phone number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CustomerId(pub(crate) usize);

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A person with WhatsApp.
#[derive(Clone, Debug, Serialize)]
pub struct Customer {
    /// Which one.
    pub id: CustomerId,
    /// The profile name.
    pub name: String,
    /// The phone number in digits, if the person has one that we know of.
    pub phone: Option<String>,
    /// The username, without `@`. Hides the phone from the business until it has written to that phone.
    pub username: Option<String>,
    /// The business-scoped user id: country, dot, digits. Changes with the phone number.
    pub user_id: String,
    /// When the person last wrote, in milliseconds since 1970: the start of the 24-hour window.
    pub last_wrote: Option<i64>,
    /// The person is looking at the chat: what arrives is read.
    pub open: bool,
    /// The business shows as typing until then, in milliseconds since 1970.
    pub typing_until: Option<i64>,
    /// The business blocked this person.
    pub blocked: bool,
    /// The business has written to the phone number itself, so it may see it although there is a username.
    #[serde(skip)]
    pub(crate) phone_known: bool,
    /// Codes with which the next messages to this person fail, told by `!fail` texts.
    #[serde(skip)]
    pub(crate) fail_next: Vec<u32>,
}

impl Customer {
    /// The phone number as webhooks show it: absent while a username hides it.
    pub fn wa_id(&self) -> Option<&str> {
        let hidden = self.username.is_some() && !self.phone_known;
        self.phone.as_deref().filter(|_| !hidden)
    }
}

/// The country of a phone number, for the prefix of a user id. Only the countries of our people; else `US`.
pub(crate) fn country(phone: Option<&str>) -> &'static str {
    let phone = phone.map(digits).unwrap_or_default();
    let prefixes = [("34", "ES"), ("86", "CN"), ("966", "SA"), ("971", "AE"), ("91", "IN"), ("49", "DE")];
    prefixes.iter().find(|(prefix, _)| phone.starts_with(prefix)).map_or("US", |(_, country)| country)
}

/// Something that a customer writes. In JSON: `{"type":"text","text":"Hello"}`, bytes as base64.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", deny_unknown_fields)]
pub enum CustomerMessage {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// A picture.
    Image {
        /// The file.
        #[serde(with = "base64_text")]
        bytes: Vec<u8>,
        /// Its type, for example `image/jpeg`.
        mime: String,
        /// A text below it.
        #[serde(default)]
        caption: Option<String>,
    },
    /// A recorded voice note. WhatsApp itself always sends `audio/ogg; codecs=opus`.
    Voice {
        /// The file.
        #[serde(with = "base64_text")]
        bytes: Vec<u8>,
        /// Its type.
        mime: String,
    },
    /// A sound file.
    Audio {
        /// The file.
        #[serde(with = "base64_text")]
        bytes: Vec<u8>,
        /// Its type.
        mime: String,
    },
    /// A film.
    Video {
        /// The file.
        #[serde(with = "base64_text")]
        bytes: Vec<u8>,
        /// Its type.
        mime: String,
        /// A text below it.
        #[serde(default)]
        caption: Option<String>,
    },
    /// Any file.
    Document {
        /// The file.
        #[serde(with = "base64_text")]
        bytes: Vec<u8>,
        /// Its type.
        mime: String,
        /// Its name.
        filename: String,
        /// A text below it.
        #[serde(default)]
        caption: Option<String>,
    },
    /// A sticker in WebP.
    Sticker {
        /// The file.
        #[serde(with = "base64_text")]
        bytes: Vec<u8>,
        /// It moves.
        #[serde(default)]
        animated: bool,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// What the place is called.
        #[serde(default)]
        name: Option<String>,
        /// Its street address.
        #[serde(default)]
        address: Option<String>,
    },
    /// A contact card.
    Contacts {
        /// The name on the card.
        name: String,
        /// The phone on the card.
        phone: String,
    },
    /// A press on one of the reply buttons of a message.
    ButtonReply {
        /// The button's id.
        id: String,
        /// The button's title.
        title: String,
    },
    /// A row chosen from the list of a message.
    ListReply {
        /// The row's id.
        id: String,
        /// The row's title.
        title: String,
        /// The row's description.
        #[serde(default)]
        description: Option<String>,
    },
    /// A press on a quick-reply button of a template.
    TemplateButton {
        /// The button's payload.
        payload: String,
        /// The button's text.
        text: String,
    },
    /// A basket from the catalogue.
    Order {
        /// Which catalogue.
        catalog_id: String,
        /// A note to it.
        #[serde(default)]
        text: String,
        /// What and how many.
        items: Vec<OrderItem>,
    },
    /// Something that the Cloud API does not pass on, for example `poll_creation`.
    Unsupported {
        /// What it was.
        kind: String,
    },
    /// Any other type as it stands in a webhook: `kind` is the type, `body` what stands under its name.
    Raw {
        /// The type.
        kind: String,
        /// Its body.
        body: Value,
    },
}

/// One line of an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrderItem {
    /// The article's id in the catalogue.
    pub product_retailer_id: String,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub item_price: f64,
    /// In which currency, for example `EUR`.
    pub currency: String,
}

/// A file that travels with a message, before the provider has given it an id.
pub(crate) struct File {
    pub(crate) bytes: Vec<u8>,
    pub(crate) mime: String,
    pub(crate) filename: Option<String>,
}

/// A message taken apart: its webhook type, the body under that name, what a person reads, and the file.
pub(crate) struct Parts {
    pub(crate) kind: String,
    pub(crate) body: Value,
    pub(crate) text: Option<String>,
    pub(crate) file: Option<File>,
}

impl CustomerMessage {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        CustomerMessage::Text { text: text.into() }
    }

    /// A voice note as WhatsApp records it (Ogg with Opus).
    pub fn voice(bytes: impl Into<Vec<u8>>) -> Self {
        CustomerMessage::Voice { bytes: bytes.into(), mime: "audio/ogg; codecs=opus".into() }
    }

    /// A picture without caption.
    pub fn image(bytes: impl Into<Vec<u8>>, mime: &str) -> Self {
        CustomerMessage::Image { bytes: bytes.into(), mime: mime.into(), caption: None }
    }

    /// The button or row that this message is an answer to.
    pub(crate) fn chosen(&self) -> Option<&str> {
        match self {
            CustomerMessage::ButtonReply { id, .. } | CustomerMessage::ListReply { id, .. } => Some(id),
            CustomerMessage::TemplateButton { payload, .. } => Some(payload),
            _ => None,
        }
    }

    pub(crate) fn into_parts(self) -> Parts {
        let media =
            |kind: &str, bytes, mime: String, filename: Option<String>, caption: Option<String>, extra| {
                let mut body = json!({ "mime_type": mime });
                for (key, value) in [("caption", caption.clone()), ("filename", filename.clone())] {
                    if let Some(value) = value {
                        body[key] = value.into();
                    }
                }
                if let Some((key, value)) = extra {
                    body[key] = Value::Bool(value);
                }
                let file = Some(File { bytes, mime, filename });
                Parts { kind: kind.into(), body, text: caption, file }
            };
        let plain =
            |kind: &str, body, text: Option<String>| Parts { kind: kind.into(), body, text, file: None };
        match self {
            CustomerMessage::Text { text } => plain("text", json!({ "body": text }), Some(text)),
            CustomerMessage::Image { bytes, mime, caption } => {
                media("image", bytes, mime, None, caption, None)
            }
            CustomerMessage::Voice { bytes, mime } => {
                media("audio", bytes, mime, None, None, Some(("voice", true)))
            }
            CustomerMessage::Audio { bytes, mime } => {
                media("audio", bytes, mime, None, None, Some(("voice", false)))
            }
            CustomerMessage::Video { bytes, mime, caption } => {
                media("video", bytes, mime, None, caption, None)
            }
            CustomerMessage::Document { bytes, mime, filename, caption } => {
                media("document", bytes, mime, Some(filename), caption, None)
            }
            CustomerMessage::Sticker { bytes, animated } => {
                media("sticker", bytes, "image/webp".into(), None, None, Some(("animated", animated)))
            }
            CustomerMessage::Location { latitude, longitude, name, address } => {
                let mut body = json!({ "latitude": latitude, "longitude": longitude });
                for (key, value) in [("name", &name), ("address", &address)] {
                    if let Some(value) = value {
                        body[key] = value.as_str().into();
                    }
                }
                plain("location", body, name)
            }
            CustomerMessage::Contacts { name, phone } => {
                let phones = json!([{ "phone": phone, "wa_id": digits(&phone), "type": "CELL" }]);
                let card =
                    json!({ "name": { "formatted_name": name, "first_name": name }, "phones": phones });
                plain("contacts", json!([card]), Some(name))
            }
            CustomerMessage::ButtonReply { id, title } => {
                let body = json!({ "type": "button_reply", "button_reply": { "id": id, "title": title } });
                plain("interactive", body, Some(title))
            }
            CustomerMessage::ListReply { id, title, description } => {
                let mut row = json!({ "id": id, "title": title });
                if let Some(description) = description {
                    row["description"] = description.into();
                }
                plain("interactive", json!({ "type": "list_reply", "list_reply": row }), Some(title))
            }
            CustomerMessage::TemplateButton { payload, text } => {
                plain("button", json!({ "payload": payload, "text": text }), Some(text))
            }
            CustomerMessage::Order { catalog_id, text, items } => {
                let body = json!({ "catalog_id": catalog_id, "text": text, "product_items": items });
                plain("order", body, Some(text))
            }
            CustomerMessage::Unsupported { kind } => plain("unsupported", json!({ "type": kind }), None),
            CustomerMessage::Raw { kind, body } => plain(&kind, body, None),
        }
    }
}

/// Bytes as base64 in JSON.
mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map_err(|error| D::Error::custom(format!("bytes are not base64: {error}")))
    }
}
