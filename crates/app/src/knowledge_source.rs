//! What knowledge is taken from: how old it is, and when it is read again.

use model::{Every, Import, ImportChoice, KnowledgeSource, SourceId, SourceKind, WorkspaceId};
use store::{Page, Tx};

use crate::{App, Caller, Error, Result, import, jobs};

/// What to change of a source; absent fields stay.
#[derive(Debug, Clone, Default)]
pub struct SourceChange {
    /// How often its pages are looked at again.
    pub every: Option<Every>,
    /// What is done with its pieces.
    pub choice: Option<ImportChoice>,
}

/// The workspace's sources, the newest first.
///
/// # Errors
/// For a cursor that is none.
pub async fn list(
    app: &App,
    caller: &Caller,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<KnowledgeSource>> {
    let workspace = caller.workspace;
    let listed = app.read(move |tx| {
        Box::pin(
            async move { Ok(store::knowledge_source::list(tx, workspace, cursor.as_deref(), limit).await?) },
        )
    });
    listed.await
}

/// A source.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(app: &App, caller: &Caller, id: SourceId) -> Result<KnowledgeSource> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { found(tx, workspace, id).await })).await
}

async fn found(tx: &mut Tx, workspace: WorkspaceId, id: SourceId) -> Result<KnowledgeSource> {
    store::knowledge_source::get(tx, workspace, id).await?.ok_or(Error::NotFound)
}

/// Changes what is done with a source and how often.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`] for a schedule of a file and for wrong fields.
pub async fn update(
    app: &App,
    caller: &Caller,
    id: SourceId,
    change: SourceChange,
) -> Result<KnowledgeSource> {
    let choice = change.choice.map(import::checked).transpose()?;
    let (workspace, now) = (caller.workspace, app.now());
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let source = found(tx, workspace, id).await?;
            let every = change.every.unwrap_or(source.every);
            if source.kind == SourceKind::File && every != Every::Never {
                return Err(Error::field("every", "invalid", "a file is read when it is handed in"));
            }
            let choice = choice.unwrap_or(source.choice);
            import::category_is_there(tx, workspace, &choice).await?;
            let next = if every == source.every { source.next_at } else { every.after(now) };
            store::knowledge_source::update(tx, workspace, id, &choice, every, next).await?;
            found(tx, workspace, id).await
        })
    });
    changed.await
}

/// Reads the pages of a source again.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] for a file and while it is being read or written.
pub async fn fetch(app: &App, caller: &Caller, id: SourceId) -> Result<Import> {
    let (workspace, agent, now, ids) = (caller.workspace, caller.agent.id, app.now(), app.ids.clone());
    let begun = store::import::beginning(app.ids.next(), id, Some(agent), now);
    let import = app
        .write(move |tx| {
            Box::pin(async move {
                let source = found(tx, workspace, id).await?;
                if source.kind == SourceKind::File {
                    let message = "a file is read when it is handed in".to_owned();
                    return Err(Error::Conflict { code: "conflict", message });
                }
                import::begin(tx, workspace, &ids, &source, &begun, None).await?;
                Ok(begun)
            })
        })
        .await?;
    app.bell.jobs();
    Ok(import)
}

/// Begins to read the sources whose time has come, and tells how many those were. Nobody has to consent: who set the
/// clock did.
pub(crate) async fn read_due(app: &App) -> Result<usize> {
    let (now, ids) = (app.now(), app.ids.clone());
    let due = app.read(move |tx| Box::pin(async move { Ok(store::knowledge_source::waits(tx, now).await?) }));
    if !due.await? {
        return Ok(0);
    }
    let begun = app.write(move |tx| {
        Box::pin(async move {
            let due = store::knowledge_source::due(tx, now, 20).await?;
            let many = due.len();
            for (workspace, id) in due {
                let Some(source) = store::knowledge_source::get(tx, workspace, id).await? else { continue };
                let begun = store::import::beginning(ids.next(), id, None, now);
                match import::begin(tx, workspace, &ids, &source, &begun, None).await {
                    // It is under way.
                    Ok(()) | Err(Error::Conflict { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(many)
        })
    });
    let begun = begun.await?;
    app.bell.jobs();
    Ok(begun)
}

/// Forgets a source; its articles stay.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] while it is being written.
pub async fn remove(app: &App, caller: &Caller, id: SourceId) -> Result<()> {
    let (workspace, now, ids) = (caller.workspace, app.now(), app.ids.clone());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            store::knowledge_source::hold(tx, workspace, id).await?;
            let source = found(tx, workspace, id).await?;
            if source.last.as_ref().is_some_and(|last| last.state == model::ImportState::Applying) {
                let message = "it is being written at this moment".to_owned();
                return Err(Error::Conflict { code: "conflict", message });
            }
            let file = store::import::file_of(tx, workspace, id).await?;
            jobs::enqueue_removal(tx, workspace, &ids, file.into_iter().collect(), now).await?;
            store::knowledge_source::remove(tx, workspace, id).await?;
            Ok(())
        })
    });
    removed.await
}
