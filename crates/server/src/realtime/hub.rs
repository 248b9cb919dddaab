//! One hub for each node. It hears that something changed, reads the new events of a workspace once, encodes
//! each frame once for all who may see the same of it, and shares the bytes with the workspace's sockets.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::App;
use app::bell::Typing;
use app::event::{Following, Whose};
use axum::extract::ws::Utf8Bytes;
use model::{AgentId, WorkspaceId};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::protocol::ServerFrame;
use super::told::Told;

/// How many frames a socket may fall behind before it is dropped; the frames are shared, so that a slow socket
/// costs no memory of its own.
const QUEUE: usize = 1024;

/// How many frames, and how many bytes of them, are kept for sockets that come back.
const RECENT_FRAMES: usize = 1024;
const RECENT_BYTES: usize = 4 << 20;

/// How many frames are read at once.
const PAGE: i64 = 200;

/// How many events a socket may have missed; past it, reading everything anew is cheaper.
const MISSED: i64 = 5000;

/// How often the database is asked although no bell rang: another node may have written.
const POLL: Duration = Duration::from_secs(1);

/// The open sockets of this node and what they are told.
pub struct Hub {
    app: Arc<App>,
    feeds: Mutex<HashMap<WorkspaceId, Arc<Feed>>>,
    drain: CancellationToken,
    stop: CancellationToken,
    sockets: TaskTracker,
    told: AtomicU64,
}

/// What the sockets of one workspace are told.
pub(super) struct Feed {
    lines: broadcast::Sender<Line>,
    recent: Mutex<Recent>,
}

/// The newest frames.
#[derive(Default)]
struct Recent {
    /// The last number that was sent to the sockets.
    last: i64,
    frames: VecDeque<Arc<Told>>,
    bytes: usize,
}

/// One thing to tell a socket.
#[derive(Clone)]
pub(super) enum Line {
    /// An event.
    Event(Arc<Told>),
    /// An agent types.
    Typing {
        /// Who; their own sockets are not told.
        agent: AgentId,
        /// What decides who may see the conversation.
        whose: Whose,
        /// The frame.
        text: Utf8Bytes,
    },
    /// The numbers do not go on.
    Reset {
        /// Where they do.
        seq: i64,
    },
}

/// A place in the stream.
pub(super) struct Joined {
    /// What comes from now on.
    pub(super) lines: broadcast::Receiver<Line>,
    /// The last number that is not among it.
    pub(super) last: i64,
    /// The workspace's feed.
    pub(super) feed: Arc<Feed>,
}

/// What a socket has missed.
pub(super) enum Missed {
    /// These frames; perhaps not all.
    Frames(Vec<Arc<Told>>),
    /// More than is kept: read everything anew and go on from this number.
    TooMuch(i64),
}

impl Hub {
    /// A hub; it is told nothing before [`Hub::listen`] runs.
    pub fn new(app: Arc<App>) -> Arc<Self> {
        let (drain, stop) = (CancellationToken::new(), CancellationToken::new());
        let (feeds, sockets, told) = (Mutex::default(), TaskTracker::new(), AtomicU64::new(0));
        Arc::new(Self { app, feeds, drain, stop, sockets, told })
    }

    /// The use cases.
    pub(super) fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Ends when the hub stops.
    pub(super) fn stopped(&self) -> tokio_util::sync::WaitForCancellationFuture<'_> {
        self.stop.cancelled()
    }

    /// A stop is under way: whoever asks is told so, and everything goes on until [`Hub::close`].
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Whether a stop is under way.
    pub fn draining(&self) -> bool {
        self.drain.is_cancelled()
    }

    /// How many sockets are open.
    pub fn sockets(&self) -> usize {
        self.sockets.len()
    }

    /// How many frames were handed to sockets, each socket counted.
    pub fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }

    /// Runs a socket's task.
    pub(super) async fn track(&self, socket: impl Future<Output = ()>) {
        self.sockets.track_future(socket).await;
    }

    /// Says goodbye to every socket and waits until all are closed, at most for `patience`.
    pub async fn close(&self, patience: Duration) {
        self.drain();
        self.stop.cancel();
        self.sockets.close();
        if tokio::time::timeout(patience, self.sockets.wait()).await.is_err() {
            tracing::warn!(
                sockets = self.sockets.len(),
                "sockets were cut off because they did not close in time"
            );
        }
    }

    /// Hears of changes and tells the sockets, until the hub stops.
    pub async fn listen(self: Arc<Self>) {
        let mut events = self.app.bell.subscribe_events();
        let mut typing = self.app.bell.subscribe_typing();
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                heard = events.recv() => match heard {
                    Ok((workspace, _)) => self.tell(workspace).await,
                    // Whatever was missed is found in the database.
                    Err(RecvError::Lagged(_)) => self.tell_all().await,
                    Err(RecvError::Closed) => return,
                },
                heard = typing.recv() => if let Ok(typing) = heard {
                    // It looks at the database, and no event is to wait for that.
                    let hub = self.clone();
                    tokio::spawn(async move { hub.tell_typing(typing).await });
                },
                _ = poll.tick() => self.tell_all().await,
            }
        }
    }

    /// Asks once where all workspaces are, and tells those of which this node has not heard. It finds whatever no bell
    /// told of, also ended sessions: their ends are changes too.
    async fn tell_all(&self) {
        let told: HashMap<WorkspaceId, i64> = {
            let mut feeds = self.feeds();
            // A feed that nobody listens to would be read for nothing.
            feeds.retain(|_, feed| feed.lines.receiver_count() > 0);
            feeds.iter().map(|(workspace, feed)| (*workspace, feed.recent().last)).collect()
        };
        if told.is_empty() {
            return;
        }
        let heads = match app::event::heads(&self.app).await {
            Ok(heads) => heads,
            Err(error) => {
                tracing::warn!(%error, "cannot look for new events; the next poll tries again");
                return;
            }
        };
        for (workspace, head) in heads {
            if told.get(&workspace).is_some_and(|last| *last != head) {
                self.tell(workspace).await;
            }
        }
    }

    async fn tell(&self, workspace: WorkspaceId) {
        let Some(feed) = self.feeds().get(&workspace).cloned() else { return };
        loop {
            let last = feed.recent().last;
            match app::event::frames(&self.app, workspace, last, PAGE).await {
                Ok(Following::Frames(frames)) if frames.is_empty() => return,
                Ok(Following::Frames(frames)) => {
                    store::fail_point!("hub.read");
                    for frame in frames {
                        let told = feed.tell_event(Arc::new(Told::new(frame)));
                        self.told.fetch_add(told as u64, Ordering::Relaxed);
                        store::fail_point!("hub.told");
                    }
                }
                Ok(Following::TooOld { head }) => return feed.tell_reset(head),
                Err(error) => {
                    tracing::warn!(%error, "cannot read new events; the next poll tries again");
                    return;
                }
            }
        }
    }

    async fn tell_typing(&self, typing: Typing) {
        let Some(feed) = self.feeds().get(&typing.workspace).cloned() else { return };
        // Whoever types is not told again that the database is away.
        let whose = app::event::whose(&self.app, typing.workspace, typing.conversation).await;
        let Ok(Some(whose)) = whose else { return };
        let frame = ServerFrame::Typing { conversation_id: typing.conversation, agent_id: typing.agent };
        // Nobody listening is no fault.
        let _ = feed.lines.send(Line::Typing { agent: typing.agent, whose, text: frame.encode() });
    }

    /// Takes a place in a workspace's stream. What happens from now on comes through it, so whoever reads the
    /// past afterwards misses nothing between.
    pub(super) async fn join(&self, workspace: WorkspaceId) -> app::Result<Joined> {
        let known = self.feeds().get(&workspace).cloned();
        let feed = match known {
            Some(feed) => feed,
            None => {
                let head = app::event::head(&self.app, workspace).await?;
                self.feeds().entry(workspace).or_insert_with(|| Arc::new(Feed::at(head))).clone()
            }
        };
        let recent = feed.recent();
        let (lines, last) = (feed.lines.subscribe(), recent.last);
        drop(recent);
        // The feed may just have been taken off the list for want of listeners.
        self.feeds().entry(workspace).or_insert_with(|| feed.clone());
        Ok(Joined { lines, last, feed })
    }

    /// The next frames after a number: from memory where it reaches back so far, else from the database.
    pub(super) async fn missed(
        &self,
        workspace: WorkspaceId,
        joined: &Joined,
        after: i64,
    ) -> app::Result<Missed> {
        if let Some(frames) = joined.feed.recent().after(after) {
            return Ok(Missed::Frames(frames));
        }
        if joined.last - after > MISSED {
            return Ok(Missed::TooMuch(joined.last));
        }
        Ok(match app::event::frames(&self.app, workspace, after, PAGE).await? {
            Following::Frames(frames) => {
                Missed::Frames(frames.into_iter().map(|frame| Arc::new(Told::new(frame))).collect())
            }
            Following::TooOld { head } => Missed::TooMuch(head),
        })
    }

    fn feeds(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Arc<Feed>>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feed {
    fn at(last: i64) -> Self {
        let recent = Recent { last, ..Recent::default() };
        Self { lines: broadcast::channel(QUEUE).0, recent: Mutex::new(recent) }
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells an event; returns to how many sockets.
    fn tell_event(&self, told: Arc<Told>) -> usize {
        let mut recent = self.recent();
        recent.push(told.clone());
        // Sent under the lock: whoever joins has an event either in the past or in the future, never in none.
        self.lines.send(Line::Event(told)).unwrap_or(0)
    }

    fn tell_reset(&self, seq: i64) {
        let mut recent = self.recent();
        *recent = Recent { last: seq, ..Recent::default() };
        let _ = self.lines.send(Line::Reset { seq });
    }
}

impl Recent {
    fn push(&mut self, told: Arc<Told>) {
        self.last = told.seq;
        self.bytes += told.size();
        self.frames.push_back(told);
        while self.frames.len() > RECENT_FRAMES || self.bytes > RECENT_BYTES {
            let Some(oldest) = self.frames.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    /// The frames after a number, when all of them are here.
    fn after(&self, after: i64) -> Option<Vec<Arc<Told>>> {
        let first = self.frames.front()?;
        if first.seq > after + 1 || self.last <= after {
            return None;
        }
        Some(self.frames.iter().filter(|told| told.seq > after).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use model::EventKind;

    use super::*;

    fn told(seq: i64, name: &str) -> Arc<Told> {
        let label = model::Label { id: model::LabelId(1), name: name.to_owned(), color: "red".to_owned() };
        Arc::new(Told::new(app::event::Frame {
            seq,
            kind: EventKind::Label,
            subject: 1,
            deleted: false,
            message: None,
            conversation: None,
            label: Some(label),
            quick_reply: None,
            agent: None,
            team: None,
            within: false,
            was: model::Was::default(),
        }))
    }

    #[test]
    fn what_is_kept_is_bounded_and_whole() {
        let mut recent = Recent { last: 10, ..Recent::default() };
        assert!(recent.after(10).is_none(), "nothing is kept yet");
        for seq in 11..=10 + 2 * i64::try_from(RECENT_FRAMES).expect("small") {
            recent.push(told(seq, "x"));
        }
        assert_eq!(recent.frames.len(), RECENT_FRAMES);
        let last = recent.last;
        assert_eq!(recent.after(last - 3).expect("kept").len(), 3);
        assert!(recent.after(11).is_none(), "too long ago");
        recent.push(told(last + 1, &"x".repeat(RECENT_BYTES)));
        assert!(recent.bytes <= RECENT_BYTES);
        assert_eq!(recent.last, last + 1);
    }
}
