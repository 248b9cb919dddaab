//! The other end of the event stream.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::browser::Browser;

/// Everything here happens within milliseconds; this is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client of the event stream.
pub(crate) struct Wire(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Wire {
    /// Opens the stream with a browser's cookie; greets.
    pub(crate) async fn open(browser: &Browser, since: Option<i64>) -> Self {
        let (wire, _) = Self::try_open(browser, since, &browser.origin()).await.expect("the stream opens");
        wire
    }

    /// Opens the stream from a page of some origin; the status of the refusal when it is refused. Returns the
    /// number that `hello` tells.
    pub(crate) async fn try_open(
        browser: &Browser,
        since: Option<i64>,
        origin: &str,
    ) -> Result<(Self, i64), u16> {
        let since = since.map(|seq| format!("?since={seq}")).unwrap_or_default();
        let address = format!("{}/api/stream{since}", browser.origin().replace("http:", "ws:"));
        let mut request = address.into_client_request().expect("a request");
        let headers = request.headers_mut();
        match browser.authorization() {
            Some(line) => headers.insert("authorization", line.parse().expect("a value")),
            None => headers.insert("origin", origin.parse().expect("a value")),
        };
        if let Some(cookie) = browser.cookie() {
            headers.insert("cookie", format!("bellhop_session={cookie}").parse().expect("a value"));
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, _)) => {
                let mut wire = Self(stream);
                let hello = wire.frame().await.expect("a greeting");
                assert_eq!(hello["type"], "hello");
                assert_eq!(hello["heartbeat_ms"], 25_000);
                Ok((wire, hello["seq"].as_i64().expect("a number")))
            }
            Err(Error::Http(refusal)) => Err(refusal.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// The next frame; `None` when the line is closed.
    pub(crate) async fn frame(&mut self) -> Option<Value> {
        loop {
            let heard = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("a frame in time");
            match heard {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).expect("JSON");
                    if frame["type"] != "ping" {
                        return Some(frame);
                    }
                    self.say(&serde_json::json!({"type": "pong"})).await;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> Value {
        let frame = self.frame().await.expect("the line is open");
        assert_eq!(frame["type"], "event", "{frame}");
        frame
    }

    /// The events up to a number, without a gap.
    pub(crate) async fn events_up_to(&mut self, after: i64, last: i64) -> Vec<Value> {
        let mut events = Vec::new();
        for seq in after + 1..=last {
            let event = self.event().await;
            assert_eq!(event["seq"], seq, "a gap in the stream: {event}");
            events.push(event);
        }
        events
    }

    /// The reason of the goodbye that is the next frame, after which the line is closed.
    pub(crate) async fn goodbye(&mut self) -> String {
        let bye = self.frame().await.expect("a goodbye");
        assert_eq!(bye["type"], "bye", "{bye}");
        assert!(self.frame().await.is_none(), "the line is closed after a goodbye");
        bye["reason"].as_str().expect("a reason").to_owned()
    }

    /// Says something.
    pub(crate) async fn say(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).await.expect("said");
    }
}
