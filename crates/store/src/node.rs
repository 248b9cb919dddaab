//! The processes that share the database, and the numbers they hold. Belongs to no workspace.

use model::Millis;

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    ALL = "SELECT number, instance, lease_until, started_at, name, roles, version FROM node ORDER BY number";
    TAKE = "INSERT INTO node (number, instance, lease_until, started_at, name, roles, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (number) DO UPDATE SET instance = $2, lease_until = $3, started_at = $4, name = $5, roles = $6,
            version = $7
        WHERE node.instance = $8 AND node.lease_until = $9";
    RENEW = "UPDATE node SET lease_until = $3 WHERE number = $1 AND instance = $2";
    GIVE_BACK = "UPDATE node SET instance = '', lease_until = $3 WHERE number = $1 AND instance = $2";
}

/// A number and who holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// The number, 0 to 1023.
    pub number: i64,
    /// The holder's random name for itself; empty when the last holder gave the number back.
    pub instance: String,
    /// Nobody else makes ids of the moments before it.
    pub lease_until: Millis,
    /// When the holder started.
    pub started_at: Millis,
    /// Machine and address, for people.
    pub name: String,
    /// What it does, for people.
    pub roles: String,
    /// The program's version.
    pub version: String,
}

fn read(row: &mut Row) -> Result<NodeRow> {
    Ok(NodeRow {
        number: row.take()?,
        instance: row.take()?,
        lease_until: row.take()?,
        started_at: row.take()?,
        name: row.take()?,
        roles: row.take()?,
        version: row.take()?,
    })
}

/// Every number that was ever held, ascending.
pub async fn all(tx: &mut Tx) -> Result<Vec<NodeRow>> {
    tx.query_map(ALL, &[], read).await
}

/// Takes a number for `new` if its row is still as it was `seen`, or still absent; `false` when somebody was faster.
pub async fn take(tx: &mut Tx, new: &NodeRow, seen: Option<&NodeRow>) -> Result<bool> {
    // An absent row has no instance that anybody could have: then only the insert can happen.
    let (instance, until) = seen.map_or(("absent", Millis(0)), |row| (&row.instance, row.lease_until));
    let values = values![
        new.number,
        &new.instance,
        new.lease_until,
        new.started_at,
        &new.name,
        &new.roles,
        &new.version,
        instance,
        until
    ];
    tx.change(TAKE, values).await
}

/// Holds a number until a later moment; `false` when somebody else has it.
pub async fn renew(tx: &mut Tx, number: i64, instance: &str, until: Millis) -> Result<bool> {
    tx.change(RENEW, values![number, instance, until]).await
}

/// Gives a number back, of which no id was made from `until` on.
pub async fn give_back(tx: &mut Tx, number: i64, instance: &str, until: Millis) -> Result<bool> {
    tx.change(GIVE_BACK, values![number, instance, until]).await
}
