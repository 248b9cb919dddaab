//! The least of three wire protocols that a subscriber needs: NATS, MQTT 3.1.1 and socket.io over WebSocket. By hand,
//! so that the load's own cost stays as small and even as with our own event stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::http::Line;

/// The one subject of a run.
const SUBJECT: &str = "bench";

/// How a broker is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// The text protocol of NATS.
    Nats,
    /// MQTT 3.1.1 at most once.
    Mqtt,
    /// Engine.IO 4 and Socket.IO 5 over WebSocket.
    SocketIo,
}

type Stream = BufReader<TcpStream>;

impl Wire {
    /// Opens a subscriber that counts what it is told.
    pub(crate) async fn subscribe(
        self,
        address: &str,
        told: Arc<AtomicU64>,
    ) -> anyhow::Result<JoinHandle<()>> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::with_capacity(16 << 10, stream);
        match self {
            Self::Nats => {
                nats(&mut stream).await?;
                stream.get_mut().write_all(format!("SUB {SUBJECT} 1\r\nPING\r\n").as_bytes()).await?;
                line(&mut stream, "PONG").await?;
            }
            Self::Mqtt => {
                mqtt(&mut stream).await?;
                let topic = SUBJECT.as_bytes();
                // SUBSCRIBE, packet 1, one topic at most once (MQTT 3.1.1, 3.8).
                let mut packet = vec![0x82, 5 + topic.len() as u8, 0, 1, 0, topic.len() as u8];
                packet.extend_from_slice(topic);
                packet.push(0);
                stream.get_mut().write_all(&packet).await?;
                ensure!(
                    mqtt_packet(&mut stream, &mut Vec::new()).await? == 0x90,
                    "the subscription is not confirmed"
                );
            }
            Self::SocketIo => socket_io(&mut stream, address).await?,
        }
        Ok(tokio::spawn(async move {
            // It ends when the broker does or the run stops it.
            let _ = self.follow(stream, &told).await;
        }))
    }

    async fn follow(self, mut stream: Stream, told: &AtomicU64) -> anyhow::Result<()> {
        let (mut text, mut body) = (String::new(), Vec::new());
        loop {
            let message = match self {
                Self::Nats => {
                    text.clear();
                    ensure!(stream.read_line(&mut text).await? > 0, "the broker hung up");
                    let size = text.strip_prefix("MSG ").and_then(|rest| rest.trim().rsplit(' ').next());
                    if let Some(size) = size {
                        body.resize(size.parse::<usize>()? + 2, 0);
                        stream.read_exact(&mut body).await?;
                    } else if text.starts_with("PING") {
                        stream.get_mut().write_all(b"PONG\r\n").await?;
                    }
                    size.is_some()
                }
                Self::Mqtt => mqtt_packet(&mut stream, &mut body).await? & 0xf0 == 0x30,
                Self::SocketIo => {
                    frame(&mut stream, &mut body).await?;
                    if body == b"2" {
                        say(&mut stream, b"3").await?;
                    }
                    body.starts_with(b"42")
                }
            };
            told.fetch_add(u64::from(message), Ordering::Relaxed);
        }
    }
}

/// Who tells the broker.
pub(crate) enum Publisher {
    Nats(Stream),
    Mqtt(Stream),
    SocketIo(Line, String),
}

impl Publisher {
    /// Opens one.
    pub(crate) async fn open(wire: Wire, address: &str) -> anyhow::Result<Self> {
        if wire == Wire::SocketIo {
            return Ok(Self::SocketIo(Line::open(address).await?, address.to_owned()));
        }
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        if wire == Wire::Nats {
            nats(&mut stream).await?;
            return Ok(Self::Nats(stream));
        }
        mqtt(&mut stream).await?;
        Ok(Self::Mqtt(stream))
    }

    /// Tells everybody.
    pub(crate) async fn publish(&mut self, payload: &str) -> anyhow::Result<()> {
        match self {
            Self::Nats(stream) => {
                let packet = format!("PUB {SUBJECT} {}\r\n{payload}\r\n", payload.len());
                stream.get_mut().write_all(packet.as_bytes()).await?;
            }
            Self::Mqtt(stream) => {
                let mut packet = vec![0x30];
                let mut left = 2 + SUBJECT.len() + payload.len();
                // Seven bits a byte (MQTT 3.1.1, 2.2.3).
                while left > 127 {
                    packet.push((left % 128) as u8 | 0x80);
                    left /= 128;
                }
                packet.extend_from_slice(&[left as u8, 0, SUBJECT.len() as u8]);
                packet.extend_from_slice(SUBJECT.as_bytes());
                packet.extend_from_slice(payload.as_bytes());
                stream.get_mut().write_all(&packet).await?;
            }
            Self::SocketIo(line, address) => {
                let length = payload.len();
                let request = format!(
                    "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n\r\n{payload}"
                );
                ensure!(
                    line.exchange(request.as_bytes()).await?.status == 200,
                    "the server takes no message"
                );
            }
        }
        Ok(())
    }
}

/// The beginning of a NATS connection.
async fn nats(stream: &mut Stream) -> anyhow::Result<()> {
    line(stream, "INFO").await?;
    stream.get_mut().write_all(b"CONNECT {\"verbose\":false,\"pedantic\":false}\r\nPING\r\n").await?;
    line(stream, "PONG").await
}

/// Reads lines up to the one that begins with a word.
async fn line(stream: &mut Stream, word: &str) -> anyhow::Result<()> {
    let mut text = String::new();
    while !text.starts_with(word) {
        text.clear();
        ensure!(stream.read_line(&mut text).await? > 0, "the broker hung up before {word}");
        ensure!(!text.starts_with("-ERR"), "the broker says {}", text.trim());
    }
    Ok(())
}

/// The beginning of an MQTT connection: CONNECT with a clean session and a name of its own choice, no keep-alive.
async fn mqtt(stream: &mut Stream) -> anyhow::Result<()> {
    let packet = [0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 0, 0, 0];
    stream.get_mut().write_all(&packet).await?;
    let mut body = Vec::new();
    let kind = mqtt_packet(stream, &mut body).await?;
    ensure!(kind == 0x20 && body.get(1) == Some(&0), "the broker refuses the connection: {body:?}");
    Ok(())
}

/// Reads a packet and returns its first byte.
async fn mqtt_packet(stream: &mut Stream, body: &mut Vec<u8>) -> anyhow::Result<u8> {
    let kind = stream.read_u8().await?;
    let (mut size, mut shift) = (0_usize, 0);
    loop {
        let byte = stream.read_u8().await?;
        size |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
        ensure!(shift < 28, "a packet whose length does not end");
    }
    body.resize(size, 0);
    stream.read_exact(body).await?;
    Ok(kind)
}

/// The beginning of a socket.io connection.
async fn socket_io(stream: &mut Stream, address: &str) -> anyhow::Result<()> {
    let request = format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    stream.get_mut().write_all(request.as_bytes()).await?;
    let mut text = String::new();
    stream.read_line(&mut text).await?;
    ensure!(text.starts_with("HTTP/1.1 101"), "no WebSocket: {}", text.trim());
    while !text.trim().is_empty() {
        text.clear();
        stream.read_line(&mut text).await?;
    }
    let mut body = Vec::new();
    frame(stream, &mut body).await?;
    ensure!(body.first() == Some(&b'0'), "no Engine.IO session");
    say(stream, b"40").await?;
    loop {
        frame(stream, &mut body).await?;
        match body.as_slice() {
            [b'4', b'0', ..] => return Ok(()),
            [b'2'] => say(stream, b"3").await?,
            other => bail!("no Socket.IO session: {}", String::from_utf8_lossy(other)),
        }
    }
}

/// Reads a text frame of a server (RFC 6455, 5.2).
async fn frame(stream: &mut Stream, body: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await?;
    ensure!(head[0] & 0x0f == 1, "a frame that is no text");
    let size = match head[1] & 0x7f {
        126 => u64::from(stream.read_u16().await?),
        127 => stream.read_u64().await?,
        short => u64::from(short),
    };
    body.resize(usize::try_from(size).context("a frame too large")?, 0);
    stream.read_exact(body).await?;
    Ok(())
}

/// Writes a short text frame of a client, masked with nothing.
async fn say(stream: &mut Stream, text: &[u8]) -> anyhow::Result<()> {
    let mut packet = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
    packet.extend_from_slice(text);
    stream.get_mut().write_all(&packet).await?;
    Ok(())
}
