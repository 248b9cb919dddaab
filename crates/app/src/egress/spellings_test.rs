//! Every way we know to write an address that must not be called, and names whose addresses change.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Addresses of this machine, of private networks, of clouds' metadata, and such as nobody has.
const FORBIDDEN: [[u8; 4]; 18] = [
    [127, 0, 0, 1],
    [127, 1, 2, 3],
    [127, 255, 255, 254],
    [0, 0, 0, 0],
    [0, 1, 2, 3],
    [10, 0, 0, 1],
    [10, 255, 1, 2],
    [100, 64, 0, 1],
    [100, 127, 255, 254],
    [169, 254, 169, 254],
    [172, 16, 0, 1],
    [172, 31, 255, 254],
    [192, 0, 0, 8],
    [192, 168, 0, 1],
    [198, 18, 0, 1],
    [203, 0, 113, 7],
    [224, 0, 0, 251],
    [255, 255, 255, 255],
];

/// Addresses of IPv6 itself that must not be called, and forms that hide others.
const FORBIDDEN_V6: [&str; 24] = [
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fdff:ffff::1",
    "ff02::1",
    "ff05::2",
    "100::1",
    "64:ff9b:1::1",
    "2001:db8::1",
    "3fff::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "5f00::1",
    "4000::1",
    "::ffff:0:127.0.0.1",
];

/// The spellings of one IPv4 address as the host of an address.
fn spellings(octets: [u8; 4]) -> Vec<String> {
    let [a, b, c, d] = octets;
    let whole = u32::from_be_bytes(octets);
    let (low, lower) = (whole & 0x00ff_ffff, whole & 0xffff);
    let (one, two) = (whole >> 16, whole & 0xffff);
    let wide: String = format!("{a}.{b}.{c}.{d}")
        .chars()
        .map(|sign| sign.to_digit(10).and_then(|n| char::from_u32(0xff10 + n)).unwrap_or(sign))
        .collect();
    let circled = |n: u8| n.to_string().replace('1', "\u{2460}").replace('2', "\u{2461}");
    let (hidden_one, hidden_two) = (!one & 0xffff, !two & 0xffff);
    vec![
        format!("{a}.{b}.{c}.{d}"),
        format!("{a}.{b}.{c}.{d}."),
        whole.to_string(),
        format!("{whole:#x}"),
        format!("0X{whole:08X}"),
        format!("0{whole:o}"),
        format!("{a}.{low}"),
        format!("{a}.{b}.{lower}"),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("000{a:o}.{b}.0x{c:x}.{d}"),
        format!("{a:#x}.{low}"),
        wide,
        format!("{a}\u{3002}{b}\u{ff0e}{c}\u{ff61}{d}"),
        format!("{}.{b}.{c}.{}", circled(a), circled(d)),
        format!("%3{}{}.{b}.{c}.{d}", &a.to_string()[..1], &a.to_string()[1..]),
        format!("{a}.{b}.{c}.{d}%2e"),
        format!("{a}.\u{ad}{b}.{c}.{d}"),
        format!("[::ffff:{a}.{b}.{c}.{d}]"),
        format!("[::ffff:{one:x}:{two:x}]"),
        format!("[0:0:0:0:0:ffff:{one:x}:{two:x}]"),
        format!("[::{a}.{b}.{c}.{d}]"),
        format!("[64:ff9b::{one:x}:{two:x}]"),
        format!("[64:ff9b:1::{one:x}:{two:x}]"),
        format!("[2002:{one:x}:{two:x}::1]"),
        format!("[2001:0:808:808::{hidden_one:x}:{hidden_two:x}]"),
        format!("[fe80::5efe:{one:x}:{two:x}]"),
    ]
}

/// A listener on this machine that tells how often somebody connected.
async fn canary(address: &str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(address).await.expect("an address");
    let address = listener.local_addr().expect("an address");
    let hits = Arc::new(AtomicUsize::new(0));
    let counter = hits.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await;
        }
    });
    (address, hits)
}

fn get(url: String) -> Request {
    Request { method: "GET", url, bearer: None, body: RequestBody::Empty, file: false }
}

#[tokio::test]
async fn no_spelling_of_a_private_address_is_called() {
    let (here, hits) = canary("127.0.0.1:0").await;
    let port = here.port();
    let (guard, files) = (Egress::new(&[]), Files::scratch());
    let mut hosts: BTreeSet<String> = FORBIDDEN.into_iter().flat_map(spellings).collect();
    hosts.extend(FORBIDDEN_V6.iter().map(|address| format!("[{address}]")));
    hosts.extend(
        ["[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%lo]", "localhost", "LOCALHOST", "localhost."]
            .map(String::from),
    );
    hosts.extend(["\u{ff4c}ocalhost", "loc\u{ad}alhost", "127.0.0.1:80", ""].map(String::from));
    let mut tried = 0;
    for host in &hosts {
        for begin in ["https://", "http://", "https://graph.facebook.com@", "https:\\\\", "https://u:p@"] {
            let url = format!("{begin}{host}:{port}/x?y#@graph.facebook.com");
            let answer = guard.call(&get(url.clone()), &files).await;
            let Answer::NotSent(why) = answer else { panic!("{url} was called: {answer:?}") };
            assert!(!why.contains("secret"), "{url}: {why}");
            tried += 1;
        }
    }
    for scheme in ["ftp", "file", "gopher", "unix", "dict", "ldap", "data", "jar", "ws", "javascript"] {
        let answer = guard.call(&get(format!("{scheme}://127.0.0.1:{port}/")), &files).await;
        assert!(matches!(answer, Answer::NotSent(_)), "{scheme}: {answer:?}");
    }
    assert!(hosts.len() >= 400 && tried >= 2_000, "{} hosts, {tried} addresses", hosts.len());
    assert_eq!(hits.load(Ordering::SeqCst), 0, "somebody connected");
}

#[test]
fn what_is_public_stays_callable() {
    let guard = Egress::new(&[]);
    for host in
        ["8.8.8.8", "1.1.1.1", "157.240.0.1", "192.1.0.1", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]"]
    {
        let url = Url::parse(&format!("https://{host}/")).expect("an address");
        assert!(guard.client_for(&url).is_ok(), "{host}");
    }
}

/// Names whose answers follow each other; the last one stays.
fn changing(answers: &[&[&str]], may_call: fn(IpAddr) -> bool) -> (Names, Arc<AtomicUsize>) {
    let answers: Vec<Vec<IpAddr>> = answers
        .iter()
        .map(|answer| answer.iter().map(|text| text.parse().expect("an address")).collect())
        .collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let (counter, answers) = (asked.clone(), Mutex::new(answers));
    let lookup = move |_: String| -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        let place = counter.fetch_add(1, Ordering::SeqCst);
        let answers = answers.lock().expect("no panic");
        let answer = answers[place.min(answers.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    };
    (Names { lookup: Arc::new(lookup), may_call }, asked)
}

#[tokio::test]
async fn a_second_answer_of_the_name_server_changes_nothing() {
    // Two addresses of this machine play a public and a private one.
    let (private, hits) = canary("127.0.0.1:0").await;
    let (public, reached) = canary(&format!("127.0.0.2:{}", private.port())).await;
    let plays_public = |address: IpAddr| address == IpAddr::from([127, 0, 0, 2]);
    let (names, asked) = changing(&[&["127.0.0.2"], &["127.0.0.1"]], plays_public);
    let guard = Egress { names, ..Egress::new(&[]) };
    let url = format!("https://rebind.example:{}/", public.port());
    // What listens there speaks no TLS, so that neither call succeeds; where they arrive is what counts.
    let first = guard.call(&get(url.clone()), &Files::scratch()).await;
    assert!(matches!(first, Answer::NotSent(_)), "{first:?}");
    assert_eq!((asked.load(Ordering::SeqCst), reached.load(Ordering::SeqCst)), (1, 1), "asked and used once");
    let second = guard.call(&get(url), &Files::scratch()).await;
    assert!(matches!(&second, Answer::NotSent(why) if why.contains("private address")), "{second:?}");
    assert_eq!((hits.load(Ordering::SeqCst), reached.load(Ordering::SeqCst)), (0, 1));
}

#[tokio::test]
async fn of_a_mixed_answer_only_what_is_public_is_used() {
    let (names, _) =
        changing(&[&["10.0.0.1", "::ffff:127.0.0.1", "8.8.8.8", "fd00::1", "127.0.0.1"]], is_public);
    let found = names.resolve("mixed.example".parse().expect("a name")).await.expect("one is public");
    assert_eq!(found.map(|socket| socket.ip().to_string()).collect::<Vec<_>>(), ["8.8.8.8"]);
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_not_followed() {
    let (private, hits) = canary("127.0.0.1:0").await;
    for status in ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("an address");
        let line = format!("HTTP/1.1 {status}\r\nlocation: http://{private}/\r\ncontent-length: 0\r\n\r\n");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(line.as_bytes()).await;
        });
        let guard = Egress::new(&[address.to_string()]);
        let answer = guard.call(&get(format!("http://{address}/")), &Files::scratch()).await;
        assert!(matches!(answer, Answer::Http { status: 300..=399, .. }), "{status}: {answer:?}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0, "a redirect was followed");
}

#[tokio::test]
async fn only_the_exact_host_and_port_of_an_exception_may_be_private() {
    let (listed, hits) = canary("127.0.0.1:0").await;
    let guard = Egress::new(&[listed.to_string()]);
    let answer = guard.call(&get(format!("http://{listed}/")), &Files::scratch()).await;
    assert_eq!(answer, Answer::Http { status: 200, retry_after: None, body: b"secret".to_vec() });
    let port = listed.port();
    for other in [format!("127.0.0.2:{port}"), format!("localhost:{port}"), format!("127.0.0.1:{}", port ^ 1)]
    {
        let answer = guard.call(&get(format!("http://{other}/")), &Files::scratch()).await;
        assert!(matches!(answer, Answer::NotSent(_)), "{other}: {answer:?}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 1);
}
