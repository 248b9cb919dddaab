//! The log of breaches: what happened, by when whom to tell, and the people whom it concerns.

use model::{Act, Breach, BreachDraft, BreachId, ContactId, Millis, cell};
use store::Page;

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result};

/// The most characters of the line that says what happened.
const TITLE_MAX: usize = 200;
/// The most characters of the account.
const ACCOUNT_MAX: usize = 20_000;
/// How many people are read at a time.
const PORTION: i64 = 500;

fn checked(draft: &BreachDraft, now: Millis) -> Result<BreachDraft> {
    let mut fields = Fields::new();
    let title = fields.line("title", &draft.title, TITLE_MAX);
    let account = draft.account.trim().to_owned();
    if account.chars().count() > ACCOUNT_MAX {
        fields.wrong("account", "too_long", format!("use at most {ACCOUNT_MAX} characters"));
    }
    if draft.noticed_at > now || draft.noticed_at.0 <= 0 {
        fields.wrong("noticed_at", "out_of_range", "use a time that is past");
    }
    if draft.began_at.is_some_and(|at| at > draft.noticed_at) {
        fields.wrong("began_at", "out_of_range", "it began before it was noticed");
    }
    if draft.ended_at.zip(draft.began_at).is_some_and(|(end, begin)| end < begin) {
        fields.wrong("ended_at", "out_of_range", "it ended after it began");
    }
    for (path, at) in [
        ("authority_told_at", draft.authority_told_at),
        ("people_told_at", draft.people_told_at),
        ("closed_at", draft.closed_at),
    ] {
        if at.is_some_and(|at| at > now) {
            fields.wrong(path, "out_of_range", "use a time that is past");
        }
    }
    fields.finish()?;
    Ok(BreachDraft { title, account, ..draft.clone() })
}

/// Notes a breach.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields.
pub async fn create(app: &App, caller: &Caller, draft: BreachDraft) -> Result<Breach> {
    let now = app.now();
    let draft = checked(&draft, now)?;
    let (workspace, by, actor) = (caller.workspace, caller.agent.id, caller.actor());
    let id: BreachId = app.ids.next();
    app.write(move |tx| {
        Box::pin(async move {
            known_inbox(tx, workspace, &draft).await?;
            store::breach::insert(tx, workspace, id, &draft, by, now).await?;
            audit::record(tx, &actor, Note::of(Act::BreachNoted).on(id), now).await?;
            store::breach::get(tx, workspace, id).await?.ok_or(Error::NotFound)
        })
    })
    .await
}

/// Writes what is noted of a breach anew.
///
/// # Errors
/// [`Error::NotFound`] when there is none, [`Error::Invalid`] for wrong fields.
pub async fn update(app: &App, caller: &Caller, id: BreachId, draft: BreachDraft) -> Result<Breach> {
    let now = app.now();
    let (workspace, actor) = (caller.workspace, caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            store::breach::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            let draft = checked(&draft, now)?;
            known_inbox(tx, workspace, &draft).await?;
            store::breach::update(tx, workspace, id, &draft, now).await?;
            audit::record(tx, &actor, Note::of(Act::BreachChanged).on(id), now).await?;
            store::breach::get(tx, workspace, id).await?.ok_or(Error::NotFound)
        })
    })
    .await
}

async fn known_inbox(tx: &mut store::Tx, workspace: model::WorkspaceId, draft: &BreachDraft) -> Result<()> {
    match draft.inbox_id {
        Some(inbox) if store::inbox::get(tx, workspace, inbox).await?.is_none() => {
            Err(Error::field("inbox_id", "unknown", "choose an inbox of this workspace"))
        }
        _ => Ok(()),
    }
}

/// Breaches, the last noticed first.
///
/// # Errors
/// When the cursor is not one of this list.
pub async fn list(app: &App, caller: &Caller, cursor: Option<String>, limit: i64) -> Result<Page<Breach>> {
    let workspace = caller.workspace;
    app.read(move |tx| {
        Box::pin(async move { Ok(store::breach::list(tx, workspace, cursor.as_deref(), limit).await?) })
    })
    .await
}

/// The people whom a breach concerns, with what they are called and how they are reached, as a CSV file: those whose
/// conversations touch its inbox and its time.
///
/// # Errors
/// [`Error::NotFound`] when there is no such breach, [`Error::Forbidden`] when something of anybody is hidden from the
/// caller.
pub async fn concerned(app: &App, caller: &Caller, id: BreachId) -> Result<String> {
    caller.sees_whole()?;
    let (workspace, actor, now) = (caller.workspace, caller.actor(), app.now());
    let breach = app
        .read(move |tx| Box::pin(async move { Ok(store::breach::get(tx, workspace, id).await?) }))
        .await?
        .ok_or(Error::NotFound)?;
    let noted = breach.noted;
    let (inbox, from, until) = (noted.inbox_id, noted.began_at, noted.ended_at.unwrap_or(noted.noticed_at));
    // A mark at the beginning tells spreadsheets that it is UTF-8.
    let mut csv = format!("\u{feff}{}", cell::row(["id", "name", "phone", "username", "first seen"]));
    let (mut after, mut count) = (ContactId(0), 0);
    loop {
        let read = app.read(move |tx| {
            Box::pin(async move {
                let mut rows = Vec::new();
                let ids = store::breach::concerned(tx, workspace, inbox, from, until, after, PORTION).await?;
                for id in ids {
                    let Some(contact) = store::contact::get(tx, workspace, id).await? else { continue };
                    rows.push((contact, store::contact::identities(tx, workspace, id).await?));
                }
                Ok(rows)
            })
        });
        let rows = read.await?;
        let Some((last, _)) = rows.last() else { break };
        after = last.id;
        for (contact, identities) in rows {
            count += 1;
            let joined = |of: fn(&store::identity::IdentityRow) -> Option<&str>| {
                identities.iter().filter_map(of).collect::<Vec<_>>().join(" ")
            };
            csv.push_str(&cell::row([
                contact.id.to_string().as_str(),
                &contact.name,
                &joined(|one| one.phone.as_deref()),
                &joined(|one| one.username.as_deref()),
                &time(contact.created_at),
            ]));
        }
    }
    app.write(move |tx| {
        Box::pin(async move {
            let note = Note::of(Act::RecordExported).on(id).showing(count);
            audit::record(tx, &actor, note.with(&serde_json::json!({ "people": count })), now).await
        })
    })
    .await?;
    Ok(csv)
}

/// A moment as people write it, by UTC.
pub(crate) fn time(at: Millis) -> String {
    let since = std::time::Duration::from_millis(at.0.max(0).unsigned_abs());
    humantime::format_rfc3339_seconds(std::time::UNIX_EPOCH + since).to_string()
}
