//! The agents: they sign in, connect numbers, answer and send pictures, through the same
//! API as the console. Whatever is not answered is asked again, with the same name for the same message.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};
use sim::{Dice, Effect, Sim};

use crate::carrier::Carrier;
use crate::customers::picture;
use crate::ledger::Reply;

/// The owner's address and password.
pub(crate) const OWNER: (&str, &str) = ("owner@example.com", "a long torture password");

/// How long an answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A browser that is signed in.
#[derive(Clone)]
pub(crate) struct Browser {
    carrier: Arc<Carrier>,
    http: reqwest::Client,
    cookie: String,
}

/// What came of a request.
pub(crate) enum Answer {
    Done(Value),
    Refused(u16, String),
    /// Nobody answered, or the product said that it cannot now.
    Nothing,
}

impl Browser {
    /// Signs in, as often as it takes.
    pub(crate) async fn sign_in(carrier: &Arc<Carrier>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let body = json!({ "email": OWNER.0, "password": OWNER.1 });
        for _ in 0..600 {
            let origin = format!("http://{}", carrier.node());
            let request = http.post(format!("{origin}/api/session")).header(ORIGIN, &origin).json(&body);
            if let Ok(answer) = request.send().await {
                let status = answer.status().as_u16();
                let cookie = answer.headers().get(SET_COOKIE).and_then(|value| value.to_str().ok());
                let cookie = cookie.and_then(|value| value.split(';').next()).map(str::to_owned);
                if let (200, Some(cookie)) = (status, cookie) {
                    return Ok(Self { carrier: carrier.clone(), http, cookie });
                }
                if status < 500 && status != 429 {
                    bail!("signing in was refused with {status}");
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        bail!("nobody can sign in");
    }

    /// The header that says who it is.
    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Asks a node: with a body it is a `POST`.
    pub(crate) async fn ask(&mut self, node: &str, path: &str, body: Option<&Value>) -> Answer {
        let origin = format!("http://{node}");
        let request = match body {
            Some(body) => self.http.post(format!("{origin}{path}")).json(body),
            None => self.http.get(format!("{origin}{path}")),
        };
        let answer = Self::answer(request.header(ORIGIN, &origin).header(COOKIE, &self.cookie)).await;
        if matches!(answer, Answer::Refused(401, _)) {
            // Sessions get a new token from time to time, and time jumps here.
            if let Ok(again) = Self::sign_in(&self.carrier).await {
                *self = again;
            }
            return Answer::Nothing;
        }
        answer
    }

    async fn answer(request: reqwest::RequestBuilder) -> Answer {
        let Ok(answer) = request.send().await else { return Answer::Nothing };
        let status = answer.status();
        let Ok(text) = answer.text().await else { return Answer::Nothing };
        if status.is_success() {
            return serde_json::from_str(&text).map_or(Answer::Nothing, Answer::Done);
        }
        if status.is_server_error() || status.as_u16() == 429 {
            return Answer::Nothing;
        }
        Answer::Refused(status.as_u16(), text)
    }

    /// Connects a simulated provider, which is asked at an address; returns the inbox and the path of its hook.
    pub(crate) async fn connect(&mut self, sim: &Sim, graph_url: &str) -> anyhow::Result<(String, String)> {
        let config = sim.config();
        let body = json!({ "kind": "whatsapp", "name": config.display_phone_number, "config": {
            "phone_number_id": config.phone_number_id,
            "waba_id": config.waba_id,
            "access_token": config.access_token,
            "app_secret": config.app_secret,
            "graph_url": graph_url,
        }});
        match self.ask(self.carrier.clone().node(), "/api/inboxes", Some(&body)).await {
            Answer::Done(inbox) => {
                let callback = inbox["callback_url"].as_str().context("an inbox without a callback")?;
                let at = callback.find("/hooks/").context("a callback without a hook")?;
                let id = inbox["id"].as_str().context("an inbox without an id")?;
                Ok((id.to_owned(), callback[at..].to_owned()))
            }
            Answer::Refused(status, text) => bail!("connecting a number was refused with {status}: {text}"),
            Answer::Nothing => bail!("connecting a number was not answered"),
        }
    }

    /// Sends a file as a form.
    pub(crate) async fn upload_to(&self, path: &str, bytes: Vec<u8>, name: &str, mime: &str) -> Answer {
        let origin = format!("http://{}", self.carrier.node());
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned()).mime_str(mime);
        let Ok(part) = part else { return Answer::Nothing };
        let form = reqwest::multipart::Form::new().part("file", part);
        let request = self.http.post(format!("{origin}{path}")).multipart(form);
        Self::answer(request.header(ORIGIN, &origin).header(COOKIE, &self.cookie)).await
    }

    /// Notes what must never happen.
    pub(crate) fn trouble(&self, what: String) {
        self.carrier.ledger.trouble(what);
    }

    async fn upload(&self, name: &str) -> Option<String> {
        match self.upload_to("/api/uploads", picture(name), "p.png", "image/png").await {
            Answer::Done(upload) => upload["id"].as_str().map(str::to_owned),
            Answer::Refused(401, _) => None,
            Answer::Refused(status, text) => {
                self.trouble(format!("an upload was refused with {status}: {text}"));
                None
            }
            Answer::Nothing => None,
        }
    }
}

/// How many replies are written before a browser signs in anew: seldom enough for the pace at which one address may.
const LIFE: u64 = 100;

/// Answers customers until told to stop, but those of the inbox `never`. Every reply that was begun is finished.
pub(crate) async fn reply(
    carrier: Arc<Carrier>,
    sims: Vec<Sim>,
    never: String,
    pause: Duration,
    seed: u64,
    stop: Arc<AtomicBool>,
) -> anyhow::Result<()> {
    let mut browser = Browser::sign_in(&carrier).await?;
    let mut dice = Dice::new(seed);
    let mut conversations: Vec<String> = Vec::new();
    let mut n = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(pause).await;
        n += 1;
        if (n % 20 == 1 || conversations.is_empty())
            && let Answer::Done(page) = browser.ask(carrier.node(), "/api/conversations?limit=50", None).await
        {
            let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
            let ours = items.iter().filter(|item| item["inbox_id"] != never.as_str());
            conversations = ours.filter_map(|item| item["id"].as_str().map(str::to_owned)).collect();
        }
        if n.is_multiple_of(LIFE) {
            browser = Browser::sign_in(&carrier).await?;
        }
        if conversations.is_empty() || carrier.ledger.is_quiet() {
            continue;
        }
        if dice.chance(6) {
            // The provider fails at one of the next messages.
            let effects = [Effect::LoseResponse, Effect::StatusFirst, Effect::ServerError, Effect::Cut];
            let effect = effects[usize::try_from(dice.next() % 4).unwrap_or(0)];
            let sim = usize::try_from(dice.next()).unwrap_or(0) % sims.len();
            sims[sim].failures().next_sends(1, effect);
        }
        let conversation = &conversations[usize::try_from(dice.next()).unwrap_or(0) % conversations.len()];
        let client = format!("{seed:x}-{n}");
        let text = format!("answer {client}");
        let upload = if dice.chance(15) { browser.upload(&client).await } else { None };
        write(&mut browser, conversation, client, text, upload).await;
    }
    Ok(())
}

/// Writes one reply until the product says that it has it, or that it will not take it.
async fn write(
    browser: &mut Browser,
    conversation: &str,
    client: String,
    text: String,
    upload: Option<String>,
) {
    let carrier = browser.carrier.clone();
    let ledger = &carrier.ledger;
    let path = format!("/api/conversations/{conversation}/messages");
    let mut body = json!({ "client_id": client, "text": text });
    if let Some(upload) = upload {
        body["upload_id"] = upload.into();
    }
    let reply = Reply { text, tried: ledger.now(), acked: None };
    ledger.book().replies.insert(client.clone(), reply);
    for _ in 0..600 {
        let (number, node) = carrier.next_node();
        match browser.ask(node, &path, Some(&body)).await {
            Answer::Done(_) => {
                let now = ledger.now();
                if let Some(reply) = ledger.book().replies.get_mut(&client) {
                    reply.acked = Some(now);
                    carrier.cross(&reply.text, number);
                }
                return;
            }
            Answer::Refused(status, text) => {
                return ledger.trouble(format!("reply {client} was refused with {status}: {text}"));
            }
            Answer::Nothing => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    ledger.trouble(format!("reply {client} was never answered"));
}
