//! A provider that says that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0): what began here through
//! that sign-in ends at once, on all nodes. Nobody has to be signed in for it; what the provider says counts only when it has
//! signed it, for us, now, and for the first time.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Act, Millis, Provider, ProviderId};
use moka::sync::Cache;
use openidconnect::JsonWebKey as _;
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::LIFE;
use super::protocol::{self, ALGORITHMS, CLOCK_SKEW, Wrong};
use crate::audit::{self, Actor, Note};
use crate::{App, Error, Result, session, token};

/// The event that a word about a sign-out names (2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The longest word in bytes.
const LONGEST: usize = 16 << 10;

/// For how long a provider's keys are used without asking again. What anybody may send makes us ask, so it may not make us
/// ask often.
const FRESH: Duration = Duration::from_secs(10);

/// For how long it is remembered that a sign-in is over: longer than anybody takes from a provider through a second step.
const REMEMBERED: Millis = Millis::hours(1);

/// The keys of a provider, or why there are none; asked for by one for all who wait.
type Asked = Arc<OnceCell<std::result::Result<CoreJsonWebKeySet, Wrong>>>;

/// The keys of providers that were asked for lately.
pub(crate) struct Keys(Cache<ProviderId, Asked>);

impl Default for Keys {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(1_000).time_to_live(FRESH).build())
    }
}

/// The parts that matter of what a provider says (2.4).
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: i64,
    exp: i64,
    jti: String,
    sub: Option<String>,
    sid: Option<String>,
    events: Map<String, Value>,
    #[serde(default, deserialize_with = "present")]
    nonce: bool,
}

/// Somebody, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize)]
struct Head {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    typ: Option<String>,
}

/// Whether a field is there at all, whatever stands in it.
fn present<'de, D: serde::Deserializer<'de>>(value: D) -> std::result::Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(value).map(|_| true)
}

/// Who has signed out: by the sign-in, by the person, or by both.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    jti: Vec<u8>,
    subject: Option<String>,
    sid: Option<[u8; 32]>,
    until: Millis,
}

/// Ends what began through a sign-in that is over at a provider.
///
/// # Errors
/// [`Error::NotFound`] when there is no such provider, [`Error::Invalid`] for everything that is not exactly as it should be,
/// and when it was heard before.
pub async fn sign_out(app: &App, id: ProviderId, word: &str) -> Result<()> {
    let found = app.read(move |tx| Box::pin(async move { Ok(store::credential::provider(tx, id).await?) }));
    let (workspace, provider) = found.await?.ok_or(Error::NotFound)?;
    let refused = |why: Wrong| {
        tracing::info!(provider = %id, why, "what a provider said about a sign-out was refused");
        Error::field("logout_token", "invalid", why)
    };
    // What can be seen without the provider's keys first.
    let parts = Parts::of(word).map_err(refused)?;
    let said = judged(&parts, &provider, app.now()).map_err(refused)?;
    let asked = app.provider_keys.0.get_with(provider.id, Asked::default);
    let keys = asked.get_or_init(|| protocol::keys(&app.egress, &provider.issuer)).await;
    let keys = keys.as_ref().map_err(|why| refused(format!("its keys cannot be had: {why}")))?;
    signed(&parts, keys).map_err(refused)?;
    let now = app.now();
    let ended = app.write(move |tx| {
        Box::pin(async move {
            let sid = said.sid.as_ref().map(<[u8; 32]>::as_slice);
            // Whoever begins a session at this moment holds the workspace too: either comes first.
            store::workspace::lock(tx, workspace).await?;
            store::provider::forget_sign_outs(tx, now).await?;
            let until = said.until.max(now + REMEMBERED);
            if !store::provider::sign_out(tx, workspace, id, &said.jti, sid, until).await? {
                return Err(Error::field("logout_token", "taken", "this was said before"));
            }
            let agent = match &said.subject {
                Some(subject) => match store::provider::account(tx, workspace, id, subject).await? {
                    Some(agent) => Some(agent),
                    // Somebody who was never here.
                    None => return Ok(session::Ended::default()),
                },
                None => None,
            };
            let ended = store::session::delete_of_sign_in(tx, workspace, id, agent, sid).await?;
            let note = Note::of(Act::SessionEnded).on(id).with(&json!({"sessions_ended": ended.len()}));
            audit::record(tx, &Actor::system(workspace), note, now).await?;
            session::Ended::tell(tx, workspace, ended, now).await
        })
    });
    ended.await?.ring(app, workspace);
    Ok(())
}

/// What is kept of a provider's name for a sign-in.
pub(super) fn sid_hash(sid: &str) -> [u8; 32] {
    let mut kept = [0; 32];
    kept.copy_from_slice(&token::hash(&format!("sid {sid}")));
    kept
}

/// The parts of a signed word.
struct Parts<'a> {
    head: Head,
    claims: Claims,
    message: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn of(word: &'a str) -> std::result::Result<Self, Wrong> {
        let no = || "it is no signed token".to_owned();
        if word.len() > LONGEST {
            return Err("it is too long".to_owned());
        }
        let (message, signature) = word.rsplit_once('.').ok_or_else(no)?;
        let (head, claims) = message.split_once('.').ok_or_else(no)?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| no());
        let head: Head = serde_json::from_slice(&bytes(head)?).map_err(|_| no())?;
        // What it says instead may be anything: it is not repeated.
        let claims = serde_json::from_slice(&bytes(claims)?)
            .map_err(|_| "it lacks what such a token has to say, or says it otherwise".to_owned())?;
        Ok(Self { head, claims, message: message.as_bytes(), signature: bytes(signature)? })
    }
}

/// What a provider says, if it says it as it has to (2.6).
fn judged(parts: &Parts<'_>, provider: &Provider, now: Millis) -> std::result::Result<Said, Wrong> {
    let Parts { head, claims, .. } = parts;
    let of_kind = head.typ.as_deref().is_none_or(|typ| {
        let typ = typ.strip_prefix("application/").unwrap_or(typ);
        typ.eq_ignore_ascii_case("logout+jwt") || typ.eq_ignore_ascii_case("jwt")
    });
    if !of_kind {
        return Err("it is a token of another kind".to_owned());
    }
    if !ALGORITHMS.contains(&head.alg) {
        return Err("it is signed in a way that does not count".to_owned());
    }
    if claims.iss != provider.issuer {
        return Err("another issuer says it".to_owned());
    }
    let for_us = match &claims.aud {
        Audience::One(one) => *one == provider.client_id,
        Audience::Many(many) => !many.is_empty() && many.iter().all(|one| *one == provider.client_id),
    };
    if !for_us {
        return Err("it was made for somebody else".to_owned());
    }
    let (issued, ends) = (seconds(claims.iat)?, seconds(claims.exp)?);
    if issued > now + CLOCK_SKEW || now - issued > LIFE + CLOCK_SKEW || ends + CLOCK_SKEW <= now {
        return Err("it was made at another time".to_owned());
    }
    if !claims.events.get(EVENT).is_some_and(Value::is_object) {
        return Err("it says nothing of a sign-out".to_owned());
    }
    if claims.nonce {
        return Err("it has a nonce: it is about a sign-in".to_owned());
    }
    let given = |one: &Option<String>| one.clone().filter(|text| !text.is_empty());
    let (subject, sid) = (given(&claims.sub), given(&claims.sid));
    if subject.is_none() && sid.is_none() {
        return Err("it does not say whose".to_owned());
    }
    if claims.jti.is_empty() {
        return Err("it has no name of its own".to_owned());
    }
    // A word that is good for years is not remembered for years: it counts only for minutes after it was made.
    let until = ends.min(issued + LIFE + CLOCK_SKEW) + CLOCK_SKEW;
    Ok(Said { jti: token::hash(&claims.jti), subject, sid: sid.as_deref().map(sid_hash), until })
}

fn seconds(seconds: i64) -> std::result::Result<Millis, Wrong> {
    seconds.checked_mul(1000).map(Millis).ok_or_else(|| "it names no time".to_owned())
}

/// Whether one of the provider's keys has signed it.
fn signed(parts: &Parts<'_>, keys: &CoreJsonWebKeySet) -> std::result::Result<(), Wrong> {
    let Head { alg, kid, .. } = &parts.head;
    let named = keys.keys().iter().filter(|key| match (kid, key.key_id()) {
        (Some(kid), Some(id)) => kid.as_str() == id.as_str(),
        _ => true,
    });
    let mut fitting = named.filter(|key| match key.signing_alg() {
        openidconnect::JsonWebKeyAlgorithm::Algorithm(only) => only == alg,
        openidconnect::JsonWebKeyAlgorithm::Unspecified => true,
        openidconnect::JsonWebKeyAlgorithm::Unsupported => false,
    });
    let signs = |key: &&openidconnect::core::CoreJsonWebKey| {
        key.key_use().is_none_or(|used| *used == openidconnect::core::CoreJsonWebKeyUse::Signature)
    };
    let sound =
        fitting.any(|key| signs(&key) && key.verify_signature(alg, parts.message, &parts.signature).is_ok());
    if sound { Ok(()) } else { Err("none of its keys has signed it".to_owned()) }
}
