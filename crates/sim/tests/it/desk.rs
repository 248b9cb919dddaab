//! A business to test with: a receiver of webhooks that checks every signature, and a Graph client.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde_json::{Value, json};
use sim::{Config, Sim};

/// What the receiver has seen, and how it behaves.
#[derive(Default)]
pub(crate) struct Seen {
    /// Deliveries with a right signature that were answered with 200.
    pub(crate) taken: Vec<Value>,
    /// The bodies of those, as they came.
    pub(crate) bodies: Vec<Bytes>,
    /// Deliveries that were answered with 401.
    pub(crate) wrongly_signed: usize,
    /// How many of the next deliveries are answered with 500.
    pub(crate) refuse: usize,
}

/// A running provider and the business that uses it.
pub(crate) struct Desk {
    pub(crate) sim: Sim,
    pub(crate) seen: Arc<Mutex<Seen>>,
    pub(crate) hook: String,
    pub(crate) http: reqwest::Client,
}

#[derive(Clone)]
struct Receiver {
    seen: Arc<Mutex<Seen>>,
    secret: String,
    verify_token: String,
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let key = hmac::Key::new(hmac::HMAC_SHA256, receiver.secret.as_bytes());
    let given =
        headers["x-hub-signature-256"].to_str().expect("ascii").strip_prefix("sha256=").expect("sha256=");
    let mut seen = receiver.seen.lock().expect("not poisoned");
    if hmac::verify(&key, &body, &hex::decode(given).expect("hex")).is_err() {
        seen.wrongly_signed += 1;
        return StatusCode::UNAUTHORIZED;
    }
    assert_eq!(headers["user-agent"], "facebookexternalua");
    assert_eq!(headers["content-type"], "application/json");
    if seen.refuse > 0 {
        seen.refuse -= 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    seen.taken.push(serde_json::from_slice(&body).expect("JSON"));
    seen.bodies.push(body);
    StatusCode::OK
}

async fn verify(
    State(receiver): State<Receiver>,
    Query(query): Query<std::collections::HashMap<String, String>>,
) -> (StatusCode, String) {
    let right = query["hub.mode"] == "subscribe" && query["hub.verify_token"] == receiver.verify_token;
    match right {
        true => (StatusCode::OK, query["hub.challenge"].clone()),
        false => (StatusCode::FORBIDDEN, String::new()),
    }
}

impl Desk {
    pub(crate) async fn start() -> Desk {
        Desk::start_with(Config::test()).await
    }

    pub(crate) async fn start_with(config: Config) -> Desk {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let receiver = Receiver {
            seen: seen.clone(),
            secret: config.app_secret.clone(),
            verify_token: config.verify_token.clone(),
        };
        let router = Router::new().route("/hook", get(verify).post(take)).with_state(receiver);
        let listener =
            tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("bind");
        let hook = format!("http://{}/hook", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let sim = Sim::start(config).await.expect("starts");
        sim.set_webhook(&hook);
        Desk { sim, seen, hook, http: reqwest::Client::new() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/v26.0/{}", self.sim.graph_url(), path.trim_end_matches('/'))
    }

    pub(crate) fn number(&self, edge: &str) -> String {
        self.url(&format!("{}/{edge}", self.sim.config().phone_number_id))
    }

    pub(crate) fn account(&self, edge: &str) -> String {
        self.url(&format!("{}/{edge}", self.sim.config().waba_id))
    }

    pub(crate) fn token(&self) -> &str {
        &self.sim.config().access_token
    }

    pub(crate) async fn get(&self, url: &str) -> (u16, Value) {
        answer(self.http.get(url).bearer_auth(self.token())).await
    }

    pub(crate) async fn post(&self, url: &str, body: &Value) -> (u16, Value) {
        answer(self.http.post(url).bearer_auth(self.token()).json(body)).await
    }

    pub(crate) async fn delete(&self, url: &str) -> (u16, Value) {
        answer(self.http.delete(url).bearer_auth(self.token())).await
    }

    /// Posts a body to `/messages` as it is.
    pub(crate) async fn messages(&self, body: &Value) -> (u16, Value) {
        self.post(&self.number("messages"), body).await
    }

    /// Sends a message of any type to a phone number. Gives the wamid.
    pub(crate) async fn send(&self, to: &str, kind: &str, content: Value) -> String {
        let (status, answer) = self.messages(&message(to, kind, content)).await;
        assert_eq!(status, 200, "{answer}");
        answer["messages"][0]["id"].as_str().expect("an id").to_owned()
    }

    /// The code with which a message is refused.
    pub(crate) async fn refused(&self, body: &Value) -> i64 {
        let (status, answer) = self.messages(body).await;
        assert!(status >= 400, "accepted: {answer}");
        answer["error"]["code"].as_i64().expect("a code")
    }

    pub(crate) async fn upload(&self, mime: &str, bytes: &[u8]) -> (u16, Value) {
        let part =
            reqwest::multipart::Part::bytes(bytes.to_vec()).file_name("file").mime_str(mime).expect("mime");
        let form = reqwest::multipart::Form::new().text("messaging_product", "whatsapp").part("file", part);
        answer(self.http.post(self.number("media")).bearer_auth(self.token()).multipart(form)).await
    }

    /// All `value`s of all changes that were taken.
    pub(crate) fn values(&self) -> Vec<Value> {
        let seen = self.seen.lock().expect("not poisoned");
        let entries = seen.taken.iter().flat_map(|delivery| delivery["entry"].as_array().expect("entries"));
        let changes = entries.flat_map(|entry| entry["changes"].as_array().expect("changes"));
        changes.map(|change| change["value"].clone()).collect()
    }

    pub(crate) fn last(&self) -> Value {
        self.values().pop().expect("a webhook")
    }

    /// All messages that were taken.
    pub(crate) fn messages_seen(&self) -> Vec<Value> {
        self.values().iter().filter_map(|value| value["messages"].as_array().cloned()).flatten().collect()
    }

    /// All statuses that were taken.
    pub(crate) fn statuses(&self) -> Vec<Value> {
        self.values().iter().filter_map(|value| value["statuses"].as_array().cloned()).flatten().collect()
    }

    /// Waits until `done`, at most five seconds.
    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Desk) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < Duration::from_secs(5), "waited in vain until {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A body of `/messages` to a phone number.
pub(crate) fn message(to: &str, kind: &str, content: Value) -> Value {
    let mut body =
        json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": kind });
    body[kind] = content;
    body
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}
