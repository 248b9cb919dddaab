//! What agents write.

use channels::Channel;
use model::{
    Act, AuthorKind, Content, ConversationId, DeliveryState, Direction, Media, MediaId, MediaKind,
    MediaState, Message, MessageId, Purpose, ReactionBy, Report, Status, Window,
};
use store::conversation::Facts;
use store::event::NewChange;
use store::message::{MessagePage, NewMessage, Place};

use crate::audit::{self, Note};
use crate::deliver::{self, Intent};
use crate::{App, Caller, Error, FieldProblem, Result, bot, consent, conversation, receive, sensitive};

/// The most messages on one page.
pub const MAX_PAGE: i64 = 100;
/// The longest note, in characters.
const MAX_NOTE: usize = 10_000;
/// The longest emoji, in bytes: families with skin tones take up to 41.
const MAX_EMOJI: usize = 64;

/// A reply that an agent wrote.
#[derive(Debug, Clone, Default)]
pub struct NewReply {
    /// The browser's name for it, which makes writing it twice harmless.
    pub client_id: String,
    /// The text, or the caption of the file.
    pub text: Option<String>,
    /// The file.
    pub upload_id: Option<MediaId>,
    /// Whether the file is a voice note.
    pub voice: bool,
    /// A place.
    pub location: Option<Location>,
    /// The message that it quotes.
    pub reply_to: Option<MessageId>,
    /// What it is for; anything but an answer needs the customer's consent.
    pub purpose: Purpose,
    /// Whether the agent has confirmed that sensitive content in it is meant to be sent.
    pub confirmed: bool,
}

/// A place on earth.
#[derive(Debug, Clone)]
pub struct Location {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// What is there.
    pub name: Option<String>,
    /// Its postal address.
    pub address: Option<String>,
}

/// A page of a thread.
pub async fn page(
    app: &App,
    caller: &Caller,
    conversation: ConversationId,
    place: Place,
    limit: i64,
) -> Result<MessagePage> {
    let (workspace, visibility, now) = (caller.workspace, caller.visibility(), app.now());
    let limit = limit.clamp(1, MAX_PAGE);
    let found = app.read(move |tx| {
        Box::pin(async move {
            let windows = conversation::windows;
            let visible =
                store::conversation::get(tx, workspace, &visibility, windows, conversation, now).await?;
            let visible = visible.ok_or(Error::NotFound)?;
            Ok((visible, store::message::page(tx, workspace, conversation, place, limit).await?))
        })
    });
    let (read, mut page) = found.await?;
    conversation::saw(app, caller, &read);
    let policy = sensitive::policy(app, workspace).await?;
    page.items.iter_mut().for_each(|message| policy.mask(message));
    Ok(page)
}

/// Writes to the customer: the message and its sending are one transaction.
pub async fn reply(
    app: &App,
    caller: &Caller,
    conversation: ConversationId,
    reply: NewReply,
) -> Result<Message> {
    check_client_id(&reply.client_id)?;
    let policy = sensitive::policy(app, caller.workspace).await?;
    policy.check(&reply)?;
    app.node.in_time(&app.db, app.now()).await?;
    let (workspace, visibility, now) = (caller.workspace, caller.visibility(), app.now());
    let (ids, me, actor) = (app.ids.clone(), caller.agent.id, caller.actor());
    let (message, seq) = app
        .write(move |tx| {
            Box::pin(async move {
                if let Some(known) =
                    already(tx, workspace, &visibility, conversation, &reply.client_id).await?
                {
                    return Ok((known, None));
                }
                let facts = visible_facts(tx, workspace, &visibility, conversation).await?;
                consent::must_allow(tx, workspace, facts.contact_id, reply.purpose, now).await?;
                let inbox = store::inbox::get(tx, workspace, facts.inbox_id).await?.ok_or_else(|| {
                    Error::Conflict {
                        code: "inbox_removed",
                        message: "the inbox of this conversation is no longer connected".to_owned(),
                    }
                })?;
                let channel = channels::channel(inbox.kind);
                must_be_open(&channel.about().capabilities, &facts, now)?;
                let (content, upload) = content(tx, workspace, channel, &reply).await?;
                if let Some(quoted) = reply.reply_to {
                    let quoted = store::message::reference(tx, workspace, quoted).await?;
                    if quoted.is_none_or(|quoted| quoted.conversation_id != conversation) {
                        return Err(Error::field(
                            "reply_to",
                            "unknown",
                            "quote a message of this conversation",
                        ));
                    }
                }
                let (place, author) = ((conversation, facts.inbox_id), (AuthorKind::Agent, Some(me)));
                let row = NewMessage {
                    client_id: Some(reply.client_id.clone()),
                    reply_to_id: reply.reply_to,
                    status: Some(Status::queued(now)),
                    ..NewMessage::written(ids.next(), place, Direction::Out, author, content, now)
                };
                if !store::message::insert(tx, workspace, &row).await? {
                    // The same browser was faster with the same message.
                    let known = already(tx, workspace, &visibility, conversation, &reply.client_id).await?;
                    return Ok((known.ok_or(Error::NotFound)?, None));
                }
                if let Some(upload) = upload
                    && !store::media::attach(tx, workspace, upload, row.id).await?
                {
                    return Err(Error::field(
                        "upload_id",
                        "used",
                        "upload the file again: it belongs to a message",
                    ));
                }
                let last = receive::last_message(&row);
                store::conversation::outbound(tx, workspace, conversation, &last, now).await?;
                let to = conversation::destination(conversation, &facts);
                store::fail_point!("reply.written");
                let purpose = reply.purpose;
                if purpose != Purpose::Service {
                    store::consent::set_purpose(tx, workspace, row.id, purpose).await?;
                }
                let intent = Intent::Message { message: row.id, purpose };
                deliver::enqueue(tx, workspace, &ids, to, &intent, now).await?;
                bot::trial::replied(tx, workspace, &ids, facts.inbox_id, (conversation, row.id), now).await?;
                store::fail_point!("reply.queued");
                let message =
                    store::message::get(tx, workspace, &visibility, row.id).await?.ok_or(Error::NotFound)?;
                let change = NewChange::message(row.id, conversation);
                let note = Note::of(Act::MessageWritten).on(row.id).within(conversation);
                audit::record(tx, &actor, note.about(facts.contact_id), now).await?;
                let seq = store::event::append(tx, workspace, &[change], now).await?;
                Ok((message, Some(seq)))
            })
        })
        .await?;
    store::fail_point!("reply.committed");
    if let Some(seq) = seq {
        app.bell.outbound();
        app.bell.events(caller.workspace, seq);
    }
    Ok(policy.shown(message))
}

async fn already(
    tx: &mut store::Tx,
    workspace: model::WorkspaceId,
    visibility: &store::Visibility,
    conversation: ConversationId,
    client_id: &str,
) -> Result<Option<Message>> {
    match store::message::by_client(tx, workspace, conversation, client_id).await? {
        Some(id) => Ok(store::message::get(tx, workspace, visibility, id).await?),
        None => Ok(None),
    }
}

async fn visible_facts(
    tx: &mut store::Tx,
    workspace: model::WorkspaceId,
    visibility: &store::Visibility,
    conversation: ConversationId,
) -> Result<Facts> {
    if !store::conversation::visible(tx, workspace, visibility, conversation).await? {
        return Err(Error::NotFound);
    }
    store::conversation::facts(tx, workspace, conversation).await?.ok_or(Error::NotFound)
}

/// Refuses what could not arrive: outside its window a channel takes nothing that is written freely.
pub(crate) fn must_be_open(
    capabilities: &model::Capabilities,
    facts: &Facts,
    now: model::Millis,
) -> Result<()> {
    match capabilities.window_hours {
        Some(hours) if !Window::at(now, facts.last_inbound_at, Some(hours)).allows_free_form() => {
            Err(Error::WindowClosed { hours })
        }
        _ => Ok(()),
    }
}

/// What a reply carries, checked against what the channel takes.
async fn content(
    tx: &mut store::Tx,
    workspace: model::WorkspaceId,
    channel: &dyn Channel,
    reply: &NewReply,
) -> Result<(Content, Option<MediaId>)> {
    let capabilities = &channel.about().capabilities;
    let text = reply.text.as_deref().map(str::trim_end).filter(|text| !text.trim().is_empty());
    if let Some(place) = &reply.location {
        if !(-90.0..=90.0).contains(&place.latitude) || !(-180.0..=180.0).contains(&place.longitude) {
            return Err(Error::field(
                "location",
                "out_of_range",
                "latitude is −90 to 90, longitude −180 to 180",
            ));
        }
        let Location { latitude, longitude, name, address } = place.clone();
        return Ok((Content::Location { latitude, longitude, name, address, url: None }, None));
    }
    let Some(upload) = reply.upload_id else {
        let text = text.ok_or_else(|| Error::field("text", "empty", "write something, or attach a file"))?;
        check_length("text", text, capabilities.text_limit)?;
        return Ok((Content::Text { text: text.to_owned() }, None));
    };
    if let Some(text) = text {
        check_length("text", text, capabilities.caption_limit)?;
    }
    let row = store::media::get(tx, workspace, upload).await?.filter(|row| {
        row.message_id.is_none() && row.media.state == MediaState::Ready && row.source.is_none()
    });
    let row = row.ok_or_else(|| {
        Error::field("upload_id", "unknown", "upload the file first; an upload serves once")
    })?;
    let (kind, media) = carried(capabilities, row.kind, row.media, reply.voice)?;
    if text.is_some() && matches!(kind, MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker) {
        return Err(Error::field(
            "text",
            "not_allowed",
            "sound carries no text; send the text as its own message",
        ));
    }
    Ok((Content::of_media(kind, media, text.map(str::to_owned)), Some(upload)))
}

/// As what kind a file is sent: as itself where the channel takes it so, else as a document.
fn carried(
    capabilities: &model::Capabilities,
    kind: MediaKind,
    media: Media,
    voice: bool,
) -> Result<(MediaKind, Media)> {
    let size = media.size.unwrap_or(0).cast_unsigned();
    let wanted = if voice { MediaKind::Voice } else { kind };
    let mut largest = 0;
    for candidate in [wanted, kind, MediaKind::Document] {
        let Some(rule) = capabilities.media.iter().find(|rule| rule.kind == candidate) else { continue };
        if !rule.mimes.is_empty() && !rule.mimes.contains(&media.mime.as_str()) {
            continue;
        }
        if size <= rule.max_bytes {
            return Ok((candidate, media));
        }
        largest = largest.max(rule.max_bytes);
    }
    if largest == 0 {
        return Err(Error::Unsupported(format!(
            "this channel does not take files of the type {}",
            media.mime
        )));
    }
    Err(Error::TooLarge { limit: largest })
}

fn check_length(path: &str, text: &str, limit: u32) -> Result<()> {
    let length = text.chars().count();
    if length > limit as usize {
        let message = format!("at most {limit} characters; this has {length}");
        return Err(Error::field(path, "too_long", message));
    }
    Ok(())
}

fn check_client_id(client_id: &str) -> Result<()> {
    if client_id.is_empty() || client_id.len() > 64 {
        return Err(Error::field("client_id", "invalid", "give each message a name of 1 to 64 characters"));
    }
    Ok(())
}

/// Writes a note that only colleagues see.
pub async fn note(
    app: &App,
    caller: &Caller,
    conversation: ConversationId,
    client_id: String,
    text: String,
) -> Result<Message> {
    check_client_id(&client_id)?;
    let text = text.trim().to_owned();
    if text.is_empty() || text.chars().count() > MAX_NOTE {
        return Err(Error::Invalid(vec![FieldProblem {
            path: "text".to_owned(),
            code: "length",
            message: format!("a note has 1 to {MAX_NOTE} characters"),
        }]));
    }
    let (workspace, visibility, now) = (caller.workspace, caller.visibility(), app.now());
    let (ids, me, actor) = (app.ids.clone(), caller.agent.id, caller.actor());
    let (message, seq) = app
        .write(move |tx| {
            Box::pin(async move {
                if let Some(known) = already(tx, workspace, &visibility, conversation, &client_id).await? {
                    return Ok((known, None));
                }
                let facts = visible_facts(tx, workspace, &visibility, conversation).await?;
                let (place, author) = ((conversation, facts.inbox_id), (AuthorKind::Agent, Some(me)));
                let content = Content::Text { text };
                let row = NewMessage {
                    client_id: Some(client_id),
                    ..NewMessage::written(ids.next(), place, Direction::Note, author, content, now)
                };
                store::message::insert(tx, workspace, &row).await?;
                let last = receive::last_message(&row);
                store::conversation::note(tx, workspace, conversation, &last, now).await?;
                let message =
                    store::message::get(tx, workspace, &visibility, row.id).await?.ok_or(Error::NotFound)?;
                let change = NewChange::message(row.id, conversation);
                let note = Note::of(Act::NoteWritten).on(row.id).within(conversation);
                audit::record(tx, &actor, note.about(facts.contact_id), now).await?;
                let seq = store::event::append(tx, workspace, &[change], now).await?;
                Ok((message, Some(seq)))
            })
        })
        .await?;
    if let Some(seq) = seq {
        app.bell.events(caller.workspace, seq);
    }
    Ok(sensitive::policy(app, workspace).await?.shown(message))
}

/// Reacts to a message of the thread; an empty emoji takes the reaction back.
pub async fn react(app: &App, caller: &Caller, id: MessageId, emoji: String) -> Result<Message> {
    let emoji = emoji.trim().to_owned();
    if emoji.len() > MAX_EMOJI
        || emoji.chars().any(|c| c.is_ascii_alphanumeric() && !emoji.contains('\u{20e3}'))
    {
        return Err(Error::field("emoji", "invalid", "react with one emoji"));
    }
    let (workspace, visibility, now) = (caller.workspace, caller.visibility(), app.now());
    let (ids, me, actor) = (app.ids.clone(), caller.agent.id, caller.actor());
    let (message, seq) = app
        .write(move |tx| {
            Box::pin(async move {
                store::message::get(tx, workspace, &visibility, id).await?.ok_or(Error::NotFound)?;
                let found = store::message::reference(tx, workspace, id).await?.ok_or(Error::NotFound)?;
                if !matches!(found.direction, Direction::In | Direction::Out) {
                    return Err(Error::Unsupported("only messages can be reacted to".to_owned()));
                }
                let facts = visible_facts(tx, workspace, &visibility, found.conversation_id).await?;
                let inbox = store::inbox::get(tx, workspace, facts.inbox_id).await?.ok_or(Error::NotFound)?;
                let capabilities = &channels::channel(inbox.kind).about().capabilities;
                if !capabilities.reactions {
                    return Err(Error::Unsupported("this channel knows no reactions".to_owned()));
                }
                must_be_open(capabilities, &facts, now)?;
                let kept = Some(emoji.as_str()).filter(|emoji| !emoji.is_empty());
                store::reaction::set(tx, workspace, id, ReactionBy::Agent, kept, Some(me), now).await?;
                let to = conversation::destination(found.conversation_id, &facts);
                let intent = Intent::Reaction { target: id, emoji: emoji.clone() };
                deliver::enqueue(tx, workspace, &ids, to, &intent, now).await?;
                let message =
                    store::message::get(tx, workspace, &visibility, id).await?.ok_or(Error::NotFound)?;
                let change = NewChange::message(id, found.conversation_id);
                let note = Note::of(Act::MessageReacted).on(id).within(found.conversation_id);
                audit::record(tx, &actor, note.about(facts.contact_id), now).await?;
                Ok((message, store::event::append(tx, workspace, &[change], now).await?))
            })
        })
        .await?;
    app.bell.outbound();
    app.bell.events(caller.workspace, seq);
    Ok(sensitive::policy(app, workspace).await?.shown(message))
}

/// Sends a failed message again. An uncertain one only when the agent confirms that it may arrive twice.
pub async fn retry(app: &App, caller: &Caller, id: MessageId, confirm: bool) -> Result<Message> {
    let (workspace, visibility, now) = (caller.workspace, caller.visibility(), app.now());
    let (ids, actor) = (app.ids.clone(), caller.actor());
    let (message, seq) = app
        .write(move |tx| {
            Box::pin(async move {
                let message =
                    store::message::get(tx, workspace, &visibility, id).await?.ok_or(Error::NotFound)?;
                match message.status.as_ref().map(|status| status.state) {
                    Some(DeliveryState::Failed) => {}
                    Some(DeliveryState::Uncertain) if confirm => {}
                    Some(DeliveryState::Uncertain) => {
                        return Err(Error::Conflict {
                            code: "uncertain",
                            message: "nobody knows whether it arrived; confirm that it may arrive twice"
                                .to_owned(),
                        });
                    }
                    _ => {
                        return Err(Error::Conflict {
                            code: "not_failed",
                            message: "only a message that failed can be sent again".to_owned(),
                        });
                    }
                }
                let conversation = message.conversation_id;
                let facts = visible_facts(tx, workspace, &visibility, conversation).await?;
                let inbox = store::inbox::get(tx, workspace, facts.inbox_id).await?.ok_or(Error::NotFound)?;
                must_be_open(&channels::channel(inbox.kind).about().capabilities, &facts, now)?;
                store::outbound::delete_by_message(tx, workspace, id).await?;
                let before = store::message::reference(tx, workspace, id).await?;
                if let (Some(provider_id), Some(status)) =
                    (before.and_then(|message| message.provider_id), &message.status)
                {
                    // Whatever the provider said or says of the last try is nobody's report from now on.
                    let report = Report { state: status.state, at: now, failure: None };
                    store::report::put(tx, workspace, facts.inbox_id, &provider_id, &report, now).await?;
                }
                store::message::requeue(tx, workspace, id, now).await?;
                store::conversation::last_status(tx, workspace, conversation, id, DeliveryState::Queued)
                    .await?;
                let to = conversation::destination(conversation, &facts);
                let purpose = store::consent::purpose(tx, workspace, id).await?.unwrap_or_default();
                consent::must_allow(tx, workspace, facts.contact_id, purpose, now).await?;
                let intent = Intent::Message { message: id, purpose };
                deliver::enqueue(tx, workspace, &ids, to, &intent, now).await?;
                let message =
                    store::message::get(tx, workspace, &visibility, id).await?.ok_or(Error::NotFound)?;
                let change = NewChange::message(id, conversation);
                let note = Note::of(Act::MessageRetried).on(id).within(conversation);
                audit::record(tx, &actor, note.about(facts.contact_id), now).await?;
                Ok((message, store::event::append(tx, workspace, &[change], now).await?))
            })
        })
        .await?;
    app.bell.outbound();
    app.bell.events(caller.workspace, seq);
    Ok(sensitive::policy(app, workspace).await?.shown(message))
}
