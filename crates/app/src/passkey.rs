//! Passkeys: a device signs for its owner, whom it has verified itself. So one of them is two steps at once.

use model::{Act, Agent, Millis, PasskeyId, Secret, WorkspaceId};
use serde::Serialize;
use serde_json::{Value, json};
use store::ceremony::Ceremony;
use store::passkey::PasskeyRow;
use webauthn_rs::prelude::{
    CredentialID, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder,
};

use crate::attempts::{self, Tried};
use crate::audit::{self, Note};
use crate::field::{Fields, NAME_MAX};
use crate::session::{self, By, SignedIn, Visit};
use crate::way_in::{self, Taken};
use crate::{App, Caller, Error, Result, second_step, token};

/// For how long a device may take.
const LIFE: Millis = Millis::minutes(5);

/// The most passkeys of one agent.
const MOST: usize = 20;

/// The kinds of ceremonies: adding one, and signing with one.
const ADDING: &str = "passkey_added";
const SIGNING: &str = "passkey_shown";

/// A passkey as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PasskeyView {
    /// Its id.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Millis,
    /// When it was last used; `null`: never.
    pub used_at: Option<Millis>,
}

impl From<PasskeyRow> for PasskeyView {
    fn from(row: PasskeyRow) -> Self {
        Self { id: row.id, name: row.name, created_at: row.created_at, used_at: row.used_at }
    }
}

/// What a browser passes on to a device.
#[derive(Debug)]
pub struct Begun {
    /// What the browser shows when it comes back.
    pub token: Secret<String>,
    /// The options of `navigator.credentials`, as JSON.
    pub options: Value,
}

/// The party that devices know us as. `origin` is the console's own address.
fn party(origin: &str) -> Result<Webauthn> {
    let url = Url::parse(origin).map_err(Error::internal)?;
    let Some(domain) = url.domain() else {
        let message = "passkeys need a host name; this installation is opened by a bare address".to_owned();
        return Err(Error::Conflict { code: "conflict", message });
    };
    let builder = WebauthnBuilder::new(domain, &url).map_err(Error::internal)?;
    builder.rp_name("Bellhop").build().map_err(Error::internal)
}

/// The name by which devices know an agent.
fn handle(agent: &Agent) -> Uuid {
    Uuid::from_u128(u128::from(agent.id.0.cast_unsigned()))
}

/// The caller's passkeys, the oldest first.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<PasskeyView>> {
    Ok(rows(app, caller).await?.into_iter().map(PasskeyView::from).collect())
}

async fn rows(app: &App, caller: &Caller) -> Result<Vec<PasskeyRow>> {
    caller.in_person()?;
    let (workspace, agent) = (caller.workspace, caller.agent.id);
    app.read(move |tx| Box::pin(async move { Ok(store::passkey::list(tx, workspace, agent).await?) })).await
}

/// Begins to add a passkey.
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof, [`Error::Conflict`] past 20 or without a host name.
pub async fn begin_adding(app: &App, caller: &Caller, origin: &str) -> Result<Begun> {
    caller.proved(app)?;
    let known = rows(app, caller).await?;
    if known.len() >= MOST {
        let message = format!("you have {MOST} passkeys already; remove some that you do not use");
        return Err(Error::Conflict { code: "conflict", message });
    }
    let known = known.into_iter().map(|row| CredentialID::from(row.credential)).collect();
    let agent = &caller.agent;
    let (options, state) = party(origin)?
        .start_passkey_registration(handle(agent), &agent.email, &agent.name, Some(known))
        .map_err(Error::internal)?;
    let mut options = serde_json::to_value(options).map_err(Error::internal)?;
    // It has to be found again without a name being typed.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = json!("required");
    options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = json!(true);
    let state = serde_json::to_string(&state).map_err(Error::internal)?;
    let who = Some((caller.workspace, agent.id));
    Ok(Begun { token: begin(app, ADDING, Ceremony { who, state, tries_left: 1 }).await?, options })
}

/// Adds the passkey that a device made.
///
/// # Errors
/// [`Error::Invalid`] when the device's answer is not what was asked for, [`Error::Conflict`] when it is known already.
pub async fn add(
    app: &App,
    caller: &Caller,
    origin: &str,
    shown: &str,
    name: &str,
    credential: Value,
) -> Result<PasskeyView> {
    let own = caller.proved(app)?;
    let mut fields = Fields::new();
    let name = fields.line("name", name, NAME_MAX);
    fields.finish()?;
    let begun = take(app, shown, ADDING).await?;
    if begun.who != Some((caller.workspace, caller.agent.id)) {
        return Err(Error::Unauthorized);
    }
    let state: PasskeyRegistration = serde_json::from_str(&begun.state).map_err(Error::internal)?;
    let wrong = || Error::field("credential", "invalid", "the device's answer is not what was asked for");
    let answer: RegisterPublicKeyCredential = serde_json::from_value(credential).map_err(|_| wrong())?;
    let made = party(origin)?.finish_passkey_registration(&answer, &state).map_err(|_| wrong())?;
    let row = PasskeyRow {
        id: app.ids.next(),
        agent_id: caller.agent.id,
        credential: made.cred_id().to_vec(),
        name,
        public_key: serde_json::to_string(&made).map_err(Error::internal)?,
        created_at: app.now(),
        used_at: None,
    };
    let (workspace, kept, now, actor) = (caller.workspace, row.clone(), app.now(), caller.actor());
    let added = app.write(move |tx| {
        Box::pin(async move {
            match store::passkey::insert(tx, workspace, &kept).await {
                Err(store::Error::Unique(_)) => {
                    let message = "this passkey belongs to an account already".to_owned();
                    return Err(Error::Conflict { code: "conflict", message });
                }
                other => other?,
            }
            store::session::prove(tx, workspace, own, now, true).await?;
            let detail = json!({"factor": "passkey"});
            audit::record(tx, &actor, Note::of(Act::FactorAdded).on(kept.id).with(&detail), now).await
        })
    });
    added.await?;
    Ok(row.into())
}

/// Gives a passkey of the caller another name.
///
/// # Errors
/// [`Error::NotFound`] when the caller has no such passkey.
pub async fn rename(app: &App, caller: &Caller, id: PasskeyId, name: &str) -> Result<()> {
    caller.in_person()?;
    let mut fields = Fields::new();
    let name = fields.line("name", name, NAME_MAX);
    fields.finish()?;
    let (workspace, agent, now, actor) = (caller.workspace, caller.agent.id, app.now(), caller.actor());
    let renamed = app.write(move |tx| {
        Box::pin(async move {
            if !store::passkey::rename(tx, workspace, agent, id, &name).await? {
                return Err(Error::NotFound);
            }
            audit::record(tx, &actor, Note::of(Act::FactorChanged).on(id), now).await
        })
    });
    renamed.await
}

/// Removes a passkey of the caller.
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof, [`Error::NotFound`] when the caller has no such passkey,
/// [`Error::Conflict`] when the caller would have no other way to sign in, or no second step where the workspace asks for
/// one.
pub async fn remove(app: &App, caller: &Caller, id: PasskeyId) -> Result<()> {
    caller.proved(app)?;
    let (workspace, agent, now, actor) = (caller.workspace, caller.agent.id, app.now(), caller.actor());
    let removed = app.write(move |tx| {
        Box::pin(async move {
            // First, because it lets nobody else change what is counted.
            let kept = way_in::keep_one(tx, workspace, agent, Taken::Passkey(id)).await;
            let factors = second_step::factors_in(tx, workspace, agent).await?;
            if !store::passkey::delete(tx, workspace, agent, id).await? {
                return Err(Error::NotFound);
            }
            kept?;
            let last = factors.passkeys == 1 && !factors.code;
            if last && factors.required {
                return Err(second_step::last_one());
            }
            if last {
                store::one_time_code::delete_recovery(tx, workspace, agent).await?;
            }
            let detail = json!({"factor": "passkey"});
            audit::record(tx, &actor, Note::of(Act::FactorRemoved).on(id).with(&detail), now).await
        })
    });
    removed.await
}

/// Begins to sign in with a passkey, whoever it is.
///
/// # Errors
/// [`Error::RateLimited`] after too many attempts, [`Error::Conflict`] without a host name.
pub async fn begin_signing(app: &App, origin: &str, visit: &Visit) -> Result<Begun> {
    attempts::count(app, visit, "", Tried::Link).await?;
    let (options, state) = party(origin)?.start_discoverable_authentication().map_err(Error::internal)?;
    let options = serde_json::to_value(options).map_err(Error::internal)?;
    let state = serde_json::to_string(&state).map_err(Error::internal)?;
    Ok(Begun { token: begin(app, SIGNING, Ceremony { who: None, state, tries_left: 1 }).await?, options })
}

/// Signs in whoever's passkey it is; both steps at once.
///
/// # Errors
/// [`Error::BadCredentials`] for everything that is not right.
pub async fn sign_in(
    app: &App,
    origin: &str,
    shown: &str,
    credential: Value,
    visit: &Visit,
) -> Result<SignedIn> {
    let (workspace, agent) = signed_by(app, origin, shown, credential).await?;
    session::begin(app, workspace, agent, visit, By { two_steps: true, ..By::default() }).await
}

/// Shows by a passkey that it is the caller.
///
/// # Errors
/// [`Error::BadCredentials`] for everything that is not right, also for somebody else's passkey.
pub async fn prove(app: &App, caller: &Caller, origin: &str, shown: &str, credential: Value) -> Result<()> {
    let own = caller.in_person()?;
    let (workspace, agent) = signed_by(app, origin, shown, credential).await?;
    if (workspace, agent.id) != (caller.workspace, caller.agent.id) {
        return Err(Error::BadCredentials);
    }
    let now = app.now();
    let proved = app.write(move |tx| {
        Box::pin(async move { Ok(store::session::prove(tx, workspace, own, now, true).await?) })
    });
    if proved.await? { Ok(()) } else { Err(Error::Unauthorized) }
}

/// Who signed, as their device and we agree.
async fn signed_by(app: &App, origin: &str, shown: &str, credential: Value) -> Result<(WorkspaceId, Agent)> {
    let begun = take(app, shown, SIGNING).await?;
    let state: DiscoverableAuthentication = serde_json::from_str(&begun.state).map_err(Error::internal)?;
    let answer: PublicKeyCredential =
        serde_json::from_value(credential).map_err(|_| Error::BadCredentials)?;
    let party = party(origin)?;
    let (user, id) =
        party.identify_discoverable_authentication(&answer).map_err(|_| Error::BadCredentials)?;
    let wanted = id.to_vec();
    let found = app.read(move |tx| {
        Box::pin(async move {
            let Some((workspace, row)) = store::credential::passkey(tx, &wanted).await? else {
                return Ok(None);
            };
            let agent = store::agent::get(tx, workspace, row.agent_id).await?;
            Ok(agent.filter(|agent| !agent.disabled).map(|agent| (workspace, row, agent)))
        })
    });
    let (workspace, row, agent) = found.await?.ok_or(Error::BadCredentials)?;
    if handle(&agent) != user {
        return Err(Error::BadCredentials);
    }
    let mut passkey: Passkey = serde_json::from_str(&row.public_key).map_err(Error::internal)?;
    let result = party
        .finish_discoverable_authentication_v2(&answer, state, &passkey)
        .map_err(|_| Error::BadCredentials)?;
    if !result.user_verified() {
        return Err(Error::BadCredentials);
    }
    passkey.update_credential(&result);
    let (key, now) = (serde_json::to_string(&passkey).map_err(Error::internal)?, app.now());
    app.write(move |tx| {
        Box::pin(async move { Ok(store::passkey::used(tx, workspace, row.id, &key, now).await?) })
    })
    .await?;
    Ok((workspace, agent))
}

async fn begin(app: &App, kind: &'static str, begun: Ceremony) -> Result<Secret<String>> {
    let token = token::fresh(&*app.entropy);
    let (hash, expires) = (token::hash(token.expose()), app.now() + LIFE);
    app.write(move |tx| {
        Box::pin(async move { Ok(store::ceremony::put(tx, &hash, kind, &begun, expires).await?) })
    })
    .await?;
    Ok(token)
}

async fn take(app: &App, shown: &str, kind: &'static str) -> Result<Ceremony> {
    let (hash, now) = (token::hash(shown), app.now());
    let taken =
        app.write(move |tx| Box::pin(async move { Ok(store::ceremony::take(tx, &hash, kind, now).await?) }));
    taken.await?.ok_or(Error::Unauthorized)
}
