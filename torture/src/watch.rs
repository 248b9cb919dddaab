//! Browsers that watch the stream of events, each with its last number, over all breaks: each event once, in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::agents::{Browser, PATIENCE};
use crate::carrier::Carrier;

/// What all watchers of a run share: they are signed in as one.
pub(crate) struct Watchers {
    carrier: Arc<Carrier>,
    browser: Mutex<Browser>,
    /// Ends them.
    pub(crate) stop: AtomicBool,
}

/// One frame's kind and number, as far as it has them.
struct Head {
    kind: Kind,
    seq: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Event,
    Reset,
    Hello,
    Ping,
    Bye,
    Other,
}

impl Watchers {
    /// Signed in, and watching nothing yet.
    pub(crate) async fn new(carrier: Arc<Carrier>) -> anyhow::Result<Arc<Self>> {
        let browser = Mutex::new(Browser::sign_in(&carrier).await?);
        Ok(Arc::new(Self { carrier, browser, stop: AtomicBool::new(false) }))
    }

    /// Watches until told to stop. The first time at the node of that number, after each break at the next one.
    pub(crate) async fn watch(self: Arc<Self>, number: usize) -> anyhow::Result<()> {
        let mut last: Option<i64> = None;
        let mut broke: Option<Instant> = None;
        let mut at = number;
        while !self.stop.load(Ordering::Relaxed) {
            let cookie = self.browser.lock().await.cookie().to_owned();
            if let Err(error) = self.follow(at, &cookie, &mut last, &mut broke).await {
                // A process died; another one goes on where it ended.
                if broke.replace(Instant::now()).is_none() {
                    self.carrier.ledger.book().resumed += 1;
                }
                if error.to_string().contains("401") {
                    let mut browser = self.browser.lock().await;
                    if browser.cookie() == cookie {
                        *browser = Browser::sign_in(&self.carrier).await?;
                    }
                }
            }
            at += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    async fn follow(
        &self,
        at: usize,
        cookie: &str,
        last: &mut Option<i64>,
        broke: &mut Option<Instant>,
    ) -> anyhow::Result<()> {
        let (number, node) = self.carrier.node_at(at);
        let since = last.map_or(String::new(), |last| format!("?since={last}"));
        let mut request = format!("ws://{node}/api/stream{since}").into_client_request()?;
        request.headers_mut().insert("cookie", cookie.parse()?);
        request.headers_mut().insert("origin", format!("http://{node}").parse()?);
        let began = Instant::now();
        let (mut line, _) =
            tokio::time::timeout(PATIENCE, tokio_tungstenite::connect_async(request)).await??;
        let ledger = &self.carrier.ledger;
        let mut head = None;
        loop {
            let heard = tokio::time::timeout(Duration::from_secs(1), line.next()).await;
            if self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let Ok(heard) = heard else { continue };
            let Message::Text(text) = heard.context("the line ended")?? else { continue };
            let frame = read(text.as_str())?;
            match frame.kind {
                Kind::Event => {
                    ledger.book().events += 1;
                    if last.is_some_and(|last| frame.seq != last + 1) {
                        ledger.trouble(format!("the stream told event {} after {last:?}", frame.seq));
                    }
                    *last = Some(frame.seq);
                    if let Some(crossing) = &self.carrier.crossing {
                        let event: Value = serde_json::from_str(text.as_str())?;
                        if let Some(text) = event["message"]["content"]["text"].as_str() {
                            crossing.seen(text, number, ledger.now());
                        }
                    }
                }
                Kind::Reset => {
                    ledger.book().resets += 1;
                    if last.is_some_and(|last| frame.seq < last) {
                        ledger.trouble(format!(
                            "the numbers of events went back from {last:?} to {}",
                            frame.seq
                        ));
                    }
                    *last = Some(frame.seq);
                }
                Kind::Hello => {
                    head = Some(frame.seq);
                    last.get_or_insert(frame.seq);
                }
                Kind::Ping => line.send(Message::text(r#"{"type":"pong"}"#)).await?,
                Kind::Bye => bail!("the server said goodbye"),
                Kind::Other => {}
            }
            if head.is_some() && *last >= head {
                head = None;
                if broke.take().is_some() {
                    ledger.book().caught_up.push(began.elapsed());
                }
            }
        }
    }
}

/// Reads what every frame begins with. Thousands of watchers would have no time to read each frame as a whole.
fn read(text: &str) -> anyhow::Result<Head> {
    let quickly = || {
        let rest = text.strip_prefix(r#"{"type":"event","seq":"#)?;
        let (number, _) = rest.split_once([',', '}'])?;
        Some(Head { kind: Kind::Event, seq: number.parse().ok()? })
    };
    if let Some(head) = quickly() {
        return Ok(head);
    }
    let frame: Value = serde_json::from_str(text)?;
    let kind = match frame["type"].as_str().unwrap_or("") {
        "event" => Kind::Event,
        "reset" => Kind::Reset,
        "hello" => Kind::Hello,
        "ping" => Kind::Ping,
        "bye" => Kind::Bye,
        _ => Kind::Other,
    };
    match (kind, frame["seq"].as_i64()) {
        (Kind::Ping | Kind::Bye | Kind::Other, _) => Ok(Head { kind, seq: 0 }),
        (_, Some(seq)) => Ok(Head { kind, seq }),
        (_, None) => bail!("a frame without its number: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_quickly_and_slowly_alike() {
        let heads = [
            r#"{"type":"event","seq":17,"kind":"message"}"#,
            r#"{"seq":17,"type":"event","kind":"message"}"#,
            r#"{"type":"reset","seq":4}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"skipped"}"#,
        ]
        .map(|text| read(text).map(|head| (head.kind, head.seq)).expect("read"));
        let event = (Kind::Event, 17);
        assert_eq!(heads, [event, event, (Kind::Reset, 4), (Kind::Ping, 0), (Kind::Other, 0)]);
        assert!(read(r#"{"type":"hello"}"#).is_err());
    }
}
