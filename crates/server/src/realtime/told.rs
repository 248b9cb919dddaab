//! A change as it is told: encoded once, and shared by all sockets that may see the same of it.

use std::sync::{Mutex, PoisonError};

use app::Caller;
use app::event::{Frame, Whose};
use axum::extract::ws::Utf8Bytes;
use model::{AgentId, EventKind, Masks, Permission, Personal};

use super::protocol::{self, ServerFrame};

/// A change, with the frames that those get who may see all, a part or nothing of it.
pub(super) struct Told {
    /// Its number.
    pub(super) seq: i64,
    /// The agent that changed: that agent's sockets look whether they may stay.
    pub(super) agent: Option<AgentId>,
    whole: Utf8Bytes,
    skip: Utf8Bytes,
    frame: Frame,
    /// What those get from whom something of a person is hidden; there are few different ones.
    masked: Mutex<Vec<(Masks, Utf8Bytes)>>,
}

impl Told {
    pub(super) fn new(frame: Frame) -> Self {
        Self {
            seq: frame.seq,
            agent: (frame.kind == EventKind::Agent).then_some(AgentId(frame.subject)),
            whole: protocol::event(&frame),
            skip: ServerFrame::Skip { seq: frame.seq }.encode(),
            frame,
            masked: Mutex::default(),
        }
    }

    /// How many bytes it takes at least.
    pub(super) fn size(&self) -> usize {
        self.whole.len()
    }

    /// The frame for a caller. Everybody gets one for each number, so that a hole in the numbers stays a fault.
    pub(super) fn to(&self, caller: &Caller) -> Utf8Bytes {
        let sees = |(owner, team, inbox): Whose| caller.grant.visibility.sees(owner, team, inbox);
        if self.frame.within && !caller.grant.visibility.is_everything() {
            let Some(conversation) = &self.frame.conversation else {
                // Nobody knows any more who saw it: all are told that the id is gone, so that nothing of a person who
                // was erased stays on a page.
                return if self.frame.deleted { self.whole.clone() } else { self.skip.clone() };
            };
            let (inbox, was) = (conversation.inbox_id, self.frame.was);
            if !sees((conversation.assignee_id, conversation.team_id, inbox)) {
                let lost = sees((was.assignee_id, was.team_id, inbox));
                return if lost { protocol::gone(self.seq, conversation.id) } else { self.skip.clone() };
            }
        }
        let of_others = match self.frame.kind {
            EventKind::Agent => self.agent != Some(caller.agent.id),
            EventKind::Team => true,
            _ => false,
        };
        if of_others && !caller.may(Permission::AgentRead) {
            return self.skip.clone();
        }
        let masks = caller.masks();
        if masks.is_empty() || !self.frame.within { self.whole.clone() } else { self.masked(masks) }
    }

    fn masked(&self, masks: Masks) -> Utf8Bytes {
        let mut known = self.masked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, text)) = known.iter().find(|(one, _)| *one == masks) {
            return text.clone();
        }
        let mut frame = self.frame.clone();
        frame.message.mask(masks);
        frame.conversation.mask(masks);
        let text = protocol::event(&frame);
        known.push((masks, text.clone()));
        text
    }
}
