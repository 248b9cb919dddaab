//! A server that speaks as OpenAI's API does, to test with: it answers what it is told to, in pieces where it is asked to,
//! and refuses what it is told not to know.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::desk::answer_at;

/// What is shown to the server.
pub(crate) const KEY: &str = "sk-what-nobody-sees";

/// How it answers.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    /// This.
    Text(String),
    /// A status with a message.
    Status(u16, &'static str),
    /// A beginning, and then nothing any more.
    BreaksOff,
    /// Something that is no reply.
    Nonsense,
    /// Pieces without an end.
    Endless,
}

/// An answer with one sentence, its passage and the words of it that say so.
pub(crate) fn answered(text: &str, passage: usize, quote: &str) -> Says {
    let sentences = json!([{ "text": text, "passage": passage, "quote": quote }]);
    Says::Text(json!({ "answered": true, "sentences": sentences }).to_string())
}

/// A text that was rewritten.
pub(crate) fn written(text: &str) -> Says {
    Says::Text(json!({ "text": text }).to_string())
}

struct House {
    says: Mutex<Says>,
    /// Fields of a request that it does not know.
    refuses: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<Value>>,
    tokens: Mutex<Option<i64>>,
}

/// The server.
#[derive(Clone)]
pub(crate) struct ModelServer {
    house: Arc<House>,
    /// The address that the paths of the API are below.
    pub(crate) address: String,
}

impl ModelServer {
    /// Starts at an address that the desk may call.
    pub(crate) fn start(listener: std::net::TcpListener) -> Self {
        let address = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let house = Arc::new(House {
            says: Mutex::new(Says::Text("{}".to_owned())),
            refuses: Mutex::default(),
            asked: Mutex::default(),
            tokens: Mutex::new(Some(100)),
        });
        let router = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/models", get(models))
            .with_state(house.clone());
        answer_at(listener, router);
        Self { house, address }
    }

    pub(crate) fn says(&self, what: Says) {
        *self.house.says.lock().expect("what it says") = what;
    }

    pub(crate) fn refuses(&self, fields: &[&'static str]) {
        *self.house.refuses.lock().expect("what it refuses") = fields.to_vec();
    }

    /// How many tokens it says that a reply takes.
    pub(crate) fn takes(&self, tokens: Option<i64>) {
        *self.house.tokens.lock().expect("tokens") = tokens;
    }

    /// What was asked of it since the last time.
    pub(crate) fn asked(&self) -> Vec<Value> {
        std::mem::take(&mut self.house.asked.lock().expect("what was asked"))
    }
}

fn is_known(headers: &HeaderMap) -> bool {
    let expected = format!("Bearer {KEY}");
    headers.get(header::AUTHORIZATION).and_then(|line| line.to_str().ok()) == Some(expected.as_str())
}

async fn models(headers: HeaderMap) -> Response {
    if !is_known(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(json!({"object": "list", "data": [{"id": "small"}, {"id": "large"}]})).into_response()
}

async fn chat(State(house): State<Arc<House>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let refuse = |status: u16, message: &str| {
        let status = StatusCode::from_u16(status).expect("a status");
        (status, Json(json!({"error": {"message": message, "type": "invalid_request_error"}})))
            .into_response()
    };
    if !is_known(&headers) {
        return refuse(401, "no such key");
    }
    house.asked.lock().expect("what was asked").push(body.clone());
    if body["model"] != "small" {
        return refuse(404, "no such model");
    }
    let refuses = house.refuses.lock().expect("what it refuses").clone();
    if let Some(field) = refuses.into_iter().find(|field| body.get(field).is_some()) {
        return refuse(400, &format!("unknown field {field}"));
    }
    let tokens = *house.tokens.lock().expect("tokens");
    let usage = tokens.map(|tokens| json!({"total_tokens": tokens}));
    let says = house.says.lock().expect("what it says").clone();
    let streams = body["stream"] == true;
    let piece = |text: &str| format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}));
    let events = |text: String| ([(header::CONTENT_TYPE, "text/event-stream")], text).into_response();
    match says {
        Says::Status(status, message) => refuse(status, message),
        Says::Nonsense => "hello".into_response(),
        Says::BreaksOff => events(piece("{\"answered\": true, \"sentences\": [")),
        Says::Endless => {
            let piece = piece(&"x".repeat(4000));
            let pieces = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()));
            ([(header::CONTENT_TYPE, "text/event-stream")], axum::body::Body::from_stream(pieces))
                .into_response()
        }
        Says::Text(text) if streams => {
            let mut all = String::from(": the server is there\n\n");
            let letters: Vec<char> = text.chars().collect();
            for part in letters.chunks(7) {
                all.push_str(&piece(&part.iter().collect::<String>()));
            }
            all.push_str(&format!("data: {}\n\n", json!({"choices": [], "usage": usage})));
            all.push_str("data: [DONE]\n\n");
            tokio::time::sleep(Duration::from_millis(1)).await;
            events(all)
        }
        Says::Text(text) => {
            let message = json!({"role": "assistant", "content": text});
            Json(json!({"choices": [{"message": message}], "usage": usage})).into_response()
        }
    }
}
