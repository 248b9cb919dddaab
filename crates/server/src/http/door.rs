//! Who comes in and from where: the client's address, whether the line is safe, and whether a page of ours
//! asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;

use super::content::Content;
use super::error::Problem;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Marks a request that came over TLS of our own.
#[derive(Debug, Clone, Copy)]
pub struct Encrypted;

/// How requests are judged before anybody looks at them.
#[derive(Debug, Default)]
pub struct Door {
    /// The public address, lower case, without a slash at its end.
    pub base_url: Option<String>,
    /// Whose forwarding headers are believed.
    pub proxies: Vec<IpNet>,
    /// The origin that files have of their own.
    pub content: Option<Content>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Peer {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The server's own origin as the client sees it, such as `https://desk.example.com`.
    pub origin: String,
    /// Whether the line to the client is encrypted: by us, or by a proxy of ours that says so.
    pub encrypted: bool,
    /// Whether the session's cookie may only travel over TLS: always, unless both ends are this machine.
    pub secure: bool,
}

impl Door {
    /// Finds out where a request comes from. Headers about forwarding are believed from known proxies alone. `tls` is
    /// whether the connection itself is encrypted.
    pub fn peer(&self, socket: Option<SocketAddr>, tls: bool, headers: &HeaderMap) -> Peer {
        let direct = socket.map(|socket| socket.ip().to_canonical());
        let proxied = direct.is_some_and(|address| self.is_proxy(address));
        let address = if proxied { self.client(headers).or(direct) } else { direct };
        let forwarded = if proxied { one(headers, &FORWARDED_PROTO) } else { None };
        let encrypted = forwarded.map_or(tls, |scheme| scheme == "https");
        let scheme = if encrypted { "https" } else { "http" };
        let host = one(headers, &header::HOST).unwrap_or_default().to_lowercase();
        let origin = self.base_url.clone().unwrap_or_else(|| format!("{scheme}://{host}"));
        let local = address.is_some_and(|address| address.is_loopback()) && names_this_machine(&origin);
        Peer { address, encrypted, secure: !local, origin }
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(&address))
    }

    /// The last address in `X-Forwarded-For` that is not a proxy of ours: what stands before it, anybody may
    /// have written.
    fn client(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
        let mut last = None;
        for hop in hops.iter().rev() {
            let address = hop.trim().parse::<IpAddr>().ok()?.to_canonical();
            last = Some(address);
            if !self.is_proxy(address) {
                break;
            }
        }
        last
    }
}

/// Whether a request was made by one of our own pages. Browsers say so in `Sec-Fetch-Site`, and where they do
/// not (plain HTTP), in `Origin`. A request that says neither is refused: no browser of today sends one.
pub fn ours(headers: &HeaderMap, peer: &Peer) -> bool {
    if headers.contains_key(FETCH_SITE) {
        return matches!(one(headers, &FETCH_SITE), Some("same-origin" | "none"));
    }
    one(headers, &header::ORIGIN).is_some_and(|origin| origin.eq_ignore_ascii_case(&peer.origin))
}

/// The one value of a header; `None` when it is absent, doubled or not text.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

fn names_this_machine(origin: &str) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Notes where the request comes from, for the extractors after it.
pub async fn note_peer(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    let socket = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let tls = request.extensions().get::<Encrypted>().is_some();
    let peer = door.peer(socket, tls, request.headers());
    request.extensions_mut().insert(peer);
    next.run(request).await
}

/// Refuses changes that another site's page asked a browser for. Programs with a token are no browsers: what decides
/// about them is that header alone, which no page can make a browser add.
pub async fn refuse_foreign_pages(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let peer = request.extensions().get::<Peer>().cloned().unwrap_or_default();
    let program = request.headers().contains_key(header::AUTHORIZATION);
    if safe || program || ours(request.headers(), &peer) {
        return next.run(request).await;
    }
    foreign().into_response()
}

/// The refusal of a request that another site's page made.
pub fn foreign() -> Problem {
    let message = "the request did not come from this server's own pages; programs send an Origin header \
        with the server's address";
    Problem::new(StatusCode::FORBIDDEN, "forbidden", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(base_url: Option<&str>, proxies: &[&str]) -> Door {
        Door {
            base_url: base_url.map(str::to_owned),
            proxies: proxies.iter().map(|text| text.parse().expect("a network")).collect(),
            content: None,
        }
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("name"), value.parse().expect("value"))
        };
        pairs.iter().map(pair).collect()
    }

    fn peer(door: &Door, socket: &str, pairs: &[(&str, &str)]) -> Peer {
        door.peer(Some(socket.parse().expect("a socket")), false, &headers(pairs))
    }

    #[test]
    fn forwarding_headers_count_only_from_known_proxies() {
        let forged = [("host", "desk"), ("x-forwarded-for", "10.1.1.1"), ("x-forwarded-proto", "https")];
        let direct = peer(&door(None, &[]), "203.0.113.9:1", &forged);
        assert_eq!(direct.address, "203.0.113.9".parse().ok());
        assert_eq!(direct.origin, "http://desk");
        let behind = peer(&door(None, &["203.0.113.0/24"]), "203.0.113.9:1", &forged);
        assert_eq!(behind.address, "10.1.1.1".parse().ok());
        assert_eq!(behind.origin, "https://desk");
    }

    #[test]
    fn a_line_is_encrypted_by_us_or_by_a_proxy_of_ours() {
        let door = door(None, &["10.0.0.0/8"]);
        let judge = |socket: &str, tls, pairs: &[(&str, &str)]| {
            door.peer(Some(socket.parse().expect("a socket")), tls, &headers(pairs)).encrypted
        };
        let https = [("x-forwarded-proto", "https")];
        assert!(judge("203.0.113.9:1", true, &[]) && !judge("203.0.113.9:1", false, &https));
        assert!(judge("10.0.0.1:1", false, &https) && !judge("10.0.0.1:1", false, &[]));
        assert!(!judge("10.0.0.1:1", true, &[("x-forwarded-proto", "http")]), "the proxy's client is not");
    }

    #[test]
    fn the_client_is_the_last_hop_that_is_no_proxy_of_ours() {
        let door = door(None, &["10.0.0.0/8"]);
        let hops = |hops| peer(&door, "10.0.0.1:1", &[("x-forwarded-for", hops)]).address;
        assert_eq!(hops("1.1.1.1, 198.51.100.7, 10.0.0.2"), "198.51.100.7".parse().ok());
        assert_eq!(hops("10.0.0.3, 10.0.0.2"), "10.0.0.3".parse().ok());
        assert_eq!(hops("198.51.100.7, rubbish"), "10.0.0.1".parse().ok());
        let mapped = peer(&door, "[::ffff:10.0.0.1]:1", &[("x-forwarded-for", "198.51.100.7")]);
        assert_eq!(mapped.address, "198.51.100.7".parse().ok());
    }

    #[test]
    fn only_this_machine_does_without_tls() {
        let plain = door(None, &[]);
        assert!(!peer(&plain, "127.0.0.1:1", &[("host", "localhost:8080")]).secure);
        assert!(!peer(&plain, "127.0.0.1:1", &[("host", "127.0.0.1:8080")]).secure);
        assert!(!peer(&plain, "[::1]:1", &[("host", "[::1]:8080")]).secure);
        assert!(peer(&plain, "127.0.0.1:1", &[("host", "desk.example.com")]).secure);
        assert!(peer(&plain, "192.168.1.9:1", &[("host", "localhost:8080")]).secure);
        assert!(peer(&plain, "127.0.0.1:1", &[("host", "localhost.example.com")]).secure);
        let public = door(Some("https://desk.example.com"), &[]);
        assert!(peer(&public, "127.0.0.1:1", &[("host", "localhost")]).secure);
    }

    #[test]
    fn a_change_needs_a_page_of_ours() {
        let peer = Peer { origin: "http://localhost:8080".into(), ..Peer::default() };
        let judge = |pairs: &[(&str, &str)]| ours(&headers(pairs), &peer);
        assert!(judge(&[("sec-fetch-site", "same-origin")]));
        assert!(judge(&[("sec-fetch-site", "none")]));
        assert!(judge(&[("origin", "http://localhost:8080")]));
        assert!(!judge(&[]));
        assert!(!judge(&[("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8080")]));
        assert!(!judge(&[("sec-fetch-site", "same-site")]));
        assert!(!judge(&[("origin", "http://localhost:9090")]));
        assert!(!judge(&[("origin", "https://localhost:8080")]));
        assert!(!judge(&[("origin", "null")]));
        assert!(!judge(&[("origin", "http://localhost:8080"), ("origin", "http://evil.example")]));
    }
}
