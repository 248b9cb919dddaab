//! The only room with SQL: one text for SQLite and PostgreSQL behind one thin door.
//!
//! Every function takes the transaction and the workspace first, so no query is without its tenant. The few
//! that take no workspace find it ([`credential`]) or serve the workers of all workspaces (claims of leases);
//! each says so. Time and ids are passed in.

mod conversation_list;
mod db;
mod error;
mod intake;

mod migrate;
mod names;
mod packed;
mod page;
mod sealed;
pub mod sealing;
mod values;
mod visibility;

pub mod acme;
pub mod agent;
pub mod alarm;
pub mod api_token;
pub mod article;
pub mod attempt;
pub mod audit;
pub mod bot;
pub mod breach;
pub mod category;
pub mod ceremony;
pub mod consent;
pub mod contact;
pub mod conversation;
pub mod credential;
pub mod drift;
pub mod embedding_model;
pub mod erasing;
pub mod erasure;
pub mod event;
pub mod fail;
pub mod gap;
pub mod help_centre;
pub mod hold;
pub mod hours;
pub mod identity;
pub mod import;
pub mod inbound;
pub mod inbox;
pub mod intent;
pub mod intent_example;
pub mod intent_version;
pub mod job;
pub mod keys;
pub mod knowledge_source;
pub mod known_browser;
pub mod label;
pub mod lag;
pub mod lane;
pub mod language_model;
pub mod link;
pub mod media;
pub mod message;
pub mod node;
pub mod notice;
pub mod one_time_code;
pub mod outbound;
pub mod passkey;
pub mod personal;
pub mod privacy_setting;
pub mod provider;
pub mod quick_reply;
pub mod reaction;
pub mod removal;
pub mod report;
pub mod retention;
pub mod role;
pub mod search;
pub mod send_lane;
pub mod session;
pub mod stale;
pub mod suggestion;
pub mod taken;
pub mod team;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod topic;
pub mod trial;
pub mod unanswered;
pub mod verdict;
pub mod workspace;

pub use db::{Class, Db, Engine, KEY_SCHEMA, KeySettings, Load, Settings, Stats, Tx, copy, verify};
pub use error::{Error, Result};
pub use intake::Intake;
pub use page::{Page, is_cursor};
pub use sealed::ERASED;
pub use visibility::Visibility;

#[cfg(test)]
mod foreign_test;
#[cfg(test)]
mod outbound_test;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod statements_test;
