//! The public help centre: what of the knowledge everybody may read, without signing in.

use std::net::IpAddr;

use model::{
    Act, Article, ArticleId, ArticleState, ArticleVersion, Audience, Category, HelpCentre, WorkspaceId,
};
use store::article::{PublicTitle, Translation};

use crate::attempts::{self, Tried};
use crate::audit::{self, Note};
use crate::embedding::Asker;
use crate::field::{Fields, NAME_MAX};
use crate::knowledge::{Found, Where};
use crate::session::Visit;
use crate::{App, Caller, Error, Result, article, knowledge};

/// The most characters of the line under the title, and the most languages.
const INTRO_MAX: usize = 300;
const LOCALES_MAX: usize = 20;

/// The workspace's help centre; closed where nobody has set one up.
pub async fn get(app: &App, caller: &Caller) -> Result<HelpCentre> {
    let (workspace, name) = (caller.workspace, caller.workspace_name.clone());
    let read = app.read(move |tx| Box::pin(async move { Ok(store::help_centre::get(tx, workspace).await?) }));
    let unset = HelpCentre {
        enabled: false,
        slug: slug_of(&name),
        title: name,
        intro: String::new(),
        color: "#0b6e4f".to_owned(),
        locales: vec![caller.agent.locale.as_str().to_owned()],
    };
    Ok(read.await?.unwrap_or(unset))
}

/// Sets the help centre up.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields and for a slug that another workspace has.
pub async fn set(app: &App, caller: &Caller, centre: HelpCentre) -> Result<HelpCentre> {
    let mut fields = Fields::new();
    let title = fields.line("title", &centre.title, NAME_MAX);
    let slug = fields.line("slug", &centre.slug, 63).to_lowercase();
    if !slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        || slug.starts_with('-')
        || slug.ends_with('-')
    {
        fields.wrong("slug", "invalid", "use letters a to z, digits and single hyphens between them");
    }
    let intro = centre.intro.trim().to_owned();
    if !intro.is_empty() {
        fields.line("intro", &intro, INTRO_MAX);
    }
    let digits = centre.color.strip_prefix('#').unwrap_or_default();
    if digits.len() != 6 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        fields.wrong("color", "invalid", "use a colour such as #0b6e4f");
    }
    if centre.locales.is_empty() || centre.locales.len() > LOCALES_MAX {
        fields.wrong("locales", "invalid", format!("choose 1 to {LOCALES_MAX} languages"));
    }
    let mut locales: Vec<String> = Vec::new();
    for (at, tag) in centre.locales.iter().enumerate() {
        let tag = article::locale(&mut fields, &format!("locales[{at}]"), tag);
        if !locales.contains(&tag) {
            locales.push(tag);
        }
    }
    fields.finish()?;
    let centre = HelpCentre { title, slug, intro, locales, ..centre };
    let (workspace, now, actor, stored) = (caller.workspace, app.now(), caller.actor(), centre.clone());
    app.write(move |tx| {
        Box::pin(async move {
            store::help_centre::set(tx, workspace, &stored).await.map_err(taken)?;
            audit::record(tx, &actor, Note::of(Act::HelpCentreChanged), now).await
        })
    })
    .await?;
    Ok(centre)
}

/// An open help centre in one of its languages.
#[derive(Debug, Clone)]
pub struct Open {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// How it is set up.
    pub centre: HelpCentre,
    /// The language.
    pub locale: String,
}

/// The open help centre of a slug in a language; in its usual one where none is asked for.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or not in this language.
pub async fn open(app: &App, slug: &str, locale: Option<&str>) -> Result<Open> {
    let slug = slug.to_owned();
    let found =
        app.read(move |tx| Box::pin(async move { Ok(store::help_centre::by_slug(tx, &slug).await?) }));
    let (workspace, centre) = found.await?.ok_or(Error::NotFound)?;
    let locale = locale.or(centre.locales.first().map(String::as_str)).unwrap_or_default().to_owned();
    if !centre.locales.contains(&locale) {
        return Err(Error::NotFound);
    }
    Ok(Open { workspace, centre, locale })
}

/// What a help centre has in its language: its categories in their order, and its articles by title.
pub async fn contents(app: &App, open: &Open) -> Result<(Vec<Category>, Vec<PublicTitle>)> {
    let (workspace, locale) = (open.workspace, open.locale.clone());
    let read = app.read(move |tx| {
        Box::pin(async move {
            let categories = store::category::list(tx, workspace).await?;
            Ok((categories, store::article::public(tx, workspace, &locale).await?))
        })
    });
    read.await
}

/// A public article as visitors read it: its words in use.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The words in use.
    pub words: ArticleVersion,
    /// The same in other languages of the help centre.
    pub translations: Vec<Translation>,
}

/// A public article.
///
/// # Errors
/// [`Error::NotFound`] also when it is internal or not in use.
pub async fn shown(app: &App, open: &Open, id: ArticleId) -> Result<Shown> {
    let (workspace, locales) = (open.workspace, open.centre.locales.clone());
    let read = app.read(move |tx| {
        Box::pin(async move {
            let article = store::article::get(tx, workspace, id).await?.filter(is_public);
            let article = article.ok_or(Error::NotFound)?;
            let number = article.published_version.ok_or(Error::NotFound)?;
            let words = store::article::version(tx, workspace, id, number).await?.ok_or(Error::NotFound)?;
            let origin = article.translation_of.unwrap_or(article.id);
            let mut translations = store::article::translations(tx, workspace, origin).await?;
            translations.retain(|one| one.locale != article.locale && locales.contains(&one.locale));
            Ok(Shown { words, translations })
        })
    });
    read.await
}

/// What a visitor looks for, the best first.
///
/// # Errors
/// When the store fails.
pub async fn search(app: &App, open: &Open, q: &str) -> Result<Vec<Found>> {
    let place = Where { public_only: true, locales: vec![open.locale.clone()], ..Where::default() };
    knowledge::find(app, open.workspace, Asker::Anybody, q, &place, 10).await
}

/// A visitor says whether an article helped.
///
/// # Errors
/// [`Error::NotFound`], [`Error::RateLimited`].
pub async fn rate(
    app: &App,
    workspace: WorkspaceId,
    id: ArticleId,
    address: Option<IpAddr>,
    helpful: bool,
) -> Result<()> {
    let visit = Visit { address, ..Visit::default() };
    attempts::count(app, &visit, &format!("verdict on {id}"), Tried::Opinion).await?;
    app.write(move |tx| {
        Box::pin(async move {
            let article = store::article::get(tx, workspace, id).await?.filter(is_public);
            article.ok_or(Error::NotFound)?;
            store::article::rate(tx, workspace, id, helpful).await?;
            Ok(())
        })
    })
    .await
}

fn is_public(article: &Article) -> bool {
    article.state == ArticleState::Published && article.audience == Audience::Public
}

/// A name in addresses that is made from a workspace's name.
fn slug_of(name: &str) -> String {
    let letters = name.to_lowercase();
    let words = letters.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    if slug.is_empty() { "help".to_owned() } else { slug.chars().take(63).collect() }
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique(_) => {
            Error::field("slug", "taken", "another help centre has this address already")
        }
        other => other.into(),
    }
}
