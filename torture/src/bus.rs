//! A NATS server of our own, and the lines between it and the nodes. It can be killed and started empty; a line can fall
//! silent, as a network that passes nothing on, and it can say everything twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// The longest payload that a line passes on; calls are far shorter.
const LONGEST: usize = 1 << 20;

/// A server.
pub(crate) struct Bus {
    program: PathBuf,
    log: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Bus {
    /// Whether there is one to start.
    pub(crate) fn is_installed() -> bool {
        program().is_some()
    }

    /// Starts one that writes its log into a folder.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let program = program().context("nats-server is not installed")?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut bus = Self { program, log: folder.join("nats"), port, child: None };
        bus.run().await?;
        Ok(bus)
    }

    /// Starts it, knowing nothing of what was before, and waits until it listens.
    pub(crate) async fn run(&mut self) -> anyhow::Result<()> {
        let log = std::fs::File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.program);
        command.args(["--addr", "127.0.0.1", "--port", &self.port.to_string()]);
        let child = command.stdout(log.try_clone()?).stderr(log).kill_on_drop(true).spawn();
        self.child = Some(child.context("cannot start nats-server")?);
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if started.elapsed() > Duration::from_secs(30) {
                bail!("NATS does not listen; its log is {}", self.log.display());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// SIGKILL.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/opt/homebrew/bin".into()]);
    folders.map(|folder| folder.join("nats-server")).find(|program| program.is_file())
}

/// How a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It passes everything on.
    Open,
    /// Nothing passes in either direction, and nobody is told; what waits comes when it opens again.
    Silent,
    /// Each call comes twice, and once more after the next one.
    Double,
}

/// The line of one node.
pub(crate) struct Line {
    port: u16,
    mood: watch::Sender<Mood>,
    told: Arc<AtomicU64>,
}

impl Line {
    /// Listens, and connects each caller to the server.
    pub(crate) async fn start(bus: &Bus) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let line = Self { port, mood: watch::channel(Mood::Open).0, told: Arc::default() };
        let (mood, told, server) = (line.mood.subscribe(), line.told.clone(), bus.port);
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                let (mood, told) = (mood.clone(), told.clone());
                tokio::spawn(async move {
                    // However it ends, both ends are closed, which is all that either side notices.
                    let _ = join(caller, server, mood, &told).await;
                });
            }
        });
        Ok(line)
    }

    /// The server's address through this line.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Changes it.
    pub(crate) fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// How many calls it has carried to its node.
    pub(crate) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }
}

/// Waits while the line is silent, and says how it is then.
async fn pass(mood: &mut watch::Receiver<Mood>) -> anyhow::Result<Mood> {
    Ok(*mood.wait_for(|mood| *mood != Mood::Silent).await?)
}

async fn join(
    caller: TcpStream,
    server: u16,
    mood: watch::Receiver<Mood>,
    told: &AtomicU64,
) -> anyhow::Result<()> {
    let (mut mood_up, mut mood_down) = (mood.clone(), mood);
    pass(&mut mood_up).await?;
    let server = TcpStream::connect(("127.0.0.1", server)).await?;
    caller.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_caller, mut to_caller) = caller.into_split();
    let (from_server, mut to_server) = server.into_split();
    let up = async {
        let mut piece = vec![0; 1 << 14];
        loop {
            let length = from_caller.read(&mut piece).await?;
            ensure!(length > 0, "the node has gone");
            pass(&mut mood_up).await?;
            to_server.write_all(&piece[..length]).await?;
        }
    };
    let down = async {
        let mut from_server = BufReader::new(from_server);
        let mut before = Vec::new();
        loop {
            let (frame, is_call) = frame(&mut from_server).await?;
            let now = pass(&mut mood_down).await?;
            to_caller.write_all(&frame).await?;
            if !is_call {
                continue;
            }
            told.fetch_add(1, Ordering::Relaxed);
            if now == Mood::Double {
                to_caller.write_all(&frame).await?;
                to_caller.write_all(&before).await?;
            }
            before = frame;
        }
    };
    tokio::select! {
        ended = up => ended,
        ended = down => ended,
    }
}

/// One frame of the server's as it travels, and whether it is a message: `MSG subject sid [reply] length`, a line with
/// the payload, or a single line of anything else (NATS documentation, "Client Protocol").
async fn frame(from: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> anyhow::Result<(Vec<u8>, bool)> {
    let mut whole = Vec::new();
    ensure!(from.read_until(b'\n', &mut whole).await? > 0, "the server has gone");
    if !whole.starts_with(b"MSG ") {
        return Ok((whole, false));
    }
    let line = std::str::from_utf8(&whole)?;
    let length: usize = line.split_ascii_whitespace().next_back().context("no length")?.parse()?;
    ensure!(length <= LONGEST, "a call of {length} bytes");
    let head = whole.len();
    whole.resize(head + length + 2, 0);
    from.read_exact(&mut whole[head..]).await?;
    Ok((whole, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_are_taken_apart_where_they_end() {
        let said = b"INFO {}\r\nMSG a.b 1 7\r\nMSG \r\n.\r\nPING\r\nMSG a 2 0\r\n\r\n";
        let mut from: &[u8] = said;
        let mut found = Vec::new();
        while let Ok((whole, is_call)) = frame(&mut from).await {
            found.push((String::from_utf8(whole).expect("text"), is_call));
        }
        let expected = [
            ("INFO {}\r\n", false),
            ("MSG a.b 1 7\r\nMSG \r\n.\r\n", true),
            ("PING\r\n", false),
            ("MSG a 2 0\r\n\r\n", true),
        ];
        assert_eq!(found, expected.map(|(text, is_call)| (text.to_owned(), is_call)));
    }
}
