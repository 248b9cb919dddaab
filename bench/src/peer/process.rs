//! A peer's processes: started in a group of their own, watched from outside, gone with this value.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::program::{self, Usage, last_lines, usage};

/// A running peer.
pub(crate) struct Process {
    child: Child,
    group: u32,
    /// Its scratch folder, removed with this value.
    pub(crate) folder: TempDir,
    /// Its address, `127.0.0.1:port`.
    pub(crate) address: String,
}

impl Process {
    /// Starts a command that listens on `port` and writes only below `folder`; waits until it listens.
    pub(crate) async fn start(mut command: Command, folder: TempDir, port: u16) -> anyhow::Result<Self> {
        let log = std::fs::File::create(folder.path().join("peer.log"))?;
        let shown = format!("{:?}", command.as_std());
        command.current_dir(folder.path()).process_group(0);
        command.stdin(std::process::Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().with_context(|| format!("cannot start {shown}"))?;
        let group = child.id().context("a peer that has ended")?;
        let mut peer = Self { child, group, folder, address: format!("127.0.0.1:{port}") };
        let started = Instant::now();
        while TcpStream::connect(&peer.address).await.is_err() {
            if let Some(status) = peer.child.try_wait()? {
                bail!("{shown} ended with {status}: {}", peer.complaints());
            }
            ensure!(
                started.elapsed() < Duration::from_secs(60),
                "{shown} does not listen: {}",
                peer.complaints()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(peer)
    }

    /// What all its processes have used so far.
    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        sum(group(self.group)?)
    }

    /// Waits until it has had nothing to do for a second.
    pub(crate) async fn rest(&self) -> anyhow::Result<Usage> {
        rest(|| self.usage()).await
    }

    fn complaints(&self) -> String {
        last_lines(&self.folder.path().join("peer.log"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its workers too, which a signal to the first process alone may leave behind.
        let group = format!("-{}", self.group);
        let _ = std::process::Command::new("kill").args(["-KILL", "--", &group]).status();
    }
}

/// Waits until processes rest, or a minute is over: some are never quite idle.
pub(crate) async fn rest(usage: impl Fn() -> anyhow::Result<Usage>) -> anyhow::Result<Usage> {
    Ok(program::rest(usage, Duration::from_secs(60)).await?.0)
}

/// What several processes have used together.
pub(crate) fn sum(pids: Vec<u32>) -> anyhow::Result<Usage> {
    let mut all = Usage { seconds: 0.0, resident: 0.0, peak: 0.0 };
    for pid in pids {
        // One that has just ended is left out.
        let Ok(one) = usage(pid) else { continue };
        all.seconds += one.seconds;
        all.resident += one.resident;
        all.peak += one.peak;
    }
    Ok(all)
}

/// The processes of a group.
fn group(group: u32) -> anyhow::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if of_group(&entry.path(), group) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Whether a process belongs to a group: the third field after its name (proc_pid_stat(5)).
fn of_group(process: &Path, group: u32) -> bool {
    let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
    let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.nth(2).and_then(|field| field.parse().ok()) == Some(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_processes_of_a_peer_are_counted_and_go_with_it() {
        let port = program::free_port().expect("a port");
        let mut command = Command::new("sh");
        let serve = format!("sleep 300 & exec python3 -m http.server --bind 127.0.0.1 {port}");
        command.args(["-c", &serve]);
        let peer =
            Process::start(command, tempfile::tempdir().expect("a folder"), port).await.expect("a peer");
        let pids = group(peer.group).expect("its processes");
        assert_eq!(pids.len(), 2, "{pids:?}");
        assert!(peer.usage().expect("its usage").resident > 1.0);
        let number = peer.group;
        drop(peer);
        for _ in 0..100 {
            // What is left for its parent to wait for does nothing any more.
            let left = group(number).expect("processes");
            if sum(left).expect("usage").resident == 0.0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("a process was left");
    }
}
