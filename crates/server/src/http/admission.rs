//! How much is served at once. Each class of requests has places of its own, so that a flood of one does not take
//! those of another; a few requests may wait for a place for a moment, and all others are told at once to come
//! again later. When deliveries pile up before the database, reading makes way for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use app::App;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use store::Class;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::content;
use super::error::Problem;
use crate::site::Site;

/// A delivery over this size counts as large, in bytes.
const LARGE: u64 = 64 << 10;
/// How many large deliveries are taken at once: with the size limit of a delivery they bound the memory.
const LARGE_AT_ONCE: usize = 16;
/// How many deliveries wait before the database when reading has to make way.
const PRESSED: usize = 1024;

/// What a request is for, the first in precedence first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A provider delivers.
    Inbound,
    /// Somebody changes something, such as sending a message.
    Send,
    /// Somebody looks at something.
    Read,
    /// A file comes in, which takes as long as it takes.
    Upload,
    /// The console's own files and questions about the process: always answered.
    Other,
}

impl Kind {
    /// What a request to a route is for.
    pub fn of(method: &Method, route: &str) -> Self {
        match route {
            _ if route.starts_with("/hooks/") => Self::Inbound,
            "/api/uploads" | "/api/imports" => Self::Upload,
            content::ROUTE => Self::Read,
            _ if !route.starts_with("/api/") => Self::Other,
            _ if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) => Self::Read,
            _ => Self::Send,
        }
    }

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Send => "send",
            Self::Read => "read",
            Self::Upload => "upload",
            Self::Other => "other",
        }
    }
}

/// The places of one class.
#[derive(Debug)]
pub struct Line {
    kind: Kind,
    places: Semaphore,
    size: usize,
    waiting: AtomicUsize,
    most_waiting: usize,
    patience: Duration,
    /// How long a request may take from its place to its answer's head.
    time: Duration,
    refused: AtomicU64,
}

impl Line {
    fn new(kind: Kind, size: usize, most_waiting: usize, patience: u64, time: u64) -> Self {
        Self {
            kind,
            places: Semaphore::new(size),
            size,
            waiting: AtomicUsize::new(0),
            most_waiting,
            patience: Duration::from_secs(patience),
            time: Duration::from_secs(time),
            refused: AtomicU64::new(0),
        }
    }

    /// How many requests are being served.
    pub fn running(&self) -> f64 {
        (self.size - self.places.available_permits()) as f64
    }

    /// How many wait for a place.
    pub fn waiting(&self) -> f64 {
        self.waiting.load(Ordering::Relaxed) as f64
    }

    /// How many were told to come again later.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// A place; `None` when there is none soon.
    async fn place(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.places.try_acquire() {
            return Some(place);
        }
        let _waits = Waits::begin(&self.waiting, self.most_waiting)?;
        timeout(self.patience, self.places.acquire()).await.ok()?.ok()
    }
}

/// Counts somebody who waits, also when they go away.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn begin(waiting: &'a AtomicUsize, most: usize) -> Option<Self> {
        let waits = Self(waiting);
        (waiting.fetch_add(1, Ordering::Relaxed) < most).then_some(waits)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The places of all classes.
#[derive(Debug)]
pub struct Admission {
    lines: [Line; 4],
    large: Semaphore,
}

impl Default for Admission {
    fn default() -> Self {
        Self::with_readers(64)
    }
}

impl Admission {
    /// As by default, with another number of places for reading.
    pub fn with_readers(readers: usize) -> Self {
        Self {
            lines: [
                // A provider comes again when we are slow, so it may wait longest and more at once.
                Line::new(Kind::Inbound, 1024, 4096, 5, 20),
                Line::new(Kind::Send, 128, 512, 3, 30),
                Line::new(Kind::Read, readers, 2 * readers, 1, 30),
                Line::new(Kind::Upload, 32, 32, 3, 600),
            ],
            large: Semaphore::new(LARGE_AT_ONCE),
        }
    }

    /// One value of each class.
    pub fn each<T>(&self, value: impl Fn(&Line) -> T) -> Vec<(&'static str, T)> {
        self.lines.iter().map(|line| (line.kind.name(), value(line))).collect()
    }

    /// The class's places and one of them; `Err` when the request has to come again later.
    async fn admit(&self, kind: Kind, app: &App) -> Result<Option<(&Line, SemaphorePermit<'_>)>, ()> {
        let Some(line) = self.lines.iter().find(|line| line.kind == kind) else { return Ok(None) };
        let pressed = kind == Kind::Read && app.db.load(Class::Inbound).waiting >= PRESSED;
        let place = if pressed { None } else { line.place().await };
        match place {
            Some(place) => Ok(Some((line, place))),
            None => {
                line.refused.fetch_add(1, Ordering::Relaxed);
                Err(())
            }
        }
    }
}

/// Serves a request when there is a place for it.
pub(super) async fn admit(State(site): State<Site>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let kind = Kind::of(request.method(), route);
    let admission: &Arc<Admission> = &site.admission;
    let Ok(admitted) = admission.admit(kind, &site.app).await else { return later() };
    let Some((line, _place)) = admitted else { return next.run(request).await };
    let _large = if kind == Kind::Inbound && is_large(&request) {
        match timeout(line.patience, admission.large.acquire()).await {
            Ok(Ok(place)) => Some(place),
            _ => return later(),
        }
    } else {
        None
    };
    match timeout(line.time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(class = kind.name(), "a request took too long and was given up");
            let message = "the request took too long; send it again";
            Problem::new(StatusCode::REQUEST_TIMEOUT, "unavailable", message).into_response()
        }
    }
}

fn later() -> Response {
    Problem::from(app::Error::Unavailable).into_response()
}

/// Whether the body is large, or may become so.
fn is_large(request: &Request) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|text| text.parse::<u64>().ok()).is_none_or(|length| length > LARGE)
        && request.method() == Method::POST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_is_for_is_seen_at_its_route() {
        let kind = |method: Method, route: &str| Kind::of(&method, route);
        assert_eq!(kind(Method::POST, "/hooks/{inbox}"), Kind::Inbound);
        assert_eq!(kind(Method::GET, "/api/conversations"), Kind::Read);
        assert_eq!(kind(Method::POST, "/api/conversations/{id}/messages"), Kind::Send);
        assert_eq!(kind(Method::POST, "/api/uploads"), Kind::Upload);
        assert_eq!(kind(Method::GET, "/livez"), Kind::Other);
        assert_eq!(kind(Method::GET, ""), Kind::Other);
    }

    #[tokio::test]
    async fn a_full_class_keeps_few_waiting_and_refuses_the_rest_at_once() {
        let line = Line::new(Kind::Read, 1, 1, 1, 1);
        let held = line.place().await.expect("a place");
        let waits = line.place();
        let mut waits = std::pin::pin!(waits);
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
        assert_eq!((line.running(), line.waiting()), (1.0, 1.0));
        assert!(line.place().await.is_none(), "the second to wait is refused at once");
        drop(held);
        assert!(waits.await.is_some(), "the first one gets the place");
        assert_eq!((line.running(), line.waiting()), (0.0, 0.0));
        let _held = line.place().await.expect("a place");
        assert!(line.place().await.is_none(), "nobody waits for ever");
        assert_eq!(line.waiting(), 0.0);
    }
}
