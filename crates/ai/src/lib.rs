//! Understands text, without IO: which words it has, whether somebody who looks for something finds it there, and what
//! in it should not be seen by everybody.

pub mod answer;
mod asking;
pub mod bridge;
mod bytes;
pub mod calibrate;
pub mod citation;
pub mod cluster;
pub mod encoder;
pub mod feature;
mod fold;
pub mod forecast;
pub mod index;
pub mod intent;
mod lexeme;
pub mod linear;
pub mod passage;
pub mod query;
pub mod questions;
pub mod random;
pub mod represent;
pub mod retrieve;
pub mod sensitive;
pub mod snippet;
pub mod softmax;
mod sound;
mod stem;
pub mod summary;
pub mod surge;
pub mod vector;
pub mod word;

pub use bridge::Bridge;
pub use bytes::Broken;
pub use encoder::Encoder;
pub use feature::Features;
pub use index::{Article, Filter, Full, KnowledgeIndex, Place};
pub use intent::Intents;
pub use query::Query;
pub use represent::{Representation, represent};
pub use retrieve::{Hit, Signals};
pub use word::{Term, Word, terms, words};
