//! What is said to a provider of identity and what it says (OpenID Connect, the code flow with PKCE). What it says of
//! somebody counts only when it is signed by the provider, for us, now, and for the browser that asked. Every call goes
//! through the guard of [`crate::egress`].

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::future::BoxFuture;
use model::{Millis, Provider, Secret};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreIdTokenVerifier,
    CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AsyncHttpClient, AuthType, AuthUrl,
    AuthenticationContextClass, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, DiscoveryError,
    EmptyExtraTokenFields, EndpointNotSet, HttpRequest, HttpResponse, IdTokenClaims, IdTokenFields,
    IssuerUrl, JsonWebKeySetUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    ProviderMetadata, RedirectUrl, RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse,
    TokenResponse as _, TokenUrl, UserInfoClaims, UserInfoError, UserInfoUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::LIFE;
use super::sign_out::sid_hash;
use crate::egress::{Egress, Unanswered};

/// How far a provider's clock may be off.
pub(super) const CLOCK_SKEW: Millis = Millis::minutes(5);

/// The most characters of the name by which a provider knows somebody (OpenID Connect Core, 2).
const SUBJECT_MAX: usize = 255;

/// What a provider may sign with: nothing that anybody but the provider can make.
pub(super) const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What a provider may say about itself beyond what everybody says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Extra {
    /// Whether it names itself when it answers (RFC 9207).
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The claims that have no place of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Rest {
    #[serde(flatten)]
    claims: BTreeMap<String, Value>,
}

impl AdditionalClaims for Rest {}

type Fields = IdTokenFields<
    Rest,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// A client that sees all claims.
type Asking = Client<
    Rest,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
>;

impl<'c> AsyncHttpClient<'c> for Egress {
    type Error = Unanswered;
    type Future = BoxFuture<'c, Result<HttpResponse, Unanswered>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}

/// What has to be remembered of a provider while somebody is there: the answer is judged by what was asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Described {
    sign_in: String,
    token: String,
    keys: String,
    /// Whether it promised to name itself when it answers.
    pub(super) names_itself: bool,
    /// Whether it takes our secret in the form, and not in a header.
    in_form: bool,
    /// Where it says more of somebody.
    #[serde(default)]
    more: Option<String>,
}

/// What only the browser that began and the provider know, made of what the browser keeps. The store has none of it.
pub(super) struct Secrets {
    pub(super) state: String,
    nonce: String,
    verifier: String,
}

impl Secrets {
    /// Those of the token that a browser keeps.
    pub(super) fn of(token: &Secret<String>) -> Self {
        use base64::Engine;
        let of = |what: &str| {
            let hash = crate::token::hash(&format!("provider {what} {}", token.expose()));
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash)
        };
        Self { state: of("state"), nonce: of("nonce"), verifier: of("verifier") }
    }
}

/// Whom a provider vouches for.
#[derive(Debug)]
pub(super) struct Person {
    /// By what name it knows them, for ever.
    pub(super) subject: String,
    /// An address that is theirs as far as the provider is believed.
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) groups: Vec<String>,
    /// Whether the provider says that it took several factors.
    pub(super) several_factors: bool,
    /// When they last showed the provider who they are.
    pub(super) shown_at: Option<Millis>,
    /// In which context they did.
    pub(super) acr: Option<String>,
    /// What is kept of its name for this sign-in.
    pub(super) sid: Option<[u8; 32]>,
}

/// Why something a provider said does not count, in words for the administrator and the log.
pub(super) type Wrong = String;

/// What a provider says about itself, with its keys.
///
/// # Errors
/// When it cannot be reached, calls itself something else, or names addresses that are less safe than its own.
pub(super) async fn describe(egress: &Egress, issuer: &str) -> Result<(Described, usize), Wrong> {
    let (described, metadata) = look(egress, issuer).await?;
    Ok((described, metadata.jwks().keys().len()))
}

/// The keys of a provider.
///
/// # Errors
/// As for [`describe`].
pub(super) async fn keys(egress: &Egress, issuer: &str) -> Result<CoreJsonWebKeySet, Wrong> {
    Ok(look(egress, issuer).await?.1.jwks().clone())
}

async fn look(egress: &Egress, issuer: &str) -> Result<(Described, Metadata), Wrong> {
    let url = IssuerUrl::new(issuer.to_owned()).map_err(|_| "its issuer is no address".to_owned())?;
    let metadata = Metadata::discover_async(url, egress).await.map_err(|error| words(&error))?;
    let token = metadata.token_endpoint().ok_or("it names no address for tokens")?.to_string();
    let in_form = metadata
        .token_endpoint_auth_methods_supported()
        .is_some_and(|ways| !ways.contains(&CoreClientAuthMethod::ClientSecretBasic));
    let described = Described {
        sign_in: metadata.authorization_endpoint().to_string(),
        token,
        keys: metadata.jwks_uri().to_string(),
        names_itself: metadata.additional_metadata().authorization_response_iss_parameter_supported,
        in_form,
        more: metadata.userinfo_endpoint().map(|url| url.to_string()),
    };
    for address in [&described.sign_in, &described.token, &described.keys].into_iter().chain(&described.more)
    {
        if !as_safe_as(address, issuer) {
            return Err("it names addresses that are less safe than its own".to_owned());
        }
    }
    let ways = metadata.response_types_supported();
    if !ways.iter().any(|way| way[..] == [CoreResponseType::Code]) {
        return Err("it does not offer the code flow".to_owned());
    }
    Ok((described, metadata))
}

/// Whether an address that a provider names is https, or at least of its own scheme, and names nobody.
fn as_safe_as(address: &str, issuer: &str) -> bool {
    let (Ok(address), Ok(issuer)) = (Url::parse(address), Url::parse(issuer)) else { return false };
    let anonymous = address.username().is_empty() && address.password().is_none();
    anonymous && (address.scheme() == "https" || address.scheme() == issuer.scheme())
}

fn words(error: &DiscoveryError<Unanswered>) -> Wrong {
    match error {
        DiscoveryError::Request(Unanswered(why)) => why.clone(),
        DiscoveryError::Response(status, ..) => {
            format!("it answers with the status {} instead of its description", status.as_u16())
        }
        DiscoveryError::Validation(_) => {
            "it calls itself something else; write its issuer exactly as it does, also the slash at the end"
                .to_owned()
        }
        // What it says may be anything: it is not repeated.
        _ => "its description or its keys cannot be read".to_owned(),
    }
}

/// Where a browser goes to sign in. `again` makes the provider ask also who is known to it already.
pub(super) fn way(
    provider: &Provider,
    described: &Described,
    redirect: &str,
    secrets: &Secrets,
    again: bool,
) -> Result<String, Wrong> {
    let no = |_| "it names something that is no address".to_owned();
    let client = CoreClient::new(
        ClientId::new(provider.client_id.clone()),
        IssuerUrl::new(provider.issuer.clone()).map_err(no)?,
        CoreJsonWebKeySet::default(),
    )
    .set_auth_uri(AuthUrl::new(described.sign_in.clone()).map_err(no)?)
    .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(no)?);
    let (state, nonce) = (CsrfToken::new(secrets.state.clone()), Nonce::new(secrets.nonce.clone()));
    let verifier = PkceCodeVerifier::new(secrets.verifier.clone());
    let mut asked = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
        .add_scopes(provider.scopes.iter().cloned().map(Scope::new))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    for wanted in &provider.acr_values {
        asked = asked.add_auth_context_value(AuthenticationContextClass::new(wanted.clone()));
    }
    if let Some(minutes) = provider.max_age.filter(|_| !again) {
        asked = asked.set_max_age(Duration::from_secs(minutes.unsigned_abs() * 60));
    }
    if again {
        asked = asked.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
    }
    Ok(asked.url().0.into())
}

/// Exchanges a code for what the provider says of the person, and checks it.
pub(super) async fn redeem(
    egress: &Egress,
    provider: &Provider,
    secret: Option<&Secret<String>>,
    described: &Described,
    redirect: &str,
    (code, secrets): (String, &Secrets),
    now: Millis,
) -> Result<Person, Wrong> {
    let no = |_| "it names something that is no address".to_owned();
    let id = ClientId::new(provider.client_id.clone());
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(no)?;
    let mut client = Asking::new(id.clone(), issuer.clone(), CoreJsonWebKeySet::default())
        .set_token_uri(TokenUrl::new(described.token.clone()).map_err(no)?)
        .set_redirect_uri(RedirectUrl::new(redirect.to_owned()).map_err(no)?)
        .set_auth_type(if described.in_form { AuthType::RequestBody } else { AuthType::BasicAuth });
    if let Some(secret) = secret {
        client = client.set_client_secret(ClientSecret::new(secret.expose().clone()));
    }
    let answer = client
        .exchange_code(AuthorizationCode::new(code))
        .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier.clone()))
        .request_async(egress)
        .await
        .map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => format!("it refused the code: {}", said.error()),
            RequestTokenError::Request(Unanswered(why)) => why,
            _ => "what it gave for the code cannot be read".to_owned(),
        })?;
    let signed = answer.id_token().ok_or("it gave no id token")?;
    let keys = JsonWebKeySetUrl::new(described.keys.clone()).map_err(no)?;
    // Asked for each time: a key that was replaced is known at once, and one that was withdrawn too.
    let keys = CoreJsonWebKeySet::fetch_async(&keys, egress).await.map_err(|error| words(&error))?;
    let moment = UNIX_EPOCH + Duration::from_millis(now.0.try_into().map_err(|_| "there is no such time")?);
    // As for a client without a secret: nothing that is signed with a shared secret counts.
    let verifier = CoreIdTokenVerifier::new_public_client(id, issuer, keys)
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || moment.into());
    let claims = signed
        .claims(&verifier, &Nonce::new(secrets.nonce.clone()))
        .map_err(|error| format!("its id token does not count: {error}"))?;
    let mut person = person(provider, claims, now)?;
    let said = claims.additional_claims();
    let no_groups = !provider.group_roles.is_empty() && claim(&said.claims, &provider.group_claim).is_none();
    if let Some(url) = &described.more
        && (claims.email().is_none() || no_groups)
    {
        let url = UserInfoUrl::new(url.clone()).map_err(no)?;
        let subject = claims.subject().clone();
        let client = client.set_user_info_url(url);
        // The library takes nothing that is about somebody else.
        let asked = client
            .user_info(answer.access_token().to_owned(), Some(subject))
            .request_async::<Rest, _, CoreGenderClaim>(egress);
        match asked.await {
            Ok(more) => complete(provider, &mut person, &more, no_groups),
            Err(UserInfoError::Request(Unanswered(why))) if !no_groups => {
                tracing::info!(provider = %provider.id, why, "a provider says no more of somebody");
            }
            // Without their groups nobody knows which role somebody has.
            Err(UserInfoError::Request(Unanswered(why))) => return Err(why),
            Err(error) => return Err(format!("what it says more of somebody does not count: {error}")),
        }
    }
    Ok(person)
}

/// Adds what an id token did not say.
fn complete(
    provider: &Provider,
    person: &mut Person,
    more: &UserInfoClaims<Rest, CoreGenderClaim>,
    no_groups: bool,
) {
    let verified = more.email_verified().unwrap_or(provider.vouches_for_emails);
    if person.email.is_none() {
        person.email = more.email().filter(|_| verified).map(|email| email.trim().to_lowercase());
    }
    if person.name.is_none() {
        person.name = more.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
    }
    if no_groups {
        person.groups = groups(&more.additional_claims().claims, &provider.group_claim);
    }
}

/// Whether somebody showed as much as was asked for, and lately enough.
///
/// # Errors
/// What is missing, in words for the log.
pub(super) fn enough(provider: &Provider, person: &Person, now: Millis) -> Result<(), Wrong> {
    let named = person.acr.as_ref().is_some_and(|acr| provider.acr_values.contains(acr));
    if !provider.acr_values.is_empty() && !named {
        return Err("its word names none of the authentication contexts that were asked for".to_owned());
    }
    let Some(minutes) = provider.max_age else { return Ok(()) };
    let since = now - Millis::minutes(minutes) - CLOCK_SKEW;
    if person.shown_at.is_none_or(|at| at < since) {
        return Err("somebody showed it who they are longer ago than was asked for".to_owned());
    }
    Ok(())
}

/// Whom claims that were verified are about.
fn person(
    provider: &Provider,
    claims: &IdTokenClaims<Rest, CoreGenderClaim>,
    now: Millis,
) -> Result<Person, Wrong> {
    let issued = Millis(claims.issue_time().timestamp_millis());
    if issued > now + CLOCK_SKEW || now - issued > LIFE + CLOCK_SKEW {
        return Err("its id token was issued at another time".to_owned());
    }
    if claims.authorized_party().is_some_and(|party| **party != provider.client_id) {
        return Err("its id token was made for somebody else".to_owned());
    }
    let subject = claims.subject().to_string();
    if subject.is_empty() || subject.len() > SUBJECT_MAX {
        return Err("it does not say who it is".to_owned());
    }
    let verified = claims.email_verified().unwrap_or(provider.vouches_for_emails);
    let email = claims.email().filter(|_| verified).map(|email| email.trim().to_lowercase());
    let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
    let several = |way: &openidconnect::AuthenticationMethodReference| way.as_str() == "mfa";
    Ok(Person {
        subject,
        email,
        name,
        groups: groups(&claims.additional_claims().claims, &provider.group_claim),
        several_factors: claims.auth_method_refs().is_some_and(|ways| ways.iter().any(several)),
        shown_at: claims.auth_time().map(|at| Millis(at.timestamp_millis())),
        acr: claims.auth_context_ref().map(|acr| acr.as_str().to_owned()),
        sid: claims.additional_claims().claims.get("sid").and_then(Value::as_str).map(sid_hash),
    })
}

/// A claim: of that name, or found by a path with dots.
fn claim<'a>(claims: &'a BTreeMap<String, Value>, claim: &str) -> Option<&'a Value> {
    let along = || {
        let mut path = claim.split('.');
        let first = claims.get(path.next()?)?;
        path.try_fold(first, |value, name| value.get(name))
    };
    claims.get(claim).or_else(along)
}

/// The groups in a claim.
fn groups(claims: &BTreeMap<String, Value>, name: &str) -> Vec<String> {
    match claim(claims, name) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_are_found_by_name_and_by_path() {
        let claims = json!({
            "groups": ["a", 1, "b"], "one": "c", "https://example.com/groups": ["d"],
            "realm_access": {"roles": ["e"]}, "text": {"roles": 5},
        });
        let claims: BTreeMap<String, Value> = serde_json::from_value(claims).expect("a map");
        for (claim, expected) in [
            ("groups", vec!["a", "b"]),
            ("one", vec!["c"]),
            ("https://example.com/groups", vec!["d"]),
            ("realm_access.roles", vec!["e"]),
            ("text.roles", vec![]),
            ("absent.roles", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(groups(&claims, claim), expected, "{claim}");
        }
    }

    #[test]
    fn what_a_provider_names_is_as_safe_as_itself() {
        assert!(as_safe_as("https://other.example.com/token", "https://id.example.com"));
        assert!(as_safe_as("http://127.0.0.1:9/token", "http://127.0.0.1:9"));
        for bad in
            ["http://id.example.com/token", "javascript:alert(1)", "https://a:b@id.example.com", "/token"]
        {
            assert!(!as_safe_as(bad, "https://id.example.com"), "{bad}");
        }
    }

    #[test]
    fn what_the_browser_keeps_makes_three_secrets_that_tell_nothing_of_each_other() {
        let one = Secrets::of(&Secret::new("token".into()));
        let all = [&one.state, &one.nonce, &one.verifier];
        assert!(all.iter().all(|secret| secret.len() == 43));
        assert!(one.state != one.nonce && one.nonce != one.verifier && one.state != one.verifier);
        assert_ne!(one.state, Secrets::of(&Secret::new("other".into())).state);
    }
}
