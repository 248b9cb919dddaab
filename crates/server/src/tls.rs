//! TLS of our own: a certificate and its key, from files or from an authority, that are looked for again and again, so
//! that a renewed certificate needs no restart and ends no connection.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use app::{App, acme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{Acceptor as Hello, ClientHello, ParsedCertificate, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ServerConfig, version};
use tokio_rustls::server::TlsStream;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// Why a certificate cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

/// Where the certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The certificate with those that lead to its authority behind it, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// Where the certificate comes from.
#[derive(Clone)]
enum Source {
    Files(Files),
    Authority(Arc<App>, Arc<acme::Settings>),
}

/// A certificate that is served, and replaced when there is another.
pub struct Tls {
    source: Source,
    served: Arc<Served>,
}

/// What is served now; nothing before an authority has issued the first.
#[derive(Debug, Default)]
struct Served(RwLock<Option<Arc<CertifiedKey>>>);

impl Served {
    fn get(&self) -> Option<Arc<CertifiedKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves another from now on; tells whether it is another.
    fn set(&self, fresh: CertifiedKey) -> bool {
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let other = served.as_ref().is_none_or(|served| served.cert != fresh.cert);
        *served = Some(Arc::new(fresh));
        other
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.get()
    }
}

/// What tells that a file was replaced or rewritten.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl Files {
    /// Reads both and looks whether they belong together.
    ///
    /// # Errors
    /// One sentence that says which file and why.
    pub fn read(&self) -> Result<CertifiedKey, Unusable> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let cannot = |what: &dyn std::fmt::Display, error: &dyn std::fmt::Display| {
            Unusable(format!("cannot use {what} for TLS: {error}"))
        };
        let chain: Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_file_iter(&self.certificate).and_then(Iterator::collect);
        let chain = chain.map_err(|error| cannot(&certificate, &error))?;
        if chain.is_empty() {
            return Err(cannot(&certificate, &"there is no certificate in it"));
        }
        let secret = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| cannot(&key, &error))?;
        CertifiedKey::from_der(chain, secret, &aws_lc_rs::default_provider())
            .map_err(|error| cannot(&format!("{certificate} with {key}"), &error))
    }

    fn stamp(&self) -> Stamp {
        [&self.certificate, &self.key].map(|path: &PathBuf| {
            let about = std::fs::metadata(path).ok()?;
            Some((about.modified().ok()?, about.len()))
        })
    }
}

/// What shakes hands.
#[derive(Clone)]
pub struct Acceptor {
    usual: Arc<ServerConfig>,
    source: Source,
}

/// Takes the two versions that are safe, and shows what a resolver says.
fn config(shown: Arc<dyn ResolvesServerCert>, protocols: &[&[u8]]) -> Result<Arc<ServerConfig>, Unusable> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(|error| Unusable(error.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(shown);
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

impl Acceptor {
    /// Shakes hands; `None` with an authority that came for its challenge and has nothing to ask.
    ///
    /// # Errors
    /// When the other side speaks something else or leaves.
    pub(crate) async fn accept<S>(&self, stream: S) -> std::io::Result<Option<TlsStream<S>>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let begun = LazyConfigAcceptor::new(Hello::default(), stream).await?;
        let (Source::Authority(app, settings), Some(name)) = (&self.source, asked(&begun.client_hello()))
        else {
            return begun.into_stream(Arc::clone(&self.usual)).await.map(Some);
        };
        let shown = acme::challenge(app, settings, &name).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the authority's challenge could not be looked up");
            None
        });
        let shown = Arc::new(Served(RwLock::new(shown.map(Arc::new))));
        let config = config(shown, &[acme::PROTOCOL]).map_err(std::io::Error::other)?;
        begun.into_stream(config).await?;
        tracing::debug!(name, "the authority looked at its challenge");
        Ok(None)
    }
}

/// The name that an authority looks for, when it is one: it speaks nothing but its own protocol (RFC 8737, 3).
fn asked(hello: &ClientHello<'_>) -> Option<String> {
    let mut protocols = hello.alpn()?;
    let only = protocols.next() == Some(acme::PROTOCOL) && protocols.next().is_none();
    hello.server_name().filter(|_| only).map(str::to_ascii_lowercase)
}

impl Tls {
    /// Reads the certificate.
    ///
    /// # Errors
    /// When a file cannot be read or they do not belong together.
    pub fn open(files: Files) -> Result<Self, Unusable> {
        let served = Arc::new(Served::default());
        served.set(files.read()?);
        Ok(Self { source: Source::Files(files), served })
    }

    /// Serves what an authority has issued. There is nothing to serve until it has, which [`Tls::keep`] sees to.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn of_authority(app: Arc<App>, settings: acme::Settings) -> Result<Self, Unusable> {
        let known = acme::current(&app, &settings).await.map_err(|error| Unusable(error.to_string()))?;
        let served = Arc::new(Served::default());
        if let Some(issued) = known {
            served.set(acme::ready(&issued).map_err(Unusable)?);
        }
        Ok(Self { source: Source::Authority(app, Arc::new(settings)), served })
    }

    /// What shakes hands: TLS 1.2 and 1.3 and nothing older, HTTP/2 before HTTP/1.1.
    ///
    /// # Errors
    /// Never with the library's own provider.
    pub fn acceptor(&self) -> Result<Acceptor, Unusable> {
        let usual = config(self.served.clone(), &[b"h2", b"http/1.1"])?;
        Ok(Acceptor { usual, source: self.source.clone() })
    }

    /// Looks for another certificate again and again.
    pub async fn keep(self) {
        self.keep_every(LOOK).await;
    }

    /// [`Tls::keep`] that looks as often as told.
    pub async fn keep_every(self, every: Duration) {
        match self.source {
            Source::Files(files) => keep_files(files, &self.served, every).await,
            Source::Authority(app, settings) => keep_issued(&app, &settings, &self.served, every).await,
        }
    }
}

/// Reads the files when they changed. A pair that cannot be used, as while it is being written, changes nothing and is
/// tried again.
async fn keep_files(files: Files, served: &Served, every: Duration) {
    let mut known = files.stamp();
    let mut told = None;
    // What was read at the start may have been replaced before the first look at the time of change.
    let mut sure = false;
    loop {
        let looked = {
            let files = files.clone();
            tokio::task::spawn_blocking(move || {
                let stamp = files.stamp();
                (stamp, (stamp != known || !sure).then(|| files.read()))
            })
        };
        let Ok((stamp, read)) = looked.await else { return };
        match read {
            Some(Ok(fresh)) => {
                if served.set(fresh) {
                    tracing::info!(certificate = %files.certificate.display(), "the TLS certificate was replaced");
                }
                (known, told, sure) = (stamp, None, true);
            }
            Some(Err(error)) if told.as_ref() != Some(&error) => {
                tracing::error!(%error, "the changed TLS certificate is not used; the one before stays");
                told = Some(error);
            }
            Some(Err(_)) | None => {}
        }
        tokio::time::sleep(every).await;
    }
}

/// Has the authority asked when it is time, by this node or another, and serves the newest certificate.
async fn keep_issued(app: &App, settings: &acme::Settings, served: &Served, every: Duration) {
    loop {
        let fresh = match acme::look(app, settings).await {
            Ok(issued) => issued.map(|issued| acme::ready(&issued)).transpose(),
            Err(error) => Err(error.to_string()),
        };
        match fresh {
            Ok(Some(fresh)) => {
                if served.set(fresh) {
                    tracing::info!(names = settings.names.join(" "), "another TLS certificate is served");
                }
            }
            Ok(None) => {}
            Err(why) => tracing::warn!(why, "there is no telling whether there is another TLS certificate"),
        }
        tokio::time::sleep(every).await;
    }
}

/// What is to be known about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Until when it holds, in seconds since 1970 UTC.
    pub until: i64,
    /// Whether it is for the name that was asked about.
    pub fits: bool,
}

/// Until when the certificate in a file holds, and whether it is for a name.
///
/// # Errors
/// When the file cannot be read as a certificate.
pub fn about(certificate: &Path, name: &str) -> Result<About, Unusable> {
    let shown = certificate.display();
    let first = CertificateDer::from_pem_file(certificate)
        .map_err(|error| Unusable(format!("cannot read {shown}: {error}")))?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&first)
        .map_err(|error| Unusable(format!("cannot read {shown}: {error}")))?;
    let until = parsed.validity().not_after.timestamp();
    let name = ServerName::try_from(name.to_owned()).ok();
    let fits = match (ParsedCertificate::try_from(&first), name) {
        (Ok(parsed), Some(name)) => verify_server_name(&parsed, &name).is_ok(),
        _ => false,
    };
    Ok(About { until, fits })
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// Makes a certificate for `localhost` in a folder, in place of the one there.
    pub(crate) fn issue(folder: &Path) -> (Files, CertificateDer<'static>) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let files = Files { certificate: folder.join("chain.pem"), key: folder.join("key.pem") };
        std::fs::write(&files.certificate, made.cert.pem()).expect("written");
        std::fs::write(&files.key, made.signing_key.serialize_pem()).expect("written");
        (files, made.cert.der().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_renewed_certificate_is_served_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let (files, first) = testing::issue(folder.path());
        let tls = Tls::open(files.clone()).expect("a pair");
        let served = tls.served.clone();
        let now = || served.get().expect("a certificate").cert[0].clone();
        assert_eq!(now(), first);
        let keeping = tokio::spawn(tls.keep_every(Duration::from_millis(20)));
        std::fs::write(&files.key, "half written").expect("written");
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(now(), first, "a pair that does not fit is not served");
        let (_, second) = testing::issue(folder.path());
        for _ in 0..1000 {
            if now() == second {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(now(), second);
        keeping.abort();
    }

    #[test]
    fn files_that_do_not_belong_together_are_refused_by_name() {
        let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (first, _) = testing::issue(one.path());
        let (second, _) = testing::issue(other.path());
        let mixed = Files { key: second.key, ..first.clone() };
        let error = mixed.read().expect_err("another's key").to_string();
        assert!(error.contains("chain.pem") && error.contains("key.pem"), "{error}");
        let swapped = Files { certificate: first.key.clone(), key: first.certificate.clone() };
        assert!(swapped.read().is_err());
        let absent = Files { key: one.path().join("nothing.pem"), ..first };
        let error = absent.read().expect_err("no file").to_string();
        assert!(error.contains("nothing.pem"), "{error}");
    }

    #[test]
    fn a_certificate_says_until_when_and_for_whom() {
        let folder = tempfile::tempdir().expect("a folder");
        let (files, _) = testing::issue(folder.path());
        let here = about(&files.certificate, "localhost").expect("a certificate");
        assert!(here.fits && here.until > 1_900_000_000);
        assert!(!about(&files.certificate, "desk.example.com").expect("a certificate").fits);
        assert!(about(&files.key, "localhost").is_err());
    }
}
