//! A customer's messages, as fast as 64 connections bring them, to Bellhop and to others in turn.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::process::{Process, rest, sum};
use super::{Foreign, helpdesk, synapse};
use crate::delivery;
use crate::figure::{Figure, Findings};
use crate::http;
use crate::load::{self, Outcome, Plan};
use crate::program::Usage;
use crate::stage::{Stage, each, sent};

/// In how many conversations the messages are written.
pub(crate) const TALKS: u64 = 50;

/// How many messages are under way at once.
const CONNECTIONS: usize = 64;

/// A program that takes messages.
pub(crate) struct Peer {
    /// How the page calls it.
    pub(crate) name: String,
    /// It.
    pub(crate) process: Process,
    /// The whole request that brings message `n`.
    pub(crate) request: Box<dyn Fn(u64) -> Vec<u8>>,
    /// Reads back how many messages it holds.
    pub(crate) held: Box<dyn Fn() -> Counting>,
}

/// Reads back a count.
pub(crate) type Counting = Pin<Box<dyn Future<Output = anyhow::Result<u64>>>>;

/// What came of one program.
struct Taken {
    rate: f64,
    cpu: f64,
    resident: f64,
    /// How many it says to hold less than it acknowledged; `None` when it cannot be read.
    missing: Option<u64>,
}

/// Bellhop, what registries have, and what was started by hand.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let ours = ours(stage).await?;
    tell(&mut findings, "Bellhop", &ours, None);
    for (name, peer) in
        [("django-helpdesk", helpdesk::start(stage).await), ("Synapse", synapse::start(stage).await)]
    {
        match peer {
            Ok(peer) => {
                let taken = theirs(stage, &peer).await?;
                tell(&mut findings, &peer.name, &taken, Some(&ours));
            }
            Err(error) => findings.faults.push(format!("{name} could not be measured: {error:#}")),
        }
    }
    for foreign in &stage.foreign {
        let taken = by_hand(stage, foreign).await?;
        tell(&mut findings, &foreign.name, &taken, Some(&ours));
    }
    Ok(findings)
}

fn tell(findings: &mut Findings, name: &str, taken: &Taken, ours: Option<&Taken>) {
    let times = |ratio: f64| format!("Bellhop: {} times as good", crate::page::number(ratio));
    let mut rate = Figure::new(format!("{name}: accepted"), taken.rate, "/s");
    let mut cpu = Figure::new(format!("{name}: processor"), taken.cpu, "µs/message");
    let mut memory = Figure::new(format!("{name}: memory under this load"), taken.resident, "MiB");
    if let Some(ours) = ours {
        rate = rate.note(times(ours.rate / taken.rate));
        cpu = cpu.note(times(taken.cpu / ours.cpu));
        memory = memory.note(times(taken.resident / ours.resident));
    }
    findings.add(rate);
    findings.add(cpu);
    findings.add(memory);
    if let Some(missing) = taken.missing {
        let figure = Figure::new(format!("{name}: acknowledged and not held"), missing as f64, "");
        // A bar is for what we build.
        findings.add(if ours.is_none() { figure.at_most(0.0) } else { figure });
    }
}

/// As fast as the connections bring them, until the time is over.
async fn pour(address: &str, requests: Vec<Vec<u8>>, seconds: f64) -> anyhow::Result<Outcome> {
    let mut plan = Plan::new(address, requests, 1e9);
    plan.connections = CONNECTIONS;
    plan.until = Some(plan.start + Duration::from_secs_f64(seconds));
    load::run(&plan).await
}

fn accepted(outcome: &Outcome) -> u64 {
    outcome.log.iter().filter(|entry| (200..300).contains(&entry.status)).count() as u64
}

async fn ours(stage: &Stage) -> anyhow::Result<Taken> {
    let running = stage.start(1).await?;
    let seconds = stage.seconds(5.0, 20.0);
    let customers: Vec<u64> = (0..(12_000.0 * seconds) as u64).map(|n| n % TALKS).collect();
    let at = crate::place::Now.seconds();
    let desk = &running.desks[0];
    let request = |(n, customer): (usize, &u64)| {
        let body = delivery::message(&desk.number, n as u64, *customer, at);
        http::delivery(&running.program.address, &desk.hook, &body)
    };
    let requests = customers.iter().enumerate().map(request).collect();
    let before = running.program.rest(Duration::from_secs(30)).await?;
    let outcome = pour(&running.program.address, requests, seconds).await?;
    let resident = running.program.usage()?.resident;
    let after = running.program.rest(Duration::from_secs(120)).await?;
    let count = accepted(&outcome);
    let (_, held) = running.finish(&[(0, sent(0, &customers, &outcome))]).await?;
    Ok(Taken {
        rate: count as f64 / outcome.seconds,
        cpu: each(after - before, count),
        resident,
        missing: Some(held.lost + held.doubled + held.misfiled + held.misordered),
    })
}

async fn theirs(stage: &Stage, peer: &Peer) -> anyhow::Result<Taken> {
    let seconds = stage.seconds(5.0, 20.0);
    let requests = (0..(2_000.0 * seconds) as u64).map(|n| (peer.request)(n)).collect();
    let before = peer.process.rest().await?;
    let outcome = pour(&peer.process.address, requests, seconds).await?;
    let resident = peer.process.usage()?.resident;
    let after = peer.process.rest().await?;
    let count = accepted(&outcome);
    anyhow::ensure!(count > 0, "{} accepted nothing", peer.name);
    let held = (peer.held)().await?;
    Ok(Taken { missing: Some(count.saturating_sub(held)), ..taken(&outcome, count, before, after, resident) })
}

/// One that was started by hand is brought the same deliveries, and what it keeps is not looked at.
async fn by_hand(stage: &Stage, foreign: &Foreign) -> anyhow::Result<Taken> {
    let seconds = stage.seconds(5.0, 20.0);
    let at = crate::place::Now.seconds();
    let request = |n: u64| {
        let body = delivery::message("106540352242922", n, n % TALKS, at);
        http::delivery(&foreign.address, &foreign.path, &body)
    };
    let requests = (0..(12_000.0 * seconds) as u64).map(request).collect();
    let usage = || sum(foreign.pids.clone());
    let before = rest(usage).await?;
    let outcome = pour(&foreign.address, requests, seconds).await?;
    let resident = usage()?.resident;
    let after = rest(usage).await?;
    let count = accepted(&outcome);
    anyhow::ensure!(count > 0, "{} accepted nothing", foreign.name);
    Ok(taken(&outcome, count, before, after, resident))
}

fn taken(outcome: &Outcome, count: u64, before: Usage, after: Usage, resident: f64) -> Taken {
    let cpu = each(after.seconds - before.seconds, count);
    Taken { rate: count as f64 / outcome.seconds, cpu, resident, missing: None }
}
