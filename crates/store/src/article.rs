//! Pieces of knowledge and their versions.

use model::{
    AgentId, Article, ArticleId, ArticleKind, ArticleState, ArticleVersion, Audience, CategoryId, Millis,
    WorkspaceId,
};

use crate::page::Cursor;
use crate::values::{Row, from_json, statements, to_json, values};
use crate::{Page, Result, Tx};

/// An article's columns in the order of [`read`].
macro_rules! columns {
    () => {
        "id, kind, state, audience, locale, title, body, questions, category_id, translation_of, owner_id, review_at,
        source, taken_at, version, published_version, helpful, unhelpful, created_at, updated_at"
    };
}

statements! {
    INSERT = "INSERT INTO article (id, workspace_id, kind, state, audience, locale, title, body, questions, category_id,
        translation_of, owner_id, review_at, source, taken_at, version, published_version, helpful, unhelpful,
        created_at, updated_at, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, 0, $18, $18, $19)
        ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE article SET state = $3, audience = $4, locale = $5, title = $6, body = $7, questions = $8,
        category_id = $9, translation_of = $10, owner_id = $11, review_at = $12, taken_at = $13, version = $14,
        published_version = $15, updated_at = $16, revision = $17
        WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL";
    REMOVE = "UPDATE article SET state = 'archived', title = '', body = '', questions = '[]', source = NULL,
        removed_at = $3, revision = $4 WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL";
    FORGET_VERSIONS = "DELETE FROM article_version WHERE workspace_id = $1 AND article_id = $2";
    GET = concat!("SELECT ", columns!(), " FROM article WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL");
    BY_SOURCE = concat!("SELECT ", columns!(), " FROM article
        WHERE workspace_id = $1 AND source = $2 AND removed_at IS NULL");
    PAGE = concat!("SELECT ", columns!(), " FROM article WHERE workspace_id = $1 AND removed_at IS NULL
        AND ($2 = '' OR state = $2) AND ($3 = '' OR kind = $3) AND ($4 = '' OR locale = $4)
        AND (category_id = $5 OR $5 = 0) AND (owner_id = $6 OR $6 = 0) AND (review_at <= $7 OR $7 = 0)
        AND (updated_at, id) < ($8, $9) ORDER BY updated_at DESC, id DESC LIMIT $10");
    PUT_VERSION = "INSERT INTO article_version (workspace_id, article_id, version, title, body, questions, author_id, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    VERSIONS = "SELECT version, title, body, questions, author_id, at FROM article_version
        WHERE workspace_id = $1 AND article_id = $2 AND version < $3 ORDER BY version DESC LIMIT $4";
    VERSION = "SELECT version, title, body, questions, author_id, at FROM article_version
        WHERE workspace_id = $1 AND article_id = $2 AND version = $3";
    ADVANCE = "UPDATE workspace SET knowledge_revision = knowledge_revision + 1 WHERE id = $1
        RETURNING knowledge_revision";
    REVISION = "SELECT knowledge_revision FROM workspace WHERE id = $1";
    CHANGED = "SELECT a.id, a.revision, a.state, a.removed_at IS NOT NULL, a.kind, a.audience, a.locale, a.category_id,
        v.title, v.body, v.questions
        FROM article a LEFT JOIN article_version v ON v.workspace_id = a.workspace_id AND v.article_id = a.id
            AND v.version = a.published_version
        WHERE a.workspace_id = $1 AND a.revision > $2 ORDER BY a.revision, a.id LIMIT $3";
    HELPFUL = "UPDATE article SET helpful = helpful + 1 WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL";
    UNHELPFUL = "UPDATE article SET unhelpful = unhelpful + 1
        WHERE workspace_id = $1 AND id = $2 AND removed_at IS NULL";
    OF_CATEGORY = "SELECT id FROM article WHERE workspace_id = $1 AND category_id = $2";
    UNSORT = "UPDATE article SET category_id = NULL, revision = $3 WHERE workspace_id = $1 AND id = $2";
    COUNT = "SELECT COUNT(*) FROM article WHERE workspace_id = $1 AND removed_at IS NULL";
    PUBLIC = "SELECT a.id, a.category_id, v.title
        FROM article a JOIN article_version v ON v.workspace_id = a.workspace_id AND v.article_id = a.id
            AND v.version = a.published_version
        WHERE a.workspace_id = $1 AND a.removed_at IS NULL AND a.state = 'published' AND a.audience = 'public'
        AND a.locale = $2 ORDER BY v.title, a.id LIMIT 2000";
    TRANSLATIONS = "SELECT a.id, a.locale, v.title
        FROM article a JOIN article_version v ON v.workspace_id = a.workspace_id AND v.article_id = a.id
            AND v.version = a.published_version
        WHERE a.workspace_id = $1 AND (a.id = $2 OR a.translation_of = $2) AND a.removed_at IS NULL
        AND a.state = 'published' AND a.audience = 'public' ORDER BY a.id";
}

/// Which articles; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<ArticleState>,
    /// Of this form.
    pub kind: Option<ArticleKind>,
    /// In this language.
    pub locale: Option<String>,
    /// In this category.
    pub category: Option<CategoryId>,
    /// Of this owner.
    pub owner: Option<AgentId>,
    /// To be reviewed until then.
    pub review_until: Option<Millis>,
}

/// An article as an index needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// Its id.
    pub id: ArticleId,
    /// The revision of its last change.
    pub revision: i64,
    /// Its words in use; `None` when it is not in use.
    pub words: Option<Words>,
}

/// The words of an article that are in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What form it has.
    pub kind: ArticleKind,
    /// Who may be answered from it.
    pub audience: Audience,
    /// Its language.
    pub locale: String,
    /// Where it is sorted.
    pub category_id: Option<CategoryId>,
    /// What it is about.
    pub title: String,
    /// The text, in Markdown.
    pub body: String,
    /// Other ways in which people ask for it.
    pub questions: Vec<String>,
}

/// A line of the help centre's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicTitle {
    /// The article.
    pub id: ArticleId,
    /// Where it is sorted.
    pub category_id: Option<CategoryId>,
    /// What it is about.
    pub title: String,
}

/// A piece of knowledge in one of its languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The article.
    pub id: ArticleId,
    /// Its language.
    pub locale: String,
    /// What it is about.
    pub title: String,
}

fn read(row: &mut Row) -> Result<Article> {
    Ok(Article {
        id: row.take()?,
        kind: row.take()?,
        state: row.take()?,
        audience: row.take()?,
        locale: row.take()?,
        title: row.take()?,
        body: row.take()?,
        questions: row.take_json()?,
        category_id: row.take()?,
        translation_of: row.take()?,
        owner_id: row.take()?,
        review_at: row.take()?,
        source: row.take()?,
        taken_at: row.take()?,
        version: row.take()?,
        published_version: row.take()?,
        helpful: row.take()?,
        unhelpful: row.take()?,
        created_at: row.take()?,
        updated_at: row.take()?,
    })
}

fn read_version(row: &mut Row) -> Result<ArticleVersion> {
    Ok(ArticleVersion {
        version: row.take()?,
        title: row.take()?,
        body: row.take()?,
        questions: row.take_json()?,
        author_id: row.take()?,
        at: row.take()?,
    })
}

/// The next revision of the workspace's knowledge. On PostgreSQL it holds the workspace's row until the transaction
/// ends.
pub(crate) async fn advance(tx: &mut Tx, ws: WorkspaceId) -> Result<i64> {
    let row = tx.query_opt(ADVANCE, values![ws]).await?;
    row.ok_or(crate::Error::Missing)?.take()
}

/// The revision of the workspace's knowledge; it grows with each change.
pub async fn revision(tx: &mut Tx, ws: WorkspaceId) -> Result<i64> {
    let row = tx.query_opt(REVISION, values![ws]).await?;
    row.map_or(Ok(0), |mut row| row.take())
}

/// Makes an article with its first version. [`crate::Error::Unique`] when another one has the same source.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, article: &Article, author: Option<AgentId>) -> Result<()> {
    let revision = advance(tx, ws).await?;
    let a = article;
    let values = values![
        a.id,
        ws,
        a.kind,
        a.state,
        a.audience,
        &a.locale,
        &a.title,
        &a.body,
        to_json(&a.questions)?,
        a.category_id,
        a.translation_of,
        a.owner_id,
        a.review_at,
        a.source.clone(),
        a.taken_at,
        a.version,
        a.published_version,
        a.created_at,
        revision
    ];
    tx.insert(INSERT, values, "the source").await?;
    put_version(tx, ws, article, author, a.created_at).await
}

async fn put_version(
    tx: &mut Tx,
    ws: WorkspaceId,
    a: &Article,
    author: Option<AgentId>,
    at: Millis,
) -> Result<()> {
    let values = values![ws, a.id, a.version, &a.title, &a.body, to_json(&a.questions)?, author, at];
    tx.execute(PUT_VERSION, values).await.map(drop)
}

/// Writes all fields but kind, source and counts; `false` when there is no such article. `words` tells that its words
/// changed, which [`Article::version`] then has a new number for.
pub async fn update(
    tx: &mut Tx,
    ws: WorkspaceId,
    article: &Article,
    words: bool,
    author: Option<AgentId>,
) -> Result<bool> {
    let revision = advance(tx, ws).await?;
    let a = article;
    let values = values![
        ws,
        a.id,
        a.state,
        a.audience,
        &a.locale,
        &a.title,
        &a.body,
        to_json(&a.questions)?,
        a.category_id,
        a.translation_of,
        a.owner_id,
        a.review_at,
        a.taken_at,
        a.version,
        a.published_version,
        a.updated_at,
        revision
    ];
    let changed = tx.change(UPDATE, values).await?;
    if changed && words {
        put_version(tx, ws, article, author, a.updated_at).await?;
    }
    Ok(changed)
}

/// Removes an article with all its words; `false` when there is none.
pub async fn remove(tx: &mut Tx, ws: WorkspaceId, id: ArticleId, now: Millis) -> Result<bool> {
    let revision = advance(tx, ws).await?;
    let removed = tx.change(REMOVE, values![ws, id, now, revision]).await?;
    if removed {
        tx.execute(FORGET_VERSIONS, values![ws, id]).await?;
    }
    Ok(removed)
}

/// An article.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: ArticleId) -> Result<Option<Article>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row)).transpose()
}

/// The article that was taken from an address or file.
pub async fn by_source(tx: &mut Tx, ws: WorkspaceId, source: &str) -> Result<Option<Article>> {
    tx.query_opt(BY_SOURCE, values![ws, source]).await?.map(|mut row| read(&mut row)).transpose()
}

/// Articles, those changed last first. Errors: [`crate::Error::BadCursor`].
pub async fn list(
    tx: &mut Tx,
    ws: WorkspaceId,
    filter: &Filter,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<Article>> {
    let after = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let values = values![
        ws,
        filter.state.map_or("", ArticleState::as_str),
        filter.kind.map_or("", ArticleKind::as_str),
        filter.locale.as_deref().unwrap_or_default(),
        filter.category.map_or(0, |id| id.0),
        filter.owner.map_or(0, |id| id.0),
        filter.review_until.map_or(0, |at| at.0),
        after.at,
        after.id,
        limit + 1
    ];
    let rows = tx.query_map(PAGE, values, read).await?;
    Ok(Page::cut(rows, limit, |article| Cursor { at: article.updated_at, id: article.id.0 }))
}

/// Versions of an article before a number, the newest first.
pub async fn versions(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ArticleId,
    before: i64,
    limit: i64,
) -> Result<Vec<ArticleVersion>> {
    tx.query_map(VERSIONS, values![ws, id, before, limit], read_version).await
}

/// One version of an article.
pub async fn version(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ArticleId,
    version: i64,
) -> Result<Option<ArticleVersion>> {
    tx.query_opt(VERSION, values![ws, id, version]).await?.map(|mut row| read_version(&mut row)).transpose()
}

/// What changed after a revision, in the order of revisions, for an index.
pub async fn changed(tx: &mut Tx, ws: WorkspaceId, after: i64, limit: i64) -> Result<Vec<Indexed>> {
    let read = |row: &mut Row| {
        let (id, revision) = (row.take()?, row.take()?);
        let (state, removed): (ArticleState, bool) = (row.take()?, row.take()?);
        let (kind, audience, locale, category_id) = (row.take()?, row.take()?, row.take()?, row.take()?);
        let title: Option<String> = row.take()?;
        let (body, questions): (Option<String>, Option<String>) = (row.take()?, row.take()?);
        let in_use = state == ArticleState::Published && !removed;
        let words = match (title, body, questions) {
            (Some(title), Some(body), Some(questions)) if in_use => {
                let questions = from_json(&questions)?;
                Some(Words { kind, audience, locale, category_id, title, body, questions })
            }
            _ => None,
        };
        Ok(Indexed { id, revision, words })
    };
    tx.query_map(CHANGED, values![ws, after, limit], read).await
}

/// The published public articles of a language, by title.
pub async fn public(tx: &mut Tx, ws: WorkspaceId, locale: &str) -> Result<Vec<PublicTitle>> {
    let read =
        |row: &mut Row| Ok(PublicTitle { id: row.take()?, category_id: row.take()?, title: row.take()? });
    tx.query_map(PUBLIC, values![ws, locale], read).await
}

/// The published public articles that say the same as one in other languages, and that one.
pub async fn translations(tx: &mut Tx, ws: WorkspaceId, of: ArticleId) -> Result<Vec<Translation>> {
    let read = |row: &mut Row| Ok(Translation { id: row.take()?, locale: row.take()?, title: row.take()? });
    tx.query_map(TRANSLATIONS, values![ws, of], read).await
}

/// Counts a reader's verdict; `false` when there is no such article.
pub async fn rate(tx: &mut Tx, ws: WorkspaceId, id: ArticleId, helpful: bool) -> Result<bool> {
    tx.change(if helpful { HELPFUL } else { UNHELPFUL }, values![ws, id]).await
}

/// How many articles there are.
pub async fn count(tx: &mut Tx, ws: WorkspaceId) -> Result<i64> {
    tx.query_one(COUNT, values![ws]).await?.take()
}

/// Takes all articles out of a category.
pub async fn unsort(tx: &mut Tx, ws: WorkspaceId, category: CategoryId) -> Result<u64> {
    let ids: Vec<ArticleId> = tx.query_map(OF_CATEGORY, values![ws, category], Row::take).await?;
    for id in &ids {
        // Each its own revision: whoever follows them reads a number of articles at a time.
        let revision = advance(tx, ws).await?;
        tx.execute(UNSORT, values![ws, *id, revision]).await?;
    }
    Ok(ids.len() as u64)
}

#[cfg(test)]
mod tests;
