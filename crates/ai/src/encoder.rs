//! A sentence model from a folder: texts that mean the same get directions that are near each other.
//!
//! It reads what such models are published as: a network of the BERT family (`config.json`, `model.safetensors`) with
//! WordPiece (`tokenizer.json` or `vocab.txt`). The network is small and fixed, so it is written out here on one matrix
//! product instead of bringing a framework. Who calls it reads the files.

mod network;
mod pieces;
mod tensors;

use serde::Deserialize;

use network::Network;
use pieces::Pieces;
use tensors::Tensors;

/// The most pieces of a text that are read unless the model says less.
const PIECES: usize = 256;
/// About how many pieces are worked on at once: enough to keep the products busy, few enough to stay near the processor.
const BATCH: usize = 512;

/// The files of a model's folder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files<'a> {
    /// `config.json`
    pub config: &'a [u8],
    /// `model.safetensors`
    pub weights: &'a [u8],
    /// `tokenizer.json`, where the folder has it.
    pub tokenizer: Option<&'a [u8]>,
    /// `vocab.txt`, read where there is no `tokenizer.json`.
    pub vocabulary: Option<&'a [u8]>,
    /// `tokenizer_config.json`, which goes with `vocab.txt`.
    pub tokenizer_config: Option<&'a [u8]>,
    /// `1_Pooling/config.json`, where the folder has it; without it the mean of all pieces is taken.
    pub pooling: Option<&'a [u8]>,
    /// `sentence_bert_config.json`, where the folder has it.
    pub sentence: Option<&'a [u8]>,
}

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
}

#[derive(Deserialize)]
struct Pooling {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
}

#[derive(Deserialize)]
struct Sentence {
    max_seq_length: Option<usize>,
}

impl Encoder {
    /// Loads a model.
    ///
    /// # Errors
    /// When a file cannot be read, is of another family of models, or does not fit the others.
    pub fn load(files: &Files<'_>) -> Result<Self, Unfit> {
        let pieces = match (files.tokenizer, files.vocabulary) {
            (Some(tokenizer), _) => Pieces::from_tokenizer(tokenizer)?,
            (None, Some(vocabulary)) => Pieces::from_vocabulary(vocabulary, files.tokenizer_config)?,
            (None, None) => return Err(Unfit::new("neither tokenizer.json nor vocab.txt is there")),
        };
        let network = Network::load(files.config, &Tensors::read(files.weights)?)?;
        if pieces.greatest() >= network.vocabulary() {
            return Err(Unfit::new("the tokenizer has more pieces than the network"));
        }
        let first_only = match files.pooling {
            None => false,
            Some(bytes) => match json::<Pooling>("1_Pooling/config.json", bytes)? {
                Pooling { pooling_mode_cls_token: true, .. } => true,
                Pooling { pooling_mode_mean_tokens: true, .. } => false,
                _ => return Err(Unfit::new("pooling is neither the mean nor the first piece")),
            },
        };
        let asked = match files.sentence {
            Some(bytes) => json::<Sentence>("sentence_bert_config.json", bytes)?.max_seq_length,
            None => None,
        };
        let most = asked.unwrap_or(PIECES).min(network.positions());
        if most < 3 {
            return Err(Unfit::new("the network reads less than one piece of a text"));
        }
        Ok(Self { pieces, network, most, first_only })
    }

    /// How many numbers a direction has.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.network.width()
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

fn json<T: for<'de> Deserialize<'de>>(name: &str, bytes: &[u8]) -> Result<T, Unfit> {
    serde_json::from_slice(bytes).map_err(|error| Unfit::new(format!("cannot read {name}: {error}")))
}

#[cfg(test)]
mod tests;
