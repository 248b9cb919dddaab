//! Providers of identity, and who somebody is there.

use model::{AgentId, Millis, Provider, ProviderId, Role, Secret, WorkspaceId};

use crate::sealed::place;
use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

/// A provider's columns in the order of [`read`]; the table is `p`.
macro_rules! columns {
    () => {
        "p.id, p.name, p.issuer, p.client_id, p.client_secret IS NOT NULL, p.enabled, p.scopes, p.creates_accounts,
         p.links_by_email, p.vouches_for_emails, p.second_step, p.group_claim, p.group_roles, p.default_role,
         p.created_at, p.acr_values, p.max_age"
    };
}
pub(crate) use columns;

statements! {
    INSERT = "INSERT INTO provider (id, workspace_id, name, issuer, client_id, client_secret, enabled, scopes,
        creates_accounts, links_by_email, vouches_for_emails, second_step, group_claim, group_roles, default_role,
        created_at, acr_values, max_age)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    UPDATE = "UPDATE provider SET name = $3, client_id = $4, enabled = $5, scopes = $6, creates_accounts = $7,
        links_by_email = $8, vouches_for_emails = $9, second_step = $10, group_claim = $11, group_roles = $12,
        default_role = $13, acr_values = $14, max_age = $15 WHERE workspace_id = $1 AND id = $2";
    SET_SECRET = "UPDATE provider SET client_secret = $3 WHERE workspace_id = $1 AND id = $2";
    GET = concat!("SELECT ", columns!(), " FROM provider p WHERE p.workspace_id = $1 AND p.id = $2");
    SECRET = "SELECT client_secret FROM provider WHERE workspace_id = $1 AND id = $2";
    LIST = concat!("SELECT ", columns!(), " FROM provider p WHERE p.workspace_id = $1 ORDER BY p.id");
    DELETE_ACCOUNTS = "DELETE FROM provider_account WHERE workspace_id = $1 AND provider_id = $2";
    DELETE_SIGN_OUTS = "DELETE FROM sign_out WHERE workspace_id = $1 AND provider_id = $2";
    DELETE = "DELETE FROM provider WHERE workspace_id = $1 AND id = $2";
    LINK = "INSERT INTO provider_account (workspace_id, provider_id, subject, agent_id, linked_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    ACCOUNT = "SELECT agent_id FROM provider_account
        WHERE workspace_id = $1 AND provider_id = $2 AND subject = $3";
    ACCOUNTS_OF = "SELECT provider_id, linked_at FROM provider_account WHERE workspace_id = $1 AND agent_id = $2
        ORDER BY provider_id";
    SIGN_OUT = "INSERT INTO sign_out (workspace_id, provider_id, jti, sid, expires_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING";
    SIGNED_OUT = "SELECT 1 FROM sign_out WHERE workspace_id = $1 AND provider_id = $2 AND sid = $3 AND expires_at > $4";
    FORGET_SIGN_OUTS = "DELETE FROM sign_out WHERE expires_at <= $1";
    UNLINK = "DELETE FROM provider_account WHERE workspace_id = $1 AND provider_id = $2 AND agent_id = $3";
}

pub(crate) fn read(row: &mut Row) -> Result<Provider> {
    Ok(Provider {
        id: row.take()?,
        name: row.take()?,
        issuer: row.take()?,
        client_id: row.take()?,
        has_secret: row.take()?,
        enabled: row.take()?,
        scopes: row.take_json()?,
        creates_accounts: row.take()?,
        links_by_email: row.take()?,
        vouches_for_emails: row.take()?,
        second_step: row.take()?,
        group_claim: row.take()?,
        group_roles: row.take_json()?,
        default_role: row.take::<Option<Role>>()?,
        created_at: row.take()?,
        acr_values: row.take_json()?,
        max_age: row.take()?,
    })
}

/// Where what we show the provider stands, sealed.
fn secret_place(ws: WorkspaceId, id: ProviderId) -> vault::Place<'static> {
    place(ws, "provider", "client_secret", id.0)
}

/// Sets a provider up; what it says of having a secret does not count.
pub async fn insert(
    tx: &mut Tx,
    ws: WorkspaceId,
    provider: &Provider,
    secret: Option<&Secret<String>>,
) -> Result<()> {
    let sealed = tx.seal_secret(secret_place(ws, provider.id), secret).await?;
    let values = values![
        provider.id,
        ws,
        &provider.name,
        &provider.issuer,
        &provider.client_id,
        sealed,
        provider.enabled,
        to_json(&provider.scopes)?,
        provider.creates_accounts,
        provider.links_by_email,
        provider.vouches_for_emails,
        provider.second_step,
        &provider.group_claim,
        to_json(&provider.group_roles)?,
        provider.default_role,
        provider.created_at,
        to_json(&provider.acr_values)?,
        provider.max_age
    ];
    tx.execute(INSERT, values).await?;
    Ok(())
}

/// Writes all fields but the id, the issuer, the secret and when it was set up; `false` when there is no such provider.
pub async fn update(tx: &mut Tx, ws: WorkspaceId, provider: &Provider) -> Result<bool> {
    let values = values![
        ws,
        provider.id,
        &provider.name,
        &provider.client_id,
        provider.enabled,
        to_json(&provider.scopes)?,
        provider.creates_accounts,
        provider.links_by_email,
        provider.vouches_for_emails,
        provider.second_step,
        &provider.group_claim,
        to_json(&provider.group_roles)?,
        provider.default_role,
        to_json(&provider.acr_values)?,
        provider.max_age
    ];
    tx.change(UPDATE, values).await
}

/// Keeps another secret; `false` when there is no such provider.
pub async fn set_secret(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ProviderId,
    secret: &Secret<String>,
) -> Result<bool> {
    let sealed = tx.seal_secret(secret_place(ws, id), Some(secret)).await?;
    tx.change(SET_SECRET, values![ws, id, sealed]).await
}

/// The provider.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: ProviderId) -> Result<Option<Provider>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row)).transpose()
}

/// What we show the provider; `None` when there is no such provider, or it is shown nothing.
pub async fn secret(tx: &mut Tx, ws: WorkspaceId, id: ProviderId) -> Result<Option<Secret<String>>> {
    let Some(mut row) = tx.query_opt(SECRET, values![ws, id]).await? else { return Ok(None) };
    row.open(secret_place(ws, id))?.secret()
}

/// All providers, the oldest first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<Provider>> {
    tx.query_map(LIST, values![ws], read).await
}

/// Removes a provider and who anybody is there; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: ProviderId) -> Result<bool> {
    tx.execute(DELETE_ACCOUNTS, values![ws, id]).await?;
    tx.execute(DELETE_SIGN_OUTS, values![ws, id]).await?;
    tx.change(DELETE, values![ws, id]).await
}

/// Notes who the agent is at a provider; `false` when that is somebody already, or the agent somebody else there.
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

/// The providers at which the agent is known, and since when.
pub async fn accounts_of(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<Vec<(ProviderId, Millis)>> {
    tx.query_map(ACCOUNTS_OF, values![ws, agent], |row| Ok((row.take()?, row.take()?))).await
}

/// Forgets who the agent is at a provider; `false` when that is not known.
pub async fn unlink(tx: &mut Tx, ws: WorkspaceId, id: ProviderId, agent: AgentId) -> Result<bool> {
    tx.change(UNLINK, values![ws, id, agent]).await
}

/// Notes that a provider said that a sign-in is over, until a moment; `false` when it said so before, by the same name.
pub async fn sign_out(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ProviderId,
    jti: &[u8],
    sid: Option<&[u8]>,
    until: Millis,
) -> Result<bool> {
    tx.change(SIGN_OUT, values![ws, id, jti, sid, until]).await
}

/// Whether a provider said that a sign-in is over.
pub async fn signed_out(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ProviderId,
    sid: &[u8],
    now: Millis,
) -> Result<bool> {
    Ok(tx.query_opt(SIGNED_OUT, values![ws, id, sid, now]).await?.is_some())
}

/// Forgets what need not be remembered any more, of all workspaces.
pub async fn forget_sign_outs(tx: &mut Tx, now: Millis) -> Result<()> {
    tx.execute(FORGET_SIGN_OUTS, values![now]).await.map(drop)
}
