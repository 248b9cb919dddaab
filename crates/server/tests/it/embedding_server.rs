//! A server that says the directions of texts as OpenAI's API does, to test with: texts about the same thing point the same
//! way, and all of them share much, as with many real models. It answers wrongly where it is told to.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::desk::answer_at;
use crate::model_server::KEY;

/// Words that mean the same to it.
const THINGS: [&[&str]; 3] =
    [&["vehicle", "sedan", "kwyjibo"], &["breakfast", "morning meal"], &["reimburse", "flurbo"]];
/// How many numbers its directions have.
pub(crate) const DIMENSION: usize = 16;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Embeds {
    /// Well.
    Well,
    /// Well, the last first.
    Backwards,
    /// With fewer numbers than before.
    Narrower,
    /// For one text fewer than it was asked about.
    TooFew,
    /// Twice for the first.
    Twice,
    /// With something that is no number.
    Holes,
    /// With more than all numbers.
    Beyond,
    /// With far more than anybody reads.
    Endless,
    /// With words.
    Nonsense,
    /// Not.
    Refuses,
    /// Never.
    Hangs,
}

struct House {
    embeds: Mutex<Embeds>,
    /// The texts that it was asked about.
    asked: Mutex<Vec<String>>,
}

/// The server.
#[derive(Clone)]
pub(crate) struct EmbeddingServer {
    house: Arc<House>,
    /// The address that the paths of the API are below.
    pub(crate) address: String,
}

impl EmbeddingServer {
    /// Starts at an address that the desk may call.
    pub(crate) fn start(listener: std::net::TcpListener) -> Self {
        let address = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let house = Arc::new(House { embeds: Mutex::new(Embeds::Well), asked: Mutex::default() });
        let router = Router::new()
            .route("/v1/embeddings", post(embeddings))
            .route("/v1/models", get(|| async { Json(json!({"data": [{"id": "near"}, {"id": "nearer"}]})) }))
            .with_state(house.clone());
        answer_at(listener, router);
        Self { house, address }
    }

    pub(crate) fn embeds(&self, how: Embeds) {
        *self.house.embeds.lock().expect("how it answers") = how;
    }

    /// The texts that it was asked about since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.house.asked.lock().expect("what was asked"))
    }
}

/// What it says of a text: what all texts share, what it is about, and for what it does not know something of its own.
fn direction(text: &str) -> Vec<f32> {
    let mut direction = vec![0.0; DIMENSION];
    direction[0] = 2.0;
    let text = text.to_lowercase();
    for (place, words) in THINGS.iter().enumerate() {
        if words.iter().any(|word| text.contains(word)) {
            direction[1 + place] = 1.0;
            return direction;
        }
    }
    let first = 1 + THINGS.len();
    let sum: usize = text.bytes().map(usize::from).sum();
    direction[first + sum % (DIMENSION - first)] = 1.0;
    direction
}

async fn embeddings(
    State(house): State<Arc<House>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let refuse = |status: StatusCode, message: &str| {
        (status, Json(json!({"error": {"message": message, "type": "invalid_request_error"}})))
            .into_response()
    };
    let shown = headers.get(header::AUTHORIZATION).and_then(|line| line.to_str().ok());
    if shown != Some(&format!("Bearer {KEY}")) {
        return refuse(StatusCode::UNAUTHORIZED, "no such key");
    }
    if !["near", "nearer"].map(Value::from).contains(&body["model"]) {
        return refuse(StatusCode::NOT_FOUND, "no such model");
    }
    let texts: Vec<String> = serde_json::from_value(body["input"].clone()).expect("a list of texts");
    house.asked.lock().expect("what was asked").extend(texts.clone());
    let how = *house.embeds.lock().expect("how it answers");
    let one = |(index, text): (usize, &String)| json!({"index": index, "embedding": direction(text)});
    let mut data: Vec<Value> = texts.iter().enumerate().map(one).collect();
    match how {
        Embeds::Well => {}
        Embeds::Backwards => data.reverse(),
        Embeds::Narrower => data.iter_mut().for_each(|one| one["embedding"] = json!([1.0, 0.5])),
        Embeds::TooFew => drop(data.pop()),
        Embeds::Twice => data.extend(data.first().cloned()),
        Embeds::Holes => data.iter_mut().for_each(|one| one["embedding"][3] = Value::Null),
        Embeds::Beyond => data.iter_mut().for_each(|one| one["embedding"][3] = json!(1e300)),
        Embeds::Endless => return "[".repeat(8 << 20).into_response(),
        Embeds::Nonsense => return "hello".into_response(),
        Embeds::Refuses => return refuse(StatusCode::INTERNAL_SERVER_ERROR, "out of memory"),
        Embeds::Hangs => std::future::pending().await,
    }
    Json(json!({"object": "list", "data": data, "usage": {"total_tokens": 5 * texts.len()}})).into_response()
}
