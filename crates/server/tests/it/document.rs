//! The API document is what the code says, and complete.

use reqwest::Method;
use serde_json::Value;

use crate::browser::{Browser, Reply};
use crate::desk::on_both;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/openapi.json");

/// The document of this build.
pub(crate) fn document() -> Value {
    serde_json::from_str(server::http::openapi::text()).expect("the document is JSON")
}

/// What a reference leads to; what is no reference is meant itself.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str();
    reference.and_then(|path| document.pointer(path.trim_start_matches('#'))).unwrap_or(value)
}

/// One operation of the document.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) value: Value,
}

impl Operation {
    /// Which permission it needs: `None` when it is for everybody, an empty text for any signed-in agent.
    pub(crate) fn needs(&self) -> Option<String> {
        let list = self.value["security"][0].get("session")?;
        Some(list[0].as_str().unwrap_or_default().to_owned())
    }

    /// Asks for it at an address.
    pub(crate) async fn send(&self, browser: &Browser, address: &str, body: Option<&Value>) -> Reply {
        let request = browser.request(self.method.parse::<Method>().expect("a method"), address);
        browser.send(body.into_iter().fold(request, reqwest::RequestBuilder::json)).await
    }
}

/// Every operation of the document.
pub(crate) fn operations() -> Vec<Operation> {
    let document = document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, value) in item.as_object().expect("operations") {
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                value: value.clone(),
            });
        }
    }
    operations
}

#[test]
fn the_committed_document_is_what_the_code_says() {
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed.trim_end() == server::http::openapi::text(),
        "docs/api/openapi.json is out of date: run `cargo xtask api` and commit the result"
    );
}

#[test]
fn every_operation_says_who_may_what_it_is_and_what_it_answers() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = std::collections::HashSet::new();
    for Operation { method, path, value } in operations() {
        let what = format!("{method} {path}");
        assert!(value.get("security").is_some_and(Value::is_array), "{what} does not say who may");
        assert!(value["summary"].as_str().is_some_and(|text| text.len() > 5), "{what} has no summary");
        assert!(value["tags"][0].is_string(), "{what} has no tag");
        assert!(ids.insert(value["operationId"].clone()), "{what} shares its name");
        let responses = value["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|status| status.starts_with(['1', '2'])), "{what} never succeeds");
        assert!(responses.values().all(|response| response.get("description").is_some()), "{what}");
        if ["POST", "PUT", "PATCH"].contains(&method.as_str())
            && let Some(reference) =
                value["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()
        {
            let schema = document.pointer(reference.trim_start_matches('#')).expect("a schema");
            assert_eq!(schema["additionalProperties"], false, "{reference} takes unknown fields");
        }
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_field_is_explained() {
    fn walk(value: &Value, document: &Value) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    let target = document.pointer(reference.trim_start_matches('#'));
                    assert!(target.is_some(), "{reference} leads nowhere");
                }
                map.values().for_each(|inner| walk(inner, document));
            }
            Value::Array(list) => list.iter().for_each(|inner| walk(inner, document)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        for (field, value) in schema["properties"].as_object().into_iter().flatten() {
            let text = value.to_string();
            assert!(text.contains("\"description\""), "{name}.{field} is not explained");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served_as_it_is_printed() {
    on_both(async |desk| {
        let served = desk.browser().get("/api/openapi.json").await.expect_status(200);
        assert_eq!(String::from_utf8_lossy(&served.body), server::http::openapi::text());
        assert_eq!(served.header("content-type"), "application/json");
    })
    .await;
}
