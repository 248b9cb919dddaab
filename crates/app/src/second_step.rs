//! The second step: one-time codes (RFC 6238), recovery codes, and where signing in stops to ask for one.

use model::{Act, Agent, AgentId, Millis, ProviderId, Secret, WorkspaceId};
use qrcodegen::{QrCode, QrCodeEcc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Tx;
use store::ceremony::Ceremony;
use totp_rs::{Builder, Totp};

use crate::attempts::{self, Tried};
use crate::audit::{self, Note};
use crate::session::{self, By, SignedIn, Visit};
use crate::{App, Caller, Error, Result, token};

/// For how long somebody may take for the second step.
const STEP_LIFE: Millis = Millis::minutes(10);

/// How many codes may be tried before the first step has to be taken again.
const STEP_TRIES: i64 = 5;

/// How many recovery codes somebody is given.
const RECOVERY_CODES: usize = 10;

/// The kind of a ceremony that waits for a second step.
const STEP: &str = "second_step";

/// What comes of a first step.
#[derive(Debug)]
pub enum Entry {
    /// It was enough.
    In(Box<SignedIn>),
    /// A second one is needed.
    Step(Step),
}

/// A second step to be taken.
#[derive(Debug)]
pub struct Step {
    /// What the browser shows with it.
    pub token: Secret<String>,
    /// By what it can be taken.
    pub ways: Ways,
}

/// By what a second step can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ways {
    /// By a one-time code.
    pub code: bool,
    /// By a passkey.
    pub passkey: bool,
    /// By a recovery code.
    pub recovery: bool,
    /// By none yet: one-time codes have to be set up now, because the workspace asks for a second step.
    pub enrol: bool,
}

/// What guards an account.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Factors {
    /// Whether there is a password.
    pub password: bool,
    /// Whether one-time codes are set up.
    pub code: bool,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
    /// How many passkeys there are.
    pub passkeys: i64,
    /// Whether the workspace asks everybody for a second step.
    pub required: bool,
}

/// What an app for one-time codes is given.
#[derive(Debug)]
pub struct Enrolment {
    /// The secret in base 32, to be typed.
    pub secret: Secret<String>,
    /// The same as an address that such apps read (`otpauth:`).
    pub url: Secret<String>,
    /// The address as a picture for cameras: rows of `0` for light and `1` for dark.
    pub picture: Vec<String>,
}

/// What somebody shows as a second step.
#[derive(Debug, Clone)]
pub enum Shown {
    /// A one-time code.
    Code(String),
    /// A recovery code.
    Recovery(Secret<String>),
}

/// What is remembered between the steps.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Between {
    ways: Ways,
    /// The provider that vouched at the first.
    provider: Option<ProviderId>,
    /// What is kept of its name for the sign-in.
    #[serde(default)]
    sid: Option<[u8; 32]>,
}

/// Goes on after a first step: lets in, or asks for the second.
///
/// # Errors
/// [`Error::Vouching`] for whoever has to come through a provider and did not.
pub(crate) async fn enter(
    app: &App,
    workspace: WorkspaceId,
    agent: Agent,
    visit: &Visit,
    by: By,
) -> Result<Entry> {
    let factors = factors_of(app, workspace, agent.id).await?;
    let has_one = factors.code || factors.passkeys > 0;
    if by.two_steps || !(has_one || factors.required) {
        let signed_in = session::begin(app, workspace, agent, visit, by).await?;
        return Ok(Entry::In(Box::new(signed_in)));
    }
    let ways = Ways {
        code: factors.code,
        passkey: factors.passkeys > 0,
        recovery: factors.recovery_codes > 0,
        enrol: !has_one,
    };
    let token = token::fresh(&*app.entropy);
    let hash = token::hash(token.expose());
    let begun = Ceremony {
        who: Some((workspace, agent.id)),
        state: serde_json::to_string(&Between { ways, provider: by.provider, sid: by.sid })
            .map_err(Error::internal)?,
        tries_left: STEP_TRIES,
    };
    let (now, expires) = (app.now(), app.now() + STEP_LIFE);
    app.write(move |tx| {
        Box::pin(async move {
            session::may_come(tx, workspace, &agent, by, now).await?;
            Ok(store::ceremony::put(tx, &hash, STEP, &begun, expires).await?)
        })
    })
    .await?;
    Ok(Entry::Step(Step { token, ways }))
}

async fn factors_of(app: &App, workspace: WorkspaceId, agent: AgentId) -> Result<Factors> {
    app.read(move |tx| Box::pin(factors_in(tx, workspace, agent))).await
}

/// What guards an account.
pub(crate) async fn factors_in(tx: &mut Tx, workspace: WorkspaceId, agent: AgentId) -> Result<Factors> {
    let password = store::agent::password_hash(tx, workspace, agent).await?;
    let code = store::one_time_code::get(tx, workspace, agent).await?;
    let passkeys = store::passkey::list(tx, workspace, agent).await?;
    Ok(Factors {
        password: password.is_some_and(|hash| crate::password::is_usable(&hash)),
        code: code.is_some_and(|code| code.confirmed_at.is_some()),
        recovery_codes: store::one_time_code::count_recovery(tx, workspace, agent).await?,
        passkeys: i64::try_from(passkeys.len()).unwrap_or(i64::MAX),
        required: store::workspace::sign_in(tx, workspace).await?.second_step_required,
    })
}

/// What guards the caller's own account.
pub async fn factors(app: &App, caller: &Caller) -> Result<Factors> {
    caller.in_person()?;
    factors_of(app, caller.workspace, caller.agent.id).await
}

/// Whose second step a browser waits for, with what is remembered of the first.
async fn waiting(app: &App, shown: &str) -> Result<(WorkspaceId, Agent, Between)> {
    let (hash, now) = (token::hash(shown), app.now());
    let found = app.read(move |tx| {
        Box::pin(async move {
            let Some(begun) = store::ceremony::get(tx, &hash, STEP, now).await? else { return Ok(None) };
            let Some((workspace, agent)) = begun.who else { return Ok(None) };
            let agent = store::agent::get(tx, workspace, agent).await?.filter(|agent| !agent.disabled);
            Ok(agent.map(|agent| (workspace, agent, begun.state)))
        })
    });
    let (workspace, agent, state) = found.await?.ok_or(Error::Unauthorized)?;
    Ok((workspace, agent, serde_json::from_str(&state).map_err(Error::internal)?))
}

/// Begins to set up one-time codes for somebody who needs them to get in.
///
/// # Errors
/// [`Error::Unauthorized`] when no first step was taken or it is too old.
pub async fn enrol_at_the_door(app: &App, shown: &str) -> Result<Enrolment> {
    let (workspace, agent, Between { ways, .. }) = waiting(app, shown).await?;
    if !ways.enrol {
        return Err(Error::Forbidden);
    }
    new_secret(app, workspace, &agent).await
}

/// Takes the second step.
///
/// # Errors
/// [`Error::Unauthorized`] when no first step was taken, it is too old, or too many codes were tried;
/// [`Error::BadCredentials`] for a wrong or used code; [`Error::RateLimited`] after too many.
pub async fn take(app: &App, shown: &str, step: &Shown, visit: &Visit) -> Result<SignedIn> {
    let (workspace, agent, Between { ways, provider, sid }) = waiting(app, shown).await?;
    let counted = attempts::count(app, visit, &agent.email, Tried::Code).await?;
    let (hash, now) = (token::hash(shown), app.now());
    let tried = hash.clone();
    let may = app
        .write(move |tx| Box::pin(async move { Ok(store::ceremony::attempt(tx, &tried, STEP, now).await?) }));
    if !may.await? {
        return Err(Error::Unauthorized);
    }
    let right = match step {
        Shown::Code(code) if ways.enrol => confirm_secret(app, workspace, agent.id, code).await?,
        Shown::Code(code) => spend_code(app, workspace, agent.id, code).await?,
        Shown::Recovery(code) => spend_recovery(app, workspace, agent.id, code).await?,
    };
    if !right {
        session::refused(app, workspace, agent.id, visit);
        return Err(Error::BadCredentials);
    }
    let taken =
        app.write(move |tx| Box::pin(async move { Ok(store::ceremony::take(tx, &hash, STEP, now).await?) }));
    // Only one of several that come at once gets in.
    taken.await?.ok_or(Error::Unauthorized)?;
    attempts::forgive(app, counted).await?;
    if ways.enrol {
        note(app, workspace, agent.id, visit).await?;
    }
    session::begin(app, workspace, agent, visit, By { two_steps: true, provider, sid }).await
}

async fn note(app: &App, workspace: WorkspaceId, agent: AgentId, visit: &Visit) -> Result<()> {
    let (actor, now) = (audit::Actor::agent(workspace, agent, visit), app.now());
    let note = Note::of(Act::FactorAdded).on(agent).with(&json!({"factor": "code"}));
    app.write(move |tx| Box::pin(async move { audit::record(tx, &actor, note, now).await })).await
}

/// Begins to set up one-time codes for the caller.
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof, [`Error::Conflict`] when there are some already.
pub async fn begin_codes(app: &App, caller: &Caller) -> Result<Enrolment> {
    caller.proved(app)?;
    new_secret(app, caller.workspace, &caller.agent).await
}

async fn new_secret(app: &App, workspace: WorkspaceId, agent: &Agent) -> Result<Enrolment> {
    let mut bytes = vec![0; 20];
    app.entropy.fill(&mut bytes);
    let (secret, id) = (Secret::new(bytes.clone()), agent.id);
    let kept = app.write(move |tx| {
        Box::pin(async move { Ok(store::one_time_code::put(tx, workspace, id, &secret).await?) })
    });
    if !kept.await? {
        let message = "one-time codes are set up already; remove them first".to_owned();
        return Err(Error::Conflict { code: "conflict", message });
    }
    let builder = Builder::new()
        .with_secret(bytes)
        .with_account_name(agent.email.replace(':', "."))
        .with_issuer(Some("Bellhop"));
    let totp = builder.build().map_err(|error| Error::internal(error.to_string()))?;
    let url = totp.to_url().map_err(|error| Error::internal(error.to_string()))?;
    let secret = url::Url::parse(&url).ok().and_then(|url| {
        url.query_pairs().find(|(name, _)| name == "secret").map(|(_, secret)| secret.into_owned())
    });
    let secret = secret.ok_or_else(|| Error::internal("an otpauth address without a secret"))?;
    let picture = picture(&url)?;
    Ok(Enrolment { secret: Secret::new(secret), url: Secret::new(url), picture })
}

/// A text as a QR code.
fn picture(text: &str) -> Result<Vec<String>> {
    let code =
        QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|error| Error::internal(error.to_string()))?;
    let row = |y| (0..code.size()).map(|x| if code.get_module(x, y) { '1' } else { '0' }).collect();
    Ok((0..code.size()).map(row).collect())
}

/// Lets the caller's one-time codes count from the first right one on, and gives recovery codes.
///
/// # Errors
/// [`Error::Invalid`] for a wrong code.
pub async fn confirm_codes(app: &App, caller: &Caller, code: &str) -> Result<Vec<Secret<String>>> {
    let session = caller.proved(app)?;
    let counted = attempts::count(app, &caller.visit, &caller.agent.email, Tried::Code).await?;
    if !confirm_secret(app, caller.workspace, caller.agent.id, code).await? {
        return Err(Error::field("code", "invalid", "this code is not the present one of your app"));
    }
    attempts::forgive(app, counted).await?;
    let (codes, hashes) = fresh_recovery(app);
    let (workspace, agent, now, actor) = (caller.workspace, caller.agent.id, app.now(), caller.actor());
    let done = app.write(move |tx| {
        Box::pin(async move {
            store::one_time_code::put_recovery(tx, workspace, agent, &hashes).await?;
            store::session::prove(tx, workspace, session, now, true).await?;
            let note = Note::of(Act::FactorAdded).on(agent).with(&json!({"factor": "code"}));
            audit::record(tx, &actor, note, now).await
        })
    });
    done.await?;
    Ok(codes)
}

/// Gives the caller new recovery codes in place of the old ones.
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof, [`Error::Conflict`] when there is no second step to recover.
pub async fn new_recovery_codes(app: &App, caller: &Caller) -> Result<Vec<Secret<String>>> {
    caller.proved(app)?;
    let factors = factors(app, caller).await?;
    if !factors.code && factors.passkeys == 0 {
        let message = "set up one-time codes or a passkey first".to_owned();
        return Err(Error::Conflict { code: "conflict", message });
    }
    let (codes, hashes) = fresh_recovery(app);
    let (workspace, agent, now, actor) = (caller.workspace, caller.agent.id, app.now(), caller.actor());
    let done = app.write(move |tx| {
        Box::pin(async move {
            store::one_time_code::put_recovery(tx, workspace, agent, &hashes).await?;
            let note = Note::of(Act::FactorChanged).on(agent).with(&json!({"factor": "recovery_codes"}));
            audit::record(tx, &actor, note, now).await
        })
    });
    done.await?;
    Ok(codes)
}

/// Removes the caller's one-time codes.
///
/// # Errors
/// [`Error::ProofNeeded`] without a fresh proof, [`Error::NotFound`] when there are none, [`Error::Conflict`] when the
/// workspace asks for a second step and there would be none left.
pub async fn remove_codes(app: &App, caller: &Caller) -> Result<()> {
    caller.proved(app)?;
    let (workspace, agent, now, actor) = (caller.workspace, caller.agent.id, app.now(), caller.actor());
    let done = app.write(move |tx| {
        Box::pin(async move {
            // A passkey may be removed at the same moment: nobody else changes what is counted.
            store::workspace::lock(tx, workspace).await?;
            let factors = factors_in(tx, workspace, agent).await?;
            let last = factors.passkeys == 0;
            if factors.required && last {
                return Err(last_one());
            }
            if !store::one_time_code::delete(tx, workspace, agent).await? {
                return Err(Error::NotFound);
            }
            if last {
                store::one_time_code::delete_recovery(tx, workspace, agent).await?;
            }
            let note = Note::of(Act::FactorRemoved).on(agent).with(&json!({"factor": "code"}));
            audit::record(tx, &actor, note, now).await
        })
    });
    done.await
}

/// The refusal to take the last second step where the workspace asks for one.
pub(crate) fn last_one() -> Error {
    let message = "the workspace asks for a second step, and this is your only one; add another first";
    Error::Conflict { code: "conflict", message: message.to_owned() }
}

/// Shows once more that it is the caller: by the password or a one-time code.
///
/// # Errors
/// [`Error::Invalid`] for a wrong one, [`Error::RateLimited`] after too many.
pub async fn prove(app: &App, caller: &Caller, password: Option<&str>, code: Option<&str>) -> Result<()> {
    let session = caller.in_person()?;
    let (workspace, agent, now) = (caller.workspace, caller.agent.id, app.now());
    let tried = if code.is_some() { Tried::Code } else { Tried::Password };
    let counted = attempts::count(app, &caller.visit, &caller.agent.email, tried).await?;
    let (field, right) = match (password, code) {
        (_, Some(code)) => ("code", spend_code(app, workspace, agent, code).await?),
        (Some(password), None) => {
            let stored = app.read(move |tx| {
                Box::pin(async move { Ok(store::agent::password_hash(tx, workspace, agent).await?) })
            });
            ("password", app.passwords.verify(password, stored.await?).await?)
        }
        (None, None) => return Err(Error::field("password", "required", "give your password or a code")),
    };
    if !right {
        session::refused(app, workspace, agent, &caller.visit);
        return Err(Error::field(field, "invalid", "this is not right"));
    }
    attempts::forgive(app, counted).await?;
    let second = code.is_some();
    let proved = app.write(move |tx| {
        Box::pin(async move { Ok(store::session::prove(tx, workspace, session, now, second).await?) })
    });
    if proved.await? { Ok(()) } else { Err(Error::Unauthorized) }
}

/// Takes every second step from an agent who lost them, and ends the agent's sessions.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such agent, [`Error::Forbidden`] when somebody who is no owner does it
/// to one, [`Error::ProofNeeded`] without a fresh proof.
pub async fn reset(app: &App, caller: &Caller, agent: AgentId) -> Result<()> {
    caller.proved(app)?;
    crate::agent::touchable(app, caller, agent).await?;
    remove_all(app, &caller.actor(), agent).await
}

/// Takes every second step from an agent and ends the agent's sessions.
pub(crate) async fn remove_all(app: &App, actor: &audit::Actor, agent: AgentId) -> Result<()> {
    let (by, workspace, now) = (actor.clone(), actor.workspace, app.now());
    let done = app.write(move |tx| {
        Box::pin(async move {
            store::one_time_code::delete(tx, workspace, agent).await?;
            store::one_time_code::delete_recovery(tx, workspace, agent).await?;
            store::passkey::delete_all(tx, workspace, agent).await?;
            let note = Note::of(Act::FactorRemoved).on(agent).with(&json!({"factor": "all"}));
            audit::record(tx, &by, note, now).await
        })
    });
    done.await?;
    session::end_all(app, actor, agent).await
}

/// The step of which a code is the right one.
fn step_of(secret: &Secret<Vec<u8>>, code: &str, now: Millis) -> Result<Option<i64>> {
    let totp: Totp = Builder::new()
        .with_secret(secret.expose().clone())
        .build()
        .map_err(|error| Error::internal(error.to_string()))?;
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now.0.div_euclid(1000)).map_err(Error::internal)?;
    Ok(totp.check(&digits, seconds).and_then(|step| i64::try_from(step).ok()))
}

async fn spend_code(app: &App, workspace: WorkspaceId, agent: AgentId, code: &str) -> Result<bool> {
    let (code, now) = (code.to_owned(), app.now());
    app.write(move |tx| {
        Box::pin(async move {
            let Some(row) = store::one_time_code::get(tx, workspace, agent).await? else { return Ok(false) };
            let Some(step) = step_of(&row.secret, &code, now)? else { return Ok(false) };
            Ok(store::one_time_code::spend(tx, workspace, agent, step).await?)
        })
    })
    .await
}

async fn confirm_secret(app: &App, workspace: WorkspaceId, agent: AgentId, code: &str) -> Result<bool> {
    let (code, now) = (code.to_owned(), app.now());
    app.write(move |tx| {
        Box::pin(async move {
            let Some(row) = store::one_time_code::get(tx, workspace, agent).await? else { return Ok(false) };
            let Some(step) = step_of(&row.secret, &code, now)? else { return Ok(false) };
            Ok(store::one_time_code::confirm(tx, workspace, agent, now, step).await?)
        })
    })
    .await
}

async fn spend_recovery(
    app: &App,
    workspace: WorkspaceId,
    agent: AgentId,
    code: &Secret<String>,
) -> Result<bool> {
    let hash = recovery_hash(code.expose());
    app.write(move |tx| {
        Box::pin(async move { Ok(store::one_time_code::take_recovery(tx, workspace, agent, &hash).await?) })
    })
    .await
}

/// What is kept of a recovery code: 80 random bits, so a fast hash suffices. How it is grouped does not matter.
fn recovery_hash(code: &str) -> Vec<u8> {
    let letters: String = code.chars().filter(|letter| letter.is_alphanumeric()).collect();
    token::hash(&letters.to_lowercase())
}

fn fresh_recovery(app: &App) -> (Vec<Secret<String>>, Vec<Vec<u8>>) {
    let codes: Vec<Secret<String>> = (0..RECOVERY_CODES).map(|_| token::spoken(&*app.entropy)).collect();
    let hashes = codes.iter().map(|code| recovery_hash(code.expose())).collect();
    (codes, hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, with the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret::new(b"12345678901234567890".to_vec());
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let now = Millis(seconds * 1000);
            assert_eq!(step_of(&secret, code, now).expect("a step"), Some(seconds / 30));
            assert_eq!(step_of(&secret, code, now + Millis::seconds(90)).expect("none"), None);
        }
        for wrong in ["", "28708", "2870822", "abcdef", "٢٨٧٠٨٢"] {
            assert_eq!(step_of(&secret, wrong, Millis(59_000)).expect("none"), None, "{wrong:?}");
        }
        assert_eq!(step_of(&secret, "287 082", Millis(59_000)).expect("a step"), Some(1));
    }

    #[test]
    fn a_recovery_code_is_the_same_however_it_is_typed() {
        assert_eq!(recovery_hash("abcd-efgh-ijkm-npqr"), recovery_hash(" ABCD efgh ijkmnpqr"));
        assert_ne!(recovery_hash("abcd-efgh-ijkm-npqr"), recovery_hash("abcd-efgh-ijkm-npqs"));
    }
}
