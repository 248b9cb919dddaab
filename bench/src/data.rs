//! Seeded data sets: a year of conversations by Zipf's law, made once and kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use app::files::Files;
use app::node::Lease;
use app::system::SystemEntropy;
use app::{App, Parts};
use model::{
    AgentId, AuthorKind, Clock, Content, ConversationId, ConversationState, DeliveryState, Direction, Ids,
    InboxId, LabelId, LastMessage, ManualClock, MessageId, Millis, Status, Turn, WorkspaceId,
};
use store::conversation::NewConversation;
use store::identity::IdentityRow;
use store::message::NewMessage;
use store::{Db, Settings, Tx};

use crate::delivery::{self, Zipf, mixed};
use crate::place::{self, Desk, unlock};

/// When the first message was written.
const BEGIN: Millis = Millis(1_750_000_000_000);
/// How many rows are one transaction.
const CHUNK: u64 = 5_000;
/// Agents of the workspace.
const AGENTS: u64 = 8;
/// Labels of the workspace; the last is rare.
const LABELS: u64 = 5;

/// How large a data set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// Conversations.
    pub(crate) conversations: u64,
    /// Messages in them.
    pub(crate) messages: u64,
}

/// A data set.
pub(crate) struct DataSet {
    /// The store's file; copy it before a program changes it.
    pub(crate) path: PathBuf,
    /// Where it belongs; the token is empty, sign in anew.
    pub(crate) desk: Desk,
    /// The bytes of the file.
    pub(crate) bytes: u64,
    /// How long making it took, in seconds; `None` when it was kept from before.
    pub(crate) made_in: Option<f64>,
}

/// The provider's id of message `n`.
pub(crate) fn provider_id(n: u64) -> String {
    format!("wamid.{:016X}{n:012}", mixed(n))
}

/// Whether message `n` was written by the business.
pub(crate) fn outgoing(n: u64) -> bool {
    n % 5 < 2
}

/// Where the data set of that size is kept.
fn path(folder: &Path, size: Size) -> PathBuf {
    folder.join(format!("{}-conversations-{}-messages.db", size.conversations, size.messages))
}

/// Whether the data set of that size was made before.
pub(crate) fn kept(folder: &Path, size: Size) -> bool {
    path(folder, size).exists()
}

/// The data set of that size, from `folder` when it is kept there.
pub(crate) async fn get(folder: &Path, size: Size) -> anyhow::Result<DataSet> {
    std::fs::create_dir_all(folder)?;
    let path = path(folder, size);
    let mut made_in = None;
    // One that is of another schema or was cut off is made anew.
    if !path.exists() || desk_of(&path).await.is_err() {
        let started = std::time::Instant::now();
        make(&path, size).await.with_context(|| format!("making {}", path.display()))?;
        index(&path).await.with_context(|| format!("indexing {}", path.display()))?;
        made_in = Some(started.elapsed().as_secs_f64());
    }
    let desk = desk_of(&path).await?;
    let bytes = std::fs::metadata(&path)?.len();
    Ok(DataSet { path, desk, bytes, made_in })
}

/// Puts every message into the index, or the program would do so while it is measured.
async fn index(path: &Path) -> anyhow::Result<()> {
    let clock = Arc::new(place::Now);
    let app = App::new(Parts {
        db: open(path).await?,
        clock: clock.clone(),
        entropy: Arc::new(SystemEntropy),
        files: Files::open(&path.with_extension("media"))?,
        node: Lease::fixed(clock, model::MAX_NODE),
        settings: app::Settings::default(),
    })?;
    app::indexing::settle(&app).await?;
    app.db.stop().await;
    Ok(())
}

/// The workspace of a kept data set.
async fn desk_of(path: &Path) -> anyhow::Result<Desk> {
    let db = open(path).await?;
    let found = db
        .read(|tx| {
            Box::pin(async move {
                let Some((workspace, _)) = store::event::heads(tx).await?.into_iter().next() else {
                    return Ok(None);
                };
                let inbox = store::inbox::list(tx, workspace).await?.into_iter().next();
                let agent = store::agent::list(tx, workspace).await?.into_iter().next();
                Ok::<_, store::Error>(inbox.zip(agent).map(|(inbox, agent)| (workspace, inbox, agent)))
            })
        })
        .await?;
    db.stop().await;
    let (workspace, inbox, agent) = found.context("a data set without a workspace")?;
    Ok(Desk {
        workspace,
        inbox: inbox.id,
        number: inbox.address_key,
        hook: format!("/hooks/{}", inbox.hook_key),
        token: String::new(),
        agent: agent.id,
    })
}

async fn open(path: &Path) -> anyhow::Result<Db> {
    let settings = Settings::Sqlite { path: path.to_owned(), readers: 1 };
    let db = Db::open(&settings).await?;
    db.migrate(BEGIN).await?;
    unlock(&db, &settings).await?;
    Ok(db)
}

/// Where a customer's messages go.
#[derive(Clone, Copy)]
pub(crate) struct At {
    /// The conversation.
    pub(crate) conversation: ConversationId,
}

/// Makes a customer with an open conversation.
pub(crate) async fn customer(
    tx: &mut Tx,
    ids: &Ids,
    workspace: WorkspaceId,
    inbox: InboxId,
    number: u64,
    now: Millis,
) -> store::Result<At> {
    let (contact, identity, conversation) = (ids.next(), ids.next(), ids.next());
    let name = format!("Customer {number}");
    store::contact::insert(tx, workspace, contact, &name, now).await?;
    let row = IdentityRow {
        id: identity,
        inbox_id: inbox,
        contact_id: contact,
        user_id: Some(format!("US.{number}")),
        phone: Some(format!("+{}", delivery::phone(number))),
        username: None,
        profile_name: Some(name),
        blocked: false,
        last_inbound_at: Some(now),
        created_at: now,
    };
    store::identity::insert(tx, workspace, &row).await?;
    let new = NewConversation {
        id: conversation,
        inbox_id: inbox,
        identity_id: identity,
        contact_id: contact,
        turn: Turn::Queue,
        now,
    };
    store::conversation::insert(tx, workspace, &new).await?;
    Ok(At { conversation })
}

/// Writes message `n` of a conversation.
#[expect(clippy::too_many_arguments, reason = "a row is its columns; a struct would only rename them")]
pub(crate) async fn message(
    tx: &mut Tx,
    ids: &Ids,
    workspace: WorkspaceId,
    inbox: InboxId,
    at: At,
    n: u64,
    out: bool,
    now: Millis,
) -> store::Result<MessageId> {
    let row = NewMessage {
        id: ids.next(),
        conversation_id: at.conversation,
        inbox_id: inbox,
        direction: if out { Direction::Out } else { Direction::In },
        at: now,
        created_at: now,
        author_kind: if out { AuthorKind::System } else { AuthorKind::Contact },
        author_agent_id: None,
        content: Content::Text { text: delivery::words(n) },
        provider_id: Some(provider_id(n)),
        client_id: None,
        reply_to_id: None,
        reply_to_provider_id: None,
        forwarded: false,
        status: out.then(|| Status {
            state: DeliveryState::Accepted,
            accepted_at: Some(now),
            ..Status::queued(now)
        }),
        inbound_id: None,
    };
    store::message::insert(tx, workspace, &row).await?;
    Ok(row.id)
}

/// What a conversation's row shows of its last message.
#[derive(Clone, Copy, Default)]
struct Last {
    message: Option<(MessageId, u64)>,
    at: Millis,
}

async fn make(path: &Path, size: Size) -> anyhow::Result<()> {
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
    let half = path.with_extension("half");
    let _ = std::fs::remove_file(&half);
    let db = open(&half).await?;
    let desk = place::furnish(&db, 1, "127.0.0.1:9").await?.remove(0);
    let clock = Arc::new(ManualClock::at(BEGIN));
    let ids = Arc::new(Ids::new(clock.clone(), 1));
    let (agents, labels) = people(&db, &desk, &ids).await?;
    let places = conversations(&db, &desk, &ids, size.conversations).await?;
    let lasts = messages(&db, &desk, &ids, &clock, &places, size).await?;
    states(&db, &desk, &places, lasts, &agents, &labels).await?;
    db.stop().await;
    std::fs::rename(&half, path)?;
    for suffix in ["-wal", "-shm", ".lock"] {
        let mut name = half.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
    Ok(())
}

async fn people(db: &Db, desk: &Desk, ids: &Arc<Ids>) -> anyhow::Result<(Vec<AgentId>, Vec<LabelId>)> {
    let (workspace, ids) = (desk.workspace, ids.clone());
    let made = db.write(move |tx| {
        Box::pin(async move {
            let (mut agents, mut labels) = (Vec::new(), Vec::new());
            for n in 0..AGENTS {
                let agent = place::person(ids.next(), &format!("agent{n}@example.org"));
                store::agent::insert(tx, workspace, &agent, "no password").await?;
                agents.push(agent.id);
            }
            for n in 0..LABELS {
                let label =
                    model::Label { id: ids.next(), name: format!("label {n}"), color: "blue".to_owned() };
                store::label::insert(tx, workspace, &label, BEGIN).await?;
                labels.push(label.id);
            }
            Ok::<_, store::Error>((agents, labels))
        })
    });
    Ok(made.await?)
}

async fn conversations(db: &Db, desk: &Desk, ids: &Arc<Ids>, count: u64) -> anyhow::Result<Arc<Vec<At>>> {
    let mut places = Vec::new();
    for from in (0..count).step_by(CHUNK as usize) {
        let (workspace, inbox, ids) = (desk.workspace, desk.inbox, ids.clone());
        let made = db.write(move |tx| {
            Box::pin(async move {
                let mut made = Vec::new();
                for number in from..(from + CHUNK).min(count) {
                    made.push(customer(tx, &ids, workspace, inbox, number, BEGIN).await?);
                }
                Ok::<_, store::Error>(made)
            })
        });
        places.extend(made.await?);
    }
    Ok(Arc::new(places))
}

async fn messages(
    db: &Db,
    desk: &Desk,
    ids: &Arc<Ids>,
    clock: &Arc<ManualClock>,
    places: &Arc<Vec<At>>,
    size: Size,
) -> anyhow::Result<Vec<Last>> {
    let zipf = Arc::new(Zipf::new(size.conversations));
    let mut lasts = vec![Last { message: None, at: BEGIN }; places.len()];
    let step = Millis((365 * 24 * 3600 * 1000 / size.messages.max(1)).max(1).cast_signed());
    for from in (0..size.messages).step_by(CHUNK as usize) {
        let (workspace, inbox, ids) = (desk.workspace, desk.inbox, ids.clone());
        let (places, zipf, clock) = (places.clone(), zipf.clone(), clock.clone());
        let made = db.write(move |tx| {
            Box::pin(async move {
                let mut made = Vec::new();
                for n in from..(from + CHUNK).min(size.messages) {
                    clock.advance(step);
                    let (at, conversation) = (clock.now(), zipf.of(n) as usize);
                    let out = outgoing(n);
                    let id = message(tx, &ids, workspace, inbox, places[conversation], n, out, at).await?;
                    made.push((conversation, Last { message: Some((id, n)), at }));
                }
                Ok::<_, store::Error>(made)
            })
        });
        for (conversation, last) in made.await? {
            lasts[conversation] = last;
        }
    }
    Ok(lasts)
}

/// A fifth of the conversations is open, one in twenty snoozed; two thirds have an owner.
async fn states(
    db: &Db,
    desk: &Desk,
    places: &Arc<Vec<At>>,
    lasts: Vec<Last>,
    agents: &[AgentId],
    labels: &[LabelId],
) -> anyhow::Result<()> {
    let (lasts, agents, labels) = (Arc::new(lasts), agents.to_vec(), labels.to_vec());
    for from in (0..places.len()).step_by(CHUNK as usize) {
        let (workspace, places, lasts) = (desk.workspace, places.clone(), lasts.clone());
        let (agents, labels) = (agents.clone(), labels.clone());
        db.write(move |tx| {
            Box::pin(async move {
                for number in from..(from + CHUNK as usize).min(places.len()) {
                    let (At { conversation }, Last { message, at }) = (places[number], lasts[number]);
                    let dice = mixed(number as u64 ^ 0xd1ce);
                    if let Some((id, n)) = message {
                        let out = outgoing(n);
                        let last = LastMessage {
                            id,
                            direction: if out { Direction::Out } else { Direction::In },
                            kind: "text".to_owned(),
                            preview: delivery::words(n),
                            at,
                            status: out.then_some(DeliveryState::Accepted),
                        };
                        store::conversation::inbound(tx, workspace, conversation, &last, !out, at).await?;
                    }
                    if !dice.is_multiple_of(3) {
                        let agent = agents[(dice >> 8) as usize % agents.len()];
                        store::conversation::assign(
                            tx,
                            workspace,
                            conversation,
                            Some(agent),
                            Turn::Person,
                            at,
                        )
                        .await?;
                    }
                    if dice % 10 < 3 {
                        let rare = (dice >> 16).is_multiple_of(5000);
                        let label = if rare { LABELS - 1 } else { (dice >> 24) % (LABELS - 1) };
                        let label = labels[label as usize];
                        store::conversation::set_labels(tx, workspace, conversation, &[label]).await?;
                    }
                    let (state, until) = match (dice >> 32) % 20 {
                        0..4 => continue,
                        4 => (ConversationState::Snoozed, Some(at + Millis::days(36_500))),
                        _ => (ConversationState::Resolved, None),
                    };
                    store::conversation::set_state(tx, workspace, conversation, state, until, at).await?;
                }
                Ok::<_, store::Error>(())
            })
        })
        .await?;
    }
    Ok(())
}
