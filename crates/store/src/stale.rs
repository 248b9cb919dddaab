//! Pieces of knowledge that somebody should look at: their day of review has passed, readers and agents found them of no
//! help, or what they were taken from was last read long ago.

use model::{ArticleId, Millis, WorkspaceId};

use crate::suggestion::{Counts, counted};
use crate::values::{Row, statements, values};
use crate::{Result, Tx};

statements! {
    LIST = "SELECT a.id, COALESCE(s.unchanged, 0), COALESCE(s.edited, 0), COALESCE(s.dismissed, 0), COALESCE(s.helpful, 0),
            COALESCE(s.unhelpful, 0)
        FROM article a LEFT JOIN suggestion_count s ON s.workspace_id = a.workspace_id AND s.article_id = a.id
        WHERE a.workspace_id = $1 AND a.removed_at IS NULL AND a.state = 'published' AND a.id < $2
        AND (a.review_at <= $3 OR a.taken_at <= $4 OR (a.unhelpful + COALESCE(s.unhelpful, 0) >= $5
            AND a.unhelpful + COALESCE(s.unhelpful, 0) > a.helpful + COALESCE(s.helpful, 0)))
        ORDER BY a.id DESC LIMIT $6";
}

/// From when on a piece of knowledge is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Its day of review is not after this moment.
    pub review: Millis,
    /// It was last taken from its source at this moment or before.
    pub taken: Millis,
    /// So many found it of no help, and more than found it helpful.
    pub unhelpful: i64,
}

/// Pieces in use before one that are to be looked at, the newest first, with how suggestions of them fared.
pub async fn list(
    tx: &mut Tx,
    ws: WorkspaceId,
    bounds: Bounds,
    before: ArticleId,
    limit: i64,
) -> Result<Vec<(ArticleId, Counts)>> {
    let Bounds { review, taken, unhelpful } = bounds;
    let read = |row: &mut Row| Ok((row.take()?, counted(row)?));
    tx.query_map(LIST, values![ws, before, review, taken, unhelpful, limit], read).await
}
