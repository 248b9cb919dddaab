//! The keys of everything sealed: wrapped in a store of their own, opened in memory while they are in use.
//!
//! Keys are made many at a time, each batch on disk before the first of it is used, so a new person costs no write of
//! its own. A key that is destroyed takes what it sealed with it, in every copy; the name of one that is not there
//! means that its person was erased.

pub(crate) mod rotate;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use model::{ConversationId, Entropy, Millis, WorkspaceId};
use moka::sync::Cache;
use vault::{Key, KeyId, Material, Roots, WorkspaceKeys};

use crate::db::{KeyDoor, KeySettings};
use crate::values::{Row, statements, values};
use crate::{Error, Result, migrate};

pub use rotate::Rotation;

/// How many persons' keys are made together.
const BATCH: usize = 64;
/// How many opened keys a process holds.
const OPENED: u64 = 20_000;
/// For how long at most a process goes on with a key that another one destroyed.
const FRESH: Duration = Duration::from_secs(30);
/// A key that was looked for; `None` when it is not there.
type Looked = (KeyId, Option<Arc<Key>>);

/// What a person's key is wrapped for.
const PERSON: &str = "person";
/// What a workspace's secret is wrapped for.
const WORKSPACE: &str = "workspace";

/// A key with what opens it, in the order of [`read`].
macro_rules! wrapped {
    () => {
        "SELECT s.id, s.workspace_id, s.purpose, s.version, s.wrapped, w.root, w.wrapped
        FROM secret_key s JOIN workspace_key w ON w.workspace_id = s.workspace_id AND w.version = s.version"
    };
}

statements! {
    NEWEST = "SELECT version, root, wrapped FROM workspace_key WHERE workspace_id = $1
        ORDER BY version DESC LIMIT 1";
    KEEP = "INSERT INTO secret_key (id, workspace_id, purpose, version, wrapped) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING";
    SECRET = concat!(wrapped!(), " WHERE s.workspace_id = $1 AND s.purpose = 'workspace'");
    MANY = concat!(wrapped!(), " WHERE s.version > $1 AND s.id IN ({ids})");
    DESTROY = "DELETE FROM secret_key WHERE workspace_id = $1 AND purpose = 'person' AND id IN ({ids})";
}

/// Where the root keys come from: asked at the start, and again when a key turns out to be wrapped by another.
pub type RootSource = Arc<dyn Fn() -> std::result::Result<Roots, String> + Send + Sync>;

/// The keys of a database; cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    door: KeyDoor,
    source: RootSource,
    roots: RwLock<Roots>,
    entropy: Arc<dyn Entropy>,
    /// What wraps the keys of each workspace, by version.
    chains: Mutex<HashMap<(WorkspaceId, i64), Arc<Key>>>,
    newest: Mutex<HashMap<WorkspaceId, i64>>,
    workspaces: RwLock<HashMap<WorkspaceId, Arc<WorkspaceKeys>>>,
    /// Persons' keys; `None` for those that are gone.
    opened: Cache<KeyId, Option<Arc<Key>>>,
    spare: Mutex<HashMap<WorkspaceId, Vec<Arc<Key>>>>,
    /// The key of the present hour, and which hour that is.
    hours: Mutex<HashMap<WorkspaceId, (i64, Arc<Key>)>>,
    /// Whose key a conversation's messages are sealed with.
    persons: Cache<ConversationId, KeyId>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// A key as it is kept.
struct Wrapped {
    id: KeyId,
    workspace: WorkspaceId,
    purpose: String,
    version: i64,
    wrapped: Vec<u8>,
    root: String,
    chain: Vec<u8>,
}

fn read(row: &mut Row) -> Result<Wrapped> {
    Ok(Wrapped {
        id: KeyId(row.take()?),
        workspace: row.take()?,
        purpose: row.take()?,
        version: row.take()?,
        wrapped: row.take()?,
        root: row.take()?,
        chain: row.take()?,
    })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An error of sealing, for those who asked the store.
pub(crate) fn sealing(error: vault::Error) -> Error {
    match error {
        vault::Error::Refused | vault::Error::Malformed => Error::Corrupt(error.to_string()),
        other => Error::Keys(other.to_string()),
    }
}

impl Keys {
    /// Opens the key store and brings it up to date. Errors: [`Error::Open`], [`Error::Keys`] when there is no root
    /// key or it is not the one that wrapped the keys.
    pub async fn open(
        settings: &KeySettings,
        source: RootSource,
        entropy: Arc<dyn Entropy>,
        now: Millis,
    ) -> Result<Self> {
        let roots = source().map_err(Error::Keys)?;
        let door = KeyDoor::open(settings).await?;
        door.run(move |tx| Box::pin(migrate::run_keys(tx, now))).await?;
        let keys = Self(Arc::new(Inner {
            door,
            source,
            roots: RwLock::new(roots),
            entropy,
            chains: Mutex::default(),
            newest: Mutex::default(),
            workspaces: RwLock::default(),
            opened: Cache::builder().max_capacity(OPENED).time_to_live(FRESH).build(),
            spare: Mutex::default(),
            hours: Mutex::default(),
            persons: Cache::builder().max_capacity(OPENED).time_to_live(FRESH).build(),
        }));
        // A wrong root key is told at the start and not at the first message.
        keys.check().await?;
        Ok(keys)
    }

    /// Where randomness for nonces comes from.
    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.0.entropy
    }

    pub(crate) fn persons(&self) -> &Cache<ConversationId, KeyId> {
        &self.0.persons
    }

    /// Opens a version of what wraps a workspace's keys.
    fn chain(&self, ws: WorkspaceId, version: i64, root: &str, wrapped: &[u8]) -> Result<Arc<Key>> {
        if let Some(key) = locked(&self.0.chains).get(&(ws, version)) {
            return Ok(Arc::clone(key));
        }
        let material = self.with_root(root, |found| found.unwrap(ws, version, wrapped))?;
        let key = Arc::new(Key::new(KeyId(version), &material).map_err(sealing)?);
        locked(&self.0.chains).insert((ws, version), Arc::clone(&key));
        Ok(key)
    }

    /// Does something with the root key of a name; asks the source again when it is not known.
    fn with_root<T>(&self, name: &str, work: impl Fn(&dyn vault::Root) -> vault::Result<T>) -> Result<T> {
        if let Some(root) = self.roots().find(name) {
            return work(root).map_err(sealing);
        }
        let roots = (self.0.source)().map_err(Error::Keys)?;
        let done = match roots.find(name) {
            Some(root) => work(root).map_err(sealing),
            None => Err(Error::Keys(format!(
                "the keys are wrapped by the root key {name}, which is not configured; configured is {}",
                roots.current().name()
            ))),
        };
        *self.0.roots.write().unwrap_or_else(PoisonError::into_inner) = roots;
        done
    }

    fn roots(&self) -> Roots {
        self.0.roots.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest version of what wraps a workspace's keys; made when there is none.
    async fn newest(&self, ws: WorkspaceId) -> Result<(i64, Arc<Key>)> {
        let known = locked(&self.0.newest).get(&ws).copied();
        if let Some(version) = known
            && let Some(key) = locked(&self.0.chains).get(&(ws, version))
        {
            return Ok((version, Arc::clone(key)));
        }
        let found = match self.find_newest(ws).await? {
            Some(found) => found,
            None => {
                // Under the root key of this moment: the one that was read last may have been replaced since.
                self.reload()?;
                self.begin(ws, 1).await?;
                let begun = self.find_newest(ws).await?;
                begun.ok_or_else(|| Error::Keys(format!("{ws} has no key of its own")))?
            }
        };
        let (version, root, wrapped) = found;
        let key = self.chain(ws, version, &root, &wrapped)?;
        locked(&self.0.newest).insert(ws, version);
        Ok((version, key))
    }

    async fn find_newest(&self, ws: WorkspaceId) -> Result<Option<(i64, String, Vec<u8>)>> {
        let found = self.0.door.run(move |tx| {
            Box::pin(async move {
                let Some(mut row) = tx.query_opt(NEWEST, values![ws]).await? else { return Ok(None) };
                Ok(Some((row.take()?, row.take()?, row.take()?)))
            })
        });
        found.await
    }

    /// Forgets which version is the newest: somebody else has made a newer one.
    fn forget_newest(&self, ws: WorkspaceId) {
        locked(&self.0.newest).remove(&ws);
    }

    /// The keys that a workspace works with; made when there are none.
    pub async fn workspace(&self, ws: WorkspaceId) -> Result<Arc<WorkspaceKeys>> {
        let known = self.0.workspaces.read().unwrap_or_else(PoisonError::into_inner).get(&ws).cloned();
        if let Some(keys) = known {
            return Ok(keys);
        }
        if self.secret(ws).await?.is_none() {
            self.make(ws, WORKSPACE, 1).await?;
        }
        // Another node may have been faster: what stands is what counts.
        let secret = self.secret(ws).await?;
        let secret = secret.ok_or_else(|| Error::Keys(format!("{ws} has no secret of its own")))?;
        let material = self.material(&secret)?;
        let keys = Arc::new(WorkspaceKeys::derive(secret.id, &material).map_err(sealing)?);
        self.0.opened.insert(secret.id, Some(Arc::clone(&keys.seal)));
        let mut all = self.0.workspaces.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(all.entry(ws).or_insert(keys)))
    }

    async fn secret(&self, ws: WorkspaceId) -> Result<Option<Wrapped>> {
        let found = self.0.door.run(move |tx| {
            Box::pin(async move {
                tx.query_opt(SECRET, values![ws]).await?.map(|mut row| read(&mut row)).transpose()
            })
        });
        found.await
    }

    /// Opens a key as it is kept.
    fn material(&self, found: &Wrapped) -> Result<Material> {
        let chain = self.chain(found.workspace, found.version, &found.root, &found.chain)?;
        let owner = [found.workspace.0, found.id.0, found.version];
        chain.unwrap(&found.purpose, &owner, &found.wrapped).map_err(sealing)
    }

    /// Makes keys, which are on disk when this returns.
    async fn make(&self, ws: WorkspaceId, purpose: &'static str, count: usize) -> Result<Vec<Arc<Key>>> {
        let mut tries = 0;
        loop {
            let (version, chain) = self.newest(ws).await?;
            let (mut made, mut rows) = (Vec::new(), Vec::new());
            for _ in 0..count {
                let (id, material) = (KeyId::fresh(self.entropy()), Material::fresh(self.entropy()));
                let wrapped = chain.wrap(self.entropy(), purpose, &[ws.0, id.0, version], &material);
                rows.push(values![id.0, ws, purpose, version, &wrapped.map_err(sealing)?].to_vec());
                made.push(Arc::new(Key::new(id, &material).map_err(sealing)?));
            }
            let kept = self
                .0
                .door
                .run(move |tx| Box::pin(async move { tx.execute_each(KEEP, &rows).await.map(drop) }));
            match kept.await {
                Ok(()) => return Ok(made),
                // The version was replaced and is gone.
                Err(Error::Missing) if tries < 5 => {
                    tries += 1;
                    self.forget_newest(ws);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A key for a new person, on disk already and used by nobody.
    pub(crate) async fn fresh(&self, ws: WorkspaceId) -> Result<Arc<Key>> {
        let spare = locked(&self.0.spare).get_mut(&ws).and_then(Vec::pop);
        let key = match spare {
            Some(key) => key,
            None => {
                let mut made = self.make(ws, PERSON, BATCH).await?;
                let key = made.pop().ok_or_else(|| Error::Keys("no key was made".into()))?;
                locked(&self.0.spare).entry(ws).or_default().append(&mut made);
                key
            }
        };
        self.0.opened.insert(key.id(), Some(Arc::clone(&key)));
        Ok(key)
    }

    /// The key for what belongs to nobody yet, such as a delivery as it came: each hour has one of its own, so that an
    /// hour can be destroyed. For an earlier hour than that of the last key, it is the last key.
    pub(crate) async fn of_hour(&self, ws: WorkspaceId, at: Millis) -> Result<Arc<Key>> {
        let hour = at.0 / Millis::hours(1).0;
        if let Some((_, key)) = locked(&self.0.hours).get(&ws).filter(|(held, _)| *held >= hour) {
            return Ok(Arc::clone(key));
        }
        let key = self.fresh(ws).await?;
        locked(&self.0.hours).insert(ws, (hour, Arc::clone(&key)));
        Ok(key)
    }

    /// Seals nothing more with these keys.
    pub(crate) fn end_hour(&self, ws: WorkspaceId, keys: &HashSet<KeyId>) {
        let mut hours = locked(&self.0.hours);
        if hours.get(&ws).is_some_and(|(_, key)| keys.contains(&key.id())) {
            hours.remove(&ws);
        }
    }

    /// The key of a name; `None` when its person was erased.
    pub(crate) async fn get(&self, id: KeyId) -> Result<Option<Arc<Key>>> {
        if let Some(known) = self.0.opened.get(&id) {
            return Ok(known);
        }
        self.load(vec![id]).await?;
        Ok(self.0.opened.get(&id).flatten())
    }

    /// Puts the keys of the rows' sealed values at hand.
    pub(crate) async fn unlock(&self, rows: &mut [Row]) -> Result<()> {
        let mut wanted: HashSet<KeyId> = HashSet::new();
        rows.iter().for_each(|row| wanted.extend(row.sealed_with()));
        if wanted.is_empty() {
            return Ok(());
        }
        let mut found: Vec<Looked> = Vec::with_capacity(wanted.len());
        let mut missing = Vec::new();
        for id in wanted {
            match self.0.opened.get(&id) {
                Some(key) => found.push((id, key)),
                None => missing.push(id),
            }
        }
        if !missing.is_empty() {
            found.extend(self.load(missing).await?);
        }
        let ring: Arc<[_]> = found.into();
        rows.iter_mut().for_each(|row| row.give_keys(Arc::clone(&ring)));
        Ok(())
    }

    /// Opens keys that are not in memory. Boxed, because it asks the store from within the store.
    fn load(&self, ids: Vec<KeyId>) -> BoxFuture<'_, Result<Vec<Looked>>> {
        Box::pin(async move {
            let asked: Vec<i64> = ids.iter().map(|id| id.0).collect();
            let rows = self
                .0
                .door
                .run(move |tx| {
                    Box::pin(async move {
                        let mut rows = tx.query_in(MANY, values![0], &asked).await?;
                        rows.iter_mut().map(read).collect::<Result<Vec<_>>>()
                    })
                })
                .await?;
            let mut found: HashMap<KeyId, Arc<Key>> = HashMap::new();
            for row in rows {
                let material = self.material(&row)?;
                let key = if row.purpose == WORKSPACE {
                    WorkspaceKeys::derive(row.id, &material).map(|keys| keys.seal)
                } else {
                    Key::new(row.id, &material).map(Arc::new)
                };
                found.insert(row.id, key.map_err(sealing)?);
            }
            Ok(ids
                .into_iter()
                .map(|id| {
                    let key = found.get(&id).cloned();
                    self.0.opened.insert(id, key.clone());
                    (id, key)
                })
                .collect())
        })
    }

    /// Destroys persons' keys: what they sealed can never be read again, here and in every copy of the data, as soon as
    /// the copies of the key store are gone too. Other nodes follow within 30 seconds. Tells how many there were.
    pub async fn destroy(&self, ws: WorkspaceId, ids: Vec<KeyId>) -> Result<u64> {
        let gone = ids.clone();
        let destroyed = self.0.door.run(move |tx| {
            Box::pin(async move {
                let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
                tx.execute_in(DESTROY, values![ws], &ids).await
            })
        });
        let destroyed = destroyed.await?;
        self.0.door.scrub()?;
        gone.into_iter().for_each(|id| self.0.opened.insert(id, None));
        Ok(destroyed)
    }

    /// Opens what the oldest workspace's keys are wrapped with, so that a wrong root key is noticed.
    async fn check(&self) -> Result<()> {
        for (ws, version, root, wrapped) in self.0.door.run(|tx| Box::pin(rotate::chains(tx))).await? {
            self.chain(ws, version, &root, &wrapped)?;
        }
        Ok(())
    }
}

/// Whether there is a key store already.
///
/// # Errors
/// As for [`Keys::open`].
pub async fn stand(settings: &KeySettings) -> Result<bool> {
    match settings {
        KeySettings::Sqlite { path } => Ok(path.exists()),
        KeySettings::Postgres { .. } => KeyDoor::stands(settings).await,
    }
}

/// Prepares every statement of the key store.
#[cfg(test)]
pub(crate) async fn prepare(keys: &Keys, sql: String) -> Result<()> {
    keys.0
        .door
        .run(move |tx| Box::pin(async move { tx.prepare(crate::values::Sql::built(&sql)).await }))
        .await
}

#[cfg(test)]
mod tests;
