//! Tokens for programs.

use model::{AgentId, Millis, Permission, TokenId, WorkspaceId};

use crate::values::{Row, from_json, statements, to_json, values};
use crate::{Result, Tx};

/// A token's columns in the order of [`read`]; the table is `t`.
macro_rules! columns {
    () => {
        "t.id, t.agent_id, t.name, t.permissions, t.networks, t.created_at, t.expires_at, t.used_at, t.used_from"
    };
}
pub(crate) use columns;

statements! {
    INSERT = "INSERT INTO api_token
        (id, workspace_id, agent_id, name, hash, permissions, networks, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    GET = concat!("SELECT ", columns!(), " FROM api_token t WHERE t.workspace_id = $1 AND t.id = $2");
    LIST = concat!("SELECT ", columns!(), " FROM api_token t WHERE t.workspace_id = $1 ORDER BY t.id DESC");
    COUNT = "SELECT COUNT(*) FROM api_token WHERE workspace_id = $1";
    TOUCH = "UPDATE api_token SET used_at = $3, used_from = $4 WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM api_token WHERE workspace_id = $1 AND id = $2";
    DELETE_OF = "DELETE FROM api_token WHERE workspace_id = $1 AND agent_id = $2";
}

/// A token without what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// Who made it.
    pub agent_id: AgentId,
    /// What it is for, in words of its maker.
    pub name: String,
    /// What it may do where its maker may. A right that this program does not know is none.
    pub permissions: Vec<Permission>,
    /// The networks it may be used from (CIDR); empty: from anywhere.
    pub networks: Vec<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Option<Millis>,
    /// When it was last used, to the minute.
    pub used_at: Option<Millis>,
    /// From which address.
    pub used_from: Option<String>,
}

pub(crate) fn read(row: &mut Row) -> Result<TokenRow> {
    Ok(TokenRow {
        id: row.take()?,
        agent_id: row.take()?,
        name: row.take()?,
        permissions: from_json::<Vec<String>>(&row.take::<String>()?)?
            .iter()
            .filter_map(|name| Permission::parse(name))
            .collect(),
        networks: row.take_json()?,
        created_at: row.take()?,
        expires_at: row.take()?,
        used_at: row.take()?,
        used_from: row.take()?,
    })
}

/// Makes a token; `hash` is that of what its holder shows.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, token: &TokenRow, hash: &[u8]) -> Result<()> {
    let (permissions, networks) = (to_json(&token.permissions)?, to_json(&token.networks)?);
    let values = values![
        token.id,
        ws,
        token.agent_id,
        &token.name,
        hash,
        permissions,
        networks,
        token.created_at,
        token.expires_at
    ];
    tx.execute(INSERT, values).await?;
    Ok(())
}

/// The token.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: TokenId) -> Result<Option<TokenRow>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row)).transpose()
}

/// All tokens, the newest first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<TokenRow>> {
    tx.query_map(LIST, values![ws], read).await
}

/// How many tokens there are.
pub async fn count(tx: &mut Tx, ws: WorkspaceId) -> Result<i64> {
    tx.query_one(COUNT, values![ws]).await?.take()
}

/// Notes that a token was used; `false` when there is none.
pub async fn touch(tx: &mut Tx, ws: WorkspaceId, id: TokenId, now: Millis, address: &str) -> Result<bool> {
    tx.change(TOUCH, values![ws, id, now, address]).await
}

/// Ends a token; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: TokenId) -> Result<bool> {
    tx.change(DELETE, values![ws, id]).await
}

/// Ends all tokens that an agent made; tells whether there were any.
pub async fn delete_of(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<bool> {
    Ok(tx.execute(DELETE_OF, values![ws, agent]).await? > 0)
}
