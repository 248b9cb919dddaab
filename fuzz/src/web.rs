//! What comes over the wire: deliveries, headers, addresses, ids, frames, and variables of the configuration.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::LazyLock;

use app::egress::{Egress, is_public};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use channels::{Account, Head, Verdict};
use model::{AgentId, ChannelKind, ConversationId, MediaId, MessageId, Secret};
use server::config::Config;
use server::http::door::{Door, ours};
use server::http::{caller, cookie as session};

/// Deliveries as they come.
pub(crate) const WEBHOOKS: &[&[u8]] = &[
    include_bytes!("../../crates/channels/src/whatsapp/cases/receive/text.json"),
    include_bytes!("../../crates/channels/src/whatsapp/cases/receive/media.json"),
    include_bytes!("../../crates/channels/src/whatsapp/cases/receive/statuses.json"),
    include_bytes!("../../crates/channels/src/whatsapp/cases/receive/order.json"),
];

pub(crate) fn webhook(bytes: &[u8]) {
    let channel = channels::channel(ChannelKind::Whatsapp);
    // However broken, it is read alike each time, or refused.
    let (one, two) = (channel.read(bytes), channel.read(bytes));
    assert_eq!(format!("{one:?}"), format!("{two:?}"));
}

pub(crate) fn signature(bytes: &[u8]) {
    let channel = channels::channel(ChannelKind::Whatsapp);
    let account = Account {
        secrets: [("app_secret".to_owned(), Secret::new("a secret that nobody guesses".to_owned()))].into(),
        verify_token: Some(Secret::new("a token that nobody guesses".to_owned())),
        ..Account::default()
    };
    let text = String::from_utf8_lossy(bytes);
    let header = |name: &str| (name == "x-hub-signature-256").then_some(bytes);
    for method in ["GET", "POST"] {
        let head = Head { method, query: &text, header: &header };
        assert!(matches!(channel.verify(&head, b"body", &account), Verdict::Reject), "a guess was taken");
    }
}

pub(crate) fn cursor(bytes: &[u8]) {
    let _ = store::is_cursor(&String::from_utf8_lossy(bytes));
}

pub(crate) fn id(bytes: &[u8]) {
    fn whole<T: FromStr + ToString>(text: &str) {
        if let Ok(id) = text.parse::<T>() {
            assert_eq!(id.to_string(), text, "one id has two spellings");
        }
    }
    let text = String::from_utf8_lossy(bytes);
    whole::<ConversationId>(&text);
    whole::<MessageId>(&text);
    whole::<MediaId>(&text);
    whole::<AgentId>(&text);
}

pub(crate) fn address(bytes: &[u8]) {
    static GUARD: LazyLock<Egress> = LazyLock::new(|| Egress::new(&[]));
    let text = String::from_utf8_lossy(bytes);
    if let Ok(host) = GUARD.may_call(&text) {
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
        assert!(literal.is_err() || literal.is_ok_and(is_public), "{host} may be called");
    }
}

pub(crate) fn cookie(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(header::COOKIE, value.clone());
            headers.insert(header::AUTHORIZATION, value);
        }
    }
    if let Some(token) = session::shown(&headers) {
        assert!(!token.contains([';', '\n', '\r']), "{token:?}");
    }
    let _ = caller::bearer(&headers);
}

pub(crate) fn forwarded(bytes: &[u8]) {
    let names = ["x-forwarded-for", "x-forwarded-proto", "host", "origin", "sec-fetch-site"];
    let mut headers = HeaderMap::new();
    for (name, line) in names.iter().cycle().zip(bytes.split(|byte| *byte == b'\n').take(20)) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let door = Door { proxies: "10.0.0.0/8".parse().into_iter().collect(), ..Door::default() };
    let stranger = SocketAddr::from(([203, 0, 113, 9], 1));
    // Whoever is no proxy of ours is who it is, whatever it writes.
    let peer = door.peer(Some(stranger), false, &headers);
    assert_eq!((peer.address, peer.encrypted, peer.secure), (Some(stranger.ip()), false, true));
    let peer = door.peer(Some(SocketAddr::from(([10, 0, 0, 1], 1))), false, &headers);
    assert!(peer.address.is_some());
    let _ = ours(&headers, &peer);
}

pub(crate) fn frame(bytes: &[u8]) {
    let _ = server::realtime::is_client_frame(&String::from_utf8_lossy(bytes));
}

pub(crate) fn configuration(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let variables = text.lines().take(8).filter_map(|line| line.split_once('='));
    let variables = variables.map(|(name, value)| (format!("BELLHOP_{name}"), value.to_owned()));
    match Config::read(None, variables) {
        Ok(config) => assert!(config.database.connections >= 1 && config.limits.hook_kb >= 16),
        Err(wrong) => assert!(!wrong.to_string().is_empty()),
    }
}
