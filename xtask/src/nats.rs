//! A NATS server of our own for the tests: private port, nothing kept, gone when we are gone.

use crate::postgres::{KEEPER, free_port, scratch};
use crate::{process, tool};
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A running server; dropping it stops it.
pub(crate) struct Nats {
    keeper: Child,
    scratch: PathBuf,
    port: u16,
}

impl Nats {
    /// Starts a server.
    ///
    /// # Errors
    /// When NATS is missing, or does not listen within half a minute; the message carries its log.
    pub(crate) fn start() -> Result<Self> {
        let program = tool::NATS.need()?;
        let scratch = scratch("nats")?;
        std::fs::create_dir(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
        let port = free_port()?;
        let keeper = process::command(&scratch, "sh", &["-c", KEEPER, "keeper"])
            .arg(program)
            .args(["--addr", "127.0.0.1", "--port", &port.to_string()])
            .env("SCRATCH", &scratch)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start NATS")?;
        let running = Self { keeper, scratch, port };
        running.wait_until_ready()?;
        Ok(running)
    }

    fn wait_until_ready(&self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(30) {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = std::fs::read_to_string(self.scratch.join("log")).unwrap_or_default();
        bail!("NATS did not listen on port {} after 30 s; its log says:\n{log}", self.port)
    }

    /// The address for `BELLHOP_TEST_NATS`.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        if let Some(mut pipe) = self.keeper.stdin.take() {
            let _ = pipe.write_all(b"\n");
        }
        let _ = self.keeper.wait();
    }
}
