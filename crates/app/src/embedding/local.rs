//! The sentence model of this server: a folder that the configuration names, read once for the whole process. Whoever asks it
//! waits for a place on a thread, of which there are as many as the machine has cores, so that it never takes more than those.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ai::Encoder;
use ai::encoder::Unfit;
use ai::near::{APART, Common};
use aws_lc_rs::digest;
use moka::sync::Cache;
use tokio::sync::{OnceCell, Semaphore};

use super::call::DIMENSION_MAX;
use super::held::{Key, key};

/// How large the weights may be, and every other file, in bytes.
const WEIGHTS_MOST: u64 = 2 << 30;
const FILE_MOST: u64 = 64 << 20;
/// How many texts are read in one go: whoever waits for a place does not wait for long.
pub(super) const AT_ONCE: usize = 4;
/// How much memory the meanings of texts may take that were asked for before, in bytes, and how long they are held after
/// they were last used.
const SAID: u64 = 64 << 20;
const IDLE: Duration = Duration::from_secs(3600);
/// How many texts tell how long one takes.
const TRIES: u32 = 8;

/// Why a folder cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

impl From<Unfit> for Unusable {
    fn from(unfit: Unfit) -> Self {
        Self(unfit.to_string())
    }
}

/// Where the model is, and the model itself once it was read.
pub(crate) struct Local {
    folder: Option<PathBuf>,
    model: OnceCell<Arc<Model>>,
}

impl Local {
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, model: OnceCell::new() }
    }

    /// The model; `None` where the configuration names none.
    ///
    /// # Errors
    /// When it cannot be used.
    pub(super) async fn load(&self) -> Result<Option<Arc<Model>>, Unusable> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let read = || async {
            let folder = folder.clone();
            let read = tokio::task::spawn_blocking(move || Model::read(&folder).map(Arc::new));
            read.await.map_err(|error| Unusable(error.to_string()))?
        };
        self.model.get_or_try_init(read).await.cloned().map(Some)
    }

    /// The model, where there is one that can be used.
    pub(crate) async fn model(&self) -> Option<Arc<Model>> {
        let loaded = self.load().await;
        loaded
            .inspect_err(|error| tracing::error!(%error, "the sentence model cannot be used"))
            .ok()
            .flatten()
    }
}

/// A model that was read.
pub(crate) struct Model {
    encoder: Encoder,
    name: String,
    mark: [u8; 32],
    places: Arc<Semaphore>,
    said: Cache<Key, Arc<[f32]>>,
}

impl Model {
    /// Reads a folder, which takes a moment.
    fn read(folder: &Path) -> Result<Self, Unusable> {
        if !folder.is_dir() {
            return Err(Unusable("it is no folder".to_owned()));
        }
        let mut all = digest::Context::new(&digest::SHA256);
        let encoder = Encoder::load(|name| {
            let bytes = file(&folder.join(name)).map_err(|why| Unusable(format!("{name} {why}")))?;
            for part in [name.as_bytes(), bytes.as_deref().unwrap_or_default()] {
                all.update(&(part.len() as u64).to_le_bytes());
                all.update(part);
            }
            Ok::<_, Unusable>(bytes)
        })?;
        if encoder.dimension() > DIMENSION_MAX {
            return Err(Unusable(format!("its directions have more than {DIMENSION_MAX} numbers")));
        }
        let mut mark = [0; 32];
        mark.copy_from_slice(all.finish().as_ref());
        // A folder that is written without a name, as "." is, has one all the same.
        let whole = folder.canonicalize().unwrap_or_default();
        let name =
            folder.file_name().or(whole.file_name()).unwrap_or_default().to_string_lossy().into_owned();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let weight = |_: &Key, said: &Arc<[f32]>| {
            u32::try_from(size_of_val(&**said) + 2 * size_of::<Key>()).unwrap_or(u32::MAX)
        };
        let said = Cache::builder().weigher(weight).max_capacity(SAID).time_to_idle(IDLE).build();
        Ok(Self { encoder, name, mark, places: Arc::new(Semaphore::new(cores)), said })
    }

    /// How many numbers a direction has.
    pub(crate) fn dimension(&self) -> usize {
        self.encoder.dimension()
    }

    /// What it says of every text.
    pub(super) fn common(&self) -> &Common {
        self.encoder.common()
    }

    /// What it is called: as its folder.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What no other model has: made of all that it was read from.
    pub(crate) fn mark(&self) -> [u8; 32] {
        self.mark
    }

    /// What it says of texts without what it says of every text: of length 1, or zeros. What it does not say within the
    /// patience is left out.
    pub(crate) async fn meanings(
        self: &Arc<Self>,
        texts: &[String],
        patience: Duration,
    ) -> HashMap<String, Arc<[f32]>> {
        let until = tokio::time::Instant::now() + patience;
        let mut all = HashMap::with_capacity(texts.len());
        let mut missing = Vec::new();
        for text in texts {
            match self.said.get(&key(text)) {
                Some(said) => drop(all.insert(text.clone(), said)),
                None => missing.push(text.clone()),
            }
        }
        for part in missing.chunks(AT_ONCE) {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            let Some(said) = self.directions(part.to_vec(), left).await else { break };
            for (text, said) in part.iter().zip(said) {
                let said = self.common().without(said);
                self.said.insert(key(text), said.clone());
                all.insert(text.clone(), said);
            }
        }
        all
    }

    /// What it says of some texts, in their order; `None` when that takes longer than somebody waits.
    pub(super) async fn directions(
        self: &Arc<Self>,
        texts: Vec<String>,
        patience: Duration,
    ) -> Option<Vec<Vec<f32>>> {
        let said = async {
            let place = self.places.clone().acquire_owned().await.ok()?;
            let model = self.clone();
            let said = tokio::task::spawn_blocking(move || {
                // Whoever gives up leaves the place to whoever is next, and no sooner than it is free.
                let _place = place;
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                model.encoder.encode_all(&texts)
            });
            said.await.ok()
        };
        let said = tokio::time::timeout(patience, said).await.ok().flatten();
        if said.is_none() {
            tracing::warn!("the sentence model of this server did not answer in time");
        }
        said
    }
}

/// The bytes of a file; `None` where there is none.
fn file(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let why = |error: std::io::Error| format!("cannot be read: {error}");
    let about = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        about => about.map_err(why)?,
    };
    if !about.is_file() {
        return Err("is no file".to_owned());
    }
    let weights = path.extension().is_some_and(|end| end == "safetensors");
    let most = if weights { WEIGHTS_MOST } else { FILE_MOST };
    let mut bytes = Vec::new();
    // It may grow while it is read.
    let read = std::fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    if read.map_err(why)? as u64 > most {
        return Err(format!("is larger than {} MB", most >> 20));
    }
    Ok(Some(bytes))
}

/// What came of looking at a folder.
#[derive(Debug, Clone)]
pub struct Looked {
    /// What the model is called.
    pub name: String,
    /// How many numbers a direction has.
    pub dimension: usize,
    /// How long reading the folder took.
    pub read: Duration,
    /// How long one short text takes.
    pub took: Duration,
}

/// Looks whether a folder can be used. Takes a moment: for a thread that may wait.
///
/// # Errors
/// When it cannot be used.
pub fn look(folder: &Path) -> Result<Looked, Unusable> {
    let begun = Instant::now();
    let model = Model::read(folder)?;
    let read = begun.elapsed();
    let begun = Instant::now();
    let said: Vec<Vec<f32>> =
        APART.iter().take(TRIES as usize).map(|text| model.encoder.encode(text)).collect();
    let took = begun.elapsed() / TRIES;
    let dimension = said.first().map_or(0, Vec::len);
    Ok(Looked { dimension, name: model.name, read, took })
}
