//! Holds: what the law wants kept is neither erased nor forgotten by age.

use model::{Act, ContactId, Hold, HoldId};
use store::Page;

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result};

/// The most characters of a reason.
const REASON_MAX: usize = 500;

/// Holds a customer's data.
///
/// # Errors
/// [`Error::NotFound`] when there is no such customer, [`Error::Conflict`] with the code `held` when it is held already,
/// [`Error::Forbidden`] when the caller does not see everybody.
pub async fn place(app: &App, caller: &Caller, contact: ContactId, reason: &str) -> Result<Hold> {
    let mut fields = Fields::new();
    let reason = fields.text("reason", reason, REASON_MAX);
    fields.finish()?;
    caller.sees_all()?;
    let (workspace, by, now, actor) = (caller.workspace, caller.agent.id, app.now(), caller.actor());
    let id: HoldId = app.ids.next();
    app.write(move |tx| {
        Box::pin(async move {
            store::contact::get(tx, workspace, contact).await?.ok_or(Error::NotFound)?;
            if !store::hold::put(tx, workspace, id, contact, &reason, by, now).await? {
                let message = "the customer's data is held already".to_owned();
                return Err(Error::Conflict { code: "held", message });
            }
            let note = Note::of(Act::HoldPlaced).on(id).about(contact).because(&reason);
            audit::record(tx, &actor, note, now).await?;
            store::hold::get(tx, workspace, id).await?.ok_or(Error::NotFound)
        })
    })
    .await
}

/// Lifts a hold; lifting it again does nothing.
///
/// # Errors
/// [`Error::NotFound`] when there is none, [`Error::Forbidden`] when the caller does not see everybody.
pub async fn lift(app: &App, caller: &Caller, id: HoldId) -> Result<Hold> {
    caller.sees_all()?;
    let (workspace, by, now, actor) = (caller.workspace, caller.agent.id, app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            let held = store::hold::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            if store::hold::lift(tx, workspace, id, by, now).await? {
                audit::record(tx, &actor, Note::of(Act::HoldLifted).on(id).about(held.contact_id), now)
                    .await?;
            }
            store::hold::get(tx, workspace, id).await?.ok_or(Error::NotFound)
        })
    })
    .await
}

/// All holds, the newest first.
///
/// # Errors
/// When the cursor is not one of this list; [`Error::Forbidden`] when the caller does not see everybody.
pub async fn list(app: &App, caller: &Caller, cursor: Option<String>, limit: i64) -> Result<Page<Hold>> {
    caller.sees_all()?;
    let workspace = caller.workspace;
    app.read(move |tx| {
        Box::pin(async move { Ok(store::hold::list(tx, workspace, cursor.as_deref(), limit).await?) })
    })
    .await
}
