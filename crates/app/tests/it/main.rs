//! The use cases over a real store, on both engines.

mod bot;
mod bus;
mod conversations;
mod desk;
mod identities;
mod provider;
mod receipts;
mod receiving;
mod sending;
