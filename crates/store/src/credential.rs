//! The functions that find the workspace instead of taking it: what a caller holds before signing in.

use model::{Agent, AgentId, InboxId, LinkKind, Millis, Provider, ProviderId, WorkspaceId};

use crate::api_token::TokenRow;
use crate::passkey::PasskeyRow;
use crate::session::SessionRow;
use crate::values::{statements, values};
use crate::{Result, Tx, agent, api_token, passkey, provider, session};

/// For how long the token before the last rotation still signs in: browsers send requests side by side.
pub const ROTATION_GRACE: Millis = Millis::seconds(60);

/// For how long a setup token can be used.
pub const SETUP_LIFE: Millis = Millis::hours(24);

statements! {
    AGENT_BY_EMAIL = concat!("SELECT a.workspace_id, a.password_hash, ", agent::columns!(),
        " FROM agent a WHERE a.email = $1");
    SESSION_BY_TOKEN = concat!("SELECT w.id, w.name, ", agent::columns!(), ", ", session::columns!(), "
        FROM session s
        JOIN agent a ON a.workspace_id = s.workspace_id AND a.id = s.agent_id
        JOIN workspace w ON w.id = s.workspace_id
        WHERE s.token_hash = $1 AND s.expires_at > $2 AND NOT a.disabled AND ", session::as_asked!());
    SESSION_BY_PREVIOUS = concat!("SELECT w.id, w.name, ", agent::columns!(), ", ", session::columns!(), "
        FROM session s
        JOIN agent a ON a.workspace_id = s.workspace_id AND a.id = s.agent_id
        JOIN workspace w ON w.id = s.workspace_id
        WHERE s.previous_hash = $1 AND s.expires_at > $2 AND NOT a.disabled AND s.rotated_at > $3
        AND ", session::as_asked!());
    TOKEN = concat!("SELECT w.id, w.name, ", agent::columns!(), ", ", api_token::columns!(), "
        FROM api_token t
        JOIN agent a ON a.workspace_id = t.workspace_id AND a.id = t.agent_id
        JOIN workspace w ON w.id = t.workspace_id
        WHERE t.hash = $1 AND (t.expires_at IS NULL OR t.expires_at > $2) AND NOT a.disabled");
    LINK = concat!("SELECT w.id, w.name, l.kind, ", agent::columns!(), " FROM link l
        JOIN agent a ON a.workspace_id = l.workspace_id AND a.id = l.agent_id
        JOIN workspace w ON w.id = l.workspace_id
        WHERE l.hash = $1 AND l.expires_at > $2 AND NOT a.disabled");
    TAKE_LINK = "DELETE FROM link WHERE hash = $1 AND expires_at > $2 RETURNING workspace_id, agent_id, kind";
    PASSKEY = concat!("SELECT p.workspace_id, ", passkey::columns!(), " FROM passkey p WHERE p.credential = $1");
    PROVIDER = concat!("SELECT p.workspace_id, ", provider::columns!(), " FROM provider p WHERE p.id = $1 AND p.enabled");
    PROVIDERS = "SELECT id, name FROM provider WHERE enabled ORDER BY id LIMIT 20";
    KNOWN_BROWSER = "SELECT COUNT(*) FROM known_browser k
        JOIN agent a ON a.workspace_id = k.workspace_id AND a.id = k.agent_id
        WHERE k.hash = $1 AND a.email = $2";
    INBOX_BY_HOOK = "SELECT workspace_id, id FROM inbox WHERE hook_key = $1 AND removed_at IS NULL";
    HAS_AGENTS = "SELECT EXISTS (SELECT 1 FROM agent)";
    FORGET_SETUP_TOKENS = "DELETE FROM setup_token WHERE used_at IS NULL";
    PUT_SETUP_TOKEN = "INSERT INTO setup_token (hash, created_at) VALUES ($1, $2)";
    TAKE_SETUP_TOKEN =
        "UPDATE setup_token SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND created_at > $3";
}

/// A browser that showed a good token.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Who signed in.
    pub agent: Agent,
    /// The session.
    pub session: SessionRow,
    /// Whether the token was the one before the last rotation.
    pub by_previous: bool,
}

/// The agent of an e-mail address (any case), with the hash of the password. Disabled agents are found too.
pub async fn agent_by_email(tx: &mut Tx, email: &str) -> Result<Option<(WorkspaceId, Agent, String)>> {
    let row = tx.query_opt(AGENT_BY_EMAIL, values![email.to_lowercase()]).await?;
    row.map(|mut row| {
        let (workspace, hash) = (row.take()?, row.take()?);
        Ok((workspace, agent::read(&mut row)?, hash))
    })
    .transpose()
}

/// The session of a token's hash, unless it ran out, its agent is disabled, or it is not what the workspace asks for.
pub async fn session_by_token(tx: &mut Tx, hash: &[u8], now: Millis) -> Result<Option<SignedIn>> {
    let mut row = tx.query_opt(SESSION_BY_TOKEN, values![hash, now]).await?;
    let by_previous = row.is_none();
    if by_previous {
        row = tx.query_opt(SESSION_BY_PREVIOUS, values![hash, now, now - ROTATION_GRACE]).await?;
    }
    row.map(|mut row| {
        Ok(SignedIn {
            workspace: row.take()?,
            workspace_name: row.take()?,
            agent: agent::read(&mut row)?,
            session: session::read(&mut row)?,
            by_previous,
        })
    })
    .transpose()
}

/// A program that showed a good token.
#[derive(Clone, Debug)]
pub struct KnownProgram {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Who made the token.
    pub agent: Agent,
    /// The token.
    pub token: TokenRow,
}

/// The token of a hash, unless it ran out or its maker is disabled.
pub async fn token(tx: &mut Tx, hash: &[u8], now: Millis) -> Result<Option<KnownProgram>> {
    let row = tx.query_opt(TOKEN, values![hash, now]).await?;
    row.map(|mut row| {
        Ok(KnownProgram {
            workspace: row.take()?,
            workspace_name: row.take()?,
            agent: agent::read(&mut row)?,
            token: api_token::read(&mut row)?,
        })
    })
    .transpose()
}

/// A link that somebody holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// What the link is for.
    pub kind: LinkKind,
    /// Whose password it lets choose.
    pub agent: Agent,
}

/// The link of a hash, unless it ran out or its agent is disabled.
pub async fn link(tx: &mut Tx, hash: &[u8], now: Millis) -> Result<Option<Held>> {
    let row = tx.query_opt(LINK, values![hash, now]).await?;
    row.map(|mut row| {
        Ok(Held {
            workspace: row.take()?,
            workspace_name: row.take()?,
            kind: row.take()?,
            agent: agent::read(&mut row)?,
        })
    })
    .transpose()
}

/// Uses a link up: whose it was.
pub async fn take_link(
    tx: &mut Tx,
    hash: &[u8],
    now: Millis,
) -> Result<Option<(WorkspaceId, AgentId, LinkKind)>> {
    let row = tx.query_opt(TAKE_LINK, values![hash, now]).await?;
    row.map(|mut row| Ok((row.take()?, row.take()?, row.take()?))).transpose()
}

/// The passkey with the id that a device chose.
pub async fn passkey(tx: &mut Tx, credential: &[u8]) -> Result<Option<(WorkspaceId, PasskeyRow)>> {
    let row = tx.query_opt(PASSKEY, values![credential]).await?;
    row.map(|mut row| Ok((row.take()?, passkey::read(&mut row)?))).transpose()
}

/// A provider through which anybody can sign in.
pub async fn provider(tx: &mut Tx, id: ProviderId) -> Result<Option<(WorkspaceId, Provider)>> {
    let row = tx.query_opt(PROVIDER, values![id]).await?;
    row.map(|mut row| Ok((row.take()?, provider::read(&mut row)?))).transpose()
}

/// The first twenty providers through which anybody can sign in, with their names.
pub async fn providers(tx: &mut Tx) -> Result<Vec<(ProviderId, String)>> {
    tx.query_map(PROVIDERS, &[], |row| Ok((row.take()?, row.take()?))).await
}

/// Whether a browser has signed in the agent of an e-mail address (lower case).
pub async fn known_browser(tx: &mut Tx, hash: &[u8], email: &str) -> Result<bool> {
    let count: i64 = tx.query_one(KNOWN_BROWSER, values![hash, email]).await?.take()?;
    Ok(count > 0)
}

/// The inbox of a webhook address.
pub async fn inbox_by_hook(tx: &mut Tx, hook_key: &str) -> Result<Option<(WorkspaceId, InboxId)>> {
    let row = tx.query_opt(INBOX_BY_HOOK, values![hook_key]).await?;
    row.map(|mut row| Ok((row.take()?, row.take()?))).transpose()
}

/// Whether there is any agent at all: whether setup is done.
pub async fn has_agents(tx: &mut Tx) -> Result<bool> {
    tx.query_one(HAS_AGENTS, &[]).await?.take()
}

/// Keeps a setup token's hash in place of any other unused one.
pub async fn put_setup_token(tx: &mut Tx, hash: &[u8], now: Millis) -> Result<()> {
    tx.execute(FORGET_SETUP_TOKENS, &[]).await?;
    tx.execute(PUT_SETUP_TOKEN, values![hash, now]).await?;
    Ok(())
}

/// Uses a setup token up; `false` when it is unknown, used or older than [`SETUP_LIFE`].
pub async fn take_setup_token(tx: &mut Tx, hash: &[u8], now: Millis) -> Result<bool> {
    tx.change(TAKE_SETUP_TOKEN, values![hash, now, now - SETUP_LIFE]).await
}

#[cfg(test)]
mod tests;
