//! Answers in the model's words from what the business published, where every sentence is supported by it.

use std::time::Duration;

use ai::language::Language;
use ai::prompt::grounded::{PASSAGES, Passage, ask, take};
use ai::prompt::veil::Veil;
use model::WorkspaceId;

use super::chat::Patience;
use super::{Silent, Spender, access, name_of};
use crate::knowledge::{self, Found, Where};
use crate::{App, Result};

/// How long a customer waits for a better answer.
const PATIENCE: Patience = Patience { pause: Duration::from_secs(10), whole: Duration::from_secs(30) };
/// The most tokens of an answer.
const LIMIT: u32 = 800;
/// How much of the doubt whether the knowledge has the answer goes when a model read the passages, found it there, and what
/// it wrote was found there too. Set by hand; trying the bot on the past shows what comes of it.
const READ: f32 = 0.6;

/// An answer.
#[derive(Debug)]
pub(crate) struct Worded {
    /// What it says.
    pub(crate) text: String,
    /// What it was taken from, the first used first.
    pub(crate) from: Vec<Found>,
    /// How likely it is right.
    pub(crate) likely: f32,
}

/// How likely an answer is right that a model finds and its passages support, where the knowledge alone has it with `found`.
pub(crate) fn likely(found: f32) -> f32 {
    found + (1.0 - found) * READ
}

/// An answer in a language, `found` likely by the knowledge alone; `None` where no model is used, it has none, or what it says
/// is not supported. A model that fails or has nothing left to spend is no error: the knowledge answers without it.
///
/// # Errors
/// When the store is away.
pub(crate) async fn answer(
    app: &App,
    workspace: WorkspaceId,
    spender: Spender,
    question: &str,
    language: Language,
    found: f32,
) -> Result<Option<Worded>> {
    let Some(access) = access(app, workspace).await? else { return Ok(None) };
    if !access.model.may_answer() || app.model_failures.rests(workspace) {
        return Ok(None);
    }
    let place = Where { public_only: true, ..Where::default() };
    let passages = knowledge::find(app, workspace, spender.into(), question, &place, PASSAGES).await?;
    if passages.is_empty() {
        return Ok(None);
    }
    let mut veil = Veil::default();
    let name = name_of(app, workspace, spender.contact()).await?;
    let names: Vec<&str> = name.as_deref().into_iter().collect();
    let question = veil.cover(question, &names);
    let shown: Vec<Passage<'_>> =
        passages.iter().map(|one| Passage { title: &one.title, text: &one.text }).collect();
    let prompt = ask(&question, &shown, language);
    let said = super::ask(app, workspace, &access, spender, &prompt, (LIMIT, PATIENCE)).await?;
    if said != Err(Silent::Spent) {
        app.model_failures.note(workspace, said.is_err());
    }
    let Ok(reply) = said else { return Ok(None) };
    match take(&reply, &question, &shown) {
        Ok(Some(answer)) if !veil.is_on(&answer.text) => {
            let from = answer.passages.iter().filter_map(|place| passages.get(*place).cloned()).collect();
            Ok(Some(Worded { text: answer.text, from, likely: likely(found) }))
        }
        Ok(_) => Ok(None),
        Err(rejected) => {
            // What it wrote is not for the log: it may repeat what the customer said.
            tracing::info!(%workspace, why = rejected.code(), "an answer of the language model was not used");
            Ok(None)
        }
    }
}
