//! Work that waits for a thread: closures over a transaction, with a bounded queue and a way to tell the waiter.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::tx::Tx;
use crate::error::Error;

/// How many pieces of work may wait.
const PLACES: usize = 4096;
/// For how long a caller waits for a place.
const PATIENCE: Duration = Duration::from_secs(5);

/// The callers' end of a queue.
#[derive(Debug)]
pub(super) struct Queue {
    sender: RwLock<Option<mpsc::Sender<Job>>>,
    places: Arc<Semaphore>,
}

/// A piece of work with its place in the queue, which it gives back when it is dropped.
pub(super) struct Job {
    work: Box<dyn Work>,
    _place: OwnedSemaphorePermit,
}

impl Queue {
    /// A queue and its threads' end.
    pub(super) fn new() -> (Self, mpsc::Receiver<Job>) {
        let (sender, receiver) = mpsc::channel();
        (Self { sender: RwLock::new(Some(sender)), places: Arc::new(Semaphore::new(PLACES)) }, receiver)
    }

    /// Queues work and waits until its thread tells the outcome.
    pub(super) async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let place = tokio::time::timeout(PATIENCE, Arc::clone(&self.places).acquire_owned()).await;
        let place =
            place.map_err(|_| Error::Busy { seconds: PATIENCE.as_secs() })?.map_err(|_| Error::Stopped)?;
        let (tell, told) = oneshot::channel();
        let task = Task { work: Some(work), outcome: None, tell };
        let job = Job { work: Box::new(task), _place: place };
        let sent = match &*self.sender.read().unwrap_or_else(PoisonError::into_inner) {
            Some(sender) => sender.send(job).is_ok(),
            None => false,
        };
        if !sent {
            return Err(Error::Stopped.into());
        }
        told.await.unwrap_or_else(|_| Err(Error::Stopped.into()))
    }

    /// Takes no more work; the threads end when they have done what waits.
    pub(super) fn close(&self) {
        self.sender.write().unwrap_or_else(PoisonError::into_inner).take();
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

trait Work: Send {
    fn run(&mut self, tx: &mut Tx) -> bool;
    fn tell(self: Box<Self>, failure: Option<Error>);
}

struct Task<T, E, F> {
    work: Option<F>,
    outcome: Option<Result<T, E>>,
    tell: oneshot::Sender<Result<T, E>>,
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
fn drive<T, E: From<Error>>(mut future: BoxFuture<'_, Result<T, E>>) -> Result<T, E> {
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
