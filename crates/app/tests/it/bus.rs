//! The bell between nodes: over a real NATS server, through a line that can be cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::bell::Typing;
use app::bus::{self, Address};
use app::files::Files;
use app::system::{SystemClock, SystemEntropy};
use app::{App, Parts, Settings, node};
use model::{AgentId, ConversationId, Secret, SessionId, WorkspaceId};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Everything here happens within milliseconds; this is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server that `cargo xtask test` starts; without it these tests are skipped, in CI they fail.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
fn server() -> Option<SocketAddr> {
    let Ok(url) = std::env::var("BELLHOP_TEST_NATS") else {
        assert!(!std::env::var("CI").is_ok_and(|ci| ci == "true"), "BELLHOP_TEST_NATS is not set");
        eprintln!("SKIPPED: BELLHOP_TEST_NATS is not set: no test of the bus");
        return None;
    };
    Some(url.strip_prefix("nats://").and_then(|address| address.parse().ok()).expect("nats://address:port"))
}

/// How a line behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Line {
    Whole,
    /// Connections end and new ones are refused, as when the server is gone.
    Cut,
    /// Connections stay and nothing comes through, as behind a router that died.
    Silent,
}

/// A way to the server that can fail.
async fn line(server: SocketAddr) -> (SocketAddr, watch::Sender<Line>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    let (state, watched) = watch::channel(Line::Whole);
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut watched = watched.clone();
            tokio::spawn(async move {
                if *watched.borrow_and_update() == Line::Cut {
                    return;
                }
                let Ok(mut far) = TcpStream::connect(server).await else { return };
                loop {
                    let silent = *watched.borrow_and_update() == Line::Silent;
                    let copied = async {
                        if silent {
                            std::future::pending::<()>().await;
                        }
                        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    };
                    tokio::select! {
                        () = copied => return,
                        _ = watched.changed() => if *watched.borrow() == Line::Cut { return },
                    }
                }
            });
        }
    });
    (address, state)
}

/// A node; all nodes of a test share its database.
fn node(db: &store::Db, number: u16) -> Arc<App> {
    let clock = Arc::new(SystemClock);
    App::new(Parts {
        db: db.clone(),
        clock: clock.clone(),
        entropy: Arc::new(SystemEntropy),
        files: Files::open(&tempfile::tempdir().expect("a folder").keep()).expect("a media store"),
        node: node::Lease::fixed(clock, number),
        settings: Settings::default(),
    })
    .expect("a node")
}

fn address(of: SocketAddr, prefix: &str) -> Address {
    Address { url: Secret::new(format!("nats://{of}")), prefix: prefix.to_owned() }
}

/// A prefix of this test's own: tests share the server.
fn prefix(test: &str) -> String {
    format!("{test}-{}", std::process::id())
}

async fn soon<T>(what: &str, awaited: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, awaited).await.unwrap_or_else(|_| panic!("not in time: {what}"))
}

/// Rings until the other node hears it: connecting takes a moment. Returns how often.
async fn ring_until_heard(from: &App, to: &App) -> usize {
    let mut events = to.bell.subscribe_events();
    let mut rung = 0;
    soon("the bell of the other node", async {
        loop {
            rung += 1;
            from.bell.events(WorkspaceId(1), 1);
            if tokio::time::timeout(Duration::from_millis(100), events.recv()).await.is_ok() {
                return rung;
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_reaches_the_other_nodes_of_the_installation() {
    let Some(server) = server() else { return };
    let database = store::testing::sqlite().await;
    let prefix = prefix("calls");
    let (one, two, other) = (node(&database.db, 1), node(&database.db, 2), node(&database.db, 3));
    let _buses = (
        bus::connect(&one, &address(server, &prefix)).await.expect("connected"),
        bus::connect(&two, &address(server, &prefix)).await.expect("connected"),
        bus::connect(&other, &address(server, &format!("{prefix}x"))).await.expect("connected"),
    );
    ring_until_heard(&one, &two).await;
    ring_until_heard(&two, &one).await;
    let (mut events, mut revoked, mut typing) =
        (two.bell.subscribe_events(), two.bell.subscribe_revoked(), two.bell.subscribe_typing());
    let mut elsewhere = other.bell.subscribe_events();
    one.bell.inbound();
    soon("inbound", two.bell.wait_inbound()).await;
    one.bell.outbound();
    soon("outbound", two.bell.wait_outbound()).await;
    one.bell.jobs();
    soon("jobs", two.bell.wait_jobs()).await;
    one.bell.events(WorkspaceId(7), 812);
    assert_eq!(soon("events", events.recv()).await, Ok((WorkspaceId(7), 812)));
    one.bell.revoked(SessionId(9));
    assert_eq!(soon("revoked", revoked.recv()).await, Ok(SessionId(9)));
    let types = Typing { workspace: WorkspaceId(7), conversation: ConversationId(8), agent: AgentId(9) };
    one.bell.typing(types);
    assert_eq!(soon("typing", typing.recv()).await, Ok(types));
    assert!(elsewhere.try_recv().is_err(), "another installation on the same server hears nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_dies_holds_nobody_up_and_comes_back() {
    let Some(server) = server() else { return };
    let database = store::testing::sqlite().await;
    let prefix = prefix("line");
    let (one, two) = (node(&database.db, 1), node(&database.db, 2));
    let (near, state) = line(server).await;
    state.send_replace(Line::Cut);
    // A server that is not there when a node starts is no reason not to start.
    let _bus = bus::connect(&one, &address(near, &prefix)).await.expect("it starts");
    let _other = bus::connect(&two, &address(server, &prefix)).await.expect("connected");
    for dead in [Line::Cut, Line::Silent, Line::Cut] {
        state.send_replace(dead);
        let mut here = one.bell.subscribe_events();
        for seq in 0..200_000 {
            one.bell.events(WorkspaceId(seq % 50), seq);
            one.bell.inbound();
        }
        assert!(
            here.recv()
                .await
                .is_err_and(|lagged| !matches!(lagged, tokio::sync::broadcast::error::RecvError::Closed))
        );
        soon("this node's own bell", one.bell.wait_inbound()).await;
        state.send_replace(Line::Whole);
        ring_until_heard(&one, &two).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_calls_and_doubled_ones_do_no_harm() {
    let Some(server) = server() else { return };
    let database = store::testing::sqlite().await;
    let prefix = prefix("strange");
    let (one, two) = (node(&database.db, 1), node(&database.db, 2));
    let _buses = (
        bus::connect(&one, &address(server, &prefix)).await.expect("connected"),
        bus::connect(&two, &address(server, &prefix)).await.expect("connected"),
    );
    ring_until_heard(&one, &two).await;
    let stranger = async_nats::connect(server.to_string()).await.expect("a stranger");
    let mut revoked = two.bell.subscribe_revoked();
    for _ in 0..100 {
        for kind in ["inbound", "events", "revoked", "typing", "unknown"] {
            for payload in
                [&b""[..], b"\xff\xfe\x00", b"ws_0000000000001 99999999999999999999", &[b'9'; 5000]]
            {
                stranger.publish(format!("{prefix}.{kind}"), payload.to_vec().into()).await.expect("said");
            }
        }
    }
    for _ in 0..3 {
        stranger.publish(format!("{prefix}.revoked"), "se_0000000000007".into()).await.expect("said");
    }
    for _ in 0..3 {
        assert_eq!(soon("revoked", revoked.recv()).await, Ok(SessionId(7)));
    }
    assert!(revoked.try_recv().is_err(), "nothing was made of the strange ones");
    ring_until_heard(&one, &two).await;
}

/// Tells how long calls take; nothing is asserted about it, as a machine may be busy.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: cargo xtask postgres cargo nextest run -p app bus_delay --run-ignored all --no-capture"]
async fn bus_delay() {
    let Some(server) = server() else { return };
    let database = store::testing::sqlite().await;
    let prefix = prefix("delay");
    let (one, two) = (node(&database.db, 1), node(&database.db, 2));
    let _buses = (
        bus::connect(&one, &address(server, &prefix)).await.expect("connected"),
        bus::connect(&two, &address(server, &prefix)).await.expect("connected"),
    );
    ring_until_heard(&one, &two).await;
    let mut events = two.bell.subscribe_events();
    let mut delays = Vec::new();
    for seq in 0..1000 {
        let began = Instant::now();
        one.bell.events(WorkspaceId(2), seq);
        while soon("the call", events.recv()).await != Ok((WorkspaceId(2), seq)) {}
        delays.push(began.elapsed());
    }
    delays.sort();
    eprintln!("1000 calls: p50 {:?}, p99 {:?}, worst {:?}", delays[500], delays[990], delays[999]);
}
