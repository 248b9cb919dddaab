//! What the world outside knows: what was said to the product, when, and what the product answered for.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::knowledge::Import;

/// A customer's message as the provider tells of it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// The number that it was sent to, as the provider names it.
    pub(crate) number: String,
    /// The customer's id at the provider.
    pub(crate) user: Option<String>,
    /// The customer's phone number, digits only.
    pub(crate) phone: Option<String>,
    /// What was written, when it was written: no two texts are the same.
    pub(crate) text: Option<String>,
    /// When the first attempt to deliver it began.
    pub(crate) tried: Duration,
    /// When the product answered 200 for the first time.
    pub(crate) acked: Option<Duration>,
}

/// A reply that an agent wrote.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// What: no two texts are the same.
    pub(crate) text: String,
    /// When the first attempt began.
    pub(crate) tried: Duration,
    /// When the product said that it has it.
    pub(crate) acked: Option<Duration>,
}

impl Told {
    /// Whether the product must not have it any more.
    pub(crate) fn is_forgotten(&self, book: &Book) -> bool {
        self.user.as_ref().is_some_and(|user| book.erased.contains_key(user))
            || book.expired.as_ref() == Some(&self.number)
    }
}

/// Everything that was said.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// Customers' messages by the provider's id.
    pub(crate) told: BTreeMap<String, Told>,
    /// Agents' replies by the client's name for them.
    pub(crate) replies: BTreeMap<String, Reply>,
    /// Deliveries by the hash of their bytes: whether they are hopeless. Only those that were answered with 200.
    pub(crate) acked: BTreeMap<Vec<u8>, bool>,
    /// Customers whom the product has erased, by their id at the provider, with its own raw one.
    pub(crate) erased: BTreeMap<String, i64>,
    /// The number for which the time of every message is over, as the provider names it.
    pub(crate) expired: Option<String>,
    /// The files that belonged to these messages.
    pub(crate) expired_files: Vec<String>,
    /// The number whose provider is in trouble, so that files may be missing, as its provider names it.
    pub(crate) troubled: Option<String>,
    /// Tables of articles that are to be taken in, by their raw id.
    pub(crate) imports: BTreeMap<i64, Import>,
    /// What must never happen and was seen from outside: a signed delivery refused, an event twice.
    pub(crate) troubles: Vec<String>,
    /// Attempts to deliver.
    pub(crate) attempts: u64,
    /// Deliveries that were sent again although they had been answered.
    pub(crate) repeated: u64,
    /// Deliveries that were held back to come late.
    pub(crate) delayed: u64,
    /// Events seen on the stream.
    pub(crate) events: u64,
    /// How often a stream broke and was resumed.
    pub(crate) resumed: u64,
    /// How often a stream told to read everything anew.
    pub(crate) resets: u64,
    /// How long it took those who came back until they had been told what they had missed.
    pub(crate) caught_up: Vec<Duration>,
}

impl Book {
    /// Whether there is something to look at beside deliveries: an answer, and somebody who was erased.
    pub(crate) fn is_enough(&self) -> bool {
        self.replies.values().any(|reply| reply.acked.is_some()) && !self.erased.is_empty()
    }
}

/// The book, shared by everybody who writes in it, with the clock of the run.
#[derive(Debug)]
pub(crate) struct Ledger {
    began: Instant,
    book: Mutex<Book>,
}

impl Ledger {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), book: Mutex::default() }
    }

    /// How long the run has lasted.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Whether nobody begins anything at this moment: now and then the product is to find the time to tidy up.
    pub(crate) fn is_quiet(&self) -> bool {
        self.now().as_millis() % 12_000 > 9_500
    }

    /// The book.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what must never happen.
    pub(crate) fn trouble(&self, what: String) {
        let mut book = self.book();
        if book.troubles.len() < 100 {
            book.troubles.push(what);
        }
    }
}
