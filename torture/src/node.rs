//! The product's processes: started, killed, stopped in their tracks, started again.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

/// Where a process finds its world.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The program, built with fail points.
    pub(crate) program: PathBuf,
    /// A path or an address.
    pub(crate) database: String,
    /// The folder of files.
    pub(crate) media: PathBuf,
    /// Addresses of the simulated provider that may be called.
    pub(crate) allowed: Vec<String>,
    /// Where fail points are logged.
    pub(crate) log: PathBuf,
    /// Where the processes' own logs go.
    pub(crate) said: PathBuf,
    /// How far the processes' clock is ahead.
    pub(crate) clock: PathBuf,
    /// Where each process finds the bus; none where there is no bus.
    pub(crate) buses: Vec<String>,
}

impl Place {
    /// The program with everything set.
    pub(crate) fn command(&self, port: u16) -> Command {
        let mut command = Command::new(&self.program);
        let allowed: Vec<String> = self.allowed.iter().map(|address| format!("{address:?}")).collect();
        command
            .env("BELLHOP_LISTEN", format!("127.0.0.1:{port}"))
            .env("BELLHOP_DATABASE__URL", &self.database)
            .env("BELLHOP_MEDIA__PATH", &self.media)
            .env("BELLHOP_EGRESS__ALLOW", format!("[{}]", allowed.join(",")))
            .env("BELLHOP_KEYS__ROOT", crate::unseal::ROOT)
            .env("BELLHOP_LOG__LEVEL", "warn")
            .env("FAIL_POINTS_LOG", &self.log)
            .env("FAIL_CLOCK", &self.clock)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// One process of the product.
pub(crate) struct Node {
    place: Place,
    number: usize,
    port: u16,
    child: Option<Child>,
}

impl Node {
    /// A node that is not running yet, on a port that nobody uses.
    pub(crate) fn new(place: Place, number: usize) -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        Ok(Self { place, number, port, child: None })
    }

    /// Its address, the same over all its lives.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Starts it with fail points armed and further variables set. It may die before it listens: that is its right
    /// when a fail point is armed.
    pub(crate) fn spawn(&mut self, armed: &str, variables: &[(&str, String)]) -> anyhow::Result<()> {
        let said = std::fs::File::options().create(true).append(true).open(&self.place.said)?;
        let mut command = self.place.command(self.port);
        command.arg("serve").env("FAIL_POINTS", armed).stderr(said);
        if let Some(bus) = self.place.buses.get(self.number) {
            command.env("BELLHOP_BUS__URL", bus);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let program = self.place.program.display().to_string();
        self.child = Some(command.spawn().with_context(|| format!("cannot start {program}"))?);
        Ok(())
    }

    /// Waits until it listens; false when it died instead.
    pub(crate) async fn listens(&mut self) -> anyhow::Result<bool> {
        let started = Instant::now();
        while tokio::net::TcpStream::connect(self.address()).await.is_err() {
            if self.is_dead()? {
                return Ok(false);
            }
            if started.elapsed() > Duration::from_secs(60) {
                bail!("node {} does not listen; its log is {}", self.number, self.place.said.display());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(true)
    }

    /// Whether it has ended.
    pub(crate) fn is_dead(&mut self) -> anyhow::Result<bool> {
        Ok(match &mut self.child {
            Some(child) => child.try_wait()?.is_some(),
            None => true,
        })
    }

    /// Waits for its end, at most so long; true when it ended.
    pub(crate) async fn ends_within(&mut self, patience: Duration) -> anyhow::Result<bool> {
        let Some(child) = &mut self.child else { return Ok(true) };
        match tokio::time::timeout(patience, child.wait()).await {
            Ok(ended) => ended.map(|_| true).map_err(Into::into),
            Err(_) => Ok(false),
        }
    }

    /// SIGKILL, and its end.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::SIGKILL)?;
        self.ends_within(Duration::from_secs(20)).await?;
        Ok(())
    }

    /// SIGTERM, and its end.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::SIGTERM)?;
        if !self.ends_within(Duration::from_secs(60)).await? {
            bail!("node {} does not stop", self.number);
        }
        Ok(())
    }

    /// Its number in the system.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Sends a signal to a process that has not ended.
    pub(crate) fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        if self.is_dead()? {
            return Ok(());
        }
        let id = self.id().context("a process without an id")?;
        kill(Pid::from_raw(i32::try_from(id)?), signal).with_context(|| format!("cannot signal process {id}"))
    }
}

/// Names of fail points: reached, and how often a process killed itself there.
pub(crate) fn reached(log: &Path) -> anyhow::Result<std::collections::BTreeMap<String, usize>> {
    let mut found = std::collections::BTreeMap::new();
    let text = match std::fs::read_to_string(log) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error.into()),
    };
    for line in text.lines() {
        match line.strip_prefix('!') {
            Some(name) => *found.entry(name.to_owned()).or_default() += 1,
            None => _ = found.entry(line.to_owned()).or_default(),
        }
    }
    Ok(found)
}
