//! Signed-in browsers.

use model::{AgentId, Millis, ProviderId, SessionId, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

/// A session's columns in the order of [`read`]; the table is `s`.
macro_rules! columns {
    () => {
        "s.id, s.agent_id, s.rotated_at, s.created_at, s.seen_at, s.expires_at, s.user_agent, s.address, s.two_steps,
         s.proved_at, s.viewing_as, s.provider_id"
    };
}
pub(crate) use columns;

/// What the workspace asks of a session: the steps, and a provider of whoever is no owner. The session is `s`, its agent
/// `a`, its workspace `w`.
macro_rules! as_asked {
    () => {
        "(s.two_steps OR NOT w.second_step_required)
         AND (s.provider_id IS NOT NULL OR a.role = 'owner' OR NOT w.providers_only)"
    };
}
pub(crate) use as_asked;

statements! {
    INSERT = "INSERT INTO session (id, workspace_id, agent_id, token_hash, rotated_at, created_at, seen_at,
        expires_at, user_agent, address, two_steps, proved_at, provider_id, provider_sid)
        VALUES ($1, $2, $3, $4, $5, $5, $5, $6, $7, $8, $9, $5, $10, $11)";
    ROTATE = "UPDATE session SET previous_hash = token_hash, token_hash = $4, rotated_at = $5
        WHERE workspace_id = $1 AND id = $2 AND token_hash = $3";
    TOUCH = "UPDATE session SET seen_at = $3, address = $5,
        expires_at = CASE WHEN created_at + $6 < $4 THEN created_at + $6 ELSE $4 END WHERE workspace_id = $1 AND id = $2";
    PROVE = "UPDATE session SET proved_at = $3, two_steps = two_steps OR $4 WHERE workspace_id = $1 AND id = $2";
    VIEW_AS = "UPDATE session SET viewing_as =
        (SELECT a.id FROM agent a WHERE a.workspace_id = $1 AND a.id = $4 AND NOT a.disabled)
        WHERE workspace_id = $1 AND agent_id = $2 AND id = $3";
    GET = concat!("SELECT ", columns!(), " FROM session s
        JOIN agent a ON a.workspace_id = s.workspace_id AND a.id = s.agent_id
        JOIN workspace w ON w.id = s.workspace_id
        WHERE s.workspace_id = $1 AND s.agent_id = $2 AND s.id = $3 AND s.expires_at > $4 AND ", as_asked!());
    LIST = concat!("SELECT ", columns!(), " FROM session s
        WHERE s.workspace_id = $1 AND s.agent_id = $2 AND s.expires_at > $3
        ORDER BY s.seen_at DESC, s.id DESC");
    DELETE = "DELETE FROM session WHERE workspace_id = $1 AND agent_id = $2 AND id = $3";
    DELETE_ALL = "DELETE FROM session WHERE workspace_id = $1 AND agent_id = $2 RETURNING id";
    DELETE_OF_ONE_STEP =
        "DELETE FROM session WHERE workspace_id = $1 AND NOT two_steps RETURNING id, agent_id";
    DELETE_OF_PROVIDER =
        "DELETE FROM session WHERE workspace_id = $1 AND provider_id = $2 RETURNING id, agent_id";
    DELETE_OF_ACCOUNT = "DELETE FROM session WHERE workspace_id = $1 AND provider_id = $2 AND agent_id = $3
        RETURNING id, agent_id";
    DELETE_OF_SIGN_IN = "DELETE FROM session WHERE workspace_id = $1 AND provider_id = $2 AND provider_sid = $3
        RETURNING id, agent_id";
    DELETE_OF_BOTH = "DELETE FROM session WHERE workspace_id = $1 AND provider_id = $2 AND agent_id = $3
        AND (provider_sid = $4 OR provider_sid IS NULL) RETURNING id, agent_id";
    DELETE_WITHOUT_PROVIDER = "DELETE FROM session WHERE workspace_id = $1 AND provider_id IS NULL
        AND agent_id IN (SELECT a.id FROM agent a WHERE a.workspace_id = $1 AND a.role <> 'owner')
        RETURNING id, agent_id";
    DELETE_EXPIRED = "DELETE FROM session WHERE expires_at <= $1";
}

/// A session without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub agent_id: AgentId,
    /// When the token was last replaced.
    pub rotated_at: Millis,
    /// When the agent signed in.
    pub created_at: Millis,
    /// When the browser was last seen.
    pub seen_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    /// What the browser calls itself.
    pub user_agent: String,
    /// The network address last seen.
    pub address: String,
    /// Whether signing in took two steps.
    pub two_steps: bool,
    /// When the person last proved to be there.
    pub proved_at: Millis,
    /// As which colleague the person sees the workspace.
    pub viewing_as: Option<AgentId>,
    /// The provider through which it began.
    pub provider_id: Option<ProviderId>,
}

/// A session to be made.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Who signed in.
    pub agent_id: AgentId,
    /// The hash of its token.
    pub token_hash: Vec<u8>,
    /// Now.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    /// What the browser calls itself.
    pub user_agent: String,
    /// The network address.
    pub address: String,
    /// Whether signing in took two steps.
    pub two_steps: bool,
    /// The provider through which it begins.
    pub provider_id: Option<ProviderId>,
    /// The hash of the provider's name for the sign-in.
    pub provider_sid: Option<Vec<u8>>,
}

pub(crate) fn read(row: &mut Row) -> Result<SessionRow> {
    Ok(SessionRow {
        id: row.take()?,
        agent_id: row.take()?,
        rotated_at: row.take()?,
        created_at: row.take()?,
        seen_at: row.take()?,
        expires_at: row.take()?,
        user_agent: row.take()?,
        address: row.take()?,
        two_steps: row.take()?,
        proved_at: row.take()?,
        viewing_as: row.take()?,
        provider_id: row.take()?,
    })
}

/// Makes a session.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, session: &NewSession) -> Result<()> {
    let values = values![
        session.id,
        ws,
        session.agent_id,
        &session.token_hash,
        session.created_at,
        session.expires_at,
        &session.user_agent,
        &session.address,
        session.two_steps,
        session.provider_id,
        session.provider_sid.as_deref()
    ];
    tx.execute(INSERT, values).await?;
    Ok(())
}

/// Replaces the token; `false` when `old_hash` is not the current one (another request was faster).
pub async fn rotate(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: SessionId,
    old_hash: &[u8],
    new_hash: &[u8],
    now: Millis,
) -> Result<bool> {
    tx.change(ROTATE, values![ws, id, old_hash, new_hash, now]).await
}

/// Notes that the browser was seen, which lets the session live until `expires_at`, and no longer than `longest` after it
/// began; `false` when there is no such session.
pub async fn touch(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: SessionId,
    now: Millis,
    expires_at: Millis,
    longest: Millis,
    address: &str,
) -> Result<bool> {
    tx.change(TOUCH, values![ws, id, now, expires_at, address, longest]).await
}

/// Notes that the person proved to be there, with a second step or without; `false` when there is no such session.
pub async fn prove(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: SessionId,
    now: Millis,
    second_step: bool,
) -> Result<bool> {
    tx.change(PROVE, values![ws, id, now, second_step]).await
}

/// Lets the person of a session see the workspace as a colleague who can sign in, or as themselves; `false` when there
/// is no such session.
pub async fn view_as(
    tx: &mut Tx,
    ws: WorkspaceId,
    agent: AgentId,
    id: SessionId,
    colleague: Option<AgentId>,
) -> Result<bool> {
    tx.change(VIEW_AS, values![ws, agent, id, colleague]).await
}

/// A session of the agent that did not run out and is what the workspace asks for.
pub async fn get(
    tx: &mut Tx,
    ws: WorkspaceId,
    agent: AgentId,
    id: SessionId,
    now: Millis,
) -> Result<Option<SessionRow>> {
    tx.query_opt(GET, values![ws, agent, id, now]).await?.map(|mut row| read(&mut row)).transpose()
}

/// Ends all sessions of the workspace that began with one step, and tells which and whose.
pub async fn delete_of_one_step(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<(SessionId, AgentId)>> {
    tx.query_map(DELETE_OF_ONE_STEP, values![ws], |row| Ok((row.take()?, row.take()?))).await
}

/// Ends what began through a sign-in that is over at a provider: of that sign-in, of everything of an agent, or, by both, of the
/// agent what is of that sign-in or of one that had no name. Without either nothing.
pub async fn delete_of_sign_in(
    tx: &mut Tx,
    ws: WorkspaceId,
    provider: ProviderId,
    agent: Option<AgentId>,
    sid: Option<&[u8]>,
) -> Result<Vec<(SessionId, AgentId)>> {
    let ended = |row: &mut Row| Ok((row.take()?, row.take()?));
    match (agent, sid) {
        (Some(agent), Some(sid)) => {
            tx.query_map(DELETE_OF_BOTH, values![ws, provider, agent, sid], ended).await
        }
        (Some(agent), None) => tx.query_map(DELETE_OF_ACCOUNT, values![ws, provider, agent], ended).await,
        (None, Some(sid)) => tx.query_map(DELETE_OF_SIGN_IN, values![ws, provider, sid], ended).await,
        (None, None) => Ok(Vec::new()),
    }
}

/// Ends all sessions that began through a provider, and tells which and whose.
pub async fn delete_of_provider(
    tx: &mut Tx,
    ws: WorkspaceId,
    provider: ProviderId,
) -> Result<Vec<(SessionId, AgentId)>> {
    tx.query_map(DELETE_OF_PROVIDER, values![ws, provider], |row| Ok((row.take()?, row.take()?))).await
}

/// Ends all sessions of others than owners that began without a provider, and tells which and whose.
pub async fn delete_without_provider(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<(SessionId, AgentId)>> {
    tx.query_map(DELETE_WITHOUT_PROVIDER, values![ws], |row| Ok((row.take()?, row.take()?))).await
}

/// The agent's sessions that did not run out, the last seen first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId, agent: AgentId, now: Millis) -> Result<Vec<SessionRow>> {
    tx.query_map(LIST, values![ws, agent, now], read).await
}

/// Ends one session of the agent; `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, agent: AgentId, id: SessionId) -> Result<bool> {
    tx.change(DELETE, values![ws, agent, id]).await
}

/// Ends all sessions of the agent and tells which.
pub async fn delete_all(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<Vec<SessionId>> {
    tx.query_map(DELETE_ALL, values![ws, agent], Row::take).await
}

/// Forgets sessions of all workspaces that ran out; tells how many.
pub async fn delete_expired(tx: &mut Tx, now: Millis) -> Result<u64> {
    tx.execute(DELETE_EXPIRED, values![now]).await
}
