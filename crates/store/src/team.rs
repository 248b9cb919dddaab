//! Teams, who is in them, and the inboxes that they serve.

use model::{AgentId, InboxId, Millis, Team, TeamId, WorkspaceId};

use crate::values::{statements, values};
use crate::{Result, Tx};

statements! {
    INSERT = "INSERT INTO team (id, workspace_id, name, name_key, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING";
    RENAME = "UPDATE team SET name = $3, name_key = $4 WHERE workspace_id = $1 AND id = $2";
    LIST = "SELECT id, name FROM team WHERE workspace_id = $1 ORDER BY id";
    MEMBERS = "SELECT team_id, agent_id FROM team_member WHERE workspace_id = $1 ORDER BY team_id, agent_id";
    INBOXES = "SELECT team_id, inbox_id FROM team_inbox WHERE workspace_id = $1 ORDER BY team_id, inbox_id";
    PART_ALL = "DELETE FROM team_member WHERE workspace_id = $1 AND team_id = $2";
    JOIN = "INSERT INTO team_member (workspace_id, team_id, agent_id)
        SELECT a.workspace_id, t.id, a.id FROM agent a JOIN team t ON t.workspace_id = a.workspace_id
        WHERE a.workspace_id = $1 AND t.id = $2 AND a.id = $3 ON CONFLICT DO NOTHING";
    LEAVE_ALL = "DELETE FROM team_inbox WHERE workspace_id = $1 AND team_id = $2";
    SERVE = "INSERT INTO team_inbox (workspace_id, team_id, inbox_id)
        SELECT i.workspace_id, t.id, i.id FROM inbox i JOIN team t ON t.workspace_id = i.workspace_id
        WHERE i.workspace_id = $1 AND t.id = $2 AND i.id = $3 AND i.removed_at IS NULL ON CONFLICT DO NOTHING";
    FREE = "UPDATE conversation SET team_id = NULL WHERE workspace_id = $1 AND team_id = $2 AND state <> 'resolved'";
    DELETE = "DELETE FROM team WHERE workspace_id = $1 AND id = $2";
    TEAMS_OF = "SELECT team_id FROM team_member WHERE workspace_id = $1 AND agent_id = $2 ORDER BY team_id";
    INBOXES_OF = "SELECT DISTINCT s.inbox_id FROM team_member m
        JOIN team_inbox s ON s.workspace_id = m.workspace_id AND s.team_id = m.team_id
        WHERE m.workspace_id = $1 AND m.agent_id = $2 ORDER BY s.inbox_id";
}

/// Makes a team without people and inboxes. [`crate::Error::Unique`] when the name (any case) is taken.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, id: TeamId, name: &str, now: Millis) -> Result<()> {
    tx.insert(INSERT, values![id, ws, name, name.to_lowercase(), now], "the team's name").await
}

/// Gives a team another name; `false` when there is none. [`crate::Error::Unique`] as in [`insert`].
pub async fn rename(tx: &mut Tx, ws: WorkspaceId, id: TeamId, name: &str) -> Result<bool> {
    tx.change(RENAME, values![ws, id, name, name.to_lowercase()]).await
}

/// Says who is in a team; who is no agent of the workspace is ignored.
pub async fn set_members(tx: &mut Tx, ws: WorkspaceId, id: TeamId, agents: &[AgentId]) -> Result<()> {
    tx.execute(PART_ALL, values![ws, id]).await?;
    let sets: Vec<_> = agents.iter().map(|agent| values![ws, id, *agent].to_vec()).collect();
    tx.execute_each(JOIN, &sets).await.map(drop)
}

/// Says which inboxes a team serves; what is no connected inbox of the workspace is ignored.
pub async fn set_inboxes(tx: &mut Tx, ws: WorkspaceId, id: TeamId, inboxes: &[InboxId]) -> Result<()> {
    tx.execute(LEAVE_ALL, values![ws, id]).await?;
    let sets: Vec<_> = inboxes.iter().map(|inbox| values![ws, id, *inbox].to_vec()).collect();
    tx.execute_each(SERVE, &sets).await.map(drop)
}

/// Removes a team; its conversations that are not resolved belong to no team then, the others to one that is not there.
/// `false` when there is none.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: TeamId) -> Result<bool> {
    tx.execute(PART_ALL, values![ws, id]).await?;
    tx.execute(LEAVE_ALL, values![ws, id]).await?;
    tx.execute(FREE, values![ws, id]).await?;
    tx.change(DELETE, values![ws, id]).await
}

/// All teams, by name.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<Team>> {
    let mut teams: Vec<Team> = tx
        .query_map(LIST, values![ws], |row| {
            let (id, name) = (row.take()?, row.take()?);
            Ok(Team { id, name, member_ids: Vec::new(), inbox_ids: Vec::new() })
        })
        .await?;
    for (team, agent) in
        tx.query_map(MEMBERS, values![ws], |row| Ok((row.take::<TeamId>()?, row.take()?))).await?
    {
        if let Some(one) = teams.iter_mut().find(|one| one.id == team) {
            one.member_ids.push(agent);
        }
    }
    for (team, inbox) in
        tx.query_map(INBOXES, values![ws], |row| Ok((row.take::<TeamId>()?, row.take()?))).await?
    {
        if let Some(one) = teams.iter_mut().find(|one| one.id == team) {
            one.inbox_ids.push(inbox);
        }
    }
    teams.sort_by_cached_key(|team| team.name.to_lowercase());
    Ok(teams)
}

/// The teams that an agent is in.
pub async fn of_agent(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<Vec<TeamId>> {
    tx.query_map(TEAMS_OF, values![ws, agent], |row| row.take()).await
}

/// The inboxes that an agent's teams serve.
pub async fn inboxes_of_agent(tx: &mut Tx, ws: WorkspaceId, agent: AgentId) -> Result<Vec<InboxId>> {
    tx.query_map(INBOXES_OF, values![ws, agent], |row| row.take()).await
}
