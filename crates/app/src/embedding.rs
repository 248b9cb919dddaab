//! What finds the knowledge by what is meant as well as by its words: the directions that a sentence model says of texts. A
//! workspace may choose a model behind an address (`/embeddings`); without one that works it has the model of this server,
//! where the configuration names a folder with one. Nothing needs either: without, and whenever it is away, slow or spent, what
//! comes with the program answers at once.
//!
//! Whatever leaves the house is [veiled](ai::prompt::veil) first, what comes back is [checked](call) before it is used, and
//! tokens are taken from the day's budget before each call. What is said of the knowledge is [held](held) in memory alone.

mod call;
mod held;
mod local;
mod probe;
mod source;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::{Act, ContactId, EmbeddingModel, Secret, WorkspaceId};
use moka::sync::Cache;
use serde::Serialize;
use serde_json::json;

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::language_model::budget::day;
use crate::language_model::{self, Failures, Place, Spender};
use crate::{App, Caller, Error, Result};

pub(crate) use held::{Held, run, work_off};
use local::Local;
pub(crate) use local::Model;
pub use local::{Looked, Unusable, look};
pub use probe::{Tested, test};
pub(crate) use source::Bound;
use source::{Source, access};

/// How long somebody who asks waits for the direction of what they ask.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How many questions' directions are kept for a moment: the same is asked of several parts of the house.
const ASKED: u64 = 1000;
const ASKED_LIFE: Duration = Duration::from_secs(300);
/// How much of a day's budget is left to those who wait for an answer, in percent: by the knowledge, and by what was asked
/// before.
const KNOWLEDGE_LEAVES: i64 = 10;
const LATER_LEAVES: i64 = 50;

/// The direction of a question, and what it is of.
type Remembered = (Bound, Arc<[f32]>);

/// What this node holds of all workspaces' sentence models.
pub(crate) struct Embeddings {
    local: Local,
    held: Cache<WorkspaceId, Arc<Held>>,
    asked: Cache<(WorkspaceId, held::Key), Remembered>,
    failures: Failures,
    due: held::Due,
}

impl Embeddings {
    /// The model of this server, where there is one that can be used.
    pub(crate) async fn local(&self) -> Option<Arc<Model>> {
        self.local.model().await
    }

    /// `folder` is where the model of this server is.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self {
            local: Local::new(folder),
            held: held::cache(),
            asked: Cache::builder().max_capacity(ASKED).time_to_live(ASKED_LIFE).build(),
            failures: Failures::default(),
            due: held::Due::default(),
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A customer, whose name is covered, or a colleague in a conversation with them.
    Contact(ContactId),
    /// Nobody who waits: what a customer asked before is looked at again.
    Later(ContactId),
    /// A colleague who looks something up.
    Colleague,
    /// Somebody on the web whom nobody knows. What they type is worth no token of the budget.
    Anybody,
}

impl From<Spender> for Asker {
    fn from(spender: Spender) -> Self {
        match spender {
            Spender::Contact(contact) => Self::Contact(contact),
            Spender::Trial(contact) => Self::Later(contact),
        }
    }
}

/// Reads the model of this server now; without, it is read when it is first needed.
///
/// # Errors
/// When the configuration names one that cannot be used.
pub async fn load(app: &App) -> std::result::Result<(), Unusable> {
    app.embeddings.local.load().await.map(drop)
}

/// The directions of some questions, in their order, to be held against the knowledge's; `None` where the knowledge has none
/// of the same model, or the model says nothing in time. `known` is what the knowledge's directions are of, and `behind`
/// whether some of it has none yet: that is then made up for in the background.
///
/// # Errors
/// When the store is away.
pub(crate) async fn of_questions(
    app: &App,
    workspace: WorkspaceId,
    asker: Asker,
    questions: &[String],
    (known, behind): (Option<Bound>, bool),
) -> Result<Option<Vec<Arc<[f32]>>>> {
    let Some(source) = Source::of(app, workspace).await? else { return Ok(None) };
    if !source.serves(app, workspace, asker) {
        return Ok(None);
    }
    let bound = source.bound();
    if behind || known.as_ref() != Some(&bound) {
        app.embeddings.due.add(workspace);
    }
    let held = app.embeddings.held.get(&workspace).filter(|held| held.is_of(&bound));
    let Some(held) = held.filter(|_| known.as_ref() == Some(&bound)) else { return Ok(None) };
    let texts = source.shown(app, workspace, asker, questions).await?;
    let remembered = |text: &String| {
        let found = app.embeddings.asked.get(&(workspace, held::key(text)));
        found.filter(|(of, _)| *of == bound).map(|(_, direction)| direction)
    };
    let mut directions: Vec<Option<Arc<[f32]>>> = texts.iter().map(remembered).collect();
    let missing = texts.iter().zip(&directions).filter(|(_, direction)| direction.is_none());
    let new: Vec<String> = missing.map(|(text, _)| text.clone()).collect();
    if !new.is_empty() {
        let terms = (asker.leaves(), PATIENCE);
        let Some(said) = source.ask(app, workspace, &new, terms).await? else { return Ok(None) };
        let mut said = new.iter().zip(said);
        for direction in directions.iter_mut().filter(|direction| direction.is_none()) {
            let Some((text, said)) = said.next() else { return Ok(None) };
            let said = held.common.without(said);
            app.embeddings.asked.insert((workspace, held::key(text)), (bound.clone(), said.clone()));
            *direction = Some(said);
        }
    }
    Ok(directions.into_iter().collect())
}

/// What is chosen, and how much was used today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = EmbeddingModelChosen)]
pub struct Chosen {
    /// The model; `null` where none was chosen.
    pub model: Option<EmbeddingModel>,
    /// How many tokens were used today (UTC).
    pub used_today: i64,
    /// The model of this server, which is used until the chosen one was seen to work; `null` where it has none.
    pub local: Option<LocalModel>,
}

/// A sentence model of the server itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = LocalEmbeddingModel)]
pub struct LocalModel {
    /// What it is called.
    pub name: String,
    /// How many numbers a direction of its has.
    pub dimension: i64,
}

/// The model and how much of it was used today.
pub async fn get(app: &App, caller: &Caller) -> Result<Chosen> {
    let (workspace, day) = (caller.workspace, day(app.now()));
    let local = app
        .embeddings
        .local()
        .await
        .map(|model| LocalModel { name: model.name().to_owned(), dimension: model.dimension() as i64 });
    let read = app.read(move |tx| {
        Box::pin(async move {
            let model = store::embedding_model::get(tx, workspace).await?;
            Ok(Chosen { model, used_today: store::embedding_model::used(tx, workspace, day).await?, local })
        })
    });
    read.await
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
    /// Whether data that it is given leaves the country.
    pub cross_border: bool,
    /// How many tokens it may use in a day.
    pub tokens_a_day: i64,
}

/// Chooses a model. It is used once it was seen to work: see [`test`].
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof, [`Error::Invalid`] for wrong fields.
pub async fn set(app: &App, caller: &Caller, draft: Draft) -> Result<EmbeddingModel> {
    caller.proved(app)?;
    let mut fields = Fields::new();
    let Place { address, name, key } =
        language_model::place(app, &mut fields, "/embeddings", (&draft.address, &draft.model, draft.key));
    language_model::budget_fits(&mut fields, "tokens_a_day", draft.tokens_a_day);
    fields.finish()?;
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let (cross_border, tokens_a_day) = (draft.cross_border, draft.tokens_a_day);
    let chosen = app.write(move |tx| {
        Box::pin(async move {
            let before = store::embedding_model::get(tx, workspace).await?;
            // A key is for the address that it was given for: nobody draws it out by naming another.
            let stays = before.as_ref().is_some_and(|before| before.address == address);
            let known = before.filter(|before| stays && before.model == name);
            let model = EmbeddingModel {
                has_key: key.is_some()
                    || (stays && store::embedding_model::key(tx, workspace).await?.is_some()),
                dimension: known.as_ref().and_then(|known| known.dimension),
                checked_at: known.and_then(|known| known.checked_at).filter(|_| key.is_none()),
                address,
                model: name,
                cross_border,
                tokens_a_day,
            };
            store::embedding_model::put(tx, workspace, &model).await?;
            if key.is_some() || !stays {
                store::embedding_model::set_key(tx, workspace, key.as_ref()).await?;
            }
            let detail = json!({
                "address": model.address, "model": model.model, "tokens_a_day": model.tokens_a_day,
            });
            audit::record(tx, &actor, Note::of(Act::EmbeddingModelChanged).with(&detail), now).await?;
            Ok(model)
        })
    });
    let chosen = chosen.await?;
    app.embeddings.failures.note(workspace, false);
    Ok(chosen)
}

/// Removes the model with its key, and what it said: the model of this server says it from then on, where there is one. Nothing
/// is done where none was chosen.
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
            if !store::embedding_model::delete(tx, workspace).await? {
                return Ok(());
            }
            audit::record(tx, &actor, Note::of(Act::EmbeddingModelRemoved), now).await
        })
    })
    .await?;
    app.embeddings.due.add_now(workspace);
    Ok(())
}

fn none_chosen() -> Error {
    language_model::refused(
        "no_embedding_model",
        "no sentence model is chosen; an administrator sets one up under Settings",
    )
}
