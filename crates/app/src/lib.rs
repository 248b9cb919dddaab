//! Use cases and workers: receive, reply, assign, deliver. This room owns transactions, time and randomness.

pub mod acme;
mod activity;
pub mod agent;
pub mod alarm;
pub mod api_token;
pub mod article;
pub mod attempts;
pub mod audit;
pub mod backup;
pub mod bell;
pub mod bot;
pub mod breach;
mod bucket;
pub mod bus;
pub mod caller;
pub mod category;
pub mod collector;
mod conclude;
pub mod consent;
pub mod contact;
pub mod conversation;
pub mod copilot;
mod deliver;
pub mod doctor;
pub mod egress;
pub mod embedding;
pub mod erase;
pub mod error;
pub mod event;
pub mod export;
pub mod field;
pub mod files;
pub mod gap;
pub mod help_centre;
pub mod hold;
mod hooks;
pub mod hours;
pub mod import;
pub mod inbox;
pub mod indexing;
pub mod inspect;
pub mod intent;
mod jobs;
pub mod keys;
pub mod knowledge;
pub mod knowledge_source;
pub mod label;
mod lane;
pub mod language_model;
pub mod link;
pub mod markdown;
pub mod media;
pub mod message;
pub mod network;
pub mod node;
pub mod notice;
pub mod operate;
mod outbox;
mod pacing;
pub mod passkey;
pub mod password;
mod person;
pub mod processing;
pub mod provider;
pub mod quick_reply;
pub mod receive;
pub mod refusals;
pub mod restore;
pub mod retention;
pub mod role;
pub mod scan;
pub mod scrub;
mod sealed_file;
pub mod search;
pub mod second_step;
mod sending;
pub mod sensitive;
pub mod session;
pub mod sign_in;
mod suspect;
pub mod system;
pub mod team;
mod tls;
pub mod token;
pub mod topic;
pub mod unanswered;
mod uncertain;
pub mod upload;
pub mod verdict;
pub mod view_as;
pub mod voice;
mod volume;
mod way_in;
pub mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use model::{Clock, ConversationId, Entropy, Ids, Millis, WorkspaceId};
use moka::sync::Cache;
use store::{Class, Db, Intake, Tx};
use tracing::Instrument;

use crate::egress::Egress;
use crate::files::Files;
use crate::hooks::Hooks;
use crate::outbox::Outbox;
use crate::suspect::Suspects;

pub use bell::Bell;
pub use caller::Caller;
pub use error::{Error, FieldProblem, Result};

/// Everything that a use case needs.
pub struct App {
    /// The store.
    pub db: Db,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// The number of this process among those that share the database.
    pub node: node::Lease,
    /// Where ids come from.
    pub ids: Arc<Ids>,
    /// Wakes workers and sockets.
    pub bell: Bell,
    /// The client for outgoing connections.
    pub egress: Egress,
    /// The media store.
    pub files: Files,
    /// What can be configured.
    pub settings: Settings,
    /// Hashes and compares passwords.
    pub passwords: password::Passwords,
    /// Who tried to sign in how often.
    pub attempts: attempts::Attempts,
    intake: Intake,
    hooks: Hooks,
    outbox: Outbox,
    suspects: Suspects,
    /// What was read and is not in the audit yet.
    reads: Arc<audit::Reads>,
    /// What each workspace does about sensitive content.
    policies: sensitive::Policies,
    /// When each conversation's customer was last shown that we type.
    typing: Cache<ConversationId, Millis>,
    /// What each workspace knows, ready to be searched.
    shelves: knowledge::Shelves,
    /// The saved replies of each workspace, ready to be looked through.
    saved: copilot::Indexes,
    /// What each workspace has learned of its intents.
    heads: intent::recognise::Heads,
    /// Of which workspaces it is being trained.
    training: intent::training::AtWork,
    /// Which language models failed lately.
    model_failures: language_model::Failures,
    /// What sentence models said of the knowledge.
    embeddings: embedding::Embeddings,
    /// The keys of providers of identity.
    provider_keys: provider::Keys,
    /// Who was refused how often.
    refusals: refusals::Refusals,
}

/// What an [`App`] is made of.
pub struct Parts {
    /// The store, open and migrated.
    pub db: Db,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// The media store.
    pub files: Files,
    /// This node's number.
    pub node: node::Lease,
    /// What can be configured.
    pub settings: Settings,
}

/// What can be configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The public address, without a trailing slash; callback addresses are built from it.
    pub base_url: Option<String>,
    /// `host:port` pairs that may be called although they are private addresses.
    pub egress_allow: Vec<String>,
    /// The largest file that an agent may upload, in bytes.
    pub max_upload: u64,
    /// The largest file of a customer that is stored, in bytes.
    pub max_media: u64,
    /// How long a session lives without being used.
    pub session_life: Millis,
    /// How long a session lives, however much it is used.
    pub session_longest: Millis,
    /// After how long a session's token is replaced.
    pub session_rotation: Millis,
    /// The program that reads documents in a process of its own: this one. Without it they are read in this process.
    pub reader: Option<PathBuf>,
    /// What looks whether files are malware; nobody does without.
    pub scanner: Option<scan::Scanner>,
    /// The folder of the sentence model that all workspaces have which chose none of their own.
    pub sentence_model: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: None,
            egress_allow: Vec::new(),
            max_upload: 100 << 20,
            max_media: 100 << 20,
            session_life: Millis::days(30),
            session_longest: Millis::days(90),
            session_rotation: Millis::hours(1),
            reader: None,
            scanner: None,
            sentence_model: None,
        }
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Result<Arc<Self>> {
        let Parts { db, clock, entropy, files, node, settings } = parts;
        Ok(Arc::new(Self {
            intake: Intake::new(db.clone()),
            reads: audit::Reads::new(db.clone()),
            db,
            ids: node.ids().clone(),
            node,
            clock,
            entropy,
            bell: Bell::default(),
            egress: Egress::new(&settings.egress_allow),
            embeddings: embedding::Embeddings::new(settings.sentence_model.clone()),
            files,
            settings,
            passwords: password::Passwords::default(),
            attempts: attempts::Attempts::default(),
            hooks: Hooks::default(),
            outbox: Outbox::default(),
            suspects: Suspects::default(),
            policies: sensitive::Policies::default(),
            typing: Cache::new(10_000),
            shelves: knowledge::Shelves::default(),
            saved: copilot::Indexes::default(),
            heads: intent::recognise::Heads::default(),
            training: intent::training::AtWork::default(),
            model_failures: language_model::Failures::default(),
            provider_keys: provider::Keys::default(),
            refusals: refusals::Refusals::default(),
        }))
    }

    /// Gives this node's number back and closes the database.
    pub async fn close(&self) {
        node::give_back(self).await;
        refusals::settle(self);
        if let Err(error) = audit::flush(self).await {
            tracing::error!(%error, "the last reads could not be noted in the audit");
        }
        self.db.stop().await;
    }

    /// Runs `work` in a transaction that is kept when it returns `Ok`; no network call belongs into it.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.db.write(work).instrument(tracing::debug_span!("store", write = true)).await
    }

    /// [`App::write`] that takes its turn as a class of work of a workspace; see [`Db::write_as`].
    pub async fn write_as<T, F>(&self, class: Class, workspace: WorkspaceId, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let span = tracing::debug_span!("store", write = true, class = ?class);
        self.db.write_as(class, workspace, work).instrument(span).await
    }

    /// Runs `work` on one consistent snapshot of the store.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.db.read(work).instrument(tracing::debug_span!("store", write = false)).await
    }

    /// The installation's own address, without a slash at its end.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is not configured.
    pub fn own_address(&self) -> Result<&str> {
        let base = self.settings.base_url.as_deref().map(|base| base.trim_end_matches('/'));
        base.ok_or_else(|| {
            let message = "the installation does not know its own address; set base_url in its configuration";
            Error::Conflict { code: "conflict", message: message.to_owned() }
        })
    }

    /// The present moment.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Whether enough time has passed to show the customer again that we type; notes that it is shown now.
    fn typing_due(&self, conversation: ConversationId, again: Millis) -> bool {
        let now = self.now();
        let due = self.typing.get(&conversation).is_none_or(|shown| now - shown >= again);
        if due {
            self.typing.insert(conversation, now);
        }
        due
    }
}
