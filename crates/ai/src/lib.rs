//! Understands text, without IO: which words it has, whether somebody who looks for something finds it there, and what
//! in it should not be seen by everybody.

mod asking;
pub mod bridge;
mod bytes;
pub mod feature;
mod fold;
pub mod index;
mod lexeme;
pub mod linear;
pub mod passage;
pub mod query;
pub mod retrieve;
pub mod sensitive;
pub mod snippet;
mod sound;
mod stem;
pub mod word;

pub use bridge::Bridge;
pub use bytes::Broken;
pub use feature::Features;
pub use index::{Article, Filter, Full, KnowledgeIndex, Place};
pub use query::Query;
pub use retrieve::{Hit, Signals};
pub use word::{Term, Word, terms, words};
