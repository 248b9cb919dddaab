//! The program under measurement: a process of its own, watched from outside.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::process::{Child, Command};

use crate::http::{self, Line};
use crate::place::Place;

/// A running program.
pub(crate) struct Program {
    child: Child,
    /// Its address, `127.0.0.1:port`.
    pub(crate) address: String,
    /// From starting the process to the first answer.
    pub(crate) first_answer: Duration,
    log: PathBuf,
}

/// What a process has used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Processor seconds.
    pub(crate) seconds: f64,
    /// Resident memory in MiB.
    pub(crate) resident: f64,
    /// The most that was ever resident, in MiB.
    pub(crate) peak: f64,
}

impl Program {
    /// Starts the program on a place. `allow` is a provider's `host:port` that it may call.
    pub(crate) async fn start(program: &Path, place: &Place, allow: Option<&str>) -> anyhow::Result<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let log = place.folder.path().join("program.log");
        let mut command = Command::new(program);
        command
            .arg("serve")
            .env("BELLHOP_LISTEN", &address)
            .env("BELLHOP_DATABASE__URL", &place.url)
            .env("BELLHOP_MEDIA__PATH", place.folder.path().join("media"))
            .env("BELLHOP_LOG__LEVEL", "warn")
            .current_dir(place.folder.path())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .kill_on_drop(true);
        if let Some(allow) = allow {
            command.env("BELLHOP_EGRESS__ALLOW", format!("[\"{allow}\"]"));
        }
        let started = Instant::now();
        let mut child =
            command.spawn().with_context(|| format!("cannot start {}; build it first", program.display()))?;
        let mut line = loop {
            if let Ok(line) = Line::open(&address).await {
                break line;
            }
            if let Some(status) = child.try_wait()? {
                bail!("the program ended with {status}: {}", std::fs::read_to_string(&log)?.trim());
            }
            ensure!(started.elapsed() < Duration::from_secs(60), "the program does not listen on {address}");
            tokio::time::sleep(Duration::from_micros(500)).await;
        };
        let answer = line.exchange(&http::get(&address, "/livez", "")).await?;
        ensure!(answer.status == 200, "the program's first answer is {}", answer.status);
        Ok(Self { child, address, first_answer: started.elapsed(), log })
    }

    /// What it has used so far.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        usage(self.child.id().context("the program is gone")?)
    }

    /// Waits until the program has had nothing to do for a second; returns the processor seconds at its rest.
    pub(crate) async fn rest(&self, patience: Duration) -> anyhow::Result<f64> {
        let (usage, rests) = rest(|| self.usage(), patience).await?;
        ensure!(rests, "the program still works after {patience:?}");
        Ok(usage.seconds)
    }

    /// Stops the program as an operator does.
    ///
    /// # Errors
    /// When it does not end within a minute or says that something went wrong.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().context("the program is gone")?;
        Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
        let ended = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await;
        let status = ended.context("the program does not stop")??;
        ensure!(status.success(), "the program ended with {status}: {}", self.complaints());
        Ok(())
    }

    /// The last lines of what the program said.
    pub(crate) fn complaints(&self) -> String {
        last_lines(&self.log)
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The last lines of a log.
pub(crate) fn last_lines(log: &Path) -> String {
    let said = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(5)..].join(" | ")
}

/// Waits until processes have had nothing to do for a second, but not for longer than `patience`: what they have used,
/// and whether they rest.
pub(crate) async fn rest(
    usage: impl Fn() -> anyhow::Result<Usage>,
    patience: Duration,
) -> anyhow::Result<(Usage, bool)> {
    let started = Instant::now();
    let (mut before, mut rested) = (usage()?, Instant::now());
    while rested.elapsed() < Duration::from_secs(1) {
        if started.elapsed() >= patience {
            return Ok((before, false));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = usage()?;
        if now.seconds - before.seconds > 0.015 {
            rested = Instant::now();
        }
        before = now;
    }
    Ok((before, true))
}

/// What a process with its threads has used.
pub(crate) fn usage(pid: u32) -> anyhow::Result<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mebibytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap_or(0.0) / 1024.0
    };
    // A tick is a hundredth of a second on Linux.
    let seconds = (ticks(11) + ticks(12)) / 100.0;
    Ok(Usage { seconds, resident: mebibytes("VmRSS:"), peak: mebibytes("VmHWM:") })
}
