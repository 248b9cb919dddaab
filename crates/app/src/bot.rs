//! The bot in the conversation: it answers from what the business published, asks back once, or hands over to people.
//!
//! A message that arrives where the turn is the bot's queues a job in the same transaction ([`heard`]). The job
//! [thinks](think::think) without holding anything, and then [acts](act::act) in one transaction that looks again whether
//! the turn is still its own and nothing newer was written. What it says is taken from public knowledge or from a list of
//! sentences that come with the program: nothing is made up, so nothing can be promised.

mod act;
mod choice;
mod decide;
mod intended;
mod think;
pub mod trial;

use model::{
    Act, AuthorKind, BotSetting, BotTimes, ConversationId, Direction, EventKind, InboxId, Message, MessageId,
    Millis, Turn, WorkspaceId,
};
use serde_json::json;
use store::Tx;
use store::event::NewChange;

use crate::audit::{self, Note};
use crate::hours::{self, Now};
use crate::person::Scope;
use crate::{App, Caller, Error, Result, jobs};

pub use act::act;
pub(crate) use decide::{is_courtesy, words_of};
pub use think::{Plan, think};

/// Whether the bot answers in an inbox, and how sure it must be.
///
/// # Errors
/// [`Error::NotFound`] when there is no such inbox.
pub async fn setting(app: &App, caller: &Caller, inbox: InboxId) -> Result<BotSetting> {
    let workspace = caller.workspace;
    app.read(move |tx| {
        Box::pin(async move {
            store::inbox::get(tx, workspace, inbox).await?.ok_or(Error::NotFound)?;
            Ok(store::bot::setting(tx, workspace, inbox).await?.unwrap_or_default())
        })
    })
    .await
}

/// Decides it. When the bot is switched off, the queue gets its conversations.
///
/// # Errors
/// [`Error::NotFound`] when there is no such inbox, [`Error::Invalid`] for a threshold out of range.
pub async fn set(app: &App, caller: &Caller, inbox: InboxId, setting: BotSetting) -> Result<BotSetting> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let seq = app
        .write(move |tx| {
            Box::pin(async move {
                // What the caller may not see does not exist, whatever is asked of it.
                store::inbox::get(tx, workspace, inbox).await?.ok_or(Error::NotFound)?;
                if !(BotSetting::LEAST..=BotSetting::MOST).contains(&setting.threshold) {
                    return Err(Error::field("threshold", "out_of_range", "choose 50 to 99 percent"));
                }
                if !store::bot::put(tx, workspace, inbox, setting, now).await? {
                    return Ok(None);
                }
                let mut changes = vec![NewChange::of(EventKind::Inbox, inbox.0)];
                if !setting.enabled {
                    let released = store::bot::release(tx, workspace, inbox).await?;
                    changes.extend(released.into_iter().map(NewChange::conversation));
                }
                let detail = json!({ "enabled": setting.enabled, "threshold": setting.threshold, "shadow": setting.shadow, "times": setting.times });
                audit::record(tx, &actor, Note::of(Act::BotChanged).on(inbox).with(&detail), now).await?;
                Ok(Some(store::event::append(tx, workspace, &changes, now).await?))
            })
        })
        .await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
    }
    Ok(setting)
}

/// Who speaks first in a conversation of an inbox that nobody owns.
pub(crate) async fn first_turn(
    tx: &mut Tx,
    workspace: WorkspaceId,
    inbox: InboxId,
    now: Millis,
) -> Result<Turn> {
    let setting = store::bot::setting(tx, workspace, inbox).await?;
    let answers = match setting.filter(|setting| setting.enabled).map(|setting| setting.times) {
        None => false,
        Some(BotTimes::Always) => true,
        Some(BotTimes::Closed) => hours::now(tx, workspace, inbox, now).await? != Now::Open,
    };
    Ok(if answers { Turn::Bot } else { Turn::Queue })
}

/// A customer wrote where the turn is the bot's: queues its job, once for each message, since a message is kept once. `true`
/// when there is one. Where the bot was switched off meanwhile, or people came whose
/// hours it leaves to them, the queue gets the conversation.
pub(crate) async fn heard(
    tx: &mut Tx,
    scope: Scope<'_>,
    conversation: ConversationId,
    message: MessageId,
    changes: &mut Vec<NewChange>,
) -> Result<bool> {
    let Scope { workspace, inbox, now, .. } = scope;
    if first_turn(tx, workspace, inbox, now).await? == Turn::Bot {
        jobs::enqueue_bot(tx, scope, conversation, message).await?;
        return Ok(true);
    }
    store::conversation::assign(tx, workspace, conversation, None, Turn::Queue, now).await?;
    changes.push(NewChange::conversation(conversation));
    Ok(false)
}

/// The whole of a job: thinks, then acts. Where thinking fails for the last time people take over: nobody waits for a
/// machine that is broken.
pub(crate) async fn answer(
    app: &App,
    workspace: WorkspaceId,
    conversation: ConversationId,
    message: MessageId,
    last: bool,
) -> Result<()> {
    let plan = match think(app, workspace, conversation, message).await {
        Err(error) if last => {
            tracing::error!(%conversation, %error, "the bot cannot think about a message");
            Some(Plan::broken(conversation, message))
        }
        thought => thought?,
    };
    match plan {
        Some(plan) => act(app, workspace, plan).await.map(drop),
        None => Ok(()),
    }
}

/// The conversation was handed back: the bot takes up what the customer wrote last and nobody answered.
pub(crate) async fn take_up(tx: &mut Tx, scope: Scope<'_>, conversation: ConversationId) -> Result<()> {
    let workspace = scope.workspace;
    let newest = store::bot::newest(tx, workspace, conversation).await?;
    let Some((message, Direction::In)) = newest else { return Ok(()) };
    if store::message::by_client(tx, workspace, conversation, &client_id(message)).await?.is_none() {
        jobs::enqueue_bot(tx, scope, conversation, message).await?;
    }
    Ok(())
}

/// The name that a message of the bot has in its conversation: the customer's message that it answers. It makes answering
/// twice harmless.
fn client_id(answered: MessageId) -> String {
    format!("bot-{answered}")
}

/// The customer's message that a message of the bot answers; `None` for everybody else's.
fn answered(message: &Message) -> Option<MessageId> {
    let name = message.client_id.as_deref().filter(|_| message.author.kind == AuthorKind::Bot)?;
    name.strip_prefix("bot-")?.parse().ok()
}
