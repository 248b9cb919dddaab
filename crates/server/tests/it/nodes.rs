//! Several nodes on one database: what one does the others tell, with and without a bus; and they restart in turn
//! without anybody noticing.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use app::files::Files;
use app::system::{SystemClock, SystemEntropy};
use app::{App, Parts, Settings, bus, node};
use model::{Clock, Secret};
use reqwest::Method;
use serde_json::{Value, json};
use server::serve::{self, Running};
use server::site::Site;
use sim::{CustomerMessage, Sim};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::browser::Browser;
use crate::bucket;
use crate::desk::{Desk, PASSWORD, missing, on_both};
use crate::hooks::signature;
use crate::wire::Wire;

const DOT: &[u8] = include_bytes!("files/dot.png");

/// For a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a stopping node goes on serving, and how often the balancer looks.
const DRAIN_SECONDS: u64 = 2;
const CHECK: Duration = Duration::from_millis(100);

/// Another node on the desk's database.
pub(crate) fn beside(desk: &Desk) -> Arc<App> {
    let parts = Parts {
        db: desk.app.db.clone(),
        clock: desk.clock.clone(),
        entropy: Arc::new(SystemEntropy),
        files: Files::open(&tempfile::tempdir().expect("a folder").keep()).expect("a media store"),
        node: node::Lease::fixed(desk.clock.clone(), 2),
        settings: Settings::default(),
    };
    App::new(parts).expect("a node")
}

/// Another node on the desk's database, with an address of its own.
pub(crate) async fn second(desk: &Desk) -> (Arc<App>, Running, Browser) {
    let app = beside(desk);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    let running = serve::start(Site::new(app.clone()), listener);
    (app, running, Browser::new(address))
}

pub(crate) async fn sign_in(browser: &Browser) {
    let credentials = json!({"email": "olga@example.com", "password": PASSWORD});
    browser.post("/api/session", &credentials).await.expect_status(200);
}

async fn head(browser: &Browser) -> i64 {
    browser.get("/api/session").await.expect_status(200).json()["seq"].as_i64().expect("a number")
}

/// What happens at one node reaches the sockets of the other, and so does the end of a session.
async fn one_tells_the_other(desk: &Desk, owner: &Browser, elsewhere: &Browser) {
    sign_in(elsewhere).await;
    let since = head(elsewhere).await;
    let mut wire = Wire::open(elsewhere, Some(since)).await;
    for name in 0..5 {
        let label = json!({"name": format!("label {name} of {since}"), "color": "red"});
        owner.post("/api/labels", &label).await.expect_status(201);
        let event = wire.event().await;
        assert_eq!(event["label"]["name"], label["name"]);
    }
    // A session that another node ends.
    let id = |session: &Value| session["id"].as_str().expect("an id").to_owned();
    let sessions = owner.get("/api/sessions").await.expect_status(200).items();
    let theirs = sessions.iter().find(|session| session["current"] == false).map(id).expect("the other one");
    owner.delete(&format!("/api/sessions/{theirs}")).await.expect_status(204);
    loop {
        let frame = wire.frame().await.expect("a goodbye");
        if frame["type"] == "bye" {
            assert_eq!(frame["reason"], "revoked");
            break;
        }
    }
    elsewhere.get("/api/session").await.expect_status(401);
    desk.settle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bus_the_other_node_finds_out_by_itself() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let (_app, running, elsewhere) = second(desk).await;
        one_tells_the_other(desk, &owner, &elsewhere).await;
        running.stop(PATIENCE).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_bus_the_other_node_is_told() {
    let Ok(url) = std::env::var("BELLHOP_TEST_NATS") else {
        return missing("BELLHOP_TEST_NATS: no test of nodes with a bus");
    };
    on_both(async |desk| {
        let owner = desk.owner().await;
        let (other, running, elsewhere) = second(desk).await;
        let prefix = format!("{:?}-{}", desk.app.db.engine(), std::process::id());
        let address = bus::Address { url: Secret::new(url.clone()), prefix };
        let buses = (
            bus::connect(&desk.app, &address).await.expect("connected"),
            bus::connect(&other, &address).await.expect("connected"),
        );
        one_tells_the_other(desk, &owner, &elsewhere).await;
        // A call that somebody made up ends nothing.
        sign_in(&elsewhere).await;
        let mut wire = Wire::open(&elsewhere, Some(head(&elsewhere).await)).await;
        for session in owner.get("/api/sessions").await.expect_status(200).items() {
            let session = session["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
            desk.app.bell.revoked(session);
        }
        owner.post("/api/labels", &json!({"name": "still here", "color": "red"})).await.expect_status(201);
        assert_eq!(wire.event().await["label"]["name"], "still here");
        drop(buses);
        running.stop(PATIENCE).await;
    })
    .await;
}

/// A node as its operator runs it: a process.
pub(crate) struct Process {
    address: SocketAddr,
    roles: &'static str,
    settings: Vec<(String, String)>,
    child: Child,
}

impl Process {
    pub(crate) fn start(address: SocketAddr, roles: &'static str, settings: &[(String, String)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellhop"));
        command.args(["serve", "--roles", roles]).env_clear().envs(settings.iter().cloned());
        command.env("BELLHOP_LISTEN", address.to_string()).stdout(Stdio::null());
        let child = command.spawn().expect("the program starts");
        Self { address, roles, settings: settings.to_vec(), child }
    }

    pub(crate) async fn ready(&self) {
        let began = Instant::now();
        while !is_ready(self.address).await {
            assert!(began.elapsed() < PATIENCE, "the node is not ready");
            tokio::time::sleep(CHECK).await;
        }
    }

    /// Ends it as an operator does and starts its successor.
    async fn restart(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("kill").success());
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("waited") {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "the node does not end");
            tokio::time::sleep(CHECK).await;
        };
        assert!(status.success(), "{status}");
        *self = Self::start(self.address, self.roles, &std::mem::take(&mut self.settings));
        self.ready().await;
        // The balancer has to see it before the next one goes.
        tokio::time::sleep(CHECK * 10).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn is_ready(address: SocketAddr) -> bool {
    let ask = async {
        let mut line = TcpStream::connect(address).await.ok()?;
        line.write_all(b"GET /readyz HTTP/1.1\r\nhost: balancer\r\nconnection: close\r\n\r\n").await.ok()?;
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.ok()?;
        Some(answer.starts_with("HTTP/1.1 200"))
    };
    matches!(tokio::time::timeout(Duration::from_secs(5), ask).await, Ok(Some(true)))
}

/// A load balancer: connections go in turn to the nodes that say that they are ready.
async fn balance(listener: TcpListener, nodes: Vec<SocketAddr>) {
    let ready: Arc<Vec<(SocketAddr, AtomicBool)>> =
        Arc::new(nodes.into_iter().map(|node| (node, AtomicBool::new(false))).collect());
    let watched = ready.clone();
    tokio::spawn(async move {
        loop {
            for (node, ready) in watched.iter() {
                ready.store(is_ready(*node).await, Ordering::SeqCst);
            }
            tokio::time::sleep(CHECK).await;
        }
    });
    let turn = AtomicUsize::new(0);
    while let Ok((mut near, _)) = listener.accept().await {
        let (ready, turn) = (ready.clone(), turn.fetch_add(1, Ordering::SeqCst));
        tokio::spawn(async move {
            let began = Instant::now();
            while began.elapsed() < PATIENCE {
                for offset in 0..ready.len() {
                    let (node, ready) = &ready[(turn + offset) % ready.len()];
                    if ready.load(Ordering::SeqCst)
                        && let Ok(mut far) = TcpStream::connect(node).await
                    {
                        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                        return;
                    }
                }
                tokio::time::sleep(CHECK).await;
            }
        });
    }
}

/// Reads the stream until it has seen a number, and connects again whenever a node says goodbye. Returns how often.
async fn follow(browser: Browser, mut last: i64, until: tokio::sync::watch::Receiver<Option<i64>>) -> usize {
    let mut goodbyes = 0;
    loop {
        let (mut wire, _) = Wire::try_open(&browser, Some(last), &browser.origin()).await.expect("opened");
        loop {
            if until.borrow().is_some_and(|until| last >= until) {
                return goodbyes;
            }
            match wire.frame().await {
                Some(frame) if frame["type"] == "event" => {
                    assert_eq!(frame["seq"], last + 1, "nothing is missed and nothing is doubled");
                    last += 1;
                }
                Some(frame) if frame["type"] == "bye" => {
                    assert_eq!(frame["reason"], "shutdown");
                    let wait = frame["retry_ms"].as_u64().expect("a time");
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    goodbyes += 1;
                    break;
                }
                Some(frame) => panic!("{frame}"),
                None => break,
            }
        }
    }
}

/// Delivers messages of a customer until told to stop; returns how many were accepted.
async fn deliver(
    browser: Browser,
    path: String,
    sim: sim::Config,
    from: u64,
    stop: CancellationToken,
) -> usize {
    let mut count = 0;
    while !stop.is_cancelled() {
        let now = SystemClock.now().0 / 1000;
        let message = json!({"from": from.to_string(), "id": format!("wamid.{from}.{count}"),
            "timestamp": now.to_string(), "type": "text", "text": {"body": format!("{count}")}});
        let value = json!({"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550100199", "phone_number_id": sim.phone_number_id},
            "contacts": [{"profile": {"name": "Maria"}, "wa_id": from.to_string()}], "messages": [message]});
        let body = json!({"object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]});
        let body = body.to_string();
        let request = browser
            .bare(Method::POST, &path)
            .header("content-type", "application/json")
            .header("x-hub-signature-256", signature(body.as_bytes(), &sim.app_secret))
            .body(body);
        browser.send(request).await.expect_status(200);
        count += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    count
}

/// Asks as an agent's console does until told to stop; returns how often.
async fn ask(browser: Browser, stop: CancellationToken) -> usize {
    let mut count = 0;
    while !stop.is_cancelled() {
        browser.get("/api/conversations?state=all").await.expect_status(200);
        let label = json!({"name": format!("label {count}"), "color": "red"});
        browser.post("/api/labels", &label).await.expect_status(201);
        count += 2;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    count
}

fn settings(url: &str, public: &str, sim: &Sim, storage: SocketAddr, folder: &Path) -> Vec<(String, String)> {
    let mut settings = vec![
        ("BELLHOP_DATABASE__URL", url.to_owned()),
        ("BELLHOP_BASE_URL", public.to_owned()),
        ("BELLHOP_EGRESS__ALLOW", format!("['{}']", sim.address())),
        ("BELLHOP_MEDIA__PATH", folder.to_string_lossy().into_owned()),
        ("BELLHOP_MEDIA__URL", "s3://media/shared".to_owned()),
        ("BELLHOP_MEDIA__ENDPOINT", format!("http://{storage}")),
        ("BELLHOP_MEDIA__ACCESS_KEY_ID", bucket::KEY.to_owned()),
        ("BELLHOP_MEDIA__SECRET_ACCESS_KEY", bucket::SECRET.to_owned()),
        ("BELLHOP_KEYS__ROOT", store::testing::ROOT.to_owned()),
        ("BELLHOP_LIMITS__DRAIN_SECONDS", DRAIN_SECONDS.to_string()),
        ("BELLHOP_LOG__LEVEL", "warn".to_owned()),
    ];
    if let Ok(nats) = std::env::var("BELLHOP_TEST_NATS") {
        settings.push(("BELLHOP_BUS__URL", nats));
        settings.push(("BELLHOP_BUS__PREFIX", format!("rolling-{}", std::process::id())));
    }
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Makes the first workspace by command.
pub(crate) fn make_owner(settings: &[(String, String)]) {
    let mut made = Command::new(env!("CARGO_BIN_EXE_bellhop"));
    made.args(["user", "create", "--email", "olga@example.com", "--name", "Olga", "--password-stdin"]);
    let made =
        made.env_clear().envs(settings.iter().cloned()).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut made = made.expect("the program starts");
    std::io::Write::write_all(&mut made.stdin.take().expect("its input"), PASSWORD.as_bytes()).expect("told");
    assert!(made.wait().expect("waited").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_restart_in_turn_and_no_request_fails() {
    let Some(database) = store::testing::postgres().await else { return };
    let store::Settings::Postgres { url, .. } = &database.settings else { unreachable!("PostgreSQL") };
    let (folder, objects) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (storage, _) = bucket::storage(objects.path()).await;
    let sim = Sim::start(sim::Config::test()).await.expect("a provider");
    let front = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let public = front.local_addr().expect("an address");
    let settings = settings(url.expose(), &format!("http://{public}"), &sim, storage, folder.path());
    make_owner(&settings);

    // As in the files under `deploy`: two that answer, and the work elsewhere.
    let mut nodes = Vec::new();
    for roles in ["web", "web", "worker"] {
        let free =
            TcpListener::bind("127.0.0.1:0").await.expect("an address").local_addr().expect("an address");
        nodes.push(Process::start(free, roles, &settings));
    }
    for node in &nodes {
        node.ready().await;
    }
    let balancer = tokio::spawn(balance(front, nodes[..2].iter().map(|node| node.address).collect()));
    let owner = Browser::new(public);
    sign_in(&owner).await;
    let config = sim.config().clone();
    let inbox = json!({"kind": "whatsapp", "name": "Reception", "config": {
        "phone_number_id": config.phone_number_id, "waba_id": config.waba_id,
        "access_token": config.access_token, "app_secret": config.app_secret, "graph_url": sim.graph_url()}});
    let inbox = owner.post("/api/inboxes", &inbox).await.expect_status(201).json();
    let path = inbox["callback_url"].as_str().expect("an address")[owner.origin().len()..].to_owned();

    let (stop, since) = (CancellationToken::new(), head(&owner).await);
    let (until, watched) = tokio::sync::watch::channel(None);
    let sockets = [owner.twin(), owner.twin(), owner.twin()]
        .map(|browser| tokio::spawn(follow(browser, since, watched.clone())));
    let customers = [34_600_111_222_u64, 34_600_111_333]
        .map(|from| tokio::spawn(deliver(owner.twin(), path.clone(), config.clone(), from, stop.clone())));
    let asked = tokio::spawn(ask(owner.twin(), stop.clone()));
    for _ in 0..2 {
        for node in &mut nodes {
            node.restart().await;
        }
    }
    stop.cancel();
    let mut accepted = 0;
    for customer in customers {
        accepted += customer.await.expect("no delivery failed");
    }
    let asked = asked.await.expect("no request failed");

    // Whatever was accepted is shown, and every socket has seen all of it.
    let began = Instant::now();
    loop {
        let mut shown = 0;
        for conversation in owner.get("/api/conversations?state=all").await.expect_status(200).items() {
            shown += count_messages(&owner, conversation["id"].as_str().expect("an id")).await;
        }
        if shown == accepted {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{shown} of {accepted} messages are shown");
        tokio::time::sleep(CHECK).await;
    }
    // A file that one node fetched is shown by all.
    sim.set_webhook(inbox["callback_url"].as_str().expect("an address"));
    let ines = sim.customer("Ines", Some("+34 600 111 444"), None).await;
    sim.send(&ines, CustomerMessage::image(DOT, "image/png")).await;
    let url = shown_file(&owner).await;
    for browser in [owner.twin(), owner.twin(), owner.twin(), owner.twin()] {
        assert_eq!(browser.get(&url).await.expect_status(200).body, DOT);
    }
    until.send_replace(Some(head(&owner).await));
    owner.post("/api/labels", &json!({"name": "the last change", "color": "red"})).await.expect_status(201);
    let mut goodbyes = 0;
    for socket in sockets {
        goodbyes += socket.await.expect("nothing was missed");
    }
    assert!(
        accepted > 20 && asked > 20 && goodbyes >= 3,
        "{accepted} {asked} {goodbyes}: too little happened"
    );
    balancer.abort();
    drop(nodes);
    sim.stop().await;
}

/// The address of the one file there is, once it is fetched.
async fn shown_file(browser: &Browser) -> String {
    let began = Instant::now();
    loop {
        for conversation in browser.get("/api/conversations?state=all").await.expect_status(200).items() {
            let id = conversation["id"].as_str().expect("an id");
            let newest = browser.get(&format!("/api/conversations/{id}/messages?limit=1")).await.items();
            let media = newest.first().map(|message| message["content"]["media"].clone()).unwrap_or_default();
            if media["state"] == "ready" {
                return media["url"].as_str().expect("an address").to_owned();
            }
        }
        assert!(began.elapsed() < PATIENCE, "the file is not fetched");
        tokio::time::sleep(CHECK).await;
    }
}

/// How many messages of the customer a conversation shows.
async fn count_messages(browser: &Browser, conversation: &str) -> usize {
    let (mut count, mut before) = (0, String::new());
    loop {
        let path = format!("/api/conversations/{conversation}/messages?limit=100{before}");
        let page = browser.get(&path).await.expect_status(200);
        let items = page.items();
        count += items.iter().filter(|message| message["direction"] == "in").count();
        match items.first() {
            Some(first) if page.json()["has_before"] == true => {
                before = format!("&before={}", first["id"].as_str().expect("an id"));
            }
            _ => return count,
        }
    }
}
