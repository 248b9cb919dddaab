//! Meta's published OpenAPI document as a check of what is sent.
//!
//! The document is read at run time; it is not part of this project. It has faults that would reject what the
//! live API takes and its own guides teach. Each is named in [`KNOWN_FAULTS`] with what we do about it; nothing
//! else of the document is changed. Read receipts and typing indicators are not in it at all: only
//! the table of [`crate::limits`] judges them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// A fault of the published document that we mend before we check against it.
#[derive(Serialize)]
pub struct KnownFault {
    /// Which.
    pub name: &'static str,
    /// What the document says and why that is wrong.
    pub why: &'static str,
    #[serde(skip)]
    mend: fn(&mut Value),
    /// A body that the live API takes and that the document rejects as long as this fault is not mended.
    #[serde(skip)]
    pub witness: fn() -> Value,
}

/// A body of a type, addressed as we address.
fn body(kind: &str, content: Value) -> Value {
    let mut body = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+34600111222", "type": kind,
    });
    body[kind] = content;
    body
}

fn text_with(key: &str, value: &str) -> Value {
    let mut body = body("text", json!({ "body": "Hello" }));
    body[key] = value.into();
    body
}

fn template_with(components: &Value) -> Value {
    body(
        "template",
        json!({ "name": "order_update", "language": { "code": "en", "policy": "deterministic" },
        "components": components }),
    )
}

/// Sets `key` of the object at `place`. A document without that place stays as it is.
fn set(schemas: &mut Value, place: &str, key: &str, value: impl Into<Value>) {
    if let Some(object) = schemas.pointer_mut(place).and_then(Value::as_object_mut) {
        object.insert(key.to_owned(), value.into());
    }
}

/// Adds to the list at `place`.
fn extend(schemas: &mut Value, place: &str, more: impl IntoIterator<Item = Value>) {
    if let Some(list) = schemas.pointer_mut(place).and_then(Value::as_array_mut) {
        list.extend(more);
    }
}

/// All faults that we know of, in the order in which they are mended.
pub static KNOWN_FAULTS: &[KnownFault] = &[
    KnownFault {
        name: "closed parts of allOf",
        why: "every message is allOf of the common properties and its own, and the second part forbids all \
              properties but its own: taken literally no message is valid; the whole is closed instead",
        mend: |schemas| {
            let all = schemas.as_object_mut().into_iter().flatten();
            // The message types are named TextMessage, ImageMessage, …
            for (_, schema) in all.filter(|(name, _)| name.ends_with("Message") && *name != "Message") {
                let parts = schema.get_mut("allOf").and_then(Value::as_array_mut);
                for part in parts.into_iter().flatten().filter_map(Value::as_object_mut) {
                    part.remove("additionalProperties");
                }
                set(schema, "", "unevaluatedProperties", false);
            }
        },
        witness: || body("text", json!({ "body": "Hello" })),
    },
    KnownFault {
        name: "recipient",
        why: "messages to a business-scoped user id are newer than the document, which requires `to`",
        mend: |schemas| {
            let base = "/BaseMessageProperties";
            set(schemas, base, "required", json!(["messaging_product", "recipient_type", "type"]));
            set(schemas, base, "anyOf", json!([{ "required": ["to"] }, { "required": ["recipient"] }]));
            set(schemas, "/BaseMessageProperties/properties", "recipient", json!({ "type": "string" }));
        },
        witness: || {
            let mut body = text_with("recipient", "ES.13491208655302741918");
            if let Some(body) = body.as_object_mut() {
                body.remove("to");
            }
            body
        },
    },
    KnownFault {
        name: "biz_opaque_callback_data",
        why: "the data that statuses echo is missing from the document",
        mend: |schemas| {
            let data = json!({ "type": "string", "maxLength": 512 });
            set(schemas, "/BaseMessageProperties/properties", "biz_opaque_callback_data", data);
        },
        witness: || text_with("biz_opaque_callback_data", "m-1"),
    },
    KnownFault {
        name: "recipient_identity_key_hash",
        why: "the identity check of the recipient is missing from the document",
        mend: |schemas| {
            let hash = json!({ "type": "string" });
            set(schemas, "/BaseMessageProperties/properties", "recipient_identity_key_hash", hash);
        },
        witness: || text_with("recipient_identity_key_hash", "DF2lS5v2W6x="),
    },
    KnownFault {
        name: "coordinates",
        why: "latitude and longitude are strings in the document and numbers in its own example; both are taken",
        mend: |schemas| {
            for degrees in ["latitude", "longitude"] {
                let place = "/LocationMessage/allOf/1/properties/location/properties";
                set(schemas, place, degrees, json!({ "type": ["string", "number"] }));
            }
        },
        witness: || body("location", json!({ "latitude": 37.75, "longitude": -122.42, "name": "HQ" })),
    },
    KnownFault {
        name: "body of a list",
        why: "the text of an interactive message may have 1,024 characters in the document; a list takes 4,096",
        mend: |schemas| {
            let longest = |most: u32| json!({ "properties": { "body": { "properties": { "text": { "maxLength": most } } } } });
            let is_list = json!({ "properties": { "type": { "const": "list" } } });
            for (key, value) in [("if", is_list), ("then", longest(4096)), ("else", longest(1024))] {
                set(schemas, "/InteractiveObject", key, value);
            }
            set(schemas, "/BodyObject/properties", "text", json!({ "type": "string" }));
        },
        witness: || {
            let sections = json!([{ "rows": [{ "id": "1", "title": "One" }] }]);
            body(
                "interactive",
                json!({ "type": "list", "body": { "text": "x".repeat(4096) },
                "action": { "button": "Choose", "sections": sections } }),
            )
        },
    },
    KnownFault {
        name: "newer interactive types",
        why: "link buttons, location requests and orders are taught by the guides and missing from the document",
        mend: |schemas| {
            let newer = ["cta_url", "location_request_message", "order_details", "order_status", "carousel"];
            extend(schemas, "/InteractiveObject/properties/type/enum", newer.map(Value::from));
            let names = ["cta_url", "send_location", "review_and_pay", "review_order", "payment_info"];
            let named = json!({ "required": ["name"], "properties": { "name": { "enum": names } } });
            let cards = json!({ "required": ["cards"], "properties": { "cards": { "type": "array" } } });
            extend(schemas, "/ActionObject/oneOf", [named, cards]);
        },
        witness: || {
            let action = json!({ "name": "cta_url", "parameters": { "display_text": "Open", "url": "https://a.test" } });
            body("interactive", json!({ "type": "cta_url", "body": { "text": "See" }, "action": action }))
        },
    },
    KnownFault {
        name: "language policy",
        why: "the document requires `policy` beside a template's language code; its own examples leave it out",
        mend: |schemas| set(schemas, "/LanguageObject", "required", json!(["code"])),
        witness: || body("template", json!({ "name": "hello_world", "language": { "code": "en_US" } })),
    },
    KnownFault {
        name: "button index",
        why: "the pattern of a template button's index lets through single characters of `2-6, 11-4` only; \
              indexes are 0 to 9, as string or number",
        mend: |schemas| {
            let index =
                json!({ "type": ["string", "integer"], "pattern": "^[0-9]$", "minimum": 0, "maximum": 9 });
            set(schemas, "/TemplateComponent/properties", "index", index);
        },
        witness: || template_with(&json!([{ "type": "button", "sub_type": "quick_reply", "index": "0" }])),
    },
    KnownFault {
        name: "template parts",
        why: "types and sub-types of template components are matched in lower case only and miss newer ones",
        mend: |schemas| {
            let kinds = "^(?i:header|body|button|carousel|limited_time_offer|order_status)$";
            let buttons = "^(?i:quick_reply|url|catalog|flow|copy_code|mpm|order_details|voice_call)$";
            for (key, pattern) in [("type", kinds), ("sub_type", buttons)] {
                let words = json!({ "type": "string", "pattern": pattern });
                set(schemas, "/TemplateComponent/properties", key, words);
            }
        },
        witness: || template_with(&json!([{ "type": "button", "sub_type": "FLOW", "index": "5" }])),
    },
    KnownFault {
        name: "number of contact cards",
        why: "five cards in the document, 257 in the guides",
        mend: |schemas| set(schemas, "/ContactsMessage/allOf/1/properties/contacts", "maxItems", 257),
        witness: || {
            body(
                "contacts",
                Value::from(vec![json!({ "name": { "formatted_name": "A B", "first_name": "A" } }); 6]),
            )
        },
    },
    KnownFault {
        name: "kinds of phone",
        why: "the phones of a card are HOME or WORK in the document; the guides name CELL, MAIN, IPHONE too and \
              say that any word will do",
        mend: |schemas| set(schemas, "/PhoneObject/properties", "type", json!({ "type": "string" })),
        witness: || {
            let phones = json!([{ "phone": "+34600111222", "type": "CELL" }]);
            body(
                "contacts",
                json!([{ "name": { "formatted_name": "A B", "first_name": "A" }, "phones": phones }]),
            )
        },
    },
];

/// The loaded and mended document.
pub(crate) struct Contract {
    messages: BTreeMap<String, jsonschema::Validator>,
}

impl Contract {
    /// Reads the document (JSON).
    ///
    /// # Errors
    ///
    /// The file cannot be read, is not JSON, or is not the document we know.
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        let fail = |what: String| io::Error::other(format!("contract {}: {what}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| fail(format!("cannot be read: {error}")))?;
        let document: Value =
            serde_json::from_str(&text).map_err(|error| fail(format!("is not JSON: {error}")))?;
        Contract::from_document(&document, KNOWN_FAULTS).map_err(fail)
    }

    fn from_document<'a>(
        document: &Value,
        faults: impl IntoIterator<Item = &'a KnownFault>,
    ) -> Result<Self, String> {
        let all = document["components"]["schemas"].as_object().ok_or("has no components.schemas")?;
        let mut needed = BTreeSet::new();
        reach(all, "Message", &mut needed);
        let kept = all.iter().filter(|(name, _)| needed.contains(*name));
        let mut schemas: Value =
            kept.map(|(name, schema)| (name.clone(), schema.clone())).collect::<Map<_, _>>().into();
        let types = schemas["Message"]["discriminator"]["mapping"].as_object().cloned();
        let types = types.ok_or("has no Message schema with a discriminator")?;
        for fault in faults {
            (fault.mend)(&mut schemas);
        }
        let mut messages = BTreeMap::new();
        for (kind, reference) in types {
            let schema = json!({ "$ref": reference, "components": { "schemas": schemas } });
            let validator =
                jsonschema::draft202012::new(&schema).map_err(|error| format!("{kind}: {error}"))?;
            messages.insert(kind, validator);
        }
        Ok(Contract { messages })
    }

    /// What the document says is wrong with a body of `POST /{pnid}/messages`. Empty if nothing is, and for
    /// receipts, which the document does not know.
    pub(crate) fn message(&self, body: &Value) -> Vec<String> {
        if body.get("status").is_some() {
            return Vec::new();
        }
        let kind = body["type"].as_str().unwrap_or_default();
        let Some(validator) = self.messages.get(kind) else {
            return vec![format!("/type: {kind:?} is not in the document")];
        };
        let shorten = |text: String| match text.char_indices().nth(300) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        };
        let errors: Vec<_> = validator.iter_errors(body).collect();
        // What stands in a part that fails counts as unevaluated, too: said once is enough.
        let is_echo = |error: &jsonschema::ValidationError<'_>| {
            error.schema_path().as_str().ends_with("unevaluatedProperties")
        };
        let all_echoes = errors.iter().all(is_echo);
        let told = errors.iter().filter(|error| all_echoes || !is_echo(error));
        told.map(|error| shorten(format!("{}: {error}", error.instance_path()))).collect()
    }
}

/// Collects the names of all schemas that `name` refers to, and itself.
fn reach(all: &Map<String, Value>, name: &str, found: &mut BTreeSet<String>) {
    fn walk(value: &Value, visit: &mut dyn FnMut(&str)) {
        match value {
            Value::Object(map) => {
                if let Some(name) =
                    map.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next())
                {
                    visit(name);
                }
                map.values().for_each(|value| walk(value, visit));
            }
            Value::Array(list) => list.iter().for_each(|value| walk(value, visit)),
            _ => {}
        }
    }
    let Some(schema) = all.get(name) else { return };
    if found.insert(name.to_owned()) {
        walk(schema, &mut |next| reach(all, next, found));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Contract, KNOWN_FAULTS};

    /// Meta's document from the corpus beside the checkout. Absent, the test is skipped loudly; in CI it fails.
    fn document() -> Option<Value> {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/corpus/whatsapp/specs/facebook-openapi/business-messaging-api_v23.0.normalized.json"
        );
        match std::fs::read_to_string(path) {
            Ok(text) => Some(serde_json::from_str(&text).expect("the document is JSON")),
            Err(error) if std::env::var("CI").is_ok_and(|ci| ci == "true") => panic!("{path}: {error}"),
            Err(error) => {
                eprintln!("SKIPPED: {path}: {error}");
                None
            }
        }
    }

    #[test]
    fn each_known_fault_is_real_and_mended() {
        let Some(document) = document() else { return };
        let mended = Contract::from_document(&document, KNOWN_FAULTS).expect("loads");
        for fault in KNOWN_FAULTS {
            let witness = (fault.witness)();
            assert_eq!(mended.message(&witness), Vec::<String>::new(), "{}: mended", fault.name);
            let others = KNOWN_FAULTS.iter().filter(|other| other.name != fault.name);
            let faulty = Contract::from_document(&document, others).expect("loads");
            assert_ne!(faulty.message(&witness), Vec::<String>::new(), "{}: not needed any more", fault.name);
        }
    }

    #[test]
    fn the_mended_document_still_rejects() {
        let Some(document) = document() else { return };
        let contract = Contract::from_document(&document, KNOWN_FAULTS).expect("loads");
        let text = |text: Value| {
            json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+34600111222",
                "type": "text", "text": text })
        };
        assert!(contract.message(&text(json!({ "body": "Hello" }))).is_empty());
        assert!(!contract.message(&text(json!({ "body": 7 }))).is_empty(), "a wrong type");
        assert!(
            !contract.message(&text(json!({ "body": "x", "colour": "red" }))).is_empty(),
            "an unknown key inside"
        );
        let mut extra = text(json!({ "body": "x" }));
        extra["colour"] = "red".into();
        assert!(!contract.message(&extra).is_empty(), "an unknown key outside");
        let mut nobody = text(json!({ "body": "x" }));
        nobody.as_object_mut().expect("an object").remove("to");
        assert!(!contract.message(&nobody).is_empty(), "no address");
        let mut long = super::KNOWN_FAULTS
            .iter()
            .find(|fault| fault.name == "newer interactive types")
            .map(|fault| (fault.witness)())
            .expect("named");
        long["interactive"]["body"]["text"] = "x".repeat(1025).into();
        assert!(!contract.message(&long).is_empty(), "only a list may be that long");
        assert!(!contract.message(&json!({ "type": "poll" })).is_empty(), "an unknown type");
    }

    #[test]
    fn another_document_is_refused_with_a_reason() {
        for other in [json!({}), json!({ "components": { "schemas": { "Message": {} } } })] {
            assert!(Contract::from_document(&other, KNOWN_FAULTS).is_err());
        }
    }
}
