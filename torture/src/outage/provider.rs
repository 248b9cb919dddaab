//! The provider of one number is in trouble, in each way that there is. Messages of the other numbers leave as before,
//! and the process does not grow by what it is told.

use std::time::Duration;

use anyhow::{Context, ensure};

use super::{BACK, Outages};
use crate::front::{BAD, Front, Mood};
use crate::ledger::Ledger;
use crate::node::Node;
use crate::plan::Plan;

/// How long each trouble lasts in the short form, and how long all is well between two of them.
const EACH: Duration = Duration::from_millis(2000);
const BETWEEN: Duration = Duration::from_millis(1000);
/// How long all is well at first: what is loaded when it is first needed is no growth by what a provider answers.
const WARM: Duration = Duration::from_secs(24);
/// How long it is waited for somebody who meets a trouble.
const ASKED: Duration = Duration::from_secs(8);
/// How long a provider that was in trouble may be left alone after its end.
const LEFT_ALONE: Duration = Duration::from_secs(120);

/// Stretches of the run: from when to when it was in trouble.
pub(crate) type Troubles = Vec<(Duration, Duration)>;

/// Goes through so many troubles, one kind after the other; the seed chooses with which it begins, because the short form
/// has no time for all: a provider that fails again and again is left alone longer each time.
pub(crate) async fn trouble(
    front: &Front,
    node: &Node,
    ledger: &Ledger,
    Plan { outages: rounds, long, seed, .. }: &Plan,
) -> anyhow::Result<(Outages, Troubles)> {
    let mut done = Outages::default();
    let mut troubles = Vec::new();
    tokio::time::sleep(WARM).await;
    let moods = BAD.iter().cycle().skip((seed % BAD.len() as u64) as usize).take(*rounds);
    for &mood in moods {
        tokio::time::sleep(BETWEEN).await;
        let before = node.memory()?;
        let (began, (_, met)) = (ledger.now(), front.counts());
        front.set(mood);
        // After one trouble it is left alone for a while, and would not meet the next.
        while front.counts().1 == met && ledger.now() < began + ASKED {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(EACH * if *long { 8 } else { 1 }).await;
        front.set(Mood::Open);
        troubles.push((began, ledger.now()));
        if front.counts().1 > met {
            done.struck += 1;
        }
        done.note(ledger, &format!("a provider was {mood:?}")).await;
        let grown = node.memory()?.saturating_sub(before);
        println!("grown        {grown} MB with a provider that was {mood:?}");
        done.grown = done.grown.max(grown);
    }
    front.pause_is_over().await;
    let (passed, _) = front.counts();
    let ended = ledger.now();
    while front.counts().0 == passed {
        tokio::time::sleep(Duration::from_millis(100)).await;
        ensure!(ledger.now() < ended + LEFT_ALONE, "a provider that is well again is not asked any more");
    }
    ensure!(done.slowest < BACK * 6, "nothing was taken any more");
    Ok((done, troubles))
}

impl Node {
    /// The most memory that the process has ever had, in megabytes.
    fn memory(&self) -> anyhow::Result<u64> {
        let id = self.id().context("a process without an id")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes / 1024)
    }
}
