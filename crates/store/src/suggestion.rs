//! What became of suggestions. No words are kept: for which message one was, where it came from, what was done with it.

use model::{AgentId, MessageId, Millis, SuggestionKind, SuggestionUse, WorkspaceId};

use crate::values::{statements, values};
use crate::{Result, Tx};

statements! {
    NOTE = "INSERT INTO suggestion (workspace_id, message_id, kind, source_id, agent_id, used, helpful, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (workspace_id, message_id, kind, source_id) DO UPDATE
        SET agent_id = excluded.agent_id, used = COALESCE(excluded.used, suggestion.used),
        helpful = COALESCE(excluded.helpful, suggestion.helpful), at = excluded.at";
    SERVED = "SELECT EXISTS (SELECT 1 FROM suggestion WHERE workspace_id = $1 AND message_id = $2 AND kind = 'article'
        AND used IN ('unchanged', 'edited'))";
    COUNTS = "SELECT SUM(CASE WHEN used = 'unchanged' THEN 1 ELSE 0 END), SUM(CASE WHEN used = 'edited' THEN 1 ELSE 0 END),
        SUM(CASE WHEN used = 'dismissed' THEN 1 ELSE 0 END), SUM(CASE WHEN helpful THEN 1 ELSE 0 END),
        SUM(CASE WHEN helpful THEN 0 WHEN helpful IS NULL THEN 0 ELSE 1 END)
        FROM suggestion WHERE workspace_id = $1 AND kind = $2 AND source_id = $3";
}

/// What became of one suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The customer's message that it was for.
    pub message: MessageId,
    /// Where it came from.
    pub kind: SuggestionKind,
    /// The id of the article, of the saved reply, or of the conversation.
    pub source: i64,
    /// The agent to whom it was shown.
    pub agent: AgentId,
    /// What the agent did with it; `None` leaves what was noted before.
    pub used: Option<SuggestionUse>,
    /// What the agent thinks of it; `None` leaves what was noted before.
    pub helpful: Option<bool>,
}

/// How often suggestions of one source were taken, and what was thought of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Sent as they were.
    pub unchanged: i64,
    /// Sent in other words.
    pub edited: i64,
    /// Put away.
    pub dismissed: i64,
    /// Found helpful.
    pub helpful: i64,
    /// Found not helpful.
    pub unhelpful: i64,
}

/// Notes what became of a suggestion; noting it again changes it. [`crate::Error::Missing`] when there is no such message.
pub async fn note(tx: &mut Tx, ws: WorkspaceId, fate: &Fate, now: Millis) -> Result<bool> {
    let Fate { message, kind, source, agent, used, helpful } = *fate;
    tx.change(NOTE, values![ws, message, kind, source, agent, used, helpful, now]).await
}

/// Whether an agent answered a message with something from the knowledge.
pub async fn served(tx: &mut Tx, ws: WorkspaceId, message: MessageId) -> Result<bool> {
    tx.query_one(SERVED, values![ws, message]).await?.take()
}

/// How suggestions of one source fared.
pub async fn counts(tx: &mut Tx, ws: WorkspaceId, kind: SuggestionKind, source: i64) -> Result<Counts> {
    let mut row = tx.query_one(COUNTS, values![ws, kind, source]).await?;
    // Of nothing there is no sum.
    let mut next = || -> Result<i64> { Ok(row.take::<Option<i64>>()?.unwrap_or(0)) };
    Ok(Counts {
        unchanged: next()?,
        edited: next()?,
        dismissed: next()?,
        helpful: next()?,
        unhelpful: next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{sample, write};
    use crate::{message, testing};

    #[tokio::test]
    async fn what_became_of_a_suggestion_is_noted_once_and_counted() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            write(&db, move |tx| {
                Box::pin(async move {
                    let (ws, kind) = (some.ws, SuggestionKind::Article);
                    let asked = some.customer_writes("where is it?");
                    message::insert(tx, ws, &asked).await?;
                    assert_eq!(counts(tx, ws, kind, 7).await?, Counts::default());
                    let fate = |used, helpful| Fate {
                        message: asked.id,
                        kind,
                        source: 7,
                        agent: some.agent,
                        used,
                        helpful,
                    };
                    note(tx, ws, &fate(Some(SuggestionUse::Dismissed), None), Millis(1)).await?;
                    assert!(!served(tx, ws, asked.id).await?, "what was put away serves nobody");
                    note(tx, ws, &fate(Some(SuggestionUse::Edited), None), Millis(2)).await?;
                    note(tx, ws, &fate(None, Some(false)), Millis(3)).await?;
                    assert!(served(tx, ws, asked.id).await?);
                    let expected = Counts { edited: 1, unhelpful: 1, ..Counts::default() };
                    assert_eq!(counts(tx, ws, kind, 7).await?, expected);
                    assert_eq!(counts(tx, ws, kind, 8).await?, Counts::default());
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
