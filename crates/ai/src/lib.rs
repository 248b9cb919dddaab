//! Understands text, without IO: which words it has, and whether somebody who looks for something finds it there.

mod fold;
pub mod query;
pub mod snippet;
pub mod word;

pub use query::Query;
pub use word::{Term, Word, terms, words};
