//! Keyed word tokens: a search index over them finds words without holding any. Who steals the file sees how often a
//! token comes and with which others, and no word.

use std::fmt;

use aws_lc_rs::hmac;

use crate::Material;

/// Makes the tokens of one workspace's words.
#[derive(Debug)]
pub struct WordKey(hmac::Key);

/// What stands in an index for a word or for the beginning of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub [u8; 8]);

impl Token {
    /// The token as a number, for a column of integers.
    pub fn number(self) -> i64 {
        i64::from_be_bytes(self.0)
    }
}

/// Sixteen hexadecimal digits: one term for any full-text index.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl WordKey {
    pub(crate) fn new(material: &Material) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, material.expose()))
    }

    /// The token of a whole word, in the form that the tokeniser gives it.
    pub fn word(&self, word: &str) -> Token {
        self.token(b"word", word)
    }

    /// The token of the beginning of words, for indexes that hold beginnings. It is another one than the same word's.
    pub fn beginning(&self, letters: &str) -> Token {
        self.token(b"beginning", letters)
    }

    fn token(&self, kind: &[u8], text: &str) -> Token {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind);
        context.update(&[0]);
        context.update(text.as_bytes());
        let mut token = [0; 8];
        token.copy_from_slice(&context.sign().as_ref()[..8]);
        Token(token)
    }
}
