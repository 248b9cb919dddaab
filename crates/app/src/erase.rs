//! The end of a person's data. The rows go in one transaction, which also notes the keys to destroy and the files to
//! remove; these follow at once, and again after a crash, until the receipt is written. A receipt is part of a chain and
//! signed by the workspace.

use model::{Act, ContactId, ErasureId, ErasureWhy, EventKind, Permission, Receipt, WorkspaceId};
use serde::Serialize;
use store::erasure::{New, Rest, Unfinished};
use store::event::NewChange;
use store::{Page, erasing};

use crate::audit::{self, Actor, Note};
use crate::consent::{self, Chain};
use crate::field::Fields;
use crate::{App, Caller, Error, Result, intent};

/// How many erasures are finished in one go.
const PORTION: i64 = 100;
/// The most characters of a reason.
const REASON_MAX: usize = 500;

/// Erases a customer.
///
/// # Errors
/// [`Error::NotFound`] when there is no such customer, [`Error::Conflict`] with the code `held` when the law wants the
/// data kept, [`Error::Forbidden`] when the caller does not see everybody.
pub async fn erase(app: &App, caller: &Caller, contact: ContactId, reason: &str) -> Result<Receipt> {
    debug_assert!(caller.may(Permission::PrivacyManage), "the handler asks for the right");
    caller.sees_all()?;
    let mut fields = Fields::new();
    let reason = fields.text("reason", reason, REASON_MAX);
    fields.finish()?;
    let workspace = caller.workspace;
    let agent = Some(caller.agent.id);
    let new = New { id: app.ids.next(), contact, why: ErasureWhy::Asked, agent, now: app.now() };
    let begun = begin(app, caller.actor(), new, Some(reason)).await?;
    finish(app, &begun).await?;
    let id = begun.id;
    let found =
        app.read(move |tx| Box::pin(async move { Ok(store::erasure::get(tx, workspace, id).await?) }));
    found.await?.ok_or(Error::NotFound)
}

/// Erases a customer whose time is over; `false` when they are held or gone.
pub(crate) async fn expire(app: &App, workspace: WorkspaceId, contact: ContactId) -> Result<bool> {
    let new = New { id: app.ids.next(), contact, why: ErasureWhy::Retention, agent: None, now: app.now() };
    match begin(app, Actor::system(workspace), new, None).await {
        Ok(begun) => finish(app, &begun).await.map(|()| true),
        Err(Error::NotFound | Error::Conflict { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes the rows.
async fn begin(app: &App, actor: Actor, new: New, reason: Option<String>) -> Result<Unfinished> {
    let (workspace, contact, now) = (actor.workspace, new.contact, new.now);
    let ids = app.ids.clone();
    let (begun, seq) = app
        .write(move |tx| {
            Box::pin(async move {
                if !store::contact::lock(tx, workspace, contact).await? {
                    return Err(Error::NotFound);
                }
                if store::hold::stands(tx, workspace, contact).await? {
                    let message = "the customer's data is held; lift the hold first".to_owned();
                    return Err(Error::Conflict { code: "held", message });
                }
                let number =
                    |keys: Vec<vault::KeyId>| keys.into_iter().map(|key| key.0).collect::<Vec<i64>>();
                let mut keys = number(erasing::keys_of_person(tx, workspace, contact).await?);
                keys.extend(number(erasing::keys_of_deliveries(tx, workspace, contact, now).await?));
                let later = number(erasing::young_keys(tx, workspace, contact, now).await?);
                let removed = store::removal::person(tx, workspace, contact).await?;
                intent::training::queue(tx, workspace, &ids, now).await?;
                let rest = Rest { keys, files: removed.files, later };
                store::erasure::begin(tx, workspace, new, &rest, &removed.counts).await?;
                let mut note = Note::of(Act::PersonErased).on(new.id).about(contact);
                if let Some(reason) = &reason {
                    note = note.because(reason);
                }
                audit::record(tx, &actor, note.with(&serde_json::json!({ "why": new.why })), now).await?;
                let gone = |conversation: &model::ConversationId| NewChange {
                    deleted: true,
                    ..NewChange::conversation(*conversation)
                };
                let mut changes: Vec<NewChange> = removed.conversations.iter().map(gone).collect();
                changes.push(NewChange::deleted(EventKind::Contact, contact.0));
                let seq = store::event::append(tx, workspace, &changes, now).await?;
                Ok((Unfinished { workspace, id: new.id, rest, has_receipt: false }, seq))
            })
        })
        .await?;
    store::fail_point!("erase.begun");
    app.bell.events(workspace, seq);
    Ok(begun)
}

/// Destroys keys, removes files and writes the receipt. Doing it again does no harm.
async fn finish(app: &App, begun: &Unfinished) -> Result<()> {
    let Unfinished { workspace, id, rest, .. } = begun.clone();
    let (keys, now) = (app.db.keys()?, app.now());
    keys.destroy(workspace, Rest::key_ids(&rest.keys)).await?;
    store::fail_point!("erase.destroyed");
    for file in &rest.files {
        app.files.remove(file).await.map_err(Error::internal)?;
    }
    store::fail_point!("erase.emptied");
    let (destroyed, later) = ((rest.keys.len() + rest.later.len()) as u64, rest.later);
    app.write(move |tx| {
        Box::pin(async move {
            Ok(store::erasure::finish(tx, workspace, id, destroyed, &later, now).await?.map(drop))
        })
    })
    .await?;
    Ok(())
}

/// Destroys the keys that were left for later. Doing it again does no harm.
async fn finish_later(app: &App, begun: &Unfinished) -> Result<()> {
    let Unfinished { workspace, id, rest, .. } = begun.clone();
    let later = Rest::key_ids(&rest.later);
    let spared = later.clone();
    app.write(move |tx| Box::pin(async move { Ok(erasing::spare(tx, workspace, &spared).await?) })).await?;
    app.db.keys()?.destroy(workspace, later).await?;
    app.write(move |tx| Box::pin(async move { Ok(store::erasure::close(tx, workspace, id).await?) })).await?;
    Ok(())
}

/// Finishes what was begun and broke off, and destroys keys whose hour has passed since.
///
/// # Errors
/// When the store or the media store fails; it is tried again.
pub async fn go_on(app: &App) -> Result<()> {
    let later = app.now() - erasing::LATER;
    let left = app
        .read(move |tx| Box::pin(async move { Ok(store::erasure::unfinished(tx, later, PORTION).await?) }));
    for begun in left.await? {
        match begun.has_receipt {
            false => finish(app, &begun).await?,
            true => finish_later(app, &begun).await?,
        }
    }
    Ok(())
}

/// Receipts, the newest first.
///
/// # Errors
/// When the cursor is not one of this list.
pub async fn receipts(
    app: &App,
    caller: &Caller,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<Receipt>> {
    let workspace = caller.workspace;
    app.read(move |tx| {
        Box::pin(async move { Ok(store::erasure::list(tx, workspace, cursor.as_deref(), limit).await?) })
    })
    .await
}

/// One receipt.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn receipt(app: &App, caller: &Caller, id: ErasureId) -> Result<Receipt> {
    let workspace = caller.workspace;
    let found =
        app.read(move |tx| Box::pin(async move { Ok(store::erasure::get(tx, workspace, id).await?) }));
    found.await?.ok_or(Error::NotFound)
}

/// Whether the ledger of consents and the receipts are whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Chains {
    /// The ledger of consents.
    pub consents: Chain,
    /// The receipts of erasures, with their signatures.
    pub receipts: Chain,
    /// The public key that receipts are signed with (Ed25519), in hexadecimal.
    pub public_key: String,
}

/// Looks through both chains.
///
/// # Errors
/// When the store is away.
pub async fn chains(app: &App, caller: &Caller) -> Result<Chains> {
    let workspace = caller.workspace;
    let consents = consent::verify(app, workspace).await?;
    let head =
        app.read(move |tx| Box::pin(async move { Ok(store::erasure::head(tx, workspace).await?) })).await?;
    let mut place = store::consent::Head::default();
    let receipts = loop {
        let from = place.clone();
        let walked = app.read(move |tx| {
            Box::pin(async move { Ok(store::erasure::walk(tx, workspace, &from, 1000).await?) })
        });
        match walked.await? {
            Err(at) => break consent::chain(&place, Some(at)),
            Ok(next) if next == place => break consent::end(&place, &head),
            Ok(next) => place = next,
        }
    };
    let keys = app.db.keys()?.workspace(workspace).await?;
    Ok(Chains { consents, receipts, public_key: hex::encode(keys.signer.public()) })
}
