//! The provider from outside: over HTTP as the product calls it, and as the receiver of its webhooks.

mod corpus;
mod desk;
mod webhooks;
