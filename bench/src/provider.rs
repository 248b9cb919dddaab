//! A provider that takes every message at once and notes when: the load generator's own cost must stay small, and
//! the simulated provider of the tests checks far more than is needed here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// When messages came, by number, in microseconds after the start.
type Taken = Arc<Mutex<HashMap<String, Vec<u64>>>>;

/// A running provider.
pub(crate) struct Provider {
    /// Where it listens, `127.0.0.1:port`.
    pub(crate) address: String,
    taken: Taken,
    serving: JoinHandle<()>,
}

impl Provider {
    /// Starts one; times count from `start`.
    pub(crate) async fn start(start: Instant) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let taken = Taken::default();
        let noted = taken.clone();
        let serving = tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                let noted = noted.clone();
                // A line that breaks off is the program's choice.
                tokio::spawn(async move { drop(serve(line, noted, start).await) });
            }
        });
        Ok(Self { address, taken, serving })
    }

    /// How many messages came.
    pub(crate) fn count(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).values().map(Vec::len).sum()
    }

    /// When the messages of each number came, and that is the end.
    pub(crate) fn stop(self) -> HashMap<String, Vec<u64>> {
        self.serving.abort();
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(line: TcpStream, taken: Taken, start: Instant) -> anyhow::Result<()> {
    line.set_nodelay(true)?;
    let mut line = BufReader::new(line);
    let mut text = String::new();
    loop {
        let (mut number, mut length) = (String::new(), 0);
        loop {
            text.clear();
            if line.read_line(&mut text).await? == 0 {
                return Ok(());
            }
            if text == "\r\n" {
                break;
            }
            if let Some(path) = text.strip_prefix("POST /") {
                number = path.split('/').nth(1).unwrap_or_default().to_owned();
            }
            if let Some((name, value)) = text.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        line.read_exact(&mut body).await?;
        let at = start.elapsed().as_micros() as u64;
        let n = {
            let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
            let times = taken.entry(number.clone()).or_default();
            times.push(at);
            times.len()
        };
        let answer = format!(
            r#"{{"messaging_product":"whatsapp","contacts":[{{"input":"1","wa_id":"1"}}],"messages":[{{"id":"wamid.{number}.{n}"}}]}}"#
        );
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
        let answer = format!("{head}content-length: {}\r\n\r\n{answer}", answer.len());
        line.get_mut().write_all(answer.as_bytes()).await?;
    }
}

/// The most messages of one number in any window of one second.
pub(crate) fn most_in_a_second(times: &[u64]) -> usize {
    let mut times = times.to_vec();
    times.sort_unstable();
    let mut from = 0;
    let mut most = 0;
    for (to, at) in times.iter().enumerate() {
        while times[from] + 1_000_000 <= *at {
            from += 1;
        }
        most = most.max(to + 1 - from);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::most_in_a_second;

    #[test]
    fn a_window_may_begin_anywhere() {
        assert_eq!(most_in_a_second(&[0, 900_000, 999_999, 1_000_000, 1_500_000]), 4);
        assert_eq!(most_in_a_second(&[0, 1_000_000, 2_000_000]), 1);
        assert_eq!(most_in_a_second(&[]), 0);
    }
}
