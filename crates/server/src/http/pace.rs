//! How often one client may ask, by what it shows: nothing, a session, or a program's token; and in all of them
//! together by its address, so that showing another made-up token each time gains nothing.
//!
//! Deliveries are not counted here ([`super::admission`] shares the places among workspaces), nor is this machine
//! itself: behind a reverse proxy on it, name the proxy in `trusted_proxies`, and its clients are counted. Guesses at a
//! password have narrower limits of their own ([`app::attempts`]).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use app::network::Network;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use model::Millis;

use super::cookie;
use super::door::Peer;
use super::error::Problem;
use crate::site::Site;

/// For how many seconds' worth of requests a client may ask at once.
const BURST: i64 = 10;
/// How many sessions' worth of requests one address may make: an office shares one.
const SHARED: u32 = 10;
/// Past this many remembered clients in a shard those that have recovered are forgotten.
const REMEMBERED: usize = 4096;
const SHARDS: usize = 16;

/// How many requests a second a class of clients may make; 0 when they are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Who shows nothing, by address.
    pub anonymous: u32,
    /// Somebody in a session.
    pub session: u32,
    /// A program with a token.
    pub token: u32,
}

/// Who asks, as one of a class.
type Client = (u8, [u8; 16]);

/// Remembers who asked how often. For each client it keeps the time at which the client has recovered, in microseconds.
#[derive(Debug, Default)]
pub struct Pace {
    rates: Rates,
    recovered: [Mutex<HashMap<Client, i64>>; SHARDS],
}

impl Pace {
    /// With these rates.
    pub fn new(rates: Rates) -> Self {
        Self { rates, ..Self::default() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long to wait when there were too many.
    fn count(&self, now: Millis, address: IpAddr, headers: &HeaderMap) -> Result<(), Millis> {
        let network = self.count_together(now, address)?;
        // Whoever shows both is judged as a program, as the extractor of the caller does.
        if let Some(shown) = headers.get(header::AUTHORIZATION) {
            self.take(now, (1, hash(shown.as_bytes())), self.rates.token)
        } else if let Some(shown) = cookie::shown(headers) {
            self.take(now, (2, hash(shown.as_bytes())), self.rates.session)
        } else {
            self.take(now, (3, network), self.rates.anonymous)
        }
    }

    /// Counts a request among all of its address; returns what names the address.
    fn count_together(&self, now: Millis, address: IpAddr) -> Result<[u8; 16], Millis> {
        let network = hash(Network::from(Some(address)).octets());
        let shared = self.rates.session.max(self.rates.token).saturating_mul(SHARED);
        self.take(now, (0, network), shared)?;
        Ok(network)
    }

    fn take(&self, now: Millis, client: Client, rate: u32) -> Result<(), Millis> {
        if rate == 0 {
            return Ok(());
        }
        let (now, interval) = (now.0.saturating_mul(1000), 1_000_000 / i64::from(rate));
        let shard = &self.recovered[usize::from(client.1[0]) % SHARDS];
        let mut recovered = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if recovered.len() >= REMEMBERED {
            recovered.retain(|_, at| *at > now);
            if recovered.len() >= REMEMBERED {
                // So many at once are no people; what each of them may is still bounded.
                recovered.clear();
            }
        }
        let next = recovered.get(&client).copied().unwrap_or(now).max(now) + interval;
        let over = next - now - BURST * 1_000_000;
        if over > 0 {
            return Err(Millis(over / 1000 + 1));
        }
        recovered.insert(client, next);
        Ok(())
    }
}

fn hash(shown: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&digest(&SHA256, shown).as_ref()[..16]);
    short
}

/// Serves a request of a client that has not asked too often.
pub(super) async fn keep(State(site): State<Site>, request: Request, next: Next) -> Response {
    let counted = ["/api/", "/help/"].iter().any(|begin| request.uri().path().starts_with(begin));
    let counted = match counted.then(|| distant(&request)).flatten() {
        Some(address) => site.pace.count(site.app.now(), address, request.headers()),
        None => Ok(()),
    };
    serve(counted, request, next).await
}

/// Serves a request for a file by its link, which says nothing of who asks: all of an address are counted together.
pub(super) async fn keep_together(State(site): State<Site>, request: Request, next: Next) -> Response {
    let counted = match distant(&request) {
        Some(address) => site.pace.count_together(site.app.now(), address).map(drop),
        None => Ok(()),
    };
    serve(counted, request, next).await
}

/// The address of who asks, when it is not this machine.
fn distant(request: &Request) -> Option<IpAddr> {
    let address = request.extensions().get::<Peer>().and_then(|peer| peer.address);
    address.filter(|address| !address.is_loopback())
}

async fn serve(counted: Result<(), Millis>, request: Request, next: Next) -> Response {
    match counted {
        Ok(()) => next.run(request).await,
        Err(wait) => Problem::from(app::Error::RateLimited { retry_after: wait }).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const NOW: Millis = Millis(1_790_000_000_000);

    fn showing(name: header::HeaderName, value: &str) -> HeaderMap {
        [(name, HeaderValue::try_from(value).expect("a value"))].into_iter().collect()
    }

    /// How many of many requests are served.
    fn served(pace: &Pace, now: Millis, address: [u8; 4], headers: &HeaderMap) -> usize {
        (0..1_000).filter(|_| pace.count(now, address.into(), headers).is_ok()).count()
    }

    #[test]
    fn each_class_has_its_rate_and_recovers() {
        let pace = Pace::new(Rates { anonymous: 2, session: 5, token: 8 });
        let (nothing, cookie) = (HeaderMap::new(), showing(header::COOKIE, "bellhop_session=a"));
        let token = showing(header::AUTHORIZATION, "Bearer t");
        assert_eq!(served(&pace, NOW, [203, 0, 113, 1], &nothing), 20);
        assert_eq!(served(&pace, NOW, [203, 0, 113, 2], &cookie), 50);
        assert_eq!(served(&pace, NOW, [203, 0, 113, 3], &token), 80);
        assert_eq!(
            served(&pace, NOW, [203, 0, 113, 4], &cookie),
            0,
            "a session is one client wherever it is"
        );
        assert_eq!(served(&pace, NOW + Millis::seconds(1), [203, 0, 113, 1], &nothing), 2);
        let wait = pace.count(NOW, [203, 0, 113, 1].into(), &nothing).expect_err("too often");
        assert!(wait > Millis(0) && wait <= Millis::seconds(2), "{wait:?}");
    }

    #[test]
    fn made_up_tokens_gain_nothing() {
        let pace = Pace::new(Rates { anonymous: 2, session: 5, token: 5 });
        let made_up = |n: usize| showing(header::AUTHORIZATION, &format!("Bearer {n}"));
        let tried = |address: [u8; 4]| {
            (0..5_000).filter(|n| pace.count(NOW, address.into(), &made_up(*n)).is_ok()).count()
        };
        assert_eq!(tried([203, 0, 113, 1]), 500, "ten sessions' worth");
        assert_eq!(tried([203, 0, 113, 2]), 500, "another address is another client");
    }

    #[test]
    fn nobody_is_counted_without_a_rate_and_memory_is_bounded() {
        let free = Pace::default();
        assert_eq!(served(&free, NOW, [203, 0, 113, 1], &HeaderMap::new()), 1_000);
        let pace = Pace::new(Rates { anonymous: 1, session: 1, token: 1 });
        for n in 0..200_000_u32 {
            let _ = pace.count(NOW, IpAddr::from(n.to_be_bytes()), &HeaderMap::new());
        }
        let kept: usize = pace.recovered.iter().map(|shard| shard.lock().expect("no panic").len()).sum();
        assert!(kept <= SHARDS * REMEMBERED, "{kept}");
    }
}
