//! The API's description: generated from the handlers, completed with what all of them share.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::caller::Public;
use super::conversation::StateFilter;
use super::cookie;
use super::error::{Answer, ErrorBody, ErrorCode, Problem};
use crate::realtime::{ClientFrame, ServerFrame};

/// What cannot be said at a single operation.
const ABOUT: &str = include_str!("openapi.md");

/// The parts that no operation names.
#[derive(utoipa::OpenApi)]
#[openapi(
    components(schemas(ErrorBody, ErrorCode, ServerFrame<'static>, ClientFrame, StateFilter, model::TrialSource)),
    tags(
        (name = "session", description = "Signing in, and one's own account."),
        (name = "sign-in", description = "How people and programs sign in."),
        (name = "conversations", description = "Conversations with customers."),
        (name = "messages", description = "What is written in a conversation, and its files."),
        (name = "contacts", description = "Customers."),
        (name = "privacy", description = "Consent, export, erasure, how long data lives, sensitive content, and the records that the law asks for."),
        (name = "inboxes", description = "Connected numbers and accounts."),
        (name = "agents", description = "Colleagues."),
        (name = "labels", description = "Labels for conversations."),
        (name = "quick replies", description = "Saved replies."),
        (name = "intents", description = "What customers may want, and what is learned from examples and corrections."),
        (name = "stream", description = "What happens, as it happens."),
        (name = "hooks", description = "Where providers deliver."),
        (name = "operation", description = "Keeping the installation well."),
    )
)]
struct Common;

/// A refusal: its status, what it means, and which operations may answer with it.
struct Refusal {
    status: &'static str,
    meaning: &'static str,
    may: fn(&Facts) -> bool,
}

const REFUSALS: &[Refusal] = &[
    Refusal { status: "400", meaning: "The request broke off.", may: |facts| facts.body },
    Refusal {
        status: "401",
        meaning: "Nobody is signed in, or the credentials are wrong.",
        may: |facts| facts.guarded || facts.signs_in,
    },
    Refusal {
        status: "403",
        meaning: "The role does not allow it, or the request came from another site.",
        may: |facts| facts.guarded || facts.changes,
    },
    Refusal {
        status: "404",
        meaning: "There is no such object, or it is another workspace's.",
        may: |facts| facts.names_an_object,
    },
    Refusal { status: "409", meaning: "The present state forbids it.", may: |facts| facts.changes },
    Refusal { status: "413", meaning: "The request is too large.", may: |facts| facts.body },
    Refusal { status: "415", meaning: "The body is of a kind that is not taken.", may: |facts| facts.body },
    Refusal {
        status: "422",
        meaning: "Fields are missing or wrong.",
        may: |facts| facts.body || facts.query,
    },
    Refusal { status: "426", meaning: "The address is a WebSocket.", may: |facts| facts.stream },
    Refusal { status: "429", meaning: "Too often; `Retry-After` says when to try again.", may: |_| true },
    Refusal { status: "500", meaning: "A fault of the server.", may: |_| true },
    Refusal { status: "503", meaning: "Busy; `Retry-After` says when to try again.", may: |_| true },
];

/// What decides which refusals an operation may answer with.
struct Facts {
    guarded: bool,
    signs_in: bool,
    changes: bool,
    body: bool,
    query: bool,
    names_an_object: bool,
    stream: bool,
}

/// The document, pretty and always in the same order.
pub fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let (_, api) = super::routes::operations();
        // Maps of `serde_json` are ordered by key, so that the text is stable.
        let document = serde_json::to_value(complete(api)).map(finish).unwrap_or_default();
        serde_json::to_string_pretty(&document).unwrap_or_default()
    })
}

fn complete(mut api: OpenApi) -> OpenApi {
    api.merge(Common::openapi());
    api.info.title = "Bellhop".to_owned();
    api.info.version = env!("CARGO_PKG_VERSION").to_owned();
    api.info.description = Some(ABOUT.to_owned());
    api.info.license = Some(
        utoipa::openapi::LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build(),
    );
    let scheme = ApiKeyValue::with_description(
        cookie::NAME,
        "The cookie that signing in sets. The list beside \
        it names the permission that the operation needs; an empty list means any signed-in agent.",
    );
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(scheme)));
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "A token for programs. It needs the permission that the list names, and so does the agent who made it.",
    ));
    components.add_security_scheme("token", SecurityScheme::Http(token.build()));
    api
}

/// Adds the refusals, and takes out what the generator says about them by itself.
fn finish(mut document: Value) -> Value {
    document["components"]["responses"] = json!({
        "Refusal": {
            "description": "A refusal in the one shape.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        }
    });
    open_parts(&mut document["components"]["schemas"]);
    let Some(paths) = document["paths"].as_object_mut() else { return document };
    for (path, item) in paths {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            operation["operationId"] = Value::String(operation_id(path, method));
            let facts = facts(path, method, operation);
            if facts.guarded && !in_person(path, method, operation) {
                let token = json!({"token": operation["security"][0]["session"]});
                if let Some(ways) = operation["security"].as_array_mut() {
                    ways.push(token);
                }
            }
            let responses = &mut operation["responses"];
            for response in responses.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
                if response["description"].as_str().unwrap_or_default().is_empty() {
                    response["description"] = json!("Done.");
                }
            }
            // Providers are told nothing but a status.
            if path.starts_with("/hooks/") {
                continue;
            }
            for Refusal { status, meaning, .. } in REFUSALS.iter().filter(|refusal| (refusal.may)(&facts)) {
                responses[*status] =
                    json!({"$ref": "#/components/responses/Refusal", "description": meaning});
            }
        }
    }
    document
}

/// What is part of another object stands there without its end: an object that takes no more fields by itself would forbid
/// those of the whole.
fn open_parts(schemas: &mut Value) {
    let closed = schemas.clone();
    for schema in schemas.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = part["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
            if closed[name]["additionalProperties"] == false {
                *part = closed[name].clone();
                part.as_object_mut().map(|part| part.remove("additionalProperties"));
            }
        }
    }
}

/// Whether an operation is for people alone: what concerns their own account, and how anybody signs in.
fn in_person(path: &str, method: &str, operation: &Value) -> bool {
    let about_signing_in = matches!(operation["tags"][0].as_str(), Some("session" | "sign-in"));
    about_signing_in && (path, method) != ("/api/session", "get")
}

/// A name that no two operations share: `patch_labels_id` for `PATCH /api/labels/{id}`.
fn operation_id(path: &str, method: &str) -> String {
    let path = path.strip_prefix("/api").unwrap_or(path);
    let words = path.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| !word.is_empty()).fold(method.to_owned(), |name, word| format!("{name}_{word}"))
}

fn facts(path: &str, method: &str, operation: &Value) -> Facts {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let has = |place: &str| parameters.iter().any(|parameter| parameter["in"] == place);
    Facts {
        guarded: operation["security"][0].get("session").is_some(),
        signs_in: method == "post"
            && (path.starts_with("/api/session") || path.starts_with("/api/links/") || path == "/api/setup"),
        changes: method != "get",
        body: operation.get("requestBody").is_some(),
        query: has("query"),
        // A link is named by the token in the body, a judged pair by its two parts; what is one's own is removed without a
        // name.
        names_an_object: has("path")
            || path.starts_with("/api/links/")
            || path == "/api/judged/decide"
            || method == "delete",
        stream: path == "/api/stream",
    }
}

/// Read the API's description
#[utoipa::path(get, path = "/openapi.json", tag = "operation", security(()), responses((status = 200, content_type = "application/json", body = Value)))]
pub async fn document(_: Public) -> ([(HeaderName, &'static str); 2], &'static str) {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], text())
}

/// Read the API's description as a page
#[utoipa::path(get, path = "/docs", tag = "operation", security(()), responses((status = 200, content_type = "text/html", body = String)))]
pub async fn page(_: Public) -> Response {
    file("text/html; charset=utf-8", include_str!("docs/index.html"))
}

/// Read a part of that page
#[utoipa::path(get, path = "/docs/{file}", tag = "operation", security(()), params(("file" = String, Path)), responses((status = 200, content_type = "text/javascript", body = String)))]
pub async fn asset(_: Public, Path(name): Path<String>) -> Answer<Response> {
    match name.as_str() {
        "docs.js" => Ok(file("text/javascript; charset=utf-8", include_str!("docs/docs.js"))),
        "docs.css" => Ok(file("text/css; charset=utf-8", include_str!("docs/docs.css"))),
        _ => Err(Problem::no_such_address()),
    }
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}
