//! Understands text, without IO: which words it has, whether somebody who looks for something finds it there, and what
//! in it should not be seen by everybody.

mod fold;
pub mod query;
pub mod sensitive;
pub mod snippet;
pub mod word;

pub use query::Query;
pub use word::{Term, Word, terms, words};
