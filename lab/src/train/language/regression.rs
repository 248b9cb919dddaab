//! Logistic regression over hashed pieces, by stochastic gradients with a rate for each row.

/// A text as its pieces.
pub(super) struct Example {
    pub(super) pieces: Vec<u32>,
    pub(super) class: usize,
}

/// What was learned.
pub(super) struct Learned {
    pub(super) weights: Vec<Vec<f32>>,
    pub(super) bias: Vec<f32>,
}

const ROUNDS: usize = 4;
const RATE: f32 = 0.5;

/// Learns; the same examples in the same order give the same weights.
pub(super) fn learn(mut examples: Vec<Example>, rows: usize, classes: usize) -> Learned {
    let mut learned = Learned { weights: vec![vec![0.0; classes]; rows], bias: vec![0.0; classes] };
    let mut squares = vec![0.0_f32; rows];
    let mut bias_squares = 0.0_f32;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..ROUNDS {
        for last in (1..examples.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            examples.swap(last, ((state >> 11) % (last as u64 + 1)) as usize);
        }
        let rate = RATE / (1.0 + round as f32 * 0.5);
        for example in &examples {
            let mut slopes = learned.shares(example, 1.0);
            slopes[example.class] -= 1.0;
            let length: f32 = slopes.iter().map(|slope| slope * slope).sum();
            if length < 1e-6 {
                continue;
            }
            let factor = 1.0 / (example.pieces.len() as f32).sqrt();
            for piece in &example.pieces {
                let row = *piece as usize;
                squares[row] += length * factor * factor;
                let step = rate * factor / (0.05 + squares[row]).sqrt();
                for (weight, slope) in learned.weights[row].iter_mut().zip(&slopes) {
                    *weight -= step * slope;
                }
            }
            bias_squares += length;
            let step = rate / (1.0 + bias_squares).sqrt();
            for (bias, slope) in learned.bias.iter_mut().zip(&slopes) {
                *bias -= step * slope;
            }
        }
    }
    learned
}

impl Learned {
    fn shares(&self, example: &Example, sharpness: f32) -> Vec<f32> {
        let factor = 1.0 / (example.pieces.len() as f32).sqrt();
        let mut scores = vec![0.0; self.bias.len()];
        for piece in &example.pieces {
            for (score, weight) in scores.iter_mut().zip(&self.weights[*piece as usize]) {
                *score += weight;
            }
        }
        for (score, bias) in scores.iter_mut().zip(&self.bias) {
            *score = (*score * factor + bias) * sharpness;
        }
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for score in &mut scores {
            *score = (*score - most).exp();
        }
        let sum: f32 = scores.iter().sum();
        scores.iter().map(|score| score / sum).collect()
    }

    /// How much sharper the scores have to be so that these texts are the least surprising.
    pub(super) fn sharpness(&self, examples: &[Example]) -> f32 {
        let surprise = |sharpness: f32| -> f32 {
            examples.iter().map(|one| -self.shares(one, sharpness)[one.class].max(1e-7).ln()).sum()
        };
        let tried: Vec<f32> = (4..=40).map(|tenths| tenths as f32 / 10.0).collect();
        tried.into_iter().min_by(|one, other| surprise(*one).total_cmp(&surprise(*other))).unwrap_or(1.0)
    }

    /// The part of texts that get their class.
    pub(super) fn right(&self, examples: &[Example]) -> f32 {
        let right = examples.iter().filter(|one| {
            let shares = self.shares(one, 1.0);
            shares.iter().all(|share| *share <= shares[one.class])
        });
        right.count() as f32 / examples.len().max(1) as f32
    }
}
