//! Providers of identity: who else vouches for colleagues, as administrators set them up and as people choose them.

mod account;
mod entry;
mod protocol;
mod sign_out;

use std::collections::HashSet;

use model::{Act, GroupRole, Millis, Provider, ProviderId, ProviderStep, Role, Secret};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::audit::{self, Note};
use crate::field::{Fields, NAME_MAX};
use crate::way_in::{self, Taken};
use crate::{App, Caller, Error, Result, role, session};

pub use account::{MyProvider, mine, unlink};
pub use entry::{Begun, Callback, begin, begin_link, begin_proof, finish, finish_mine};
pub(crate) use sign_out::Keys;
pub use sign_out::sign_out;

/// Where providers send browsers back to, below the installation's own address.
pub const CALLBACK: &str = "/sign-in/provider";

/// For how long somebody may take at a provider.
pub const LIFE: Millis = Millis::minutes(10);

/// The most providers of a workspace, groups that give a role, and scopes.
const MOST: usize = 20;
const GROUPS_MOST: usize = 200;
const SCOPES_MOST: usize = 20;

/// The most minutes for which a proof at a provider may count: 30 days.
const MAX_AGE_MOST: i64 = 43_200;

/// The most characters of what providers name things by.
const TEXT_MAX: usize = 500;

/// A provider to be set up, or all of what one is to become.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Company account", "issuer": "https://id.example.com/realms/company", "client_id": "bellhop",
    "client_secret": "mO3…", "enabled": true, "scopes": ["email", "profile"], "creates_accounts": true,
    "links_by_email": false, "vouches_for_emails": false, "second_step": "own", "group_claim": "groups",
    "group_roles": [{"group": "support", "role": "agent"}], "default_role": null, "acr_values": [], "max_age": null
}))]
pub struct ProviderDraft {
    /// What the button says, at most 80 characters.
    pub name: String,
    /// Its issuer, letter for letter; it cannot be changed later.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// What we show it; absent: what was shown before, if anything.
    #[schema(value_type = Option<String>, format = Password)]
    pub client_secret: Option<Secret<String>>,
    /// Whether anybody can sign in through it.
    pub enabled: bool,
    /// What we ask for beside `openid`.
    pub scopes: Vec<String>,
    /// Whether people that it knows and we do not are given an account.
    pub creates_accounts: bool,
    /// Whether an address that it has verified finds the account with that address; an owner's never.
    pub links_by_email: bool,
    /// Whether its addresses count as verified where it does not say.
    pub vouches_for_emails: bool,
    /// When its word counts for the second step as well.
    pub second_step: ProviderStep,
    /// The claim with somebody's groups: a name, or a path with dots.
    pub group_claim: String,
    /// The role that each group gives; the first that fits counts. Needs `role.manage` to be changed.
    pub group_roles: Vec<GroupRole>,
    /// The role where no group gives one.
    pub default_role: Option<Role>,
    /// The authentication contexts that we ask for, the preferred first, at most 20; its word has to name one of them.
    /// Empty: any.
    #[serde(default)]
    pub acr_values: Vec<String>,
    /// For how many minutes what somebody showed it counts, 1 to 43200; `null`: for as long as it likes.
    #[serde(default)]
    pub max_age: Option<i64>,
}

/// A provider that somebody may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Choice {
    /// Its id.
    pub id: ProviderId,
    /// What the button says.
    pub name: String,
}

/// What came of looking whether a provider can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Tested {
    /// How many keys it signs with; `null` when it cannot be used.
    pub keys: Option<usize>,
    /// What is wrong, in words; `null` when nothing is.
    pub problem: Option<String>,
}

/// The address that has to be entered at every provider as the one to send people back to.
pub fn callback_url(app: &App) -> Option<String> {
    app.own_address().ok().map(|base| format!("{base}{CALLBACK}"))
}

/// The address that a provider calls when somebody has signed out there, with `{id}` for the provider's id.
pub fn sign_out_url(app: &App) -> Option<String> {
    app.own_address().ok().map(|base| format!("{base}/hooks/providers/{{id}}/sign-out"))
}

/// The providers that somebody who signs in may choose from.
pub async fn choices(app: &App) -> Result<Vec<Choice>> {
    let rows = app.read(|tx| Box::pin(async { Ok(store::credential::providers(tx).await?) }));
    Ok(rows.await?.into_iter().map(|(id, name)| Choice { id, name }).collect())
}

/// The workspace's providers, the oldest first.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Provider>> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { Ok(store::provider::list(tx, workspace).await?) })).await
}

/// Sets a provider up.
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof, [`Error::Invalid`] for wrong fields, [`Error::Forbidden`] for roles that
/// the caller does not manage or that hold more than the caller's, [`Error::Conflict`] past 20.
pub async fn create(app: &App, caller: &Caller, draft: &ProviderDraft) -> Result<Provider> {
    caller.proved(app)?;
    let provider = checked(app, draft, app.ids.next(), app.now())?;
    let secret = given(draft);
    let (acting, kept, now) = (caller.clone(), provider.clone(), app.now());
    let made = app.write(move |tx| {
        Box::pin(async move {
            may_say(tx, &acting, None, &kept).await?;
            if store::provider::list(tx, acting.workspace).await?.len() >= MOST {
                let message = format!("there are {MOST} providers already; remove one that nobody uses");
                return Err(Error::Conflict { code: "conflict", message });
            }
            store::provider::insert(tx, acting.workspace, &kept, secret.as_ref()).await?;
            let note = Note::of(Act::ProviderCreated).on(kept.id).with(&told(&kept));
            audit::record(tx, &acting.actor(), note, now).await
        })
    });
    made.await?;
    Ok(provider)
}

/// Changes a provider. One that is switched off ends the sessions that began through it.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such provider, [`Error::Conflict`] for another issuer and when one is
/// switched off that is the caller's only way in, else as for [`create`].
pub async fn update(app: &App, caller: &Caller, id: ProviderId, draft: &ProviderDraft) -> Result<Provider> {
    let before = one(app, caller, id).await?;
    caller.proved(app)?;
    let mut provider = checked(app, draft, id, before.created_at)?;
    let secret = given(draft);
    provider.has_secret |= before.has_secret;
    // Another issuer knows other people by the same names.
    if before.issuer != provider.issuer {
        let message = "another issuer is another provider; set up a new one".to_owned();
        return Err(Error::Conflict { code: "conflict", message });
    }
    let (acting, kept, now) = (caller.clone(), provider.clone(), app.now());
    let changed = app.write(move |tx| {
        Box::pin(async move {
            let ws = acting.workspace;
            let before = store::provider::get(tx, ws, id).await?.ok_or(Error::NotFound)?;
            may_say(tx, &acting, Some(&before), &kept).await?;
            if before.enabled && !kept.enabled {
                way_in::keep_one(tx, ws, acting.agent.id, Taken::Provider(id)).await?;
            }
            store::provider::update(tx, ws, &kept).await?;
            if let Some(secret) = secret {
                store::provider::set_secret(tx, ws, id, &secret).await?;
            }
            let note = Note::of(Act::ProviderChanged).on(id).with(&told(&kept));
            audit::record(tx, &acting.actor(), note, now).await?;
            if kept.enabled {
                return Ok(session::Ended::default());
            }
            let ended = store::session::delete_of_provider(tx, ws, id).await?;
            session::Ended::tell(tx, ws, ended, now).await
        })
    });
    changed.await?.ring(app, caller.workspace);
    Ok(provider)
}

/// Removes a provider, whom it vouched for, and the sessions that began through it.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such provider, [`Error::ProofNeeded`] without a fresh proof,
/// [`Error::Conflict`] when the caller would have no other way to sign in.
pub async fn remove(app: &App, caller: &Caller, id: ProviderId) -> Result<()> {
    one(app, caller, id).await?;
    caller.proved(app)?;
    let (workspace, agent, now, actor) = (caller.workspace, caller.agent.id, app.now(), caller.actor());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            way_in::keep_one(tx, workspace, agent, Taken::Provider(id)).await?;
            if !store::provider::delete(tx, workspace, id).await? {
                return Err(Error::NotFound);
            }
            let ended = store::session::delete_of_provider(tx, workspace, id).await?;
            let note = Note::of(Act::ProviderRemoved).on(id).with(&json!({"sessions_ended": ended.len()}));
            audit::record(tx, &actor, note, now).await?;
            session::Ended::tell(tx, workspace, ended, now).await
        })
    });
    removed.await?.ring(app, caller.workspace);
    Ok(())
}

/// Looks whether a provider can be reached and describes itself as it has to.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such provider.
pub async fn test(app: &App, caller: &Caller, id: ProviderId) -> Result<Tested> {
    let provider = one(app, caller, id).await?;
    if let Err(unknown) = app.own_address() {
        return Ok(Tested { keys: None, problem: Some(unknown.to_string()) });
    }
    Ok(match protocol::describe(&app.egress, &provider.issuer).await {
        Ok((_, 0)) => Tested { keys: None, problem: Some("it has no keys to sign with".to_owned()) },
        Ok((_, keys)) => Tested { keys: Some(keys), problem: None },
        Err(problem) => Tested { keys: None, problem: Some(problem) },
    })
}

async fn one(app: &App, caller: &Caller, id: ProviderId) -> Result<Provider> {
    let workspace = caller.workspace;
    let found =
        app.read(move |tx| Box::pin(async move { Ok(store::provider::get(tx, workspace, id).await?) }));
    found.await?.ok_or(Error::NotFound)
}

fn given(draft: &ProviderDraft) -> Option<Secret<String>> {
    draft.client_secret.clone().filter(|secret| !secret.expose().is_empty())
}

/// What the audit keeps of a provider.
fn told(provider: &Provider) -> serde_json::Value {
    json!({
        "issuer": provider.issuer, "enabled": provider.enabled, "creates_accounts": provider.creates_accounts,
        "links_by_email": provider.links_by_email, "vouches_for_emails": provider.vouches_for_emails,
        "second_step": provider.second_step, "acr_values": provider.acr_values, "max_age": provider.max_age, "groups": provider.group_roles.len(),
        "roles": provider.roles().collect::<Vec<_>>(),
    })
}

fn checked(app: &App, draft: &ProviderDraft, id: ProviderId, created_at: Millis) -> Result<Provider> {
    let mut fields = Fields::new();
    let provider = Provider {
        id,
        name: fields.line("name", &draft.name, NAME_MAX),
        issuer: fields.line("issuer", &draft.issuer, TEXT_MAX),
        client_id: fields.line("client_id", &draft.client_id, TEXT_MAX),
        has_secret: given(draft).is_some(),
        enabled: draft.enabled,
        scopes: draft.scopes.clone(),
        creates_accounts: draft.creates_accounts,
        links_by_email: draft.links_by_email,
        vouches_for_emails: draft.vouches_for_emails,
        second_step: draft.second_step,
        group_claim: draft.group_claim.trim().to_owned(),
        group_roles: draft.group_roles.clone(),
        default_role: draft.default_role,
        created_at,
        acr_values: draft.acr_values.clone(),
        max_age: draft.max_age,
    };
    if let Some(secret) = given(draft)
        && (secret.expose().chars().count() > TEXT_MAX || secret.expose().chars().any(char::is_control))
    {
        fields.wrong("client_secret", "invalid", format!("use one line of at most {TEXT_MAX} characters"));
    }
    if !provider.issuer.is_empty() {
        let bare = Url::parse(&provider.issuer)
            .is_ok_and(|url| url.query().is_none() && url.fragment().is_none() && url.has_host());
        if !bare {
            fields.wrong(
                "issuer",
                "invalid",
                "use the provider's own address, such as https://id.example.com",
            );
        } else if let Err(why) = app.egress.may_call(&provider.issuer) {
            fields.wrong("issuer", "invalid", why);
        }
    }
    // RFC 6749, 3.3.
    let scope = |one: &String| {
        !one.is_empty()
            && one.len() <= TEXT_MAX
            && one.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    };
    if provider.scopes.len() > SCOPES_MOST || !provider.scopes.iter().all(scope) {
        fields.wrong("scopes", "invalid", "use at most 20 names without spaces, such as email");
    }
    // They are written with spaces between.
    if provider.acr_values.len() > SCOPES_MOST || !provider.acr_values.iter().all(scope) {
        fields.wrong("acr_values", "invalid", "use at most 20 names without spaces, such as phr");
    }
    if provider.max_age.is_some_and(|minutes| !(1..=MAX_AGE_MOST).contains(&minutes)) {
        fields.wrong("max_age", "invalid", format!("use a number of minutes from 1 to {MAX_AGE_MOST}"));
    }
    if provider.group_claim.chars().count() > TEXT_MAX {
        fields.wrong("group_claim", "too_long", format!("use at most {TEXT_MAX} characters"));
    }
    if !provider.group_roles.is_empty() && provider.group_claim.is_empty() {
        fields.wrong("group_claim", "required", "say in which claim the groups are");
    }
    let named = |one: &GroupRole| !one.group.is_empty() && one.group.chars().count() <= TEXT_MAX;
    if provider.group_roles.len() > GROUPS_MOST || !provider.group_roles.iter().all(named) {
        fields.wrong("group_roles", "invalid", format!("name up to {GROUPS_MOST} groups"));
    }
    if provider.roles().any(|role| role == Role::Owner) {
        fields.wrong("group_roles", "invalid", "no provider makes an owner");
    }
    if provider.creates_accounts && provider.group_roles.is_empty() && provider.default_role.is_none() {
        fields.wrong("default_role", "required", "say which role new accounts have");
    }
    fields.finish()?;
    Ok(provider)
}

/// Refuses whoever would reach through a provider what they could not reach themselves: only who manages roles says which
/// role somebody gets, nobody hands on more than they have, and whoever lets addresses find accounts could sign in as
/// any of them.
async fn may_say(
    tx: &mut store::Tx,
    caller: &Caller,
    before: Option<&Provider>,
    after: &Provider,
) -> Result<()> {
    let rules = |one: &Provider| (one.group_claim.clone(), one.group_roles.clone(), one.default_role);
    let unchanged = before.is_some_and(|before| rules(before) == rules(after));
    let roles: HashSet<Role> = before.into_iter().flat_map(Provider::roles).chain(after.roles()).collect();
    if !unchanged && !roles.is_empty() && !caller.may(model::Permission::RoleManage) {
        return Err(Error::Forbidden);
    }
    for role in roles {
        role::may_hand_on(tx, caller, role).await?;
    }
    let everything = Role::Admin.rights().unwrap_or_else(model::Rights::none);
    if after.links_by_email && !caller.grant.rights.covers(&everything) {
        return Err(Error::Forbidden);
    }
    Ok(())
}
