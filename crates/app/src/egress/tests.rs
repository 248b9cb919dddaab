use std::sync::atomic::{AtomicUsize, Ordering};

use model::WorkspaceId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn egress(allow: &[&str]) -> Egress {
    Egress::new(&allow.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>())
}

#[test]
fn private_addresses_are_refused_in_every_spelling() {
    let guard = egress(&[]);
    for address in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://198.18.0.1/",
        "https://１２７.0.0.1/",
        "https://user@8.8.8.8/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "http://8.8.8.8/",
    ] {
        let url = Url::parse(address).expect("a test address parses");
        assert!(guard.client_for(&url).is_err(), "{address} was not refused");
    }
}

#[test]
fn an_exact_allow_entry_opens_one_port_only() {
    let guard = egress(&["127.0.0.1:7301"]);
    assert!(guard.client_for(&Url::parse("http://127.0.0.1:7301/v26.0/1").expect("parses")).is_ok());
    assert!(guard.client_for(&Url::parse("http://127.0.0.1:7302/").expect("parses")).is_err());
    assert!(guard.client_for(&Url::parse("https://graph.facebook.com/").expect("parses")).is_ok());
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_refused() {
    let files = Files::scratch();
    let request = Request {
        method: "GET",
        url: "https://localhost/".to_owned(),
        bearer: None,
        body: RequestBody::Empty,
        file: false,
    };
    let answer = egress(&[]).call(&request, &files).await;
    assert!(matches!(answer, Answer::NotSent(_)), "{answer:?}");
}

/// A server that answers with this head and then this piece again and again; tells how much it could send.
async fn endless(head: &'static str, piece: Vec<u8>, pause: Duration) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        stream.write_all(head.as_bytes()).await.expect("somebody reads");
        while stream.write_all(&piece).await.is_ok() {
            counter.fetch_add(piece.len(), Ordering::Relaxed);
            tokio::time::sleep(pause).await;
        }
    });
    (address, sent)
}

fn get(address: SocketAddr) -> Request {
    Request {
        method: "GET",
        url: format!("http://{address}/"),
        bearer: None,
        body: RequestBody::Empty,
        file: false,
    }
}

#[tokio::test]
async fn an_answer_of_ten_gigabytes_is_cut_off() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n";
    let (address, sent) = endless(head, vec![b'x'; 1 << 16], Duration::ZERO).await;
    let egress = egress(&[&address.to_string()]);
    let answer = egress.call(&get(address), &Files::scratch()).await;
    assert!(matches!(answer, Answer::Http { status: 200, body, .. } if body.len() == MAX_DOCUMENT));
    // What the sockets hold is more than we read, but not much.
    assert!(sent.load(Ordering::Relaxed) < 64 << 20, "{} bytes were taken", sent.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_packed_answer_is_not_unpacked() {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 20\r\n\r\n";
    // An empty file, packed.
    let packed = vec![31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let (address, _) = endless(head, packed.clone(), Duration::from_secs(3600)).await;
    let answer = egress(&[&address.to_string()]).call(&get(address), &Files::scratch()).await;
    assert_eq!(answer, Answer::Http { status: 200, retry_after: None, body: packed });
}

#[tokio::test]
async fn an_answer_that_drips_is_given_up() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n";
    let (address, _) = endless(head, vec![b'x'], Duration::from_millis(20)).await;
    let mut egress = egress(&[&address.to_string()]);
    egress.document_timeout = Duration::from_millis(300);
    let answer = egress.call(&get(address), &Files::scratch()).await;
    assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
}

#[tokio::test]
async fn who_takes_a_small_file_and_says_nothing_is_waited_for_as_for_a_document() {
    let (address, _) = endless("", Vec::new(), Duration::from_secs(3600)).await;
    let files = Files::scratch();
    let picture = files.receive_bytes(vec![7; 2000]).await.expect("received");
    let key = files.keep(WorkspaceId(1), &picture).await.expect("kept");
    let (name, mime) = ("a.png".to_owned(), "image/png".to_owned());
    let body = RequestBody::Form { fields: Vec::new(), file_field: "file", key, name, mime };
    let mut egress = egress(&[&address.to_string()]);
    egress.document_timeout = Duration::from_millis(300);
    let request = Request { method: "POST", body, ..get(address) };
    let begun = tokio::time::Instant::now();
    let answer = egress.call(&request, &files).await;
    assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
    assert!(begun.elapsed() < FILE_TIMEOUT / 6, "it was waited for as for a large one");
}
