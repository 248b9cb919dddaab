//! The use cases over a real store, on both engines.

mod bus;
mod conversations;
mod desk;
mod identities;
mod receipts;
mod receiving;
