//! Examples of intents: written by those who manage the bot, or taken from a customer's message when an agent says what it
//! means. The latter wait for one click, or count at once where the workspace decided so.

use std::collections::HashSet;

use model::{
    Act, AgentId, ContactId, ConversationId, EventKind, ExampleId, ExampleState, Ids, IntentCorrection,
    IntentExample, IntentId, Message, MessageId, Millis, WorkspaceId,
};
use store::event::NewChange;
use store::intent_example::{Filter, NewExample, Source};
use store::{Page, Tx};

use super::{recognise, training};
use crate::audit::{self, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result, sensitive};

/// The most characters of an example, the most that are written at once, and the most of a workspace.
const TEXT_MAX: usize = 500;
const AT_ONCE: usize = 500;
const EXAMPLES_MAX: i64 = 50_000;

/// Examples, the newest first.
///
/// # Errors
/// When the cursor is not one of this list.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: Filter,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<IntentExample>> {
    let workspace = caller.workspace;
    let listed = app.read(move |tx| {
        Box::pin(async move {
            Ok(store::intent_example::list(tx, workspace, filter, cursor.as_deref(), limit).await?)
        })
    });
    let mut page = listed.await?;
    let policy = sensitive::policy(app, workspace).await?;
    page.items.iter_mut().for_each(|example| example.text = policy.text(&example.text));
    Ok(page)
}

/// Writes examples of an intent, each a text; those that it has already are passed over. Tells how many are new.
///
/// # Errors
/// [`Error::NotFound`] when there is no such intent, [`Error::Invalid`] for a text that is too long, [`Error::Conflict`] past
/// 50,000 examples.
pub async fn write(app: &App, caller: &Caller, intent: IntentId, texts: &[String]) -> Result<i64> {
    let (workspace, now, actor, agent) = (caller.workspace, app.now(), caller.actor(), caller.agent.id);
    let mut fields = Fields::new();
    if texts.is_empty() || texts.len() > AT_ONCE {
        fields.wrong("texts", "invalid", format!("write 1 to {AT_ONCE} examples at once"));
    }
    let mut clean: Vec<String> = Vec::new();
    for (at, text) in texts.iter().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let text = fields.line(&format!("texts[{at}]"), text, TEXT_MAX);
        if !clean.contains(&text) {
            clean.push(text);
        }
    }
    fields.finish()?;
    let ids = app.ids.clone();
    let written = app.write(move |tx| {
        Box::pin(async move {
            store::intent::get(tx, workspace, intent).await?.ok_or(Error::NotFound)?;
            let known: HashSet<String> =
                store::intent_example::texts(tx, workspace, intent).await?.into_iter().collect();
            clean.retain(|text| !known.contains(text));
            let count = clean.len() as i64;
            must_have_room(tx, workspace, count).await?;
            if count == 0 {
                return Ok((0, None));
            }
            let example = |text| NewExample {
                id: ids.next(),
                intent_id: Some(intent),
                text,
                state: ExampleState::Accepted,
                source: None,
                understood: None,
                by: Some(agent),
                at: now,
            };
            let examples: Vec<NewExample> = clean.into_iter().map(example).collect();
            store::intent_example::insert(tx, workspace, &examples).await?;
            training::queue(tx, workspace, &ids, now).await?;
            let detail = serde_json::json!({ "examples": count });
            audit::record(tx, &actor, Note::of(Act::IntentChanged).on(intent).with(&detail), now).await?;
            let change = NewChange::of(EventKind::Intent, intent.0);
            Ok((count, Some(store::event::append(tx, workspace, &[change], now).await?)))
        })
    });
    let (count, seq) = written.await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(count)
}

/// Refuses to keep `more` examples where there are too many then.
async fn must_have_room(tx: &mut Tx, workspace: WorkspaceId, more: i64) -> Result<()> {
    if store::intent_example::count(tx, workspace).await? + more > EXAMPLES_MAX {
        let message = format!("a workspace has at most {EXAMPLES_MAX} examples");
        return Err(Error::Conflict { code: "too_many", message });
    }
    Ok(())
}

/// Removes an example.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(app: &App, caller: &Caller, id: ExampleId) -> Result<()> {
    let (workspace, now, actor, ids) = (caller.workspace, app.now(), caller.actor(), app.ids.clone());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            let example = store::intent_example::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            store::intent_example::delete(tx, workspace, id).await?;
            training::queue(tx, workspace, &ids, now).await?;
            let note = Note::of(Act::IntentChanged);
            let note = match example.intent_id {
                Some(intent) => note.on(intent),
                None => note,
            };
            let detail = serde_json::json!({ "examples": -1 });
            audit::record(tx, &actor, note.with(&detail), now).await?;
            let change = NewChange::of(EventKind::Intent, example.intent_id.map_or(0, |intent| intent.0));
            Ok(store::event::append(tx, workspace, &[change], now).await?)
        })
    });
    app.bell.events(workspace, removed.await?);
    Ok(())
}

/// Accepts or refuses examples; those that are gone meanwhile are passed over. Tells how many were decided.
pub async fn decide(app: &App, caller: &Caller, examples: Vec<ExampleId>, accept: bool) -> Result<i64> {
    let (workspace, now, actor, agent) = (caller.workspace, app.now(), caller.actor(), caller.agent.id);
    if examples.len() > AT_ONCE {
        return Err(Error::field("examples", "too_many", format!("decide at most {AT_ONCE} at once")));
    }
    let state = if accept { ExampleState::Accepted } else { ExampleState::Refused };
    let ids = app.ids.clone();
    let decided = app.write(move |tx| {
        Box::pin(async move {
            let decided =
                store::intent_example::decide(tx, workspace, &examples, state, Some(agent), now).await?;
            let count = decided as i64;
            if count == 0 {
                return Ok((0, None));
            }
            training::queue(tx, workspace, &ids, now).await?;
            let detail = serde_json::json!({ "accepted": accept, "examples": count });
            audit::record(tx, &actor, Note::of(Act::CorrectionDecided).with(&detail), now).await?;
            let change = NewChange::of(EventKind::Intent, 0);
            Ok((count, Some(store::event::append(tx, workspace, &[change], now).await?)))
        })
    });
    let (count, seq) = decided.await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(count)
}

/// Says what a customer's message means: an intent, or none of them. What was said before of the same message is replaced.
///
/// # Errors
/// [`Error::NotFound`] when the caller sees no such message, [`Error::Invalid`] when it has no words of a customer or there is
/// no such intent, [`Error::Conflict`] past 50,000 examples.
pub async fn correct(
    app: &App,
    caller: &Caller,
    message: MessageId,
    intent: Option<IntentId>,
) -> Result<IntentCorrection> {
    let (workspace, now, actor, agent) = (caller.workspace, app.now(), caller.actor(), caller.agent.id);
    let visibility = caller.visibility();
    let found = app
        .read(move |tx| {
            Box::pin(async move { Ok(store::message::get(tx, workspace, &visibility, message).await?) })
        })
        .await?
        .ok_or(Error::NotFound)?;
    let meant = said(app, workspace, &found).await?.ok_or_else(|| {
        Error::field("intent_id", "no_words", "choose a message in which a customer wrote something")
    })?;
    let (ids, conversation) = (app.ids.clone(), found.conversation_id);
    let corrected = app.write(move |tx| {
        Box::pin(async move {
            if let Some(intent) = intent
                && store::intent::get(tx, workspace, intent).await?.is_none()
            {
                return Err(Error::field("intent_id", "unknown", "choose an intent of the workspace"));
            }
            let facts =
                store::conversation::facts(tx, workspace, conversation).await?.ok_or(Error::NotFound)?;
            let by = (agent, now);
            let (correction, new) = put(tx, workspace, &ids, (&meant, facts.contact_id), intent, by).await?;
            if !new {
                return Ok((correction, None));
            }
            let note =
                Note::of(Act::IntentCorrected).on(message).within(conversation).about(facts.contact_id);
            audit::record(tx, &actor, note.with(&serde_json::json!({ "intent": intent })), now).await?;
            let changes = [NewChange::of(EventKind::Intent, intent.map_or(0, |intent| intent.0))];
            Ok((correction, Some(store::event::append(tx, workspace, &changes, now).await?)))
        })
    });
    let (correction, seq) = corrected.await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(correction)
}

/// What a customer wrote, as an example keeps it.
pub(crate) struct Meant {
    message: MessageId,
    conversation: ConversationId,
    /// The text, masked as the message is.
    text: String,
    /// What the bot understands, and how likely that seems to it, in percent.
    understood: Option<(IntentId, i64)>,
}

/// What a message says, as an example keeps it; `None` where no customer wrote words in it.
pub(crate) async fn said(app: &App, workspace: WorkspaceId, message: &Message) -> Result<Option<Meant>> {
    let Some(text) = recognise::words(message) else { return Ok(None) };
    let understood = recognise::recognise(app, workspace, &text).await?;
    let understood = understood.map(|one| (one.intent.id, recognise::percent(one.likely)));
    // Whoever reads the examples sees no more of it than of the message.
    let policy = sensitive::policy(app, workspace).await?;
    let text: String = policy.text(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    let text: String = text.chars().take(TEXT_MAX).collect();
    Ok(Some(Meant { message: message.id, conversation: message.conversation_id, text, understood }))
}

/// Makes what a customer wrote an example of an intent, or of none, as a colleague says; tells whether that is new.
pub(crate) async fn put(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &Ids,
    (meant, contact): (&Meant, ContactId),
    intent: Option<IntentId>,
    (agent, now): (AgentId, Millis),
) -> Result<(IntentCorrection, bool)> {
    let learning = store::intent::learning(tx, workspace).await?.unwrap_or_default();
    let state = if learning.automatic { ExampleState::Accepted } else { ExampleState::Waiting };
    match store::intent_example::of_message(tx, workspace, meant.message).await? {
        // What was decided for the same stays decided.
        Some(known) if known.intent_id == intent && known.state != ExampleState::Refused => {
            return Ok((IntentCorrection { intent_id: intent, state: known.state }, false));
        }
        Some(known) => {
            let (id, by) = (known.id, Some(agent));
            store::intent_example::correct(tx, workspace, id, intent, state, by, now).await?;
        }
        None => {
            must_have_room(tx, workspace, 1).await?;
            let source = Source { message: meant.message, conversation: meant.conversation, contact };
            let example = NewExample {
                id: ids.next(),
                intent_id: intent,
                text: meant.text.clone(),
                state,
                source: Some(source),
                understood: meant.understood,
                by: Some(agent),
                at: now,
            };
            store::intent_example::insert(tx, workspace, &[example]).await?;
        }
    }
    training::queue(tx, workspace, ids, now).await?;
    Ok((IntentCorrection { intent_id: intent, state }, true))
}

/// Takes back an example that a colleague made of a message, unless somebody has decided about it.
pub(crate) async fn take_back(
    tx: &mut Tx,
    workspace: WorkspaceId,
    ids: &Ids,
    message: MessageId,
    (agent, now): (AgentId, Millis),
) -> Result<()> {
    let known = store::intent_example::of_message(tx, workspace, message).await?;
    let theirs = known.filter(|one| one.created_by == Some(agent) && one.decided_by.is_none());
    if let Some(example) = theirs {
        store::intent_example::delete(tx, workspace, example.id).await?;
        training::queue(tx, workspace, ids, now).await?;
    }
    Ok(())
}
