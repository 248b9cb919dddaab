//! Customers.

use model::{ContactId, Millis, WorkspaceId};

use crate::identity::IdentityRow;
use crate::{Result, Tx};

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    /// Its id.
    pub id: ContactId,
    /// The name to show.
    pub name: String,
    /// Whether an agent gave the name.
    pub named_by_agent: bool,
    /// When the record was made.
    pub created_at: Millis,
}

/// Makes a customer, with the name that the channel told.
pub async fn insert(_tx: &mut Tx, _ws: WorkspaceId, _id: ContactId, _name: &str, _now: Millis) -> Result<()> {
    todo!()
}

/// The customer; one that was merged into another is gone.
pub async fn get(_tx: &mut Tx, _ws: WorkspaceId, _id: ContactId) -> Result<Option<ContactRow>> {
    todo!()
}

/// Gives a name. A channel's name (`by_agent` false) never replaces an agent's. Tells whether anything changed.
pub async fn rename(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _id: ContactId,
    _name: &str,
    _by_agent: bool,
) -> Result<bool> {
    todo!()
}

/// The customer's addresses, the oldest first.
pub async fn identities(_tx: &mut Tx, _ws: WorkspaceId, _contact: ContactId) -> Result<Vec<IdentityRow>> {
    todo!()
}

/// Moves all addresses and conversations of `from` to `into`; `from` is gone then. An agent's name of `from` is
/// kept when `into` has none. `false` when either does not exist or both are one.
pub async fn merge(_tx: &mut Tx, _ws: WorkspaceId, _from: ContactId, _into: ContactId) -> Result<bool> {
    todo!()
}
