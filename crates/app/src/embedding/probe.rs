//! Looks whether a sentence model works, how many numbers its directions have, and how long it takes.

use std::time::Duration;

use ai::near::APART;
use model::EmbeddingModel;
use serde::Serialize;

use super::source::{Access, access};
use super::{call, none_chosen};
use crate::language_model::chat::Failed;
use crate::language_model::probe::names;
use crate::{App, Caller, Result};

/// How long an administrator waits for each answer: a model may have to be loaded first.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of looking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = EmbeddingModelTested)]
pub struct Tested {
    /// The models that the server names; empty where it names none.
    pub models: Vec<String>,
    /// The model as it is now.
    pub model: EmbeddingModel,
    /// How long it took to say the direction of one text, once it was ready, in milliseconds; `null` when it did not.
    pub took: Option<i64>,
    /// What is wrong, in words; `null` when it can be used.
    pub problem: Option<String>,
}

/// Looks whether the model works, and keeps its dimension. The knowledge is then read by it in the background.
///
/// # Errors
/// [`crate::Error::Conflict`] where none was chosen.
pub async fn test(app: &App, caller: &Caller) -> Result<Tested> {
    let workspace = caller.workspace;
    let mut access = access(app, workspace).await?.ok_or_else(none_chosen)?;
    let models = names(app, access.server()).await;
    let (dimension, took) = match seen(app, &access).await {
        Ok(seen) => seen,
        Err(failed) => {
            let problem = Some(failed.to_string());
            return Ok(Tested { models, model: access.model, took: None, problem });
        }
    };
    access.model.dimension = i64::try_from(dimension).ok();
    access.model.checked_at = Some(app.now());
    let kept = access.model.clone();
    let kept = app.write(move |tx| {
        Box::pin(async move { Ok(store::embedding_model::checked(tx, workspace, &kept).await?) })
    });
    if !kept.await? {
        return Err(none_chosen());
    }
    app.embeddings.failures.note(workspace, false);
    app.embeddings.due.add_now(workspace);
    let took = i64::try_from(took.as_millis()).ok();
    Ok(Tested { models, model: access.model, took, problem: None })
}

/// The dimension, and how long one text takes: the first of all may have to wait for the model to be loaded, and is not
/// counted. Then several at once, as the knowledge is asked about.
async fn seen(app: &App, access: &Access) -> std::result::Result<(usize, Duration), Failed> {
    let texts: Vec<String> = APART.iter().map(|text| (*text).to_owned()).collect();
    let first = call::directions(app, access, &texts[..1], None, PATIENCE).await?;
    let dimension = first.directions.first().map_or(0, Vec::len);
    let begun = tokio::time::Instant::now();
    call::directions(app, access, &texts[1..2], Some(dimension), PATIENCE).await?;
    let took = begun.elapsed();
    for part in texts.chunks(call::at_once(dimension)) {
        call::directions(app, access, part, Some(dimension), PATIENCE).await?;
    }
    Ok((dimension, took))
}
