//! Messages of a conversation.

use std::sync::Arc;

use app::App;
use app::message::NewReply;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{ConversationId, Masks, MediaId, Message, MessageId, Personal, Purpose};
use serde::{Deserialize, Serialize};
use store::message::Place;

use super::caller::{Caller, CanNote, CanRead, CanReply};
use super::error::{Answer, Problem};
use super::request::{Body, Id, Params, page_limit};

/// Which part of a thread; the newest messages when no place is named.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ThreadQuery {
    /// What stands before this message.
    before: Option<MessageId>,
    /// What stands after this message.
    after: Option<MessageId>,
    /// What stands around this message, itself included.
    around: Option<MessageId>,
    /// How many, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

impl ThreadQuery {
    fn place(&self) -> Answer<Place> {
        match (self.before, self.after, self.around) {
            (None, None, None) => Ok(Place::Newest),
            (Some(id), None, None) => Ok(Place::Before(id)),
            (None, Some(id), None) => Ok(Place::After(id)),
            (None, None, Some(id)) => Ok(Place::Around(id)),
            _ => Err(Problem::field("before", "invalid", "use only one of before, after and around")),
        }
    }
}

/// A part of a thread.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Thread {
    /// The messages in the order of the thread.
    items: Vec<Message>,
    /// Whether something stands before them.
    has_before: bool,
    /// Whether something stands after them.
    has_after: bool,
}

impl Personal for Thread {
    fn mask(&mut self, masks: Masks) {
        self.items.mask(masks);
    }
}

/// A message to the customer: a text, a file with an optional text under it, or a place.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client_id": "5b8e2f", "text": "Your room is ready.", "reply_to": "ms_0f5s3v9k2m0a1"}))]
pub(super) struct MessageDraft {
    /// The client's own name for it, at most 64 characters: sending it again changes nothing.
    client_id: String,
    /// The text, or the text under the file.
    text: Option<String>,
    /// A file from `POST /api/uploads`.
    upload_id: Option<MediaId>,
    /// Whether the file is a voice note.
    #[serde(default)]
    voice: bool,
    /// A place.
    location: Option<Place2d>,
    /// The message to quote.
    reply_to: Option<MessageId>,
    /// What it is for: `service`, an answer, when absent. Anything else needs the customer's consent.
    #[serde(default)]
    purpose: Purpose,
    /// Whether sensitive content in it is meant to be sent; see the code `sensitive_unconfirmed`.
    #[serde(default)]
    confirmed: bool,
}

/// A place on earth.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Location)]
pub(super) struct Place2d {
    /// Degrees north, -90 to 90.
    latitude: f64,
    /// Degrees east, -180 to 180.
    longitude: f64,
    /// What is there.
    name: Option<String>,
    /// Its postal address.
    address: Option<String>,
}

impl From<Place2d> for app::message::Location {
    fn from(place: Place2d) -> Self {
        let Place2d { latitude, longitude, name, address } = place;
        Self { latitude, longitude, name, address }
    }
}

/// A note among colleagues.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client_id": "77aa10", "text": "Asked for a late check-out twice."}))]
pub(super) struct NoteDraft {
    /// The client's own name for it, at most 64 characters: writing it again changes nothing.
    client_id: String,
    /// The text.
    text: String,
}

/// A reaction.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"emoji": "👍"}))]
pub(super) struct ReactionChoice {
    /// The emoji; empty takes the reaction back.
    emoji: String,
}

/// Another try.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"confirm": true}))]
pub(super) struct Retry {
    /// Whether to try again although the customer may get the message twice: needed when its state is
    /// `uncertain`.
    #[serde(default)]
    confirm: bool,
}

/// Read a part of a conversation's thread
#[utoipa::path(get, path = "/conversations/{id}/messages", tag = "messages", security(("session" = ["conversation.read"])), params(("id" = ConversationId, Path), ThreadQuery), responses((status = 200, body = Thread)))]
pub(super) async fn thread(
    caller: Caller<CanRead>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Params(query): Params<ThreadQuery>,
) -> Answer<Json<Thread>> {
    let limit = page_limit(query.limit)?;
    let page = app::message::page(&app, &caller, id, query.place()?, limit).await?;
    Ok(caller.show(Thread { items: page.items, has_before: page.has_before, has_after: page.has_after }))
}

/// Write to the customer
#[utoipa::path(post, path = "/conversations/{id}/messages", tag = "messages", security(("session" = ["conversation.reply"])), params(("id" = ConversationId, Path)), request_body = MessageDraft, responses((status = 201, body = Message)))]
pub(super) async fn reply(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Body(body): Body<MessageDraft>,
) -> Answer<(StatusCode, Json<Message>)> {
    let MessageDraft { client_id, text, upload_id, voice, location, reply_to, purpose, confirmed } = body;
    let location = location.map(Into::into);
    let reply = NewReply { client_id, text, upload_id, voice, location, reply_to, purpose, confirmed };
    Ok((StatusCode::CREATED, caller.show(app::message::reply(&app, &caller, id, reply).await?)))
}

/// Write a note that only colleagues see
#[utoipa::path(post, path = "/conversations/{id}/notes", tag = "messages", security(("session" = ["conversation.note"])), params(("id" = ConversationId, Path)), request_body = NoteDraft, responses((status = 201, body = Message)))]
pub(super) async fn note(
    caller: Caller<CanNote>,
    State(app): State<Arc<App>>,
    Id(id): Id<ConversationId>,
    Body(body): Body<NoteDraft>,
) -> Answer<(StatusCode, Json<Message>)> {
    let note = app::message::note(&app, &caller, id, body.client_id, body.text).await?;
    Ok((StatusCode::CREATED, caller.show(note)))
}

/// React to a message, or take the reaction back
#[utoipa::path(put, path = "/messages/{id}/reaction", tag = "messages", security(("session" = ["conversation.reply"])), params(("id" = MessageId, Path)), request_body = ReactionChoice, responses((status = 200, body = Message)))]
pub(super) async fn react(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<MessageId>,
    Body(body): Body<ReactionChoice>,
) -> Answer<Json<Message>> {
    Ok(caller.show(app::message::react(&app, &caller, id, body.emoji).await?))
}

/// Send a failed or uncertain message again
#[utoipa::path(post, path = "/messages/{id}/retry", tag = "messages", security(("session" = ["conversation.reply"])), params(("id" = MessageId, Path)), request_body = Retry, responses((status = 200, body = Message)))]
pub(super) async fn retry(
    caller: Caller<CanReply>,
    State(app): State<Arc<App>>,
    Id(id): Id<MessageId>,
    Body(body): Body<Retry>,
) -> Answer<Json<Message>> {
    Ok(caller.show(app::message::retry(&app, &caller, id, body.confirm).await?))
}
