//! What customers may want of a business: intents with examples, what is learned from them in the background, and what is
//! understood of a text.
//!
//! A change that has to be learned queues a job in its transaction ([`training`]). Until that is done, and on every node, what
//! was accepted counts beside the model in use ([`recognise`]).

pub mod example;
mod meaning;
pub mod recognise;
pub mod training;

use model::{Act, EventKind, Intent, IntentAnswer, IntentId, WorkspaceId};
use store::Tx;
use store::event::NewChange;
use store::intent::Step;

use crate::audit::{self, Note};
use crate::field::{Fields, NAME_MAX};
use crate::{App, Caller, Error, Result};

/// The most intents of a workspace.
const INTENTS_MAX: usize = 500;
/// The most characters of a description, of an answer, and the most languages of an answer.
const DESCRIPTION_MAX: usize = 1000;
const ANSWER_MAX: usize = 4000;
const LANGUAGES_MAX: usize = 30;

/// An intent to be written.
#[derive(Debug, Clone)]
pub struct NewIntent {
    /// What it is called.
    pub name: String,
    /// What belongs to it.
    pub description: String,
    /// What the bot does about it.
    pub answer: IntentAnswer,
    /// Whether it is recognised.
    pub enabled: bool,
}

/// What to change of an intent; absent fields stay.
#[derive(Debug, Clone, Default)]
pub struct IntentEdit {
    /// Another name.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Another answer.
    pub answer: Option<IntentAnswer>,
    /// Whether it is recognised.
    pub enabled: Option<bool>,
}

/// All intents by name.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Intent>> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { Ok(store::intent::list(tx, workspace).await?) })).await
}

/// Writes an intent; it has no examples yet.
///
/// # Errors
/// [`Error::Invalid`] for a name that is wrong or taken and an answer that refers to nothing, [`Error::Conflict`] past 500.
pub async fn create(app: &App, caller: &Caller, new: NewIntent) -> Result<Intent> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let mut fields = Fields::new();
    let intent = Intent {
        id: app.ids.next(),
        name: fields.line("name", &new.name, NAME_MAX),
        description: description(&mut fields, &new.description),
        answer: answer(&mut fields, new.answer),
        enabled: new.enabled,
        examples: 0,
        waiting: 0,
        created_at: now,
        updated_at: now,
    };
    fields.finish()?;
    let made = app.write(move |tx| {
        Box::pin(async move {
            if store::intent::list(tx, workspace).await?.len() >= INTENTS_MAX {
                let message = format!("a workspace has at most {INTENTS_MAX} intents");
                return Err(Error::Conflict { code: "too_many", message });
            }
            must_refer(tx, workspace, &intent.answer).await?;
            store::intent::insert(tx, workspace, &intent).await.map_err(|error| match error {
                store::Error::Unique(_) => taken(),
                other => other.into(),
            })?;
            audit::record(tx, &actor, Note::of(Act::IntentCreated).on(intent.id), now).await?;
            let change = NewChange::of(EventKind::Intent, intent.id.0);
            Ok((intent, store::event::append(tx, workspace, &[change], now).await?))
        })
    });
    let (intent, seq) = made.await?;
    app.bell.events(workspace, seq);
    Ok(intent)
}

/// Changes an intent.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`] as for [`create`].
pub async fn update(app: &App, caller: &Caller, id: IntentId, edit: IntentEdit) -> Result<Intent> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let mut fields = Fields::new();
    let name = edit.name.map(|name| fields.line("name", &name, NAME_MAX));
    let text = edit.description.map(|text| description(&mut fields, &text));
    let does = edit.answer.map(|one| answer(&mut fields, one));
    fields.finish()?;
    let ids = app.ids.clone();
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let before = store::intent::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            if let Some(does) = &does {
                must_refer(tx, workspace, does).await?;
            }
            let intent = Intent {
                name: name.unwrap_or(before.name),
                description: text.unwrap_or(before.description),
                answer: does.unwrap_or(before.answer),
                enabled: edit.enabled.unwrap_or(before.enabled),
                updated_at: now,
                ..before
            };
            let learn = intent.enabled != before.enabled;
            let step = if learn { Step::Learn } else { Step::Told };
            if !store::intent::update(tx, workspace, &intent, step).await? {
                return Err(taken());
            }
            if learn {
                training::queue(tx, workspace, &ids, now).await?;
            }
            audit::record(tx, &actor, Note::of(Act::IntentChanged).on(id), now).await?;
            let change = NewChange::of(EventKind::Intent, id.0);
            Ok((intent, store::event::append(tx, workspace, &[change], now).await?))
        })
    });
    let (intent, seq) = changed.await?;
    app.bell.events(workspace, seq);
    Ok(intent)
}

/// Removes an intent with its examples.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(app: &App, caller: &Caller, id: IntentId) -> Result<()> {
    let (workspace, now, actor, ids) = (caller.workspace, app.now(), caller.actor(), app.ids.clone());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            if !store::intent::delete(tx, workspace, id).await? {
                return Err(Error::NotFound);
            }
            training::queue(tx, workspace, &ids, now).await?;
            audit::record(tx, &actor, Note::of(Act::IntentRemoved).on(id), now).await?;
            let change = NewChange::deleted(EventKind::Intent, id.0);
            Ok(store::event::append(tx, workspace, &[change], now).await?)
        })
    });
    app.bell.events(workspace, removed.await?);
    Ok(())
}

/// Whether corrections count without being accepted.
pub async fn automatic(app: &App, caller: &Caller) -> Result<bool> {
    let workspace = caller.workspace;
    let learning =
        app.read(move |tx| Box::pin(async move { Ok(store::intent::learning(tx, workspace).await?) }));
    Ok(learning.await?.unwrap_or_default().automatic)
}

/// Says whether they do.
pub async fn set_automatic(app: &App, caller: &Caller, automatic: bool) -> Result<()> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            if store::intent::set_automatic(tx, workspace, automatic).await? {
                let detail = serde_json::json!({ "automatic": automatic });
                audit::record(tx, &actor, Note::of(Act::IntentChanged).with(&detail), now).await?;
            }
            Ok(())
        })
    })
    .await
}

fn description(fields: &mut Fields, text: &str) -> String {
    // It may be empty.
    if text.trim().is_empty() { String::new() } else { fields.text("description", text, DESCRIPTION_MAX) }
}

/// An answer as it is kept.
fn answer(fields: &mut Fields, answer: IntentAnswer) -> IntentAnswer {
    let IntentAnswer::Say { texts } = answer else { return answer };
    if texts.is_empty() || texts.len() > LANGUAGES_MAX {
        fields.wrong("answer", "invalid", format!("write the answer in 1 to {LANGUAGES_MAX} languages"));
    }
    let mut kept = std::collections::BTreeMap::new();
    for (tag, text) in texts {
        match ai::language::Language::from_tag(&tag) {
            Some(language) => {
                kept.insert(language.tag().to_owned(), fields.text("answer", &text, ANSWER_MAX));
            }
            None => fields.wrong("answer", "unknown", format!("{tag:?} is no language that the bot knows")),
        }
    }
    IntentAnswer::Say { texts: kept }
}

/// Refuses an answer that refers to something that is not there.
async fn must_refer(tx: &mut Tx, workspace: WorkspaceId, answer: &IntentAnswer) -> Result<()> {
    let there = match answer {
        IntentAnswer::Article { article_id } => {
            store::article::get(tx, workspace, *article_id).await?.is_some()
        }
        IntentAnswer::HandOver { team_id: Some(team) } => {
            store::team::list(tx, workspace).await?.iter().any(|one| one.id == *team)
        }
        IntentAnswer::Say { .. } | IntentAnswer::HandOver { team_id: None } => true,
    };
    if there { Ok(()) } else { Err(Error::field("answer", "unknown", "choose something that is there")) }
}

fn taken() -> Error {
    Error::field("name", "taken", "another intent has this name already")
}
