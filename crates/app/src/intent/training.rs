//! Learning from a workspace's examples, in the background: each time a new version, with figures of how well it does.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ai::Intents;
use ai::intent::{Example, Memory, Nearby, Trace};
use model::{
    Act, EventKind, Ids, IntentChange, IntentFigure, IntentFigures, IntentId, IntentVersion, Millis,
    WorkspaceId,
};
use store::event::NewChange;
use store::intent_example::Learned;
use store::intent_version::NewVersion;
use store::{Tx, intent_version};

use super::meaning::{By, Means, Reading, Version, learned_by};
use crate::audit::{self, Note};
use crate::{App, Caller, Error, Result, jobs};

/// How many versions are kept beside the one in use.
const KEPT: i64 = 20;
/// In how many parts the examples are asked, each by a model of the others; where there are many, one part is enough.
const PARTS: usize = 5;
const MANY: usize = 3000;
/// How likely an intent must be to count as recognised in the figures: as an inbox has it that nobody changed.
const LIKELY: f32 = 0.75;
/// How many differences are told at most.
const CHANGES: usize = 200;

/// How long a training waits for the meaning of the examples, and somebody who compares versions for that of texts.
const PATIENCE: Duration = Duration::from_secs(600);
const COMPARING_PATIENCE: Duration = Duration::from_secs(60);

/// The workspaces that this process trains a model of.
#[derive(Default)]
pub(crate) struct AtWork(Mutex<HashSet<WorkspaceId>>);

impl AtWork {
    /// `None` when somebody is at it; who gets a turn has it until it is dropped.
    fn turn(&self, workspace: WorkspaceId) -> Option<Turn<'_>> {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace);
        free.then_some(Turn { at_work: self, workspace })
    }
}

/// The right to train a model of a workspace.
struct Turn<'a> {
    at_work: &'a AtWork,
    workspace: WorkspaceId,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.at_work.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.workspace);
    }
}

/// Queues a training, if there is something to be learned.
pub(crate) async fn queue(tx: &mut Tx, workspace: WorkspaceId, ids: &Ids, now: Millis) -> Result<()> {
    if due(tx, workspace).await? {
        jobs::enqueue_training(tx, workspace, ids, now).await?;
    }
    Ok(())
}

/// Whether something was changed since the newest model was trained.
async fn due(tx: &mut Tx, workspace: WorkspaceId) -> Result<bool> {
    let Some(learning) = store::intent::learning(tx, workspace).await? else { return Ok(false) };
    Ok(learning.changed > intent_version::trained(tx, workspace).await?.unwrap_or(0))
}

/// Whether the newest model, being in use, was trained by what comes with the program, where a sentence model would do better.
async fn improvable(tx: &mut Tx, workspace: WorkspaceId, own: By) -> Result<bool> {
    let learning = store::intent::learning(tx, workspace).await?.unwrap_or_default();
    if own == By::Shipped || learning.version != Some(learning.newest) {
        return Ok(false);
    }
    let newest = intent_version::model(tx, workspace, learning.newest).await?;
    Ok(newest.is_some_and(|bytes| learned_by(&bytes) == By::Shipped))
}

/// Trains what has to be trained. Doing it again does nothing.
///
/// # Errors
/// When the store is away, or another model was read than was written.
pub(crate) async fn train(app: &App, workspace: WorkspaceId) -> Result<()> {
    let own = Means::here(app).await.own();
    let wanted = async || {
        let read = app.read(move |tx| {
            Box::pin(async move { Ok(due(tx, workspace).await? || improvable(tx, workspace, own).await?) })
        });
        read.await
    };
    while wanted().await? {
        // Whoever is at it looks once more when that is done.
        let Some(_turn) = app.training.turn(workspace) else { return Ok(()) };
        learn(app, workspace).await?;
    }
    Ok(())
}

/// Trains a model with today's examples.
async fn learn(app: &App, workspace: WorkspaceId) -> Result<()> {
    let read = app.read(move |tx| {
        Box::pin(async move {
            let learning = store::intent::learning(tx, workspace).await?.unwrap_or_default();
            Ok((learning.revision, examples(tx, workspace).await?))
        })
    });
    let (revision, examples) = read.await?;
    let count = examples.len() as i64;
    // How long it took is told to people; nothing depends on it.
    let begun = Instant::now();
    let (means, texts) = (Means::here(app).await, texts(&examples));
    let by = means.own();
    let reading = means.read(by, &texts, PATIENCE).await;
    if !reading.is_whole(&texts) {
        return Err(Error::internal("the sentence model did not say what the examples mean"));
    }
    let taught = tokio::task::spawn_blocking(move || {
        let model = ai::intent::train(&examples, &reading);
        let intents = model.names().len() as i64;
        (intents, Version { by, model }.to_bytes(), figures(&examples, &reading))
    });
    let (intents, model, figures) = taught.await.map_err(Error::internal)?;
    let took_ms = i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX);
    let now = app.now();
    let about = IntentVersion {
        version: 0,
        examples: count,
        intents,
        figures,
        took_ms,
        trained_at: now,
        in_use: true,
    };
    let new = NewVersion { revision, about, model };
    let seq = app
        .write(move |tx| {
            Box::pin(async move {
                let Some(version) = intent_version::insert(tx, workspace, &new).await? else {
                    return Ok(None);
                };
                intent_version::prune(tx, workspace, version - KEPT).await?;
                let change = NewChange::of(EventKind::Intent, 0);
                Ok(Some(store::event::append(tx, workspace, &[change], now).await?))
            })
        })
        .await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(())
}

/// What counts: the accepted examples of the intents that are to be recognised, and those of none. In the order of their ids,
/// so that the same examples give the same model.
async fn examples(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Example>> {
    let intents = store::intent::list(tx, workspace).await?;
    let enabled: HashSet<IntentId> =
        intents.into_iter().filter(|intent| intent.enabled).map(|intent| intent.id).collect();
    let mut all = BTreeMap::new();
    for Learned { id, intent_id, text, .. } in store::intent_example::changed(tx, workspace, 0).await? {
        if let Some(text) = text
            && intent_id.is_none_or(|intent| enabled.contains(&intent))
        {
            all.insert(id, Example { text, intent: intent_id.map(|intent| intent.to_string()) });
        }
    }
    Ok(all.into_values().collect())
}

/// What the examples say.
fn texts(examples: &[Example]) -> Vec<String> {
    examples.iter().map(|example| example.text.clone()).collect()
}

/// How well examples are recognised by models of the others. Each intent's examples are dealt out evenly.
fn figures(examples: &[Example], reading: &Reading) -> IntentFigures {
    let mut dealt: BTreeMap<&str, usize> = BTreeMap::new();
    let part: Vec<usize> = examples
        .iter()
        .map(|example| {
            let count = dealt.entry(example.intent.as_deref().unwrap_or_default()).or_default();
            *count += 1;
            (*count - 1) % PARTS
        })
        .collect();
    let rounds = if examples.len() > MANY { 1 } else { PARTS };
    let nearby = nearby(examples, reading);
    let mut figures = IntentFigures::default();
    let mut rows: BTreeMap<IntentId, (IntentFigure, BTreeMap<IntentId, i64>)> = BTreeMap::new();
    for round in 0..rounds {
        let others: Vec<Example> = examples
            .iter()
            .zip(&part)
            .filter(|(_, part)| **part != round)
            .map(|(one, _)| one.clone())
            .collect();
        let model = ai::intent::train(&others, reading);
        for (example, _) in examples.iter().zip(&part).filter(|(_, part)| **part == round) {
            let Some(wanted) = example.intent.as_deref().and_then(|name| name.parse::<IntentId>().ok())
            else {
                continue;
            };
            let said = recognised(&model, &Trace::with(&example.text, reading), &nearby, |at, name| {
                part[at] != round && examples[at].intent.as_deref() == Some(name)
            });
            figures.asked += 1;
            let new = || {
                (IntentFigure { intent_id: wanted, asked: 0, right: 0, mistaken_for: None }, BTreeMap::new())
            };
            let (row, mistaken) = rows.entry(wanted).or_insert_with(new);
            row.asked += 1;
            match said {
                Some(said) if said == wanted => {
                    figures.right += 1;
                    row.right += 1;
                }
                Some(said) => {
                    figures.wrong += 1;
                    *mistaken.entry(said).or_default() += 1;
                }
                None => figures.unsure += 1,
            }
        }
    }
    figures.intents = rows
        .into_values()
        .map(|(row, mistaken)| {
            let most = mistaken.into_iter().max_by_key(|(_, times)| *times);
            IntentFigure { mistaken_for: most.map(|(intent, _)| intent), ..row }
        })
        .collect();
    figures
}

/// Examples by their places.
fn nearby(examples: &[Example], reading: &Reading) -> Nearby<usize> {
    let mut nearby = Nearby::default();
    examples.iter().enumerate().for_each(|(at, one)| nearby.insert(at, Trace::with(&one.text, reading)));
    nearby
}

/// What a model alone recognises in a text. `of` tells whether the example at a place is one of the intent with a name.
fn recognised(
    model: &Intents,
    text: &Trace,
    nearby: &Nearby<usize>,
    of: impl Fn(usize, &str) -> bool,
) -> Option<IntentId> {
    let (place, likely) = model.classify_trace(text, &Memory::default()).best()?;
    let name = model.names().get(place)?;
    let near = nearby.nearest(text, |at| of(at, name))?;
    if likely * near.ground(model) < LIKELY { None } else { name.parse().ok() }
}

/// Versions before a number, the newest first.
pub async fn versions(
    app: &App,
    caller: &Caller,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<IntentVersion>> {
    let workspace = caller.workspace;
    let before = before.unwrap_or(i64::MAX);
    app.read(move |tx| Box::pin(async move { Ok(intent_version::list(tx, workspace, before, limit).await?) }))
        .await
}

/// Puts a version into use, until something else is learned.
///
/// # Errors
/// [`Error::Invalid`] when there is none, or another sentence model taught it than this server has.
pub async fn choose(app: &App, caller: &Caller, version: i64) -> Result<()> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let means = Means::here(app).await;
    let seq = app.write(move |tx| {
        Box::pin(async move {
            let known = intent_version::list(tx, workspace, version.saturating_add(1), 1).await?;
            if known.first().is_none_or(|known| known.version != version) {
                return Err(no_version("version"));
            }
            let kept = intent_version::model(tx, workspace, version).await?;
            if kept.is_some_and(|bytes| !means.have(learned_by(&bytes))) {
                return Err(not_here("version"));
            }
            if !intent_version::choose(tx, workspace, version).await? {
                return Ok(None);
            }
            let detail = serde_json::json!({ "version": version });
            audit::record(tx, &actor, Note::of(Act::IntentVersionChosen).with(&detail), now).await?;
            let change = NewChange::of(EventKind::Intent, 0);
            Ok(Some(store::event::append(tx, workspace, &[change], now).await?))
        })
    });
    if let Some(seq) = seq.await? {
        app.bell.events(workspace, seq);
    }
    Ok(())
}

fn not_here(field: &'static str) -> Error {
    Error::field(field, "invalid", "this version was learned by another sentence model than this server has")
}

fn no_version(field: &'static str) -> Error {
    Error::field(field, "unknown", "there is no such version")
}

/// Which of today's examples two versions understand differently; at most 200.
///
/// # Errors
/// [`Error::Invalid`] when one of them is not there, or another sentence model taught it than this server has.
pub async fn compare(app: &App, caller: &Caller, before: i64, after: i64) -> Result<Vec<IntentChange>> {
    let Both { examples, said, .. } = both(app, caller.workspace, before, after, None).await?;
    let policy = crate::sensitive::policy(app, caller.workspace).await?;
    let changes = examples.into_iter().zip(said).filter(|(_, [before, after])| before != after);
    let told = changes.take(CHANGES).map(|(example, [before, after])| IntentChange {
        text: policy.text(&example.text),
        intent_id: example.intent.and_then(|name| name.parse().ok()),
        before,
        after,
    });
    Ok(told.collect())
}

/// Of which part of texts two versions understand the same, from 0 to 1; `None` when one of them is not there any more, or an intent
/// that the first one knew.
pub(crate) async fn agreement(
    app: &App,
    workspace: WorkspaceId,
    before: i64,
    after: i64,
    texts: Vec<String>,
) -> Result<Option<f64>> {
    let said = match both(app, workspace, before, after, Some(texts)).await {
        Ok(Both { said, lost: false, .. }) => said,
        Ok(_) | Err(Error::Invalid(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let same = said.iter().filter(|[before, after]| before == after).count();
    Ok(Some(same as f64 / said.len().max(1) as f64))
}

/// What two versions understand beside today's examples.
struct Both {
    examples: Vec<Example>,
    /// Of each text what the one and the other recognises.
    said: Vec<[Option<IntentId>; 2]>,
    /// Whether the first one knows an intent that the other does not.
    lost: bool,
}

/// Asks two versions what texts mean; without texts, the examples.
async fn both(
    app: &App,
    workspace: WorkspaceId,
    before: i64,
    after: i64,
    texts: Option<Vec<String>>,
) -> Result<Both> {
    let read = app.read(move |tx| {
        Box::pin(async move {
            let one = intent_version::model(tx, workspace, before).await?;
            let other = intent_version::model(tx, workspace, after).await?;
            let one = one.ok_or_else(|| no_version("before"))?;
            let other = other.ok_or_else(|| no_version("after"))?;
            Ok((one, other, examples(tx, workspace).await?))
        })
    });
    let (one, other, examples) = read.await?;
    let means = Means::here(app).await;
    let about = [self::texts(&examples), texts.clone().unwrap_or_default()].concat();
    let mut versions = Vec::new();
    for (field, bytes) in [("before", one), ("after", other)] {
        let version = Version::from_bytes(&bytes).map_err(Error::internal)?;
        if !means.have(version.by) {
            return Err(not_here(field));
        }
        let reading = means.read(version.by, &about, COMPARING_PATIENCE).await;
        versions.push((version.model, reading));
    }
    let asked = tokio::task::spawn_blocking(move || {
        let texts = texts.unwrap_or_else(|| self::texts(&examples));
        let of = |at: usize, name: &str| examples[at].intent.as_deref() == Some(name);
        let mut said = vec![[None; 2]; texts.len()];
        for (place, (model, reading)) in versions.iter().enumerate() {
            let nearby = nearby(&examples, reading);
            for (said, text) in said.iter_mut().zip(&texts) {
                said[place] = recognised(model, &Trace::with(text, reading), &nearby, of);
            }
        }
        let names = |at: usize| versions[at].0.names();
        let lost = names(0).iter().any(|name| !names(1).contains(name));
        Both { examples, said, lost }
    });
    asked.await.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_trains_a_model_of_a_workspace() {
        let at_work = AtWork::default();
        let first = at_work.turn(WorkspaceId(1));
        assert!(first.is_some() && at_work.turn(WorkspaceId(2)).is_some());
        assert!(at_work.turn(WorkspaceId(1)).is_none(), "somebody is at it");
        drop(first);
        assert!(at_work.turn(WorkspaceId(1)).is_some());
    }
}
