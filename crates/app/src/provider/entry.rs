//! The way to a provider of identity and back: to sign in, to say who one is there, and to show once more that it is
//! oneself. What was begun is finished at most once, by the browser that began it, within ten minutes.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use model::{Act, AgentId, Millis, Provider, ProviderId, ProviderStep, Secret, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::ceremony::Ceremony;

use super::account;
use super::protocol::{self, CLOCK_SKEW, Described, Person, Secrets};
use super::{CALLBACK, LIFE};
use crate::attempts::{self, Tried};
use crate::audit::{self, Actor, Note};
use crate::error::Vouching;
use crate::second_step::{self, Entry};
use crate::session::{By, Visit};
use crate::{App, Caller, Error, Result, token};

/// What somebody goes to a provider for: the kind of a ceremony.
const SIGN_IN: &str = "provider_sign_in";
const LINK: &str = "provider_link";
const PROOF: &str = "provider_proof";

/// A way to a provider.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser goes.
    pub url: String,
    /// What the browser keeps until it comes back.
    pub token: Secret<String>,
}

/// With what a browser comes back from a provider.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "SplxlOBeZQQYbYS6WxSbIA", "state": "af0ifjsldkj"}))]
pub struct Callback {
    /// What is exchanged for the provider's word.
    pub code: Option<String>,
    /// What the browser was sent with.
    pub state: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
    /// Why the provider does not let somebody in.
    pub error: Option<String>,
}

/// What has to be remembered while somebody is at a provider.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    provider: ProviderId,
    described: Described,
    redirect: String,
    begun_at: Millis,
}

/// What came back: whose word it is, and of whom.
struct Answered {
    workspace: WorkspaceId,
    provider: Provider,
    person: Person,
    who: Option<(WorkspaceId, AgentId)>,
    begun_at: Millis,
}

impl Answered {
    /// Whether the provider's word counts for the second step as well.
    fn two_steps(&self) -> bool {
        match self.provider.second_step {
            ProviderStep::Own => false,
            ProviderStep::Claimed => self.person.several_factors,
            ProviderStep::Always => true,
        }
    }
}

/// Begins to sign in at a provider, whoever it is.
///
/// # Errors
/// [`Error::NotFound`] when there is no such provider, [`Error::Vouching`] when it cannot be used, [`Error::Conflict`] when
/// the installation does not know its own address, [`Error::RateLimited`] after too many attempts.
pub async fn begin(app: &App, id: ProviderId, visit: &Visit) -> Result<Begun> {
    set_out(app, id, SIGN_IN, None, visit).await
}

/// Begins to say who the caller is at a provider of the workspace.
///
/// # Errors
/// As for [`begin`], and [`Error::ProofNeeded`] without a fresh proof.
pub async fn begin_link(app: &App, caller: &Caller, id: ProviderId) -> Result<Begun> {
    of_the_house(app, caller, id).await?;
    caller.proved(app)?;
    set_out(app, id, LINK, Some(caller), &caller.visit).await
}

/// Begins to show at a provider once more that it is the caller.
///
/// # Errors
/// As for [`begin`].
pub async fn begin_proof(app: &App, caller: &Caller, id: ProviderId) -> Result<Begun> {
    of_the_house(app, caller, id).await?;
    set_out(app, id, PROOF, Some(caller), &caller.visit).await
}

async fn of_the_house(app: &App, caller: &Caller, id: ProviderId) -> Result<()> {
    caller.in_person()?;
    if super::one(app, caller, id).await?.enabled { Ok(()) } else { Err(Error::NotFound) }
}

async fn set_out(
    app: &App,
    id: ProviderId,
    kind: &'static str,
    by: Option<&Caller>,
    visit: &Visit,
) -> Result<Begun> {
    attempts::count(app, visit, "", Tried::Link).await?;
    let found =
        app.read(move |tx| Box::pin(async move { Ok(store::credential::provider(tx, id).await?) })).await?;
    let (_, provider) = found.ok_or(Error::NotFound)?;
    let redirect = format!("{}{CALLBACK}", app.own_address()?);
    let away = |why: String| {
        tracing::warn!(provider = %id, why, "a provider of identity cannot be used");
        Error::Vouching(Vouching::Unreachable)
    };
    let (described, _) = protocol::describe(&app.egress, &provider.issuer).await.map_err(away)?;
    let token = token::fresh(&*app.entropy);
    let secrets = Secrets::of(&token);
    let url = protocol::way(&provider, &described, &redirect, &secrets, kind == PROOF).map_err(away)?;
    let waiting = Waiting { provider: id, described, redirect, begun_at: app.now() };
    let begun = Ceremony {
        who: by.map(|caller| (caller.workspace, caller.agent.id)),
        state: serde_json::to_string(&waiting).map_err(Error::internal)?,
        tries_left: 1,
    };
    let (hash, expires) = (token::hash(token.expose()), app.now() + LIFE);
    app.write(move |tx| {
        Box::pin(async move { Ok(store::ceremony::put(tx, &hash, kind, &begun, expires).await?) })
    })
    .await?;
    Ok(Begun { url, token })
}

/// Signs in whom a provider vouches for. `shown` is what the browser kept.
///
/// # Errors
/// [`Error::Vouching`] for everything that is not exactly as it should be.
pub async fn finish(app: &App, shown: Option<&str>, callback: &Callback, visit: &Visit) -> Result<Entry> {
    let answered = come_back(app, &[SIGN_IN], shown, callback, visit).await?.1;
    let by = By {
        two_steps: answered.two_steps(),
        provider: Some(answered.provider.id),
        sid: answered.person.sid,
    };
    let (workspace, provider) = (answered.workspace, answered.provider.id);
    let agent = account::enter(app, workspace, answered.provider, answered.person, visit).await;
    let agent = agent.inspect_err(|error| note(app, workspace, provider, error, visit))?;
    second_step::enter(app, workspace, agent, visit, by).await
}

/// Finishes what the caller began at a provider: from now on it may vouch for them, or it has shown that it is them.
///
/// # Errors
/// [`Error::Vouching`] for everything that is not exactly as it should be, [`Error::Unauthorized`] when the session is over.
pub async fn finish_mine(app: &App, caller: &Caller, shown: Option<&str>, callback: &Callback) -> Result<()> {
    let session = caller.in_person()?;
    let (kind, answered) = come_back(app, &[LINK, PROOF], shown, callback, &caller.visit).await?;
    let (workspace, agent) = (caller.workspace, caller.agent.id);
    if answered.who != Some((workspace, agent)) || answered.workspace != workspace {
        return Err(Error::Vouching(Vouching::Late));
    }
    if kind == LINK {
        return account::link_to(app, caller, answered.provider, answered.person).await;
    }
    let (two_steps, id, now) = (answered.two_steps(), answered.provider.id, app.now());
    let Answered { person, begun_at, .. } = answered;
    // Many providers let in whom they know without asking; then nobody has shown anything.
    if person.shown_at.is_none_or(|at| at < begun_at - CLOCK_SKEW) {
        return Err(Error::Vouching(Vouching::NotAsked));
    }
    let proved = app.write(move |tx| {
        Box::pin(async move {
            if store::provider::account(tx, workspace, id, &person.subject).await? != Some(agent) {
                return Err(Error::Vouching(Vouching::SomebodyElse));
            }
            Ok(store::session::prove(tx, workspace, session, now, two_steps).await?)
        })
    });
    if proved.await? { Ok(()) } else { Err(Error::Unauthorized) }
}

/// What a provider says of whoever began: the ceremony is taken, so that nothing is tried twice, and everything that
/// comes back is held against it.
async fn come_back(
    app: &App,
    kinds: &'static [&'static str],
    shown: Option<&str>,
    callback: &Callback,
    visit: &Visit,
) -> Result<(&'static str, Answered)> {
    attempts::count(app, visit, "", Tried::Link).await?;
    let late = || Error::Vouching(Vouching::Late);
    let token = Secret::new(shown.ok_or_else(late)?.to_owned());
    let (hash, now) = (token::hash(token.expose()), app.now());
    let taken = app.write(move |tx| {
        Box::pin(async move {
            for kind in kinds {
                if let Some(begun) = store::ceremony::take(tx, &hash, kind, now).await? {
                    return Ok(Some((*kind, begun)));
                }
            }
            Ok(None)
        })
    });
    let (kind, begun) = taken.await?.ok_or_else(late)?;
    let waiting: Waiting = serde_json::from_str(&begun.state).map_err(Error::internal)?;
    let id = waiting.provider;
    let found = app.read(move |tx| {
        Box::pin(async move {
            let Some((workspace, provider)) = store::credential::provider(tx, id).await? else {
                return Ok(None);
            };
            let secret = store::provider::secret(tx, workspace, id).await?;
            Ok(Some((workspace, provider, secret)))
        })
    });
    let (workspace, provider, secret) = found.await?.ok_or(Error::Vouching(Vouching::Unreachable))?;
    let refused = |why: Vouching, words: String| {
        tracing::info!(provider = %id, why = words, "an answer of a provider of identity was refused");
        let error = Error::Vouching(why);
        note(app, workspace, id, &error, visit);
        error
    };
    let untrusted = |words: &str| refused(Vouching::Untrusted, words.to_owned());
    let secrets = Secrets::of(&token);
    let state = callback.state.as_deref().unwrap_or_default();
    verify_slices_are_equal(state.as_bytes(), secrets.state.as_bytes())
        .map_err(|_| untrusted("another state"))?;
    match &callback.iss {
        Some(iss) if *iss != provider.issuer => return Err(untrusted("another issuer answers")),
        None if waiting.described.names_itself => return Err(untrusted("the issuer does not name itself")),
        _ => {}
    }
    if let Some(said) = &callback.error {
        let code: String = said.chars().filter(|letter| letter.is_ascii_graphic()).take(64).collect();
        return Err(refused(Vouching::Refused, code));
    }
    let code = callback.code.clone().ok_or_else(|| untrusted("no code"))?;
    let Waiting { described, redirect, begun_at, .. } = waiting;
    let person = protocol::redeem(
        &app.egress,
        &provider,
        secret.as_ref(),
        &described,
        &redirect,
        (code, &secrets),
        app.now(),
    );
    let person = person.await.map_err(|words| refused(Vouching::Untrusted, words))?;
    protocol::enough(&provider, &person, app.now()).map_err(|words| refused(Vouching::Weak, words))?;
    Ok((kind, Answered { workspace, provider, person, who: begun.who, begun_at }))
}

/// Notes that somebody came from a provider and was refused.
fn note(app: &App, workspace: WorkspaceId, provider: ProviderId, error: &Error, visit: &Visit) {
    let detail = json!({"why": error.code()});
    audit::later(
        app,
        Actor::unknown(workspace, visit),
        Note::of(Act::SignInRefused).on(provider).with(&detail),
    );
}
