//! What is done about an intent that was recognised.

use std::collections::BTreeMap;

use ai::language::Language;
use model::{IntentAnswer, TeamId, WorkspaceId};

use crate::intent::recognise::Recognised;
use crate::knowledge::{self, Found};
use crate::{App, Result};

/// What is done.
pub(super) enum Intended {
    /// This is said.
    Say(String),
    /// This is told, with its source.
    Tell(Box<Found>),
    /// People do it, of a team where there is one.
    HandOver(Option<TeamId>),
}

/// What is done about what was recognised; `None` when that is nothing, or its article is out of use.
pub(super) async fn intended(
    app: &App,
    workspace: WorkspaceId,
    known: Option<Recognised>,
    question: &str,
    language: Language,
) -> Result<Option<Intended>> {
    let Some(known) = known else { return Ok(None) };
    Ok(match &known.intent.answer {
        IntentAnswer::Say { texts } => in_language(texts, language).cloned().map(Intended::Say),
        IntentAnswer::Article { article_id } => {
            let found = knowledge::told(app, workspace, *article_id, question).await?;
            found.map(|found| Intended::Tell(Box::new(found)))
        }
        IntentAnswer::HandOver { team_id } => Some(Intended::HandOver(*team_id)),
    })
}

/// A stored answer in a language, else in English, else in the first that it is written in.
fn in_language(texts: &BTreeMap<String, String>, language: Language) -> Option<&String> {
    let of = |language: Language| texts.get(language.tag());
    of(language).or_else(|| of(Language::En)).or_else(|| texts.values().next())
}
