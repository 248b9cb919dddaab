//! How a linear model is learned.

use std::borrow::Borrow;
use std::collections::HashMap;

use super::{Linear, starts};
use crate::feature::Features;
use crate::random::Random;

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
        steps: vec![0.0; count],
        rows: vec![0; count * classes],
        bias: vec![-1.0; classes],
        keys,
    };
    let table = Table::of(&model, examples);
    // One class after the other, and the classes of a feature beside each other at the end.
    let mut columns = Vec::with_capacity(classes);
    for class in 0..classes {
        let column = separate(&table, |at| labels[at] == class, options);
        model.bias[class] = if examples.is_empty() { -1.0 } else { column[count] };
        columns.push(column);
    }
    for place in 0..count {
        let most = columns.iter().map(|column| column[place].abs()).fold(0.0, f32::max);
        if most > 0.0 {
            let step = most / 127.0;
            model.steps[place] = step;
            for (class, column) in columns.iter().enumerate() {
                model.rows[place * classes + class] = (column[place] / step).round() as i8;
            }
        }
    }
    model
}

/// The features that are worth knowing, ascending, and how much each counts by its rarity.
fn vocabulary<F: Borrow<Features>>(examples: &[F], options: &Options) -> (Vec<u32>, Vec<f32>) {
    let mut seen: HashMap<u32, u32> = HashMap::new();
    for (key, _) in examples.iter().flat_map(|example| &example.borrow().counts) {
        *seen.entry(*key).or_default() += 1;
    }
    let mut at_least = options.at_least;
    let enough =
        |at_least: u32| seen.values().filter(|count| **count >= at_least).count() <= options.features;
    while !enough(at_least) {
        at_least += 1;
    }
    let mut known: Vec<(u32, u32)> = seen.into_iter().filter(|(_, count)| *count >= at_least).collect();
    known.sort_unstable();
    let all = 1.0 + examples.len() as f32;
    known.into_iter().map(|(key, count)| (key, 1.0 + (all / (1.0 + count as f32)).ln())).unzip()
}

/// The examples as rows of places and values, all in one piece of memory.
struct Table {
    ends: Vec<usize>,
    cells: Vec<(u32, f32)>,
    /// How many features there are; the place after the last is the bias.
    features: usize,
}

impl Table {
    fn of<F: Borrow<Features>>(model: &Linear, examples: &[F]) -> Self {
        let mut table =
            Self { ends: Vec::with_capacity(examples.len()), cells: Vec::new(), features: model.keys.len() };
        for example in examples {
            let weighed = model.weigh(example.borrow());
            table.cells.extend(weighed.into_iter().map(|(place, value)| (place as u32, value)));
            table.ends.push(table.cells.len());
        }
        table
    }

    fn row(&self, at: usize) -> &[(u32, f32)] {
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.cells[from..self.ends[at]]
    }
}

/// Separates the examples of a class from all others: the weight of each feature, and the bias at the end.
fn separate(table: &Table, is_of_class: impl Fn(usize) -> bool, options: &Options) -> Vec<f32> {
    let examples = table.ends.len();
    let mut weights = vec![0.0_f32; table.features + 1];
    let mut dual = vec![0.0_f32; examples];
    let diagonal = 0.5 / options.cost;
    let squares: Vec<f32> = (0..examples)
        .map(|at| table.row(at).iter().map(|(_, value)| value * value).sum::<f32>() + 1.0 + diagonal)
        .collect();
    let mut active: Vec<usize> = (0..examples).collect();
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
            let row = table.row(at);
            let mut score = weights[table.features];
            for (feature, value) in row {
                score += weights[*feature as usize] * value;
            }
            let slope = sign * score - 1.0 + diagonal * dual[at];
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
                dual[at] = (before - slope / squares[at]).max(0.0);
                let change = (dual[at] - before) * sign;
                for (feature, value) in row {
                    weights[*feature as usize] += change * value;
                }
                weights[table.features] += change;
            }
        }
        if largest - smallest < 0.05 {
            if active.len() == examples {
                break;
            }
            active = (0..examples).collect();
            bound = f32::INFINITY;
        } else {
            bound = if largest > 0.0 { largest } else { f32::INFINITY };
        }
    }
    weights
}
