//! One message in: from the hook's raw bytes to the conversation.
//!
//! [`hook`] verifies and stores, and nothing else: the answer 200 means that the bytes are on disk. [`apply`]
//! runs later in the worker, in one transaction for a batch of one inbox's deliveries. Doing it twice is
//! harmless, because a message's provider id is unique in its inbox.

use bytes::Bytes;
use channels::{Body, Event, Head, Inbound, MediaRef, NewMessage, Sender, Verdict};
use model::{
    AuthorKind, ChannelKind, Content, ConversationId, ConversationState, Direction, Ids, InboundId, InboxId,
    LastMessage, Media, MediaId, MessageId, Millis, OutboundId, ReactionBy, Report, Turn, WorkspaceId,
};
use store::Tx;
use store::conversation::NewConversation;
use store::event::NewChange;
use store::inbound::NewDelivery;
use store::media::MediaRow;
use store::message::NewMessage as NewRow;

use crate::person::{self, Known, Person, Scope};
use crate::{App, Error, Result, activity, bot, consent, jobs, notice, uncertain};

/// What came of a request to a hook.
#[derive(Debug, PartialEq, Eq)]
pub enum Hooked {
    /// It is on disk: answer 200.
    Accepted,
    /// The platform's challenge: answer 200 with this text.
    Answer(String),
    /// Not genuine, or no such inbox: answer 401 and say nothing more.
    Rejected,
}

/// Takes a request to a hook in. `hook_key` is the random part of the inbox's callback address.
pub async fn hook(app: &App, hook_key: &str, head: &Head<'_>, body: Bytes) -> Result<Hooked> {
    let Some(hook) = app.hooks.find(app, hook_key).await? else { return Ok(Hooked::Rejected) };
    match channels::channel(hook.kind).verify(head, &body, &hook.account) {
        Verdict::Reject => Ok(Hooked::Rejected),
        Verdict::Answer { body } => Ok(Hooked::Answer(body)),
        Verdict::Accept { dedupe } => {
            store::fail_point!("hook.verified");
            // A lane is worked off in the order of ids.
            let id = app.node.next_in_time(&app.db, || app.now()).await?;
            let delivery = NewDelivery { id, inbox: hook.inbox, received_at: app.now(), dedupe, body };
            let fresh = app.intake.take(hook.workspace, delivery).await?;
            store::fail_point!("hook.kept");
            if fresh {
                app.bell.inbound();
            }
            Ok(Hooked::Accepted)
        }
    }
}

/// What applying deliveries leads to.
#[derive(Default)]
pub(crate) struct Effects {
    /// What browsers are to be told.
    pub changes: Vec<NewChange>,
    /// Whether a job was queued.
    pub jobs: bool,
    /// Whether a sending was settled, so that the next of its conversation may go.
    pub sendings: bool,
}

/// Whom a delivery was sent to, and what is needed to file it.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub workspace: WorkspaceId,
    pub kind: ChannelKind,
    /// The inbox whose hook was called.
    pub inbox: InboxId,
    pub address_key: &'a str,
    pub ids: &'a Ids,
    pub now: Millis,
}

/// Applies the events of one delivery. Returns why an operator should look at it, if so; everything that could
/// be applied is applied even then.
pub(crate) async fn apply(
    tx: &mut Tx,
    desk: Desk<'_>,
    id: InboundId,
    events: &[Inbound],
    effects: &mut Effects,
) -> Result<Option<String>> {
    let mut troubles: Vec<String> = Vec::new();
    for (place, inbound) in events.iter().enumerate() {
        let inbox = match &inbound.account {
            Some(account) if account != desk.address_key => {
                match store::inbox::by_address_key(tx, desk.workspace, desk.kind, account).await? {
                    Some(inbox) => inbox,
                    None => {
                        troubles.push(format!(
                            "item {}: number {account} is not connected to any inbox here",
                            place + 1
                        ));
                        continue;
                    }
                }
            }
            _ => desk.inbox,
        };
        let scope = Scope { workspace: desk.workspace, inbox, ids: desk.ids, now: desk.now };
        if let Some(trouble) = apply_one(tx, scope, Source { id, place }, &inbound.event, effects).await? {
            troubles.push(format!("item {}: {trouble}", place + 1));
        }
    }
    Ok((!troubles.is_empty()).then(|| troubles.join("; ")))
}

/// Where an event stands: the delivery and the place in it.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub id: InboundId,
    pub place: usize,
}

async fn apply_one(
    tx: &mut Tx,
    scope: Scope<'_>,
    source: Source,
    event: &Event,
    effects: &mut Effects,
) -> Result<Option<String>> {
    match event {
        Event::Message(message) if message.group.is_some() => {
            return Ok(Some("written in a group; groups are not shown yet".to_owned()));
        }
        Event::Message(message) => {
            if let Some(known) = person::known(tx, scope, &message.sender).await? {
                let Known { person, conversation } = known;
                file(tx, scope, source, message, &person, conversation, true, effects).await?;
                return Ok(None);
            }
            let Some(person) = person::resolve(tx, scope, &message.sender, &mut effects.changes).await?
            else {
                return Ok(Some("a message that names no sender".to_owned()));
            };
            file(tx, scope, source, message, &person, None, true, effects).await?;
        }
        Event::Moved { from, to, notice } => {
            let Some(person) = person::moved(tx, scope, from, to, &mut effects.changes).await? else {
                return Ok(Some("a change of number that names nobody".to_owned()));
            };
            file(tx, scope, source, notice, &person, None, false, effects).await?;
        }
        Event::Receipt { provider_id, callback, report, recipient } => {
            receipt(tx, scope, provider_id, callback.as_deref(), report, recipient, effects).await?;
            store::fail_point!("apply.receipt");
        }
        Event::Reaction { .. } | Event::Edit { .. } | Event::Revoke { .. } => {
            if !amend(tx, scope, event, &mut effects.changes).await? {
                // What it amends has not arrived yet; deliveries come in any order.
                jobs::enqueue_late(tx, scope, source).await?;
                store::fail_point!("apply.late");
                effects.jobs = true;
            }
        }
        Event::Trouble(failure) => {
            tracing::warn!(code = failure.provider_code, "the provider reports a trouble with an inbox");
        }
        Event::Other { .. } => {}
        Event::Unreadable { reason } => return Ok(Some(reason.clone())),
    }
    Ok(None)
}

/// Files a message of a customer in its conversation, which is `live` where that is known already.
#[expect(clippy::too_many_arguments, reason = "what, where, whose and when; a struct would only rename them")]
async fn file(
    tx: &mut Tx,
    scope: Scope<'_>,
    source: Source,
    message: &NewMessage,
    person: &Person,
    live: Option<ConversationId>,
    by_customer: bool,
    effects: &mut Effects,
) -> Result<()> {
    let Scope { workspace, inbox, ids, now } = scope;
    // A provider's clock ahead of ours would hold the window open too long.
    let at = message.at.unwrap_or(now).min(now);
    let conversation = match live {
        Some(live) => live,
        // A message that is here already must not open a conversation again.
        None if store::message::by_provider(tx, workspace, inbox, &message.provider_id).await?.is_some() => {
            return Ok(());
        }
        None => conversation_of(tx, scope, person, &mut effects.changes).await?,
    };
    store::fail_point!("apply.conversation");
    let (content, media) = content_of(ids, &message.body);
    let reply_to = match &message.reply_to {
        Some(quoted) => match store::message::by_provider(tx, workspace, inbox, quoted).await? {
            None if !message.reply_to_own => {
                uncertain::meant(tx, scope, conversation, quoted, at, &mut effects.changes).await?
            }
            found => found,
        },
        None => None,
    };
    let id: MessageId = ids.next();
    let row = NewRow {
        id,
        conversation_id: conversation,
        inbox_id: inbox,
        direction: Direction::In,
        at,
        created_at: now,
        author_kind: if by_customer { AuthorKind::Contact } else { AuthorKind::System },
        author_agent_id: None,
        content,
        provider_id: Some(message.provider_id.clone()),
        client_id: None,
        reply_to_id: reply_to.map(|quoted| quoted.id),
        reply_to_provider_id: message.reply_to.clone(),
        forwarded: message.forwarded,
        status: None,
        inbound_id: Some(source.id),
    };
    if !store::message::insert(tx, workspace, &row).await? {
        return Ok(());
    }
    store::fail_point!("apply.filed");
    if let Some((reference, media)) = media {
        let media_row = MediaRow {
            message_id: Some(id),
            kind: reference.kind,
            media,
            storage_key: None,
            thumbnail_key: None,
            source: Some(serde_json::to_string(&reference).map_err(Error::internal)?),
            key: None,
            thumbnail_file_key: None,
        };
        store::media::insert(tx, workspace, &media_row, now, None).await?;
        jobs::enqueue_fetch(tx, scope, media_row.media.id).await?;
        effects.jobs = true;
    }
    let last = last_message(&row);
    let turn = store::conversation::inbound(tx, workspace, conversation, &last, by_customer, now).await?;
    effects.changes.push(NewChange::message(id, conversation));
    if by_customer {
        store::identity::inbound_at(tx, workspace, person.identity, at).await?;
        let said = row.content.text();
        if live.is_none() && notice::tell(tx, scope, person, conversation, said, &mut effects.changes).await?
        {
            effects.sendings = true;
        }
        let stop = match &row.content {
            Content::Text { text } if model::is_stop_word(text) => Some(text),
            _ => None,
        };
        if let Some(text) = stop
            && consent::stopped(tx, workspace, person.contact, id, text, now).await?
        {
            let line = activity::line("consent_withdrawn");
            activity::write(tx, workspace, ids, inbox, conversation, line, now, &mut effects.changes).await?;
        }
        // Who wants no messages is not answered by a machine either.
        if turn == Some(Turn::Bot) && stop.is_none() {
            effects.jobs |= bot::heard(tx, scope, conversation, id, &mut effects.changes).await?;
        }
    }
    Ok(())
}

/// The short form of a message for lists.
pub(crate) fn last_message(row: &NewRow) -> LastMessage {
    LastMessage {
        id: row.id,
        direction: row.direction,
        kind: row.content.kind().to_owned(),
        preview: row.content.preview(),
        at: row.at,
        status: row.status.as_ref().map(|status| status.state),
    }
}

/// The one conversation of a person with an inbox; a resolved one opens again.
async fn conversation_of(
    tx: &mut Tx,
    scope: Scope<'_>,
    person: &Person,
    changes: &mut Vec<NewChange>,
) -> Result<ConversationId> {
    let Scope { workspace, inbox, ids, now } = scope;
    match store::conversation::open_of(tx, workspace, inbox, person.identity).await? {
        Some((id, state)) => {
            if state == ConversationState::Resolved {
                store::conversation::set_state(tx, workspace, id, ConversationState::Open, None, now).await?;
                // Whose it is is read when nobody can take it any more.
                let facts = store::conversation::facts(tx, workspace, id).await?;
                if facts.is_some_and(|facts| facts.assignee_id.is_none()) {
                    let turn = bot::first_turn(tx, workspace, inbox, now).await?;
                    store::conversation::assign(tx, workspace, id, None, turn, now).await?;
                    store::bot::forget(tx, workspace, id).await?;
                }
                let line = activity::line("reopened");
                activity::write(tx, workspace, ids, inbox, id, line, now, changes).await?;
            }
            Ok(id)
        }
        None => {
            let id = ids.next();
            let new = NewConversation {
                id,
                inbox_id: inbox,
                identity_id: person.identity,
                contact_id: person.contact,
                turn: bot::first_turn(tx, workspace, inbox, now).await?,
                now,
            };
            store::conversation::insert(tx, workspace, &new).await?;
            store::fail_point!("apply.opened");
            Ok(id)
        }
    }
}

fn content_of(ids: &Ids, body: &Body) -> (Content, Option<(MediaRef, Media)>) {
    match body {
        Body::Whole(content) => (content.clone(), None),
        Body::Media { media: reference, caption } => {
            let id: MediaId = ids.next();
            let mut media = Media::pending(id, &reference.mime);
            media.name =
                reference.name.as_deref().map(crate::upload::safe_name).filter(|name| !name.is_empty());
            media.animated = reference.animated;
            let content = Content::of_media(reference.kind, media.clone(), caption.clone());
            (content, Some((reference.clone(), media)))
        }
    }
}

/// Applies a reaction, change or withdrawal; `false` when the message it amends is not here.
pub(crate) async fn amend(
    tx: &mut Tx,
    scope: Scope<'_>,
    event: &Event,
    changes: &mut Vec<NewChange>,
) -> Result<bool> {
    let Scope { workspace, inbox, now, .. } = scope;
    let (target, sender, at) = match event {
        Event::Reaction { target, sender, at, .. }
        | Event::Edit { target, sender, at, .. }
        | Event::Revoke { target, sender, at } => (target, sender, at.unwrap_or(now).min(now)),
        _ => return Ok(true),
    };
    let known = store::message::by_provider(tx, workspace, inbox, target).await?;
    let Some(found) = known else { return Ok(false) };
    let Some(facts) = store::conversation::facts(tx, workspace, found.conversation_id).await? else {
        return Ok(false);
    };
    // Only the person of this conversation may amend it, and only their own messages may be changed.
    let Some(person) = person::resolve(tx, scope, sender, changes).await? else { return Ok(true) };
    if person.identity != facts.identity_id {
        return Ok(true);
    }
    let own = found.direction == Direction::In;
    match event {
        Event::Reaction { emoji, .. } => {
            let emoji = emoji.as_deref().filter(|emoji| !emoji.is_empty());
            store::reaction::set(tx, workspace, found.id, ReactionBy::Contact, emoji, None, at).await?;
            // A reaction is a message of the customer: it opens the window (Cloud API, customer service window).
            store::conversation::heard(tx, workspace, found.conversation_id, at).await?;
            store::identity::inbound_at(tx, workspace, facts.identity_id, at).await?;
        }
        Event::Edit { body: Body::Whole(content), .. } if own => {
            store::message::edit(tx, workspace, found.id, content, at).await?;
        }
        Event::Edit { body: Body::Media { caption, .. }, .. } if own => {
            // The file of a message cannot be exchanged, only the text under it.
            store::message::edit_caption(tx, workspace, found.id, caption.as_deref(), at).await?;
        }
        Event::Revoke { .. } if own => {
            store::message::revoke(tx, workspace, found.id, at).await?;
        }
        _ => return Ok(true),
    }
    changes.push(NewChange::message(found.id, found.conversation_id));
    Ok(true)
}

/// Applies a report about a message of ours, which may come before our own sending has returned.
async fn receipt(
    tx: &mut Tx,
    scope: Scope<'_>,
    provider_id: &str,
    callback: Option<&str>,
    report: &Report,
    recipient: &Sender,
    effects: &mut Effects,
) -> Result<()> {
    let Scope { workspace, inbox, now, .. } = scope;
    let mut found = store::message::reported(tx, workspace, inbox, provider_id).await?;
    if found.is_none()
        && let Some(id) = callback.and_then(|callback| callback.parse::<OutboundId>().ok())
        && let Some(message) = sending(tx, scope, id).await?
    {
        store::message::set_provider_id(tx, workspace, message.id, provider_id).await?;
        found = store::message::reported(tx, workspace, inbox, provider_id).await?;
    }
    let Some(found) = found else {
        store::report::put(tx, workspace, inbox, provider_id, report, now).await?;
        return Ok(());
    };
    if found.direction != Direction::Out {
        return Ok(());
    }
    if found.sending {
        // The provider knows the message: whatever our own sending thinks, it has been taken.
        store::outbound::delete_by_message(tx, workspace, found.message).await?;
        effects.sendings = true;
    }
    if !found.user_known {
        let user = recipient.user_id.as_deref();
        person::learn_user_id(tx, workspace, inbox, found.identity, user).await?;
    }
    // A provider that does not say when means now.
    let report = Report { at: if report.at == Millis(0) { now } else { report.at }, ..report.clone() };
    if let Some(status) = store::message::report_on(tx, workspace, &found, &report).await? {
        if found.is_last {
            store::conversation::last_status(tx, workspace, found.conversation, found.message, status.state)
                .await?;
        }
        effects.changes.push(NewChange::message(found.message, found.conversation));
    }
    Ok(())
}

/// The message whose sending a report's callback value names. What the provider sends back is input from outside:
/// it must name a sending of this inbox. Of a reaction or read receipt of ours there is no message.
async fn sending(
    tx: &mut Tx,
    scope: Scope<'_>,
    id: OutboundId,
) -> Result<Option<store::message::MessageRef>> {
    let row = store::outbound::get(tx, scope.workspace, id).await?.filter(|row| row.inbox_id == scope.inbox);
    match row.and_then(|row| row.message_id) {
        Some(message) => Ok(store::message::reference(tx, scope.workspace, message).await?),
        None => Ok(None),
    }
}
