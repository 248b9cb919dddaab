//! The place where callers and threads meet: callers put something in, threads sleep until there is something to take.
//!
//! Its locks come from `super::locks`, so that the same text is also compiled over locks of which a test tries every
//! order in which threads may meet (`waiting_test.rs`).

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use model::WorkspaceId;

use super::fair::{Class, Fair, Turn};
use super::locks::{Condvar, Mutex, MutexGuard};

/// What waits for a thread, in fair order.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    state: Mutex<State<T>>,
    came: Condvar,
}

#[derive(Debug)]
struct State<T> {
    fair: Fair<T>,
    closed: bool,
    /// How many threads wait: waking one costs a system call, so nobody is called who does not sleep.
    sleeping: usize,
}

/// What [`Waiting::take`] came back with.
#[derive(Debug)]
pub(super) enum Next<T> {
    /// Something, and whose turn it was.
    One(Turn, T),
    /// Nothing came in time.
    Nothing,
    /// Nothing will come any more.
    Closed,
}

/// Nothing is taken in any more.
#[derive(Debug)]
pub(super) struct Closed;

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        let state = State { fair: Fair::default(), closed: false, sleeping: 0 };
        Self { state: Mutex::new(state), came: Condvar::new() }
    }
}

impl<T> Waiting<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets an item wait; gives back which one has no place, this one or another.
    pub(super) fn put(
        &self,
        class: Class,
        workspace: Option<WorkspaceId>,
        item: T,
    ) -> Result<Option<T>, Closed> {
        let mut state = self.state();
        if state.closed {
            return Err(Closed);
        }
        let refused = state.fair.push(class, workspace, item);
        let wake = state.sleeping > 0;
        drop(state);
        if wake {
            self.came.notify_one();
        }
        Ok(refused)
    }

    /// The next item; waits for it at most for a time, or without end.
    pub(super) fn take(&self, patience: Option<Duration>) -> Next<T> {
        let until = patience.map(|patience| Instant::now() + patience);
        let mut state = self.state();
        loop {
            if let Some((turn, item)) = state.fair.pop() {
                return Next::One(turn, item);
            }
            if state.closed {
                return Next::Closed;
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Next::Nothing;
            }
            state.sleeping += 1;
            state = match left {
                Some(left) => self.came.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.came.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            state.sleeping -= 1;
        }
    }

    /// The next item if any waits.
    pub(super) fn try_take(&self) -> Option<(Turn, T)> {
        self.state().fair.pop()
    }

    /// Charges a turn with the time that it took.
    pub(super) fn charge(&self, turn: Turn, took: Duration) {
        self.state().fair.charge(turn, took);
    }

    /// Takes nothing in any more; who takes out is told when all is gone.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.came.notify_all();
    }

    /// How many items of a class wait, and how many were refused since the beginning.
    pub(super) fn load(&self, class: Class) -> (usize, u64) {
        let state = self.state();
        (state.fair.waiting(class), state.fair.refused(class))
    }
}
