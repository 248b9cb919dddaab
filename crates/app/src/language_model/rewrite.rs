//! Rewrites and translates for agents, who read what comes of it before anybody else does.

use std::time::Duration;

use ai::language::Language;
use ai::prompt::rewriting::{self, LONGEST};
use ai::prompt::veil::Veil;
use ai::prompt::{Prompt, Rejected};
use model::{ContactId, ConversationId, MessageId, Personal, Tone};

use super::chat::Patience;
use super::{Silent, Spender, access, name_of, none_chosen, refused};
use crate::bot::words_of;
use crate::{App, Caller, Error, Result, sensitive};

/// How long an agent waits.
const PATIENCE: Patience = Patience { pause: Duration::from_secs(20), whole: Duration::from_secs(60) };
/// The most tokens of a reply.
const LIMIT: u32 = 3_000;

/// What becomes of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It sounds otherwise.
    Tone(Tone),
    /// It is in another language (BCP 47).
    Language(String),
}

/// Rewrites what an agent is about to write in a conversation.
///
/// # Errors
/// [`Error::NotFound`] when there is no such conversation that the caller may see, [`Error::Invalid`] for a text that is empty
/// or longer than 4,000 characters, for no change, and for a language that is not known, [`Error::Conflict`] where no model may be used, its
/// budget is spent, it fails, or what it wrote says something else.
pub async fn rewrite(
    app: &App,
    caller: &Caller,
    id: ConversationId,
    text: &str,
    change: Option<&Change>,
) -> Result<String> {
    let (workspace, visibility) = (caller.workspace, caller.visibility());
    let contact = app.read(move |tx| {
        Box::pin(async move {
            if !store::conversation::visible(tx, workspace, &visibility, id).await? {
                return Err(Error::NotFound);
            }
            let facts = store::conversation::facts(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            Ok(facts.contact_id)
        })
    });
    let contact = contact.await?;
    if text.trim().is_empty() || text.chars().count() > LONGEST {
        return Err(Error::field("text", "length", format!("write 1 to {LONGEST} characters")));
    }
    let change = change.ok_or_else(|| {
        Error::field("tone", "invalid", "choose either a tone, or in `to` a language to translate into")
    })?;
    say(app, caller, contact, text, change).await
}

/// Translates a message into a language. What the caller may not see of it the model does not see either.
///
/// # Errors
/// [`Error::NotFound`] when there is no such message that the caller may see, [`Error::Invalid`] for a message without words or
/// a language that is not known, else as for [`rewrite`].
pub async fn translate(app: &App, caller: &Caller, id: MessageId, to: &str) -> Result<String> {
    let (workspace, visibility, masks) = (caller.workspace, caller.visibility(), caller.masks());
    let policy = sensitive::policy(app, workspace).await?;
    let read = app.read(move |tx| {
        Box::pin(async move {
            let message =
                store::message::get(tx, workspace, &visibility, id).await?.ok_or(Error::NotFound)?;
            let facts = store::conversation::facts(tx, workspace, message.conversation_id).await?;
            Ok((message, facts.ok_or(Error::NotFound)?.contact_id))
        })
    });
    let (mut message, contact) = read.await?;
    policy.mask(&mut message);
    message.mask(masks);
    let words = words_of(&message.content).filter(|_| message.revoked_at.is_none());
    let words: String = words.unwrap_or_default().chars().take(LONGEST).collect();
    if words.trim().is_empty() {
        return Err(Error::field("id", "no_words", "choose a message that has words"));
    }
    say(app, caller, contact, &words, &Change::Language(to.to_owned())).await
}

async fn say(app: &App, caller: &Caller, contact: ContactId, text: &str, change: &Change) -> Result<String> {
    let workspace = caller.workspace;
    let access = access(app, workspace).await?;
    let access = access.filter(|access| access.model.may_assist());
    let access = access.ok_or_else(none_chosen)?;
    let name = name_of(app, workspace, contact).await?;
    let names: Vec<&str> = name.as_deref().into_iter().collect();
    let mut veil = Veil::default();
    let covered = veil.cover(text, &names);
    let prompt: Prompt = match change {
        Change::Tone(tone) => rewriting::rewrite(&covered, *tone),
        Change::Language(tag) => match Language::from_tag(tag) {
            Some(language) => rewriting::translate(&covered, language),
            None => return Err(Error::field("to", "unknown", "choose one of the languages of the list")),
        },
    };
    let spender = Spender::Contact(contact);
    let reply = super::ask(app, workspace, &access, spender, &prompt, (LIMIT, PATIENCE)).await?;
    let reply = reply.map_err(|silent| match silent {
        Silent::Spent => refused(
            "budget_spent",
            "the language model's budget for today is spent; it begins anew at midnight UTC",
        ),
        Silent::Failed => {
            refused("model_failed", "the language model does not answer now; try again in a moment")
        }
    })?;
    let rejected = |why: Rejected| refused("model_failed", &format!("{why}; write it yourself"));
    let said = rewriting::take(&reply, &covered).map_err(rejected)?;
    veil.lift(&said).map_err(rejected)
}
