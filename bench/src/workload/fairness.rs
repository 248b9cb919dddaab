//! One workspace under full load must not be felt by another.

use std::time::Duration;

use crate::figure::{Figure, Findings};
use crate::load;
use crate::socket::Watch;
use crate::stage::{Running, Stage, sent};

/// The loud workspace's messages a second.
const LOUD: f64 = 4_000.0;
/// The quiet workspace's.
const QUIET: f64 = 100.0;

/// The quiet workspace alone, and then beside the loud one.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let running = stage.start(2).await?;
    let seconds = stage.seconds(6.0, 30.0).max(1.0);
    let count = (QUIET * seconds) as usize;
    let (alone, first) = quiet(&running, 0, count, &mut findings).await?;
    let (customers, plan) = running.messages(1, 0, (LOUD * seconds) as usize, LOUD);
    let loud = tokio::spawn(async move { load::run(&plan).await });
    let (beside, second) = quiet(&running, count as u64, count, &mut findings).await?;
    let outcome = loud.await??;
    findings.latency("alone, 100/s", &alone);
    findings.latency("beside 4,000/s", &beside);
    let p99 = |histogram| load::milliseconds(histogram, 0.99);
    findings.add(Figure::new("on the quiet workspace's screen alone, p99", p99(&alone), "ms"));
    findings.add(Figure::new("beside another at 4,000/s, p99", p99(&beside), "ms"));
    findings.add(
        Figure::new("raised by the other workspace", p99(&beside) / p99(&alone).max(0.001), "times")
            .at_most(2.0),
    );
    running.program.rest(Duration::from_secs(120)).await?;
    let both = [first, second].concat();
    let (_, held) = running.finish(&[(0, both), (1, sent(0, &customers, &outcome))]).await?;
    findings.held(held);
    Ok(findings)
}

type Heard = (hdrhistogram::Histogram<u64>, Vec<crate::held::Sent>);

async fn quiet(running: &Running, from: u64, count: usize, findings: &mut Findings) -> anyhow::Result<Heard> {
    let (customers, mut plan) = running.messages(0, from, count, QUIET);
    plan.connections = 32;
    let (address, token) = (&running.program.address, &running.desks[0].token);
    let watch = Watch::open(address, token, 1, count + usize::try_from(from)?, plan.start).await?;
    let outcome = load::run(&plan).await?;
    running.shown(&watch, count).await?;
    findings.fault(outcome.fault());
    let mut latency = load::histogram();
    for (n, seen) in watch.close().into_iter().skip(usize::try_from(from)?).enumerate() {
        let due = (n as f64 / QUIET * 1e6) as u64;
        latency.saturating_record(seen.saturating_sub(due).max(1));
    }
    Ok((latency, sent(from, &customers, &outcome)))
}
