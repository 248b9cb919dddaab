//! Customers' addresses on inboxes.

use model::{ContactId, ConversationId, IdentityId, InboxId, Millis, WorkspaceId};

use crate::{Result, Tx};

/// A customer's address on one inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRow {
    /// Its id.
    pub id: IdentityId,
    /// The inbox it writes to.
    pub inbox_id: InboxId,
    /// The customer.
    pub contact_id: ContactId,
    /// The provider's id of the customer, unique in the inbox.
    pub user_id: Option<String>,
    /// The phone number with a leading `+`, unique in the inbox.
    pub phone: Option<String>,
    /// The user name.
    pub username: Option<String>,
    /// The name in the customer's profile.
    pub profile_name: Option<String>,
    /// Whether the business blocked this customer.
    pub blocked: bool,
    /// When the customer last wrote.
    pub last_inbound_at: Option<Millis>,
    /// When the record was made.
    pub created_at: Millis,
}

/// Makes an address. [`crate::Error::Unique`] when the inbox has one with the same user id or phone; the
/// transaction can go on then.
pub async fn insert(_tx: &mut Tx, _ws: WorkspaceId, _identity: &IdentityRow) -> Result<()> {
    todo!()
}

/// The address.
pub async fn get(_tx: &mut Tx, _ws: WorkspaceId, _id: IdentityId) -> Result<Option<IdentityRow>> {
    todo!()
}

/// The address of a provider's user id.
pub async fn by_user(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _inbox: InboxId,
    _user_id: &str,
) -> Result<Option<IdentityRow>> {
    todo!()
}

/// The address of a phone number.
pub async fn by_phone(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _inbox: InboxId,
    _phone: &str,
) -> Result<Option<IdentityRow>> {
    todo!()
}

/// Writes contact, user id, phone, user name and profile name; `false` when there is no such address.
/// [`crate::Error::Unique`] (which ends the transaction) when another has the user id or phone.
pub async fn update(_tx: &mut Tx, _ws: WorkspaceId, _identity: &IdentityRow) -> Result<bool> {
    todo!()
}

/// Blocks or unblocks; `false` when there is no such address.
pub async fn set_blocked(_tx: &mut Tx, _ws: WorkspaceId, _id: IdentityId, _blocked: bool) -> Result<bool> {
    todo!()
}

/// Notes that the customer wrote at `at`; never goes back.
pub async fn inbound_at(_tx: &mut Tx, _ws: WorkspaceId, _id: IdentityId, _at: Millis) -> Result<()> {
    todo!()
}

/// Makes one address of two: the conversations of `from` become those of `into` and its contact; where both have
/// one that is not resolved, that of `from` is resolved first. Then `from` is gone. Tells which conversations
/// changed.
pub async fn absorb(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _from: IdentityId,
    _into: IdentityId,
    _now: Millis,
) -> Result<Vec<ConversationId>> {
    todo!()
}
