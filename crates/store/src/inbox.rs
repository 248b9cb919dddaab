//! Inboxes: connected numbers and accounts.

use std::collections::BTreeMap;

use model::{ChannelKind, Health, InboxId, Millis, Secret, WorkspaceId};
use vault::Place;

use crate::sealed::place;
use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

/// An inbox' columns in the order of [`read`].
macro_rules! columns {
    () => {
        "id, kind, name, hook_key, address_key, address, config, verify_token, sealed, health, created_at"
    };
}

statements! {
    INSERT = "INSERT INTO inbox (id, workspace_id, kind, name, hook_key, address_key, address, config, sealed,
        health, created_at, verify_token) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '') ON CONFLICT DO NOTHING";
    INSERT_LANE = "INSERT INTO lane (inbox_id, workspace_id, lease_until, fence, claimed_at)
        VALUES ($1, $2, 0, 0, 0)";
    UPDATE = "UPDATE inbox SET name = $3, hook_key = $4, address_key = $5, address = $6, config = $7,
        verify_token = '', sealed = $8, health = $9 WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL";
    FORGET_SECRETS = "DELETE FROM inbox_secret WHERE workspace_id = $1 AND inbox_id = $2";
    KEEP_SECRET = "INSERT INTO inbox_secret (workspace_id, inbox_id, name, sealed, value) VALUES ($1, $2, $3, $4, '')";
    REMOVE = "UPDATE inbox SET removed_at = $3, verify_token = '', sealed = NULL
        WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL";
    GET = concat!("SELECT ", columns!(), " FROM inbox
        WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL");
    SECRETS = "SELECT inbox_id, name, value, sealed FROM inbox_secret WHERE workspace_id = $1 AND inbox_id = $2";
    LIST = concat!("SELECT ", columns!(), " FROM inbox WHERE workspace_id = $1 AND removed_at IS NULL ORDER BY id");
    ALL_HEALTH = "SELECT workspace_id, id, health FROM inbox WHERE removed_at IS NULL";
    ALL_SECRETS = "SELECT inbox_id, name, value, sealed FROM inbox_secret WHERE workspace_id = $1";
    BY_ADDRESS_KEY = "SELECT id FROM inbox
        WHERE workspace_id = $1 AND kind = $2 AND address_key = $3 AND removed_at IS NULL";
}

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

/// Where the sealed verify token stands.
fn token_place(ws: WorkspaceId, id: InboxId) -> Place<'static> {
    place(ws, "inbox", "verify_token", id.0)
}

/// The secret in a plain column and the sealed one behind it. One that was erased is no secret at all.
fn take_secret(row: &mut Row, place: Place<'_>) -> Result<Secret<String>> {
    let plain: String = row.take()?;
    Ok(row.open(place)?.secret()?.unwrap_or_else(|| Secret::new(plain)))
}

fn read(row: &mut Row, ws: WorkspaceId) -> Result<InboxRow> {
    let id = row.take()?;
    Ok(InboxRow {
        id,
        kind: row.take()?,
        name: row.take()?,
        hook_key: row.take()?,
        address_key: row.take()?,
        address: row.take()?,
        config: row.take_json()?,
        secrets: BTreeMap::new(),
        verify_token: take_secret(row, token_place(ws, id))?,
        health: row.take_json()?,
        created_at: row.take()?,
    })
}

fn read_secret(row: &mut Row, ws: WorkspaceId) -> Result<(InboxId, String, Secret<String>)> {
    let (id, name): (InboxId, String) = (row.take()?, row.take()?);
    let value = take_secret(row, place(ws, "inbox_secret", &name, id.0))?;
    Ok((id, name, value))
}

async fn keep_secrets(tx: &mut Tx, ws: WorkspaceId, inbox: &InboxRow) -> Result<()> {
    for (name, value) in &inbox.secrets {
        let sealed = tx.seal(place(ws, "inbox_secret", name, inbox.id.0), value.expose().as_bytes()).await?;
        tx.execute(KEEP_SECRET, values![ws, inbox.id, name, sealed]).await?;
    }
    Ok(())
}

/// Connects an inbox. [`crate::Error::Unique`] when its address is connected already.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, inbox: &InboxRow) -> Result<()> {
    let token = tx.seal(token_place(ws, inbox.id), inbox.verify_token.expose().as_bytes()).await?;
    let values = values![
        inbox.id,
        ws,
        inbox.kind,
        &inbox.name,
        &inbox.hook_key,
        &inbox.address_key,
        inbox.address.as_deref(),
        to_json(&inbox.config)?,
        token,
        to_json(&inbox.health)?,
        inbox.created_at
    ];
    tx.insert(INSERT, values, "the inbox' address").await?;
    tx.execute(INSERT_LANE, values![inbox.id, ws]).await?;
    keep_secrets(tx, ws, inbox).await
}

/// Writes all fields but `id`, `kind` and `created_at`; `false` when there is no such inbox.
pub async fn update(tx: &mut Tx, ws: WorkspaceId, inbox: &InboxRow) -> Result<bool> {
    let token = tx.seal(token_place(ws, inbox.id), inbox.verify_token.expose().as_bytes()).await?;
    let values = values![
        ws,
        inbox.id,
        &inbox.name,
        &inbox.hook_key,
        &inbox.address_key,
        inbox.address.as_deref(),
        to_json(&inbox.config)?,
        token,
        to_json(&inbox.health)?
    ];
    if !tx.change(UPDATE, values).await? {
        return Ok(false);
    }
    tx.execute(FORGET_SECRETS, values![ws, inbox.id]).await?;
    keep_secrets(tx, ws, inbox).await?;
    Ok(true)
}

/// Disconnects an inbox: its conversations stay, its secrets go; `false` when there is none.
pub async fn remove(tx: &mut Tx, ws: WorkspaceId, id: InboxId, now: Millis) -> Result<bool> {
    if !tx.change(REMOVE, values![ws, id, now]).await? {
        return Ok(false);
    }
    tx.execute(FORGET_SECRETS, values![ws, id]).await?;
    Ok(true)
}

/// The connected inbox.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: InboxId) -> Result<Option<InboxRow>> {
    let Some(mut row) = tx.query_opt(GET, values![ws, id]).await? else { return Ok(None) };
    let secrets = tx.query_map(SECRETS, values![ws, id], |row| read_secret(row, ws)).await?;
    let mut inbox = read(&mut row, ws)?;
    inbox.secrets = secrets.into_iter().map(|(_, name, value)| (name, value)).collect();
    Ok(Some(inbox))
}

/// All connected inboxes, the oldest first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<InboxRow>> {
    let mut inboxes = tx.query_map(LIST, values![ws], |row| read(row, ws)).await?;
    for (id, name, value) in tx.query_map(ALL_SECRETS, values![ws], |row| read_secret(row, ws)).await? {
        if let Some(inbox) = inboxes.iter_mut().find(|inbox| inbox.id == id) {
            inbox.secrets.insert(name, value);
        }
    }
    Ok(inboxes)
}

/// How the connections of all workspaces' inboxes stood when they were last checked.
pub async fn all_health(tx: &mut Tx) -> Result<Vec<(WorkspaceId, InboxId, Health)>> {
    tx.query_map(ALL_HEALTH, &[], |row| Ok((row.take()?, row.take()?, row.take_json()?))).await
}

/// The connected inbox of a provider's number or account.
pub async fn by_address_key(
    tx: &mut Tx,
    ws: WorkspaceId,
    kind: ChannelKind,
    address_key: &str,
) -> Result<Option<InboxId>> {
    let row = tx.query_opt(BY_ADDRESS_KEY, values![ws, kind, address_key]).await?;
    row.map(|mut row| row.take()).transpose()
}

#[cfg(test)]
mod tests;
