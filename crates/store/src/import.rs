//! Imports of knowledge: what was read from a source, what becomes of it, and how far that is.

use model::{
    AgentId, Import, ImportColumn, ImportCounts, ImportId, ImportItem, ImportProblem, ImportState,
    ImportVerdict, Millis, SourceId, WorkspaceId,
};

use crate::knowledge_source::Form;
use crate::page::{Cursor, Page};
use crate::values::{Row, Value, from_json, statements, to_json, values};
use crate::{Result, Tx};

/// An item's columns in the order of [`read_item`].
macro_rules! item {
    () => {
        "SELECT place, verdict, source, kind, locale, category, title, body, questions, article_id, problem, hash,
        etag, modified
        FROM knowledge_import_item WHERE workspace_id = $1 AND import_id = $2"
    };
}

statements! {
    INSERT = "INSERT INTO knowledge_import (id, workspace_id, source_id, state, by_clock, file, file_hash, file_columns,
        counts, agent_id, created_at, updated_at)
        SELECT $2, $1, id, 'reading', $4, $5, $6, '[]', $7, $8, $9, $9 FROM knowledge_source
        WHERE workspace_id = $1 AND id = $3 ON CONFLICT DO NOTHING";
    GET = "SELECT id, source_id, state, by_clock, file_columns, problem, counts, agent_id, created_at, updated_at
        FROM knowledge_import WHERE workspace_id = $1 AND id = $2";
    FILE = "SELECT file, file_hash FROM knowledge_import WHERE workspace_id = $1 AND id = $2 AND file IS NOT NULL";
    FILE_OF = "SELECT file FROM knowledge_import WHERE workspace_id = $1 AND source_id = $2 AND file IS NOT NULL";
    STEP = "UPDATE knowledge_import SET state = $4, problem = $5, updated_at = $6
        WHERE workspace_id = $1 AND id = $2 AND state = $3";
    HOLD = "UPDATE knowledge_import SET updated_at = updated_at WHERE workspace_id = $1 AND id = $2 AND state = $3";
    SET_COLUMNS = "UPDATE knowledge_import SET file_columns = $3 WHERE workspace_id = $1 AND id = $2";
    SET_COUNTS = "UPDATE knowledge_import SET counts = $3, updated_at = $4 WHERE workspace_id = $1 AND id = $2";
    FORGET_FILE = "UPDATE knowledge_import SET file = NULL, file_hash = NULL WHERE workspace_id = $1 AND id = $2";
    COUNTS = "SELECT verdict, applied, COUNT(*) FROM knowledge_import_item WHERE workspace_id = $1 AND import_id = $2
        GROUP BY verdict, applied";
    PUT = "INSERT INTO knowledge_import_item (workspace_id, import_id, place, verdict, applied, source, kind, locale,
        category, title, body, questions, hash, article_id, problem)
        SELECT $1, id, $3, $4, FALSE, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 FROM knowledge_import
        WHERE workspace_id = $1 AND id = $2 ON CONFLICT DO NOTHING";
    SETTLE = "UPDATE knowledge_import_item SET verdict = $4, kind = $5, locale = $6, category = $7, title = $8, body = $9,
        questions = $10, hash = $11, article_id = $12, problem = $13, etag = $14, modified = $15
        WHERE workspace_id = $1 AND import_id = $2 AND place = $3";
    ITEMS = concat!(item!(), " AND place > $3 AND ($4 = '' OR verdict = $4) ORDER BY place LIMIT $5");
    UNAPPLIED = concat!(item!(), " AND NOT applied ORDER BY place LIMIT $3");
    HAS = "SELECT EXISTS (SELECT 1 FROM knowledge_import_item WHERE workspace_id = $1 AND import_id = $2 AND source = $3
        AND ($4 = '' OR problem = $4))";
    LAST = "SELECT COALESCE(MAX(place), 0) FROM knowledge_import_item WHERE workspace_id = $1 AND import_id = $2";
    APPLIED = "UPDATE knowledge_import_item SET applied = TRUE, verdict = $4, problem = $5
        WHERE workspace_id = $1 AND import_id = $2 AND place = $3";
    CLEAR = "DELETE FROM knowledge_import_item WHERE workspace_id = $1 AND import_id = $2";
    OF_SOURCE = "SELECT id FROM knowledge_import WHERE workspace_id = $1 AND source_id = $2";
    DELETE = "DELETE FROM knowledge_import WHERE workspace_id = $1 AND id = $2";
}

/// A file that waits to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its place in the media store.
    pub file: String,
    /// The SHA-256 of its bytes before they were sealed.
    pub sha256: Vec<u8>,
}

/// A piece as it is kept: what is shown of it, and a hash of what its source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What is shown.
    pub item: ImportItem,
    /// The hash; empty for what is not read.
    pub hash: Vec<u8>,
    /// Of a page, what its server said of its form.
    pub form: Form,
}

fn read(row: &mut Row) -> Result<Import> {
    read_perhaps(row)?.ok_or_else(|| crate::Error::Corrupt("an import without an id".into()))
}

/// An import, or nothing where a row has none.
pub(crate) fn read_perhaps(row: &mut Row) -> Result<Option<Import>> {
    let Some(id) = row.take()? else { return Ok(None) };
    Ok(Some(Import {
        id,
        source_id: row.take()?,
        state: row.take()?,
        by_clock: row.take()?,
        columns: row.take_json()?,
        problem: row.take()?,
        counts: row.take_json()?,
        agent_id: row.take()?,
        created_at: row.take()?,
        updated_at: row.take()?,
    }))
}

fn read_item(row: &mut Row) -> Result<Piece> {
    let item = ImportItem {
        place: row.take()?,
        verdict: row.take()?,
        source: row.take()?,
        kind: row.take()?,
        locale: row.take()?,
        category: row.take()?,
        title: row.take()?,
        body: row.take()?,
        questions: from_json(&row.take::<String>()?)?,
        article_id: row.take()?,
        problem: row.take()?,
    };
    let hash = row.take::<Option<Vec<u8>>>()?.unwrap_or_default();
    Ok(Piece { item, hash, form: Form { etag: row.take()?, modified: row.take()? } })
}

/// Begins to read a source, in place of its import before; `false` when there is no such source.
pub async fn begin(tx: &mut Tx, ws: WorkspaceId, import: &Import, file: Option<&Waiting>) -> Result<bool> {
    forget(tx, ws, import.source_id).await?;
    let (place, hash) = (file.map(|file| file.file.clone()), file.map(|file| file.sha256.as_slice()));
    let values = values![
        ws,
        import.id,
        import.source_id,
        import.by_clock,
        place,
        hash,
        to_json(&import.counts)?,
        import.agent_id,
        import.created_at
    ];
    tx.change(INSERT, values).await
}

/// Forgets the import of a source, with everything that was read.
pub async fn forget(tx: &mut Tx, ws: WorkspaceId, source: SourceId) -> Result<()> {
    for id in tx.query_map(OF_SOURCE, values![ws, source], Row::take::<ImportId>).await? {
        clear(tx, ws, id).await?;
        tx.execute(DELETE, values![ws, id]).await?;
    }
    Ok(())
}

/// An import.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: ImportId) -> Result<Option<Import>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row)).transpose()
}

/// The file that an import is read from.
pub async fn file(tx: &mut Tx, ws: WorkspaceId, id: ImportId) -> Result<Option<Waiting>> {
    let row = tx.query_opt(FILE, values![ws, id]).await?;
    row.map(|mut row| Ok(Waiting { file: row.take()?, sha256: row.take()? })).transpose()
}

/// The place of the file of a source's import.
pub async fn file_of(tx: &mut Tx, ws: WorkspaceId, source: SourceId) -> Result<Option<String>> {
    tx.query_opt(FILE_OF, values![ws, source]).await?.map(|mut row| row.take()).transpose()
}

/// Notes that the file of an import is no longer needed.
pub async fn forget_file(tx: &mut Tx, ws: WorkspaceId, id: ImportId) -> Result<bool> {
    tx.change(FORGET_FILE, values![ws, id]).await
}

/// Moves an import on; `false` when it is not where it was thought to be.
pub async fn step(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ImportId,
    from: ImportState,
    to: ImportState,
    problem: Option<ImportProblem>,
    now: Millis,
) -> Result<bool> {
    tx.change(STEP, values![ws, id, from, to, problem, now]).await
}

/// Notes the columns of a table that was read.
pub async fn set_columns(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ImportId,
    columns: &[ImportColumn],
) -> Result<bool> {
    tx.change(SET_COLUMNS, values![ws, id, to_json(&columns)?]).await
}

/// Counts the items anew, and keeps the counts beside the import.
pub async fn recount(tx: &mut Tx, ws: WorkspaceId, id: ImportId, now: Millis) -> Result<ImportCounts> {
    let read = |row: &mut Row| Ok((row.take()?, row.take()?, row.take()?));
    let groups: Vec<(ImportVerdict, bool, i64)> = tx.query_map(COUNTS, values![ws, id], read).await?;
    let mut counts = ImportCounts::default();
    for (verdict, applied, many) in groups {
        counts.add(verdict, many);
        counts.applied += if applied { many } else { 0 };
    }
    tx.execute(SET_COUNTS, values![ws, id, to_json(&counts)?, now]).await?;
    Ok(counts)
}

fn hash(piece: &Piece) -> Option<&[u8]> {
    Some(piece.hash.as_slice()).filter(|hash| !hash.is_empty())
}

/// Keeps pieces that were read; such as stand there already stay.
pub async fn put(tx: &mut Tx, ws: WorkspaceId, id: ImportId, pieces: &[Piece]) -> Result<u64> {
    let mut sets: Vec<Vec<Value>> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let one = &piece.item;
        let values = values![
            ws,
            id,
            one.place,
            one.verdict,
            &one.source,
            one.kind,
            &one.locale,
            &one.category,
            &one.title,
            &one.body,
            to_json(&one.questions)?,
            hash(piece),
            one.article_id,
            one.problem
        ];
        sets.push(values.to_vec());
    }
    Ok(tx.execute_each(PUT, &sets).await?.into_iter().sum())
}

/// Locks an import until the transaction ends, if it is in this state: of two who work at it, because one was held for dead,
/// none undoes what the other did. `false` when it is not.
pub async fn hold(tx: &mut Tx, ws: WorkspaceId, id: ImportId, state: ImportState) -> Result<bool> {
    tx.change(HOLD, values![ws, id, state]).await
}

/// Writes what came of a piece; `false` when there is none at its place.
pub async fn settle(tx: &mut Tx, ws: WorkspaceId, id: ImportId, piece: &Piece) -> Result<bool> {
    let one = &piece.item;
    let values = values![
        ws,
        id,
        one.place,
        one.verdict,
        one.kind,
        &one.locale,
        &one.category,
        &one.title,
        &one.body,
        to_json(&one.questions)?,
        hash(piece),
        one.article_id,
        one.problem,
        piece.form.etag.clone(),
        piece.form.modified.clone()
    ];
    tx.change(SETTLE, values).await
}

/// The pieces of an import in their order, those of one verdict alone where it is given. Errors:
/// [`crate::Error::BadCursor`].
pub async fn items(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ImportId,
    verdict: Option<ImportVerdict>,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<ImportItem>> {
    let after = Cursor::parse(cursor)?.map_or(0, |cursor| cursor.id);
    let verdict = verdict.map_or("", ImportVerdict::as_str);
    let rows = tx.query_map(ITEMS, values![ws, id, after, verdict, limit + 1], read_item).await?;
    let items = rows.into_iter().map(|piece| piece.item).collect();
    Ok(Page::cut(items, limit, |item| Cursor { at: Millis(0), id: item.place }))
}

/// The next pieces of a verdict after a place.
pub async fn next(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ImportId,
    verdict: ImportVerdict,
    limit: i64,
) -> Result<Vec<Piece>> {
    tx.query_map(ITEMS, values![ws, id, 0_i64, verdict.as_str(), limit], read_item).await
}

/// The next pieces that are not written yet.
pub async fn unapplied(tx: &mut Tx, ws: WorkspaceId, id: ImportId, limit: i64) -> Result<Vec<Piece>> {
    tx.query_map(UNAPPLIED, values![ws, id, limit], read_item).await
}

/// Whether something was read from a file or address; with a problem, whether it was refused for that.
pub async fn has(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ImportId,
    source: &str,
    problem: Option<ImportProblem>,
) -> Result<bool> {
    let problem = problem.map_or("", ImportProblem::as_str);
    tx.query_one(HAS, values![ws, id, source, problem]).await?.take()
}

/// The last place; 0 when nothing was read.
pub async fn last_place(tx: &mut Tx, ws: WorkspaceId, id: ImportId) -> Result<i64> {
    tx.query_one(LAST, values![ws, id]).await?.take()
}

/// Notes that a piece is written, and what became of it; `false` when there is none.
pub async fn applied(
    tx: &mut Tx,
    ws: WorkspaceId,
    id: ImportId,
    place: i64,
    verdict: ImportVerdict,
    problem: Option<ImportProblem>,
) -> Result<bool> {
    tx.change(APPLIED, values![ws, id, place, verdict, problem]).await
}

/// Forgets everything that was read.
pub async fn clear(tx: &mut Tx, ws: WorkspaceId, id: ImportId) -> Result<u64> {
    tx.execute(CLEAR, values![ws, id]).await
}

/// An import that begins now.
pub fn beginning(id: ImportId, source: SourceId, agent: Option<AgentId>, now: Millis) -> Import {
    Import {
        id,
        source_id: source,
        state: ImportState::Reading,
        by_clock: agent.is_none(),
        columns: Vec::new(),
        problem: None,
        counts: ImportCounts::default(),
        agent_id: agent,
        created_at: now,
        updated_at: now,
    }
}

#[cfg(test)]
mod tests {
    use model::{ArticleKind, Every, ImportChoice, KnowledgeSource, SourceKind};

    use super::*;
    use crate::sample::{id, sample, write};
    use crate::{knowledge_source, testing};

    fn piece(place: i64, verdict: ImportVerdict) -> Piece {
        let item = ImportItem {
            place,
            verdict,
            source: format!("faq.csv#{place}"),
            kind: ArticleKind::Answer,
            locale: "en".into(),
            category: "Orders".into(),
            title: format!("Question {place}"),
            body: "Answer".into(),
            questions: vec!["Also asked so".into()],
            article_id: None,
            problem: None,
        };
        Piece { item, hash: vec![7], form: Form::default() }
    }

    #[tokio::test]
    async fn what_was_read_is_kept_counted_and_written_once() {
        testing::on_both(|db| async move {
            let some = sample(&db).await;
            let ws = some.ws;
            write(&db, move |tx| {
                Box::pin(async move {
                    let source = KnowledgeSource {
                        id: id(),
                        kind: SourceKind::File,
                        name: "faq.csv".into(),
                        addresses: vec![],
                        choice: ImportChoice::default(),
                        every: Every::Never,
                        next_at: None,
                        taken_at: None,
                        created_at: Millis(1),
                        last: None,
                    };
                    knowledge_source::insert(tx, ws, &source).await?;
                    let one = beginning(id(), source.id, Some(some.agent), Millis(2));
                    let waiting = Waiting { file: "place".into(), sha256: vec![9] };
                    assert!(begin(tx, ws, &one, Some(&waiting)).await?);
                    assert_eq!(get(tx, ws, one.id).await?, Some(one.clone()));
                    assert_eq!(file(tx, ws, one.id).await?, Some(waiting));
                    let pieces = [
                        piece(1, ImportVerdict::New),
                        piece(2, ImportVerdict::Same),
                        piece(3, ImportVerdict::New),
                    ];
                    assert_eq!(put(tx, ws, one.id, &pieces).await?, 3);
                    assert_eq!(put(tx, ws, one.id, &pieces).await?, 0, "they stand there already");
                    let counts = recount(tx, ws, one.id, Millis(3)).await?;
                    assert_eq!((counts.new, counts.same, counts.applied, counts.total()), (2, 1, 0, 3));
                    let page = items(tx, ws, one.id, None, None, 2).await?;
                    assert_eq!(page.items, [pieces[0].item.clone(), pieces[1].item.clone()]);
                    let rest = items(tx, ws, one.id, None, page.next_cursor.as_deref(), 2).await?;
                    assert_eq!((rest.items.len(), rest.next_cursor), (1, None));
                    assert_eq!(
                        items(tx, ws, one.id, Some(ImportVerdict::Same), None, 9).await?.items.len(),
                        1
                    );
                    assert!(
                        applied(tx, ws, one.id, 1, ImportVerdict::Refused, Some(ImportProblem::Full)).await?
                    );
                    let left = unapplied(tx, ws, one.id, 9).await?;
                    assert_eq!(left, pieces[1..]);
                    let reading = ImportState::Reading;
                    assert!(step(tx, ws, one.id, reading, ImportState::Ready, None, Millis(4)).await?);
                    assert!(!step(tx, ws, one.id, reading, ImportState::Ready, None, Millis(4)).await?);
                    let seen = knowledge_source::get(tx, ws, source.id).await?.and_then(|source| source.last);
                    assert_eq!(seen.map(|last| (last.state, last.counts.new)), Some((ImportState::Ready, 2)));
                    // Reading it anew takes the place of what was read before.
                    let two = beginning(id(), source.id, None, Millis(5));
                    assert!(begin(tx, ws, &two, None).await?);
                    assert_eq!(get(tx, ws, one.id).await?, None);
                    assert_eq!(last_place(tx, ws, two.id).await?, 0);
                    assert_eq!(file(tx, ws, two.id).await?, None);
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
