//! What customers allowed.

use std::sync::Arc;

use app::App;
use app::consent::{Consents, Noted};
use axum::Json;
use axum::extract::State;
use model::{ConsentWay, ContactId, MessageId, Millis, Purpose};
use serde::Deserialize;

use super::caller::{Caller, CanReadContacts, CanWriteContacts};
use super::error::Answer;
use super::request::{Body, Id};

/// A consent that a customer gave or took back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"purpose": "marketing", "given": true, "text_version": "newsletter 3", "way": "form", "evidence": "form 7, signed"}))]
pub(super) struct ConsentNote {
    /// What for.
    purpose: Purpose,
    /// Whether it is given; else it is taken back.
    given: bool,
    /// Which version of the text was agreed to; needed for a consent.
    #[serde(default)]
    text_version: String,
    /// How it came.
    way: ConsentWay,
    /// The words, place or document that prove it.
    evidence: Option<String>,
    /// The customer's message that says it.
    message_id: Option<MessageId>,
    /// When; now when absent.
    at: Option<Millis>,
    /// When it ends by itself.
    expires_at: Option<Millis>,
}

impl From<ConsentNote> for Noted {
    fn from(note: ConsentNote) -> Self {
        let ConsentNote { purpose, given, text_version, way, evidence, message_id, at, expires_at } = note;
        Self { purpose, given, text_version, way, evidence, message: message_id, at, expires_at }
    }
}

/// Read what a customer allows, and what was noted of it
#[utoipa::path(get, path = "/contacts/{id}/consents", tag = "privacy", security(("session" = ["contact.read"])), params(("id" = ContactId, Path)), responses((status = 200, body = Consents)))]
pub(super) async fn list(
    caller: Caller<CanReadContacts>,
    State(app): State<Arc<App>>,
    Id(id): Id<ContactId>,
) -> Answer<Json<Consents>> {
    Ok(caller.show(app::consent::of(&app, &caller, id).await?))
}

/// Note that a customer gave a consent or took it back
#[utoipa::path(post, path = "/contacts/{id}/consents", tag = "privacy", security(("session" = ["contact.write"])), params(("id" = ContactId, Path)), request_body = ConsentNote, responses((status = 200, body = Consents)))]
pub(super) async fn note(
    caller: Caller<CanWriteContacts>,
    State(app): State<Arc<App>>,
    Id(id): Id<ContactId>,
    Body(body): Body<ConsentNote>,
) -> Answer<Json<Consents>> {
    Ok(caller.show(app::consent::note(&app, &caller, id, body.into()).await?))
}
