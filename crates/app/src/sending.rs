//! One sending: what it says, and the calls that say it.
//!
//! Before the one call that could put a message on the customer's screen the state `posting` is durable, so that after
//! a crash nobody sends blindly again: a sending that was cut off there is uncertain until the provider reports about
//! it.

use std::sync::Arc;

use channels::{Account, Answer, Channel, Outgoing, Recipient, Request, SendState, Step, What};
use model::{Content, Failure, FailureCode, MediaKind, MediaState, Millis, Purpose, Window};
use store::Class;
use store::identity::IdentityRow;
use store::outbound::{OutboundKind, Sending};
use tokio::time::Instant;
use vault::FileKey;

use crate::conclude::Conclusion;
use crate::deliver::Intent;
use crate::outbox::Lane;
use crate::{App, Error, Result, consent};

/// How many calls one try may make.
const MAX_CALLS: usize = 6;
/// The longest wait before a message is tried again.
const MAX_WAIT: Millis = Millis::minutes(5);
/// How long to wait for the provider's id of a quoted message.
const QUOTED_WAIT: Millis = Millis::seconds(2);
/// The most messages that may have been sent to a customer in the time that a burst is remembered.
const MOST_RECENT: i64 = 64;

/// An inbox as its sendings need it.
#[derive(Clone)]
pub(crate) struct Sender {
    pub channel: &'static dyn Channel,
    pub account: Arc<Account>,
}

/// A sending that may be started now: its first call's state is stored.
pub(crate) struct Ready {
    pub sending: Sending,
    sender: Sender,
    outgoing: Outgoing,
    /// How far it is without the first call.
    before: SendState,
    /// The first call and how far it leads.
    first: (Box<Request>, SendState),
    /// What opens the file that goes with it.
    file: Option<FileKey>,
}

impl Ready {
    /// Whether the provider counts it as a message.
    pub(crate) fn is_message(&self) -> bool {
        self.sending.kind != OutboundKind::Read
    }
}

/// What a look at a claimed sending tells.
pub(crate) enum Prepared {
    Ready(Box<Ready>),
    /// There is nothing to call now.
    Over(Conclusion),
}

pub(crate) fn failure(code: FailureCode, detail: &str) -> Failure {
    Failure { code, provider_code: None, detail: Some(detail.to_owned()), retryable: true }
}

/// How far a sending got, as stored.
pub(crate) fn state_of(sending: &Sending) -> SendState {
    sending.send_state.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// The present moment, on both clocks.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// The time of day.
    pub wall: Millis,
    /// The time that never jumps.
    pub steady: Instant,
}

/// Looks up what a claimed sending needs and stores the state of its first call, or concludes that there is none now.
/// `sender` is `None` when the inbox is gone.
pub(crate) async fn prepare(
    tx: &mut store::Tx,
    sender: Option<&Sender>,
    lane: &Lane,
    sending: Sending,
    now: Moment,
) -> Result<Prepared> {
    let over = |conclusion| Ok(Prepared::Over(conclusion));
    let failed = |code, detail: &str| Ok(Prepared::Over(Conclusion::Failed(failure(code, detail))));
    let before = state_of(&sending);
    let wait = |at| Conclusion::Retry { at, counted: false, from: before.clone(), silence: false };
    if now.wall >= sending.deadline {
        return failed(FailureCode::Expired, "the message waited too long to be sent");
    }
    let Some(sender) = sender else {
        return failed(FailureCode::BadRequest, "the inbox is no longer connected");
    };
    let Some(identity) = store::identity::get(tx, sending.workspace, sending.identity_id).await? else {
        return failed(FailureCode::BadRequest, "the customer's address is gone");
    };
    let (what, reply_to, file) = match what(tx, &sending, now.wall).await? {
        Said::Ready(what, reply_to, file) => (what, reply_to, file),
        // A quoted or reacted-to message of ours is on its way; it will be known in a moment.
        Said::Wait => return over(wait(now.wall + QUOTED_WAIT)),
        Said::Never(failure) => return over(Conclusion::Failed(failure)),
    };
    if sending.kind != OutboundKind::Read {
        let hours = sender.channel.about().capabilities.window_hours;
        if !Window::at(now.wall, identity.last_inbound_at, hours).allows_free_form() {
            let failure = Failure { retryable: false, ..failure(FailureCode::WindowClosed, "") };
            return over(Conclusion::Failed(failure));
        }
        if let Err(wait_for) = turn_of(tx, lane, &sending, now).await? {
            return over(wait(now.wall + wait_for));
        }
    }
    let callback = Some(sending.id.to_string());
    let outgoing = Outgoing { to: recipient(&identity), what, reply_to, callback };
    let step = sender.channel.send(&sender.account, &outgoing, &before, None);
    let first = match next(step, &sending, now.wall, Millis::default) {
        Next::Call(request, next) => (request, next),
        Next::Over(conclusion) => return over(conclusion),
    };
    let stored = serde_json::to_string(&first.1).map_err(Error::internal)?;
    store::outbound::advance(tx, sending.workspace, sending.id, sending.fence, &stored).await?;
    Ok(Prepared::Ready(Box::new(Ready { sending, sender: sender.clone(), outgoing, before, first, file })))
}

/// Takes the customer's turn, or tells how long to wait for it. What another node sent to them lately counts.
async fn turn_of(
    tx: &mut store::Tx,
    lane: &Lane,
    sending: &Sending,
    now: Moment,
) -> Result<std::result::Result<(), Millis>> {
    if lane.pace().must_ask(sending.identity_id, now.steady) {
        let (workspace, conversation) = (sending.workspace, sending.conversation_id);
        let recent = store::outbound::recent(tx, workspace, conversation, MOST_RECENT).await?;
        let ages = recent.iter().map(|at| now.wall - *at).filter(|age| age.0 >= 0);
        let ages = ages.map(|age| std::time::Duration::from_millis(age.0.cast_unsigned())).collect();
        lane.pace().remind(sending.identity_id, ages, now.steady);
    }
    let turn = lane.pace().turn_of(sending.identity_id, now.steady);
    // Rounded up, so that the turn has come by then.
    Ok(turn.map_err(|wait| Millis(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).saturating_add(1))))
}

/// A customer's address in the channels' terms.
pub(crate) fn recipient(identity: &IdentityRow) -> Recipient {
    Recipient { user_id: identity.user_id.clone(), phone: identity.phone.clone() }
}

/// What an intent says in the channel's terms.
enum Said {
    Ready(What, Option<String>, Option<FileKey>),
    Wait,
    Never(Failure),
}

/// Whether the customer still allows messages for a purpose: they may have taken it back since it was written.
async fn allowed(tx: &mut store::Tx, sending: &Sending, purpose: Purpose, now: Millis) -> Result<bool> {
    let facts = store::conversation::facts(tx, sending.workspace, sending.conversation_id).await?;
    match facts {
        Some(facts) => consent::may_send(tx, sending.workspace, facts.contact_id, purpose, now).await,
        None => Ok(false),
    }
}

async fn what(tx: &mut store::Tx, sending: &Sending, now: Millis) -> Result<Said> {
    let workspace = sending.workspace;
    let never = |code, detail| Ok(Said::Never(failure(code, detail)));
    // One that cannot be read must not hold up the others of its turn.
    let Ok(intent) = serde_json::from_str(&sending.intent) else {
        return never(FailureCode::BadRequest, "what was to be sent cannot be read");
    };
    match intent {
        Intent::Read { provider_id, typing } => {
            Ok(Said::Ready(What::Read { target: provider_id, typing }, None, None))
        }
        Intent::Reaction { target, emoji } => {
            let target = store::message::reference(tx, workspace, target).await?;
            match target.map(|found| found.provider_id) {
                Some(Some(target)) => Ok(Said::Ready(What::Reaction { target, emoji }, None, None)),
                Some(None) => Ok(Said::Wait),
                None => never(FailureCode::BadRequest, "the message is gone"),
            }
        }
        Intent::Message { message, purpose } => {
            if purpose != Purpose::Service && !allowed(tx, sending, purpose, now).await? {
                return never(
                    FailureCode::BlockedByUs,
                    "the customer has not agreed to messages for this purpose",
                );
            }
            let found = match store::message::outgoing(tx, workspace, message).await {
                Err(store::Error::Corrupt(_)) => {
                    return never(FailureCode::BadRequest, "what was to be sent cannot be read");
                }
                found => found?,
            };
            let Some(found) = found else { return never(FailureCode::BadRequest, "the message is gone") };
            let mut file = None;
            let what = match found.content {
                Content::Text { text } => What::Text { text },
                Content::Choices { text, label, choices } => What::Choices { text, label, choices },
                Content::Location { latitude, longitude, name, address, .. } => {
                    What::Location { latitude, longitude, name, address }
                }
                content => match file_of(tx, workspace, &content).await? {
                    Some((what, key)) => {
                        file = key;
                        what
                    }
                    None => return never(FailureCode::Media, "the file is not in the media store"),
                },
            };
            Ok(Said::Ready(what, found.reply_to_provider_id, file))
        }
    }
}

async fn file_of(
    tx: &mut store::Tx,
    workspace: model::WorkspaceId,
    content: &Content,
) -> Result<Option<(What, Option<FileKey>)>> {
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
    let what = What::Media { kind, key, mime: row.media.mime, name: row.media.name, caption };
    Ok(Some((what, row.key)))
}

/// Where a channel's step leads.
enum Next {
    Call(Box<Request>, SendState),
    Over(Conclusion),
}

/// What a channel's step means for a sending at `now`; `jitter` spreads what would come back at once.
fn next(step: Step, sending: &Sending, now: Millis, jitter: impl FnOnce() -> Millis) -> Next {
    Next::Over(match step {
        Step::Call { request, next } => return Next::Call(request, next),
        Step::Sent { provider_id, user_id } => Conclusion::Sent { provider_id, user_id },
        Step::Failed(failure) => Conclusion::Failed(failure),
        Step::Uncertain(failure) => Conclusion::Uncertain(failure),
        Step::Retry { after, pair, from, failure } => {
            let at = now + after.unwrap_or_else(|| backoff(sending.attempts, pair, jitter));
            tracing::info!(outbound = %sending.id, code = failure.code.as_str(), "a sending is tried again later");
            if at >= sending.deadline {
                Conclusion::Failed(failure)
            } else {
                let silence = !pair && failure.code == FailureCode::RateLimited;
                Conclusion::Retry { at, counted: true, from, silence }
            }
        }
    })
}

/// The wait before the next try: 4^n seconds where the provider's rule for one customer says so (Cloud API,
/// error 131056), else doubling with jitter.
fn backoff(attempts: i64, pair: bool, jitter: impl FnOnce() -> Millis) -> Millis {
    let base = if pair { 4_i64 } else { 2 };
    let exponent = u32::try_from(attempts.clamp(0, 8)).unwrap_or(0);
    let wait = Millis(base.saturating_pow(exponent).saturating_mul(1000)).min(MAX_WAIT);
    if pair { wait } else { wait + jitter() }
}

/// Makes a sending's calls. Gives its place in the pace back.
pub(crate) async fn perform(app: &App, lane: &Lane, ready: Ready) -> (Sending, Conclusion) {
    let counted = ready.is_message();
    let mut place = Place { lane: counted.then_some(lane), called: false };
    let Ready { sending, sender, outgoing, before, first, file } = ready;
    let way = Way { sender: &sender, outgoing: &outgoing, file: file.as_ref() };
    let conclusion = calls(app, lane, &sending, way, before, first, &mut place.called).await;
    drop(place);
    let conclusion = conclusion.unwrap_or_else(|error| {
        // Only storing a state before a call can fail, so the call was not made.
        tracing::error!(outbound = %sending.id, %error, "a sending failed on our side");
        Conclusion::Retry { at: app.now(), counted: false, from: state_of(&sending), silence: false }
    });
    if let Conclusion::Retry { at, silence: true, .. } = conclusion {
        lane.silence(at, Moment { wall: app.now(), steady: Instant::now() });
    }
    (sending, conclusion)
}

/// A message's place in the pace, given back also when its task ends in the middle.
struct Place<'a> {
    lane: Option<&'a Lane>,
    called: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(lane) = self.lane {
            lane.pace().end(self.called, Instant::now());
        }
    }
}

/// What a sending goes with.
struct Way<'a> {
    sender: &'a Sender,
    outgoing: &'a Outgoing,
    file: Option<&'a FileKey>,
}

async fn calls(
    app: &App,
    lane: &Lane,
    sending: &Sending,
    way: Way<'_>,
    before: SendState,
    first: (Box<Request>, SendState),
    called: &mut bool,
) -> Result<Conclusion> {
    let Way { sender, outgoing, file } = way;
    let mut from = before;
    let (mut request, mut state) = first;
    for call in 0..MAX_CALLS {
        // The first call's state was stored with the claim.
        if call > 0 && !advance(app, sending, &state).await? {
            return Ok(Conclusion::Lost);
        }
        store::fail_point!("send.advanced");
        if !lane.is_held(app.now(), Instant::now()) {
            // This process slept: another node may send for the inbox by now. This call was not made.
            return Ok(Conclusion::Retry { at: app.now(), counted: false, from, silence: false });
        }
        store::fail_point!("send.held");
        let answer = app.egress.call_with(&request, &app.files, file).await;
        store::fail_point!("send.called");
        *called |= !matches!(answer, Answer::NotSent(_));
        match &answer {
            Answer::NotSent(_) | Answer::Unknown(_) | Answer::Http { status: 500.., .. } => {
                lane.pace().trouble(Instant::now());
            }
            Answer::Http { .. } => lane.pace().fine(),
        }
        let step = sender.channel.send(&sender.account, outgoing, &state, Some(&answer));
        let jitter = || Millis(app.entropy.below(500).cast_signed());
        match next(step, sending, app.now(), jitter) {
            Next::Call(more, further) => (request, from, state) = (more, state, further),
            Next::Over(conclusion) => return Ok(conclusion),
        }
    }
    Ok(Conclusion::Failed(failure(FailureCode::ProviderError, "the provider asked for too many calls")))
}

/// Stores how far the channel got; `false` when the lane was lost.
async fn advance(app: &App, sending: &Sending, state: &SendState) -> Result<bool> {
    let (workspace, id, fence) = (sending.workspace, sending.id, sending.fence);
    let stored = serde_json::to_string(state).map_err(Error::internal)?;
    app.write_as(Class::Send, workspace, move |tx| {
        Box::pin(async move { Ok(store::outbound::advance(tx, workspace, id, fence, &stored).await?) })
    })
    .await
}
