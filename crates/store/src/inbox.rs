//! Inboxes: connected numbers and accounts.

use std::collections::BTreeMap;

use model::{ChannelKind, Health, InboxId, Millis, Secret, WorkspaceId};

use crate::{Result, Tx};

/// An inbox with its configuration and secrets.
#[derive(Clone, Debug)]
pub struct InboxRow {
    /// Its id.
    pub id: InboxId,
    /// Its channel.
    pub kind: ChannelKind,
    /// The name that agents see.
    pub name: String,
    /// The unguessable part of its webhook address, unique everywhere.
    pub hook_key: String,
    /// The provider's name of the number or account, unique among the workspace's connected inboxes of the kind.
    pub address_key: String,
    /// The number or address to show.
    pub address: Option<String>,
    /// Fields that are not secret.
    pub config: BTreeMap<String, String>,
    /// Fields that are.
    pub secrets: BTreeMap<String, Secret<String>>,
    /// What the provider shows when it checks the webhook address.
    pub verify_token: Secret<String>,
    /// The result of the last check.
    pub health: Health,
    /// When it was connected.
    pub created_at: Millis,
}

/// Connects an inbox. [`crate::Error::Unique`] when its address is connected already.
pub async fn insert(_tx: &mut Tx, _ws: WorkspaceId, _inbox: &InboxRow) -> Result<()> {
    todo!()
}

/// Writes all fields but `id`, `kind` and `created_at`; `false` when there is no such inbox.
pub async fn update(_tx: &mut Tx, _ws: WorkspaceId, _inbox: &InboxRow) -> Result<bool> {
    todo!()
}

/// Disconnects an inbox: its conversations stay, its secrets go; `false` when there is none.
pub async fn remove(_tx: &mut Tx, _ws: WorkspaceId, _id: InboxId, _now: Millis) -> Result<bool> {
    todo!()
}

/// The connected inbox.
pub async fn get(_tx: &mut Tx, _ws: WorkspaceId, _id: InboxId) -> Result<Option<InboxRow>> {
    todo!()
}

/// All connected inboxes, the oldest first.
pub async fn list(_tx: &mut Tx, _ws: WorkspaceId) -> Result<Vec<InboxRow>> {
    todo!()
}

/// The connected inbox of a provider's number or account.
pub async fn by_address_key(
    _tx: &mut Tx,
    _ws: WorkspaceId,
    _kind: ChannelKind,
    _address_key: &str,
) -> Result<Option<InboxId>> {
    todo!()
}
