//! What is said to a model's server and what it says: `POST {address}/chat/completions`, as OpenAI's API describes it and
//! Ollama, vLLM, llama.cpp and others follow it. Only what every one understands is sent, and beyond that what this server
//! was [seen](super::probe) to understand.

use std::time::Duration;

use ai::prompt::Prompt;
use channels::{Request, RequestBody};
use eventsource_stream::Eventsource;
use futures_util::StreamExt;
use model::Secret;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Access;
use crate::egress::Opened;
use crate::{App, egress};

/// The longest reply that is read, in bytes.
const REPLY_MAX: usize = 64 << 10;
/// How much of what a server says of an error is told, in characters.
const TOLD: usize = 200;

/// How long somebody waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For the next piece of a reply that comes in pieces.
    pub(super) pause: Duration,
    /// For all of it.
    pub(super) whole: Duration,
}

/// A reply.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// What the model wrote.
    pub(super) text: String,
    /// How many tokens it took, where the server says so.
    pub(super) tokens: Option<i64>,
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failed {
    /// No answer came, or not the whole of it.
    #[error("the model's server does not answer: {0}")]
    Unanswered(String),
    /// It said no.
    #[error("the model's server refused ({status}): {why}")]
    Refused {
        /// The status.
        status: u16,
        /// What it says of it.
        why: String,
    },
    /// It answered with something else.
    #[error("the model's server answered with something that is no reply")]
    Form,
}

/// Where a model's server is, and what is shown to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server<'a> {
    /// The address that the paths of the API are below.
    pub(crate) address: &'a str,
    /// What is shown there.
    pub(crate) key: Option<&'a Secret<String>>,
}

impl Access {
    /// Where its server is.
    pub(super) fn server(&self) -> Server<'_> {
        Server { address: &self.model.address, key: self.key.as_ref() }
    }
}

impl From<egress::Unanswered> for Failed {
    fn from(why: egress::Unanswered) -> Self {
        Self::Unanswered(why.0)
    }
}

#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Said>,
    delta: Option<Said>,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
}

/// How much an answer took.
#[derive(Deserialize)]
pub(crate) struct Usage {
    /// In tokens, where the server says so.
    pub(crate) total_tokens: Option<i64>,
}

impl Completion {
    /// Adds what it says to a reply.
    fn add(self, reply: &mut Reply) -> Result<(), Failed> {
        no_error(self.error.as_ref())?;
        for choice in self.choices.into_iter().take(1) {
            let said = choice.message.or(choice.delta).and_then(|said| said.content);
            reply.text.push_str(&said.unwrap_or_default());
        }
        reply.tokens = self.usage.and_then(|usage| usage.total_tokens).or(reply.tokens);
        if reply.text.len() > REPLY_MAX {
            return Err(Failed::Form);
        }
        Ok(())
    }
}

/// Whether a document that came with a good status tells of an error all the same.
///
/// # Errors
/// When it does.
pub(crate) fn no_error(error: Option<&Value>) -> Result<(), Failed> {
    match error.filter(|error| !error.is_null()) {
        Some(error) => Err(Failed::Refused { status: 200, why: told(error) }),
        None => Ok(()),
    }
}

/// A call of the API.
pub(crate) fn request(server: Server<'_>, method: &'static str, path: &str, body: Option<Value>) -> Request {
    Request {
        method,
        url: format!("{}/{path}", server.address),
        bearer: server.key.cloned(),
        body: body.map_or(RequestBody::Empty, |body| RequestBody::Json(body.to_string())),
        file: false,
    }
}

/// Asks for a reply of at most `limit` tokens.
///
/// # Errors
/// Why there is none.
pub(super) async fn chat(
    app: &App,
    access: &Access,
    prompt: &Prompt,
    limit: u32,
    patience: Patience,
) -> Result<Reply, Failed> {
    let request = request(access.server(), "POST", "chat/completions", Some(body(access, prompt, limit)));
    read(app.egress.open(&request, &app.files, patience.whole).await?, patience.pause).await
}

fn body(access: &Access, prompt: &Prompt, limit: u32) -> Value {
    let abilities = access.model.abilities;
    let mut body = json!({
        "model": access.model.model,
        "messages": [
            { "role": "system", "content": prompt.instructions },
            { "role": "user", "content": prompt.data },
        ],
    });
    let limit_name = if abilities.newer_limit { "max_completion_tokens" } else { "max_tokens" };
    body[limit_name] = json!(limit);
    if abilities.temperature {
        body["temperature"] = json!(0);
    }
    if abilities.json {
        body["response_format"] = json!({ "type": "json_object" });
    }
    if abilities.streams {
        body["stream"] = json!(true);
        body["stream_options"] = json!({ "include_usage": true });
    }
    body
}

/// An answer with a good status.
///
/// # Errors
/// What the server says where the status is another.
pub(crate) async fn accepted(opened: Opened) -> Result<Opened, Failed> {
    let status = opened.status;
    if (200..300).contains(&status) {
        return Ok(opened);
    }
    let body = opened.document().await?;
    let why = serde_json::from_slice::<Value>(&body).map(|body| told(&body)).unwrap_or_default();
    Err(Failed::Refused { status, why })
}

/// Reads a reply, whole or in pieces, whichever the server chose.
async fn read(opened: Opened, pause: Duration) -> Result<Reply, Failed> {
    let mut reply = Reply { text: String::new(), tokens: None };
    let opened = accepted(opened).await?;
    if !opened.is_events {
        let body = opened.document().await?;
        let completion: Completion = serde_json::from_slice(&body).map_err(|_| Failed::Form)?;
        completion.add(&mut reply)?;
        return Ok(reply);
    }
    let mut events = opened.pieces().eventsource();
    loop {
        let next = tokio::time::timeout(pause, events.next()).await;
        let next = next.map_err(|_| Failed::Unanswered("it stopped in the middle".to_owned()))?;
        let Some(event) = next else { return Err(Failed::Unanswered("it broke off".to_owned())) };
        let event = event.map_err(|error| Failed::Unanswered(error.to_string()))?;
        if event.data.trim() == "[DONE]" {
            return Ok(reply);
        }
        let completion: Completion = serde_json::from_str(&event.data).map_err(|_| Failed::Form)?;
        completion.add(&mut reply)?;
    }
}

/// What a server says of an error, in a few words without signs that nobody sees.
fn told(error: &Value) -> String {
    let message =
        error.pointer("/error/message").or_else(|| error.get("message")).or_else(|| error.get("error"));
    let message = message.unwrap_or(error);
    let text = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
    ai::prompt::visible(&text, TOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_of_errors_is_told_briefly() {
        for (error, why) in [
            (json!({"error": {"message": "no such model", "type": "x"}}), "no such model"),
            (json!({"error": "model not found"}), "model not found"),
            (json!({"message": "bad\u{202e} key"}), "bad key"),
            (json!({"message": "m".repeat(900)}), &"m".repeat(TOLD)),
        ] {
            assert_eq!(told(&error), why);
        }
    }

    #[test]
    fn pieces_make_a_reply() {
        let mut reply = Reply { text: String::new(), tokens: None };
        for piece in [
            json!({"choices": [{"delta": {"role": "assistant"}}]}),
            json!({"choices": [{"delta": {"content": "a"}}], "usage": null}),
            json!({"choices": [{"delta": {"content": "b", "reasoning_content": "hm"}}]}),
            json!({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}),
        ] {
            let completion: Completion = serde_json::from_value(piece).expect("a piece");
            completion.add(&mut reply).expect("it is taken");
        }
        assert_eq!(reply, Reply { text: "ab".to_owned(), tokens: Some(7) });
        let error: Completion =
            serde_json::from_value(json!({"error": {"message": "full"}})).expect("a piece");
        assert_eq!(error.add(&mut reply), Err(Failed::Refused { status: 200, why: "full".to_owned() }));
    }
}
