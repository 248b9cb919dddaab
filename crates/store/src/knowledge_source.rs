//! What knowledge is taken from: files by their names, pages by their addresses.

use model::{Every, ImportChoice, KnowledgeSource, Millis, SourceId, WorkspaceId};

use crate::page::{Cursor, Page};
use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx, import};

/// A source's columns in the order of [`read`], with those of its import behind them.
macro_rules! columns {
    () => {
        "SELECT s.id, s.kind, s.name, s.addresses, s.choice, s.every, s.next_at, s.taken_at, s.created_at,
        i.id, i.source_id, i.state, i.by_clock, i.file_columns, i.problem, i.counts, i.agent_id, i.created_at, i.updated_at
        FROM knowledge_source s LEFT JOIN knowledge_import i ON i.workspace_id = s.workspace_id AND i.source_id = s.id
        WHERE s.workspace_id = $1"
    };
}

statements! {
    INSERT = "INSERT INTO knowledge_source (id, workspace_id, kind, name, name_key, addresses, choice, every, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    GET = concat!(columns!(), " AND s.id = $2");
    BY_NAME = concat!(columns!(), " AND s.name_key = $2");
    LIST = concat!(columns!(), " AND (s.created_at, s.id) < ($2, $3) ORDER BY s.created_at DESC, s.id DESC LIMIT $4");
    COUNT = "SELECT COUNT(*) FROM knowledge_source WHERE workspace_id = $1";
    UPDATE = "UPDATE knowledge_source SET choice = $3, every = $4, next_at = $5 WHERE workspace_id = $1 AND id = $2";
    HOLD = "UPDATE knowledge_source SET kind = kind WHERE workspace_id = $1 AND id = $2";
    TAKEN = "UPDATE knowledge_source SET taken_at = $3 WHERE workspace_id = $1 AND id = $2";
    DUE = "SELECT workspace_id, id, every, next_at FROM knowledge_source WHERE next_at <= $1 ORDER BY next_at LIMIT $2";
    WAITS = "SELECT EXISTS (SELECT 1 FROM knowledge_source WHERE next_at <= $1)";
    PASS = "UPDATE knowledge_source SET next_at = $4 WHERE workspace_id = $1 AND id = $2 AND next_at = $3";
    DELETE = "DELETE FROM knowledge_source WHERE workspace_id = $1 AND id = $2";
    FORGET_PAGES = "DELETE FROM knowledge_page WHERE workspace_id = $1 AND source_id = $2";
    PAGE = "SELECT etag, modified FROM knowledge_page WHERE workspace_id = $1 AND source_id = $2 AND address = $3";
    PUT_PAGE = "INSERT INTO knowledge_page (workspace_id, source_id, address, etag, modified)
        SELECT $1, id, $3, $4, $5 FROM knowledge_source WHERE workspace_id = $1 AND id = $2
        ON CONFLICT (workspace_id, source_id, address) DO UPDATE SET etag = excluded.etag, modified = excluded.modified";
}

/// What a page's server said of the form of it that was last read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    pub modified: Option<String>,
}

fn read(row: &mut Row) -> Result<KnowledgeSource> {
    Ok(KnowledgeSource {
        id: row.take()?,
        kind: row.take()?,
        name: row.take()?,
        addresses: row.take_json()?,
        choice: row.take_json()?,
        every: row.take()?,
        next_at: row.take()?,
        taken_at: row.take()?,
        created_at: row.take()?,
        last: import::read_perhaps(row)?,
    })
}

fn key(name: &str) -> String {
    name.to_lowercase()
}

/// Names a source. [`crate::Error::Unique`] when the name (any case) is taken.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, source: &KnowledgeSource) -> Result<()> {
    let (addresses, choice) = (to_json(&source.addresses)?, to_json(&source.choice)?);
    let s = source;
    let values = values![s.id, ws, s.kind, &s.name, key(&s.name), addresses, choice, s.every, s.created_at];
    tx.insert(INSERT, values, "the source's name").await
}

/// A source.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: SourceId) -> Result<Option<KnowledgeSource>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row)).transpose()
}

/// The source of a name (any case).
pub async fn by_name(tx: &mut Tx, ws: WorkspaceId, name: &str) -> Result<Option<KnowledgeSource>> {
    tx.query_opt(BY_NAME, values![ws, key(name)]).await?.map(|mut row| read(&mut row)).transpose()
}

/// Sources, the newest first. Errors: [`crate::Error::BadCursor`].
pub async fn list(
    tx: &mut Tx,
    ws: WorkspaceId,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<KnowledgeSource>> {
    let after = Cursor::parse(cursor)?.unwrap_or(Cursor::START);
    let rows = tx.query_map(LIST, values![ws, after.at, after.id, limit + 1], read).await?;
    Ok(Page::cut(rows, limit, |source| Cursor { at: source.created_at, id: source.id.0 }))
}

/// How many sources there are.
pub async fn count(tx: &mut Tx, ws: WorkspaceId) -> Result<i64> {
    tx.query_one(COUNT, values![ws]).await?.take()
}

/// Writes what is done with a source and how often; `false` when there is none.
pub async fn update(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: SourceId,
    choice: &ImportChoice,
    every: Every,
    next_at: Option<Millis>,
) -> Result<bool> {
    tx.change(UPDATE, values![ws, id, to_json(choice)?, every, next_at]).await
}

/// Holds a source until the transaction ends; `false` when there is none.
pub async fn hold(tx: &mut Tx, ws: WorkspaceId, id: SourceId) -> Result<bool> {
    tx.change(HOLD, values![ws, id]).await
}

/// Notes that knowledge was taken from it; `false` when there is no such source.
pub async fn taken(tx: &mut Tx, ws: WorkspaceId, id: SourceId, at: Millis) -> Result<bool> {
    tx.change(TAKEN, values![ws, id, at]).await
}

/// Whether the time of any workspace's source has come.
pub async fn waits(tx: &mut Tx, now: Millis) -> Result<bool> {
    tx.query_one(WAITS, values![now]).await?.take()
}

/// Sources of all workspaces whose time has come; each is handed to one asker, and its next time is noted.
pub async fn due(tx: &mut Tx, now: Millis, limit: i64) -> Result<Vec<(WorkspaceId, SourceId)>> {
    let read = |row: &mut Row| Ok((row.take()?, row.take()?, row.take()?, row.take()?));
    let found: Vec<(WorkspaceId, SourceId, Every, Millis)> =
        tx.query_map(DUE, values![now, limit], read).await?;
    let mut due = Vec::new();
    for (ws, id, every, at) in found {
        if tx.change(PASS, values![ws, id, at, every.after(now)]).await? {
            due.push((ws, id));
        }
    }
    Ok(due)
}

/// Forgets a source with its import; its articles stay. `false` when there is none.
pub async fn remove(tx: &mut Tx, ws: WorkspaceId, id: SourceId) -> Result<bool> {
    import::forget(tx, ws, id).await?;
    crate::taken::release(tx, ws, id).await?;
    tx.execute(FORGET_PAGES, values![ws, id]).await?;
    tx.change(DELETE, values![ws, id]).await
}

/// The form in which a page was last read.
pub async fn form(tx: &mut Tx, ws: WorkspaceId, id: SourceId, address: &str) -> Result<Option<Form>> {
    let row = tx.query_opt(PAGE, values![ws, id, address]).await?;
    row.map(|mut row| Ok(Form { etag: row.take()?, modified: row.take()? })).transpose()
}

/// Notes the form in which a page was read; `false` when there is no such source.
pub async fn put_form(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: SourceId,
    address: &str,
    form: &Form,
) -> Result<bool> {
    tx.change(PUT_PAGE, values![ws, id, address, form.etag.clone(), form.modified.clone()]).await
}

#[cfg(test)]
mod tests {
    use model::SourceKind;

    use super::*;
    use crate::sample::{id, sample, write};
    use crate::{Error, testing};

    fn source(name: &str) -> KnowledgeSource {
        KnowledgeSource {
            id: id(),
            kind: SourceKind::Sitemap,
            name: name.into(),
            addresses: vec![name.into()],
            choice: ImportChoice::default(),
            every: Every::Never,
            next_at: None,
            taken_at: None,
            created_at: Millis(5),
            last: None,
        }
    }

    #[tokio::test]
    async fn a_source_is_due_for_one_and_again_later() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    let one = source("https://example.com/sitemap.xml");
                    insert(tx, ws, &one).await?;
                    let again = KnowledgeSource { id: id(), name: one.name.to_uppercase(), ..one.clone() };
                    assert!(matches!(insert(tx, ws, &again).await, Err(Error::Unique(_))));
                    assert_eq!(get(tx, ws, one.id).await?, Some(one.clone()));
                    assert_eq!(by_name(tx, ws, &one.name.to_uppercase()).await?, Some(one.clone()));
                    assert_eq!(list(tx, ws, None, 5).await?.items, std::slice::from_ref(&one));
                    assert_eq!(count(tx, ws).await?, 1);
                    assert!(due(tx, Millis(i64::MAX), 9).await?.is_empty());
                    let choice = ImportChoice { publish: true, ..one.choice.clone() };
                    assert!(update(tx, ws, one.id, &choice, Every::Day, Some(Millis(10))).await?);
                    assert!(due(tx, Millis(9), 9).await?.is_empty() && !waits(tx, Millis(9)).await?);
                    assert!(waits(tx, Millis(10)).await?);
                    assert_eq!(due(tx, Millis(10), 9).await?, [(ws, one.id)]);
                    assert!(due(tx, Millis(11), 9).await?.is_empty(), "it was handed out");
                    let next = get(tx, ws, one.id).await?.and_then(|source| source.next_at);
                    assert_eq!(next, Some(Millis(10) + Millis::days(1)));
                    assert!(taken(tx, ws, one.id, Millis(12)).await?);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }

    #[tokio::test]
    async fn the_form_of_a_page_is_remembered_until_its_source_goes() {
        testing::on_both(|db| async move {
            let ws = sample(&db).await.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    let one = source("https://example.com/");
                    insert(tx, ws, &one).await?;
                    assert_eq!(form(tx, ws, one.id, "https://example.com/a").await?, None);
                    let first = Form { etag: Some("\"1\"".into()), modified: None };
                    assert!(put_form(tx, ws, one.id, "https://example.com/a", &first).await?);
                    let second = Form { etag: None, modified: Some("yesterday".into()) };
                    assert!(put_form(tx, ws, one.id, "https://example.com/a", &second).await?);
                    assert_eq!(form(tx, ws, one.id, "https://example.com/a").await?, Some(second));
                    assert!(remove(tx, ws, one.id).await?);
                    assert!(!remove(tx, ws, one.id).await?);
                    assert_eq!(form(tx, ws, one.id, "https://example.com/a").await?, None);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
