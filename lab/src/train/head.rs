//! Small models of few classes: what is spam, which mood an Indonesian text has.

use ai::feature::Features;
use ai::head::Head;
use ai::linear::{Linear, Options, learn};
use ai::spam::features;
use anyhow::{Context, Result, bail};

use super::Args;
use crate::corpus::{Corpus, tenth};

/// Learns what is spam.
pub(super) fn spam(corpus: &Corpus, args: &Args) -> Result<()> {
    let number = |label: &str| match label {
        "ham" => Ok(0),
        "spam" => Ok(1),
        _ => bail!("no label {label}"),
    };
    let mut texts = Vec::new();
    for (text, label) in corpus.labelled("sms_spam/train.tsv")? {
        texts.push((tenth(&text), features(&text), number(&label)?));
    }
    for line in include_str!("../../data/spam.tsv").lines() {
        let Some((text, label)) = line.split_once('\t') else { bail!("spam.tsv: {line:?} has no label") };
        texts.push((9, features(text), number(label)?));
    }
    let options = Options { cost: 4.0, features: 40_000, ..Options::default() };
    write(args, "spam/spam.bin", &texts, 2, &options)
}

/// Learns the mood of Indonesian texts.
pub(super) fn indonesian(corpus: &Corpus, args: &Args) -> Result<()> {
    let mut texts = Vec::new();
    for file in ["smsa_id/train.tsv", "nusax/indonesian.train.tsv"] {
        for (text, label) in corpus.labelled(file)? {
            let Some(class) = ["negative", "neutral", "positive"].iter().position(|one| *one == label) else {
                bail!("{file}: no label {label}")
            };
            texts.push((tenth(&text), Features::of(&text), class));
        }
    }
    let options = Options { cost: 1.0, at_least: 2, features: 120_000, ..Options::default() };
    write(args, "sentiment/indonesian.bin", &texts, 3, &options)
}

/// Learns twice: without a tenth, which then says how sure scores are, and from everything.
fn write(
    args: &Args,
    file: &str,
    texts: &[(u64, Features, usize)],
    classes: usize,
    options: &Options,
) -> Result<()> {
    let part = |keep: &dyn Fn(u64) -> bool| -> (Vec<Features>, Vec<usize>) {
        texts
            .iter()
            .filter(|(tenth, _, _)| keep(*tenth))
            .map(|(_, text, class)| (text.clone(), *class))
            .unzip()
    };
    let (known, labels) = part(&|tenth| tenth != 0);
    let (kept, truth) = part(&|tenth| tenth == 0);
    let without = learn(&known, &labels, classes, options);
    let sharpness = sharpness(&without, &kept, &truth);
    let (all, labels) = part(&|_| true);
    let bytes = Head::new(learn(&all, &labels, classes, options), sharpness).to_bytes();
    let path = args.out.join(file);
    std::fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    println!(
        "  {}: {} texts, sharpness {sharpness:.1}, {:.2} MB",
        path.display(),
        all.len(),
        bytes.len() as f64 / 1e6
    );
    Ok(())
}

/// The factor that makes the least surprising probabilities of the scores of these texts.
fn sharpness(linear: &Linear, texts: &[Features], labels: &[usize]) -> f32 {
    let surprise = |sharpness: f32| -> f32 {
        let head = Head::new(linear.clone(), sharpness);
        texts.iter().zip(labels).map(|(text, label)| -head.shares(text)[*label].max(1e-6).ln()).sum()
    };
    let tried = (2..=24).map(|half| half as f32 / 2.0);
    let least = tried
        .map(|sharpness| (surprise(sharpness), sharpness))
        .min_by(|one, other| one.0.total_cmp(&other.0));
    least.map_or(1.0, |(_, sharpness)| sharpness)
}
