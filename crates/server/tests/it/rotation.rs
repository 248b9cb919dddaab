//! All keys are replaced while the program works, and the program, whoever replaces them, or both are killed in the middle:
//! no request fails, everything opens afterwards, and no former root key opens anything.

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use model::{Clock, Permission};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sim::{Dice, Sim};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::backup::said;
use crate::browser::Browser;
use crate::generated::extent;
use crate::hooks::signature;
use crate::nodes::{Process, make_owner, sign_in};

/// Within what time all keys are replaced, whatever else the machine does.
const BAR: Duration = Duration::from_secs(60);
/// For a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const CHECK: Duration = Duration::from_millis(20);
/// How many guests write in one delivery when the house is filled.
const TOGETHER: usize = 100;
/// How often at least somebody has to die with the keys half replaced, and how often that is tried at most.
const INSIDE: usize = 4;
const TRIES: usize = 60;

/// The program in a folder of its own, with a provider.
struct House {
    settings: Vec<(String, String)>,
    address: SocketAddr,
    root: PathBuf,
    sim: Sim,
    /// Odd while it is dead or about to die.
    lives: AtomicUsize,
    /// How often somebody was told to come back later.
    busy: AtomicUsize,
    http: reqwest::Client,
    token: Mutex<String>,
    hook: Mutex<String>,
    _folder: tempfile::TempDir,
}

impl House {
    /// An empty one on a database; the root key is made by its first command.
    async fn new(database: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let sim = Sim::start(sim::Config::test()).await.expect("a provider");
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = free.local_addr().expect("an address");
        let (root, file) = (folder.path().join("root.key"), folder.path().join("bellhop.db"));
        let url = database.map_or_else(|| file.display().to_string(), str::to_owned);
        let unlimited = "0".to_owned();
        let settings = [
            ("BELLHOP_DATABASE__URL", url),
            ("BELLHOP_MEDIA__PATH", folder.path().join("media").display().to_string()),
            ("BELLHOP_KEYS__FILE", root.display().to_string()),
            ("BELLHOP_EGRESS__ALLOW", format!("['{}']", sim.address())),
            ("BELLHOP_LIMITS__SESSION_PER_SECOND", unlimited.clone()),
            ("BELLHOP_LIMITS__TOKEN_PER_SECOND", unlimited),
            ("BELLHOP_LOG__LEVEL", "error".to_owned()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value)).to_vec();
        make_owner(&settings);
        // A line that a dead process has left is not to be tried again.
        let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().pool_max_idle_per_host(0);
        Self {
            settings,
            address,
            root,
            sim,
            lives: AtomicUsize::new(1),
            busy: AtomicUsize::new(0),
            http: http.build().expect("a client"),
            token: Mutex::default(),
            hook: Mutex::default(),
            _folder: folder,
        }
    }
    /// Connects a number, and takes a token for those who work here.
    async fn open(&self) {
        let owner = Browser::new(self.address);
        sign_in(&owner).await;
        let config = self.sim.config();
        let inbox = json!({"kind": "whatsapp", "name": "Reception", "config": {
            "phone_number_id": config.phone_number_id, "waba_id": config.waba_id,
            "access_token": config.access_token, "app_secret": config.app_secret, "graph_url": self.sim.graph_url()}});
        let inbox = owner.post("/api/inboxes", &inbox).await.expect_status(201).json();
        let hook = inbox["callback_url"].as_str().expect("an address")[owner.origin().len()..].to_owned();
        *self.hook.lock().expect("a hook") = hook;
        let rights: Vec<&str> = Permission::ALL.iter().map(|right| right.as_str()).collect();
        let made = crate::api_token::make(&owner, &rights).await;
        *self.token.lock().expect("a token") = made["secret"].as_str().expect("a secret").to_owned();
    }

    /// Starts the program.
    async fn start(&self) -> Process {
        let process = Process::start(self.address, "web,worker", &self.settings);
        process.ready().await;
        self.lives.fetch_add(1, Ordering::SeqCst);
        process
    }

    /// Kills the program.
    fn kill(&self, process: Option<Process>) {
        self.lives.fetch_add(1, Ordering::SeqCst);
        drop(process);
    }

    /// One of the program's commands about keys, with another root key's file if one is named.
    fn keys(&self, args: &[&str], root: Option<&str>) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellhop"));
        command.arg("keys").args(args).env_clear().envs(self.settings.iter().cloned());
        if let Some(root) = root {
            command.env("BELLHOP_KEYS__ROOT", root);
        }
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true).spawn().expect("the program starts")
    }

    /// Runs such a command to its end; tells what it said.
    async fn done(&self, args: &[&str]) -> String {
        let output = self.keys(args, None).wait_with_output().await.expect("it ends");
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    /// Waits until a rotation has put its new root key there; false when one is there already, or it has ended.
    async fn begun(&self, rotation: &mut Child) -> bool {
        if self.roots().len() > 1 {
            return false;
        }
        while rotation.try_wait().expect("waited").is_none() {
            if self.roots().len() > 1 {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        false
    }

    /// The root keys in their file.
    fn roots(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.root).expect("the root key's file");
        text.lines().map(str::to_owned).collect()
    }

    /// Asks until it is answered. Who is dead answers nothing, and who is busy says when to come back: everything else is a
    /// failure.
    async fn insist(&self, what: &str, request: impl Fn() -> RequestBuilder) -> Value {
        let began = Instant::now();
        loop {
            let before = self.lives.load(Ordering::SeqCst);
            match self.once(request()).await {
                Ok((200..300, _, text)) => return serde_json::from_str(&text).unwrap_or_default(),
                Ok((503, true, _)) => _ = self.busy.fetch_add(1, Ordering::SeqCst),
                Ok((status, _, text)) => panic!("{what} answered {status}: {text}"),
                Err(error) => {
                    let after = self.lives.load(Ordering::SeqCst);
                    assert!(before % 2 == 1 || before != after, "{what}: {error}");
                }
            }
            assert!(began.elapsed() < PATIENCE, "{what} is not answered");
            tokio::time::sleep(CHECK).await;
        }
    }

    /// The status of an answer, whether it says when to come back, and its text.
    async fn once(&self, request: RequestBuilder) -> reqwest::Result<(u16, bool, String)> {
        let answer = request.send().await?;
        let (status, later) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
        Ok((status, later, answer.text().await?))
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let token = self.token.lock().expect("a token").clone();
        let request = || {
            let request = self.http.request(method.clone(), format!("http://{}{path}", self.address));
            let request = request.bearer_auth(&token);
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        self.insist(path, request).await
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await
    }

    /// Guests write their first words.
    async fn write(&self, guests: std::ops::Range<usize>) {
        let now = (app::system::SystemClock.now().0 / 1000).to_string();
        let number = |guest: usize| (34_600_000_000 + guest).to_string();
        let contact = |guest| json!({"profile": {"name": name(guest)}, "wa_id": number(guest)});
        let message = |guest| {
            json!({"from": number(guest), "id": format!("wamid.{guest}"), "timestamp": now, "type": "text",
                "text": {"body": words(guest)}})
        };
        let config = self.sim.config();
        let value = json!({"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550100199", "phone_number_id": config.phone_number_id},
            "contacts": guests.clone().map(contact).collect::<Vec<_>>(),
            "messages": guests.map(message).collect::<Vec<_>>()});
        let body = json!({"object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]});
        let (body, path) = (body.to_string(), self.hook.lock().expect("a hook").clone());
        let request = || {
            let request = self.http.post(format!("http://{}{path}", self.address)).body(body.clone());
            let request = request.header("content-type", "application/json");
            request.header("x-hub-signature-256", signature(body.as_bytes(), &config.app_secret))
        };
        self.insist("the hook", request).await;
    }

    /// Waits until nothing waits to be applied.
    async fn rest(&self) {
        let (mut began, mut before) = (Instant::now(), Value::Null);
        loop {
            let now = self.get("/api/operation").await["inboxes"].take();
            if now == json!([]) {
                return;
            }
            if now != before {
                (began, before) = (Instant::now(), now);
            }
            assert!(began.elapsed() < PATIENCE, "nothing goes on: {before}");
            tokio::time::sleep(CHECK * 5).await;
        }
    }
}

fn name(guest: usize) -> String {
    format!("Guest {guest}")
}

fn words(guest: usize) -> String {
    format!("This is what guest {guest} wrote first")
}

/// What happened while people worked.
#[derive(Default)]
struct Work {
    /// How many guests there are.
    guests: AtomicUsize,
    /// How many pages and threads were read.
    read: AtomicUsize,
    /// The conversations' notes, by what an agent calls them.
    notes: Mutex<BTreeMap<String, String>>,
}

/// New guests write, one after the other.
async fn arrive(house: &House, work: &Work, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let guest = work.guests.load(Ordering::SeqCst);
        house.write(guest..guest + 1).await;
        work.guests.store(guest + 1, Ordering::SeqCst);
        tokio::time::sleep(CHECK).await;
    }
}

/// An agent reads what there is, here and there, and writes notes.
async fn look(house: &House, work: &Work, stop: &CancellationToken, mut dice: Dice) {
    let mut cursor = String::new();
    while !stop.is_cancelled() {
        let page = house.get(&format!("/api/conversations?state=all&limit=50{cursor}")).await;
        let items = page["items"].as_array().expect("a list");
        cursor = page["next_cursor"].as_str().map(|next| format!("&cursor={next}")).unwrap_or_default();
        let chosen = &items[dice.next() as usize % items.len()];
        let path = format!("/api/conversations/{}/messages", chosen["id"].as_str().expect("an id"));
        house.get(&path).await;
        let client = format!("note-{}", work.read.fetch_add(1, Ordering::SeqCst));
        let note = json!({"client_id": client, "text": format!("What was noted as {client}.")});
        let notes = path.replace("/messages", "/notes");
        house.ask(Method::POST, &notes, Some(&note)).await;
        work.notes.lock().expect("notes").insert(client, path);
        tokio::time::sleep(CHECK).await;
    }
}

/// Keys are replaced again and again, and somebody dies in the middle of it. Returns all root keys that there were.
#[expect(clippy::print_stderr, reason = "whoever runs it wants the figures")]
async fn replace(house: &House, process: Process, dice: &mut Dice) -> (Process, HashSet<String>) {
    let mut roots: HashSet<String> = house.roots().into_iter().collect();
    let began = Instant::now();
    let mut rotation = house.keys(&["rotate"], None);
    house.begun(&mut rotation).await;
    let prepared = began.elapsed();
    let output = rotation.wait_with_output().await.expect("it ends");
    assert!(output.status.success(), "{}", said(&output));
    let took = began.elapsed();
    eprintln!("replaced under load in {} ms: {}", took.as_millis(), said(&output));
    assert!(took < BAR, "it took {took:?}");
    let (mut process, mut inside, mut tries) = (Some(process), 0, 0);
    while inside < INSIDE {
        tries += 1;
        assert!(tries <= TRIES, "nobody died in the middle");
        let mut rotation = house.keys(&["rotate"], None);
        // Mostly once the new root key is there, and now and then at any moment.
        let share = (dice.next() % 1000) as f64 / 1000.0;
        let moment = if dice.chance(80) && house.begun(&mut rotation).await {
            (took - prepared).mul_f64(share)
        } else {
            took.mul_f64(share)
        };
        tokio::time::sleep(moment).await;
        let (program, other) = [(true, false), (false, true), (true, true)][dice.next() as usize % 3];
        if program {
            house.kill(process.take());
        }
        if other {
            // It may have ended by itself.
            rotation.kill().await.ok();
        } else {
            let output = rotation.wait_with_output().await.expect("it ends");
            assert!(output.status.success(), "{}", said(&output));
        }
        let now = house.roots();
        let half = now.len() > 1;
        inside += usize::from(half);
        roots.extend(now);
        if program {
            process = Some(house.start().await);
        }
        let state = house.done(&["status"]).await;
        let who = match (program, other) {
            (true, true) => "both",
            (true, false) => "the program",
            _ => "who replaces them",
        };
        eprintln!("{who} died after {} ms, half-way: {half}: {}", moment.as_millis(), state.trim());
    }
    let began = Instant::now();
    let state = house.done(&["rotate"]).await;
    assert!(began.elapsed() < BAR, "it took {:?}", began.elapsed());
    assert!(state.contains(" 0 of them still") && !state.contains("still needed"), "{state}");
    roots.extend(house.roots());
    (process.expect("it was started again"), roots)
}

/// Everything that was ever acknowledged is there and opens.
async fn look_through(house: &House, work: &Work) {
    let (mut names, mut cursor) = (HashSet::new(), String::new());
    loop {
        let page = house.get(&format!("/api/conversations?state=all&limit=100{cursor}")).await;
        for one in page["items"].as_array().expect("a list") {
            let name = one["contact"]["name"].as_str().expect("a name that opens").to_owned();
            assert!(names.insert(name), "there twice: {one}");
        }
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let guests = work.guests.load(Ordering::SeqCst);
    assert_eq!(names, (0..guests).map(name).collect::<HashSet<_>>());
    let notes = work.notes.lock().expect("notes").clone();
    for (client, path) in &notes {
        let thread = house.get(path).await.to_string();
        assert!(thread.contains(&format!("noted as {client}.")), "{client} is not in {thread}");
        assert!(thread.contains("This is what guest"), "what was written first is not in {thread}");
    }
}

async fn replaced_under_load(database: Option<&str>) {
    let (guests, seed) = extent("CONTACTS", 600);
    let (house, mut dice) = (House::new(database).await, Dice::new(seed));
    let process = house.start().await;
    house.open().await;
    let work = Work::default();
    for first in (0..guests).step_by(TOGETHER) {
        house.write(first..(first + TOGETHER).min(guests)).await;
    }
    work.guests.store(guests, Ordering::SeqCst);
    house.rest().await;
    let stop = CancellationToken::new();
    let (house_ref, work_ref) = (&house, &work);
    let enough =
        || work_ref.read.load(Ordering::SeqCst) > 10 && work_ref.guests.load(Ordering::SeqCst) > guests + 10;
    let replacing = async {
        let replaced = replace(house_ref, process, &mut dice).await;
        // A busy machine does less in the same time; what is under load goes on until there was some.
        let begun = Instant::now();
        while !enough() && begun.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stop.cancel();
        replaced
    };
    let reader = Dice::new(seed + 1);
    let ((process, mut roots), (), ()) =
        tokio::join!(replacing, arrive(house_ref, work_ref, &stop), look(house_ref, work_ref, &stop, reader));
    house.rest().await;

    // A successor has nothing at hand but what the newest root key opens.
    house.kill(Some(process));
    let process = house.start().await;
    let [current] = house.roots().try_into().expect("one root key is left");
    assert!(roots.remove(&current) && roots.len() >= 2, "{} former root keys", roots.len());
    for former in &roots {
        let refused = house.keys(&["status"], Some(former)).wait_with_output().await.expect("it ends");
        assert!(!refused.status.success() && said(&refused).contains("not configured"), "{}", said(&refused));
    }
    look_through(&house, &work).await;
    let inbox = house.get("/api/inboxes").await["items"][0]["id"].as_str().expect("an id").to_owned();
    house.ask(Method::POST, &format!("/api/inboxes/{inbox}/check"), None).await;
    assert!(enough(), "too little happened");
    drop(process);
    house.sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_replaced_under_load_and_whoever_dies_loses_nothing() {
    replaced_under_load(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_replaced_under_load_on_a_server_as_well() {
    let Some((settings, held)) = store::testing::empty_postgres().await else { return };
    let store::Settings::Postgres { url, .. } = &settings else { unreachable!("PostgreSQL") };
    replaced_under_load(Some(url.expose())).await;
    drop(held);
}
