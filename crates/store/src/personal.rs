//! Every column of the schema, and what of it is of a person: of which kind, whose, where an export has it, and how it
//! goes. A column that is not in this list fails a test on both engines; whoever adds one says here what it is.

use serde::Serialize;

mod tables;

pub use tables::TABLES;

/// Of which kind something of a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// What somebody is called.
    Name,
    /// How somebody is reached.
    Address,
    /// What somebody writes or sends.
    Content,
    /// What is noted of somebody.
    Record,
    /// What somebody signs in with.
    Credential,
}

/// Whose data it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A customer.
    Customer,
    /// Somebody who works here.
    Colleague,
}

/// Where an export of a customer has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Export {
    /// Under this name in `person.json`.
    In(&'static str),
    /// Nowhere, and why.
    Not(&'static str),
}

/// How it goes when its customer is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Erase {
    /// Its row is removed, and the key that it is sealed with is destroyed.
    Row,
    /// It is emptied, and the key that it is sealed with is destroyed.
    Emptied,
    /// The key that it is sealed with is destroyed; the row stays without it.
    Key,
    /// It stays, and why.
    Stays(&'static str),
}

/// How it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seal {
    /// With the person's key, or that of the hour in which it came.
    Person,
    /// With the workspace's key.
    Workspace,
    /// As keyed hashes.
    Hashed,
    /// Only versions before sealing filled it; empty today.
    Formerly,
    /// In the clear, and why.
    Plain(&'static str),
}

/// A column that holds something of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Of which kind.
    pub class: Class,
    /// Whose.
    pub owner: Owner,
    /// Where an export has it.
    pub export: Export,
    /// How it goes.
    pub erase: Erase,
    /// How it is stored.
    pub seal: Seal,
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The names of columns with nothing of a person but ids, times, states and counts.
    pub plain: &'static str,
    /// Columns with something of a person.
    pub personal: &'static [Column],
}

/// The columns with something of a customer, each with its table.
pub fn of_customers() -> impl Iterator<Item = (&'static str, &'static Column)> {
    TABLES
        .iter()
        .flat_map(|table| table.personal.iter().map(move |column| (table.name, column)))
        .filter(|(_, column)| column.owner == Owner::Customer)
}

#[cfg(test)]
mod tests;
