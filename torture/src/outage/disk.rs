//! The disk fails: for a while at everything, or once at a single write or sync.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::ensure;
use sim::Dice;

use super::{BACK, Outages};
use crate::agents::{Answer, Browser};
use crate::carrier::Carrier;
use crate::disk::mount::Mounted;
use crate::disk::{Disk, Fault};
use crate::node::Node;

/// How the disk fails, in turn.
const FAULTS: [Fault; 3] = [Fault::Full, Fault::BrokenSyncs, Fault::BrokenWrites];
/// How long a single fault waits for its write or sync under load.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a process that met a fault while it started may take to end, or to listen.
const START: Duration = Duration::from_secs(30);

fn with<T>(disk: &Mutex<Mounted>, act: impl FnOnce(&mut Disk) -> T) -> T {
    let mounted = disk.lock().unwrap_or_else(PoisonError::into_inner);
    act(&mut mounted.disk())
}

/// Reads a list: what only reads must not notice that nothing can be written.
async fn read(browser: &mut Browser, carrier: &Carrier, done: &mut Outages, fault: Fault) {
    match browser.ask(carrier.node(), "/api/conversations?limit=5", None).await {
        Answer::Done(_) => done.reads += 1,
        Answer::Refused(status, text) => {
            carrier.ledger.trouble(format!("a list was refused with {status} at {fault:?}: {text}"));
        }
        Answer::Nothing => carrier.ledger.trouble(format!("a list could not be read at {fault:?}")),
    }
}

/// The disk is full, cannot write, cannot sync, each for a while.
pub(crate) async fn for_a_while(
    disk: &Mutex<Mounted>,
    carrier: &Arc<Carrier>,
    dice: &mut Dice,
    rounds: usize,
) -> anyhow::Result<Outages> {
    let mut done = Outages::default();
    let mut browser = Browser::sign_in(carrier).await?;
    for round in 0..rounds {
        tokio::time::sleep(Duration::from_millis(500 + dice.next() % 1000)).await;
        let fault = FAULTS[round % 3];
        with(disk, |disk| disk.set_fault(Some(fault)));
        tokio::time::sleep(Duration::from_millis(500 + dice.next() % 1000)).await;
        read(&mut browser, carrier, &mut done, fault).await;
        tokio::time::sleep(Duration::from_millis(500 + dice.next() % 1000)).await;
        with(disk, |disk| disk.set_fault(None));
        done.note(&carrier.ledger, &format!("the disk was {fault:?}")).await;
    }
    Ok(done)
}

/// One write or sync fails: of each fault the first from now, then the second, and so on. Every third round is of the
/// same fault.
pub(crate) async fn once_each(
    disk: &Mutex<Mounted>,
    carrier: &Arc<Carrier>,
    rounds: usize,
) -> anyhow::Result<Outages> {
    let mut done = Outages::default();
    let mut browser = Browser::sign_in(carrier).await?;
    for round in 0..rounds {
        let fault = FAULTS[round % 3];
        with(disk, |disk| disk.set_trap(fault, round as u64 / 3));
        let set = Instant::now();
        while with(disk, |disk| disk.is_trapped()) && set.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        ensure!(!with(disk, |disk| disk.is_trapped()), "nothing was written for {} s", PATIENCE.as_secs());
        done.struck += 1;
        read(&mut browser, carrier, &mut done, fault).await;
        done.note(&carrier.ledger, &format!("{fault:?} at the write or sync {}", round / 3)).await;
    }
    Ok(done)
}

/// Waits until a process that was just started takes deliveries; false when it ends instead.
async fn serves(node: &mut Node, carrier: &Carrier) -> anyhow::Result<bool> {
    let (began, before) = (Instant::now(), carrier.ledger.book().acked.len());
    while carrier.ledger.book().acked.len() == before {
        if node.is_dead()? {
            return Ok(false);
        }
        ensure!(
            began.elapsed() < START,
            "a process that met a fault while it started neither serves nor ends"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(true)
}

/// The same at the first writes and syncs of a process's life. It may end with an error; then its successor, whom
/// nothing happens, has to serve.
pub(crate) async fn at_starts(
    disk: &Mutex<Mounted>,
    carrier: &Arc<Carrier>,
    node: &mut Node,
    places: impl Iterator<Item = u64>,
    done: &mut Outages,
) -> anyhow::Result<()> {
    for (round, place) in places.enumerate() {
        let fault = FAULTS[round % 3];
        node.kill().await?;
        with(disk, |disk| disk.set_trap(fault, place));
        node.spawn("", &[])?;
        if !serves(node, carrier).await? {
            ensure!(!with(disk, |disk| disk.is_trapped()), "a process ended, and nothing had happened to it");
            done.starts += 1;
            node.spawn("", &[])?;
            ensure!(serves(node, carrier).await?, "after {fault:?} at {place} of a start nobody can start");
        }
        done.note(&carrier.ledger, &format!("{fault:?} at the write or sync {place} of a life")).await;
        // What nobody came to is not to happen later.
        done.struck += usize::from(with(disk, Disk::disarm));
    }
    ensure!(done.slowest < BACK * 6, "nothing was taken any more");
    Ok(())
}
