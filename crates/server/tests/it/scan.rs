//! Malware, as a scanner sees it that speaks the protocol of ClamAV's daemon: what it finds nobody gets, and what it cannot
//! look at waits or is marked, as configured.

use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::scan::{Place, Scanner};
use app::{App, Parts, Settings};
use model::Millis;
use serde_json::{Value, json};
use server::serve::{self, Running};
use server::site::Site;
use sim::CustomerMessage;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, UnixListener};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

const DOT: &[u8] = include_bytes!("files/dot.png");
/// What this scanner takes for malware. The real test string would alarm the scanners of those who have this text.
const BAD: &[u8] = b"this is what malware looks like here";

const LOOKS: u8 = 0;
const AWAY: u8 = 1;
const FULL: u8 = 2;

/// How the scanner is, and what it was given.
#[derive(Default)]
struct Daemon {
    mood: AtomicU8,
    seen: Mutex<Vec<Vec<u8>>>,
}

impl Daemon {
    fn set(&self, mood: u8) {
        self.mood.store(mood, Ordering::SeqCst);
    }

    /// Answers one line, as the daemon does: one command, after which it closes.
    async fn answer(&self, line: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
        if self.mood.load(Ordering::SeqCst) == AWAY {
            return Ok(());
        }
        let mut line = BufReader::new(line);
        let mut command = Vec::new();
        line.read_until(0, &mut command).await?;
        if command == b"zPING\0" {
            return line.write_all(b"PONG\0").await;
        }
        assert_eq!(command, b"zINSTREAM\0");
        let mut file = Vec::new();
        loop {
            let length = line.read_u32().await? as usize;
            if length == 0 {
                break;
            }
            let begin = file.len();
            file.resize(begin + length, 0);
            line.read_exact(&mut file[begin..]).await?;
            if self.mood.load(Ordering::SeqCst) == FULL {
                return line.write_all(b"INSTREAM size limit exceeded. ERROR\0").await;
            }
        }
        let bad = file.windows(BAD.len()).any(|part| part == BAD);
        self.seen.lock().expect("seen").push(file);
        line.write_all(if bad { b"stream: Test.Malware-1 FOUND\0" } else { b"stream: OK\0" }).await
    }

    /// Listens at a port.
    async fn start() -> (Arc<Self>, Place) {
        let (daemon, listener) =
            (Arc::new(Self::default()), TcpListener::bind("127.0.0.1:0").await.expect("a port"));
        let place = Place::Tcp(listener.local_addr().expect("an address").to_string());
        let own = daemon.clone();
        tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.answer(line).await });
            }
        });
        (daemon, place)
    }

    /// Listens at a socket.
    fn start_at(path: &Path) -> (Arc<Self>, Place) {
        let (daemon, listener) = (Arc::new(Self::default()), UnixListener::bind(path).expect("a socket"));
        let own = daemon.clone();
        tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.answer(line).await });
            }
        });
        (daemon, Place::Unix(path.to_owned()))
    }
}

/// The desk's house with a scanner.
struct House {
    app: Arc<App>,
    running: Running,
    owner: Browser,
}

impl House {
    async fn start(desk: &Desk, owner: &Browser, place: Place, required: bool) -> Self {
        let settings = Settings {
            scanner: Some(Scanner { place, required }),
            egress_allow: vec![desk.sim.address().to_string()],
            ..Settings::default()
        };
        let parts = Parts {
            db: desk.app.db.clone(),
            clock: desk.clock.clone(),
            entropy: Arc::new(app::system::SystemEntropy),
            files: app::files::Files::open(&desk.media).expect("a media store"),
            node: app::node::Lease::fixed(desk.clock.clone(), 3),
            settings,
        };
        let app = App::new(parts).expect("an app");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("an address");
        let running = serve::start(Site::new(app.clone()), listener);
        Self { app, running, owner: Browser::new(address).with_cookie_of(owner) }
    }

    /// A document of a customer, as it is shown once nothing is to be done any more.
    async fn sent(&self, desk: &Desk, bytes: Vec<u8>) -> Value {
        let maria = match desk.sim.customers().first() {
            Some(maria) => maria.id.clone(),
            None => desk.sim.customer("Maria", Some("+34 600 111 222"), None).await,
        };
        let what = CustomerMessage::Document {
            bytes,
            mime: "application/octet-stream".to_owned(),
            filename: "invoice.bin".to_owned(),
            caption: None,
        };
        desk.sim.send(&maria, what).await;
        self.newest(desk).await
    }

    /// The newest file.
    async fn newest(&self, desk: &Desk) -> Value {
        app::worker::settle(&self.app).await.expect("the workers settle");
        let conversation = desk.only_conversation(&self.owner).await;
        let thread = desk.thread(&self.owner, &conversation).await;
        thread.last().expect("a message")["content"]["media"].clone()
    }

    async fn end(self) {
        self.running.stop(Duration::from_secs(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_scanner_finds_nobody_gets() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let (daemon, place) = Daemon::start().await;
        let house = House::start(desk, &owner, place, true).await;
        // Larger than a piece, so that it comes together again of several.
        let fine: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let media = house.sent(desk, fine.clone()).await;
        assert_eq!(
            (&media["state"], &media["threat"], &media["unscanned"]),
            (&json!("ready"), &Value::Null, &json!(false))
        );
        assert_eq!(daemon.seen.lock().expect("seen").last(), Some(&fine), "all of it was looked at");
        let media = house.sent(desk, [&fine, BAD].concat()).await;
        assert_eq!((&media["state"], &media["failure"]), (&json!("failed"), &json!("infected")));
        assert_eq!((&media["threat"], &media["name"]), (&json!("Test.Malware-1"), &json!("invoice.bin")));
        let url = media["url"].as_str().expect("an address");
        house.owner.get(url).await.expect_status(404);
        // What a colleague hands in.
        house.owner.upload("dot.png", "image/png", DOT.to_vec()).await.expect_status(201);
        let refused =
            house.owner.upload("dot.png", "image/png", [DOT, BAD].concat()).await.expect_status(409);
        assert_eq!(refused.code(), "infected");
        assert!(
            refused.json()["error"]["message"].as_str().is_some_and(|said| said.ends_with("Test.Malware-1"))
        );
        let part = reqwest::multipart::Part::bytes(BAD.to_vec()).file_name("faq.md");
        let form = reqwest::multipart::Form::new().part("file", part);
        let refused = house.owner.request(reqwest::Method::POST, "/api/imports").multipart(form);
        assert_eq!(house.owner.send(refused).await.expect_status(409).code(), "infected");
        house.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_looked_at_waits_until_it_can() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let folder = tempfile::tempdir().expect("a folder");
        let (daemon, place) = Daemon::start_at(&folder.path().join("clamd.ctl"));
        let house = House::start(desk, &owner, place.clone(), true).await;
        app::scan::reach(&Scanner { place, required: true }).await.expect("it answers");
        for mood in [AWAY, FULL] {
            daemon.set(mood);
            let media = house.sent(desk, vec![7; 300_000]).await;
            assert_eq!(media["state"], "pending", "nobody gets it before it was looked at");
            house.owner.get(media["url"].as_str().expect("an address")).await.expect_status(404);
            let refused = house.owner.upload("a.bin", "application/octet-stream", vec![7; 300_000]).await;
            assert!(!refused.expect_status(503).header("retry-after").is_empty());
            daemon.set(LOOKS);
            desk.clock.advance(Millis::minutes(10));
            assert_eq!(house.newest(desk).await["state"], "ready");
        }
        // One that never comes back.
        daemon.set(AWAY);
        house.sent(desk, b"nobody looks".to_vec()).await;
        for wait in [1, 1, 1, 6, 31, 4 * 60, 13 * 60, 25 * 60] {
            desk.clock.advance(Millis::minutes(wait));
            house.newest(desk).await;
        }
        let media = house.newest(desk).await;
        assert_eq!((&media["state"], &media["failure"]), (&json!("failed"), &json!("unscanned")));
        house.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_scanning_is_not_required_what_was_not_looked_at_is_marked() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.connect(&owner).await;
        let (daemon, place) = Daemon::start().await;
        let house = House::start(desk, &owner, place, false).await;
        daemon.set(AWAY);
        let media = house.sent(desk, b"nobody looked".to_vec()).await;
        assert_eq!((&media["state"], &media["unscanned"]), (&json!("ready"), &json!(true)));
        house.owner.get(media["url"].as_str().expect("an address")).await.expect_status(200);
        house.owner.upload("dot.png", "image/png", DOT.to_vec()).await.expect_status(201);
        // What is malware stays so.
        daemon.set(LOOKS);
        assert_eq!(house.sent(desk, BAD.to_vec()).await["failure"], "infected");
        house.end().await;
    })
    .await;
}
