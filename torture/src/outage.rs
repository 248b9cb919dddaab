//! What the product stands on goes away and comes back while it runs: it may refuse meanwhile, never say yes, and must
//! serve again by itself soon after.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sim::Dice;

use crate::disk::Fault;
use crate::disk::mount::Mounted;
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

/// The disk is full, cannot write, cannot sync.
pub(crate) async fn of_disk(
    disk: &Mutex<Mounted>,
    ledger: &Ledger,
    dice: &mut Dice,
    rounds: usize,
) -> anyhow::Result<Outages> {
    let mut done = Outages::default();
    let set = |fault| disk.lock().unwrap_or_else(PoisonError::into_inner).disk().set_fault(fault);
    for round in 0..rounds {
        tokio::time::sleep(Duration::from_millis(500 + dice.next() % 1000)).await;
        let fault = [Fault::Full, Fault::BrokenSyncs, Fault::BrokenWrites][round % 3];
        set(Some(fault));
        tokio::time::sleep(Duration::from_millis(1000 + dice.next() % 2000)).await;
        set(None);
        done.note(ledger, &format!("the disk was {fault:?}")).await;
    }
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
