//! What became of suggestions. No words are kept: for which message one was, where it came from, what was done with it.

use model::{AgentId, ArticleId, MessageId, Millis, SuggestionKind, SuggestionUse, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    NOTE = "INSERT INTO suggestion (workspace_id, message_id, kind, source_id, agent_id, used, helpful, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (workspace_id, message_id, kind, source_id) DO UPDATE
        SET agent_id = excluded.agent_id, used = COALESCE(excluded.used, suggestion.used),
        helpful = CASE WHEN $9 THEN NULL ELSE COALESCE(excluded.helpful, suggestion.helpful) END, at = excluded.at";
    SERVED = "SELECT EXISTS (SELECT 1 FROM suggestion WHERE workspace_id = $1 AND message_id = $2 AND kind = 'article'
        AND used IN ('unchanged', 'edited'))";
    BEFORE = "SELECT used, helpful FROM suggestion
        WHERE workspace_id = $1 AND message_id = $2 AND kind = $3 AND source_id = $4";
    HOLD = "INSERT INTO suggestion_count (workspace_id, article_id, unchanged, edited, dismissed, helpful, unhelpful)
        VALUES ($1, $2, 0, 0, 0, 0, 0) ON CONFLICT (workspace_id, article_id) DO UPDATE
        SET unchanged = suggestion_count.unchanged";
    COUNT = "UPDATE suggestion_count SET unchanged = unchanged + $3, edited = edited + $4, dismissed = dismissed + $5,
        helpful = helpful + $6, unhelpful = unhelpful + $7 WHERE workspace_id = $1 AND article_id = $2";
    COUNTS = "SELECT unchanged, edited, dismissed, helpful, unhelpful FROM suggestion_count
        WHERE workspace_id = $1 AND article_id = $2";
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
    /// Whether what was thought of it is taken back.
    pub taken_back: bool,
}

/// How often suggestions of one article were taken, and what was thought of them. What was counted stays when the
/// messages go.
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

impl Counts {
    /// What one suggestion counts.
    fn of(used: Option<SuggestionUse>, helpful: Option<bool>) -> Self {
        let is = |one| i64::from(used == Some(one));
        Self {
            unchanged: is(SuggestionUse::Unchanged),
            edited: is(SuggestionUse::Edited),
            dismissed: is(SuggestionUse::Dismissed),
            helpful: i64::from(helpful == Some(true)),
            unhelpful: i64::from(helpful == Some(false)),
        }
    }
}

/// Notes what became of a suggestion; noting it again changes it. [`crate::Error::Missing`] when there is no such message.
pub async fn note(tx: &mut Tx, ws: WorkspaceId, fate: &Fate, now: Millis) -> Result<bool> {
    let Fate { message, kind, source, agent, used, taken_back, .. } = *fate;
    let helpful = fate.helpful.filter(|_| !taken_back);
    if kind == SuggestionKind::Article {
        // First, because it also keeps others from counting the same at this moment.
        tx.execute(HOLD, values![ws, source]).await?;
        let read = |row: &mut Row| Ok((row.take()?, row.take()?));
        let known = tx.query_map(BEFORE, values![ws, message, kind, source], read).await?;
        let (was_used, was_helpful) = known.into_iter().next().unwrap_or((None, None));
        let before = Counts::of(was_used, was_helpful);
        let after = Counts::of(used.or(was_used), helpful.or(was_helpful.filter(|_| !taken_back)));
        let (unchanged, edited) = (after.unchanged - before.unchanged, after.edited - before.edited);
        let dismissed = after.dismissed - before.dismissed;
        let (helped, failed) = (after.helpful - before.helpful, after.unhelpful - before.unhelpful);
        tx.execute(COUNT, values![ws, source, unchanged, edited, dismissed, helped, failed]).await?;
    }
    tx.change(NOTE, values![ws, message, kind, source, agent, used, helpful, now, taken_back]).await
}

/// Whether an agent answered a message with something from the knowledge.
pub async fn served(tx: &mut Tx, ws: WorkspaceId, message: MessageId) -> Result<bool> {
    tx.query_one(SERVED, values![ws, message]).await?.take()
}

/// How suggestions of an article fared.
pub async fn counts(tx: &mut Tx, ws: WorkspaceId, article: ArticleId) -> Result<Counts> {
    let found = tx.query_map(COUNTS, values![ws, article], counted).await?;
    Ok(found.into_iter().next().unwrap_or_default())
}

/// Reads [`Counts`], in the order of their fields.
pub(crate) fn counted(row: &mut Row) -> Result<Counts> {
    Ok(Counts {
        unchanged: row.take()?,
        edited: row.take()?,
        dismissed: row.take()?,
        helpful: row.take()?,
        unhelpful: row.take()?,
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
                    assert_eq!(counts(tx, ws, ArticleId(7)).await?, Counts::default());
                    let fate = |used, helpful| Fate {
                        message: asked.id,
                        kind,
                        source: 7,
                        agent: some.agent,
                        used,
                        helpful,
                        taken_back: false,
                    };
                    note(tx, ws, &fate(Some(SuggestionUse::Dismissed), None), Millis(1)).await?;
                    assert!(!served(tx, ws, asked.id).await?, "what was put away serves nobody");
                    note(tx, ws, &fate(Some(SuggestionUse::Edited), None), Millis(2)).await?;
                    note(tx, ws, &fate(None, Some(false)), Millis(3)).await?;
                    assert!(served(tx, ws, asked.id).await?);
                    let expected = Counts { edited: 1, unhelpful: 1, ..Counts::default() };
                    assert_eq!(counts(tx, ws, ArticleId(7)).await?, expected);
                    assert_eq!(counts(tx, ws, ArticleId(8)).await?, Counts::default());
                    let other = some.customer_writes("and where is that?");
                    message::insert(tx, ws, &other).await?;
                    let more = Fate { message: other.id, ..fate(Some(SuggestionUse::Edited), Some(true)) };
                    note(tx, ws, &more, Millis(4)).await?;
                    let expected = Counts { edited: 2, helpful: 1, unhelpful: 1, ..Counts::default() };
                    assert_eq!(counts(tx, ws, ArticleId(7)).await?, expected);
                    let replied = Fate { kind: SuggestionKind::QuickReply, ..more };
                    note(tx, ws, &replied, Millis(5)).await?;
                    assert_eq!(counts(tx, ws, ArticleId(7)).await?, expected, "of articles alone");
                    note(tx, ws, &Fate { taken_back: true, ..fate(None, None) }, Millis(6)).await?;
                    let expected = Counts { unhelpful: 0, ..expected };
                    assert_eq!(
                        counts(tx, ws, ArticleId(7)).await?,
                        expected,
                        "what was thought is taken back"
                    );
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
