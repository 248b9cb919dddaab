//! From the moment a delivery is due to the moment it stands on an agent's screen.

use crate::figure::{Figure, Findings};
use crate::load;
use crate::socket::Watch;
use crate::stage::{Stage, sent};

/// Messages a second.
const RATE: f64 = 1_000.0;

/// One run with one agent.
pub(crate) async fn run(stage: &Stage) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let running = stage.start(1).await?;
    let count = (RATE * stage.seconds(10.0, 60.0)) as usize;
    let (customers, plan) = running.messages(0, 0, count, RATE);
    let (address, token) = (&running.program.address, &running.desks[0].token);
    let watch = Watch::open(address, token, 1, count, plan.start).await?;
    let outcome = load::run(&plan).await?;
    running.shown(&watch, count).await?;
    let mut latency = load::histogram();
    for (n, seen) in watch.close().into_iter().enumerate() {
        let due = (n as f64 / RATE * 1e6) as u64;
        latency.saturating_record(seen.saturating_sub(due).max(1));
    }
    findings.fault(outcome.fault());
    findings.latency("on the screen, 1,000/s", &latency);
    findings.add(Figure::new("from due to the screen, p50", load::milliseconds(&latency, 0.5), "ms"));
    findings.add(
        Figure::new("from due to the screen, p99", load::milliseconds(&latency, 0.99), "ms").at_most(25.0),
    );
    let (_, held) = running.finish(&[(0, sent(0, &customers, &outcome))]).await?;
    findings.held(held);
    Ok(findings)
}
