//! What the heads' scores are worth together, and how sure that makes.

use super::Guess;
use crate::bytes::{Broken, Reader, Writer};

/// How many intents a guess names.
pub(super) const RANKED: usize = 5;
/// How many signals say whether a text is in scope.
const SIGNALS: usize = 6;

/// What the heads say of a text, class by class.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) words: Vec<f32>,
    pub(super) meaning: Vec<f32>,
    pub(super) nearest: Vec<f32>,
    pub(super) known: f32,
}

/// What each head is worth.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fusion {
    /// Of words, meaning, and nearest examples.
    heads: [f32; 3],
    /// Of each signal for a text that belongs to no class, and the bias at the end.
    scope: [f32; SIGNALS + 1],
}

impl Default for Fusion {
    /// What is usual: for workspaces with too few examples to learn it.
    fn default() -> Self {
        Self { heads: [3.0, 0.7, 4.0], scope: [-0.3, -0.8, -3.0, -2.0, -1.0, -1.0, 1.5] }
    }
}

impl Fusion {
    /// Whether what texts of no class look like was learned.
    pub(super) fn knows_scope(&self) -> bool {
        self.scope != Self::default().scope
    }

    /// The score of each class by all heads.
    fn join(&self, seen: &Seen) -> Vec<f32> {
        let [words, meaning, nearest] = self.heads;
        let heads = seen.words.iter().zip(&seen.meaning).zip(&seen.nearest);
        heads.map(|((word, direction), near)| words * word + meaning * direction + nearest * near).collect()
    }

    pub(super) fn guess(&self, seen: &Seen) -> Guess {
        let likely = shares(&self.join(seen));
        let mut ranked: Vec<(usize, f32)> = likely.iter().copied().enumerate().collect();
        let order =
            |one: &(usize, f32), other: &(usize, f32)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
        if ranked.len() > RANKED {
            ranked.select_nth_unstable_by(RANKED - 1, order);
            ranked.truncate(RANKED);
        }
        ranked.sort_unstable_by(order);
        let signals = self.signals(seen);
        let out_of_scope = if ranked.is_empty() { 1.0 } else { even(weighed(&self.scope, &signals)) };
        Guess { ranked, out_of_scope, corrected: false }
    }

    /// What tells whether a text is in scope.
    fn signals(&self, seen: &Seen) -> [f32; SIGNALS] {
        let joined = shares(&self.join(seen));
        let (first, second) = two(&joined);
        let (word, _) = two(&seen.words);
        let (near, _) = two(&seen.nearest);
        let (turned, turned_next) = two(&seen.meaning);
        [
            (turned - turned_next).min(20.0),
            ((first + 1e-6) / (second + 1e-6)).ln().min(12.0),
            word,
            near,
            seen.known,
            first,
        ]
    }

    /// Learns from texts that no head has seen: each with its class, or with none.
    pub(super) fn learn(held_back: &[(Seen, Option<usize>)]) -> Self {
        let mut fusion = Self::default();
        let inside: Vec<(&Seen, usize)> =
            held_back.iter().filter_map(|(seen, class)| Some((seen, (*class)?))).collect();
        if inside.len() >= 40 {
            fusion.weigh_heads(&inside);
        }
        let outside = held_back.len() - inside.len();
        if outside >= 10 && inside.len() >= 40 {
            let known: Vec<([f32; SIGNALS], bool)> =
                held_back.iter().map(|(seen, class)| (fusion.signals(seen), class.is_none())).collect();
            fusion.scope = separate(&known);
        }
        fusion
    }

    /// Makes the right classes as likely as can be, by the slope of the likelihood.
    fn weigh_heads(&mut self, inside: &[(&Seen, usize)]) {
        let (mut mean, mut square) = ([0.0_f32; 3], [0.0_f32; 3]);
        let moves = 50;
        for round in 1..=moves {
            let mut slope = [0.0_f32; 3];
            for (seen, class) in inside {
                let likely = shares(&self.join(seen));
                for (head, scores) in [&seen.words, &seen.meaning, &seen.nearest].into_iter().enumerate() {
                    let expected = crate::vector::dot(&likely, scores);
                    slope[head] += expected - scores[*class];
                }
            }
            for head in 0..3 {
                let slope = slope[head] / inside.len() as f32;
                mean[head] = 0.8 * mean[head] + 0.2 * slope;
                square[head] = 0.95 * square[head] + 0.05 * slope * slope;
                let (early, late) = (1.0 - 0.8_f32.powi(round), 1.0 - 0.95_f32.powi(round));
                let pace = 0.25 * (1.0 - (round - 1) as f32 / moves as f32);
                let size = self.heads[head].abs().max(0.3);
                self.heads[head] -=
                    size * pace * (mean[head] / early) / ((square[head] / late).sqrt() + 1e-6);
                self.heads[head] = self.heads[head].max(0.0);
            }
        }
    }

    /// Makes the likely likelier and the unlikely less so.
    pub(super) fn sharpen(&mut self, factor: f32) {
        self.heads.iter_mut().for_each(|head| *head *= factor);
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.floats(&self.heads);
        out.floats(&self.scope);
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, Broken> {
        let heads = input.floats()?.try_into().map_err(|_| Broken)?;
        let scope = input.floats()?.try_into().map_err(|_| Broken)?;
        Ok(Self { heads, scope })
    }
}

/// Weights of the signals that tell texts without a class from the others (logistic, by Newton's steps).
fn separate(known: &[([f32; SIGNALS], bool)]) -> [f32; SIGNALS + 1] {
    const WIDTH: usize = SIGNALS + 1;
    let mut weights = [0.0_f32; WIDTH];
    // Both sides count the same: how many texts of a workspace belong to nothing is not known from its examples.
    let outside = known.iter().filter(|(_, outside)| *outside).count().max(1) as f32;
    let inside = (known.len() as f32 - outside).max(1.0);
    for _ in 0..25 {
        let mut slope = [0.0_f64; WIDTH];
        let mut bend = [[0.0_f64; WIDTH]; WIDTH];
        for (signals, is_outside) in known {
            let mut full = [1.0_f32; WIDTH];
            full[..SIGNALS].copy_from_slice(signals);
            let likely = even(weighed(&weights, signals));
            let part = if *is_outside { 1.0 } else { outside / inside };
            let error = part * (likely - f32::from(u8::from(*is_outside)));
            let curve = part * likely * (1.0 - likely);
            for row in 0..WIDTH {
                slope[row] += f64::from(error * full[row]);
                for column in 0..WIDTH {
                    bend[row][column] += f64::from(curve * full[row] * full[column]);
                }
            }
        }
        for at in 0..WIDTH {
            slope[at] += 0.5 * f64::from(weights[at]);
            bend[at][at] += 0.5;
        }
        let Some(change) = solve(bend, slope) else { break };
        weights.iter_mut().zip(change).for_each(|(weight, change)| *weight -= change as f32);
    }
    weights
}

/// Solves a small system (Gauss, with the greatest first).
fn solve<const N: usize>(mut rows: [[f64; N]; N], mut right: [f64; N]) -> Option<[f64; N]> {
    for at in 0..N {
        let best = (at..N).max_by(|one, other| rows[*one][at].abs().total_cmp(&rows[*other][at].abs()))?;
        rows.swap(at, best);
        right.swap(at, best);
        if rows[at][at].abs() < 1e-12 {
            return None;
        }
        let (top, first) = (rows[at], right[at]);
        for below in at + 1..N {
            let factor = rows[below][at] / top[at];
            rows[below].iter_mut().zip(top).for_each(|(cell, above)| *cell -= factor * above);
            right[below] -= factor * first;
        }
    }
    for at in (0..N).rev() {
        let rest: f64 = (at + 1..N).map(|column| rows[at][column] * right[column]).sum();
        right[at] = (right[at] - rest) / rows[at][at];
    }
    Some(right)
}

fn weighed(weights: &[f32; SIGNALS + 1], signals: &[f32; SIGNALS]) -> f32 {
    weights[SIGNALS] + weights.iter().zip(signals).map(|(weight, signal)| weight * signal).sum::<f32>()
}

fn even(score: f32) -> f32 {
    1.0 / (1.0 + (-score).exp())
}

/// The two greatest.
fn two(scores: &[f32]) -> (f32, f32) {
    scores.iter().fold((f32::MIN, f32::MIN), |(first, second), score| {
        if *score > first { (*score, first) } else { (first, second.max(*score)) }
    })
}

/// Scores as shares of 1.
fn shares(scores: &[f32]) -> Vec<f32> {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut shares: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
    let sum: f32 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}
