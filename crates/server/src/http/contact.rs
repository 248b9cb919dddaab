//! Customers.

use std::sync::Arc;

use app::App;
use app::contact::ContactView;
use axum::Json;
use axum::extract::State;
use model::{ContactId, Conversation, Identity, Masks, Millis, Personal};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanReadContacts, CanWriteContacts};
use super::error::Answer;
use super::request::{Body, Id};

/// A customer with addresses and conversations.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Contact {
    /// The customer's id.
    id: ContactId,
    /// The name to show.
    name: String,
    /// When the customer became known.
    created_at: Millis,
    /// When the customer first wrote.
    first_seen_at: Millis,
    /// The customer's addresses.
    identities: Vec<Identity>,
    /// The customer's conversations, the newest activity first, at most 20.
    conversations: Vec<Conversation>,
}

impl From<ContactView> for Contact {
    fn from(view: ContactView) -> Self {
        let ContactView { contact, first_seen_at, identities, conversations } = view;
        let model::Contact { id, name, created_at } = contact;
        Self { id, name, created_at, first_seen_at, identities, conversations }
    }
}

impl Personal for Contact {
    fn mask(&mut self, masks: Masks) {
        masks.name(&mut self.name);
        self.identities.mask(masks);
        self.conversations.mask(masks);
    }
}

/// What to change of a customer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Maria Silva"}))]
pub(super) struct ContactChange {
    /// The name to show; the channel's profile name does not overwrite it.
    name: String,
}

/// Read a customer
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", security(("session" = ["contact.read"])), params(("id" = ContactId, Path)), responses((status = 200, body = Contact)))]
pub(super) async fn get(
    caller: Caller<CanReadContacts>,
    State(app): State<Arc<App>>,
    Id(id): Id<ContactId>,
) -> Answer<Json<Contact>> {
    Ok(caller.show(Contact::from(app::contact::get(&app, &caller, id).await?)))
}

/// Rename a customer
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", security(("session" = ["contact.write"])), params(("id" = ContactId, Path)), request_body = ContactChange, responses((status = 200, body = Contact)))]
pub(super) async fn rename(
    caller: Caller<CanWriteContacts>,
    State(app): State<Arc<App>>,
    Id(id): Id<ContactId>,
    Body(body): Body<ContactChange>,
) -> Answer<Json<Contact>> {
    Ok(caller.show(Contact::from(app::contact::rename(&app, &caller, id, body.name).await?)))
}

/// Block a customer at the provider
#[utoipa::path(post, path = "/contacts/{id}/block", tag = "contacts", security(("session" = ["contact.write"])), params(("id" = ContactId, Path)), responses((status = 200, body = Contact)))]
pub(super) async fn block(
    caller: Caller<CanWriteContacts>,
    State(app): State<Arc<App>>,
    Id(id): Id<ContactId>,
) -> Answer<Json<Contact>> {
    Ok(caller.show(Contact::from(app::contact::block(&app, &caller, id, true).await?)))
}

/// Unblock a customer at the provider
#[utoipa::path(post, path = "/contacts/{id}/unblock", tag = "contacts", security(("session" = ["contact.write"])), params(("id" = ContactId, Path)), responses((status = 200, body = Contact)))]
pub(super) async fn unblock(
    caller: Caller<CanWriteContacts>,
    State(app): State<Arc<App>>,
    Id(id): Id<ContactId>,
) -> Answer<Json<Contact>> {
    Ok(caller.show(Contact::from(app::contact::block(&app, &caller, id, false).await?)))
}
