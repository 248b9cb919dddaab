//! Taking knowledge in: a source is read in the background, somebody looks at what would become of it, and consents.

pub mod apart;
mod archive;
mod crawl;
mod docx;
pub mod file;
mod html;
mod markdown;
mod pdf;
mod piece;
mod plan;
mod reading;
pub mod robots;
pub mod sitemap;
mod table;
mod text;
mod writing;
mod xml;

use std::io;

use ai::language::{Language, identify};
use bytes::Bytes;
use futures_util::Stream;
use model::{
    Act, ColumnRole, Every, Import, ImportChoice, ImportId, ImportItem, ImportProblem, ImportState,
    ImportVerdict, KnowledgeSource, Millis, SourceId, SourceKind, WorkspaceId,
};
use serde_json::json;
use store::import::Waiting;
use store::{Page, Tx};
use url::Url;

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::files::BrokenOff;
use crate::upload::safe_name_with_ending;
use crate::{App, Caller, Error, Result, article, jobs};

pub use piece::{PIECES_MAX, Piece, Reading};

/// The most bytes of a file.
pub const FILE_MAX: u64 = 20 << 20;
/// The most characters of a file's name.
const NAME_MAX: usize = 250;
/// The most characters of an address.
pub(crate) const ADDRESS_MAX: usize = 1000;
/// The most addresses that are given by hand.
const ADDRESSES_MAX: usize = 100;
/// The most sources of a workspace.
const SOURCES_MAX: i64 = 500;
/// The most columns that are given a meaning.
const ROLES_MAX: usize = 50;
/// After so many tries that the process did not survive a source is not read any more, and after so many what was read is not
/// written any further.
const TRIES: i64 = 3;
const WRITING_TRIES: i64 = 5;

/// Takes a file in and begins to read it. A file of the same name is the same source.
///
/// # Errors
/// [`Error::Unsupported`] for kinds of files that are not read, [`Error::TooLarge`], [`Error::Invalid`] for an empty
/// one, [`Error::Conflict`] while the same source is being read or written.
pub async fn from_file(
    app: &App,
    caller: &Caller,
    name: Option<String>,
    stream: impl Stream<Item = io::Result<Bytes>> + Send,
) -> Result<Import> {
    let name = name.map(|name| safe_name_with_ending(&name, NAME_MAX)).unwrap_or_default();
    if !file::is_known(&name) {
        let kinds = "Markdown, HTML, Word (DOCX), PDF, CSV and Excel (XLSX) files and ZIP archives of documents are read";
        return Err(Error::Unsupported(kinds.to_owned()));
    }
    let incoming =
        app.files.receive(stream, FILE_MAX).await.map_err(|error| match BrokenOff::is(&error) {
            true => {
                Error::field("file", "broken", format!("the upload broke off: {error}; send the file again"))
            }
            false => Error::internal(error),
        })?;
    let incoming = incoming.ok_or(Error::TooLarge { limit: FILE_MAX })?;
    if incoming.size == 0 {
        return Err(Error::field("file", "empty", "the file is empty"));
    }
    crate::scan::admit(app, &incoming).await?;
    let id: ImportId = app.ids.next();
    // Sealed, its place is its own: the same file in another import is another one in the media store.
    let key = app.db.keys()?.workspace(caller.workspace).await?.file_key(id.0, "import", &incoming.sha256);
    let sealed = app.files.seal(&incoming, &key).await.map_err(Error::internal)?;
    let place = app.files.keep(caller.workspace, &sealed).await.map_err(Error::internal)?;
    let waiting = Waiting { file: place.clone(), sha256: incoming.sha256.to_vec() };
    let source = NewSource { kind: SourceKind::File, name, addresses: Vec::new() };
    let begun = begin_new(app, caller, id, source, Some(waiting)).await;
    if begun.is_err()
        && let Err(error) = app.files.remove(&place).await
    {
        tracing::warn!(%error, place, "a file that nothing is read from could not be removed");
    }
    begun
}

/// Names pages, or a sitemap that names them, as a source, and begins to read them.
///
/// # Errors
/// [`Error::Invalid`] for addresses that must not be called or are of several hosts, [`Error::Conflict`] while the same
/// source is being read or written and when the first address is that of another one.
pub async fn from_web(app: &App, caller: &Caller, kind: SourceKind, addresses: &[String]) -> Result<Import> {
    let addresses = called(app, kind, addresses)?;
    let name = addresses.first().cloned().unwrap_or_default();
    begin_new(app, caller, app.ids.next(), NewSource { kind, name, addresses }, None).await
}

/// Addresses that may be called, in their usual form.
fn called(app: &App, kind: SourceKind, addresses: &[String]) -> Result<Vec<String>> {
    let mut fields = Fields::new();
    let most = if kind == SourceKind::Sitemap { 1 } else { ADDRESSES_MAX };
    if kind == SourceKind::File {
        fields.wrong("kind", "invalid", "a file is handed in as a form");
    }
    if addresses.is_empty() || addresses.len() > most {
        fields.wrong("addresses", "invalid", format!("give 1 to {most} addresses"));
    }
    let mut urls: Vec<Url> = Vec::new();
    for (at, address) in addresses.iter().enumerate().take(most) {
        let path = format!("addresses[{at}]");
        if address.len() > ADDRESS_MAX {
            fields.wrong(&path, "too_long", format!("use at most {ADDRESS_MAX} characters"));
        }
        match (app.egress.may_call(address.trim()), Url::parse(address.trim())) {
            (Ok(_), Ok(url)) if urls.first().is_some_and(|first| first.origin() != url.origin()) => {
                fields.wrong(
                    &path,
                    "other_host",
                    "give pages of one site; name others as a source of their own",
                );
            }
            (Ok(_), Ok(mut url)) => {
                url.set_fragment(None);
                urls.push(url);
            }
            (Err(why), _) => fields.wrong(&path, "forbidden", why),
            (_, Err(why)) => fields.wrong(&path, "invalid", why.to_string()),
        }
    }
    fields.finish()?;
    Ok(urls.into_iter().map(String::from).collect())
}

/// A source that may be new.
struct NewSource {
    kind: SourceKind,
    name: String,
    addresses: Vec<String>,
}

/// Names a source, unless it is known, and begins to read it.
async fn begin_new(
    app: &App,
    caller: &Caller,
    id: ImportId,
    new: NewSource,
    file: Option<Waiting>,
) -> Result<Import> {
    let (workspace, agent, now, ids) = (caller.workspace, caller.agent.id, app.now(), app.ids.clone());
    let source_id: SourceId = app.ids.next();
    let import = app
        .write(move |tx| {
            Box::pin(async move {
                let source = match store::knowledge_source::by_name(tx, workspace, &new.name).await? {
                    Some(known) if known.kind != new.kind => {
                        let message = format!("{} is the name of another kind of source", known.name);
                        return Err(Error::Conflict { code: "conflict", message });
                    }
                    Some(known) if known.addresses != new.addresses => {
                        let message =
                            format!("{} is a source already, with other pages; forget it first", known.name);
                        return Err(Error::Conflict { code: "conflict", message });
                    }
                    Some(known) => known,
                    None => {
                        let source = named(source_id, new, now);
                        if store::knowledge_source::count(tx, workspace).await? >= SOURCES_MAX {
                            let message = format!("a workspace has at most {SOURCES_MAX} sources");
                            return Err(Error::Conflict { code: "too_many", message });
                        }
                        store::knowledge_source::insert(tx, workspace, &source).await?;
                        source
                    }
                };
                // The columns of a table may be others now.
                let choice = ImportChoice { columns: Vec::new(), ..source.choice.clone() };
                let (every, next) = (source.every, source.next_at);
                store::knowledge_source::update(tx, workspace, source.id, &choice, every, next).await?;
                let import = store::import::beginning(id, source.id, Some(agent), now);
                begin(tx, workspace, &ids, &source, &import, file.as_ref()).await?;
                Ok(import)
            })
        })
        .await?;
    app.bell.jobs();
    Ok(import)
}

fn named(id: SourceId, new: NewSource, now: Millis) -> KnowledgeSource {
    KnowledgeSource {
        id,
        kind: new.kind,
        name: new.name,
        addresses: new.addresses,
        choice: ImportChoice::default(),
        every: Every::Never,
        next_at: None,
        taken_at: None,
        created_at: now,
        last: None,
    }
}

/// Begins to read a source, in place of what was read before and waits for consent.
pub(crate) async fn begin(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &model::Ids,
    source: &KnowledgeSource,
    import: &Import,
    file: Option<&Waiting>,
) -> Result<()> {
    // What is under way is known once nobody else can begin or apply.
    store::knowledge_source::hold(tx, workspace, source.id).await?;
    let last = store::knowledge_source::get(tx, workspace, source.id).await?.and_then(|source| source.last);
    if last.as_ref().is_some_and(under_way) {
        return Err(busy(source));
    }
    let before = store::import::file_of(tx, workspace, source.id).await?;
    jobs::enqueue_removal(tx, workspace, ids, before.into_iter().collect(), import.created_at).await?;
    if !store::import::begin(tx, workspace, import, file).await? {
        return Err(busy(source));
    }
    jobs::enqueue_import(tx, workspace, ids, import.id, import.created_at).await
}

fn busy(source: &KnowledgeSource) -> Error {
    let message =
        format!("{} is being read or written at this moment; try again when it is done", source.name);
    Error::Conflict { code: "conflict", message }
}

fn under_way(import: &Import) -> bool {
    matches!(import.state, ImportState::Reading | ImportState::Applying)
}

/// An import.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(app: &App, caller: &Caller, id: ImportId) -> Result<Import> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { found(tx, workspace, id).await })).await
}

async fn found(tx: &mut Tx, workspace: WorkspaceId, id: ImportId) -> Result<Import> {
    store::import::get(tx, workspace, id).await?.ok_or(Error::NotFound)
}

/// An import, of whose source nobody else can begin another or change this one until the transaction ends.
async fn held(tx: &mut Tx, workspace: WorkspaceId, id: ImportId) -> Result<Import> {
    let import = found(tx, workspace, id).await?;
    store::knowledge_source::hold(tx, workspace, import.source_id).await?;
    found(tx, workspace, id).await
}

async fn source_of(tx: &mut Tx, workspace: WorkspaceId, import: &Import) -> Result<KnowledgeSource> {
    store::knowledge_source::get(tx, workspace, import.source_id).await?.ok_or(Error::NotFound)
}

/// What was read and what becomes of it, in its order. Its languages are those that the articles get.
///
/// # Errors
/// [`Error::NotFound`], and for a cursor that is none.
pub async fn items(
    app: &App,
    caller: &Caller,
    id: ImportId,
    verdict: Option<ImportVerdict>,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<ImportItem>> {
    let workspace = caller.workspace;
    let (mut page, tongues) = app
        .read(move |tx| {
            Box::pin(async move {
                let import = found(tx, workspace, id).await?;
                let source = source_of(tx, workspace, &import).await?;
                let tongues = Tongues::of(tx, workspace, &source.choice).await?;
                let page = store::import::items(tx, workspace, id, verdict, cursor.as_deref(), limit).await?;
                Ok((page, tongues))
            })
        })
        .await?;
    for item in &mut page.items {
        if !matches!(item.verdict, ImportVerdict::Waiting | ImportVerdict::Refused | ImportVerdict::Gone) {
            item.locale = tongues.locale(item);
        }
    }
    Ok(page)
}

/// Says what is to be done with the pieces. What columns hold decides what the pieces are: then the file is read anew.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`], [`Error::Conflict`] when it does not wait for consent.
pub async fn choose(app: &App, caller: &Caller, id: ImportId, choice: ImportChoice) -> Result<Import> {
    let choice = checked(choice)?;
    let (workspace, now, ids) = (caller.workspace, app.now(), app.ids.clone());
    let import = app
        .write(move |tx| {
            Box::pin(async move {
                let import = held(tx, workspace, id).await?;
                let unclear = import.problem == Some(ImportProblem::NoColumns);
                if import.state != ImportState::Ready && !unclear {
                    return Err(not_ready());
                }
                category_is_there(tx, workspace, &choice).await?;
                let source = source_of(tx, workspace, &import).await?;
                let roles: Vec<ColumnRole> = import.columns.iter().map(|column| column.role).collect();
                let anew = !choice.columns.is_empty() && choice.columns != roles;
                let (every, next) = (source.every, source.next_at);
                store::knowledge_source::update(tx, workspace, source.id, &choice, every, next).await?;
                if anew {
                    store::import::clear(tx, workspace, id).await?;
                    store::import::step(tx, workspace, id, import.state, ImportState::Reading, None, now)
                        .await?;
                    jobs::enqueue_import(tx, workspace, &ids, id, now).await?;
                }
                found(tx, workspace, id).await
            })
        })
        .await?;
    app.bell.jobs();
    Ok(import)
}

fn not_ready() -> Error {
    let message = "this import does not wait for consent".to_owned();
    Error::Conflict { code: "conflict", message }
}

/// A choice whose fields are as they may be.
pub(crate) fn checked(choice: ImportChoice) -> Result<ImportChoice> {
    let mut fields = Fields::new();
    let locale = choice.locale.as_deref().filter(|tag| !tag.trim().is_empty());
    let locale = locale.map(|tag| article::locale(&mut fields, "locale", tag));
    if choice.columns.len() > ROLES_MAX {
        fields.wrong("columns", "too_many", format!("say of at most {ROLES_MAX} columns what they hold"));
    }
    fields.finish()?;
    Ok(ImportChoice { locale, ..choice })
}

pub(crate) async fn category_is_there(
    tx: &mut Tx,
    workspace: WorkspaceId,
    choice: &ImportChoice,
) -> Result<()> {
    let Some(wanted) = choice.category_id else { return Ok(()) };
    let known = store::category::list(tx, workspace).await?;
    match known.iter().any(|one| one.id == wanted) {
        true => Ok(()),
        false => Err(Error::field("category_id", "unknown", "there is no such category")),
    }
}

/// Consents to what was shown: it is written in the background. One import is one entry of the audit.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] when it does not wait for consent.
pub async fn apply(app: &App, caller: &Caller, id: ImportId) -> Result<Import> {
    let (workspace, now, ids, actor) = (caller.workspace, app.now(), app.ids.clone(), caller.actor());
    let import = app
        .write(move |tx| {
            Box::pin(async move {
                let import = held(tx, workspace, id).await?;
                let (ready, applying) = (ImportState::Ready, ImportState::Applying);
                if !store::import::step(tx, workspace, id, ready, applying, None, now).await? {
                    return Err(not_ready());
                }
                audit::record(tx, &actor, note(&import), now).await?;
                jobs::enqueue_import(tx, workspace, &ids, id, now).await?;
                found(tx, workspace, id).await
            })
        })
        .await?;
    app.bell.jobs();
    Ok(import)
}

/// What the audit says of an import.
fn note(import: &Import) -> Note {
    let counts = &import.counts;
    let detail = json!({
        "new": counts.new, "changed": counts.changed, "edited": counts.edited, "same": counts.same,
        "gone": counts.gone, "refused": counts.refused,
    });
    Note::of(Act::KnowledgeImported).on(import.source_id).with(&detail)
}

/// Throws away what was read; what is written stays. A file of which nothing was ever taken is forgotten as a source.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] while it is being written.
pub async fn discard(app: &App, caller: &Caller, id: ImportId) -> Result<()> {
    let (workspace, now, ids) = (caller.workspace, app.now(), app.ids.clone());
    let done = app.write(move |tx| {
        Box::pin(async move {
            let import = held(tx, workspace, id).await?;
            if import.state == ImportState::Applying {
                let message = "it is being written at this moment".to_owned();
                return Err(Error::Conflict { code: "conflict", message });
            }
            let source = source_of(tx, workspace, &import).await?;
            let file = store::import::file_of(tx, workspace, source.id).await?;
            jobs::enqueue_removal(tx, workspace, &ids, file.into_iter().collect(), now).await?;
            store::import::forget(tx, workspace, source.id).await?;
            if source.taken_at.is_none() {
                store::knowledge_source::remove(tx, workspace, source.id).await?;
            }
            Ok(())
        })
    });
    done.await
}

/// Does what is next with an import until somebody has to look at it. Each step is kept before the next begins, and
/// each does the same when it is repeated, so that a process that dies costs no more than a step. `false` when others are to
/// have their turn before it goes on.
pub(crate) async fn work(app: &App, workspace: WorkspaceId, id: ImportId, tries: i64) -> Result<bool> {
    loop {
        let read = app.read(move |tx| {
            Box::pin(async move {
                let Some(import) = store::import::get(tx, workspace, id).await? else { return Ok(None) };
                let source = source_of(tx, workspace, &import).await?;
                Ok(Some((import, source)))
            })
        });
        let Some((import, source)) = read.await? else { return Ok(true) };
        match import.state {
            ImportState::Reading if tries >= TRIES => {
                reading::fail(app, workspace, id, ImportProblem::Interrupted, &[]).await?;
            }
            ImportState::Reading => {
                if !reading::read(app, workspace, &import, &source).await? {
                    return Ok(false);
                }
            }
            ImportState::Applying if tries >= WRITING_TRIES => {
                writing::give_up(app, workspace, &import).await?;
            }
            ImportState::Applying => writing::write(app, workspace, &import, &source).await?,
            ImportState::Ready | ImportState::Done | ImportState::Failed => return Ok(true),
        }
    }
}

/// Which language a piece is in when it does not say so itself.
pub(crate) struct Tongues {
    chosen: Option<String>,
    /// The languages of the help centre, which are preferred to others that mean the same.
    usual: Vec<String>,
}

impl Tongues {
    pub(crate) async fn of(tx: &mut Tx, workspace: WorkspaceId, choice: &ImportChoice) -> Result<Self> {
        let centre = store::help_centre::get(tx, workspace).await?;
        let usual = centre.map(|centre| centre.locales).unwrap_or_default();
        Ok(Self { chosen: choice.locale.clone(), usual })
    }

    /// The tag of a piece's language.
    pub(crate) fn locale(&self, item: &ImportItem) -> String {
        if !item.locale.is_empty() {
            return item.locale.clone();
        }
        if let Some(chosen) = &self.chosen {
            return chosen.clone();
        }
        let words: String = format!("{}\n{}", item.title, item.body).chars().take(2000).collect();
        let Some(guess) = identify(&words, None) else {
            return self.usual.first().cloned().unwrap_or_else(|| "en".to_owned());
        };
        let means = |tag: &&String| Language::from_tag(tag) == Some(guess.language);
        self.usual.iter().find(means).cloned().unwrap_or_else(|| guess.language.tag().to_owned())
    }
}
