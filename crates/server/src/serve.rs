//! From a configuration to a running server, and to its end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::embedding::Unusable;
use app::files::{Bucket, Files};
use app::keys::RootPlace;
use app::scan::Scanner;
use app::system::{SystemClock, SystemEntropy};
use app::worker::Duties;
use app::{App, Parts, acme, bus, node};
use axum::Router;
use model::{Millis, Secret};
use store::keys::Keys;
use store::{Db, KeySettings};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::cli::{Failure, say};
use crate::config::{Config, Role};
use crate::http;
use crate::http::door::Door;
use crate::http::pace::Pace;
use crate::realtime::Hub;
use crate::site::{Limits, Site};
use crate::tls::{self, Tls};

/// `bellhop serve`.
///
/// # Errors
/// When the database cannot be used or the address cannot be listened on, and when another process took this one's
/// node number.
pub async fn command(config: &Config) -> Result<(), Failure> {
    let listener = listen(config.listen).await?;
    let files = certificate(config)?.map(Tls::open).transpose().map_err(unusable)?;
    let app = open(config).await?;
    read_model(&app, config).await?;
    let mut lost = tokio::spawn(node::keep(app.clone()));
    let _bus = connect_bus(&app, config).await?;
    let web = config.roles.contains(&Role::Web);
    let site = site(app.clone(), config);
    let metrics = start_metrics(&site, config).await?;
    let redirect = start_redirect(config).await?;
    // Nodes that only work answer probes in the clear and need no certificate.
    let tls = match files {
        None if web => issued(&app, config).await?,
        files => files,
    };
    let acceptor = tls.as_ref().map(Tls::acceptor).transpose().map_err(unusable)?;
    let running = if web { start_with(site, listener, acceptor) } else { start_probes(site, listener) };
    // From now on the authority may knock.
    let renewal = tls.map(|tls| tokio::spawn(tls.keep()));
    let workers = app::worker::start(&app, duties(&config.roles)).await?;
    let address = public_address(config, running.address);
    tracing::info!(address, node = app.node.number(), roles = roles(config), "serving");
    if web && let Some(token) = app::session::setup_token(&app).await? {
        say(&format!("Set Bellhop up in your browser: {address}/setup#token={}", token.expose()))?;
    }
    let drain = Duration::from_secs(config.limits.drain_seconds);
    let drain = tokio::select! {
        () = told_to_stop() => drain,
        _ = &mut lost => Duration::ZERO,
    };
    tracing::info!("stopping");
    let patience = Duration::from_secs(config.limits.stop_seconds);
    // Work is given back at once: other nodes go on with it while this one still answers.
    let working = tokio::time::timeout(patience, workers.stop());
    let serving = async {
        running.drain(drain).await;
        running.stop(patience).await;
    };
    let (worked, ()) = tokio::join!(working, serving);
    if worked.is_err() {
        tracing::warn!(
            "work was cut off because it took too long; another worker has it when its lease runs out"
        );
    }
    for beside in [metrics, redirect, renewal].into_iter().flatten() {
        beside.abort();
    }
    let held = !lost.is_finished();
    lost.abort();
    app.close().await;
    if held {
        Ok(())
    } else {
        Err(Failure::Other("another process holds this node's number: its clock or this one's is wrong by minutes, or this process slept for long; start it again".to_owned()))
    }
}

async fn connect_bus(app: &Arc<App>, config: &Config) -> Result<Option<bus::Bus>, Failure> {
    if config.bus.url.expose().is_empty() {
        return Ok(None);
    }
    let address = bus::Address { url: config.bus.url.clone(), prefix: config.bus.prefix.clone() };
    let bus = bus::connect(app, &address).await;
    bus.map(Some).map_err(|error| Failure::Other(error.to_string()))
}

/// The work among the roles.
fn duties(roles: &[Role]) -> Duties {
    let any = |role| roles.contains(&Role::Worker) || roles.contains(&role);
    Duties { receive: any(Role::Receive), send: any(Role::Send), jobs: any(Role::Jobs) }
}

/// The roles, for people.
fn roles(config: &Config) -> String {
    let names: Vec<String> = config.roles.iter().map(|role| format!("{role:?}").to_lowercase()).collect();
    names.join(" ")
}

/// This machine's name, where it has one.
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "unnamed".to_owned() } else { name.trim().to_owned() }
}

/// Opens the database, brings it up to date and puts the use cases together.
///
/// # Errors
/// When the database cannot be opened or is newer than this program, or the media store cannot be opened.
pub async fn open(config: &Config) -> Result<Arc<App>, Failure> {
    let db = Db::open(&database(config)?).await?;
    let clock = Arc::new(SystemClock);
    db.migrate(model::Clock::now(&*clock)).await?;
    db.unlock(keys(config).await?);
    app::keys::seal_first(&db).await?;
    let about = node::About { name: format!("{} {}", machine(), config.listen), roles: roles(config) };
    let files = files(config)?;
    let entropy = Arc::new(SystemEntropy);
    let node = node::Lease::take(&db, clock.clone(), &*entropy, &about).await?;
    let parts = Parts { db, clock, entropy, files, node, settings: settings(config)? };
    Ok(App::new(parts)?)
}

/// Opens the keys that the configuration names; at the first start a root key is made.
///
/// # Errors
/// When there is no root key, it may be read by others, or it is not the one that wrapped the keys.
pub async fn keys(config: &Config) -> Result<Keys, Failure> {
    let place = root_place(config);
    if place.provide(&SystemEntropy).map_err(Failure::Other)?
        && let RootPlace::File(path) = &place
    {
        tracing::warn!(file = %path.display(), "made a root key: back it up, apart from the data; without it nothing can be read");
    }
    let now = model::Clock::now(&SystemClock);
    Ok(Keys::open(&key_settings(config)?, place.source(), Arc::new(SystemEntropy), now).await?)
}

/// Where the root key is.
pub fn root_place(config: &Config) -> RootPlace {
    let keys = &config.keys;
    if !keys.root.expose().is_empty() {
        return RootPlace::Value(keys.root.clone());
    }
    let url = config.database.url.expose();
    let file = match &keys.file {
        file if !file.as_os_str().is_empty() => file.clone(),
        _ if is_server(url) => PathBuf::from("data/root.key"),
        _ => Path::new(url).with_file_name("root.key"),
    };
    if keys.age_identity.as_os_str().is_empty() {
        return RootPlace::File(file);
    }
    RootPlace::Age { file, identity: keys.age_identity.clone() }
}

/// Where the wrapped keys are; the folder is made when absent.
///
/// # Errors
/// When the folder cannot be made.
pub fn key_settings(config: &Config) -> Result<KeySettings, Failure> {
    let (own, data) = (&config.keys.url, &config.database.url);
    let url = if own.expose().is_empty() { data } else { own };
    if is_server(url.expose()) {
        // Keys are asked for seldom: what is opened stays in memory.
        return Ok(KeySettings::Postgres { url: url.clone(), connections: 4 });
    }
    let mut path = PathBuf::from(url.expose());
    if own.expose().is_empty() {
        path.set_extension("keys.db");
    }
    make_folder(&path)?;
    Ok(KeySettings::Sqlite { path })
}

/// Makes the folder of a database's file.
fn make_folder(path: &Path) -> Result<(), Failure> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::Other(format!("cannot make the database's folder {}: {error}", folder.display()))
    })
}

/// Whether a database's address is a server's; else it is a path.
pub(crate) fn is_server(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// Which database the configuration names; its folder is made when absent.
///
/// # Errors
/// When the folder cannot be made.
pub fn database(config: &Config) -> Result<store::Settings, Failure> {
    let url = config.database.url.expose();
    let count = usize::try_from(config.database.connections).unwrap_or(usize::MAX);
    if is_server(url) {
        return Ok(store::Settings::Postgres { url: Secret::new(url.clone()), connections: count });
    }
    let path = PathBuf::from(url);
    make_folder(&path)?;
    Ok(store::Settings::Sqlite { path, readers: count })
}

/// The media store that the configuration names.
///
/// # Errors
/// When it cannot be opened.
pub fn files(config: &Config) -> Result<Files, Failure> {
    let media = &config.media;
    let opened = if media.url.is_empty() {
        Files::open(&media.path)
    } else {
        let bucket = Bucket {
            url: media.url.clone(),
            endpoint: media.endpoint.clone(),
            region: media.region.clone(),
            access_key_id: media.access_key_id.clone(),
            secret_access_key: media.secret_access_key.clone(),
            ..Bucket::default()
        };
        Files::open_bucket(&media.path, &bucket)
    };
    opened.map_err(|error| Failure::Other(format!("cannot open the media store: {error}")))
}

fn settings(config: &Config) -> Result<app::Settings, Failure> {
    Ok(app::Settings {
        base_url: config.base_url.clone(),
        egress_allow: config.egress.allow.clone(),
        max_upload: config.media.max_upload_mb << 20,
        max_media: config.media.max_fetch_mb << 20,
        session_life: Millis::days(config.sessions.life_days.cast_signed()),
        session_longest: Millis::days(config.sessions.longest_days.cast_signed()),
        session_rotation: Millis::minutes(config.sessions.rotation_minutes.cast_signed()),
        reader: Some(own_program()?),
        scanner: scanner(config),
        sentence_model: sentence_model(config).map(Path::to_owned),
    })
}

/// The folder of the sentence model, where one is named.
pub(crate) fn sentence_model(config: &Config) -> Option<&Path> {
    Some(config.ai.sentence_model.as_path()).filter(|folder| !folder.as_os_str().is_empty())
}

/// Reads the sentence model: whoever names one that cannot be used hears it now, and not when a customer asks.
///
/// # Errors
/// When it cannot be used.
pub(crate) async fn read_model(app: &App, config: &Config) -> Result<(), Failure> {
    let read = app::embedding::load(app).await;
    read.map_err(|error| Failure::Other(unfit_model(&config.ai.sentence_model, &error)))
}

/// Why the folder of the sentence model cannot be used, and what to do.
pub(crate) fn unfit_model(folder: &Path, why: &Unusable) -> String {
    format!(
        "ai.sentence_model: the folder {} cannot be used: {why}; name one with a published sentence model of the BERT family, or leave it empty",
        folder.display()
    )
}

/// What looks whether files are malware.
pub(crate) fn scanner(config: &Config) -> Option<Scanner> {
    let place = config.media.scan_address.clone()?;
    Some(Scanner { place, required: config.media.scan_required })
}

/// This program, to be started again for reading documents.
fn own_program() -> Result<PathBuf, Failure> {
    // This name leads to the program that runs, also when another one was put in its place meanwhile.
    let running = Path::new("/proc/self/exe");
    if running.exists() {
        return Ok(running.to_owned());
    }
    let found = std::env::current_exe();
    found.map_err(|error| Failure::Other(format!("cannot tell where this program is: {error}")))
}

/// What the handlers share.
pub fn site(app: Arc<App>, config: &Config) -> Site {
    let door = Door {
        base_url: config.base_url.clone(),
        proxies: config.trusted_proxies.clone(),
        content: config.content_origin.clone(),
    };
    let bytes = |kilobytes: u64| usize::try_from(kilobytes << 10).unwrap_or(usize::MAX);
    let limits = Limits { hook: bytes(config.limits.hook_kb), body: bytes(config.limits.body_kb) };
    let token = &config.metrics.token;
    let metrics_token = (!token.expose().is_empty()).then(|| token.clone());
    let pace = Arc::new(Pace::new(config.limits.rates()));
    let security = Arc::new(config.security.text(config.base_url.clone()));
    Site { door: Arc::new(door), limits, pace, security, metrics_token, ..Site::new(app) }
}

/// Takes an address.
///
/// # Errors
/// One sentence that says why not.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::Other(match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("cannot listen on {address}: another program does; stop it or choose another port with `listen`")
            }
            std::io::ErrorKind::PermissionDenied => {
                format!("cannot listen on {address}: the system does not allow it; choose a port above 1023")
            }
            _ => format!("cannot listen on {address}: {error}"),
        })
    })
}

/// Serves the metrics on an address of their own, where one is configured.
async fn start_metrics(site: &Site, config: &Config) -> Result<Option<JoinHandle<()>>, Failure> {
    let Some(address) = config.metrics.listen else { return Ok(None) };
    let listener = listen(address).await?;
    let router = http::metrics::own_router(site.clone());
    Ok(Some(tokio::spawn(crate::listen::serve(listener, None, router, CancellationToken::new()))))
}

#[expect(clippy::needless_pass_by_value, reason = "it is an argument of map_err")]
fn unusable(error: tls::Unusable) -> Failure {
    Failure::Other(error.to_string())
}

/// The files of the certificate, where they are configured.
///
/// # Errors
/// When only one of them is, or an authority as well.
pub(crate) fn certificate(config: &Config) -> Result<Option<tls::Files>, Failure> {
    let tls = &config.tls;
    match (tls.certificate.as_os_str().is_empty(), tls.key.as_os_str().is_empty()) {
        (true, true) => Ok(None),
        _ if tls.acme.is_on() => {
            let why =
                "TLS needs either files or an authority: set tls.certificate and tls.key, or tls.acme.names";
            Err(Failure::Other(why.to_owned()))
        }
        (false, false) => Ok(Some(tls::Files { certificate: tls.certificate.clone(), key: tls.key.clone() })),
        _ => Err(Failure::Other("TLS needs both files: set tls.certificate and tls.key".to_owned())),
    }
}

/// What is asked of which authority, where one is configured.
pub(crate) fn authority(config: &Config) -> Option<acme::Settings> {
    let one = config.tls.acme.is_on().then(|| config.tls.acme.clone())?;
    Some(acme::Settings {
        directory: one.directory,
        names: one.names,
        contact: one.contact,
        root: one.root,
        customer: (!one.key_id.is_empty()).then_some((one.key_id, one.key)),
        egress_allow: config.egress.allow.clone(),
    })
}

/// The certificate that an authority issues, where one is configured.
async fn issued(app: &Arc<App>, config: &Config) -> Result<Option<Tls>, Failure> {
    let Some(settings) = authority(config) else { return Ok(None) };
    Tls::of_authority(app.clone(), settings).await.map(Some).map_err(unusable)
}

/// Leads whoever comes by plain HTTP to the public address, where that is asked for.
async fn start_redirect(config: &Config) -> Result<Option<JoinHandle<()>>, Failure> {
    let Some(address) = config.tls.redirect_from else { return Ok(None) };
    let Some(base) = config.base_url.clone().filter(|base| base.starts_with("https://")) else {
        let why = "tls.redirect_from needs to know where to: set base_url to the https:// address";
        return Err(Failure::Other(why.to_owned()));
    };
    let router = http::redirect::router(base);
    let listener = listen(address).await?;
    Ok(Some(tokio::spawn(crate::listen::serve(listener, None, router, CancellationToken::new()))))
}

/// A running server.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    hub: Arc<Hub>,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

/// Serves on a listener until [`Running::stop`]. The workers are not part of it.
pub fn start(site: Site, listener: TcpListener) -> Running {
    start_with(site, listener, None)
}

/// [`start`], over TLS where there is something to shake hands with.
pub fn start_with(site: Site, listener: TcpListener, tls: Option<tls::Acceptor>) -> Running {
    let hub = site.hub.clone();
    tokio::spawn(hub.clone().listen());
    run(hub, http::router(site), listener, tls)
}

/// Answers whether the process lives and is ready, and nothing else: for nodes that only work.
pub fn start_probes(site: Site, listener: TcpListener) -> Running {
    run(site.hub.clone(), http::probes(site), listener, None)
}

fn run(hub: Arc<Hub>, router: Router, listener: TcpListener, tls: Option<tls::Acceptor>) -> Running {
    let address = listener.local_addr().unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
    let stop = CancellationToken::new();
    let served = tokio::spawn(crate::listen::serve(listener, tls, router, stop.clone()));
    Running { address, hub, stop, served }
}

impl Running {
    /// The hub.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Says that it is no longer ready and serves on for `wait`, so that load balancers send nobody here when
    /// [`Running::stop`] comes. Being told to stop once more ends the wait.
    pub async fn drain(&self, wait: Duration) {
        self.hub.drain();
        if !wait.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = told_to_stop() => {}
            }
        }
    }

    /// Takes no new connections, says goodbye to the sockets, and waits at most `patience` for requests that are
    /// under way.
    pub async fn stop(self, patience: Duration) {
        self.stop.cancel();
        self.hub.close(patience).await;
        let abort = self.served.abort_handle();
        if tokio::time::timeout(patience, self.served).await.is_err() {
            tracing::warn!("requests were cut off because they took too long");
            abort.abort();
        }
    }
}

/// The address to show to people.
fn public_address(config: &Config, listening: SocketAddr) -> String {
    let anywhere = listening.ip().is_unspecified();
    let shown = if anywhere { format!("localhost:{}", listening.port()) } else { listening.to_string() };
    let scheme = if config.tls.is_on() { "https" } else { "http" };
    config.base_url.clone().unwrap_or_else(|| format!("{scheme}://{shown}"))
}

/// Returns when the process is told to stop: by SIGTERM or by ctrl-c.
pub async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Without either signal only a kill ends the process.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
