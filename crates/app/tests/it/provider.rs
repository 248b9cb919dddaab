//! A provider's messages endpoint on loopback that remembers what it got and when, and misbehaves as told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// What it does with the next messages.
#[derive(Clone, Debug)]
pub(crate) enum Mood {
    /// Takes them, each after another time up to this.
    Fine(Duration),
    /// Takes them and never answers.
    Hang,
    /// Takes them and cuts the connection instead of answering.
    Cut,
    /// Refuses them with this status, these header lines and this code.
    Refuse(u16, &'static str, u32),
}

/// A message that it got.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) at: Instant,
    pub(crate) path: String,
    pub(crate) body: Value,
}

impl Got {
    pub(crate) fn text(&self) -> String {
        self.body["text"]["body"].as_str().unwrap_or_default().to_owned()
    }
}

#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    moods: Arc<Mutex<HashMap<String, Mood>>>,
    count: Arc<AtomicUsize>,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let provider = Self {
            address: listener.local_addr().expect("an address"),
            got: Arc::default(),
            moods: Arc::default(),
            count: Arc::default(),
        };
        let serving = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        provider
    }

    /// From now on, for the messages of a number.
    pub(crate) fn is(&self, number: &str, mood: Mood) {
        self.moods.lock().expect("whole").insert(number.to_owned(), mood);
    }

    /// The messages of a number so far.
    pub(crate) fn got(&self, number: &str) -> Vec<Got> {
        let part = format!("/{number}/messages");
        self.got.lock().expect("whole").iter().filter(|got| got.path.ends_with(&part)).cloned().collect()
    }

    /// The most messages of a number that came within one second.
    pub(crate) fn busiest(&self, number: &str) -> usize {
        let mut times: Vec<Instant> = self.got(number).iter().map(|got| got.at).collect();
        times.sort_unstable();
        let second = Duration::from_secs(1);
        let within = |place: usize| {
            let end = times[place] + second;
            times[place..].iter().take_while(|at| **at < end).count()
        };
        (0..times.len()).map(within).max().unwrap_or(0)
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut buffer = Vec::new();
        while let Some((path, body)) = request(&mut stream, &mut buffer).await {
            let number = path.rsplit('/').nth(1).unwrap_or_default().to_owned();
            let mood = self.moods.lock().expect("whole").get(&number).cloned();
            let count = self.count.fetch_add(1, Ordering::Relaxed);
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            self.got.lock().expect("whole").push(Got { at: Instant::now(), path, body });
            let answer = match mood.unwrap_or(Mood::Fine(Duration::ZERO)) {
                Mood::Fine(most) => {
                    // Far from even, so that answers overtake each other.
                    let share = u32::try_from(count * 37 % 100).unwrap_or(0);
                    tokio::time::sleep(most * share / 100).await;
                    let body = format!(r#"{{"messages":[{{"id":"wamid.{number}.{count}"}}]}}"#);
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                }
                Mood::Hang => return std::future::pending().await,
                Mood::Cut => return,
                Mood::Refuse(status, head, code) => {
                    let body = format!(r#"{{"error":{{"code":{code},"message":"no"}}}}"#);
                    format!("HTTP/1.1 {status} No\r\n{head}content-length: {}\r\n\r\n{body}", body.len())
                }
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// The next request's path and body.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            if buffer.len() >= end + 4 + length {
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let body = buffer[end + 4..end + 4 + length].to_vec();
                buffer.drain(..end + 4 + length);
                return Some((path, body));
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
