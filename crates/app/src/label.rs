//! Labels.

use model::{Act, EventKind, Label, LabelId};
use store::event::NewChange;

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result};

/// The most characters of a label's name.
pub const LABEL_MAX: usize = 40;

/// The colour names of the interface.
pub const COLORS: [&str; 12] =
    ["gray", "red", "pink", "grape", "violet", "indigo", "blue", "cyan", "teal", "green", "yellow", "orange"];

/// The workspace's labels, by name.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Label>> {
    let workspace = caller.workspace;
    let listed = app.read(move |tx| Box::pin(async move { Ok(store::label::list(tx, workspace).await?) }));
    listed.await
}

/// Makes a label.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields and for a name that is taken.
pub async fn create(app: &App, caller: &Caller, name: &str, color: &str) -> Result<Label> {
    let label = checked(app.ids.next(), name, color)?;
    let (workspace, row, now) = (caller.workspace, label.clone(), app.now());
    let actor = caller.actor();
    let made = app.write(move |tx| {
        Box::pin(async move {
            store::label::insert(tx, workspace, &row, now).await.map_err(taken)?;
            audit::record(tx, &actor, Note::of(Act::LabelCreated).on(row.id), now).await?;
            Ok(store::event::append(tx, workspace, &[change(row.id, false)], now).await?)
        })
    });
    app.bell.events(workspace, made.await?);
    Ok(label)
}

/// Changes a label; absent fields stay.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such label, [`Error::Invalid`] as for [`create`].
pub async fn update(
    app: &App,
    caller: &Caller,
    id: LabelId,
    name: Option<String>,
    color: Option<String>,
) -> Result<Label> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let labels = store::label::list(tx, workspace).await?;
            let before = labels.into_iter().find(|label| label.id == id).ok_or(Error::NotFound)?;
            let label = checked(id, &name.unwrap_or(before.name), &color.unwrap_or(before.color))?;
            store::label::update(tx, workspace, &label).await.map_err(taken)?;
            audit::record(tx, &actor, Note::of(Act::LabelChanged).on(id), now).await?;
            let seq = store::event::append(tx, workspace, &[change(id, false)], now).await?;
            Ok((label, seq))
        })
    });
    let (label, seq) = changed.await?;
    app.bell.events(workspace, seq);
    Ok(label)
}

/// Removes a label, also from every conversation.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such label.
pub async fn remove(app: &App, caller: &Caller, id: LabelId) -> Result<()> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            if !store::label::delete(tx, workspace, id).await? {
                return Err(Error::NotFound);
            }
            audit::record(tx, &actor, Note::of(Act::LabelRemoved).on(id), now).await?;
            Ok(store::event::append(tx, workspace, &[change(id, true)], now).await?)
        })
    });
    app.bell.events(workspace, removed.await?);
    Ok(())
}

fn checked(id: LabelId, name: &str, color: &str) -> Result<Label> {
    let mut fields = Fields::new();
    let name = fields.line("name", name, LABEL_MAX);
    if !COLORS.contains(&color) {
        fields.wrong("color", "invalid", format!("use one of {}", COLORS.join(", ")));
    }
    fields.finish()?;
    Ok(Label { id, name, color: color.to_owned() })
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique(_) => Error::field("name", "taken", "there is a label of that name already"),
        other => other.into(),
    }
}

fn change(id: LabelId, deleted: bool) -> NewChange {
    NewChange { deleted, ..NewChange::of(EventKind::Label, id.0) }
}
