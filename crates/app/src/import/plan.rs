//! What becomes of a piece that was read.

use aws_lc_rs::digest;
use model::{ArticleId, ImportItem, ImportProblem, ImportVerdict, KnowledgeSource, WorkspaceId};
use store::Tx;
use store::knowledge_source::Form;

use super::piece::{Piece, tag};
use crate::Result;

/// The file or address of a piece, and which piece of it, as articles keep it: the same piece has the same one when it
/// is read again.
pub(crate) fn place_of(source: &KnowledgeSource, key: &str) -> String {
    match key {
        "" => source.name.clone(),
        key => format!("{}#{key}", source.name),
    }
}

/// A hash of what a source says in a piece.
pub(crate) fn hash(piece: &Piece) -> Vec<u8> {
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut add = |text: &str| {
        hash.update(&(text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    add(piece.kind.as_str());
    add(&piece.title);
    add(&piece.body);
    add(piece.locale.as_deref().unwrap_or_default());
    add(piece.category.as_deref().unwrap_or_default());
    piece.questions.iter().for_each(|question| add(question));
    hash.finish().as_ref().to_vec()
}

/// A piece as it is kept until it is written.
pub(crate) fn kept(place: i64, source: String, piece: Piece) -> store::import::Piece {
    let hash = if piece.problem.is_none() { hash(&piece) } else { Vec::new() };
    let item = ImportItem {
        place,
        verdict: if piece.problem.is_none() { ImportVerdict::New } else { ImportVerdict::Refused },
        source,
        kind: piece.kind,
        locale: piece.locale.unwrap_or_default(),
        category: piece.category.unwrap_or_default(),
        title: piece.title,
        body: piece.body,
        questions: piece.questions,
        article_id: None,
        problem: piece.problem,
    };
    store::import::Piece { item, hash, form: Form::default() }
}

/// Compares a piece with the article that was taken from the same place.
pub(crate) async fn judge(
    tx: &mut Tx,
    workspace: WorkspaceId,
    piece: &mut store::import::Piece,
) -> Result<()> {
    if piece.item.problem.is_some() {
        return Ok(());
    }
    let known = store::taken::find(tx, workspace, &piece.item.source).await?;
    piece.item.article_id = known.as_ref().map(|taken| taken.article.id);
    piece.item.verdict = match known {
        None => ImportVerdict::New,
        Some(taken) if taken.hash == piece.hash => ImportVerdict::Same,
        Some(taken) if taken.by_hand => ImportVerdict::Edited,
        Some(_) => ImportVerdict::Changed,
    };
    Ok(())
}

/// The place of a row that names its language, without it.
fn without_language(name: &str, place: &str) -> Option<String> {
    let key = place.strip_prefix(name)?.strip_prefix('#')?;
    let (language, title) = key.split_once(": ")?;
    tag(language).map(|_| format!("{name}#{title}"))
}

/// Articles of a source that it has no more, as pieces from `place` on.
pub(crate) async fn gone(
    tx: &mut Tx,
    workspace: WorkspaceId,
    import: &model::Import,
    name: &str,
    after: ArticleId,
    place: i64,
) -> Result<(Vec<store::import::Piece>, Option<ArticleId>)> {
    let known = store::taken::of_source(tx, workspace, import.source_id, after, 500).await?;
    let last = known.last().map(|one| one.id);
    let mut gone = Vec::new();
    for one in known {
        if store::import::has(tx, workspace, import.id, &one.source, None).await? {
            continue;
        }
        // A row whose language is misspelt now stands under its title alone.
        if let Some(without) = without_language(name, &one.source)
            && store::import::has(tx, workspace, import.id, &without, Some(ImportProblem::WrongLanguage))
                .await?
        {
            continue;
        }
        let mut piece =
            kept(place + gone.len() as i64, one.source, Piece::refused("", ImportProblem::NoWords));
        piece.item.verdict = ImportVerdict::Gone;
        piece.item.problem = None;
        piece.item.title = one.title;
        piece.item.article_id = Some(one.id);
        gone.push(piece);
    }
    Ok((gone, last))
}
