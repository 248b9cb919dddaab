//! Examples that are compared with a text one by one: those of a model, and what was corrected since.

use super::{Guess, Trace};
use crate::bytes::{Broken, Reader, Writer};
use crate::vector::{dot, unit};

/// How near a text must be to a corrected one to be taken for the same, from 0 to 1.
const SAME: f32 = 0.82;
/// The most directions that are kept of a class, and how often groups are formed anew to find them.
const MIDDLES: usize = 10;
const ROUNDS: usize = 4;
/// How sure a correction makes.
const SURE: f32 = 0.97;

/// The directions of a model's examples, or of groups of them, in steps of a byte.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Nearest {
    dimension: usize,
    rows: Vec<i8>,
    labels: Vec<u32>,
}

impl Nearest {
    /// Keeps every example of a class that has few, and of others the middles of groups of them.
    pub(super) fn new(directions: &[Vec<f32>], labels: &[usize], classes: usize) -> Self {
        let dimension = directions.first().map_or(0, Vec::len);
        let mut nearest = Self { dimension, ..Self::default() };
        let mut members: Vec<Vec<&[f32]>> = vec![Vec::new(); classes];
        for (direction, label) in directions.iter().zip(labels) {
            members[*label].push(direction);
        }
        for (class, members) in members.iter().enumerate() {
            for middle in middles(members) {
                nearest.rows.extend(middle.iter().map(|number| step(*number)));
                nearest.labels.push(class as u32);
            }
        }
        nearest
    }

    /// How near the nearest example of each class is.
    pub(super) fn scores(&self, direction: &[f32], classes: usize) -> Vec<f32> {
        let mut nearest = vec![-1.0_f32; classes];
        if self.dimension == 0 || direction.len() != self.dimension {
            return nearest;
        }
        let asked: Vec<i8> = direction.iter().map(|number| step(*number)).collect();
        for (row, label) in self.rows.chunks_exact(self.dimension).zip(&self.labels) {
            let near = steps_dot(row, &asked);
            let best = &mut nearest[*label as usize];
            *best = best.max(near);
        }
        nearest
    }

    pub(super) fn bytes(&self) -> usize {
        self.rows.len() + 4 * self.labels.len()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.number(self.dimension as u32);
        out.numbers(&self.labels);
        out.steps(&self.rows);
    }

    pub(super) fn read(input: &mut Reader<'_>, classes: usize) -> Result<Self, Broken> {
        let dimension = input.number()? as usize;
        let (labels, rows) = (input.numbers()?, input.steps()?);
        let fits = labels.len().checked_mul(dimension) == Some(rows.len())
            && labels.iter().all(|label| (*label as usize) < classes);
        if fits { Ok(Self { dimension, rows, labels }) } else { Err(Broken) }
    }
}

/// The members themselves where they are few, else the middles of groups that lie together (k-means).
fn middles(members: &[&[f32]]) -> Vec<Vec<f32>> {
    let mut middles: Vec<Vec<f32>> = members.iter().map(|member| member.to_vec()).collect();
    if members.len() <= MIDDLES {
        return middles;
    }
    middles = (0..MIDDLES).map(|at| middles[at * members.len() / MIDDLES].clone()).collect();
    for _ in 0..ROUNDS {
        let mut sums = vec![vec![0.0_f32; members[0].len()]; MIDDLES];
        for member in members {
            let near = middles.iter().map(|middle| dot(middle, member)).enumerate();
            let best = near.max_by(|one, other| one.1.total_cmp(&other.1)).map_or(0, |(at, _)| at);
            sums[best].iter_mut().zip(*member).for_each(|(sum, number)| *sum += number);
        }
        middles = sums.into_iter().map(unit).collect();
    }
    middles
}

/// Numbers of directions are rarely beyond a half: a step is the 254th part of one.
fn step(number: f32) -> i8 {
    (number * 254.0).round().clamp(-127.0, 127.0) as i8
}

fn steps_dot(one: &[i8], other: &[i8]) -> f32 {
    let sum: i32 = one.iter().zip(other).map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b))).sum();
    sum as f32 / (254.0 * 254.0)
}

/// What was corrected since a model was trained. It is small: training empties it.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    corrections: Vec<Correction>,
}

#[derive(Clone, Debug)]
struct Correction {
    text: Trace,
    intent: Option<String>,
}

impl Memory {
    /// Notes that a text is of an intent, or of none. The latest word on the same text counts.
    pub fn correct(&mut self, text: &str, intent: Option<&str>) {
        self.correct_trace(Trace::of(text), intent);
    }

    /// Notes a correction of a text that was read with the meaning of the model.
    pub fn correct_trace(&mut self, text: Trace, intent: Option<&str>) {
        self.corrections.retain(|known| !known.text.same(&text));
        self.corrections.push(Correction { text, intent: intent.map(str::to_owned) });
    }

    /// How many corrections are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.corrections.len()
    }

    /// Whether nothing was corrected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.corrections.is_empty()
    }

    /// What was corrected of a text that is the same or nearly so.
    pub(super) fn recall(&self, text: &Trace) -> Option<Option<&str>> {
        let length = text.direction.len();
        let unseen =
            text.unseen() || self.corrections.iter().any(|known| known.text.direction.len() != length);
        let near = |known: &Correction| {
            if known.text.same(text) {
                return 2.0;
            }
            if unseen {
                return known.text.words(text);
            }
            let meaning = known.text.meaning(text);
            // The words are only compared where they could make the two the same.
            if 0.5 * (1.0 + meaning) < SAME { 0.0 } else { 0.5 * (known.text.words(text) + meaning) }
        };
        let nearest = self.corrections.iter().map(|known| (near(known), known));
        let (score, known) = nearest.max_by(|one, other| one.0.total_cmp(&other.0))?;
        (score >= SAME).then_some(known.intent.as_deref())
    }
}

/// What a guess becomes when somebody has said what the text is.
pub(super) fn decided(mut guess: Guess, intent: Option<&str>, names: &[String]) -> Guess {
    guess.corrected = true;
    let place = intent.and_then(|name| names.binary_search_by(|known| known.as_str().cmp(name)).ok());
    match (intent, place) {
        (Some(_), Some(place)) => {
            guess.ranked.retain(|(known, _)| *known != place);
            let rest: f32 = guess.ranked.iter().map(|(_, likely)| likely).sum();
            let factor = if rest > 0.0 { (1.0 - SURE) / rest.max(1.0 - SURE) } else { 0.0 };
            guess.ranked.iter_mut().for_each(|(_, likely)| *likely *= factor);
            guess.ranked.insert(0, (place, SURE));
            guess.ranked.truncate(super::fusion::RANKED);
            guess.out_of_scope = 0.0;
        }
        // An intent that the model does not know yet is none that it may answer with.
        _ => guess.out_of_scope = SURE,
    }
    guess
}
