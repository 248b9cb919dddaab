//! Use cases and workers: receive, reply, assign, deliver. This room owns transactions, time and randomness.

pub mod agent;
pub mod attempts;
pub mod bell;
pub mod caller;
pub mod error;
pub mod field;
pub mod label;
pub mod operate;
pub mod password;
pub mod quick_reply;
pub mod session;
pub mod system;
pub mod token;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use model::{Clock, Entropy, Ids, Millis};
use store::{Db, Tx};

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
    /// Where ids come from.
    pub ids: Arc<Ids>,
    /// Wakes workers and sockets.
    pub bell: Bell,
    /// What can be configured.
    pub settings: Settings,
    /// Hashes and compares passwords.
    pub passwords: password::Passwords,
    /// Who tried to sign in how often.
    pub attempts: attempts::Attempts,
}

/// What an [`App`] is made of.
pub struct Parts {
    /// The store, open and migrated.
    pub db: Db,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// The folder of the media store; made when absent.
    pub media_dir: PathBuf,
    /// This node's lease number.
    pub node: u16,
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
    /// After how long a session's token is replaced.
    pub session_rotation: Millis,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: None,
            egress_allow: Vec::new(),
            max_upload: 100 << 20,
            max_media: 100 << 20,
            session_life: Millis::days(30),
            session_rotation: Millis::hours(1),
        }
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Result<Arc<Self>> {
        let Parts { db, clock, entropy, media_dir: _, node, settings } = parts;
        let ids = Arc::new(Ids::new(clock.clone(), node));
        Ok(Arc::new(Self {
            db,
            clock,
            entropy,
            ids,
            bell: Bell::default(),
            settings,
            passwords: password::Passwords::default(),
            attempts: attempts::Attempts::default(),
        }))
    }

    /// Runs `work` in a transaction that is kept when it returns `Ok`; no network call belongs into it.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.db.write(work).await
    }

    /// Runs `work` on one consistent snapshot of the store.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.db.read(work).await
    }

    /// The present moment.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }
}
