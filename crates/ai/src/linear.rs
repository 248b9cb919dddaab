//! A linear model over the features of texts: one score a class, learned by dual coordinate descent.
//!
//! Each class has a support vector machine of its own against all others (squared hinge). A feature counts by its
//! logarithm and by how rare it is; words and pieces of words are brought to the same length.

use crate::bytes::{Broken, Reader, Writer};
use crate::feature::Features;

mod learn;

pub use learn::{Options, learn};

/// The beginning of a stored model.
const MARK: u32 = 0x424c_4e31;

/// A learned model.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// How many classes it tells apart.
    classes: usize,
    /// The features it knows, ascending.
    keys: Vec<u32>,
    /// Where in `keys` those begin whose first twelve bits are at least the place's number.
    starts: Vec<u32>,
    /// How much a feature counts by its rarity.
    weights: Vec<f32>,
    /// What one step of a feature's row is worth.
    steps: Vec<f32>,
    /// For each feature one value a class.
    rows: Vec<i8>,
    /// What each class has without any feature.
    bias: Vec<f32>,
}

impl Linear {
    /// How many classes it tells apart.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The score of each class: above zero means that it is this class rather than any other, and most texts are
    /// between -2 and 2.
    #[must_use]
    pub fn scores(&self, features: &Features) -> Vec<f32> {
        let mut scores = self.bias.clone();
        for (place, value) in self.weigh(features) {
            let row = &self.rows[place * self.classes..(place + 1) * self.classes];
            let factor = value * self.steps[place];
            for (score, step) in scores.iter_mut().zip(row) {
                *score += factor * f32::from(*step);
            }
        }
        scores
    }

    /// The part of a text, from 0 to 1, that the model has seen features of: its words' and their pieces' number.
    #[must_use]
    pub fn known(&self, features: &Features) -> f32 {
        let known = features.counts.iter().filter(|(key, _)| self.find(*key).is_some()).count();
        known as f32 / features.counts.len().max(1) as f32
    }

    /// The known features of a text as places with values: each kind of features has length 1 and counts by half.
    fn weigh(&self, features: &Features) -> Vec<(usize, f32)> {
        let known = features.counts.iter().filter_map(|(key, count)| {
            let place = self.find(*key)?;
            Some((*key, place, weigh(*count, self.weights[place])))
        });
        let mut weighed = Vec::with_capacity(features.counts.len());
        let mut squares = [0.0_f32; 2];
        for (key, place, value) in known {
            squares[usize::from(Features::is_piece(key))] += value * value;
            weighed.push((place, value, Features::is_piece(key)));
        }
        let factors = squares.map(scale);
        weighed
            .into_iter()
            .map(|(place, value, piece)| (place, value * factors[usize::from(piece)]))
            .collect()
    }

    fn find(&self, key: u32) -> Option<usize> {
        let bucket = (key >> 20) as usize;
        let (from, to) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
        self.keys[from..to].binary_search(&key).ok().map(|at| from + at)
    }

    /// How many bytes the model takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.rows.len() + 4 * (self.keys.len() * 3 + self.starts.len() + self.bias.len())
    }

    /// The model as it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(MARK);
        out.number(self.classes as u32);
        out.numbers(&self.keys);
        out.floats(&self.weights);
        out.floats(&self.steps);
        out.floats(&self.bias);
        out.steps(&self.rows);
        out.done()
    }

    /// Reads a stored model.
    ///
    /// # Errors
    /// When the bytes are not those of a model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Broken> {
        let mut input = Reader::new(bytes);
        input.expect(MARK)?;
        let classes = input.number()? as usize;
        let keys = input.numbers()?;
        let weights = input.floats()?;
        let steps = input.floats()?;
        let bias = input.floats()?;
        let rows = input.steps()?;
        input.end()?;
        let fits = weights.len() == keys.len()
            && steps.len() == keys.len()
            && bias.len() == classes
            && Some(rows.len()) == keys.len().checked_mul(classes);
        if !fits || !keys.is_sorted() {
            return Err(Broken);
        }
        Ok(Self { classes, starts: starts(&keys), keys, weights, steps, rows, bias })
    }
}

/// How much a feature counts that occurs so often and is so rare.
fn weigh(count: f32, rarity: f32) -> f32 {
    if count == 1.0 { rarity } else { (1.0 + count.ln()) * rarity }
}

/// What brings a kind of features with this sum of squares to its length, so that both together have length 1.
fn scale(squares: f32) -> f32 {
    if squares > 0.0 { (0.5 / squares).sqrt() } else { 0.0 }
}

/// Where the keys of each beginning start.
fn starts(keys: &[u32]) -> Vec<u32> {
    (0..=4096_u64).map(|bucket| keys.partition_point(|key| u64::from(*key) < bucket << 20) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [(&str, usize); 9] = [
        ("where is my order", 0),
        ("has my parcel arrived yet", 0),
        ("track my package please", 0),
        ("i want my money back", 1),
        ("please refund this order", 1),
        ("我要退款", 1),
        ("let me talk to a person", 2),
        ("human please", 2),
        ("转人工", 2),
    ];

    fn model() -> Linear {
        let examples: Vec<Features> = TEXTS.iter().map(|(text, _)| Features::of(text)).collect();
        let labels: Vec<usize> = TEXTS.iter().map(|(_, label)| *label).collect();
        learn(&examples, &labels, 3, &Options::default())
    }

    fn best(model: &Linear, text: &str) -> usize {
        let scores = model.scores(&Features::of(text));
        (0..3).max_by(|one, other| scores[*one].total_cmp(&scores[*other])).unwrap()
    }

    #[test]
    fn it_learns_its_examples_and_what_is_like_them() {
        let model = model();
        for (text, label) in TEXTS {
            assert_eq!(best(&model, text), label, "{text}");
        }
        for (text, label) in [("refunds", 1), ("could I speak with a human", 2), ("退款", 1), ("parcels", 0)]
        {
            assert_eq!(best(&model, text), label, "{text}");
        }
    }

    #[test]
    fn learning_twice_gives_the_same_model() {
        assert_eq!(model(), model());
    }

    #[test]
    fn a_model_is_stored_and_read_again() {
        let model = model();
        let bytes = model.to_bytes();
        assert_eq!(Linear::from_bytes(&bytes).unwrap(), model);
        for cut in [0, 3, 9, bytes.len() / 2, bytes.len() - 1] {
            assert!(Linear::from_bytes(&bytes[..cut]).is_err(), "{cut}");
        }
        let mut more = bytes;
        more.push(0);
        assert!(Linear::from_bytes(&more).is_err());
    }

    #[test]
    fn a_text_of_unknown_words_has_the_scores_of_nothing() {
        let model = model();
        assert_eq!(model.scores(&Features::of("зебра")), model.bias);
        assert_eq!(model.known(&Features::of("зебра")), 0.0);
        assert_eq!(model.known(&Features::of("human please")), 1.0);
    }

    #[test]
    fn no_examples_are_no_error() {
        let model = learn::<Features>(&[], &[], 2, &Options::default());
        assert_eq!(model.scores(&Features::of("hello")), [-1.2, -1.2]);
    }
}
