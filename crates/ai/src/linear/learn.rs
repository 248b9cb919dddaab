//! How a linear model is learned.

use std::borrow::Borrow;

use super::{Linear, starts};
use crate::feature::Features;
use crate::random::Random;

/// The score that each class has without any feature.
const WITHOUT: f32 = -1.2;
/// How much the slopes of examples may differ when their weights have settled.
const SETTLED: f32 = 0.1;

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
    // One class after the other; most of their weights are nothing.
    let columns: Vec<Vec<f32>> =
        (0..classes).map(|class| separate(&table, |at| labels[at] == class, options)).collect();
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
}

/// Separates the examples of a class from all others: the weight of each feature.
///
/// What a class has without any feature is fixed. An example that shares little with the class is then right from the
/// beginning and costs one look instead of many.
fn separate(table: &Table, is_of_class: impl Fn(usize) -> bool, options: &Options) -> Vec<f32> {
    let examples = table.ends.len();
    let mut weights = vec![0.0_f32; table.features];
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
            let row = table.row(at);
            let score: f32 = row.iter().map(|(feature, value)| weights[*feature as usize] * value).sum();
            let slope = sign * (score + WITHOUT) - 1.0 + diagonal * dual[at];
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
                let change = (dual[at] - before) * sign;
                for (feature, value) in row {
                    weights[*feature as usize] += change * value;
                }
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
    weights
}
