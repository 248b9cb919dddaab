//! What is understood of a text: by the model in use, by what was accepted since it was trained, and by the nearest example.
//!
//! Each node holds this for the workspaces that it was asked about lately. Whoever asks compares its revision with the
//! database's and reads what changed since, so that what was accepted a moment ago counts, on every node, and nothing has to be
//! told to anybody.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use ai::Intents;
use ai::intent::{Example, Guess, Memory, Near, Nearby, Trace};
use model::{
    ConversationId, Direction, ExampleId, Intent, IntentId, IntentLearning, Message, MessageId, Permission,
    Understood, UnderstoodMessage, WorkspaceId,
};
use moka::sync::Cache;
use store::Tx;
use store::intent_example::Learned;
use store::message::Place;
use tokio::sync::RwLock;

use super::meaning::{By, Means, Reading, Version};
use crate::{App, Caller, Error, Result, jobs, sensitive};

/// For how many workspaces this is held at most, and for how long after its last use.
const HEADS: u64 = 256;
const IDLE: Duration = Duration::from_secs(3600);
/// The longest text that is looked at, in characters; more is cut.
const TEXT_MAX: usize = 1000;
/// How long somebody who asks waits for the meaning of a text, and how long for that of the examples.
const PATIENCE: Duration = Duration::from_millis(1500);
const EXAMPLES_PATIENCE: Duration = Duration::from_secs(60);
/// How sure one is of a text that somebody gave as an example, word for word.
const WORD_FOR_WORD: f32 = 0.97;
/// How many customers' messages of a conversation are understood at once.
const MESSAGES: i64 = 60;
/// How many others are named.
const OTHERS: usize = 3;

/// What the workspaces that were asked about lately have learned.
pub(crate) struct Heads(Cache<WorkspaceId, Arc<RwLock<Head>>>);

impl Default for Heads {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(HEADS).time_to_idle(IDLE).build())
    }
}

/// What one workspace has learned.
#[derive(Default)]
struct Head {
    learning: IntentLearning,
    intents: HashMap<IntentId, Intent>,
    /// By what the model was learned, and everything else is read.
    by: By,
    model: Option<Intents>,
    examples: BTreeMap<ExampleId, Held>,
    nearby: Nearby<ExampleId>,
    /// What was accepted since the model was trained.
    memory: Memory,
}

/// An example that counts.
struct Held {
    intent: Option<IntentId>,
    text: String,
    revision: i64,
}

/// What changed since a head was read last.
struct News {
    learning: IntentLearning,
    intents: Vec<Intent>,
    /// The version in use, where it is another one.
    version: Option<Option<Vec<u8>>>,
    examples: Vec<Learned>,
    /// Whether the examples are all there are.
    anew: bool,
}

/// What becomes of the model.
enum Next {
    /// It stays as it is.
    Same,
    /// There is none.
    Nothing,
    /// It is this one.
    Given(Box<Version>),
    /// The version in use was learned by something that is not here: what the examples teach is learned here, by what is.
    Learned(By),
}

/// An intent that was recognised in a text.
#[derive(Debug, Clone)]
pub(crate) struct Recognised {
    /// Which one.
    pub(crate) intent: Intent,
    /// How likely it is.
    pub(crate) likely: f32,
}

/// What a text says to a workspace.
struct Heard {
    best: Option<Recognised>,
    none: bool,
    corrected: bool,
    others: Vec<IntentId>,
    nearest: Option<ExampleId>,
}

impl Head {
    /// By what everything is read from then on.
    fn next_by(&self, next: &Next) -> By {
        match next {
            Next::Same => self.by,
            Next::Nothing => By::Shipped,
            Next::Given(version) => version.by,
            Next::Learned(by) => *by,
        }
    }

    /// The texts whose meaning must be known to take in what changed.
    fn unread(&self, news: &News, next: &Next) -> Vec<String> {
        let all = self.next_by(next) != self.by || matches!(next, Next::Learned(_));
        let held = self.examples.values().filter(|_| all && !news.anew).map(|held| &held.text);
        held.chain(news.examples.iter().filter_map(|one| one.text.as_ref())).cloned().collect()
    }

    /// Takes in what changed. `reading` knows what is [unread](Self::unread).
    fn take(&mut self, news: News, next: Next, reading: &Reading) {
        if news.anew {
            self.examples.clear();
        }
        let by = self.next_by(&next);
        if news.anew || by != self.by {
            self.nearby = Nearby::default();
            for (id, held) in &self.examples {
                self.nearby.insert(*id, Trace::with(&held.text, reading));
            }
        }
        self.by = by;
        for Learned { id, revision, intent_id: intent, text } in news.examples {
            match text {
                Some(text) => {
                    self.nearby.insert(id, Trace::with(&text, reading));
                    self.examples.insert(id, Held { intent, text, revision });
                }
                None => {
                    self.nearby.remove(id);
                    self.examples.remove(&id);
                }
            }
        }
        self.intents =
            news.intents.into_iter().filter(|one| one.enabled).map(|intent| (intent.id, intent)).collect();
        match next {
            Next::Same => {}
            Next::Nothing => self.model = None,
            Next::Given(version) => self.model = Some(version.model),
            Next::Learned(_) => self.model = Some(self.learn(reading)),
        }
        self.learning = news.learning;
        let mut since: Vec<(&ExampleId, &Held)> =
            self.examples.iter().filter(|(_, held)| held.revision > news.learning.learned).collect();
        since.sort_by_key(|(_, held)| held.revision);
        self.memory = Memory::default();
        for (id, held) in since {
            let Some(text) = self.nearby.get(*id) else { continue };
            let intent = held.intent.map(|intent| intent.to_string());
            self.memory.correct_trace(text.clone(), intent.as_deref());
        }
    }

    /// What the examples teach.
    fn learn(&self, reading: &Reading) -> Intents {
        let known = |held: &&Held| held.intent.is_none_or(|intent| self.intents.contains_key(&intent));
        let examples: Vec<Example> = self
            .examples
            .values()
            .filter(known)
            .map(|held| Example {
                text: held.text.clone(),
                intent: held.intent.map(|intent| intent.to_string()),
            })
            .collect();
        ai::intent::train(&examples, reading)
    }

    /// What a text says that was read by the same as everything here.
    fn hear(&self, text: &Trace) -> Heard {
        // The nearest example of each intent, and of none of them.
        let near = self.nearby.nearest_of_each(text, |id| self.examples.get(&id).map(|held| held.intent));
        let guess = self.model.as_ref().map(|model| (model, model.classify_trace(text, &self.memory)));
        let mut ranked = match &guess {
            Some((model, guess)) => self.ranked(model, guess, &near),
            None => Vec::new(),
        };
        let mut corrected = guess.as_ref().is_some_and(|(_, guess)| guess.corrected);
        // Why: the nearest example of what was understood, else the nearest of all.
        let mut nearest = ranked.first().and_then(|best| near.get(&Some(best.intent.id))).copied();
        if ranked.is_empty() {
            nearest = near
                .into_values()
                .max_by(|one, other| one.likeness.total_cmp(&other.likeness).then(one.key.cmp(&other.key)));
            // What the model has not learned yet is known word for word.
            let told = nearest.filter(|near| near.likeness >= 1.0 && self.since(near.key));
            if let Some(intent) =
                told.and_then(|near| self.intents.get(&self.examples.get(&near.key)?.intent?))
            {
                ranked.push(Recognised { intent: intent.clone(), likely: WORD_FOR_WORD });
                corrected = true;
            }
        }
        let others = ranked.iter().skip(1).take(OTHERS).map(|one| one.intent.id).collect();
        let best = ranked.into_iter().next();
        let none = best.as_ref().is_none_or(|best| best.likely < 0.5);
        Heard { best, none, corrected, others, nearest: nearest.map(|near| near.key) }
    }

    /// Whether an example was accepted since the model was trained.
    fn since(&self, id: ExampleId) -> bool {
        self.model.is_none()
            || self.examples.get(&id).is_some_and(|held| held.revision > self.learning.learned)
    }

    /// What the model says, the likeliest first. Intents that are switched off or gone are none.
    fn ranked(
        &self,
        model: &Intents,
        guess: &Guess,
        near: &BTreeMap<Option<IntentId>, Near<ExampleId>>,
    ) -> Vec<Recognised> {
        let mut ranked = Vec::new();
        for (place, likely) in &guess.ranked {
            let id = model.names().get(*place).and_then(|name| name.parse::<IntentId>().ok());
            let Some(intent) = id.and_then(|id| self.intents.get(&id)) else { continue };
            let mut found =
                Recognised { intent: intent.clone(), likely: likely * (1.0 - guess.out_of_scope) };
            if !guess.corrected {
                // Without an example that is like it there is no ground for it.
                let near = near.get(&Some(intent.id));
                found.likely *= near.map_or(0.0, |near| near.ground(model));
            }
            ranked.push(found);
        }
        // An intent that the model does not know is learned soon; what was said of it counts now.
        let unknown = guess.corrected && guess.out_of_scope > 0.5;
        if unknown { Vec::new() } else { ranked }
    }
}

/// The head of a workspace, up to date.
async fn current(app: &App, workspace: WorkspaceId) -> Result<Arc<RwLock<Head>>> {
    let head = app.heads.0.get_with(workspace, Arc::default);
    let now = app
        .read(move |tx| Box::pin(async move { Ok(store::intent::learning(tx, workspace).await?) }))
        .await?
        .unwrap_or_default();
    if head.read().await.learning.revision >= now.revision {
        return Ok(head);
    }
    let mut held = head.clone().write_owned().await;
    let known = held.learning;
    if known.revision < now.revision {
        let news = app.read(move |tx| Box::pin(async move { news(tx, workspace, known).await })).await?;
        let means = Means::here(app).await;
        let next = next(workspace, &news, &means);
        // What came with the program taught the newest of them: a better one is learned in the background.
        let newest = news.learning.version == Some(news.learning.newest);
        let better = newest && matches!(&next, Next::Given(version) if version.by != means.own());
        let texts = held.unread(&news, &next);
        let reading = means.read(held.next_by(&next), &texts, EXAMPLES_PATIENCE).await;
        let taken = tokio::task::spawn_blocking(move || held.take(news, next, &reading));
        taken.await.map_err(Error::internal)?;
        if better {
            let (ids, now) = (app.ids.clone(), app.now());
            app.write(move |tx| {
                Box::pin(async move { jobs::enqueue_training(tx, workspace, &ids, now).await })
            })
            .await?;
        }
    }
    Ok(head)
}

/// What becomes of the model with some news.
fn next(workspace: WorkspaceId, news: &News, means: &Means) -> Next {
    let Some(kept) = &news.version else { return Next::Same };
    let Some(bytes) = kept else { return Next::Nothing };
    match Version::from_bytes(bytes) {
        Ok(version) if means.have(version.by) => Next::Given(Box::new(version)),
        Ok(_) => Next::Learned(means.own()),
        // A later version of the program trains it anew; until then the examples alone tell.
        Err(error) => {
            tracing::error!(%workspace, %error, "a model cannot be read");
            Next::Nothing
        }
    }
}

/// Reads in one snapshot what changed.
async fn news(tx: &mut Tx, workspace: WorkspaceId, known: IntentLearning) -> Result<News> {
    let learning = store::intent::learning(tx, workspace).await?.unwrap_or_default();
    let anew = learning.forgotten > known.revision;
    let after = if anew { 0 } else { known.revision };
    let examples = store::intent_example::changed(tx, workspace, after).await?;
    let version = match (learning.version, known.version) {
        (now, before) if now == before => None,
        (Some(version), _) => Some(store::intent_version::model(tx, workspace, version).await?),
        (None, _) => Some(None),
    };
    let intents = store::intent::list(tx, workspace).await?;
    Ok(News { learning, intents, version, examples, anew })
}

async fn hear<T, F>(app: &App, workspace: WorkspaceId, texts: Vec<String>, tell: F) -> Result<Vec<T>>
where
    F: Fn(&Head, Heard) -> T + Send + 'static,
    T: Send + 'static,
{
    let held = current(app, workspace).await?;
    let texts: Vec<String> = texts.into_iter().map(|text| text.chars().take(TEXT_MAX).collect()).collect();
    let means = Means::here(app).await;
    let mut by = held.read().await.by;
    // Read without holding the head, so that news of it need not wait for a model; once more if news brought another one.
    let (head, reading) = loop {
        let reading = means.read(by, &texts, PATIENCE).await;
        let head = held.clone().read_owned().await;
        if head.by == by {
            break (head, reading);
        }
        by = head.by;
    };
    let heard = tokio::task::spawn_blocking(move || {
        texts.iter().map(|text| tell(&head, head.hear(&Trace::with(text, &reading)))).collect()
    });
    heard.await.map_err(Error::internal)
}

/// The likeliest intent of a text; `None` when the workspace has none, or the text is nearer to none.
pub(crate) async fn recognise(app: &App, workspace: WorkspaceId, text: &str) -> Result<Option<Recognised>> {
    let heard = hear(app, workspace, vec![text.to_owned()], |_, heard| heard.best);
    Ok(heard.await?.pop().flatten())
}

/// What a text was understood as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meant {
    /// As which intent; `None` where it is nearer to none of them.
    pub(crate) intent: Option<IntentId>,
    /// How sure the likeliest of them is, in percent.
    pub(crate) confidence: i64,
}

/// What each text is understood as; nothing where the workspace has no intents.
pub(crate) async fn meant(app: &App, workspace: WorkspaceId, texts: Vec<String>) -> Result<Vec<Meant>> {
    let heard = hear(app, workspace, texts, |head, heard| {
        let confidence = percent(heard.best.as_ref().map_or(0.0, |best| best.likely));
        let intent = heard.best.filter(|_| !heard.none).map(|best| best.intent.id);
        (!head.intents.is_empty()).then_some(Meant { intent, confidence })
    });
    Ok(heard.await?.into_iter().flatten().collect())
}

/// What would be understood of a text.
///
/// # Errors
/// [`Error::Invalid`] when there is none.
pub async fn understand(app: &App, caller: &Caller, text: &str) -> Result<Understood> {
    if text.trim().is_empty() {
        return Err(Error::field("text", "empty", "write what a customer might"));
    }
    let mut all = told(app, caller, vec![text.to_owned()]).await?;
    all.pop().ok_or_else(|| Error::internal("nothing was understood"))
}

/// What is understood of texts, as the caller may see it.
async fn told(app: &App, caller: &Caller, texts: Vec<String>) -> Result<Vec<Understood>> {
    let policy = sensitive::policy(app, caller.workspace).await?;
    // Examples are the workspace's knowledge.
    let reads = caller.may(Permission::KnowledgeRead);
    hear(app, caller.workspace, texts, move |head, heard| {
        let nearest = heard.nearest.filter(|_| reads).and_then(|id| head.examples.get(&id));
        let likely = heard.best.as_ref().map_or(0.0, |best| best.likely);
        Understood {
            intent_id: heard.best.map(|best| best.intent.id),
            confidence: percent(likely),
            none: heard.none,
            corrected: heard.corrected,
            others: heard.others,
            nearest: nearest.map(|held| policy.text(&held.text)),
        }
    })
    .await
}

/// What is understood of the customer's messages of a conversation, up to one of them, the newest last.
///
/// # Errors
/// [`Error::NotFound`] when the caller sees no such conversation.
pub async fn messages(
    app: &App,
    caller: &Caller,
    conversation: ConversationId,
    before: Option<MessageId>,
) -> Result<Vec<UnderstoodMessage>> {
    let (workspace, visibility) = (caller.workspace, caller.visibility());
    let read = app.read(move |tx| {
        Box::pin(async move {
            if !store::conversation::visible(tx, workspace, &visibility, conversation).await? {
                return Err(Error::NotFound);
            }
            let place = before.map_or(Place::Newest, Place::Before);
            let page = store::message::page(tx, workspace, conversation, place, MESSAGES).await?;
            let said: Vec<(MessageId, String)> =
                page.items.iter().filter_map(|message| Some((message.id, words(message)?))).collect();
            let ids: Vec<MessageId> = said.iter().map(|(id, _)| *id).collect();
            let corrections = store::intent_example::corrections(tx, workspace, &ids).await?;
            Ok((said, corrections.into_iter().collect::<HashMap<_, _>>()))
        })
    });
    let (said, corrections) = read.await?;
    let (ids, texts): (Vec<MessageId>, Vec<String>) = said.into_iter().unzip();
    let understood = told(app, caller, texts).await?;
    let all = ids.into_iter().zip(understood).map(|(message_id, understood)| {
        let correction = corrections.get(&message_id).copied();
        UnderstoodMessage { message_id, understood, correction }
    });
    Ok(all.collect())
}

/// What a customer wrote in a message, where it is something to be understood.
pub(super) fn words(message: &Message) -> Option<String> {
    let theirs = message.direction == Direction::In && message.revoked_at.is_none();
    let text = theirs.then(|| crate::bot::words_of(&message.content)).flatten()?;
    Some(text.to_owned())
}

/// How likely something is in percent.
pub(crate) fn percent(likely: f32) -> i64 {
    (likely.clamp(0.0, 1.0) * 100.0).round() as i64
}
