//! The one client for outgoing connections to addresses that a person or a provider named.
//!
//! Its guard refuses private addresses unless the exact `host:port` is allow-listed. The check is made on the
//! resolved address that the connection then uses, so a second answer of the name server cannot slip past, and
//! redirects are not followed.

mod open;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use channels::{Answer, Request, RequestBody};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use rustls::pki_types::CertificateDer;
use tracing::Instrument;
use url::{Host, Url};

use vault::FileKey;

use crate::files::{Files, Incoming};
use crate::tls;

pub(crate) use open::Opened;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(30);
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(10);
const FILE_TIMEOUT: Duration = Duration::from_secs(180);
/// How many bytes of a file a line carries in a second at least, so that a small one does not hold the place of others for as
/// long as a large one may take.
const SLOWEST: u64 = 128 << 10;
/// The largest answer that is kept of a call that is not a file.
const MAX_DOCUMENT: usize = 1 << 20;

/// Makes the calls that channels ask for. Its clients are made when they are first needed: reading the system's
/// certificates takes longer than the rest of a start.
pub struct Egress {
    guarded: OnceLock<reqwest::Client>,
    allowed: OnceLock<reqwest::Client>,
    allow: Vec<String>,
    names: Names,
    /// How long a document may take, from the first byte sent to the last received.
    document_timeout: Duration,
    /// Beside the machine's, what servers are trusted by.
    roots: Vec<CertificateDer<'static>>,
    outcomes: [AtomicU64; OUTCOMES.len()],
}

/// The names of what may come of a call, in the order of [`Outcome`].
const OUTCOMES: [&str; 6] = ["ok", "limited", "rejected", "failed", "not_sent", "unknown"];

/// What may come of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Ok,
    Limited,
    Rejected,
    Failed,
    NotSent,
    Unknown,
}

impl Outcome {
    fn of_status(status: u16) -> Self {
        match status {
            429 => Self::Limited,
            ..400 => Self::Ok,
            400..500 => Self::Rejected,
            _ => Self::Failed,
        }
    }

    fn of(answer: &Answer) -> Self {
        match answer {
            Answer::Http { status, .. } => Self::of_status(*status),
            Answer::NotSent(_) => Self::NotSent,
            Answer::Unknown(_) => Self::Unknown,
        }
    }
}

/// Why there is no answer, in words.
#[derive(Debug)]
enum Silence {
    /// Nothing was asked.
    NotSent(String),
    /// Perhaps it was.
    Unknown(String),
}

impl Silence {
    fn of(error: &reqwest::Error) -> Self {
        // The address may hold a token; an error that is stored and shown must not.
        let mut text = String::new();
        let mut source: Option<&dyn std::error::Error> = std::error::Error::source(error);
        while let Some(cause) = source {
            text = cause.to_string();
            source = cause.source();
        }
        if error.is_connect() {
            Self::NotSent(format!("no connection: {text}"))
        } else if error.is_timeout() {
            Self::Unknown("no answer in time".to_owned())
        } else {
            Self::Unknown(format!("the connection broke: {text}"))
        }
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::NotSent(_) => Outcome::NotSent,
            Self::Unknown(_) => Outcome::Unknown,
        }
    }

    fn why(self) -> String {
        match self {
            Self::NotSent(why) | Self::Unknown(why) => why,
        }
    }
}

impl From<Silence> for Answer {
    fn from(silence: Silence) -> Self {
        match silence {
            Silence::NotSent(why) => Self::NotSent(why),
            Silence::Unknown(why) => Self::Unknown(why),
        }
    }
}

/// What came of fetching a file.
pub enum Download {
    /// The file is stored.
    Stored(Incoming),
    /// Larger than the limit.
    TooLarge,
    /// Not a file: judge it like any answer.
    Answer(Answer),
}

/// Why a call has no answer that can be used, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unanswered(pub String);

/// What is known of the form in which a page was last read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its `ETag` header.
    pub etag: Option<String>,
    /// Its `Last-Modified` header.
    pub modified: Option<String>,
}

/// A document of the web.
#[derive(Debug)]
pub struct Page {
    /// The answer's status; 304 when it is still what it was.
    pub status: u16,
    /// Where to look for it instead.
    pub location: Option<String>,
    /// Its type, as its server says it.
    pub mime: String,
    /// What its server says of its form.
    pub known: Known,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Why there is no document.
#[derive(Debug)]
pub enum Refusal {
    /// The address must not be called, with why.
    Forbidden(String),
    /// There is no whole answer, with why.
    Unreachable(String),
    /// It is larger than the limit.
    TooLarge,
}

impl Egress {
    /// `allow` lists `host:port` pairs that may be private.
    pub fn new(allow: &[String]) -> Self {
        // Another part of the process may have chosen the same provider already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let allow = allow.iter().map(|entry| entry.to_ascii_lowercase()).collect();
        Self {
            guarded: OnceLock::new(),
            allowed: OnceLock::new(),
            allow,
            names: Names::of_the_system(),
            document_timeout: DOCUMENT_TIMEOUT,
            roots: Vec::new(),
            outcomes: Default::default(),
        }
    }

    /// Trusts servers by more certificates than the machine's.
    pub(crate) fn trusting(self, roots: Vec<CertificateDer<'static>>) -> Self {
        Self { roots, ..self }
    }

    /// How many calls came to what since the start.
    pub fn outcomes(&self) -> [(&'static str, u64); OUTCOMES.len()] {
        std::array::from_fn(|place| (OUTCOMES[place], self.outcomes[place].load(Ordering::Relaxed)))
    }

    fn count(&self, outcome: Outcome) {
        self.outcomes[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Makes a call whose answer is a document of at most 1 MiB.
    pub async fn call(&self, request: &Request, files: &Files) -> Answer {
        self.call_with(request, files, None).await
    }

    /// [`Egress::call`] with a file that `key` opens.
    pub(crate) async fn call_with(&self, request: &Request, files: &Files, key: Option<&FileKey>) -> Answer {
        let span = tracing::debug_span!("provider", method = request.method);
        let answer = self.ask(request, files, key).instrument(span).await;
        self.count(Outcome::of(&answer));
        answer
    }

    /// Makes a call that a library has put together, for somebody who waits for it. The answer is a document of less than
    /// 1 MiB.
    ///
    /// # Errors
    /// Why there is no answer; an answer with any status is one.
    pub(crate) async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        let answer = self.try_exchange(request).await;
        self.count(match &answer {
            Ok(answer) => Outcome::of_status(answer.status().as_u16()),
            Err(silence) => silence.outcome(),
        });
        answer.map_err(|silence| Unanswered(silence.why()))
    }

    async fn try_exchange(&self, request: HttpRequest) -> Result<HttpResponse, Silence> {
        let unsent = |error: &dyn std::fmt::Display| Silence::NotSent(error.to_string());
        let url = Url::parse(&request.uri().to_string()).map_err(|error| unsent(&error))?;
        let client = self.client_for(&url).map_err(Silence::NotSent)?;
        let mut request = reqwest::Request::try_from(request).map_err(|error| unsent(&error))?;
        *request.timeout_mut() = Some(self.document_timeout.min(EXCHANGE_TIMEOUT));
        let response = client.execute(request).await.map_err(|error| Silence::of(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = beginning(response, MAX_DOCUMENT).await.map_err(|error| broken_off(&error))?;
        if body.len() == MAX_DOCUMENT {
            return Err(Silence::Unknown("the answer is larger than 1 MiB".to_owned()));
        }
        let mut answer = HttpResponse::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// The date that a public address answers with.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub async fn date(&self, url: &str) -> Result<SystemTime, String> {
        let url = Url::parse(url).map_err(|error| format!("{url:?} is no address: {error}"))?;
        let asked = self.client_for(&url)?.head(url).timeout(DOCUMENT_TIMEOUT).send().await;
        let answer = asked.map_err(|error| Silence::of(&error).why())?;
        let date = answer.headers().get(reqwest::header::DATE).and_then(|value| value.to_str().ok());
        date.and_then(|text| httpdate::parse_http_date(text).ok())
            .ok_or_else(|| "it tells no date".to_owned())
    }

    /// A document of the web, unless it is still what it was.
    pub async fn page(&self, url: &str, known: &Known, limit: usize) -> Result<Page, Refusal> {
        let url =
            Url::parse(url).map_err(|error| Refusal::Forbidden(format!("{url:?} is no address: {error}")))?;
        let client = self.client_for(&url).map_err(Refusal::Forbidden)?;
        let mut request = client.get(url).timeout(self.document_timeout);
        for (name, value) in [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.modified)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.map_err(|error| Silence::of(&error));
        self.count(match &answer {
            Ok(answer) => Outcome::of_status(answer.status().as_u16()),
            Err(silence) => silence.outcome(),
        });
        let unreachable = |silence: Silence| Refusal::Unreachable(silence.why());
        let answer = answer.map_err(unreachable)?;
        let header =
            |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (status, location, mime) = (answer.status().as_u16(), header(LOCATION), header(CONTENT_TYPE));
        let now = Known { etag: header(ETAG), modified: header(LAST_MODIFIED) };
        let body = beginning(answer, limit + 1).await.map_err(|error| unreachable(Silence::of(&error)))?;
        if body.len() > limit {
            return Err(Refusal::TooLarge);
        }
        Ok(Page { status, location, mime: mime.unwrap_or_default(), known: now, body })
    }

    async fn ask(&self, request: &Request, files: &Files, key: Option<&FileKey>) -> Answer {
        let prepared = match self.prepare(request, files, key, self.document_timeout).await {
            Ok(prepared) => prepared,
            Err(refused) => return Answer::NotSent(refused),
        };
        match prepared.send().await {
            Ok(response) => document(response).await,
            Err(error) => Silence::of(&error).into(),
        }
    }

    /// Makes a call whose answer is a file of at most `limit` bytes, which goes into `files`.
    pub async fn download(&self, request: &Request, files: &Files, limit: u64) -> Download {
        let download = self.fetch(request, files, limit).await;
        self.count(match &download {
            Download::Stored(_) | Download::TooLarge => Outcome::Ok,
            Download::Answer(answer) => Outcome::of(answer),
        });
        download
    }

    async fn fetch(&self, request: &Request, files: &Files, limit: u64) -> Download {
        let prepared = match self.prepare(request, files, None, FILE_TIMEOUT).await {
            Ok(prepared) => prepared,
            Err(refused) => return Download::Answer(Answer::NotSent(refused)),
        };
        let response = match prepared.send().await {
            Ok(response) => response,
            Err(error) => return Download::Answer(Silence::of(&error).into()),
        };
        if response.status().as_u16() != 200 {
            return Download::Answer(document(response).await);
        }
        let stream = response.bytes_stream().map(|chunk| chunk.map_err(std::io::Error::other));
        match files.receive(stream, limit).await {
            Ok(Some(incoming)) => Download::Stored(incoming),
            Ok(None) => Download::TooLarge,
            Err(error) => Download::Answer(Answer::Unknown(format!("the file broke off: {error}"))),
        }
    }

    async fn prepare(
        &self,
        request: &Request,
        files: &Files,
        sealed: Option<&FileKey>,
        timeout: Duration,
    ) -> Result<reqwest::RequestBuilder, String> {
        let url =
            Url::parse(&request.url).map_err(|error| format!("{:?} is no address: {error}", request.url))?;
        let client = self.client_for(&url)?;
        let method =
            reqwest::Method::from_bytes(request.method.as_bytes()).map_err(|error| error.to_string())?;
        let mut builder = client.request(method, url).timeout(timeout);
        if let Some(bearer) = &request.bearer {
            builder = builder.bearer_auth(bearer.expose());
        }
        Ok(match &request.body {
            RequestBody::Empty => builder,
            RequestBody::Json(json) => {
                builder.header(reqwest::header::CONTENT_TYPE, "application/json").body(json.clone())
            }
            RequestBody::Form { fields, file_field, key, name, mime } => {
                let (size, stream) = files
                    .open_sealed(key, sealed, None)
                    .await
                    .map_err(|error| format!("cannot read the file to send: {error}"))?;
                let part =
                    reqwest::multipart::Part::stream_with_length(reqwest::Body::wrap_stream(stream), size)
                        .file_name(name.clone())
                        .mime_str(mime)
                        .map_err(|error| format!("{mime:?} is no media type: {error}"))?;
                let form = fields.iter().fold(reqwest::multipart::Form::new(), |form, (name, value)| {
                    form.text(*name, value.clone())
                });
                let patience = (timeout + Duration::from_secs(size / SLOWEST)).min(FILE_TIMEOUT);
                builder.timeout(patience).multipart(form.part(*file_field, part))
            }
        })
    }

    /// The host of an address that may be called, as far as that can be seen without asking a name server.
    ///
    /// # Errors
    /// Why it may not, in words.
    pub fn may_call(&self, url: &str) -> Result<String, String> {
        let url = Url::parse(url).map_err(|error| format!("{url:?} is no address: {error}"))?;
        self.client_for(&url)?;
        Ok(url.host_str().unwrap_or_default().to_owned())
    }

    /// The client that may call an address, or why none may.
    fn client_for(&self, url: &Url) -> Result<&reqwest::Client, String> {
        if !matches!(url.scheme(), "https" | "http") {
            return Err(format!("only https and http addresses are called, not {}:", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address with a user name in it is not called".to_owned());
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err("an address without a host is not called".to_owned());
        };
        if self.allow.contains(&format!("{host}:{port}").to_ascii_lowercase()) {
            return made(&self.allowed, || self.builder());
        }
        let literal = match host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        if literal.is_some_and(|address| !is_public(address)) {
            return Err(refusal(&format!("{host}:{port}")));
        }
        if url.scheme() != "https" {
            return Err(format!("{host} is only called over https"));
        }
        made(&self.guarded, || self.builder().dns_resolver(Arc::new(self.names.clone())))
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        match self.roots.as_slice() {
            [] => builder(),
            roots => builder().tls_backend_preconfigured(tls::client(roots)),
        }
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .no_proxy()
        .user_agent(concat!("bellhop/", env!("CARGO_PKG_VERSION")))
}

/// A client for a service of the operator's own, whose address stands in the configuration and may be private.
pub(crate) fn trusted(patience: Duration) -> Result<reqwest::Client, reqwest::Error> {
    builder()
        .tls_backend_preconfigured(tls::client(&[]))
        .connect_timeout(patience)
        .read_timeout(patience)
        .build()
}

/// A line to an address that the operator of the machine configured: the guard is about addresses of others.
pub(crate) async fn line(address: &str) -> std::io::Result<tokio::net::TcpStream> {
    tokio::net::TcpStream::connect(address).await
}

/// The client that stands here, made now if nobody needed it before.
fn made(
    place: &OnceLock<reqwest::Client>,
    builder: impl FnOnce() -> reqwest::ClientBuilder,
) -> Result<&reqwest::Client, String> {
    if let Some(client) = place.get() {
        return Ok(client);
    }
    let client = builder().build().map_err(|error| format!("cannot make calls: {error}"))?;
    Ok(place.get_or_init(|| client))
}

fn refusal(target: &str) -> String {
    format!("{target} is a private address; list it exactly under egress.allow if it is meant")
}

async fn document(response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get(reqwest::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok());
    match beginning(response, MAX_DOCUMENT).await {
        Ok(body) => Answer::Http { status, retry_after, body },
        Err(error) => broken_off(&error).into(),
    }
}

/// The first bytes of an answer's body, at most `limit`.
async fn beginning(response: reqwest::Response, limit: usize) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk: Bytes = chunk?;
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == limit {
            break;
        }
    }
    Ok(body)
}

fn broken_off(error: &reqwest::Error) -> Silence {
    Silence::Unknown(format!("the answer broke off: {error}"))
}

/// Asks for the addresses of a name.
type Lookup = dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync;

/// Resolves names to addresses that may be called; the connection uses exactly what this returns, so that what the
/// name server answers the next time changes nothing.
#[derive(Clone)]
struct Names {
    lookup: Arc<Lookup>,
    may_call: fn(IpAddr) -> bool,
}

impl Names {
    fn of_the_system() -> Self {
        let lookup = |host: String| -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
            Box::pin(async move {
                let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        };
        Self { lookup: Arc::new(lookup), may_call: is_public }
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { lookup, may_call } = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = lookup(host.clone()).await?;
            let public: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| may_call(*address))
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if public.is_empty() {
                return Err(refusal(&host).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet (IANA special-purpose registries; every form that embeds
/// an IPv4 address is refused rather than unwrapped).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a == 127
        || a >= 224
        || address.is_private()
        || address.is_link_local()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let global = segments[0] & 0xe000 == 0x2000;
    let tunnels = segments[0] == 0x2002 || (segments[0] == 0x2001 && segments[1] < 0x0200);
    let documentation = (segments[0] == 0x2001 && segments[1] == 0x0db8) || segments[0] & 0xfff0 == 0x3ff0;
    global && !tunnels && !documentation
}

#[cfg(test)]
mod spellings_test;
#[cfg(test)]
mod tests;
