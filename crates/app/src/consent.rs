//! What customers allowed: the ledger, and the one question that whatever is sent for a purpose asks first.

use model::{
    Act, Consent, ConsentState, ConsentWay, ContactId, EventKind, MASKED, Mask, Masks, MessageId, Millis,
    Personal, Purpose, WorkspaceId,
};
use serde::Serialize;
use store::Tx;
use store::consent::{Head, NewConsent};
use store::event::NewChange;

use crate::audit::{self, Actor, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result, contact};

/// How many entries of a customer are shown.
const SHOWN: i64 = 200;
/// How many entries are looked at in one go.
const PORTION: i64 = 1000;
/// The most characters of a text's version.
const VERSION_MAX: usize = 60;
/// The most characters of what proves a consent.
const EVIDENCE_MAX: usize = 2000;

/// What a customer allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Consents {
    /// What holds now, a line for each purpose.
    pub states: Vec<ConsentState>,
    /// What was noted, the newest first, at most 200.
    pub entries: Vec<Consent>,
}

impl Personal for Consents {
    fn mask(&mut self, masks: Masks) {
        // What proves a consent is often the customer's own words, or a form with their particulars.
        if masks.hide(Mask::Attributes) {
            let proofs = self.entries.iter_mut().filter_map(|entry| entry.evidence.as_mut());
            proofs.for_each(|proof| MASKED.clone_into(proof));
        }
    }
}

/// A consent or its end, as somebody notes it.
#[derive(Debug, Clone)]
pub struct Noted {
    /// What for.
    pub purpose: Purpose,
    /// Whether it is given.
    pub given: bool,
    /// Which version of the text.
    pub text_version: String,
    /// How it came.
    pub way: ConsentWay,
    /// What proves it.
    pub evidence: Option<String>,
    /// The message that says it.
    pub message: Option<MessageId>,
    /// When; now where it is not said.
    pub at: Option<Millis>,
    /// When it ends by itself.
    pub expires_at: Option<Millis>,
}

/// Whether something may be sent to a customer for a purpose at this moment. Asked when a message is written and once
/// more when its turn to be sent comes, in the transaction that decides, so that what a customer takes back holds at once
/// on every node.
///
/// # Errors
/// When the store refuses.
pub async fn may_send(
    tx: &mut Tx,
    workspace: WorkspaceId,
    contact: ContactId,
    purpose: Purpose,
    now: Millis,
) -> Result<bool> {
    let entry = store::consent::latest(tx, workspace, contact, purpose).await?;
    Ok(ConsentState::of(purpose, entry, now).allowed)
}

/// Refuses what a customer has not allowed.
///
/// # Errors
/// [`Error::Conflict`] with the code `no_consent`.
pub(crate) async fn must_allow(
    tx: &mut Tx,
    workspace: WorkspaceId,
    contact: ContactId,
    purpose: Purpose,
    now: Millis,
) -> Result<()> {
    // An answer to what a customer asks is no message of our own accord.
    if purpose == Purpose::Service || may_send(tx, workspace, contact, purpose, now).await? {
        return Ok(());
    }
    let message = format!("the customer has not agreed to messages for this purpose ({})", purpose.as_str());
    Err(Error::Conflict { code: "no_consent", message })
}

/// What a customer allows, and what was noted of it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such customer.
pub async fn of(app: &App, caller: &Caller, contact: ContactId) -> Result<Consents> {
    let (workspace, visibility, now) = (caller.workspace, caller.visibility(), app.now());
    app.read(move |tx| {
        Box::pin(async move {
            contact::found(tx, workspace, &visibility, contact).await?;
            load(tx, workspace, contact, now).await
        })
    })
    .await
}

/// The same within a transaction.
pub(crate) async fn load(
    tx: &mut Tx,
    workspace: WorkspaceId,
    contact: ContactId,
    now: Millis,
) -> Result<Consents> {
    let mut states = Vec::new();
    for purpose in Purpose::ALL {
        let entry = store::consent::latest(tx, workspace, contact, purpose).await?;
        states.push(ConsentState::of(purpose, entry, now));
    }
    let entries = store::consent::of_contact(tx, workspace, contact, SHOWN).await?;
    Ok(Consents { states, entries })
}

/// Notes that a customer gave a consent or took it back.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields, [`Error::NotFound`] when there is no such customer.
pub async fn note(app: &App, caller: &Caller, contact: ContactId, noted: Noted) -> Result<Consents> {
    let now = app.now();
    let mut fields = Fields::new();
    let text_version = match noted.given {
        // Nobody agrees to nothing in particular.
        true => fields.line("text_version", &noted.text_version, VERSION_MAX),
        false => noted.text_version.trim().chars().take(VERSION_MAX).collect(),
    };
    let evidence = noted.evidence.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let evidence = evidence.map(|text| fields.text("evidence", text, EVIDENCE_MAX));
    let at = noted.at.unwrap_or(now);
    if at > now {
        fields.wrong("at", "out_of_range", "use a time that is past");
    }
    if noted.expires_at.is_some_and(|end| end <= at) {
        fields.wrong("expires_at", "out_of_range", "a consent ends after it was given");
    }
    fields.finish()?;
    let (workspace, visibility) = (caller.workspace, caller.visibility());
    let (actor, agent) = (caller.actor(), caller.agent.id);
    let Noted { purpose, given, way, message, expires_at, .. } = noted;
    let new = NewConsent {
        contact,
        purpose,
        given,
        text_version,
        way,
        evidence,
        message,
        agent: Some(agent),
        at,
        expires_at: expires_at.filter(|_| given),
    };
    let (consents, seq) = app
        .write(move |tx| {
            Box::pin(async move {
                contact::found(tx, workspace, &visibility, contact).await?;
                if let Some(message) = new.message {
                    let found = store::message::reference(tx, workspace, message).await?;
                    let of = match found {
                        Some(found) => {
                            store::conversation::facts(tx, workspace, found.conversation_id).await?
                        }
                        None => None,
                    };
                    if of.is_none_or(|facts| facts.contact_id != contact) {
                        return Err(Error::field("message_id", "unknown", "use a message of this customer"));
                    }
                }
                let entry = keep(tx, &actor, &new, now).await?;
                let seq = tell(tx, workspace, contact, now).await?;
                debug_assert_eq!(entry.contact_id, contact);
                Ok((load(tx, workspace, contact, now).await?, seq))
            })
        })
        .await?;
    app.bell.events(workspace, seq);
    Ok(consents)
}

async fn tell(tx: &mut Tx, workspace: WorkspaceId, contact: ContactId, now: Millis) -> Result<i64> {
    let change = NewChange::of(EventKind::Contact, contact.0);
    Ok(store::event::append(tx, workspace, &[change], now).await?)
}

/// Adds to the ledger and to the audit.
async fn keep(tx: &mut Tx, actor: &Actor, new: &NewConsent, now: Millis) -> Result<Consent> {
    let entry = store::consent::append(tx, actor.workspace, new).await?;
    let act = if new.given { Act::ConsentGiven } else { Act::ConsentWithdrawn };
    let detail = serde_json::json!({ "purpose": new.purpose, "way": new.way, "number": entry.seq });
    audit::record(tx, actor, Note::of(act).on(entry.seq).about(new.contact).with(&detail), now).await?;
    Ok(entry)
}

/// A customer wrote a stop word: from now on nothing goes to them for advertising. `false` when that was so already.
pub(crate) async fn stopped(
    tx: &mut Tx,
    workspace: WorkspaceId,
    contact: ContactId,
    message: MessageId,
    text: &str,
    now: Millis,
) -> Result<bool> {
    let known = store::consent::latest(tx, workspace, contact, Purpose::Marketing).await?;
    if known.is_some_and(|entry| !entry.given) {
        return Ok(false);
    }
    let new = NewConsent {
        contact,
        purpose: Purpose::Marketing,
        given: false,
        text_version: String::new(),
        way: ConsentWay::Message,
        evidence: Some(text.chars().take(EVIDENCE_MAX).collect()),
        message: Some(message),
        agent: None,
        at: now,
        expires_at: None,
    };
    keep(tx, &Actor::customer(workspace), &new, now).await?;
    Ok(true)
}

/// What looking through a chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Chain {
    /// How many entries were looked at and are whole.
    pub entries: i64,
    /// The hash of the last of them in hexadecimal.
    pub hash: String,
    /// The number of the first entry that is missing or was changed; `null` when the chain is whole.
    pub broken_at: Option<i64>,
}

/// Looks through the ledger.
///
/// # Errors
/// When the store is away.
pub async fn verify(app: &App, workspace: WorkspaceId) -> Result<Chain> {
    let head =
        app.read(move |tx| Box::pin(async move { Ok(store::consent::head(tx, workspace).await?) })).await?;
    let mut place = Head::default();
    loop {
        let from = place.clone();
        let walked = app.read(move |tx| {
            Box::pin(async move { Ok(store::consent::walk(tx, workspace, &from, PORTION).await?) })
        });
        match walked.await? {
            Err(at) => return Ok(chain(&place, Some(at))),
            Ok(next) if next == place => break,
            Ok(next) => place = next,
        }
    }
    Ok(end(&place, &head))
}

/// The end of a walk, compared with what the workspace says is the end. What was added meanwhile is no fault.
pub(crate) fn end(place: &Head, head: &Head) -> Chain {
    let cut = place.seq < head.seq || (place.seq == head.seq && place.hash != head.hash);
    chain(place, cut.then_some(place.seq + 1))
}

pub(crate) fn chain(place: &Head, broken_at: Option<i64>) -> Chain {
    Chain { entries: place.seq, hash: hex::encode(&place.hash), broken_at }
}
