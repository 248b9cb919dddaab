//! Certificates from an authority (ACME, RFC 8555), asked for and renewed by the server itself.
//!
//! Account, certificate and challenge stand in the store that all nodes share. One node at a time asks, by lease; the
//! authority may knock at any of them, since each looks the challenge up; and each serves the newest certificate.

mod calls;
mod order;

use std::path::PathBuf;
use std::time::Duration;

use model::{Millis, Secret};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use store::Db;
use store::acme::AcmeRow;

use crate::egress::Egress;
use crate::{App, Error, Result};

pub use store::acme::Issued;

/// The protocol by which an authority says in its handshake that it looks for a challenge (RFC 8737).
pub const PROTOCOL: &[u8] = b"acme-tls/1";

/// Let's Encrypt, and its twin for trying things out, whose certificates nobody trusts.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// See [`LETS_ENCRYPT`].
pub const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// How long asking may take, and for how long nobody else asks meanwhile.
const PATIENCE: Duration = Duration::from_secs(240);
const LEASE: Millis = Millis::minutes(5);
/// The pauses after one failure and after many: authorities stop listening to who fails often (Let's Encrypt after five
/// failures of a name within an hour).
const PAUSE: Millis = Millis::minutes(15);
const LONGEST_PAUSE: Millis = Millis::hours(12);
/// The longest reason that is kept, in characters.
const WHY_MAX: usize = 600;

/// What is asked for, and of whom.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The authority's directory.
    pub directory: String,
    /// The names that the certificate is for, in lower case.
    pub names: Vec<String>,
    /// The address that the authority writes to; or empty.
    pub contact: String,
    /// A file with the certificates that the authority's own server is trusted by, where the machine does not know them;
    /// or empty.
    pub root: PathBuf,
    /// Who we are to an authority that knows its customers already, and the key that shows it, base64url.
    pub customer: Option<(String, Secret<String>)>,
    /// `host:port` pairs that may be called although they are private addresses.
    pub egress_allow: Vec<String>,
}

impl Settings {
    /// The names as the store knows them.
    fn list(&self) -> String {
        self.names.join(" ")
    }

    /// The client that reaches the authority.
    fn egress(&self) -> std::result::Result<Egress, String> {
        let mut allow = self.egress_allow.clone();
        // The operator has named the directory, so it may be private.
        if let Ok(url) = url::Url::parse(&self.directory)
            && let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default())
        {
            allow.push(format!("{host}:{port}"));
        }
        let egress = Egress::new(&allow);
        if self.root.as_os_str().is_empty() {
            return Ok(egress);
        }
        let read = CertificateDer::pem_file_iter(&self.root)
            .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
            .map_err(|error| format!("cannot read the certificates in {}: {error}", self.root.display()))?;
        if read.is_empty() {
            return Err(format!("there is no certificate in {}", self.root.display()));
        }
        Ok(egress.trusting(read))
    }
}

/// How an installation stands with its authority, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Until when the certificate holds; `None` when there is none.
    pub expires_at: Option<Millis>,
    /// When the authority is asked next.
    pub next_at: Millis,
    /// How often it was asked in vain since the last certificate, and why the last time.
    pub failures: i64,
    /// See `failures`.
    pub failure: Option<String>,
}

/// How it stands; `None` when nothing was ever asked for.
///
/// # Errors
/// When the store does not answer or the keys are not there.
pub async fn standing(db: &Db, settings: &Settings) -> store::Result<Option<Standing>> {
    let (directory, names) = (settings.directory.clone(), settings.list());
    let found = db.read::<_, store::Error, _>(move |tx| {
        Box::pin(async move { store::acme::get(tx, &directory, &names).await })
    });
    Ok(found.await?.map(|row| Standing {
        expires_at: row.issued.map(|one| one.expires_at),
        next_at: row.next_at,
        failures: row.failures,
        failure: row.failure,
    }))
}

/// Looks whether the authority can be reached and describes itself as it has to.
///
/// # Errors
/// Why not, in words.
pub async fn reach(settings: &Settings) -> std::result::Result<(), String> {
    calls::describe(settings.egress()?, &settings.directory).await
}

async fn row(app: &App, settings: &Settings) -> Result<AcmeRow> {
    let (directory, names) = (settings.directory.clone(), settings.list());
    let found = {
        let (directory, names) = (directory.clone(), names.clone());
        app.read(move |tx| Box::pin(async move { Ok(store::acme::get(tx, &directory, &names).await?) }))
    };
    if let Some(row) = found.await? {
        return Ok(row);
    }
    let id = app.ids.next_raw();
    let begun = app.write(move |tx| {
        Box::pin(async move {
            store::acme::begin(tx, id, &directory, &names).await?;
            Ok(store::acme::get(tx, &directory, &names).await?)
        })
    });
    begun.await?.ok_or_else(|| Error::internal("what was begun is not there"))
}

/// The newest certificate.
///
/// # Errors
/// When the store does not answer.
pub async fn current(app: &App, settings: &Settings) -> Result<Option<Issued>> {
    Ok(row(app, settings).await?.issued)
}

/// Asks the authority for a certificate when one is due and no other node asks; returns the newest there is.
///
/// # Errors
/// When the store does not answer. That the authority gives none is kept and told in the log.
pub async fn look(app: &App, settings: &Settings) -> Result<Option<Issued>> {
    let row = row(app, settings).await?;
    let now = app.now();
    if row.next_at > now {
        return Ok(row.issued);
    }
    let id = row.id;
    let claimed =
        app.write(move |tx| Box::pin(async move { Ok(store::acme::claim(tx, id, now, now + LEASE).await?) }));
    let Some(fence) = claimed.await? else { return Ok(row.issued) };
    let failures = row.failures;
    let asked = tokio::time::timeout(PATIENCE, order::certificate(app, settings, row, fence)).await;
    let asked = asked.unwrap_or_else(|_| Err("it did not come to an end in four minutes".to_owned()));
    let (now, shown) = (app.now(), settings.names.clone());
    match asked {
        Ok(new) => {
            let kept = new.issued.clone();
            let kept = app.write(move |tx| {
                Box::pin(async move {
                    hide(tx, &shown, now).await?;
                    Ok(store::acme::issued(tx, id, fence, &kept, new.renew_at).await?)
                })
            });
            if kept.await? {
                tracing::info!(
                    names = settings.list(),
                    days = (new.issued.expires_at - now).0.div_euclid(Millis::days(1).0),
                    "the authority issued a TLS certificate"
                );
            }
        }
        Err(why) => {
            let why: String = why.chars().take(WHY_MAX).collect();
            let pause = pause(failures);
            tracing::error!(
                names = settings.list(),
                directory = settings.directory,
                why,
                again_in_minutes = pause.0 / Millis::minutes(1).0,
                "the authority issued no TLS certificate"
            );
            let failed = app.write(move |tx| {
                Box::pin(async move {
                    hide(tx, &shown, now).await?;
                    Ok(store::acme::failed(tx, id, fence, &why, now + pause).await?)
                })
            });
            failed.await?;
        }
    }
    current(app, settings).await
}

/// Shows no challenge of these names any more.
async fn hide(tx: &mut store::Tx, names: &[String], now: Millis) -> Result<()> {
    for name in names {
        store::acme::hide(tx, name, now).await?;
    }
    Ok(())
}

/// How long to wait after so many failures and one more.
fn pause(failures: i64) -> Millis {
    let doubled = PAUSE.0.checked_shl(u32::try_from(failures).unwrap_or(u32::MAX).min(16));
    Millis(doubled.unwrap_or(LONGEST_PAUSE.0)).min(LONGEST_PAUSE)
}

/// What to show who asks in a handshake for the challenge of a name; `None` when nobody has to be shown anything.
///
/// # Errors
/// When the store does not answer.
pub async fn challenge(app: &App, settings: &Settings, name: &str) -> Result<Option<CertifiedKey>> {
    // Whoever asks for other names costs nothing.
    if !settings.names.iter().any(|one| one == name) {
        return Ok(None);
    }
    let (asked, now) = (name.to_owned(), app.now());
    let digest =
        app.read(move |tx| Box::pin(async move { Ok(store::acme::shown(tx, &asked, now).await?) })).await?;
    digest.map(|digest| shown(name, &digest)).transpose()
}

/// A certificate that says nothing but the digest (RFC 8737, 3).
fn shown(name: &str, digest: &[u8]) -> Result<CertifiedKey> {
    if digest.len() != 32 {
        return Err(Error::internal("a challenge is a SHA-256"));
    }
    let key = KeyPair::generate().map_err(Error::internal)?;
    let mut about = CertificateParams::new([name.to_owned()]).map_err(Error::internal)?;
    about.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let made = about.self_signed(&key).map_err(Error::internal)?;
    // Whoever reads its one critical extension is the authority: it cannot be checked like a certificate for people.
    let secret = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).map_err(Error::internal)?;
    let signing = rustls::crypto::aws_lc_rs::sign::any_supported_type(&secret).map_err(Error::internal)?;
    Ok(CertifiedKey::new(vec![made.der().clone()], signing))
}

/// A chain with its private key, when they belong together.
fn pair(chain: Vec<CertificateDer<'static>>, key: &[u8]) -> std::result::Result<CertifiedKey, String> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| error.to_string())?;
    CertifiedKey::from_der(chain, key, &rustls::crypto::aws_lc_rs::default_provider())
        .map_err(|error| error.to_string())
}

/// A certificate, ready to be shown.
///
/// # Errors
/// When it is not one, or the key belongs to another.
pub fn ready(issued: &Issued) -> std::result::Result<CertifiedKey, String> {
    let chain = CertificateDer::pem_slice_iter(issued.chain.as_bytes())
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    if chain.is_empty() {
        return Err("there is no certificate in what the authority sent".to_owned());
    }
    pair(chain, issued.key.expose().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_at_half_a_day() {
        let minutes = |failures| pause(failures).0 / Millis::minutes(1).0;
        assert_eq!([0, 1, 2, 5, 6, 1000].map(minutes), [15, 30, 60, 480, 720, 720]);
    }

    #[test]
    fn a_challenge_stands_in_a_certificate_of_its_own() {
        let made = shown("desk.example.com", &[7; 32]).expect("a certificate");
        let (_, parsed) = x509_parser::parse_x509_certificate(&made.cert[0]).expect("a certificate");
        let extension = parsed
            .extensions()
            .iter()
            .find(|one| one.oid.to_id_string() == "1.3.6.1.5.5.7.1.31")
            .expect("the extension of RFC 8737");
        assert!(extension.critical);
        // An octet string of 32 bytes.
        assert_eq!(extension.value, [&[4, 32][..], &[7; 32]].concat());
        assert!(shown("desk.example.com", &[7; 31]).is_err());
    }

    #[test]
    fn a_root_that_is_none_is_told_by_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("root.pem");
        let settings = Settings { root: root.clone(), ..Settings::default() };
        let why = |settings: &Settings| settings.egress().err().expect("no client");
        assert!(why(&settings).contains("root.pem"));
        std::fs::write(&root, "nothing").expect("written");
        assert!(why(&settings).contains("no certificate"));
    }
}
