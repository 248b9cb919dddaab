//! Wake-up calls. A call carries no facts: whoever hears it reads the database, and whoever misses it finds
//! out at the next poll.

use model::{SessionId, WorkspaceId};
use tokio::sync::{Notify, broadcast};

/// Wakes workers and sockets of this process.
pub struct Bell {
    inbound: Notify,
    outbound: Notify,
    jobs: Notify,
    events: broadcast::Sender<(WorkspaceId, i64)>,
    revoked: broadcast::Sender<SessionId>,
    typing: broadcast::Sender<Typing>,
}

/// An agent types; told to sockets and never stored.
#[derive(Debug, Clone, Copy)]
pub struct Typing {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Where.
    pub conversation: model::ConversationId,
    /// Who.
    pub agent: model::AgentId,
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
        }
    }
}

impl Bell {
    /// A delivery waits.
    pub fn inbound(&self) {
        self.inbound.notify_one();
    }

    /// Returns when a delivery may wait.
    pub async fn wait_inbound(&self) {
        self.inbound.notified().await;
    }

    /// Something waits to be sent.
    pub fn outbound(&self) {
        self.outbound.notify_one();
    }

    /// Returns when something may wait to be sent.
    pub async fn wait_outbound(&self) {
        self.outbound.notified().await;
    }

    /// A job waits.
    pub fn jobs(&self) {
        self.jobs.notify_one();
    }

    /// Returns when a job may wait.
    pub async fn wait_jobs(&self) {
        self.jobs.notified().await;
    }

    /// A workspace's event sequence reached `seq`.
    pub fn events(&self, workspace: WorkspaceId, seq: i64) {
        // Nobody listening is no fault: the next reader looks at the database.
        let _ = self.events.send((workspace, seq));
    }

    /// Hears of new events; a listener that falls behind polls.
    pub fn subscribe_events(&self) -> broadcast::Receiver<(WorkspaceId, i64)> {
        self.events.subscribe()
    }

    /// A session ended: its sockets must close.
    pub fn revoked(&self, session: SessionId) {
        let _ = self.revoked.send(session);
    }

    /// Hears of ended sessions.
    pub fn subscribe_revoked(&self) -> broadcast::Receiver<SessionId> {
        self.revoked.subscribe()
    }

    /// An agent types.
    pub fn typing(&self, typing: Typing) {
        let _ = self.typing.send(typing);
    }

    /// Hears of typing agents.
    pub fn subscribe_typing(&self) -> broadcast::Receiver<Typing> {
        self.typing.subscribe()
    }
}
