//! A PostgreSQL server of our own that is stopped, killed and started while the product runs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::process::{Child, Command};

/// The log is written before a commit is answered; only the machine itself is trusted, so nothing waits for the disk.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "synchronous_commit=on",
    "max_connections=100",
    "shared_buffers=64MB",
    "dynamic_shared_memory_type=mmap",
    "log_min_messages=fatal",
    "restart_after_crash=on",
    "timezone=UTC",
];

/// A server.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    child: Option<Child>,
}

impl Postgres {
    /// Whether there is one to start.
    pub(crate) fn is_installed() -> bool {
        programs().is_some()
    }

    /// Makes and starts a server in a folder.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let programs = programs().context("PostgreSQL is not installed")?;
        let user = unprivileged()?;
        std::fs::create_dir_all(folder)?;
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(folder, Some(uid), Some(gid))?;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = Self { programs, folder: folder.to_owned(), user, port, child: None };
        let mut initdb = server.command("initdb");
        initdb.args([
            "-A",
            "trust",
            "--no-sync",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale",
            "C.UTF-8",
            "-D",
        ]);
        let made = initdb.arg(folder.join("data")).output().await?;
        if !made.status.success() {
            bail!("cannot prepare PostgreSQL: {}", String::from_utf8_lossy(&made.stderr));
        }
        server.run().await?;
        Ok(server)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command.current_dir(&self.folder).env("LC_ALL", "C");
        command
    }

    /// Starts it, and waits until it takes connections.
    pub(crate) async fn run(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        self.child = Some(self.spawn()?);
        while tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await.is_err() {
            if started.elapsed() > Duration::from_secs(60) {
                bail!("PostgreSQL is not ready; its log is {}", self.folder.join("log").display());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            if let Some(child) = &mut self.child
                && child.try_wait()?.is_some()
            {
                // What is left of a killed server holds its memory until it notices.
                let _ = std::fs::remove_file(self.folder.join("data").join("postmaster.pid"));
                self.child = Some(self.spawn()?);
            }
        }
        Ok(())
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("log"))?;
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.folder.join("data")).arg("-p").arg(self.port.to_string());
        command.arg("-k").arg(&self.folder);
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        Ok(command.stdout(log.try_clone()?).stderr(log).kill_on_drop(true).spawn()?)
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Ends it: `fast` and `immediate` as PostgreSQL names them, `kill` with SIGKILL for the postmaster alone.
    pub(crate) async fn stop(&mut self, how: &str) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let signal = match how {
            "fast" => nix::sys::signal::Signal::SIGINT,
            "immediate" => nix::sys::signal::Signal::SIGQUIT,
            _ => nix::sys::signal::Signal::SIGKILL,
        };
        let id = child.id().context("PostgreSQL has ended by itself")?;
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(i32::try_from(id)?), signal)?;
        child.wait().await?;
        if how == "kill" {
            // Its children notice within moments; until the last has gone, a new server refuses to start.
            tokio::time::sleep(Duration::from_millis(500)).await;
            let _ = std::fs::remove_file(self.folder.join("data").join("postmaster.pid"));
        }
        Ok(())
    }
}

/// The folder of PostgreSQL's programs, the newest.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
    })
}

/// initdb refuses root: the user and group to run as instead, or nothing when we are not root.
fn unprivileged() -> anyhow::Result<Option<(u32, u32)>> {
    let id = |args: &[&str]| -> anyhow::Result<u32> {
        let said = std::process::Command::new("id").args(args).output()?;
        Ok(String::from_utf8_lossy(&said.stdout).trim().parse()?)
    };
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    for user in ["postgres", "nobody"] {
        if let (Ok(uid), Ok(gid)) = (id(&["-u", user]), id(&["-g", user])) {
            return Ok(Some((uid, gid)));
        }
    }
    bail!("running as root, and neither user `postgres` nor `nobody` exists to run PostgreSQL as")
}
