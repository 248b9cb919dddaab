//! One socket: what was missed first, then everything as it happens, until one side ends it.
//!
//! A socket is idle nearly all the time, and its task is as large as the largest thing it ever waits for. So whatever asks
//! the database is boxed: it takes memory only while it runs.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use model::{Permission, SessionId};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::hub::{Hub, Joined, Line, Missed};
use super::protocol::{ClientFrame, Farewell, ServerFrame};

/// How often the server asks whether the client is there.
const HEARTBEAT: Duration = Duration::from_secs(25);

/// After how much silence a socket counts as dead.
const SILENCE: Duration = Duration::from_secs(60);

/// How long the line may be blocked before the client counts as slow.
const SEND_PATIENCE: Duration = Duration::from_secs(10);

/// Typing is passed on at most this often.
const TYPING_PAUSE: Duration = Duration::from_millis(500);

/// Why a socket's task ended.
enum End {
    /// With a last word.
    Farewell(Farewell),
    /// The line is gone or the client said goodbye.
    Gone,
}

struct Socket {
    hub: Arc<Hub>,
    line: WebSocket,
    caller: app::Caller,
    /// The last number that the client has been sent.
    sent: i64,
    heard_at: Instant,
    typed_at: Option<Instant>,
}

/// Serves a socket until it ends. `since` is the last number that the client has; without one it gets what
/// happens from now on.
pub(crate) async fn serve(hub: Arc<Hub>, line: WebSocket, caller: app::Caller, since: Option<i64>) {
    let tracker = hub.clone();
    let heard_at = Instant::now();
    let mut socket = Box::new(Socket { hub, line, caller, sent: 0, heard_at, typed_at: None });
    let task = Box::pin(async move {
        // Subscribed before anything is read, so that an end in between is heard.
        let revoked = socket.hub.app().bell.subscribe_revoked();
        let ended = socket.run(since, revoked).await;
        if let Err(End::Farewell(reason)) = ended {
            Box::pin(socket.say_goodbye(reason)).await;
        }
    });
    tracker.track(task).await;
}

impl Socket {
    async fn run(
        &mut self,
        since: Option<i64>,
        mut revoked: broadcast::Receiver<SessionId>,
    ) -> Result<(), End> {
        let mut joined = Box::pin(self.hub.join(self.caller.workspace)).await.map_err(|_| End::Gone)?;
        let hello = ServerFrame::Hello { seq: joined.last, heartbeat_ms: HEARTBEAT.as_millis() as u64 };
        self.send(hello.encode()).await?;
        self.sent = since.unwrap_or(joined.last);
        store::fail_point!("socket.joined");
        self.catch_up(&joined, since.is_some()).await?;
        self.recheck().await?;
        let mut heartbeat = tokio::time::interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let hub = self.hub.clone();
        loop {
            tokio::select! {
                biased;
                () = hub.stopped() => return Err(End::Farewell(Farewell::Shutdown)),
                heard = revoked.recv() => self.revoked(heard).await?,
                heard = joined.lines.recv() => self.tell(heard, &joined).await?,
                heard = self.line.recv() => self.hear(heard).await?,
                _ = heartbeat.tick() => self.beat().await?,
            }
        }
    }

    /// Sends what the client has missed. A number that is ahead of the workspace is of another database.
    async fn catch_up(&mut self, joined: &Joined, resumed: bool) -> Result<(), End> {
        if resumed && self.sent > joined.last {
            let head = Box::pin(app::event::head(self.hub.app(), self.caller.workspace)).await;
            let head = head.map_err(|_| End::Gone)?;
            return if self.sent > head { self.reset(head).await } else { Ok(()) };
        }
        while self.sent < joined.last {
            let missed = Box::pin(self.hub.missed(self.caller.workspace, joined, self.sent)).await;
            match missed.map_err(|_| End::Gone)? {
                Missed::Frames(frames) if frames.is_empty() => return Ok(()),
                Missed::Frames(frames) => {
                    for told in frames {
                        self.send(told.to(&self.caller)).await?;
                        self.sent = told.seq;
                    }
                }
                Missed::TooMuch(seq) => return self.reset(seq).await,
            }
        }
        Ok(())
    }

    async fn reset(&mut self, seq: i64) -> Result<(), End> {
        self.sent = seq;
        self.send(ServerFrame::Reset { seq }.encode()).await
    }

    async fn tell(&mut self, heard: Result<Line, RecvError>, joined: &Joined) -> Result<(), End> {
        match heard {
            Ok(Line::Event(told)) if told.seq <= self.sent => Ok(()),
            Ok(Line::Event(told)) if told.seq > self.sent + 1 => {
                let seq = told.seq;
                // Cannot happen while one hub tells all; if it does, the client must not see a hole.
                tracing::warn!(seq, sent = self.sent, "a hole in the stream was filled from the database");
                self.catch_up(
                    &Joined { last: seq, lines: joined.lines.resubscribe(), feed: joined.feed.clone() },
                    false,
                )
                .await
            }
            Ok(Line::Event(told)) => {
                self.send(told.to(&self.caller)).await?;
                self.sent = told.seq;
                let viewer = self.caller.viewer.as_ref().map(|viewer| viewer.id);
                let concerned = [Some(self.caller.agent.id), viewer].contains(&told.agent);
                if told.agent.is_some() && concerned { self.recheck().await } else { Ok(()) }
            }
            Ok(Line::Typing { agent, .. }) if agent == self.caller.agent.id => Ok(()),
            Ok(Line::Typing { whose: (owner, team, inbox), text, .. }) => {
                if self.caller.grant.visibility.sees(owner, team, inbox) {
                    self.send(text).await
                } else {
                    Ok(())
                }
            }
            Ok(Line::Reset { seq }) => self.reset(seq).await,
            Err(RecvError::Lagged(_)) => Err(End::Farewell(Farewell::Slow)),
            Err(RecvError::Closed) => Err(End::Gone),
        }
    }

    async fn revoked(&mut self, heard: Result<SessionId, RecvError>) -> Result<(), End> {
        match heard {
            // The call may come from anywhere; the database decides.
            Ok(session) if Some(session) == self.caller.session() => self.recheck().await,
            Ok(_) => Ok(()),
            Err(RecvError::Lagged(_)) => self.recheck().await,
            Err(RecvError::Closed) => Err(End::Gone),
        }
    }

    /// Looks whether the session still stands, and with which rights.
    async fn recheck(&mut self) -> Result<(), End> {
        match Box::pin(app::session::still(self.hub.app(), &self.caller)).await {
            Ok(Some(caller)) if caller.may(Permission::ConversationRead) => {
                self.caller = caller;
                Ok(())
            }
            Ok(_) => Err(End::Farewell(Farewell::Revoked)),
            // While the database is away nothing new can leak: the next look decides.
            Err(error) => {
                tracing::warn!(%error, "cannot look whether a socket's session still stands");
                Ok(())
            }
        }
    }

    async fn hear(&mut self, heard: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let Some(Ok(message)) = heard else { return Err(End::Gone) };
        self.heard_at = Instant::now();
        match message {
            Message::Text(text) => match serde_json::from_str(&text) {
                Ok(ClientFrame::Typing { conversation_id }) => self.typing(conversation_id).await,
                // Frames of newer clients are none of our business.
                Ok(ClientFrame::Pong) | Err(_) => {}
            },
            Message::Close(_) => return Err(End::Gone),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => {}
        }
        Ok(())
    }

    async fn typing(&mut self, conversation: model::ConversationId) {
        let now = Instant::now();
        let soon = self.typed_at.is_some_and(|at| now - at < TYPING_PAUSE);
        if soon || self.caller.viewer.is_some() || !self.caller.may(Permission::ConversationReply) {
            return;
        }
        self.typed_at = Some(now);
        let passed_on = app::conversation::typing(self.hub.app(), &self.caller, conversation);
        if let Err(error) = Box::pin(passed_on).await {
            tracing::debug!(%error, "typing was not passed on");
        }
    }

    async fn beat(&mut self) -> Result<(), End> {
        if self.heard_at.elapsed() > SILENCE {
            return Err(End::Gone);
        }
        self.recheck().await?;
        self.send(ServerFrame::Ping.encode()).await
    }

    async fn send(&mut self, text: Utf8Bytes) -> Result<(), End> {
        match tokio::time::timeout(SEND_PATIENCE, self.line.send(Message::Text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Farewell(Farewell::Slow)),
        }
    }

    async fn say_goodbye(&mut self, reason: Farewell) {
        let spread = self.hub.app().entropy.below(reason.spread_ms());
        let bye = ServerFrame::Bye { reason, retry_ms: reason.retry_ms() + spread };
        let close = CloseFrame { code: reason.close_code(), reason: Utf8Bytes::default() };
        let last_words = async {
            self.line.send(Message::Text(bye.encode())).await?;
            self.line.send(Message::Close(Some(close))).await?;
            // The other side answers with its own closing frame; until then the line stays, so that it hears us.
            while let Some(Ok(_)) = self.line.recv().await {}
            Ok::<_, axum::Error>(())
        };
        // A client that does not even take this is cut off.
        let _ = tokio::time::timeout(Duration::from_secs(2), last_words).await;
    }
}
