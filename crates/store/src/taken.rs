//! Which articles were taken from which source, and whether somebody changed them since.

use model::{Article, ArticleId, Millis, SourceId, WorkspaceId};

use crate::values::{Row, statements, values};
use crate::{Result, Tx, article};

statements! {
    MARKS = "SELECT a.source_hash, a.source_id, EXISTS (SELECT 1 FROM article_version v
            WHERE v.workspace_id = a.workspace_id AND v.article_id = a.id AND v.author_id IS NOT NULL
            AND (v.version = a.version OR v.version = a.published_version))
        FROM article a WHERE a.workspace_id = $1 AND a.id = $2";
    MARK = "UPDATE article SET source_id = $3, source_hash = $4, taken_at = $5
        WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL";
    SEEN = "UPDATE article SET source_id = $3, taken_at = $4 WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL";
    OF_SOURCE = "SELECT id, source, title FROM article WHERE workspace_id = $1 AND source_id = $2 AND id > $3
        AND removed_at IS NULL AND state <> 'archived' AND source IS NOT NULL ORDER BY id LIMIT $4";
    RELEASE = "UPDATE article SET source_id = NULL WHERE workspace_id = $1 AND source_id = $2";
}

/// An article that was taken from somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The article.
    pub article: Article,
    /// The hash of what its source said.
    pub hash: Vec<u8>,
    /// The source that has it; none when that was forgotten.
    pub from: Option<SourceId>,
    /// Whether its newest words or those in use are somebody's own.
    pub by_hand: bool,
}

/// An article of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The article.
    pub id: ArticleId,
    /// The file or address, and which piece of it.
    pub source: String,
    /// What it is about.
    pub title: String,
}

/// The article that was taken from a piece of a source.
pub async fn find(tx: &mut Tx, ws: WorkspaceId, source: &str) -> Result<Option<Taken>> {
    let Some(article) = article::by_source(tx, ws, source).await? else { return Ok(None) };
    let Some(mut row) = tx.query_opt(MARKS, values![ws, article.id]).await? else { return Ok(None) };
    let hash = row.take::<Option<Vec<u8>>>()?.unwrap_or_default();
    Ok(Some(Taken { article, hash, from: row.take()?, by_hand: row.take()? }))
}

/// Notes what an article was taken from; `false` when there is none.
pub async fn mark(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ArticleId,
    source: SourceId,
    hash: &[u8],
    now: Millis,
) -> Result<bool> {
    tx.change(MARK, values![ws, id, source, hash, now]).await
}

/// Notes that an article's source still says what it said; `false` when there is no such article.
pub async fn seen(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ArticleId,
    source: SourceId,
    now: Millis,
) -> Result<bool> {
    tx.change(SEEN, values![ws, id, source, now]).await
}

/// The articles of a source that are not out of use, by id.
pub async fn of_source(
    tx: &mut Tx,
    ws: WorkspaceId,
    source: SourceId,
    after: ArticleId,
    limit: i64,
) -> Result<Vec<Known>> {
    let read = |row: &mut Row| Ok(Known { id: row.take()?, source: row.take()?, title: row.take()? });
    tx.query_map(OF_SOURCE, values![ws, source, after, limit], read).await
}

/// Lets go of the articles of a source that is forgotten.
pub async fn release(tx: &mut Tx, ws: WorkspaceId, source: SourceId) -> Result<u64> {
    tx.execute(RELEASE, values![ws, source]).await
}

#[cfg(test)]
mod tests {
    use model::{Every, ImportChoice, KnowledgeSource, SourceKind};

    use super::*;
    use crate::sample::{article_row, id, sample, write};
    use crate::{knowledge_source, testing};

    fn imported() -> Article {
        Article { source: Some("refunds.md".into()), ..article_row() }
    }

    #[tokio::test]
    async fn whose_words_an_article_has_is_known() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            let ws = some.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    let source = KnowledgeSource {
                        id: id(),
                        kind: SourceKind::File,
                        name: "refunds.md".into(),
                        addresses: vec![],
                        choice: ImportChoice::default(),
                        every: Every::Never,
                        next_at: None,
                        taken_at: None,
                        created_at: Millis(1),
                        last: None,
                    };
                    knowledge_source::insert(tx, ws, &source).await?;
                    let first = imported();
                    article::insert(tx, ws, &first, None).await?;
                    assert!(mark(tx, ws, first.id, source.id, &[1, 2], Millis(3)).await?);
                    let by_hand = |found: Option<Taken>| found.map(|taken| (taken.hash, taken.by_hand));
                    assert_eq!(by_hand(find(tx, ws, "refunds.md").await?), Some((vec![1, 2], false)));
                    assert_eq!(find(tx, ws, "other.md").await?, None);
                    // Somebody writes a draft.
                    let second = Article { version: 2, body: "Within a week.".into(), ..first.clone() };
                    article::update(tx, ws, &second, true, Some(some.agent)).await?;
                    assert_eq!(by_hand(find(tx, ws, "refunds.md").await?), Some((vec![1, 2], true)));
                    // It is in use, and newer words were imported as a draft.
                    let third = Article { version: 3, published_version: Some(2), ..second.clone() };
                    article::update(tx, ws, &third, true, None).await?;
                    assert_eq!(by_hand(find(tx, ws, "refunds.md").await?), Some((vec![1, 2], true)));
                    // The imported ones were taken over.
                    let fourth = Article { published_version: Some(3), ..third.clone() };
                    article::update(tx, ws, &fourth, false, Some(some.agent)).await?;
                    assert_eq!(by_hand(find(tx, ws, "refunds.md").await?), Some((vec![1, 2], false)));
                    let known = of_source(tx, ws, source.id, ArticleId(0), 9).await?;
                    assert_eq!(known.iter().map(|one| one.id).collect::<Vec<_>>(), [first.id]);
                    assert!(of_source(tx, ws, source.id, first.id, 9).await?.is_empty());
                    assert!(knowledge_source::remove(tx, ws, source.id).await?);
                    assert!(find(tx, ws, "refunds.md").await?.is_some(), "the article stays");
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
