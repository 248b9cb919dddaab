//! What a customer wants: one of a workspace's own intents, each written with a few examples, or none of them.
//!
//! Three heads look at a text: one at its words and pieces, one at its direction, and the examples that are nearest to
//! it. What each of them is worth is learned for each workspace on examples that were held back, and so is how sure
//! the answer is. What somebody corrected counts at once, until the next model is trained with it.

mod fusion;
mod memory;
mod nearby;
mod trace;
mod train;

pub use memory::Memory;
pub use nearby::{Near, Nearby};
pub use trace::Trace;
pub use train::train;

use crate::bytes::{Broken, Reader, Writer};
use crate::feature::Features;
use crate::linear::Linear;
use crate::represent::Representation;
use crate::softmax::Softmax;
use fusion::Fusion;
use memory::Nearest;

/// The beginning of a stored model.
const MARK: u32 = 0x424c_4931;

/// What gives a text its direction.
pub trait Meaning {
    /// The direction of a text that was read already, of length 1; zeros where it says nothing.
    fn direction(&self, text: &str, features: &Features) -> Vec<f32>;

    /// Whether a sentence model says it, which sees more than the words: texts without a word in common may be the same to it.
    fn is_sentence_model(&self) -> bool {
        false
    }
}

impl Meaning for Representation {
    fn direction(&self, _: &str, features: &Features) -> Vec<f32> {
        self.of(features)
    }
}

impl Meaning for crate::Encoder {
    fn direction(&self, text: &str, _: &Features) -> Vec<f32> {
        self.common().without(self.encode(text)).to_vec()
    }

    fn is_sentence_model(&self) -> bool {
        true
    }
}

/// A text with what it is an example of; `None` where it belongs to no intent of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What somebody wrote.
    pub text: String,
    /// The name of the intent.
    pub intent: Option<String>,
}

/// What a model says of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The most likely intents by their number in [`Intents::names`], with how likely each is if the text belongs to
    /// any: at most five, the likeliest first.
    pub ranked: Vec<(usize, f32)>,
    /// How likely it is that the text belongs to no intent of the workspace.
    pub out_of_scope: f32,
    /// True when what somebody corrected decided, and not the model.
    pub corrected: bool,
}

impl Guess {
    /// The likeliest intent with how likely it is, all things considered.
    #[must_use]
    pub fn best(&self) -> Option<(usize, f32)> {
        self.ranked.first().map(|(intent, likely)| (*intent, likely * (1.0 - self.out_of_scope)))
    }
}

/// A trained model. It does not change: a correction goes into a [`Memory`] beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Intents {
    names: Vec<String>,
    words: Linear,
    meaning: Softmax,
    nearest: Nearest,
    fusion: Fusion,
}

impl Intents {
    /// The names of the intents, ascending.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Says what a text is about, by the representation that comes with the program.
    #[must_use]
    pub fn classify(&self, text: &str, memory: &Memory) -> Guess {
        self.classify_trace(&Trace::of(text), memory)
    }

    /// Says what a text is about. `meaning` is what the model was trained with.
    #[must_use]
    pub fn classify_with(&self, text: &str, memory: &Memory, meaning: &dyn Meaning) -> Guess {
        self.classify_trace(&Trace::with(text, meaning), memory)
    }

    /// Says what a text is about that was read already, with the direction that the model was trained with.
    #[must_use]
    pub fn classify_trace(&self, text: &Trace, memory: &Memory) -> Guess {
        let guess = self.fusion.guess(&self.look(&text.features, &text.direction));
        match memory.recall(text) {
            Some(intent) => memory::decided(guess, intent, &self.names),
            None => guess,
        }
    }

    fn look(&self, features: &Features, direction: &[f32]) -> fusion::Seen {
        fusion::Seen {
            words: self.words.scores(features),
            meaning: self.meaning.scores(direction),
            nearest: self.nearest.scores(direction, self.names.len()),
            known: self.words.known(features),
        }
    }

    /// Whether it learned from texts of no intent, and whole intents held back, what such texts look like. A model of few
    /// intents has seen nothing else: to it everything looks like one of its own.
    #[must_use]
    pub fn knows_scope(&self) -> bool {
        self.fusion.knows_scope()
    }

    /// How many bytes it takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.words.bytes() + self.meaning.bytes() + self.nearest.bytes()
    }

    /// The model as it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.number(MARK);
        out.number(self.names.len() as u32);
        self.names.iter().for_each(|name| out.text(name));
        out.block(&self.words.to_bytes());
        self.meaning.write(&mut out);
        self.nearest.write(&mut out);
        self.fusion.write(&mut out);
        out.done()
    }

    /// Reads a stored model.
    ///
    /// # Errors
    /// When the bytes are not those of a model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Broken> {
        let mut input = Reader::new(bytes);
        input.expect(MARK)?;
        let count = input.number()?;
        let names = (0..count).map(|_| input.text()).collect::<Result<Vec<_>, _>>()?;
        let words = Linear::from_bytes(input.block()?)?;
        let meaning = Softmax::read(&mut input, names.len())?;
        let nearest = Nearest::read(&mut input, names.len())?;
        let fusion = Fusion::read(&mut input)?;
        input.end()?;
        if words.classes() != names.len() || !names.is_sorted() {
            return Err(Broken);
        }
        Ok(Self { names, words, meaning, nearest, fusion })
    }
}

#[cfg(test)]
mod tests;
