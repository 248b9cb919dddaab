//! An agent's browser: a WebSocket that notes when each message was shown.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// An open event stream.
pub(crate) struct Socket {
    stream: BufReader<TcpStream>,
    payload: Vec<u8>,
}

impl Socket {
    /// Opens a stream and reads its first frame. `since` is the last number that the browser has.
    pub(crate) async fn open(address: &str, token: &str, since: Option<i64>) -> anyhow::Result<Self> {
        let place = since.map_or_else(String::new, |since| format!("?since={since}"));
        let head = format!("origin: http://{address}\r\ncookie: bellhop_session={token}\r\n");
        let mut socket = Self::upgrade(address, &format!("/api/stream{place}"), &head).await?;
        socket.frame().await?;
        Ok(socket)
    }

    /// Opens a WebSocket (RFC 6455, 4.1) with more lines in the request's head.
    pub(crate) async fn upgrade(address: &str, path: &str, head: &str) -> anyhow::Result<Self> {
        let line = TcpStream::connect(address).await?;
        line.set_nodelay(true)?;
        let mut stream = BufReader::with_capacity(16 << 10, line);
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\n{head}connection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.get_mut().write_all(request.as_bytes()).await?;
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if !line.starts_with("HTTP/1.1 101") {
            bail!("no WebSocket: {}", line.trim());
        }
        while !line.trim().is_empty() {
            line.clear();
            stream.read_line(&mut line).await?;
        }
        Ok(Self { stream, payload: Vec::new() })
    }

    /// Writes a text frame of at most 125 bytes, masked with nothing.
    pub(crate) async fn say(&mut self, text: &[u8]) -> anyhow::Result<()> {
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 126);
        let mut frame = vec![0x81, 0x80 | length.context("a frame that is not short")?, 0, 0, 0, 0];
        frame.extend_from_slice(text);
        Ok(self.stream.get_mut().write_all(&frame).await?)
    }

    /// Reads the next frame (RFC 6455, 5.2; a server's frames are not masked); `None` at the end.
    pub(crate) async fn frame(&mut self) -> anyhow::Result<Option<&[u8]>> {
        let mut head = [0; 2];
        if self.stream.read_exact(&mut head).await.is_err() || head[0] & 0x0f == 8 {
            return Ok(None);
        }
        let length = match head[1] & 0x7f {
            126 => u64::from(self.stream.read_u16().await?),
            127 => self.stream.read_u64().await?,
            short => u64::from(short),
        };
        self.payload.resize(usize::try_from(length)?, 0);
        self.stream.read_exact(&mut self.payload).await?;
        Ok(Some(&self.payload))
    }
}

/// Browsers that watch one workspace.
pub(crate) struct Watch {
    /// When each message was first seen by the first browser, in microseconds after `start`; 0 when not yet.
    seen: Arc<Mutex<Vec<u64>>>,
    /// Messages that all browsers were told of together.
    told: Arc<AtomicU64>,
    /// Their bytes.
    bytes: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<()>>,
}

impl Watch {
    /// Opens `count` browsers that expect messages numbered below `messages`.
    pub(crate) async fn open(
        address: &str,
        token: &str,
        count: usize,
        messages: usize,
        start: Instant,
    ) -> anyhow::Result<Self> {
        let watch = Self {
            seen: Arc::new(Mutex::new(vec![0; messages])),
            told: Arc::new(AtomicU64::new(0)),
            bytes: Arc::new(AtomicU64::new(0)),
            tasks: Vec::new(),
        };
        let mut tasks = Vec::new();
        for place in 0..count {
            let socket = Socket::open(address, token, None).await?;
            let seen = (place == 0).then(|| watch.seen.clone());
            let counts = (watch.told.clone(), watch.bytes.clone());
            tasks.push(tokio::spawn(follow(
                socket,
                address.to_owned(),
                token.to_owned(),
                seen,
                counts,
                start,
            )));
        }
        Ok(Self { tasks, ..watch })
    }

    /// Messages that all browsers were told of together.
    pub(crate) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }

    /// The bytes of one telling, on average.
    pub(crate) fn size(&self) -> usize {
        (self.bytes.load(Ordering::Relaxed) / self.told().max(1)) as usize
    }

    /// How many messages the first browser was told of.
    pub(crate) fn shown(&self) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|at| **at > 0).count()
    }

    /// When each message was shown.
    pub(crate) fn close(self) -> Vec<u64> {
        for task in &self.tasks {
            task.abort();
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn follow(
    mut socket: Socket,
    address: String,
    token: String,
    seen: Option<Arc<Mutex<Vec<u64>>>>,
    (told, bytes): (Arc<AtomicU64>, Arc<AtomicU64>),
    start: Instant,
) {
    let last = AtomicI64::new(0);
    loop {
        while let Ok(Some(frame)) = socket.frame().await {
            let Some((seq, number)) = event(frame) else { continue };
            last.store(seq, Ordering::Relaxed);
            let Some(number) = number else { continue };
            told.fetch_add(1, Ordering::Relaxed);
            bytes.fetch_add(frame.len() as u64, Ordering::Relaxed);
            if let Some(seen) = &seen {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(at) = seen.get_mut(number).filter(|at| **at == 0) {
                    *at = (start.elapsed().as_micros() as u64).max(1);
                }
            }
        }
        // A browser that was dropped for being slow comes back where it stopped.
        let since = Some(last.load(Ordering::Relaxed)).filter(|since| *since > 0);
        match Socket::open(&address, &token, since).await {
            Ok(again) => socket = again,
            Err(_) => return,
        }
    }
}

/// An event's number, and the number of the customer's message that it carries. Written for speed: the generator
/// shares the processors with the program.
fn event(frame: &[u8]) -> Option<(i64, Option<usize>)> {
    let text = std::str::from_utf8(frame).ok()?;
    let rest = text.strip_prefix("{\"type\":\"event\",\"seq\":")?;
    let seq = rest.split(',').next()?.parse().ok()?;
    let number = text
        .split_once("\"text\":\"#")
        .and_then(|(_, after)| after.split(' ').next()?.parse().ok())
        .filter(|_| rest.contains("\"kind\":\"message\""));
    Some((seq, number))
}

#[cfg(test)]
mod tests {
    use super::event;

    #[test]
    fn a_message_is_recognised_in_its_frame() {
        let frame = br##"{"type":"event","seq":7,"kind":"message","id":"ms_1","message":{"content":{"kind":"text","text":"#42 hello"}}}"##;
        assert_eq!(event(frame), Some((7, Some(42))));
        assert_eq!(event(br#"{"type":"ping"}"#), None);
        assert_eq!(event(br#"{"type":"event","seq":8,"kind":"label","id":"lb_1"}"#), Some((8, None)));
    }
}
