//! Reading pages of a site, one after the other: only where the site asks nothing else, only on its own host, and only
//! what is newer than what was taken before.

use std::time::Duration;

use model::{
    ArticleKind, Import, ImportId, ImportItem, ImportProblem, ImportVerdict, KnowledgeSource, Millis,
    SourceKind, WorkspaceId,
};
use store::import::Piece;
use store::knowledge_source::Form;
use url::Url;

use super::robots::{ROBOTS_MAX, Robots};
use super::sitemap::SITEMAP_MAX;
use super::{apart, html, markdown, plan, reading, text};
use crate::egress::{Known, Page, Refusal};
use crate::{App, Result};

/// The most pages of one source.
pub(super) const PAGES_MAX: usize = 1000;
/// The most sitemaps that a sitemap names.
const SITEMAPS_MAX: usize = 50;
/// The most bytes of a page.
const PAGE_MAX: usize = 4 << 20;
/// How often a page may send us on.
const HOPS: usize = 3;
/// How long the site rests between two pages.
const PAUSE: Duration = Duration::from_millis(100);
/// After so many pages in a row that do not come, no more are asked for.
const MISSES: usize = 10;
/// How long the pages of a source are read before others have their turn.
const TURN: Millis = Millis::minutes(1);
/// How long after its beginning pages are still asked for.
const LONGEST: Millis = Millis::hours(6);

/// Reads the pages of a source, for a while; `false` when some of them wait for the next turn.
pub(super) async fn read(
    app: &App,
    workspace: WorkspaceId,
    import: &Import,
    source: &KnowledgeSource,
) -> Result<bool> {
    let (id, began) = (import.id, app.now());
    let Some(home) = source.addresses.first().and_then(|address| Url::parse(address).ok()) else {
        reading::fail(app, workspace, id, ImportProblem::NoPages, &[]).await?;
        return Ok(true);
    };
    let begun = app
        .read(move |tx| Box::pin(async move { Ok(store::import::last_place(tx, workspace, id).await? > 0) }));
    let begun = begun.await?;
    let robots = match robots(app, &home).await {
        Ok(robots) => Some(robots),
        // It answered before: what was read then is kept.
        Err(_) if begun => None,
        Err(problem) => {
            reading::fail(app, workspace, id, problem, &[]).await?;
            return Ok(true);
        }
    };
    if let Some(robots) = robots.as_ref().filter(|_| !begun) {
        match addresses(app, source, &home, robots).await {
            Ok(pages) => list(app, workspace, id, pages).await?,
            Err(problem) => {
                reading::fail(app, workspace, id, problem, &[]).await?;
                return Ok(true);
            }
        }
    }
    let mut misses = 0;
    loop {
        let next = app.read(move |tx| {
            Box::pin(
                async move { Ok(store::import::next(tx, workspace, id, ImportVerdict::Waiting, 20).await?) },
            )
        });
        let waiting = next.await?;
        if waiting.is_empty() {
            reading::conclude(app, workspace, import, source, Vec::new()).await?;
            return Ok(true);
        }
        for piece in waiting {
            let now = app.now();
            // A site that does not answer is given up within a turn: the next one would count anew.
            if now - began >= TURN && misses == 0 {
                return Ok(false);
            }
            let asked = robots.as_ref().filter(|_| misses < MISSES && now - import.created_at < LONGEST);
            let fetched = match asked {
                Some(robots) => fetched(app, workspace, source, &home, robots, &piece.item.source).await?,
                None if now - import.created_at >= LONGEST => Err(ImportProblem::TooSlow),
                None => Err(ImportProblem::Unreachable),
            };
            misses = if fetched == Err(ImportProblem::Unreachable) { misses + 1 } else { 0 };
            if !settle(app, workspace, id, piece.item, fetched).await? {
                // Somebody threw it away.
                return Ok(true);
            }
            if asked.is_some() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// What the site asks of us. One without a word allows everything; one that cannot say it allows nothing.
async fn robots(app: &App, home: &Url) -> std::result::Result<Robots, ImportProblem> {
    let Ok(address) = home.join("/robots.txt") else { return Err(ImportProblem::NoPages) };
    match follow(app, &address, home, &Known::default(), ROBOTS_MAX, None).await {
        Ok(page) if page.status < 300 => Ok(Robots::read(&String::from_utf8_lossy(&page.body))),
        Ok(page) if (400..500).contains(&page.status) => Ok(Robots::default()),
        Ok(_) => Err(ImportProblem::Unreachable),
        // It sends us to another site for its rules: it has none of its own.
        Err(ImportProblem::Moved) => Ok(Robots::default()),
        Err(problem) => Err(problem),
    }
}

/// The page at an address, also where the site itself sends us on to another of its own, that it allows.
async fn follow(
    app: &App,
    address: &Url,
    home: &Url,
    known: &Known,
    limit: usize,
    robots: Option<&Robots>,
) -> std::result::Result<Page, ImportProblem> {
    let mut address = address.clone();
    for _ in 0..HOPS {
        if robots.is_some_and(|robots| !robots.allows(&path(&address))) {
            return Err(ImportProblem::Robots);
        }
        let page =
            app.egress.page(address.as_str(), known, limit).await.map_err(|refusal| match refusal {
                Refusal::Forbidden(_) => ImportProblem::Forbidden,
                Refusal::TooLarge => ImportProblem::TooLarge,
                Refusal::Unreachable(why) => {
                    tracing::info!(%address, why, "a page cannot be read");
                    ImportProblem::Unreachable
                }
            })?;
        if !matches!(page.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(page);
        }
        let next = page.location.as_deref().and_then(|location| address.join(location).ok());
        address = next.filter(|next| next.origin() == home.origin()).ok_or(ImportProblem::Moved)?;
    }
    Err(ImportProblem::Moved)
}

fn path(address: &Url) -> String {
    match address.query() {
        Some(query) => format!("{}?{query}", address.path()),
        None => address.path().to_owned(),
    }
}

/// The addresses of the pages of a source, each once and all of its own host.
async fn addresses(
    app: &App,
    source: &KnowledgeSource,
    home: &Url,
    robots: &Robots,
) -> std::result::Result<Vec<Url>, ImportProblem> {
    let mut named = source.addresses.clone();
    if source.kind == SourceKind::Sitemap {
        named.clear();
        let mut sitemaps = vec![(home.clone(), true)];
        let mut read = 0;
        while let Some((address, may_lead_on)) = sitemaps.pop() {
            read += 1;
            if read > SITEMAPS_MAX {
                return Err(ImportProblem::TooMany);
            }
            let page = follow(app, &address, home, &Known::default(), SITEMAP_MAX, None).await?;
            if page.status != 200 {
                return Err(ImportProblem::Unreachable);
            }
            let found = apart::sitemap(app, page.body).await;
            let found = found.map_err(|_| ImportProblem::Damaged)??;
            named.extend(found.pages);
            if may_lead_on {
                let others = found.sitemaps.iter().filter_map(|other| home.join(other).ok());
                sitemaps.extend(
                    others.filter(|other| other.origin() == home.origin()).map(|other| (other, false)),
                );
            }
        }
    }
    let mut pages: Vec<Url> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for address in named {
        let Ok(mut address) = home.join(&address) else { continue };
        address.set_fragment(None);
        let own = address.origin() == home.origin() && address.as_str().len() <= super::ADDRESS_MAX;
        if own && robots.allows(&path(&address)) && seen.insert(address.clone()) {
            pages.push(address);
        }
    }
    match pages.len() {
        0 if source.kind == SourceKind::Pages => Err(ImportProblem::Robots),
        0 => Err(ImportProblem::NoPages),
        many if many > PAGES_MAX => Err(ImportProblem::TooMany),
        _ => Ok(pages),
    }
}

/// Notes which pages are to be read, all at once: a list of which half stands there would look whole.
async fn list(app: &App, workspace: WorkspaceId, id: ImportId, pages: Vec<Url>) -> Result<()> {
    let now = app.now();
    let pieces: Vec<Piece> =
        pages.iter().enumerate().map(|(at, page)| waiting(at as i64 + 1, page.as_str())).collect();
    app.write(move |tx| {
        Box::pin(async move {
            store::import::put(tx, workspace, id, &pieces).await?;
            store::import::recount(tx, workspace, id, now).await?;
            Ok(())
        })
    })
    .await
}

fn waiting(place: i64, address: &str) -> Piece {
    let item = ImportItem {
        place,
        verdict: ImportVerdict::Waiting,
        source: address.to_owned(),
        kind: ArticleKind::Article,
        locale: String::new(),
        category: String::new(),
        title: String::new(),
        body: String::new(),
        questions: Vec::new(),
        article_id: None,
        problem: None,
    };
    Piece { item, hash: Vec::new(), form: Form::default() }
}

/// What came of asking for a page.
#[derive(PartialEq)]
enum Fetched {
    /// Its words, and their form.
    Words(super::Piece, Form),
    /// It is what it was.
    Same,
    /// It is no more.
    Gone,
}

/// Asks for a page and reads it.
async fn fetched(
    app: &App,
    workspace: WorkspaceId,
    source: &KnowledgeSource,
    home: &Url,
    robots: &Robots,
    address: &str,
) -> Result<std::result::Result<Fetched, ImportProblem>> {
    let Ok(url) = Url::parse(address) else { return Ok(Err(ImportProblem::Forbidden)) };
    let (id, place) = (source.id, address.to_owned());
    let form = app.read(move |tx| {
        Box::pin(async move {
            // Only what stands in an article is asked for conditionally.
            match store::taken::find(tx, workspace, &place).await? {
                Some(_) => Ok(store::knowledge_source::form(tx, workspace, id, &place).await?),
                None => Ok(None),
            }
        })
    });
    let form = form.await?.unwrap_or_default();
    let known = Known { etag: form.etag, modified: form.modified };
    let page = match follow(app, &url, home, &known, PAGE_MAX, Some(robots)).await {
        Ok(page) => page,
        Err(problem) => return Ok(Err(problem)),
    };
    Ok(match page.status {
        200 => {
            let Known { etag, modified } = page.known;
            let short = |text: &String| text.len() <= 500;
            let form = Form { etag: etag.filter(short), modified: modified.filter(short) };
            let read = apart::page(app, address, url, page.mime, page.body).await?;
            read.map(|piece| Fetched::Words(piece, form))
        }
        304 => Ok(Fetched::Same),
        404 | 410 => Ok(Fetched::Gone),
        _ => Err(ImportProblem::Unreachable),
    })
}

/// The words of a page.
pub(super) fn words(
    address: &str,
    url: &Url,
    mime: &str,
    body: &[u8],
) -> std::result::Result<super::Piece, ImportProblem> {
    let words = text::decoded_page(body, mime)?;
    let mime = mime.split(';').next().unwrap_or_default().trim().to_lowercase();
    match mime.as_str() {
        "text/html" | "application/xhtml+xml" => html::article("", address, &words, Some(url)),
        "text/plain" | "text/markdown" => Ok(markdown::article("", address, &words)),
        _ => Err(ImportProblem::UnknownFormat),
    }
}

/// Keeps what came of a page; `false` when the import is not there any more.
async fn settle(
    app: &App,
    workspace: WorkspaceId,
    id: ImportId,
    item: ImportItem,
    fetched: std::result::Result<Fetched, ImportProblem>,
) -> Result<bool> {
    let now = app.now();
    app.write(move |tx| {
        Box::pin(async move {
            let known = store::taken::find(tx, workspace, &item.source).await?.map(|taken| taken.article);
            let mut piece = waiting(item.place, &item.source);
            piece.item.article_id = known.as_ref().map(|article| article.id);
            let title = known.map_or_else(|| item.source.clone(), |article| article.title);
            match fetched {
                Ok(Fetched::Words(words, form)) => {
                    piece = Piece { form, ..plan::kept(item.place, item.source, words) };
                    plan::judge(tx, workspace, &mut piece).await?;
                }
                Ok(Fetched::Same) => (piece.item.verdict, piece.item.title) = (ImportVerdict::Same, title),
                Ok(Fetched::Gone) if piece.item.article_id.is_some() => {
                    (piece.item.verdict, piece.item.title) = (ImportVerdict::Gone, title);
                }
                Ok(Fetched::Gone) => {
                    (piece.item.verdict, piece.item.title) = (ImportVerdict::Refused, title);
                    piece.item.problem = Some(ImportProblem::Unreachable);
                }
                Err(problem) => {
                    (piece.item.verdict, piece.item.title) = (ImportVerdict::Refused, title);
                    piece.item.problem = Some(problem);
                }
            }
            let settled = store::import::settle(tx, workspace, id, &piece).await?;
            store::import::recount(tx, workspace, id, now).await?;
            Ok(settled)
        })
    })
    .await
}
