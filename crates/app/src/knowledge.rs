//! What a workspace knows, ready to be searched: an index in memory that follows the articles in use.
//!
//! Each change of an article has the workspace's next revision. Whoever searches looks first at the present revision and
//! reads what changed since, so that a search finds what was published a moment ago, on every node, and nothing has to be
//! told to anybody.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ai::{Filter, KnowledgeIndex, Place};
use model::{ArticleId, ArticleKind, CategoryId, WorkspaceId};
use moka::sync::Cache;
use serde::Serialize;
use store::article::{Indexed, Words};
use tokio::sync::RwLock;

use crate::{App, Caller, Error, Result, markdown};

/// How much memory the index of one workspace may take, in bytes.
const INDEX_LIMIT: usize = 256 << 20;
/// Of how many workspaces the indexes are held at most, and for how long after their last use.
const SHELVES: u64 = 256;
const IDLE: Duration = Duration::from_secs(3600);
/// How many changed articles are read at once.
const PORTION: i64 = 200;
/// The longest question, in characters; more is cut.
const QUESTION_MAX: usize = 1000;
/// How many hits are given at most.
const MOST: usize = 20;

/// The indexes of the workspaces that were searched lately.
pub(crate) struct Shelves(Cache<WorkspaceId, Arc<RwLock<Shelf>>>);

impl Default for Shelves {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(SHELVES).time_to_idle(IDLE).build())
    }
}

/// What one workspace knows.
pub(crate) struct Shelf {
    revision: i64,
    index: KnowledgeIndex,
    held: HashMap<ArticleId, Arc<Held>>,
    /// Words that mean the same, folded, each with its group.
    synonyms: Vec<Vec<String>>,
}

/// An article in the index.
#[derive(Debug)]
struct Held {
    words: Words,
    /// The text as plain words; places in it are what the index tells.
    plain: String,
}

/// Where to look.
#[derive(Debug, Clone, Default)]
pub struct Where {
    /// Only what customers may see.
    pub public_only: bool,
    /// Only in these languages; empty: in all.
    pub locales: Vec<String>,
    /// Only in these categories; empty: in all.
    pub categories: Vec<CategoryId>,
}

/// A piece of knowledge that says something about a question.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Found {
    /// The article.
    pub article_id: ArticleId,
    /// What form it has.
    pub kind: ArticleKind,
    /// What it is about.
    pub title: String,
    /// The passage, or of an answer the whole answer, as plain words.
    pub text: String,
    /// Where the passage begins in the article's plain words, in bytes; 0 for an answer.
    pub from: usize,
    /// The question of the article that was recognised, where one was.
    pub question: Option<String>,
    /// Its language.
    pub locale: String,
    /// Where it is sorted.
    pub category_id: Option<CategoryId>,
    /// Whether customers may see it.
    pub public: bool,
    /// How well it fits; greater is better, no probability.
    pub score: f32,
    /// What speaks for it.
    #[serde(skip)]
    #[schema(ignore)]
    pub signals: ai::Signals,
}

/// Pieces of knowledge that say something about a question, the best first.
///
/// # Errors
/// [`Error::Invalid`] when nothing is asked.
pub async fn search(
    app: &App,
    caller: &Caller,
    question: &str,
    place: &Where,
    most: usize,
) -> Result<Vec<Found>> {
    if question.trim().is_empty() {
        return Err(Error::field("q", "empty", "type a question or some words"));
    }
    find(app, caller.workspace, question, place, most).await
}

/// [`search`] for whoever acts for the workspace itself.
pub(crate) async fn find(
    app: &App,
    workspace: WorkspaceId,
    question: &str,
    place: &Where,
    most: usize,
) -> Result<Vec<Found>> {
    let question: String = question.chars().take(QUESTION_MAX).collect();
    let shelf = current(app, workspace).await?;
    let shelf = shelf.read().await;
    let filter = Filter {
        public_only: place.public_only,
        languages: place.locales.clone(),
        categories: place.categories.iter().map(|id| id.0.cast_unsigned()).collect(),
    };
    let question = shelf.widened(question);
    let hits = shelf.index.search(&question, &filter, most.min(MOST));
    Ok(hits.into_iter().filter_map(|hit| shelf.found(hit)).collect())
}

impl Shelf {
    fn new() -> Self {
        Self {
            revision: 0,
            index: KnowledgeIndex::new(INDEX_LIMIT).with_bridge(ai::bridge::Bridge::shipped()),
            held: HashMap::new(),
            synonyms: Vec::new(),
        }
    }

    /// The question with what its words also mean to this business.
    fn widened(&self, mut question: String) -> String {
        let words = ai::words(&question);
        let has = |text: &str| {
            let wanted = ai::words(text);
            !wanted.is_empty()
                && words.windows(wanted.len()).any(|run| run.iter().zip(&wanted).all(|(a, b)| a.key == b.key))
        };
        let groups = self.synonyms.iter().filter(|group| group.iter().any(|word| has(word)));
        let more: Vec<&String> = groups.flatten().filter(|word| !has(word)).collect();
        for word in more {
            question.push(' ');
            question.push_str(word);
        }
        question
    }

    fn found(&self, hit: ai::Hit) -> Option<Found> {
        let id = ArticleId(hit.article.cast_signed());
        let held = self.held.get(&id)?;
        let words = &held.words;
        let question = match &hit.place {
            Place::Question(0) if words.kind == ArticleKind::Answer => Some(words.title.clone()),
            Place::Question(at) => {
                let at = at - usize::from(words.kind == ArticleKind::Answer);
                words.questions.get(at).cloned()
            }
            Place::Text(_) => None,
        };
        let range = match hit.place {
            Place::Text(range) if words.kind == ArticleKind::Article => range,
            // An answer is given whole; a question of an article leads to its beginning.
            _ if words.kind == ArticleKind::Answer => 0..held.plain.len(),
            _ => ai::passage::passages(&held.plain).into_iter().next()?,
        };
        Some(Found {
            article_id: id,
            kind: words.kind,
            title: words.title.clone(),
            text: held.plain.get(range.clone())?.to_owned(),
            from: range.start,
            question,
            locale: words.locale.clone(),
            category_id: words.category_id,
            public: words.audience == model::Audience::Public,
            score: hit.score,
            signals: hit.signals,
        })
    }

    /// Takes a change in. An article that does not fit any more is left out, and said to be in the log.
    fn take(&mut self, workspace: WorkspaceId, changed: Indexed) {
        self.revision = self.revision.max(changed.revision);
        let Some(words) = changed.words else {
            self.index.remove(changed.id.0.cast_unsigned());
            self.held.remove(&changed.id);
            return;
        };
        let plain = markdown::plain(&words.body);
        let mut questions = words.questions.clone();
        if words.kind == ArticleKind::Answer {
            questions.insert(0, words.title.clone());
        }
        let article = ai::Article {
            id: changed.id.0.cast_unsigned(),
            title: &words.title,
            text: &plain,
            questions: &questions,
            language: Some(&words.locale),
            category: words.category_id.map(|id| id.0.cast_unsigned()),
            public: words.audience == model::Audience::Public,
        };
        match self.index.upsert(&article) {
            Ok(()) => drop(self.held.insert(changed.id, Arc::new(Held { words, plain }))),
            Err(full) => {
                tracing::error!(%workspace, article = %changed.id, %full, "an article cannot be searched");
                self.index.remove(changed.id.0.cast_unsigned());
                self.held.remove(&changed.id);
            }
        }
    }
}

/// The workspace's index, up to date.
async fn current(app: &App, workspace: WorkspaceId) -> Result<Arc<RwLock<Shelf>>> {
    let shelf = app.shelves.0.get_with(workspace, || Arc::new(RwLock::new(Shelf::new())));
    let revision = app
        .read(move |tx| Box::pin(async move { Ok(store::article::revision(tx, workspace).await?) }))
        .await?;
    if shelf.read().await.revision >= revision {
        return Ok(shelf);
    }
    let mut held = shelf.write().await;
    if held.revision < revision {
        let synonyms =
            app.read(move |tx| Box::pin(async move { Ok(store::category::synonyms(tx, workspace).await?) }));
        held.synonyms = synonyms.await?;
    }
    while held.revision < revision {
        let after = held.revision;
        let changed = app
            .read(move |tx| {
                Box::pin(async move { Ok(store::article::changed(tx, workspace, after, PORTION).await?) })
            })
            .await?;
        if changed.is_empty() {
            // The last revisions concerned no article.
            held.revision = revision;
        }
        for one in changed {
            held.take(workspace, one);
        }
    }
    drop(held);
    Ok(shelf)
}
