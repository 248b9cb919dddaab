//! The way between provider and product: what the simulated provider sends comes here first, and goes on as the real
//! one delivers: signed, some of it twice, some of it late, and again until it is answered with 200.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use serde_json::Value;
use sim::Dice;

use crate::crossing::Crossing;
use crate::ledger::{Ledger, Told};

/// What the provider does not answer with 200 is sent again after this, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(60);
const LONGEST_PAUSE: Duration = Duration::from_millis(1500);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How deliveries are disturbed, in percent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    /// Come twice.
    pub(crate) twice: u8,
    /// Come up to five seconds late, and so after later ones.
    pub(crate) late: u8,
}

/// The carrier.
pub(crate) struct Carrier {
    pub(crate) ledger: Arc<Ledger>,
    http: reqwest::Client,
    dice: Mutex<Dice>,
    weather: Weather,
    /// Addresses of the product's processes.
    nodes: Vec<String>,
    /// Where it is noted what crosses from one to another, where that is measured.
    pub(crate) crossing: Option<Crossing>,
    /// Paths of the inboxes' hooks, by the number of the provider.
    hooks: Mutex<Vec<String>>,
    secret: String,
    next: AtomicU64,
    under_way: AtomicUsize,
    address: Mutex<String>,
}

impl Carrier {
    /// Starts listening for the simulated providers.
    pub(crate) async fn start(
        ledger: Arc<Ledger>,
        nodes: Vec<String>,
        secret: String,
        seed: u64,
        weather: Weather,
        crossing: Option<Crossing>,
    ) -> anyhow::Result<Arc<Self>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let carrier = Arc::new(Self {
            ledger,
            http: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?,
            dice: Mutex::new(Dice::new(seed)),
            weather,
            nodes,
            crossing,
            hooks: Mutex::default(),
            secret,
            next: AtomicU64::new(0),
            under_way: AtomicUsize::new(0),
            address: Mutex::new(address),
        });
        let routes = Router::new().route("/{provider}", post(take)).with_state(carrier.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(carrier)
    }

    /// Where the provider of that number posts to.
    pub(crate) fn address(&self, provider: usize) -> String {
        format!("http://{}/{provider}", self.address.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The hook that the next provider's deliveries go to.
    pub(crate) fn connect(&self, hook: String) {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner).push(hook);
    }

    /// How many deliveries are not over.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// A node's address; each time the next one's.
    pub(crate) fn node(&self) -> &str {
        self.next_node().1
    }

    /// The same, with its number.
    pub(crate) fn next_node(&self) -> (usize, &str) {
        self.node_at(usize::try_from(self.next.fetch_add(1, Ordering::Relaxed)).unwrap_or(0))
    }

    /// The node whose turn it is when one counts to `turn`.
    pub(crate) fn node_at(&self, turn: usize) -> (usize, &str) {
        let number = turn % self.nodes.len();
        (number, &self.nodes[number])
    }

    /// A node has answered for a text.
    pub(crate) fn cross(&self, text: &str, node: usize) {
        if let Some(crossing) = &self.crossing {
            crossing.acked(text, node, self.ledger.now());
        }
    }

    fn throw<T>(&self, throw: impl FnOnce(&mut Dice) -> T) -> T {
        throw(&mut self.dice.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends a delivery that nobody can understand: for a number that is not connected.
    pub(crate) fn send_hopeless(self: &Arc<Self>, n: u64) {
        let body = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"1","phone_number_id":"999"}},"messages":[{{"from":"1","id":"wamid.hopeless{n}","timestamp":"1780000000","text":{{"body":"?"}},"type":"text"}}]}},"field":"messages"}}]}}]}}"#
        );
        self.accept(0, Bytes::from(body), true);
    }

    /// Sends a report about a message that the product does not know, or not yet.
    pub(crate) fn send_stray(self: &Arc<Self>, number: &str, n: u64) {
        let body = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"1","phone_number_id":"{number}"}},"statuses":[{{"id":"wamid.stray{n}","status":"delivered","timestamp":"1780000000","recipient_id":"15550000"}}]}},"field":"messages"}}]}}]}}"#
        );
        self.accept(0, Bytes::from(body), false);
    }

    fn accept(self: &Arc<Self>, provider: usize, body: Bytes, hopeless: bool) {
        let told = if hopeless { Vec::new() } else { messages(&body) };
        let (twice, late, second, first) = self.throw(|dice| {
            let twice = dice.chance(self.weather.twice);
            let late = dice.chance(self.weather.late);
            (twice, late, dice.next() % 3000, dice.next() % 5000)
        });
        let delivery = Arc::new(Delivery { provider, body, hopeless, told });
        {
            let mut book = self.ledger.book();
            book.repeated += u64::from(twice);
            book.delayed += u64::from(late);
        }
        let first = if late { Duration::from_millis(first) } else { Duration::ZERO };
        self.spawn(delivery.clone(), first);
        if twice {
            self.spawn(delivery, first + Duration::from_millis(second));
        }
    }

    fn spawn(self: &Arc<Self>, delivery: Arc<Delivery>, after: Duration) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let carrier = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            while carrier.ledger.is_quiet() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            carrier.deliver(&delivery).await;
            carrier.under_way.fetch_sub(1, Ordering::Relaxed);
        });
    }

    /// Delivers until the answer is 200.
    async fn deliver(&self, delivery: &Delivery) {
        let hook = self.hooks.lock().unwrap_or_else(PoisonError::into_inner)[delivery.provider].clone();
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, self.secret.as_bytes());
        let signature = format!("sha256={}", hex::encode(aws_lc_rs::hmac::sign(&key, &delivery.body)));
        self.begin(delivery);
        let mut pause = FIRST_PAUSE;
        loop {
            let (number, node) = self.next_node();
            let request = self
                .http
                .post(format!("http://{node}{hook}"))
                .header("x-hub-signature-256", &signature)
                .header("content-type", "application/json")
                .body(delivery.body.clone());
            self.ledger.book().attempts += 1;
            match request.send().await.map(|answer| answer.status().as_u16()) {
                Ok(200) => return self.finish(delivery, number),
                Ok(status @ 400..=499) if status != 429 && status != 408 => {
                    self.ledger.trouble(format!("a signed delivery was refused with {status}"));
                }
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn begin(&self, delivery: &Delivery) {
        let now = self.ledger.now();
        let mut book = self.ledger.book();
        for (id, told) in &delivery.told {
            book.told.entry(id.clone()).or_insert_with(|| Told { tried: now, ..told.clone() });
        }
    }

    fn finish(&self, delivery: &Delivery, node: usize) {
        for text in delivery.told.iter().filter_map(|(_, told)| told.text.as_ref()) {
            self.cross(text, node);
        }
        let now = self.ledger.now();
        // What names a delivery is the first half of its hash.
        let hash =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &delivery.body).as_ref()[..16].to_vec();
        let mut book = self.ledger.book();
        book.acked.insert(hash, delivery.hopeless);
        for (id, _) in &delivery.told {
            if let Some(told) = book.told.get_mut(id) {
                told.acked.get_or_insert(now);
            }
        }
    }
}

struct Delivery {
    provider: usize,
    body: Bytes,
    hopeless: bool,
    told: Vec<(String, Told)>,
}

async fn take(
    State(carrier): State<Arc<Carrier>>,
    Path(provider): Path<usize>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    // The provider signs; what goes on is signed again over the same bytes.
    if headers.get("x-hub-signature-256").is_none() {
        carrier.ledger.trouble("the simulated provider did not sign".to_owned());
    }
    carrier.accept(provider, body, false);
    StatusCode::OK
}

/// The messages in a delivery that become rows, by the provider's id.
fn messages(body: &[u8]) -> Vec<(String, Told)> {
    let read = || -> anyhow::Result<Vec<(String, Told)>> {
        let document: Value = serde_json::from_slice(body)?;
        let mut found = Vec::new();
        for entry in list(&document["entry"]) {
            for change in list(&entry["changes"]) {
                let value = &change["value"];
                let number =
                    text(&value["metadata"]["phone_number_id"]).context("a change without a number")?;
                for message in list(&value["messages"]) {
                    if ["reaction", "edit", "revoke", "system"]
                        .contains(&message["type"].as_str().unwrap_or(""))
                    {
                        continue;
                    }
                    let told = Told {
                        number: number.clone(),
                        user: text(&message["from_user_id"]),
                        phone: text(&message["from"]),
                        text: text(&message["text"]["body"]),
                        tried: Duration::ZERO,
                        acked: None,
                    };
                    found.push((text(&message["id"]).context("a message without an id")?, told));
                }
            }
        }
        Ok(found)
    };
    // Ours alone write these documents.
    read().unwrap_or_else(|error| panic!("a delivery of the simulated provider is not readable: {error}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
