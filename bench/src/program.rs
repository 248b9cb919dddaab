//! The program under measurement: started on a scratch folder, with an owner and one inbox.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The number that deliveries are sent to.
pub(crate) const NUMBER: &str = "106540352242922";
/// The secret that signs them.
pub(crate) const SECRET: &str = "bench-secret";

/// Arguments of `idle`.
#[derive(clap::Args)]
pub(crate) struct Idle {
    /// The program.
    #[arg(long, default_value = "target/serve/bellhop")]
    program: PathBuf,
    /// How often it is started.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
}

/// A running program.
pub(crate) struct Program {
    child: Child,
    folder: tempfile::TempDir,
    /// Its address, `127.0.0.1:port`.
    pub(crate) address: String,
    /// From starting the process to the first answer.
    pub(crate) first_answer: Duration,
    setup_token: String,
}

impl Program {
    /// Starts the program on an empty store below the working directory, so that the disk is a real one.
    pub(crate) async fn start(program: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(".")?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let started = Instant::now();
        let mut child = Command::new(program)
            .arg("serve")
            .env("BELLHOP_LISTEN", &address)
            .env("BELLHOP_DATABASE__URL", folder.path().join("bellhop.db"))
            .env("BELLHOP_MEDIA__PATH", folder.path().join("media"))
            .env("BELLHOP_LOG__LEVEL", "warn")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}; build it first", program.display()))?;
        while tokio::net::TcpStream::connect(&address).await.is_err() {
            if started.elapsed() > Duration::from_secs(20) {
                bail!("the program does not listen on {address}");
            }
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        reqwest::get(format!("http://{address}/livez")).await?.error_for_status()?;
        let first_answer = started.elapsed();
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let setup_token = loop {
            let line = lines.next_line().await?.context("the program ended without a set-up link")?;
            if let Some((_, token)) = line.split_once("token=") {
                break token.trim().to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, folder, address, first_answer, setup_token })
    }

    /// Creates the owner and an inbox; returns the path of the inbox's hook.
    pub(crate) async fn connect_inbox(&self) -> anyhow::Result<String> {
        let client = reqwest::Client::builder().cookie_store(true).build()?;
        let origin = format!("http://{}", self.address);
        let post = |path: &str, body: Value| {
            client.post(format!("{origin}{path}")).header("origin", &origin).json(&body)
        };
        let owner = json!({"token": self.setup_token, "workspace_name": "Bench", "name": "Bench",
            "email": "bench@example.org", "password": "a long bench password", "locale": "en"});
        post("/api/setup", owner).send().await?.error_for_status()?;
        let inbox = json!({"kind": "whatsapp", "name": "Bench", "config": {"phone_number_id": NUMBER,
            "waba_id": "102290129340398", "access_token": "bench-token", "app_secret": SECRET}});
        let answer: Value = post("/api/inboxes", inbox).send().await?.error_for_status()?.json().await?;
        let callback = answer["callback_url"].as_str().context("no callback address")?;
        let at = callback.find("/hooks/").context("no hook in the callback address")?;
        Ok(callback[at..].to_owned())
    }

    /// The processor time that the program has used, in seconds, and its resident memory in MiB.
    pub(crate) fn usage(&self) -> anyhow::Result<(f64, f64)> {
        let pid = self.child.id().context("the program is gone")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks =
            |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
        let kib: f64 = resident.trim().trim_end_matches(" kB").trim().parse()?;
        // A tick is a hundredth of a second on Linux.
        Ok(((ticks(11) + ticks(12)) / 100.0, kib / 1024.0))
    }

    /// Stops the program as an operator does and opens what it left behind.
    pub(crate) async fn stop(mut self) -> anyhow::Result<(store::Db, tempfile::TempDir)> {
        let pid = self.child.id().context("the program is gone")?;
        Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
        tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await??;
        let path = self.folder.path().join("bellhop.db");
        let db = store::Db::open(&store::Settings::Sqlite { path, readers: 1 }).await?;
        Ok((db, self.folder))
    }
}

/// Starts the program several times.
pub(crate) async fn idle(idle: Idle) -> anyhow::Result<()> {
    for round in 1..=idle.rounds {
        let program = Program::start(&idle.program).await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (_, resident) = program.usage()?;
        let first = program.first_answer.as_secs_f64() * 1000.0;
        println!("round {round}: first answer after {first:.0} ms, {resident:.1} MiB resident after 2 s");
        program.stop().await?;
    }
    Ok(())
}
