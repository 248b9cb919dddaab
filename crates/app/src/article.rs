//! Pieces of knowledge: written as drafts, put into use by publishing, kept in every version.

use model::{
    Act, AgentId, Article, ArticleId, ArticleKind, ArticleState, ArticleVersion, Audience, CategoryId,
    EventKind, Millis, WorkspaceId,
};
use store::article::Filter;
use store::event::NewChange;
use store::{Page, Tx};

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result};

/// The most characters of a title or a question.
pub const LINE_MAX: usize = 300;
/// The most characters of a text.
pub const BODY_MAX: usize = 200_000;
/// The most further questions of an article.
pub const QUESTIONS_MAX: usize = 100;
/// The most articles of a workspace: what is asked of each search must stay small.
pub const ARTICLES_MAX: i64 = 50_000;

/// An article to be made.
#[derive(Debug, Clone)]
pub struct NewArticle {
    /// What form it has.
    pub kind: ArticleKind,
    /// Who may be answered from it.
    pub audience: Audience,
    /// Its language (BCP 47).
    pub locale: String,
    /// What it is about; of an answer, its first question.
    pub title: String,
    /// The text, in Markdown.
    pub body: String,
    /// Other ways in which people ask for it.
    pub questions: Vec<String>,
    /// Where it is sorted.
    pub category_id: Option<CategoryId>,
    /// The piece in another language that says the same.
    pub translation_of: Option<ArticleId>,
    /// Who sees to it that it stays true.
    pub owner_id: Option<AgentId>,
    /// When somebody should look whether it is still true.
    pub review_at: Option<Millis>,
    /// Whether it is put into use at once.
    pub publish: bool,
}

/// What to change of an article; absent fields stay, `Some(None)` empties one.
#[derive(Debug, Clone, Default)]
pub struct ArticleChange {
    /// Who may be answered from it.
    pub audience: Option<Audience>,
    /// Its language.
    pub locale: Option<String>,
    /// What it is about.
    pub title: Option<String>,
    /// The text.
    pub body: Option<String>,
    /// Other ways in which people ask for it.
    pub questions: Option<Vec<String>>,
    /// Where it is sorted.
    pub category_id: Option<Option<CategoryId>>,
    /// The piece in another language that says the same.
    pub translation_of: Option<Option<ArticleId>>,
    /// Who sees to it that it stays true.
    pub owner_id: Option<Option<AgentId>>,
    /// When somebody should look whether it is still true.
    pub review_at: Option<Option<Millis>>,
}

/// Articles of the workspace, those changed last first.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: Filter,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<Article>> {
    let workspace = caller.workspace;
    let listed = app.read(move |tx| {
        Box::pin(
            async move { Ok(store::article::list(tx, workspace, &filter, cursor.as_deref(), limit).await?) },
        )
    });
    listed.await
}

/// An article.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(app: &App, caller: &Caller, id: ArticleId) -> Result<Article> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { found(tx, workspace, id).await })).await
}

/// The versions of an article before a number, the newest first; at most 50.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn versions(
    app: &App,
    caller: &Caller,
    id: ArticleId,
    before: Option<i64>,
) -> Result<Vec<ArticleVersion>> {
    let workspace = caller.workspace;
    let read = app.read(move |tx| {
        Box::pin(async move {
            found(tx, workspace, id).await?;
            Ok(store::article::versions(tx, workspace, id, before.unwrap_or(i64::MAX), 50).await?)
        })
    });
    read.await
}

/// Writes an article, as a draft or at once into use.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields and for a category, owner or translation that is not there.
pub async fn create(app: &App, caller: &Caller, new: NewArticle) -> Result<Article> {
    let now = app.now();
    let article = Article {
        id: app.ids.next(),
        kind: new.kind,
        state: if new.publish { ArticleState::Published } else { ArticleState::Draft },
        audience: new.audience,
        locale: new.locale,
        title: new.title,
        body: new.body,
        questions: new.questions,
        category_id: new.category_id,
        translation_of: new.translation_of,
        owner_id: new.owner_id.or(Some(caller.agent.id)),
        review_at: new.review_at,
        source: None,
        taken_at: None,
        version: 1,
        published_version: new.publish.then_some(1),
        helpful: 0,
        unhelpful: 0,
        created_at: now,
        updated_at: now,
    };
    let article = checked(article)?;
    let (workspace, row) = (caller.workspace, article.clone());
    let (actor, me) = (caller.actor(), caller.agent.id);
    let made = app.write(move |tx| {
        Box::pin(async move {
            refers(tx, workspace, &row).await?;
            room(tx, workspace, 1).await?;
            store::article::insert(tx, workspace, &row, Some(me)).await?;
            audit::record(tx, &actor, Note::of(Act::ArticleCreated).on(row.id), now).await?;
            if row.published_version.is_some() {
                audit::record(tx, &actor, Note::of(Act::ArticlePublished).on(row.id), now).await?;
            }
            tell(tx, workspace, row.id, false, now).await
        })
    });
    app.bell.events(workspace, made.await?);
    Ok(article)
}

/// Changes an article. New words are a new version, a draft until they are published; everything else holds at once.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`] as for [`create`].
pub async fn update(app: &App, caller: &Caller, id: ArticleId, change: ArticleChange) -> Result<Article> {
    act(app, caller, id, Act::ArticleChanged, move |article| {
        let ArticleChange { audience, locale, title, body, questions, .. } = change;
        article.audience = audience.unwrap_or(article.audience);
        if let Some(locale) = locale {
            article.locale = locale;
        }
        article.category_id = change.category_id.unwrap_or(article.category_id);
        article.translation_of = change.translation_of.unwrap_or(article.translation_of);
        article.owner_id = change.owner_id.unwrap_or(article.owner_id);
        article.review_at = change.review_at.unwrap_or(article.review_at);
        if let Some(title) = title {
            article.title = title;
        }
        if let Some(body) = body {
            article.body = body;
        }
        if let Some(questions) = questions {
            article.questions = questions;
        }
        Ok(())
    })
    .await
}

/// Puts the newest words into use.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn publish(app: &App, caller: &Caller, id: ArticleId) -> Result<Article> {
    act(app, caller, id, Act::ArticlePublished, |article| {
        article.state = ArticleState::Published;
        article.published_version = Some(article.version);
        Ok(())
    })
    .await
}

/// Takes an article out of use; it can be published again.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn archive(app: &App, caller: &Caller, id: ArticleId) -> Result<Article> {
    act(app, caller, id, Act::ArticleArchived, |article| {
        article.state = ArticleState::Archived;
        Ok(())
    })
    .await
}

/// Makes the words of an earlier version the newest ones, as a new version; it is published as any other.
///
/// # Errors
/// [`Error::NotFound`] when there is no such article or version.
pub async fn restore(app: &App, caller: &Caller, id: ArticleId, version: i64) -> Result<Article> {
    let workspace = caller.workspace;
    let read = app.read(move |tx| {
        Box::pin(async move { Ok(store::article::version(tx, workspace, id, version).await?) })
    });
    let earlier = read.await?.ok_or(Error::NotFound)?;
    let change = ArticleChange {
        title: Some(earlier.title),
        body: Some(earlier.body),
        questions: Some(earlier.questions),
        ..ArticleChange::default()
    };
    update(app, caller, id, change).await
}

/// Removes an article with all its versions.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(app: &App, caller: &Caller, id: ArticleId) -> Result<()> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            if !store::article::remove(tx, workspace, id, now).await? {
                return Err(Error::NotFound);
            }
            audit::record(tx, &actor, Note::of(Act::ArticleRemoved).on(id), now).await?;
            tell(tx, workspace, id, true, now).await
        })
    });
    app.bell.events(workspace, removed.await?);
    Ok(())
}

/// Does something with an article and writes down what came of it.
async fn act<F>(app: &App, caller: &Caller, id: ArticleId, act: Act, work: F) -> Result<Article>
where
    F: FnOnce(&mut Article) -> Result<()> + Send + 'static,
{
    let (workspace, now) = (caller.workspace, app.now());
    let (actor, me) = (caller.actor(), caller.agent.id);
    let done = app.write(move |tx| {
        Box::pin(async move {
            let before = found(tx, workspace, id).await?;
            let mut article = before.clone();
            work(&mut article)?;
            let mut article = checked(article)?;
            let words = words(&article) != words(&before);
            if words {
                article.version += 1;
            }
            if article == before {
                return Ok((article, None));
            }
            refers(tx, workspace, &article).await?;
            article.updated_at = now;
            store::article::update(tx, workspace, &article, words, Some(me)).await?;
            audit::record(tx, &actor, Note::of(act).on(id), now).await?;
            let seq = tell(tx, workspace, id, false, now).await?;
            Ok((article, Some(seq)))
        })
    });
    let (article, seq) = done.await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(article)
}

fn words(article: &Article) -> (&str, &str, &[String]) {
    (&article.title, &article.body, &article.questions)
}

async fn found(tx: &mut Tx, workspace: WorkspaceId, id: ArticleId) -> Result<Article> {
    store::article::get(tx, workspace, id).await?.ok_or(Error::NotFound)
}

/// Whether more articles may be made.
pub(crate) async fn room(tx: &mut Tx, workspace: WorkspaceId, more: i64) -> Result<()> {
    if store::article::count(tx, workspace).await? + more > ARTICLES_MAX {
        let message = format!("a workspace has at most {ARTICLES_MAX} articles; remove some first");
        return Err(Error::Conflict { code: "too_many", message });
    }
    Ok(())
}

/// Whether what an article refers to is there.
async fn refers(tx: &mut Tx, workspace: WorkspaceId, article: &Article) -> Result<()> {
    let mut fields = Fields::new();
    if let Some(category) = article.category_id {
        let known = store::category::list(tx, workspace).await?;
        if !known.iter().any(|one| one.id == category) {
            fields.wrong("category_id", "unknown", "there is no such category");
        }
    }
    if let Some(owner) = article.owner_id
        && store::agent::get(tx, workspace, owner).await?.is_none()
    {
        fields.wrong("owner_id", "unknown", "there is no such colleague");
    }
    if let Some(other) = article.translation_of
        && (other == article.id || store::article::get(tx, workspace, other).await?.is_none())
    {
        fields.wrong("translation_of", "unknown", "there is no such other article");
    }
    fields.finish()
}

/// An article whose fields are as they may be.
pub(crate) fn checked(article: Article) -> Result<Article> {
    let mut fields = Fields::new();
    let title = fields.line("title", &article.title, LINE_MAX);
    let body = fields.text("body", &article.body, BODY_MAX);
    let locale = locale(&mut fields, "locale", &article.locale);
    if article.questions.len() > QUESTIONS_MAX {
        fields.wrong("questions", "too_many", format!("use at most {QUESTIONS_MAX} questions"));
    }
    let questions = article.questions.iter().enumerate();
    let questions = questions
        .filter(|(_, question)| !question.trim().is_empty())
        .map(|(at, question)| fields.line(&format!("questions[{at}]"), question, LINE_MAX))
        .collect();
    fields.finish()?;
    Ok(Article { title, body, locale, questions, ..article })
}

/// A language tag (BCP 47) in its usual writing; only its form is checked.
pub(crate) fn locale(fields: &mut Fields, path: &str, tag: &str) -> String {
    let mut parts = tag.trim().split(['-', '_']).enumerate().map(|(at, part)| match (at, part.len()) {
        (0, _) => part.to_lowercase(),
        (_, 2) => part.to_uppercase(),
        (_, 4) => part[..1].to_uppercase() + &part[1..].to_lowercase(),
        _ => part.to_lowercase(),
    });
    let good = |part: &str| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    if !tag.is_ascii() || !tag.trim().split(['-', '_']).all(good) || tag.len() > 35 {
        fields.wrong(path, "invalid", "use a language tag such as en or zh-CN");
        return String::new();
    }
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |tag, part| format!("{tag}-{part}"))
}

pub(crate) async fn tell(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ArticleId,
    deleted: bool,
    now: Millis,
) -> Result<i64> {
    let change = NewChange { deleted, ..NewChange::of(EventKind::Article, id.0) };
    Ok(store::event::append(tx, workspace, &[change], now).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_tag_is_written_as_usual() {
        let mut fields = Fields::new();
        for (given, expected) in [("EN", "en"), ("zh_cn", "zh-CN"), ("zh-hant-tw", "zh-Hant-TW")] {
            assert_eq!(locale(&mut fields, "locale", given), expected);
        }
        assert!(fields.finish().is_ok());
        for wrong in ["", "x", "en--US", "english language", "日本", "a-b"] {
            let mut fields = Fields::new();
            locale(&mut fields, "locale", wrong);
            assert!(fields.finish().is_err(), "{wrong:?} was taken");
        }
    }
}
