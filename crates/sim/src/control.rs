//! The control API: what the phone page and browser journeys call. The list stands in the crate's
//! documentation.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::chat::{SentMessage, Side, State as Ticks, Status};
use crate::contract::KNOWN_FAULTS;
use crate::customer::{Customer, CustomerId, CustomerMessage};
use crate::failures::{Fault, Switches};
use crate::graph::{codes, media as graph_media, templates};
use crate::{Sim, Violation};

/// Why a request was not done.
pub(crate) struct Refused(StatusCode, &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

const NOBODY: Refused = Refused(StatusCode::NOT_FOUND, "no such customer");
const NO_MESSAGE: Refused = Refused(StatusCode::NOT_FOUND, "no such message");

fn known(sim: &Sim, n: usize) -> Result<CustomerId, Refused> {
    sim.profile(&CustomerId(n)).map(|customer| customer.id).ok_or(NOBODY)
}

pub(crate) async fn state(State(sim): State<Sim>) -> Json<Value> {
    let (config, now) = (sim.config(), sim.now());
    let customers: Vec<Value> = sim.customers().iter().map(|customer| listed(&sim, customer, now)).collect();
    Json(json!({
        "now": now,
        "automatic": config.automatic,
        "business": { "name": config.business_name, "number": config.display_phone_number },
        "customers": customers,
        "switches": sim.failures().get(),
        "webhook": { "url": sim.webhook_url(), "deliveries": sim.deliveries() },
        "contract": { "loaded": sim.contract().is_some(), "known_faults": KNOWN_FAULTS },
        "violations": sim.violations(),
        "requests": sim.requests(),
    }))
}

/// A customer with what the list of chats shows.
fn listed(sim: &Sim, customer: &Customer, now: i64) -> Value {
    let world = sim.world();
    let last = world.chat(&customer.id).next_back();
    let is_new =
        |one: &&SentMessage| one.side == Side::Business && one.state < Ticks::Read && one.kind != "reaction";
    let unread = world.chat(&customer.id).filter(is_new).count();
    json!({
        "profile": customer,
        "typing": customer.typing_until.is_some_and(|until| until > now),
        "window_open": world.window_open(&customer.id, now),
        "unread": unread,
        "last": last.map(|message| json!({ "at": message.at, "kind": message.kind, "text": message.text, "side": message.side })),
    })
}

/// Each event says that something changed; the page then looks.
pub(crate) async fn events(State(sim): State<Sim>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stopped = sim.until_stopped();
    let changes = futures_util::stream::unfold(sim.changes(), |mut changes| async move {
        changes.changed().await.ok()?;
        // Many changes in a moment are one look.
        tokio::time::sleep(Duration::from_millis(30)).await;
        let revision = *changes.borrow_and_update();
        Some((Ok(Event::default().data(revision.to_string())), changes))
    });
    let stream = changes.take_until(Box::pin(stopped));
    Sse::new(stream).keep_alive(KeepAlive::new())
}

#[derive(Deserialize)]
pub(crate) struct NewCustomer {
    name: String,
    phone: Option<String>,
    username: Option<String>,
}

pub(crate) async fn new_customer(
    State(sim): State<Sim>,
    Json(new): Json<NewCustomer>,
) -> Result<Response, Refused> {
    if new.name.trim().is_empty() || (new.phone.is_none() && new.username.is_none()) {
        return Err(Refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "a customer needs a name, and a phone or a username",
        ));
    }
    let id = sim.customer(new.name.trim(), new.phone.as_deref(), new.username.as_deref()).await;
    Ok((StatusCode::CREATED, Json(sim.profile(&id))).into_response())
}

pub(crate) async fn chat(State(sim): State<Sim>, Path(n): Path<usize>) -> Result<Json<Value>, Refused> {
    let id = known(&sim, n)?;
    let messages: Vec<Value> =
        sim.chat(&id).iter().filter(|one| one.kind != "reaction").map(|one| shown(&sim, one)).collect();
    Ok(Json(json!({ "messages": messages })))
}

/// A message with what the page needs to draw it: its file, what can be chosen below it, why it failed.
fn shown(sim: &Sim, message: &SentMessage) -> Value {
    let file = message.media.as_deref().and_then(|id| sim.kept_media(id));
    json!({
        "message": message,
        "file": file.map(|file| json!({
            "url": format!("/sim/media/{}", file.id), "mime": file.mime, "size": file.bytes.len(), "name": file.filename,
        })),
        "choices": choices(message),
        "failure": message.failure.map(|code| json!({ "code": code, "title": codes::title(code) })),
    })
}

/// The buttons and rows under a message of the business, each with the answer that choosing it sends.
fn choices(message: &SentMessage) -> Vec<Value> {
    if message.side != Side::Business {
        return Vec::new();
    }
    let action = &message.raw["interactive"]["action"];
    let buttons = action["buttons"].as_array().into_iter().flatten().map(|button| {
        let reply = &button["reply"];
        json!({ "type": "button_reply", "id": reply["id"], "title": reply["title"] })
    });
    let sections = action["sections"].as_array().into_iter().flatten();
    let rows = sections.filter_map(|section| section["rows"].as_array()).flatten().map(|row| {
        json!({ "type": "list_reply", "id": row["id"], "title": row["title"], "description": row["description"] })
    });
    let quick = templates::buttons(&message.raw).iter();
    let quick = quick.map(|text| json!({ "type": "template_button", "payload": text, "text": text }));
    buttons.chain(rows).chain(quick).collect()
}

#[derive(Deserialize)]
pub(crate) struct NewMessage {
    message: CustomerMessage,
    quoted: Option<String>,
}

pub(crate) async fn send(
    State(sim): State<Sim>,
    Path(n): Path<usize>,
    Json(new): Json<NewMessage>,
) -> Result<Json<Value>, Refused> {
    let id = known(&sim, n)?;
    let wamid = match &new.quoted {
        Some(quoted) => sim.send_quoting(&id, quoted, new.message).await,
        None => sim.send(&id, new.message).await,
    };
    Ok(Json(json!({ "wamid": wamid })))
}

/// Something done to a message: which, and with what.
#[derive(Deserialize)]
pub(crate) struct Done {
    message: String,
    emoji: Option<String>,
    text: Option<String>,
}

fn known_message(sim: &Sim, wamid: &str) -> Result<(), Refused> {
    sim.message(wamid).map(|_| ()).ok_or(NO_MESSAGE)
}

pub(crate) async fn react(
    State(sim): State<Sim>,
    Path(n): Path<usize>,
    Json(done): Json<Done>,
) -> Result<Json<Value>, Refused> {
    let id = known(&sim, n)?;
    known_message(&sim, &done.message)?;
    let wamid = sim.react(&id, &done.message, done.emoji.as_deref()).await;
    Ok(Json(json!({ "wamid": wamid })))
}

pub(crate) async fn edit(
    State(sim): State<Sim>,
    Path(n): Path<usize>,
    Json(done): Json<Done>,
) -> Result<Json<Value>, Refused> {
    let id = known(&sim, n)?;
    known_message(&sim, &done.message)?;
    let text = done.text.ok_or(Refused(StatusCode::UNPROCESSABLE_ENTITY, "an edit needs a text"))?;
    Ok(Json(json!({ "wamid": sim.edit(&id, &done.message, &text).await })))
}

pub(crate) async fn revoke(
    State(sim): State<Sim>,
    Path(n): Path<usize>,
    Json(done): Json<Done>,
) -> Result<Json<Value>, Refused> {
    let id = known(&sim, n)?;
    known_message(&sim, &done.message)?;
    Ok(Json(json!({ "wamid": sim.revoke(&id, &done.message).await })))
}

#[derive(Deserialize)]
pub(crate) struct Number {
    phone: String,
}

pub(crate) async fn change_number(
    State(sim): State<Sim>,
    Path(n): Path<usize>,
    Json(number): Json<Number>,
) -> Result<Json<Option<Customer>>, Refused> {
    let id = known(&sim, n)?;
    sim.change_number(&id, &number.phone).await;
    Ok(Json(sim.profile(&id)))
}

#[derive(Deserialize)]
pub(crate) struct Open {
    open: bool,
}

pub(crate) async fn open(
    State(sim): State<Sim>,
    Path(n): Path<usize>,
    Json(Open { open }): Json<Open>,
) -> Result<Json<Option<Customer>>, Refused> {
    let id = known(&sim, n)?;
    sim.open_chat(&id, open).await;
    Ok(Json(sim.profile(&id)))
}

#[derive(Deserialize)]
pub(crate) struct Reached {
    message: String,
    #[serde(flatten)]
    status: Status,
}

pub(crate) async fn status(
    State(sim): State<Sim>,
    Json(reached): Json<Reached>,
) -> Result<StatusCode, Refused> {
    match sim.status(&reached.message, reached.status).await {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(NO_MESSAGE),
    }
}

pub(crate) async fn failures(State(sim): State<Sim>) -> Json<Switches> {
    Json(sim.failures().get())
}

pub(crate) async fn set_failures(State(sim): State<Sim>, Json(switches): Json<Switches>) -> Json<Switches> {
    sim.failures().set(switches);
    sim.changed();
    Json(sim.failures().get())
}

pub(crate) async fn add_fault(State(sim): State<Sim>, Json(fault): Json<Fault>) -> Json<Switches> {
    sim.failures().next(fault.on, fault.times, fault.effect);
    sim.changed();
    Json(sim.failures().get())
}

pub(crate) async fn violations(State(sim): State<Sim>) -> Json<Vec<Violation>> {
    Json(sim.violations())
}

pub(crate) async fn clear_violations(State(sim): State<Sim>) -> StatusCode {
    sim.world().clear_violations();
    sim.changed();
    StatusCode::NO_CONTENT
}

pub(crate) async fn requests(State(sim): State<Sim>) -> Json<Value> {
    Json(json!(sim.requests()))
}

#[derive(Deserialize)]
pub(crate) struct Webhook {
    url: String,
}

pub(crate) async fn set_webhook(State(sim): State<Sim>, Json(webhook): Json<Webhook>) -> StatusCode {
    sim.set_webhook(&webhook.url);
    StatusCode::NO_CONTENT
}

pub(crate) async fn verify_webhook(State(sim): State<Sim>) -> Json<Value> {
    match sim.verify_webhook().await {
        Ok(()) => Json(json!({ "ok": true })),
        Err(reason) => Json(json!({ "ok": false, "reason": reason })),
    }
}

#[derive(Deserialize)]
pub(crate) struct Advance {
    advance_seconds: u64,
}

pub(crate) async fn advance(
    State(sim): State<Sim>,
    Json(Advance { advance_seconds }): Json<Advance>,
) -> Json<Value> {
    sim.advance(Duration::from_secs(advance_seconds));
    Json(json!({ "now": sim.now() }))
}

/// A file for the page. Only pictures, sound and film are shown in place; anything else, which may be HTML, is
/// only ever downloaded.
pub(crate) async fn media(State(sim): State<Sim>, Path(id): Path<String>, asked: HeaderMap) -> Response {
    let Some(mut media) = sim.kept_media(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let shown = ["image/jpeg", "image/png", "image/webp", "image/gif", "audio/", "video/"];
    let mut headers = HeaderMap::new();
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("cache-control", HeaderValue::from_static("private, max-age=3600, immutable"));
    if !shown.iter().any(|kind| media.mime.starts_with(kind)) {
        headers.insert("content-disposition", HeaderValue::from_static("attachment"));
    }
    headers.insert("accept-ranges", HeaderValue::from_static("bytes"));
    let whole = media.bytes.len();
    // A player asks for the end of a sound to learn how long it is.
    let range =
        asked.get("range").and_then(|range| range.to_str().ok()).and_then(|range| bounds(range, whole));
    let Some((first, last)) = range else { return graph_media::bytes(media, headers) };
    media.bytes = media.bytes.slice(first..=last);
    if let Ok(value) = format!("bytes {first}-{last}/{whole}").parse() {
        headers.insert("content-range", value);
    }
    (StatusCode::PARTIAL_CONTENT, graph_media::bytes(media, headers)).into_response()
}

/// First and last byte of a single range; anything else gets the whole file, which is always allowed.
fn bounds(range: &str, whole: usize) -> Option<(usize, usize)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = whole.checked_sub(1)?;
    let (first, last) = match (first, last) {
        ("", count) => (whole.saturating_sub(count.parse().ok()?), end),
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<usize>().ok()?.min(end)),
    };
    (first <= last).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::bounds;

    #[test]
    fn ranges_stay_inside_the_file() {
        assert_eq!(bounds("bytes=0-", 10), Some((0, 9)));
        assert_eq!(bounds("bytes=2-4", 10), Some((2, 4)));
        assert_eq!(bounds("bytes=2-99", 10), Some((2, 9)));
        assert_eq!(bounds("bytes=-3", 10), Some((7, 9)));
        assert_eq!(bounds("bytes=-30", 10), Some((0, 9)));
        for wrong in
            ["bytes=10-", "bytes=5-2", "bytes=-0", "bytes=a-b", "bytes=0-1,3-4", "lines=1-2", "bytes=5"]
        {
            assert_eq!(bounds(wrong, 10), None, "{wrong}");
        }
        assert_eq!(bounds("bytes=0-", 0), None);
    }
}
