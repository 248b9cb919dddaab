//! A site on the web, as tests fill it: its pages, what it says of their form, and what was asked of it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A page: its status, its type or where it leads, its words, and its `ETag`.
#[derive(Clone)]
struct Page {
    status: u16,
    mime: &'static str,
    location: Option<String>,
    words: String,
    etag: Option<String>,
}

type Shelf = Arc<Mutex<(HashMap<String, Page>, Vec<String>)>>;

/// A running site.
pub(crate) struct WebSite {
    address: SocketAddr,
    shelf: Shelf,
    running: JoinHandle<()>,
}

impl WebSite {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let address = listener.local_addr().expect("an address");
        let shelf = Shelf::default();
        let router = Router::new().fallback(answer).with_state(shelf.clone());
        let running = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, shelf, running }
    }

    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// The address of a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn put(&self, path: &str, page: Page) {
        self.shelf.lock().expect("a shelf").0.insert(path.to_owned(), page);
    }

    /// A page with words, whose form has a name.
    pub(crate) fn page(&self, path: &str, mime: &'static str, words: &str) {
        let etag = Some(format!(
            "\"{:x}\"",
            words.bytes().fold(7_u64, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte))
        ));
        self.put(path, Page { status: 200, mime, location: None, words: words.to_owned(), etag });
    }

    /// A page of help.
    pub(crate) fn help(&self, path: &str, title: &str, words: &str) {
        let page = format!(
            "<html><head><title>{title} | Shop</title></head><body><nav><a href=/>Home</a></nav>\
             <main><h1>{title}</h1><p>{words}</p></main><footer>Imprint</footer></body></html>"
        );
        self.page(path, "text/html; charset=utf-8", &page);
    }

    /// The sitemap, with these paths.
    pub(crate) fn sitemap(&self, paths: &[&str]) {
        let pages: String =
            paths.iter().map(|path| format!("<url><loc>{}</loc></url>", self.at(path))).collect();
        self.page("/sitemap.xml", "application/xml", &format!("<urlset>{pages}</urlset>"));
    }

    /// An answer without words.
    pub(crate) fn status(&self, path: &str, status: u16, location: Option<&str>) {
        let location = location.map(str::to_owned);
        self.put(path, Page { status, mime: "text/html", location, words: String::new(), etag: None });
    }

    /// What was asked since the last time, each with the status of its answer.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shelf.lock().expect("a shelf").1)
    }
}

impl Drop for WebSite {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn answer(State(shelf): State<Shelf>, headers: HeaderMap, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let mut shelf = shelf.lock().expect("a shelf");
    let page = shelf.0.get(&path).cloned();
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let status = match &page {
        None => 404,
        Some(page) if page.etag.is_some() && page.etag == known => 304,
        Some(page) => page.status,
    };
    shelf.1.push(format!("{path} {status}"));
    drop(shelf);
    let code = StatusCode::from_u16(status).expect("a status");
    let Some(page) = page.filter(|_| status != 304) else { return code.into_response() };
    let mut response = (code, [(header::CONTENT_TYPE, page.mime)], page.words).into_response();
    for (name, value) in [(header::ETAG, page.etag), (header::LOCATION, page.location)] {
        if let Some(value) = value {
            response.headers_mut().insert(name, value.parse().expect("a header"));
        }
    }
    response
}
