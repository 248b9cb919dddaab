//! People who work in a workspace.

use model::{Agent, AgentId, Locale, Role, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

/// An agent's columns in the order of [`read`]; the table is `a`.
macro_rules! columns {
    () => {
        "a.id, a.name, a.email, a.role, a.locale, a.disabled, a.created_at"
    };
}
pub(crate) use columns;

statements! {
    INSERT = "INSERT INTO agent
        (id, workspace_id, name, email, password_hash, role, locale, disabled, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    GET = concat!("SELECT ", columns!(), " FROM agent a WHERE a.workspace_id = $1 AND a.id = $2");
    LIST = concat!("SELECT ", columns!(), " FROM agent a WHERE a.workspace_id = $1 ORDER BY a.id");
    UPDATE = "UPDATE agent SET name = COALESCE($3, name), role = COALESCE($4, role),
        locale = COALESCE($5, locale), disabled = COALESCE($6, disabled)
        WHERE workspace_id = $1 AND id = $2";
    PASSWORD_HASH = "SELECT password_hash FROM agent WHERE workspace_id = $1 AND id = $2";
    SET_PASSWORD = "UPDATE agent SET password_hash = $3 WHERE workspace_id = $1 AND id = $2";
    OWNERS = "SELECT COUNT(*) FROM agent WHERE workspace_id = $1 AND role = 'owner' AND NOT disabled";
}

/// What to change of an agent; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentChange {
    /// The name that colleagues see.
    pub name: Option<String>,
    /// What the agent may do.
    pub role: Option<Role>,
    /// The interface's language.
    pub locale: Option<Locale>,
    /// Whether signing in is refused.
    pub disabled: Option<bool>,
}

pub(crate) fn read(row: &mut Row) -> Result<Agent> {
    Ok(Agent {
        id: row.take()?,
        name: row.take()?,
        email: row.take()?,
        role: row.take()?,
        locale: row.take()?,
        disabled: row.take()?,
        created_at: row.take()?,
    })
}

/// Makes an agent; the e-mail address is kept in lower case. [`crate::Error::Unique`] when any agent of any
/// workspace has that address.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, agent: &Agent, password_hash: &str) -> Result<()> {
    let values = values![
        agent.id,
        ws,
        &agent.name,
        agent.email.to_lowercase(),
        password_hash,
        agent.role,
        agent.locale,
        agent.disabled,
        agent.created_at
    ];
    tx.insert(INSERT, values, "the e-mail address").await
}

/// The agent.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: AgentId) -> Result<Option<Agent>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row)).transpose()
}

/// All agents, the oldest first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<Agent>> {
    tx.query_map(LIST, values![ws], read).await
}

/// Changes an agent; `false` when there is none.
pub async fn update(tx: &mut Tx, ws: WorkspaceId, id: AgentId, change: &AgentChange) -> Result<bool> {
    let values = values![ws, id, change.name.as_deref(), change.role, change.locale, change.disabled];
    tx.change(UPDATE, values).await
}

/// The hash of the agent's password.
pub async fn password_hash(tx: &mut Tx, ws: WorkspaceId, id: AgentId) -> Result<Option<String>> {
    tx.query_opt(PASSWORD_HASH, values![ws, id]).await?.map(|mut row| row.take()).transpose()
}

/// Sets the hash of the agent's password; `false` when there is no such agent.
pub async fn set_password(tx: &mut Tx, ws: WorkspaceId, id: AgentId, hash: &str) -> Result<bool> {
    tx.change(SET_PASSWORD, values![ws, id, hash]).await
}

/// How many owners may sign in.
pub async fn owners(tx: &mut Tx, ws: WorkspaceId) -> Result<i64> {
    tx.query_one(OWNERS, values![ws]).await?.take()
}
