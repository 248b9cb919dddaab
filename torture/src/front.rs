//! A provider's front: everything that the product asks of one number passes here on its way to the simulated provider,
//! or meets what a provider in trouble, or somebody who pretends to be one, may answer.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::ledger::Ledger;

/// The longest request; pictures are far shorter.
const LONGEST: usize = 16 << 20;
/// What `Limited` asks for.
pub(crate) const PAUSE: Duration = Duration::from_secs(6);
/// What was on its way when the pause was asked for may arrive so much later.
const UNDER_WAY: Duration = Duration::from_millis(1000);
/// How many zeros one piece of the bomb unpacks to, and of how many pieces it is: ten gigabytes.
const PIECE: (usize, usize) = (1 << 20, 10_000);

/// What whoever asks meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// The provider.
    Open,
    /// 429, with the time after which to come again.
    Limited,
    /// 500, with a page that is no JSON.
    Broken,
    /// No answer, for as long as one waits.
    Hang,
    /// An answer that is torn in its middle.
    Torn,
    /// An answer of which one byte comes each second.
    Trickle,
    /// An answer of ten gigabytes.
    Huge,
    /// Ten megabytes that unpack to ten gigabytes.
    Bomb,
    /// Half of a JSON document.
    Half,
    /// Bytes that are no HTTP at all: the beginning of TLS.
    Garbage,
}

/// All that are no good.
pub(crate) const BAD: [Mood; 9] = [
    Mood::Limited,
    Mood::Broken,
    Mood::Hang,
    Mood::Torn,
    Mood::Trickle,
    Mood::Huge,
    Mood::Bomb,
    Mood::Half,
    Mood::Garbage,
];

/// A front.
pub(crate) struct Front {
    address: String,
    provider: String,
    mood: Mutex<Mood>,
    /// From when to when no message may be tried.
    pause: Mutex<Option<(Instant, Instant)>>,
    ledger: Arc<Ledger>,
    passed: AtomicUsize,
    met: AtomicUsize,
    bomb: Vec<u8>,
}

impl Front {
    /// Listens for the product in place of the provider at `address`.
    pub(crate) async fn start(provider: String, ledger: Arc<Ledger>) -> anyhow::Result<Arc<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        // Names in what passes are replaced in their place.
        ensure!(address.len() == provider.len(), "{address} and {provider} have not the same length");
        let mut piece = GzEncoder::new(Vec::new(), Compression::best());
        piece.write_all(&vec![0; PIECE.0])?;
        let front = Arc::new(Self {
            address,
            provider,
            mood: Mutex::new(Mood::Open),
            pause: Mutex::default(),
            ledger,
            passed: AtomicUsize::new(0),
            met: AtomicUsize::new(0),
            bomb: piece.finish()?,
        });
        let listening = front.clone();
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                let (front, came) = (listening.clone(), Instant::now());
                tokio::spawn(async move {
                    // A caller who goes away early is no trouble of ours.
                    let _ = front.serve(caller, came).await;
                });
            }
        });
        Ok(front)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Changes what is met.
    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// How many requests passed, and how many met something else.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.passed.load(Ordering::Relaxed), self.met.load(Ordering::Relaxed))
    }

    /// Waits until nobody is asked to wait.
    pub(crate) async fn pause_is_over(&self) {
        let until = self.pause().map(|(_, until)| until);
        if let Some(until) = until {
            tokio::time::sleep(until.saturating_duration_since(Instant::now())).await;
        }
    }

    fn pause(&self) -> Option<(Instant, Instant)> {
        *self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message that comes although it was asked to wait is noted; asks to wait.
    fn look_at_the_time(&self, came: Instant, asks: bool) {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        match *pause {
            Some((from, until)) if came > from + UNDER_WAY && came < until => {
                let early = (until - came).as_millis();
                self.ledger
                    .trouble(format!("a message was tried {early} ms before the time that was asked for"));
            }
            Some((_, until)) if came < until => {}
            _ if asks => *pause = Some((Instant::now(), Instant::now() + PAUSE)),
            _ => {}
        }
    }

    async fn serve(&self, mut caller: TcpStream, came: Instant) -> anyhow::Result<()> {
        let mood = *self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        if mood == Mood::Garbage {
            self.met.fetch_add(1, Ordering::Relaxed);
            caller.write_all(b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00").await?;
            return Ok(caller.shutdown().await?);
        }
        let request = request(&mut caller).await?;
        let is_message =
            request.starts_with(b"POST ") && contains(&request[..request.len().min(200)], b"/messages");
        if is_message {
            self.look_at_the_time(came, mood == Mood::Limited);
        }
        if mood == Mood::Open {
            self.passed.fetch_add(1, Ordering::Relaxed);
            return self.pass(caller, &request).await;
        }
        self.met.fetch_add(1, Ordering::Relaxed);
        self.misbehave(mood, caller).await
    }

    async fn pass(&self, mut caller: TcpStream, request: &[u8]) -> anyhow::Result<()> {
        let mut provider = TcpStream::connect(&self.provider).await?;
        provider.write_all(&replaced(request, self.address.as_bytes(), self.provider.as_bytes())).await?;
        let mut answer = Vec::new();
        provider.read_to_end(&mut answer).await?;
        caller.write_all(&replaced(&answer, self.provider.as_bytes(), self.address.as_bytes())).await?;
        Ok(caller.shutdown().await?)
    }

    async fn misbehave(&self, mood: Mood, mut caller: TcpStream) -> anyhow::Result<()> {
        let head = |status: &str, more: &str, length: u64| {
            format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n{more}content-length: {length}\r\n\r\n"
            )
        };
        let half = br#"{"messaging_product":"whatsapp","messages":[{"id":"wamid"#;
        match mood {
            Mood::Limited => {
                let body = r#"{"error":{"message":"(#130429) Rate limit hit","type":"OAuthException","code":130429}}"#;
                let more = format!("retry-after: {}\r\n", PAUSE.as_secs());
                caller.write_all(head("429 Too Many Requests", &more, body.len() as u64).as_bytes()).await?;
                caller.write_all(body.as_bytes()).await?;
            }
            Mood::Broken => {
                let body = "<html>Sorry, something went wrong.</html>";
                caller.write_all(head("500 Internal Server Error", "", body.len() as u64).as_bytes()).await?;
                caller.write_all(body.as_bytes()).await?;
            }
            Mood::Hang => _ = caller.read(&mut [0]).await?,
            Mood::Torn => {
                caller.write_all(head("200 OK", "", 1000).as_bytes()).await?;
                caller.write_all(half).await?;
                caller.flush().await?;
                // What was sent is to be there before the line breaks.
                tokio::time::sleep(Duration::from_millis(50)).await;
                caller.set_zero_linger()?;
                return Ok(());
            }
            Mood::Trickle => {
                caller.write_all(head("200 OK", "", 1_000_000).as_bytes()).await?;
                loop {
                    caller.write_all(b" ").await?;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            Mood::Huge => {
                caller.write_all(head("200 OK", "", 10_000_000_000).as_bytes()).await?;
                let piece = vec![b' '; 1 << 16];
                loop {
                    caller.write_all(&piece).await?;
                }
            }
            Mood::Bomb => {
                let length = (self.bomb.len() * PIECE.1) as u64;
                caller.write_all(head("200 OK", "content-encoding: gzip\r\n", length).as_bytes()).await?;
                for _ in 0..PIECE.1 {
                    caller.write_all(&self.bomb).await?;
                }
            }
            Mood::Half => {
                caller.write_all(head("200 OK", "", half.len() as u64).as_bytes()).await?;
                caller.write_all(half).await?;
            }
            Mood::Open | Mood::Garbage => {}
        }
        Ok(caller.shutdown().await?)
    }
}

/// One whole request, which asks for the line to be closed behind it.
async fn request(caller: &mut TcpStream) -> anyhow::Result<Vec<u8>> {
    let mut from = BufReader::new(caller);
    let mut whole = Vec::new();
    let mut length = 0;
    loop {
        let at = whole.len();
        ensure!(from.read_until(b'\n', &mut whole).await? > 0, "nobody asked anything");
        ensure!(whole.len() <= LONGEST, "a head of {} bytes", whole.len());
        let line = std::str::from_utf8(&whole[at..]).context("a head that is no text")?.trim();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        ensure!(!name.eq_ignore_ascii_case("transfer-encoding"), "a request of unknown length");
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        }
    }
    whole.truncate(whole.len() - 2);
    whole.extend(b"connection: close\r\n\r\n");
    ensure!(length <= LONGEST, "a request of {length} bytes");
    let head = whole.len();
    whole.resize(head + length, 0);
    from.read_exact(&mut whole[head..]).await?;
    Ok(whole)
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|part| part == what)
}

/// With one name put in the place of another of the same length.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(from.len()).position(|part| part == from) {
        at += found;
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_bomb_is_one_and_a_name_is_replaced_wherever_it_stands() {
        let ledger = Arc::new(Ledger::new());
        let front = Front::start("127.0.0.1:99999".to_owned(), ledger).await.expect("listens");
        assert!(front.bomb.len() * 500 < PIECE.0, "{} bytes", front.bomb.len());
        assert_eq!(replaced(b"a:1 b a:1", b"a:1", b"z:9"), b"z:9 b z:9");
        assert!(contains(b"POST /v1/9/messages", b"/messages") && !contains(b"", b"x"));
    }

    #[tokio::test]
    async fn who_comes_while_asked_to_wait_is_noted() {
        let ledger = Arc::new(Ledger::new());
        let front = Front::start("127.0.0.1:99999".to_owned(), ledger.clone()).await.expect("listens");
        let now = Instant::now();
        front.look_at_the_time(now, false);
        front.look_at_the_time(now, true);
        front.look_at_the_time(now + UNDER_WAY / 2, false);
        front.look_at_the_time(now + PAUSE * 2, false);
        assert!(ledger.book().troubles.is_empty());
        front.look_at_the_time(now + PAUSE / 2, false);
        assert_eq!(ledger.book().troubles.len(), 1);
    }
}
