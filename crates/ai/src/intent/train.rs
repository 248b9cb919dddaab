//! Training: without some examples, to learn what the heads are worth, several times where there are few, and once with all.

use super::fusion::{Fusion, Seen};
use super::memory::Nearest;
use super::{Example, Intents, Meaning};
use crate::feature::Features;
use crate::linear::{self, Options};
use crate::random::Random;
use crate::softmax::Softmax;

/// One example of so many is held back, and at most so many in all.
const HELD_BACK: usize = 3;
const MOST_HELD_BACK: usize = 1500;
/// Of few examples others are held back again, until so many were gone through in all, and at most so many times.
const TRIED: usize = 1200;
const TIMES: usize = 4;
/// One intent of so many is held back as a whole: what a text looks like that belongs to none.
const FOREIGN: usize = 8;
/// Rarer features are forgotten where there are more examples than this.
const MANY: usize = 2000;

/// Examples that were read.
struct Read {
    features: Vec<Features>,
    directions: Vec<Vec<f32>>,
    /// The number of the intent; `None` for those of no intent.
    labels: Vec<Option<usize>>,
}

/// Trains a model on a workspace's examples. Takes a tenth of a second for a few examples of many intents and seconds
/// for many: it belongs into the background. The same examples in the same order give the same model.
#[must_use]
pub fn train(examples: &[Example], meaning: &dyn Meaning) -> Intents {
    let mut names: Vec<String> = examples.iter().filter_map(|example| example.intent.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let features: Vec<Features> = examples.iter().map(|example| Features::of(&example.text)).collect();
    let directions =
        examples.iter().zip(&features).map(|(one, read)| meaning.direction(&one.text, read)).collect();
    let number = |example: &Example| names.binary_search(example.intent.as_ref()?).ok();
    let labels = examples.iter().map(number).collect();
    let read = Read { features, directions, labels };
    let fusion = learn_fusion(&read, names.len());
    let all: Vec<usize> = (0..examples.len()).filter(|at| read.labels[*at].is_some()).collect();
    let classes: Vec<usize> = (0..names.len()).collect();
    fit(&read, &all, &classes, names, fusion)
}

/// Trains all heads on some of the examples, which are all of `classes`.
fn fit(read: &Read, chosen: &[usize], classes: &[usize], names: Vec<String>, fusion: Fusion) -> Intents {
    let place = |at: &usize| read.labels[*at].and_then(|label| classes.binary_search(&label).ok());
    let labels: Vec<usize> = chosen.iter().filter_map(place).collect();
    let features: Vec<&Features> = chosen.iter().map(|at| &read.features[*at]).collect();
    let directions: Vec<Vec<f32>> = chosen.iter().map(|at| read.directions[*at].clone()).collect();
    let many = chosen.len() > MANY;
    let options = Options {
        at_least: if many { 2 } else { 1 },
        rounds: if many { 12 } else { 20 },
        ..Options::default()
    };
    let words = linear::learn(&features, &labels, classes.len(), &options);
    let meaning = Softmax::learn(&directions, &labels, classes.len());
    let nearest = Nearest::new(&directions, &labels, classes.len());
    Intents { names, words, meaning, nearest, fusion }
}

/// Learns what the heads are worth from examples, and whole intents, that they were not trained with.
fn learn_fusion(read: &Read, intents: usize) -> Fusion {
    let mut random = Random::new(4);
    let times = (TRIED / read.labels.len().max(1)).clamp(1, TIMES);
    let seen: Vec<_> = (0..times).flat_map(|_| hold_back(read, intents, &mut random)).collect();
    Fusion::learn(&seen, times)
}

/// Trains without some examples, and whole intents, and gives what the heads see in these.
fn hold_back(read: &Read, intents: usize, random: &mut Random) -> Vec<(Seen, Option<usize>)> {
    let mut order: Vec<usize> = (0..intents).collect();
    random.shuffle(&mut order);
    let foreign = &order[..if intents >= 4 { intents.div_ceil(FOREIGN) } else { 0 }];
    let classes: Vec<usize> = (0..intents).filter(|class| !foreign.contains(class)).collect();
    let mut examples: Vec<usize> = (0..read.labels.len()).collect();
    random.shuffle(&mut examples);
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    let mut seen = vec![0_usize; intents];
    let most = MOST_HELD_BACK.min(read.labels.len() / HELD_BACK);
    for at in examples {
        match read.labels[at] {
            Some(class) if !foreign.contains(&class) => {
                seen[class] += 1;
                // The first example of each intent stays, so that none is without; where there are two, one goes.
                let take = seen[class] % HELD_BACK == 2 && held.len() < most;
                if take { held.push((at, Some(class))) } else { kept.push(at) }
            }
            _ => held.push((at, None)),
        }
    }
    kept.sort_unstable();
    let names = classes.iter().map(|class| format!("{class:06}")).collect();
    let heads = fit(read, &kept, &classes, names, Fusion::default());
    let look = |(at, class): &(usize, Option<usize>)| {
        let place = class.and_then(|class| classes.binary_search(&class).ok());
        (heads.look(&read.features[*at], &read.directions[*at]), place)
    };
    held.iter().map(look).collect()
}
