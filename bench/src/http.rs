//! A plain HTTP/1.1 line, so that the generator's own cost stays small and even.

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer.
pub(crate) struct Answer {
    /// Its status code.
    pub(crate) status: u16,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body of an answer that must be a success.
    pub(crate) fn json(&self) -> anyhow::Result<serde_json::Value> {
        if !(200..300).contains(&self.status) {
            bail!("answered {}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        serde_json::from_slice(&self.body).context("an answer that is not JSON")
    }
}

/// A connection that is kept open between requests.
pub(crate) struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    /// Connects to `host:port`.
    pub(crate) async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await?;
        };
        let text = std::str::from_utf8(&self.buffer[..head]).context("an answer that is no text")?;
        let status =
            text.get(9..12).and_then(|code| code.parse().ok()).context("an answer without a code")?;
        let length = length(text)?;
        while self.buffer.len() < head + length {
            self.more().await?;
        }
        Ok(Answer { status, body: self.buffer[head..head + length].to_vec() })
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the connection was closed before the answer was whole");
        }
        Ok(())
    }
}

fn length(head: &str) -> anyhow::Result<usize> {
    for line in head.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            return value.trim().parse().context("a length that is no number");
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            bail!("an answer in pieces, which this client does not read");
        }
    }
    Ok(0)
}

/// A request to read something as a signed-in browser.
pub(crate) fn get(address: &str, path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: bellhop_session={token}\r\n\r\n").into_bytes()
}

/// A request with a JSON body as a signed-in browser.
pub(crate) fn post(address: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\ncookie: bellhop_session={token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A signed delivery of the provider to a hook.
pub(crate) fn delivery(address: &str, hook: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {hook} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\nx-hub-signature-256: {}\r\n\
         content-length: {}\r\n\r\n{body}",
        crate::delivery::signature(body),
        body.len()
    )
    .into_bytes()
}
