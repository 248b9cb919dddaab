//! Inboxes: connecting, changing and checking them.

use std::collections::BTreeMap;

use channels::{About, Account};
use model::{Act, ChannelKind, Check, EventKind, Health, HealthState, InboxId, Secret};
use store::event::NewChange;
use store::inbox::InboxRow;

use crate::audit::{self, Note};
use crate::{App, Caller, Error, FieldProblem, Result, hooks, token};

/// The longest value of a configuration field.
const MAX_VALUE: usize = 2048;

/// An inbox without its secrets.
#[derive(Debug, Clone)]
pub struct InboxView {
    /// The stored row; its secrets and verify token must not leave the server except where the type says so.
    pub row: InboxRow,
    /// The names of the secret fields that are set.
    pub secrets_set: Vec<String>,
    /// The path of the callback address, to be put behind the public address.
    pub callback_path: String,
}

/// An inbox to connect.
#[derive(Debug, Clone)]
pub struct NewInbox {
    /// The channel.
    pub kind: ChannelKind,
    /// The name that colleagues see.
    pub name: String,
    /// The channel's fields, secret ones among them.
    pub config: BTreeMap<String, String>,
}

/// Every channel that an inbox can be connected to.
pub fn channels() -> Vec<&'static About> {
    channels::ALL.iter().map(|channel| channel.about()).collect()
}

fn view(row: InboxRow) -> InboxView {
    InboxView {
        secrets_set: row.secrets.keys().cloned().collect(),
        callback_path: format!("/hooks/{}", row.hook_key),
        row,
    }
}

/// All inboxes.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<InboxView>> {
    let workspace = caller.workspace;
    let rows =
        app.read(move |tx| Box::pin(async move { Ok(store::inbox::list(tx, workspace).await?) })).await?;
    Ok(rows.into_iter().map(view).collect())
}

/// One inbox.
pub async fn get(app: &App, caller: &Caller, id: InboxId) -> Result<InboxView> {
    row(app, caller, id).await.map(view)
}

async fn row(app: &App, caller: &Caller, id: InboxId) -> Result<InboxRow> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { Ok(store::inbox::get(tx, workspace, id).await?) }))
        .await?
        .ok_or(Error::NotFound)
}

/// Connects an inbox.
pub async fn create(app: &App, caller: &Caller, new: NewInbox) -> Result<InboxView> {
    let channel = channels::channel(new.kind);
    let mut account = Account::default();
    take_fields(&mut account, channel.about(), new.config)?;
    check_fields(&account, new.kind)?;
    let row = InboxRow {
        id: app.ids.next(),
        kind: new.kind,
        name: checked_name(&new.name)?,
        hook_key: token::name(&*app.entropy),
        address_key: channel.address_key(&account),
        address: None,
        config: account.config,
        secrets: account.secrets,
        verify_token: Secret::new(token::name(&*app.entropy)),
        health: Health::unchecked(),
        created_at: app.now(),
    };
    let stored = row.clone();
    save(app, caller, row.id, Act::InboxCreated, move |tx, workspace| {
        Box::pin(async move {
            free_address(tx, workspace, &stored).await?;
            Ok(store::inbox::insert(tx, workspace, &stored).await?)
        })
    })
    .await?;
    Ok(view(row))
}

/// Changes an inbox. An empty secret keeps the stored one.
pub async fn update(
    app: &App,
    caller: &Caller,
    id: InboxId,
    name: Option<String>,
    config: Option<BTreeMap<String, String>>,
) -> Result<InboxView> {
    let mut row = row(app, caller, id).await?;
    let channel = channels::channel(row.kind);
    if let Some(name) = name {
        row.name = checked_name(&name)?;
    }
    if let Some(config) = config {
        let mut account = hooks::account(&row);
        take_fields(&mut account, channel.about(), config)?;
        check_fields(&account, row.kind)?;
        row.address_key = channel.address_key(&account);
        row.config = account.config;
        row.secrets = account.secrets;
        row.health = Health::unchecked();
    }
    let stored = row.clone();
    save(app, caller, id, Act::InboxChanged, move |tx, workspace| {
        Box::pin(async move {
            free_address(tx, workspace, &stored).await?;
            if store::inbox::update(tx, workspace, &stored).await? { Ok(()) } else { Err(Error::NotFound) }
        })
    })
    .await?;
    Ok(view(row))
}

/// Disconnects an inbox: its hook answers no more, its conversations stay.
pub async fn remove(app: &App, caller: &Caller, id: InboxId) -> Result<()> {
    let now = app.now();
    save(app, caller, id, Act::InboxRemoved, move |tx, workspace| {
        Box::pin(async move {
            if store::inbox::remove(tx, workspace, id, now).await? { Ok(()) } else { Err(Error::NotFound) }
        })
    })
    .await
}

/// Asks the provider whether the connection works, and says what is wrong with it.
pub async fn check(app: &App, caller: &Caller, id: InboxId) -> Result<InboxView> {
    let mut row = row(app, caller, id).await?;
    let channel = channels::channel(row.kind);
    let account = hooks::account(&row);
    let mut checks: Vec<Check> = Vec::new();
    for (name, request) in channel.checks(&account) {
        let answer = app.egress.call(&request, &app.files).await;
        let (check, address) = channel.judge(&account, name, &answer);
        if address.is_some() {
            row.address = address;
        }
        checks.push(check);
    }
    checks.push(callback(app));
    let state = if checks.iter().all(|check| check.ok) { HealthState::Ok } else { HealthState::Error };
    row.health = Health { state, checked_at: Some(app.now()), checks };
    let stored = row.clone();
    save(app, caller, id, Act::InboxChecked, move |tx, workspace| {
        Box::pin(async move {
            if store::inbox::update(tx, workspace, &stored).await? { Ok(()) } else { Err(Error::NotFound) }
        })
    })
    .await?;
    Ok(view(row))
}

/// Whether the provider can reach us, as far as the configuration tells.
fn callback(app: &App) -> Check {
    let (ok, detail) = match app.settings.base_url.as_deref() {
        None => (
            false,
            "the server does not know its public address: set base_url, so that the provider can reach it"
                .to_owned(),
        ),
        Some(url) if url.starts_with("https://") => (true, format!("the provider calls {url}")),
        Some(url) if is_loopback(url) => {
            (true, format!("{url} is this machine: only a simulated provider reaches it"))
        }
        Some(url) => (false, format!("{url} is not https: the provider calls only https addresses")),
    };
    Check { code: "callback".to_owned(), ok, detail }
}

fn is_loopback(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    })
}

type Work<'t> = futures_util::future::BoxFuture<'t, Result<()>>;

/// Stores a change of an inbox, tells about it and lets its hook know.
async fn save(
    app: &App,
    caller: &Caller,
    id: InboxId,
    act: Act,
    work: impl for<'t> FnOnce(&'t mut store::Tx, model::WorkspaceId) -> Work<'t> + Send + 'static,
) -> Result<()> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let seq = app
        .write(move |tx| {
            Box::pin(async move {
                work(tx, workspace).await?;
                audit::record(tx, &actor, Note::of(act).on(id), now).await?;
                Ok(store::event::append(tx, workspace, &[NewChange::of(EventKind::Inbox, id.0)], now).await?)
            })
        })
        .await?;
    app.hooks.forget();
    app.bell.events(workspace, seq);
    Ok(())
}

/// Two inboxes with one number would take each other's messages.
async fn free_address(tx: &mut store::Tx, workspace: model::WorkspaceId, row: &InboxRow) -> Result<()> {
    match store::inbox::by_address_key(tx, workspace, row.kind, &row.address_key).await? {
        Some(other) if other != row.id => Err(Error::Conflict {
            code: "already_connected",
            message: "this number is connected to another inbox of the workspace already".to_owned(),
        }),
        _ => Ok(()),
    }
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 80 {
        return Err(Error::field("name", "length", "a name has 1 to 80 characters"));
    }
    Ok(name)
}

/// Sorts given values into plain and secret fields.
fn take_fields(account: &mut Account, about: &About, given: BTreeMap<String, String>) -> Result<()> {
    for (name, value) in given {
        let path = format!("config.{name}");
        let Some(field) = about.fields.iter().find(|field| field.name == name) else {
            return Err(Error::field(path, "unknown", "this channel has no such field"));
        };
        let value = value.trim().to_owned();
        if value.len() > MAX_VALUE || value.chars().any(char::is_control) {
            return Err(Error::field(path, "invalid", format!("at most {MAX_VALUE} characters on one line")));
        }
        match (field.secret, value.is_empty()) {
            (true, true) => {}
            (true, false) => {
                account.secrets.insert(name, Secret::new(value));
            }
            (false, true) => {
                account.config.remove(&name);
            }
            (false, false) => {
                account.config.insert(name, value);
            }
        }
    }
    Ok(())
}

fn check_fields(account: &Account, kind: ChannelKind) -> Result<()> {
    let wrong = channels::channel(kind).validate(account);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::Invalid(
        wrong
            .into_iter()
            .map(|wrong| FieldProblem {
                path: format!("config.{}", wrong.field),
                code: "invalid",
                message: wrong.message,
            })
            .collect(),
    ))
}
