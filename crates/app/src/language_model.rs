//! The language model that a workspace may choose: where it is, what it may be used for, and how much of it. Nothing needs
//! one: the bot answers and agents work without.
//!
//! Whatever goes to a model is [veiled](ai::prompt::veil) first, whatever comes back is checked before it is used, and
//! tokens are taken from the day's budget before each call. A model is given no tools: it can do nothing but write.

pub(crate) mod budget;
pub(crate) mod chat;
pub(crate) mod grounded;
pub(crate) mod probe;
mod rewrite;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ai::prompt::Prompt;
use model::{Act, ContactId, LanguageModel, ModelAbilities, Secret, WorkspaceId};
use moka::sync::Cache;
use serde::Serialize;
use serde_json::json;
use url::Url;

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result};

use chat::{Patience, chat};

pub(crate) use budget::Spender;
pub use probe::{Tested, test};
pub use rewrite::{Change, rewrite, translate};

/// The most characters of an address, a name and a key.
const TEXT_MAX: usize = 500;
/// After so many failures in a row questions go without the model.
const FAILURES: u32 = 3;
/// For so long.
const PAUSE: Duration = Duration::from_secs(60);

/// Which workspaces' models failed lately, and how often in a row.
pub(crate) struct Failures(Cache<WorkspaceId, Arc<AtomicU32>>);

impl Default for Failures {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(PAUSE).build())
    }
}

impl Failures {
    pub(crate) fn rests(&self, workspace: WorkspaceId) -> bool {
        self.0.get(&workspace).is_some_and(|count| count.load(Ordering::Relaxed) >= FAILURES)
    }

    pub(crate) fn note(&self, workspace: WorkspaceId, failed: bool) {
        if failed {
            self.0.get_with(workspace, Arc::default).fetch_add(1, Ordering::Relaxed);
        } else {
            self.0.invalidate(&workspace);
        }
    }
}

/// A model with what is shown to its server.
struct Access {
    model: LanguageModel,
    key: Option<Secret<String>>,
}

async fn access(app: &App, workspace: WorkspaceId) -> Result<Option<Access>> {
    let read = app.read(move |tx| {
        Box::pin(async move {
            let Some(model) = store::language_model::get(tx, workspace).await? else { return Ok(None) };
            Ok(Some(Access { model, key: store::language_model::key(tx, workspace).await? }))
        })
    });
    read.await
}

/// The name of a customer, which no model sees.
pub(crate) async fn name_of(app: &App, workspace: WorkspaceId, contact: ContactId) -> Result<Option<String>> {
    let read =
        app.read(move |tx| Box::pin(async move { Ok(store::contact::get(tx, workspace, contact).await?) }));
    Ok(read.await?.map(|contact| contact.name))
}

/// Why a model says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silent {
    /// What it may use today is used.
    Spent,
    /// Its server failed.
    Failed,
}

/// Asks a model for a reply of at most `limit` tokens, within the budgets. Why there is none stands in the log.
///
/// # Errors
/// When the store is away.
async fn ask(
    app: &App,
    workspace: WorkspaceId,
    access: &Access,
    spender: Spender,
    prompt: &Prompt,
    (limit, patience): (u32, Patience),
) -> Result<std::result::Result<String, Silent>> {
    let tokens = budget::estimate(prompt.instructions.len() + prompt.data.len(), limit);
    let Some(taken) = budget::take(app, workspace, access, spender, tokens).await? else {
        tracing::warn!(%workspace, "the language model's budget for today is spent");
        return Ok(Err(Silent::Spent));
    };
    let reply = match chat(app, access, prompt, limit, patience).await {
        Ok(reply) => reply,
        Err(failed) => {
            tracing::warn!(%workspace, %failed, "the language model did not answer");
            return Ok(Err(Silent::Failed));
        }
    };
    if let Some(used) = reply.tokens {
        budget::settle(app, taken, used).await?;
    }
    Ok(Ok(reply.text))
}

/// What is chosen, and how much was used today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Chosen {
    /// The model; `null` where none was chosen.
    pub model: Option<LanguageModel>,
    /// How many tokens were used today (UTC).
    pub used_today: i64,
}

/// The model and how much of it was used today.
pub async fn get(app: &App, caller: &Caller) -> Result<Chosen> {
    let (workspace, day) = (caller.workspace, budget::day(app.now()));
    let read = app.read(move |tx| {
        Box::pin(async move {
            let model = store::language_model::get(tx, workspace).await?;
            Ok(Chosen { model, used_today: store::language_model::used(tx, workspace, day).await? })
        })
    });
    read.await
}

/// What a language model may do for agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Assistance {
    /// Whether texts can be rewritten and translated.
    pub available: bool,
    /// Into which languages (BCP 47).
    pub languages: Vec<&'static str>,
}

/// What the model may do for agents now.
pub async fn assistance(app: &App, caller: &Caller) -> Result<Assistance> {
    let access = access(app, caller.workspace).await?;
    let available = access.is_some_and(|access| access.model.may_assist());
    let languages =
        if available { ai::language::ALL.map(ai::language::Language::tag).to_vec() } else { Vec::new() };
    Ok(Assistance { available, languages })
}

/// A choice of a model.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The address that the paths of the API are below.
    pub address: String,
    /// The name of the model there.
    pub model: String,
    /// What is shown there; absent: what was shown before, if the address stays.
    pub key: Option<Secret<String>>,
    /// Whether the bot words its answers with it.
    pub answers: bool,
    /// Whether agents may have texts rewritten and translated by it.
    pub assists: bool,
    /// Whether data that it is given leaves the country.
    pub cross_border: bool,
    /// How many tokens it may use in a day altogether.
    pub tokens_a_day: i64,
    /// How many of them for one customer.
    pub tokens_a_contact: i64,
}

/// Where a model of any kind is, as somebody typed it and it is kept.
pub(crate) struct Place {
    /// The address, without a slash at its end.
    pub(crate) address: String,
    /// The name of the model there.
    pub(crate) name: String,
    /// What is shown there, where something was typed.
    pub(crate) key: Option<Secret<String>>,
}

/// Reads where a model is; `path` is what is called below its address. What is wrong goes to `fields`.
pub(crate) fn place(
    app: &App,
    fields: &mut Fields,
    path: &str,
    (address, model, key): (&str, &str, Option<Secret<String>>),
) -> Place {
    let address = fields.line("address", address, TEXT_MAX).trim_end_matches('/').to_owned();
    let name = fields.line("model", model, TEXT_MAX);
    if !address.is_empty() {
        let bare = Url::parse(&address).is_ok_and(|url| url.query().is_none() && url.fragment().is_none());
        if !bare {
            fields.wrong(
                "address",
                "invalid",
                format!("use the address that ends before {path}, such as https://models.example.com/v1"),
            );
        } else if let Err(why) = app.egress.may_call(&address) {
            fields.wrong("address", "invalid", why);
        }
    }
    let key = key.filter(|key| !key.expose().is_empty());
    if key.as_ref().is_some_and(|key| {
        key.expose().chars().count() > TEXT_MAX
            || !key.expose().chars().all(|letter| letter.is_ascii_graphic())
    }) {
        fields.wrong("key", "invalid", format!("use one word of at most {TEXT_MAX} characters"));
    }
    Place { address, name, key }
}

/// Says so where a budget in tokens is out of bounds.
pub(crate) fn budget_fits(fields: &mut Fields, path: &str, tokens: i64) {
    let bounds = LanguageModel::LEAST..=LanguageModel::MOST;
    if !bounds.contains(&tokens) {
        fields.wrong(path, "out_of_range", format!("choose {} to {} tokens", bounds.start(), bounds.end()));
    }
}

/// Chooses a model. It is used once it was seen to work: see [`test`].
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof, [`Error::Invalid`] for wrong fields.
pub async fn set(app: &App, caller: &Caller, draft: Draft) -> Result<LanguageModel> {
    caller.proved(app)?;
    let mut fields = Fields::new();
    let Place { address, name, key } =
        place(app, &mut fields, "/chat/completions", (&draft.address, &draft.model, draft.key));
    for (path, tokens) in [("tokens_a_day", draft.tokens_a_day), ("tokens_a_contact", draft.tokens_a_contact)]
    {
        budget_fits(&mut fields, path, tokens);
    }
    fields.finish()?;
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let chosen = app.write(move |tx| {
        Box::pin(async move {
            let before = store::language_model::get(tx, workspace).await?;
            // A key is for the address that it was given for: nobody draws it out by naming another.
            let stays = before.as_ref().is_some_and(|before| before.address == address);
            let known = before.filter(|before| stays && before.model == name);
            let model = LanguageModel {
                has_key: key.is_some()
                    || (stays && store::language_model::key(tx, workspace).await?.is_some()),
                abilities: known.as_ref().map_or_else(ModelAbilities::default, |known| known.abilities),
                checked_at: known.and_then(|known| known.checked_at).filter(|_| key.is_none()),
                address,
                model: name,
                answers: draft.answers,
                assists: draft.assists,
                cross_border: draft.cross_border,
                tokens_a_day: draft.tokens_a_day,
                tokens_a_contact: draft.tokens_a_contact,
            };
            store::language_model::put(tx, workspace, &model).await?;
            if key.is_some() || !stays {
                store::language_model::set_key(tx, workspace, key.as_ref()).await?;
            }
            let detail = json!({
                "address": model.address, "model": model.model, "answers": model.answers,
                "assists": model.assists, "tokens_a_day": model.tokens_a_day,
            });
            audit::record(tx, &actor, Note::of(Act::LanguageModelChanged).with(&detail), now).await?;
            Ok(model)
        })
    });
    let chosen = chosen.await?;
    app.model_failures.note(workspace, false);
    Ok(chosen)
}

/// Removes the model, with its key and what was noted of its use; nothing is done where none was chosen.
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof.
pub async fn remove(app: &App, caller: &Caller) -> Result<()> {
    if access(app, caller.workspace).await?.is_none() {
        return Ok(());
    }
    caller.proved(app)?;
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            if !store::language_model::delete(tx, workspace).await? {
                return Ok(());
            }
            audit::record(tx, &actor, Note::of(Act::LanguageModelRemoved), now).await
        })
    })
    .await
}

pub(crate) fn refused(code: &'static str, message: &str) -> Error {
    Error::Conflict { code, message: message.to_owned() }
}

fn none_chosen() -> Error {
    refused("no_language_model", "no language model may be used; an administrator sets one up under Settings")
}
