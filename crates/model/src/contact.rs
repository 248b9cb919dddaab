//! Customers and their addresses.

use serde::{Deserialize, Serialize};

use crate::{ContactId, IdentityId, InboxId, Millis};

/// A customer as the short form that lists carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// The name to show: given by an agent, else by the channel's profile, else the number.
    pub name: String,
    /// When the record was made.
    pub created_at: Millis,
}

/// A customer's address on one inbox.
///
/// On WhatsApp it is keyed by the business-scoped user id; the phone number is optional and may change
/// (Meta's "usernames and business-scoped user ids", 2026).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// The inbox it writes to.
    pub inbox_id: InboxId,
    /// The phone number in digits with a leading `+`, where the provider tells it.
    pub phone: Option<String>,
    /// The user name, where the provider tells it.
    pub username: Option<String>,
    /// Whether the business blocked this customer.
    pub blocked: bool,
    /// When the customer last wrote.
    pub last_inbound_at: Option<Millis>,
}
