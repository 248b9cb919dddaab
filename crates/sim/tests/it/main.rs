//! The provider from outside: over HTTP as the product calls it, and as the receiver of its webhooks.

mod control;
mod corpus;
mod desk;
mod faults;
mod graph;
mod media;
mod sends;
mod webhooks;
