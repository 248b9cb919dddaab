//! Providers of identity, and who somebody is there.

use std::collections::BTreeMap;

use model::{AgentId, Millis, ProviderId, Secret, WorkspaceId};

use crate::sealed::{Opened, place, text};
use crate::values::{Row, statements, to_json, values};
use crate::{Error, Result, Tx};

/// A provider's columns in the order of [`read`]; the table is `p`.
macro_rules! columns {
    () => {
        "p.id, p.name, p.issuer, p.client_id, p.client_secret, p.creates_accounts, p.links_by_email, p.two_steps,
         p.group_claim, p.group_roles, p.created_at"
    };
}
pub(crate) use columns;

statements! {
    INSERT = "INSERT INTO provider (id, workspace_id, name, issuer, client_id, client_secret, creates_accounts,
        links_by_email, two_steps, group_claim, group_roles, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    UPDATE = "UPDATE provider SET name = $3, issuer = $4, client_id = $5, client_secret = $6, creates_accounts = $7,
        links_by_email = $8, two_steps = $9, group_claim = $10, group_roles = $11
        WHERE workspace_id = $1 AND id = $2";
    GET = concat!("SELECT ", columns!(), " FROM provider p WHERE p.workspace_id = $1 AND p.id = $2");
    LIST = concat!("SELECT ", columns!(), " FROM provider p WHERE p.workspace_id = $1 ORDER BY p.id");
    DELETE_ACCOUNTS = "DELETE FROM provider_account WHERE workspace_id = $1 AND provider_id = $2";
    DELETE = "DELETE FROM provider WHERE workspace_id = $1 AND id = $2";
    LINK = "INSERT INTO provider_account (workspace_id, provider_id, subject, agent_id, linked_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    ACCOUNT = "SELECT agent_id FROM provider_account
        WHERE workspace_id = $1 AND provider_id = $2 AND subject = $3";
    ACCOUNTS_OF = "SELECT provider_id FROM provider_account WHERE workspace_id = $1 AND agent_id = $2
        ORDER BY provider_id";
    UNLINK = "DELETE FROM provider_account WHERE workspace_id = $1 AND provider_id = $2 AND agent_id = $3";
}

/// A provider.
#[derive(Clone, Debug)]
pub struct ProviderRow {
    /// Its id.
    pub id: ProviderId,
    /// What the button says.
    pub name: String,
    /// Its issuer: the address under which it describes itself.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// What we show it.
    pub client_secret: Secret<String>,
    /// Whether people that it knows and we do not are given an account.
    pub creates_accounts: bool,
    /// Whether an address that it has verified finds the account with that address.
    pub links_by_email: bool,
    /// Whether it asks for a second step itself.
    pub two_steps: bool,
    /// The claim with somebody's groups; empty: groups say nothing.
    pub group_claim: String,
    /// The role that each group gives, by name.
    pub group_roles: BTreeMap<String, String>,
    /// When it was set up.
    pub created_at: Millis,
}

pub(crate) fn read(row: &mut Row, ws: WorkspaceId) -> Result<ProviderRow> {
    let id: ProviderId = row.take()?;
    Ok(ProviderRow {
        id,
        name: row.take()?,
        issuer: row.take()?,
        client_id: row.take()?,
        client_secret: match row.open(place(ws, "provider", "client_secret", id.0))? {
            Opened::Plain(bytes) => Secret::new(text(bytes)?),
            _ => return Err(Error::Keys("the workspace's own key is gone".into())),
        },
        creates_accounts: row.take()?,
        links_by_email: row.take()?,
        two_steps: row.take()?,
        group_claim: row.take()?,
        group_roles: row.take_json()?,
        created_at: row.take()?,
    })
}

async fn seal(tx: &mut Tx, ws: WorkspaceId, provider: &ProviderRow) -> Result<crate::values::Value> {
    let place = place(ws, "provider", "client_secret", provider.id.0);
    tx.seal(place, provider.client_secret.expose().as_bytes()).await
}

/// Sets a provider up.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, provider: &ProviderRow) -> Result<()> {
    let secret = seal(tx, ws, provider).await?;
    let values = values![
        provider.id,
        ws,
        &provider.name,
        &provider.issuer,
        &provider.client_id,
        secret,
        provider.creates_accounts,
        provider.links_by_email,
        provider.two_steps,
        &provider.group_claim,
        to_json(&provider.group_roles)?,
        provider.created_at
    ];
    tx.execute(INSERT, values).await?;
    Ok(())
}

/// Writes all fields but `id` and `created_at`; `false` when there is no such provider.
pub async fn update(tx: &mut Tx, ws: WorkspaceId, provider: &ProviderRow) -> Result<bool> {
    let secret = seal(tx, ws, provider).await?;
    let values = values![
        ws,
        provider.id,
        &provider.name,
        &provider.issuer,
        &provider.client_id,
        secret,
        provider.creates_accounts,
        provider.links_by_email,
        provider.two_steps,
        &provider.group_claim,
        to_json(&provider.group_roles)?
    ];
    tx.change(UPDATE, values).await
}

/// The provider.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: ProviderId) -> Result<Option<ProviderRow>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row, ws)).transpose()
}

/// All providers, the oldest first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<ProviderRow>> {
    tx.query_map(LIST, values![ws], |row| read(row, ws)).await
}

/// Removes a provider and who anybody is there; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: ProviderId) -> Result<bool> {
    tx.execute(DELETE_ACCOUNTS, values![ws, id]).await?;
    tx.change(DELETE, values![ws, id]).await
}

/// Notes who the agent is at a provider; `false` when that is somebody already.
pub async fn link(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ProviderId,
    subject: &str,
    agent: AgentId,
    now: Millis,
) -> Result<bool> {
    tx.change(LINK, values![ws, id, subject, agent, now]).await
}

/// The agent whom a provider knows by a name.
pub async fn account(tx: &mut Tx, ws: WorkspaceId, id: ProviderId, subject: &str) -> Result<Option<AgentId>> {
    tx.query_opt(ACCOUNT, values![ws, id, subject]).await?.map(|mut row| row.take()).transpose()
}

/// The providers at which the agent is known.
pub async fn accounts_of(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<Vec<ProviderId>> {
    tx.query_map(ACCOUNTS_OF, values![ws, agent], Row::take).await
}

/// Forgets who the agent is at a provider; `false` when that is not known.
pub async fn unlink(tx: &mut Tx, ws: WorkspaceId, id: ProviderId, agent: AgentId) -> Result<bool> {
    tx.change(UNLINK, values![ws, id, agent]).await
}
