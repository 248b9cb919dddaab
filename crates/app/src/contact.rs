//! Customers, as agents see them.

use model::{Act, Contact, ContactId, Conversation, EventKind, Identity, Millis};
use store::contact::ContactRow;
use store::conversation::Filter;
use store::event::NewChange;
use store::identity::IdentityRow;

use crate::audit::{self, Note};
use crate::sending::recipient;
use crate::{App, Caller, Error, Result, conversation, hooks, sensitive};

/// How many conversations a contact shows.
const SHOWN: i64 = 20;

/// A customer with addresses and conversations.
#[derive(Debug, Clone)]
pub struct ContactView {
    /// The customer.
    pub contact: Contact,
    /// When the customer first wrote.
    pub first_seen_at: Millis,
    /// The customer's addresses.
    pub identities: Vec<Identity>,
    /// The customer's conversations, the newest activity first.
    pub conversations: Vec<Conversation>,
}

/// A customer.
pub async fn get(app: &App, caller: &Caller, id: ContactId) -> Result<ContactView> {
    let view = load(app, caller, id).await?;
    if !view.conversations.iter().any(|conversation| caller.owns(conversation.assignee_id)) {
        audit::saw(app, caller, Note::of(Act::ContactRead).on(id).about(id));
    }
    Ok(view)
}

async fn load(app: &App, caller: &Caller, id: ContactId) -> Result<ContactView> {
    let (workspace, visibility, now) = (caller.workspace, caller.visibility(), app.now());
    let policy = sensitive::policy(app, workspace).await?;
    let read = app.read(move |tx| {
        Box::pin(async move {
            let ContactRow { id, name, created_at, .. } = found(tx, workspace, &visibility, id).await?;
            let identities = store::contact::identities(tx, workspace, id).await?;
            let filter = Filter { contact: Some(id), ..Filter::default() };
            let windows = conversation::windows;
            let page =
                store::conversation::list(tx, workspace, &visibility, windows, &filter, None, SHOWN, now)
                    .await?;
            let first = identities.iter().map(|identity| identity.created_at).min();
            Ok(ContactView {
                contact: Contact { id, name, created_at },
                first_seen_at: first.unwrap_or(created_at),
                identities: identities.into_iter().map(shown).collect(),
                conversations: page.items,
            })
        })
    });
    let mut view = read.await?;
    view.conversations.iter_mut().for_each(|one| policy.mask_preview(one));
    Ok(view)
}

/// A customer of whom the caller may see any conversation; one without a conversation is seen by those who see all.
///
/// # Errors
/// [`Error::NotFound`] for every other.
pub(crate) async fn found(
    tx: &mut store::Tx,
    workspace: model::WorkspaceId,
    visibility: &store::Visibility,
    id: ContactId,
) -> Result<ContactRow> {
    let row = store::contact::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
    // The row may be that of the record into which this one was merged.
    let seen = visibility.is_everything()
        || store::conversation::contact_visible(tx, workspace, visibility, row.id).await?;
    if seen { Ok(row) } else { Err(Error::NotFound) }
}

fn shown(row: IdentityRow) -> Identity {
    let IdentityRow { id, inbox_id, phone, username, blocked, last_inbound_at, .. } = row;
    Identity { id, inbox_id, phone, username, blocked, last_inbound_at }
}

/// Gives a customer a name, which the channel's profile does not overwrite.
pub async fn rename(app: &App, caller: &Caller, id: ContactId, name: String) -> Result<ContactView> {
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 120 {
        return Err(Error::field("name", "length", "a name has 1 to 120 characters"));
    }
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let visibility = caller.visibility();
    let seq = app
        .write(move |tx| {
            Box::pin(async move {
                found(tx, workspace, &visibility, id).await?;
                if !store::contact::rename(tx, workspace, id, &name, true).await? {
                    return Err(Error::NotFound);
                }
                audit::record(tx, &actor, Note::of(Act::ContactRenamed).on(id).about(id), now).await?;
                Ok(store::event::append(tx, workspace, &[NewChange::of(EventKind::Contact, id.0)], now)
                    .await?)
            })
        })
        .await?;
    app.bell.events(workspace, seq);
    load(app, caller, id).await
}

/// Blocks or unblocks a customer at the provider, on every inbox that can.
pub async fn block(app: &App, caller: &Caller, id: ContactId, blocked: bool) -> Result<ContactView> {
    let (workspace, visibility) = (caller.workspace, caller.visibility());
    let identities = app
        .read(move |tx| {
            Box::pin(async move {
                self::found(tx, workspace, &visibility, id).await?;
                let mut found = Vec::new();
                for identity in store::contact::identities(tx, workspace, id).await? {
                    if let Some(inbox) = store::inbox::get(tx, workspace, identity.inbox_id).await? {
                        found.push((identity, inbox));
                    }
                }
                Ok(found)
            })
        })
        .await?;
    for (identity, inbox) in identities.iter().filter(|(identity, _)| identity.blocked != blocked) {
        let to = recipient(identity);
        let channel = channels::channel(inbox.kind);
        if let Some(request) = channel.block(&hooks::account(inbox), &to, blocked) {
            let answer = app.egress.call(&request, &app.files).await;
            if !matches!(answer, channels::Answer::Http { status: 200, .. }) {
                return Err(Error::Conflict { code: "provider_refused", message: refused(&answer) });
            }
        }
        let (identity, now, actor) = (identity.id, app.now(), caller.actor());
        let seq = app
            .write(move |tx| {
                Box::pin(async move {
                    store::identity::set_blocked(tx, workspace, identity, blocked).await?;
                    let act = if blocked { Act::ContactBlocked } else { Act::ContactUnblocked };
                    audit::record(tx, &actor, Note::of(act).on(identity).about(id), now).await?;
                    let change = NewChange::of(EventKind::Contact, id.0);
                    Ok(store::event::append(tx, workspace, &[change], now).await?)
                })
            })
            .await?;
        app.bell.events(workspace, seq);
    }
    load(app, caller, id).await
}

fn refused(answer: &channels::Answer) -> String {
    let detail = match answer {
        channels::Answer::Http { status, body, .. } => {
            let said = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
            let words = said.pointer("/error/error_data/details").or_else(|| said.pointer("/error/message"));
            words.and_then(|words| words.as_str()).map_or_else(|| format!("status {status}"), str::to_owned)
        }
        channels::Answer::NotSent(why) | channels::Answer::Unknown(why) => why.clone(),
    };
    format!(
        "the provider did not do it: {detail}. A customer can be blocked within 24 hours of their last message"
    )
}
