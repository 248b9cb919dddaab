//! The table of `ai::represent`: directions of words, pairs and pieces whose sum comes near to what a large sentence
//! model says of whole sentences.
//!
//! The sentences carry no labels: what is learned is what texts mean, and not which intents somebody made of them.

use std::collections::{HashMap, HashSet};

use ai::represent::{DIMENSION, Representation, weight};
use ai::{Features, vector};
use anyhow::{Context, Result};
use ndarray::Array2;

use super::Args;
use super::teacher::Teacher;
use crate::corpus::Corpus;

/// The most words and pairs, and the most pieces of words, that the table knows.
const WORDS: usize = 18_000;
const PIECES: usize = 14_000;
/// How often all sentences are gone through.
const ROUNDS: usize = 14;
/// How fast a row moves; it slows down by how much the row has moved.
const PACE: f32 = 0.05;
/// One feature in so many is left out of a sentence, so that no single one is relied on.
const LEFT_OUT: usize = 6;

/// Trains and writes the table.
pub(crate) fn train(corpus: &Corpus, args: &Args) -> Result<()> {
    let folder =
        args.encoder.as_deref().context("--encoder: the folder of the sentence model to learn from")?;
    let teacher = Teacher::load(folder)?;
    let texts = sentences(corpus, args)?;
    println!("  {} texts", texts.len());
    teacher.ask(texts.iter().map(String::as_str))?;
    let said: Vec<Vec<f32>> = texts.iter().map(|text| teacher.said(text)).collect();
    let targets = reduce(&said);
    let examples: Vec<Features> = texts.iter().map(|text| Features::of(text)).collect();
    let table = learn(&texts, &examples, &targets);
    let bytes = table.to_bytes();
    std::fs::create_dir_all(&args.out)?;
    let path = args.out.join("representation.bin");
    std::fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    println!("  {} bytes in {}", bytes.len(), path.display());
    Ok(())
}

/// The texts to learn from, each once. Nothing that is measured on is among them.
fn sentences(corpus: &Corpus, args: &Args) -> Result<Vec<String>> {
    let mut held_out = HashSet::new();
    for file in ["banking77/valid.tsv", "clinc150/val.tsv", "clinc150/oos_val.tsv", "bitext_cs/valid.tsv"] {
        held_out.extend(corpus.rows(file)?.into_iter().filter_map(|row| Some(row.first()?.to_lowercase())));
    }
    let mut texts = Vec::new();
    for file in [
        "clinc150/train.tsv",
        "clinc150/oos_train.tsv",
        "banking77/train.tsv",
        "bitext_cs/train.tsv",
        "sms_spam/train.tsv",
        "covid_qsim/en.tsv",
    ] {
        texts.extend(corpus.rows(file)?.into_iter().filter_map(|row| row.into_iter().next()));
    }
    for folder in &args.source {
        texts.extend(super::wordnet::texts(folder)?);
    }
    let mut seen = HashSet::new();
    texts.retain(|text| {
        let plain = text.trim().to_lowercase();
        plain.len() >= 2 && plain.len() <= 300 && !held_out.contains(&plain) && seen.insert(plain)
    });
    Ok(texts)
}

/// The directions in the few numbers that say most (principal components, found by turning a base again and again).
fn reduce(said: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let width = said.first().map_or(0, Vec::len);
    let mut products = Array2::<f32>::zeros((width, width));
    for part in said.chunks(1024) {
        let flat: Vec<f32> = part.iter().flatten().copied().collect();
        if let Ok(block) = Array2::from_shape_vec((part.len(), width), flat) {
            products += &block.t().dot(&block);
        }
    }
    let mut random = ai::random::Random::new(7);
    let mut base = Array2::from_shape_fn((width, DIMENSION), |_| random.normal());
    for _ in 0..40 {
        base = products.dot(&base);
        straighten(&mut base);
    }
    let project = |direction: &Vec<f32>| {
        let column = |at: usize| base.column(at).iter().zip(direction).map(|(a, b)| a * b).sum::<f32>();
        vector::unit((0..DIMENSION).map(column).collect())
    };
    said.iter().map(project).collect()
}

/// Makes the columns stand at right angles to each other, of length 1.
fn straighten(base: &mut Array2<f32>) {
    for at in 0..base.ncols() {
        for before in 0..at {
            let share: f32 = base.column(at).iter().zip(base.column(before)).map(|(a, b)| a * b).sum();
            let other = base.column(before).to_owned();
            base.column_mut(at).zip_mut_with(&other, |own, other| *own -= share * other);
        }
        let length = base.column(at).iter().map(|number| number * number).sum::<f32>().sqrt();
        base.column_mut(at).mapv_inplace(|number| number / length.max(1e-12));
    }
}

/// The features worth a row: the most frequent words and pairs, and the most frequent pieces.
fn known(examples: &[Features]) -> Vec<u32> {
    let mut seen: HashMap<u32, u32> = HashMap::new();
    for (key, _) in examples.iter().flat_map(|example| &example.counts) {
        *seen.entry(*key).or_default() += 1;
    }
    let (mut pieces, mut words): (Vec<_>, Vec<_>) =
        seen.into_iter().partition(|(key, _)| Features::is_piece(*key));
    let by_count = |entry: &(u32, u32)| (std::cmp::Reverse(entry.1), entry.0);
    words.sort_unstable_by_key(by_count);
    pieces.sort_unstable_by_key(by_count);
    words.truncate(WORDS);
    pieces.truncate(PIECES);
    let mut keys: Vec<u32> = words.into_iter().chain(pieces).map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys
}

fn learn(texts: &[String], examples: &[Features], targets: &[Vec<f32>]) -> Representation {
    let keys = known(examples);
    let sparse: Vec<Vec<(usize, f32)>> = examples
        .iter()
        .map(|example| {
            let place = |(key, count): &(u32, f32)| Some((keys.binary_search(key).ok()?, weight(*count)));
            example.counts.iter().filter_map(place).collect()
        })
        .collect();
    let mut rows = start(&keys, texts, targets);
    let mut moved = vec![1e-6_f32; keys.len()];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut random = ai::random::Random::new(11);
    for round in 0..ROUNDS {
        random.shuffle(&mut order);
        let pace = PACE * (1.0 - round as f32 / ROUNDS as f32);
        let mut near = 0.0_f64;
        for at in &order {
            let features: Vec<(usize, f32)> =
                sparse[*at].iter().copied().filter(|_| random.below(LEFT_OUT) > 0).collect();
            near += f64::from(step(&mut rows, &mut moved, &features, &targets[*at], pace));
        }
        println!("  round {}: mean cosine {:.4}", round + 1, near / order.len().max(1) as f64);
    }
    Representation::new(DIMENSION, keys, &rows)
}

/// Words that were asked about by themselves begin where the model sees them; all else begins at nothing.
fn start(keys: &[u32], texts: &[String], targets: &[Vec<f32>]) -> Vec<f32> {
    let mut rows = vec![0.0; keys.len() * DIMENSION];
    for (text, target) in texts.iter().zip(targets) {
        let words = ai::words(text);
        let [word] = words.as_slice() else { continue };
        if let Ok(at) = keys.binary_search(&ai::feature::word_key(&word.key)) {
            rows[at * DIMENSION..(at + 1) * DIMENSION].copy_from_slice(target);
        }
    }
    rows
}

/// Moves the rows of a sentence so that their sum turns towards its target; says how near it was before.
fn step(rows: &mut [f32], moved: &mut [f32], features: &[(usize, f32)], target: &[f32], pace: f32) -> f32 {
    let mut sum = vec![0.0_f32; DIMENSION];
    for (at, weight) in features {
        let row = &rows[at * DIMENSION..(at + 1) * DIMENSION];
        sum.iter_mut().zip(row).for_each(|(sum, number)| *sum += weight * number);
    }
    let length = vector::dot(&sum, &sum).sqrt().max(0.3);
    let near = vector::dot(&sum, target) / length;
    // The slope of one minus the cosine.
    let slope: Vec<f32> =
        sum.iter().zip(target).map(|(sum, target)| (near * sum / length - target) / length).collect();
    let steepness = vector::dot(&slope, &slope);
    for (at, weight) in features {
        moved[*at] += steepness * weight * weight;
        let factor = pace * weight / moved[*at].sqrt();
        let row = &mut rows[at * DIMENSION..(at + 1) * DIMENSION];
        row.iter_mut().zip(&slope).for_each(|(number, slope)| *number -= factor * slope);
    }
    near
}
