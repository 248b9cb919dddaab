//! What one operation costs in instructions: small drivers over the real rooms in one process, to be run under
//! callgrind. Clock, randomness and ids are the same each time, and there is one thread beside the store's own.
//!
//! Callgrind is told to write its counts down at each [`mark`], so a phase is what lies between two marks. The
//! program prints the phases in their order, with how many operations each holds.

#![expect(clippy::print_stdout, reason = "the list of phases is the program's output")]

#[path = "../src/delivery.rs"]
#[expect(dead_code, reason = "the drivers need a part of it")]
mod delivery;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::caller::Means;
use app::inbox::NewInbox;
use app::keys::RootPlace;
use app::message::NewReply;
use app::receive::Hooked;
use app::{App, Caller, Parts, Settings};
use bytes::Bytes;
use channels::Head;
use model::{
    Agent, ChannelKind, Clock, Entropy, Locale, ManualClock, Millis, Role, Secret, SessionId, WorkspaceId,
};
use server::site::Site;
use store::conversation::Filter;
use store::event::NewChange;
use store::session::NewSession;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The number of the inbox.
const NUMBER: &str = "106540352242922";
/// When everything happens.
const BEGIN: Millis = Millis(1_790_000_000_000);
/// What a signed-in browser shows.
const TOKEN: &str = "bench-token-of-the-one-session";
/// Operations of a phase: a batch of the workers, and what one second's pace lets through.
const TIMES: u64 = 64;
/// How often each phase is measured.
const ROUNDS: usize = 3;
/// Sockets that one event goes to.
const SOCKETS: u64 = 16;

/// Where callgrind ends a phase and begins the next.
#[inline(never)]
pub fn mark(phase: &str, operations: u64) {
    println!("{}\t{operations}", std::hint::black_box(phase));
}

/// Randomness from a seed.
struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = (delivery::mixed(self.0.fetch_add(1, Ordering::Relaxed)) >> 56) as u8;
        }
    }
}

struct Desk {
    app: Arc<App>,
    clock: Arc<ManualClock>,
    caller: Caller,
    hook_key: String,
    next: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let provider = provider().await?;
    let mut desk = Desk::open(folder.path(), provider).await?;
    // Everything once, so that statements are prepared, caches filled and customers known.
    desk.everything(false).await?;
    for _ in 0..ROUNDS {
        desk.everything(true).await?;
    }
    desk.app.db.stop().await;
    Ok(())
}

impl Desk {
    async fn open(folder: &std::path::Path, provider: SocketAddr) -> anyhow::Result<Self> {
        let settings = store::Settings::Sqlite { path: folder.join("bellhop.db"), readers: 1 };
        let db = store::Db::open(&settings).await?;
        db.migrate(BEGIN).await?;
        let root = RootPlace::Value(Secret::new("07".repeat(32)));
        let keys = store::KeySettings::Sqlite { path: folder.join("bellhop.keys.db") };
        let entropy = Arc::new(Seeded(AtomicU64::new(2)));
        db.unlock(store::keys::Keys::open(&keys, root.source(), entropy, BEGIN).await?);
        let clock = Arc::new(ManualClock::at(BEGIN));
        let app = App::new(Parts {
            db,
            clock: clock.clone(),
            entropy: Arc::new(Seeded(AtomicU64::new(1))),
            files: app::files::Files::open(&folder.join("media"))?,
            node: app::node::Lease::fixed(clock.clone(), 1),
            settings: Settings { egress_allow: vec![provider.to_string()], ..Settings::default() },
        })?;
        let workspace: WorkspaceId = app.ids.next();
        let agent = Agent {
            id: app.ids.next(),
            name: "Ana".to_owned(),
            email: "ana@example.org".to_owned(),
            role: Role::Owner,
            locale: Locale::En,
            disabled: false,
            created_at: BEGIN,
        };
        let stored = agent.clone();
        let session = NewSession {
            id: SessionId(1),
            agent_id: agent.id,
            token_hash: app::token::hash(TOKEN),
            created_at: BEGIN,
            expires_at: BEGIN + Millis::days(30),
            user_agent: String::new(),
            address: String::new(),
            two_steps: false,
            provider_id: None,
            provider_sid: None,
        };
        app.write(move |tx| {
            Box::pin(async move {
                store::workspace::insert(tx, workspace, "Shop", BEGIN).await?;
                store::agent::insert(tx, workspace, &stored, "no hash").await?;
                Ok(store::session::insert(tx, workspace, &session).await?)
            })
        })
        .await?;
        let caller = Caller {
            workspace,
            workspace_name: "Shop".to_owned(),
            grant: Arc::new(app::role::Grant {
                rights: agent.role.rights().unwrap_or_else(model::Rights::none),
                visibility: store::Visibility::everything(),
            }),
            agent,
            viewer: None,
            means: Means::Session { id: SessionId(1), proved_at: BEGIN },
            visit: Default::default(),
        };
        let config = [
            ("phone_number_id", NUMBER.to_owned()),
            ("waba_id", "102290129340398".to_owned()),
            ("access_token", "bench-token".to_owned()),
            ("app_secret", delivery::SECRET.to_owned()),
            ("graph_url", format!("http://{provider}")),
        ];
        let config = config.map(|(name, value)| (name.to_owned(), value)).into();
        let new = NewInbox { kind: ChannelKind::Whatsapp, name: "Shop".to_owned(), config };
        let inbox = app::inbox::create(&app, &caller, new).await?;
        Ok(Self { app, clock, caller, hook_key: inbox.row.hook_key, next: 0 })
    }

    /// Every driver once.
    async fn everything(&mut self, measured: bool) -> anyhow::Result<()> {
        let end = |phase: &str, times: u64| mark(if measured { phase } else { "warm-up" }, times);
        let messages: Vec<String> = (0..TIMES).map(|n| self.message(n)).collect();
        let signed = sign(&messages);
        end("setting up", 1);
        self.accept(&signed).await?;
        end("accept a delivery", TIMES);
        app::worker::settle(&self.app).await?;
        end("apply a message", TIMES);
        for _ in 0..TIMES {
            let page = app::conversation::list(&self.app, &self.caller, Filter::default(), None, 50).await?;
            anyhow::ensure!(page.items.len() == 50, "a page of {} conversations", page.items.len());
        }
        // What a phase reads is written down a second later by itself, in whichever phase that falls.
        app::audit::flush(&self.app).await?;
        end("list a page", TIMES);
        let written = self.reply().await?;
        app::audit::flush(&self.app).await?;
        end("write a reply", TIMES);
        app::worker::settle(&self.app).await?;
        end("send a reply", TIMES);
        let reports = self.reports(written).await?;
        let signed = sign(&reports);
        app::audit::flush(&self.app).await?;
        end("setting up", 1);
        self.accept(&signed).await?;
        end("setting up", 1);
        app::worker::settle(&self.app).await?;
        end("apply a receipt", TIMES);
        self.fan_out(measured).await?;
        // The pace of the number counts the last second.
        self.clock.advance(Millis::seconds(10));
        Ok(())
    }

    fn message(&mut self, customer: u64) -> String {
        self.next += 1;
        delivery::message(NUMBER, self.next, customer, BEGIN.0.unsigned_abs() / 1000)
    }

    async fn accept(&self, signed: &[(String, String)]) -> anyhow::Result<()> {
        for (body, signature) in signed {
            let header = |name: &str| (name == "x-hub-signature-256").then_some(signature.as_bytes());
            let head = Head { method: "POST", query: "", header: &header };
            let body = Bytes::copy_from_slice(body.as_bytes());
            let hooked = app::receive::hook(&self.app, &self.hook_key, &head, body).await?;
            anyhow::ensure!(hooked == Hooked::Accepted, "a delivery was not accepted: {hooked:?}");
        }
        Ok(())
    }

    async fn reply(&mut self) -> anyhow::Result<Vec<model::ConversationId>> {
        let mut written = Vec::new();
        let page = app::conversation::list(&self.app, &self.caller, Filter::default(), None, 100).await?;
        for conversation in page.items.iter().take(usize::try_from(TIMES)?) {
            self.next += 1;
            let reply = NewReply {
                client_id: format!("reply-{}", self.next),
                text: Some("Thank you, it is on its way and will arrive tomorrow before noon.".to_owned()),
                ..NewReply::default()
            };
            app::message::reply(&self.app, &self.caller, conversation.id, reply).await?;
            written.push(conversation.id);
        }
        Ok(written)
    }

    /// A report about the last message of each conversation.
    async fn reports(&self, written: Vec<model::ConversationId>) -> anyhow::Result<Vec<String>> {
        let mut reports = Vec::new();
        for conversation in written {
            let place = store::message::Place::Newest;
            let page = app::message::page(&self.app, &self.caller, conversation, place, 1).await?;
            let id = page.items.first().map(|message| message.id).unwrap_or(model::MessageId(0));
            let workspace = self.caller.workspace;
            let found = self.app.read(move |tx| {
                Box::pin(async move { Ok(store::message::reference(tx, workspace, id).await?) })
            });
            let provider_id = found.await?.and_then(|found| found.provider_id);
            let provider_id = provider_id.ok_or_else(|| anyhow::anyhow!("{id} was not sent"))?;
            reports.push(delivery::report(
                NUMBER,
                &provider_id,
                "delivered",
                0,
                BEGIN.0.unsigned_abs() / 1000,
            ));
        }
        Ok(reports)
    }

    /// One event to several sockets, many times.
    async fn fan_out(&self, measured: bool) -> anyhow::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let running = server::serve::start(Site::new(self.app.clone()), listener);
        let mut sockets = Vec::new();
        for _ in 0..SOCKETS {
            sockets.push(socket(running.address).await?);
        }
        let page = app::conversation::list(&self.app, &self.caller, Filter::default(), None, 1).await?;
        let Some(conversation) = page.items.first() else { anyhow::bail!("no conversation") };
        let change = NewChange::conversation(conversation.id);
        let phase = |name| mark(if measured { name } else { "warm-up" }, TIMES * SOCKETS);
        app::audit::flush(&self.app).await?;
        phase("setting up");
        for _ in 0..TIMES {
            let (workspace, now, change) = (self.caller.workspace, self.clock.now(), change);
            let seq = self.app.write(move |tx| {
                Box::pin(async move { Ok(store::event::append(tx, workspace, &[change], now).await?) })
            });
            self.app.bell.events(workspace, seq.await?);
            for socket in &mut sockets {
                frame(socket).await?;
            }
        }
        phase("deliver an event to a socket");
        drop(sockets);
        running.stop(std::time::Duration::from_secs(5)).await;
        Ok(())
    }
}

fn sign(bodies: &[String]) -> Vec<(String, String)> {
    bodies.iter().map(|body| (body.clone(), delivery::signature(body))).collect()
}

/// A signed-in browser's socket that has heard the first frame.
async fn socket(address: SocketAddr) -> anyhow::Result<BufReader<TcpStream>> {
    let mut socket = BufReader::new(TcpStream::connect(address).await?);
    let request = format!(
        "GET /api/stream HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\ncookie: bellhop_session={TOKEN}\r\n\
         connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    socket.get_mut().write_all(request.as_bytes()).await?;
    let mut line = String::new();
    socket.read_line(&mut line).await?;
    anyhow::ensure!(line.starts_with("HTTP/1.1 101"), "no socket: {line}");
    while !line.trim().is_empty() {
        line.clear();
        socket.read_line(&mut line).await?;
    }
    frame(&mut socket).await?;
    Ok(socket)
}

/// Reads one frame of the server (RFC 6455, 5.2: not masked).
async fn frame(socket: &mut BufReader<TcpStream>) -> anyhow::Result<()> {
    let mut head = [0; 2];
    socket.read_exact(&mut head).await?;
    let length = match head[1] & 0x7f {
        126 => u64::from(socket.read_u16().await?),
        127 => socket.read_u64().await?,
        short => u64::from(short),
    };
    let mut payload = vec![0; usize::try_from(length)?];
    socket.read_exact(&mut payload).await?;
    Ok(())
}

/// A provider that takes every message, in a process of its own so that it is not counted.
async fn provider() -> anyhow::Result<SocketAddr> {
    if std::env::args().nth(1).as_deref() == Some("provider") {
        take_messages().await?;
    }
    let mut child = tokio::process::Command::new(std::env::current_exe()?)
        .arg("provider")
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().ok_or_else(|| anyhow::anyhow!("the provider says nothing"))?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).await?;
    let address = line.trim().parse()?;
    // It ends when its standard input does, which is ours.
    tokio::spawn(async move { child.wait().await });
    Ok(address)
}

async fn take_messages() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let sent = Arc::new(AtomicU64::new(0));
    loop {
        let (stream, _) = listener.accept().await?;
        let sent = sent.clone();
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            loop {
                let (mut line, mut length) = (String::new(), 0);
                while line != "\r\n" {
                    line.clear();
                    if stream.read_line(&mut line).await? == 0 {
                        return anyhow::Ok(());
                    }
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse()?;
                    }
                }
                let mut body = vec![0; length];
                stream.read_exact(&mut body).await?;
                let n = sent.fetch_add(1, Ordering::Relaxed);
                let answer = format!(
                    r#"{{"messaging_product":"whatsapp","contacts":[{{"input":"1","wa_id":"1"}}],"messages":[{{"id":"wamid.out{n:012}"}}]}}"#
                );
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
                    answer.len()
                );
                stream.get_mut().write_all(answer.as_bytes()).await?;
            }
        });
    }
}
