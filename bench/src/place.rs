//! Where a run takes place: an empty store with workspaces, inboxes and signed-in agents, made before the program
//! starts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use app::keys::RootPlace;
use app::system::SystemEntropy;
use aws_lc_rs::digest::{SHA256, digest};
use model::{
    Agent, AgentId, ChannelKind, Clock, Health, Ids, InboxId, Locale, Millis, Role, Secret, WorkspaceId,
};
use store::inbox::InboxRow;
use store::keys::Keys;
use store::session::NewSession;
use tempfile::TempDir;
use tokio::process::Command;

use crate::delivery;

/// The system's clock.
pub(crate) struct Now;

impl Clock for Now {
    fn now(&self) -> Millis {
        #[expect(
            clippy::disallowed_methods,
            reason = "a bench is an outermost layer with a clock of its own"
        )]
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Millis(since.as_millis().try_into().unwrap_or(i64::MAX))
    }
}

/// Where a run takes place.
pub(crate) struct Place {
    /// The scratch folder, removed with this value.
    pub(crate) folder: TempDir,
    /// The store.
    pub(crate) settings: store::Settings,
    /// The store's address as the program's configuration names it.
    pub(crate) url: String,
    database: Option<(String, String)>,
}

/// A workspace with one inbox and one signed-in agent.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    /// The workspace.
    pub(crate) workspace: WorkspaceId,
    /// Its inbox.
    pub(crate) inbox: InboxId,
    /// The inbox' number.
    pub(crate) number: String,
    /// The path of its hook.
    pub(crate) hook: String,
    /// What the agent's browser shows.
    pub(crate) token: String,
    /// The agent.
    pub(crate) agent: AgentId,
}

impl Place {
    /// An empty store: a file below `scratch`, which should be on a real disk, or a new database of a PostgreSQL
    /// server.
    pub(crate) async fn new(scratch: &Path, postgres: Option<&str>) -> anyhow::Result<Self> {
        std::fs::create_dir_all(scratch)?;
        let folder = tempfile::tempdir_in(scratch)?;
        let Some(server) = postgres else { return Ok(Self::of_file(folder)) };
        let name = format!("bellhop_bench_{}_{}", std::process::id(), Now.now().0);
        psql(server, &format!("CREATE DATABASE {name}")).await?;
        let (base, query) = server.split_once('?').unwrap_or((server, ""));
        let (base, _) = base.rsplit_once('/').context("the address ends in a database's name")?;
        let url = format!("{base}/{name}?{query}");
        let settings = store::Settings::Postgres { url: Secret::new(url.clone()), connections: 8 };
        Ok(Self { folder, settings, url, database: Some((server.to_owned(), name)) })
    }

    /// A copy of a kept store; on file systems that can, it shares the bytes until they change.
    pub(crate) async fn copy_of(scratch: &Path, kept: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(scratch)?;
        let place = Self::of_file(tempfile::tempdir_in(scratch)?);
        let of_keys = |path: &Path| path.with_extension("keys.db");
        for (from, to) in [
            (kept.to_owned(), PathBuf::from(&place.url)),
            (of_keys(kept), of_keys(Path::new(&place.url))),
            (kept.with_file_name("root.key"), Path::new(&place.url).with_file_name("root.key")),
        ] {
            let mut copy = Command::new("cp");
            let copied = copy.args(["-p", "--reflink=auto"]).arg(&from).arg(&to).status().await?;
            ensure!(copied.success(), "cannot copy {}", from.display());
        }
        Ok(place)
    }

    fn of_file(folder: TempDir) -> Self {
        let path = folder.path().join("bellhop.db");
        let url = path.to_string_lossy().into_owned();
        let settings = store::Settings::Sqlite { path, readers: 1 };
        Self { folder, settings, url, database: None }
    }

    /// The store, opened and brought up to date; close it before a program uses it.
    pub(crate) async fn open(&self) -> anyhow::Result<store::Db> {
        let db = store::Db::open(&self.settings).await?;
        db.migrate(Now.now()).await?;
        unlock(&db, &self.settings).await?;
        Ok(db)
    }

    /// Makes workspaces, each with one inbox whose provider is at `provider` (`host:port`).
    pub(crate) async fn furnish(&self, count: usize, provider: &str) -> anyhow::Result<Vec<Desk>> {
        let db = self.open().await?;
        let desks = furnish(&db, count, provider).await;
        db.stop().await;
        desks
    }

    /// The bytes of the store on disk.
    pub(crate) fn bytes(&self) -> u64 {
        let path = PathBuf::from(&self.url);
        std::fs::metadata(path).map_or(0, |about| about.len())
    }
}

/// Gives a store its keys, where the server that is measured finds them too.
pub(crate) async fn unlock(db: &store::Db, settings: &store::Settings) -> anyhow::Result<()> {
    let (keys, root) = match settings {
        store::Settings::Sqlite { path, .. } => (
            store::KeySettings::Sqlite { path: path.with_extension("keys.db") },
            path.with_file_name("root.key"),
        ),
        store::Settings::Postgres { url, .. } => (
            store::KeySettings::Postgres { url: url.clone(), connections: 2 },
            PathBuf::from("data/root.key"),
        ),
    };
    let root = RootPlace::File(root);
    root.provide(&SystemEntropy).map_err(anyhow::Error::msg)?;
    let keys = Keys::open(&keys, root.source(), std::sync::Arc::new(SystemEntropy), Now.now()).await?;
    db.unlock(keys);
    Ok(())
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = self.database.take() {
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            let mut psql = std::process::Command::new("psql");
            // A database that stays behind is in nobody's way.
            let _ = psql.args([server.as_str(), "-qc", &drop]).status();
        }
    }
}

async fn psql(server: &str, sql: &str) -> anyhow::Result<()> {
    let done = Command::new("psql").args([server, "-qc", sql]).status().await;
    ensure!(done.context("cannot start psql")?.success(), "psql could not do: {sql}");
    Ok(())
}

/// Workspaces with one inbox and one signed-in agent each.
pub(crate) async fn furnish(db: &store::Db, count: usize, provider: &str) -> anyhow::Result<Vec<Desk>> {
    let ids = Ids::new(Arc::new(Now), model::MAX_NODE);
    let mut desks = Vec::new();
    for place in 0..count {
        let workspace = ids.next();
        let agent: AgentId = ids.next();
        let owner = person(agent, &format!("owner{place}@example.org"));
        let (made, session) = (inbox(&ids, place, provider), session(&ids, agent, place));
        desks.push(Desk {
            workspace,
            inbox: made.id,
            number: made.address_key.clone(),
            hook: format!("/hooks/{}", made.hook_key),
            token: token(agent, place),
            agent,
        });
        let now = Now.now();
        db.write(move |tx| {
            Box::pin(async move {
                store::workspace::insert(tx, workspace, &format!("Workspace {place}"), now).await?;
                store::agent::insert(tx, workspace, &owner, "no password").await?;
                store::session::insert(tx, workspace, &session).await?;
                store::inbox::insert(tx, workspace, &made).await
            })
        })
        .await?;
    }
    Ok(desks)
}

/// Signs an agent of a kept store in; returns what the browser shows.
pub(crate) async fn sign_in(
    db: &store::Db,
    workspace: WorkspaceId,
    agent: AgentId,
) -> anyhow::Result<String> {
    let ids = Ids::new(Arc::new(Now), model::MAX_NODE);
    let place = usize::try_from(Now.now().0).unwrap_or_default();
    let session = session(&ids, agent, place);
    db.write(move |tx| Box::pin(async move { store::session::insert(tx, workspace, &session).await }))
        .await?;
    Ok(token(agent, place))
}

/// An owner without a password.
pub(crate) fn person(id: AgentId, email: &str) -> Agent {
    Agent {
        id,
        name: "Bench".to_owned(),
        email: email.to_owned(),
        role: Role::Owner,
        locale: Locale::En,
        disabled: false,
        created_at: Now.now(),
    }
}

/// Inbox number `place`, connected to a provider at `host:port`.
pub(crate) fn inbox(ids: &Ids, place: usize, provider: &str) -> InboxRow {
    let number = format!("10654{place:010}");
    let text = |value: &str| value.to_owned();
    InboxRow {
        id: ids.next(),
        kind: ChannelKind::Whatsapp,
        name: format!("Inbox {place}"),
        hook_key: format!("bench-hook-{place}"),
        address_key: number.clone(),
        address: None,
        config: BTreeMap::from([
            (text("phone_number_id"), number),
            (text("waba_id"), text("102290129340398")),
            (text("graph_url"), format!("http://{provider}")),
        ]),
        secrets: BTreeMap::from([
            (text("access_token"), Secret::new(text("bench-token"))),
            (text("app_secret"), Secret::new(text(delivery::SECRET))),
        ]),
        verify_token: Secret::new(text("bench-verify")),
        health: Health::unchecked(),
        created_at: Now.now(),
    }
}

fn token(agent: AgentId, place: usize) -> String {
    format!("bench-{agent}-{place}")
}

fn session(ids: &Ids, agent: AgentId, place: usize) -> NewSession {
    let now = Now.now();
    NewSession {
        id: ids.next(),
        agent_id: agent,
        // As the program keeps tokens.
        token_hash: digest(&SHA256, token(agent, place).as_bytes()).as_ref().to_vec(),
        created_at: now,
        expires_at: now + Millis::days(30),
        user_agent: "bench".to_owned(),
        address: String::new(),
        two_steps: false,
        provider_id: None,
        provider_sid: None,
    }
}
