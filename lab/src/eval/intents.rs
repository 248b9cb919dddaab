//! What every measurement of intents does: train, ask, count.

use ai::intent::{Example, Guess, Meaning, Memory, train};
use anyhow::Result;

use super::Setting;
use crate::clock::Start;
use crate::train::teacher::Teacher;

/// What came out of asking a trained model.
pub(crate) struct Answers {
    pub(crate) guesses: Vec<Guess>,
    /// Whether the likeliest intent was right.
    pub(crate) right: Vec<bool>,
    pub(crate) seconds: f64,
    pub(crate) model: ai::Intents,
}

/// Texts with labels as examples; the label `oos` is of no intent.
pub(crate) fn examples(pairs: &[(String, String)]) -> Vec<Example> {
    let one = |(text, label): &(String, String)| Example {
        text: text.clone(),
        intent: (label != "oos").then(|| label.clone()),
    };
    pairs.iter().map(one).collect()
}

/// Trains on some texts and asks about others.
pub(crate) fn ask(train_on: &[Example], about: &[Example], meaning: &dyn Meaning) -> Answers {
    let start = Start::now();
    let model = train(train_on, meaning);
    let seconds = start.took().as_secs_f64();
    let memory = Memory::default();
    let guesses: Vec<Guess> =
        about.iter().map(|one| model.classify_with(&one.text, &memory, meaning)).collect();
    let is_right = |(one, guess): (&Example, &Guess)| {
        let name = guess.ranked.first().map(|(intent, _)| &model.names()[*intent]);
        name.is_some() && name == one.intent.as_ref()
    };
    let right = about.iter().zip(&guesses).map(is_right).collect();
    Answers { guesses, right, seconds, model }
}

impl Answers {
    /// How many of a hundred texts got the right intent.
    pub(crate) fn accuracy(&self) -> f64 {
        let right = self.right.iter().filter(|right| **right).count();
        100.0 * right as f64 / self.right.len().max(1) as f64
    }

    /// By how many points of a hundred the likelihood of the likeliest intent is off, over ten bands of likelihood.
    pub(crate) fn calibration_error(&self) -> f64 {
        let mut bands = [(0.0_f64, 0.0_f64, 0.0_f64); 10];
        for (guess, right) in self.guesses.iter().zip(&self.right) {
            let Some((_, likely)) = guess.ranked.first() else { continue };
            let band = &mut bands[((likely * 10.0) as usize).min(9)];
            band.0 += 1.0;
            band.1 += f64::from(*likely);
            band.2 += f64::from(u8::from(*right));
        }
        let off: f64 = bands.iter().map(|(_, likely, right)| (likely - right).abs()).sum();
        100.0 * off / self.right.len().max(1) as f64
    }
}

/// How often, of a hundred pairs, a text outside is thought less in scope than one inside.
pub(crate) fn auroc(inside: &[Guess], outside: &[Guess]) -> f64 {
    let mut wins = 0.0;
    for out in outside {
        for within in inside {
            wins += match out.out_of_scope.total_cmp(&within.out_of_scope) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    100.0 * wins / (inside.len() * outside.len()).max(1) as f64
}

/// How many of a hundred texts outside are found by a threshold that leaves at least so many of a hundred texts inside
/// answered rightly.
pub(crate) fn recall_outside(inside: &Answers, outside: &[Guess], least: f64) -> f64 {
    let mut right: Vec<f32> = inside
        .guesses
        .iter()
        .zip(&inside.right)
        .filter(|(_, right)| **right)
        .map(|(guess, _)| guess.out_of_scope)
        .collect();
    right.sort_unstable_by(f32::total_cmp);
    let needed = (least / 100.0 * inside.right.len() as f64).ceil() as usize;
    let Some(threshold) = needed.checked_sub(1).and_then(|at| right.get(at)) else { return 0.0 };
    let found = outside.iter().filter(|guess| guess.out_of_scope > *threshold).count();
    100.0 * found as f64 / outside.len().max(1) as f64
}

/// The representation that is shipped, or the sentence model that was named. That is asked about all texts ahead, so that
/// what is timed is learning alone.
pub(crate) fn meaning(setting: &Setting<'_>, texts: &[&[Example]]) -> Result<Box<dyn Meaning>> {
    Ok(match setting.encoder {
        Some(folder) => {
            let teacher = Teacher::load(folder)?;
            teacher.ask(texts.iter().copied().flatten().map(|one| one.text.as_str()))?;
            Box::new(teacher)
        }
        None => Box::new(ai::Representation::shipped().clone()),
    })
}
