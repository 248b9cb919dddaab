//! What a sentence model said of a workspace's knowledge, held in this node's memory and made up for in the background.
//!
//! It is kept nowhere else. What is held follows from the knowledge and the model alone and is had again within minutes, so
//! that there is nothing to seal, to erase, to back up or to move when the model changes; a text's direction goes with the
//! text. The price is that each node asks once after it began, and again what nobody asked about for a day.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ai::near::Common;
use aws_lc_rs::digest;
use model::WorkspaceId;
use moka::sync::Cache;
use tokio::sync::{Notify, watch};

use super::{Asker, Bound, KNOWLEDGE_LEAVES, Source};
use crate::worker::rest;
use crate::{App, Result, knowledge};

/// How long the background waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much memory the directions of one workspace may take, and those of all together, in bytes.
const WORKSPACE: usize = 64 << 20;
const ALL: u64 = 512 << 20;
/// How long they are held after they were last used.
const IDLE: Duration = Duration::from_secs(24 * 3600);
/// How long a model rests that did not say everything it was asked.
const PAUSE: Duration = Duration::from_secs(60);

/// The name of a text.
pub(super) type Key = [u8; 32];

/// The name of a text.
pub(super) fn key(text: &str) -> Key {
    let mut key = [0; 32];
    key.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    key
}

/// The directions of a workspace's texts, by the model that they are bound to.
#[derive(Clone)]
pub(crate) struct Held {
    bound: Bound,
    /// What the model says of every text.
    pub(super) common: Common,
    of: HashMap<Key, Arc<[f32]>>,
}

impl Held {
    pub(super) fn is_of(&self, bound: &Bound) -> bool {
        self.bound == *bound
    }

    /// What they are of.
    pub(crate) fn bound(&self) -> &Bound {
        &self.bound
    }

    /// The direction of a text, where the model was asked.
    pub(crate) fn direction(&self, text: &str) -> Option<Arc<[f32]>> {
        self.of.get(&key(text)).cloned()
    }

    fn bytes(&self) -> usize {
        self.of.len() * (self.bound.dimension * size_of::<f32>() + 2 * size_of::<Key>())
    }
}

pub(super) fn cache() -> Cache<WorkspaceId, Arc<Held>> {
    let weight = |_: &WorkspaceId, held: &Arc<Held>| u32::try_from(held.bytes()).unwrap_or(u32::MAX);
    Cache::builder().weigher(weight).max_capacity(ALL).time_to_idle(IDLE).build()
}

/// The workspaces whose knowledge has to be read by their models.
pub(super) struct Due {
    workspaces: Mutex<BTreeSet<WorkspaceId>>,
    bell: Notify,
    /// Those whose models did not say everything a moment ago.
    resting: Cache<WorkspaceId, ()>,
}

impl Default for Due {
    fn default() -> Self {
        let resting = Cache::builder().max_capacity(10_000).time_to_live(PAUSE).build();
        Self { workspaces: Mutex::default(), bell: Notify::default(), resting }
    }
}

impl Due {
    /// One that somebody asks about.
    pub(super) fn add(&self, workspace: WorkspaceId) {
        if !self.resting.contains_key(&workspace) {
            self.add_now(workspace);
        }
    }

    /// One whose model was seen to work, or is gone.
    pub(super) fn add_now(&self, workspace: WorkspaceId) {
        self.resting.invalidate(&workspace);
        self.workspaces.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace);
        self.bell.notify_one();
    }

    fn take(&self) -> Option<WorkspaceId> {
        self.workspaces.lock().unwrap_or_else(PoisonError::into_inner).pop_first()
    }
}

/// Follows the knowledge of the workspaces that are due, one after the other, until the process ends.
pub(crate) async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let Some(workspace) = app.embeddings.due.take() else {
            tokio::select! {
                _ = stopped.changed() => {}
                () = app.embeddings.due.bell.notified() => {}
            }
            continue;
        };
        let followed = tokio::select! {
            _ = stopped.changed() => return,
            followed = follow(&app, workspace) => followed,
        };
        if let Err(error) = followed {
            rest(&mut stopped, "embeddings", &error).await;
        }
    }
}

/// Follows the knowledge of all workspaces that are due; tells of how many.
pub(crate) async fn work_off(app: &App) -> Result<usize> {
    let mut done = 0;
    while let Some(workspace) = app.embeddings.due.take() {
        follow(app, workspace).await?;
        done += 1;
    }
    Ok(done)
}

/// Has the model read what it has not read yet of a workspace's knowledge, forgets what is gone of it, and lets the index
/// find by it. What the model does not say now, it is asked again when somebody next asks something.
///
/// # Errors
/// When the store is away.
async fn follow(app: &App, workspace: WorkspaceId) -> Result<()> {
    let Some(source) = Source::of(app, workspace).await? else {
        app.embeddings.held.invalidate(&workspace);
        knowledge::undirect(app, workspace).await;
        return Ok(());
    };
    let bound = source.bound();
    let (revision, texts) = knowledge::texts(app, workspace).await?;
    let room = WORKSPACE / (bound.dimension * size_of::<f32>() + 2 * size_of::<Key>());
    let mut wanted: HashMap<Key, String> = HashMap::new();
    let mut order = Vec::new();
    for text in texts {
        let key = key(&text);
        if order.len() < room && wanted.insert(key, text).is_none() {
            order.push(key);
        }
    }
    let before = app.embeddings.held.get(&workspace).filter(|held| held.is_of(&bound));
    let mut held = match before {
        Some(held) => Held::clone(&held),
        None => Held { common: Common::default(), of: HashMap::new(), bound: bound.clone() },
    };
    held.of.retain(|key, _| wanted.contains_key(key));
    let at_once = source.at_once();
    let terms = (KNOWLEDGE_LEAVES, PATIENCE);
    if held.common == Common::default() {
        let Some(common) = source.common(app, workspace, terms).await? else {
            app.embeddings.due.resting.insert(workspace, ());
            return Ok(());
        };
        held.common = common;
    }
    let mut complete = true;
    let missing: Vec<Key> = order.into_iter().filter(|key| !held.of.contains_key(key)).collect();
    for part in missing.chunks(at_once) {
        let texts: Vec<String> = part.iter().filter_map(|key| wanted.get(key)).cloned().collect();
        let texts = source.shown(app, workspace, Asker::Colleague, &texts).await?;
        let Some(said) = source.ask(app, workspace, &texts, terms).await? else {
            app.embeddings.due.resting.insert(workspace, ());
            complete = false;
            break;
        };
        for (key, said) in part.iter().zip(said) {
            held.of.insert(*key, held.common.without(said));
        }
    }
    let held = Arc::new(held);
    app.embeddings.held.insert(workspace, held.clone());
    knowledge::direct(app, workspace, held, complete.then_some(revision)).await
}
