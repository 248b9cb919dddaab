//! Inboxes and the channels that they can be connected to.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::App;
use app::inbox::{InboxView, NewInbox};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use channels::{About, Words};
use model::{Capabilities, ChannelKind, Health, InboxId, Millis};
use serde::{Deserialize, Serialize};

use super::caller::{Caller, CanManageInboxes, CanReadInboxes, Origin};
use super::error::Answer;
use super::request::{Body, Id};

/// The channels that this server speaks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ChannelList {
    /// The channels.
    items: Vec<Channel>,
}

/// A channel.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Channel {
    /// Its kind.
    kind: ChannelKind,
    /// Its name as people know it.
    name: &'static str,
    /// The fields that connect it.
    fields: Vec<ChannelField>,
    /// What it can carry.
    capabilities: Capabilities,
}

/// A field of a channel's configuration.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ChannelField {
    /// Its key in the configuration.
    name: &'static str,
    /// What to call it.
    label: LocalText,
    /// Where to find its value.
    help: LocalText,
    /// Whether it is written once and never shown.
    secret: bool,
    /// Whether it must be given.
    required: bool,
    /// An example; may be empty.
    placeholder: &'static str,
    /// A regular expression (JavaScript) that a value matches as a whole; may be empty.
    pattern: &'static str,
}

/// A text in the interface's languages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct LocalText {
    /// English.
    en: &'static str,
    /// Chinese, simplified.
    #[serde(rename = "zh-CN")]
    zh_cn: &'static str,
}

impl From<Words> for LocalText {
    fn from(words: Words) -> Self {
        Self { en: words.en, zh_cn: words.zh_cn }
    }
}

impl From<&'static About> for Channel {
    fn from(about: &'static About) -> Self {
        let field = |field: &channels::Field| ChannelField {
            name: field.name,
            label: field.label.into(),
            help: field.help.into(),
            secret: field.secret,
            required: field.required,
            placeholder: field.placeholder,
            pattern: field.pattern,
        };
        let fields = about.fields.iter().map(field).collect();
        Self { kind: about.kind, name: about.name, fields, capabilities: about.capabilities.clone() }
    }
}

/// The workspace's inboxes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct InboxList {
    /// The inboxes.
    items: Vec<Inbox>,
}

/// A connected number, account or address, without its secrets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Inbox {
    /// Its id.
    id: InboxId,
    /// Its channel.
    kind: ChannelKind,
    /// The name that colleagues see.
    name: String,
    /// The number or address that customers write to, once known.
    address: Option<String>,
    /// The fields that are no secret.
    config: BTreeMap<String, String>,
    /// The names of the secret fields that are set.
    secrets_set: Vec<String>,
    /// What to enter at the provider as the callback address; empty without the right to manage inboxes.
    callback_url: String,
    /// What to enter at the provider beside it; empty without the right to manage inboxes.
    verify_token: String,
    /// What it can carry.
    capabilities: Capabilities,
    /// How the connection stands.
    health: Health,
    /// When it was connected.
    created_at: Millis,
}

/// An inbox to connect.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "whatsapp", "name": "Reception", "config": {
        "phone_number_id": "106540352242922", "waba_id": "102290129340398",
        "access_token": "EAAG…", "app_secret": "0123456789abcdef0123456789abcdef"
    }
}))]
pub(super) struct InboxDraft {
    /// The channel.
    kind: ChannelKind,
    /// The name that colleagues see.
    name: String,
    /// The channel's fields, secret ones among them; see `GET /api/channels`.
    config: BTreeMap<String, String>,
}

/// What to change of an inbox; absent fields stay, and so do secrets that are empty.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"config": {"access_token": "EAAG…"}}))]
pub(super) struct InboxChange {
    /// Another name.
    name: Option<String>,
    /// Other values of single fields.
    config: Option<BTreeMap<String, String>>,
}

/// An inbox as a caller may see it: who cannot manage inboxes has no use for what the provider is told.
fn shown(view: InboxView, caller: &app::Caller, origin: &Origin) -> Inbox {
    let manages = caller.may(model::Permission::InboxManage);
    let InboxView { row, secrets_set, callback_path } = view;
    Inbox {
        id: row.id,
        kind: row.kind,
        name: row.name,
        address: row.address,
        config: row.config,
        secrets_set,
        callback_url: if manages { format!("{}{callback_path}", origin.peer.origin) } else { String::new() },
        verify_token: if manages { row.verify_token.expose().clone() } else { String::new() },
        capabilities: channels::channel(row.kind).about().capabilities.clone(),
        health: row.health,
        created_at: row.created_at,
    }
}

/// List the channels that an inbox can be connected to
#[utoipa::path(get, path = "/channels", tag = "inboxes", security(("session" = ["inbox.read"])), responses((status = 200, body = ChannelList)))]
pub(super) async fn channels(_caller: Caller<CanReadInboxes>) -> Json<ChannelList> {
    Json(ChannelList { items: app::inbox::channels().into_iter().map(Channel::from).collect() })
}

/// List inboxes
#[utoipa::path(get, path = "/inboxes", tag = "inboxes", security(("session" = ["inbox.read"])), responses((status = 200, body = InboxList)))]
pub(super) async fn list(
    caller: Caller<CanReadInboxes>,
    State(app): State<Arc<App>>,
    origin: Origin,
) -> Answer<Json<InboxList>> {
    let views = app::inbox::list(&app, &caller).await?;
    Ok(Json(InboxList { items: views.into_iter().map(|view| shown(view, &caller, &origin)).collect() }))
}

/// Read an inbox
#[utoipa::path(get, path = "/inboxes/{id}", tag = "inboxes", security(("session" = ["inbox.read"])), params(("id" = InboxId, Path)), responses((status = 200, body = Inbox)))]
pub(super) async fn get(
    caller: Caller<CanReadInboxes>,
    State(app): State<Arc<App>>,
    origin: Origin,
    Id(id): Id<InboxId>,
) -> Answer<Json<Inbox>> {
    Ok(Json(shown(app::inbox::get(&app, &caller, id).await?, &caller, &origin)))
}

/// Connect an inbox
#[utoipa::path(post, path = "/inboxes", tag = "inboxes", security(("session" = ["inbox.manage"])), request_body = InboxDraft, responses((status = 201, body = Inbox)))]
pub(super) async fn create(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    origin: Origin,
    Body(body): Body<InboxDraft>,
) -> Answer<(StatusCode, Json<Inbox>)> {
    let InboxDraft { kind, name, config } = body;
    let view = app::inbox::create(&app, &caller, NewInbox { kind, name, config }).await?;
    Ok((StatusCode::CREATED, Json(shown(view, &caller, &origin))))
}

/// Change an inbox
#[utoipa::path(patch, path = "/inboxes/{id}", tag = "inboxes", security(("session" = ["inbox.manage"])), params(("id" = InboxId, Path)), request_body = InboxChange, responses((status = 200, body = Inbox)))]
pub(super) async fn update(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    origin: Origin,
    Id(id): Id<InboxId>,
    Body(body): Body<InboxChange>,
) -> Answer<Json<Inbox>> {
    let view = app::inbox::update(&app, &caller, id, body.name, body.config).await?;
    Ok(Json(shown(view, &caller, &origin)))
}

/// Disconnect an inbox; its conversations stay readable
#[utoipa::path(delete, path = "/inboxes/{id}", tag = "inboxes", security(("session" = ["inbox.manage"])), params(("id" = InboxId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    Id(id): Id<InboxId>,
) -> Answer<StatusCode> {
    app::inbox::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Check an inbox's connection by asking the provider
#[utoipa::path(post, path = "/inboxes/{id}/check", tag = "inboxes", security(("session" = ["inbox.manage"])), params(("id" = InboxId, Path)), responses((status = 200, body = Inbox)))]
pub(super) async fn check(
    caller: Caller<CanManageInboxes>,
    State(app): State<Arc<App>>,
    origin: Origin,
    Id(id): Id<InboxId>,
) -> Answer<Json<Inbox>> {
    Ok(Json(shown(app::inbox::check(&app, &caller, id).await?, &caller, &origin)))
}
