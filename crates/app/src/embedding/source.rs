//! What says the directions of a workspace's texts: the model behind an address that it chose, once that was seen to work, and
//! else the one of this server, where it has one. Whoever asks need not know which.

use std::sync::Arc;
use std::time::Duration;

use ai::near::{APART, Common};
use ai::prompt::veil::Veil;
use model::{EmbeddingModel, Secret, WorkspaceId};

use super::{Asker, LATER_LEAVES, call, local};
use crate::language_model::budget::{correction, day, estimate};
use crate::language_model::chat::Server;
use crate::{App, Result, language_model};

/// The most characters of a text that a model is given.
const TEXT_MAX: usize = 2000;

/// What directions are of: none is ever held against one of another model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bound {
    model: Which,
    /// How many numbers they have.
    pub(super) dimension: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    Remote {
        address: String,
        model: String,
    },
    /// A process has one and the same as long as it lives.
    Local,
}

/// A model behind an address, with what is shown to its server.
pub(super) struct Access {
    pub(super) model: EmbeddingModel,
    pub(super) key: Option<Secret<String>>,
}

impl Access {
    pub(super) fn server(&self) -> Server<'_> {
        Server { address: &self.model.address, key: self.key.as_ref() }
    }
}

/// The model that a workspace chose, whether or not it works.
///
/// # Errors
/// When the store is away.
pub(super) async fn access(app: &App, workspace: WorkspaceId) -> Result<Option<Access>> {
    let read = app.read(move |tx| {
        Box::pin(async move {
            let Some(model) = store::embedding_model::get(tx, workspace).await? else { return Ok(None) };
            Ok(Some(Access { model, key: store::embedding_model::key(tx, workspace).await? }))
        })
    });
    read.await
}

/// On which terms something is asked: how many percent of a day's budget are left to others, and how long is waited.
pub(super) type Terms = (i64, Duration);

/// What says a workspace's directions.
pub(super) enum Source {
    /// The model behind an address that it chose. It has a budget, and sees nothing of a person.
    Remote { access: Access, dimension: usize },
    /// The model of this server: nothing leaves the house, and nothing but time is spent.
    Local(Arc<local::Model>),
}

impl Source {
    /// What says a workspace's directions now; `None` where nothing does.
    ///
    /// # Errors
    /// When the store is away.
    pub(super) async fn of(app: &App, workspace: WorkspaceId) -> Result<Option<Self>> {
        if let Some(access) = access(app, workspace).await?
            && access.model.checked_at.is_some()
            && let Some(dimension) = access.model.dimension.and_then(|one| usize::try_from(one).ok())
        {
            return Ok(Some(Self::Remote { access, dimension }));
        }
        Ok(app.embeddings.local().await.map(Self::Local))
    }

    /// What its directions are of.
    pub(super) fn bound(&self) -> Bound {
        match self {
            Self::Remote { access: Access { model, .. }, dimension } => {
                let (address, model) = (model.address.clone(), model.model.clone());
                Bound { model: Which::Remote { address, model }, dimension: *dimension }
            }
            Self::Local(model) => Bound { model: Which::Local, dimension: model.dimension() },
        }
    }

    /// Whether it is to be asked for somebody now: what strangers type is worth no token of a budget, and a server that
    /// failed a few times has a rest.
    pub(super) fn serves(&self, app: &App, workspace: WorkspaceId, asker: Asker) -> bool {
        match self {
            Self::Remote { .. } => asker != Asker::Anybody && !app.embeddings.failures.rests(workspace),
            Self::Local(_) => true,
        }
    }

    /// Texts as it may see them: what leaves the house is without what is a person's own.
    ///
    /// # Errors
    /// When the store is away.
    pub(super) async fn shown(
        &self,
        app: &App,
        workspace: WorkspaceId,
        asker: Asker,
        texts: &[String],
    ) -> Result<Vec<String>> {
        if let Self::Local(_) = self {
            return Ok(texts.iter().map(|text| text.chars().take(TEXT_MAX).collect()).collect());
        }
        let name = match asker {
            Asker::Contact(contact) | Asker::Later(contact) => {
                language_model::name_of(app, workspace, contact).await?
            }
            Asker::Colleague | Asker::Anybody => None,
        };
        let names: Vec<&str> = name.as_deref().into_iter().collect();
        let covered = |text: &String| ai::prompt::visible(&Veil::default().cover(text, &names), TEXT_MAX);
        Ok(texts.iter().map(covered).collect())
    }

    /// About how many texts it may be asked at once.
    pub(super) fn at_once(&self) -> usize {
        match self {
            Self::Remote { dimension, .. } => call::at_once(*dimension),
            Self::Local(_) => local::AT_ONCE,
        }
    }

    /// What it says of every text; `None` where it does not say it now.
    ///
    /// # Errors
    /// When the store is away.
    pub(super) async fn common(
        &self,
        app: &App,
        workspace: WorkspaceId,
        terms: Terms,
    ) -> Result<Option<Common>> {
        if let Self::Local(model) = self {
            return Ok(Some(model.common().clone()));
        }
        let mut all = Vec::new();
        for part in APART.chunks(self.at_once()) {
            let texts: Vec<String> = part.iter().map(|text| (*text).to_owned()).collect();
            let Some(said) = self.ask(app, workspace, &texts, terms).await? else { return Ok(None) };
            all.extend(said);
        }
        Ok(Some(Common::of(&all)))
    }

    /// What it says of some texts that it [may see](Self::shown), in their order; `None` where it says nothing, and why
    /// stands in the log.
    ///
    /// # Errors
    /// When the store is away.
    pub(super) async fn ask(
        &self,
        app: &App,
        workspace: WorkspaceId,
        texts: &[String],
        terms: Terms,
    ) -> Result<Option<Vec<Vec<f32>>>> {
        match self {
            Self::Remote { access, dimension } => {
                ask_remote(app, workspace, (access, *dimension), texts, terms).await
            }
            Self::Local(model) => Ok(model.directions(texts.to_vec(), terms.1).await),
        }
    }
}

impl Asker {
    /// How many percent of a day's budget are left to others.
    pub(super) fn leaves(self) -> i64 {
        if matches!(self, Self::Later(_)) { LATER_LEAVES } else { 0 }
    }
}

/// What a model behind an address says, within its budget.
async fn ask_remote(
    app: &App,
    workspace: WorkspaceId,
    (access, dimension): (&Access, usize),
    texts: &[String],
    (leaves, patience): Terms,
) -> Result<Option<Vec<Vec<f32>>>> {
    let (day, most) = (day(app.now()), access.model.tokens_a_day / 100 * (100 - leaves));
    let tokens =
        estimate(texts.iter().map(String::len).sum(), u32::try_from(texts.len()).unwrap_or(u32::MAX));
    let spend = app.write(move |tx| {
        Box::pin(async move { Ok(store::embedding_model::spend(tx, workspace, day, tokens, most).await?) })
    });
    if !spend.await? {
        tracing::warn!(%workspace, "the sentence model's budget for today is spent");
        return Ok(None);
    }
    let said = call::directions(app, access, texts, Some(dimension), patience).await;
    app.embeddings.failures.note(workspace, said.is_err());
    let said = match said {
        Ok(said) => said,
        Err(failed) => {
            tracing::warn!(%workspace, %failed, "the sentence model did not answer");
            return Ok(None);
        }
    };
    if let Some(more) = said.tokens.map(|used| correction(tokens, used)) {
        app.write(move |tx| {
            Box::pin(async move { Ok(store::embedding_model::settle(tx, workspace, day, more).await?) })
        })
        .await?;
    }
    Ok(Some(said.directions))
}
