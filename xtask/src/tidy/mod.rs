//! The rules of the house. Each rule reads the same picture of the repository and returns what breaks it.

mod docs;
mod house;
mod migrations;
mod rooms;
mod rust;
mod shape;
mod sql;

pub(crate) use house::{Args, check, command};
