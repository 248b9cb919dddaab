//! What every workload is given: the program, where to run it, how long, and shared ways to begin and end.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::data::{self, DataSet, Size};
use crate::delivery::{self, Zipf};
use crate::held::{self, Held, Sent};
use crate::http;
use crate::load::{BEGIN, Entry, Outcome, Plan};
use crate::place::{Desk, Now, Place};
use crate::program::Program;

/// The customers of a workspace that is written to.
pub(crate) const CUSTOMERS: u64 = 5_000;

/// What every workload is given.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    /// The program under measurement.
    pub(crate) program: PathBuf,
    /// Where scratch folders are made; a real disk.
    pub(crate) scratch: PathBuf,
    /// Where data sets are kept.
    pub(crate) data: PathBuf,
    /// A PostgreSQL server to make databases on, instead of the embedded store.
    pub(crate) postgres: Option<String>,
    /// Whether the large data sets are to be made.
    pub(crate) prepare: bool,
    /// Everything at full length.
    pub(crate) full: bool,
    /// Multiplies all lengths; for trying the bench itself.
    pub(crate) scale: f64,
    /// Programs started by hand, to be measured beside ours.
    pub(crate) foreign: Vec<crate::peer::Foreign>,
}

/// A running program with its desks.
pub(crate) struct Running {
    /// Its place.
    pub(crate) place: Place,
    /// The program.
    pub(crate) program: Program,
    /// The workspaces.
    pub(crate) desks: Vec<Desk>,
}

impl Stage {
    /// Seconds of load: short in a quick run, long in a full one.
    pub(crate) fn seconds(&self, quick: f64, full: f64) -> f64 {
        if self.full { full } else { quick * self.scale }
    }

    /// A number of things, of which there are fewer when the bench itself is tried.
    pub(crate) fn count(&self, quick: usize, full: usize) -> usize {
        if self.full { full } else { ((quick as f64 * self.scale) as usize).max(1) }
    }

    /// Starts the program on an empty store with this many workspaces.
    pub(crate) async fn start(&self, workspaces: usize) -> anyhow::Result<Running> {
        self.start_with(workspaces, "127.0.0.1:9").await
    }

    /// Starts the program with a provider that it may call.
    pub(crate) async fn start_with(&self, workspaces: usize, provider: &str) -> anyhow::Result<Running> {
        let place = Place::new(&self.scratch, self.postgres.as_deref()).await?;
        let desks = place.furnish(workspaces, provider).await?;
        let program = Program::start(&self.program, &place, Some(provider)).await?;
        Ok(Running { place, program, desks })
    }

    /// A data set, made if it is not kept from before.
    pub(crate) async fn data(&self, size: Size) -> anyhow::Result<DataSet> {
        data::get(&self.data, size).await
    }

    /// The histories that lists and reports are measured on, the shortest first. A quick run takes the large one
    /// when it was made before (`--prepare`), else a tenth of it, which is made in its time.
    pub(crate) fn histories(&self) -> Vec<Size> {
        let size = |conversations: u64, messages: u64| Size { conversations, messages };
        if self.full {
            return vec![size(10_000, 100_000), size(100_000, 1_000_000), size(1_000_000, 10_000_000)];
        }
        let scaled = |count: u64| ((count as f64 * self.scale) as u64).max(100);
        let (small, large) = (size(10_000, 10_000), size(1_000_000, 1_000_000));
        if self.scale < 1.0 {
            return vec![size(scaled(10_000), scaled(10_000)), size(scaled(100_000), scaled(100_000))];
        }
        if self.prepare || data::kept(&self.data, large) {
            return vec![small, large];
        }
        vec![small, size(100_000, 100_000)]
    }

    /// Starts the program on a copy of a data set, with an agent signed in.
    pub(crate) async fn start_on(&self, data: &DataSet) -> anyhow::Result<Running> {
        let place = Place::copy_of(&self.scratch, &data.path).await?;
        let db = place.open().await?;
        let token = crate::place::sign_in(&db, data.desk.workspace, data.desk.agent).await;
        db.stop().await;
        let program = Program::start(&self.program, &place, None).await?;
        Ok(Running { place, program, desks: vec![Desk { token: token?, ..data.desk.clone() }] })
    }
}

impl Running {
    /// Deliveries of `count` messages to a desk, numbered from `from`, by customers after Zipf's law.
    pub(crate) fn messages(&self, desk: usize, from: u64, count: usize, rate: f64) -> (Vec<u64>, Plan) {
        self.spread(&self.desks[desk..=desk], from, count, rate)
    }

    /// The same to several desks in turn.
    pub(crate) fn spread(&self, desks: &[Desk], from: u64, count: usize, rate: f64) -> (Vec<u64>, Plan) {
        let zipf = Zipf::new(CUSTOMERS);
        let customers: Vec<u64> = (from..from + count as u64).map(|n| zipf.of(n)).collect();
        let at = Now.seconds();
        let request = |((n, customer), desk): ((u64, &u64), &Desk)| {
            let body = delivery::message(&desk.number, n, *customer, at);
            http::delivery(&self.program.address, &desk.hook, &body)
        };
        let requests = (from..).zip(&customers).zip(desks.iter().cycle()).map(request).collect();
        (customers, Plan::new(&self.program.address, requests, rate))
    }

    /// Waits until the first browser was told of `count` messages, or no more came for a while.
    pub(crate) async fn shown(&self, watch: &crate::socket::Watch, count: usize) -> anyhow::Result<()> {
        let (mut last, mut since) = (0, Instant::now());
        while last < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let shown = watch.shown();
            if shown > last {
                (last, since) = (shown, Instant::now());
            }
            ensure!(
                since.elapsed() < Duration::from_secs(30),
                "only {last} of {count} messages were shown: {}",
                self.program.complaints()
            );
        }
        Ok(())
    }

    /// Stops the program and compares each desk's threads with what was written to it.
    pub(crate) async fn finish(self, written: &[(usize, Vec<Sent>)]) -> anyhow::Result<(Place, Held)> {
        self.program.stop().await?;
        let db = self.place.open().await?;
        let mut all = Held::default();
        for (desk, sent) in written {
            all.add(held::compare(&db, self.desks[*desk].workspace, sent).await?);
        }
        db.stop().await;
        Ok((self.place, all))
    }
}

/// What was sent, for the comparison with the store: messages numbered from `from`, in the order of the requests.
pub(crate) fn sent(from: u64, customers: &[u64], outcome: &Outcome) -> Vec<Sent> {
    // Several loads of one run are compared with each other, so their times must have one beginning.
    let since = outcome.start.duration_since(*BEGIN).as_micros() as u64;
    let at = |entry: &Entry| Entry {
        sent: entry.sent + since,
        answered: entry.answered + since,
        status: entry.status,
    };
    let numbered = (from..).zip(customers).zip(&outcome.log);
    numbered.map(|((n, customer), entry)| Sent { n, customer: *customer, entry: at(entry) }).collect()
}

impl Now {
    /// Seconds since 1970.
    pub(crate) fn seconds(&self) -> u64 {
        model::Clock::now(self).0.unsigned_abs() / 1000
    }
}

/// Microseconds of processor for each of `count` operations.
pub(crate) fn each(seconds: f64, count: u64) -> f64 {
    seconds * 1e6 / count.max(1) as f64
}

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}
