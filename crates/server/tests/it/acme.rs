//! Certificates from an authority: against Pebble, which looks at our challenges itself and refuses one good nonce in
//! twenty, as real authorities now and then do.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::acme::{self, Settings};
use model::{Clock, Millis, Secret};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use server::serve::{self, Running};
use server::site::Site;
use server::tls::Tls;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

use crate::desk::{Desk, missing, on_both};
use crate::nodes;

/// A name that leads to this machine, without a name server (RFC 6761).
const NAME: &str = "desk.localhost";

/// The key of the authority's customer `kid-1`.
const CUSTOMER: &str = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

/// For a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running authority, which ends with this.
struct Authority {
    child: Child,
    directory: String,
    /// What its own server is trusted by.
    root: PathBuf,
    names: Child,
    folder: tempfile::TempDir,
}

impl Drop for Authority {
    fn drop(&mut self) {
        for child in [&mut self.child, &mut self.names] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
    listener.local_addr().expect("an address").port()
}

fn start(folder: &Path, program: &str, arguments: &[String], variables: &[(&str, &str)]) -> Option<Child> {
    let log = std::fs::File::create(folder.join(format!("{program}.log"))).expect("a log");
    let mut command = Command::new(program);
    command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null());
    command.stdout(log.try_clone().expect("the log")).stderr(log).spawn().ok()
}

/// The certificate of the authority's own server, by a root of its own.
fn own_certificate(folder: &Path) -> PathBuf {
    let key = KeyPair::generate().expect("a key");
    let mut about = CertificateParams::new(Vec::<String>::new()).expect("a root");
    about.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = about.self_signed(&key).expect("a root");
    let issuer = Issuer::new(about, key);
    let own = KeyPair::generate().expect("a key");
    let about = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a certificate");
    let shown = about.signed_by(&own, &issuer).expect("a certificate");
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).expect("written");
    write("own.pem", shown.pem());
    write("own.key", own.serialize_pem());
    write("root.pem", root.pem());
    folder.join("root.pem")
}

impl Authority {
    /// Starts one that looks for challenges at a port; `None` where Pebble is not installed.
    async fn start(looks_at: u16) -> Option<Self> {
        Self::start_on(looks_at, free_port(), tempfile::tempdir().expect("a folder"), &[]).await
    }

    async fn start_on(
        looks_at: u16,
        port: u16,
        folder: tempfile::TempDir,
        more: &[(&str, &str)],
    ) -> Option<Self> {
        let root = own_certificate(folder.path());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let bound = more.iter().any(|(name, _)| *name == "BOUND");
        let config = json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{port}"), "managementListenAddress": "", "certificate": path("own.pem"),
            "privateKey": path("own.key"), "httpPort": 1, "tlsPort": looks_at, "ocspResponderURL": "",
            "externalAccountBindingRequired": bound,
            "externalAccountMACKeys": {"kid-1": CUSTOMER},
        }});
        std::fs::write(folder.path().join("config.json"), config.to_string()).expect("written");
        let dns = free_port();
        let names = [
            "-defaultIPv6".to_owned(),
            String::new(),
            "-defaultIPv4".to_owned(),
            "127.0.0.1".to_owned(),
            "-dns01".to_owned(),
            format!("127.0.0.1:{dns}"),
            "-http01".to_owned(),
            String::new(),
            "-https01".to_owned(),
            String::new(),
            "-tlsalpn01".to_owned(),
            String::new(),
            "-management".to_owned(),
            format!("127.0.0.1:{}", free_port()),
        ];
        let names = start(folder.path(), "pebble-challtestsrv", &names, &[]);
        let arguments =
            ["-config".to_owned(), path("config.json"), "-dnsserver".to_owned(), format!("127.0.0.1:{dns}")];
        let variables = [&[("PEBBLE_VA_NOSLEEP", "1")], more].concat();
        let child = start(folder.path(), "pebble", &arguments, &variables);
        let (Some(names), Some(child)) = (names, child) else {
            missing("Pebble, an authority to test with (Debian: pebble)");
            return None;
        };
        let directory = format!("https://127.0.0.1:{port}/dir");
        let one = Self { child, directory, root, names, folder };
        for _ in 0..600 {
            if acme::reach(&one.settings()).await.is_ok() {
                return Some(one);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{}", one.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("pebble.log")).unwrap_or_default()
    }

    fn settings(&self) -> Settings {
        Settings {
            directory: self.directory.clone(),
            names: vec![NAME.to_owned()],
            contact: "olga@example.com".to_owned(),
            root: self.root.clone(),
            ..Settings::default()
        }
    }
}

/// Believes everything: whose signature it is does not matter here, and that the handshake is sound rustls sees to.
#[derive(Debug)]
struct Credulous;

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// What a server shows to whoever asks for a name in a protocol; `None` when it shakes no hands.
async fn shown(address: SocketAddr, name: &str, protocol: &[u8]) -> Option<CertificateDer<'static>> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Credulous))
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(address).await.expect("connected");
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
    stream.get_ref().1.peer_certificates()?.first().map(|one| one.clone().into_owned())
}

async fn eventually(
    address: SocketAddr,
    other_than: Option<&CertificateDer<'static>>,
) -> CertificateDer<'static> {
    let begun = tokio::time::Instant::now();
    loop {
        if let Some(one) = shown(address, NAME, b"http/1.1").await
            && other_than != Some(&one)
        {
            return one;
        }
        assert!(begun.elapsed() < PATIENCE, "no certificate is shown");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A server that speaks TLS with what an authority issues, and its task that asks.
async fn server(
    app: &Arc<App>,
    listener: TcpListener,
    settings: Settings,
) -> (Running, tokio::task::JoinHandle<()>) {
    let tls = Tls::of_authority(app.clone(), settings).await.expect("the store answers");
    let acceptor = tls.acceptor().expect("an acceptor");
    let running = serve::start_with(Site::new(app.clone()), listener, Some(acceptor));
    (running, tokio::spawn(tls.keep_every(Duration::from_millis(100))))
}

async fn standing(app: &App, settings: &Settings) -> acme::Standing {
    acme::standing(&app.db, settings).await.expect("a read").expect("it was asked")
}

/// How many certificates the authority issued.
fn issued(authority: &Authority) -> usize {
    authority.log().matches("Issued certificate serial").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_comes_from_the_authority_and_is_renewed_on_all_nodes() {
    on_both(async |desk| {
        let (one, two) = (listener().await, listener().await);
        let (here, there) = (one.local_addr().expect("an address"), two.local_addr().expect("an address"));
        // The authority knocks at the first node alone, whichever of them asks.
        let Some(authority) = Authority::start(here.port()).await else { return };
        let settings = authority.settings();
        let other = nodes::beside(desk);
        let (running, asking) = server(&desk.app, one, settings.clone()).await;
        let (beside, asking_too) = server(&other, two, settings.clone()).await;
        let first = eventually(here, None).await;
        assert_eq!(eventually(there, None).await, first, "both show the same");
        assert_eq!(issued(&authority), 1, "one of them asked: {}", authority.log());
        let about = standing(&desk.app, &settings).await;
        let (_, parsed) = x509_parser::parse_x509_certificate(&first).expect("a certificate");
        assert_eq!(about.expires_at, Some(Millis::seconds(parsed.validity().not_after.timestamp())));
        assert_eq!((about.failures, about.failure), (0, None));
        let life = parsed.validity().not_after.timestamp() - parsed.validity().not_before.timestamp();
        let begins = Millis::seconds(parsed.validity().not_before.timestamp());
        assert!(about.next_at > begins + Millis::seconds(life / 2), "renewed in its last third");
        assert!(about.next_at <= begins + Millis::seconds(life / 3 * 2));
        // Nobody is shown a challenge when none is open, nor one of another name.
        for name in [NAME, "other.localhost"] {
            assert_eq!(shown(here, name, acme::PROTOCOL).await, None);
        }
        // When the time comes it is renewed, once.
        desk.clock.advance(about.next_at - desk.clock.now());
        let second = eventually(here, Some(&first)).await;
        assert_eq!(eventually(there, Some(&first)).await, second);
        assert_eq!(issued(&authority), 2, "{}", authority.log());
        asking.abort();
        asking_too.abort();
        for running in [running, beside] {
            running.stop(Duration::from_secs(5)).await;
        }
        nothing_readable(desk).await;
    })
    .await;
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("an address")
}

/// No private key stands in the database as it is.
async fn nothing_readable(desk: &Desk) {
    let store::Settings::Sqlite { path, .. } = &desk.database else { return };
    for suffix in ["", "-wal"] {
        let bytes = std::fs::read(format!("{}{suffix}", path.display())).unwrap_or_default();
        for secret in ["PRIVATE KEY", "key_pkcs8"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in the database{suffix}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_finds_nothing_is_told_of_and_asked_again_later() {
    on_both(async |desk| {
        let one = listener().await;
        let here = one.local_addr().expect("an address");
        // It looks where nobody is.
        let Some(authority) = Authority::start(free_port()).await else { return };
        let settings = authority.settings();
        let (running, asking) = server(&desk.app, one, settings.clone()).await;
        let begun = tokio::time::Instant::now();
        let about = loop {
            let known = acme::standing(&desk.app.db, &settings).await.expect("a read");
            if let Some(about) = known.filter(|about| about.failures > 0) {
                break about;
            }
            assert!(begun.elapsed() < PATIENCE, "{}", authority.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let why = about.failure.expect("a reason");
        assert!(why.contains(NAME) && why.contains("443"), "{why}");
        assert_eq!((about.failures, about.expires_at), (1, None));
        assert_eq!(about.next_at, desk.clock.now() + Millis::minutes(15));
        assert_eq!(shown(here, NAME, b"http/1.1").await, None);
        // Not again before its time, however often a node starts.
        asking.abort();
        acme::look(&desk.app, &settings).await.expect("a look");
        assert_eq!(standing(&desk.app, &settings).await.failures, 1);
        desk.clock.advance(Millis::minutes(15));
        acme::look(&desk.app, &settings).await.expect("a look");
        let about = standing(&desk.app, &settings).await;
        assert_eq!((about.failures, about.next_at), (2, desk.clock.now() + Millis::minutes(30)));
        running.stop(Duration::from_secs(5)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_lost_its_accounts_or_wants_its_customers_known_is_served() {
    on_both(async |desk| {
        let one = listener().await;
        let port = one.local_addr().expect("an address").port();
        let Some(mut authority) = Authority::start(port).await else { return };
        let settings = authority.settings();
        let (running, asking) = server(&desk.app, one, settings.clone()).await;
        let first = eventually(([127, 0, 0, 1], port).into(), None).await;
        asking.abort();
        // The same address, and it knows nobody.
        let at: u16 = url::Url::parse(&authority.directory).expect("an address").port().expect("a port");
        let _ = authority.child.kill();
        let _ = authority.child.wait();
        drop(authority);
        let folder = tempfile::tempdir().expect("a folder");
        let bound = [("BOUND", "1")];
        let Some(authority) = Authority::start_on(port, at, folder, &bound).await else { return };
        let mut again = Settings { root: authority.root.clone(), ..settings.clone() };
        desk.clock.advance(standing(&desk.app, &settings).await.next_at - desk.clock.now());
        acme::look(&desk.app, &again).await.expect("a look");
        let about = standing(&desk.app, &again).await;
        let why = about.failure.expect("a reason");
        assert!(why.contains("tls.acme.key_id"), "{why}");
        assert!(about.expires_at.is_some(), "the certificate before is kept");
        // What the authority shows its customers.
        again.customer = Some(("kid-1".to_owned(), Secret::new(CUSTOMER.to_owned())));
        desk.clock.advance(Millis::minutes(15));
        let issued = acme::look(&desk.app, &again).await.expect("a look").expect("a certificate");
        let about = standing(&desk.app, &again).await;
        assert_eq!(about.failure, None, "{}", authority.log());
        let fresh = acme::ready(&issued).expect("a pair");
        assert_ne!(fresh.cert[0], first);
        running.stop(Duration::from_secs(5)).await;
    })
    .await;
}
