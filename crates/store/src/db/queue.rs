//! Work that waits for a thread: closures over a transaction, in fair order, with a way to tell the waiter.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use model::WorkspaceId;
use tokio::sync::oneshot;

use super::fair::{Class, Turn};
use super::tx::Tx;
use super::waiting::{Next, Waiting};
use crate::error::Error;

/// Callers put work in, threads take it out.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue(Arc<Waiting<Box<dyn Work>>>);

/// A piece of work that a thread took out.
pub(super) struct Job {
    work: Box<dyn Work>,
    turn: Turn,
}

/// What [`Queue::take`] came back with.
pub(super) enum Taken {
    /// Work.
    Job(Job),
    /// Nothing came in time.
    Nothing,
    /// Nothing will come any more.
    Closed,
}

impl Queue {
    /// Queues work and waits until its thread tells the outcome. [`Error::Overloaded`] at once, or while it waits,
    /// when there is no place for it.
    pub(super) async fn run<T, E, F>(
        &self,
        class: Class,
        workspace: Option<WorkspaceId>,
        work: F,
    ) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        self.put(class, workspace, Box::new(Task { work: Some(work), outcome: None, tell }))?;
        told.await.unwrap_or_else(|_| Err(Error::Stopped.into()))
    }

    fn put(
        &self,
        class: Class,
        workspace: Option<WorkspaceId>,
        work: Box<dyn Work>,
    ) -> crate::error::Result<()> {
        let refused = self.0.put(class, workspace, work).map_err(|_| Error::Stopped)?;
        if let Some(refused) = refused {
            refused.tell(Some(Error::Overloaded));
        }
        Ok(())
    }

    /// The next piece of work; waits for it at most for a time, or without end.
    pub(super) fn take(&self, patience: Option<Duration>) -> Taken {
        match self.0.take(patience) {
            Next::One(turn, work) => Taken::Job(Job { work, turn }),
            Next::Nothing => Taken::Nothing,
            Next::Closed => Taken::Closed,
        }
    }

    /// The next piece of work if any waits.
    pub(super) fn try_take(&self) -> Option<Job> {
        let (turn, work) = self.0.try_take()?;
        Some(Job { work, turn })
    }

    /// Charges a piece of work with the time that it took.
    pub(super) fn charge(&self, job: &Job, took: Duration) {
        self.0.charge(job.turn, took);
    }

    /// Takes no more work; the threads end when they have done what waits.
    pub(super) fn close(&self) {
        self.0.close();
    }

    /// How many pieces of work of a class wait, and how many were refused since the beginning.
    pub(super) fn load(&self, class: Class) -> (usize, u64) {
        self.0.load(class)
    }
}

impl Job {
    /// Runs the work; tells whether what it did is to be kept.
    pub(super) fn run(&mut self, tx: &mut Tx) -> bool {
        tx.failed = None;
        self.work.run(tx)
    }

    /// Tells the waiter: the work's own outcome, or why it could not be kept.
    pub(super) fn tell(self, failure: Option<&Error>) {
        self.work.tell(failure.cloned());
    }
}

trait Work: Send + std::fmt::Debug {
    fn run(&mut self, tx: &mut Tx) -> bool;
    fn tell(self: Box<Self>, failure: Option<Error>);
}

struct Task<T, E, F> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    tell: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> std::fmt::Debug for Task<T, E, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Task")
    }
}

impl<T, E, F> Work for Task<T, E, F>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, tx: &mut Tx) -> bool {
        // Whoever asked may have gone while the work waited; then nobody needs it.
        let Some(work) = self.work.take().filter(|_| !self.tell.is_closed()) else { return false };
        let outcome = catch_unwind(AssertUnwindSafe(|| drive(work(tx))));
        let outcome = match outcome {
            Ok(Ok(_)) if tx.failed.is_some() => Err(Error::Aborted.into()),
            Ok(outcome) => outcome,
            Err(panic) => Err(Error::Panicked(panic_text(&*panic)).into()),
        };
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn tell(self: Box<Self>, failure: Option<Error>) {
        let outcome = match (self.outcome, failure) {
            (Some(Err(own)), _) => Err(own),
            (_, Some(failure)) => Err(failure.into()),
            (Some(Ok(done)), None) => Ok(done),
            (None, None) => Err(Error::Stopped.into()),
        };
        // Nobody listens any more: that is the listener's choice.
        let _ = self.tell.send(outcome);
    }
}

/// Work on SQLite never waits, so it is done after one poll.
pub(super) fn drive<T, E: From<Error>>(mut future: BoxFuture<'_, Result<T, E>>) -> Result<T, E> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(Error::Waited.into()),
    }
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text").to_owned()
}
