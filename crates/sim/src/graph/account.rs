//! The number, the account, its webhook subscription, the token, and the block list.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::GraphError;
use super::{gate, media};
use crate::Sim;
use crate::connection::Connection;
use crate::failures::Target;
use crate::world::WINDOW;

/// The fields of `GET /{object}`.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    fields: Option<String>,
    phone_number_id: Option<String>,
}

/// `GET` and `DELETE /{id}`: the number, the account, or a media id.
pub(crate) async fn object(
    State(sim): State<Sim>,
    connection: ConnectInfo<Connection>,
    method: Method,
    Path((_, id)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let fields = wanted.fields.as_deref();
    let (target, object) = if id == sim.config().phone_number_id {
        (Target::Account, Some(number(&sim)))
    } else if id == sim.config().waba_id {
        (Target::Account, Some(account(&sim)))
    } else {
        (Target::Media, None)
    };
    gate::pass(&sim, connection, target, |_| async {
        match object {
            Some(object) if method == Method::GET => Json(select(object, fields)).into_response(),
            Some(_) => GraphError::unknown_object(&sim, method.as_str(), &id).into_response(),
            None => media::object(&sim, &method, &id, wanted.phone_number_id.as_deref()),
        }
    })
    .await
}

/// Keeps the wanted fields and the id. Without a wish, Graph answers with a few basic ones; we with all.
fn select(object: Value, fields: Option<&str>) -> Value {
    let Some(fields) = fields else { return object };
    let wanted: Vec<&str> =
        fields.split(',').map(|field| field.split(['{', '.']).next().unwrap_or(field).trim()).collect();
    let Value::Object(all) = object else { return object };
    let keep = |(key, _): &(String, Value)| key == "id" || wanted.contains(&key.as_str());
    Value::Object(all.into_iter().filter(keep).collect::<Map<_, _>>())
}

fn number(sim: &Sim) -> Value {
    let config = sim.config();
    json!({
        "id": config.phone_number_id,
        "display_phone_number": config.display_phone_number,
        "verified_name": config.business_name,
        "quality_rating": "GREEN",
        "status": "CONNECTED",
        "name_status": "APPROVED",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "throughput": { "level": "STANDARD" },
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "is_official_business_account": false,
        "webhook_configuration": { "application": sim.webhook_url() },
        "health_status": { "can_send_message": "AVAILABLE", "entities": [] },
    })
}

fn account(sim: &Sim) -> Value {
    json!({
        "id": sim.config().waba_id,
        "name": sim.config().business_name,
        "timezone_id": "1",
        "message_template_namespace": "5f6a7b8c_0000_4000_8000_000000000001",
    })
}

/// `GET /{waba}/phone_numbers`.
pub(crate) async fn phone_numbers(
    State(sim): State<Sim>,
    connection: ConnectInfo<Connection>,
    Path((_, id)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Response {
    gate::pass(&sim, connection, Target::Account, |_| async {
        if id != sim.config().waba_id {
            return GraphError::unknown_object(&sim, "GET", &id).into_response();
        }
        let data = [select(number(&sim), wanted.fields.as_deref())];
        Json(json!({ "data": data, "paging": { "cursors": { "before": "QVFI", "after": "QVFI" } } }))
            .into_response()
    })
    .await
}

/// `GET`, `POST` and `DELETE /{waba}/subscribed_apps`. A `POST` with `override_callback_uri` and
/// `verify_token` performs the handshake and then sends the webhooks there. The subscription itself is only
/// remembered: webhooks leave as soon as there is an address.
pub(crate) async fn subscribed_apps(
    State(sim): State<Sim>,
    connection: ConnectInfo<Connection>,
    method: Method,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    gate::pass(&sim, connection, Target::Account, |_| async {
        if id != sim.config().waba_id {
            return GraphError::unknown_object(&sim, method.as_str(), &id).into_response();
        }
        if method == Method::GET {
            return Json(subscriptions(&sim)).into_response();
        }
        if method == Method::POST
            && let Ok(wish) = serde_json::from_slice::<Value>(&body)
            && let Some(url) = wish["override_callback_uri"].as_str()
        {
            let token = wish["verify_token"].as_str().unwrap_or_default();
            if let Err(reason) = sim.handshake(url, token).await {
                let error =
                    GraphError::new(&sim, 100).details(format!("Callback verification failed: {reason}"));
                return error.into_response();
            }
            sim.set_webhook(url);
        }
        sim.world().subscribed = method == Method::POST;
        sim.changed();
        Json(json!({ "success": true })).into_response()
    })
    .await
}

fn subscriptions(sim: &Sim) -> Value {
    if !sim.world().subscribed {
        return json!({ "data": [] });
    }
    let app = json!({ "id": "305550100199001", "name": "Simulated app", "link": "https://example.com/" });
    let mut entry = json!({ "whatsapp_business_api_data": app });
    if let Some(url) = sim.webhook_url() {
        entry["override_callback_uri"] = url.into();
    }
    json!({ "data": [entry] })
}

/// `GET /debug_token?input_token=`.
#[derive(Deserialize)]
pub(crate) struct Inspected {
    input_token: Option<String>,
}

/// What a token may do, or that it is worth nothing.
pub(crate) async fn debug_token(
    State(sim): State<Sim>,
    connection: ConnectInfo<Connection>,
    Query(Inspected { input_token }): Query<Inspected>,
) -> Response {
    gate::pass(&sim, connection, Target::Account, |_| async {
        let Some(token) = input_token else {
            return GraphError::new(&sim, 100)
                .details("The parameter input_token is required")
                .into_response();
        };
        if token != sim.config().access_token {
            let error = json!({ "code": 190, "message": "Invalid OAuth access token." });
            return Json(json!({ "data": { "is_valid": false, "scopes": [], "error": error } }))
                .into_response();
        }
        let scopes = ["whatsapp_business_messaging", "whatsapp_business_management"];
        let granular: Vec<Value> = scopes
            .iter()
            .map(|scope| json!({ "scope": scope, "target_ids": [sim.config().waba_id] }))
            .collect();
        Json(json!({ "data": {
            "app_id": "305550100199001", "type": "SYSTEM_USER", "application": "Simulated app",
            "data_access_expires_at": 0, "expires_at": 0, "is_valid": true, "scopes": scopes,
            "granular_scopes": granular, "user_id": "405550100199001",
        } }))
        .into_response()
    })
    .await
}

/// `GET`, `POST` and `DELETE /{pnid}/block_users`. Only people who wrote in the last 24 hours can be blocked.
pub(crate) async fn block_users(
    State(sim): State<Sim>,
    connection: ConnectInfo<Connection>,
    method: Method,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    gate::pass(&sim, connection, Target::Account, |_| async {
        if id != sim.config().phone_number_id {
            return GraphError::unknown_object(&sim, method.as_str(), &id).into_response();
        }
        if method == Method::GET {
            return Json(blocked(&sim)).into_response();
        }
        let Ok(wish) = serde_json::from_slice::<Value>(&body) else {
            return GraphError::new(&sim, 100).details("The body is not JSON").into_response();
        };
        let Some(users) = wish["block_users"].as_array().filter(|users| (1..=1_000).contains(&users.len()))
        else {
            return GraphError::new(&sim, 100).details("block_users needs 1 to 1,000 users").into_response();
        };
        set_blocked(&sim, users, method == Method::POST)
    })
    .await
}

fn blocked(sim: &Sim) -> Value {
    let world = sim.world();
    let entry = |customer: &crate::Customer| {
        let mut entry = json!({ "messaging_product": "whatsapp", "user_id": customer.user_id });
        if let Some(wa_id) = customer.wa_id() {
            entry["wa_id"] = wa_id.into();
        }
        entry
    };
    let data: Vec<Value> = world.customers.iter().filter(|one| one.blocked).map(entry).collect();
    json!({ "data": data, "paging": { "cursors": { "before": "eyJ", "after": "eyJ" } } })
}

fn set_blocked(sim: &Sim, users: &[Value], block: bool) -> Response {
    let now = sim.now();
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for user in users {
        let input = user["user"].as_str().or_else(|| user["user_id"].as_str()).unwrap_or_default();
        let mut world = sim.world();
        let found = world.addressee(user["user"].as_str(), user["user_id"].as_str());
        let customer = found.and_then(|id| world.customer_mut(&id));
        match customer {
            Some(customer) if !block || customer.last_wrote.is_some_and(|at| now - at < WINDOW) => {
                customer.blocked = block;
                let mut entry = json!({ "input": input, "user_id": customer.user_id });
                if let Some(wa_id) = customer.wa_id() {
                    entry["wa_id"] = wa_id.into();
                }
                done.push(entry);
            }
            _ => failed.push(json!({ "input": input, "errors": [{
                "message": "User did not message the business in the last 24 hours", "code": 139101,
            }] })),
        }
    }
    sim.changed();
    if done.is_empty() {
        return GraphError::new(sim, 139100).into_response();
    }
    let (changed, unchanged) =
        if block { ("added_users", "failed_users") } else { ("removed_users", "failed_users") };
    let mut outcome = json!({});
    outcome[changed] = done.into();
    if !failed.is_empty() {
        outcome[unchanged] = failed.into();
    }
    Json(json!({ "messaging_product": "whatsapp", "block_users": outcome })).into_response()
}
