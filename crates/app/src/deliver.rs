//! One reply out: from the outbound queue to the provider.
//!
//! A sending is claimed by lease, in the order of its conversation. Before the one call that could put a message
//! on the customer's screen the state `posting` is stored, so that after a crash nobody sends blindly again: a
//! sending that was cut off there is uncertain until the provider reports about it.

use channels::{Answer, Channel, Outgoing, Recipient, SendState, Step, What};
use model::{
    Content, ConversationId, DeliveryState, Failure, FailureCode, IdentityId, Ids, InboxId, MediaKind,
    MediaState, MessageId, Millis, ReactionBy, Report, Window, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use store::event::NewChange;
use store::identity::IdentityRow;
use store::inbox::InboxRow;
use store::outbound::{NewOutbound, OutboundKind, Sending};

use crate::{App, Error, Result, hooks};

/// How long a claimed sending is left alone: longer than all its calls together may take.
const LEASE: Millis = Millis::minutes(8);
/// How many calls one try may make.
const MAX_CALLS: usize = 6;
/// The longest wait before a message is tried again.
const MAX_WAIT: Millis = Millis::minutes(5);

/// What a sending is to say, as stored. Everything else is looked up when its turn comes, because by then a
/// quoted message has its provider id and a file has its place.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub(crate) enum Intent {
    /// A message of the thread.
    Message { message: MessageId },
    /// A reaction; empty takes it back.
    Reaction { target: MessageId, emoji: String },
    /// We read up to a message, and perhaps type.
    Read { provider_id: String, typing: bool },
}

impl Intent {
    /// Its kind, as stored.
    fn kind(&self) -> OutboundKind {
        match self {
            Self::Message { .. } => OutboundKind::Message,
            Self::Reaction { .. } => OutboundKind::Reaction,
            Self::Read { .. } => OutboundKind::Read,
        }
    }
}

/// For how long a message may wait to be sent.
const MESSAGE_LIFE: Millis = Millis::hours(24);
/// For how long a read receipt or typing is worth sending.
const READ_LIFE: Millis = Millis::minutes(1);

/// Where a sending goes.
#[derive(Clone, Copy)]
pub(crate) struct Destination {
    pub inbox: InboxId,
    pub conversation: ConversationId,
    pub identity: IdentityId,
}

/// Queues a sending, in the transaction that caused it.
pub(crate) async fn enqueue(
    tx: &mut store::Tx,
    workspace: WorkspaceId,
    ids: &Ids,
    to: Destination,
    intent: &Intent,
    now: Millis,
) -> Result<()> {
    let kind = intent.kind();
    let new = NewOutbound {
        id: ids.next(),
        message_id: match intent {
            Intent::Message { message } => Some(*message),
            _ => None,
        },
        inbox_id: to.inbox,
        conversation_id: to.conversation,
        identity_id: to.identity,
        kind,
        intent: serde_json::to_string(intent).map_err(Error::internal)?,
        next_at: now,
        deadline: now + if kind == OutboundKind::Read { READ_LIFE } else { MESSAGE_LIFE },
        created_at: now,
    };
    store::outbound::insert(tx, workspace, &new).await?;
    Ok(())
}

/// A sending that this process holds.
pub(crate) enum Due {
    /// Its turn has come.
    Send(Sending),
    /// Another process held it and died.
    Resume(Sending),
}

/// Claims up to `limit` sendings that are due.
pub(crate) async fn claim(app: &App, limit: i64) -> Result<Vec<Due>> {
    let (now, lease) = (app.now(), app.now() + LEASE);
    app.write(move |tx| {
        Box::pin(async move {
            let cut_off = store::outbound::expired(tx, now, lease, limit).await?;
            let room = limit - i64::try_from(cut_off.len()).unwrap_or(limit);
            let due = store::outbound::claim(tx, now, lease, room).await?;
            Ok(cut_off.into_iter().map(Due::Resume).chain(due.into_iter().map(Due::Send)).collect())
        })
    })
    .await
}

/// Does one claimed sending.
pub(crate) async fn run(app: &App, due: Due) {
    let (sending, result) = match due {
        Due::Send(sending) => {
            let result = send(app, &sending).await;
            (sending, result)
        }
        Due::Resume(sending) => {
            let result = resume(app, &sending).await;
            (sending, result)
        }
    };
    if let Err(error) = result {
        // The lease runs out and the sending is looked at again.
        tracing::error!(outbound = %sending.id, %error, "a sending failed on our side");
    }
}

/// A process died while it held this sending.
async fn resume(app: &App, sending: &Sending) -> Result<()> {
    // Reading and reacting twice is harmless; writing twice is not.
    if sending.kind == OutboundKind::Message && matches!(state_of(sending), SendState::Posting { .. }) {
        let failure =
            failure(FailureCode::Timeout, "the server stopped while the message was being handed over");
        return conclude(app, sending, Conclusion::Uncertain(failure)).await;
    }
    let now = app.now();
    conclude(app, sending, Conclusion::Retry { at: now, counted: false }).await
}

fn state_of(sending: &Sending) -> SendState {
    sending.send_state.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// What becomes of a sending.
enum Conclusion {
    Sent { provider_id: Option<String>, user_id: Option<String> },
    Retry { at: Millis, counted: bool },
    Failed(Failure),
    Uncertain(Failure),
}

fn failure(code: FailureCode, detail: &str) -> Failure {
    Failure { code, provider_code: None, detail: Some(detail.to_owned()), retryable: true }
}

async fn send(app: &App, sending: &Sending) -> Result<()> {
    let conclusion = match prepare(app, sending).await? {
        Ok(ready) => attempt(app, sending, ready).await?,
        Err(conclusion) => Some(conclusion),
    };
    match conclusion {
        Some(conclusion) => conclude(app, sending, conclusion).await,
        // Somebody else holds the sending by now.
        None => Ok(()),
    }
}

/// Everything that a sending needs.
struct Ready {
    channel: &'static dyn Channel,
    inbox: InboxRow,
    outgoing: Outgoing,
}

/// Looks up what a sending needs, or concludes that it cannot be sent now.
async fn prepare(app: &App, sending: &Sending) -> Result<std::result::Result<Ready, Conclusion>> {
    let now = app.now();
    let intent: Intent = serde_json::from_str(&sending.intent).map_err(Error::internal)?;
    if now >= sending.deadline {
        let failure = failure(FailureCode::Expired, "the message waited too long to be sent");
        return Ok(Err(Conclusion::Failed(failure)));
    }
    let (workspace, inbox, identity) = (sending.workspace, sending.inbox_id, sending.identity_id);
    let found = app
        .read(move |tx| {
            Box::pin(async move {
                let inbox = store::inbox::get(tx, workspace, inbox).await?;
                let identity = store::identity::get(tx, workspace, identity).await?;
                let what = what(tx, workspace, &intent).await?;
                Ok((inbox, identity, what))
            })
        })
        .await?;
    let (Some(inbox), Some(identity), what) = found else {
        let failure = failure(FailureCode::BadRequest, "the inbox is no longer connected");
        return Ok(Err(Conclusion::Failed(failure)));
    };
    let (what, reply_to) = match what {
        Said::Ready(what, reply_to) => (what, reply_to),
        // A quoted or reacted-to message of ours is on its way; it will be known in a moment.
        Said::Wait => return Ok(Err(Conclusion::Retry { at: now + Millis::seconds(2), counted: false })),
        Said::Never(failure) => return Ok(Err(Conclusion::Failed(failure))),
    };
    let channel = channels::channel(inbox.kind);
    let is_message = !matches!(what, What::Read { .. });
    let hours = channel.about().capabilities.window_hours;
    if is_message && !Window::at(now, identity.last_inbound_at, hours).allows_free_form() {
        return Ok(Err(Conclusion::Failed(Failure {
            retryable: false,
            ..failure(FailureCode::WindowClosed, "")
        })));
    }
    if is_message && let Err(at) = app.pace.reserve(channel.pacing(), inbox.id, identity.id, now) {
        return Ok(Err(Conclusion::Retry { at, counted: false }));
    }
    let outgoing =
        Outgoing { to: recipient(&identity), what, reply_to, callback: Some(sending.id.to_string()) };
    Ok(Ok(Ready { channel, inbox, outgoing }))
}

fn recipient(identity: &IdentityRow) -> Recipient {
    Recipient { user_id: identity.user_id.clone(), phone: identity.phone.clone() }
}

/// What an intent says in the channel's terms.
enum Said {
    Ready(What, Option<String>),
    Wait,
    Never(Failure),
}

async fn what(tx: &mut store::Tx, workspace: WorkspaceId, intent: &Intent) -> Result<Said> {
    match intent {
        Intent::Read { provider_id, typing } => {
            Ok(Said::Ready(What::Read { target: provider_id.clone(), typing: *typing }, None))
        }
        Intent::Reaction { target, emoji } => {
            let target = store::message::reference(tx, workspace, *target).await?;
            Ok(match target.map(|found| found.provider_id) {
                Some(Some(target)) => Said::Ready(What::Reaction { target, emoji: emoji.clone() }, None),
                Some(None) => Said::Wait,
                None => Said::Never(failure(FailureCode::BadRequest, "the message is gone")),
            })
        }
        Intent::Message { message } => {
            let Some(found) = store::message::outgoing(tx, workspace, *message).await? else {
                return Ok(Said::Never(failure(FailureCode::BadRequest, "the message is gone")));
            };
            let what = match &found.content {
                Content::Text { text } => What::Text { text: text.clone() },
                Content::Location { latitude, longitude, name, address, .. } => What::Location {
                    latitude: *latitude,
                    longitude: *longitude,
                    name: name.clone(),
                    address: address.clone(),
                },
                content => match file_of(tx, workspace, content).await? {
                    Some(what) => what,
                    None => {
                        return Ok(Said::Never(failure(
                            FailureCode::Media,
                            "the file is not in the media store",
                        )));
                    }
                },
            };
            Ok(Said::Ready(what, found.reply_to_provider_id))
        }
    }
}

async fn file_of(tx: &mut store::Tx, workspace: WorkspaceId, content: &Content) -> Result<Option<What>> {
    let Some(media) = content.media() else { return Ok(None) };
    let Some(row) = store::media::get(tx, workspace, media.id).await? else { return Ok(None) };
    let Some(key) = row.storage_key.filter(|_| row.media.state == MediaState::Ready) else { return Ok(None) };
    let kind = if row.media.voice || media.voice { MediaKind::Voice } else { row.kind };
    let caption = match content {
        Content::Image { caption, .. }
        | Content::Video { caption, .. }
        | Content::Document { caption, .. } => caption.clone(),
        _ => None,
    };
    Ok(Some(What::Media { kind, key, mime: row.media.mime, name: row.media.name, caption }))
}

/// Makes the channel's calls; `None` when somebody else holds the sending by now.
async fn attempt(app: &App, sending: &Sending, ready: Ready) -> Result<Option<Conclusion>> {
    let account = hooks::account(&ready.inbox);
    let mut state = state_of(sending);
    let mut answer: Option<Answer> = None;
    for _ in 0..MAX_CALLS {
        match ready.channel.send(&account, &ready.outgoing, &state, answer.as_ref()) {
            Step::Call { request, next } => {
                if !advance(app, sending, &next).await? {
                    return Ok(None);
                }
                answer = Some(app.egress.call(&request, &app.files).await);
                state = next;
            }
            Step::Sent { provider_id, user_id } => {
                return Ok(Some(Conclusion::Sent { provider_id, user_id }));
            }
            Step::Retry { after, pair, from, failure } => {
                if !advance(app, sending, &from).await? {
                    return Ok(None);
                }
                let wait = after.unwrap_or_else(|| backoff(app, sending.attempts, pair));
                let at = app.now() + wait;
                if !pair && matches!(failure.code, FailureCode::RateLimited) {
                    app.pace.silence(sending.inbox_id, at);
                }
                tracing::info!(outbound = %sending.id, code = failure.code.as_str(), "a sending is tried again later");
                return Ok(Some(if at < sending.deadline {
                    Conclusion::Retry { at, counted: true }
                } else {
                    Conclusion::Failed(failure)
                }));
            }
            Step::Failed(failure) => return Ok(Some(Conclusion::Failed(failure))),
            Step::Uncertain(failure) => return Ok(Some(Conclusion::Uncertain(failure))),
        }
    }
    Ok(Some(Conclusion::Failed(failure(FailureCode::ProviderError, "the provider asked for too many calls"))))
}

/// Stores how far the channel got; `false` when somebody else holds the sending by now.
async fn advance(app: &App, sending: &Sending, state: &SendState) -> Result<bool> {
    let (workspace, id, fence) = (sending.workspace, sending.id, sending.fence);
    let stored = serde_json::to_string(state).map_err(Error::internal)?;
    app.write(move |tx| {
        Box::pin(async move { Ok(store::outbound::advance(tx, workspace, id, fence, &stored).await?) })
    })
    .await
}

/// The wait before the next try: 4^n seconds where the provider's rule for one customer says so (Cloud API,
/// error 131056), else doubling with jitter.
fn backoff(app: &App, attempts: i64, pair: bool) -> Millis {
    let base = if pair { 4_i64 } else { 2 };
    let exponent = u32::try_from(attempts.clamp(0, 8)).unwrap_or(0);
    let wait = Millis(base.saturating_pow(exponent).saturating_mul(1000)).min(MAX_WAIT);
    if pair { wait } else { wait + Millis(app.entropy.below(500).cast_signed()) }
}

/// Records what became of a sending, in one transaction with the message's status.
async fn conclude(app: &App, sending: &Sending, conclusion: Conclusion) -> Result<()> {
    let (sending, now, retrying) =
        (sending.clone(), app.now(), matches!(conclusion, Conclusion::Retry { .. }));
    let workspace = sending.workspace;
    // A reaction that the provider refused must not look as if the customer saw it.
    let refused_reaction = match serde_json::from_str(&sending.intent) {
        Ok(Intent::Reaction { target, .. }) => {
            Some((target, NewChange::message(target, sending.conversation_id)))
        }
        _ => None,
    };
    let seq = app
        .write(move |tx| {
            Box::pin(async move {
                let Sending { id, fence, message_id, inbox_id, conversation_id, identity_id, .. } = sending;
                let mut reports = Vec::new();
                // A report of the provider may have settled the sending already: then `held` is false, and what
                // we learned of the message still counts.
                match conclusion {
                    Conclusion::Sent { provider_id, user_id } => {
                        store::outbound::done(tx, workspace, id, fence).await?;
                        reports.push(Report { state: DeliveryState::Accepted, at: now, failure: None });
                        if let (Some(message), Some(provider_id)) = (message_id, &provider_id) {
                            store::message::set_provider_id(tx, workspace, message, provider_id).await?;
                            reports.extend(store::report::take(tx, workspace, inbox_id, provider_id).await?);
                        }
                        learn_user_id(tx, workspace, inbox_id, identity_id, user_id).await?;
                    }
                    Conclusion::Retry { at, counted } => {
                        store::outbound::retry(tx, workspace, id, fence, at, counted).await?;
                    }
                    Conclusion::Failed(failure) => {
                        if let Some((target, change)) = refused_reaction {
                            store::outbound::done(tx, workspace, id, fence).await?;
                            store::message::react(tx, workspace, target, ReactionBy::Agent, None, None, now)
                                .await?;
                            return Ok(Some(store::event::append(tx, workspace, &[change], now).await?));
                        }
                        if store::outbound::done(tx, workspace, id, fence).await? {
                            reports.push(Report {
                                state: DeliveryState::Failed,
                                at: now,
                                failure: Some(failure),
                            });
                        }
                    }
                    Conclusion::Uncertain(failure) => {
                        if store::outbound::uncertain(tx, workspace, id, fence).await? {
                            reports.push(Report {
                                state: DeliveryState::Uncertain,
                                at: now,
                                failure: Some(failure),
                            });
                        }
                    }
                }
                let Some(message) = message_id else { return Ok(None) };
                let mut changed = None;
                for report in &reports {
                    changed = store::message::report(tx, workspace, message, report).await?.or(changed);
                }
                let Some(status) = changed else { return Ok(None) };
                store::conversation::last_status(tx, workspace, conversation_id, message, status.state)
                    .await?;
                let change = NewChange::message(message, conversation_id);
                Ok(Some(store::event::append(tx, workspace, &[change], now).await?))
            })
        })
        .await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    if !retrying {
        // The conversation's next message may have waited for this one.
        app.bell.outbound();
    }
    Ok(())
}

async fn learn_user_id(
    tx: &mut store::Tx,
    workspace: WorkspaceId,
    inbox: InboxId,
    identity: IdentityId,
    user_id: Option<String>,
) -> Result<()> {
    let Some(user) = user_id else { return Ok(()) };
    let Some(mut row) = store::identity::get(tx, workspace, identity).await? else { return Ok(()) };
    if row.user_id.is_none() && store::identity::by_user(tx, workspace, inbox, &user).await?.is_none() {
        row.user_id = Some(user);
        store::identity::update(tx, workspace, &row).await?;
    }
    Ok(())
}
