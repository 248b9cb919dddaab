//! Turns what speaks for an answer into a confidence that holds: of answers with 0.9, nine in ten are right.

/// How much learning holds back from large weights.
const HELD: f64 = 0.5;
/// How often all examples are gone through at most.
const ROUNDS: usize = 60;

/// Weighs evidence to a probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibrator {
    /// What nothing speaks for or against.
    pub bias: f32,
    /// What each piece of evidence is worth.
    pub weights: Vec<f32>,
}

impl Calibrator {
    /// The confidence, between 0 and 1.
    pub fn confidence(&self, evidence: &[f32]) -> f32 {
        let sum: f32 = self.weights.iter().zip(evidence).map(|(weight, one)| weight * one).sum();
        1.0 / (1.0 + (-self.bias - sum).exp())
    }

    /// Learns from answers that were right or wrong, starting from what is believed before: with few examples that
    /// stays nearly as it is. All examples must have as many pieces of evidence as the calibrator has weights.
    #[must_use]
    pub fn learn(&self, examples: &[(Vec<f32>, bool)]) -> Self {
        let count = self.weights.len() + 1;
        let prior: Vec<f64> =
            self.weights.iter().chain([&self.bias]).map(|weight| f64::from(*weight)).collect();
        let mut weights = prior.clone();
        // Newton's method: few pieces of evidence, so that the exact step costs little.
        for _ in 0..ROUNDS {
            let mut slope: Vec<f64> = (0..count).map(|at| HELD * (weights[at] - prior[at])).collect();
            let mut curve = vec![vec![0.0; count]; count];
            for (at, row) in curve.iter_mut().enumerate() {
                row[at] = HELD;
            }
            for (evidence, right) in examples {
                let row: Vec<f64> = evidence.iter().map(|one| f64::from(*one)).chain([1.0]).collect();
                let sum: f64 = weights.iter().zip(&row).map(|(weight, one)| weight * one).sum();
                let likely = 1.0 / (1.0 + (-sum).exp());
                let wrong = likely - if *right { 1.0 } else { 0.0 };
                for at in 0..count {
                    slope[at] += wrong * row[at];
                    for other in 0..count {
                        curve[at][other] += likely * (1.0 - likely) * row[at] * row[other];
                    }
                }
            }
            let step = solve(curve, slope);
            for (weight, step) in weights.iter_mut().zip(&step) {
                *weight -= step.clamp(-4.0, 4.0);
            }
            if step.iter().all(|step| step.abs() < 1e-6) {
                break;
            }
        }
        let bias = weights.pop().unwrap_or(0.0) as f32;
        Self { bias, weights: weights.into_iter().map(|weight| weight as f32).collect() }
    }
}

/// Solves a system of equations by elimination.
fn solve(mut rows: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let count = right.len();
    for at in 0..count {
        let pivot = (at..count).max_by(|one, other| rows[*one][at].abs().total_cmp(&rows[*other][at].abs()));
        let pivot = pivot.unwrap_or(at);
        rows.swap(at, pivot);
        right.swap(at, pivot);
        if rows[at][at].abs() < 1e-12 {
            continue;
        }
        for below in at + 1..count {
            let factor = rows[below][at] / rows[at][at];
            let (above, rest) = rows.split_at_mut(below);
            for (one, other) in rest[0].iter_mut().zip(&above[at]) {
                *one -= factor * other;
            }
            right[below] -= factor * right[at];
        }
    }
    for at in (0..count).rev() {
        let known: f64 = (at + 1..count).map(|column| rows[at][column] * right[column]).sum();
        right[at] = if rows[at][at].abs() < 1e-12 { 0.0 } else { (right[at] - known) / rows[at][at] };
    }
    right
}

/// A point of the curve that an owner chooses a threshold from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Answers of at least this confidence are given.
    pub threshold: f32,
    /// The share of questions that then get an answer.
    pub answered: f32,
    /// The share of these answers that are right.
    pub precision: f32,
}

/// What each threshold would have brought, from confidences and whether the answer was right; the strictest first.
pub fn curve(judged: &[(f32, bool)]) -> Vec<Point> {
    let mut judged = judged.to_vec();
    judged.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut points: Vec<Point> = Vec::new();
    let mut right = 0;
    for (place, (confidence, is_right)) in judged.iter().enumerate() {
        right += usize::from(*is_right);
        let given = (place + 1) as f32;
        let point = Point {
            threshold: *confidence,
            answered: given / judged.len() as f32,
            precision: right as f32 / given,
        };
        match points.last_mut() {
            // Answers of the same confidence are given together.
            Some(last) if last.threshold <= *confidence => *last = point,
            _ => points.push(point),
        }
    }
    points
}

/// The point with most answers whose precision is at least so much.
pub fn at_precision(points: &[Point], precision: f32) -> Option<Point> {
    points.iter().rev().find(|point| point.precision >= precision).copied()
}

/// How far confidences are from what came true, on average: the difference in each tenth, weighed by its answers.
pub fn error(judged: &[(f32, bool)]) -> f32 {
    let mut tenths = [(0.0_f32, 0.0_f32); 10];
    for (confidence, right) in judged {
        let tenth = &mut tenths[((confidence * 10.0) as usize).min(9)];
        tenth.0 += confidence;
        tenth.1 += f32::from(u8::from(*right));
    }
    tenths.iter().map(|(sum, right)| (sum - right).abs()).sum::<f32>() / judged.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Evidence and what came true of it: with 0.8 four in five, with 0.2 one in five.
    fn examples() -> Vec<(Vec<f32>, bool)> {
        (0..1_000)
            .map(|at| (vec![if at % 2 == 0 { 0.8 } else { 0.2 }], (at % 2 == 0) == ((at / 2) % 5 != 0)))
            .collect()
    }

    #[test]
    fn confidence_becomes_what_comes_true() {
        let learned = Calibrator { bias: 0.0, weights: vec![0.0] }.learn(&examples());
        assert!((learned.confidence(&[0.8]) - 0.8).abs() < 0.03, "{learned:?}");
        assert!((learned.confidence(&[0.2]) - 0.2).abs() < 0.03, "{learned:?}");
        let judged: Vec<(f32, bool)> =
            examples().iter().map(|(evidence, right)| (learned.confidence(evidence), *right)).collect();
        assert!(error(&judged) < 0.03);
        assert!(error(&[(0.9, false), (0.9, true)]) > 0.39);
    }

    #[test]
    fn few_examples_change_little() {
        let before = Calibrator { bias: -1.0, weights: vec![3.0] };
        let after = before.learn(&[(vec![0.5], false)]);
        assert!((before.confidence(&[0.5]) - after.confidence(&[0.5])).abs() < 0.25);
        assert_eq!(before.learn(&[]), before);
    }

    #[test]
    fn the_curve_says_what_a_threshold_brings() {
        let points = curve(&[(0.9, true), (0.8, true), (0.8, false), (0.4, false)]);
        let shown: Vec<(f32, f32)> = points.iter().map(|point| (point.threshold, point.answered)).collect();
        assert_eq!(shown, [(0.9, 0.25), (0.8, 0.75), (0.4, 1.0)]);
        assert_eq!(at_precision(&points, 0.6).map(|point| point.threshold), Some(0.8));
        assert_eq!(at_precision(&points, 0.95).map(|point| point.threshold), Some(0.9));
    }
}
