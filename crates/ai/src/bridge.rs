//! What a text means in any language: the ground on which a question in one language finds an answer in another.

/// A meaning that a text has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sense {
    /// Its name; texts of other languages with the same meaning have the same.
    pub key: u64,
    /// How surely and how often the text has it; 1 is once and surely.
    pub weight: f32,
}

/// Knows meanings of words.
pub trait Bridge: Send + Sync {
    /// The meanings of a text, each once.
    fn senses(&self, text: &str) -> Vec<Sense>;
}
