//! The second half of an import: writing the articles, portion by portion.

use model::{
    Article, ArticleState, Import, ImportChoice, ImportItem, ImportProblem, ImportState, ImportVerdict,
    KnowledgeSource, Millis, SourceId, WorkspaceId,
};
use store::Tx;
use store::import::Piece;
use store::knowledge_source::Form;
use store::taken::Taken;

use super::Tongues;
use crate::{App, Error, Result, article, category, jobs};

/// How many pieces are written in one transaction.
const PORTION: i64 = 50;

/// What holds for all pieces of an import.
struct Writing<'a> {
    workspace: WorkspaceId,
    ids: &'a model::Ids,
    source: SourceId,
    import: &'a Import,
    choice: &'a ImportChoice,
    tongues: Tongues,
    now: Millis,
}

/// Writes what was read. Each portion is one transaction with the note that it is written, so that none is written
/// twice.
pub(super) async fn write(
    app: &App,
    workspace: WorkspaceId,
    import: &Import,
    source: &KnowledgeSource,
) -> Result<()> {
    loop {
        let (ids, now) = (app.ids.clone(), app.now());
        let (import, source) = (import.clone(), source.clone());
        let portion = app.write(move |tx| {
            Box::pin(async move {
                if !store::import::hold(tx, workspace, import.id, ImportState::Applying).await? {
                    return Ok((true, None));
                }
                let pieces = store::import::unapplied(tx, workspace, import.id, PORTION).await?;
                if pieces.is_empty() {
                    finish(tx, workspace, &ids, &import, now).await?;
                    return Ok((true, None));
                }
                let tongues = Tongues::of(tx, workspace, &source.choice).await?;
                let choice = &still(tx, workspace, &source.choice).await?;
                let writing = Writing {
                    workspace,
                    ids: &ids,
                    source: source.id,
                    import: &import,
                    choice,
                    tongues,
                    now,
                };
                let mut seq = None;
                for piece in pieces {
                    seq = one(tx, &writing, piece).await?.or(seq);
                }
                store::import::recount(tx, workspace, import.id, now).await?;
                Ok((false, seq))
            })
        });
        let (done, seq) = portion.await?;
        if let Some(seq) = seq {
            app.bell.events(workspace, seq);
        }
        if done {
            return Ok(());
        }
    }
}

/// A choice as it can still be kept: its category may have been removed since.
async fn still(tx: &mut Tx, workspace: WorkspaceId, choice: &ImportChoice) -> Result<ImportChoice> {
    let known = store::category::list(tx, workspace).await?;
    let category_id = choice.category_id.filter(|wanted| known.iter().any(|one| one.id == *wanted));
    Ok(ImportChoice { category_id, ..choice.clone() })
}

/// Ends an import that fails again and again while it is written; what is written stays.
pub(super) async fn give_up(app: &App, workspace: WorkspaceId, import: &Import) -> Result<()> {
    let (now, id, source) = (app.now(), import.id, import.source_id);
    let given_up = app.write(move |tx| {
        Box::pin(async move {
            let (from, to) = (ImportState::Applying, ImportState::Failed);
            let problem = Some(ImportProblem::Interrupted);
            if store::import::step(tx, workspace, id, from, to, problem, now).await? {
                store::import::recount(tx, workspace, id, now).await?;
                store::knowledge_source::taken(tx, workspace, source, now).await?;
            }
            Ok(())
        })
    });
    given_up.await
}

async fn finish(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &model::Ids,
    import: &Import,
    now: Millis,
) -> Result<()> {
    store::import::recount(tx, workspace, import.id, now).await?;
    let (from, to) = (ImportState::Applying, ImportState::Done);
    store::import::step(tx, workspace, import.id, from, to, None, now).await?;
    store::knowledge_source::taken(tx, workspace, import.source_id, now).await?;
    let file = store::import::file_of(tx, workspace, import.source_id).await?;
    jobs::enqueue_removal(tx, workspace, ids, file.into_iter().collect(), now).await?;
    store::import::forget_file(tx, workspace, import.id).await?;
    store::import::clear(tx, workspace, import.id).await?;
    Ok(())
}

/// Writes one piece, as things are now, and notes what became of it.
async fn one(tx: &mut Tx, writing: &Writing<'_>, piece: Piece) -> Result<Option<i64>> {
    let place = piece.item.place;
    let (address, form) = (piece.item.source.clone(), piece.form.clone());
    let (verdict, problem, seq) = match piece.item.verdict {
        ImportVerdict::Waiting | ImportVerdict::Refused => (piece.item.verdict, piece.item.problem, None),
        ImportVerdict::Gone => gone(tx, writing, &piece.item).await?,
        ImportVerdict::New | ImportVerdict::Changed | ImportVerdict::Edited | ImportVerdict::Same => {
            match store::taken::find(tx, writing.workspace, &piece.item.source).await? {
                // Its article was removed while this waited.
                None if piece.hash.is_empty() => (ImportVerdict::Gone, None, None),
                None => made(tx, writing, piece).await?,
                // A page that is what it was was not read again and has no hash.
                Some(taken) if piece.hash.is_empty() || taken.hash == piece.hash => {
                    let (id, now) = (taken.article.id, writing.now);
                    store::taken::seen(tx, writing.workspace, id, writing.source, now).await?;
                    (ImportVerdict::Same, None, None)
                }
                Some(taken) => changed(tx, writing, taken, piece).await?,
            }
        }
    };
    if form != Form::default() && verdict != ImportVerdict::Refused {
        store::knowledge_source::put_form(tx, writing.workspace, writing.source, &address, &form).await?;
    }
    store::import::applied(tx, writing.workspace, writing.import.id, place, verdict, problem).await?;
    Ok(seq)
}

type Written = (ImportVerdict, Option<ImportProblem>, Option<i64>);

fn refused(problem: ImportProblem) -> Written {
    (ImportVerdict::Refused, Some(problem), None)
}

async fn made(tx: &mut Tx, writing: &Writing<'_>, piece: Piece) -> Result<Written> {
    let workspace = writing.workspace;
    match article::room(tx, workspace, 1).await {
        Ok(()) => {}
        Err(Error::Conflict { .. }) => return Ok(refused(ImportProblem::Full)),
        Err(error) => return Err(error),
    }
    let locale = writing.tongues.locale(&piece.item);
    let category_id = match category_of(tx, writing, &piece.item.category).await? {
        None if piece.item.category.is_empty() => writing.choice.category_id,
        found => found,
    };
    let publish = writing.choice.publish;
    let item = piece.item;
    let article = Article {
        id: writing.ids.next(),
        kind: item.kind,
        state: if publish { ArticleState::Published } else { ArticleState::Draft },
        audience: writing.choice.audience,
        locale,
        title: item.title,
        body: item.body,
        questions: item.questions,
        category_id,
        translation_of: None,
        owner_id: writing.import.agent_id,
        review_at: None,
        source: Some(item.source),
        taken_at: Some(writing.now),
        version: 1,
        published_version: publish.then_some(1),
        helpful: 0,
        unhelpful: 0,
        created_at: writing.now,
        updated_at: writing.now,
    };
    let Ok(article) = article::checked(article) else { return Ok(refused(ImportProblem::Damaged)) };
    store::article::insert(tx, workspace, &article, None).await?;
    store::taken::mark(tx, workspace, article.id, writing.source, &piece.hash, writing.now).await?;
    let seq = article::tell(tx, workspace, article.id, false, writing.now).await?;
    Ok((ImportVerdict::New, None, Some(seq)))
}

/// Gives an article the words that its source says now. Where somebody's own words are the newest or in use, the new
/// ones are a draft; what is out of use stays so.
async fn changed(tx: &mut Tx, writing: &Writing<'_>, taken: Taken, piece: Piece) -> Result<Written> {
    let Taken { article: before, by_hand, .. } = taken;
    let workspace = writing.workspace;
    let item = piece.item;
    let category = category_of(tx, writing, &item.category).await?;
    let mut after = Article {
        locale: if item.locale.is_empty() { before.locale.clone() } else { item.locale },
        category_id: category.or(before.category_id),
        title: item.title,
        body: item.body,
        questions: item.questions,
        taken_at: Some(writing.now),
        updated_at: writing.now,
        ..before.clone()
    };
    let words =
        (&after.title, &after.body, &after.questions) != (&before.title, &before.body, &before.questions);
    after.version += i64::from(words);
    if writing.choice.publish && !by_hand && before.state != ArticleState::Archived {
        after.state = ArticleState::Published;
        after.published_version = Some(after.version);
    }
    let Ok(after) = article::checked(after) else { return Ok(refused(ImportProblem::Damaged)) };
    store::article::update(tx, workspace, &after, words, None).await?;
    store::taken::mark(tx, workspace, after.id, writing.source, &piece.hash, writing.now).await?;
    let seq = article::tell(tx, workspace, after.id, false, writing.now).await?;
    Ok((if by_hand { ImportVerdict::Edited } else { ImportVerdict::Changed }, None, Some(seq)))
}

/// Takes an article out of use that its source has no more, where that was chosen. One that another source has by now stays,
/// and so does one that somebody wrote anew.
async fn gone(tx: &mut Tx, writing: &Writing<'_>, item: &ImportItem) -> Result<Written> {
    let (workspace, now) = (writing.workspace, writing.now);
    let nothing = (ImportVerdict::Gone, None, None);
    let Some(id) = item.article_id.filter(|_| writing.choice.archive_gone) else { return Ok(nothing) };
    let taken = store::taken::find(tx, workspace, &item.source).await?;
    let Some(Taken { article, by_hand, from, .. }) = taken.filter(|taken| taken.article.id == id) else {
        return Ok(nothing);
    };
    if by_hand || from != Some(writing.source) {
        return Ok((ImportVerdict::Edited, None, None));
    }
    if article.state == ArticleState::Archived {
        return Ok(nothing);
    }
    let article = Article { state: ArticleState::Archived, updated_at: now, ..article };
    store::article::update(tx, workspace, &article, false, None).await?;
    let seq = article::tell(tx, workspace, id, false, now).await?;
    Ok((ImportVerdict::Gone, None, Some(seq)))
}

/// The category of a name, made when there is room for it.
async fn category_of(tx: &mut Tx, writing: &Writing<'_>, name: &str) -> Result<Option<model::CategoryId>> {
    if name.is_empty() {
        return Ok(None);
    }
    category::named(tx, writing.workspace, writing.ids, name, writing.now).await
}
