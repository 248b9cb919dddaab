//! The bell between nodes, over NATS: wake-up calls and nothing else. Without it, or while it is away, every node
//! finds out by polling the database.
//!
//! Whatever comes from the bus is untrusted: a call is at most [`LONGEST`] bytes, says a number or two, and makes its
//! hearer look at the database, no more.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;
use model::Secret;
use tokio::task::JoinSet;
use url::Url;

use crate::bell::{Bell, Call, Typing, Waiting};
use crate::{App, tls};

/// The longest call in bytes; ours are shorter.
const LONGEST: usize = 96;
/// Calls are passed on at most this often; what comes between is merged.
const PAUSE: Duration = Duration::from_millis(5);
/// How many calls may wait to be heard; beyond it they are dropped and the polls find out.
const UNHEARD: usize = 4096;
/// How often the other side is asked whether it is there; a line that is silent for twice this is given up.
const PING: Duration = Duration::from_secs(5);
/// The longest pause before connecting again.
const RECONNECT: Duration = Duration::from_secs(2);

/// The kinds of calls: the last part of their subjects.
const KINDS: [&str; 6] = ["inbound", "outbound", "jobs", "events", "revoked", "typing"];

/// Where the bus is.
#[derive(Debug, Clone)]
pub struct Address {
    /// One or several servers of one cluster: `nats://user:password@host:4222`, `tls://…`, with commas between.
    pub url: Secret<String>,
    /// What the subjects begin with; installations that share a server have different ones.
    pub prefix: String,
}

/// The connection to the bus; ends when dropped.
pub struct Bus {
    _tasks: JoinSet<()>,
}

/// Why an address cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the bus's address cannot be used: {0}")]
pub struct Unusable(String);

/// Connects the bell of this node to those of the others. Returns at once: a server that cannot be reached is tried
/// again for ever.
///
/// # Errors
/// When the address is none.
pub async fn connect(app: &Arc<App>, address: &Address) -> Result<Bus, Unusable> {
    let (servers, options) = read(address)?;
    let client = options
        .name("bellhop")
        // Our own calls woke us already.
        .no_echo()
        .retry_on_initial_connect()
        .max_reconnects(None)
        .ping_interval(PING)
        .connection_timeout(PING)
        .reconnect_delay_callback(|attempts| {
            RECONNECT.min(Duration::from_millis(50 << attempts.saturating_sub(1).min(6)))
        })
        .subscription_capacity(UNHEARD)
        .event_callback(|event| async move { note(&event) })
        .connect(servers)
        .await
        .map_err(|error| Unusable(error.to_string()))?;
    let mut tasks = JoinSet::new();
    for kind in KINDS {
        let subscriber = client.subscribe(format!("{}.{kind}", address.prefix)).await;
        let subscriber = subscriber.map_err(|error| Unusable(error.to_string()))?;
        tasks.spawn(listen(app.clone(), kind, subscriber));
    }
    app.bell.begin_to_pass_on();
    tasks.spawn(pass_on(app.clone(), client, address.prefix.clone()));
    Ok(Bus { _tasks: tasks })
}

/// The servers, and how to sign in at them.
fn read(address: &Address) -> Result<(Vec<String>, ConnectOptions), Unusable> {
    let (mut servers, mut options) = (Vec::new(), ConnectOptions::new());
    for text in address.url.expose().split(',').map(str::trim) {
        // What is wrong is said without the address, which may hold a password.
        let mut url = Url::parse(text).map_err(|error| Unusable(error.to_string()))?;
        if !matches!(url.scheme(), "nats" | "tls") || url.host().is_none() {
            return Err(Unusable("write nats://host:4222 or tls://host:4222".to_owned()));
        }
        let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = plain(url.username());
        match url.password().map(plain) {
            Some(password) => options = options.user_and_password(user, password),
            None if !user.is_empty() => options = options.token(user),
            None => {}
        }
        if url.scheme() == "tls" {
            options = options.require_tls(true).tls_client_config(tls::client(&[]));
        }
        if url.set_username("").is_err() || url.set_password(None).is_err() {
            return Err(Unusable("an address has a host".to_owned()));
        }
        servers.push(url.to_string());
    }
    Ok((servers, options))
}

fn note(event: &Event) {
    match event {
        Event::Connected => tracing::info!("the bus is connected"),
        Event::Disconnected => tracing::warn!("the bus is away; nodes find out by polling"),
        // The polls make up for what was dropped.
        Event::SlowConsumer(_) => tracing::debug!("calls came faster than they were heard"),
        other => tracing::warn!(event = %other, "the bus"),
    }
}

async fn listen(app: Arc<App>, kind: &'static str, mut calls: Subscriber) {
    while let Some(message) = calls.next().await {
        match parse(kind, &message.payload) {
            Some(call) => app.bell.hear(call),
            None => tracing::debug!(kind, bytes = message.payload.len(), "a call that is none was ignored"),
        }
    }
}

async fn pass_on(app: Arc<App>, client: Client, prefix: String) {
    let bell: &Bell = &app.bell;
    loop {
        for (kind, payload) in write(&bell.take().await) {
            // Blocks while the line is down and the client's own queue is full: meanwhile calls are merged.
            if let Err(error) = client.publish(format!("{prefix}.{kind}"), payload).await {
                tracing::debug!(%error, "a call was not passed on");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn write(waiting: &Waiting) -> Vec<(&'static str, Bytes)> {
    let mut calls = Vec::new();
    for (kind, waits) in
        [("inbound", waiting.inbound), ("outbound", waiting.outbound), ("jobs", waiting.jobs)]
    {
        if waits {
            calls.push((kind, Bytes::new()));
        }
    }
    calls.extend(waiting.revoked.iter().map(|session| ("revoked", session.to_string().into())));
    calls.extend(
        waiting.events.iter().map(|(workspace, seq)| ("events", format!("{workspace} {seq}").into())),
    );
    calls.extend(waiting.typing.iter().map(|Typing { workspace, conversation, agent }| {
        ("typing", format!("{workspace} {conversation} {agent}").into())
    }));
    calls
}

fn parse(kind: &str, payload: &[u8]) -> Option<Call> {
    if payload.len() > LONGEST {
        return None;
    }
    let mut words = std::str::from_utf8(payload).ok()?.split_ascii_whitespace();
    let call = match kind {
        "inbound" => Call::Inbound,
        "outbound" => Call::Outbound,
        "jobs" => Call::Jobs,
        "events" => Call::Events(words.next()?.parse().ok()?, words.next()?.parse().ok()?),
        "revoked" => Call::Revoked(words.next()?.parse().ok()?),
        "typing" => Call::Typing(Typing {
            workspace: words.next()?.parse().ok()?,
            conversation: words.next()?.parse().ok()?,
            agent: words.next()?.parse().ok()?,
        }),
        _ => return None,
    };
    words.next().is_none().then_some(call)
}

#[cfg(test)]
mod tests {
    use model::{AgentId, ConversationId, SessionId, WorkspaceId};

    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let typing =
            Typing { workspace: WorkspaceId(1), conversation: ConversationId(i64::MAX), agent: AgentId(3) };
        let waiting = Waiting {
            inbound: true,
            outbound: true,
            jobs: true,
            events: [(WorkspaceId(i64::MAX), i64::MAX)].into(),
            revoked: vec![SessionId(9)],
            typing: vec![typing],
        };
        let read: Vec<Call> = write(&waiting)
            .into_iter()
            .map(|(kind, payload)| parse(kind, &payload).expect("our own call is read"))
            .collect();
        assert_eq!(
            read,
            [
                Call::Inbound,
                Call::Outbound,
                Call::Jobs,
                Call::Revoked(SessionId(9)),
                Call::Events(WorkspaceId(i64::MAX), i64::MAX),
                Call::Typing(typing)
            ]
        );
        let long = vec![b' '; LONGEST + 1];
        let strange: [&[u8]; 6] =
            [b"", b"ws_1 2", b"se_0000000000007 8", b"\xff\xfe", b"ag_0000000000007", &long];
        for payload in strange {
            for kind in ["events", "revoked", "typing", "unheard-of"] {
                assert_eq!(parse(kind, payload), None, "{kind} {payload:?}");
            }
        }
        assert_eq!(parse("inbound", b"with more"), None);
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_its_password() {
        let read = |url: &str| {
            read(&Address { url: Secret::new(url.to_owned()), prefix: "bellhop".to_owned() })
                .map(|(servers, _)| servers)
                .map_err(|error| error.to_string())
        };
        assert_eq!(
            read("nats://me:p%40ss@one:4222, nats://two:4222").expect("read"),
            ["nats://one:4222", "nats://two:4222"]
        );
        for url in ["", "one:4222:hush", "http://me:hush@one:4222", "nats://", "nats://me:hush@one:notaport"]
        {
            let said = read(url).expect_err(url);
            assert!(!said.contains("hush"), "{said}");
        }
    }
}
