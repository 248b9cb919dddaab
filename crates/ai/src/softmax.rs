//! A head over directions: how likely each class is. It begins with the middle of each class's examples, which is the best
//! guess where there are few, and turns from there to what tells the classes apart.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis};

use crate::bytes::{Broken, Reader, Writer};
use crate::random::Random;
use crate::vector::{dot, unit};

/// How many examples are looked at before the weights move: small portions where there are many. Up to so many examples
/// all are looked at, because a portion with hardly any example of most classes turns these away.
const PORTION: usize = 128;
const WHOLE: usize = 1024;
/// The least number of moves, and of rounds through all examples.
const MOVES: usize = 24;
const ROUNDS: usize = 10;
/// How far a weight moves at first.
const PACE: f32 = 0.1;
/// How much the middle of a class's examples counts at first.
const MIDDLE: f32 = 10.0;
/// How strongly weights are pulled back to where they began, against one example.
const PULL: f32 = 0.03;

/// A learned head.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Softmax {
    dimension: usize,
    /// A row for each class, its last number what the class has without any direction.
    rows: Vec<f32>,
}

impl Softmax {
    /// Learns from directions of one dimension and their classes. The same examples give the same head.
    #[must_use]
    pub fn learn(directions: &[Vec<f32>], labels: &[usize], classes: usize) -> Self {
        let dimension = directions.first().map_or(0, Vec::len);
        let width = dimension + 1;
        let count = directions.len();
        let beginning = beginning(directions, labels, (classes, width));
        let mut weights = beginning.clone();
        let (mut slopes, mut squares) = (vec![0.0_f32; classes * width], vec![0.0_f32; classes * width]);
        let mut slope = Array2::<f32>::zeros((classes, width));
        let mut order: Vec<usize> = (0..count).collect();
        let mut random = Random::new(2);
        let size = if count <= WHOLE { count.max(1) } else { PORTION };
        let portions = count.div_ceil(size).max(1);
        let rounds = ROUNDS.max(MOVES.div_ceil(portions));
        let total = (rounds * portions) as f32;
        let pull = PULL / count.max(1) as f32;
        let mut moves = 0;
        for _ in 0..rounds {
            random.shuffle(&mut order);
            for portion in order.chunks(size) {
                let mut input = Array2::<f32>::ones((portion.len(), width));
                for (mut row, at) in input.rows_mut().into_iter().zip(portion) {
                    row.iter_mut().zip(&directions[*at]).for_each(|(own, number)| *own = *number);
                }
                let mut likely = input.dot(&weights.t());
                for (mut row, at) in likely.axis_iter_mut(Axis(0)).zip(portion) {
                    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    row.mapv_inplace(|score| (score - most).exp());
                    let sum = row.sum();
                    row /= sum;
                    row[labels[*at]] -= 1.0;
                }
                general_mat_mul(1.0 / portion.len() as f32, &likely.t(), &input, 0.0, &mut slope);
                moves += 1;
                let pace = PACE * (1.0 - (moves - 1) as f32 / total);
                let (early, late) = (1.0 - 0.9_f32.powi(moves), 1.0 - 0.99_f32.powi(moves));
                let cells = weights.iter_mut().zip(&beginning).zip(&slope);
                for (((weight, began), slope), (mean, square)) in
                    cells.zip(slopes.iter_mut().zip(&mut squares))
                {
                    let slope = slope + pull * (*weight - began);
                    *mean = 0.9 * *mean + 0.1 * slope;
                    *square = 0.99 * *square + 0.01 * slope * slope;
                    *weight -= pace * (*mean / early) / ((*square / late).sqrt() + 1e-6);
                }
            }
        }
        Self { dimension, rows: weights.into_iter().collect() }
    }

    /// The score of each class. Their exponentials stand to each other as the classes are likely.
    #[must_use]
    pub fn scores(&self, direction: &[f32]) -> Vec<f32> {
        let rows = self.rows.chunks_exact(self.dimension + 1);
        rows.map(|row| dot(&row[..self.dimension], direction) + row[self.dimension]).collect()
    }

    /// How many bytes it takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        4 * self.rows.len()
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.number(self.dimension as u32);
        out.floats(&self.rows);
    }

    pub(crate) fn read(input: &mut Reader<'_>, classes: usize) -> Result<Self, Broken> {
        let dimension = input.number()? as usize;
        let rows = input.floats()?;
        let fits = dimension.checked_add(1).and_then(|width| width.checked_mul(classes)) == Some(rows.len());
        if fits { Ok(Self { dimension, rows }) } else { Err(Broken) }
    }
}

/// The middle of each class's examples, and no class likelier than another without a direction.
fn beginning(directions: &[Vec<f32>], labels: &[usize], (classes, width): (usize, usize)) -> Array2<f32> {
    let mut rows = vec![vec![0.0_f32; width - 1]; classes];
    for (direction, label) in directions.iter().zip(labels) {
        rows[*label].iter_mut().zip(direction).for_each(|(sum, number)| *sum += number);
    }
    let mut weights = Array2::<f32>::zeros((classes, width));
    for (mut row, sum) in weights.rows_mut().into_iter().zip(rows) {
        row.iter_mut().zip(unit(sum)).for_each(|(weight, number)| *weight = MIDDLE * number);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_learns_what_points_where() {
        let directions =
            vec![vec![1.0, 0.0], vec![0.9, 0.1], vec![0.0, 1.0], vec![0.1, 0.9], vec![-1.0, 0.0]];
        let labels = [0, 0, 1, 1, 2];
        let head = Softmax::learn(&directions, &labels, 3);
        for (direction, label) in directions.iter().zip(labels) {
            let scores = head.scores(direction);
            assert!((0..3).all(|class| class == label || scores[class] < scores[label]), "{scores:?}");
        }
        let mut out = Writer::default();
        head.write(&mut out);
        let bytes = out.done();
        assert_eq!(Softmax::read(&mut Reader::new(&bytes), 3).unwrap(), head);
        assert!(Softmax::read(&mut Reader::new(&bytes), 4).is_err());
    }

    #[test]
    fn what_lies_nearest_to_a_class_of_few_examples_is_most_likely_of_it() {
        let at = |turn: f32| vec![(turn * 0.5).sin(), (turn * 0.5).cos()];
        // Twelve classes around a circle, with two examples each.
        let directions: Vec<Vec<f32>> =
            (0..12).flat_map(|class| [at(class as f32 - 0.2), at(class as f32 + 0.2)]).collect();
        let labels: Vec<usize> = (0..12).flat_map(|class| [class; 2]).collect();
        let head = Softmax::learn(&directions, &labels, 12);
        for class in 0..12 {
            let scores = head.scores(&at(class as f32 + 0.1));
            let best = (0..12).max_by(|one, other| scores[*one].total_cmp(&scores[*other]));
            assert_eq!(best, Some(class), "{scores:?}");
        }
    }

    #[test]
    fn no_examples_are_no_error() {
        assert_eq!(Softmax::learn(&[], &[], 2).scores(&[]), [0.0, 0.0]);
    }
}
