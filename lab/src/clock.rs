//! How long something takes on one core, whatever else the machine does.

use std::time::{Duration, Instant};

/// A beginning.
pub(crate) struct Start {
    at: Instant,
    worked: Option<Duration>,
}

impl Start {
    pub(crate) fn now() -> Self {
        Self { at: Instant::now(), worked: worked() }
    }

    /// The time that this thread worked since, or where the system does not tell, the time that went by.
    pub(crate) fn took(&self) -> Duration {
        match (self.worked, worked()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.at.elapsed(),
        }
    }
}

/// The time that this thread has worked so far (Linux).
fn worked() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
