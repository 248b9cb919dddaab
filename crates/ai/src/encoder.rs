//! A sentence model from a folder: texts that mean the same get directions that are near each other.
//!
//! It reads what such models are published as: a network of the BERT family (`config.json`, `model.safetensors`) with
//! WordPiece (`tokenizer.json` or `vocab.txt`). The network is small and fixed, so it is written out here on one matrix
//! product instead of bringing a framework. Who calls it reads the files.
//!
//! Of many such models any two texts are quite near each other: as a [`Meaning`](crate::intent::Meaning) it says what is
//! left without what it says of [every text](Common).

mod network;
mod pieces;
mod tensors;

use serde::Deserialize;

use crate::near::{APART, Common};
use network::Network;
use pieces::Pieces;
use tensors::Tensors;

/// The most pieces of a text that are read unless the model says how many, and whatever it says: a text's cost grows with
/// their square.
const PIECES: usize = 256;
const PIECES_MOST: usize = 512;
/// About how many pieces are worked on at once: enough to keep the products busy, few enough to stay near the processor.
const BATCH: usize = 512;

/// The files that make a model, by their names in its folder.
const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";
const POOLING: &str = "1_Pooling/config.json";
const SENTENCE: &str = "sentence_bert_config.json";
const MODULES: &str = "modules.json";

/// The steps from a text to its direction that are taken here; what brings a direction to length 1 changes nothing.
const STEPS: [&str; 3] = ["Transformer", "Pooling", "Normalize"];

/// Why a folder is not a model that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(String);

impl Unfit {
    fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

/// A loaded sentence model.
pub struct Encoder {
    pieces: Pieces,
    network: Network,
    most: usize,
    first_only: bool,
    common: Common,
}

#[derive(Deserialize)]
struct Pooling {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
}

#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Sentence {
    max_seq_length: Option<usize>,
}

impl Encoder {
    /// Loads a model. `read` gives a file of its folder by the name that it has there, and `None` where the folder has none.
    ///
    /// # Errors
    /// When a file cannot be read, is of another family of models, or does not fit the others.
    pub fn load<E: From<Unfit>>(
        mut read: impl FnMut(&'static str) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Self, E> {
        let config = read(CONFIG)?.ok_or_else(|| missing(CONFIG))?;
        let modules = match read(MODULES)? {
            Some(bytes) => json::<Vec<Module>>(MODULES, &bytes)?,
            None => Vec::new(),
        };
        let step =
            |module: &&Module| module.kind.rsplit('.').next().is_some_and(|kind| STEPS.contains(&kind));
        if let Some(other) = modules.iter().find(|module| !step(module)) {
            return Err(
                Unfit::new(format!("{MODULES} names {:?}, which is not done here", other.kind)).into()
            );
        }
        let pieces = match read("tokenizer.json")? {
            Some(tokenizer) => Pieces::from_tokenizer(&tokenizer)?,
            None => {
                let vocabulary = read("vocab.txt")?.ok_or_else(|| missing("tokenizer.json or vocab.txt"))?;
                Pieces::from_vocabulary(&vocabulary, read("tokenizer_config.json")?.as_deref())?
            }
        };
        // Without it the mean of all pieces is taken.
        let pooling = match read(POOLING)? {
            Some(bytes) => json(POOLING, &bytes)?,
            None => Pooling { pooling_mode_cls_token: false, pooling_mode_mean_tokens: true },
        };
        let sentence = match read(SENTENCE)? {
            Some(bytes) => json(SENTENCE, &bytes)?,
            None => Sentence { max_seq_length: None },
        };
        let weights = read(WEIGHTS)?.ok_or_else(|| missing(WEIGHTS))?;
        let network = Network::load(&config, &Tensors::read(&weights)?)?;
        Ok(Self::of(pieces, network, &pooling, &sentence)?)
    }

    /// Puts together what was read.
    fn of(pieces: Pieces, network: Network, pooling: &Pooling, sentence: &Sentence) -> Result<Self, Unfit> {
        if pieces.greatest() >= network.vocabulary() {
            return Err(Unfit::new("the tokenizer has more pieces than the network"));
        }
        let first_only = match pooling {
            Pooling { pooling_mode_cls_token: true, .. } => true,
            Pooling { pooling_mode_mean_tokens: true, .. } => false,
            Pooling { .. } => return Err(Unfit::new("pooling is neither the mean nor the first piece")),
        };
        let most = sentence.max_seq_length.unwrap_or(PIECES).min(PIECES_MOST).min(network.positions());
        if most < 3 {
            return Err(Unfit::new("the network reads less than one piece of a text"));
        }
        let mut encoder = Self { pieces, network, most, first_only, common: Common::default() };
        let said = encoder.encode_all(&APART);
        if said.iter().flatten().any(|number| !number.is_finite()) {
            return Err(Unfit::new("what the network says are no numbers"));
        }
        encoder.common = Common::of(&said);
        Ok(encoder)
    }

    /// How many numbers a direction has.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.network.width()
    }

    /// What the model says of every text.
    #[must_use]
    pub fn common(&self) -> &Common {
        &self.common
    }

    /// The direction of a text, of length 1. Takes milliseconds.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<f32> {
        self.encode_all(&[text]).pop().unwrap_or_default()
    }

    /// The directions of several texts; quicker than one after the other.
    #[must_use]
    pub fn encode_all(&self, texts: &[&str]) -> Vec<Vec<f32>> {
        let read: Vec<Vec<u32>> = texts.iter().map(|text| self.pieces.read(text, self.most)).collect();
        let mut directions = Vec::with_capacity(texts.len());
        let mut from = 0;
        while from < read.len() {
            let mut to = from + 1;
            let mut pieces = read[from].len();
            while to < read.len() && pieces + read[to].len() <= BATCH {
                pieces += read[to].len();
                to += 1;
            }
            directions.extend(self.network.directions(&read[from..to], self.first_only));
            from = to;
        }
        directions
    }
}

fn missing(name: &str) -> Unfit {
    Unfit::new(format!("{name} is missing"))
}

fn json<T: for<'de> Deserialize<'de>>(name: &str, bytes: &[u8]) -> Result<T, Unfit> {
    serde_json::from_slice(bytes).map_err(|error| Unfit::new(format!("cannot read {name}: {error}")))
}

#[cfg(test)]
mod tests;
