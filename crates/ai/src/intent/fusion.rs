//! What the heads' scores are worth together, and how sure that makes.

use super::Guess;
use crate::bytes::{Broken, Reader, Writer};
use crate::vector::dot;

/// How many intents a guess names.
pub(super) const RANKED: usize = 5;
/// How many heads there are: words, meaning, and nearest examples.
const HEADS: usize = 3;
/// What they are usually worth. That holds for few examples as for many, and whoever says the directions.
const USUAL: [f32; HEADS] = [1.6, 0.85, 6.8];
/// How strongly their worth is held to that against each other, and all together, where a text counts as one or less.
const HELD_APART: f64 = 2.0;
const HELD: f64 = 10.0;
/// How often the weights are moved at most.
const STEPS: usize = 12;
/// How many signals say whether a text is in scope. The first of them are of models that were learned before: how far all
/// heads' scores reach together says more than by how much one class is ahead of the next.
const SIGNALS: usize = 7;
const BEFORE: usize = 2;
const LEARNED: usize = SIGNALS - BEFORE;
/// How many texts of a class, and how many of none, there must be to learn what is in scope.
const INSIDE: usize = 30;
const OUTSIDE: usize = 10;

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
    heads: [f32; HEADS],
    /// Of each signal for a text that belongs to no class, and the bias at the end.
    scope: [f32; SIGNALS + 1],
}

impl Default for Fusion {
    /// What is usual: for workspaces with too few examples to learn it.
    fn default() -> Self {
        Self { heads: USUAL, scope: [-0.3, -0.8, -3.0, -2.0, -1.0, -1.0, 0.0, 1.5] }
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
        let joined = self.join(seen);
        let likely = shares(&joined);
        let mut ranked: Vec<(usize, f32)> = likely.iter().copied().enumerate().collect();
        let order =
            |one: &(usize, f32), other: &(usize, f32)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
        if ranked.len() > RANKED {
            ranked.select_nth_unstable_by(RANKED - 1, order);
            ranked.truncate(RANKED);
        }
        ranked.sort_unstable_by(order);
        let signals = signals(seen, &joined, &likely);
        let out_of_scope = if ranked.is_empty() { 1.0 } else { even(weighed(&self.scope, &signals)) };
        Guess { ranked, out_of_scope, corrected: false }
    }

    /// Learns from texts that no head has seen: each with its class, or with none, and at most so many `times`.
    pub(super) fn learn(held_back: &[(Seen, Option<usize>)], times: usize) -> Self {
        let mut fusion = Self::default();
        let inside: Vec<(&Seen, usize)> =
            held_back.iter().filter_map(|(seen, class)| Some((seen, (*class)?))).collect();
        fusion.weigh_heads(&inside);
        if inside.len() >= INSIDE * times && held_back.len() - inside.len() >= OUTSIDE * times {
            let known: Vec<([f32; LEARNED], bool)> = held_back
                .iter()
                .map(|(seen, class)| {
                    let joined = fusion.join(seen);
                    let [_, _, signals @ ..] = signals(seen, &joined, &shares(&joined));
                    (signals, class.is_none())
                })
                .collect();
            fusion.scope = [0.0; SIGNALS + 1];
            fusion.scope[BEFORE..].copy_from_slice(&separate(&known));
        }
        fusion
    }

    /// Makes the right classes as likely as can be, without going further from what is usual than so many texts are a reason
    /// for (Newton's steps, over the logarithms of what the heads are worth).
    fn weigh_heads(&mut self, inside: &[(&Seen, usize)]) {
        let usual = self.heads;
        let mut moved = [0.0_f64; HEADS];
        for _ in 0..STEPS {
            let middle = moved.iter().sum::<f64>() / HEADS as f64;
            let mut slope = moved.map(|moved| HELD_APART * (moved - middle) + HELD * moved);
            let mut bend = [[-HELD_APART / HEADS as f64; HEADS]; HEADS];
            (0..HEADS).for_each(|head| bend[head][head] += HELD_APART + HELD);
            for (seen, class) in inside {
                let likely = shares(&self.join(seen));
                let heads = [&seen.words, &seen.meaning, &seen.nearest];
                let expected = heads.map(|scores| dot(&likely, scores));
                for one in 0..HEADS {
                    let worth = self.heads[one];
                    slope[one] += f64::from(worth * (expected[one] - heads[one][*class]));
                    for other in 0..=one {
                        let both = likely.iter().zip(heads[one]).zip(heads[other]);
                        let both: f32 = both.map(|((likely, one), other)| likely * one * other).sum();
                        let curve =
                            f64::from(worth * self.heads[other] * (both - expected[one] * expected[other]));
                        bend[one][other] += curve;
                        if other < one {
                            bend[other][one] += curve;
                        }
                    }
                }
            }
            let Some(step) = solve(bend, slope) else { break };
            for head in 0..HEADS {
                moved[head] -= step[head].clamp(-1.0, 1.0);
                self.heads[head] = usual[head] * moved[head].exp() as f32;
            }
            if step.iter().all(|step| step.abs() < 1e-3) {
                break;
            }
        }
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.floats(&self.heads);
        out.floats(&self.scope);
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, Broken> {
        let heads = input.floats()?.try_into().map_err(|_| Broken)?;
        let mut scope = input.floats()?;
        // Models that were learned before have one signal less.
        if scope.len() == SIGNALS {
            scope.insert(SIGNALS - 1, 0.0);
        }
        Ok(Self { heads, scope: scope.try_into().map_err(|_| Broken)? })
    }
}

/// What tells whether a text is in scope, by its scores and their shares too.
fn signals(seen: &Seen, joined: &[f32], likely: &[f32]) -> [f32; SIGNALS] {
    let (first, second) = two(likely);
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
        reach(joined),
    ]
}

/// Weights of the signals that tell texts without a class from the others, and the bias at the end (logistic, by Newton's
/// steps).
fn separate(known: &[([f32; LEARNED], bool)]) -> [f32; LEARNED + 1] {
    const WIDTH: usize = LEARNED + 1;
    let mut weights = [0.0_f32; WIDTH];
    // Both sides count the same: how many texts of a workspace belong to nothing is not known from its examples.
    let outside = known.iter().filter(|(_, outside)| *outside).count().max(1) as f32;
    let inside = (known.len() as f32 - outside).max(1.0);
    for _ in 0..25 {
        let mut slope = [0.0_f64; WIDTH];
        let mut bend = [[0.0_f64; WIDTH]; WIDTH];
        for (signals, is_outside) in known {
            let mut full = [1.0_f32; WIDTH];
            full[..LEARNED].copy_from_slice(signals);
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

/// The signals by their weights, which are one more: the bias.
fn weighed(weights: &[f32], signals: &[f32]) -> f32 {
    weights[signals.len()] + weights.iter().zip(signals).map(|(weight, signal)| weight * signal).sum::<f32>()
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

/// How far scores reach all together (the logarithm of the sum of their exponentials).
fn reach(scores: &[f32]) -> f32 {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if scores.is_empty() {
        0.0
    } else {
        most + scores.iter().map(|score| (score - most).exp()).sum::<f32>().ln()
    }
}

/// Scores as shares of 1.
fn shares(scores: &[f32]) -> Vec<f32> {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut shares: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
    let sum: f32 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What heads see that are right each as often as they are.
    fn seen(at: usize, class: Option<usize>, right: [usize; HEADS]) -> (Seen, Option<usize>) {
        let head = |head: usize, height: f32| -> Vec<f32> {
            let says =
                class.map(|class| if at % 10 < right[head] { class } else { (class + 1 + at % 3) % 4 });
            (0..4).map(|other| if says == Some(other) { height } else { -0.5 * height }).collect()
        };
        (Seen { words: head(0, 1.0), meaning: head(1, 3.0), nearest: head(2, 0.5), known: 0.5 }, class)
    }

    fn all(count: usize, right: [usize; HEADS]) -> Vec<(Seen, Option<usize>)> {
        (0..count).map(|at| seen(at, (at % 5 < 4).then_some(at % 4), right)).collect()
    }

    #[test]
    fn a_head_that_is_seldom_right_is_worth_less_and_few_texts_are_little_reason() {
        let share = |fusion: &Fusion| fusion.heads[0] / fusion.heads[1];
        let usual = share(&Fusion::default());
        let [few, many] = [24, 2_000].map(|count| share(&Fusion::learn(&all(count, [4, 9, 9]), 1)));
        assert!(many < few && few < usual, "{many} {few} {usual}");
        assert!(share(&Fusion::learn(&all(2_000, [9, 4, 9]), 1)) > usual);
        assert_eq!(Fusion::learn(&[], 1), Fusion::default());
    }

    #[test]
    fn what_no_score_reaches_is_out_of_scope() {
        let fusion = Fusion::learn(&all(400, [8, 9, 8]), 1);
        assert!(fusion.knows_scope() && !Fusion::default().knows_scope());
        assert!(!Fusion::learn(&all(30, [8, 9, 8]), 1).knows_scope(), "too few");
        assert!(!Fusion::learn(&all(60, [8, 9, 8]), 2).knows_scope(), "too few that are different");
        let out = |class: Option<usize>| fusion.guess(&seen(0, class, [10; HEADS]).0).out_of_scope;
        assert!(out(None) > 0.8 && out(Some(1)) < 0.2, "{} {}", out(None), out(Some(1)));
        assert!((reach(&[1.0, 1.0]) - (1.0 + 2.0_f32.ln())).abs() < 1e-6);
    }

    #[test]
    fn a_model_of_before_is_read_as_it_was_meant() {
        let before = [-0.3, -0.8, -3.0, -2.0, -1.0, -1.0, 1.5];
        let mut out = Writer::default();
        out.floats(&[3.0, 0.7, 4.0]);
        out.floats(&before);
        let bytes = out.done();
        let fusion = Fusion::read(&mut Reader::new(&bytes)).unwrap();
        let (seen, _) = seen(0, Some(2), [10; HEADS]);
        let joined = fusion.join(&seen);
        let signals = signals(&seen, &joined, &shares(&joined));
        let score: f32 = before.iter().zip(&signals[..6]).map(|(weight, signal)| weight * signal).sum();
        assert!((fusion.guess(&seen).out_of_scope - even(score + 1.5)).abs() < 1e-6);
        let mut out = Writer::default();
        fusion.write(&mut out);
        assert_eq!(Fusion::read(&mut Reader::new(&out.done())).unwrap(), fusion);
    }
}
