//! A browser that keeps its session's cookie and looks at every answer: the headers that protect, and the one
//! shape of refusals.

use std::net::SocketAddr;
use std::sync::Mutex;

use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, ORIGIN, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// A browser.
pub(crate) struct Browser {
    http: reqwest::Client,
    address: SocketAddr,
    /// By what name or address it opens the server.
    host: String,
    cookie: Mutex<Option<String>>,
    /// By what it is known again.
    known: Mutex<Option<String>>,
    /// What it keeps while somebody is at a provider of identity.
    away: Mutex<Option<String>>,
    /// What a program shows instead of a cookie.
    token: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    what: String,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        // Nothing here is served over TLS, and reading the system's certificates takes its time.
        let http = reqwest::Client::builder().tls_certs_only([]).no_proxy();
        let http = http.redirect(reqwest::redirect::Policy::none());
        Self {
            http: http.build().expect("a client"),
            address,
            cookie: Mutex::default(),
            known: Mutex::default(),
            away: Mutex::default(),
            token: None,
            host: address.ip().to_string(),
        }
    }

    /// Another browser with the same cookie.
    pub(crate) fn twin(&self) -> Self {
        let twin = Self::new(self.address);
        *twin.cookie.lock().expect("cookie") = self.cookie();
        twin
    }

    /// A browser with no cookie that opens the server in the same way.
    pub(crate) fn fresh(&self) -> Self {
        Self { host: self.host.clone(), ..Self::new(self.address) }
    }

    /// A browser with no cookie that opens the server by a name.
    pub(crate) fn by_name(&self, name: &str) -> Self {
        Self { host: name.to_owned(), ..Self::new(self.address) }
    }

    /// With the session of another browser.
    pub(crate) fn with_cookie_of(self, other: &Self) -> Self {
        *self.cookie.lock().expect("cookie") = other.cookie();
        self
    }

    /// A program that shows a token, and nothing that a browser would add.
    pub(crate) fn program(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::new(self.address) }
    }

    /// What it keeps while somebody is at a provider of identity.
    pub(crate) fn away(&self) -> Option<String> {
        self.away.lock().expect("cookie").clone()
    }

    /// Keeps that of another moment, or of another browser.
    pub(crate) fn take_away(&self, kept: Option<String>) {
        *self.away.lock().expect("cookie") = kept;
    }

    /// What a program shows in its header.
    pub(crate) fn authorization(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("Bearer {token}"))
    }

    /// The session's token.
    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.lock().expect("cookie").clone()
    }

    /// The server's origin.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}:{}", self.host, self.address.port())
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn upload(&self, name: &str, mime: &str, bytes: Vec<u8>) -> Reply {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned()).mime_str(mime);
        let form = reqwest::multipart::Form::new().part("file", part.expect("a type"));
        self.send(self.request(Method::POST, "/api/uploads").multipart(form)).await
    }

    /// A request as a page of the console makes it.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        if let Some(line) = self.authorization() {
            return self.bare(method, path).header(AUTHORIZATION, line);
        }
        let mut request = self.bare(method, path).header(ORIGIN, self.origin());
        let mut line = "theme=dark".to_owned();
        for (name, kept) in [
            ("bellhop_session", &self.cookie),
            ("bellhop_browser", &self.known),
            ("bellhop_provider", &self.away),
        ] {
            if let Some(value) = &*kept.lock().expect("cookie") {
                line.push_str(&format!("; {name}={value}"));
            }
        }
        request = request.header(COOKIE, line);
        request
    }

    /// A request without anything that a browser adds.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.origin()))
    }

    /// Sends a request, keeps the cookie, and looks at the answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Reply {
        let request = request.build().expect("a request");
        let what = format!("{} {}", request.method(), request.url().path());
        let answer = self.http.execute(request).await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.expect("a body").to_vec();
        for line in headers.get_all(SET_COOKIE) {
            let (name, rest) = line.to_str().expect("text").split_once('=').expect("a cookie");
            let value = rest.split(';').next().expect("a value").to_owned();
            let place = match name {
                "bellhop_session" => &self.cookie,
                // Only tests that play a host name are given it, and look themselves.
                "__Host-bellhop_session" => continue,
                "bellhop_browser" => &self.known,
                "bellhop_provider" => &self.away,
                _ => panic!("an unknown cookie: {name}"),
            };
            *place.lock().expect("cookie") = Some(value).filter(|value| !value.is_empty());
        }
        let reply = Reply { status, headers, body, what };
        reply.check();
        reply
    }
}

impl Reply {
    /// What holds for every answer of the server.
    fn check(&self) {
        let what = &self.what;
        assert_eq!(self.header("x-content-type-options"), "nosniff", "{what}");
        assert_eq!(self.header("referrer-policy"), "same-origin", "{what}");
        assert_eq!(self.header("cross-origin-opener-policy"), "same-origin", "{what}");
        assert!(self.header("permissions-policy").contains("microphone=(self)"), "{what}");
        assert!(!self.header("x-request-id").is_empty(), "{what}");
        let policy = self.header("content-security-policy");
        assert!(policy.contains("default-src"), "{what}: {policy}");
        assert!(!policy.contains("unsafe"), "{what}: {policy}");
        assert_ne!(self.header("cache-control"), "", "{what}");
        if self.status >= 400 && what.contains(" /api/") && !what.starts_with("HEAD ") {
            let error = &self.json()["error"];
            assert!(error["code"].as_str().is_some_and(|code| !code.is_empty()), "{what}: {error}");
            assert!(error["message"].as_str().is_some_and(|said| said.len() > 10), "{what}: {error}");
            assert_eq!(
                error["fields"].as_array().map(Vec::is_empty),
                Some(
                    !["validation", "sensitive_blocked", "sensitive_unconfirmed"]
                        .iter()
                        .any(|code| error["code"] == *code)
                ),
                "{what}: {error}"
            );
        }
    }

    /// A header, empty when absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error} in {text:?}", self.what))
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Vec<Value> {
        self.json()["items"].as_array().expect("a list").clone()
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The paths of the wrong fields.
    pub(crate) fn fields(&self) -> Vec<String> {
        let fields = self.json()["error"]["fields"].as_array().cloned().unwrap_or_default();
        fields.iter().map(|field| field["path"].as_str().unwrap_or_default().to_owned()).collect()
    }

    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> Self {
        let said = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{} answered {said}", self.what);
        self
    }
}
