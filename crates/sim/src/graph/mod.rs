//! The Graph API of the business, as far as a service inbox uses it.

pub(crate) mod account;
pub(crate) mod codes;
pub(crate) mod error;
pub(crate) mod gate;
pub(crate) mod media;
pub(crate) mod messages;
pub(crate) mod templates;
