//! `POST /{pnid}/messages`: messages of every type, read receipts, typing.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::GraphError;
use super::{gate, templates};
use crate::chat::{SentMessage, Side, State as Ticks, Status};
use crate::config::digits;
use crate::connection::Connection;
use crate::customer::CustomerId;
use crate::failures::{Effect, Target};
use crate::violation::Source;
use crate::{Sim, limits};

/// How long a typing indicator shows if no message comes: 25 seconds, in milliseconds.
const TYPING_SHOWS: i64 = 25_000;

/// The handler.
pub(crate) async fn post(
    State(sim): State<Sim>,
    connection: ConnectInfo<Connection>,
    Path((_, id)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    if id != sim.config().phone_number_id {
        return GraphError::unknown_object(&sim, "POST", &id).into_response();
    }
    let body = match serde_json::from_slice::<Value>(&body) {
        Ok(body) if body.is_object() => body,
        _ => {
            let raw = Value::from(String::from_utf8_lossy(&body).into_owned());
            sim.violated(
                "POST /messages",
                &raw,
                vec![(Source::Limits, "the body is not a JSON object".into())],
            );
            return GraphError::new(&sim, 100).details("the body is not a JSON object").into_response();
        }
    };
    let is_receipt = body.get("status").is_some();
    let target = if is_receipt { Target::Receipt } else { Target::Send };
    gate::pass(&sim, connection, target, async |effect| {
        let outcome = match check(&sim, &body) {
            Err(refusal) => Err(refusal),
            Ok(()) if is_receipt => receipt(&sim, &body),
            Ok(()) => send(&sim, body, effect).await,
        };
        outcome.unwrap_or_else(IntoResponse::into_response)
    })
    .await
}

/// Holds the body against the published contract and our table; everything found is kept as violations.
fn check(sim: &Sim, body: &Value) -> Result<(), GraphError> {
    let mut found: Vec<(Source, String)> =
        limits::message(body).into_iter().map(|detail| (Source::Limits, detail)).collect();
    if let Some(contract) = sim.contract() {
        found.extend(contract.message(body).into_iter().map(|detail| (Source::Openapi, detail)));
    }
    let kind = body["type"].as_str().unwrap_or("text");
    if let Some(id) = body[kind]["id"].as_str()
        && let Some(media) = sim.kept_media(id)
    {
        let voice = body[kind]["voice"] == true;
        let wrong = limits::attachment(kind, &media.mime, &media.bytes, voice);
        found.extend(wrong.into_iter().map(|detail| (Source::Limits, detail)));
    }
    let Some((_, first)) = found.first() else { return Ok(()) };
    let error = GraphError::new(sim, 100).details(first.clone());
    sim.violated("POST /messages", body, found);
    Err(error)
}

fn receipt(sim: &Sim, body: &Value) -> Result<Response, GraphError> {
    let wamid = body["message_id"].as_str().unwrap_or_default();
    let now = sim.now();
    let typing = body.get("typing_indicator").is_some();
    let known = {
        let mut world = sim.world();
        let known = world.read_by_business(wamid);
        let customer = world.message(wamid).and_then(|message| message.customer.clone());
        if let (true, Some(customer)) = (known && typing, customer.and_then(|id| world.customer_mut(&id))) {
            customer.typing_until = Some(now + TYPING_SHOWS);
        }
        known
    };
    if !known {
        let details = format!("message_id {wamid:?} is not a message that this number received");
        return Err(GraphError::new(sim, 100).details(details));
    }
    sim.changed();
    Ok(Json(json!({ "success": true })).into_response())
}

async fn send(sim: &Sim, body: Value, effect: Option<Effect>) -> Result<Response, GraphError> {
    let text = refuse(sim, &body)?;
    let (to, recipient) = (body["to"].as_str(), body["recipient"].as_str());
    let customer = sim.world().addressee(to, recipient);
    let message = accept(sim, &body, customer.clone(), text);
    let wamid = message.wamid.clone();
    apply_to_chat(sim, &message);
    sim.changed();
    if let Some(link) = link(&body) {
        sim.fetch_link(wamid.clone(), link.to_owned());
    }
    if effect == Some(Effect::StatusFirst) {
        sim.status(&wamid, Status::Sent).await;
    }
    let code = match effect {
        Some(Effect::FailLater { code }) => Some(code),
        _ => will_fail(sim, &message),
    };
    sim.follow_up(wamid.clone(), code);
    Ok(Json(answer(sim, to, recipient, customer.as_ref(), &message)).into_response())
}

/// The rules that refuse at once. Returns the text of the message that people will see.
fn refuse(sim: &Sim, body: &Value) -> Result<Option<String>, GraphError> {
    let own = sim.config().business_digits();
    if body["to"].as_str().is_some_and(|to| digits(to) == own) {
        return Err(GraphError::new(sim, 131021));
    }
    let kind = body["type"].as_str().unwrap_or("text");
    let text = match kind {
        "template" => Some(templates::fill(body).map_err(|code| GraphError::new(sim, code))?),
        "interactive" => body["interactive"]["body"]["text"].as_str().map(str::to_owned),
        "text" => body["text"]["body"].as_str().map(str::to_owned),
        "reaction" => body["reaction"]["emoji"].as_str().map(str::to_owned),
        "location" => body["location"]["name"].as_str().map(str::to_owned),
        "contacts" => body["contacts"][0]["name"]["formatted_name"].as_str().map(str::to_owned),
        _ => body[kind]["caption"].as_str().map(str::to_owned),
    };
    if let Some(code) = magic(text.as_deref(), "!refuse") {
        return Err(GraphError::new(sim, code).details("the text asked for it"));
    }
    if let Some(id) = body[kind]["id"].as_str()
        && sim.kept_media(id).is_none()
    {
        let details = format!("media id {id} does not exist or has expired");
        return Err(GraphError::new(sim, 100).details(details));
    }
    if kind == "reaction" {
        let target = body["reaction"]["message_id"].as_str().unwrap_or_default();
        if sim.world().message(target).is_none() {
            return Err(GraphError::new(sim, 131009).details(format!("message {target:?} does not exist")));
        }
    }
    let (switches, now) = (sim.failures().get(), sim.now());
    let addressee = body["to"].as_str().map(digits).or_else(|| body["recipient"].as_str().map(str::to_owned));
    if switches.throughput && !sim.world().number_allows(now) {
        return Err(GraphError::new(sim, 130429));
    }
    if switches.pair_rate && !sim.world().pair_allows(&addressee.unwrap_or_default(), now) {
        return Err(GraphError::new(sim, 131056));
    }
    Ok(text)
}

/// `!fail 131026` → 131026, for the word `!fail`.
pub(crate) fn magic(text: Option<&str>, word: &str) -> Option<u32> {
    text?.trim().strip_prefix(word)?.trim().parse().ok()
}

fn accept(sim: &Sim, body: &Value, customer: Option<CustomerId>, text: Option<String>) -> SentMessage {
    let now = sim.now();
    let mut world = sim.world();
    let kind = body["type"].as_str().unwrap_or("text").to_owned();
    let quoted = body["context"]["message_id"].as_str().map(str::to_owned);
    let message = SentMessage {
        wamid: world.dice.wamid(),
        side: Side::Business,
        customer,
        at: now,
        text,
        media: file(body).and_then(|file| file["id"].as_str()).map(str::to_owned),
        quoted,
        state: Ticks::Accepted,
        failure: None,
        reaction: None,
        edited: false,
        revoked: false,
        raw: body.clone(),
        kind,
    };
    world.add_message(message.clone());
    message
}

/// The file of a message: its own, or the one in the header of an interactive message.
fn file(body: &Value) -> Option<&Value> {
    let kind = body["type"].as_str()?;
    let header = &body["interactive"]["header"];
    match kind {
        "interactive" => header["type"].as_str().and_then(|kind| header.get(kind)),
        _ => body.get(kind),
    }
}

fn link(body: &Value) -> Option<&str> {
    file(body)?["link"].as_str()
}

/// A message ends the typing; a reaction lands on its message.
fn apply_to_chat(sim: &Sim, message: &SentMessage) {
    let mut world = sim.world();
    if let Some(customer) = message.customer.as_ref().and_then(|id| world.customer_mut(id)) {
        customer.typing_until = None;
    }
    if message.kind == "reaction" {
        let reaction = &message.raw["reaction"];
        let emoji = reaction["emoji"].as_str().filter(|emoji| !emoji.is_empty()).map(str::to_owned);
        if let Some(target) = world.message_mut(reaction["message_id"].as_str().unwrap_or_default()) {
            target.reaction = emoji;
        }
    }
}

/// The code with which an accepted message will fail: nobody there, the window closed, asked for by a text.
fn will_fail(sim: &Sim, message: &SentMessage) -> Option<u32> {
    let Some(customer) = &message.customer else { return Some(131026) };
    if let Some(code) = magic(message.text.as_deref(), "!fail") {
        return Some(code);
    }
    let (now, window) = (sim.now(), sim.failures().get().window);
    let mut world = sim.world();
    let promised = world
        .customer_mut(customer)
        .and_then(|one| (!one.fail_next.is_empty()).then(|| one.fail_next.remove(0)));
    let closed = window && message.kind != "template" && !world.window_open(customer, now);
    promised.or(closed.then_some(131047))
}

fn answer(
    sim: &Sim,
    to: Option<&str>,
    recipient: Option<&str>,
    customer: Option<&CustomerId>,
    message: &SentMessage,
) -> Value {
    let world = sim.world();
    let mut contact = json!({ "input": to.or(recipient) });
    match (to, customer.and_then(|id| world.customer(id))) {
        (Some(to), customer) => {
            contact["wa_id"] = digits(to).into();
            if let Some(customer) = customer {
                contact["user_id"] = customer.user_id.as_str().into();
            }
        }
        (None, Some(customer)) => contact["user_id"] = customer.user_id.as_str().into(),
        (None, None) => contact["user_id"] = recipient.into(),
    }
    let mut accepted = json!({ "id": message.wamid });
    if message.kind == "template" {
        accepted["message_status"] = "accepted".into();
    }
    json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [accepted] })
}
