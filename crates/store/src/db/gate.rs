//! The way to a limited number of connections, in fair order.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::WorkspaceId;
use tokio::sync::oneshot;

use super::fair::{Class, Fair, Turn};
use crate::error::{Error, Result};

/// Lets as many in at once as there are connections.
#[derive(Clone, Debug)]
pub(super) struct Gate(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    closed: bool,
    fair: Fair<oneshot::Sender<Pass>>,
}

/// The right to use one connection. Given back, and its holder charged with the time, when it is dropped.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Gate,
    turn: Option<Turn>,
    since: Instant,
}

impl Gate {
    /// A gate for a number of connections.
    pub(super) fn new(connections: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: connections, closed: false, fair: Fair::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a connection at most for `patience`. [`Error::Overloaded`] when there is no place to wait,
    /// [`Error::Busy`] when none became free in time.
    pub(super) async fn enter(
        &self,
        class: Class,
        workspace: Option<WorkspaceId>,
        patience: Duration,
    ) -> Result<Pass> {
        let (tell, told) = oneshot::channel();
        {
            let mut state = self.state();
            if state.closed {
                return Err(Error::Stopped);
            }
            // Whoever loses the place hears it by the end of the channel.
            drop(state.fair.push(class, workspace, tell));
        }
        self.let_in();
        match tokio::time::timeout(patience, told).await {
            Ok(Ok(pass)) => Ok(pass),
            Ok(Err(_)) if self.state().closed => Err(Error::Stopped),
            Ok(Err(_)) => Err(Error::Overloaded),
            Err(_) => Err(Error::Busy { seconds: patience.as_secs() }),
        }
    }

    /// Lets in who is next, as long as connections are free.
    fn let_in(&self) {
        loop {
            let mut state = self.state();
            if state.free == 0 {
                return;
            }
            let Some((turn, tell)) = state.fair.pop() else { return };
            state.free -= 1;
            drop(state);
            let pass = Pass { gate: self.clone(), turn: Some(turn), since: Instant::now() };
            if let Err(mut unwanted) = tell.send(pass) {
                // Whoever waited is gone and used nothing.
                unwanted.turn = None;
                self.state().free += 1;
            }
        }
    }

    /// Lets nobody in any more.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.fair.clear();
    }

    /// How many of a class wait, and how many were refused since the beginning.
    pub(super) fn load(&self, class: Class) -> (usize, u64) {
        let state = self.state();
        (state.fair.waiting(class), state.fair.refused(class))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let Some(turn) = self.turn else { return };
        {
            let mut state = self.gate.state();
            state.free += 1;
            state.fair.charge(turn, self.since.elapsed());
        }
        self.gate.let_in();
    }
}
