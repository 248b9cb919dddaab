//! Who writes: from what a delivery says of a person to one identity and one contact.
//!
//! The provider's id of the person is the key and the phone number an attribute that may be absent, appear
//! later, or pass to somebody else. A message is never filed under a person who merely had the number before.

use channels::Sender;
use model::{ContactId, ConversationId, EventKind, IdentityId, Ids, InboxId, Millis, WorkspaceId};
use store::Tx;
use store::event::NewChange;
use store::identity::IdentityRow;

use crate::Result;

/// The person a delivery speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The identity.
    pub identity: IdentityId,
    /// The contact it belongs to.
    pub contact: ContactId,
    /// The name to show.
    pub name: String,
}

/// What a resolution needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub workspace: WorkspaceId,
    pub inbox: InboxId,
    pub ids: &'a Ids,
    pub now: Millis,
}

/// Somebody of whom a delivery tells nothing new, with the conversation that is not resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub person: Person,
    pub conversation: Option<ConversationId>,
}

/// Finds a person of whom the delivery tells nothing that is not known: the usual case, in one look. `None` is for
/// [`resolve`] to judge.
pub(crate) async fn known(tx: &mut Tx, scope: Scope<'_>, sender: &Sender) -> Result<Option<Known>> {
    let Scope { workspace, inbox, .. } = scope;
    let found = match (&sender.user_id, &sender.phone) {
        (Some(user), _) => store::identity::known_by_user(tx, workspace, inbox, user).await?,
        (None, Some(phone)) => store::identity::known_by_phone(tx, workspace, inbox, phone).await?,
        (None, None) => None,
    };
    let Some(found) = found else { return Ok(None) };
    let row = &found.identity;
    let told = [
        (&row.user_id, &sender.user_id),
        (&row.phone, &sender.phone),
        (&row.username, &sender.username),
        (&row.profile_name, &sender.name),
    ];
    let news = told.into_iter().any(|(known, told)| told.is_some() && known != told)
        || sender.name.as_ref().is_some_and(|name| !found.named_by_agent && found.name != *name);
    if news {
        return Ok(None);
    }
    let person = Person { identity: row.id, contact: row.contact_id, name: found.name };
    Ok(Some(Known { person, conversation: found.conversation }))
}

/// Finds the person, or makes one; `None` when the delivery names nobody.
pub(crate) async fn resolve(
    tx: &mut Tx,
    scope: Scope<'_>,
    sender: &Sender,
    changes: &mut Vec<NewChange>,
) -> Result<Option<Person>> {
    let Scope { workspace, inbox, ids, now } = scope;
    if !sender.is_reachable() {
        return Ok(None);
    }
    let by_user = match &sender.user_id {
        Some(user) => store::identity::by_user(tx, workspace, inbox, user).await?,
        None => None,
    };
    let by_phone = match &sender.phone {
        Some(phone) => store::identity::by_phone(tx, workspace, inbox, phone).await?,
        None => None,
    };
    let found = match (by_user, by_phone) {
        (Some(user), Some(phone)) if user.id != phone.id => {
            Some(join(tx, scope, user, phone, changes).await?)
        }
        (Some(user), _) => Some(user),
        (None, Some(phone)) => same_or_successor(tx, scope, sender, phone).await?,
        (None, None) => None,
    };
    let mut row = match found {
        Some(row) => row,
        None => {
            let contact: ContactId = ids.next();
            store::contact::insert(tx, workspace, contact, &display_name(sender), now).await?;
            changes.push(NewChange::of(EventKind::Contact, contact.0));
            let row = IdentityRow {
                id: ids.next(),
                inbox_id: inbox,
                contact_id: contact,
                user_id: sender.user_id.clone(),
                phone: sender.phone.clone(),
                username: sender.username.clone(),
                profile_name: sender.name.clone(),
                blocked: false,
                last_inbound_at: None,
                created_at: now,
            };
            store::identity::insert(tx, workspace, &row).await?;
            store::fail_point!("apply.person");
            row
        }
    };
    if learn(&mut row, sender) {
        store::identity::update(tx, workspace, &row).await?;
        changes.push(NewChange::of(EventKind::Contact, row.contact_id.0));
    }
    let contact = store::contact::get(tx, workspace, row.contact_id).await?;
    let mut name = contact.as_ref().map(|contact| contact.name.clone()).unwrap_or_default();
    if let Some(profile) = &sender.name
        && contact.is_some_and(|contact| !contact.named_by_agent && contact.name != *profile)
    {
        store::contact::rename(tx, workspace, row.contact_id, profile, false).await?;
        changes.push(NewChange::of(EventKind::Contact, row.contact_id.0));
        name.clone_from(profile);
    }
    Ok(Some(Person { identity: row.id, contact: row.contact_id, name }))
}

/// The customer moved from one address to another: the old identity takes the new address on.
pub(crate) async fn moved(
    tx: &mut Tx,
    scope: Scope<'_>,
    from: &Sender,
    to: &Sender,
    changes: &mut Vec<NewChange>,
) -> Result<Option<Person>> {
    let Some(old) = resolve(tx, scope, from, changes).await? else {
        return resolve(tx, scope, to, changes).await;
    };
    let Some(mut row) = store::identity::get(tx, scope.workspace, old.identity).await? else {
        return Ok(None);
    };
    for other in [
        match &to.user_id {
            Some(user) => store::identity::by_user(tx, scope.workspace, scope.inbox, user).await?,
            None => None,
        },
        match &to.phone {
            Some(phone) => store::identity::by_phone(tx, scope.workspace, scope.inbox, phone).await?,
            None => None,
        },
    ]
    .into_iter()
    .flatten()
    {
        if other.id != row.id && store::identity::get(tx, scope.workspace, other.id).await?.is_some() {
            absorb(tx, scope, &other, &row, changes).await?;
        }
    }
    if to.user_id.is_some() {
        row.user_id.clone_from(&to.user_id);
        // The new id's number is told with it or not at all; the old number is no longer theirs.
        row.phone.clone_from(&to.phone);
    } else if to.phone.is_some() {
        row.phone.clone_from(&to.phone);
    }
    learn(&mut row, to);
    store::identity::update(tx, scope.workspace, &row).await?;
    changes.push(NewChange::of(EventKind::Contact, row.contact_id.0));
    Ok(Some(Person { identity: row.id, contact: row.contact_id, name: old.name }))
}

/// Both an id and a number are known, under two identities.
async fn join(
    tx: &mut Tx,
    scope: Scope<'_>,
    user: IdentityRow,
    phone: IdentityRow,
    changes: &mut Vec<NewChange>,
) -> Result<IdentityRow> {
    let mut user = user;
    let number = phone.phone.clone();
    if phone.user_id.is_none() {
        // Known by number alone until now: it is the same person.
        absorb(tx, scope, &phone, &user, changes).await?;
    } else {
        release_phone(tx, scope, phone).await?;
    }
    user.phone = number;
    store::identity::update(tx, scope.workspace, &user).await?;
    changes.push(NewChange::of(EventKind::Contact, user.contact_id.0));
    Ok(user)
}

/// Only the number is known here. A delivery that names another person's id with it is the number's successor.
async fn same_or_successor(
    tx: &mut Tx,
    scope: Scope<'_>,
    sender: &Sender,
    phone: IdentityRow,
) -> Result<Option<IdentityRow>> {
    match (&phone.user_id, &sender.user_id) {
        (Some(known), Some(told)) if known != told => {
            release_phone(tx, scope, phone).await?;
            Ok(None)
        }
        _ => Ok(Some(phone)),
    }
}

async fn release_phone(tx: &mut Tx, scope: Scope<'_>, mut row: IdentityRow) -> Result<()> {
    row.phone = None;
    store::identity::update(tx, scope.workspace, &row).await?;
    Ok(())
}

/// Makes one identity of two: conversations and history of `from` become those of `into`.
async fn absorb(
    tx: &mut Tx,
    scope: Scope<'_>,
    from: &IdentityRow,
    into: &IdentityRow,
    changes: &mut Vec<NewChange>,
) -> Result<()> {
    let moved = store::identity::absorb(tx, scope.workspace, from.id, into.id, scope.now).await?;
    for conversation in moved {
        changes.push(NewChange::conversation(conversation));
    }
    if from.contact_id != into.contact_id {
        store::contact::merge(tx, scope.workspace, from.contact_id, into.contact_id).await?;
        changes.push(NewChange::of(EventKind::Contact, from.contact_id.0));
    }
    Ok(())
}

/// Takes over what the delivery says of the person; returns whether it was news.
fn learn(row: &mut IdentityRow, sender: &Sender) -> bool {
    let before = row.clone();
    for (known, told) in [
        (&mut row.user_id, &sender.user_id),
        (&mut row.phone, &sender.phone),
        (&mut row.username, &sender.username),
        (&mut row.profile_name, &sender.name),
    ] {
        if told.is_some() {
            known.clone_from(told);
        }
    }
    *row != before
}

/// A report or an answer may tell the provider's id of a person whom we knew by number alone.
pub(crate) async fn learn_user_id(
    tx: &mut Tx,
    workspace: WorkspaceId,
    inbox: InboxId,
    identity: IdentityId,
    user_id: Option<&str>,
) -> Result<()> {
    let Some(user) = user_id else { return Ok(()) };
    let Some(mut row) = store::identity::get(tx, workspace, identity).await? else { return Ok(()) };
    if row.user_id.is_none() && store::identity::by_user(tx, workspace, inbox, user).await?.is_none() {
        row.user_id = Some(user.to_owned());
        store::identity::update(tx, workspace, &row).await?;
    }
    Ok(())
}

fn display_name(sender: &Sender) -> String {
    [&sender.name, &sender.username, &sender.phone, &sender.user_id]
        .into_iter()
        .flatten()
        .map(|name| name.trim())
        .find(|name| !name.is_empty())
        .unwrap_or("?")
        .to_owned()
}
