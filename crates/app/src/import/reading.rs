//! The first half of an import: reading the source and finding out what would become of it.

use std::collections::HashMap;

use futures_util::StreamExt;
use model::{
    ArticleId, Import, ImportColumn, ImportId, ImportProblem, ImportState, KnowledgeSource, SourceKind,
    WorkspaceId,
};
use store::Tx;

use super::piece::{Piece, Reading};
use super::{FILE_MAX, apart, crawl, note, plan};
use crate::audit::{self, Actor};
use crate::{App, Error, Result};

/// How many pieces are kept in one transaction.
const PORTION: usize = 200;

/// Reads a source; afterwards it waits for consent, or it failed. `false` when only a part of it is read.
pub(super) async fn read(
    app: &App,
    workspace: WorkspaceId,
    import: &Import,
    source: &KnowledgeSource,
) -> Result<bool> {
    if source.kind != SourceKind::File {
        return crawl::read(app, workspace, import, source).await;
    }
    let bytes = match bytes_of(app, workspace, import.id).await? {
        Some(bytes) => bytes,
        None => {
            fail(app, workspace, import.id, ImportProblem::Damaged, &[]).await?;
            return Ok(true);
        }
    };
    match apart::file(app, &source.name, bytes, source.choice.columns.clone()).await? {
        Ok(Reading { problem: Some(problem), columns, .. }) => {
            fail(app, workspace, import.id, problem, &columns).await?;
        }
        Ok(reading) => keep(app, workspace, import, source, reading).await?,
        Err(problem) => fail(app, workspace, import.id, problem, &[]).await?,
    }
    Ok(true)
}

/// The bytes of the file that an import is read from; nothing when it cannot be opened any more.
async fn bytes_of(app: &App, workspace: WorkspaceId, id: ImportId) -> Result<Option<Vec<u8>>> {
    let read = app.read(move |tx| Box::pin(async move { Ok(store::import::file(tx, workspace, id).await?) }));
    let Some(waiting) = read.await? else { return Ok(None) };
    let Ok(sha256) = <[u8; 32]>::try_from(waiting.sha256) else { return Ok(None) };
    let key = app.db.keys()?.workspace(workspace).await?.file_key(id.0, "import", &sha256);
    let (size, mut stream) = match app.files.open_sealed(&waiting.file, Some(&key), None).await {
        Ok(opened) => opened,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::internal(error)),
    };
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(FILE_MAX)).unwrap_or(0));
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Ok(None),
            Err(error) => return Err(Error::internal(error)),
        }
    }
    Ok(Some(bytes))
}

/// Notes that nothing comes of an import.
pub(super) async fn fail(
    app: &App,
    workspace: WorkspaceId,
    id: ImportId,
    problem: ImportProblem,
    columns: &[ImportColumn],
) -> Result<()> {
    let (now, columns) = (app.now(), columns.to_vec());
    app.write(move |tx| {
        Box::pin(async move {
            store::import::set_columns(tx, workspace, id, &columns).await?;
            let (from, to) = (ImportState::Reading, ImportState::Failed);
            store::import::step(tx, workspace, id, from, to, Some(problem), now).await?;
            Ok(())
        })
    })
    .await
}

/// Keeps what was read, each piece with what would become of it. What a try before has kept stays: it read the same. When
/// somebody else came to the end meanwhile, nothing is left to do.
async fn keep(
    app: &App,
    workspace: WorkspaceId,
    import: &Import,
    source: &KnowledgeSource,
    reading: Reading,
) -> Result<()> {
    let Reading { pieces, columns, .. } = reading;
    let mut pieces = numbered(source, pieces);
    let id = import.id;
    while !pieces.is_empty() {
        let rest = pieces.split_off(pieces.len().min(PORTION));
        let mut portion = std::mem::replace(&mut pieces, rest);
        let kept = app.write(move |tx| {
            Box::pin(async move {
                if !store::import::hold(tx, workspace, id, ImportState::Reading).await? {
                    return Ok(false);
                }
                for piece in &mut portion {
                    plan::judge(tx, workspace, piece).await?;
                }
                store::import::put(tx, workspace, id, &portion).await?;
                Ok(true)
            })
        });
        if !kept.await? {
            return Ok(());
        }
    }
    conclude(app, workspace, import, source, columns).await
}

/// Pieces with their places; what stands in the source twice is taken once.
fn numbered(source: &KnowledgeSource, pieces: Vec<Piece>) -> Vec<store::import::Piece> {
    let places: Vec<String> = pieces.iter().map(|piece| plan::place_of(source, &piece.key)).collect();
    // Whose place it is: a piece that can be taken goes before one that is refused.
    let mut owners: HashMap<&str, usize> = HashMap::new();
    for refused in [false, true] {
        for (at, place) in
            places.iter().enumerate().filter(|(at, _)| pieces[*at].problem.is_some() == refused)
        {
            owners.entry(place).or_insert(at);
        }
    }
    let mut kept = Vec::with_capacity(pieces.len());
    for (at, mut piece) in pieces.into_iter().enumerate() {
        let number = at as i64 + 1;
        let mut place = places[at].clone();
        if owners.get(place.as_str()) != Some(&at) {
            if piece.problem.is_none() {
                piece = Piece { body: String::new(), problem: Some(ImportProblem::Twice), ..piece };
            }
            // A name that no other piece has: places are lines.
            place = format!("{place}\n({number})");
            while owners.contains_key(place.as_str()) {
                place.push('\n');
            }
        }
        kept.push(plan::kept(number, place, piece));
    }
    kept
}

/// Adds what the source has no more, and lets the import wait for consent, or go on where nobody needs to consent.
pub(super) async fn conclude(
    app: &App,
    workspace: WorkspaceId,
    import: &Import,
    source: &KnowledgeSource,
    columns: Vec<ImportColumn>,
) -> Result<()> {
    let (now, import) = (app.now(), import.clone());
    let (choice, name) = (source.choice.clone(), source.name.clone());
    app.write(move |tx| {
        Box::pin(async move {
            let id = import.id;
            if !store::import::hold(tx, workspace, id, ImportState::Reading).await? {
                return Ok(());
            }
            add_gone(tx, workspace, &import, &name).await?;
            store::import::set_columns(tx, workspace, id, &columns).await?;
            let counts = store::import::recount(tx, workspace, id, now).await?;
            // A site that lost most of itself is more probably broken than rewritten: somebody looks at it.
            let believed = !choice.archive_gone || counts.gone * 2 <= counts.total();
            let by_itself = import.by_clock && believed;
            let to = if by_itself { ImportState::Applying } else { ImportState::Ready };
            store::import::step(tx, workspace, id, ImportState::Reading, to, None, now).await?;
            if by_itself {
                audit::record(tx, &Actor::system(workspace), note(&Import { counts, ..import }), now).await?;
            }
            Ok(())
        })
    })
    .await
}

async fn add_gone(tx: &mut Tx, workspace: WorkspaceId, import: &Import, name: &str) -> Result<()> {
    let mut after = ArticleId(0);
    loop {
        let place = store::import::last_place(tx, workspace, import.id).await? + 1;
        let (gone, last) = plan::gone(tx, workspace, import, name, after, place).await?;
        store::import::put(tx, workspace, import.id, &gone).await?;
        let Some(last) = last else { return Ok(()) };
        after = last;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{Clock, Every, ImportChoice, ManualClock, Millis, SourceId};

    use super::*;
    use crate::files::Files;
    use crate::node::Lease;
    use crate::{Parts, Settings};

    fn source(id: SourceId) -> KnowledgeSource {
        KnowledgeSource {
            id,
            kind: SourceKind::File,
            name: "faq.csv".into(),
            addresses: Vec::new(),
            choice: ImportChoice::default(),
            every: Every::Never,
            next_at: None,
            taken_at: None,
            created_at: Millis(0),
            last: None,
        }
    }

    #[test]
    fn a_refused_piece_keeps_its_place_and_takes_nobody_elses() {
        let source = source(SourceId(1));
        let good = |key: &str| Piece::article(key, key, "words");
        let bad = |key: &str| Piece::refused(key, ImportProblem::NoWords);
        let pieces = vec![
            bad("Refund"),
            good("Refund (1)"),
            bad("Hours"),
            good("Hours"),
            good("Hours"),
            bad("Refund"),
        ];
        let kept = numbered(&source, pieces);
        let seen: Vec<_> = kept.iter().map(|one| (one.item.source.as_str(), one.item.problem)).collect();
        assert_eq!(
            seen,
            [
                ("faq.csv#Refund", Some(ImportProblem::NoWords)),
                ("faq.csv#Refund (1)", None),
                ("faq.csv#Hours\n(3)", Some(ImportProblem::NoWords)),
                ("faq.csv#Hours", None),
                ("faq.csv#Hours\n(5)", Some(ImportProblem::Twice)),
                ("faq.csv#Refund\n(6)", Some(ImportProblem::NoWords)),
            ]
        );
    }

    struct Sevens;

    impl model::Entropy for Sevens {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    #[tokio::test]
    async fn who_was_held_for_dead_undoes_nothing_that_the_other_read() {
        for database in store::testing::databases().await {
            let clock = Arc::new(ManualClock::at(Millis(1_790_000_000_000)));
            let app = App::new(Parts {
                db: database.db.clone(),
                clock: clock.clone(),
                entropy: Arc::new(Sevens),
                files: Files::scratch(),
                node: Lease::fixed(clock.clone(), 1),
                settings: Settings::default(),
            })
            .expect("an app");
            let (workspace, now) = (app.ids.next::<WorkspaceId>(), clock.now());
            let source = source(app.ids.next());
            let import = store::import::beginning(app.ids.next(), source.id, None, now);
            let (first, begun) = (source.clone(), import.clone());
            let made = app.write(move |tx| {
                Box::pin(async move {
                    store::workspace::insert(tx, workspace, "Shop", now).await?;
                    store::knowledge_source::insert(tx, workspace, &first).await?;
                    Ok(store::import::begin(tx, workspace, &begun, None).await?)
                })
            });
            assert!(made.await.expect("no fault"), "it is begun");
            // Two hold the same job: the one comes to the end, then the other, who slept, goes on.
            for _ in 0..2 {
                let pieces = ["a", "b", "c"].map(|key| Piece::article(key, key, "words")).to_vec();
                let reading = Reading { pieces, columns: Vec::new(), problem: None };
                keep(&app, workspace, &import, &source, reading).await.expect("kept");
                let id = import.id;
                let left = app.read(move |tx| {
                    Box::pin(async move { Ok(store::import::unapplied(tx, workspace, id, 10).await?) })
                });
                assert_eq!(left.await.expect("no fault").len(), 3, "on {}", database.name);
            }
        }
    }
}
