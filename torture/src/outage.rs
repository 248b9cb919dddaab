//! What the product stands on goes away and comes back while it runs: it may refuse meanwhile, never say yes, and must
//! serve again by itself soon after.

pub(crate) mod bus;
pub(crate) mod disk;
pub(crate) mod provider;

use std::time::{Duration, Instant};

use sim::Dice;

use crate::ledger::Ledger;
use crate::postgres::Postgres;
use crate::wire::Wire;

/// How long after the end of a fault deliveries must be taken again.
const BACK: Duration = Duration::from_secs(10);

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Outages {
    pub(crate) count: usize,
    pub(crate) commits_cut: usize,
    /// Single writes and syncs that failed, and starts that met one.
    pub(crate) struck: usize,
    pub(crate) starts: usize,
    /// By how many megabytes a process grew during one of them at most.
    pub(crate) grown: u64,
    /// Lists that were read while nothing could be written.
    pub(crate) reads: usize,
    /// Calls that the bus carried.
    pub(crate) calls: u64,
    /// The longest time from the end of a fault to the next acknowledgement.
    pub(crate) slowest: Duration,
}

/// The server is stopped in each way, and commits are cut.
pub(crate) async fn of_database(
    server: &mut Postgres,
    wire: &Wire,
    ledger: &Ledger,
    dice: &mut Dice,
    rounds: usize,
) -> anyhow::Result<Outages> {
    let mut done = Outages::default();
    for round in 0..rounds {
        for _ in 0..3 {
            wire.cut_next_commit();
            tokio::time::sleep(Duration::from_millis(200 + dice.next() % 400)).await;
        }
        let how = ["fast", "immediate", "kill"][round % 3];
        server.stop(how).await?;
        tokio::time::sleep(Duration::from_millis(300 + dice.next() % 2000)).await;
        server.run().await?;
        done.note(ledger, &format!("PostgreSQL was stopped ({how})")).await;
    }
    done.commits_cut = wire.cuts();
    Ok(done)
}

impl Outages {
    /// Waits for the next acknowledgement.
    async fn note(&mut self, ledger: &Ledger, what: &str) {
        self.count += 1;
        let (ended, before) = (Instant::now(), ledger.book().acked.len());
        while ledger.book().acked.len() == before && ended.elapsed() < BACK * 6 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.slowest = self.slowest.max(ended.elapsed());
        if ended.elapsed() > BACK {
            ledger.trouble(format!(
                "{what}, and {} s after its end nothing was taken",
                ended.elapsed().as_secs()
            ));
        }
    }
}
