//! When people are there: the workspace's hours, and those of inboxes that keep their own.

mod week;

use jiff::Zoned;
use model::{Act, Hours, InboxId, Millis, WorkspaceId};
use serde_json::json;
use store::Tx;

use crate::audit::{self, Note};
use crate::{App, Caller, Error, Result};

pub(crate) use week::{Week, place_in_week};

/// The hours that hold somewhere, and what they say about this moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The hours; `None` where nobody ever wrote any, or those of the workspace were removed.
    pub hours: Option<Hours>,
    /// Whether they are the place's own: an inbox without its own has the workspace's.
    pub own: bool,
    /// Whether people are there now; `None` without hours.
    pub open: Option<bool>,
    /// When people come next, where they are not there; `None` also where that is further away than a year.
    pub opens_at: Option<Millis>,
}

/// The hours that hold in an inbox, or in the whole workspace where none is named.
///
/// # Errors
/// [`Error::NotFound`] when there is no such inbox.
pub async fn get(app: &App, caller: &Caller, inbox: Option<InboxId>) -> Result<Kept> {
    let (workspace, now) = (caller.workspace, app.now());
    app.read(move |tx| {
        Box::pin(async move {
            must_exist(tx, workspace, inbox).await?;
            kept(tx, workspace, inbox, now).await
        })
    })
    .await
}

/// Writes the hours of an inbox, or of the whole workspace where none is named.
///
/// # Errors
/// [`Error::NotFound`] when there is no such inbox, [`Error::Invalid`] for hours that say nothing or that nobody can keep.
pub async fn set(app: &App, caller: &Caller, inbox: Option<InboxId>, hours: Hours) -> Result<Kept> {
    let hours = week::check(&hours)?;
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            must_exist(tx, workspace, inbox).await?;
            let changed = match inbox {
                Some(inbox) => store::hours::put_inbox(tx, workspace, inbox, &hours, now).await?,
                None => store::hours::put_workspace(tx, workspace, &hours, now).await?,
            };
            if changed {
                let note = noted(inbox);
                audit::record(tx, &actor, note.with(&json!({ "hours": hours })), now).await?;
            }
            kept(tx, workspace, inbox, now).await
        })
    })
    .await
}

/// Removes the hours of an inbox, which then has the workspace's, or those of the workspace.
///
/// # Errors
/// [`Error::NotFound`] when there is no such inbox.
pub async fn remove(app: &App, caller: &Caller, inbox: Option<InboxId>) -> Result<Kept> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            must_exist(tx, workspace, inbox).await?;
            let changed = match inbox {
                Some(inbox) => store::hours::remove_inbox(tx, workspace, inbox).await?,
                None => store::hours::remove_workspace(tx, workspace).await?,
            };
            if changed {
                audit::record(tx, &actor, noted(inbox).with(&json!({ "removed": true })), now).await?;
            }
            kept(tx, workspace, inbox, now).await
        })
    })
    .await
}

fn noted(inbox: Option<InboxId>) -> Note {
    let note = Note::of(Act::HoursChanged);
    match inbox {
        Some(inbox) => note.on(inbox),
        None => note,
    }
}

async fn must_exist(tx: &mut Tx, workspace: WorkspaceId, inbox: Option<InboxId>) -> Result<()> {
    let Some(inbox) = inbox else { return Ok(()) };
    store::inbox::get(tx, workspace, inbox).await?.ok_or(Error::NotFound).map(drop)
}

/// What holds in an inbox that is there, or in the workspace.
async fn kept(tx: &mut Tx, workspace: WorkspaceId, inbox: Option<InboxId>, now: Millis) -> Result<Kept> {
    let (hours, own) = holding(tx, workspace, inbox).await?;
    let (open, opens_at) = match Now::of(hours.as_ref(), now) {
        Now::Unknown => (None, None),
        Now::Open => (Some(true), None),
        Now::Closed(opens) => (Some(false), opens.map(|opens| Millis(opens.timestamp().as_millisecond()))),
    };
    Ok(Kept { hours, own, open, opens_at })
}

/// The hours that hold somewhere, and whether they are its own.
async fn holding(
    tx: &mut Tx,
    workspace: WorkspaceId,
    inbox: Option<InboxId>,
) -> Result<(Option<Hours>, bool)> {
    if let Some(inbox) = inbox {
        let own = store::hours::of_inbox(tx, workspace, inbox).await?;
        if own.is_some() {
            return Ok((own, true));
        }
    }
    let of_workspace = store::hours::of_workspace(tx, workspace).await?;
    let own = inbox.is_none() && of_workspace.is_some();
    Ok((of_workspace, own))
}

/// Where people are, as far as an inbox' hours tell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Now {
    /// Nobody wrote when they are there.
    Unknown,
    /// They are there.
    Open,
    /// They are not, and come then, by the clock of the place; `None` where that is further away than a year.
    Closed(Option<Zoned>),
}

impl Now {
    fn of(hours: Option<&Hours>, at: Millis) -> Self {
        match hours.and_then(Week::read) {
            None => Self::Unknown,
            Some(week) if week.is_open(at) => Self::Open,
            Some(week) => Self::Closed(week.opens(at)),
        }
    }
}

/// Where people are.
pub(crate) async fn now(tx: &mut Tx, workspace: WorkspaceId, inbox: InboxId, at: Millis) -> Result<Now> {
    let (hours, _) = holding(tx, workspace, Some(inbox)).await?;
    Ok(Now::of(hours.as_ref(), at))
}
