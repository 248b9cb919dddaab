//! What helps an agent with a conversation: suggested replies, solved conversations that are like it, a summary. Nothing of
//! it is ever sent by itself, and nothing of it is more than the agent may see anyway.

mod asked;
mod saved;
mod similar;
mod suggest;
mod summary;

pub(crate) use asked::{Asked, asked};
pub(crate) use saved::Indexes;
pub(crate) use similar::answer;
pub use similar::similar;
pub(crate) use suggest::{BLANK, NAME, cleared};
pub use suggest::{Fate, note, suggest};
pub use summary::summary;

use model::{ConversationId, Message, Personal};
use store::message::Place;

use crate::{App, Caller, Error, Result, conversation, sensitive};

/// How many lines at the end of a thread tell what is asked.
const LINES: usize = 60;
/// How many lines are read at once.
const PORTION: usize = 100;

/// The end of a thread as the caller may read it, at most `most` lines, oldest first.
///
/// # Errors
/// [`Error::NotFound`] when there is no such conversation that the caller may see.
async fn thread_of(app: &App, caller: &Caller, id: ConversationId, most: usize) -> Result<Vec<Message>> {
    let (workspace, visibility, now, masks) =
        (caller.workspace, caller.visibility(), app.now(), caller.masks());
    let policy = sensitive::policy(app, workspace).await?;
    let read = app.read(move |tx| {
        Box::pin(async move {
            let windows = conversation::windows;
            let visible = store::conversation::get(tx, workspace, &visibility, windows, id, now).await?;
            let visible = visible.ok_or(Error::NotFound)?;
            let mut thread: Vec<Message> = Vec::new();
            let mut place = Place::Newest;
            while thread.len() < most {
                let portion = PORTION.min(most - thread.len()) as i64;
                let mut page = store::message::page(tx, workspace, id, place, portion).await?;
                let Some(first) = page.items.first() else { break };
                place = Place::Before(first.id);
                page.items.append(&mut thread);
                thread = page.items;
                if !page.has_before {
                    break;
                }
            }
            Ok((visible, thread))
        })
    });
    let (conversation, mut thread) = read.await?;
    conversation::saw(app, caller, &conversation);
    for message in &mut thread {
        policy.mask(message);
        message.mask(masks);
    }
    Ok(thread)
}
