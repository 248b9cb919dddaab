//! What people put under messages: one emoji of each side.

use model::{AgentId, MessageId, Millis, Reaction, ReactionBy, WorkspaceId};

use crate::values::{statements, values};
use crate::{Result, Tx, message};

statements! {
    OF = "SELECT message_id, emoji, side, at FROM reaction
        WHERE workspace_id = $1 AND message_id IN ({ids}) ORDER BY message_id, at, side";
    SET = "INSERT INTO reaction (workspace_id, message_id, side, emoji, agent_id, at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (workspace_id, message_id, side)
        DO UPDATE SET emoji = excluded.emoji, agent_id = excluded.agent_id, at = excluded.at
        WHERE reaction.emoji <> excluded.emoji";
    REMOVE = "DELETE FROM reaction WHERE workspace_id = $1 AND message_id = $2 AND side = $3";
}

/// The reactions to messages, in the order of their messages and of their times.
pub(crate) async fn of(
    tx: &mut Tx,
    ws: WorkspaceId,
    ids: &[MessageId],
) -> Result<Vec<(MessageId, Reaction)>> {
    let mut reactions = Vec::new();
    for mut row in tx.query_in(OF, values![ws], ids).await? {
        let id = row.take()?;
        reactions.push((id, Reaction { emoji: row.take()?, by: row.take()?, at: row.take()? }));
    }
    Ok(reactions)
}

/// Sets (or with `None` removes) one side's reaction; tells whether anything changed.
pub async fn set(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: MessageId,
    by: ReactionBy,
    emoji: Option<&str>,
    agent: Option<AgentId>,
    at: Millis,
) -> Result<bool> {
    if message::reference(tx, ws, id).await?.is_none() {
        return Ok(false);
    }
    match emoji {
        Some(emoji) => tx.change(SET, values![ws, id, by, emoji, agent, at]).await,
        None => tx.change(REMOVE, values![ws, id, by]).await,
    }
}
