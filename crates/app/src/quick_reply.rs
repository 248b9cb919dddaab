//! Saved replies.

use model::{Act, EventKind, Millis, QuickReply, QuickReplyId};
use store::event::NewChange;

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result};

/// The most characters of a shortcut.
pub const SHORTCUT_MAX: usize = 32;

/// The most characters of a saved reply: that of a WhatsApp text.
pub const BODY_MAX: usize = 4096;

/// The workspace's saved replies, by shortcut.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<QuickReply>> {
    let workspace = caller.workspace;
    let listed =
        app.read(move |tx| Box::pin(async move { Ok(store::quick_reply::list(tx, workspace).await?) }));
    listed.await
}

/// Makes a saved reply.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields and for a shortcut that is taken.
pub async fn create(app: &App, caller: &Caller, shortcut: &str, body: &str) -> Result<QuickReply> {
    let now = app.now();
    let reply = checked(app.ids.next(), shortcut, body, now)?;
    let (workspace, row, actor) = (caller.workspace, reply.clone(), caller.actor());
    let made = app.write(move |tx| {
        Box::pin(async move {
            store::quick_reply::insert(tx, workspace, &row).await.map_err(taken)?;
            audit::record(tx, &actor, Note::of(Act::QuickReplyCreated).on(row.id), now).await?;
            Ok(store::event::append(tx, workspace, &[change(row.id, false)], now).await?)
        })
    });
    app.bell.events(workspace, made.await?);
    Ok(reply)
}

/// Changes a saved reply; absent fields stay.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such reply, [`Error::Invalid`] as for [`create`].
pub async fn update(
    app: &App,
    caller: &Caller,
    id: QuickReplyId,
    shortcut: Option<String>,
    body: Option<String>,
) -> Result<QuickReply> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let replies = store::quick_reply::list(tx, workspace).await?;
            let before = replies.into_iter().find(|reply| reply.id == id).ok_or(Error::NotFound)?;
            let reply = checked(id, &shortcut.unwrap_or(before.shortcut), &body.unwrap_or(before.body), now)?;
            store::quick_reply::update(tx, workspace, &reply).await.map_err(taken)?;
            audit::record(tx, &actor, Note::of(Act::QuickReplyChanged).on(id), now).await?;
            let seq = store::event::append(tx, workspace, &[change(id, false)], now).await?;
            Ok((reply, seq))
        })
    });
    let (reply, seq) = changed.await?;
    app.bell.events(workspace, seq);
    Ok(reply)
}

/// Removes a saved reply.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such reply.
pub async fn remove(app: &App, caller: &Caller, id: QuickReplyId) -> Result<()> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            if !store::quick_reply::delete(tx, workspace, id).await? {
                return Err(Error::NotFound);
            }
            audit::record(tx, &actor, Note::of(Act::QuickReplyRemoved).on(id), now).await?;
            Ok(store::event::append(tx, workspace, &[change(id, true)], now).await?)
        })
    });
    app.bell.events(workspace, removed.await?);
    Ok(())
}

fn checked(id: QuickReplyId, shortcut: &str, body: &str, now: Millis) -> Result<QuickReply> {
    let mut fields = Fields::new();
    let shortcut = fields.line("shortcut", shortcut.trim().trim_start_matches('/'), SHORTCUT_MAX);
    if shortcut.contains(char::is_whitespace) {
        fields.wrong("shortcut", "invalid", "use one word without spaces");
    }
    let body = fields.text("body", body, BODY_MAX);
    fields.finish()?;
    Ok(QuickReply { id, shortcut, body, updated_at: now })
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique(_) => {
            Error::field("shortcut", "taken", "another saved reply has this shortcut already")
        }
        other => other.into(),
    }
}

fn change(id: QuickReplyId, deleted: bool) -> NewChange {
    NewChange { deleted, ..NewChange::of(EventKind::QuickReply, id.0) }
}
