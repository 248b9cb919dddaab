//! What the provider posts to the business, and how it gets there.

pub(crate) mod delivery;
pub(crate) mod payload;
