//! A simulated WhatsApp provider: a Graph API that behaves like the real contract, customers who write, and a
//! phone in the browser to be one of them.
//!
//! Nothing of it is reachable from a serving installation; the demo, the tests and the measurements use it.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use sim::{Config, CustomerMessage, Sim, Status};
//!
//! let sim = Sim::start(Config::test()).await?;
//! sim.set_webhook("http://127.0.0.1:8080/hooks/in_1");
//! let maria = sim.customer("Maria", Some("+34 600 111 222"), None).await;
//! sim.send(&maria, CustomerMessage::text("¿Está abierto?")).await;
//! // … the product answers through sim.graph_url() …
//! let answer = &sim.received(&maria)[0];
//! sim.status(&answer.wamid, Status::Read).await;
//! assert!(sim.violations().is_empty());
//! # Ok(()) }
//! ```
//!
//! # What is served
//!
//! - `/{version}/…`: the Graph API ([`Sim::graph_url`]), with the one token of [`Config::access_token`].
//! - `/phone`: the phone page ([`Sim::phone_url`]).
//! - `/sim/…`: the control API, the same power as this handle.
//!
//! # The control API
//!
//! JSON in and out, no sign-in: it listens where [`Config::listen`] says, so keep that on loopback.
//!
//! | Request | Body | Answer |
//! |---|---|---|
//! | `GET /sim/state` | | business, customers, switches, webhook, contract, counts |
//! | `GET /sim/events` | | server-sent events; each says that something changed, not what |
//! | `POST /sim/customers` | `{name, phone?, username?}` | the customer |
//! | `GET /sim/customers/{n}/chat` | | the messages of both sides, oldest first |
//! | `POST /sim/customers/{n}/messages` | `{message: CustomerMessage, quoted?}` | `{wamid}` |
//! | `POST /sim/customers/{n}/reactions` | `{message, emoji?}`; no emoji removes it | `{wamid}` |
//! | `POST /sim/customers/{n}/edits` | `{message, text}` | `{wamid}` |
//! | `POST /sim/customers/{n}/revocations` | `{message}` | `{wamid}` |
//! | `POST /sim/customers/{n}/number` | `{phone}` | the customer |
//! | `POST /sim/customers/{n}/open` | `{open}`: looking at the chat reads what arrives | the customer |
//! | `POST /sim/statuses` | `{message, status, code?}` | |
//! | `GET`, `PUT /sim/failures` | [`Switches`] | [`Switches`] |
//! | `POST /sim/faults` | [`Fault`] | [`Switches`] |
//! | `GET`, `DELETE /sim/violations` | | the list of [`Violation`] |
//! | `GET /sim/requests` | | how often each Graph request came |
//! | `PUT /sim/webhook` | `{url}` | |
//! | `POST /sim/webhook/verify` | | `{ok, reason?}`: the handshake |
//! | `POST /sim/clock` | `{advance_seconds}` | `{now}` |
//! | `GET /sim/media/{id}` | | the file |
//!
//! # Failures
//!
//! [`Sim::failures`] holds the switches. Two texts work without any: what the business writes as `!fail 131026`
//! is accepted and then reported as failed, `!refuse 131056` is refused at once; what a customer writes as
//! `!fail 131026` makes the next message to that customer fail.

mod chat;
mod config;
mod connection;
mod contract;
mod control;
mod customer;
mod dice;
mod failures;
mod graph;
mod limits;
mod people;
mod phone;
mod routes;
mod sim;
mod violation;
mod webhook;
mod world;

pub use chat::{Media, SentMessage, Side, State, Status};
pub use config::{Config, Now};
pub use contract::{KNOWN_FAULTS, KnownFault};
pub use customer::{Customer, CustomerId, CustomerMessage, OrderItem};
pub use dice::Dice;
pub use failures::{Effect, Failures, Fault, Switches, Target};
pub use sim::Sim;
pub use violation::{Source, Violation};
