//! Taking connections: how many at once, and how long one may dawdle.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::http::door::Encrypted;
use crate::tls::Acceptor;

/// How long a connection may take to say what it wants, also between two requests: longer than reverse proxies keep
/// unused connections (Caddy two minutes), so that none closes just when its proxy uses it again.
const HEAD: Duration = Duration::from_secs(150);
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How many connections are open at once; further ones wait in the system's queue.
const CONNECTIONS: usize = 50_000;
/// How long to rest when the system gives no connection, as when there are no file descriptors left.
const REST: Duration = Duration::from_millis(200);

/// Serves until told to stop, and then until every request that is under way has its answer; encrypted where there is
/// something to shake hands with.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Acceptor>,
    router: Router,
    stop: CancellationToken,
) {
    serve_within(listener, tls, router, stop, HEAD).await;
}

async fn serve_within(
    listener: TcpListener,
    tls: Option<Acceptor>,
    router: Router,
    stop: CancellationToken,
    head: Duration,
) {
    let (open, places) = (TaskTracker::new(), Arc::new(Semaphore::new(CONNECTIONS)));
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (tls, router, stop) = (tls.clone(), router.clone(), stop.clone());
                open.spawn(async move {
                    // Small answers must not wait for more; a line that cannot be told so still works.
                    let _ = stream.set_nodelay(true);
                    match tls {
                        None => connection(stream, peer, false, router, stop, head).await,
                        Some(tls) => encrypted(stream, &tls, peer, router, stop, head).await,
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(REST).await;
            }
        }
    }
    drop(listener);
    open.close();
    open.wait().await;
}

/// Shakes hands first.
async fn encrypted(
    stream: TcpStream,
    tls: &Acceptor,
    peer: SocketAddr,
    router: Router,
    stop: CancellationToken,
    head: Duration,
) {
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(HANDSHAKE, tls.accept(stream)) => shaken,
        () = stop.cancelled() => return,
    };
    match shaken {
        Ok(Ok(Some(stream))) => connection(stream, peer, true, router, stop, head).await,
        Ok(Ok(None)) => {}
        // Whoever speaks another language, or looks whether we are there.
        Ok(Err(error)) => tracing::debug!(%error, "no handshake"),
        Err(_) => tracing::debug!("a handshake took too long"),
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    tls: bool,
    router: Router,
    stop: CancellationToken,
    head: Duration,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        if tls {
            request.extensions_mut().insert(Encrypted);
        }
        router.clone().oneshot(request)
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(head).enable_connect_protocol();
    let serving = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    // What goes wrong on a connection is its client's matter.
    tokio::select! {
        _ = serving.as_mut() => {}
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsConnector;
    use tokio_rustls::client::TlsStream;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::rustls::{
        self, ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion, version,
    };

    use super::*;
    use crate::tls::{self, Tls};

    #[tokio::test]
    async fn whoever_says_nothing_is_sent_away_and_others_are_served() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let router = Router::new().route(
            "/",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }),
        );
        let serving =
            tokio::spawn(serve_within(listener, None, router, stop.clone(), Duration::from_millis(300)));
        let mut slow = TcpStream::connect(address).await.expect("connected");
        slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await.expect("written");
        let mut quick = TcpStream::connect(address).await.expect("connected");
        quick.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.expect("written");
        let mut text = String::new();
        quick.read_to_string(&mut text).await.expect("an answer");
        assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("127.0.0.1"), "{text}");
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(20), slow.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "the slow one still has its connection");
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(20), serving).await.expect("it stops").expect("well");
    }

    /// Connects, believing in one certificate.
    async fn shake(
        address: SocketAddr,
        root: &CertificateDer<'static>,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&[u8]],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(root.clone()).expect("a root");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost").expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("written");
        let mut text = vec![0; 4096];
        let mut length = 0;
        while !text[..length].ends_with(b"!") {
            let read = stream.read(&mut text[length..]).await.expect("an answer");
            assert!(read > 0, "the line ended");
            length += read;
        }
        String::from_utf8_lossy(&text[..length]).into_owned()
    }

    #[tokio::test]
    async fn tls_is_spoken_in_its_two_versions_and_a_renewal_ends_no_connection() {
        let folder = tempfile::tempdir().expect("a folder");
        let (files, first) = tls::testing::issue(folder.path());
        let tls = Tls::open(files).expect("a pair");
        let acceptor = tls.acceptor().expect("an acceptor");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let router = Router::new().route(
            "/",
            get(|request: Request| async move {
                format!("{}!", request.extensions().get::<Encrypted>().is_some())
            }),
        );
        let serving = tokio::spawn(serve(listener, Some(acceptor), router, stop.clone()));
        for (version, name) in
            [(&version::TLS13, ProtocolVersion::TLSv1_3), (&version::TLS12, ProtocolVersion::TLSv1_2)]
        {
            let stream =
                shake(address, &first, &[version], &[b"h2", b"http/1.1"]).await.expect("a handshake");
            assert_eq!(stream.get_ref().1.protocol_version(), Some(name));
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        }
        // HTTP/1.1 is for those who cannot do better.
        let mut old = shake(address, &first, rustls::ALL_VERSIONS, &[]).await.expect("a handshake");
        assert!(ask(&mut old).await.ends_with("true!"), "the request is known to be encrypted");
        // Who speaks plain HTTP gets no answer, and nobody is disturbed.
        let mut wrong = TcpStream::connect(address).await.expect("connected");
        wrong.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("written");
        let mut said = Vec::new();
        let _ = wrong.read_to_end(&mut said).await;
        assert!(!said.starts_with(b"HTTP"), "{said:?}");
        let keeping = tokio::spawn(tls.keep_every(Duration::from_millis(20)));
        let (_, second) = tls::testing::issue(folder.path());
        for _ in 0..1000 {
            if shake(address, &second, rustls::ALL_VERSIONS, &[]).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        shake(address, &second, rustls::ALL_VERSIONS, &[]).await.expect("the renewed certificate is shown");
        assert!(
            shake(address, &first, rustls::ALL_VERSIONS, &[]).await.is_err(),
            "the old one is shown no more"
        );
        assert!(ask(&mut old).await.ends_with("true!"), "the open connection goes on");
        keeping.abort();
        drop(old);
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(20), serving).await.expect("it stops").expect("well");
    }
}
