//! Wake-up calls. A call carries no facts: whoever hears it reads the database, and whoever misses it finds
//! out at the next poll.
//!
//! A call wakes this process at once. Where a bus is configured ([`crate::bus`]) it is passed on to the other nodes:
//! what is to be passed on waits here, merged, so that ringing costs the same with and without a bus, and neither
//! blocks nor fails.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{AgentId, ConversationId, SessionId, WorkspaceId};
use tokio::sync::{Notify, broadcast};

/// The most calls of a kind that wait to be passed on; beyond it they are dropped and the polls find out.
const WAITING: usize = 1024;

/// Wakes workers and sockets of this process, and of the other nodes.
pub struct Bell {
    inbound: Notify,
    outbound: Notify,
    jobs: Notify,
    events: broadcast::Sender<(WorkspaceId, i64)>,
    revoked: broadcast::Sender<SessionId>,
    typing: broadcast::Sender<Typing>,
    /// Whether there is a bus that takes what waits.
    passes_on: AtomicBool,
    waiting: Mutex<Waiting>,
    waits: Notify,
}

/// Calls that wait to be passed on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) inbound: bool,
    pub(crate) outbound: bool,
    pub(crate) jobs: bool,
    /// The last number of each workspace.
    pub(crate) events: HashMap<WorkspaceId, i64>,
    pub(crate) revoked: Vec<SessionId>,
    pub(crate) typing: Vec<Typing>,
}

/// A call that another node made. It comes over a network and may be anything, so nothing is done for it but to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// A delivery waits.
    Inbound,
    /// Something waits to be sent.
    Outbound,
    /// A job waits.
    Jobs,
    /// A workspace's event sequence reached a number.
    Events(WorkspaceId, i64),
    /// A session ended.
    Revoked(SessionId),
    /// An agent types.
    Typing(Typing),
}

/// An agent types; told to sockets and never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typing {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Where.
    pub conversation: ConversationId,
    /// Who.
    pub agent: AgentId,
}

impl Default for Bell {
    fn default() -> Self {
        Self {
            inbound: Notify::new(),
            outbound: Notify::new(),
            jobs: Notify::new(),
            events: broadcast::channel(4096).0,
            revoked: broadcast::channel(256).0,
            typing: broadcast::channel(256).0,
            passes_on: AtomicBool::new(false),
            waiting: Mutex::default(),
            waits: Notify::new(),
        }
    }
}

impl Bell {
    /// A delivery waits.
    pub fn inbound(&self) {
        self.inbound.notify_one();
        self.pass_on(|waiting| waiting.inbound = true);
    }

    /// A delivery may wait that this process has heard of already: the next of its workers looks.
    pub fn inbound_here(&self) {
        self.inbound.notify_one();
    }

    /// Returns when a delivery may wait.
    pub async fn wait_inbound(&self) {
        self.inbound.notified().await;
    }

    /// Something waits to be sent.
    pub fn outbound(&self) {
        self.outbound.notify_one();
        self.pass_on(|waiting| waiting.outbound = true);
    }

    /// Something that this process sends may go on: other nodes send for other inboxes.
    pub fn outbound_here(&self) {
        self.outbound.notify_one();
    }

    /// Returns when something may wait to be sent.
    pub async fn wait_outbound(&self) {
        self.outbound.notified().await;
    }

    /// A job waits.
    pub fn jobs(&self) {
        self.jobs.notify_one();
        self.pass_on(|waiting| waiting.jobs = true);
    }

    /// Returns when a job may wait.
    pub async fn wait_jobs(&self) {
        self.jobs.notified().await;
    }

    /// A workspace's event sequence reached `seq`.
    pub fn events(&self, workspace: WorkspaceId, seq: i64) {
        // Nobody listening is no fault: the next reader looks at the database.
        let _ = self.events.send((workspace, seq));
        self.pass_on(|waiting| {
            let last = waiting.events.entry(workspace).or_insert(seq);
            *last = seq.max(*last);
        });
    }

    /// Hears of new events; a listener that falls behind polls.
    pub fn subscribe_events(&self) -> broadcast::Receiver<(WorkspaceId, i64)> {
        self.events.subscribe()
    }

    /// A session ended: its sockets look whether they may stay.
    pub fn revoked(&self, session: SessionId) {
        let _ = self.revoked.send(session);
        self.pass_on(|waiting| push(&mut waiting.revoked, session));
    }

    /// Hears of ended sessions.
    pub fn subscribe_revoked(&self) -> broadcast::Receiver<SessionId> {
        self.revoked.subscribe()
    }

    /// An agent types.
    pub fn typing(&self, typing: Typing) {
        let _ = self.typing.send(typing);
        self.pass_on(|waiting| push(&mut waiting.typing, typing));
    }

    /// Hears of typing agents.
    pub fn subscribe_typing(&self) -> broadcast::Receiver<Typing> {
        self.typing.subscribe()
    }

    /// Another node rang: wakes this process, and passes nothing on.
    pub(crate) fn hear(&self, call: Call) {
        match call {
            Call::Inbound => self.inbound.notify_one(),
            Call::Outbound => self.outbound.notify_one(),
            Call::Jobs => self.jobs.notify_one(),
            Call::Events(workspace, seq) => drop(self.events.send((workspace, seq))),
            Call::Revoked(session) => drop(self.revoked.send(session)),
            Call::Typing(typing) => drop(self.typing.send(typing)),
        }
    }

    /// From now on somebody takes what waits to be passed on.
    pub(crate) fn begin_to_pass_on(&self) {
        self.passes_on.store(true, Ordering::Relaxed);
    }

    /// Waits for calls to be passed on and takes them.
    pub(crate) async fn take(&self) -> Waiting {
        loop {
            self.waits.notified().await;
            let waiting = std::mem::take(&mut *self.waiting());
            if waiting != Waiting::default() {
                return waiting;
            }
        }
    }

    fn pass_on(&self, note: impl FnOnce(&mut Waiting)) {
        if self.passes_on.load(Ordering::Relaxed) {
            note(&mut self.waiting());
            self.waits.notify_one();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn push<T>(calls: &mut Vec<T>, call: T) {
    if calls.len() < WAITING {
        calls.push(call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_are_merged_and_bounded_while_nobody_takes_them() {
        let bell = Bell::default();
        bell.events(WorkspaceId(1), 1);
        bell.begin_to_pass_on();
        for seq in 0..100_000 {
            bell.events(WorkspaceId(seq % 2), seq);
            bell.inbound();
            bell.revoked(SessionId(seq));
        }
        let waiting = bell.take().await;
        assert!(waiting.inbound && !waiting.outbound && !waiting.jobs);
        assert_eq!(waiting.events, HashMap::from([(WorkspaceId(0), 99_998), (WorkspaceId(1), 99_999)]));
        assert_eq!(waiting.revoked.len(), WAITING);
        bell.jobs();
        assert_eq!(bell.take().await, Waiting { jobs: true, ..Waiting::default() });
    }

    #[tokio::test]
    async fn what_another_node_rang_wakes_and_is_not_passed_on() {
        let bell = Bell::default();
        bell.begin_to_pass_on();
        let mut events = bell.subscribe_events();
        bell.hear(Call::Events(WorkspaceId(1), 7));
        bell.hear(Call::Inbound);
        assert_eq!(events.recv().await, Ok((WorkspaceId(1), 7)));
        bell.wait_inbound().await;
        assert_eq!(*bell.waiting(), Waiting::default());
    }
}
