//! Categories of knowledge, and which words mean the same.

use std::collections::{BTreeMap, HashMap};

use model::{Act, Category, CategoryId, EventKind, Ids, Millis, Synonyms, WorkspaceId};
use store::Tx;
use store::category::Group;
use store::event::NewChange;

use crate::audit::{self, Note};
use crate::field::{Fields, NAME_MAX};
use crate::{App, Caller, Error, Result, article};

/// The most categories of a workspace, the most groups of words and the most words of a group.
const CATEGORIES_MAX: usize = 200;
const GROUPS_MAX: usize = 1000;
const WORDS_MAX: usize = 20;

/// All categories in their order.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Category>> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { Ok(store::category::list(tx, workspace).await?) })).await
}

/// Makes a category; it comes last.
///
/// # Errors
/// [`Error::Invalid`] for a name that is wrong or taken, [`Error::Conflict`] past 200 categories.
pub async fn create(app: &App, caller: &Caller, name: &str) -> Result<Category> {
    let name = checked(name)?;
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let id = app.ids.next();
    let made = app.write(move |tx| {
        Box::pin(async move {
            let known = store::category::list(tx, workspace).await?;
            if known.len() >= CATEGORIES_MAX {
                let message = format!("a workspace has at most {CATEGORIES_MAX} categories");
                return Err(Error::Conflict { code: "too_many", message });
            }
            let position = known.last().map_or(1, |last| last.position + 1);
            let category = Category { id, name, position };
            store::category::insert(tx, workspace, &category).await.map_err(taken)?;
            audit::record(tx, &actor, Note::of(Act::CategoryCreated).on(id), now).await?;
            let change = NewChange::of(EventKind::Category, id.0);
            Ok((category, store::event::append(tx, workspace, &[change], now).await?))
        })
    });
    let (category, seq) = made.await?;
    app.bell.events(workspace, seq);
    Ok(category)
}

/// The category of a name, made when it is not there; none when the workspace may have no more.
pub(crate) async fn named(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &Ids,
    name: &str,
    now: Millis,
) -> Result<Option<CategoryId>> {
    let Ok(name) = checked(name) else { return Ok(None) };
    let known = store::category::list(tx, workspace).await?;
    if let Some(one) = known.iter().find(|one| one.name.to_lowercase() == name.to_lowercase()) {
        return Ok(Some(one.id));
    }
    if known.len() >= CATEGORIES_MAX {
        return Ok(None);
    }
    let position = known.last().map_or(1, |last| last.position + 1);
    let category = Category { id: ids.next(), name, position };
    store::category::insert(tx, workspace, &category).await?;
    let change = NewChange::of(EventKind::Category, category.id.0);
    store::event::append(tx, workspace, &[change], now).await?;
    Ok(Some(category.id))
}

/// Changes a category; absent fields stay.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`] as for [`create`].
pub async fn update(
    app: &App,
    caller: &Caller,
    id: CategoryId,
    name: Option<String>,
    position: Option<i64>,
) -> Result<Category> {
    let name = name.map(|name| checked(&name)).transpose()?;
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let known = store::category::list(tx, workspace).await?;
            let before = known.into_iter().find(|one| one.id == id).ok_or(Error::NotFound)?;
            let category = Category {
                id,
                name: name.unwrap_or(before.name),
                position: position.unwrap_or(before.position),
            };
            store::category::update(tx, workspace, &category).await.map_err(taken)?;
            audit::record(tx, &actor, Note::of(Act::CategoryChanged).on(id), now).await?;
            let change = NewChange::of(EventKind::Category, id.0);
            Ok((category, store::event::append(tx, workspace, &[change], now).await?))
        })
    });
    let (category, seq) = changed.await?;
    app.bell.events(workspace, seq);
    Ok(category)
}

/// Removes a category; its articles stay, in none.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(app: &App, caller: &Caller, id: CategoryId) -> Result<()> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            if !store::category::delete(tx, workspace, id).await? {
                return Err(Error::NotFound);
            }
            audit::record(tx, &actor, Note::of(Act::CategoryRemoved).on(id), now).await?;
            let change = NewChange::deleted(EventKind::Category, id.0);
            Ok(store::event::append(tx, workspace, &[change], now).await?)
        })
    });
    app.bell.events(workspace, removed.await?);
    Ok(())
}

/// Groups of words that mean the same to this business.
pub async fn synonyms(app: &App, caller: &Caller) -> Result<Synonyms> {
    let workspace = caller.workspace;
    let read =
        app.read(move |tx| Box::pin(async move { Ok(store::category::synonyms(tx, workspace).await?) }));
    Ok(sorted(read.await?))
}

/// Groups by the language of the questions that they are for.
fn sorted(groups: Vec<Group>) -> Synonyms {
    let mut languages: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for Group { locale, words } in groups {
        languages.entry(locale).or_default().push(words);
    }
    let groups = languages.remove("").unwrap_or_default();
    Synonyms { groups, languages: Some(languages).filter(|languages| !languages.is_empty()) }
}

/// Replaces all groups of words that mean the same; without languages, those for every language alone. What is the same word
/// but for case and accents is one word.
///
/// # Errors
/// [`Error::Invalid`] for a group of fewer than two words or too many, for what has neither letters nor digits, for what is no
/// language, and for a word that stands in two places of one language: it would make one group of two.
pub async fn set_synonyms(app: &App, caller: &Caller, synonyms: Synonyms) -> Result<Synonyms> {
    let mut fields = Fields::new();
    let keeps = synonyms.languages.is_none();
    let all = groups_of(&mut fields, synonyms);
    if all.len() > GROUPS_MAX {
        fields.wrong("groups", "too_many", format!("use at most {GROUPS_MAX} groups"));
    }
    let mut clean: Vec<Group> = Vec::with_capacity(all.len());
    let mut known: HashMap<(String, Vec<String>), usize> = HashMap::new();
    for (number, (path, Group { locale, words })) in all.into_iter().enumerate().take(GROUPS_MAX) {
        if !(2..=WORDS_MAX).contains(&words.len()) {
            fields.wrong(&path, "invalid", format!("a group has 2 to {WORDS_MAX} words"));
            continue;
        }
        let words: Vec<String> = words.iter().map(|word| fields.line(&path, word, NAME_MAX)).collect();
        for word in words.iter().filter(|word| !word.is_empty()) {
            let keys = ai::keys(word);
            // What is for every language comes first, and stands beside that of each.
            let general = known.get(&(String::new(), keys.clone())).copied().filter(|_| !locale.is_empty());
            if keys.is_empty() {
                fields.wrong(&path, "invalid", format!("“{word}” has neither letters nor digits"));
            } else if let Some(other) = known.insert((locale.clone(), keys), number).or(general) {
                let message = match other == number {
                    true => format!("“{word}” stands here twice"),
                    false => format!("“{word}” stands in group {} too: put them into one", other + 1),
                };
                fields.wrong(&path, "taken", message);
            }
        }
        clean.push(Group { locale, words });
    }
    fields.finish()?;
    let ids = app.ids.clone();
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let stored = app.write(move |tx| {
        Box::pin(async move {
            if keeps {
                let before = store::category::synonyms(tx, workspace).await?;
                clean.extend(before.into_iter().filter(|group| !group.locale.is_empty()));
            }
            let ids: Vec<i64> = clean.iter().map(|_| ids.next_raw()).collect();
            store::category::set_synonyms(tx, workspace, &ids, &clean).await?;
            audit::record(tx, &actor, Note::of(Act::CategoryChanged).on("synonyms"), now).await?;
            Ok(clean)
        })
    });
    Ok(sorted(stored.await?))
}

/// All groups in their order, each with the place at which it was written.
fn groups_of(fields: &mut Fields, synonyms: Synonyms) -> Vec<(String, Group)> {
    let general = synonyms.groups.into_iter().enumerate();
    let mut all: Vec<(String, Group)> = general
        .map(|(at, words)| (format!("groups[{at}]"), Group { locale: String::new(), words }))
        .collect();
    for (tag, groups) in synonyms.languages.unwrap_or_default() {
        let path = format!("languages.{tag}");
        let locale = article::locale(fields, &path, &tag);
        let of = |(at, words)| (format!("{path}[{at}]"), Group { locale: locale.clone(), words });
        all.extend(groups.into_iter().enumerate().map(of));
    }
    all
}

fn checked(name: &str) -> Result<String> {
    let mut fields = Fields::new();
    let name = fields.line("name", name, NAME_MAX);
    fields.finish()?;
    Ok(name)
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique(_) => Error::field("name", "taken", "another category has this name already"),
        other => other.into(),
    }
}
