//! The audit: who did what, with what, when, from where and why.
//!
//! A change is noted by [`record`] in the transaction that makes it. What somebody reads beyond their own work is
//! noted by [`saw`]: it waits for a moment with others and is written by itself, also when the server ends in peace.
//! An entry holds ids and never a name, a number or a text of a customer, so it outlives an erasure.
//!
//! Entries of a workspace are a chain: each has a hash over its content and over the hash of the one before, and the
//! workspace keeps the last. Whoever changes, removes or moves an entry in the database breaks the chain.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use model::{
    Act, ActorKind, AgentId, AuditEntry, ContactId, ConversationId, Millis, Permission, Personal, Shown,
    WorkspaceId,
};
use serde::Serialize;
use serde_json::{Value, json};
use store::audit::{Filter, Head, Volume};
use store::{Class, Db, Page, Tx};

use crate::caller::Means;
use crate::{App, Caller, Error, Result};

/// How long something that was read waits for others, to be written with them.
const WAIT: Duration = Duration::from_secs(1);
/// How many such may wait before they are written at once.
const MOST_WAITING: usize = 2000;
/// How many entries are looked at in one go.
const PORTION: i64 = 1000;
/// The most characters of a reason.
const REASON_MAX: usize = 500;
/// The most characters that are kept of a device's name for itself.
const DEVICE_MAX: usize = 256;
const DAY: i64 = 86_400_000;

/// Who acts, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// In which workspace.
    pub workspace: WorkspaceId,
    /// What kind of somebody.
    pub kind: ActorKind,
    /// The agent's or the token's id.
    pub id: Option<String>,
    /// The colleague as whom an admin sees the workspace.
    pub seen_as: Option<AgentId>,
    /// The network address; may be empty.
    pub address: String,
    /// What the device calls itself; may be empty.
    pub device: String,
}

impl Actor {
    /// Bellhop by itself.
    pub fn system(workspace: WorkspaceId) -> Self {
        Self::of(workspace, ActorKind::System)
    }

    /// Somebody at the server's machine.
    pub fn operator(workspace: WorkspaceId) -> Self {
        Self::of(workspace, ActorKind::Operator)
    }

    /// A customer, by what they wrote.
    pub fn customer(workspace: WorkspaceId) -> Self {
        Self::of(workspace, ActorKind::Customer)
    }

    /// Somebody whom nobody knows yet.
    pub fn unknown(workspace: WorkspaceId, visit: &crate::session::Visit) -> Self {
        Self {
            address: visit.address_text(),
            device: visit.user_agent.chars().take(DEVICE_MAX).collect(),
            ..Self::of(workspace, ActorKind::Agent)
        }
    }

    /// An agent, before or beside a session.
    pub fn agent(workspace: WorkspaceId, agent: AgentId, visit: &crate::session::Visit) -> Self {
        Self { id: Some(agent.to_string()), ..Self::unknown(workspace, visit) }
    }

    fn of(workspace: WorkspaceId, kind: ActorKind) -> Self {
        Self { workspace, kind, id: None, seen_as: None, address: String::new(), device: String::new() }
    }
}

impl Caller {
    /// Who acts, for the audit.
    pub fn actor(&self) -> Actor {
        let agent = Actor::agent(self.workspace, self.agent.id, &self.visit);
        if let Some(viewer) = &self.viewer {
            return Actor { id: Some(viewer.id.to_string()), seen_as: Some(self.agent.id), ..agent };
        }
        match &self.means {
            Means::Session { .. } => agent,
            Means::Token { id, .. } => Actor { kind: ActorKind::Token, id: Some(id.to_string()), ..agent },
        }
    }
}

/// What is to be noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    act: Act,
    subject: Option<String>,
    conversation: Option<ConversationId>,
    contact: Option<ContactId>,
    reason: Option<String>,
    detail: Option<String>,
    /// How many people it shows, for acts that show any.
    shown: i64,
}

impl Note {
    /// Something was done.
    pub fn of(act: Act) -> Self {
        Self { act, subject: None, conversation: None, contact: None, reason: None, detail: None, shown: 1 }
    }

    /// With which thing: its id, or the name of a setting.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "ids are copied; a call reads better without a reference"
    )]
    pub fn on(self, subject: impl ToString) -> Self {
        Self { subject: Some(subject.to_string()), ..self }
    }

    /// In which conversation.
    #[must_use]
    pub fn within(self, conversation: ConversationId) -> Self {
        Self { conversation: Some(conversation), ..self }
    }

    /// About which customer.
    #[must_use]
    pub fn about(self, contact: ContactId) -> Self {
        Self { contact: Some(contact), ..self }
    }

    /// Why, in the words of whoever did it.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        Self { reason: Some(reason.trim().chars().take(REASON_MAX).collect()), ..self }
    }

    /// More about it: names of fields, counts, kinds; nothing of a person.
    #[must_use]
    pub fn with(self, detail: &Value) -> Self {
        Self { detail: Some(detail.to_string()), ..self }
    }

    /// How many people it shows.
    #[must_use]
    pub fn showing(self, people: usize) -> Self {
        Self { shown: i64::try_from(people).unwrap_or(i64::MAX), ..self }
    }
}

/// Notes something in the transaction that does it. Call it where the work is done, close to `store::event::append`:
/// on PostgreSQL it holds the workspace's row until the transaction ends, as that does.
///
/// # Errors
/// When the store refuses.
pub async fn record(tx: &mut Tx, actor: &Actor, note: Note, now: Millis) -> Result<()> {
    let noted = Noted { actor: actor.clone(), note, at: now, times: 1 };
    write(tx, actor.workspace, &[noted]).await
}

/// Something noted that has no place in the chain yet.
#[derive(Debug, Clone)]
struct Noted {
    actor: Actor,
    note: Note,
    at: Millis,
    times: i64,
}

async fn write(tx: &mut Tx, workspace: WorkspaceId, noted: &[Noted]) -> Result<()> {
    let count = i64::try_from(noted.len()).map_err(Error::internal)?;
    let Head { mut seq, mut hash } = store::audit::advance(tx, workspace, count).await?;
    let mut entries = Vec::with_capacity(noted.len());
    let mut seen: BTreeMap<(String, i64), Volume> = BTreeMap::new();
    for one in noted {
        seq += 1;
        let mut entry = entry(one, seq);
        hash = link(workspace, &hash, &entry);
        entry.hash.clone_from(&hash);
        if let (Some(shown), Some(actor)) = (entry.act.shows(), &entry.actor) {
            let day = one.at.0.div_euclid(DAY);
            let volume = seen.entry((actor.clone(), day)).or_insert_with(|| Volume {
                actor: actor.clone(),
                day,
                ..Volume::default()
            });
            let more = one.note.shown.saturating_mul(one.times);
            match shown {
                Shown::Listed => volume.listed += more,
                Shown::Opened => volume.opened += more,
                Shown::TakenOut => volume.taken_out += more,
                Shown::Refused => volume.refused += more,
            }
        }
        entries.push(entry);
    }
    store::audit::append(tx, workspace, &entries).await?;
    for volume in seen.values() {
        store::audit::count(tx, workspace, volume).await?;
    }
    Ok(())
}

fn entry(noted: &Noted, seq: i64) -> AuditEntry {
    // The store keeps no U+0000, and what is hashed must be what is kept.
    let text = |text: &str| text.replace('\0', "\u{fffd}");
    let Noted { actor, note, at, times } = noted;
    AuditEntry {
        seq,
        at: *at,
        actor_kind: actor.kind,
        actor: actor.id.as_deref().map(text),
        seen_as: actor.seen_as,
        act: note.act,
        subject: note.subject.as_deref().map(text),
        conversation_id: note.conversation,
        contact_id: note.contact,
        address: text(&actor.address),
        device: text(&actor.device),
        reason: note.reason.as_deref().map(text),
        detail: note.detail.as_deref().map(text),
        times: *times,
        hash: String::new(),
    }
}

/// An entry's hash in hexadecimal: SHA-256 over the hash of the one before and over every field with its length, so
/// that no two different entries read the same.
fn link(workspace: WorkspaceId, before: &str, entry: &AuditEntry) -> String {
    let (workspace, seq) = (workspace.to_string(), entry.seq.to_string());
    let (at, times) = (entry.at.0.to_string(), entry.times.to_string());
    let seen_as = entry.seen_as.map(|agent| agent.to_string());
    let conversation = entry.conversation_id.map(|id| id.to_string());
    let contact = entry.contact_id.map(|id| id.to_string());
    let fields = [
        Some(workspace.as_str()),
        Some(&seq),
        Some(&at),
        Some(entry.actor_kind.as_str()),
        entry.actor.as_deref(),
        seen_as.as_deref(),
        Some(entry.act.as_str()),
        entry.subject.as_deref(),
        conversation.as_deref(),
        contact.as_deref(),
        Some(&entry.address),
        Some(&entry.device),
        entry.reason.as_deref(),
        entry.detail.as_deref(),
        Some(&times),
    ];
    hex::encode(vault::link(
        "bellhop audit 1",
        before.as_bytes(),
        &fields.map(|field| field.map(str::as_bytes)),
    ))
}

/// What was read and is not written yet.
pub(crate) struct Reads {
    db: Db,
    waiting: Mutex<Vec<Noted>>,
    /// Held while writing, so that a caller of [`flush`] returns after everything before it is written.
    writing: tokio::sync::Mutex<()>,
}

impl Reads {
    pub(crate) fn new(db: Db) -> Arc<Self> {
        Arc::new(Self { db, waiting: Mutex::default(), writing: tokio::sync::Mutex::default() })
    }

    /// Adds one; tells whether somebody has to be sent to write it, and how soon.
    fn push(&self, noted: Noted) -> Option<Duration> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) =
            waiting.iter_mut().rev().find(|one| one.actor == noted.actor && one.note == noted.note)
        {
            same.times += noted.times;
            return None;
        }
        waiting.push(noted);
        match waiting.len() {
            1 => Some(WAIT),
            MOST_WAITING => Some(Duration::ZERO),
            _ => None,
        }
    }

    fn take(&self) -> Vec<Noted> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes what waits. What cannot be written waits on.
    async fn write(&self) -> Result<()> {
        let _writing = self.writing.lock().await;
        let mut of: BTreeMap<WorkspaceId, Vec<Noted>> = BTreeMap::new();
        for noted in self.take() {
            of.entry(noted.actor.workspace).or_default().push(noted);
        }
        let mut failed = None;
        for (workspace, noted) in of {
            let copy = noted.clone();
            let written = self.db.write_as(Class::Change, workspace, move |tx| {
                Box::pin(async move { write(tx, workspace, &copy).await })
            });
            if let Err(error) = written.await {
                failed = Some(error);
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.splice(0..0, noted);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Writes until nothing waits, or the store is closed.
    async fn write_all(&self) {
        while let Err(error) = self.write().await {
            tracing::warn!(%error, "what was read cannot be noted; it is tried again");
            tokio::time::sleep(WAIT).await;
        }
    }
}

/// Notes that somebody reads of a person beyond their own work.
pub fn saw(app: &App, caller: &Caller, note: Note) {
    later(app, caller.actor(), note);
}

/// Notes something in a moment, together with what else comes: for what is read, and where nobody may learn from
/// the time of an answer whether something was noted.
pub fn later(app: &App, actor: Actor, note: Note) {
    later_times(app, actor, note, 1);
}

/// [`later`] of what happened so often.
pub(crate) fn later_times(app: &App, actor: Actor, note: Note, times: i64) {
    let noted = Noted { actor, note, at: app.now(), times };
    if let Some(wait) = app.reads.push(noted) {
        let reads = app.reads.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            reads.write_all().await;
        });
    }
}

/// Writes down what was read until now.
///
/// # Errors
/// When the store is away; then it is tried again in a moment.
pub async fn flush(app: &App) -> Result<()> {
    app.reads.write().await
}

/// A page of the workspace's audit, the newest entries first.
///
/// # Errors
/// When the cursor is not one of this list.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: Filter,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<AuditEntry>> {
    debug_assert!(caller.may(Permission::AuditRead), "the handler asks for the right");
    if filter.contact.is_some() {
        let note = Note::of(Act::AuditRead);
        saw(app, caller, filter.contact.map_or(note.clone(), |contact| note.about(contact)));
    }
    flush(app).await?;
    let workspace = caller.workspace;
    app.read(move |tx| {
        Box::pin(
            async move { Ok(store::audit::list(tx, workspace, &filter, cursor.as_deref(), limit).await?) },
        )
    })
    .await
}

/// The entries as lines of a spreadsheet (CSV), the newest first, read a portion at a time while somebody takes them.
///
/// # Errors
/// When the taking out cannot be noted.
pub async fn export(
    app: Arc<App>,
    caller: Caller,
    filter: Filter,
) -> Result<BoxStream<'static, Result<String>>> {
    debug_assert!(caller.may(Permission::AuditRead), "the handler asks for the right");
    flush(&app).await?;
    let (workspace, actor, masks, now) = (caller.workspace, caller.actor(), caller.masks(), app.now());
    let note = Note::of(Act::AuditExported).with(&json!({
        "actor": filter.actor, "act": filter.act, "from": filter.from, "until": filter.until
    }));
    let note = filter.contact.map_or(note.clone(), |contact| note.about(contact));
    app.write(move |tx| Box::pin(async move { record(tx, &actor, note, now).await })).await?;
    let head = model::cell::row(COLUMNS);
    let pages = stream::try_unfold(Some(None::<String>), move |place| {
        let (app, filter) = (app.clone(), filter.clone());
        async move {
            let Some(cursor) = place else { return Ok(None) };
            let page = app.read(move |tx| {
                Box::pin(async move {
                    let cursor = cursor.as_deref();
                    Ok(store::audit::list(tx, workspace, &filter, cursor, PORTION).await?)
                })
            });
            let mut page = page.await?;
            page.items.mask(masks);
            let lines: String = page.items.iter().map(line).collect();
            Ok(Some((lines, page.next_cursor.map(Some))))
        }
    });
    Ok(stream::once(async move { Ok(head) }).chain(pages).boxed())
}

/// The names of the columns of [`export`].
const COLUMNS: [&str; 15] = [
    "seq",
    "at",
    "actor_kind",
    "actor",
    "seen_as",
    "act",
    "subject",
    "conversation_id",
    "contact_id",
    "address",
    "device",
    "reason",
    "detail",
    "times",
    "hash",
];

fn line(entry: &AuditEntry) -> String {
    let id = |id: Option<String>| id.unwrap_or_default();
    let cells = [
        entry.seq.to_string(),
        entry.at.0.to_string(),
        entry.actor_kind.as_str().to_owned(),
        entry.actor.clone().unwrap_or_default(),
        id(entry.seen_as.map(|one| one.to_string())),
        entry.act.as_str().to_owned(),
        entry.subject.clone().unwrap_or_default(),
        id(entry.conversation_id.map(|one| one.to_string())),
        id(entry.contact_id.map(|one| one.to_string())),
        entry.address.clone(),
        entry.device.clone(),
        entry.reason.clone().unwrap_or_default(),
        entry.detail.clone().unwrap_or_default(),
        entry.times.to_string(),
        entry.hash.clone(),
    ];
    model::cell::row(cells.iter().map(String::as_str))
}

/// What looking through a workspace's chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Verified {
    /// How many entries were looked at.
    pub entries: i64,
    /// The hash of the last in hexadecimal. Noted elsewhere together with the number, it proves later that nothing
    /// before it was exchanged.
    pub hash: String,
    /// What is wrong, with the first entry that it is wrong with; `null` when the chain is whole.
    pub trouble: Option<ChainTrouble>,
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ChainTrouble {
    /// The number of the entry.
    pub seq: i64,
    /// What is wrong with it.
    pub kind: ChainTroubleKind,
}

/// How a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChainTroubleKind {
    /// It is not there.
    Missing,
    /// It is not what was written.
    Changed,
    /// It is not the one whose hash was noted elsewhere.
    Exchanged,
}

/// Looks through a workspace's chain. `noted` is a number and a hash that were noted earlier, to be found again.
///
/// # Errors
/// When the store is away.
pub async fn verify(app: &App, workspace: WorkspaceId, noted: Option<(i64, String)>) -> Result<Verified> {
    flush(app).await?;
    let head =
        app.read(move |tx| Box::pin(async move { Ok(store::audit::head(tx, workspace).await?) })).await?;
    let (mut seq, mut hash) = (0, String::new());
    let broken = |seq, hash, at, kind| {
        Ok(Verified { entries: seq, hash, trouble: Some(ChainTrouble { seq: at, kind }) })
    };
    while seq < head.seq {
        let portion = app
            .read(move |tx| {
                Box::pin(async move { Ok(store::audit::after(tx, workspace, seq, PORTION).await?) })
            })
            .await?;
        if portion.is_empty() {
            return broken(seq, hash, seq + 1, ChainTroubleKind::Missing);
        }
        for entry in portion.into_iter().take_while(|entry| entry.seq <= head.seq) {
            if entry.seq != seq + 1 {
                return broken(seq, hash, seq + 1, ChainTroubleKind::Missing);
            }
            if entry.hash != link(workspace, &hash, &entry) {
                return broken(seq, hash, entry.seq, ChainTroubleKind::Changed);
            }
            if noted.as_ref().is_some_and(|(at, noted)| *at == entry.seq && *noted != entry.hash) {
                return broken(seq, hash, entry.seq, ChainTroubleKind::Exchanged);
            }
            (seq, hash) = (entry.seq, entry.hash);
        }
    }
    if hash != head.hash {
        return broken(seq, hash, head.seq, ChainTroubleKind::Changed);
    }
    match noted {
        Some((at, _)) if at > seq => broken(seq, hash, at, ChainTroubleKind::Missing),
        _ => Ok(Verified { entries: seq, hash, trouble: None }),
    }
}
