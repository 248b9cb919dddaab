//! A PostgreSQL of our own for the tests: private port, scratch data, gone when we are gone.

use crate::{process, tool};
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the server and ends it when our end of the pipe closes, which the kernel does for us even when we are
/// killed. Ignoring the signals of the terminal keeps the end in that one place.
pub(crate) const KEEPER: &str = r#"
trap '' INT HUP TERM
"$@" >"$SCRATCH/log" 2>&1 &
server=$!
read -r _
kill -INT "$server" && wait "$server"
rm -rf -- "$SCRATCH"
"#;

/// Everything that makes a server safe and slow is off: a crash of the machine ends the tests anyway.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=300",
    "shared_buffers=128MB",
    "dynamic_shared_memory_type=mmap",
    "log_min_messages=warning",
    "timezone=UTC",
];

/// How much room the scratch data should find in memory, in kilobytes.
const ROOM_KB: u64 = 2_000_000;

/// A running server; dropping it stops it and removes its data.
pub(crate) struct Postgres {
    keeper: Child,
    scratch: PathBuf,
    port: u16,
}

impl Postgres {
    /// Starts a fresh server.
    ///
    /// # Errors
    /// When PostgreSQL is missing, or does not become ready within half a minute; the message carries its log.
    pub(crate) fn start() -> Result<Self> {
        let initdb = tool::INITDB.need()?;
        let programs = initdb.parent().context("initdb stands in no folder")?;
        let user = unprivileged()?;
        let scratch = scratch("postgres")?;
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&scratch)
            .with_context(|| format!("cannot create {}", scratch.display()))?;
        match Self::start_in(programs, user, &scratch) {
            Ok(running) => Ok(running),
            Err(error) => {
                let _ = std::fs::remove_dir_all(&scratch);
                Err(error)
            }
        }
    }

    fn start_in(programs: &Path, user: Option<(u32, u32)>, scratch: &Path) -> Result<Self> {
        if let Some((uid, gid)) = user {
            chown(scratch, Some(uid), Some(gid))
                .with_context(|| format!("cannot give {} to user {uid}", scratch.display()))?;
        }
        let as_user = |mut command: Command| {
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command.env("LC_ALL", "C").env("SCRATCH", scratch);
            command
        };
        let data = scratch.join("data");
        let mut initdb = process::command(scratch, &programs.join("initdb").to_string_lossy(), &[]);
        initdb.args(["-A", "trust", "--no-sync", "-U", "postgres", "-E", "UTF8", "--locale", locale(), "-D"]);
        process::read(as_user(initdb).arg(&data)).context("cannot prepare PostgreSQL for the tests")?;

        let port = free_port()?;
        let mut keeper = process::command(scratch, "sh", &["-c", KEEPER, "keeper"]);
        keeper.arg(programs.join("postgres")).arg("-D").arg(&data).arg("-p").arg(port.to_string());
        keeper.arg("-k").arg(scratch);
        for setting in SETTINGS {
            keeper.arg("-c").arg(setting);
        }
        let keeper = as_user(keeper)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start PostgreSQL")?;
        let running = Self { keeper, scratch: scratch.to_owned(), port };
        running.wait_until_ready(&programs.join("pg_isready"))?;
        Ok(running)
    }

    fn wait_until_ready(&self, pg_isready: &Path) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(30) {
            let status = Command::new(pg_isready)
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()
                .with_context(|| format!("cannot start {}", pg_isready.display()))?;
            if status.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.scratch.join("log")).unwrap_or_default();
        bail!("PostgreSQL was not ready on port {} after 30 s; its log says:\n{log}", self.port)
    }

    /// The address for `BELLHOP_TEST_POSTGRES`: the superuser, who may create databases.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut pipe) = self.keeper.stdin.take() {
            let _ = pipe.write_all(b"\n");
        }
        let _ = self.keeper.wait();
    }
}

/// initdb refuses root: the user and group to run as instead, or nothing when we are not root.
fn unprivileged() -> Result<Option<(u32, u32)>> {
    let id = |args: &[&str]| -> Result<u32> {
        let text = process::read(&mut process::command(Path::new("/"), "id", args))?;
        text.trim().parse().with_context(|| format!("`id {}` said {text:?}", args.join(" ")))
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

/// A new folder's name, in memory when there is room.
pub(crate) fn scratch(what: &str) -> Result<PathBuf> {
    let memory = Path::new("/dev/shm");
    let room = process::read(&mut process::command(Path::new("/"), "df", &["-Pk", "/dev/shm"]));
    let in_memory = room.is_ok_and(|table| available_kb(&table).is_some_and(|kb| kb > ROOM_KB));
    let parent = if in_memory { memory.to_owned() } else { std::env::temp_dir() };
    let name = format!("bellhop-test-{what}-{}", std::process::id());
    let path = parent.join(name);
    // Left behind only if an earlier process with our id was killed together with its keeper.
    if path.exists() {
        std::fs::remove_dir_all(&path).with_context(|| format!("cannot remove old {}", path.display()))?;
    }
    Ok(path)
}

/// The fourth column of the second line of `df -Pk`.
fn available_kb(table: &str) -> Option<u64> {
    table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// A port nobody listens on. Somebody may take it before our server does; then the start fails and says so.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot find a free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// A locale with real case rules where the system has one for everybody.
fn locale() -> &'static str {
    if cfg!(target_os = "linux") { "C.UTF-8" } else { "C" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn df_is_read() {
        let table =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\ntmpfs 65536 0 65500 0% /dev/shm\n";
        assert_eq!(available_kb(table), Some(65_500));
        assert_eq!(available_kb("nonsense"), None);
    }
}
