//! The handle: starting, stopping, looking, and what happens by itself.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};

use crate::chat::{Media, SentMessage, Side, State, Status};
use crate::config::Config;
use crate::connection::{Connection, Wire};
use crate::contract::Contract;
use crate::customer::{Customer, CustomerId, File};
use crate::failures::Failures;
use crate::violation::{Source, Violation};
use crate::webhook::delivery::{self, Update};
use crate::webhook::payload;
use crate::world::{UPLOAD_KEPT, World};

/// A running provider. Clones are handles to the same one.
#[derive(Clone)]
pub struct Sim(Arc<Inner>);

struct Inner {
    config: Config,
    address: SocketAddr,
    world: Mutex<World>,
    failures: Failures,
    contract: Option<Contract>,
    http: reqwest::Client,
    webhook: watch::Sender<Option<String>>,
    deliveries: Mutex<Deliveries>,
    updates: mpsc::UnboundedSender<Update>,
    changed: watch::Sender<u64>,
    stop: watch::Sender<bool>,
    server: Mutex<Option<tokio::task::JoinHandle<()>>>,
    /// What [`Sim::advance`] added to the clock, in milliseconds.
    advanced: AtomicI64,
}

/// How the webhooks fare.
#[derive(Clone, Default, Serialize)]
pub(crate) struct Deliveries {
    taken: u64,
    refused: u64,
    last_error: Option<String>,
}

impl Sim {
    /// Binds [`Config::listen`] and serves on tasks of the current tokio runtime.
    ///
    /// # Errors
    ///
    /// The address cannot be bound, or [`Config::contract`] cannot be read.
    pub async fn start(config: Config) -> io::Result<Sim> {
        let contract = config.contract.as_deref().map(Contract::load).transpose()?;
        // The first provider that is installed stays, so this only matters where the process has none yet.
        _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let http = client.build().map_err(io::Error::other)?;
        let listener = TcpListener::bind(config.listen).await.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot listen on {}: {error}", config.listen))
        })?;
        let (updates, waiting) = mpsc::unbounded_channel();
        let sim = Sim(Arc::new(Inner {
            address: listener.local_addr()?,
            world: Mutex::new(World::new(config.seed)),
            failures: Failures::default(),
            contract,
            http,
            webhook: watch::Sender::new(config.webhook_url.clone()),
            deliveries: Mutex::default(),
            updates,
            changed: watch::Sender::new(0),
            stop: watch::Sender::new(false),
            server: Mutex::new(None),
            advanced: AtomicI64::new(0),
            config,
        }));
        if sim.config().people {
            sim.people_move_in();
        }
        if sim.config().remembered {
            let now = sim.now();
            sim.world().remember(now);
        }
        tokio::spawn(delivery::run(sim.clone(), waiting));
        let server = tokio::spawn(sim.clone().serve(listener));
        *lock(&sim.0.server) = Some(server);
        Ok(sim)
    }

    async fn serve(self, listener: TcpListener) {
        let stopped = self.until_stopped();
        let service = crate::routes::all(self).into_make_service_with_connect_info::<Connection>();
        let served = axum::serve(Wire(listener), service).with_graceful_shutdown(stopped);
        if let Err(error) = served.await {
            tracing::error!(%error, "the simulated provider stopped serving");
        }
    }

    /// Stops listening, posting and everything that was going to happen; returns when the port is free.
    pub async fn stop(&self) {
        self.0.stop.send_replace(true);
        let server = lock(&self.0.server).take();
        if let Some(mut server) = server
            && timeout(Duration::from_secs(2), &mut server).await.is_err()
        {
            // A client that keeps its connection busy cannot keep the provider alive.
            server.abort();
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// The base of the Graph API without version: `http://127.0.0.1:4000`.
    pub fn graph_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The phone page.
    pub fn phone_url(&self) -> String {
        format!("http://{}/phone", self.address())
    }

    /// The settings it was started with.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The switches for failures.
    pub fn failures(&self) -> &Failures {
        &self.0.failures
    }

    /// Sends webhooks there from now on, beginning with those that waited.
    pub fn set_webhook(&self, url: &str) {
        self.0.webhook.send_replace(Some(url.to_owned()));
        self.changed();
    }

    /// Subscribes the app to the account's messages, as its owner does once by `POST /{waba}/subscribed_apps`.
    pub fn subscribe(&self) {
        self.world().subscribed = true;
    }

    /// Performs Meta's verification handshake with the current webhook.
    ///
    /// # Errors
    ///
    /// What was wrong with the answer, in words.
    pub async fn verify_webhook(&self) -> Result<(), String> {
        let url = self.webhook_url().ok_or("no webhook address is set")?;
        self.handshake(&url, &self.config().verify_token).await
    }

    /// The messages of the business to this customer, oldest first.
    pub fn received(&self, customer: &CustomerId) -> Vec<SentMessage> {
        self.chat(customer).into_iter().filter(|message| message.side == Side::Business).collect()
    }

    /// The messages of both sides in this customer's chat, oldest first.
    pub fn chat(&self, customer: &CustomerId) -> Vec<SentMessage> {
        self.world().chat(customer).cloned().collect()
    }

    /// One message of either side.
    pub fn message(&self, wamid: &str) -> Option<SentMessage> {
        self.world().message(wamid).cloned()
    }

    /// A customer as they stand.
    pub fn profile(&self, customer: &CustomerId) -> Option<Customer> {
        self.world().customer(customer).cloned()
    }

    /// Everybody, in the order in which they came.
    pub fn customers(&self) -> Vec<Customer> {
        self.world().customers.clone()
    }

    /// A file that either side sent and that has not expired.
    pub fn media(&self, id: &str) -> Option<Media> {
        self.kept_media(id)
    }

    /// The broken rules so far; the newest thousand.
    pub fn violations(&self) -> Vec<Violation> {
        self.world().violations()
    }

    /// How often each Graph request came, for example `"POST messages"`.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.world().requests.clone()
    }

    /// Moves the provider's clock forward, for example past the 24-hour window.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.advanced.fetch_add(by, Ordering::Relaxed);
        self.changed();
    }

    /// The provider's time in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        (self.config().now)() + self.0.advanced.load(Ordering::Relaxed)
    }

    /// A message of the business reaches a status, which is posted to the webhook. Returns once the webhook was
    /// tried. False if there is no such message of the business.
    pub async fn status(&self, wamid: &str, status: Status) -> bool {
        let now = self.now();
        let value = {
            let mut world = self.world();
            let Some(message) = world.message_mut(wamid).filter(|message| message.side == Side::Business)
            else {
                return false;
            };
            message.state = match (message.state, status.state()) {
                (_, State::Failed) => State::Failed,
                // What was delivered in spite of a failure has arrived.
                (State::Failed, new) => new,
                (old, new) => old.max(new),
            };
            message.failure = match status {
                Status::Failed { code } => Some(code),
                _ => None,
            };
            let message = message.clone();
            let customer = message.customer.as_ref().and_then(|id| world.customer(id));
            payload::status(self.config(), customer, &message, status, now)
        };
        self.changed();
        self.post(value, None).await;
        true
    }

    /// Queues a change for the webhook and waits until it was tried, unless the switches hold it back.
    pub(crate) async fn post(&self, value: Value, wamid: Option<String>) {
        let (attempted, waiting) = oneshot::channel();
        // Without an address it may wait for ever, and nobody with it.
        let attempted = self.webhook_url().is_some().then_some(attempted);
        // Fails only after a stop, when nothing is to be posted any more.
        if self.0.updates.send(Update { value, wamid, attempted }).is_ok() {
            _ = waiting.await;
        }
    }

    /// What happens by itself to an accepted message: it fails with `code`, or it arrives if the provider is
    /// automatic, and is read if the customer is looking.
    pub(crate) fn follow_up(&self, wamid: String, code: Option<u32>) {
        let sim = self.clone();
        let automatic = self.config().automatic;
        let pause = move |ms| sleep(Duration::from_millis(if automatic { ms } else { 0 }));
        match code {
            Some(code) => self.spawn(async move {
                pause(300).await;
                sim.status(&wamid, Status::Failed { code }).await;
            }),
            None if automatic => self.spawn(async move {
                pause(150).await;
                sim.status(&wamid, Status::Sent).await;
                pause(350).await;
                sim.status(&wamid, Status::Delivered).await;
                pause(300).await;
                let looking = {
                    let world = sim.world();
                    let customer = world.message(&wamid).and_then(|message| message.customer.clone());
                    customer.and_then(|id| world.customer(&id).map(|one| one.open)).unwrap_or(false)
                };
                if looking {
                    sim.status(&wamid, Status::Read).await;
                }
            }),
            None => {}
        }
    }

    /// Fetches a file that the business sent by link. Without it the message fails with 131053.
    pub(crate) fn fetch_link(&self, wamid: String, link: String) {
        let sim = self.clone();
        self.spawn(async move {
            match sim.download(&link).await {
                Ok(file) => {
                    let expires = sim.now() + UPLOAD_KEPT;
                    let mut world = sim.world();
                    let media = world.keep_media(file, expires);
                    if let Some(message) = world.message_mut(&wamid) {
                        message.media = Some(media.id);
                    }
                }
                Err(reason) => {
                    tracing::warn!(%link, %reason, "cannot fetch the linked file");
                    sim.status(&wamid, Status::Failed { code: 131053 }).await;
                }
            }
            sim.changed();
        });
    }

    async fn download(&self, link: &str) -> Result<File, String> {
        let request = self.0.http.get(link).timeout(Duration::from_secs(20));
        let mut answer = request.send().await.map_err(|error| error.to_string())?;
        if !answer.status().is_success() {
            return Err(format!("answered {}", answer.status()));
        }
        let mime = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        let mime = mime.unwrap_or("application/octet-stream").to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| error.to_string())? {
            bytes.extend(chunk);
            if bytes.len() > crate::limits::LARGEST_FILE {
                return Err("larger than 100 MB".into());
            }
        }
        Ok(File { bytes, mime, filename: None })
    }

    /// `GET url?hub.mode=subscribe&hub.verify_token=…&hub.challenge=…` must give the challenge back with 200.
    pub(crate) async fn handshake(&self, url: &str, verify_token: &str) -> Result<(), String> {
        let challenge = self.world().dice.digits(10);
        let mut address =
            reqwest::Url::parse(url).map_err(|error| format!("{url:?} is not an address: {error}"))?;
        address
            .query_pairs_mut()
            .append_pair("hub.mode", "subscribe")
            .append_pair("hub.verify_token", verify_token)
            .append_pair("hub.challenge", &challenge);
        let request = self.0.http.get(address).timeout(Duration::from_secs(10));
        let answer = request.send().await.map_err(|error| format!("{url} did not answer: {error}"))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| format!("{url} broke off: {error}"))?;
        if status != 200 {
            return Err(format!("{url} answered {status}"));
        }
        if text != challenge {
            return Err(format!("{url} did not give the challenge back"));
        }
        Ok(())
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.0.world)
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    pub(crate) fn contract(&self) -> Option<&Contract> {
        self.0.contract.as_ref()
    }

    pub(crate) fn webhook_url(&self) -> Option<String> {
        self.0.webhook.borrow().clone()
    }

    pub(crate) fn webhook_address(&self) -> watch::Receiver<Option<String>> {
        self.0.webhook.subscribe()
    }

    /// Ends when the provider is stopped.
    pub(crate) fn until_stopped(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut stop = self.0.stop.subscribe();
        async move { _ = stop.wait_for(|stopped| *stopped).await }
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    pub(crate) fn deliveries(&self) -> Deliveries {
        lock(&self.0.deliveries).clone()
    }

    /// Tells the phone pages to look again.
    pub(crate) fn changed(&self) {
        self.0.changed.send_modify(|revision| *revision += 1);
    }

    /// Runs something beside, until the provider stops.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stopped = self.until_stopped();
        tokio::spawn(async move {
            tokio::select! {
                () = work => {}
                () = stopped => {}
            }
        });
    }

    /// A webhook was answered with 200, or not and why.
    pub(crate) fn webhook_attempted(&self, error: Option<&str>, wamids: &[String]) {
        {
            let mut deliveries = lock(&self.0.deliveries);
            match error {
                None => deliveries.taken += 1,
                Some(_) => deliveries.refused += 1,
            }
            deliveries.last_error = error.map(str::to_owned);
        }
        if error.is_none() {
            let mut world = self.world();
            for wamid in wamids {
                if let Some(message) = world.message_mut(wamid) {
                    message.state = message.state.max(State::Delivered);
                }
            }
        }
        self.changed();
    }

    /// Counts a Graph request by method and the last part of its path that is not an id.
    pub(crate) fn count(&self, method: &str, path: &str) {
        let names = path.split('/').filter(|part| !part.is_empty()).skip(1);
        let name = names.filter(|part| !part.bytes().all(|byte| byte.is_ascii_digit())).last();
        let key = format!("{method} {}", name.unwrap_or("object"));
        *self.world().requests.entry(key).or_default() += 1;
    }

    /// Keeps the broken rules of one request and says so loudly.
    pub(crate) fn violated(&self, request: &str, body: &Value, found: Vec<(Source, String)>) {
        let at = self.now();
        for (source, detail) in found {
            tracing::error!(request, ?source, %detail, %body, "a request breaks the provider's contract");
            let violation = Violation { at, request: request.into(), source, detail, body: body.clone() };
            self.world().add_violation(violation);
        }
        self.changed();
    }

    pub(crate) fn kept_media(&self, id: &str) -> Option<Media> {
        let now = self.now();
        self.world().media(id).filter(|media| media.expires > now).cloned()
    }
}

/// A panic elsewhere must not take the whole world with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
