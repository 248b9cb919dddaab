//! The least of three wire protocols that a subscriber needs: NATS, MQTT 3.1.1 and socket.io over WebSocket. By hand,
//! so that the load's own cost stays as small and even as with our own event stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::http::Line;
use crate::socket::Socket;

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
        if self == Self::SocketIo {
            let socket = socket_io(address).await?;
            // It ends when the server does or the run stops it, as the others do.
            return Ok(tokio::spawn(async move { drop(follow_socket_io(socket, &told).await) }));
        }
        let mut stream = connect(address).await?;
        if self == Self::Nats {
            nats(&mut stream).await?;
            stream.get_mut().write_all(format!("SUB {SUBJECT} 1\r\nPING\r\n").as_bytes()).await?;
            line(&mut stream, "PONG").await?;
            return Ok(tokio::spawn(async move { drop(follow_nats(stream, &told).await) }));
        }
        mqtt(&mut stream).await?;
        let topic = SUBJECT.as_bytes();
        // SUBSCRIBE, packet 1, one topic at most once (MQTT 3.1.1, 3.8).
        let mut packet = vec![0x82, 5 + topic.len() as u8, 0, 1, 0, topic.len() as u8];
        packet.extend_from_slice(topic);
        packet.push(0);
        stream.get_mut().write_all(&packet).await?;
        let confirmed = mqtt_packet(&mut stream, &mut Vec::new()).await? == 0x90;
        ensure!(confirmed, "the subscription is not confirmed");
        Ok(tokio::spawn(async move { drop(follow_mqtt(stream, &told).await) }))
    }
}

async fn connect(address: &str) -> anyhow::Result<Stream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(BufReader::with_capacity(16 << 10, stream))
}

async fn follow_nats(mut stream: Stream, told: &AtomicU64) -> anyhow::Result<()> {
    let (mut text, mut body) = (String::new(), Vec::new());
    loop {
        text.clear();
        ensure!(stream.read_line(&mut text).await? > 0, "the broker hung up");
        if let Some(size) = text.strip_prefix("MSG ").and_then(|rest| rest.trim().rsplit(' ').next()) {
            body.resize(size.parse::<usize>()? + 2, 0);
            stream.read_exact(&mut body).await?;
            told.fetch_add(1, Ordering::Relaxed);
        } else if text.starts_with("PING") {
            stream.get_mut().write_all(b"PONG\r\n").await?;
        }
    }
}

async fn follow_mqtt(mut stream: Stream, told: &AtomicU64) -> anyhow::Result<()> {
    let mut body = Vec::new();
    loop {
        let is_message = mqtt_packet(&mut stream, &mut body).await? & 0xf0 == 0x30;
        told.fetch_add(u64::from(is_message), Ordering::Relaxed);
    }
}

async fn follow_socket_io(mut socket: Socket, told: &AtomicU64) -> anyhow::Result<()> {
    while let Some(frame) = socket.frame().await? {
        match frame {
            b"2" => socket.say(b"3").await?,
            [b'4', b'2', ..] => _ = told.fetch_add(1, Ordering::Relaxed),
            _ => {}
        }
    }
    Ok(())
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
        let mut stream = connect(address).await?;
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

/// The beginning of an MQTT connection: CONNECT with a clean session, a name of the broker's choice for the session, no
/// keep-alive, and a user whom those that let everybody in may still want to be told (MQTT 3.1.1, 3.1).
async fn mqtt(stream: &mut Stream) -> anyhow::Result<()> {
    let mut packet = vec![0x10, 22, 0, 4];
    packet.extend_from_slice(b"MQTT\x04\xc2\0\0\0\0\0\x05bench\0\x01x");
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
async fn socket_io(address: &str) -> anyhow::Result<Socket> {
    let mut socket = Socket::upgrade(address, "/socket.io/?EIO=4&transport=websocket", "").await?;
    ensure!(matches!(socket.frame().await?, Some([b'0', ..])), "no Engine.IO session");
    socket.say(b"40").await?;
    loop {
        match socket.frame().await?.context("the server hung up before the session")? {
            [b'4', b'0', ..] => return Ok(socket),
            b"2" => socket.say(b"3").await?,
            other => bail!("no Socket.IO session: {}", String::from_utf8_lossy(other)),
        }
    }
}
