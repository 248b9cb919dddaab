//! How a linear model is learned.

use std::borrow::Borrow;

use super::{Linear, starts};
use crate::feature::Features;
use crate::random::Random;

/// The score that each class has without any feature.
const WITHOUT: f32 = -1.2;
/// How much the slopes of examples may differ when their weights have settled.
const SETTLED: f32 = 0.1;
/// Up to so many examples it is worth to know the product of every two of them.
const FEW: usize = 2_000;

/// What learning can be told.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much a mistake costs against a simple model.
    pub cost: f32,
    /// How often all examples are gone through at most.
    pub rounds: usize,
    /// In how many examples a feature must occur to be known.
    pub at_least: u32,
    /// The most features that are known; the rarest go first.
    pub features: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { cost: 1.0, rounds: 30, at_least: 1, features: 60_000 }
    }
}

/// Learns to tell `classes` apart. Labels are numbers below `classes`, one for each example. The same examples give
/// the same model.
#[must_use]
pub fn learn<F: Borrow<Features>>(
    examples: &[F],
    labels: &[usize],
    classes: usize,
    options: &Options,
) -> Linear {
    let (keys, weights) = vocabulary(examples, options);
    let count = keys.len();
    let mut model = Linear {
        classes,
        starts: starts(&keys),
        weights,
        steps: Vec::new(),
        rows: vec![0; count * classes],
        bias: vec![WITHOUT; classes],
        keys,
    };
    let table = Table::of(&model, examples);
    let products = (examples.len() <= FEW).then(|| table.products());
    // One class after the other; most of their weights are nothing.
    let column = |class: usize| match &products {
        Some(products) => {
            let scores = Scores { products, scores: vec![0.0; examples.len()] };
            let (_, pulls) = separate(&table, scores, |at| labels[at] == class, options);
            let mut weights = Weights { table: &table, weights: vec![0.0; count] };
            let pulled = pulls.into_iter().enumerate().filter(|(_, pull)| *pull != 0.0);
            pulled.for_each(|(at, pull)| weights.pull(at, pull));
            weights.weights
        }
        None => {
            let weights = Weights { table: &table, weights: vec![0.0; count] };
            separate(&table, weights, |at| labels[at] == class, options).0.weights
        }
    };
    let columns: Vec<Vec<f32>> = (0..classes).map(column).collect();
    let mut most = vec![0.0_f32; count];
    for column in &columns {
        most.iter_mut().zip(column).for_each(|(most, weight)| *most = most.max(weight.abs()));
    }
    model.steps = most.iter().map(|most| most / 127.0).collect();
    let factors: Vec<f32> = most.iter().map(|most| if *most > 0.0 { 127.0 / most } else { 0.0 }).collect();
    for (class, column) in columns.iter().enumerate() {
        for (place, weight) in column.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            model.rows[place * classes + class] = (weight * factors[place]).round() as i8;
        }
    }
    model
}

/// The features that are worth knowing, ascending, and how much each counts by its rarity.
fn vocabulary<F: Borrow<Features>>(examples: &[F], options: &Options) -> (Vec<u32>, Vec<f32>) {
    let mut keys: Vec<u32> =
        examples.iter().flat_map(|example| &example.borrow().counts).map(|(key, _)| *key).collect();
    keys.sort_unstable();
    let mut known: Vec<(u32, u32)> = Vec::new();
    for same in keys.chunk_by(|one, other| one == other) {
        known.push((same[0], same.len() as u32));
    }
    let mut at_least = options.at_least;
    known.retain(|(_, count)| *count >= at_least);
    while known.len() > options.features {
        at_least += 1;
        known.retain(|(_, count)| *count >= at_least);
    }
    let all = 1.0 + examples.len() as f32;
    known.into_iter().map(|(key, count)| (key, 1.0 + (all / (1.0 + count as f32)).ln())).unzip()
}

/// The examples as rows of places and values, all in one piece of memory.
struct Table {
    ends: Vec<usize>,
    /// The sum of the squares of each row.
    squares: Vec<f32>,
    cells: Vec<(u32, f32)>,
    /// How many features there are.
    features: usize,
}

impl Table {
    fn of<F: Borrow<Features>>(model: &Linear, examples: &[F]) -> Self {
        let mut table = Self {
            ends: Vec::with_capacity(examples.len()),
            squares: Vec::with_capacity(examples.len()),
            cells: Vec::new(),
            features: model.keys.len(),
        };
        for example in examples {
            let weighed = model.weigh(example.borrow());
            table.squares.push(weighed.iter().map(|(_, value)| value * value).sum());
            table.cells.extend(weighed.into_iter().map(|(place, value)| (place as u32, value)));
            table.ends.push(table.cells.len());
        }
        table
    }

    fn row(&self, at: usize) -> &[(u32, f32)] {
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.cells[from..self.ends[at]]
    }

    /// The product of every two rows.
    fn products(&self) -> Vec<f32> {
        let count = self.ends.len();
        let mut products = vec![0.0; count * count];
        // The rows before this one that have a feature, with its value.
        let mut having: Vec<Vec<(u32, f32)>> = vec![Vec::new(); self.features];
        for at in 0..count {
            let line = &mut products[at * count..=at * count + at];
            for (feature, value) in self.row(at) {
                let having = &mut having[*feature as usize];
                having.push((at as u32, *value));
                having.iter().for_each(|(other, theirs)| line[*other as usize] += value * theirs);
            }
        }
        for at in 0..count {
            for other in 0..at {
                products[other * count + at] = products[at * count + other];
            }
        }
        products
    }
}

/// A class's weights while they are learned.
trait Learned {
    /// The score of an example, without what the class has anyway.
    fn score(&self, at: usize) -> f32;
    /// Adds an example, so many times, to the weights.
    fn pull(&mut self, at: usize, change: f32);
}

/// The weights themselves.
struct Weights<'a> {
    table: &'a Table,
    weights: Vec<f32>,
}

impl Learned for Weights<'_> {
    fn score(&self, at: usize) -> f32 {
        self.table.row(at).iter().map(|(feature, value)| self.weights[*feature as usize] * value).sum()
    }

    fn pull(&mut self, at: usize, change: f32) {
        for (feature, value) in self.table.row(at) {
            self.weights[*feature as usize] += change * value;
        }
    }
}

/// What the weights make of every example. Of few examples that is ready to hand sooner than the weights are.
struct Scores<'a> {
    products: &'a [f32],
    scores: Vec<f32>,
}

impl Learned for Scores<'_> {
    fn score(&self, at: usize) -> f32 {
        self.scores[at]
    }

    fn pull(&mut self, at: usize, change: f32) {
        let count = self.scores.len();
        let products = &self.products[at * count..(at + 1) * count];
        self.scores.iter_mut().zip(products).for_each(|(score, product)| *score += change * product);
    }
}

/// Separates the examples of a class from all others. Gives what was learned, and how often each example is in it.
///
/// What a class has without any feature is fixed. An example that shares little with the class is then right from the
/// beginning and costs one look instead of many.
fn separate<L: Learned>(
    table: &Table,
    mut learned: L,
    is_of_class: impl Fn(usize) -> bool,
    options: &Options,
) -> (L, Vec<f32>) {
    let examples = table.ends.len();
    let mut dual = vec![0.0_f32; examples];
    let diagonal = 0.5 / options.cost;
    // The class's own examples come first; they say which others have to be looked at.
    let mut active: Vec<usize> = (0..examples).filter(|at| is_of_class(*at)).collect();
    let mut all = false;
    let mut random = Random::new(1);
    // Examples that lie far on their own side are left out until all others are settled.
    let mut bound = f32::INFINITY;
    for _ in 0..options.rounds {
        let (mut largest, mut smallest) = (f32::NEG_INFINITY, f32::INFINITY);
        random.shuffle(&mut active);
        let mut place = 0;
        while place < active.len() {
            let at = active[place];
            let sign = if is_of_class(at) { 1.0 } else { -1.0 };
            let slope = sign * (learned.score(at) + WITHOUT) - 1.0 + diagonal * dual[at];
            if dual[at] == 0.0 && slope > bound {
                active.swap_remove(place);
                continue;
            }
            place += 1;
            let projected = if dual[at] == 0.0 { slope.min(0.0) } else { slope };
            largest = largest.max(projected);
            smallest = smallest.min(projected);
            if projected.abs() > 1e-6 {
                let before = dual[at];
                dual[at] = (before - slope / (table.squares[at] + diagonal)).max(0.0);
                learned.pull(at, (dual[at] - before) * sign);
            }
        }
        if largest - smallest < SETTLED {
            if all && active.len() == examples {
                break;
            }
            all = true;
            active = (0..examples).collect();
            // On the way through, all that is right already goes again.
            bound = SETTLED;
        } else {
            bound = if all { largest.max(SETTLED) } else { f32::INFINITY };
        }
    }
    let signed = |(at, often): (usize, f32)| if is_of_class(at) { often } else { -often };
    (learned, dual.into_iter().enumerate().map(signed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_products_of_few_examples_teach_what_their_features_teach() {
        let texts = [
            "where is my order",
            "has my parcel arrived",
            "i want my money back",
            "refund this order",
            "human please",
        ];
        let labels = [0, 0, 1, 1, 2];
        let examples = texts.map(Features::of);
        let options = Options::default();
        let model = learn(&examples, &labels, 3, &options);
        let table = Table::of(&model, &examples);
        let products = table.products();
        for (at, row) in products.chunks_exact(texts.len()).enumerate() {
            assert!((row[at] - table.squares[at]).abs() < 1e-5, "the product of a row with itself");
        }
        for class in 0..3 {
            let weights = Weights { table: &table, weights: vec![0.0; table.features] };
            let scores = Scores { products: &products, scores: vec![0.0; texts.len()] };
            let (weights, often) = separate(&table, weights, |at| labels[at] == class, &options);
            let (scores, as_often) = separate(&table, scores, |at| labels[at] == class, &options);
            assert!((0..texts.len()).all(|at| (often[at] > 0.0) == (labels[at] == class)), "{often:?}");
            for at in 0..texts.len() {
                assert!((often[at] - as_often[at]).abs() < 1e-4, "{often:?} {as_often:?}");
                assert!((weights.score(at) - scores.score(at)).abs() < 1e-4);
            }
        }
    }
}
