//! What is trained. A new model is a file in this folder and a line in `MODELS`.

mod bridge;
mod head;
mod language;
mod representation;
mod wordnet;

pub(crate) mod teacher;

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::corpus::Corpus;

/// Arguments of `train`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which model
    pub(crate) model: String,
    /// A folder with a sentence model that another one is distilled from
    #[arg(long)]
    pub(crate) encoder: Option<PathBuf>,
    /// Further files or folders that a model is made from; its card names them
    #[arg(long)]
    pub(crate) source: Vec<PathBuf>,
    /// Where models are written
    #[arg(long, default_value = "crates/ai/models")]
    pub(crate) out: PathBuf,
}

type Model = fn(&Corpus, &Args) -> Result<()>;

/// Every model with its name.
const MODELS: &[(&str, Model)] = &[
    ("bridge", bridge::train),
    ("representation", representation::train),
    ("language", language::train),
    ("spam", head::spam),
    ("indonesian", head::indonesian),
];

/// Trains one model.
pub(crate) fn run(corpus: &Corpus, args: &Args) -> Result<()> {
    let Some((_, train)) = MODELS.iter().find(|(name, _)| *name == args.model) else {
        let names: Vec<&str> = MODELS.iter().map(|(name, _)| *name).collect();
        bail!("no model is called {:?}; there are {}", args.model, names.join(", "));
    };
    println!("training {} into {}", args.model, args.out.display());
    for source in args.encoder.iter().chain(&args.source) {
        println!("  from {}", source.display());
    }
    train(corpus, args)
}
