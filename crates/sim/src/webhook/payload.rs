//! The JSON of webhooks.

use serde_json::{Map, Value, json};

use crate::chat::{SentMessage, Status};
use crate::config::Config;
use crate::customer::Customer;
use crate::graph::codes;

/// The `contacts[]` entry of a customer. A status names only the ids and the username.
fn contact(customer: &Customer, with_name: bool) -> Value {
    let mut profile = Map::new();
    if with_name {
        profile.insert("name".into(), customer.name.as_str().into());
    }
    if let Some(username) = &customer.username {
        profile.insert("username".into(), username.as_str().into());
    }
    let mut contact = json!({ "user_id": customer.user_id });
    if !profile.is_empty() {
        contact["profile"] = profile.into();
    }
    if let Some(wa_id) = customer.wa_id() {
        contact["wa_id"] = wa_id.into();
    }
    contact
}

fn value(config: &Config) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": config.business_digits(),
            "phone_number_id": config.phone_number_id,
        },
    })
}

/// The `value` of a change with one message.
pub(crate) fn message(config: &Config, customer: &Customer, message: &Value) -> Value {
    let mut value = value(config);
    value["contacts"] = json!([contact(customer, true)]);
    value["messages"] = json!([message]);
    value
}

/// The `value` of a change with one system message, which comes without contacts.
pub(crate) fn system(config: &Config, message: &Value) -> Value {
    let mut value = value(config);
    value["messages"] = json!([message]);
    value
}

/// A customer's message object without type and body.
pub(crate) fn message_head(customer: &Customer, wamid: &str, now: i64) -> Value {
    let mut message = json!({
        "from_user_id": customer.user_id,
        "id": wamid,
        "timestamp": (now / 1000).to_string(),
    });
    if let Some(wa_id) = customer.wa_id() {
        message["from"] = wa_id.into();
    }
    message
}

/// The `value` of a change with one status. `customer` is absent if the number belongs to nobody.
pub(crate) fn status(
    config: &Config,
    customer: Option<&Customer>,
    message: &SentMessage,
    status: Status,
    now: i64,
) -> Value {
    let mut report = json!({
        "id": message.wamid,
        "status": status.name(),
        "timestamp": (now / 1000).to_string(),
    });
    match customer {
        Some(customer) => {
            report["recipient_user_id"] = customer.user_id.as_str().into();
            if let Some(wa_id) = customer.wa_id() {
                report["recipient_id"] = wa_id.into();
            }
        }
        None => {
            if let Some(to) = message.raw["to"].as_str() {
                report["recipient_id"] = crate::config::digits(to).into();
            }
        }
    }
    if let Some(data) = message.raw["biz_opaque_callback_data"].as_str() {
        report["biz_opaque_callback_data"] = data.into();
    }
    match status {
        Status::Failed { code } => report["errors"] = json!([codes::webhook_error(code)]),
        // The price stands on `sent` and on one of the later statuses: we choose `delivered`.
        Status::Sent | Status::Delivered => report["pricing"] = pricing(message),
        Status::Read | Status::Played => {}
    }
    let mut value = value(config);
    if let (Some(customer), false) = (customer, matches!(status, Status::Failed { .. })) {
        value["contacts"] = json!([contact(customer, false)]);
    }
    value["statuses"] = json!([report]);
    value
}

/// Free-form answers are `service`; templates cost what their category costs.
fn pricing(message: &SentMessage) -> Value {
    if message.kind != "template" {
        return json!({
            "billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service",
        });
    }
    let name = message.raw["template"]["name"].as_str().unwrap_or_default();
    let category = crate::graph::templates::category(name).to_ascii_lowercase();
    json!({ "billable": true, "pricing_model": "PMP", "type": "regular", "category": category })
}

/// Puts changes into one delivery. With `merge`, neighbouring messages share one `value`, so that contacts
/// and messages no longer stand at the same index.
pub(crate) fn delivery(config: &Config, values: Vec<Value>, merge: bool) -> Value {
    let mut changes: Vec<Value> = Vec::new();
    for value in values {
        if merge
            && let Some(last) = changes.last_mut()
            && last["value"]["contacts"].is_array()
            && last["value"]["messages"].is_array()
            && value["contacts"].is_array()
            && value["messages"].is_array()
        {
            join(&mut last["value"], &value);
            continue;
        }
        changes.push(json!({ "value": value, "field": "messages" }));
    }
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": config.waba_id, "changes": changes }],
    })
}

/// Adds the messages of `more` to `value`, and its contacts if they are new.
fn join(value: &mut Value, more: &Value) {
    for contact in more["contacts"].as_array().into_iter().flatten() {
        if let Some(contacts) = value["contacts"].as_array_mut()
            && !contacts.iter().any(|known| known["user_id"] == contact["user_id"])
        {
            contacts.push(contact.clone());
        }
    }
    if let (Some(messages), Some(new)) = (value["messages"].as_array_mut(), more["messages"].as_array()) {
        messages.extend(new.iter().cloned());
    }
}

/// Serialises as Meta does: every non-ASCII character as `\uXXXX` in lowercase hex, every slash as `\/`. The
/// signature covers these bytes, so a receiver that serialises again computes another one.
pub(crate) fn to_bytes(value: &Value) -> Vec<u8> {
    let text = value.to_string();
    let mut bytes = Vec::with_capacity(text.len());
    let mut units = [0; 2];
    for character in text.chars() {
        match character {
            // A slash can only stand inside a string, so escaping it keeps the JSON valid.
            '/' => bytes.extend(b"\\/"),
            _ if character.is_ascii() => bytes.push(character as u8),
            _ => {
                for unit in character.encode_utf16(&mut units) {
                    bytes.extend(format!("\\u{unit:04x}").bytes());
                }
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::to_bytes;

    #[test]
    fn bytes_are_ascii_and_mean_the_same() {
        let value = json!({ "body": "你好 👋 a/b \"quoted\" \\ \u{0}", "mime": "image/png" });
        let bytes = to_bytes(&value);
        assert!(bytes.is_ascii());
        let text = String::from_utf8(bytes).expect("ascii");
        assert!(text.contains(r"\u4f60\u597d \ud83d\udc4b a\/b"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("valid JSON"), value);
    }
}
