//! One order: from the account to the certificate.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Error, ExternalAccountKey, Identifier,
    NewAccount, NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};
use model::{Millis, Secret};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use store::acme::{AcmeRow, Issued};

use super::calls::Calls;
use super::{LEASE, Settings, ready};
use crate::App;
use crate::egress::Egress;

/// How long an authority may take to look at us, and to sign.
const LOOKS: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .backoff(1.5)
    .timeout(Duration::from_secs(90));

/// A certificate, and when to ask for the next.
pub(super) struct New {
    pub(super) issued: Issued,
    pub(super) renew_at: Millis,
}

/// Asks for a certificate.
///
/// # Errors
/// Why there is none, and what to do about it, in words.
pub(super) async fn certificate(
    app: &App,
    settings: &Settings,
    row: AcmeRow,
    fence: i64,
) -> Result<New, String> {
    let egress = Arc::new(settings.egress()?);
    let known = row.account.is_some();
    let account = account(app, settings, &egress, row.id, row.account, fence).await?;
    match order(app, settings, &account).await {
        // An authority that has lost its accounts, as one that was set up anew: we make ours again.
        Err(Error::Api(problem)) if known && is(&problem, "accountDoesNotExist") => {
            let account = self::account(app, settings, &egress, row.id, None, fence).await?;
            order(app, settings, &account).await.map_err(|error| told(&error))
        }
        other => other.map_err(|error| told(&error)),
    }
}

/// The account at the authority; made and kept when there is none.
async fn account(
    app: &App,
    settings: &Settings,
    egress: &Arc<Egress>,
    id: i64,
    known: Option<Secret<String>>,
    fence: i64,
) -> Result<Account, String> {
    let builder = Account::builder_with_http(Box::new(Calls(Arc::clone(egress))));
    if let Some(known) = known {
        let known: AccountCredentials =
            serde_json::from_str(known.expose()).map_err(|error| error.to_string())?;
        return builder.from_credentials(known).await.map_err(|error| told(&error));
    }
    let binding = match &settings.customer {
        None => None,
        Some((id, key)) => {
            let key = BASE64_URL_SAFE_NO_PAD
                .decode(key.expose().trim_end_matches('='))
                .map_err(|_| "tls.acme.key is not base64url, as the authority shows it".to_owned())?;
            Some(ExternalAccountKey::new(id.clone(), &key))
        }
    };
    let contact = format!("mailto:{}", settings.contact);
    let contacts: &[&str] = if settings.contact.is_empty() { &[] } else { &[&contact] };
    let new = NewAccount { contact: contacts, terms_of_service_agreed: true, only_return_existing: false };
    let made = builder.create(&new, settings.directory.clone(), binding.as_ref()).await;
    let (account, credentials) = made.map_err(|error| told(&error))?;
    let text = serde_json::to_string(&credentials).map_err(|error| error.to_string())?;
    let kept = app.write(move |tx| {
        Box::pin(async move {
            let text = Secret::new(text);
            Ok(store::acme::set_account(tx, id, fence, Some(&text)).await?)
        })
    });
    match kept.await {
        Ok(true) => Ok(account),
        Ok(false) => Err("another node asks now".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn other(error: impl std::fmt::Display) -> Error {
    Error::Other(error.to_string().into())
}

async fn order(app: &App, settings: &Settings, account: &Account) -> Result<New, Error> {
    let names: Vec<Identifier> = settings.names.iter().cloned().map(Identifier::Dns).collect();
    let mut order = account.new_order(&NewOrder::new(&names)).await?;
    show(app, &mut order).await?;
    match order.poll_ready(&LOOKS).await {
        Ok(OrderStatus::Ready | OrderStatus::Valid) => {}
        // The order says that it failed, and each name why.
        Ok(_) | Err(Error::Api(_)) => return Err(refused(&mut order).await),
        Err(error) => return Err(error),
    }
    let key = KeyPair::generate().map_err(other)?;
    let mut about = CertificateParams::new(settings.names.clone()).map_err(other)?;
    about.distinguished_name = DistinguishedName::new();
    let request = about.serialize_request(&key).map_err(other)?;
    order.finalize_csr(request.der()).await?;
    let chain = order.poll_certificate(&LOOKS).await?;
    judged(chain, Secret::new(key.serialize_pem()), app.now(), &settings.names).map_err(other)
}

/// Lays out what the authority looks for, and says that it may come.
async fn show(app: &App, order: &mut Order) -> Result<(), Error> {
    let mut waiting = order.authorizations();
    while let Some(one) = waiting.next().await {
        let mut one = one?;
        match one.status {
            AuthorizationStatus::Valid => continue,
            AuthorizationStatus::Pending => {}
            status => return Err(other(format!("the authority has an authorization as {status:?} already"))),
        }
        let Some(mut challenge) = one.challenge(ChallengeType::TlsAlpn01) else {
            return Err(other(
                "the authority offers no TLS-ALPN-01 challenge; it is the one that needs nothing but this port",
            ));
        };
        let (name, digest) =
            (challenge.identifier().to_string(), challenge.key_authorization().digest().as_ref().to_vec());
        let until = app.now() + LEASE;
        let shown = app.write(move |tx| {
            Box::pin(async move { Ok(store::acme::show(tx, &name, &digest, until).await?) })
        });
        shown.await.map_err(other)?;
        challenge.set_ready().await?;
    }
    Ok(())
}

/// Why the authority did not find what it looked for.
async fn refused(order: &mut Order) -> Error {
    let mut looked = order.authorizations();
    while let Some(one) = looked.next().await {
        let Ok(mut one) = one else { continue };
        // What was read before the authority looked says nothing yet.
        if one.refresh().await.is_err() {
            continue;
        }
        let name = one.identifier().to_string();
        if let Some(problem) = one.challenges.iter().find_map(|challenge| challenge.error.as_ref()) {
            return other(format!("{name}: {}", explained(problem)));
        }
    }
    other("the authority refused the order and does not say why")
}

fn is(problem: &Problem, kind: &str) -> bool {
    problem.r#type.as_deref().and_then(|kind| kind.strip_prefix("urn:ietf:params:acme:error:")) == Some(kind)
}

/// What an authority said, and what to do about it.
fn explained(problem: &Problem) -> String {
    let said = problem.detail.as_deref().unwrap_or("it says no more").trim_end_matches('.');
    let kind = problem.r#type.as_deref().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default();
    let advice = match kind {
        "connection" | "tls" | "unauthorized" | "incorrectResponse" => {
            "let port 443 of the name reach `listen` as it is: nothing else may answer there or end the encryption before us"
        }
        "dns" => "set the name's A or AAAA record at your name server",
        "caa" => "allow this authority in the name's CAA record",
        "rateLimited" => {
            "it was asked too often; wait, and try things out with directory = \"letsencrypt-staging\""
        }
        "rejectedIdentifier" => "this authority does not certify that name; look at tls.acme.names",
        "invalidContact" | "unsupportedContact" => "look at tls.acme.contact",
        "externalAccountRequired" => {
            "it wants tls.acme.key_id and tls.acme.key, which it shows to its customers"
        }
        "userActionRequired" => "its terms have changed; follow the link",
        _ => return format!("{said} ({kind})"),
    };
    format!("{said} ({kind}): {advice}")
}

fn told(error: &Error) -> String {
    match error {
        Error::Api(problem) => explained(problem),
        Error::Timeout(_) => "the authority did not finish in time".to_owned(),
        other => other.to_string(),
    }
}

/// Looks whether what came is what was asked for, and says when to ask again: after two thirds of its life, as authorities
/// advise, and some minutes sooner for each installation so that they do not all come at once.
fn judged(chain: String, key: Secret<String>, now: Millis, names: &[String]) -> Result<New, String> {
    let mut issued = Issued { chain, key, issued_at: now, expires_at: now };
    let pair = ready(&issued)?;
    let leaf = pair.cert.first().ok_or("there is no certificate in what the authority sent")?;
    let (_, parsed) = x509_parser::parse_x509_certificate(leaf).map_err(|error| error.to_string())?;
    let shown = rustls::server::ParsedCertificate::try_from(leaf).map_err(|error| error.to_string())?;
    for name in names {
        let wanted =
            rustls::pki_types::ServerName::try_from(name.as_str()).map_err(|error| error.to_string())?;
        rustls::client::verify_server_name(&shown, &wanted)
            .map_err(|_| format!("the authority's certificate is not for {name}"))?;
    }
    let at = |moment: x509_parser::time::ASN1Time| Millis::seconds(moment.timestamp());
    let (begins, ends) = (at(parsed.validity().not_before), at(parsed.validity().not_after));
    if ends <= now || ends <= begins {
        return Err(
            "the authority's certificate has expired already; is this machine's clock right?".to_owned()
        );
    }
    issued.expires_at = ends;
    let life = (ends - begins).0;
    let spread = i64::from(digest::digest(&digest::SHA256, leaf).as_ref()[0]);
    let sooner = life / 100 * spread / 255;
    // A clock that is behind would ask at every look.
    let renew_at = (begins + Millis(life / 3 * 2 - sooner)).max(now + Millis::minutes(1));
    Ok(New { issued, renew_at })
}
