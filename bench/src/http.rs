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
        let Body::Length(length) = body(text)? else {
            return Ok(Answer { status, body: self.chunks(head).await? });
        };
        while self.buffer.len() < head + length {
            self.more().await?;
        }
        Ok(Answer { status, body: self.buffer[head..head + length].to_vec() })
    }

    /// A body in chunks (RFC 9112, 7.1), beginning at `at` in the buffer.
    async fn chunks(&mut self, mut at: usize) -> anyhow::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                match self.buffer[at..].windows(2).position(|window| window == b"\r\n") {
                    Some(end) => break at + end,
                    None => self.more().await?,
                }
            };
            let size = std::str::from_utf8(&self.buffer[at..end]).context("a chunk without a size")?;
            let size = usize::from_str_radix(size.trim(), 16).context("a chunk's size that is no number")?;
            let begin = end + 2;
            while self.buffer.len() < begin + size + 2 {
                self.more().await?;
            }
            body.extend_from_slice(&self.buffer[begin..begin + size]);
            at = begin + size + 2;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the connection was closed before the answer was whole");
        }
        Ok(())
    }
}

/// How an answer says where its body ends.
enum Body {
    Length(usize),
    Chunks,
}

fn body(head: &str) -> anyhow::Result<Body> {
    for line in head.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            return value.trim().parse().map(Body::Length).context("a length that is no number");
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Ok(Body::Chunks);
        }
    }
    Ok(Body::Length(0))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_read_by_its_length_and_in_chunks() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut asked = [0; 1];
            for answer in [
                ["HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhe", "llo"],
                ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2", "\r\nlo\r\n0\r\n\r\n"],
            ] {
                stream.read_exact(&mut asked).await.expect("a request");
                for part in answer {
                    stream.write_all(part.as_bytes()).await.expect("an answer");
                    stream.flush().await.expect("an answer");
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
            }
        });
        let mut line = Line::open(&address).await.expect("a line");
        for status in [201, 200] {
            let answer = line.exchange(b"?").await.expect("an answer");
            assert_eq!((answer.status, answer.body.as_slice()), (status, b"hello".as_slice()));
        }
        server.await.expect("the server");
    }
}
