//! Looks whether a model's server works, and what it understands. Servers that follow OpenAI's API follow different parts of
//! it, and refuse with 400 or 422 what they do not know.

use std::time::Duration;

use ai::prompt::Prompt;
use model::{LanguageModel, ModelAbilities};
use serde::{Deserialize, Serialize};

use super::chat::{Failed, Patience, Server, chat, request};
use super::{Access, access, none_chosen};
use crate::{App, Caller, Result};

/// How long an administrator waits for each answer: a model may have to be loaded first.
const PATIENCE: Patience = Patience { pause: Duration::from_secs(60), whole: Duration::from_secs(90) };
/// How many tokens a try may take: models that think need some before they say anything.
const LIMIT: u32 = 256;
/// How many names of models are told.
const NAMES: usize = 200;

/// What came of looking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = LanguageModelTested)]
pub struct Tested {
    /// The models that the server names; empty where it names none.
    pub models: Vec<String>,
    /// The model as it is now.
    pub model: LanguageModel,
    /// What is wrong, in words; `null` when it can be used.
    pub problem: Option<String>,
}

#[derive(Deserialize)]
struct Models {
    data: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// Looks whether the model works, and keeps what its server understands.
///
/// # Errors
/// [`crate::Error::Conflict`] where none was chosen.
pub async fn test(app: &App, caller: &Caller) -> Result<Tested> {
    let workspace = caller.workspace;
    let mut access = access(app, workspace).await?.ok_or_else(none_chosen)?;
    let models = names(app, access.server()).await;
    if let Err(failed) = able(app, &mut access).await {
        return Ok(Tested { models, model: access.model, problem: Some(failed.to_string()) });
    }
    access.model.checked_at = Some(app.now());
    let kept = access.model.clone();
    let kept = app.write(move |tx| {
        Box::pin(async move { Ok(store::language_model::checked(tx, workspace, &kept).await?) })
    });
    if !kept.await? {
        return Err(none_chosen());
    }
    app.model_failures.note(workspace, false);
    Ok(Tested { models, model: access.model, problem: None })
}

/// The models that a server names; none where it names none.
pub(crate) async fn names(app: &App, server: Server<'_>) -> Vec<String> {
    let asked = app.egress.open(&request(server, "GET", "models", None), &app.files, PATIENCE.whole).await;
    let Ok(opened) = asked else { return Vec::new() };
    let body = if opened.status == 200 { opened.document().await.unwrap_or_default() } else { Vec::new() };
    let named = serde_json::from_slice::<Models>(&body).map(|models| models.data).unwrap_or_default();
    named.into_iter().take(NAMES).map(|one| ai::prompt::visible(&one.id, 200)).collect()
}

/// Tries one thing after the other; what the server refuses is left out from then on.
async fn able(app: &App, access: &mut Access) -> std::result::Result<(), Failed> {
    access.model.abilities = ModelAbilities::default();
    if let Err(failed) = says(app, access).await {
        access.model.abilities.newer_limit = true;
        match (says(app, access).await, failed) {
            (Ok(()), _) => {}
            // What it said first is nearer to what is wrong.
            (Err(_), first) => return Err(first),
        }
    }
    let set: [fn(&mut ModelAbilities, bool); 3] = [
        |abilities, on| abilities.temperature = on,
        |abilities, on| abilities.json = on,
        |abilities, on| abilities.streams = on,
    ];
    for set in set {
        set(&mut access.model.abilities, true);
        match says(app, access).await {
            Ok(()) => {}
            Err(Failed::Unanswered(why)) => return Err(Failed::Unanswered(why)),
            Err(Failed::Refused { .. } | Failed::Form) => set(&mut access.model.abilities, false),
        }
    }
    Ok(())
}

/// Whether the server answers a request in the present form.
async fn says(app: &App, access: &Access) -> std::result::Result<(), Failed> {
    let prompt = Prompt {
        instructions: "Reply with the JSON object {\"ready\": true} and nothing else.".to_owned(),
        data: "{\"question\": \"Are you ready?\"}".to_owned(),
    };
    chat(app, access, &prompt, LIMIT, PATIENCE).await.map(drop)
}
