//! Open-loop load: every request has its time before the run begins, and its latency counts from that time,
//! whether or not the program was ready to take it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::http::Line;

/// A generator that is later than this at more than one request in a hundred has measured itself.
const LATEST: Duration = Duration::from_millis(10);

/// Before the first load: what times of several loads are compared by.
pub(crate) static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What to send and how fast.
#[derive(Clone)]
pub(crate) struct Plan {
    /// Where to.
    pub(crate) address: String,
    /// The whole requests, made before the clock starts.
    pub(crate) requests: Arc<Vec<Vec<u8>>>,
    /// Requests a second.
    pub(crate) rate: f64,
    /// How many may be under way at once.
    pub(crate) connections: usize,
    /// When the first is due.
    pub(crate) start: Instant,
    /// Whether to give up at this moment, and leave unsent what was not sent by then.
    pub(crate) until: Option<Instant>,
}

impl Plan {
    /// All requests at an even pace, beginning in a moment.
    pub(crate) fn new(address: &str, requests: Vec<Vec<u8>>, rate: f64) -> Self {
        LazyLock::force(&BEGIN);
        let start = Instant::now() + Duration::from_millis(200);
        Self {
            address: address.to_owned(),
            requests: Arc::new(requests),
            rate,
            connections: 256,
            start,
            until: None,
        }
    }

    /// When request `n` is due.
    pub(crate) fn due(&self, n: usize) -> Instant {
        self.start + Duration::from_secs_f64(n as f64 / self.rate)
    }
}

/// What came of the requests.
pub(crate) struct Outcome {
    /// From each request's time to its answer, in microseconds.
    pub(crate) latency: Histogram<u64>,
    /// How late the generator itself woke up, in microseconds.
    lateness: Histogram<u64>,
    /// For each request the microseconds after the start at which it was written and answered, and the status;
    /// zeroes when it was not sent.
    pub(crate) log: Vec<Entry>,
    /// From the start to the last answer, in seconds.
    pub(crate) seconds: f64,
    /// When the first was due.
    pub(crate) start: Instant,
}

/// One request's fate.
#[derive(Clone, Copy, Default)]
pub(crate) struct Entry {
    /// When it was written, in microseconds after the start.
    pub(crate) sent: u64,
    /// When its answer was whole.
    pub(crate) answered: u64,
    /// The answer's status; 0 when there was none.
    pub(crate) status: u16,
}

impl Outcome {
    /// How many requests got this status.
    pub(crate) fn count(&self, status: u16) -> u64 {
        self.log.iter().filter(|entry| entry.status == status).count() as u64
    }

    /// Why the latencies of this run say nothing, if so.
    pub(crate) fn fault(&self) -> Option<String> {
        let late = Duration::from_micros(self.lateness.value_at_quantile(0.99));
        (late > LATEST)
            .then(|| format!("the generator was late by {:.0} ms at p99", late.as_secs_f64() * 1000.0))
    }

    /// A latency in milliseconds.
    pub(crate) fn milliseconds(&self, quantile: f64) -> f64 {
        milliseconds(&self.latency, quantile)
    }
}

/// A histogram of microseconds up to ten minutes.
pub(crate) fn histogram() -> Histogram<u64> {
    #[expect(clippy::expect_used, reason = "the bounds are constants that the crate documents as allowed")]
    Histogram::new_with_bounds(1, 600_000_000, 3).expect("bounds of a histogram")
}

/// A quantile of a histogram of microseconds, in milliseconds.
pub(crate) fn milliseconds(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    histogram.value_at_quantile(quantile) as f64 / 1000.0
}

/// Sends everything.
pub(crate) async fn run(plan: &Plan) -> anyhow::Result<Outcome> {
    let next = Arc::new(AtomicUsize::new(0));
    let lines = plan.connections.min(plan.requests.len().max(1));
    let mut tasks = Vec::new();
    for _ in 0..lines {
        let line = Line::open(&plan.address).await?;
        tasks.push(tokio::spawn(one_line(plan.clone(), line, next.clone())));
    }
    let mut outcome = Outcome {
        latency: histogram(),
        lateness: histogram(),
        log: vec![Entry::default(); plan.requests.len()],
        seconds: 0.0,
        start: plan.start,
    };
    for task in tasks {
        let (entries, lateness) = task.await??;
        outcome.lateness.add(&lateness)?;
        for (n, entry) in entries {
            outcome.log[n] = entry;
            let due = (n as f64 / plan.rate * 1e6) as u64;
            if entry.status == 200 || entry.status == 201 {
                outcome.latency.saturating_record(entry.answered.saturating_sub(due).max(1));
            }
            outcome.seconds = outcome.seconds.max(entry.answered as f64 / 1e6);
        }
    }
    Ok(outcome)
}

type Fates = (Vec<(usize, Entry)>, Histogram<u64>);

async fn one_line(plan: Plan, mut line: Line, next: Arc<AtomicUsize>) -> anyhow::Result<Fates> {
    let (mut fates, mut lateness) = (Vec::new(), histogram());
    let since = |at: Instant| at.saturating_duration_since(plan.start).as_micros() as u64;
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = plan.requests.get(n) else { return Ok((fates, lateness)) };
        let due = plan.due(n);
        // A request that waits for a free connection is late because of the program, not of us.
        if Instant::now() < due {
            tokio::time::sleep_until(due.into()).await;
            lateness.saturating_record((due.elapsed().as_micros() as u64).max(1));
        }
        if plan.until.is_some_and(|until| Instant::now() > until) {
            return Ok((fates, lateness));
        }
        let sent = since(Instant::now());
        let status = match line.exchange(request).await {
            Ok(answer) => answer.status,
            Err(_) if plan.until.is_some() => {
                // Under overload a line may be cut; the next request gets a new one.
                match Line::open(&plan.address).await {
                    Ok(again) => line = again,
                    Err(_) => return Ok((fates, lateness)),
                }
                0
            }
            Err(error) => return Err(error),
        };
        fates.push((n, Entry { sent, answered: since(Instant::now()), status }));
    }
}
