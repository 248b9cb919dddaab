//! The end of a person's data, and what holds it up.

use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::{AgentId, ContactId, ErasureId, HoldId, Millis};

named! {
    /// Why somebody was erased.
    ErasureWhy {
        /// Somebody asked for it.
        Asked = "asked",
        /// The time that data lives was over.
        Retention = "retention",
    }
}

/// What an erasure removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Erased {
    /// Addresses.
    pub identities: u64,
    /// Conversations.
    pub conversations: u64,
    /// Messages and notes.
    pub messages: u64,
    /// Files.
    pub files: u64,
    /// Sendings that waited.
    pub sendings: u64,
    /// Deliveries whose raw form was emptied.
    pub deliveries: u64,
    /// Entries of the search index.
    pub indexed: u64,
    /// Keys that were destroyed.
    pub keys: u64,
}

/// The proof that a person was erased. It names nobody: only who still has the id can tell whom it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Receipt {
    /// The erasure.
    pub id: ErasureId,
    /// Its number in the workspace: 1, 2, 3 … without a gap; `null` while it is under way.
    pub seq: Option<i64>,
    /// Who it was, by the id that no longer exists.
    pub contact_id: ContactId,
    /// Why.
    pub why: ErasureWhy,
    /// Who asked for it.
    pub agent_id: Option<AgentId>,
    /// When it began.
    pub begun_at: Millis,
    /// When it ended.
    pub finished_at: Option<Millis>,
    /// What was removed.
    pub erased: Erased,
    /// Its place in the chain of receipts, in hexadecimal.
    pub hash: Option<String>,
    /// The workspace's signature (Ed25519) of the hash, in hexadecimal.
    pub signature: Option<String>,
}

/// A hold: the law wants a customer's data kept for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The customer.
    pub contact_id: ContactId,
    /// Why.
    pub reason: String,
    /// Who placed it.
    pub placed_by: AgentId,
    /// When.
    pub placed_at: Millis,
    /// Who lifted it.
    pub lifted_by: Option<AgentId>,
    /// When.
    pub lifted_at: Option<Millis>,
}
