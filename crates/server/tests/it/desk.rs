//! A server to test with: the router that `bellhop serve` uses, a clock that stands still, counted ids, seeded
//! randomness, and the simulated provider. A desk that is closed with work left over fails its test.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use app::session::NewWorkspace;
use app::{App, Parts, Settings};
use model::{Clock, Entropy, Locale, ManualClock, Millis, Role, Secret};
use serde_json::{Value, json};
use server::config::{Log, LogFormat};
use server::http::admission::Admission;
use server::serve::{self, Running};
use server::site::Site;
use sim::Sim;
use tokio::net::TcpListener;

use crate::browser::Browser;
use crate::web_site::WebSite;

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "a long sentence is fine";

/// Who knows it may see the metrics.
pub(crate) const METRICS_TOKEN: &str = "for the monitoring alone";

/// When every test begins.
pub(crate) const BEGIN: Millis = Millis(1_790_000_000_000);

/// Meta's published document, against which the simulated provider checks what we send.
const CONTRACT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/corpus/whatsapp/specs/facebook-openapi/business-messaging-api_v23.0.normalized.json"
);

/// A running server with a provider; nobody is signed in.
pub(crate) struct Desk {
    pub(crate) app: Arc<App>,
    pub(crate) sim: Sim,
    /// A site whose addresses may be called.
    pub(crate) web: WebSite,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) address: SocketAddr,
    /// How the database is opened.
    pub(crate) database: store::Settings,
    /// The folder of the media files.
    pub(crate) media: PathBuf,
    /// An address that may be called, for somebody to answer at.
    pub(crate) spare: Option<std::net::TcpListener>,
    running: Option<Running>,
    stopped: bool,
    _scratch: tempfile::TempDir,
}

/// Randomness from a seed.
struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            // SplitMix64.
            let mut mixed = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed >> 56) as u8;
        }
    }
}

/// The number of the next desk of this process; tests that add a node take lower ones.
static DESKS: AtomicU16 = AtomicU16::new(10);

/// Runs a test on every engine, each time at a fresh desk, and looks that no work is left afterwards.
pub(crate) async fn on_both(test: impl AsyncFn(&mut Desk)) {
    on_both_with(|_| (), test).await;
}

/// [`on_both`], at desks that are configured otherwise.
pub(crate) async fn on_both_with(configure: impl Fn(&mut Settings), test: impl AsyncFn(&mut Desk)) {
    for database in store::testing::databases().await {
        let mut desk = Desk::start_with(database.db.clone(), &database.settings, None, &configure).await;
        test(&mut desk).await;
        desk.close().await;
    }
}

impl Desk {
    /// A desk on a database; its media files are in a fresh folder when none is named.
    pub(crate) async fn start(db: store::Db, database: &store::Settings, media: Option<&Path>) -> Self {
        Self::start_with(db, database, media, |_| ()).await
    }

    /// [`Desk::start`] of one that is configured otherwise.
    pub(crate) async fn start_with(
        db: store::Db,
        database: &store::Settings,
        media: Option<&Path>,
        configure: impl FnOnce(&mut Settings),
    ) -> Self {
        server::log::start(&Log { format: LogFormat::Text, level: "warn".to_owned() }, None);
        let clock = Arc::new(ManualClock::at(BEGIN));
        // All desks begin at the same moment: one that is opened on what another left must not make its ids again.
        let number = DESKS.fetch_add(1, Ordering::Relaxed);
        let sim = Sim::start(provider(&clock)).await.expect("the provider starts");
        let web = WebSite::start().await;
        let scratch = tempfile::tempdir().expect("a folder");
        let media = media.map_or_else(|| scratch.path().join("media"), Path::to_owned);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("an address");
        let spare = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
        let allowed = spare.local_addr().expect("an address");
        let mut settings = Settings {
            base_url: Some(format!("http://{address}")),
            egress_allow: vec![sim.address().to_string(), allowed.to_string(), web.authority()],
            max_upload: 1 << 20,
            reader: Some(env!("CARGO_BIN_EXE_bellhop").into()),
            ..Settings::default()
        };
        configure(&mut settings);
        let parts = Parts {
            db,
            clock: clock.clone(),
            entropy: Arc::new(Seeded(AtomicU64::new(u64::from(number)))),
            files: app::files::Files::open(&media).expect("a media store"),
            node: app::node::Lease::fixed(clock.clone(), number),
            settings,
        };
        let app = App::new(parts).expect("an app");
        let running = serve(&app, listener);
        Self {
            app,
            sim,
            web,
            clock,
            address,
            database: database.clone(),
            media,
            spare: Some(spare),
            running: Some(running),
            stopped: false,
            _scratch: scratch,
        }
    }

    /// Stops the server and starts another on the same address and database.
    pub(crate) async fn restart(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop(Duration::from_secs(5)).await;
        }
        let listener = TcpListener::bind(self.address).await.expect("the same address");
        self.running = Some(serve(&self.app, listener));
    }

    /// A browser that is not signed in.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    /// Makes the first workspace and returns its owner's browser.
    pub(crate) async fn owner(&self) -> Browser {
        let owner = NewWorkspace {
            workspace_name: "Harbour Hotel".to_owned(),
            name: "Olga".to_owned(),
            email: "olga@example.com".to_owned(),
            password: Secret::new(PASSWORD.to_owned()),
            locale: Locale::En,
        };
        app::session::first_owner(&self.app, &owner).await.expect("the first owner");
        self.sign_in("olga@example.com").await
    }

    /// Makes an agent of the workspace of `owner` and returns the agent's browser.
    pub(crate) async fn agent(&self, owner: &Browser, name: &str, role: &str) -> Browser {
        let email = format!("{}@example.com", name.to_lowercase());
        let body = json!({"name": name, "email": email, "password": PASSWORD, "role": role, "locale": "en"});
        owner.post("/api/agents", &body).await.expect_status(201);
        self.sign_in(&email).await
    }

    /// Another workspace's owner: nothing of the first may ever be seen there.
    pub(crate) async fn stranger(&self) -> Browser {
        let (workspace, now) = (self.app.ids.next(), self.clock.now());
        let hash = self.app.passwords.hash(&*self.app.entropy, PASSWORD).await.expect("a hash");
        let agent = model::Agent {
            id: self.app.ids.next(),
            name: "Sven".to_owned(),
            email: "sven@example.net".to_owned(),
            role: Role::Owner,
            locale: Locale::En,
            disabled: false,
            created_at: now,
        };
        let made = self.app.write(move |tx| {
            Box::pin(async move {
                store::workspace::insert(tx, workspace, "Elsewhere", now).await?;
                Ok(store::agent::insert(tx, workspace, &agent, &hash).await?)
            })
        });
        made.await.expect("another workspace");
        self.sign_in("sven@example.net").await
    }

    /// The browser of somebody who signs in.
    pub(crate) async fn sign_in(&self, email: &str) -> Browser {
        let browser = self.browser();
        let credentials = json!({"email": email, "password": PASSWORD});
        browser.post("/api/session", &credentials).await.expect_status(200);
        browser
    }

    /// Connects an inbox to the simulated provider; returns it as the API shows it.
    pub(crate) async fn connect(&self, owner: &Browser) -> Value {
        let config = self.sim.config();
        let inbox = self.connect_number(owner, &config.phone_number_id.clone()).await;
        self.sim.set_webhook(inbox["callback_url"].as_str().expect("an address"));
        inbox
    }

    /// Connects an inbox for a number, with the provider's other values.
    pub(crate) async fn connect_number(&self, owner: &Browser, phone_number_id: &str) -> Value {
        let config = self.sim.config();
        let body = json!({"kind": "whatsapp", "name": "Reception", "config": {
            "phone_number_id": phone_number_id,
            "waba_id": config.waba_id,
            "access_token": config.access_token,
            "app_secret": config.app_secret,
            "graph_url": self.sim.graph_url(),
        }});
        owner.post("/api/inboxes", &body).await.expect_status(201).json()
    }

    /// Runs all workers until nothing is due.
    pub(crate) async fn settle(&self) {
        app::worker::settle(&self.app).await.expect("the workers settle");
    }

    /// The one conversation there is.
    pub(crate) async fn only_conversation(&self, browser: &Browser) -> Value {
        let mut items = browser.get("/api/conversations?state=all").await.expect_status(200).items();
        assert_eq!(items.len(), 1, "one conversation");
        items.remove(0)
    }

    /// The messages of a conversation.
    pub(crate) async fn thread(&self, browser: &Browser, conversation: &Value) -> Vec<Value> {
        let id = conversation["id"].as_str().expect("an id");
        browser.get(&format!("/api/conversations/{id}/messages")).await.expect_status(200).items()
    }

    /// Takes the database away; nothing brings it back.
    pub(crate) async fn stop_database(&mut self) {
        self.app.db.stop().await;
        self.stopped = true;
    }

    /// Ends the desk; fails when work is left.
    pub(crate) async fn close(mut self) {
        if !self.stopped {
            self.look_for_work().await;
        }
        assert!(self.sim.violations().is_empty(), "broken contract: {:#?}", self.sim.violations());
        if let Some(running) = self.running.take() {
            running.stop(Duration::from_secs(5)).await;
        }
        self.sim.stop().await;
        self.app.db.stop().await;
    }

    async fn look_for_work(&self) {
        let backlog = self.app.read(|tx| {
            Box::pin(async {
                let deliveries = store::inbound::backlog(tx).await?;
                let sendings = store::outbound::next_ready(tx).await?;
                Ok((deliveries, sendings, store::job::next_ready(tx).await?))
            })
        });
        assert_eq!(backlog.await.expect("the store answers"), (0, None, None), "the test leaves work behind");
    }
}

/// Lets somebody answer at an address that is kept for them.
pub(crate) fn answer_at(listener: std::net::TcpListener, router: axum::Router) {
    listener.set_nonblocking(true).expect("a socket");
    let listener = TcpListener::from_std(listener).expect("a socket");
    tokio::spawn(async move { axum::serve(listener, router).await });
}

fn serve(app: &Arc<App>, listener: TcpListener) -> Running {
    // Few places for reading, so that a test can fill them.
    let admission = Arc::new(Admission::with_readers(8));
    let metrics_token = Some(Secret::new(METRICS_TOKEN.to_owned()));
    serve::start(Site { admission, metrics_token, ..Site::new(app.clone()) }, listener)
}

fn provider(clock: &Arc<ManualClock>) -> sim::Config {
    let contract = std::path::PathBuf::from(CONTRACT);
    let contract = contract.exists().then_some(contract);
    if contract.is_none() {
        missing("Meta's published document: what is sent is not checked against it");
    }
    let clock = clock.clone();
    sim::Config { contract, now: Arc::new(move || clock.now().0), ..sim::Config::test() }
}

/// A body with other fields in it.
pub(crate) fn with(mut base: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("no fields: {fields}") };
    base.as_object_mut().expect("fields").extend(fields);
    base
}

/// Says that something is not here to test with; a failure where nothing may be missing.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
pub(crate) fn missing(what: &str) {
    assert!(std::env::var("CI").is_err(), "missing: {what}");
    eprintln!("SKIPPED, missing: {what}");
}
