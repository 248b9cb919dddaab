//! What a workspace knows, ready to be searched: an index in memory that follows the articles in use.
//!
//! Each change of an article has the workspace's next revision. Whoever searches looks first at the present revision and
//! reads what changed since, so that a search finds what was published a moment ago, on every node, and nothing has to be
//! told to anybody.

mod directed;
mod widened;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ai::answer::{Candidate, Outcome, Thresholds};
use ai::questions::Questions;
use ai::{Filter, KnowledgeIndex, Place};
use model::{ArticleId, ArticleKind, CategoryId, WorkspaceId};
use moka::sync::Cache;
use serde::Serialize;
use store::article::{Indexed, Words};
use tokio::sync::RwLock;

use crate::embedding::{self, Asker, Bound};
use crate::{App, Caller, Error, Result, markdown};

pub(crate) use directed::{direct, texts, undirect};
use widened::Group;

/// How much memory the index of one workspace may take, in bytes.
const INDEX_LIMIT: usize = 256 << 20;
/// Of how many workspaces the indexes are held at most, and for how long after their last use.
const SHELVES: u64 = 256;
const IDLE: Duration = Duration::from_secs(3600);
/// How many changed articles are read at once.
const PORTION: i64 = 200;
/// The longest question, in characters; more is cut.
const QUESTION_MAX: usize = 1000;
/// How likely something must be to be offered as a choice.
const OFFER: f32 = 0.4;
/// How likely something must be to be suggested to an agent, who reads it first.
const SUGGEST: f32 = 0.3;
/// More than certain.
const NEVER: f32 = 2.0;
/// How likely an answer is right whose question was asked word for word.
const WORD_FOR_WORD: f32 = 0.99;
/// How sure the language of a question must be for the words of other languages not to widen it.
const SURE: f32 = 0.5;
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
    /// Words that mean the same.
    synonyms: Vec<Group>,
    /// What was learned of the questions, and at which revision.
    learned: Arc<Mutex<(i64, Arc<Questions>)>>,
    /// Of what the directions of its entries are, where a sentence model says them.
    directed: Option<Bound>,
    /// Whether some of them have none yet.
    behind: bool,
}

/// An article in the index.
#[derive(Debug)]
struct Held {
    words: Words,
    /// The text as plain words; places in it are what the index tells.
    plain: String,
}

impl Held {
    /// The question at a place of the index: of a stored answer the first is what it is called.
    fn question(&self, at: usize) -> Option<&String> {
        match (self.words.kind, at) {
            (ArticleKind::Answer, 0) => Some(&self.words.title),
            (ArticleKind::Answer, at) => self.words.questions.get(at - 1),
            (_, at) => self.words.questions.get(at),
        }
    }
}

/// What a sentence model said of questions, and which.
type Meant = Option<(Bound, Vec<Arc<[f32]>>)>;

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
    find(app, caller.workspace, Asker::Colleague, question, place, most).await
}

/// [`search`] for whoever acts for the workspace itself.
pub(crate) async fn find(
    app: &App,
    workspace: WorkspaceId,
    asker: Asker,
    question: &str,
    place: &Where,
    most: usize,
) -> Result<Vec<Found>> {
    let question: String = question.chars().take(QUESTION_MAX).collect();
    let shelf = current(app, workspace).await?;
    let meant = meant(app, workspace, asker, &shelf, std::slice::from_ref(&question)).await?;
    let shelf = shelf.read().await;
    // Of a few words the language is a guess: one that they are looked for in alone is none.
    let guess = ai::language::identify(&question, None).filter(|guess| guess.confidence >= SURE);
    let language = match place.locales.as_slice() {
        [only] => Some(only.as_str()),
        _ => guess.map(|guess| guess.language.tag()),
    };
    let filter = Filter {
        public_only: place.public_only,
        languages: place.locales.clone(),
        categories: place.categories.iter().map(|id| id.0.cast_unsigned()).collect(),
    };
    let question = shelf.widened(question, language);
    let (direction, weights) = (shelf.direction(&meant, 0), ai::retrieve::Weights::default());
    let hits = shelf.index.search_weighed(&question, direction, &filter, most.min(MOST), &weights);
    Ok(hits.into_iter().filter_map(|hit| shelf.found(hit)).collect())
}

impl Shelf {
    fn new() -> Self {
        Self {
            revision: 0,
            index: KnowledgeIndex::new(INDEX_LIMIT).with_bridge(ai::bridge::Bridge::shipped()),
            held: HashMap::new(),
            synonyms: Vec::new(),
            learned: Arc::default(),
            directed: None,
            behind: false,
        }
    }

    /// Every piece of knowledge with the questions that it is for.
    fn questions(&self) -> Vec<(u64, Vec<String>)> {
        let mut all: Vec<(u64, Vec<String>)> = Vec::with_capacity(self.held.len());
        for (id, held) in &self.held {
            let words = &held.words;
            let title = Some(&words.title).filter(|_| words.kind == ArticleKind::Answer);
            all.push((id.0.cast_unsigned(), title.into_iter().chain(&words.questions).cloned().collect()));
        }
        // What is learned must not depend on the order of a table in memory.
        all.sort_by_key(|(id, _)| *id);
        all
    }

    /// What to say to a question by what customers may see, from what is written in some languages, or in any.
    fn advise(
        &self,
        questions: &Questions,
        (question, direction): (&str, Option<&[f32]>),
        languages: &[&str],
        answer: f32,
    ) -> Advice {
        let filter = Filter {
            public_only: true,
            languages: languages.iter().map(|one| (*one).to_owned()).collect(),
            categories: Vec::new(),
        };
        let meaning = ai::questions::shipped();
        let found = ai::answer::candidates(&self.index, questions, meaning, question, direction, &filter);
        // Somebody who asks in the words that were stored is answered in every language.
        let asked = ai::keys(question);
        if let Some(found) = found.iter().find_map(|one| self.asks_just(one, &asked)) {
            return Advice::Answer { found: Box::new(found), confidence: WORD_FOR_WORD };
        }
        let closest = found.first().and_then(|first| self.found(first.hit.clone()));
        let likeness = found.first().and_then(|first| first.likeness.as_ref());
        let calibrator = ai::answer::shipped_calibrator(likeness);
        let fits = found.first().is_some_and(ai::answer::fits);
        let answer = if fits { answer } else { NEVER };
        let thresholds = Thresholds { answer, offer: OFFER };
        let shown = |candidate: Candidate| self.found(candidate.hit);
        match ai::answer::decide(found, &calibrator, &thresholds) {
            Outcome::Answer { candidate, confidence } => match shown(candidate) {
                Some(found) => Advice::Answer { found: Box::new(found), confidence },
                None => Advice::Nothing { closest: None, confidence },
            },
            Outcome::Offer { candidates, confidence } => {
                let mut offered: Vec<Found> = candidates.into_iter().filter_map(shown).collect();
                // The same in another language, say: whoever chooses sees nothing but the title.
                let mut seen = std::collections::HashSet::new();
                offered.retain(|one| seen.insert(one.title.clone()));
                Advice::Offer { offered, confidence }
            }
            Outcome::HandOver { confidence } => {
                Advice::Nothing { closest: closest.map(Box::new), confidence }
            }
        }
    }

    /// What an agent may answer with, from what is written in some languages, or in any; each with how likely it is right.
    fn suggest(
        &self,
        questions: &Questions,
        (question, direction): (&str, Option<&[f32]>),
        languages: &[&str],
        most: usize,
    ) -> Vec<(Found, f32)> {
        let languages = languages.iter().map(|one| (*one).to_owned()).collect();
        let filter = Filter { languages, ..Filter::default() };
        let meaning = ai::questions::shipped();
        let found = ai::answer::candidates(&self.index, questions, meaning, question, direction, &filter);
        let asked = ai::keys(question);
        if let Some(found) = found.iter().find_map(|one| self.asks_just(one, &asked)) {
            return vec![(found, WORD_FOR_WORD)];
        }
        let likely = ai::answer::likely_ones(found, SUGGEST, most).into_iter();
        likely.filter_map(|(candidate, confidence)| Some((self.found(candidate.hit)?, confidence))).collect()
    }

    /// The piece of knowledge behind a candidate, where one of its questions is the one that is asked.
    fn asks_just(&self, candidate: &Candidate, asked: &[String]) -> Option<Found> {
        let held = self.held.get(&ArticleId(candidate.hit.article.cast_signed()))?;
        let words = &held.words;
        let mut all = words.questions.iter().chain(std::iter::once(&words.title));
        all.any(|one| ai::keys(one) == asked).then(|| self.found(candidate.hit.clone())).flatten()
    }

    /// What one piece of knowledge says about a question, if customers may see it.
    fn told(&self, id: ArticleId, question: &str) -> Option<Found> {
        let public = Filter { public_only: true, ..Filter::default() };
        if !self.index.may_find(id.0.cast_unsigned(), &public) {
            return None;
        }
        let hits = self.index.search(question, &public, MOST);
        let hit = hits.into_iter().find(|hit| hit.article == id.0.cast_unsigned());
        let beginning = ai::Hit {
            article: id.0.cast_unsigned(),
            place: Place::Question(0),
            score: 0.0,
            signals: ai::Signals::default(),
        };
        self.found(hit.unwrap_or(beginning))
    }

    fn found(&self, hit: ai::Hit) -> Option<Found> {
        let id = ArticleId(hit.article.cast_signed());
        let held = self.held.get(&id)?;
        let words = &held.words;
        let question = match &hit.place {
            Place::Question(at) => held.question(*at).cloned(),
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
        self.behind = true;
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

/// What the knowledge has for a question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Advice {
    /// This is the answer.
    Answer { found: Box<Found>, confidence: f32 },
    /// One of these, perhaps.
    Offer { offered: Vec<Found>, confidence: f32 },
    /// Nothing that is likely enough.
    Nothing { closest: Option<Box<Found>>, confidence: f32 },
}

/// What to say to a question by what customers may see: in their language where that has the answer, else in any.
/// `answer` is how likely an answer must be right.
pub(crate) async fn advise(
    app: &App,
    workspace: WorkspaceId,
    asker: Asker,
    question: &str,
    language: &'static str,
    answer: f32,
) -> Result<Advice> {
    let question: String = question.chars().take(QUESTION_MAX).collect();
    let shelf = current(app, workspace).await?;
    let meant = meant(app, workspace, asker, &shelf, std::slice::from_ref(&question)).await?;
    let advised = tokio::task::spawn_blocking(move || {
        let learned = learned(&shelf);
        let shelf = shelf.blocking_read();
        let question = shelf.widened(question, Some(language));
        let asked = (question.as_str(), shelf.direction(&meant, 0));
        match shelf.advise(&learned, asked, &[language], answer) {
            advice @ Advice::Answer { .. } => advice,
            own => match (shelf.advise(&learned, asked, &[], answer), own) {
                (Advice::Nothing { .. } | Advice::Offer { .. }, own @ Advice::Offer { .. }) => own,
                (any, _) => any,
            },
        }
    });
    advised.await.map_err(Error::internal)
}

/// What an agent may answer one of several questions with, for everybody and for colleagues: in the customer's language
/// where that is known and has something, else in any; each with how likely it is right, the likeliest first.
pub(crate) async fn suggest(
    app: &App,
    workspace: WorkspaceId,
    asker: Asker,
    asked: Vec<String>,
    language: Option<&'static str>,
    most: usize,
) -> Result<Vec<(Found, f32)>> {
    let shelf = current(app, workspace).await?;
    let asked: Vec<String> =
        asked.into_iter().map(|question| question.chars().take(QUESTION_MAX).collect()).collect();
    let meant = meant(app, workspace, asker, &shelf, &asked).await?;
    let suggested = tokio::task::spawn_blocking(move || {
        let learned = learned(&shelf);
        let shelf = shelf.blocking_read();
        let mut all: Vec<(Found, f32)> = Vec::new();
        for (place, question) in asked.into_iter().enumerate() {
            let question = shelf.widened(question, language);
            let asked = (question.as_str(), shelf.direction(&meant, place));
            let own = language.map(|language| shelf.suggest(&learned, asked, &[language], most));
            all.extend(match own {
                Some(own) if !own.is_empty() => own,
                _ => shelf.suggest(&learned, asked, &[], most),
            });
        }
        all.sort_by(|one, other| other.1.total_cmp(&one.1));
        let mut known = std::collections::HashSet::new();
        all.retain(|(found, _)| known.insert(found.article_id));
        all.truncate(most);
        all
    });
    suggested.await.map_err(Error::internal)
}

/// What one piece of knowledge says about a question, if customers may see it.
pub(crate) async fn told(
    app: &App,
    workspace: WorkspaceId,
    id: ArticleId,
    question: &str,
) -> Result<Option<Found>> {
    let question: String = question.chars().take(QUESTION_MAX).collect();
    let shelf = current(app, workspace).await?;
    let told = tokio::task::spawn_blocking(move || shelf.blocking_read().told(id, &question));
    told.await.map_err(Error::internal)
}

/// The passage at a place of an article's plain words, in bytes, as it reads now.
pub(crate) fn passage_at(body: &str, place: usize) -> String {
    let plain = markdown::plain(body);
    let mut passages = ai::passage::passages(&plain).into_iter();
    let passage = passages.find(|range| range.end > place).unwrap_or(0..plain.len());
    plain[passage].to_owned()
}

/// What a sentence model says of questions, where the workspace has one that answers in time.
async fn meant(
    app: &App,
    workspace: WorkspaceId,
    asker: Asker,
    shelf: &RwLock<Shelf>,
    questions: &[String],
) -> Result<Meant> {
    let known = {
        let shelf = shelf.read().await;
        (shelf.directed.clone(), shelf.behind)
    };
    let bound = known.0.clone();
    let directions = embedding::of_questions(app, workspace, asker, questions, known).await?;
    Ok(bound.zip(directions))
}

/// What the questions teach, learned again when they changed. Takes a moment: for a thread that may wait.
fn learned(shelf: &RwLock<Shelf>) -> Arc<Questions> {
    let (revision, learned) = {
        let shelf = shelf.blocking_read();
        (shelf.revision, shelf.learned.clone())
    };
    // One learns, the others wait for it.
    let mut learned = learned.lock().unwrap_or_else(PoisonError::into_inner);
    if learned.0 < revision {
        let questions = shelf.blocking_read().questions();
        let questions = Questions::learn_shipped(questions.iter().map(|(id, all)| (*id, all.as_slice())));
        *learned = (revision, Arc::new(questions));
    }
    learned.1.clone()
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
        held.synonyms = synonyms.await?.into_iter().map(Group::from).collect();
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
