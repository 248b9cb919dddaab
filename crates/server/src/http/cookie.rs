//! The session's cookie.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use model::{Millis, Secret};

use super::door::Peer;

/// The cookie's name where it is Secure: browsers take it from this host alone, and over TLS alone.
pub const NAME: &str = "__Host-bellhop_session";

/// Its name on the machine itself, where browsers take the other from nobody, and of sessions that began before there was
/// the other.
const BARE: &str = "bellhop_session";

/// The cookie by which a browser is known again that has signed somebody in. It grants nothing.
const BROWSER: &str = "bellhop_browser";

/// The cookie by which a browser that comes back from a provider of identity shows that it went there. No page of
/// another site makes a browser send it.
const PROVIDER: &str = "bellhop_provider";

/// For how long a browser stays known: as long as browsers keep a cookie.
const BROWSER_LIFE: Millis = Millis::days(400);

/// The session's token that a request shows.
pub fn shown(headers: &HeaderMap) -> Option<&str> {
    value(headers, NAME).or_else(|| value(headers, BARE))
}

/// What a browser shows that was here before.
pub fn browser(headers: &HeaderMap) -> Option<Secret<String>> {
    value(headers, BROWSER).map(|value| Secret::new(value.to_owned()))
}

/// A `Set-Cookie` by which the browser is known again.
pub fn know(token: &Secret<String>, peer: &Peer) -> HeaderValue {
    line(BROWSER, token.expose(), BROWSER_LIFE.0 / 1000, peer)
}

/// What a browser shows that went to a provider of identity.
pub fn of_provider(headers: &HeaderMap) -> Option<&str> {
    value(headers, PROVIDER)
}

/// A `Set-Cookie` for a browser that goes to a provider of identity.
pub fn go_to_provider(token: &Secret<String>, life: Millis, peer: &Peer) -> HeaderValue {
    strict(token.expose(), life.0 / 1000, peer)
}

/// A `Set-Cookie` for a browser that is back from one.
pub fn leave_provider(peer: &Peer) -> HeaderValue {
    strict("", 0, peer)
}

fn value<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// The `Set-Cookie`s that keep the token of a session that begins for `life`, in place of any other.
pub fn keep(token: &Secret<String>, life: Millis, peer: &Peer) -> Vec<HeaderValue> {
    let mut lines = vec![line(name(peer), token.expose(), life.0 / 1000, peer)];
    if peer.secure {
        lines.push(line(BARE, "", 0, peer));
    }
    lines
}

/// A `Set-Cookie` with the next token of a session, under the name under which the last was shown: while servers are
/// replaced one after the other, the next request may come to one that does not know the other name.
pub fn renew(headers: &HeaderMap, token: &Secret<String>, life: Millis, peer: &Peer) -> HeaderValue {
    let name = if value(headers, NAME).is_some() { name(peer) } else { BARE };
    line(name, token.expose(), life.0 / 1000, peer)
}

/// The `Set-Cookie`s that remove the token, whatever its name.
pub fn forget(peer: &Peer) -> Vec<HeaderValue> {
    let names = if peer.secure { &[NAME, BARE][..] } else { &[BARE] };
    names.iter().map(|name| line(name, "", 0, peer)).collect()
}

fn name(peer: &Peer) -> &'static str {
    if peer.secure { NAME } else { BARE }
}

fn line(name: &str, value: &str, seconds: i64, peer: &Peer) -> HeaderValue {
    sensitive(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}"), peer)
}

fn strict(value: &str, seconds: i64, peer: &Peer) -> HeaderValue {
    let text = format!("{PROVIDER}={value}; Path=/api; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    sensitive(text, peer)
}

fn sensitive(mut text: String, peer: &Peer) -> HeaderValue {
    text.push_str(if peer.secure { "; Secure" } else { "" });
    let mut line = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    line.set_sensitive(true);
    line
}

/// Where an extractor leaves the cookie of a replaced token for the answer.
#[derive(Debug, Clone, Default)]
pub struct Replaced(Arc<OnceLock<HeaderValue>>);

impl Replaced {
    /// Leaves a cookie.
    pub fn set(&self, line: HeaderValue) {
        // Only one extractor of a request recognises the session.
        let _ = self.0.set(line);
    }
}

/// Gives the browser its session's new token when an extractor replaced the old one. A handler that sets that cookie
/// itself, because it begins or ends a session, is right.
pub async fn hand_over(mut request: Request, next: Next) -> Response {
    let replaced = Replaced::default();
    request.extensions_mut().insert(replaced.clone());
    let mut response = next.run(request).await;
    let of_session = |line: &HeaderValue| {
        let named = |name: &str| line.as_bytes().strip_prefix(name.as_bytes());
        [NAME, BARE].into_iter().filter_map(named).any(|rest| rest.starts_with(b"="))
    };
    if let Some(line) = replaced.0.get()
        && !response.headers().get_all(header::SET_COOKIE).iter().any(of_session)
    {
        response.headers_mut().append(header::SET_COOKIE, line.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, line.parse().expect("value"))).collect()
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        assert_eq!(shown(&cookies(&["a=1; bellhop_session=tok; b=2"])), Some("tok"));
        assert_eq!(shown(&cookies(&["a=1", "bellhop_session=tok"])), Some("tok"));
        assert_eq!(shown(&cookies(&["xbellhop_session=tok; bellhop_session_=tok"])), None);
        assert_eq!(shown(&cookies(&[])), None);
        // What another host may have set counts for nothing beside what this one has set.
        assert_eq!(shown(&cookies(&["bellhop_session=x; __Host-bellhop_session=tok"])), Some("tok"));
        assert_eq!(shown(&cookies(&["__host-bellhop_session=tok"])), None);
    }

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let peer = Peer { secure: true, ..Peer::default() };
        let lines = keep(&Secret::new("tok".into()), Millis::days(1), &peer);
        let expected = [
            "__Host-bellhop_session=tok; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400; Secure",
            "bellhop_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure",
        ];
        assert_eq!(lines, expected);
        assert!(lines.iter().all(HeaderValue::is_sensitive));
        let there = go_to_provider(&Secret::new("tok".into()), Millis::minutes(10), &peer);
        let expected = "bellhop_provider=tok; Path=/api; HttpOnly; SameSite=Strict; Max-Age=600; Secure";
        assert_eq!(there, expected);
        assert!(there.is_sensitive());
        let gone = "bellhop_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";
        assert_eq!(forget(&Peer::default()), [gone]);
        assert_eq!(forget(&peer), [format!("__Host-{gone}; Secure"), format!("{gone}; Secure")]);
        let local = keep(&Secret::new("tok".into()), Millis::days(1), &Peer::default());
        assert_eq!(local, ["bellhop_session=tok; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400"]);
    }

    #[test]
    fn a_session_keeps_its_name() {
        let peer = Peer { secure: true, ..Peer::default() };
        let renewed = |line: &str| {
            let line = renew(&cookies(&[line]), &Secret::new("new".into()), Millis::days(1), &peer);
            line.to_str().expect("text").split_once('=').expect("a cookie").0.to_owned()
        };
        assert_eq!(renewed("__Host-bellhop_session=old"), "__Host-bellhop_session");
        assert_eq!(renewed("bellhop_session=old"), "bellhop_session");
    }
}
