//! A provider of identity to test with: it describes itself, lets a person in, and gives for a code what it is told to
//! give, signed or spoilt as a test wants.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64};
use model::{Clock, ManualClock, Millis};
use serde_json::{Value, json};
use url::Url;

use crate::desk::answer_at;

/// What the desk is called, and what it shows.
pub(crate) const CLIENT: &str = "desk";
pub(crate) const SECRET: &str = "what the desk shows";

/// Keys take their time: all tests share them.
static RSA: LazyLock<[RsaKeyPair; 2]> =
    LazyLock::new(|| std::array::from_fn(|_| RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")));
static EC: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"));

/// With what an id token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// By the first or the second key, as they are shown under their names.
    Rsa(usize),
    /// By the key on the curve.
    Ec,
    /// Not at all.
    None,
    /// By what is no secret of the provider's: the client's secret.
    ClientSecret,
    /// By the public key, as if it were a secret.
    PublicKey,
}

/// How the provider behaves.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) sign: Sign,
    /// The name of the key that the token says; that of the key when absent.
    pub(crate) kid: Option<&'static str>,
    /// The keys that are shown.
    pub(crate) shown: Vec<Sign>,
    /// What stands in the id token in place of what would; `null` takes it out.
    pub(crate) claims: Value,
    /// The same for what it says about itself.
    pub(crate) description: Value,
    /// Whether something of the token is changed after it was signed.
    pub(crate) tampered: bool,
    /// What the token's address answers instead.
    pub(crate) token: Option<(u16, &'static str)>,
    /// What the address of its description answers instead.
    pub(crate) described: Option<(u16, String)>,
    /// How many bytes of nothing the keys are followed by.
    pub(crate) padding: usize,
    /// What it says more of somebody, where it is asked; `None`: it cannot now.
    pub(crate) more: Option<Value>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            sign: Sign::Rsa(0),
            kid: None,
            shown: vec![Sign::Rsa(0), Sign::Ec],
            claims: json!({}),
            description: json!({}),
            tampered: false,
            token: None,
            described: None,
            padding: 0,
            more: None,
        }
    }
}

/// A provider that says these of somebody, in place of what it would; `null` leaves one out.
pub(crate) fn instead(claims: Value) -> Manner {
    Manner { claims, ..Manner::default() }
}

/// What was asked for when a code was given.
#[derive(Debug, Clone)]
struct Asked {
    nonce: String,
    challenge: String,
    redirect: String,
}

struct House {
    issuer: String,
    clock: Arc<ManualClock>,
    manner: Mutex<Manner>,
    codes: Mutex<HashMap<String, Asked>>,
    given: AtomicUsize,
    /// What was asked of it, by path.
    calls: Mutex<Vec<String>>,
}

/// The provider.
#[derive(Clone)]
pub(crate) struct Identity(Arc<House>);

impl Identity {
    /// Starts at an address that the desk may call.
    pub(crate) fn start(listener: std::net::TcpListener, clock: Arc<ManualClock>) -> Self {
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let house = Arc::new(House {
            issuer,
            clock,
            manner: Mutex::default(),
            codes: Mutex::default(),
            given: AtomicUsize::new(0),
            calls: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/more", get(more))
            .fallback(elsewhere)
            .with_state(house.clone());
        answer_at(listener, router);
        Self(house)
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.issuer
    }

    pub(crate) fn behave(&self, manner: Manner) {
        *self.0.manner.lock().expect("manner") = manner;
    }

    /// What was asked since the last time.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.calls.lock().expect("calls"))
    }

    /// What it says when somebody has signed out; `over` replaces what would stand there.
    pub(crate) fn signed_out(&self, sign: Sign, typ: &str, over: &Value) -> String {
        let now = self.0.clock.now().0 / 1000;
        let base = json!({
            "iss": self.0.issuer, "aud": CLIENT, "sub": "u-1", "iat": now, "exp": now + 120,
            "jti": format!("out-{}", self.0.given.fetch_add(1, Ordering::Relaxed)),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        signed(sign, None, typ, &merge(base, over))
    }

    /// Lets whoever comes by an address in; returns with what the browser is sent back.
    pub(crate) fn let_in(&self, url: &str) -> Value {
        let url = Url::parse(url).expect("an address");
        assert!(url.as_str().starts_with(&format!("{}/authorize?", self.0.issuer)), "{url}");
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|one| one == "openid"), "{url}");
        assert!(
            asked["state"].len() >= 43 && asked["nonce"].len() >= 43 && asked["code_challenge"].len() == 43
        );
        let code = format!("code-{}", self.0.given.fetch_add(1, Ordering::Relaxed));
        let kept = Asked {
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            redirect: asked["redirect_uri"].clone(),
        };
        self.0.codes.lock().expect("codes").insert(code.clone(), kept);
        json!({"code": code, "state": asked["state"]})
    }
}

fn merge(mut base: Value, over: &Value) -> Value {
    let fields = base.as_object_mut().expect("an object");
    for (name, value) in over.as_object().expect("an object") {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    base
}

async fn describe(State(house): State<Arc<House>>) -> Response {
    house.calls.lock().expect("calls").push("description".into());
    let manner = house.manner.lock().expect("manner").clone();
    if let Some((status, body)) = manner.described {
        let status = StatusCode::from_u16(status).expect("a status");
        let to = format!("{}/elsewhere", house.issuer);
        return (status, [(header::LOCATION, to), (header::CONTENT_TYPE, "application/json".into())], body)
            .into_response();
    }
    let issuer = &house.issuer;
    let base = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    });
    Json(merge(base, &manner.description)).into_response()
}

fn name(sign: Sign) -> &'static str {
    match sign {
        Sign::Rsa(0) => "first",
        Sign::Rsa(_) => "second",
        Sign::Ec => "curve",
        _ => "first",
    }
}

/// The modulus of a public key of 2048 bits, which stands at a fixed place of its form (PKCS #1).
fn modulus(which: usize) -> &'static [u8] {
    &RSA[which].public_key().as_ref()[9..265]
}

fn shown(sign: Sign) -> Value {
    match sign {
        Sign::Ec => {
            let point = EC.public_key().as_ref();
            json!({
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": name(sign),
                "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..65]),
            })
        }
        Sign::Rsa(which) => json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": name(sign), "n": B64.encode(modulus(which)),
            "e": "AQAB",
        }),
        _ => panic!("no key that is shown"),
    }
}

async fn keys(State(house): State<Arc<House>>) -> Response {
    house.calls.lock().expect("calls").push("keys".into());
    let manner = house.manner.lock().expect("manner").clone();
    let keys: Vec<Value> = manner.shown.into_iter().map(shown).collect();
    let body = json!({ "keys": keys }).to_string() + &" ".repeat(manner.padding);
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn more(State(house): State<Arc<House>>, headers: HeaderMap) -> Response {
    house.calls.lock().expect("calls").push("more".into());
    let told = headers.get(header::AUTHORIZATION).and_then(|line| line.to_str().ok());
    let manner = house.manner.lock().expect("manner").clone();
    match manner.more {
        _ if told != Some("Bearer a") => StatusCode::UNAUTHORIZED.into_response(),
        Some(claims) => Json(claims).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn elsewhere(State(house): State<Arc<House>>) -> StatusCode {
    house.calls.lock().expect("calls").push("elsewhere".into());
    StatusCode::OK
}

async fn token(State(house): State<Arc<House>>, headers: HeaderMap, body: Bytes) -> Response {
    house.calls.lock().expect("calls").push("token".into());
    let manner = house.manner.lock().expect("manner").clone();
    if let Some((status, body)) = manner.token {
        let status = StatusCode::from_u16(status).expect("a status");
        let to = format!("{}/elsewhere", house.issuer);
        return (status, [(header::LOCATION, to), (header::CONTENT_TYPE, "application/json".into())], body)
            .into_response();
    }
    let form: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let secret: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{secret}")));
    let told = headers.get(header::AUTHORIZATION).and_then(|line| line.to_str().ok());
    let in_form = form.get("client_secret").map(String::as_str) == Some(SECRET);
    if told != Some(expected.as_str()) && !in_form {
        return refuse("invalid_client");
    }
    let asked = form.get("code").and_then(|code| house.codes.lock().expect("codes").remove(code));
    let Some(asked) = asked else { return refuse("invalid_grant") };
    let verifier = form.get("code_verifier").map(|verifier| digest(&SHA256, verifier.as_bytes()));
    let proved = verifier.is_some_and(|hash| B64.encode(hash.as_ref()) == asked.challenge);
    if !proved
        || form.get("redirect_uri") != Some(&asked.redirect)
        || form["grant_type"] != "authorization_code"
    {
        return refuse("invalid_grant");
    }
    let token = id_token(&house, &manner, &asked);
    let answer = json!({"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": token});
    Json(if token.is_empty() { merge(answer, &json!({"id_token": null})) } else { answer }).into_response()
}

fn id_token(house: &House, manner: &Manner, asked: &Asked) -> String {
    let now = house.clock.now().0 / 1000;
    let base = json!({
        "iss": house.issuer, "aud": CLIENT, "sub": "u-1", "iat": now, "exp": now + 300, "auth_time": now,
        "nonce": asked.nonce, "email": "ben@example.com", "email_verified": true, "name": "Ben",
    });
    let claims = merge(base, &manner.claims);
    if claims.get("absent").is_some() {
        return String::new();
    }
    let token = signed(manner.sign, manner.kid, "JWT", &claims);
    if !manner.tampered {
        return token;
    }
    let other = merge(claims, &json!({"sub": "u-2"}));
    let mut parts: Vec<&str> = token.split('.').collect();
    let other = B64.encode(other.to_string());
    parts[1] = &other;
    parts.join(".")
}

/// A signed token, spoilt as told.
fn signed(sign: Sign, kid: Option<&str>, typ: &str, claims: &Value) -> String {
    let alg = match sign {
        Sign::Rsa(_) => "RS256",
        Sign::Ec => "ES256",
        Sign::None => "none",
        Sign::ClientSecret | Sign::PublicKey => "HS256",
    };
    let kid = kid.unwrap_or_else(|| name(sign));
    let part = |value: &Value| B64.encode(value.to_string());
    let body = format!("{}.{}", part(&json!({"alg": alg, "kid": kid, "typ": typ})), part(claims));
    let with_secret = |secret: &[u8]| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), body.as_bytes()).as_ref().to_vec()
    };
    let random = SystemRandom::new();
    let signature = match sign {
        Sign::Rsa(which) => {
            let mut signature = vec![0; 256];
            let signed = RSA[which].sign(&RSA_PKCS1_SHA256, &random, body.as_bytes(), &mut signature);
            signed.expect("a signature");
            signature
        }
        Sign::Ec => EC.sign(&random, body.as_bytes()).expect("a signature").as_ref().to_vec(),
        Sign::None => Vec::new(),
        Sign::ClientSecret => with_secret(SECRET.as_bytes()),
        Sign::PublicKey => with_secret(RSA[0].public_key().as_ref()),
    };
    format!("{body}.{}", B64.encode(signature))
}

/// A moment as claims say it, moved by a while.
pub(crate) fn seconds(clock: &ManualClock, moved: Millis) -> i64 {
    (clock.now() + moved).0 / 1000
}
